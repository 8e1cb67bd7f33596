//! The action of a path: how far it is from the data and from the model, and the exact gradient of
//! that.

mod check_gradient;
mod discretization;
mod grid;
pub(crate) mod likelihood;
mod linearization;
mod linearize;
mod measurement;
mod observations;
mod precision;
mod problem;
mod step_noise;
mod weighting;

pub use check_gradient::{GradientCheck, GradientVerdict, Variable};
pub use discretization::Discretization;
pub use linearization::{Layout, Linearization, RowGroup};
pub(crate) use observations::validate_observed;
pub use observations::Observations;
pub use precision::Precision;
pub(crate) use problem::check_interval;
pub use problem::resolve_parameters;
pub use problem::{ActionOptions, DataSets, Intervals, Prior, Problem};
pub use step_noise::StepNoise;

use crate::error::{check, Error, Result};
use crate::model::Scratch;
use discretization::{Along, Residuals};
use measurement::Measurement;
use weighting::Weighting;

/// What the two parts of the action are divided by.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Normalization {
    /// Means of squares, without the 1/2: `R_m mean (x - y)^2 + R_f mean r^2`, the convention of
    /// varanneal. About 1 at the truth when R_m is one over the noise variance.
    #[default]
    Mean,
    /// Half sums of squares: `R_m/2 sum (x - y)^2 + R_f/2 sum r^2`, the negative log posterior.
    /// About half the number of observations at the truth.
    Posterior,
}

impl Normalization {
    pub const ALL: [Normalization; 2] = [Normalization::Mean, Normalization::Posterior];

    /// The factor of a sum of `count` weighted squares.
    pub(crate) fn factor(self, count: usize) -> f64 {
        match self {
            Normalization::Mean => 1.0 / count as f64,
            Normalization::Posterior => 0.5,
        }
    }

    /// The R_f with which a residual counts as a measurement does with R_m = 1.
    pub(crate) fn per_residual(self, residuals: usize, measured: usize) -> f64 {
        match self {
            Normalization::Mean => residuals as f64 / measured as f64,
            Normalization::Posterior => 1.0,
        }
    }
}

/// The action and its parts, which sum to it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActionValue {
    pub action: f64,
    /// The part of the data, weighted with R_m.
    pub measurement_error: f64,
    /// The part of the model, weighted with R_f.
    pub model_error: f64,
    /// The part of priors, 0 without any.
    pub prior_error: f64,
}

/// Evaluates the action of one [`Problem`]; owns the memory for it, and takes none per call.
///
/// ```
/// use std::sync::Arc;
/// use least_action::{models, Action, ActionOptions, Observations, Problem};
///
/// let data = Observations { start: 0.0, time_step: 0.1, points: 3, observed: vec![0], values: vec![1.0, f64::NAN, 2.0], inputs: vec![] };
/// let options = ActionOptions { measurement_precision: 4.0.into(), ..ActionOptions::default() };
/// let problem = Problem::new(Arc::new(models::lorenz63()?), data, &options)?;
/// let mut action = Action::new(&problem);
/// let value = action.evaluate(100.0, &[0.0; 9], &[])?;
/// assert_eq!(value.measurement_error, 4.0 * (1.0 + 4.0) / 2.0);
/// assert_eq!(value.model_error, 0.0);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct Action {
    problem: Problem,
    residuals: Residuals,
    measurement: Measurement,
    /// Of the model's errors, relative to R_f.
    model_weights: Weighting,
    parameters: Vec<f64>,
    parameter_gradient: Vec<f64>,
    rows: Option<Box<linearize::Rows>>,
}

impl Action {
    pub fn new(problem: &Problem) -> Self {
        Action {
            residuals: Residuals::new(
                problem.discretization.scheme(),
                &*problem.model,
                &problem.grid,
            ),
            measurement: problem.measurement.clone(),
            model_weights: problem.model_weights.clone(),
            rows: None,
            parameters: problem.parameters.clone(),
            parameter_gradient: vec![0.0; problem.parameters.len()],
            problem: problem.clone(),
        }
    }

    /// The action of `path` (points x dimension, row-major) with the estimated parameters at
    /// `parameters`.
    ///
    /// # Errors
    /// A wrong length, a precision that is not positive, and [`Error::NotFinite`] for the first
    /// value that is not finite.
    pub fn evaluate(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
    ) -> Result<ActionValue> {
        self.check(model_precision, path, parameters)?;
        self.value(model_precision, path, parameters)
    }

