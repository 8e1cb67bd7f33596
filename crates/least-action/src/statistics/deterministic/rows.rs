//! Rows of linear least squares in a few unknowns, and their reduction by orthogonal
//! transformations.

/// Rows of `|M z + r|^2 / 2`, each with its coefficients and then its residual.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rows {
    /// Number of unknowns.
    pub unknowns: usize,
    /// Rows, each of `unknowns + 1` numbers.
    pub values: Vec<f64>,
}

/// Pivot of a reduction: the unknown that a row determines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pivot {
    pub unknown: usize,
    /// Absolute value of the coefficient on the diagonal.
    pub size: f64,
}

impl Rows {
    /// No rows yet.
    pub fn new(unknowns: usize) -> Self {
        Rows {
            unknowns,
            values: Vec::new(),
        }
    }

    /// Numbers in a row.
    pub fn width(&self) -> usize {
        self.unknowns + 1
    }

    /// Number of rows.
    pub fn count(&self) -> usize {
        self.values.len() / self.width()
    }

    /// Appends a row of zeros, to be filled.
    pub fn push(&mut self) -> &mut [f64] {
        let from = self.values.len();
        self.values.resize(from + self.width(), 0.0);
        &mut self.values[from..]
    }

    /// Rows, one after the other.
    pub fn each(&self) -> impl Iterator<Item = &[f64]> {
        self.values.chunks_exact(self.width())
    }

    /// Sum of the squares of each unknown's coefficients, added to `sums`.
    pub fn add_squares(&self, sums: &mut [f64]) {
        for row in self.each() {
            for (sum, m) in sums.iter_mut().zip(row) {
                *sum += m * m;
            }
        }
    }

    /// Reduces the rows to at most one per unknown, with the same `M^T M` and `M^T r`.
    pub fn compress(&mut self) {
        let all = 0..self.unknowns;
        let kept = self.triangularize(all).len() * self.width();
        self.values.truncate(kept);
    }

    /// Makes the first rows a triangle in the unknowns of a range: row k has zeros in the unknowns
    /// of the earlier pivots, and no other row has a coefficient of any of them. Householder's
    /// reflections, each of which takes the unknown with the largest remaining column, and in it
    /// the row with the largest element. So rows of very different sizes keep their digits (A. J.
    /// Cox, N. J. Higham, BIT 38, 1998). Columns of zeros are no pivots.
    pub fn triangularize(&mut self, range: std::ops::Range<usize>) -> Vec<Pivot> {
        let (width, count) = (self.width(), self.count());
        let mut left: Vec<usize> = range.collect();
        let mut pivots = Vec::new();
        let mut products = vec![0.0; width];
        while pivots.len() < count {
            let k = pivots.len();
            let norm = |unknown: usize| -> f64 {
                let column = self.values[k * width..].iter().skip(unknown);
                let column = column.step_by(width);
                let largest = column.clone().fold(0.0f64, |m, v| m.max(v.abs()));
                match largest > 0.0 {
                    true => {
                        largest
                            * column
                                .map(|v| (v / largest) * (v / largest))
                                .sum::<f64>()
                                .sqrt()
                    }
                    false => 0.0,
                }
            };
            let norms: Vec<f64> = left.iter().map(|&unknown| norm(unknown)).collect();
            let most =
                (0..left.len()).max_by(|&a, &b| norms[a].total_cmp(&norms[b]).then(b.cmp(&a)));
            let Some(place) = most.filter(|&place| norms[place] > 0.0) else {
                break;
            };
            let (unknown, norm) = (left.remove(place), norms[place]);
            let at = |row: usize| row * width + unknown;
            let largest = (k..count)
                .max_by(|&a, &b| {
                    let (x, y) = (self.values[at(a)].abs(), self.values[at(b)].abs());
                    x.total_cmp(&y).then(b.cmp(&a))
                })
                .unwrap_or(k);
            if largest != k {
                let (before, after) = self.values.split_at_mut(largest * width);
                before[k * width..][..width].swap_with_slice(&mut after[..width]);
            }
            self.reflect(k, unknown, norm, &mut products);
            pivots.push(Pivot {
                unknown,
                size: norm,
            });
        }
        pivots
    }

    /// Applies the reflection that leaves one element, in row `k`, of the column of an unknown
    /// below that row.
    fn reflect(&mut self, k: usize, unknown: usize, norm: f64, products: &mut [f64]) {
        let width = self.width();
        let head = self.values[k * width + unknown];
        let end = if head > 0.0 { -norm } else { norm };
        // v = column - end e_k; 2 / v^T v = 1 / (end (end - head)).
        let scale = 1.0 / (end * (end - head));
        products.fill(0.0);
        let mut factors = Vec::with_capacity(self.count() - k);
        for (i, row) in self.values[k * width..].chunks_exact(width).enumerate() {
            let v = if i == 0 { head - end } else { row[unknown] };
            factors.push(v);
            for (sum, x) in products.iter_mut().zip(row) {
                *sum += v * x;
            }
        }
        let rows = self.values[k * width..].chunks_exact_mut(width);
        for (i, (row, v)) in rows.zip(&factors).enumerate() {
            let factor = scale * v;
            for (x, product) in row.iter_mut().zip(products.iter()) {
                *x -= factor * product;
            }
            row[unknown] = if i == 0 { end } else { 0.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn gram(rows: &Rows) -> Vec<f64> {
        let w = rows.width();
        let mut gram = vec![0.0; w * w];
        for row in rows.each() {
            for i in 0..w {
                for j in 0..w {
                    gram[i * w + j] += row[i] * row[j];
                }
            }
        }
        gram
    }

    #[test]
    fn reduced_rows_have_the_same_products() {
        let mut random = Random::new(1, 0);
        for (count, unknowns) in [(7, 3), (2, 4), (4, 4), (9, 1)] {
            let mut rows = Rows::new(unknowns);
            for i in 0..count {
                let size = libm::pow(10.0, (i % 3) as f64);
                rows.push()
                    .iter_mut()
                    .for_each(|x| *x = size * random.normal());
            }
            let before = gram(&rows);
            rows.compress();
            assert!(rows.count() <= unknowns);
            let (after, w) = (gram(&rows), unknowns + 1);
            for k in 0..w * w - 1 {
                let close =
                    (before[k] - after[k]).abs() < 1e-12 * before.iter().fold(0.0, |m, x| x.max(m));
                assert!(close, "{count} {unknowns} {k}");
            }
        }
    }

    #[test]
    fn a_small_row_keeps_its_digits_beside_a_large_one() {
        // Rows (1e12, 1e12), (1e-6, 0): the second alone tells the unknowns apart.
        let mut rows = Rows::new(2);
        for row in [[1e-6, 0.0, 3e-6], [1e12, 1e12, 1e12]] {
            rows.push().copy_from_slice(&row);
        }
        let pivots = rows.triangularize(0..2);
        let small = pivots[1].size;
        // |M z|^2 on (1, -1)/sqrt 2 is 1e-12 / 2, as the rows say.
        assert!(
            (small / (1e-6 / 2.0f64.sqrt()) - 1.0).abs() < 1e-9
                || (small / 1e-6 - 1.0).abs() < 1e-9,
            "{small}"
        );
        let z = [-3.0, 2.0];
        for row in rows.each() {
            assert!((row[0] * z[0] + row[1] * z[1] + row[2]).abs() < 1e-9 * row[2].abs().max(1e-6));
        }
    }
}
