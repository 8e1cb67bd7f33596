//! Functions to be minimised: any smooth one, and sums of squares with the structure of a path.

use super::{BlockMatrix, Bounds, Layout, Linearization};
use crate::error::Result;

/// A smooth function to be minimised.
pub trait Objective {
    /// The value at `x`; the gradient is written to the second argument.
    ///
    /// # Errors
    /// A value or gradient that is not finite: minimisers then try a shorter step.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64>;

    /// Asked once per iteration: true ends the minimisation at the best point so far.
    fn interrupted(&self) -> bool {
        false
    }

    /// Intervals for the unknowns. Default: all are free.
    fn bounds(&self) -> Option<&Bounds> {
        None
    }

    /// The same function as a sum of weighted squares with the structure of a path, if it is one.
    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }
}

/// A sum of weighted squares whose unknowns are a path and static parameters.
pub trait LeastSquares: Objective {
    /// Shape of the unknowns.
    fn layout(&self) -> &Layout;

    /// Memory for [`LeastSquares::linearize`]: the patterns are right, the numbers of no meaning.
    fn linearization(&self) -> Linearization;

    /// The value at `x`; residuals, weights and Jacobian are written to the second argument, whose
    /// patterns stay as they are.
    ///
    /// # Errors
    /// A value or derivative that is not finite: minimisers then try a shorter step.
    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64>;

    /// Adds the second derivatives that the Gauss-Newton Hessian leaves out, the sum of
    /// `weight * residual * d2 residual`. `x` is the point linearised last.
    ///
    /// # Errors
    /// A second derivative that is not finite.
    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()>;

    /// The value that noise explains, where that is known: a minimiser need not lower what is far
    /// below it. Default: zero.
    fn noise_level(&self) -> f64 {
        0.0
    }
}
