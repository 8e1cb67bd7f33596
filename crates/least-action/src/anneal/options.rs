//! Options of an annealing run.

use std::collections::BTreeMap;

use super::ladder::{Ladder, MOST_LEVELS};
use super::refinement::Refinement;
use super::starting_paths::StartingPaths;
use crate::action::{
    check_interval, ActionOptions, ChannelNoise, Discretization, FirstState, Normalization,
    Precision, Prior,
};
use crate::error::{check, Error, Result};
use crate::solve::MinimizerOptions;

/// Options of an estimated parameter: its initial range, bounds, prior and change in time.
///
/// ```
/// use least_action::anneal::Estimate;
///
/// let estimate = Estimate {
///     initial: [0.5, 2.0],
///     bounds: Some([0.0, f64::INFINITY]),
///     ..Estimate::default()
/// };
/// assert_eq!(estimate.smoothness, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Estimate {
    /// Range from which every starting path draws its first value uniformly. It is no bound: the
    /// estimate may leave it.
    #[cfg_attr(feature = "typescript", ts(type = "readonly [number, number]"))]
    pub initial: [f64; 2],
    /// Lowest and highest value; an end may be infinite. Default: none.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub bounds: Option<[f64; 2]>,
    /// Precision of the parameter's change in time: the parameter then has one value per point, and
    /// this precision weighs the model's errors of `dp/dt = 0` on every rung alike. Default: the
    /// parameter does not change.
    #[serde(default)]
    pub smoothness: Option<f64>,
    /// Prior of the parameter, or of its first value if it changes in time: its mean and standard
    /// deviation before the data. Default: none.
    #[serde(default)]
    pub prior: Option<Prior>,
}

impl Estimate {
    /// Checks the options, and reports errors under the names that the user gave them by: the
    /// action has its parts in lists of their own.
    fn validate(&self, path: &str) -> Result<()> {
        check::range(&format!("{path}.initial"), self.initial)?;
        if let Some(bounds) = self.bounds {
            check_interval(&format!("{path}.bounds"), bounds)?;
        }
        if let Some(prior) = self.prior {
            prior.precision(&format!("{path}.prior"))?;
        }
        match self.smoothness {
            Some(smoothness) => check::precision(&format!("{path}.smoothness"), smoothness),
            None => Ok(()),
        }
    }
}

/// Options of an annealing run: everything but the model and the data.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use least_action::anneal::{AnnealOptions, Estimate};
///
/// let estimate = Estimate { initial: [20.0, 35.0], ..Estimate::default() };
/// let options = AnnealOptions {
///     measurement_precision: 4.0.into(),
///     estimate: BTreeMap::from([("rho".into(), estimate)]),
///     ..AnnealOptions::default()
/// };
/// assert!(options.model_precision.is_adaptive());
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct AnnealOptions {
    #[serde(default)]
    /// Discretisation of the model. Default: `simpson-hermite` for flows, `map` for maps.
    pub discretization: Option<Discretization>,
    /// Normalisation of the action: means of squared errors, or half sums as in the negative log
    /// posterior. Default: `mean`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Normalization>"))]
    pub normalization: Normalization,
    /// Measurement precision R_m, one over the variance of the measurement noise, in one over the
    /// square of the data's unit: a number, one per observed component, one per point of the path
    /// (`{ perTime }`), one per datum (`{ perDatum }`, a row per point of the path), or a full
    /// matrix over the observed components, as rows. It is not read where `noise` is given.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Precision>"))]
    pub measurement_precision: Precision,
    /// Noise of the measured channels that is estimated along with path and parameters, by name.
    /// Channels that are not named have a constant deviation that is estimated. Default: none, so
    /// that all noise is as `measurementPrecision` says.
    #[serde(default)]
    pub noise: Option<BTreeMap<String, ChannelNoise>>,
    /// Ladder of the model precision R_f, from small to large. Default: found from the data.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Ladder>"))]
    pub model_precision: Ladder,
    /// Weights by which R_f is multiplied: a number, one per state, one per point, or a full matrix
    /// over the states. Default: 1 where `modelPrecision` gives an R_f; else one over the square of
    /// a state's variability, relative to the others, if these differ much.
    #[serde(default)]
    pub model_weights: Option<Precision>,
    /// Values of parameters that are known, by name. Default: the model's own.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// Parameters to be estimated along with the path, by name. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, Estimate>>"))]
    pub estimate: BTreeMap<String, Estimate>,
    /// Lowest and highest values of states, by name; an end may be infinite. Default: none.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(
            type = "{ readonly [name: string]: readonly [number, number] }",
            optional
        )
    )]
    pub bounds: BTreeMap<String, [f64; 2]>,
    /// Knowledge of states at the first point of data sets, by name: a number that is known
    /// exactly, a formula of parameters, or a mean with a standard deviation. One object is for all
    /// data sets; an array has one object for each of them. Starting paths, ranges and automatic
    /// weights are made from it. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<FirstState>"))]
    pub first_state: FirstState,
    /// Starting paths of the ladder. Default: see [`StartingPaths`].
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<StartingPaths>"))]
    pub starting_paths: StartingPaths,
    /// Check of the time step, and refinement of the grid where the data's own step is too coarse
    /// for the model. Default: see [`Refinement`].
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Refinement>"))]
    pub refinement: Refinement,
    #[serde(default)]
    /// Minimiser of the action at each rung. Default: `structured` with its default options.
    #[cfg_attr(feature = "typescript", ts(type = "MinimizerOptions", optional))]
    pub minimizer: MinimizerOptions,
}

