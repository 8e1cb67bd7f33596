//! Ensemble forecasts: draws of the posterior run on past the window of the data, as predictions
//! with their uncertainty.

#[cfg(test)]
mod tests;

use super::diagnostics::check_probability;
use super::scores::Members;
use crate::action::{MeasuredStates, Problem};
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;
use crate::random::Random;
use crate::twin::{Beyond, Horizon};

/// Number of the first stream of noise. It is far from the streams of draws, which may have the
/// same seed. Equal streams would make the noise repeat the draws.
const NOISE: u64 = 1 << 63;

/// One draw of the posterior, the start of one member of an ensemble forecast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member<'a> {
    /// Full path, points x dimension, or only the state at the last point of the window.
    pub state: &'a [f64],
    /// Values of the estimated parameters.
    pub parameters: &'a [f64],
}

/// Errors that the model continues to make past the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelNoise {
    /// Model precision R_f. The noise of a step is that which the action allows the model, see
    /// [`Problem::step_noise`]; none where R_f is infinite.
    pub model_precision: f64,
    /// Seed of the noise. Every member has a stream of random numbers of its own.
    pub seed: u64,
}

/// Member of a forecast whose solution stopped being finite.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FailedMember {
    /// Number of the member, from 0.
    pub member: usize,
    /// First time at which the solution is not finite.
    pub time: f64,
    /// Name of the state that is not finite.
    pub state: String,
}

/// Predictions of all members of an ensemble.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EnsembleForecast {
    /// Times of the predictions. The first is that of the last point of the window.
    #[cfg_attr(feature = "typescript", ts(type = "Float64Array"))]
    pub times: Vec<f64>,
    /// Number of members, those that failed included.
    pub members: usize,
    /// Number of states.
    pub dimension: usize,
    /// Predicted states, members x times x dimension; NaN from the time on at which a member
    /// failed.
    #[cfg_attr(feature = "typescript", ts(type = "Float64Array"))]
    pub values: Vec<f64>,
    /// Members that failed.
    pub failed: Vec<FailedMember>,
    /// New measurements at the predicted states, members x times x columns, each drawn by the law
    /// of its noise with the member's own parameters of it; empty where they are not asked for. NaN
    /// from the time on at which a member failed.
    #[cfg_attr(feature = "typescript", ts(type = "Float64Array"))]
    pub measurements: Vec<f64>,
}

/// Number of the first stream of the noise of new measurements, far from those of draws and of
/// model errors.
const MEASUREMENT: u64 = 3 << 62;

/// Integrates every member past the window, until the first grid time that is not before
/// `horizon.until`. The model's errors are those of `noise`, or none.
///
/// ```
/// use least_action::statistics::{predict_ensemble, Member, ModelNoise};
/// use least_action::twin::Horizon;
/// # use std::sync::Arc;
/// # use least_action::{models, ActionOptions, Discretization, Observations, Problem};
/// # let (values, inputs) = (vec![0.9, 1.1, 1.0, 0.8, 1.0], vec![]);
/// # let (start, time_step, points, observed) = (0.0, 0.1, 5, vec![0]);
/// # let none = Observations::default();
/// # let data = Observations { start, time_step, points, observed, values, inputs, ..none };
/// # let options = ActionOptions {
/// #     measurement_precision: 25.0.into(),
/// #     discretization: Some(Discretization::Rk4),
/// #     ..ActionOptions::default()
/// # };
/// # let problem = Problem::new(Arc::new(models::double_well()?), data, &options)?;
///
/// let states = [[1.0], [0.9], [1.1]];
/// let member = |state| Member { state, parameters: &[] };
/// let members: Vec<Member> = states.iter().map(|state| member(state)).collect();
/// let horizon = Horizon { until: 1.0, ..Horizon::default() };
/// let noise = ModelNoise { model_precision: 100.0, seed: 0 };
/// let forecast = predict_ensemble(&problem, &members, horizon, Some(noise))?;
/// assert_eq!((forecast.members, forecast.failed.len()), (3, 0));
/// let [low, high] = forecast.at(forecast.times.len() - 1, 0, &[])?.band(0.5)?;
/// assert!(low < high);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// No members; states or parameters of wrong lengths or not finite, named as `members[i].state`;
/// mistakes in the horizon or the noise; the failure of the first member if all members fail.
pub fn predict_ensemble(
    problem: &Problem,
    members: &[Member],
    horizon: Horizon,
    noise: Option<ModelNoise>,
) -> Result<EnsembleForecast> {
    predict_measurements(problem, members, horizon, noise, None)
}

