//! Draws of the posterior run on past the window of the data: predictions with what is not known of
//! them.

#[cfg(test)]
mod tests;

use super::diagnostics::check_probability;
use super::scores::Members;
use crate::action::Problem;
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;
use crate::random::Random;
use crate::twin::{Beyond, Horizon};

/// Number of the first stream of noise: far from those of draws, which may come from the same seed
/// and would make the noise repeat them.
const NOISE: u64 = 1 << 63;

/// One draw of the posterior.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member<'a> {
    /// A full path, points x dimension, or only the state at the last point of the window.
    pub state: &'a [f64],
    /// Values of the estimated parameters.
    pub parameters: &'a [f64],
}

/// Errors that the model goes on making past the window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelNoise {
    /// R_f: the noise of a step is what the action allows the model, see [`Problem::step_noise`].
    pub model_precision: f64,
    /// Every member has a stream of random numbers of its own.
    pub seed: u64,
}

/// A member whose solution stopped being finite.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct FailedMember {
    pub member: usize,
    /// The first at which it is not finite.
    pub time: f64,
    /// Name of the state.
    pub state: String,
}

/// Predictions of all members.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Ensemble {
    /// The first is that of the last point of the window.
    #[cfg_attr(feature = "typescript", ts(type = "Float64Array"))]
    pub times: Vec<f64>,
    /// Number of members, those that failed included.
    pub members: usize,
    /// Number of states.
    pub dimension: usize,
    /// members x times x dimension; NaN from where a member failed.
    #[cfg_attr(feature = "typescript", ts(type = "Float64Array"))]
    pub values: Vec<f64>,
    pub failed: Vec<FailedMember>,
}

/// Integrates every member past the window, until the first grid time not before `horizon.until`,
/// with the errors that `noise` says, or none.
///
/// # Errors
/// No members; states or parameters of wrong lengths or not finite, as `members[i].state`; what is
/// wrong with the horizon or the noise; the failure of the first member if all of them fail.
pub fn predict_ensemble(
    problem: &Problem,
    members: &[Member],
    horizon: Horizon,
    noise: Option<ModelNoise>,
) -> Result<Ensemble> {
    check::at_least("members.length", members.len(), 1)?;
    let beyond = Beyond::new(problem, horizon)?;
    let dimension = problem.model().dimension();
    let size = beyond.times.len() * dimension;
    // Every member has its path, and parameters and inputs of its own.
    let model = problem.model();
    let most = size.max(model.parameters().len() + model.inputs().len());
    check::at_most("members.length", members.len(), MOST_VALUES / most)?;
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
    match failures.into_iter().flatten().next() {
        Some(failure) if failed.len() == members.len() => Err(failure),
        _ => Ok(Ensemble {
            times: beyond.times,
            members: members.len(),
            dimension,
            values,
            failed,
        }),
    }
}

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

impl Ensemble {
    /// The path of a member, times x dimension.
    ///
    /// # Errors
    /// A member that does not exist.
    pub fn path(&self, member: usize) -> Result<&[f64]> {
        index("member", member, self.members)?;
        let size = self.times.len() * self.dimension;
        Ok(&self.values[member * size..(member + 1) * size])
    }

    /// What the members say of one state at one time, those left out that have failed before.
    /// `weights` are one per member, for instance [`super::mixed_weights`], or empty where all
    /// count alike.
    ///
    /// # Errors
    /// A time or state that does not exist, no member left that has a weight, and as
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
    /// NaN where no member is left.
    ///
    /// # Errors
    /// Probabilities outside of 0 to 1; weights as in [`Members::new`].
    pub fn quantiles(&self, probabilities: &[f64], weights: &[f64]) -> Result<Vec<f64>> {
        for (i, p) in probabilities.iter().enumerate() {
            check_probability(&format!("probabilities[{i}]"), *p)?;
        }
        // What is wrong with the weights is said before members fail.
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

fn index(path: &str, index: usize, count: usize) -> Result<()> {
    check::require(
        index < count,
        path,
        index as f64,
        &format!("a whole number below {count}"),
    )
}
