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

/// Derivative number `order + 1` of the logarithm of the gamma function, for positive arguments;
/// NaN for others. Recurrence up to an argument at which the asymptotic series (6.4.11) has all
/// digits.
pub(crate) fn polygamma(order: u8, x: f64) -> f64 {
    match (order, x) {
        (_, x) if x.is_nan() || x <= 0.0 => f64::NAN,
        (0, x) => digamma(x),
        (1, x) => trigamma(x),
        (order, x) => {
            let power = f64::from(order);
            // n! and the sign that both parts share.
            let factorial = (1..=order).map(f64::from).product::<f64>();
            let sign = if order % 2 == 0 { -1.0 } else { 1.0 };
            let (mut x, mut sum) = (x, 0.0);
            while x < LARGE + 2.0 * power {
                sum += factorial * libm::pow(x, -power - 1.0);
                x += 1.0;
            }
            // (n - 1)! / x^n + n! / (2 x^(n + 1)) + the terms of Bernoulli's numbers.
            let first = factorial / power * libm::pow(x, -power);
            sum += first * (1.0 + 0.5 * power / x);
            let mut term = first * power / (x * x);
            for (k, bernoulli) in (1u8..).zip(BERNOULLI) {
                let two = 2.0 * f64::from(k);
                // B (2k + n - 1)! / ((2k)! x^(2k + n))
                if k == 1 {
                    term *= (power + 1.0) / 2.0;
                } else {
                    let (a, b) = (two + power - 1.0, two + power - 2.0);
                    term *= a * b / (two * (two - 1.0) * x * x);
                }
                sum += bernoulli * term;
            }
            sign * sum
        }
    }
}

/// Bernoulli's numbers of the orders 2, 4 and so on.
const BERNOULLI: [f64; 7] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
];

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
        // Minus 2 zeta(3), and pi^4 / 15.
        assert!((polygamma(2, 1.0) + 2.404_113_806_319_188_6).abs() < 1e-12);
        assert!((polygamma(3, 1.0) - square * square / 15.0).abs() < 1e-11);
        assert!(polygamma(2, -1.5).is_nan());
    }

    #[test]
    fn each_is_the_derivative_of_the_one_before() {
        for order in 1..6 {
            for x in [0.3, 2.0, 9.5, 40.0] {
                let e = 1e-5 * x;
                let below = |x| polygamma(order - 1, x);
                let slope = (below(x + e) - below(x - e)) / (2.0 * e);
                let found = polygamma(order, x);
                assert!(
                    (found / slope - 1.0).abs() < 1e-6,
                    "{order} {x} {found} {slope}"
                );
            }
        }
    }
}
