//! Misfit of a path to its data, compared with the mean and the variance that the law of the noise
//! gives it: chi-square for normal noise.

use super::annealable::Counts;
use super::fit::Fit;
use super::rung::Rung;
use crate::action::Normalization;

/// Number of standard deviations of the equivalent normal variable by which the misfit may differ
/// from its expectation.
pub(super) const DEVIATIONS: f64 = 4.0;

/// Least number of degrees of freedom that a misfit is compared with: with fewer it has no law.
const LEAST_DEGREES: f64 = 0.5;

/// Ratio of model error to measurement error up to which a path obeys the model at the last rung.
const MODEL_SHARE: f64 = 0.1;
/// Ratio of the mean squared residual to the noise's variance up to which a path obeys the model in
/// any case: an exact fit leaves only rounding errors of both.
const EXACT_SHARE: f64 = 1e-12;

/// Difference between levels, relative to the noise's level, up to which they are equal.
const NEGLIGIBLE_SHARE: f64 = 1e-9;

/// Ratio of the misfit to the size of the data in units of their noise, up to which data are free
/// of noise: a path meets them to six digits.
const NOISELESS_SHARE: f64 = 1e-12;

/// Misfit: twice the action as a negative log posterior, the sum of the losses of measurements,
/// priors and model errors; for normal noise a chi-square variable. Its distribution at the truth
/// is approximated by that of a multiple of chi-square, with the mean and the variance that the law
/// of the noise has. Each unknown that the fit could choose takes a chi-square variable with one
/// degree of freedom away (S. S. Wilks, Ann. Math. Statist. 9, 1938).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Misfit {
    /// Sum of all losses.
    pub value: f64,
    /// Mean of the sum: its degrees of freedom for normal noise.
    mean: f64,
    variance: f64,
    /// Mean if models and changing parameters have less noise than stated, down to none: what
    /// measurements and priors have by themselves.
    least: f64,
    /// True if there are more rows than unknowns to choose: else every misfit can be made to
    /// vanish, and says nothing.
    tells: bool,
    /// Size of the data in units of their noise.
    signal: f64,
    /// Degrees of freedom whose noise is known: all but those of channels whose noise is estimated,
    /// where the misfit is as expected by construction.
    tested: f64,
}

impl Misfit {
    /// Misfit of an action by counts alone: every unknown counts as determined.
    pub fn new(counts: &Counts, action: f64) -> Self {
        let own = counts.priors as f64 - counts.fitted as f64;
        let mean = (counts.misfit.mean + own).max(0.0);
        Misfit {
            value: minus_twice_log_posterior(counts, action),
            mean,
            variance: (counts.misfit.variance + 2.0 * own).max(0.0),
            least: mean,
            tells: counts.measured + counts.priors > counts.fitted,
            signal: counts.measured as f64,
            tested: mean,
        }
    }

    /// Misfit by the leverages of a fit, so that unknowns which nothing determines do not count.
    pub fn of(counts: &Counts, last: &Rung, fit: &Fit) -> Self {
        let mean = fit.degrees().max(LEAST_DEGREES);
        let tested = mean - fit.estimated_degrees();
        // Rows of priors and models are normal; measurements have the moments of their law.
        let excess = match fit.squares() {
            None => counts.misfit.variance - 2.0 * counts.misfit.mean,
            // Normal scores have the moments of normal residuals.
            Some(_) => 0.0,
        };
        let value = minus_twice_log_posterior(counts, last.action) / last.noise_ratio;
        let of_model = minus_twice_log_posterior(counts, last.model_error) / last.noise_ratio;
        let value = fit.squares().map_or(value, |squares| squares + of_model);
        let rows = counts.measured + counts.priors + fit.dependent();
        Misfit {
            value,
            mean,
            variance: (2.0 * tested + excess).max(0.0),
            least: fit.least_degrees().max(LEAST_DEGREES),
            tells: rows > counts.fitted,
            signal: fit.signal,
            tested,
        }
    }

    /// True if there are more rows than unknowns to choose.
    pub fn tells(&self) -> bool {
        self.tells
    }

    /// True if there is something in the misfit to test: noise of some channel is known, or a
    /// prior.
    pub fn is_tested(&self) -> bool {
        self.tested >= LEAST_DEGREES
    }

    /// Mean of the misfit at the truth.
    pub fn expected(&self) -> f64 {
        self.mean
    }

    fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }

    /// Misfit with another value, of `fewer` rows less.
    pub fn with(&self, value: f64, fewer: f64) -> Self {
        Misfit {
            value,
            mean: (self.mean - fewer).max(LEAST_DEGREES),
            variance: (self.variance - 2.0 * fewer).max(2.0 * LEAST_DEGREES),
            least: (self.least - fewer).max(LEAST_DEGREES),
            tested: self.tested - fewer,
            ..*self
        }
    }

    /// Variance of the cube root of the misfit over its mean. That root is nearly normal, also with
    /// few degrees of freedom (E. B. Wilson and M. M. Hilferty, PNAS 17, 1931).
    fn root_variance(&self, mean: f64) -> f64 {
        // The variance is that of as many rows.
        let degrees = 2.0 * mean * self.mean / self.variance;
        2.0 / (9.0 * degrees)
    }

    /// Standard normal variable that is as likely as this misfit about a mean.
    fn normal(&self, mean: f64) -> f64 {
        let variance = self.root_variance(mean);
        (libm::cbrt(self.value / mean) - (1.0 - variance)) / variance.sqrt()
    }

    /// Mean that the misfit is compared with: the nearest that the stated noise allows.
    fn nearest(&self) -> f64 {
        self.value.clamp(self.least.min(self.mean), self.mean)
    }

    /// Standard normal variable that is as likely as this misfit: positive above the mean, negative
    /// below the least one.
    pub fn deviations(&self) -> f64 {
        if !self.is_tested() {
            return 0.0;
        }
        let above = self.normal(self.mean);
        let below = self.normal(self.least.min(self.mean));
        if above > 0.0 {
            above
        } else {
            below.min(0.0)
        }
    }

    /// Factor by which the standard deviations of all stated noise would have to be multiplied for
    /// the misfit to be as expected.
    pub fn noise_factor(&self) -> f64 {
        (self.value / self.nearest()).sqrt()
    }

    /// Misfit beyond which a path is [`Misfit::above`].
    pub fn highest(&self) -> f64 {
        let variance = self.root_variance(self.mean);
        let root = 1.0 - variance + DEVIATIONS * variance.sqrt();
        self.mean * root * root * root
    }

    /// True if the misfit is larger than noise explains.
    pub fn above(&self) -> bool {
        self.deviations() > DEVIATIONS
    }

    /// True if the misfit is smaller than noise should leave.
    pub fn below(&self) -> bool {
        self.deviations() < -DEVIATIONS
    }

    /// True if the path meets the data so closely that they have no noise.
    pub fn is_noiseless(&self) -> bool {
        self.value <= NOISELESS_SHARE * self.signal
    }
}

impl std::fmt::Display for Misfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "chi-square is {:.1} (expected about {:.0}, standard deviation {:.0})",
            self.value,
            self.mean,
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

/// Factor of the action that makes it the negative log posterior.
pub(super) fn posterior_factor(counts: &Counts) -> f64 {
    0.5 / level(counts, 1.0)
}

/// Chi-square of an action level: twice the negative log posterior, up to a constant.
pub(super) fn minus_twice_log_posterior(counts: &Counts, action: f64) -> f64 {
    action / level(counts, 1.0)
}

/// Action level that the noise alone explains, if the model holds: that of so many `degrees` of
/// freedom, or as counts say.
pub(super) fn expected_level(counts: &Counts, degrees: Option<f64>) -> f64 {
    let degrees = degrees.unwrap_or_else(|| Misfit::new(counts, 0.0).expected());
    level(counts, degrees)
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

/// True if the path obeys the model at this rung, as far as the data can tell. Where the noise of
/// the model is stated, and in parameters that change in time, errors are no disobedience: they are
/// weighed like those of the data.
pub(super) fn obeys_model(counts: &Counts, rung: &Rung) -> bool {
    if counts.is_noisy_model {
        return true;
    }
    let count = counts.residuals;
    let own = rung.model_error - rung.varying_error;
    let mean_square = match counts.normalization {
        Normalization::Mean => own / rung.model_precision,
        Normalization::Posterior => 2.0 * own / rung.model_precision / count as f64,
    };
    own <= MODEL_SHARE * rung.measurement_error
        || counts.measurement_precision * mean_square <= EXACT_SHARE
}

/// True if a path at its last rung is one that a search looks for: noise explains its misfit or
/// more than that, and it obeys the model. The [`Verdict`](super::Verdict) asks more of it.
pub(super) fn is_found(counts: &Counts, last: &Rung) -> bool {
    let misfit = Misfit::new(counts, last.action);
    // Estimated noise explains every misfit.
    let is_explained = counts.noise > 0 || !misfit.above();
    misfit.tells() && is_explained && obeys_model(counts, last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misfit(value: f64, degrees: f64) -> Misfit {
        Misfit {
            value,
            mean: degrees,
            variance: 2.0 * degrees,
            least: degrees,
            tells: true,
            signal: 1e6,
            tested: degrees,
        }
    }

    #[test]
    fn quantiles_are_those_of_chi_square() {
        // Tables of chi-square: 99.9 % and 0.1 % with 10 and 30 degrees of freedom; the normal
        // quantile is 3.090.
        for (degrees, high, low) in [(10.0, 29.588, 1.479), (30.0, 59.703, 11.588)] {
            assert!((misfit(high, degrees).deviations() - 3.090).abs() < 0.02);
            assert!((misfit(low, degrees).deviations() + 3.090).abs() < 0.1);
        }
    }

    #[test]
    fn a_vanishing_misfit_is_too_small_with_few_data_too() {
        for degrees in [5.0, 17.0, 27.0, 1000.0] {
            assert!(misfit(0.0, degrees).below(), "{degrees}");
            assert!(!misfit(degrees, degrees).below() && !misfit(degrees, degrees).above());
        }
    }

    #[test]
    fn between_the_means_with_and_without_noise_of_the_model_no_misfit_is_wrong() {
        let mut found = misfit(100.0, 200.0);
        assert!(found.below());
        found.least = 90.0;
        assert_eq!(found.deviations(), 0.0);
        assert_eq!(found.noise_factor(), 1.0);
        found.value = 22.5;
        assert!(found.below());
        assert!((found.noise_factor() - 0.5).abs() < 1e-12);
    }
}
