//! Options of the uncertainty of a run.

use crate::error::{check, Result};
use crate::solve::Hessian;
use crate::statistics::LaplaceOptions;

/// Options of the uncertainty of a run.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct UncertaintyOptions {
    /// Model precision R_f of the posterior exp(-A). `Infinity` is the deterministic limit: the
    /// path obeys the model exactly, first states and parameters are the only unknowns, and second
    /// derivatives are those of Gauss and Newton, as in nonlinear least squares. Default:
    /// `Infinity` where the ladder's end is automatic, the model's error at the last rung is
    /// negligible beside that of the measurements, and the path follows from its first states in
    /// the precision of numbers; else the last rung's R_f.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub model_precision: Option<f64>,
    /// Number of action levels that count, lowest first. Default: 4.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub levels: usize,
    /// Second derivatives that are used: `"exact"`, all of them, which is Laplace's method, or
    /// `"gauss-newton"`, those of the linearised model, which always have a minimum. Default:
    /// `"exact"`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>"))]
    pub hessian: Hessian,
    /// True to minimise first, as rungs may end short of the minima. Default: true.
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub minimize: bool,
    /// Most steps of each part of a minimisation: Gauss-Newton steps, then exact ones if `hessian`
    /// is `"exact"`. Default: 200.
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
    /// Checks the options.
    ///
    /// # Errors
    /// No levels, no iterations, or an R_f that is not positive.
    pub fn validate(&self) -> Result<()> {
        if let Some(precision) = self.model_precision.filter(|p| *p != f64::INFINITY) {
            check::precision("modelPrecision", precision)?;
        }
        check::at_least("levels", self.levels, 1)?;
        self.laplace().validate()
    }

    /// Options of the expansion about each level.
    pub fn laplace(&self) -> LaplaceOptions {
        LaplaceOptions {
            hessian: self.hessian,
            minimize: self.minimize,
            max_iterations: self.max_iterations,
        }
    }
}
