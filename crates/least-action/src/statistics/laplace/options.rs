//! What a user may say about the Gaussian approximation.

use crate::error::{check, Result};
use crate::solve::Hessian;

/// How a minimum is expanded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LaplaceOptions {
    /// The second derivatives that count: `"exact"`, all of them, which is Laplace's method, or
    /// `"gauss-newton"`, those of the linearised model, which always have a minimum. Default:
    /// `"exact"`.
    pub hessian: Hessian,
    /// Whether to go down to the minimum first. Default: true; without, the path is expanded where
    /// it is.
    pub minimize: bool,
    /// Steps of that. Default: 200.
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
    /// # Errors
    /// No iterations.
    pub fn validate(&self) -> Result<()> {
        check::at_least("maxIterations", self.max_iterations, 1)
    }
}
