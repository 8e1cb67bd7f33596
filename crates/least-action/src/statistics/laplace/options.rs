//! What a user may say about the Gaussian approximation.

use crate::error::{check, Result};
use crate::solve::Hessian;

/// How a minimum is expanded.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LaplaceOptions {
    /// The second derivatives that count: `"exact"`, all of them, which is Laplace's method, or `"gauss-newton"`, those of the linearised model, which always have a minimum.
    /// Default: `"exact"`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>", optional))]
    pub hessian: Hessian,
    /// Whether to go down to the minimum first. Default: true; without, the path is expanded where it is.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>", optional))]
    pub minimize: bool,
    /// Steps of that. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>", optional))]
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
