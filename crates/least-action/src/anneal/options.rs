//! Options of an annealing run.

use std::collections::BTreeMap;

use super::across::{Across, BetweenSets, Hierarchy};
use super::ladder::{Ladder, MOST_LEVELS};
use super::refinement::Refinement;
use super::starting_paths::StartingPaths;
use crate::action::{
    check_interval, ActionOptions, ChannelNoise, Discretization, FirstState, Normalization,
    OwnParameter, ParameterPrior, ParameterScale, Precision, Relation, Spread,
};
use crate::error::{check, Error, Result};
use crate::solve::MinimizerOptions;

/// Options of an estimated parameter: its initial range, bounds, prior and change in time.
///
/// ```
/// use least_action::anneal::Estimate;
///
/// let estimate = Estimate {
///     initial: Some([0.5, 2.0]),
///     bounds: Some([0.0, f64::INFINITY]),
///     ..Estimate::default()
/// };
/// assert_eq!(estimate.smoothness, None);
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Estimate {
    /// Range from which every starting path draws its first value, uniformly on the scale. It is no
    /// bound: the estimate may leave it. Default: two
    /// usual deviations about the middle of the prior, without one the bounds if both are finite.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub initial: Option<[f64; 2]>,
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
    /// Prior of the parameter, or of its first value if it changes in time: its distribution before
    /// the data, a normal one by mean and standard deviation, or one of another family. Default:
    /// none; the density is then flat on the scale.
    #[serde(default)]
    pub prior: Option<ParameterPrior>,
    /// Scale on which the parameter is estimated: itself, its logarithm or its logit. `initial`,
    /// `bounds` and results are values of the parameter in any case. Default: `linear`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<ParameterScale>"))]
    pub scale: ParameterScale,
    /// Data sets that share a value: `sets` for an own value of each data set, or one label per
    /// data set for a value of each group. Default: all data sets share one value.
    #[serde(default)]
    pub across: Option<Across>,
    /// Distribution that own values come from: normal on the parameter's scale, with a mean and a
    /// deviation that are estimated. `prior` is then that of the mean. Default: none, so that own
    /// values know nothing of each other.
    #[serde(default)]
    pub hierarchy: Option<Hierarchy>,
}

/// Share of an interval by which starting values stay away from the end of a scale.
const END: f64 = 1e-3;

/// Deviation between data sets on the ladder, as a share of the range of starting values.
const SPREAD_SHARE: f64 = 0.5;

/// Number of the prior's usual distances from its middle that starting values may have.
const START_WIDTHS: f64 = 2.0;

impl Estimate {
    /// Range from which starting values are drawn, in the parameter's unit; NaN where options that
    /// were not checked say too little.
    pub fn range(&self) -> [f64; 2] {
        self.range_or("estimate").unwrap_or([f64::NAN; 2])
    }

    /// True if the value differs by data set.
    fn differs(&self) -> bool {
        self.across.is_some()
    }

