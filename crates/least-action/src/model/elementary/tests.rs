//! Comparison with `libm`, over all kinds of numbers.

use super::{exp, exp_all, logistic, softplus, tanh, tanh_all, tanh_and_slope};

/// Numbers of every exponent with many fractions, of both signs, and special values.
fn numbers() -> Vec<f64> {
    let mut all = vec![0.0, 1.0, f64::MAX, f64::INFINITY, f64::NAN];
    all.extend([f64::MIN_POSITIVE, f64::from_bits(1), 1e-310]);
    // Where results overflow, become subnormal, vanish, and where tanh becomes 1; ends of the
    // intervals of the reduction.
    let ends = (1..2100).map(|k| 0.5 * f64::from(k) * std::f64::consts::LN_2);
    let edges = [709.0, 709.782712893384, 708.39, 745.13, 745.14, 746.0];
    let near = [19.06, 20.0, 0.55, 0.17, 0.35, 1e6];
    for edge in edges.into_iter().chain(near).chain(ends) {
        all.extend((-3i64..4).map(|k| f64::from_bits(edge.to_bits().wrapping_add_signed(k))));
    }
    let mut state = 1u64;
    let mut random = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        state >> 12
    };
    for exponent in 0..2047 {
        // Most between 2^-8 and 2^10, where the functions are neither linear nor constant.
        let count = if (1015..1034).contains(&exponent) {
            20_000
        } else {
            20
        };
        all.extend((0..count).map(|_| f64::from_bits(exponent << 52 | random())));
    }
    let negative: Vec<f64> = all.iter().map(|x| -x).collect();
    all.extend(negative);
    all
}

/// Distance in representable numbers between two that are not NaN: 1 for neighbours.
fn apart(a: f64, b: f64) -> u64 {
    let place = |x: f64| match x.is_sign_negative() {
        true => -((x.to_bits() & (u64::MAX >> 1)) as i64),
        false => x.to_bits() as i64,
    };
    place(a).abs_diff(place(b))
}

fn worst(ours: impl Fn(f64) -> f64, theirs: impl Fn(f64) -> f64) -> u64 {
    worst_among(&numbers(), ours, theirs)
}

fn worst_among(all: &[f64], ours: impl Fn(f64) -> f64, theirs: impl Fn(f64) -> f64) -> u64 {
    let mut worst = 0;
    for &x in all {
        let (a, b) = (ours(x), theirs(x));
        assert_eq!(a.is_nan(), b.is_nan(), "at {x:e}: {a:e} against {b:e}");
        if !a.is_nan() {
            worst = worst.max(apart(a, b));
        }
    }
    worst
}

#[test]
fn results_are_those_of_libm_but_for_the_last_digit() {
    // Each side is wrong by one at most, and by two and a half.
    assert!(worst(exp, libm::exp) <= 1);
    assert!(worst(tanh, libm::tanh) <= 4);
}

/// The reference takes another formula than ours; each of the two is wrong by two or three units in
/// the last place.
#[test]
fn neurons_and_their_slopes_are_those_of_libm_but_for_the_last_digits() {
    // Below, e^-|x| is zero to one side and has few digits to the other.
    let all: Vec<f64> = numbers()
        .into_iter()
        .filter(|x| x.is_nan() || x.abs() < 707.0)
        .collect();
    let e = |x: f64| libm::exp(-x.abs());
    let upper = |x: f64| 1.0 / (1.0 + e(x));
    let lower = |x: f64| e(x) / (1.0 + e(x));
    let value = |x: f64| if x < 0.0 { lower(x) } else { upper(x) };
    let slope = |x: f64| upper(x) * lower(x);
    assert!(worst_among(&all, |x| logistic(x).0, value) <= 4);
    assert!(worst_among(&all, |x| logistic(x).1, slope) <= 6);
    assert!(worst_among(&all, |x| softplus(x).1, value) <= 4);
    let larger = |x: f64| if x <= 0.0 { 0.0 } else { x };
    let softplus_of_libm = |x: f64| larger(x) + libm::log1p(e(x));
    assert!(worst_among(&all, |x| softplus(x).0, softplus_of_libm) <= 2);
    assert!(worst(|x| tanh_and_slope(x).0, libm::tanh) <= 4);
    let half: Vec<f64> = all.iter().map(|x| 0.5 * x).collect();
    let slope_of_tanh = |x: f64| 4.0 * upper(2.0 * x) * lower(2.0 * x);
    assert!(worst_among(&half, |x| tanh_and_slope(x).1, slope_of_tanh) <= 6);
}

