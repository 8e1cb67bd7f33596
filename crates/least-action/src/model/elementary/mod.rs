//! Transcendental functions that are computed for many numbers at once. Those of `libm` ask at
//! every number which of many cases it is, and so handle one at a time; these have no branches, so
//! compilers handle two or more at once, natively and in WebAssembly. They are made of sums,
//! products, one quotient and changes of bits, each rounded on its own: the bits are the same on
//! every machine, whether one number is computed or many.

mod activation;
mod exp;
mod tanh;
#[cfg(test)]
mod tests;

pub(crate) use activation::{logistic, softplus, tanh_and_slope};
pub(crate) use exp::{exp, exp_all};
pub(crate) use tanh::{tanh, tanh_all};

/// Numbers that are handled together; of eight, so that there is always one that the processor need
/// not wait for.
const TOGETHER: usize = 8;

/// `to = f(a)`, number by number.
#[inline(always)]
fn apply(to: &mut [f64], a: &[f64], f: impl Fn(f64) -> f64) {
    let (groups, rest) = to.as_chunks_mut::<TOGETHER>();
    let (from, from_rest) = a.as_chunks::<TOGETHER>();
    for (to, a) in groups.iter_mut().zip(from) {
        for k in 0..TOGETHER {
            to[k] = f(a[k]);
        }
    }
    for (to, &a) in rest.iter_mut().zip(from_rest) {
        *to = f(a);
    }
}

/// `x = n ln 2 + r` with a whole n and `|r| <= ln 2 / 2`, nearly.
struct Reduced {
    n: f64,
    r: f64,
}

/// 1.5 * 2^52: a number below 2^51 that is added to it is rounded to a whole one, which is then in
/// the last bits of the sum.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// For `|x| < 1e6`. NaN gives NaN.
#[inline(always)]
fn reduce(x: f64) -> Reduced {
    // ln 2 in two parts, as in fdlibm: the first has so few digits that its product with n is
    // exact.
    const HIGH: f64 = 6.931_471_803_691_238e-1;
    const LOW: f64 = 1.908_214_929_270_587_7e-10;
    let n = (x * std::f64::consts::LOG2_E + ROUNDER) - ROUNDER;
    Reduced {
        n,
        r: (x - n * HIGH) - n * LOW,
    }
}

/// 2^n for a whole n from -1022 to 1023.
#[inline(always)]
fn power_of_two(n: f64) -> f64 {
    f64::from_bits((n + (ROUNDER + 1023.0)).to_bits() << 52)
}

/// `e^r - 1` for `|r| <= ln 2 / 2`: Taylor's series, of which the first term that is left out is a
/// tenth of the last bit. Relative to its own size it is as exact as `r` is.
#[inline(always)]
fn small_exp_minus_one(r: f64) -> f64 {
    const fn over_factorial(k: u64) -> f64 {
        let (mut product, mut factor) = (1, 2);
        while factor <= k {
            product *= factor;
            factor += 1;
        }
        1.0 / product as f64
    }
    const C: [f64; 14] = {
        let mut all = [1.0; 14];
        let mut k = 2;
        while k < 14 {
            all[k] = over_factorial(k as u64);
            k += 1;
        }
        all
    };
    // Even and odd powers by themselves: two short chains of operations instead of a long one.
    let s = r * r;
    let even = C[2] + s * (C[4] + s * (C[6] + s * (C[8] + s * (C[10] + s * C[12]))));
    let odd = C[3] + s * (C[5] + s * (C[7] + s * (C[9] + s * (C[11] + s * C[13]))));
    r + s * (even + r * odd)
}
