//! What an action is formed from, checked once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grid::Grid;
use super::measurement::Measurement;
use super::noise::{Law, Moments, Noise};
use super::prior::PriorTerm;
use super::unknowns::Names;
use super::varying::{model_noise, with_varying, Varying};
use super::{ActionOptions, Discretization, Normalization, Observations, Precision};
use crate::error::{check, Error, Result};
use crate::model::{Model, Points, MOST_VALUES};

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
    pub(super) model_noise: Noise,
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
            model_noise: model_noise(&options.model_weights, own, &varying, &row_points)?,
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
        self.model_noise = model_noise(weights, own, &self.varying, &row_points)?;
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

    /// Factor of the summed losses of measurements. Priors count beside them as in the posterior.
    pub(super) fn data_factor(&self) -> f64 {
        self.normalization.factor(self.measured())
    }

    /// Law of the noise of the measurements.
    pub(crate) fn law(&self) -> Law {
        self.measurement.noise.law
    }

    /// Mean and variance of the summed losses of all measurements at the truth.
    pub(crate) fn misfit(&self) -> Moments {
        self.measurement.misfit()
    }

    /// All points of a path.
    pub(super) fn at<'a>(&'a self, path: &'a [f64], parameters: &'a [f64]) -> Points<'a> {
        Points {
            states: path,
            parameters,
            inputs: &self.grid.points.inputs,
            times: &self.grid.points.times,
        }
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
