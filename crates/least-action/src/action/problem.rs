//! What an action is formed from, checked once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grid::Grid;
use super::measurement::Measurement;
use super::precision::Precision;
use super::weighting::Weighting;
use super::{Discretization, Normalization, Observations};
use crate::error::{check, Error, Result};
use crate::model::{Model, MOST_VALUES};

/// A Gaussian prior: what is known of a number before the data.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Prior {
    pub mean: f64,
    /// Standard deviation, greater than zero.
    pub deviation: f64,
}

/// How an action is formed from a model and data.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ActionOptions {
    #[serde(default)]
    /// Default: `simpson-hermite` for flows, `map` for maps.
    pub discretization: Option<Discretization>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Normalization>"))]
    pub normalization: Normalization,
    /// R_m: one over the variance of the measurement noise, in the square of the data's unit: a
    /// number, one per observed component, one per point of the path (`{ perTime }`), or a full
    /// matrix over the observed components, as rows.
    pub measurement_precision: Precision,
    /// What R_f is multiplied by: a number, one per state, one per point, or a full matrix over the
    /// states. Default: 1.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Precision>"))]
    pub model_weights: Precision,
    /// Values of parameters that are known; the model's defaults where none is given.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, f64>>"))]
    pub parameters: BTreeMap<String, f64>,
    /// Names of the parameters that are variables of the action, beside the path. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>"))]
    pub estimate: Vec<String>,
    /// Estimated parameters that change in time, by name, with the precision of what changes them:
    /// the model's errors of `dp/dt = 0` are weighted with it, whatever R_f is. They are states
    /// that follow the model's. Default: none.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(type = "{ readonly [name: string]: number }", optional)
    )]
    pub varying: BTreeMap<String, f64>,
    /// Lowest and highest values of states and estimated parameters, by name; an end may be
    /// infinite. Default: none.
    #[serde(default)]
    #[cfg_attr(
        feature = "typescript",
        ts(
            type = "{ readonly [name: string]: readonly [number, number] }",
            optional
        )
    )]
    pub bounds: BTreeMap<String, [f64; 2]>,
    /// Priors of estimated parameters, by name. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, Prior>>"))]
    pub priors: BTreeMap<String, Prior>,
    /// Priors of states at the first point of every data set, by name. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<BTreeMap<String, Prior>>"))]
    pub first_state: BTreeMap<String, Prior>,
}

/// A prior on one unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PriorTerm {
    /// Position among the unknowns: the path, then the estimated parameters.
    pub unknown: usize,
    pub mean: f64,
    pub precision: f64,
}

/// A parameter that changes in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Varying {
    /// The state that it is.
    pub component: usize,
    /// Of its equation, whatever R_f is.
    pub precision: f64,
}

/// Intervals of all unknowns: the path, then the estimated parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Intervals {
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
}

/// A model, data and everything fixed about their action: checked once, shared by all starting
/// paths.
#[derive(Clone)]
pub struct Problem {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) data: Arc<[Observations]>,
    pub(crate) grid: Arc<Grid>,
    pub(crate) discretization: Discretization,
    pub(crate) normalization: Normalization,
    /// All of the model's parameters, in its order; the estimated ones are placeholders.
    pub(crate) parameters: Vec<f64>,
    /// Which of them are estimated, ascending.
    pub(crate) estimated: Vec<usize>,
    /// States that are parameters: they come last, ascending.
    pub(crate) varying: Vec<Varying>,
    pub(super) measurement: Measurement,
    pub(super) model_weights: Weighting,
    pub(super) priors: Arc<[PriorTerm]>,
    pub(super) intervals: Option<Arc<Intervals>>,
}

