//! Residuals of a stencil and their transposed derivative. Coefficients are constants of the type,
//! and sums over points and rows are written out, so that coefficients of zero or one cost nothing.
//! Compilers unroll such loops for a processor, but not for WebAssembly.

use super::StencilScheme;
use crate::action::discretization::scheme::{Flow, Gradient, Stage};

/// Largest number of points that a block touches.
const SPAN: usize = 3;

/// Writes the residuals of a stencil along the path of one segment.
pub(super) fn residuals<S: StencilScheme>(
    flow: &mut Flow,
    path: &[f64],
    stage: &mut Stage,
    r: &mut [f64],
) {
    let d = flow.dimension;
    let size = slopes_size::<S>(path, d);
    let slopes = &mut stage.derivative[..size];
    let states = if S::STENCIL.halfway {
        let middles = &mut stage.states[..size];
        for ((middle, x), y) in middles.iter_mut().zip(path).zip(&path[d..]) {
            *middle = 0.5 * (x + y);
        }
        middles
    } else {
        &path[..size]
    };
    flow.evaluate(S::STENCIL.instants(), states, slopes, &mut stage.kept);
    let rows = S::STENCIL.rows.len();
    // Blocks of one row and one step lie side by side: they are one long block.
    let is_long = rows == 1 && flow.is_even();
    let length = if is_long { r.len() } else { d };
    for (b, r) in r.chunks_exact_mut(rows * length).enumerate() {
        let first = b * S::STENCIL.reach.stride * d;
        let h = S::STENCIL.factor(flow.step(b * S::STENCIL.reach.stride));
        let x = at_points(&path[first..], d, length, S::STENCIL.reach.span);
        let f = at_points(&slopes[first..], d, length, S::STENCIL.width());
        let (r1, r2) = r.split_at_mut(length);
        if rows == 1 {
            for (i, r) in r1.iter_mut().enumerate() {
                *r = residual::<S, 0>(h, &x, &f, i);
            }
        } else {
            for (i, (r1, r2)) in r1.iter_mut().zip(r2).enumerate() {
                *r1 = residual::<S, 0>(h, &x, &f, i);
                *r2 = residual::<S, 1>(h, &x, &f, i);
            }
        }
    }
}

/// Component `i` of the R-th row of a block.
#[inline(always)]
fn residual<S: StencilScheme, const R: usize>(
    h: f64,
    x: &[&[f64]; SPAN],
    f: &[&[f64]; SPAN],
    i: usize,
) -> f64 {
    let row = const { S::STENCIL.row(R) };
    // Minus zero is what adding to changes no bit.
    let from = state_added::<S, R, 0>(-0.0, x, i);
    let from = state_added::<S, R, 1>(from, x, i);
    let from = state_added::<S, R, 2>(from, x, i);
    let sum = slope_added::<S, R, 0>(-0.0, f, i);
    let sum = slope_added::<S, R, 1>(sum, f, i);
    let sum = slope_added::<S, R, 2>(sum, f, i);
    x[row.to][i] - row.share() * from - h / row.divisor * sum
}

/// Sum with the state at the K-th point of a block, if the mean of the R-th row takes it.
#[inline(always)]
fn state_added<S: StencilScheme, const R: usize, const K: usize>(
    sum: f64,
    x: &[&[f64]; SPAN],
    i: usize,
) -> f64 {
    match const { S::STENCIL.row(R).is_from(K) } {
        true => sum + x[K][i],
        false => sum,
    }
}

/// Sum with the slope at the K-th point of a block times its coefficient in the R-th row.
#[inline(always)]
fn slope_added<S: StencilScheme, const R: usize, const K: usize>(
    sum: f64,
    f: &[&[f64]; SPAN],
    i: usize,
) -> f64 {
    let slope = const { S::STENCIL.row(R).slope_at(K) };
    match slope != 0.0 {
        true => sum + slope * f[K][i],
        false => sum,
    }
}

/// Values at the points of a block, `length` numbers from each.
#[inline(always)]
fn at_points(values: &[f64], d: usize, length: usize, points: usize) -> [&[f64]; SPAN] {
    std::array::from_fn(|k| match k < points {
        true => &values[k * d..][..length],
        false => &[],
    })
}

