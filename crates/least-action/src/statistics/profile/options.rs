//! Options of a profile.

use crate::distribution::student_quantile;
use crate::error::{check, Result};
use crate::statistics::normal::normal_quantile;

/// Options of the profile of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ProfileOptions {
    /// Confidence of the interval, between 0 and 1: chi-square may rise by the quantile of its
    /// distribution with one degree of freedom. Default: 0.95, a rise of 3.84.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub confidence: f64,
    /// Model precision R_f of the posterior exp(-A). `Infinity` is the deterministic limit, in
    /// which the path obeys the model exactly; at a finite R_f path and other parameters are
    /// integrated out by Laplace's method. Default: that which the uncertainty takes by default.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub model_precision: Option<f64>,
    /// Most values on either side of the estimate. Default: 60.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub most_values: usize,
    /// Most steps of the minimisation at each value. Default: 100.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
}

impl Default for ProfileOptions {
    fn default() -> Self {
        ProfileOptions {
            confidence: 0.95,
            model_precision: None,
            most_values: 60,
            max_iterations: 100,
        }
    }
}

impl ProfileOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// A confidence that is not between 0 and 1; an R_f that is not positive; no values, no steps.
    pub fn validate(&self) -> Result<()> {
        let within = self.confidence > 0.0 && self.confidence < 1.0;
        check::require(within, "confidence", self.confidence, "between 0 and 1")?;
        if let Some(precision) = self.model_precision.filter(|p| *p != f64::INFINITY) {
            check::precision("modelPrecision", precision)?;
        }
        check::at_least("mostValues", self.most_values, 1)?;
        check::at_least("maxIterations", self.max_iterations, 1)
    }

    /// Rise of chi-square at the ends of the interval. With noise that was estimated it is that at
    /// the ends of Student's interval, `n log(1 + t^2 / n)` with n degrees of freedom, for what is
    /// linear.
    pub(super) fn rise(&self, degrees: f64) -> f64 {
        let probability = 0.5 + 0.5 * self.confidence;
        if degrees.is_finite() {
            let t = student_quantile(probability, degrees);
            return degrees * libm::log1p(t * t / degrees);
        }
        let z = normal_quantile(probability);
        z * z
    }
}
