//! The block form `L D L^T` of a symmetric block tridiagonal matrix, definite or not: `S_0 = H_00`,
//! `S_n = H_nn - H_(n,n-1) S_(n-1)^-1 H_(n-1,n)`. By Sylvester's law H has as many negative
//! eigenvalues as all S_n together.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::error::{check, Result};
use crate::solve::dense::{identity, Lu};
use crate::solve::BlockMatrix;

/// Pivot S_n of a node, with its factors; matrices are D x D, column-major.
#[derive(Debug, Clone)]
pub(super) struct Pivot {
    pub s: Vec<f64>,
    /// Number of negative eigenvalues of S_n.
    pub negative: usize,
    /// Number of eigenvalues that are 0 to rounding.
    pub zero: usize,
    lu: Lu,
}

/// Pivots of the nodes from `first` on, and the blocks below the diagonal.
pub(super) struct Elimination {
    d: usize,
    pub pivots: Vec<Pivot>,
    /// Blocks `H_(n+1,n)` below the diagonal, one less than pivots.
    below: Vec<Vec<f64>>,
}

/// Size of a pivot that is 0 but for rounding, in units of its parts and per node: second
/// derivatives of steps are wrong by some units in the last place, all in the same direction, and
/// each node adds its own.
const ROUNDING: f64 = 32.0 * f64::EPSILON;

/// Shift of a pivot of an inner node that is 0 in a direction, relative to its size. The next pivot
/// is then negative in that direction. H may well be regular: the node is a conjugate point.
const MOVED: f64 = 1e-8;

impl Elimination {
    /// Eliminates the nodes from `first` to `last`; others are fixed.
    ///
    /// # Errors
    /// Pivots that are not finite.
    pub fn new(matrix: &BlockMatrix, d: usize, first: usize, last: usize) -> Result<Self> {
        let read = |row: usize, column: usize| -> Vec<f64> {
            let columns = (0..d).flat_map(|j| (0..d).map(move |i| (i, j)));
            let places = columns.map(|(i, j)| (row * d + i, column * d + j));
            places.map(|(a, b)| matrix.get(a, b)).collect()
        };
        let mut found = Elimination {
            d,
            pivots: Vec::new(),
            below: Vec::new(),
        };
        let nodes = last + 1 - first;
        for n in first..=last {
            let h = read(n, n);
            let mut carried = vec![0.0; d * d];
            if let Some(before) = found.pivots.last() {
                let below = read(n, n - 1);
                carried = found.over(before, &below);
                found.below.push(below);
            }
            let rounding = ROUNDING * nodes as f64;
            let mut sizes = vec![0.0f64; d];
            for (i, size) in sizes.iter_mut().enumerate() {
                let at = n * d + i;
                // The diagonal may be a small difference of what both neighbours add to it, or 0
                // where states are coupled only with others.
                for j in 0..d {
                    let (k, column) = (j * d + i, n * d + j);
                    let before = column.checked_sub(d).map_or(0.0, |b| matrix.get(at, b));
                    let after =
                        (column + d < matrix.unknowns()).then(|| matrix.get(column + d, at));
                    for part in [h[k], carried[k], before, after.unwrap_or(0.0)] {
                        *size = size.max(part.abs());
                    }
                }
            }
            let pivot = Pivot::new(&h, &carried, &sizes, rounding, n == last)?;
            found.pivots.push(pivot);
        }
        Ok(found)
    }

    /// Product `B S^-1 B^T` of a block and a pivot.
    fn over(&self, pivot: &Pivot, below: &[f64]) -> Vec<f64> {
        let d = self.d;
        let mut across = transposed(below, d);
        pivot.lu.solve(&mut across);
        let mut product = vec![0.0; d * d];
        multiply(below, &across, d, &mut product);
        symmetrise(&mut product, d);
        product
    }

    /// Solves `H x = b` in place of `b`, for `b` of these nodes.
    pub fn solve(&self, b: &mut [f64]) {
        let d = self.d;
        let mut carried = vec![0.0; d];
        for n in 0..self.below.len() {
            let (own, next) = b[n * d..][..2 * d].split_at_mut(d);
            carried.copy_from_slice(own);
            self.pivots[n].lu.solve(&mut carried);
            for (column, c) in self.below[n].chunks_exact(d).zip(&carried) {
                next.iter_mut().zip(column).for_each(|(b, h)| *b -= h * c);
            }
        }
        for n in (0..self.pivots.len()).rev() {
            if let Some(below) = self.below.get(n) {
                let (own, next) = b[n * d..][..2 * d].split_at_mut(d);
                for (own, column) in own.iter_mut().zip(below.chunks_exact(d)) {
                    *own -= column.iter().zip(&*next).map(|(h, x)| h * x).sum::<f64>();
                }
            }
            self.pivots[n].lu.solve(&mut b[n * d..][..d]);
        }
    }

