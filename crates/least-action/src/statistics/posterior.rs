//! `exp(-A)` as a probability density of the path and the estimated parameters.

use crate::action::{Action, ActionObjective, Normalization, Problem, Scales};
use crate::error::{check, Result};
use crate::solve::{
    Assembly, BlockMatrix, Bounds, Hessian, Layout, LeastSquares, Linearization, Minimizer,
    Minimum, Objective, Structured,
};

/// The posterior density `exp(-A(X))` at one R_f, up to its normalisation. It is uniform in all
/// unknowns but for the action's priors, and zero outside of their bounds.
///
/// Its value as an [`Objective`] is the negative log posterior. For explicit steps (`rk4`, `euler`,
/// `map`) that is the action in the normalisation `"posterior"`. In the normalisation `"mean"` it
/// is half the number of measurements times the action, so that R_m is one over the variance of the
/// noise in both.
///
/// It is the posterior of a model whose every step has a normal error, of variance 1 / R_f in the
/// normalisation `"posterior"`. The change of variables from errors to states has the determinant
/// `|det d r_n / d x_(n+1)|` for every step with residual r_n. It is one for explicit steps,
/// `x_(n+1) = f(x_n) + error`. For implicit ones (`trapezoid`, `midpoint`, `simpson-hermite`) the
/// value is the action less the logarithm of these determinants, and its gradient is exact.
///
/// Second derivatives and minima are those of the action alone. Laplace's method, which expands
/// about them, adds the determinants to the evidence at the mode, and to first order to the mean
/// ([`mean_shift`](super::Laplace::mean_shift)).
///
/// The unknowns are the path, points x dimension, and then the estimated parameters.
///
/// ```
/// use least_action::statistics::Posterior;
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
/// // Five points of a path.
/// let mut posterior = Posterior::new(&problem, 100.0)?;
/// let mode = posterior.mode_near(&[1.0; 5])?;
/// assert!(posterior.value(&mode)? < posterior.value(&[1.0; 5])?);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct Posterior {
    action: Action,
    model_precision: f64,
    factor: f64,
    layout: Layout,
    bounds: Option<Bounds>,
}

impl Posterior {
    /// The posterior of a problem at one R_f.
    ///
    /// # Errors
    /// An R_f that is not positive and finite.
    pub fn new(problem: &Problem, model_precision: f64) -> Result<Self> {
        check::precision("modelPrecision", model_precision)?;
        problem.check_spreads()?;
        let action = Action::new(problem);
        Ok(Posterior {
            layout: action.layout(),
            bounds: problem.intervals().map(|intervals| Bounds {
                lower: intervals.lower.clone(),
                upper: intervals.upper.clone(),
            }),
            factor: match problem.normalization {
                Normalization::Posterior => 1.0,
                Normalization::Mean => 0.5 * problem.measured() as f64,
            },
            action,
            model_precision,
        })
    }

    /// The posterior with one unknown held at a value: path, then estimated parameters.
    pub(super) fn holding(&self, unknown: usize, value: f64) -> Self {
        let count = self.layout.unknowns();
        let mut held = self.clone();
        let bounds = held.bounds.get_or_insert_with(|| Bounds {
            lower: vec![f64::NEG_INFINITY; count],
            upper: vec![f64::INFINITY; count],
        });
        (bounds.lower[unknown], bounds.upper[unknown]) = (value, value);
        held
    }

    /// Bounds of the unknowns, if any is bounded.
    pub(super) fn bounds_of_unknowns(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }

    /// True for an unknown that is held at a value.
    pub(super) fn is_held(&self, unknown: usize) -> bool {
        let bounds = self.bounds.as_ref();
        bounds.is_some_and(|bounds| bounds.lower[unknown] == bounds.upper[unknown])
    }

    /// Problem of the action in the exponent.
    pub fn problem(&self) -> &Problem {
        self.action.problem()
    }

    /// Model precision R_f.
    pub fn model_precision(&self) -> f64 {
        self.model_precision
    }

    /// Changes R_f.
    ///
    /// # Errors
    /// An R_f that is not positive and finite.
    pub fn set_model_precision(&mut self, model_precision: f64) -> Result<()> {
        check::precision("modelPrecision", model_precision)?;
        self.model_precision = model_precision;
        Ok(())
    }

    /// Factor by which the action is multiplied to give the negative log posterior.
    pub fn factor(&self) -> f64 {
        self.factor
    }

    /// Layout of the unknowns: the path, then the estimated parameters.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Negative log posterior, up to a constant, with the determinants of implicit steps.
    ///
    /// # Errors
    /// Those of [`Action::evaluate`]; a step whose determinant is zero.
    pub fn value(&mut self, unknowns: &[f64]) -> Result<f64> {
        let (path, parameters) = unknowns.split_at(self.layout.path_length());
        let value = self
            .action
            .evaluate(self.model_precision, path, parameters)?;
        let value = self.factor * value.action;
        let determinant = self.action.log_step_determinant(path)?;
        Ok(determinant.map_or(value, |(logarithm, _)| value - logarithm))
    }