    /// The same, with the gradient in the path and the estimated parameters written to the last two
    /// arguments.
    ///
    /// # Errors
    /// As [`Action::evaluate`]; also gradients of the wrong length or not finite.
    pub fn gradient(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) -> Result<ActionValue> {
        self.check(model_precision, path, parameters)?;
        let because = "one per value that it is the gradient in";
        check::length("pathGradient", path_gradient.len(), path.len(), because)?;
        let expected = parameters.len();
        check::length(
            "parameterGradient",
            parameter_gradient.len(),
            expected,
            because,
        )?;

        path_gradient.fill(0.0);
        let value = self.value(model_precision, path, parameters)?;
        self.parameter_gradient.fill(0.0);
        let problem = &self.problem;
        let sum = &mut self.parameter_gradient;
        let at = problem.at(path, &self.parameters);
        let factor =
            2.0 * self.measurement.scale * problem.normalization.factor(problem.measured());
        self.measurement
            .pull_back(&*problem.model, at, factor, path_gradient, sum);
        let weight = 2.0
            * self
                .residuals
                .factor(problem.normalization, model_precision);
        self.model_weights.apply(&mut self.residuals.values, weight);
        let along = along(problem, &self.parameters, path);
        self.residuals.pull_back(&along, path_gradient, sum);
        for (to, &index) in parameter_gradient.iter_mut().zip(&self.problem.estimated) {
            *to = self.parameter_gradient[index];
        }
        let factor = 2.0 * self.prior_factor();
        for term in &*self.problem.priors {
            let slope = factor * term.precision * term.error(path, parameters);
            match term.unknown.checked_sub(path.len()) {
                None => path_gradient[term.unknown] += slope,
                Some(p) => parameter_gradient[p] += slope,
            }
        }
        self.finite_rows(path_gradient, "dA/dx")?;
        self.finite_parameters(parameter_gradient, "dA/d")?;
        Ok(value)
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The residuals of the model along a path, (points - 1) x dimension, row-major; of
    /// simpson-hermite, r1 and r2 in alternation.
    ///
    /// # Errors
    /// As [`Action::evaluate`].
    pub fn residuals(&mut self, path: &[f64], parameters: &[f64]) -> Result<&[f64]> {
        self.evaluate(1.0, path, parameters)?;
        Ok(&self.residuals.values)
    }

    fn check(&self, model_precision: f64, path: &[f64], parameters: &[f64]) -> Result<()> {
        check::precision("modelPrecision", model_precision)?;
        let problem = &self.problem;
        let (points, dimension) = (problem.grid.len(), problem.model.dimension());
        if path.len() != points * dimension {
            let because = format!("{points} points x {dimension} states");
            check::length("path", path.len(), points * dimension, &because)?;
        }
        let because = "one per estimated parameter";
        check::length(
            "parameters",
            parameters.len(),
            problem.estimated.len(),
            because,
        )
    }

    fn measurement_factor(&self) -> f64 {
        let problem = &self.problem;
        self.measurement.scale * problem.normalization.factor(problem.measured())
    }

    fn model_factor(&self, model_precision: f64) -> f64 {
        self.residuals
            .factor(self.problem.normalization, model_precision)
    }

    /// Priors count beside the measurements as in the posterior.
    fn prior_factor(&self) -> f64 {
        self.problem.normalization.factor(self.problem.measured())
    }

    fn value(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
    ) -> Result<ActionValue> {
        self.weigh(model_precision);
        let problem = &self.problem;
        for (&index, &value) in problem.estimated.iter().zip(parameters) {
            self.parameters[index] = value;
        }
        self.residuals
            .evaluate(&along(problem, &self.parameters, path));
        let at = problem.at(path, &self.parameters);
        self.measurement.evaluate(&*problem.model, at);
        let measurement_error = self.measurement_factor() * self.measurement.sum();
        let model_error =
            self.model_factor(model_precision) * self.model_weights.sum(&self.residuals.values);
        let prior_error = self.prior_factor() * self.prior_sum(path, parameters);
        let action = measurement_error + model_error + prior_error;
        if !action.is_finite() {
            return Err(self.first_not_finite(path, parameters, action));
        }
        Ok(ActionValue {
            action,
            measurement_error,
            model_error,
            prior_error,
        })
    }

    /// Parameters that change in time have a precision of their own, which does not climb: relative
    /// to R_f it falls.
    fn weigh(&mut self, model_precision: f64) {
        let (dimension, varying) = (self.problem.model.dimension(), &self.problem.varying);
        if let (Weighting::Rows(weights), false) = (&mut self.model_weights, varying.is_empty()) {
            for row in weights.chunks_exact_mut(dimension) {
                for parameter in varying {
                    row[parameter.component] = parameter.precision / model_precision;
                }
            }
        }
    }

    fn prior_sum(&self, path: &[f64], parameters: &[f64]) -> f64 {
        let mut sum = 0.0;
        for term in &*self.problem.priors {
            let error = term.error(path, parameters);
            sum += term.precision * error * error;
        }
        sum
    }

    /// Looks for the cause of an action that is not finite: the path, a parameter, the model, the
    /// residual, the sum.
    #[cold]
    fn first_not_finite(&self, path: &[f64], parameters: &[f64], action: f64) -> Error {
        let problem = &self.problem;
        let given = self
            .finite_parameters(parameters, "parameters.")
            .and_then(|()| self.finite_rows(path, "x"));
        if let Err(error) = given {
            return error;
        }
        let mut derivative = vec![0.0; path.len()];
        let at = problem.at(path, &self.parameters);
        let model = &problem.model;
        model.evaluate(&mut Scratch::default(), at, &mut derivative);
        self.finite_rows(&derivative, "dx/dt")
            .and_then(|()| self.finite_rows(&self.residuals.values, "residual"))
            .err()
            .unwrap_or_else(|| self.largest_square(action))
    }

    /// Every value is finite, but their squares or the sum of these are not: names the largest one.
    fn largest_square(&self, action: f64) -> Error {
        let (d, functions) = (
            self.problem.model.dimension(),
            self.problem.model.observables().len(),
        );
        let slots = self.measurement.slots(d, functions);
        let errors = slots.iter().map(|slot| {
            let place = slot.point as usize * d + slot.column.min(d - 1);
            (
                place,
                "measurement error",
                self.measurement.errors[slot.slot],
            )
        });
        let residuals = self.residuals.values.iter().enumerate();
        let (place, term, _) = errors
            .chain(residuals.map(|(i, &r)| (i, "residual", r)))
            .max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()))
            .unwrap_or((0, "residual", 0.0));
        self.not_finite_at(place, &format!("squared {term}"), action)
    }

    fn finite_parameters(&self, values: &[f64], prefix: &str) -> Result<()> {
        match values.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(i) => {
                let name = self.problem.estimated().nth(i).unwrap_or_default();
                check::finite(&format!("{prefix}{name}"), values[i])
            }
        }
    }

    fn finite_rows(&self, rows: &[f64], term: &str) -> Result<()> {
        // Zero times a finite number is zero, times any other NaN: one sum says whether to look
        // further. Nothing else is read from it, so it is in more parts than others, and no
        // addition waits for the one before it.
        let mut zeros = [0.0; 16];
        let (groups, rest) = rows.as_chunks::<16>();
        for group in groups {
            for k in 0..16 {
                zeros[k] += group[k] * 0.0;
            }
        }
        if zeros.iter().sum::<f64>() + rest.iter().map(|v| v * 0.0).sum::<f64>() == 0.0 {
            return Ok(());
        }
        match rows.iter().position(|v| !v.is_finite()) {
            None => Ok(()),
            Some(i) => Err(self.not_finite_at(i, term, rows[i])),
        }
    }

    fn not_finite_at(&self, index: usize, term: &str, value: f64) -> Error {
        let dimension = self.problem.model.dimension();
        let point = index / dimension;
        Error::NotFinite {
            path: "path".into(),
            time: self.problem.grid.points.times[point],
            point,
            state: self.problem.model.states()[index % dimension].clone(),
            term: term.into(),
            value,
        }
    }
}

/// What residuals are taken along.
fn along<'a>(problem: &'a Problem, parameters: &'a [f64], path: &'a [f64]) -> Along<'a> {
    Along {
        model: &*problem.model,
        parameters,
        grid: &problem.grid,
        path,
    }
}

/// The sum of `term` over `items` in four partial sums: in that order on every machine, and with
/// room for SIMD.
pub(crate) fn in_four<T>(items: &[T], mut term: impl FnMut(&T) -> f64) -> f64 {
    let mut partial = [0.0; 4];
    let (groups, rest) = items.as_chunks::<4>();
    for group in groups {
        for k in 0..4 {
            partial[k] += term(&group[k]);
        }
    }
    let tail: f64 = rest.iter().map(term).sum();
    (partial[0] + partial[1]) + (partial[2] + partial[3]) + tail
}
