//! The misfit of a path to its data, as a chi-square variable: what to expect of it, and what is
//! too much.

use super::annealable::Counts;
use super::rung::Rung;
use crate::action::Normalization;

/// The misfit may differ from its expectation by this many standard deviations of the equivalent
/// normal variable.
const DEVIATIONS: f64 = 4.0;

/// At the last rung the model error should be no larger than this share of the measurement error,
const MODEL_SHARE: f64 = 0.1;
/// or the squared residuals, on average, than this share of the noise's variance: an exact fit
/// leaves only rounding errors of both.
const EXACT_SHARE: f64 = 1e-12;

/// Levels that differ by less than this share of the noise's level are equal.
const NEGLIGIBLE_SHARE: f64 = 1e-9;

/// R_m times the summed squared error: chi-square distributed at the truth, with one degree of
/// freedom per measurement, and less one for each number that the fit could choose.
pub(super) struct Misfit {
    pub value: f64,
    /// Number of measurements.
    pub measured: f64,
    /// Numbers that the fit could choose.
    pub fitted: f64,
}

impl Misfit {
    pub fn new(counts: &Counts, measurement_error: f64) -> Self {
        let measured = counts.measured as f64;
        Misfit {
            value: match counts.normalization {
                Normalization::Mean => measurement_error * measured,
                Normalization::Posterior => measurement_error * 2.0,
            },
            measured,
            fitted: counts.fitted as f64,
        }
    }

    /// Whether there are more measurements than numbers to choose: else every misfit can be made to
    /// vanish, and says nothing.
    pub fn tells(&self) -> bool {
        self.measured > self.fitted
    }

    fn expected(&self) -> f64 {
        (self.measured - self.fitted).max(0.0)
    }

    /// Standard deviation of chi-square.
    fn deviation(&self) -> f64 {
        (2.0 * self.expected()).sqrt()
    }

    /// The standard normal variable that is as likely as this chi-square: the cube root of
    /// chi-square is nearly normal, also with few degrees of freedom (E. B. Wilson and M. M.
    /// Hilferty, PNAS 17, 1931).
    fn normal(&self) -> f64 {
        let degrees = self.expected();
        let variance = 2.0 / (9.0 * degrees);
        (libm::cbrt(self.value / degrees) - (1.0 - variance)) / variance.sqrt()
    }

    /// The value beyond which a path is [`Misfit::above`].
    pub fn highest(&self) -> f64 {
        let degrees = self.expected();
        let variance = 2.0 / (9.0 * degrees);
        let root = 1.0 - variance + DEVIATIONS * variance.sqrt();
        degrees * root * root * root
    }

    pub fn above(&self) -> bool {
        self.normal() > DEVIATIONS
    }

    pub fn below(&self) -> bool {
        self.normal() < -DEVIATIONS
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "R_m times the summed squared error is {:.1} for {} measurements (expected about {:.0}, standard deviation {:.0})",
            self.value,
            self.measured,
            self.expected(),
            self.deviation()
        )
    }
}

/// The level of `sum` squared errors, each in units of the noise's variance.
fn level(counts: &Counts, sum: f64) -> f64 {
    match counts.normalization {
        Normalization::Mean => sum / counts.measured as f64,
        Normalization::Posterior => sum / 2.0,
    }
}

/// Twice the negative log posterior, up to a constant, at an action level.
pub(super) fn chi_square(counts: &Counts, action: f64) -> f64 {
    action / level(counts, 1.0)
}

/// The action level that the noise alone explains, if the model holds.
pub(super) fn expected_level(counts: &Counts) -> f64 {
    level(counts, Misfit::new(counts, 0.0).expected())
}

/// The highest action level at which a path is consistent with data and model; none if the data
/// cannot tell.
pub(super) fn highest_level(counts: &Counts) -> Option<f64> {
    let misfit = Misfit::new(counts, 0.0);
    misfit
        .tells()
        .then(|| level(counts, misfit.highest()) * (1.0 + MODEL_SHARE))
}

/// Whether the path of a last rung is consistent with the data and the model, as far as the noise
/// that is stated allows to tell.
pub(super) fn is_consistent(counts: &Counts, last: &Rung) -> bool {
    let misfit = Misfit::new(counts, last.measurement_error);
    misfit.tells() && !misfit.above() && obeys_model(counts, last)
}

/// A difference between levels that means nothing: noise-free data leave levels that are rounding
/// errors.
pub(super) fn negligible(counts: &Counts) -> f64 {
    NEGLIGIBLE_SHARE * level(counts, counts.measured as f64)
}

/// Whether the path obeys the model at this rung, as far as the data can tell.
pub(super) fn obeys_model(counts: &Counts, rung: &Rung) -> bool {
    let count = counts.residuals;
    let mean_square = match counts.normalization {
        Normalization::Mean => rung.model_error / rung.model_precision,
        Normalization::Posterior => 2.0 * rung.model_error / rung.model_precision / count as f64,
    };
    rung.model_error <= MODEL_SHARE * rung.measurement_error
        || counts.measurement_precision * mean_square <= EXACT_SHARE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misfit(value: f64, degrees: f64) -> Misfit {
        Misfit {
            value,
            measured: degrees + 3.0,
            fitted: 3.0,
        }
    }

    #[test]
    fn quantiles_are_those_of_chi_square() {
        // Tables of chi-square: 99.9 % and 0.1 % with 10 and 30 degrees of freedom; the normal
        // quantile is 3.090.
        for (degrees, high, low) in [(10.0, 29.588, 1.479), (30.0, 59.703, 11.588)] {
            assert!((misfit(high, degrees).normal() - 3.090).abs() < 0.02);
            assert!((misfit(low, degrees).normal() + 3.090).abs() < 0.1);
        }
    }

    #[test]
    fn a_vanishing_misfit_is_too_small_with_few_data_too() {
        for degrees in [5.0, 17.0, 27.0, 1000.0] {
            assert!(misfit(0.0, degrees).below(), "{degrees}");
            assert!(!misfit(degrees, degrees).below() && !misfit(degrees, degrees).above());
        }
    }
}