impl AnnealOptions {
    /// The part of the options that forms the action.
    pub fn action(&self) -> ActionOptions {
        let mut bounds = self.bounds.clone();
        let estimates = self.estimate.iter();
        bounds.extend(estimates.filter_map(|(name, e)| Some((name.clone(), e.bounds?))));
        let with_prior = self.estimate.iter();
        let with_prior = with_prior.filter_map(|(name, e)| Some((name.clone(), e.prior?)));
        // A parameter that changes in time is a state: what is known of it is known of its first
        // value.
        let (of_states, priors): (Vec<_>, Vec<_>) =
            with_prior.partition(|(name, _)| self.estimate[name].smoothness.is_some());
        let varying = self.estimate.iter();
        let varying = varying.filter_map(|(name, e)| Some((name.clone(), e.smoothness?)));
        let varying: BTreeMap<String, f64> = varying.collect();
        let first_state = of_states
            .into_iter()
            .fold(self.first_state.clone(), |all, (name, prior)| {
                all.with(&name, prior.into())
            });
        let mut parameters = self.parameters.clone();
        if !self.first_state.is_empty() {
            // Formulas of first states have the sizes that they have in the middle of the ranges.
            let still = self.estimate.iter().filter(|(_, e)| e.smoothness.is_none());
            let middle = |[low, high]: [f64; 2]| low + 0.5 * (high - low);
            parameters.extend(still.map(|(name, e)| (name.clone(), middle(e.initial))));
        }
        let still = self
            .estimate
            .keys()
            .filter(|name| !varying.contains_key(*name));
        ActionOptions {
            discretization: self.discretization,
            normalization: self.normalization,
            measurement_precision: self.measurement_precision.clone(),
            noise: self.noise.clone(),
            model_weights: self.model_weights.clone().unwrap_or_default(),
            bounds,
            priors: priors.into_iter().collect(),
            first_state,
            parameters,
            estimate: still.cloned().collect(),
            varying,
        }
    }

    /// Checks the options that need neither the model nor the data.
    pub(super) fn validate(&self) -> Result<()> {
        self.model_precision.validate("modelPrecision")?;
        for (name, estimate) in &self.estimate {
            if self.parameters.contains_key(name) {
                return Err(Error::Duplicate {
                    path: format!("parameters.{name}"),
                    value: format!("{name}, which is to be estimated,"),
                });
            }
            estimate.validate(&format!("estimate.{name}"))?;
        }
        let most = MOST_LEVELS / self.model_precision.rungs.unwrap_or(1).max(1);
        check::at_most("startingPaths.count", self.starting_paths.count, most)?;
        self.starting_paths.validate("startingPaths")?;
        self.refinement.validate("refinement")?;
        self.minimizer.validate("minimizer")
    }
}
