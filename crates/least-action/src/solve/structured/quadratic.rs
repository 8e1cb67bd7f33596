//! Interface between a search and a sum of squares: its value, and steps of its damped quadratic
//! model.

use super::super::Bounds;
use crate::error::Result;

/// Sum of squares with its quadratic model at the present point, and a factor of that. One search
/// minimises all problems that can solve the damped model by some structure of their own.
pub(crate) trait Quadratic {
    /// True if there is a slower form of a step that keeps its digits at any ratio of weights.
    const PRECISE: bool;

    /// Asks for an end of the search. It is called once per iteration.
    fn interrupted(&self) -> bool;

    /// Intervals of the unknowns; `None` if all are free.
    fn bounds(&self) -> Option<&Bounds>;

    /// Value that noise explains. A value far below it need not be lowered further. Zero where it
    /// is not known.
    fn noise_level(&self) -> f64;

    /// True if the model has no negative curvature, so that only rounding can make a damped one
    /// look as if it had.
    fn is_gauss_newton(&self) -> bool;

    /// Value at a point that is tried.
    ///
    /// # Errors
    /// A value or derivative that is not finite.
    fn evaluate(&mut self, x: &[f64]) -> Result<f64>;

    /// Makes the point tried last the present one.
    fn accept(&mut self);

    /// Prepares the model at the present point `x`, and writes its gradient and the metric of
    /// damping. The scale is zero where no residual depends on the unknown.
    fn expand(&mut self, x: &[f64], gradient: &mut [f64], scale: &mut [f64]);

    /// Factors the model with `shift` added to its diagonal and the `fixed` unknowns left as they
    /// are. Returns false if it is not positive definite to rounding.
    fn factor(&mut self, shift: &[f64], fixed: &[bool]) -> bool;

    /// Turns minus the gradient of the damped model after the step `inside` (empty: none yet) into
    /// the change that leads from there to its minimum, by the factor in memory. Both are zero
    /// where unknowns are fixed.
    fn solve(&mut self, inside: &[f64], shift: &[f64], force: &mut [f64]);

    /// Writes the step by the slower form. Returns false if there is none.
    fn solve_precisely(&mut self, shift: &[f64], fixed: &[bool], step: &mut [f64]) -> bool;

    /// Writes the geodesic acceleration (M. K. Transtrum and J. P. Sethna, arXiv 1201.5885, 2012):
    /// the change, by the factor in memory, that makes up for the curvature of the residuals, seen
    /// at the point tried last, which was `step` away. Unknowns at an `active` bound do not change.
    fn geodesic_acceleration(&mut self, step: &[f64], active: &[bool], into: &mut [f64]);

    /// Decrease of the model, without damping, along a step.
    fn decrease(&mut self, gradient: &[f64], step: &[f64]) -> f64;

    /// Writes the gradient of the model, without damping, after a step.
    fn gradient_after(&mut self, gradient: &[f64], step: &[f64], into: &mut [f64]);

    /// Largest change of the value by rounding errors of the residuals.
    fn rounding(&self, x: &[f64]) -> f64;
}