    /// True if each data set has its own value.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.across, Some(Across::Sets(_)))
    }

    /// Hierarchy of own values; `None` without.
    pub(super) fn own_hierarchy(&self) -> Option<Hierarchy> {
        let own = self.hierarchy.filter(|_| self.is_own());
        own.filter(Hierarchy::is_on)
    }

    /// Own parameter of an action.
    fn own(&self) -> OwnParameter {
        let [low, high] = self.range();
        let size = match high - low {
            0.0 => high.abs(),
            width => width,
        };
        let hierarchy = self.own_hierarchy();
        OwnParameter {
            size,
            bounds: self.bounds.filter(|_| self.is_own()),
            prior: self.prior.filter(|_| self.is_own()),
            relation: match (hierarchy, &self.across) {
                (_, Some(Across::Groups(labels))) => Relation::Groups(labels.clone()),
                (None, _) => Relation::None,
                (Some(hierarchy), _) => Relation::Hierarchy(match hierarchy.stated() {
                    Some(BetweenSets::Known(deviation)) => Spread::Known(deviation),
                    Some(BetweenSets::Estimated { initial }) => Spread::Estimated(initial),
                    None => Spread::Estimated(SPREAD_SHARE * if size > 0.0 { size } else { 1.0 }),
                }),
            },
        }
    }

    /// Range from which starting values are drawn: as given, else the bounds if they are finite,
    /// else about the middle of the prior.
    fn range_or(&self, path: &str) -> Result<[f64; 2]> {
        if let Some(initial) = self.initial {
            return Ok(initial);
        }
        let is_log = matches!(self.scale, ParameterScale::Log | ParameterScale::Log10);
        let [least, most] = match (self.bounds, self.scale) {
            (Some(bounds), _) => bounds,
            (None, ParameterScale::Logit) => [0.0, 1.0],
            (None, _) => [f64::NEG_INFINITY, f64::INFINITY],
        };
        if let Some(prior) = self.prior {
            let [middle, width] = prior.typical();
            let (low, high) = (middle - START_WIDTHS * width, middle + START_WIDTHS * width);
            let low = if is_log && low <= 0.0 {
                END * middle
            } else {
                low
            };
            return Ok([low.max(least), high.min(most)]);
        }
        if least.is_finite() && most.is_finite() {
            // The ends of scales are infinitely far away.
            let inside = END * (most - least);
            return Ok(match self.scale {
                ParameterScale::Logit => [least + inside, most - inside],
                _ if is_log && least == 0.0 => [inside, most],
                _ => [least, most],
            });
        }
        Err(Error::WrongShape {
            path: format!("{path}.initial"),
            message: "is missing: give a range of starting values, two finite bounds, or a prior"
                .into(),
        })
    }

    /// Checks the options, and reports errors under the names that the user gave them by: the
    /// action has its parts in lists of their own.
    fn validate(&self, path: &str) -> Result<()> {
        if let Some(bounds) = self.bounds {
            check_interval(&format!("{path}.bounds"), bounds)?;
        }
        if let Some(initial) = self.initial {
            check::range(&format!("{path}.initial"), initial)?;
        }
        if let Some(prior) = self.prior {
            prior.validate(&format!("{path}.prior"))?;
        }
        if let (Some(_), Some(ParameterPrior::Family(_))) = (self.smoothness, self.prior) {
            return Err(Error::WrongShape {
                path: format!("{path}.prior"),
                message: "the first value of a parameter that changes in time has a normal prior: \
                          give mean and deviation"
                    .into(),
            });
        }
        if let (Some(_), Some(_)) = (self.smoothness, &self.across) {
            return Err(Error::WrongShape {
                path: format!("{path}.across"),
                message:
                    "a parameter that changes in time has a path of its own in each data set: \
                          leave out across, or smoothness"
                        .into(),
            });
        }
        let [low, high] = self.range_or(path)?;
        if let Some(bounds) = self.bounds {
            let is_inside = bounds[0] <= low && high <= bounds[1];
            let wrong = if low < bounds[0] { 0 } else { 1 };
            check::require(
                is_inside,
                &format!("{path}.initial[{wrong}]"),
                [low, high][wrong],
                &format!("within the bounds, from {} to {}", bounds[0], bounds[1]),
            )?;
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
/// let estimate = Estimate { initial: Some([20.0, 35.0]), ..Estimate::default() };
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
        let own = self.estimate.iter().filter(|(_, e)| e.differs());
        let own: BTreeMap<String, OwnParameter> =
            own.map(|(name, e)| (name.clone(), e.own())).collect();
        let is_alone = |name: &String| {
            let own = own.get(name);
            own.is_some_and(|o| !matches!(o.relation, Relation::Hierarchy(_)))
        };
        let estimates = self.estimate.iter().filter(|(name, _)| !is_alone(name));
        bounds.extend(estimates.filter_map(|(name, e)| Some((name.clone(), e.bounds?))));
        let with_prior = self.estimate.iter().filter(|(name, _)| !is_alone(name));
        let with_prior = with_prior.filter_map(|(name, e)| Some((name.clone(), e.prior?)));
        // A parameter that changes in time is a state: what is known of it is known of its first
        // value.
        let (of_states, priors): (Vec<_>, Vec<_>) =
            with_prior.partition(|(name, _)| self.estimate[name].smoothness.is_some());
        let varying = self.estimate.iter();
        let varying = varying.filter_map(|(name, e)| Some((name.clone(), e.smoothness?)));
        let varying: BTreeMap<String, f64> = varying.collect();
        let first_state = of_states.into_iter().fold(
            self.first_state.clone(),
            |all, (name, prior)| match prior {
                ParameterPrior::Normal(prior) => all.with(&name, prior.into()),
                // Refused by the check of the options.
                ParameterPrior::Family(_) => all,
            },
        );
        let mut parameters = self.parameters.clone();
        if !self.first_state.is_empty() {
            // Formulas of first states have the sizes that they have in the middle of the ranges.
            let still = self.estimate.iter();
            let still = still.filter(|(name, e)| e.smoothness.is_none() && !is_alone(name));
            let middle = |[low, high]: [f64; 2]| low + 0.5 * (high - low);
            parameters.extend(still.map(|(name, e)| (name.clone(), middle(e.range()))));
        }
        let still = self
            .estimate
            .keys()
            .filter(|name| !varying.contains_key(*name) && !is_alone(name))
            .cloned()
            .collect();
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
            estimate: still,
            varying,
            own,
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
