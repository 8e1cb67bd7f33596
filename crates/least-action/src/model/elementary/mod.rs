//! Transcendental functions that are computed for many numbers at once. Those of `libm` branch at
//! every number, and so handle one at a time; these have no branches, so compilers handle two or
//! more at once, natively and in WebAssembly. They are made of sums, products, one quotient and
//! changes of bits, each rounded on its own: the bits are the same on every machine, whether one
//! number is computed or many.

mod activation;
mod exp;
mod tanh;
#[cfg(test)]
mod tests;

pub(crate) use activation::{logistic, softplus, tanh_and_slope};
pub(crate) use exp::{exp, exp_all};
pub(crate) use tanh::{tanh, tanh_all};

/// Count of numbers that are handled together: eight, so that the processor always has one that it
/// need not wait for.
const TOGETHER: usize = 8;

/// Applies `f` number by number: `to = f(a)`.
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

/// Reduced argument: `x = n ln 2 + r` with a whole n and `|r| <= ln 2 / 2`, up to rounding.
struct Reduced {
    n: f64,
    r: f64,
}

/// Rounding constant, 1.5 * 2^52: a number below 2^51 that is added to it is rounded to a whole
/// one, which is then in the last bits of the sum.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Reduces an argument with `|x| < 1e6`. NaN gives NaN.
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

/// The power 2^n for a whole n from -1022 to 1023.
#[inline(always)]
fn power_of_two(n: f64) -> f64 {
    f64::from_bits((n + (ROUNDER + 1023.0)).to_bits() << 52)
}

/// Computes `e^r - 1` for `|r| <= ln 2 / 2` by Taylor's series, of which the first term that is
/// left out is a tenth of the last bit. The relative error is that of `r`.
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
