//! Linear equations with a band matrix: an LU factorisation with partial pivoting in O(n w^2), w
//! being the band's width.

/// Square matrix with entries up to `below` places under its diagonal and `above` over it.
#[derive(Debug, Clone)]
pub(crate) struct BandedLu {
    order: usize,
    below: usize,
    above: usize,
    /// Entries, column-major. Each column has room for the rows that pivoting brings in.
    values: Vec<f64>,
    pivots: Vec<usize>,
    /// Factors that rows are multiplied by.
    row_scale: Vec<f64>,
    /// Factors that unknowns are multiplied by.
    column_scale: Vec<f64>,
}

/// Smallest pivot that counts as regular, in rows whose largest entry was 1. Smaller ones are
/// rounding.
const SINGULAR: f64 = 1e-15;

impl BandedLu {
    /// Zero matrix of `order` rows.
    pub fn new(order: usize, below: usize, above: usize) -> BandedLu {
        BandedLu {
            order,
            below,
            above,
            values: vec![0.0; order * (2 * below + above + 1)],
            pivots: vec![0; order],
            row_scale: vec![1.0; order],
            column_scale: vec![1.0; order],
        }
    }

    fn height(&self) -> usize {
        2 * self.below + self.above + 1
    }

    fn place(&self, row: usize, column: usize) -> usize {
        column * self.height() + self.below + self.above + row - column
    }

    /// Sets all entries to zero.
    pub fn set_zero(&mut self) {
        self.values.fill(0.0);
    }

    /// Adds a value to an entry within the band.
    pub fn add(&mut self, row: usize, column: usize, value: f64) {
        debug_assert!(row <= column + self.below && column <= row + self.above);
        let place = self.place(row, column);
        self.values[place] += value;
    }

    /// Factors the matrix; false if it is singular to rounding or not finite. `sizes` are typical
    /// sizes of the unknowns, so that pivots are compared in units of these.
    #[must_use]
    pub fn factor(&mut self, sizes: &[f64]) -> bool {
        self.column_scale.copy_from_slice(sizes);
        if !self.equilibrate() {
            return false;
        }
        let (n, height, reach) = (self.order, self.height(), self.below + self.above);
        for j in 0..n {
            let last = (j + self.below).min(n - 1);
            let diagonal = self.place(j, j);
            let column = &self.values[diagonal..=diagonal + last - j];
            let mut pivot = 0;
            for (i, value) in column.iter().enumerate() {
                if value.abs() > column[pivot].abs() {
                    pivot = i;
                }
            }
            let size = column[pivot].abs();
            // Also false for NaN.
            if !(size > SINGULAR && size < f64::INFINITY) {
                return false;
            }
            self.pivots[j] = pivot;
            let right = (j + reach).min(n - 1);
            if pivot > 0 {
                for k in j..=right {
                    let a = k * height + reach + j - k;
                    self.values.swap(a, a + pivot);
                }
            }
            let (done, rest) = self.values.split_at_mut((j + 1) * height);
            let own = j * height + reach;
            let over = 1.0 / done[own];
            let factors = &mut done[own + 1..=own + last - j];
            factors.iter_mut().for_each(|l| *l *= over);
            for k in j + 1..=right {
                let at = (k - j - 1) * height + reach + j - k;
                let value = rest[at];
                if value != 0.0 {
                    let below = &mut rest[at + 1..=at + last - j];
                    for (to, l) in below.iter_mut().zip(&*factors) {
                        *to -= l * value;
                    }
                }
            }
        }
        true
    }

    /// Scales columns by the sizes of their unknowns, then rows so that their largest entry is 1;
    /// false if a row is zero or not finite.
    fn equilibrate(&mut self) -> bool {
        let (n, height, reach) = (self.order, self.height(), self.below + self.above);
        self.row_scale.fill(0.0);
        for j in 0..n {
            let scale = self.column_scale[j];
            let (first, last) = (j.saturating_sub(self.above), (j + self.below).min(n - 1));
            for i in first..=last {
                let value = &mut self.values[j * height + reach + i - j];
                *value *= scale;
                self.row_scale[i] = value.abs().max(self.row_scale[i]);
            }
        }
        for scale in &mut self.row_scale {
            if !(*scale > 0.0 && *scale < f64::INFINITY) {
                return false;
            }
            *scale = 1.0 / *scale;
        }
        for j in 0..n {
            let (first, last) = (j.saturating_sub(self.above), (j + self.below).min(n - 1));
            for i in first..=last {
                self.values[j * height + reach + i - j] *= self.row_scale[i];
            }
        }
        true
    }

    /// Solves the equations in place: `b = A^-1 b`.
    pub fn solve(&self, b: &mut [f64]) {
        let (n, height, reach) = (self.order, self.height(), self.below + self.above);
        for (b, scale) in b.iter_mut().zip(&self.row_scale) {
            *b *= scale;
        }
        for j in 0..n {
            b.swap(j, j + self.pivots[j]);
            let value = b[j];
            let count = (j + self.below).min(n - 1) - j;
            let factors = &self.values[j * height + reach + 1..][..count];
            for (to, l) in b[j + 1..].iter_mut().zip(factors) {
                *to -= l * value;
            }
        }
        for j in (0..n).rev() {
            let own = j * height + reach;
            let value = b[j] / self.values[own];
            b[j] = value;
            let first = j.saturating_sub(reach);
            let above = &self.values[own - (j - first)..own];
            for (to, u) in b[first..j].iter_mut().zip(above) {
                *to -= u * value;
            }
        }
        for (b, scale) in b.iter_mut().zip(&self.column_scale) {
            *b *= scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn solutions_solve_whatever_the_sizes_of_rows_and_columns() {
        let mut random = Random::new(5, 0);
        for (n, below, above) in [(1, 0, 0), (7, 2, 1), (20, 5, 5), (9, 8, 8), (30, 1, 6)] {
            let sizes: Vec<f64> = (0..n).map(|k| 10f64.powi(k as i32 % 7 - 3)).collect();
            let x: Vec<f64> = sizes.iter().map(|s| s * random.normal()).collect();
            let mut band = BandedLu::new(n, below, above);
            let mut b = vec![0.0; n];
            for (i, b) in b.iter_mut().enumerate() {
                let row = 10f64.powi(i as i32 % 5 - 2);
                for j in i.saturating_sub(below)..=(i + above).min(n - 1) {
                    let value = row * random.normal() / sizes[j];
                    band.add(i, j, value);
                    *b += value * x[j];
                }
            }
            assert!(band.factor(&sizes));
            band.solve(&mut b);
            for ((x, b), size) in x.iter().zip(&b).zip(&sizes) {
                assert!((x - b).abs() < 1e-10 * size, "{n}: {x} {b}");
            }
        }
    }

    #[test]
    fn singular_matrices_are_told() {
        let mut band = BandedLu::new(3, 1, 1);
        for (i, j, value) in [
            (0, 0, 1.0),
            (0, 1, 2.0),
            (1, 0, 0.5),
            (1, 1, 1.0),
            (2, 2, 1.0),
        ] {
            band.add(i, j, value);
        }
        assert!(!band.factor(&[1.0; 3]));
        let mut odd = BandedLu::new(2, 1, 1);
        odd.add(0, 0, f64::NAN);
        odd.add(1, 1, 1.0);
        assert!(!odd.factor(&[1.0; 2]));
        assert!(!BandedLu::new(2, 1, 1).factor(&[1.0; 2]));
    }
}
