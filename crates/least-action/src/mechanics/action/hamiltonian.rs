use std::sync::Arc;

use super::ContinuousAction;
use crate::error::Result;
use crate::mechanics::{Momentum, PhasePoint, PhaseSpaceFunction, PhaseSpaceWorkspace};

/// The Hamiltonian of the action of a flow,
/// `H(t, x, p) = |p|^2 / (2 R_f) + p.F - (R_m/2) |P (x - y(t))|^2`: the Legendre transform of
/// [`super::ActionLagrangian`], where p is the costate, `R_f (x' - F)`.
///
/// Source: H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, Neural Computation 30, 2018.
///
/// The canonical equations are `x' = F + p / R_f` and `p' = -DF^T p + R_m P (x - y)`. A path that
/// minimises the action with free ends has p = 0 before the first and after the last measurement. H
/// is not separable. It is constant along solutions where neither F nor the data depend on time:
/// between measurements, where data are impulses.
///
/// If R_f is infinite, the model holds exactly: `p / R_f` is 0, x follows `x' = F`, and p, which
/// the boundary conditions determine, is the multiplier of that constraint.
#[derive(Clone)]
pub struct ActionHamiltonian(pub Arc<ContinuousAction>);

impl PhaseSpaceFunction for ActionHamiltonian {
    type Variable = Momentum;

    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn value(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint) -> Result<f64> {
        let PhasePoint { time, x, w: p } = at;
        let mut flow = work.take(x.len());
        self.0.flow(work, time, x, &mut flow);
        let terms = p.iter().zip(&flow).zip(&self.0.model_precision);
        let of_model: f64 = terms.map(|((p, f), r)| p * (f + 0.5 * p / r)).sum();
        let of_data = self.0.losses(time, x, |r, misfit| r * (misfit * misfit));
        work.give(flow);
        Ok(of_model - 0.5 * of_data)
    }

    fn gradient(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        gradient: &mut [f64],
    ) -> Result<()> {
        let PhasePoint { time, x, w: p } = at;
        let (h_x, h_p) = gradient.split_at_mut(x.len());
        self.0.flow(work, time, x, h_p);
        for ((h, p), precision) in h_p.iter_mut().zip(p).zip(&self.0.model_precision) {
            *h += p / precision;
        }
        h_x.fill(0.0);
        self.0.add_pull_back(work, time, x, p, h_x);
        for (component, precision, misfit) in self.0.misfits(time, x) {
            h_x[component] -= precision * misfit;
        }
        Ok(())
    }

    fn hessian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        hessian: &mut [f64],
    ) -> Result<()> {
        let PhasePoint { time, x, w: p } = at;
        let d = x.len();
        let n = 2 * d;
        hessian.fill(0.0);
        self.0.add_curvature(work, time, x, p, hessian);
        for (component, curvature) in self.0.curvatures(time, x) {
            hessian[component * n + component] -= curvature;
        }
        let mut df = work.take(d * d);
        self.0.jacobian(work, time, x, &mut df);
        for j in 0..d {
            for k in 0..d {
                hessian[j * n + d + k] = df[j * d + k];
                hessian[(d + k) * n + j] = df[j * d + k];
            }
            hessian[(d + j) * n + d + j] = 1.0 / self.0.model_precision[j];
        }
        work.give(df);
        Ok(())
    }

    fn conjugate_rate(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        rate: &mut [f64],
    ) -> Result<()> {
        self.0.flow_rate(work, at.time, at.x, rate)
    }
}
