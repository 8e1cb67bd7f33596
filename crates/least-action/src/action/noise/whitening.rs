use nalgebra::{Cholesky, DMatrix};

use super::precision::matrix;
use super::{Precision, ResidualRow};
use crate::action::in_four;

/// Covariance of a list of differences e, relative to one common variance, held as the inverse of
/// its square root: the components of `U e` are independent and of one size, and `e^T W e = |U
/// e|^2`. It couples at most the differences of one block.
#[derive(Debug, Clone)]
pub(crate) enum Whitening {
    /// Identity: all differences are independent and of one size.
    Uniform,
    /// Diagonal W: one weight per difference.
    Rows(Vec<f64>),
    /// `W = U^T U` in blocks of `size` differences, U upper triangular.
    Factors {
        /// Number of differences of a block.
        size: usize,
        /// Factors U, size x size each, row-major.
        factors: Vec<Vec<f64>>,
        /// Index of each block's factor.
        of_block: Vec<u32>,
    },
}

impl Whitening {
    /// Whitening by a matrix of precisions. Each block lists which of its differences are present.
    /// Few distinct patterns of absence are common, so each has one factor.
    pub fn from_matrix(rows: &[Vec<f64>], blocks: impl Iterator<Item = Vec<bool>>) -> Self {
        let mut factors = Vec::new();
        let mut known = std::collections::HashMap::new();
        let of_block = blocks
            .map(|present| {
                *known.entry(present).or_insert_with_key(|present| {
                    factors.push(factor(rows, present));
                    factors.len() as u32 - 1
                })
            })
            .collect();
        Whitening::Factors {
            size: rows.len(),
            factors,
            of_block,
        }
    }

    /// Whitening of blocks of D differences that belong to the points `at`.
    pub fn from_precision(precision: &Precision, dimension: usize, at: &[usize]) -> Self {
        match precision {
            Precision::Scalar(1.0) => Whitening::Uniform,
            Precision::Matrix(rows) => {
                Whitening::from_matrix(rows, at.iter().map(|_| vec![true; dimension]))
            }
            diagonal => {
                let components = 0..dimension;
                let weights = at.iter().flat_map(|&n| {
                    let weight = move |l| diagonal.weight(n, l);
                    components.clone().map(weight)
                });
                Whitening::Rows(weights.collect())
            }
        }
    }

    /// Sum of `value(square, row)` over all rows, with the precisions `inner` times their weights.
    /// The order is always the same and leaves room for SIMD.
    #[inline(always)]
    pub fn sum(
        &self,
        inner: f64,
        residuals: &[f64],
        data: &[f64],
        value: impl Fn(f64, ResidualRow) -> f64,
    ) -> f64 {
        match self {
            Whitening::Uniform => {
                let mut row = 0;
                in_four(residuals, |&residual| {
                    let datum = data.get(row).copied().unwrap_or(0.0);
                    row += 1;
                    let square = inner * (residual * residual);
                    value(square, ResidualRow::new(residual, datum, inner))
                })
            }
            Whitening::Rows(weights) => {
                let mut partial = [0.0; 4];
                for (i, (&residual, w)) in residuals.iter().zip(weights).enumerate() {
                    let datum = data.get(i).copied().unwrap_or(0.0);
                    let precision = inner * w;
                    let square = precision * (residual * residual);
                    partial[i % 4] += value(square, ResidualRow::new(residual, datum, precision));
                }
                (partial[0] + partial[1]) + (partial[2] + partial[3])
            }
            Whitening::Factors { size, .. } => {
                let mut sum = 0.0;
                for (block, residuals) in residuals.chunks_exact(*size).enumerate() {
                    for i in 0..*size {
                        let residual = self.whitened(block, i, residuals);
                        let square = inner * (residual * residual);
                        sum += value(square, ResidualRow::new(residual, 0.0, inner));
                    }
                }
                sum
            }
        }
    }

    /// Replaces residuals by `U^T slope(factor, row)`.
    #[inline(always)]
    pub fn map(
        &self,
        factor: f64,
        inner: f64,
        residuals: &mut [f64],
        data: &[f64],
        slope: impl Fn(f64, ResidualRow) -> f64,
    ) {
        if let Whitening::Factors { size, .. } = self {
            for (block, residuals) in residuals.chunks_exact_mut(*size).enumerate() {
                // Row i of U reads residuals from i on, so it may be written in place; so may U^T
                // from the end.
                for i in 0..*size {
                    let residual = self.whitened(block, i, residuals);
                    residuals[i] = slope(factor, ResidualRow::new(residual, 0.0, inner));
                }
                let factor = self.factor(block);
                for j in (0..*size).rev() {
                    let column = (0..=j).map(|i| factor[i * size + j] * residuals[i]);
                    residuals[j] = column.sum();
                }
            }
            return;
        }
        let mut data = data.iter();
        let mut replace = |residual: &mut f64, precision: f64| {
            let datum = data.next().copied().unwrap_or(0.0);
            *residual = slope(factor, ResidualRow::new(*residual, datum, precision));
        };
        match self {
            Whitening::Rows(weights) => {
                let rows = residuals.iter_mut().zip(weights);
                rows.for_each(|(residual, w)| replace(residual, inner * w));
            }
            _ => residuals
                .iter_mut()
                .for_each(|residual| replace(residual, inner)),
        }
    }

    /// Whitened difference `(U e)_i` of a block.
    #[inline(always)]
    fn whitened(&self, block: usize, i: usize, residuals: &[f64]) -> f64 {
        let factor = self.factor(block);
        let size = residuals.len();
        let terms = (i..size).map(|j| factor[i * size + j] * residuals[j]);
        terms.sum()
    }

