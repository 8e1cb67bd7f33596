use std::sync::Arc;

use super::ContinuousAction;
use crate::error::Result;
use crate::mechanics::{PhasePoint, PhaseSpaceFunction, PhaseSpaceWorkspace, Velocity};

/// The Lagrangian of the action of a flow,
/// `L(t, x, v) = (R_m/2) |P (x - y(t))|^2 + (R_f/2) |v - F(x, t)|^2`: the cost of a path per unit
/// of time. If data are impulses, the first term is left out.
///
/// Source: H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, Neural Computation 30, 2018.
///
/// Its derivatives: `L_v = R_f (v - F)`, `L_x = R_m P (x - y) - DF^T L_v`, `L_vv = R_f`,
/// `L_vx = -R_f DF`, `L_xx = R_m P + DF^T R_f DF - sum_a (L_v)_a D2 F_a`.
///
/// If an R_f is infinite, there is no L, and all of these are errors.
#[derive(Clone)]
pub struct ActionLagrangian(pub Arc<ContinuousAction>);

impl ActionLagrangian {
    /// Writes the momentum `R_f (v - F)`.
    fn momentum(
        &self,
        work: &mut PhaseSpaceWorkspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        p: &mut [f64],
    ) {
        self.0.flow(work, time, x, p);
        for ((p, v), precision) in p.iter_mut().zip(v).zip(&self.0.model_precision) {
            *p = precision * (v - *p);
        }
    }
}

impl PhaseSpaceFunction for ActionLagrangian {
    type Variable = Velocity;

    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn value(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint) -> Result<f64> {
        self.0.check_lagrangian()?;
        let PhasePoint { time, x, w: v } = at;
        let mut flow = work.take(x.len());
        self.0.flow(work, time, x, &mut flow);
        let errors = v.iter().zip(&flow).zip(&self.0.model_precision);
        let of_model: f64 = errors.map(|((v, f), r)| r * ((v - f) * (v - f))).sum();
        let of_data = self.0.losses(time, x, |r, misfit| r * (misfit * misfit));
        work.give(flow);
        Ok(0.5 * (of_model + of_data))
    }

    fn gradient(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        gradient: &mut [f64],
    ) -> Result<()> {
        self.0.check_lagrangian()?;
        let PhasePoint { time, x, w: v } = at;
        let (l_x, l_v) = gradient.split_at_mut(x.len());
        self.momentum(work, time, x, v, l_v);
        l_x.fill(0.0);
        self.0.add_pull_back(work, time, x, l_v, l_x);
        l_x.iter_mut().for_each(|g| *g = -*g);
        for (component, precision, misfit) in self.0.misfits(time, x) {
            l_x[component] += precision * misfit;
        }
        Ok(())
    }

    fn hessian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        hessian: &mut [f64],
    ) -> Result<()> {
        self.0.check_lagrangian()?;
        let PhasePoint { time, x, w: v } = at;
        let d = x.len();
        let n = 2 * d;
        hessian.fill(0.0);
        let mut p = work.take(d);
        self.momentum(work, time, x, v, &mut p);
        p.iter_mut().for_each(|p| *p = -*p);
        self.0.add_curvature(work, time, x, &p, hessian);
        work.give(p);
        let mut df = work.take(d * d);
        self.0.jacobian(work, time, x, &mut df);
        let precisions = &self.0.model_precision;
        for j in 0..d {
            for i in 0..=j {
                let columns = df[i * d..][..d].iter().zip(&df[j * d..][..d]);
                let product = columns.zip(precisions);
                let sum: f64 = product.map(|((a, b), r)| r * (a * b)).sum();
                hessian[j * n + i] += sum;
                if i != j {
                    hessian[i * n + j] += sum;
                }
            }
            for (k, precision) in precisions.iter().enumerate() {
                // Column j of DF: how component k of F depends on x_j.
                let mixed = -precision * df[j * d + k];
                hessian[j * n + d + k] = mixed;
                hessian[(d + k) * n + j] = mixed;
            }
            hessian[(d + j) * n + d + j] = precisions[j];
        }
        work.give(df);
        for (component, curvature) in self.0.curvatures(time, x) {
            hessian[component * n + component] += curvature;
        }
        Ok(())
    }

    fn conjugate_rate(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        rate: &mut [f64],
    ) -> Result<()> {
        self.0.check_lagrangian()?;
        self.0.flow_rate(work, at.time, at.x, rate)?;
        for (rate, precision) in rate.iter_mut().zip(&self.0.model_precision) {
            *rate *= -precision;
        }
        Ok(())
    }
}