impl Problem {
    /// One or more data sets, which share the parameters and have paths of their own.
    ///
    /// # Errors
    /// Whatever is wrong with the data or options, by field; see [`Error`].
    pub fn new(
        model: Arc<dyn Model>,
        data: impl Into<DataSets>,
        options: &ActionOptions,
    ) -> Result<Self> {
        let DataSets(mut data) = data.into();
        let own = model.dimension();
        let (model, varying) = with_varying(model, &options.varying)?;
        let dimension = model.dimension();
        for set in &mut data {
            // Observables come after all states.
            let observables = set.observed.iter_mut().filter(|c| **c >= own);
            observables.for_each(|c| *c += varying.len());
        }
        let discretization = options
            .discretization
            .unwrap_or(Discretization::default_for(model.kind()));
        check::at_least("data.length", data.len(), 1)?;
        let mut points: usize = 0;
        for (index, set) in data.iter().enumerate() {
            let root = match data.len() {
                1 => "data".into(),
                _ => format!("data[{index}]"),
            };
            set.validate(&root, &*model)?;
            points = points.saturating_add(set.points);
            check::at_most(&format!("{root}.points"), points, MOST_VALUES / dimension)?;
            discretization.validate(&root, model.kind(), set.points)?;
        }
        let parameters = resolve_parameters(&*model, &options.parameters)?;
        let estimated = estimated(&*model, &options.estimate)?;
        check_measurement_precision(&options.measurement_precision, &data, points)?;
        options
            .model_weights
            .validate("modelWeights", own, points)?;

        let grid = Grid::new(&data, model.inputs().len());
        let names = Names {
            model: &*model,
            estimated: &estimated,
            path_length: points * dimension,
        };
        let priors = names.priors(options, &grid)?;
        let intervals = names.intervals(&options.bounds)?;
        let row_points = discretization.row_points(&grid);
        Ok(Problem {
            measurement: Measurement::new(&*model, &data, &options.measurement_precision),
            model_weights: model_weights(&options.model_weights, own, &varying, &row_points)?,
            varying,
            data: data.into(),
            grid: Arc::new(grid),
            discretization,
            normalization: options.normalization,
            parameters,
            priors: priors.into(),
            intervals: intervals.map(Arc::new),
            estimated,
            model,
        })
    }

    /// Weighs the model's errors anew, with weights that are known to be right.
    pub(crate) fn set_model_weights(&mut self, weights: &Precision) -> Result<()> {
        let row_points = self.discretization.row_points(&self.grid);
        let own = self.model.dimension() - self.varying.len();
        self.model_weights = model_weights(weights, own, &self.varying, &row_points)?;
        Ok(())
    }

    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }

    /// One or more.
    pub fn data(&self) -> &[Observations] {
        &self.data
    }

    /// Points of all data sets.
    pub fn points(&self) -> usize {
        self.grid.len()
    }

    /// Time of a point of the path.
    pub fn time(&self, point: usize) -> f64 {
        self.grid.points.times[point]
    }

    /// Length of a path: points x dimension, of all data sets one after the other.
    pub fn path_length(&self) -> usize {
        self.points() * self.model.dimension()
    }

    /// Number of measured values.
    pub fn measured(&self) -> usize {
        self.measurement.count
    }

    /// The mean of the precisions R_m of all measured values.
    pub fn measurement_precision(&self) -> f64 {
        self.measurement.typical_precision()
    }

    /// Number of residuals.
    pub fn residuals(&self) -> usize {
        let rows = |segment: &super::grid::Segment| self.discretization.rows(segment.points);
        self.grid.segments.iter().map(rows).sum::<usize>() * self.model.dimension()
    }

    /// Names of the estimated parameters, in the order in which their values are passed.
    pub fn estimated(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.estimated
            .iter()
            .map(|&i| self.model.parameters()[i].name.as_str())
    }

    /// Names of the parameters that change in time: the last states of the model here.
    pub fn varying(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        let states = self.model.states();
        self.varying.iter().map(|v| states[v.component].as_str())
    }

    /// The standard deviation of the prior of an unknown, the path and then the estimated
    /// parameters; none if it has no prior.
    pub fn prior_deviation(&self, unknown: usize) -> Option<f64> {
        let prior = self.priors.iter().find(|term| term.unknown == unknown)?;
        Some(1.0 / prior.precision.sqrt())
    }

    /// Bounds of all unknowns; none if nothing is bounded.
    pub fn intervals(&self) -> Option<&Intervals> {
        self.intervals.as_deref()
    }
}

/// One data set or several.
pub struct DataSets(pub Vec<Observations>);