    /// Row `i` of all rows, whitened where a matrix couples it with others.
    pub fn row(&self, i: usize, inner: f64, residuals: &[f64], data: &[f64]) -> ResidualRow {
        let (residual, datum) = match self {
            Whitening::Factors { size, .. } => {
                let block = i / size;
                let residuals = &residuals[block * size..(block + 1) * size];
                (self.whitened(block, i % size, residuals), 0.0)
            }
            _ => (residuals[i], data.get(i).copied().unwrap_or(0.0)),
        };
        ResidualRow::new(residual, datum, inner * self.weight(i))
    }

    /// Factor U of a block, size x size, row-major; empty where W is diagonal.
    pub fn factor(&self, block: usize) -> &[f64] {
        match self {
            Whitening::Factors {
                factors, of_block, ..
            } => &factors[of_block[block] as usize],
            _ => &[],
        }
    }

    /// Factor U of a block of which nothing is absent; `None` where W is diagonal, or where there
    /// is no such block.
    pub fn whole_factor(&self) -> Option<&[f64]> {
        let Whitening::Factors { size, factors, .. } = self else {
            return None;
        };
        let is_whole = |factor: &&Vec<f64>| (0..*size).all(|i| factor[i * size + i] > 0.0);
        factors.iter().find(is_whole).map(Vec::as_slice)
    }

    /// This covariance's inverse with the weights of each block of `size` differences times a
    /// factor.
    pub fn scaled(self, size: usize, by_block: &[f64]) -> Self {
        match self {
            Whitening::Uniform => {
                let rows = by_block
                    .iter()
                    .flat_map(|&by| std::iter::repeat_n(by, size));
                Whitening::Rows(rows.collect())
            }
            Whitening::Rows(mut weights) => {
                for (weights, by) in weights.chunks_exact_mut(size).zip(by_block) {
                    weights.iter_mut().for_each(|weight| *weight *= by);
                }
                Whitening::Rows(weights)
            }
            Whitening::Factors {
                size,
                factors,
                of_block,
            } => {
                let scaled = |(&of, by): (&u32, &f64)| {
                    let root = by.sqrt();
                    factors[of as usize].iter().map(|u| root * u).collect()
                };
                Whitening::Factors {
                    size,
                    factors: of_block.iter().zip(by_block).map(scaled).collect(),
                    of_block: (0..of_block.len() as u32).collect(),
                }
            }
        }
    }

    /// Logarithm of the determinant of W over `rows` differences, and the number of differences
    /// with a weight. Those without one do not count.
    pub fn log_determinant(&self, rows: usize) -> (f64, usize) {
        let of = |weights: &mut dyn Iterator<Item = f64>| {
            weights
                .filter(|&w| w > 0.0)
                .fold((0.0, 0), |(sum, count), w| (sum + libm::log(w), count + 1))
        };
        match self {
            Whitening::Uniform => (0.0, rows),
            Whitening::Rows(weights) => of(&mut weights.iter().copied()),
            Whitening::Factors { size, of_block, .. } => {
                let blocks = 0..of_block.len();
                let mut squares = blocks.flat_map(|block| {
                    let diagonal = self.factor(block).iter().step_by(size + 1);
                    diagonal.map(|u| u * u)
                });
                of(&mut squares)
            }
        }
    }

    /// Weights of all rows; empty where they are not single numbers.
    pub fn rows(&self) -> &[f64] {
        match self {
            Whitening::Rows(weights) => weights,
            _ => &[],
        }
    }

    /// Weight of a row; 1 for a whitened one.
    #[inline(always)]
    pub fn weight(&self, row: usize) -> f64 {
        match self {
            Whitening::Rows(weights) => weights[row],
            _ => 1.0,
        }
    }

    /// Mean of all precisions, which are `common` times the weights.
    pub fn mean_precision(&self, common: f64) -> f64 {
        let (sum, count) = match self {
            Whitening::Uniform => (1.0, 1),
            Whitening::Rows(weights) => (weights.iter().sum(), weights.len()),
            Whitening::Factors { size, .. } => (self.factor(0).iter().map(|u| u * u).sum(), *size),
        };
        common * sum / count.max(1) as f64
    }
}

/// Upper triangular U with `U^T U = precision` of the components that are `present`, the others
/// integrated out. Rows and columns of absent components are zero. L x L, row-major.
pub(super) fn factor(rows: &[Vec<f64>], present: &[bool]) -> Vec<f64> {
    let size = rows.len();
    let kept: Vec<usize> = (0..size).filter(|&l| present[l]).collect();
    let mut factor = vec![0.0; size * size];
    // Integrating a component out of a Gaussian strikes it from the covariance, not from the
    // precision.
    let marginal = Cholesky::new(matrix(rows)).map(|whole| {
        let covariance = whole.inverse();
        DMatrix::from_fn(kept.len(), kept.len(), |i, j| {
            covariance[(kept[i], kept[j])]
        })
    });
    let precision = match kept.len() == size {
        true => Some(matrix(rows)),
        false => marginal.and_then(Cholesky::new).map(|part| part.inverse()),
    };
    // Positive definite, as was checked.
    let Some(lower) = precision.and_then(Cholesky::new).map(|c| c.unpack()) else {
        return factor;
    };
    for (i, &row) in kept.iter().enumerate() {
        for (j, &column) in kept.iter().enumerate().skip(i) {
            factor[row * size + column] = lower[(j, i)];
        }
    }
    factor
}
