use super::stencil::{Row, Stencil};
use super::{Flow, Gradient, Instants, Scheme, Stages};

pub(super) struct Map;

impl Scheme for Map {
    fn stencil(&self) -> Option<Stencil> {
        const ROW: Row = Row {
            states: &[0.0, 1.0],
            slopes: &[-1.0],
        };
        Some(Stencil {
            by_step: false,
            ..Stencil::of_steps(&[ROW], Instants::Points)
        })
    }

    fn stages(&self) -> usize {
        1
    }

    fn residuals(&self, flow: &mut Flow, _h: f64, path: &[f64], work: &mut Stages, r: &mut [f64]) {
        let d = flow.dimension;
        let (from, to) = (&path[..path.len() - d], &path[d..]);
        let stage = &mut work.0[0];
        let f = &mut stage.derivative[..from.len()];
        flow.evaluate(Instants::Points, from, f, &mut stage.kept);
        for ((r, y), f) in r.iter_mut().zip(to).zip(f) {
            *r = y - *f;
        }
    }

    fn pull_back(
        &self,
        flow: &mut Flow,
        _h: f64,
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
            *adjoint = -w;
        }
        for (g, w) in gradient.path[d..].iter_mut().zip(w) {
            *g += w;
        }
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
