//! Action of a path: its distance to the data and to the model, with the exact gradient.

mod channel_noise;
mod check_gradient;
mod density;
mod discretization;
mod estimated_scales;
mod finite;
mod first_state;
mod grid;
mod input_curves;
mod integrate;
mod interpolation;
mod intervals;
mod jump;
mod known;
mod law_groups;
mod linearize;
mod mean_formulas;
mod measured_draws;
mod measurement;
mod measurement_rows;
pub(crate) mod noise;
mod normalization;
mod objective;
mod observations;
mod options;
mod own;
mod prior;
mod prior_density;
mod problem;
mod refine;
mod row_places;
mod scale;
mod scale_rows;
mod state_data;
mod step_determinants;
mod switching;
mod text_group;
mod time_grid;
mod unknowns;
mod varying;

pub(crate) use channel_noise::{spread, NoiseDefinition};
pub use channel_noise::{ChannelNoise, EstimatedScale, NoiseFamily, NoisePart};
pub use check_gradient::{GradientCheck, GradientVerdict, Variable};
pub use discretization::Discretization;
pub(crate) use estimated_scales::FitShares;
pub use first_state::{FirstDistribution, FirstMean, FirstState, FirstValue};
pub(crate) use grid::Segment;
pub(crate) use input_curves::InputCurves;
pub(crate) use integrate::leading_matrix;
pub use interpolation::Interpolation;
pub(crate) use intervals::check_interval;
pub use intervals::Intervals;
pub use jump::{EventOccurrence, Jump};
pub(crate) use measured_draws::MeasuredStates;
pub use noise::{LossMoments, Precision, StepNoise, Support};
pub use normalization::Normalization;
pub(crate) use objective::{ActionObjective, Scales};
pub(crate) use observations::validate_observed;
pub use observations::Observations;
pub use options::ActionOptions;
pub(crate) use own::{distinct, Own};
pub use own::{group_name, spread_name, OwnParameter, Relation, Spread};
pub use prior::Prior;
pub(crate) use prior_density::PriorDensity;
pub use prior_density::{ParameterPrior, PriorFamily};
pub use problem::resolve_parameters;
pub use problem::{DataSets, Problem};
pub(crate) use refine::model_precision_factor;
pub use scale::ParameterScale;

use crate::error::{check, Result};
use discretization::{Along, Residuals};
use mean_formulas::MeanValues;
use measurement::Measurement;
use noise::{Noise, Scale, Whitening};

/// Value of the action and of its parts, which sum to it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActionValue {
    /// Action, the sum of all parts. In the normalisation `posterior` it is the negative log
    /// posterior up to a constant.
    pub action: f64,
    /// Part of the action that belongs to the data, weighted with R_m.
    pub measurement_error: f64,
    /// Part of the action that belongs to the model, weighted with R_f.
    pub model_error: f64,
    /// Part of the action that belongs to priors; 0 where there are none.
    pub prior_error: f64,
    /// Part of the action that belongs to the normalisation of estimated noise: the logarithm of
    /// its scale relative to a reference. 0 where the noise is known.
    #[serde(skip)]
    #[cfg_attr(feature = "typescript", ts(skip))]
    pub noise_error: f64,
}

/// Evaluator of the action of one [`Problem`]. It owns its memory and allocates none per call.
///
/// ```
/// use std::sync::Arc;
/// use least_action::{models, Action, ActionOptions, Observations, Problem};
///
/// let data = Observations {
///     start: 0.0,
///     time_step: 0.1,
///     points: 3,
///     observed: vec![0],
///     values: vec![1.0, f64::NAN, 2.0],
///     ..Observations::default()
/// };
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
    /// Noise of the model, with weights relative to R_f.
    model_noise: Noise,
    parameters: Vec<f64>,
    parameter_gradient: Vec<f64>,
    /// Means of priors that are formulas, at the point evaluated last.
    means: MeanValues,
    rows: Option<Box<linearize::RowWorkspace>>,
    /// Memory for the determinants of implicit steps.
    determinants: Option<Box<step_determinants::StepDeterminants>>,
    /// Memory to integrate paths.
    block: Option<Box<integrate::Block>>,
}

impl Action {
    /// Evaluator of the action of a problem.
    pub fn new(problem: &Problem) -> Self {
        Action {
            residuals: Residuals::new(
                problem.discretization.scheme(),
                &*problem.model,
                &problem.grid,
            ),
            measurement: problem.measurement.clone(),
            model_noise: problem.model_noise.clone(),
            rows: None,
            means: MeanValues::default(),
            block: None,
            determinants: None,
            parameters: problem.parameters.clone(),
            parameter_gradient: vec![0.0; problem.parameters.len()],
            problem: problem.clone(),
        }
    }

