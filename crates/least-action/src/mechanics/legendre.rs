//! The Legendre transforms of whole functions, both ways: `H(x, p) = p.v - L(x, v)` with `p = L_v`,
//! and `L(x, v) = p.v - H(x, p)` with `v = H_p`.

use super::lagrangian::{velocity, velocity_block};
use super::newton::{newton, Equations, Named};
use super::{Hamiltonian, Lagrangian, Workspace};
use crate::error::{Error, Result};

/// The Hamiltonian of a Lagrangian. At each point the velocity is found from `L_v(t, x, v) = p` by
/// Newton's method, from v = 0 on: one iteration where L is quadratic in the velocities.
#[derive(Debug, Clone)]
pub struct HamiltonianOf<L>(pub L);

/// The Lagrangian of a Hamiltonian. At each point the momentum is found from `H_p(t, x, p) = v` by
/// Newton's method, from p = 0 on.
#[derive(Debug, Clone)]
pub struct LagrangianOf<H>(pub H);

impl<L: Lagrangian> HamiltonianOf<L> {
    /// The velocity of a momentum, to be given back to the workspace.
    fn velocity(&self, work: &mut Workspace, time: f64, x: &[f64], p: &[f64]) -> Result<Vec<f64>> {
        let mut v = work.take(p.len());
        velocity(&self.0, work, time, x, p, &mut v)?;
        Ok(v)
    }
}

impl<L: Lagrangian> Hamiltonian for HamiltonianOf<L> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn energy(&self, work: &mut Workspace, time: f64, x: &[f64], p: &[f64]) -> Result<f64> {
        let v = self.velocity(work, time, x, p)?;
        let product: f64 = p.iter().zip(&v).map(|(p, v)| p * v).sum();
        let value = self.0.value(work, time, x, &v)?;
        work.give(v);
        Ok(product - value)
    }

    fn gradient(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        let v = self.velocity(work, time, x, p)?;
        self.0.gradient(work, time, x, &v, gradient)?;
        finish_gradient(gradient, &v);
        work.give(v);
        Ok(())
    }

    fn hessian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        hessian: &mut [f64],
    ) -> Result<()> {
        let v = self.velocity(work, time, x, p)?;
        self.0.hessian(work, time, x, &v, hessian)?;
        work.give(v);
        let singular = || singular("lagrangian", "L_vv", time, "velocity");
        transform(work, self.dimension(), hessian)
            .then_some(())
            .ok_or_else(singular)
    }

    fn velocity_rate(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        rate: &mut [f64],
    ) -> Result<()> {
        // L_v(t, x, v(t, x, p)) = p, so v_t = -L_vv^-1 L_vt.
        let v = self.velocity(work, time, x, p)?;
        let d = p.len();
        let mut hessian = work.take(4 * d * d);
        self.0.hessian(work, time, x, &v, &mut hessian)?;
        self.0.momentum_rate(work, time, x, &v, rate)?;
        work.give(v);
        let regular = minus_solve(work, &hessian, rate);
        work.give(hessian);
        let singular = || singular("lagrangian", "L_vv", time, "velocity");
        regular.then_some(()).ok_or_else(singular)
    }
}

impl<H: Hamiltonian> LagrangianOf<H> {
    fn momentum(&self, work: &mut Workspace, time: f64, x: &[f64], v: &[f64]) -> Result<Vec<f64>> {
        let named = Named {
            path: "hamiltonian",
            equations: "the equations H_p(x, p) = v for the momentum",
            matrix: "H_pp",
            remedy: "the Hamiltonian must be curved in every momentum",
        };
        let mut p = work.take(v.len());
        let mut equations = Momentum {
            hamiltonian: &self.0,
            time,
            x,
            v,
        };
        newton(named, time, work, &mut p, &mut equations)?;
        Ok(p)
    }
}

impl<H: Hamiltonian> Lagrangian for LagrangianOf<H> {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn value(&self, work: &mut Workspace, time: f64, x: &[f64], v: &[f64]) -> Result<f64> {
        let p = self.momentum(work, time, x, v)?;
        let product: f64 = p.iter().zip(v).map(|(p, v)| p * v).sum();
        let energy = self.0.energy(work, time, x, &p)?;
        work.give(p);
        Ok(product - energy)
    }

    fn gradient(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        let p = self.momentum(work, time, x, v)?;
        self.0.gradient(work, time, x, &p, gradient)?;
        finish_gradient(gradient, &p);
        work.give(p);
        Ok(())
    }