#[test]
fn ends_of_neurons_are_exact() {
    for x in [708.1, 1e300, f64::INFINITY] {
        assert_eq!(logistic(x), (1.0, 0.0));
        assert_eq!(logistic(-x), (0.0, 0.0));
        assert_eq!(tanh_and_slope(x), (1.0, 0.0));
        assert_eq!(tanh_and_slope(-x), (-1.0, 0.0));
        assert_eq!(softplus(x), (x, 1.0));
    }
    assert_eq!(softplus(-1e300), (0.0, 0.0));
    assert_eq!(logistic(0.0), (0.5, 0.25));
    assert_eq!(softplus(0.0), (std::f64::consts::LN_2, 0.5));
    for x in [0.0, f64::from_bits(1), 1e-310, f64::MIN_POSITIVE, 1e-20] {
        assert_eq!(tanh_and_slope(x).0.to_bits(), x.to_bits(), "{x:e}");
        assert_eq!(tanh_and_slope(-x).0.to_bits(), (-x).to_bits(), "{x:e}");
    }
    for f in [logistic, tanh_and_slope, softplus] {
        let (value, slope) = f(f64::NAN);
        assert!(value.is_nan() && slope.is_nan());
    }
}

#[test]
fn ends_are_exact() {
    assert_eq!(exp(0.0), 1.0);
    assert_eq!(exp(-0.0), 1.0);
    assert_eq!(exp(f64::INFINITY), f64::INFINITY);
    assert_eq!(exp(709.79), f64::INFINITY);
    assert_eq!(exp(f64::NEG_INFINITY).to_bits(), 0);
    assert_eq!(exp(-745.14).to_bits(), 0);
    assert_eq!(exp(-745.13), f64::from_bits(1));
    assert!(exp(f64::NAN).is_nan() && tanh(f64::NAN).is_nan());
    for x in [20.0, 1e300, f64::INFINITY] {
        assert_eq!(tanh(x), 1.0);
    }
    for x in [0.0, f64::from_bits(1), 1e-310, f64::MIN_POSITIVE, 1e-20] {
        assert_eq!(tanh(x).to_bits(), x.to_bits(), "{x:e}");
    }
}

#[test]
fn tanh_is_odd_and_stays_within_one() {
    for x in numbers().into_iter().filter(|x| !x.is_nan()) {
        assert_eq!(tanh(-x).to_bits(), (-tanh(x)).to_bits(), "{x:e}");
        assert!(tanh(x).abs() <= 1.0);
    }
}

#[test]
fn many_at_once_have_the_bits_of_each_alone() {
    let all = numbers();
    for length in [0, 1, 7, 8, 9, 64, 1003, all.len()] {
        let from = &all[all.len() - length..];
        let mut to = vec![0.0; length];
        for (many, one) in [
            (exp_all as fn(&mut [f64], &[f64]), exp as fn(f64) -> f64),
            (tanh_all, tanh),
        ] {
            many(&mut to, from);
            for (to, &x) in to.iter().zip(from) {
                let alone = one(x);
                assert!(
                    to.to_bits() == alone.to_bits() || to.is_nan() && alone.is_nan(),
                    "{x:e}"
                );
            }
        }
    }
}
