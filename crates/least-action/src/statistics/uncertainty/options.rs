//! What a user may say about the uncertainty of a run.

use crate::error::{check, Result};
use crate::solve::Hessian;
use crate::statistics::LaplaceOptions;

/// How the uncertainty of a run is found.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct UncertaintyOptions {
    /// R_f at which exp(-A) is looked at. Default: that of the run's last rung.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub model_precision: Option<f64>,
    /// Action levels that count, lowest first. Default: 4.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub levels: usize,
    /// The second derivatives that count: `"exact"`, all of them, which is Laplace's method, or
    /// `"gauss-newton"`, those of the linearised model, which always have a minimum. Default:
    /// `"exact"`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>"))]
    pub hessian: Hessian,
    /// Whether to go down to the minima first: rungs may end short of them. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub minimize: bool,
    /// Steps of that. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
}

impl Default for UncertaintyOptions {
    fn default() -> Self {
        let laplace = LaplaceOptions::default();
        UncertaintyOptions {
            model_precision: None,
            levels: 4,
            hessian: laplace.hessian,
            minimize: laplace.minimize,
            max_iterations: laplace.max_iterations,
        }
    }
}

impl UncertaintyOptions {
    /// # Errors
    /// No levels, no iterations, or an R_f that is not positive and finite.
    pub fn validate(&self) -> Result<()> {
        if let Some(precision) = self.model_precision {
            check::precision("modelPrecision", precision)?;
        }
        check::at_least("levels", self.levels, 1)?;
        self.laplace().validate()
    }

    /// What of them is about each level.
    pub fn laplace(&self) -> LaplaceOptions {
        LaplaceOptions {
            hessian: self.hessian,
            minimize: self.minimize,
            max_iterations: self.max_iterations,
        }
    }
}
