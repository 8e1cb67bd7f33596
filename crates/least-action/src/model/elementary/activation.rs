//! Activation functions of neurons with their slopes.

use super::{exp, power_of_two, reduce};

/// The exponential as a ratio, `e^x = q / p`, without the division: a caller that divides by a sum
/// of both needs none.
struct Ratio {
    p: f64,
    q: f64,
    /// The difference `p - q`, with a relative error as small as that of p and q.
    difference: f64,
}

/// Computes `e^x` as a ratio for x up to 0. `e^r = (d + r) / (d - r)`, where d is `r coth(r / 2)`,
/// a series of even powers, whose coefficients are fdlibm's. q is zero below e^-708.
#[inline(always)]
fn ratio(x: f64) -> Ratio {
    const LEAST: f64 = -708.0;
    const C: [f64; 5] = [
        1.666_666_666_666_660_2e-1,
        -2.777_777_777_701_559_3e-3,
        6.613_756_321_437_934e-5,
        -1.653_390_220_546_525_2e-6,
        4.138_136_797_057_238_5e-8,
    ];
    // Comparisons with NaN are false, so that it stays.
    let reduced = reduce(if x < LEAST { LEAST } else { x });
    let r = reduced.r;
    // In pairs: short chains of operations, of which the processor handles several at once.
    let s = r * r;
    let s2 = s * s;
    let series = (C[0] + s * C[1]) + s2 * ((C[2] + s * C[3]) + s2 * C[4]);
    let p = (2.0 - r) + s * series;
    let scale = power_of_two(reduced.n);
    let scale = if x < LEAST { 0.0 } else { scale };
    Ratio {
        p,
        q: scale * (p + 2.0 * r),
        difference: (1.0 - scale) * p - scale * (2.0 * r),
    }
}

/// The logistic function `1 / (1 + e^-x)` and its slope, each wrong by a few units in the last
/// place, for both signs of x.
#[inline(always)]
pub(crate) fn logistic(x: f64) -> (f64, f64) {
    let Ratio { p, q, .. } = ratio(-x.abs());
    let (upper, lower) = (p / (p + q), q / (p + q));
    (if x < 0.0 { lower } else { upper }, upper * lower)
}

/// The function `tanh(x)` and its slope, also where the value is 1: each wrong by a few units in
/// the last place.
#[inline(always)]
pub(crate) fn tanh_and_slope(x: f64) -> (f64, f64) {
    let Ratio { p, q, difference } = ratio(-2.0 * x.abs());
    let sum = p + q;
    ((difference / sum).copysign(x), 4.0 * (p / sum) * (q / sum))
}

/// The softplus function `log(1 + e^x)` and its slope, the logistic function.
#[inline(always)]
pub(crate) fn softplus(x: f64) -> (f64, f64) {
    let e = exp(-x.abs());
    let upper = 1.0 / (1.0 + e);
    // Not f64::max, which drops NaN.
    let above = if x <= 0.0 { 0.0 } else { x };
    let slope = if x < 0.0 { e * upper } else { upper };
    (above + log_one_plus(e), slope)
}

/// Computes `log(1 + e)` for e from 0 to 1, wrong by less than one unit in the last place: fdlibm's
/// series of `log((1 + s) / (1 - s))` about 1, or about 2 where that is closer.
#[inline(always)]
pub(super) fn log_one_plus(e: f64) -> f64 {
    const HIGH: f64 = 6.931_471_803_691_238e-1;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    const C: [f64; 7] = [
        6.666_666_666_666_735e-1,
        3.999_999_999_940_942e-1,
        2.857_142_874_366_239e-1,
        2.222_219_843_214_978_4e-1,
        1.818_357_216_161_805e-1,
        1.531_383_769_920_937_3e-1,
        1.479_819_860_511_658_6e-1,
    ];
    let far = e > std::f64::consts::SQRT_2 - 1.0;
    let (f, high, low) = if far {
        (0.5 * (e - 1.0), HIGH, LOW)
    } else {
        (e, 0.0, 0.0)
    };
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (C[1] + w * (C[3] + w * C[5]));
    let odd = z * (C[0] + w * (C[2] + w * (C[4] + w * C[6])));
    let half = 0.5 * f * f;
    high - ((half - (s * (half + (even + odd)) + low)) - f)
}
