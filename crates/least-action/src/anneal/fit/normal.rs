//! Standard normal variables that are as likely as others.

/// Probability that a standard normal number is larger.
fn tail(value: f64) -> f64 {
    0.5 * libm::erfc(value * std::f64::consts::FRAC_1_SQRT_2)
}

/// Number beyond which the tail has no digits.
const FAR: f64 = 30.0;

/// Standard normal number that is as likely as the largest, in size, of `count` independent ones
/// (Bonferroni's bound); 0 where that is no surprise.
pub(super) fn of_largest(value: f64, count: usize) -> f64 {
    let (size, count) = (value.abs(), count.max(1) as f64);
    if count == 1.0 {
        return value;
    }
    if size > FAR {
        let square = size * size - 2.0 * libm::log(count);
        return square.max(0.0).sqrt().copysign(value);
    }
    let wanted = count * tail(size);
    if wanted >= 0.5 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, size);
    // Halves of the interval, down to a billionth.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        match tail(middle) > wanted {
            true => low = middle,
            false => high = middle,
        }
    }
    high.copysign(value)
}

/// Standard normal number that is as likely as a chi-square variable (E. B. Wilson and M. M.
/// Hilferty, PNAS 17, 1931).
pub(super) fn of_chi_square(value: f64, degrees: f64) -> f64 {
    let variance = 2.0 / (9.0 * degrees);
    (libm::cbrt(value / degrees) - (1.0 - variance)) / variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_of_many_is_as_likely_as_bonferroni_says() {
        // Tables of the normal distribution: 1 - 0.9999 / 2 at 3.8906, 1 - 0.999 / 2 at 3.2905.
        assert!((of_largest(3.8906, 10) - 3.2905).abs() < 1e-3);
        assert!((of_largest(-3.8906, 10) + 3.2905).abs() < 1e-3);
        assert_eq!(of_largest(1.0, 10), 0.0);
        assert_eq!(of_largest(5.0, 1), 5.0);
        // The two branches meet.
        let (near, far) = (of_largest(29.999, 100), of_largest(30.001, 100));
        assert!((near - far).abs() < 0.01, "{near} {far}");
    }
}
