//! Residuals of a stencil and their transposed derivative. Coefficients are constants of the type,
//! so that loops over points and rows unroll and coefficients of zero or one cost nothing.

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
    let (d, h) = (flow.dimension, S::STENCIL.factor(flow.time_step()));
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
    // Blocks of one row lie side by side: they are one long block.
    let length = if rows == 1 { r.len() } else { d };
    for (b, r) in r.chunks_exact_mut(rows * length).enumerate() {
        let first = b * S::STENCIL.reach.stride * d;
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
    let row = &S::STENCIL.rows[R];
    // Minus zero is what adding to changes no bit.
    let (mut from, mut sum) = (-0.0, -0.0);
    for &k in row.from {
        from += x[k][i];
    }
    for (k, &slope) in row.slopes.iter().enumerate() {
        if slope != 0.0 {
            sum += slope * f[k][i];
        }
    }
    x[row.to][i] - row.share() * from - h / row.divisor * sum
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
    let (d, h) = (flow.dimension, S::STENCIL.factor(flow.time_step()));
    let size = slopes_size::<S>(path, d);
    let adjoint = &mut stage.adjoint[..size];
    adjoint[..shared_points::<S>() * d].fill(0.0);
    let rows = S::STENCIL.rows.len();
    let length = if rows == 1 { w.len() } else { d };
    for (b, w) in w.chunks_exact(rows * length).enumerate() {
        let first = b * S::STENCIL.reach.stride * d;
        let (path, slopes) = (&mut gradient.path[first..], &mut adjoint[first..]);
        if rows == 1 {
            // From the last point back, as the points of a long block overlap.
            for k in (0..S::STENCIL.reach.span).rev() {
                let at_point = &mut path[k * d..][..length];
                for (to, w) in at_point.iter_mut().zip(w) {
                    *to = states::<S>(k, *to, [*w, 0.0]);
                }
            }
            for k in (0..S::STENCIL.width()).rev() {
                let at_point = &mut slopes[k * d..][..length];
                for (to, w) in at_point.iter_mut().zip(w) {
                    *to = slope::<S>(k, h, *to, [*w, 0.0]);
                }
            }
        } else {
            let (w1, w2) = w.split_at(length);
            let (x0, x1, x2) = triple_mut(path, d);
            let (f0, f1, f2) = triple_mut(slopes, d);
            for i in 0..length {
                let w = [w1[i], w2[i]];
                x0[i] = states::<S>(0, x0[i], w);
                x1[i] = states::<S>(1, x1[i], w);
                x2[i] = states::<S>(2, x2[i], w);
                f0[i] = slope::<S>(0, h, f0[i], w);
                f1[i] = slope::<S>(1, h, f1[i], w);
                f2[i] = slope::<S>(2, h, f2[i], w);
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

/// Gradient at a block's k-th point, with the share of the adjoints `w` of the rows added.
#[inline(always)]
fn states<S: StencilScheme>(k: usize, gradient: f64, w: [f64; 2]) -> f64 {
    let mut sum = -0.0;
    for (row, w) in S::STENCIL.rows.iter().zip(w) {
        if row.state(k) != 0.0 {
            sum += row.state(k) * w;
        }
    }
    gradient + sum
}

/// Adjoint of the slope at a block's k-th point. `adjoint` is the share of the block before, if
/// that has the slope too.
#[inline(always)]
fn slope<S: StencilScheme>(k: usize, h: f64, adjoint: f64, w: [f64; 2]) -> f64 {
    let mut sum = -0.0;
    for (row, w) in S::STENCIL.rows.iter().zip(w) {
        if k < row.slopes.len() && row.slopes[k] != 0.0 {
            sum += -(h / row.divisor) * row.slopes[k] * w;
        }
    }
    if k < shared_points::<S>() {
        adjoint + sum
    } else {
        sum
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
#[inline(always)]
fn shared_points<S: StencilScheme>() -> usize {
    S::STENCIL.width().saturating_sub(S::STENCIL.reach.stride)
}
