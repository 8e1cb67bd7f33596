use super::{apply, power_of_two, reduce, small_exp_minus_one};

/// Computes `to = tanh(a)`, number by number.
#[inline(never)]
pub(crate) fn tanh_all(to: &mut [f64], a: &[f64]) {
    apply(to, a, tanh);
}

/// The function `tanh(x)`: with `t = e^(2|x|) - 1` it is `t / (t + 2)`, or `1 - 2 / (t + 2)` where
/// that is closer to 1. It is wrong by less than 2.5 units in the last place (that of `libm` by
/// two), and odd to the bit.
#[inline(always)]
pub(crate) fn tanh(x: f64) -> f64 {
    // From 19.1 on it is 1. Comparisons with NaN are false, so that it stays.
    let size = x.abs();
    let size = if size > 20.0 { 20.0 } else { size };
    let reduced = reduce(2.0 * size);
    let scale = power_of_two(reduced.n);
    let t = (scale - 1.0) + scale * small_exp_minus_one(reduced.r);
    // A sum instead of a second choice: compilers would otherwise divide twice and choose once.
    let (first, numerator) = if t > 2.0 { (1.0, -2.0) } else { (0.0, t) };
    (first + numerator / (t + 2.0)).copysign(x)
}
