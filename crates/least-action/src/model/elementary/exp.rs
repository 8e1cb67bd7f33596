use super::{apply, power_of_two, reduce, small_exp_minus_one, ROUNDER};

/// Computes `to = e^a`, number by number.
#[inline(never)]
pub(crate) fn exp_all(to: &mut [f64], a: &[f64]) {
    apply(to, a, exp);
}

/// The exponential `e^x = 2^n e^r`, wrong by less than one unit in the last place.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    // Beyond these it is infinite, or zero. Comparisons with NaN are false, so that it stays.
    let x = if x > 710.0 { 710.0 } else { x };
    let x = if x < -746.0 { -746.0 } else { x };
    let reduced = reduce(x);
    // 2^n may be out of range where the result is not, so it is multiplied in two steps.
    let half = (0.5 * reduced.n + ROUNDER) - ROUNDER;
    let value = 1.0 + small_exp_minus_one(reduced.r);
    value * power_of_two(half) * power_of_two(reduced.n - half)
}