impl From<Observations> for DataSets {
    fn from(data: Observations) -> Self {
        DataSets(vec![data])
    }
}

impl From<Vec<Observations>> for DataSets {
    fn from(data: Vec<Observations>) -> Self {
        DataSets(data)
    }
}

/// The model with the parameters of these names as states, in the model's order.
fn with_varying(
    model: Arc<dyn Model>,
    given: &BTreeMap<String, f64>,
) -> Result<(Arc<dyn Model>, Vec<Varying>)> {
    if given.is_empty() {
        return Ok((model, Vec::new()));
    }
    let names = model.parameters().iter().map(|p| p.name.as_str());
    let mut chosen = Vec::new();
    for (name, &precision) in given {
        let path = format!("varying.{name}");
        chosen.push((check::position(&path, name, names.clone())?, precision));
        check::precision(&path, precision)?;
    }
    chosen.sort_unstable_by_key(|&(parameter, _)| parameter);
    let positions: Vec<usize> = chosen.iter().map(|&(parameter, _)| parameter).collect();
    let changed = model
        .with_varying(&positions)
        .ok_or_else(|| Error::WrongShape {
            path: "varying".into(),
            message: format!("{} has no parameters that can change in time", model.name()),
        })?;
    let first = model.dimension();
    let varying = chosen
        .iter()
        .enumerate()
        .map(|(k, &(_, precision))| Varying {
            component: first + k,
            precision,
        });
    Ok((changed, varying.collect()))
}

/// Weights of the model's own `dimension` equations; those of parameters follow, and are set where
/// R_f is known.
fn model_weights(
    precision: &Precision,
    dimension: usize,
    varying: &[Varying],
    row_points: &[usize],
) -> Result<Weighting> {
    if varying.is_empty() {
        return Ok(Weighting::from_precision(precision, dimension, row_points));
    }
    if matches!(precision, Precision::Matrix(_)) {
        return Err(Error::WrongShape {
            path: "modelWeights".into(),
            message: "a matrix cannot be combined with parameters that change in time; give one weight per state".into(),
        });
    }
    let rows = row_points.iter().flat_map(|&n| {
        let own = (0..dimension).map(move |l| precision.weight(n, l));
        own.chain(varying.iter().map(|_| 1.0))
    });
    Ok(Weighting::Rows(rows.collect()))
}

fn estimated(model: &dyn Model, names: &[String]) -> Result<Vec<usize>> {
    let known = model.parameters().iter().map(|p| p.name.as_str());
    let mut estimated = Vec::new();
    for name in names {
        let index = check::position(&format!("estimate.{name}"), name, known.clone())?;
        if estimated.contains(&index) {
            return Err(Error::Duplicate {
                path: "estimate".into(),
                value: name.clone(),
            });
        }
        estimated.push(index);
    }
    estimated.sort_unstable();
    Ok(estimated)
}

fn check_measurement_precision(
    precision: &Precision,
    data: &[Observations],
    points: usize,
) -> Result<()> {
    let path = "measurementPrecision";
    if matches!(precision, Precision::PerComponent(_) | Precision::Matrix(_)) {
        let differs = |set: &&Observations| set.observed != data[0].observed;
        if data.iter().any(|set| differs(&set)) {
            return Err(Error::WrongShape {
                path: path.into(),
                message: "one number per observed component needs data sets that all observe the same components; give a number, or { perTime }".into(),
            });
        }
    }
    precision.validate(path, data[0].observed.len(), points)
}

/// Names of unknowns.
struct Names<'a> {
    model: &'a dyn Model,
    estimated: &'a [usize],
    path_length: usize,
}

