use super::stencil::{Row, Stencil};
use super::{Flow, Gradient, Instants, Scheme, Stages};

pub(super) struct Trapezoid;

impl Scheme for Trapezoid {
    fn stencil(&self) -> Option<Stencil> {
        const ROW: Row = Row {
            states: &[-1.0, 1.0],
            slopes: &[-0.5, -0.5],
        };
        Some(Stencil::of_steps(&[ROW], Instants::Points))
    }

    fn stages(&self) -> usize {
        1
    }

    fn residuals(&self, flow: &mut Flow, h: f64, path: &[f64], work: &mut Stages, r: &mut [f64]) {
        let d = flow.dimension;
        let stage = &mut work.0[0];
        let f = &mut stage.derivative[..];
        flow.evaluate(Instants::Points, path, f, &mut stage.kept);
        let half = h / 2.0;
        let ends = path.iter().zip(&path[d..]);
        let slopes = f.iter().zip(&f[d..]);
        for ((r, (x, y)), (f, g)) in r.iter_mut().zip(ends).zip(slopes) {
            *r = y - x - half * (f + g);
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
        let half = h / 2.0;
        let stage = &mut work.0[0];
        let adjoint = &mut stage.adjoint[..];
        adjoint.fill(0.0);
        for (adjoint, w) in adjoint.iter_mut().zip(w) {
            *adjoint -= half * w;
        }
        for (adjoint, w) in adjoint[d..].iter_mut().zip(w) {
            *adjoint -= half * w;
        }
        super::difference(gradient.path, d, w);
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
