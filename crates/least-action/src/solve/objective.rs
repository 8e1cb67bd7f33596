//! Functions to be minimised: any smooth one, and sums of squares with the structure of a path.

use super::{BlockMatrix, Bounds, Layout, Linearization};
use crate::error::Result;

/// Smooth function to be minimised.
///
/// ```
/// use least_action::solve::{Minimizer, MinimizerOptions, Objective};
/// use least_action::Error;
///
/// struct Parabola;
/// impl Objective for Parabola {
///     fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, Error> {
///         gradient[0] = 2.0 * (x[0] - 3.0);
///         Ok((x[0] - 3.0).powi(2) + 1.0)
///     }
/// }
///
/// let minimizer = MinimizerOptions::by_name("minimizer", "lbfgs")?;
/// let mut x = [10.0];
/// let minimum = minimizer.minimize(&mut Parabola, &mut x)?;
/// assert!((minimum.value - 1.0).abs() < 1e-4);
/// # Ok::<(), Error>(())
/// ```
pub trait Objective {
    /// Value at `x`. The gradient is written to the second argument.
    ///
    /// # Errors
    /// A value or gradient that is not finite. Minimisers then try a shorter step.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64>;

    /// Asks for an end of the minimisation at the best point so far. It is called once per
    /// iteration. Default: false.
    fn interrupted(&self) -> bool {
        false
    }

    /// Intervals of the unknowns. Default: `None`, all are free.
    fn bounds(&self) -> Option<&Bounds> {
        None
    }

    /// View of the function as a sum of weighted squares with the structure of a path, if it is
    /// one. Default: `None`.
    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }
}

/// Sum of weighted squares whose unknowns are a path and static parameters.
pub trait LeastSquares: Objective {
    /// Layout of the unknowns.
    fn layout(&self) -> &Layout;

    /// Memory for [`LeastSquares::linearize`], with the right patterns and meaningless numbers.
    fn linearization(&self) -> Linearization;

    /// Value at `x`. Residuals, weights and Jacobian are written to the second argument, whose
    /// patterns stay.
    ///
    /// # Errors
    /// A value or derivative that is not finite. Minimisers then try a shorter step.
    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64>;

    /// Adds the second derivatives that the Gauss-Newton Hessian leaves out, the sum of
    /// `weight * residual * d2 residual`. `x` is the point linearised last.
    ///
    /// # Errors
    /// A second derivative that is not finite.
    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()>;

    /// Value that noise explains, where that is known. A minimiser need not lower a value that is
    /// far below it. Default: zero.
    fn noise_level(&self) -> f64 {
        0.0
    }
}
