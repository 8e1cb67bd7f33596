//! Distribution functions and quantiles of the laws that intervals are made of.

mod gamma;
mod gammas;
mod student;

pub(crate) use gamma::chi_square_quantile;
pub(crate) use gammas::{digamma, polygamma, trigamma};
pub(crate) use student::{student_quantile, student_share_below};

/// Standard normal number that is exceeded with a probability of at most a half.
pub(crate) fn normal_score(probability: f64) -> f64 {
    bisect(0.0, 40.0, |z| {
        0.5 * libm::erfc(z / std::f64::consts::SQRT_2) > probability
    })
}

/// Root of an increasing function between two ends, to the last digits.
fn bisect(mut low: f64, mut high: f64, below: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        match below(middle) {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}
