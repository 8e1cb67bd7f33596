//! Draws of one quantity, checked and joined.

use crate::error::{check, Result};

/// Fewest draws of a chain: its halves must have a variance, for which two draws are needed.
pub(super) const FEWEST_DRAWS: usize = 4;

/// Chains of equal length, stored one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::statistics) struct Chains {
    values: Vec<f64>,
    length: usize,
}

impl Chains {
    /// Chains of one quantity, with `path` as their name in errors.
    ///
    /// # Errors
    /// No chain, fewer than [`FEWEST_DRAWS`] draws, chains of different lengths, and a draw that is
    /// not finite, named by its chain and index: `path[chain][draw]`.
    pub fn new(path: &str, chains: &[&[f64]]) -> Result<Self> {
        check::at_least(&format!("{path}.length"), chains.len(), 1)?;
        let length = chains[0].len();
        check::at_least(&format!("{path}[0].length"), length, FEWEST_DRAWS)?;
        let mut values = Vec::with_capacity(chains.len() * length);
        for (c, chain) in chains.iter().enumerate() {
            let because = "as many as in the first chain";
            check::length(&format!("{path}[{c}]"), chain.len(), length, because)?;
            if let Some(i) = chain.iter().position(|x| !x.is_finite()) {
                check::require(
                    false,
                    &format!("{path}[{c}][{i}]"),
                    chain[i],
                    &format!(
                        "finite: draw {i} of chain {c} is no number that can be averaged; \
                        leave this quantity out, or find out why the sampler kept it"
                    ),
                )?;
            }
            values.extend_from_slice(chain);
        }
        Ok(Chains { values, length })
    }

    /// All draws, chain by chain.
    pub fn all(&self) -> &[f64] {
        &self.values
    }

    /// Each chain.
    pub fn each(&self) -> std::slice::ChunksExact<'_, f64> {
        self.values.chunks_exact(self.length)
    }

    /// Number of chains.
    pub fn count(&self) -> usize {
        self.values.len() / self.length
    }

    /// Number of draws of each chain.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Halves of the chains as chains of their own, so that a drift within a chain becomes a
    /// difference between chains. The middle draw of an odd number is left out.
    pub fn split(&self) -> Self {
        let half = self.length / 2;
        let halves = self
            .each()
            .flat_map(|chain| [&chain[..half], &chain[self.length - half..]]);
        Chains {
            values: halves.flatten().copied().collect(),
            length: half,
        }
    }

    /// A function of the draws, in the same chains.
    pub fn map(&self, f: impl FnMut(f64) -> f64) -> Self {
        self.with(self.values.iter().copied().map(f).collect())
    }

    /// Other values in the same chains.
    pub fn with(&self, values: Vec<f64>) -> Self {
        Chains {
            values,
            length: self.length,
        }
    }

    /// True if all draws are equal.
    pub fn is_constant(&self) -> bool {
        self.values.iter().all(|x| *x == self.values[0])
    }
}

/// Mean. It is computed from the first value on, so that equal values have exactly their value as
/// the mean, and no variance.
pub(in crate::statistics) fn mean(values: &[f64]) -> f64 {
    let first = values[0];
    first + sum(values, |x| x - first) / values.len() as f64
}

/// Variance, with one less than the number of values in the denominator; NaN for a single value.
pub(in crate::statistics) fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    sum(values, |x| (x - mean) * (x - mean)) / (values.len() as f64 - 1.0)
}

/// Sum of a function of the values, in four partial sums.
pub(super) fn sum(values: &[f64], mut term: impl FnMut(f64) -> f64) -> f64 {
    crate::action::in_four(values, |x| term(*x))
}
