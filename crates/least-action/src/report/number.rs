//! Conversion of numbers to text.

/// Number with six decimals, or in powers of ten where it is too large or too small for them.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e7).contains(&size) {
        format!("{value:.6}")
    } else {
        format!("{value:.5e}")
    }
}

/// Number with the fewest digits that tell it apart from others.
pub(crate) fn shortest(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-5..1e9).contains(&size) {
        format!("{value}")
    } else {
        format!("{value:e}")
    }
}

/// Number with five significant digits.
pub(crate) fn figure(value: f64) -> String {
    let size = value.abs();
    if value.is_nan() {
        "-".into()
    } else if value == 0.0 {
        "0".into()
    } else if (1e-3..1e6).contains(&size) {
        let before = libm::floor(libm::log10(size)) as i32;
        let decimals = (4 - before).max(0) as usize;
        format!("{value:.decimals$}")
    } else {
        format!("{value:.4e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_and_large_numbers_stay_readable() {
        assert_eq!(number(8.17), "8.170000");
        assert_eq!(number(2e-7), "2.00000e-7");
        assert_eq!(shortest(1e-160), "1e-160");
        assert_eq!(shortest(0.025), "0.025");
    }

    #[test]
    fn figures_have_five_digits() {
        assert_eq!(figure(-12.345678), "-12.346");
        assert_eq!(figure(0.0123456), "0.012346");
        assert_eq!(figure(123456.7), "123457");
        assert_eq!(figure(1.5e-7), "1.5000e-7");
        assert_eq!(figure(f64::INFINITY), "inf");
    }
}
