//! Derivatives of the logarithm of the gamma function (M. Abramowitz and I. A. Stegun, Handbook of
//! Mathematical Functions, 1964, 6.3 and 6.4).

/// Argument from which on the asymptotic series are used.
const LARGE: f64 = 10.0;

/// Derivative of the logarithm of the gamma function, for positive arguments.
pub(crate) fn digamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < LARGE {
        shift -= 1.0 / x;
        x += 1.0;
    }
    let s = 1.0 / (x * x);
    let series =
        s * (1.0 / 12.0 - s * (1.0 / 120.0 - s * (1.0 / 252.0 - s * (1.0 / 240.0 - s / 132.0))));
    shift + libm::log(x) - 0.5 / x - series
}

/// Second derivative of the logarithm of the gamma function, for positive arguments.
pub(crate) fn trigamma(x: f64) -> f64 {
    let (mut x, mut shift) = (x, 0.0);
    while x < LARGE {
        shift += 1.0 / (x * x);
        x += 1.0;
    }
    let s = 1.0 / (x * x);
    let series =
        s * (1.0 / 6.0 - s * (1.0 / 30.0 - s * (1.0 / 42.0 - s * (1.0 / 30.0 - s * 5.0 / 66.0))));
    shift + 1.0 / x + 0.5 * s + series / x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_are_those_of_tables() {
        // Minus Euler's constant, that less 2 log 2, and their sums with harmonic numbers.
        let euler = 0.577_215_664_901_532_9;
        for (x, first) in [
            (1.0, -euler),
            (0.5, -euler - 2.0 * 2.0f64.ln()),
            (3.0, 1.5 - euler),
        ] {
            assert!((digamma(x) - first).abs() < 1e-12, "{x}");
        }
        let square = std::f64::consts::PI * std::f64::consts::PI;
        for (x, second) in [
            (1.0, square / 6.0),
            (0.5, square / 2.0),
            (3.0, square / 6.0 - 1.25),
        ] {
            assert!((trigamma(x) - second).abs() < 1e-11, "{x}");
        }
    }
}