impl Names<'_> {
    fn state(&self, path: &str, name: &str) -> Result<usize> {
        check::position(path, name, self.model.states().iter().map(String::as_str))
    }

    fn parameter(&self, path: &str, name: &str) -> Result<usize> {
        self.check_estimated(path, name)?;
        check::position(path, name, self.parameters()).map(|p| self.path_length + p)
    }

    fn parameters(&self) -> impl Iterator<Item = &str> + Clone {
        let all = self.model.parameters();
        self.estimated.iter().map(|&p| all[p].name.as_str())
    }

    /// A parameter that keeps its value is none of the unknowns, so "unknown name" would be a
    /// riddle.
    fn check_estimated(&self, path: &str, name: &str) -> Result<()> {
        let is_parameter = self.model.parameters().iter().any(|p| p.name == name);
        if !is_parameter || self.parameters().any(|estimated| estimated == name) {
            return Ok(());
        }
        let message = format!(
            "{name} is a parameter that is not estimated, so it keeps its value; estimate it, with its bounds as estimate.{name}.bounds and what is known of it as estimate.{name}.prior, or leave this out"
        );
        Err(Error::WrongShape {
            path: path.into(),
            message,
        })
    }

    fn priors(&self, options: &ActionOptions, grid: &Grid) -> Result<Vec<PriorTerm>> {
        let mut terms = Vec::new();
        for (name, prior) in &options.first_state {
            let path = format!("firstState.{name}");
            let state = self.state(&path, name)?;
            let precision = prior.precision(&path)?;
            terms.extend(grid.segments.iter().map(|segment| PriorTerm {
                unknown: segment.first * self.model.dimension() + state,
                mean: prior.mean,
                precision,
            }));
        }
        for (name, prior) in &options.priors {
            let path = format!("priors.{name}");
            terms.push(PriorTerm {
                unknown: self.parameter(&path, name)?,
                mean: prior.mean,
                precision: prior.precision(&path)?,
            });
        }
        terms.sort_by_key(|term| term.unknown);
        Ok(terms)
    }

    fn intervals(&self, bounds: &BTreeMap<String, [f64; 2]>) -> Result<Option<Intervals>> {
        if bounds.is_empty() {
            return Ok(None);
        }
        let size = self.path_length + self.estimated.len();
        let mut intervals = Intervals {
            lower: vec![f64::NEG_INFINITY; size],
            upper: vec![f64::INFINITY; size],
        };
        let dimension = self.model.dimension();
        let known = self.model.states().iter().map(String::as_str);
        let known = known.chain(self.parameters());
        for (name, &[low, high]) in bounds {
            let path = format!("bounds.{name}");
            check_interval(&path, [low, high])?;
            let mut set = |unknown: usize| {
                intervals.lower[unknown] = low;
                intervals.upper[unknown] = high;
            };
            self.check_estimated(&path, name)?;
            let place = check::position(&path, name, known.clone())?;
            match place.checked_sub(dimension) {
                Some(parameter) => set(self.path_length + parameter),
                None => (place..self.path_length).step_by(dimension).for_each(set),
            }
        }
        Ok(Some(intervals))
    }
}

/// An interval with something inside; an end may be infinite.
pub(crate) fn check_interval(path: &str, [low, high]: [f64; 2]) -> Result<()> {
    check::require(
        !low.is_nan(),
        &format!("{path}[0]"),
        low,
        "a number; -Infinity where there is no lowest value",
    )?;
    check::require(
        high > low,
        &format!("{path}[1]"),
        high,
        &format!("greater than the lower end, {low}"),
    )
}

impl Prior {
    /// One over the variance.
    pub(crate) fn precision(&self, path: &str) -> Result<f64> {
        check::finite(&format!("{path}.mean"), self.mean)?;
        check::positive(&format!("{path}.deviation"), self.deviation)?;
        let precision = 1.0 / (self.deviation * self.deviation);
        check::precision(
            &format!("{path}.deviation, as one over its square,"),
            precision,
        )?;
        Ok(precision)
    }
}

/// All parameters of a model in its order: the given ones by name, its defaults otherwise.
///
/// # Errors
/// A name that the model does not have, and values that are not finite.
pub fn resolve_parameters(model: &dyn Model, given: &BTreeMap<String, f64>) -> Result<Vec<f64>> {
    let mut values: Vec<f64> = model.parameters().iter().map(|p| p.default).collect();
    let names = model.parameters().iter().map(|p| p.name.as_str());
    for (name, &value) in given {
        let path = format!("parameters.{name}");
        let index = check::position(&path, name, names.clone())?;
        check::finite(&path, value)?;
        values[index] = value;
    }
    Ok(values)
}
