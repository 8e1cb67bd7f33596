//! Weights of a list of errors: `e^T W e` and `W e`, with W relative to one common precision.

use super::in_four;
use super::precision::{whitening, Precision};

/// W, which couples at most the errors of one block.
#[derive(Debug, Clone)]
pub(super) enum Weighting {
    /// All ones.
    Uniform,
    /// Diagonal: one weight per error.
    Rows(Vec<f64>),
    /// `U^T U` in blocks of `size` errors, U upper triangular.
    Factors {
        size: usize,
        /// size x size each, row-major.
        factors: Vec<Vec<f64>>,
        /// Which factor each block has.
        of_block: Vec<u32>,
    },
}

impl Weighting {
    /// Of a matrix, for blocks in which the errors that are not `present` are absent. Few distinct
    /// patterns of absence are common, so each has one factor.
    pub fn from_matrix(rows: &[Vec<f64>], blocks: impl Iterator<Item = Vec<bool>>) -> Self {
        let mut patterns: Vec<Vec<bool>> = Vec::new();
        let mut factors = Vec::new();
        let mut known = std::collections::HashMap::new();
        let of_block = blocks
            .map(|present| {
                *known.entry(present.clone()).or_insert_with(|| {
                    factors.push(whitening(rows, &present));
                    patterns.push(present);
                    factors.len() as u32 - 1
                })
            })
            .collect();
        Weighting::Factors {
            size: rows.len(),
            factors,
            of_block,
        }
    }

    /// Of blocks of D errors that belong to the points `at`.
    pub fn from_precision(precision: &Precision, dimension: usize, at: &[usize]) -> Self {
        match precision {
            Precision::Scalar(1.0) => Weighting::Uniform,
            Precision::Matrix(rows) => {
                Weighting::from_matrix(rows, at.iter().map(|_| vec![true; dimension]))
            }
            diagonal => {
                let components = 0..dimension;
                let weights = at.iter().flat_map(|&n| {
                    let weight = move |l| diagonal.weight(n, l);
                    components.clone().map(weight)
                });
                Weighting::Rows(weights.collect())
            }
        }
    }

    /// `e^T W e`.
    pub fn sum(&self, errors: &[f64]) -> f64 {
        match self {
            Weighting::Uniform => in_four(errors, |e| e * e),
            Weighting::Rows(weights) => {
                let mut partial = [0.0; 4];
                for (i, (e, w)) in errors.iter().zip(weights).enumerate() {
                    partial[i % 4] += w * (e * e);
                }
                (partial[0] + partial[1]) + (partial[2] + partial[3])
            }
            Weighting::Factors { size, .. } => {
                let mut sum = 0.0;
                for (block, errors) in errors.chunks_exact(*size).enumerate() {
                    for i in 0..*size {
                        let z = self.whitened(block, i, errors);
                        sum += z * z;
                    }
                }
                sum
            }
        }
    }

    /// Replaces `e` by `factor W e`.
    pub fn apply(&self, errors: &mut [f64], factor: f64) {
        match self {
            Weighting::Uniform => errors.iter_mut().for_each(|e| *e *= factor),
            Weighting::Rows(weights) => {
                for (e, w) in errors.iter_mut().zip(weights) {
                    *e *= factor * w;
                }
            }
            Weighting::Factors { size, .. } => {
                for (block, errors) in errors.chunks_exact_mut(*size).enumerate() {
                    // Row i of U reads errors from i on, so it may be written in place; so may U^T
                    // from the end.
                    for i in 0..*size {
                        errors[i] = factor * self.whitened(block, i, errors);
                    }
                    let factor = self.factor(block);
                    for j in (0..*size).rev() {
                        let column = (0..=j).map(|i| factor[i * size + j] * errors[i]);
                        errors[j] = column.sum();
                    }
                }
            }
        }
    }

    /// `(U e)_i`.
    fn whitened(&self, block: usize, i: usize, errors: &[f64]) -> f64 {
        let factor = self.factor(block);
        let size = errors.len();
        let terms = (i..size).map(|j| factor[i * size + j] * errors[j]);
        terms.sum()
    }

    /// U of a block, size x size, row-major; empty where W is diagonal.
    pub fn factor(&self, block: usize) -> &[f64] {
        match self {
            Weighting::Factors {
                factors, of_block, ..
            } => &factors[of_block[block] as usize],
            _ => &[],
        }
    }

    /// The logarithm of the determinant of W over `errors` errors, and how many of them have a
    /// weight. Those that have none do not count.
    pub fn log_determinant(&self, errors: usize) -> (f64, usize) {
        let of = |weights: &mut dyn Iterator<Item = f64>| {
            weights
                .filter(|&w| w > 0.0)
                .fold((0.0, 0), |(sum, count), w| (sum + libm::log(w), count + 1))
        };
        match self {
            Weighting::Uniform => (0.0, errors),
            Weighting::Rows(weights) => of(&mut weights.iter().copied()),
            Weighting::Factors { size, of_block, .. } => {
                let blocks = 0..of_block.len();
                let mut squares = blocks.flat_map(|block| {
                    let diagonal = self.factor(block).iter().step_by(size + 1);
                    diagonal.map(|u| u * u)
                });
                of(&mut squares)
            }
        }
    }

    /// The weight of an error where W is diagonal.
    pub fn weight(&self, error: usize) -> f64 {
        match self {
            Weighting::Rows(weights) => weights[error],
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_weighs_as_its_quadratic_form() {
        let rows = vec![vec![2.0, 0.5], vec![0.5, 1.0]];
        let weighting = Weighting::from_matrix(&rows, [vec![true; 2]].into_iter());
        let errors = [3.0, -2.0];
        assert!((weighting.sum(&errors) - (18.0 - 6.0 + 4.0)).abs() < 1e-12);
        let mut product = errors;
        weighting.apply(&mut product, 10.0);
        assert!((product[0] - 50.0).abs() < 1e-12 && (product[1] + 5.0).abs() < 1e-12);
        let (logarithm, count) = weighting.log_determinant(2);
        assert!((logarithm - 1.75f64.ln()).abs() < 1e-12 && count == 2);
        // An error that is absent leaves the precision of the other one by itself: 2 - 0.5^2.
        let part = Weighting::from_matrix(&rows, [vec![true, false]].into_iter());
        let (logarithm, count) = part.log_determinant(2);
        assert!((logarithm - 1.75f64.ln()).abs() < 1e-12 && count == 1);
    }
}
