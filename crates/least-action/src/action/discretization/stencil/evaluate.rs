//! Residuals of a stencil and their transposed derivative. Coefficients are constants of the type,
//! so that loops over points and rows unroll and what is zero or one costs nothing.

use super::{Row, StencilScheme};
use crate::action::discretization::scheme::{Flow, Gradient, Stage};

/// Points that a block touches at most.
const SPAN: usize = 3;

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
        let (path, slopes) = (&path[first..], &slopes[first..]);
        let (r1, r2) = r.split_at_mut(length);
        row_residuals::<S, 0>(h, d, path, slopes, r1);
        if rows > 1 {
            row_residuals::<S, 1>(h, d, path, slopes, r2);
        }
    }
}

#[inline(always)]
fn row_residuals<S: StencilScheme, const R: usize>(
    h: f64,
    d: usize,
    path: &[f64],
    slopes: &[f64],
    r: &mut [f64],
) {
    let row = &S::STENCIL.rows[R];
    let factor = h / row.divisor;
    let x = at_points(path, d, r.len(), S::STENCIL.reach.span);
    let f = at_points(slopes, d, r.len(), row.slopes.len());
    for (i, r) in r.iter_mut().enumerate() {
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
        *r = x[row.to][i] - row.share() * from - factor * sum;
    }
}

/// The values at the points of a block, `length` numbers from each.
#[inline(always)]
fn at_points(values: &[f64], d: usize, length: usize, points: usize) -> [&[f64]; SPAN] {
    std::array::from_fn(|k| match k < points {
        true => &values[k * d..][..length],
        false => &[],
    })
}

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
        let w = w.split_at(length);
        // From the last point back, as a long block's points overlap.
        point_adjoints::<S, 2>(h, d, w, (path, slopes));
        point_adjoints::<S, 1>(h, d, w, (path, slopes));
        point_adjoints::<S, 0>(h, d, w, (path, slopes));
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

/// Adds what the adjoints `w` of a block's rows contribute to the gradient at the block's K-th
/// point, and writes what the slope there counts for.
#[inline(always)]
fn point_adjoints<S: StencilScheme, const K: usize>(
    h: f64,
    d: usize,
    w: (&[f64], &[f64]),
    (gradient, adjoint): (&mut [f64], &mut [f64]),
) {
    let length = w.0.len();
    if K < S::STENCIL.reach.span {
        let state = |row: &Row| Some(row.state(K)).filter(|c| *c != 0.0);
        let gradient = &mut gradient[K * d..][..length];
        combine(by_row::<S>(state), w, gradient, true);
    }
    if K < S::STENCIL.width() {
        let slope = |row: &Row| {
            let slope = row.slopes.get(K).filter(|c| **c != 0.0)?;
            Some(-(h / row.divisor) * slope)
        };
        let adjoint = &mut adjoint[K * d..][..length];
        let is_shared = K < shared_points::<S>();
        combine(by_row::<S>(slope), w, adjoint, is_shared);
    }
}

/// A coefficient of each row.
#[inline(always)]
fn by_row<S: StencilScheme>(coefficient: impl Fn(&Row) -> Option<f64>) -> [Option<f64>; 2] {
    std::array::from_fn(|r| S::STENCIL.rows.get(r).and_then(&coefficient))
}

/// Writes or adds the adjoints of the rows times their coefficients.
#[inline(always)]
fn combine(
    coefficients: [Option<f64>; 2],
    (w1, w2): (&[f64], &[f64]),
    to: &mut [f64],
    is_added: bool,
) {
    let length = to.len();
    match coefficients {
        [Some(a), Some(b)] => {
            let (w1, w2) = (&w1[..length], &w2[..length]);
            write(to, is_added, |i| a * w1[i] + b * w2[i]);
        }
        [Some(a), None] => {
            let w1 = &w1[..length];
            write(to, is_added, |i| a * w1[i]);
        }
        [None, Some(b)] => {
            let w2 = &w2[..length];
            write(to, is_added, |i| b * w2[i]);
        }
        [None, None] if is_added => {}
        [None, None] => to.fill(0.0),
    }
}

#[inline(always)]
fn write(to: &mut [f64], is_added: bool, value: impl Fn(usize) -> f64) {
    for (i, to) in to.iter_mut().enumerate() {
        *to = if is_added { *to + value(i) } else { value(i) };
    }
}

/// Numbers that the slopes of a path take.
#[inline(always)]
fn slopes_size<S: StencilScheme>(path: &[f64], d: usize) -> usize {
    let last = S::STENCIL.reach.span - S::STENCIL.width();
    path.len() - last * d
}

/// Slopes that a block shares with the one before it.
#[inline(always)]
fn shared_points<S: StencilScheme>() -> usize {
    S::STENCIL.width().saturating_sub(S::STENCIL.reach.stride)
}
