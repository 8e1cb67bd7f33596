//! Misfit of a path to its data, compared with the mean and the variance that the law of the noise
//! gives it: chi-square for normal noise.

use super::annealable::Counts;
use super::rung::Rung;
use crate::action::{LossMoments, Normalization};

/// Number of standard deviations of the equivalent normal variable by which the misfit may differ
/// from its expectation.
const DEVIATIONS: f64 = 4.0;

/// Ratio of model error to measurement error up to which a path obeys the model at the last rung.
const MODEL_SHARE: f64 = 0.1;
/// Ratio of the mean squared residual to the noise's variance up to which a path obeys the model in
/// any case: an exact fit leaves only rounding errors of both.
const EXACT_SHARE: f64 = 1e-12;

/// Difference between levels, relative to the noise's level, up to which they are equal.
const NEGLIGIBLE_SHARE: f64 = 1e-9;

/// Misfit: the sum of the losses of all measurements, twice a negative log likelihood; for normal
/// noise R_m times the summed squared error. Its distribution at the truth is approximated by that
/// of a multiple of chi-square, with the mean and the variance that the law of the noise has. Each
/// unknown that the fit could choose takes a chi-square variable with one degree of freedom away
/// (S. S. Wilks, Ann. Math. Statist. 9, 1938).
pub(super) struct Misfit {
    /// Sum of the losses of all measurements.
    pub value: f64,
    at_truth: LossMoments,
    /// Number of measurements.
    pub measured: f64,
    /// Number of unknowns that the fit could choose.
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
            at_truth: counts.misfit,
            measured,
            fitted: counts.fitted as f64,
        }
    }

    /// True if there are more measurements than unknowns to choose: else every misfit can be made
    /// to vanish, and says nothing.
    pub fn tells(&self) -> bool {
        self.measured > self.fitted
    }

    pub fn expected(&self) -> f64 {
        (self.at_truth.mean - self.fitted).max(0.0)
    }

    fn variance(&self) -> f64 {
        (self.at_truth.variance - 2.0 * self.fitted).max(0.0)
    }

    fn deviation(&self) -> f64 {
        self.variance().sqrt()
    }

    /// Variance of the cube root of the misfit over its mean. That root is nearly normal, also with
    /// few degrees of freedom (E. B. Wilson and M. M. Hilferty, PNAS 17, 1931).
    fn root_variance(&self) -> f64 {
        let mean = self.expected();
        let degrees = 2.0 * mean * mean / self.variance();
        2.0 / (9.0 * degrees)
    }

    /// Standard normal variable that is as likely as this misfit.
    fn normal(&self) -> f64 {
        let variance = self.root_variance();
        (libm::cbrt(self.value / self.expected()) - (1.0 - variance)) / variance.sqrt()
    }

    /// Misfit beyond which a path is [`Misfit::above`].
    pub fn highest(&self) -> f64 {
        let variance = self.root_variance();
        let root = 1.0 - variance + DEVIATIONS * variance.sqrt();
        self.expected() * root * root * root
    }

    /// True if the misfit is larger than noise explains.
    pub fn above(&self) -> bool {
        self.normal() > DEVIATIONS
    }

    /// True if the misfit is smaller than noise should leave.
    pub fn below(&self) -> bool {
        self.normal() < -DEVIATIONS
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "R_m times the summed squared error is {:.1} for {} measurements (expected about \
            {:.0}, standard deviation {:.0})",
            self.value,
            self.measured,
            self.expected(),
            self.deviation()
        )
    }
}

/// Action level of `sum` squared errors, each in units of the noise's variance.
fn level(counts: &Counts, sum: f64) -> f64 {
    match counts.normalization {
        Normalization::Mean => sum / counts.measured as f64,
        Normalization::Posterior => sum / 2.0,
    }
}

/// Chi-square of an action level: twice the negative log posterior, up to a constant.
pub(super) fn minus_twice_log_posterior(counts: &Counts, action: f64) -> f64 {
    action / level(counts, 1.0)
}

/// Action level that the noise alone explains, if the model holds.
pub(super) fn expected_level(counts: &Counts) -> f64 {
    level(counts, Misfit::new(counts, 0.0).expected())
}

/// Highest action level at which a path is consistent with data and model; `None` if the data
/// cannot tell.
pub(super) fn highest_level(counts: &Counts) -> Option<f64> {
    let misfit = Misfit::new(counts, 0.0);
    misfit
        .tells()
        .then(|| level(counts, misfit.highest()) * (1.0 + MODEL_SHARE))
}

/// Difference between levels that means nothing: noise-free data leave levels that are rounding
/// errors.
pub(super) fn negligible(counts: &Counts) -> f64 {
    NEGLIGIBLE_SHARE * level(counts, counts.measured as f64)
}

/// True if the path obeys the model at this rung, as far as the data can tell.
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
        let measured = degrees + 3.0;
        Misfit {
            value,
            at_truth: LossMoments {
                mean: measured,
                variance: 2.0 * measured,
            },
            measured,
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
