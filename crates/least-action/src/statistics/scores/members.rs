//! Distribution of one number over the members of an ensemble.

use super::super::diagnostics::check_probability;
use crate::error::{check, Result};

/// One number of every member of an ensemble, with weights if the members do not count alike.
///
/// ```
/// use least_action::statistics::Members;
///
/// let members = Members::new(&[0.0, 2.0, 1.0], &[])?;
/// assert_eq!(members.quantile(0.5)?, 1.0);
/// assert_eq!(members.band(0.5)?, [0.0, 2.0]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Members {
    /// Values in ascending order.
    values: Vec<f64>,
    /// Weight of each value; they sum to 1.
    weights: Vec<f64>,
    /// Sum of the weights of the values below each one.
    below: Vec<f64>,
    /// Sum of the squares of the weights.
    squares: f64,
}

impl Members {
    /// Members with one value each. `weights` are one per member, in any unit, or empty if all
    /// members count alike.
    ///
    /// # Errors
    /// No members; values that are not finite (leave out members that failed); weights that are
    /// negative, not finite, all zero, or not one per member.
    pub fn new(values: &[f64], weights: &[f64]) -> Result<Self> {
        check::at_least("members.length", values.len(), 1)?;
        for (i, &value) in values.iter().enumerate() {
            check::finite(&format!("members[{i}]"), value)?;
        }
        let equal = vec![1.0; values.len()];
        let weights = if weights.is_empty() { &equal } else { weights };
        check::length("weights", weights.len(), values.len(), "one per member")?;
        for (i, &weight) in weights.iter().enumerate() {
            let good = weight.is_finite() && weight >= 0.0;
            let path = format!("weights[{i}]");
            check::require(good, &path, weight, "finite and not negative")?;
        }
        // Relative to the largest one, so that the sum of large weights stays in range.
        let largest = weights.iter().copied().fold(0.0, f64::max);
        check::positive("weights, of which the largest", largest)?;
        let total: f64 = weights.iter().map(|w| w / largest).sum();
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.retain(|&i| weights[i] > 0.0);
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let weights: Vec<f64> = order
            .iter()
            .map(|&i| weights[i] / largest / total)
            .collect();
        let mut sum = 0.0;
        let below = weights.iter().map(|weight| {
            let before = sum;
            sum += weight;
            before
        });
        Ok(Members {
            values: order.iter().map(|&i| values[i]).collect(),
            below: below.collect(),
            squares: weights.iter().map(|w| w * w).sum(),
            weights,
        })
    }

    /// Number of members of equal weight that these are worth: one over the sum of the squares of
    /// the weights.
    pub fn effective_count(&self) -> f64 {
        1.0 / self.squares
    }

    /// Weighted mean of the values.
    pub fn mean(&self) -> f64 {
        let terms = self.values.iter().zip(&self.weights);
        terms.map(|(x, w)| x * w).sum()
    }

    /// Weight of the members below `value`, and of those at most `value`.
    pub fn distribution(&self, value: f64) -> [f64; 2] {
        let below = self.values.partition_point(|x| *x < value);
        let at_most = self.values.partition_point(|x| *x <= value);
        let weight = |count: usize| self.below.get(count).copied().unwrap_or(1.0);
        [weight(below), weight(at_most)]
    }

