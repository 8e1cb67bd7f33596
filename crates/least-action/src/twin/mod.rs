//! Twin experiments, in which the model itself makes the data, so that the truth is known;
//! prediction past the data; and a test if the observed components suffice.

mod conditional_lyapunov;
mod integrate;
mod networks;
mod predict;

use std::collections::BTreeMap;

pub use conditional_lyapunov::{
    conditional_lyapunov, ConditionalLyapunov, ConditionalLyapunovOptions, Coupling,
};
pub use integrate::{integrate, Forward, SUBSTEPS};
pub use networks::{NetworkTwin, TwinPairs};
pub(crate) use predict::Beyond;
pub use predict::{predict, Horizon, Prediction};

use crate::action::noise::{Gaussian, Loss};
use crate::action::{resolve_parameters, validate_observed, Interpolation, Jump, Observations};
use crate::error::{check, Result};
use crate::model::{Model, Points, Scratch, MOST_VALUES};
use crate::random::Random;

/// A twin experiment: a true path of a model, and noisy measurements of it.
///
/// ```
/// use least_action::models;
/// use least_action::twin::TwinExperiment;
///
/// let experiment = TwinExperiment {
///     time_step: 0.01,
///     points: 100,
///     observed: vec![0],
///     noise: 0.5,
///     seed: 1,
///     ..TwinExperiment::default()
/// };
/// let twin = experiment.run(&models::lorenz63()?)?;
/// assert_eq!((twin.truth.len(), twin.data.values.len()), (300, 100));
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct TwinExperiment {
    /// True values of the parameters by name. Default: the model's own.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// Time step h between points, in the model's unit of time.
    pub time_step: f64,
    /// Number of points in the window that is observed; at least 2.
    pub points: usize,
    /// Measured quantities by index: state components, and from D on the model's observables.
    pub observed: Vec<usize>,
    /// Standard deviation of the normal measurement noise, in units of the measurements; 0 or more.
    pub noise: f64,
    /// Seed of the noise and of the random displacement of the initial state.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub seed: u64,
    /// State at the first point. Default: the model's own, displaced at random where the model is
    /// spun up, and then integrated for the spin-up.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub initial_state: Option<Vec<f64>>,
    /// Time to integrate before the window begins, so that the state is typical. Default: the
    /// model's own; 0 if an initial state is given.
    #[serde(default)]
    pub spin_up: Option<f64>,
    /// Number of points of the truth past the window, to compare predictions with. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub further: usize,
    /// Inputs u(t) for models with inputs: (points + further) x inputs, row-major; constant at the
    /// first value during the spin-up. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub inputs: Vec<f64>,
    /// Curve of each input between points. Default: straight lines.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<Interpolation>>"))]
    pub interpolation: Vec<Interpolation>,
    /// Points, also further ones, at which inputs jump or events change the state, ascending.
    /// Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<Jump>>"))]
    pub jumps: Vec<Jump>,
}

/// Data of a twin experiment, and the truth behind them.
#[derive(Debug, Clone, PartialEq)]
pub struct Twin {
    /// Measurements with noise, as a user would have them.
    pub data: Observations,
    /// True states in the window, points x dimension.
    pub truth: Vec<f64>,
    /// True states past the window, further x dimension; the first row is one step past the window.
    pub future: Vec<f64>,
    /// True values of all parameters, in the model's order.
    pub parameters: Vec<f64>,
}

/// Standard deviation of the displacement of the initial state before the spin-up, relative to its
/// own size: different seeds then give different truths.
const DISPLACEMENT: f64 = 0.1;

/// Maximum number of steps of a spin-up.
const MOST_STEPS: f64 = 100_000.0;

