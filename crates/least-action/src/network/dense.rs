//! Cholesky's factorisation of small dense matrices, row-major: sums in ascending order, so that the bits are the same on every machine.

/// Cholesky's factor in place of the lower triangle, row-major; false if a pivot is not positive.
pub(super) fn cholesky(a: &mut [f64], n: usize) -> bool {
    for i in 0..n {
        let (done, rest) = a.split_at_mut(i * n);
        let row = &mut rest[..n];
        for j in 0..i {
            let other = &done[j * n..][..=j];
            let sum: f64 = row[..j].iter().zip(other).map(|(a, b)| a * b).sum();
            row[j] = (row[j] - sum) / other[j];
        }
        let sum: f64 = row[..i].iter().map(|v| v * v).sum();
        let pivot = row[i] - sum;
        // Also false for NaN.
        if !(pivot > 0.0 && pivot < f64::INFINITY) {
            return false;
        }
        row[i] = pivot.sqrt();
    }
    true
}

/// `x = L^-1 x`.
pub(super) fn solve_lower(factor: &[f64], n: usize, x: &mut [f64]) {
    for i in 0..n {
        let row = &factor[i * n..][..=i];
        let sum: f64 = x[..i].iter().zip(row).map(|(x, l)| x * l).sum();
        x[i] = (x[i] - sum) / row[i];
    }
}

/// `x = L^-T x`.
pub(super) fn solve_upper(factor: &[f64], n: usize, x: &mut [f64]) {
    for i in (0..n).rev() {
        let row = &factor[i * n..][..=i];
        let value = x[i] / row[i];
        x[i] = value;
        for (x, l) in x[..i].iter_mut().zip(row) {
            *x -= l * value;
        }
    }
}
