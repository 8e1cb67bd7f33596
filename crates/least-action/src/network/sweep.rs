//! Passes through all layers: activations forward, slopes backward.

use super::action::{map_arguments, residual_rows};
use super::pass::Pass;
use super::problem::ProblemParts;

/// Writes the activations behind the inputs to `x`, which holds those of the inputs, and to `kept`
/// the numbers that derivatives need. `innovations`, times their scale, are added to the values of
/// the layers. They are in the order of the activations, without those of the inputs. Without them,
/// the layers hold exactly.
pub(super) fn forward(
    parts: &ProblemParts,
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
        let at = map_arguments(parts, l, before, weights);
        pass.forward(at, &mut kept[rows.clone()], after);
        if let Some((scale, innovations)) = innovations {
            for (x, innovation) in after.iter_mut().zip(&innovations[rows]) {
                *x += scale * innovation;
            }
        }
    }
}

/// Backpropagation. At first, `dx` holds the slopes of a function in each activation while the
/// others stay. At the end, it holds the slopes if all layers behind follow. The slopes in the
/// weights are added to `dw`. `along` is memory for the widest layer.
pub(super) fn backward(
    parts: &ProblemParts,
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
        let at = map_arguments(parts, l, x, weights);
        let before = &mut before[parts.starts[l]..];
        pass.pull_back(at, &kept[rows], along, before, dw);
    }
}