impl TwinExperiment {
    /// Integrates the truth and measures it. The same seed gives the same bits.
    ///
    /// # Errors
    /// Fields of the experiment that are wrong, by name, or a truth that is not finite.
    pub fn run(&self, model: &dyn Model) -> Result<Twin> {
        let dimension = model.dimension();
        let parameters = resolve_parameters(model, &self.parameters)?;
        check::positive("timeStep", self.time_step)?;
        check::at_least("points", self.points, 2)?;
        let most = MOST_VALUES / dimension;
        check::at_most("points", self.points, most)?;
        check::at_most("further", self.further, most - self.points)?;
        let functions = model.observables().len();
        validate_observed("observed", &self.observed, dimension + functions)?;
        check::require(
            self.noise.is_finite() && self.noise >= 0.0,
            "noise",
            self.noise,
            "finite and not negative",
        )?;

        let (total, width) = (self.points + self.further, model.inputs().len());
        let because = format!("{total} points, with those further, x {width} inputs of the model");
        check::length(
            "inputs",
            self.inputs.len(),
            total.saturating_mul(width),
            &because,
        )?;

        Observations {
            time_step: self.time_step,
            points: total,
            interpolation: self.interpolation.clone(),
            jumps: self.jumps.clone(),
            ..Observations::default()
        }
        .validate_jumps("twin", model)?;
        let mut random = Random::new(self.seed, 0);
        let first = self.first_state(model, &parameters, &mut random)?;
        let forward = Forward {
            parameters: &parameters,
            initial: &first,
            time_step: self.time_step,
            points: total,
            inputs: &self.inputs,
            interpolation: &self.interpolation,
            jumps: &self.jumps,
            ..Forward::default()
        };
        let mut truth = integrate(model, forward)?;
        let future = truth.split_off(self.points * dimension);
        let mut seen = vec![0.0; self.points * functions];
        if let Some(function) = model.observation() {
            let times: Vec<f64> = (0..self.points)
                .map(|n| n as f64 * self.time_step)
                .collect();
            let at = Points {
                states: &truth,
                parameters: &parameters,
                inputs: &self.inputs[..self.points * width],
                times: &times,
            };
            function.evaluate(&mut Scratch::default(), at, &mut seen);
        }
        let values: Vec<f64> = (0..self.points)
            .flat_map(|n| self.observed.iter().map(move |&l| (n, l)))
            .map(|(n, l)| match l.checked_sub(dimension) {
                None => truth[n * dimension + l],
                Some(k) => seen[n * functions + k],
            })
            .map(|value| Gaussian.draw(value, self.noise, &mut random))
            .collect();
        check::require(
            values.iter().all(|v| v.is_finite()),
            "noise",
            self.noise,
            "so small that the data stay finite",
        )?;
        Ok(Twin {
            data: Observations {
                start: 0.0,
                time_step: self.time_step,
                times: Vec::new(),
                interpolation: self.interpolation.clone(),
                jumps: {
                    let own = self.jumps.iter().filter(|jump| jump.point < self.points);
                    own.cloned().collect()
                },
                points: self.points,
                observed: self.observed.clone(),
                values,
                parameters: BTreeMap::new(),
                inputs: self.inputs[..self.points * model.inputs().len()].to_vec(),
            },
            truth,
            future,
            parameters,
        })
    }

    fn first_state(
        &self,
        model: &dyn Model,
        parameters: &[f64],
        random: &mut Random,
    ) -> Result<Vec<f64>> {
        let given = self.initial_state.as_deref();
        let natural = if given.is_some() {
            0.0
        } else {
            model.spin_up()
        };
        let spin_up = self.spin_up.unwrap_or(natural);
        check::require(
            spin_up.is_finite() && spin_up >= 0.0,
            "spinUp",
            spin_up,
            "finite and not negative",
        )?;
        let mut state = given.unwrap_or(model.initial_state()).to_vec();
        check::length(
            "initialState",
            state.len(),
            model.dimension(),
            "one per state",
        )?;
        if given.is_none() && spin_up > 0.0 {
            for value in &mut state {
                *value += DISPLACEMENT * value.abs() * random.normal();
            }
        }
        // A model's own spin-up is short enough for coarser steps than a very fine grid's.
        let step = match self.spin_up {
            Some(_) => self.time_step,
            None => self.time_step.max(natural / MOST_STEPS),
        };
        let steps = (spin_up / step).ceil();
        check::require(
            steps <= MOST_STEPS,
            "spinUp",
            spin_up,
            &format!("at most {MOST_STEPS} times timeStep, {}", self.time_step),
        )?;
        let inputs = &self.inputs[..model.inputs().len()];
        let steps = (0.0, step, steps as usize);
        integrate::spin_up(model, parameters, &mut state, steps, inputs)?;
        Ok(state)
    }
}
