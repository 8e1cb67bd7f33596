//! Small dense matrices, column-major. Sums are in ascending order, so that the bits are equal on
//! every machine.

/// LU factorisation with partial pivoting. Rows are compared relative to their size.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lu {
    order: usize,
    factors: Vec<f64>,
    pivots: Vec<usize>,
    /// Reciprocals of the largest entry of each row.
    rows: Vec<f64>,
    /// Largest entry of each column after the rows were scaled.
    columns: Vec<f64>,
}

/// Smallest share of its column at which a pivot counts as regular. Smaller ones are rounding.
const SINGULAR: f64 = 1e-14;

impl Lu {
    /// Factors an `order` x `order` matrix; false if it is singular to rounding or not finite.
    #[must_use]
    pub fn factor(&mut self, matrix: &[f64], order: usize) -> bool {
        let n = order;
        self.order = n;
        self.factors.clear();
        self.factors.extend_from_slice(&matrix[..n * n]);
        self.pivots.clear();
        self.rows.clear();
        self.columns.clear();
        for i in 0..n {
            let largest = (0..n).fold(0.0f64, |m, j| m.max(matrix[j * n + i].abs()));
            self.rows.push(1.0 / largest);
        }
        for column in matrix[..n * n].chunks_exact(n) {
            let scaled = column.iter().zip(&self.rows);
            let largest = scaled.fold(0.0f64, |m, (a, r)| m.max((a * r).abs()));
            self.columns.push(largest);
        }
        let a = &mut self.factors;
        for k in 0..n {
            let mut pivot = k;
            for i in k + 1..n {
                if a[k * n + i].abs() * self.rows[i] > a[k * n + pivot].abs() * self.rows[pivot] {
                    pivot = i;
                }
            }
            let size = a[k * n + pivot].abs() * self.rows[pivot];
            // Also false for NaN.
            let regular = size > SINGULAR * n as f64 * self.columns[k] && size < f64::INFINITY;
            if !regular {
                return false;
            }
            self.pivots.push(pivot);
            if pivot != k {
                for j in 0..n {
                    a.swap(j * n + k, j * n + pivot);
                }
                self.rows.swap(k, pivot);
            }
            let (done, rest) = a.split_at_mut((k + 1) * n);
            let column = &mut done[k * n..];
            let over = 1.0 / column[k];
            for l in &mut column[k + 1..] {
                *l *= over;
            }
            for other in rest.chunks_exact_mut(n) {
                let factor = other[k];
                for (to, l) in other[k + 1..].iter_mut().zip(&column[k + 1..]) {
                    *to -= l * factor;
                }
            }
        }
        true
    }

    /// Natural logarithm of the absolute value of the determinant.
    pub fn log_determinant(&self) -> f64 {
        let n = self.order;
        (0..n)
            .map(|k| libm::log(self.factors[k * n + k].abs()))
            .sum()
    }

    /// Solves the equations in place, `b = A^-1 b`, for each column of `b`.
    pub fn solve(&self, b: &mut [f64]) {
        let n = self.order;
        for b in b.chunks_exact_mut(n) {
            for (k, &pivot) in self.pivots.iter().enumerate() {
                b.swap(k, pivot);
            }
            for k in 0..n {
                let value = b[k];
                let column = &self.factors[k * n..][..n];
                for (to, l) in b[k + 1..].iter_mut().zip(&column[k + 1..]) {
                    *to -= l * value;
                }
            }
            for k in (0..n).rev() {
                let column = &self.factors[k * n..][..n];
                let value = b[k] / column[k];
                b[k] = value;
                for (to, u) in b[..k].iter_mut().zip(column) {
                    *to -= u * value;
                }
            }
        }
    }
}

/// Writes the identity matrix.
pub(crate) fn identity(matrix: &mut [f64], n: usize) {
    matrix.fill(0.0);
    for k in 0..n {
        matrix[k * n + k] = 1.0;
    }
}

/// Larger of two numbers; NaN if one of them is.
pub(crate) fn larger(a: f64, b: f64) -> f64 {
    match a.is_nan() || b <= a {
        true => a,
        false => b,
    }
}

/// Largest absolute value of some numbers; NaN if one of them is.
pub(crate) fn size(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |m, v| match v.is_nan() {
        true => f64::NAN,
        false if v.abs() > m => v.abs(),
        false => m,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn solutions_solve() {
        let mut random = Random::new(3, 0);
        for n in 1..9 {
            let matrix: Vec<f64> = (0..n * n).map(|_| random.normal()).collect();
            let x: Vec<f64> = (0..n).map(|_| random.normal()).collect();
            let mut b = vec![0.0; n];
            for (j, x) in x.iter().enumerate() {
                for i in 0..n {
                    b[i] += matrix[j * n + i] * x;
                }
            }
            let mut lu = Lu::default();
            assert!(lu.factor(&matrix, n));
            lu.solve(&mut b);
            for (a, b) in x.iter().zip(&b) {
                assert!((a - b).abs() < 1e-12, "{n}: {a} {b}");
            }
            let determinant = nalgebra::DMatrix::from_column_slice(n, n, &matrix).determinant();
            let error = lu.log_determinant() - determinant.abs().ln();
            assert!(error.abs() < 1e-12, "{n}: {error}");
        }
    }

    #[test]
    fn singular_is_seen_whatever_the_units_are() {
        let mut lu = Lu::default();
        assert!(!lu.factor(&[1.0, 2.0, 2.0, 4.0], 2));
        assert!(!lu.factor(&[0.0], 1));
        assert!(!lu.factor(&[f64::NAN], 1));
        // 1e-9 and 1e9 on the diagonal: regular; rows and columns in other units as well.
        assert!(lu.factor(&[1e-9, 0.0, 0.0, 1e9], 2));
        assert!(lu.factor(&[1e-12, 1e3, 2e3, 1e-9], 2));
        assert!(!lu.factor(&[1e-12, 1.0, 2e-2, 2e10], 2));
    }
}