    fn hessian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        hessian: &mut [f64],
    ) -> Result<()> {
        let p = self.momentum(work, time, x, v)?;
        self.0.hessian(work, time, x, &p, hessian)?;
        work.give(p);
        let singular = || singular("hamiltonian", "H_pp", time, "momentum");
        transform(work, self.dimension(), hessian)
            .then_some(())
            .ok_or_else(singular)
    }

    fn momentum_rate(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        rate: &mut [f64],
    ) -> Result<()> {
        let p = self.momentum(work, time, x, v)?;
        let d = v.len();
        let mut hessian = work.take(4 * d * d);
        self.0.hessian(work, time, x, &p, &mut hessian)?;
        self.0.velocity_rate(work, time, x, &p, rate)?;
        work.give(p);
        let regular = minus_solve(work, &hessian, rate);
        work.give(hessian);
        let singular = || singular("hamiltonian", "H_pp", time, "momentum");
        regular.then_some(()).ok_or_else(singular)
    }
}

struct Momentum<'a> {
    hamiltonian: &'a dyn Hamiltonian,
    time: f64,
    x: &'a [f64],
    v: &'a [f64],
}

impl Equations for Momentum<'_> {
    fn evaluate(
        &mut self,
        work: &mut Workspace,
        p: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let d = p.len();
        let mut gradient = work.take(2 * d);
        self.hamiltonian
            .gradient(work, self.time, self.x, p, &mut gradient)?;
        for ((r, h), v) in residual.iter_mut().zip(&gradient[d..]).zip(self.v) {
            *r = h - v;
        }
        work.give(gradient);
        if let Some(jacobian) = jacobian {
            let mut hessian = work.take(4 * d * d);
            self.hamiltonian
                .hessian(work, self.time, self.x, p, &mut hessian)?;
            velocity_block(&hessian, d, jacobian);
            work.give(hessian);
        }
        Ok(())
    }
}

fn singular(path: &str, matrix: &str, time: f64, variable: &str) -> Error {
    Error::Singular {
        path: path.into(),
        matrix: matrix.into(),
        time,
        remedy: format!(
            "the function must be curved in every {variable} to have a Legendre transform"
        ),
    }
}

/// `(f_x, f_w)` of one function to that of its transform g: `g_x = -f_x`, and the derivative in the
/// new variable is the old one.
fn finish_gradient(gradient: &mut [f64], old: &[f64]) {
    let (x, w) = gradient.split_at_mut(old.len());
    x.iter_mut().for_each(|g| *g = -*g);
    w.copy_from_slice(old);
}

/// Second derivatives of the transform, in place: `g_pp = f_ww^-1`, `g_px = -f_ww^-1 f_wx`,
/// `g_xx = -f_xx + f_xw f_ww^-1 f_wx`. False if f_ww is singular.
fn transform(work: &mut Workspace, d: usize, hessian: &mut [f64]) -> bool {
    let n = 2 * d;
    let mut lu = work.take_factor();
    let mut block = work.take(d * d);
    let mut right = work.take(d * n);
    velocity_block(hessian, d, &mut block);
    let regular = lu.factor(&block, d);
    if regular {
        // Columns of -f_wx, then of 1.
        for (j, column) in right.chunks_exact_mut(d).enumerate() {
            if j < d {
                let from = &hessian[j * n + d..][..d];
                column.iter_mut().zip(from).for_each(|(to, f)| *to = -f);
            } else {
                column[j - d] = 1.0;
            }
        }
        lu.solve(&mut right);
        for j in 0..d {
            for i in 0..d {
                let carried: f64 = (0..d)
                    .map(|k| hessian[(d + k) * n + i] * right[j * d + k])
                    .sum();
                hessian[j * n + i] = -hessian[j * n + i] - carried;
            }
        }
        for j in 0..d {
            for i in 0..d {
                hessian[j * n + d + i] = right[j * d + i];
                hessian[(d + i) * n + j] = right[j * d + i];
                hessian[(d + j) * n + d + i] = right[(d + j) * d + i];
            }
        }
    }
    work.give(right);
    work.give(block);
    work.give_factor(lu);
    regular
}

/// `rate = -f_ww^-1 rate`; false if f_ww is singular.
fn minus_solve(work: &mut Workspace, hessian: &[f64], rate: &mut [f64]) -> bool {
    let d = rate.len();
    let mut lu = work.take_factor();
    let mut block = work.take(d * d);
    velocity_block(hessian, d, &mut block);
    let regular = lu.factor(&block, d);
    if regular {
        lu.solve(rate);
        rate.iter_mut().for_each(|r| *r = -*r);
    }
    work.give(block);
    work.give_factor(lu);
    regular
}
