//! Posterior whose unknowns can be refitted with one parameter held.

use crate::action::Problem;
use crate::error::Result;

/// Fit with one parameter held at a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Refitted {
    /// Path, points x dimension, then the estimated parameters.
    pub unknowns: Vec<f64>,
    /// Negative log posterior at the fit, up to a constant.
    pub value: f64,
    /// Negative logarithm of the profile at the held value, up to a constant: the value itself, or
    /// that of the density with everything but the parameter integrated out.
    pub minus_log: f64,
}

/// Posterior of which a profile can be made.
pub trait Refit {
    /// Problem of the posterior.
    fn problem(&self) -> &Problem;

    /// Model precision R_f; infinite in the deterministic limit.
    fn model_precision(&self) -> f64;

    /// Minimum of the negative log posterior that a start leads to: path, then parameters. Few
    /// `iterations` may leave it at a distance.
    ///
    /// # Errors
    /// A start of the wrong length, or at which the action is not finite.
    fn minimum(&mut self, start: &[f64], iterations: usize) -> Result<Vec<f64>>;

    /// Fit from a start with the parameter at this place held at its value there.
    ///
    /// # Errors
    /// A fit that does not converge, that leads to where the action is not finite, or that data and
    /// priors do not determine.
    fn refit(&mut self, start: &[f64], place: usize, iterations: usize) -> Result<Refitted>;

    /// Standard deviation of a parameter by the curvature at a minimum; none if that does not
    /// determine it.
    fn deviation(&mut self, minimum: &[f64], place: usize) -> Option<f64>;

    /// Negative log posterior of a fit along the model's solution in much finer steps; none where
    /// steps do not matter, and where the solution does not stay finite.
    fn value_of_finer_steps(&mut self, unknowns: &[f64]) -> Option<f64>;
}
