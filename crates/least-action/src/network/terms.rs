//! Terms of a network's action that are sums over single unknowns: measurements and priors.

use super::problem::{LayerTarget, ProblemParts};
use crate::action::in_four;
use crate::action::noise::{with_loss, Loss, ResidualRow};

/// Factor of the summed losses of measurements.
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
        sum += with_loss!(target.law, loss => losses(loss, target, x));
    }
    measurement_factor(parts) * sum
}

/// A number of the layer and what was measured of it, NaN where nothing was: then all is zero. A
/// choice between both would be a jump, at every number by itself.
#[inline(always)]
pub(super) fn row(loss: impl Loss, x: f64, y: f64, precision: f64) -> ResidualRow {
    let measured = u64::from(!y.is_nan()).wrapping_neg();
    let kept = |value: f64| f64::from_bits(value.to_bits() & measured);
    ResidualRow::new(kept(loss.residual(x, y)), kept(y), precision)
}

/// Sum of the losses at one layer.
fn losses(loss: impl Loss, target: &LayerTarget, x: &[f64]) -> f64 {
    let width = target.precision.len();
    let mut sum = 0.0;
    let rows = target.values.chunks_exact(width);
    let (precision, precision_rest) = target.precision.as_chunks::<4>();
    for (y, x) in rows.zip(x.chunks_exact(width)) {
        let mut partial = [0.0; 4];
        let mut add = |k: usize, y: f64, x: f64, precision: f64| {
            let row = row(loss, x, y, precision);
            partial[k] += loss.value(precision * row.residual * row.residual, row);
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

/// Adds half of `factor` times the derivatives of the losses at one layer.
pub(super) fn add_slopes(target: &LayerTarget, factor: f64, x: &[f64], dx: &mut [f64]) {
    each_row(target, x, dx, |dx, residual, weight, _| {
        *dx += factor * weight * residual
    });
}

/// Writes them over zeros, so that there is no negative zero.
pub(super) fn write_slopes(target: &LayerTarget, factor: f64, x: &[f64], dx: &mut [f64]) {
    each_row(target, x, dx, |dx, residual, weight, _| {
        *dx = 0.0 + factor * weight * residual
    });
}

/// Tells `to` the residual and the weight of every number of a layer as rows of least squares, each
/// with a number of `into`, and whether it was measured: else the residual is zero.
#[inline(always)]
pub(super) fn each_row(
    target: &LayerTarget,
    x: &[f64],
    into: &mut [f64],
    mut to: impl FnMut(&mut f64, f64, f64, bool),
) {
    let width = target.precision.len();
    let rows = target.values.chunks_exact(width).zip(x.chunks_exact(width));
    with_loss!(target.law, loss => {
        for ((y, x), into) in rows.zip(into.chunks_exact_mut(width)) {
            let values = y.iter().zip(x).zip(&target.precision);
            for (into, ((y, x), precision)) in into.iter_mut().zip(values) {
                let (residual, weight) = loss.linearize(row(loss, *x, *y, *precision));
                to(into, residual, weight, !y.is_nan());
            }
        }
    });
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
