//! Probabilities of the negative binomial distribution by the number of failures that it counts
//! successes before.

use super::counts::{Expansion, LEAST};

/// Largest number n of failures, one over the dispersion: beyond, the law is Poisson's, and
/// differences of gamma functions lose their digits.
const MOST: f64 = 1e7;

/// Number n of failures for a precision, which is one over the square of the dispersion.
pub(super) fn failures(precision: f64) -> f64 {
    precision.sqrt().min(MOST)
}

/// Half the loss: minus the logarithm of the probability, with the Poisson law's about the datum
/// left out.
pub(super) fn expansion(prediction: f64, y: f64, n: f64) -> Expansion {
    let h = prediction.max(LEAST);
    let of_datum = if y > 0.0 { y * libm::log(y / h) } else { 0.0 };
    let gammas = libm::lgamma(n) - libm::lgamma(y + n) + y * libm::log(n + h);
    let at = Expansion {
        value: gammas + n * libm::log1p(h / n) - y + of_datum,
        slope: n * (h - y) / (h * (n + h)),
        second: y / (h * h) - (n + y) / ((n + h) * (n + h)),
    };
    match prediction < LEAST {
        // With a curvature that does not depend on the dispersion.
        true => Expansion {
            second: y.max(1.0) / (LEAST * LEAST),
            ..at
        }
        .beyond(prediction - LEAST),
        false => at,
    }
}

/// Logarithm of the probability of a count y about its mean h.
pub(super) fn log_probability(y: f64, h: f64, n: f64) -> f64 {
    let poisson = if y > 0.0 { y * libm::log(y) - y } else { 0.0 };
    -expansion(h, y, n).value + poisson - libm::lgamma(y + 1.0)
}