    /// Evaluates the action of `path` (points x dimension, row-major) at R_f = `model_precision`,
    /// with the values `parameters` of the estimated parameters.
    ///
    /// # Errors
    /// A wrong length, a precision that is not positive, and
    /// [`Error::NotFinite`](crate::Error::NotFinite) for the first value that is not finite.
    pub fn evaluate(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
    ) -> Result<ActionValue> {
        self.check(model_precision, path, parameters)?;
        self.value(model_precision, path, parameters)
    }

    /// Evaluates the action and its exact gradient. The derivatives in the path and in the
    /// estimated parameters are written to the last two arguments.
    ///
    /// # Errors
    /// All errors of [`Action::evaluate`], and gradients of the wrong length or not finite.
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
        let scale = self.model_scale(model_precision);
        let sum = &mut self.parameter_gradient;
        let at = problem.at(path, &self.parameters);
        let factor = problem.data_factor();
        self.measurement
            .pull_back(&*problem.model, at, factor, path_gradient, sum);
        self.model_noise
            .differentiate(scale, &mut self.residuals.values, &[]);
        let along = along(problem, &self.parameters, path);
        self.residuals.pull_back(&along, path_gradient, sum);
        for (to, &index) in parameter_gradient.iter_mut().zip(&problem.estimated) {
            *to = self.parameter_gradient[index];
        }
        let add = |unknown: usize, slope| match unknown.checked_sub(path.len()) {
            None => path_gradient[unknown] += slope,
            Some(p) => parameter_gradient[p] += slope,
        };
        if let Some(formulas) = &problem.priors.formulas {
            formulas.differentiate(&mut self.means);
        }
        let means = &self.means;
        prior::differentiate(&problem.priors, factor, path, parameters, means, add);
        self.finite_rows(path_gradient, "dA/dx")?;
        self.finite_parameters(parameter_gradient, "dA/d")?;
        Ok(value)
    }

    /// Problem whose action is evaluated.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Residuals of the model along a path, (points - 1) x dimension for each data set, row-major.
    /// In the discretisation `simpson-hermite` the residuals r1 and r2 alternate.
    ///
    /// # Errors
    /// All errors of [`Action::evaluate`].
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

    fn model_scale(&self, model_precision: f64) -> Scale {
        let factor = self
            .problem
            .normalization
            .factor(self.residuals.values.len());
        Scale {
            factor,
            precision: model_precision,
        }
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
        let factor = problem.data_factor();
        let measurement_error = self.measurement.value(factor);
        let scale = self.model_scale(model_precision);
        let model_error = self.model_noise.value(scale, &self.residuals.values, &[]);
        if let Some(formulas) = &problem.priors.formulas {
            formulas.evaluate(path, &self.parameters, &mut self.means);
        }
        let prior_error = factor * prior::sum(&problem.priors, path, parameters, &self.means);
        let noise_error = self.measurement.scale_value(factor);
        let action = measurement_error + model_error + prior_error + noise_error;
        if !action.is_finite() {
            return Err(self.first_not_finite(path, parameters, action));
        }
        Ok(ActionValue {
            action,
            measurement_error,
            model_error,
            prior_error,
            noise_error,
        })
    }

    /// Part of the model error last evaluated at this R_f that belongs to parameters which change
    /// in time; 0 where there are none.
    pub(crate) fn varying_error(&self, model_precision: f64) -> f64 {
        let (dimension, varying) = (self.problem.model.dimension(), &self.problem.varying);
        if varying.is_empty() {
            return 0.0;
        }
        let own = dimension - varying.len();
        let weight = |i: usize| self.model_noise.whitening.weight(i);
        let rows = self.residuals.values.iter().enumerate();
        let rows = rows.filter(|(i, _)| i % dimension >= own);
        let sum: f64 = rows.map(|(i, r)| weight(i) * r * r).sum();
        let scale = self.model_scale(model_precision);
        scale.precision * scale.factor * sum
    }

    /// Sets the weights of the parameters that change in time. Their precision does not climb with
    /// R_f, so relative to R_f it falls.
    fn weigh(&mut self, model_precision: f64) {
        let (dimension, varying) = (self.problem.model.dimension(), &self.problem.varying);
        let whitening = &mut self.model_noise.whitening;
        if let (Whitening::Rows(weights), false) = (whitening, varying.is_empty()) {
            for row in weights.chunks_exact_mut(dimension) {
                for parameter in varying {
                    row[parameter.component] =
                        parameter.precision_at(model_precision) / model_precision;
                }
            }
        }
    }
}

/// Model, grid and path that residuals are evaluated with.
fn along<'a>(problem: &'a Problem, parameters: &'a [f64], path: &'a [f64]) -> Along<'a> {
    Along {
        model: &*problem.model,
        parameters,
        grid: &problem.grid,
        path,
    }
}

/// Sum of `term` over `items` in four partial sums: in one order on every machine, and with room
/// for SIMD.
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
