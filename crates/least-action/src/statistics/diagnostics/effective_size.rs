//! Effective sample sizes: numbers of independent draws that a sample is worth.

use super::chains::{mean, variance, Chains};
use super::quantile::{check_probability, indicators, sorted};
use super::ranks::rank_normalised;
use crate::error::Result;

/// Effective sample size for the bulk of a distribution. It is that of the rank-normalised draws,
/// so that it is finite and means the same for heavy tails and any monotone change of units (A.
/// Vehtari et al., Bayesian Analysis 16, 2021). `draws` has a slice per chain.
///
/// All effective sample sizes are computed in this way: chains are halved, their autocorrelations
/// are combined with the variance between chains, so that chains that disagree are worth little,
/// and summed by C. J. Geyer's initial monotone sequence (Statistical Science 7, 1992). The size is
/// at most `S log10 S` for S draws in all. It takes n T operations for a chain of n draws that are
/// correlated over T of them. It is NaN for draws that are all the same.
///
/// # Errors
/// No chain, fewer than 4 draws, chains of different lengths, a draw that is not finite
/// (`draws[chain][draw]`).
pub fn ess_bulk(draws: &[&[f64]]) -> Result<f64> {
    Ok(ess_of_split(&rank_normalised(&checked(draws)?.split())))
}

/// Effective sample size in the tails: the smaller one of those for the 5 % and the 95 % quantile.
///
/// # Errors
/// Those of [`ess_bulk`].
pub fn ess_tail(draws: &[&[f64]]) -> Result<f64> {
    let chains = checked(draws)?;
    Ok(ess_of_tails(&chains, &sorted(chains.all())))
}

/// Effective sample size for the mean. `draws` has a slice per chain.
///
/// # Errors
/// Those of [`ess_bulk`].
pub fn ess_mean(draws: &[&[f64]]) -> Result<f64> {
    Ok(ess_of_mean(&checked(draws)?))
}

/// Effective sample size for the standard deviation: that of the squared distances from the mean.
///
/// # Errors
/// Those of [`ess_bulk`].
pub fn ess_sd(draws: &[&[f64]]) -> Result<f64> {
    Ok(ess_of_mean(&squares(&checked(draws)?)))
}

/// Effective sample size for a quantile: that of the indicators of draws that are at most the
/// quantile.
///
/// # Errors
/// Those of [`ess_bulk`], and a probability outside of 0 to 1.
pub fn ess_quantile(draws: &[&[f64]], probability: f64) -> Result<f64> {
    check_probability("probability", probability)?;
    let chains = checked(draws)?;
    Ok(ess_of_quantile(&chains, &sorted(chains.all()), probability))
}

/// The draws as checked chains.
fn checked(draws: &[&[f64]]) -> Result<Chains> {
    Chains::new("draws", draws)
}

/// Squared distances from the mean of all draws.
pub(super) fn squares(chains: &Chains) -> Chains {
    let mean = mean(chains.all());
    chains.map(|x| (x - mean) * (x - mean))
}

/// Effective sample size for the mean of chains.
pub(super) fn ess_of_mean(chains: &Chains) -> f64 {
    ess_of_split(&chains.split())
}

/// Effective sample size in the tails of chains, with all their draws in ascending order.
pub(super) fn ess_of_tails(chains: &Chains, sorted: &[f64]) -> f64 {
    let [low, high] = [0.05, 0.95].map(|p| ess_of_quantile(chains, sorted, p));
    low.min(high)
}

/// Effective sample size for a quantile of chains, with all their draws in ascending order.
pub(super) fn ess_of_quantile(chains: &Chains, sorted: &[f64], probability: f64) -> f64 {
    let indicators = indicators(chains, sorted, probability);
    if indicators.is_constant() && !chains.is_constant() {
        // The quantile is the largest value, so that no draw is above it. There is no reason to
        // trust it less than that of independent draws.
        return chains.all().len() as f64;
    }
    ess_of_mean(&indicators)
}

/// Effective sample size for the mean of chains that are halved already.
pub(super) fn ess_of_split(chains: &Chains) -> f64 {
    if chains.is_constant() {
        return f64::NAN;
    }
    let n = chains.length();
    let means: Vec<f64> = chains.each().map(mean).collect();
    let within = covariance(chains, &means, 0) * n as f64 / (n as f64 - 1.0);
    let between = variance(&means);
    let total = within * (n as f64 - 1.0) / n as f64 + between;
    let correlation = |lag| 1.0 - (within - covariance(chains, &means, lag)) / total;

    let sums = autocorrelation_time(n, correlation);
    let size = chains.all().len() as f64;
    let time = sums.max(1.0 / libm::log10(size));
    size / time
}

/// Mean over chains of `1/n sum (x_i - m)(x_(i + lag) - m)`.
fn covariance(chains: &Chains, means: &[f64], lag: usize) -> f64 {
    let n = chains.length();
    let covariances = chains.each().zip(means).map(|(chain, mean)| {
        let mut partial = [0.0; 4];
        for (i, (a, b)) in chain.iter().zip(&chain[lag..]).enumerate() {
            partial[i % 4] += (a - mean) * (b - mean);
        }
        ((partial[0] + partial[1]) + (partial[2] + partial[3])) / n as f64
    });
    covariances.sum::<f64>() / means.len() as f64
}

/// Autocorrelation time of chains of `n` draws, `1 + 2 sum rho_t`. Sums of neighbours are cut off
/// at the first that is not positive, and made to fall. The last even lag counts once, if it is
/// positive: that helps antithetic chains, whose correlations have changing signs.
fn autocorrelation_time(n: usize, correlation: impl Fn(usize) -> f64) -> f64 {
    // Correlations at pairs of lags, (0, 1), (2, 3) ...
    let mut pairs = vec![[1.0, correlation(1)]];
    let mut last = 1.0;
    let mut positive = 1.0 + pairs[0][1] > 0.0;
    while positive && 2 * pairs.len() + 2 < n {
        let lag = 2 * pairs.len();
        let pair = [correlation(lag), correlation(lag + 1)];
        let sum = pair[0] + pair[1];
        positive = sum > 0.0;
        last = pair[0];
        pairs.push(if sum >= 0.0 { pair } else { [0.0; 2] });
    }
    let end = pairs.len() - 1;
    if last > 0.0 {
        pairs[end][0] = last;
    }
    for k in 1..end {
        let before = pairs[k - 1][0] + pairs[k - 1][1];
        if pairs[k][0] + pairs[k][1] > before {
            pairs[k] = [before / 2.0; 2];
        }
    }
    let full: f64 = pairs[..end].iter().map(|pair| pair[0] + pair[1]).sum();
    -1.0 + 2.0 * full + pairs[end][0]
}