    /// Writes the second derivatives of the action times [`Posterior::factor`], or their
    /// Gauss-Newton part, and its gradient. Returns its value. The determinants of implicit steps
    /// are left out.
    ///
    /// # Errors
    /// Those of [`Action::linearize`], and second derivatives that are not finite.
    pub fn hessian(
        &mut self,
        unknowns: &[f64],
        form: Hessian,
        hessian: &mut BlockMatrix,
        gradient: &mut [f64],
    ) -> Result<f64> {
        let layout = self.layout.clone();
        let action = self.with_objective(|objective| {
            let mut rows = objective.linearization();
            let action = objective.linearize(unknowns, &mut rows)?;
            Assembly::new(&layout, &rows).assemble(&rows, hessian, gradient);
            if form == Hessian::Exact {
                objective.add_curvature(unknowns, hessian)?;
            }
            Ok(action)
        })?;
        hessian.scale(self.factor);
        gradient.iter_mut().for_each(|g| *g *= self.factor);
        Ok(self.factor * action)
    }

    /// Residuals with their derivatives, weighted so that half the sum of squares is the negative
    /// log posterior.
    ///
    /// # Errors
    /// Those of [`Action::linearize`].
    pub(super) fn weighted_rows(&mut self, unknowns: &[f64]) -> Result<Linearization> {
        let (path, parameters) = unknowns.split_at(self.layout.path_length());
        let mut rows = self.action.linearization();
        self.action
            .linearize(self.model_precision, path, parameters, &mut rows)?;
        for weight in rows.groups.iter_mut().flat_map(|group| &mut group.weights) {
            *weight *= self.factor;
        }
        Ok(rows)
    }

    /// Minimises the action from `unknowns`, and leaves the minimum there.
    ///
    /// # Errors
    /// An action that is not finite at the start.
    pub fn minimize(&mut self, by: &Structured, unknowns: &mut [f64]) -> Result<Minimum> {
        self.with_objective(|objective| by.minimize(objective, unknowns))
    }

    /// Minimum that Gauss-Newton steps lead to from a point, such as the end of a climb: rungs may
    /// end short of it.
    ///
    /// # Errors
    /// An action that is not finite at the start.
    pub fn mode_near(&mut self, unknowns: &[f64]) -> Result<Vec<f64>> {
        let mut mode = unknowns.to_vec();
        let by = Structured {
            tolerance: MODE_TOLERANCE,
            ..Structured::default()
        };
        self.minimize(&by, &mut mode)?;
        Ok(mode)
    }

    /// Logarithm of the constant that makes `exp(-value)` a product of normalised Gaussian
    /// densities of measurements, residuals and priors.
    pub(super) fn log_constant(&mut self) -> f64 {
        self.action.log_constant(self.model_precision, self.factor)
    }

    /// Logarithm of the determinant of each step of the discretisation, with the number of the
    /// first point that it touches; empty for explicit steps, where all are 0.
    ///
    /// # Errors
    /// Those of [`Action::linearize`].
    pub(super) fn log_step_determinants(&mut self, unknowns: &[f64]) -> Result<Vec<(usize, f64)>> {
        if self.problem().discretization.is_explicit() {
            return Ok(Vec::new());
        }
        let (path, parameters) = unknowns.split_at(self.layout.path_length());
        let mut rows = self.action.linearization();
        self.action
            .log_step_determinants(path, parameters, &mut rows)
    }

    /// Calls `what` with the action as an objective for paths.
    fn with_objective<T>(
        &mut self,
        what: impl FnOnce(&mut ActionObjective) -> Result<T>,
    ) -> Result<T> {
        let scales = Scales::none(self.layout.dimension, self.layout.parameters);
        let never = || false;
        let objective =
            ActionObjective::new(&mut self.action, self.model_precision, &scales, &never);
        what(&mut objective.within(self.bounds.clone()))
    }
}

/// Tolerance of [`Posterior::mode_near`], good enough for the metric of a chain.
const MODE_TOLERANCE: f64 = 1e-9;

impl Objective for Posterior {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let split = self.layout.path_length();
        let (path, parameters) = x.split_at(split);
        let (path_gradient, parameter_gradient) = gradient.split_at_mut(split);
        let value = self.action.gradient(
            self.model_precision,
            path,
            parameters,
            path_gradient,
            parameter_gradient,
        )?;
        gradient.iter_mut().for_each(|g| *g *= self.factor);
        let value = self.factor * value.action;
        let Some((logarithm, slopes)) = self.action.log_step_determinant(path)? else {
            return Ok(value);
        };
        gradient.iter_mut().zip(slopes).for_each(|(g, s)| *g -= s);
        Ok(value - logarithm)
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
}
