//! Monte Carlo standard errors: the errors of averages over draws, because there are only so many
//! draws.

use special::Beta;

use super::chains::{mean, variance, Chains};
use super::effective_size::{ess_of_mean, ess_of_quantile, squares};
use super::quantile::{check_probability, sorted};
use crate::error::{check, Result};

/// Monte Carlo standard error of the mean: the standard deviation over the root of the effective
/// sample size for the mean. `draws` has a slice per chain.
///
/// # Errors
/// No chain, fewer than 4 draws, chains of different lengths, a draw that is not finite
/// (`draws[chain][draw]`).
pub fn mcse_mean(draws: &[&[f64]]) -> Result<f64> {
    Ok(mcse_of_mean(&Chains::new("draws", draws)?))
}

/// Monte Carlo standard error of the mean of chains.
pub(super) fn mcse_of_mean(chains: &Chains) -> f64 {
    libm::sqrt(variance(chains.all()) / ess_of_mean(chains))
}

/// Monte Carlo standard error of the standard deviation. It follows from that of the variance,
/// which contains the fourth moment, so that heavy tails count.
///
/// # Errors
/// Those of [`mcse_mean`].
pub fn mcse_sd(draws: &[&[f64]]) -> Result<f64> {
    let squares = squares(&Chains::new("draws", draws)?);
    let second = mean(squares.all());
    let fourth = mean(squares.map(|x| x * x).all());
    let variance = (fourth - second * second) / ess_of_mean(&squares);
    Ok(libm::sqrt(variance / second / 4.0))
}

/// Probabilities of one standard deviation to either side of the normal distribution's mean.
const ONE_DEVIATION: [f64; 2] = [0.158_655_3, 0.841_344_7];

/// Monte Carlo standard error of a quantile: half of the distance between draws that are one
/// standard deviation apart in probability. The probability of being at most the quantile is beta
/// distributed with the effective sample size for the quantile (A. Vehtari et al., Bayesian
/// Analysis 16, 2021).
///
/// # Errors
/// Those of [`mcse_mean`], and a probability that is not between 0 and 1.
pub fn mcse_quantile(draws: &[&[f64]], probability: f64) -> Result<f64> {
    check_probability("probability", probability)?;
    let chains = Chains::new("draws", draws)?;
    let sorted = sorted(chains.all());
    let size = ess_of_quantile(&chains, &sorted, probability);
    if !size.is_finite() {
        return Ok(size);
    }
    check::positive("ess", size)?;
    let last = (sorted.len() - 1) as f64;
    let place = |p: f64| {
        let share = beta_quantile(
            p,
            size * probability + 1.0,
            size * (1.0 - probability) + 1.0,
        );
        share * sorted.len() as f64 - 1.0
    };
    let [low, high] = ONE_DEVIATION.map(place);
    let low = sorted[low.max(0.0).floor() as usize];
    let high = sorted[high.min(last).max(0.0).ceil() as usize];
    Ok((high - low) / 2.0)
}

/// Quantile of the beta distribution by bisection, which cannot fail: a, b >= 1, so the
/// distribution function is smooth.
fn beta_quantile(probability: f64, a: f64, b: f64) -> f64 {
    let ln_beta = a.ln_beta(b);
    let (mut low, mut high) = (0.0, 1.0);
    while high - low > 1e-12 {
        let middle: f64 = 0.5 * (low + high);
        if middle.inc_beta(a, b, ln_beta) < probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beta_quantiles_are_those_of_scipy() {
        // scipy.stats.beta.ppf
        for (p, a, b, expected) in [
            (0.158_655_3, 11.0, 91.0, 0.077_473_234_574_947_6),
            (0.841_344_7, 401.5, 3601.2, 0.105_054_189_541_247_75),
            (0.5, 1.0, 1.2, 0.438_768_975_845_313_5),
            (0.841_344_7, 1e5, 2e4, 0.834_409_157_044_635_7),
        ] {
            let quantile = beta_quantile(p, a, b);
            assert!((quantile - expected).abs() < 1e-9, "{quantile} {expected}");
        }
    }
}
