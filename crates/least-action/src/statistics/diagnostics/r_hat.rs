//! R-hat, the agreement of chains with each other.

use super::chains::{mean, variance, Chains};
use super::quantile::{quantile_of_sorted, sorted};
use super::ranks::rank_normalised;
use crate::error::Result;

/// Rank-normalised split R-hat of one quantity, `draws` with a slice per chain. It is the larger
/// one of two R-hats: that of the draws tells whether chains agree in their place, and that of the
/// distances from the median whether they agree in their width. About 1 if the chains have mixed.
/// A. Vehtari, A. Gelman, D. Simpson, B. Carpenter and P.-C. Bürkner (Bayesian Analysis 16, 2021)
/// ask for less than 1.01, of four chains or more.
///
/// One chain is compared with itself, first half against second; that misses all that it has not
/// visited. R-hat is infinite for chains that never move, and NaN if all of them stand at the same
/// number.
///
/// # Errors
/// No chain, fewer than 4 draws, chains of different lengths, a draw that is not finite
/// (`draws[chain][draw]`).
///
/// ```
/// use least_action::statistics::r_hat;
///
/// let (a, b) = ([1.0, 3.0, 2.0, 4.0], [11.0, 13.0, 12.0, 14.0]);
/// assert!(r_hat(&[&a, &b])? > 1.5);
/// # Ok::<(), least_action::Error>(())
/// ```
pub fn r_hat(draws: &[&[f64]]) -> Result<f64> {
    let halves = Chains::new("draws", draws)?.split();
    Ok(r_hat_of_halves(&halves, &rank_normalised(&halves)))
}

/// R-hat of split chains and their normal scores.
pub(super) fn r_hat_of_halves(halves: &Chains, scores: &Chains) -> f64 {
    let median = quantile_of_sorted(&sorted(halves.all()), 0.5);
    let folded = rank_normalised(&halves.map(|x| (x - median).abs()));
    let (bulk, tail) = (split_r_hat(scores), split_r_hat(&folded));
    // If one of them is NaN, the other counts. With two values, for example, all distances are the
    // same.
    bulk.max(tail)
}

/// R-hat without ranks, `sqrt(((n - 1) W + B) / (n W))`, with the variance W within chains and
/// `B / n` between their means.
fn split_r_hat(chains: &Chains) -> f64 {
    let n = chains.length() as f64;
    let means: Vec<f64> = chains.each().map(mean).collect();
    let variances: Vec<f64> = chains.each().map(variance).collect();
    let (within, between) = (mean(&variances), variance(&means));
    libm::sqrt((n * between / within + n - 1.0) / n)
}