    /// Quantile at a probability, on straight lines between the members, the i-th of m (from 1) at
    /// `i / (m + 1)`. Beyond the outermost members it is their value. A truth that is exchangeable
    /// with the members is below it with just that probability, as the count of [`super::Coverage`]
    /// needs (definition 6 of R. J. Hyndman and Y. Fan, The American Statistician 50, 1996). With
    /// weights, m is the [`Members::effective_count`], and members stand in the middle of their
    /// weight.
    ///
    /// # Errors
    /// A probability outside of 0 to 1.
    pub fn quantile(&self, probability: f64) -> Result<f64> {
        check_probability("probability", probability)?;
        let count = self.effective_count();
        let place =
            |i: usize| ((self.below[i] + 0.5 * self.weights[i]) * count + 0.5) / (count + 1.0);
        // Finds the first member whose place is not below the probability.
        let (mut low, mut high) = (0, self.values.len());
        while low < high {
            let middle = (low + high) / 2;
            if place(middle) < probability {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let last = self.values.len() - 1;
        if low == 0 || low > last {
            return Ok(self.values[low.min(last)]);
        }
        let [before, after] = [place(low - 1), place(low)];
        let share = (probability - before) / (after - before);
        Ok(self.values[low - 1] + share * (self.values[low] - self.values[low - 1]))
    }

    /// Central band that holds `probability`: for 0.9 it is from the 5 % to the 95 % quantile.
    ///
    /// # Errors
    /// A probability outside of 0 to 1.
    pub fn band(&self, probability: f64) -> Result<[f64; 2]> {
        check_probability("probability", probability)?;
        let outside = 0.5 * (1.0 - probability);
        Ok([self.quantile(outside)?, self.quantile(1.0 - outside)?])
    }

    /// Continuous ranked probability score, the integral of `(F(x) - [x >= truth])^2` with the
    /// members' distribution F, in the unit of the number; 0 is perfect (H. Hersbach, Weather and
    /// Forecasting 15, 2000). For few members it is too large, as if they were worse: see
    /// [`Members::fair_crps`].
    ///
    /// # Errors
    /// A truth that is not finite.
    pub fn crps(&self, truth: f64) -> Result<f64> {
        check::finite("truth", truth)?;
        let (first, last) = (self.values[0], self.values[self.values.len() - 1]);
        let mut score = (first - truth).max(0.0) + (truth - last).max(0.0);
        for ([a, b], f) in self.gaps() {
            let split = truth.clamp(a, b);
            score += f * f * (split - a) + (1.0 - f) * (1.0 - f) * (b - split);
        }
        Ok(score)
    }

    /// Continuous ranked probability score that infinitely many members would have on average if
    /// they are drawn from one distribution (C. A. T. Ferro, Quarterly Journal of the Royal
    /// Meteorological Society 140, 2014). It compares ensembles of different sizes, and can be
    /// negative. Members with weights count as if they were independent.
    ///
    /// # Errors
    /// A truth that is not finite, and a single member.
    pub fn fair_crps(&self, truth: f64) -> Result<f64> {
        check::require(
            self.values.len() > 1,
            "members.length",
            self.values.len() as f64,
            "at least 2 of a weight greater than zero",
        )?;
        // Half of the mean distance between members, pairs of a member with itself included.
        let spread: f64 = self.gaps().map(|([a, b], f)| f * (1.0 - f) * (b - a)).sum();
        Ok(self.crps(truth)? - spread * self.squares / (1.0 - self.squares))
    }

    /// Neighbouring values, and the weight of all values up to the lower one.
    fn gaps(&self) -> impl Iterator<Item = ([f64; 2], f64)> + '_ {
        let pairs = self.values.windows(2).map(|pair| [pair[0], pair[1]]);
        pairs.zip(self.below[1..].iter().copied())
    }
}

/// Weights of the members of several levels mixed: the weight of each level is shared by as many
/// members as `counts` says, level after level.
///
/// ```
/// use least_action::statistics::mixed_weights;
///
/// assert_eq!(mixed_weights(&[3.0, 1.0], &[1, 2])?, [0.75, 0.125, 0.125]);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// Lists of different lengths, weights that are negative, not finite or all zero, and a level that
/// has a weight but no members.
pub fn mixed_weights(levels: &[f64], counts: &[usize]) -> Result<Vec<f64>> {
    check::length("counts", counts.len(), levels.len(), "one per level")?;
    let mut weights = Vec::with_capacity(counts.iter().sum());
    for (i, (&level, &count)) in levels.iter().zip(counts).enumerate() {
        let path = format!("levels[{i}]");
        let good = level.is_finite() && level >= 0.0;
        check::require(good, &path, level, "finite and not negative")?;
        if level > 0.0 {
            check::at_least(&format!("counts[{i}]"), count, 1)?;
        }
        weights.extend((0..count).map(|_| level / count as f64));
    }
    let total: f64 = levels.iter().sum();
    check::positive("levels, of which the sum", total)?;
    Ok(weights.iter().map(|weight| weight / total).collect())
}
