//! Probability of a normal number between two ends, with its derivatives.

use std::f64::consts::{SQRT_2, TAU};

/// Derivatives of `L = -log(Phi(b) - Phi(a))` in a common shift of both ends, and in their scale.
pub(super) struct Terms {
    pub value: f64,
    pub slope: f64,
    pub second: f64,
    pub of_scale: f64,
    pub second_of_scale: f64,
    pub cross: f64,
}

fn density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / TAU.sqrt()
}

/// Probability between two ends: of the tail that both are in, so that it keeps its digits.
pub(super) fn between(a: f64, b: f64) -> f64 {
    let upper = |z: f64| 0.5 * libm::erfc(z / SQRT_2);
    match a > 0.0 {
        true => upper(a) - upper(b),
        false => upper(-b) - upper(-a),
    }
}

/// Distance beyond which one end of the interval is an asymptote.
const FAR: f64 = 30.0;

pub(super) fn terms(a: f64, b: f64) -> Terms {
    let near = if a > -b { a } else { -b };
    if near > FAR {
        // Far away the probability is the density at the near end over its distance.
        let sign = if a > -b { 1.0 } else { -1.0 };
        let square = near * near;
        return Terms {
            value: 0.5 * square + libm::log(near * TAU.sqrt()),
            slope: -sign * (near + 1.0 / near),
            second: 1.0 - 1.0 / square,
            of_scale: -square - 1.0,
            second_of_scale: 2.0 * square,
            cross: sign * (2.0 * near),
        };
    }
    let finite = |z: f64| if z.is_finite() { z } else { 0.0 };
    let (p, x, y) = (between(a, b), finite(a), finite(b));
    let [pa, pb] = [a, b].map(|z| density(z) / p);
    let (g, m) = (pb - pa, y * pb - x * pa);
    let cube = y * y * y * pb - x * x * x * pa;
    Terms {
        value: -libm::log(p),
        slope: g,
        second: m + g * g,
        of_scale: m,
        second_of_scale: cube - m + m * m,
        cross: -g + (y * y * pb - x * x * pa) + g * m,
    }
}
