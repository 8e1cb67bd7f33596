//! Options of the Gaussian approximation.

use crate::error::{check, Result};
use crate::solve::Hessian;

/// Options of the expansion about a minimum.
///
/// ```
/// use least_action::solve::Hessian;
/// use least_action::statistics::LaplaceOptions;
///
/// let options = LaplaceOptions {
///     hessian: Hessian::GaussNewton,
///     ..LaplaceOptions::default()
/// };
/// assert!(options.minimize && options.validate().is_ok());
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaplaceOptions {
    /// Second derivatives that are used: `"exact"`, all of them, which is Laplace's method, or
    /// `"gauss-newton"`, those of the linearised model, which always have a minimum. Default:
    /// `"exact"`.
    pub hessian: Hessian,
    /// True to minimise first; false to expand the path as it is. Default: true.
    pub minimize: bool,
    /// Most steps of each part of that minimisation: Gauss-Newton steps, then exact ones if
    /// `hessian` is `"exact"`. Default: 200.
    pub max_iterations: usize,
}

impl Default for LaplaceOptions {
    fn default() -> Self {
        LaplaceOptions {
            hessian: Hessian::Exact,
            minimize: true,
            max_iterations: 200,
        }
    }
}

impl LaplaceOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// No iterations.
    pub fn validate(&self) -> Result<()> {
        check::at_least("maxIterations", self.max_iterations, 1)
    }
}
