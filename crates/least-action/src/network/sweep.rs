//! All layers one after the other: activations forward, slopes backward.

use super::action::{at, residual_rows};
use super::pass::Pass;
use super::problem::Parts;

/// Writes the activations behind the inputs, which are in `x` already, and what their derivatives
/// need to `kept`; `innovations`, scaled, are added to what the layers say, in the order of the
/// activations with those of the inputs left out. None are zero.
pub(super) fn forward(
    parts: &Parts,
    pass: &mut Pass,
    weights: &[f64],
    innovations: Option<(f64, &[f64])>,
    x: &mut [f64],
    kept: &mut [f64],
) {
    for l in 0..parts.network.depth() {
        let (before, after) = x.split_at_mut(parts.starts[l + 1]);
        let rows = residual_rows(parts, l);
        let after = &mut after[..rows.len()];
        let at = at(parts, l, before, weights);
        pass.forward(at, &mut kept[rows.clone()], after);
        if let Some((scale, innovations)) = innovations {
            for (x, innovation) in after.iter_mut().zip(&innovations[rows]) {
                *x += scale * innovation;
            }
        }
    }
}

/// Backpropagation: `dx` are the slopes of a function in the activations where each is on its own,
/// and become those where it moves all layers behind it; those in the weights are added to `dw`.
/// `along` is memory for the widest layer.
pub(super) fn backward(
    parts: &Parts,
    pass: &mut Pass,
    (weights, x, kept): (&[f64], &[f64], &[f64]),
    along: &mut [f64],
    dx: &mut [f64],
    dw: &mut [f64],
) {
    for l in (0..parts.network.depth()).rev() {
        let (before, after) = dx.split_at_mut(parts.starts[l + 1]);
        let rows = residual_rows(parts, l);
        let along = &mut along[..rows.len()];
        along.copy_from_slice(&after[..rows.len()]);
        let at = at(parts, l, x, weights);
        let before = &mut before[parts.starts[l]..];
        pass.pull_back(at, &kept[rows], along, before, dw);
    }
}