/// Integrates every member past the window as [`predict_ensemble`] does, and draws a new
/// measurement of every measured column at every predicted state, from random numbers of the seed
/// `measured`; none without it. Quantiles of these are bands of a new datum: they hold the noise of
/// the measurements with its uncertainty, besides that of the state.
///
/// # Errors
/// Those of [`predict_ensemble`].
pub fn predict_measurements(
    problem: &Problem,
    members: &[Member],
    horizon: Horizon,
    noise: Option<ModelNoise>,
    measured: Option<u64>,
) -> Result<EnsembleForecast> {
    check::at_least("members.length", members.len(), 1)?;
    let beyond = Beyond::new(problem, horizon)?;
    let dimension = problem.model().dimension();
    let size = beyond.times.len() * dimension;
    // Memory is needed for the path, the parameters and the inputs of every member.
    let model = problem.model();
    let most = size.max(model.parameters().len() + model.inputs().len());
    check::at_most("members.length", members.len(), MOST_VALUES / most)?;
    // An exact model makes no errors.
    let noise = noise.filter(|noise| noise.model_precision != f64::INFINITY);
    let noise = match noise {
        None => None,
        Some(ModelNoise {
            model_precision,
            seed,
        }) => Some((problem.step_noise(model_precision, horizon.data_set)?, seed)),
    };
    let (mut states, mut parameters) = (Vec::new(), Vec::new());
    for (i, member) in members.iter().enumerate() {
        let state = match member.state.len() == problem.path_length() {
            true => beyond.last(member.state),
            false => member.state,
        };
        validate(problem, i, state, member.parameters)?;
        states.extend_from_slice(state);
        parameters.extend_from_slice(member.parameters);
    }
    let mut noise = noise.map(|(noise, seed)| {
        let streams = (0..members.len()).map(|i| Random::new(seed, NOISE + i as u64));
        (noise, streams.collect::<Vec<_>>())
    });
    let mut values = vec![f64::NAN; members.len() * size];
    let failures = beyond.integrate(&states, &parameters, &mut values, |member, state| {
        if let Some((noise, streams)) = &mut noise {
            noise.add(state, &mut streams[member]);
        }
    });
    let failed: Vec<FailedMember> = failures
        .iter()
        .enumerate()
        .filter_map(|(member, failure)| match failure {
            Some(Error::NotFinite { time, state, .. }) => Some(FailedMember {
                member,
                time: *time,
                state: state.clone(),
            }),
            _ => None,
        })
        .collect();
    let measurements = match measured {
        None => Vec::new(),
        Some(seed) => {
            let count = problem.estimated().len();
            let each = values
                .chunks_exact(size)
                .enumerate()
                .map(|(member, states)| {
                    let along = MeasuredStates {
                        states,
                        parameters: &parameters[member * count..(member + 1) * count],
                        inputs: &beyond.inputs,
                        times: &beyond.times,
                    };
                    let mut random = Random::new(seed, MEASUREMENT + member as u64);
                    problem.draw_measured(along, &mut random)
                });
            each.flatten().collect()
        }
    };
    match failures.into_iter().flatten().next() {
        Some(failure) if failed.len() == members.len() => Err(failure),
        _ => Ok(EnsembleForecast {
            times: beyond.times,
            members: members.len(),
            dimension,
            values: problem.states_at(&values),
            failed,
            measurements,
        }),
    }
}

/// Checks the state and the parameters of a member.
fn validate(problem: &Problem, member: usize, state: &[f64], parameters: &[f64]) -> Result<()> {
    let path = format!("members[{member}]");
    let dimension = problem.model().dimension();
    let because = format!(
        "one per state, at the end of the window; or a full path of {}",
        problem.path_length()
    );
    check::length(&format!("{path}.state"), state.len(), dimension, &because)?;
    let expected = problem.estimated().len();
    let because = "one per estimated parameter";
    check::length(
        &format!("{path}.parameters"),
        parameters.len(),
        expected,
        because,
    )?;
    check::all_finite(&format!("{path}.state"), state)?;
    check::all_finite(&format!("{path}.parameters"), parameters)?;
    Ok(())
}

impl EnsembleForecast {
    /// Path of a member, times x dimension.
    ///
    /// # Errors
    /// A member that does not exist.
    pub fn path(&self, member: usize) -> Result<&[f64]> {
        index("member", member, self.members)?;
        let size = self.times.len() * self.dimension;
        Ok(&self.values[member * size..(member + 1) * size])
    }

    /// Members' predictions of one state at one time; those that have failed before are left out.
    /// `weights` are one per member, for instance [`super::mixed_weights`], or empty if all count
    /// alike.
    ///
    /// # Errors
    /// A time or state that does not exist, no member left that has a weight, and the errors of
    /// [`Members::new`].
    pub fn at(&self, time: usize, state: usize, weights: &[f64]) -> Result<Members> {
        index("time", time, self.times.len())?;
        index("state", state, self.dimension)?;
        if !weights.is_empty() {
            check::length("weights", weights.len(), self.members, "one per member")?;
        }
        let place = |member: usize| (member * self.times.len() + time) * self.dimension + state;
        let all = 0..self.members;
        let (mut values, mut kept) = (Vec::new(), Vec::new());
        for (member, value) in all.map(|member| (member, self.values[place(member)])) {
            if value.is_finite() {
                values.push(value);
                kept.extend(weights.get(member));
            }
        }
        Members::new(&values, &kept)
    }

    /// Quantiles across the members by [`Members::quantile`]: probabilities x times x dimension.
    /// NaN if no member is left.
    ///
    /// # Errors
    /// Probabilities outside of 0 to 1; weights that [`Members::new`] refuses.
    pub fn quantiles(&self, probabilities: &[f64], weights: &[f64]) -> Result<Vec<f64>> {
        for (i, p) in probabilities.iter().enumerate() {
            check_probability(&format!("probabilities[{i}]"), *p)?;
        }
        // Mistakes in the weights are reported before failures of members.
        self.at(0, 0, weights)?;
        let size = self.times.len() * self.dimension;
        let mut quantiles = vec![f64::NAN; probabilities.len() * size];
        for place in 0..size {
            let Ok(members) = self.at(place / self.dimension, place % self.dimension, weights)
            else {
                continue;
            };
            for (k, p) in probabilities.iter().enumerate() {
                quantiles[k * size + place] = members.quantile(*p)?;
            }
        }
        Ok(quantiles)
    }
}

/// Checks that an index is below a count.
fn index(path: &str, index: usize, count: usize) -> Result<()> {
    check::require(
        index < count,
        path,
        index as f64,
        &format!("a whole number below {count}"),
    )
}
