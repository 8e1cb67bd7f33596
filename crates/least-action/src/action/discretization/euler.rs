use super::stencil::{Row, Stencil};
use super::{Flow, Gradient, Instants, Scheme, Stages};

pub(super) struct Euler;

impl Scheme for Euler {
    fn stencil(&self) -> Option<Stencil> {
        const ROW: Row = Row {
            states: &[-1.0, 1.0],
            slopes: &[-1.0],
        };
        Some(Stencil::of_steps(&[ROW], Instants::Points))
    }

    fn stages(&self) -> usize {
        1
    }

    fn residuals(&self, flow: &mut Flow, h: f64, path: &[f64], work: &mut Stages, r: &mut [f64]) {
        let d = flow.dimension;
        let (from, to) = (&path[..path.len() - d], &path[d..]);
        let stage = &mut work.0[0];
        let f = &mut stage.derivative[..from.len()];
        flow.evaluate(Instants::Points, from, f, &mut stage.kept);
        for (((r, x), y), f) in r.iter_mut().zip(from).zip(to).zip(f) {
            *r = y - x - h * *f;
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
        let from = &path[..path.len() - d];
        let stage = &mut work.0[0];
        let adjoint = &mut stage.adjoint[..w.len()];
        for (adjoint, w) in adjoint.iter_mut().zip(w) {
            *adjoint = -h * w;
        }
        super::difference(gradient.path, d, w);
        flow.pull_back(
            Instants::Points,
            from,
            &stage.kept,
            adjoint,
            &mut gradient.path[..from.len()],
            gradient.parameters,
        );
    }
}
