//! Terms of a network's action that are sums over single unknowns: measurements and priors.

use super::problem::{LayerTarget, ProblemParts};
use crate::action::in_four;

/// Factor of the sum of `R_m (x - y)^2`.
pub(super) fn measurement_factor(parts: &ProblemParts) -> f64 {
    parts.normalization.factor(parts.measured)
}

/// Factor of the sum of the priors. They count beside the measurements as in the posterior.
pub(super) fn prior_factor(parts: &ProblemParts) -> f64 {
    parts.normalization.factor(parts.measured)
}

/// Measurement error: the part of the action that belongs to the data.
pub(super) fn measurement_error(parts: &ProblemParts, x: &[f64]) -> f64 {
    let mut sum = 0.0;
    for target in &parts.targets {
        let x = &x[parts.starts[target.layer]..];
        sum += squares(target, x);
    }
    measurement_factor(parts) * sum
}

/// The error `x - y`, or zero if y is NaN: not measured. A branch would be a jump for every number.
#[inline(always)]
fn error(x: f64, y: f64) -> f64 {
    let measured = u64::from(!y.is_nan()).wrapping_neg();
    f64::from_bits((x - y).to_bits() & measured)
}

/// Sum of `R_m (x - y)^2` at one layer.
fn squares(target: &LayerTarget, x: &[f64]) -> f64 {
    let width = target.precision.len();
    let mut sum = 0.0;
    let rows = target.values.chunks_exact(width);
    let (precision, precision_rest) = target.precision.as_chunks::<4>();
    for (y, x) in rows.zip(x.chunks_exact(width)) {
        let mut partial = [0.0; 4];
        let mut add = |k: usize, y: f64, x: f64, precision: f64| {
            let error = error(x, y);
            partial[k] += precision * error * error;
        };
        let ((y, y_rest), (x, x_rest)) = (y.as_chunks::<4>(), x.as_chunks::<4>());
        for ((y, x), precision) in y.iter().zip(x).zip(precision) {
            for k in 0..4 {
                add(k, y[k], x[k], precision[k]);
            }
        }
        for (k, ((y, x), precision)) in y_rest.iter().zip(x_rest).zip(precision_rest).enumerate() {
            add(k, *y, *x, *precision);
        }
        sum += (partial[0] + partial[1]) + (partial[2] + partial[3]);
    }
    sum
}

/// Adds `factor R_m (x - y)` at one layer to `dx`.
pub(super) fn add_slopes(target: &LayerTarget, factor: f64, x: &[f64], dx: &mut [f64]) {
    each_slope(target, factor, x, dx, |dx, slope| *dx += slope);
}

/// Writes `factor R_m (x - y)` at one layer to `dx`. It is added to zeros, so that no zero is
/// negative.
pub(super) fn write_slopes(target: &LayerTarget, factor: f64, x: &[f64], dx: &mut [f64]) {
    each_slope(target, factor, x, dx, |dx, slope| *dx = 0.0 + slope);
}

/// Applies `to` to each number of `dx` and to its slope `factor R_m (x - y)`.
#[inline(always)]
fn each_slope(
    target: &LayerTarget,
    factor: f64,
    x: &[f64],
    dx: &mut [f64],
    to: impl Fn(&mut f64, f64),
) {
    let width = target.precision.len();
    let rows = target.values.chunks_exact(width).zip(x.chunks_exact(width));
    for ((y, x), dx) in rows.zip(dx.chunks_exact_mut(width)) {
        let values = y.iter().zip(x).zip(&target.precision);
        for (dx, ((y, x), precision)) in dx.iter_mut().zip(values) {
            let error = error(*x, *y);
            to(dx, factor * precision * error);
        }
    }
}

/// Part of the action that belongs to the priors of the weights.
pub(super) fn prior_error(parts: &ProblemParts, weights: &[f64]) -> f64 {
    let mut sum = 0.0;
    for prior in &parts.priors {
        let squares = in_four(&weights[prior.weights.clone()], |w| {
            (w - prior.mean) * (w - prior.mean)
        });
        sum += prior.precision * squares;
    }
    prior_factor(parts) * sum
}

/// Adds the slopes of [`prior_error`] in the weights.
pub(super) fn add_prior_slopes(parts: &ProblemParts, weights: &[f64], dw: &mut [f64]) {
    let factor = 2.0 * prior_factor(parts);
    for prior in &parts.priors {
        let runs = dw[prior.weights.clone()].iter_mut();
        for (slope, w) in runs.zip(&weights[prior.weights.clone()]) {
            *slope += factor * prior.precision * (w - prior.mean);
        }
    }
}

/// Adds the slopes of [`measurement_error`] in the activations.
pub(super) fn add_measurement_slopes(parts: &ProblemParts, x: &[f64], dx: &mut [f64]) {
    let factor = 2.0 * measurement_factor(parts);
    for target in &parts.targets {
        let range = parts.starts[target.layer]..parts.starts[target.layer + 1];
        add_slopes(target, factor, &x[range.clone()], &mut dx[range]);
    }
}
