//! What a search sees of a sum of squares: its value, and steps of its damped quadratic model.

use super::super::Bounds;
use crate::error::Result;

/// A sum of squares with its quadratic model at the present point, and a factor of that. Whatever
/// can solve the damped model by some structure of its own is minimised by the same search.
pub(crate) trait Quadratic {
    /// Whether there is a slower form of a step whose digits rounding does not take.
    const PRECISE: bool;

    /// Asked once per iteration: true ends the search.
    fn interrupted(&self) -> bool;

    fn bounds(&self) -> Option<&Bounds>;

    /// The value that noise explains: what is far below it need not be lowered further. Zero where
    /// that is not known.
    fn noise_level(&self) -> f64;

    /// Whether the model has no negative curvature, so that only rounding can make a damped one
    /// look as if it had.
    fn is_gauss_newton(&self) -> bool;

    /// The value at a point that is tried.
    ///
    /// # Errors
    /// A value or derivative that is not finite.
    fn evaluate(&mut self, x: &[f64]) -> Result<f64>;

    /// The point tried last is the present one.
    fn accept(&mut self);

    /// Prepares the model at the present point `x`, and writes its gradient and the metric of
    /// damping. A scale of zero is one that nothing depends on.
    fn expand(&mut self, x: &[f64], gradient: &mut [f64], scale: &mut [f64]);

    /// Factors the model with `shift` added to its diagonal and the `fixed` unknowns left as they are; false if
    /// it is not positive definite, as far as one can see.
    fn factor(&mut self, shift: &[f64], fixed: &[bool]) -> bool;

    /// From minus the gradient of the damped model after the step `inside` (empty: none yet) to the
    /// change that leads from there to its minimum, by the factor that is in memory. Both are
    /// zero where unknowns are fixed.
    fn solve(&mut self, inside: &[f64], shift: &[f64], force: &mut [f64]);

    /// The step by the slower form, if there is one.
    fn solve_precisely(&mut self, shift: &[f64], fixed: &[bool], step: &mut [f64]) -> bool;

    /// Writes the geodesic acceleration (M. K. Transtrum and J. P. Sethna, arXiv 1201.5885, 2012):
    /// the change, by the factor in memory, that answers what the residuals at the point tried
    /// last, which was `step` away, show of their curvature. Unknowns at an `active` bound do not
    /// change.
    fn geodesic_acceleration(&mut self, step: &[f64], active: &[bool], into: &mut [f64]);

    /// By how much the model, without damping, falls along a step.
    fn decrease(&mut self, gradient: &[f64], step: &[f64]) -> f64;

    /// Writes the gradient of the model, without damping, after a step.
    fn gradient_after(&mut self, gradient: &[f64], step: &[f64], into: &mut [f64]);

    /// By how much rounding errors of the residuals may change the value.
    fn rounding(&self, x: &[f64]) -> f64;
}