    /// Diagonal blocks of H^-1, one per node:
    /// `S_n^-1 + S_n^-1 H_(n,n+1) (H^-1)_(n+1,n+1) H_(n+1,n) S_n^-1`, from the last back.
    pub fn inverse_blocks(&self) -> Vec<Vec<f64>> {
        let d = self.d;
        let mut blocks: Vec<Vec<f64>> = Vec::with_capacity(self.pivots.len());
        let (mut half, mut product) = (vec![0.0; d * d], vec![0.0; d * d]);
        for (n, pivot) in self.pivots.iter().enumerate().rev() {
            let mut inverse = vec![0.0; d * d];
            identity(&mut inverse, d);
            pivot.lu.solve(&mut inverse);
            if let Some(after) = blocks.last() {
                // K = S^-1 B^T; what is added is K after K^T.
                let mut gain = transposed(&self.below[n], d);
                pivot.lu.solve(&mut gain);
                multiply(&gain, after, d, &mut half);
                multiply(&half, &transposed(&gain, d), d, &mut product);
                inverse.iter_mut().zip(&product).for_each(|(i, p)| *i += p);
            }
            symmetrise(&mut inverse, d);
            blocks.push(inverse);
        }
        blocks.reverse();
        blocks
    }
}

impl Pivot {
    /// Makes a pivot from the block `h` and the matrix that the nodes before contribute; `sizes`
    /// are those of the parts of the diagonal.
    fn new(h: &[f64], carried: &[f64], sizes: &[f64], rounding: f64, last: bool) -> Result<Self> {
        let d = sizes.len();
        let mut s: Vec<f64> = h.iter().zip(carried).map(|(h, c)| h - c).collect();
        let all: f64 = s.iter().map(|s| s * 0.0).sum();
        check::finite("secondVariation", all)?;
        // In units in which the parts of the diagonal are about 1: they do not change signs, and
        // what rounding leaves of them is then the same in every direction.
        let unit: Vec<f64> = sizes
            .iter()
            .map(|size| 1.0 / size.max(f64::MIN_POSITIVE).sqrt())
            .collect();
        let scaled = DMatrix::from_fn(d, d, |i, j| s[j * d + i] * unit[i] * unit[j]);
        let eigen = SymmetricEigen::new(scaled);
        check::finite(
            "secondVariation",
            eigen.eigenvalues.iter().map(|v| v * 0.0).sum(),
        )?;
        let (mut negative, mut zero) = (0, 0);
        for (value, vector) in eigen
            .eigenvalues
            .iter()
            .zip(eigen.eigenvectors.column_iter())
        {
            if value.abs() <= rounding {
                zero += usize::from(last);
                for j in 0..d {
                    for i in 0..d {
                        let moved = MOVED * vector[i] * vector[j];
                        s[j * d + i] += moved / (unit[i] * unit[j]);
                    }
                }
            } else if *value < 0.0 {
                negative += 1;
            }
        }
        let mut lu = Lu::default();
        // Directions of zero have been moved. What is left is singular only where its units differ
        // too much for numbers.
        let regular = lu.factor(&s, d);
        check::finite("secondVariation", if regular { 0.0 } else { f64::NAN })?;
        Ok(Pivot {
            s,
            negative,
            zero,
            lu,
        })
    }
}

fn transposed(a: &[f64], d: usize) -> Vec<f64> {
    let places = (0..d).flat_map(|j| (0..d).map(move |i| i * d + j));
    places.map(|k| a[k]).collect()
}

fn multiply(a: &[f64], b: &[f64], d: usize, into: &mut [f64]) {
    into.fill(0.0);
    for (into, column) in into.chunks_exact_mut(d).zip(b.chunks_exact(d)) {
        for (a, b) in a.chunks_exact(d).zip(column) {
            into.iter_mut().zip(a).for_each(|(to, a)| *to += a * b);
        }
    }
}

fn symmetrise(a: &mut [f64], d: usize) {
    for j in 0..d {
        for i in j + 1..d {
            let mean = 0.5 * (a[j * d + i] + a[i * d + j]);
            a[j * d + i] = mean;
            a[i * d + j] = mean;
        }
    }
}

/// Eigenvalues of a symmetric matrix, ascending.
pub(super) fn eigenvalues(matrix: &[f64], d: usize) -> Vec<f64> {
    let matrix = DMatrix::from_column_slice(d, d, matrix);
    let mut values: Vec<f64> = matrix.symmetric_eigenvalues().iter().copied().collect();
    values.sort_by(f64::total_cmp);
    values
}
