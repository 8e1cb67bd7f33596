//! Quantiles of a sample.

use super::chains::Chains;
use crate::error::{check, Result};

/// Quantiles of values at `probabilities`, on straight lines between the ordered values. The k-th
/// of n values (from 0) is at the probability `k / (n - 1)`. That is definition 7 of R. J. Hyndman
/// and Y. Fan (The American Statistician 50, 1996), the default of R, NumPy and ArviZ.
///
/// # Errors
/// No values, values that are not finite, probabilities outside of 0 to 1.
///
/// ```
/// use least_action::statistics::quantiles;
///
/// assert_eq!(quantiles(&[3.0, 1.0, 2.0, 4.0], &[0.0, 0.5, 1.0])?, [1.0, 2.5, 4.0]);
/// # Ok::<(), least_action::Error>(())
/// ```
pub fn quantiles(values: &[f64], probabilities: &[f64]) -> Result<Vec<f64>> {
    check::at_least("values.length", values.len(), 1)?;
    for (i, &value) in values.iter().enumerate() {
        check::finite(&format!("values[{i}]"), value)?;
    }
    for (i, &p) in probabilities.iter().enumerate() {
        check_probability(&format!("probabilities[{i}]"), p)?;
    }
    let sorted = sorted(values);
    Ok(probabilities
        .iter()
        .map(|&p| quantile_of_sorted(&sorted, p))
        .collect())
}

/// Checks that a number is from 0 to 1.
pub(in crate::statistics) fn check_probability(path: &str, probability: f64) -> Result<()> {
    check::require(
        (0.0..=1.0).contains(&probability),
        path,
        probability,
        "a probability, from 0 to 1",
    )
}

/// The values in ascending order.
pub(in crate::statistics) fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

/// Quantile of values in ascending order, of which there must be at least one.
pub(in crate::statistics) fn quantile_of_sorted(sorted: &[f64], probability: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * probability;
    let below = (place.floor() as usize).min(sorted.len() - 1);
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}

/// Indicators of draws: 1 for a draw that is at most the quantile of all draws, else 0.
pub(super) fn indicators(chains: &Chains, sorted: &[f64], probability: f64) -> Chains {
    let quantile = quantile_of_sorted(sorted, probability);
    chains.map(|x| f64::from(u8::from(x <= quantile)))
}