/// Adds the transposed derivative of a stencil's residuals, times the adjoint `w`, to the gradient.
pub(super) fn pull_back<S: StencilScheme>(
    flow: &mut Flow,
    path: &[f64],
    stage: &mut Stage,
    w: &[f64],
    gradient: &mut Gradient,
) {
    let d = flow.dimension;
    let size = slopes_size::<S>(path, d);
    let adjoint = &mut stage.adjoint[..size];
    adjoint[..shared_points::<S>() * d].fill(0.0);
    let rows = S::STENCIL.rows.len();
    let is_long = rows == 1 && flow.is_even();
    let length = if is_long { w.len() } else { d };
    for (b, w) in w.chunks_exact(rows * length).enumerate() {
        let first = b * S::STENCIL.reach.stride * d;
        let h = S::STENCIL.factor(flow.step(b * S::STENCIL.reach.stride));
        let (path, slopes) = (&mut gradient.path[first..], &mut adjoint[first..]);
        if rows == 1 {
            // From the last point back, as the points of a long block overlap.
            add_states::<S, 2>(path, d, w);
            add_states::<S, 1>(path, d, w);
            add_states::<S, 0>(path, d, w);
            add_slopes::<S, 2>(slopes, d, h, w);
            add_slopes::<S, 1>(slopes, d, h, w);
            add_slopes::<S, 0>(slopes, d, h, w);
        } else {
            let (w1, w2) = w.split_at(length);
            let (x0, x1, x2) = triple_mut(path, d);
            let (f0, f1, f2) = triple_mut(slopes, d);
            for i in 0..length {
                let w = [w1[i], w2[i]];
                x0[i] = states::<S, 0>(x0[i], w);
                x1[i] = states::<S, 1>(x1[i], w);
                x2[i] = states::<S, 2>(x2[i], w);
                f0[i] = slope::<S, 0>(h, f0[i], w);
                f1[i] = slope::<S, 1>(h, f1[i], w);
                f2[i] = slope::<S, 2>(h, f2[i], w);
            }
        }
    }
    let instants = S::STENCIL.instants();
    if S::STENCIL.halfway {
        // The derivatives have served; their room takes the gradient at the midpoints.
        let at_middles = &mut stage.derivative[..size];
        at_middles.fill(0.0);
        flow.pull_back(
            instants,
            &stage.states[..size],
            &stage.kept,
            adjoint,
            at_middles,
            gradient.parameters,
        );
        for (to, g) in gradient.path.iter_mut().zip(at_middles.iter()) {
            *to += 0.5 * g;
        }
        for (to, g) in gradient.path[d..].iter_mut().zip(at_middles.iter()) {
            *to += 0.5 * g;
        }
    } else {
        flow.pull_back(
            instants,
            &path[..size],
            &stage.kept,
            adjoint,
            &mut gradient.path[..size],
            gradient.parameters,
        );
    }
}

/// Adds the share of the adjoints `w` of a long block to the gradient at its K-th points.
#[inline(always)]
fn add_states<S: StencilScheme, const K: usize>(path: &mut [f64], d: usize, w: &[f64]) {
    if K < S::STENCIL.reach.span {
        let at_point = &mut path[K * d..][..w.len()];
        for (to, w) in at_point.iter_mut().zip(w) {
            *to = states::<S, K>(*to, [*w, 0.0]);
        }
    }
}

/// Adds the share of the adjoints `w` of a long block to those of the slopes at its K-th points.
#[inline(always)]
fn add_slopes<S: StencilScheme, const K: usize>(slopes: &mut [f64], d: usize, h: f64, w: &[f64]) {
    if K < S::STENCIL.width() {
        let at_point = &mut slopes[K * d..][..w.len()];
        for (to, w) in at_point.iter_mut().zip(w) {
            *to = slope::<S, K>(h, *to, [*w, 0.0]);
        }
    }
}

/// Gradient at a block's K-th point, with the share of the adjoints `w` of the rows added.
#[inline(always)]
fn states<S: StencilScheme, const K: usize>(gradient: f64, w: [f64; 2]) -> f64 {
    let sum = adjoint_of_state::<S, 0, K>(-0.0, w[0]);
    gradient + adjoint_of_state::<S, 1, K>(sum, w[1])
}

/// Sum with the adjoint of the R-th row times its coefficient of the state at the K-th point.
#[inline(always)]
fn adjoint_of_state<S: StencilScheme, const R: usize, const K: usize>(sum: f64, w: f64) -> f64 {
    let coefficient = const { S::STENCIL.coefficient(R, K) };
    match coefficient != 0.0 {
        true => sum + coefficient * w,
        false => sum,
    }
}

/// Adjoint of the slope at a block's K-th point. `adjoint` is the share of the block before, if
/// that has the slope too.
#[inline(always)]
fn slope<S: StencilScheme, const K: usize>(h: f64, adjoint: f64, w: [f64; 2]) -> f64 {
    let sum = adjoint_of_slope::<S, 0, K>(-0.0, h, w[0]);
    let sum = adjoint_of_slope::<S, 1, K>(sum, h, w[1]);
    match const { K < shared_points::<S>() } {
        true => adjoint + sum,
        false => sum,
    }
}

/// Sum with the adjoint of the R-th row times its coefficient of the slope at the K-th point.
#[inline(always)]
fn adjoint_of_slope<S: StencilScheme, const R: usize, const K: usize>(
    sum: f64,
    h: f64,
    w: f64,
) -> f64 {
    let has_row = const { R < S::STENCIL.rows.len() };
    let row = const { S::STENCIL.row(R) };
    let slope = const { S::STENCIL.row(R).slope_at(K) };
    match has_row && slope != 0.0 {
        true => sum + -(h / row.divisor) * slope * w,
        false => sum,
    }
}

#[inline(always)]
fn triple_mut(rows: &mut [f64], d: usize) -> (&mut [f64], &mut [f64], &mut [f64]) {
    let (a, rest) = rows[..3 * d].split_at_mut(d);
    let (b, c) = rest.split_at_mut(d);
    (a, b, c)
}

/// Number of values that the slopes of a path take.
#[inline(always)]
fn slopes_size<S: StencilScheme>(path: &[f64], d: usize) -> usize {
    let last = S::STENCIL.reach.span - S::STENCIL.width();
    path.len() - last * d
}

/// Number of slopes that a block shares with the one before it.
const fn shared_points<S: StencilScheme>() -> usize {
    S::STENCIL.width().saturating_sub(S::STENCIL.reach.stride)
}
