//! Student's t distribution, by the incomplete beta function (W. H. Press et al., Numerical
//! Recipes, 3rd edition 2007, chapter 6.4).

use super::bisect;

/// Degrees of freedom from which on the distribution is taken for the normal one: quantiles of
/// 95 % differ by less than 1e-7.
const NORMAL: f64 = 3e7;

/// Number of terms of the fraction.
const TERMS: usize = 100_000;

/// Probability that a t variable with `degrees` of freedom is below a value.
pub(crate) fn student_share_below(t: f64, degrees: f64) -> f64 {
    if degrees > NORMAL {
        return 0.5 * libm::erfc(-t / std::f64::consts::SQRT_2);
    }
    let tail = 0.5 * incomplete_beta(0.5 * degrees, 0.5, degrees / (degrees + t * t));
    if t < 0.0 {
        tail
    } else {
        1.0 - tail
    }
}

/// Value below which a t variable with `degrees` of freedom is with a `probability`.
pub(crate) fn student_quantile(probability: f64, degrees: f64) -> f64 {
    let mut most = 40.0;
    while most < 1e12 && student_share_below(-most, degrees) > probability.min(1.0 - probability) {
        most *= 10.0;
    }
    bisect(-most, most, |t| {
        student_share_below(t, degrees) < probability
    })
}

/// Regularised incomplete beta function.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return if x <= 0.0 { 0.0 } else { 1.0 };
    }
    let logarithm = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let front = libm::exp(logarithm);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

/// Lentz's method for the fraction of the incomplete beta function.
fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let nonzero = |v: f64| if v.abs() < 1e-300 { 1e-300 } else { v };
    let (mut c, mut d) = (1.0, 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0)));
    let mut sum = d;
    for m in 1..TERMS {
        let m = m as f64;
        let even = m * (b - m) * x / ((a - 1.0 + 2.0 * m) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 1.0 + 2.0 * m));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / nonzero(1.0 + term * d);
            c = nonzero(1.0 + term / c);
            change = d * c;
            sum *= change;
        }
        if (change - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_tables() {
        // Tables of Student's t: 97.5 %.
        for (degrees, quantile) in [
            (1.0, 12.706_205),
            (3.0, 3.182_446),
            (10.0, 2.228_139),
            (30.0, 2.042_272),
            (1000.0, 1.962_339),
        ] {
            let found = student_quantile(0.975, degrees);
            assert!((found / quantile - 1.0).abs() < 1e-6, "{degrees}: {found}");
            assert!((student_quantile(0.025, degrees) + found).abs() < 1e-9 * found);
        }
        let near = student_quantile(0.975, 2e7) - 1.959_963_985;
        assert!(near.abs() < 1e-6, "{near}");
    }
}
