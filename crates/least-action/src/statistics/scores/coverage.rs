//! Coverage: the share of truths within bands.

use super::super::diagnostics::check_probability;
use super::members::Members;
use crate::error::{check, Result};

/// Number of truths within the central bands of ensembles that should hold a given share of them.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Coverage {
    /// Share of the truths that the bands should hold: 0.9 for 90 %.
    pub probability: f64,
    /// Number of truths within their bands.
    pub inside: usize,
    /// Number of all truths.
    pub truths: usize,
}

impl Coverage {
    /// Coverage of no truths yet.
    ///
    /// ```
    /// use least_action::statistics::Coverage;
    ///
    /// let mut coverage = Coverage::new(0.9)?;
    /// coverage.count(0.0, 2.0, 1.0)?;
    /// coverage.count(0.0, 2.0, 3.0)?;
    /// assert_eq!(coverage.share(), 0.5);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// A probability outside of 0 to 1.
    pub fn new(probability: f64) -> Result<Self> {
        check_probability("probability", probability)?;
        Ok(Coverage {
            probability,
            inside: 0,
            truths: 0,
        })
    }

    /// Counts one truth, as inside if it is in [`Members::band`], ends included.
    ///
    /// # Errors
    /// A truth that is not finite.
    pub fn add(&mut self, members: &Members, truth: f64) -> Result<()> {
        let [low, high] = members.band(self.probability)?;
        self.count(low, high, truth)
    }

    /// Counts one truth for a band from elsewhere, for instance from a mean and a standard
    /// deviation.
    ///
    /// # Errors
    /// A truth that is not finite.
    pub fn count(&mut self, low: f64, high: f64, truth: f64) -> Result<()> {
        check::finite("truth", truth)?;
        self.inside += usize::from(low <= truth && truth <= high);
        self.truths += 1;
        Ok(())
    }

    /// Share of truths inside; NaN if there are none.
    pub fn share(&self) -> f64 {
        self.inside as f64 / self.truths as f64
    }

    /// Difference of the share from the probability, in standard deviations for as many independent
    /// truths. Within 2 or 3 either way, nothing speaks against the bands. Truths that depend on
    /// each other vary more.
    pub fn deviation(&self) -> f64 {
        let p = self.probability;
        (self.share() - p) / libm::sqrt(p * (1.0 - p) / self.truths as f64)
    }
}
