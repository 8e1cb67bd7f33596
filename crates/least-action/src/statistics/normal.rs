//! The normal distribution.

/// Standard normal distribution function; a step if the deviation is 0.
pub(in crate::statistics) fn share_below(z: f64) -> f64 {
    if z.is_nan() {
        return 1.0;
    }
    0.5 * libm::erfc(-z / std::f64::consts::SQRT_2)
}

/// Inverse of the standard normal distribution function, by bisection, as it is needed once per
/// band only.
pub(in crate::statistics) fn normal_quantile(probability: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        match share_below(middle) < probability {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}
