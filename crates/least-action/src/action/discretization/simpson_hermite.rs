use super::stencil::{Row, Stencil};
use super::{Flow, Gradient, Instants, Scheme, Stages};

/// On triples (0, 1, 2) of points with shared ends, as in varanneal and minAone:
/// `r1 = x_2 - x_0 - (2h/6) (f_0 + 4 f_1 + f_2)` and
/// `r2 = x_1 - (x_0 + x_2)/2 - (2h/8) (f_0 - f_2)`. Rows alternate r1, r2.
pub(super) struct SimpsonHermite;

impl Scheme for SimpsonHermite {
    fn stencil(&self) -> Option<Stencil> {
        const ROWS: &[Row] = &[
            Row {
                states: &[-1.0, 0.0, 1.0],
                slopes: &[-1.0 / 3.0, -4.0 / 3.0, -1.0 / 3.0],
            },
            Row {
                states: &[-0.5, 1.0, -0.5],
                slopes: &[-0.25, 0.0, 0.25],
            },
        ];
        Some(Stencil {
            span: 3,
            stride: 2,
            rows: ROWS,
            instants: Instants::Points,
            by_step: true,
        })
    }

    fn stages(&self) -> usize {
        1
    }

    fn residuals(&self, flow: &mut Flow, h: f64, path: &[f64], work: &mut Stages, r: &mut [f64]) {
        let d = flow.dimension;
        let stage = &mut work.0[0];
        let f = &mut stage.derivative[..];
        flow.evaluate(Instants::Points, path, f, &mut stage.kept);
        let (third, quarter) = (h / 3.0, h / 4.0);
        for (n, rows) in r.chunks_exact_mut(2 * d).enumerate() {
            let (r1, r2) = rows.split_at_mut(d);
            let (x0, x1, x2) = triple(path, n, d);
            let (f0, f1, f2) = triple(f, n, d);
            for i in 0..d {
                r1[i] = x2[i] - x0[i] - third * (f0[i] + 4.0 * f1[i] + f2[i]);
                r2[i] = x1[i] - 0.5 * (x0[i] + x2[i]) - quarter * (f0[i] - f2[i]);
            }
        }
    }

    fn pull_back(
        &self,
        flow: &mut Flow,
        h: f64,
        path: &[f64],
        work: &mut Stages,
        w: &[f64],
        gradient: &mut Gradient,
    ) {
        let d = flow.dimension;
        let (third, quarter) = (h / 3.0, h / 4.0);
        let stage = &mut work.0[0];
        let adjoint = &mut stage.adjoint[..];
        adjoint[..d].fill(0.0);
        for (n, rows) in w.chunks_exact(2 * d).enumerate() {
            let (w1, w2) = rows.split_at(d);
            let first = 2 * n * d;
            let (x0, x1, x2) = triple_mut(&mut gradient.path[first..], d);
            for i in 0..d {
                x0[i] -= w1[i] + 0.5 * w2[i];
                x1[i] += w2[i];
                x2[i] += w1[i] - 0.5 * w2[i];
            }
            // The end of one triple is the start of the next: only that row is added to.
            let (f0, f1, f2) = triple_mut(&mut adjoint[first..], d);
            for i in 0..d {
                f0[i] -= third * w1[i] + quarter * w2[i];
                f1[i] = -4.0 * third * w1[i];
                f2[i] = quarter * w2[i] - third * w1[i];
            }
        }
        flow.pull_back(
            Instants::Points,
            path,
            &stage.kept,
            adjoint,
            gradient.path,
            gradient.parameters,
        );
    }
}

#[inline(always)]
fn triple(rows: &[f64], n: usize, d: usize) -> (&[f64], &[f64], &[f64]) {
    let rows = &rows[2 * n * d..(2 * n + 3) * d];
    (&rows[..d], &rows[d..2 * d], &rows[2 * d..])
}

#[inline(always)]
fn triple_mut(rows: &mut [f64], d: usize) -> (&mut [f64], &mut [f64], &mut [f64]) {
    let (a, rest) = rows[..3 * d].split_at_mut(d);
    let (b, c) = rest.split_at_mut(d);
    (a, b, c)
}
