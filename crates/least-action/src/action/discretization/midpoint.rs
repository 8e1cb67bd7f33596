use super::stencil::{Row, Stencil};
use super::{Flow, Gradient, Instants, Scheme, Stages};

pub(super) struct Midpoint;

impl Scheme for Midpoint {
    fn stencil(&self) -> Option<Stencil> {
        const ROW: Row = Row {
            states: &[-1.0, 1.0],
            slopes: &[-1.0],
        };
        Some(Stencil::of_steps(&[ROW], Instants::Middles))
    }

    fn stages(&self) -> usize {
        1
    }

    fn residuals(&self, flow: &mut Flow, h: f64, path: &[f64], work: &mut Stages, r: &mut [f64]) {
        let d = flow.dimension;
        let stage = &mut work.0[0];
        let middle = &mut stage.states[..r.len()];
        let f = &mut stage.derivative[..r.len()];
        for ((middle, x), y) in middle.iter_mut().zip(path).zip(&path[d..]) {
            *middle = 0.5 * (x + y);
        }
        flow.evaluate(Instants::Middles, middle, f, &mut stage.kept);
        for (((r, x), y), f) in r.iter_mut().zip(path).zip(&path[d..]).zip(f) {
            *r = y - x - h * *f;
        }
    }

    fn pull_back(
        &self,
        flow: &mut Flow,
        h: f64,
        _path: &[f64],
        work: &mut Stages,
        w: &[f64],
        gradient: &mut Gradient,
    ) {
        let d = flow.dimension;
        let stage = &mut work.0[0];
        let middle = &stage.states[..w.len()];
        let adjoint = &mut stage.adjoint[..w.len()];
        for (adjoint, w) in adjoint.iter_mut().zip(w) {
            *adjoint = -h * w;
        }
        // The derivatives have served; their room takes the gradient at the midpoints.
        let at_middle = &mut stage.derivative[..w.len()];
        at_middle.fill(0.0);
        flow.pull_back(
            Instants::Middles,
            middle,
            &stage.kept,
            adjoint,
            at_middle,
            gradient.parameters,
        );
        super::difference(gradient.path, d, w);
        for (to, g) in gradient.path.iter_mut().zip(at_middle.iter()) {
            *to += 0.5 * g;
        }
        for (to, g) in gradient.path[d..].iter_mut().zip(at_middle.iter()) {
            *to += 0.5 * g;
        }
    }
}
