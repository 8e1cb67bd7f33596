//! Both symplectic Euler methods. Each is implicit in one half of the variables and explicit in the
//! other; for separable H in none.

use super::step::{relative, Step, EQUATIONS};
use crate::error::Result;
use crate::mechanics::newton::{newton, Equations};
use crate::mechanics::{Hamiltonian, Workspace};

/// `p1 = p0 - h H_x(t0, x0, p1)`, `x1 = x0 + h H_p(t0, x0, p1)`. Returns Newton's iterations.
pub(super) fn momentum_first(step: Step) -> Result<usize> {
    half(step, Half::Momentum)
}

/// `x1 = x0 + h H_p(t1, x1, p0)`, `p1 = p0 - h H_x(t1, x1, p0)` with the time t1 at the end: the
/// adjoint of [`momentum_first`].
pub(super) fn position_first(step: Step) -> Result<usize> {
    half(step, Half::Position)
}

/// The half of the variables that is found first.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Half {
    Momentum,
    Position,
}

fn half(step: Step, first: Half) -> Result<usize> {
    let Step {
        hamiltonian,
        work,
        time,
        h,
        z,
        tangent,
    } = step;
    let d = z.len() / 2;
    let time = match first {
        Half::Momentum => time,
        Half::Position => time + h,
    };
    let mut unknowns = work.take(d);
    let (x, p) = z.split_at_mut(d);
    let begin: &[f64] = if first == Half::Momentum { p } else { x };
    unknowns.copy_from_slice(begin);
    let mut equations = Implicit {
        hamiltonian,
        first,
        time,
        h,
        x,
        p,
    };
    let solved = match hamiltonian.is_separable() {
        false => newton(EQUATIONS, time, work, &mut unknowns, &mut equations),
        // One evaluation gives the solution.
        true => {
            let mut change = work.take(d);
            let evaluated = equations.evaluate(work, &unknowns, &mut change, None);
            unknowns.iter_mut().zip(&change).for_each(|(u, c)| *u -= c);
            work.give(change);
            evaluated.map(|()| 0)
        }
    };
    let to: &mut [f64] = if first == Half::Momentum { p } else { x };
    to.copy_from_slice(&unknowns);
    work.give(unknowns);
    let iterations = solved?;

    if let Some(tangent) = tangent {
        propagate(hamiltonian, work, (time, h), (x, p), first, tangent)?;
    }
    let mut gradient = work.take(2 * d);
    hamiltonian.gradient(work, time, x, p, &mut gradient)?;
    match first {
        Half::Momentum => x
            .iter_mut()
            .zip(&gradient[d..])
            .for_each(|(x, g)| *x += h * g),
        Half::Position => p
            .iter_mut()
            .zip(&gradient[..d])
            .for_each(|(p, g)| *p -= h * g),
    }
    work.give(gradient);
    Ok(iterations)
}

struct Implicit<'a> {
    hamiltonian: &'a dyn Hamiltonian,
    first: Half,
    time: f64,
    h: f64,
    x: &'a [f64],
    p: &'a [f64],
}

impl Equations for Implicit<'_> {
    fn evaluate(
        &mut self,
        work: &mut Workspace,
        unknowns: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let d = unknowns.len();
        let (x, p, from, part, h) = match self.first {
            Half::Momentum => (self.x, unknowns, self.p, 0, self.h),
            Half::Position => (unknowns, self.p, self.x, d, -self.h),
        };
        let mut gradient = work.take(2 * d);
        self.hamiltonian
            .gradient(work, self.time, x, p, &mut gradient)?;
        let slopes = &gradient[part..part + d];
        for (((r, u), from), g) in residual.iter_mut().zip(unknowns).zip(from).zip(slopes) {
            *r = u - from + h * g;
        }
        work.give(gradient);
        if let Some(jacobian) = jacobian {
            let mut hessian = work.take(4 * d * d);
            self.hamiltonian
                .hessian(work, self.time, x, p, &mut hessian)?;
            implicit_part(&hessian, self.first, h, jacobian);
            work.give(hessian);
        }
        Ok(())
    }

    fn relative(&self, unknowns: &[f64], step: &[f64]) -> f64 {
        let from = match self.first {
            Half::Momentum => self.p,
            Half::Position => self.x,
        };
        relative(step, unknowns, from)
    }
}

/// `1 + h H_xp` for the momentum, `1 + h H_px` for the position (where h is the negative step).
fn implicit_part(hessian: &[f64], first: Half, h: f64, jacobian: &mut [f64]) {
    let d = hessian.len().isqrt() / 2;
    for (j, column) in jacobian.chunks_exact_mut(d).enumerate() {
        let from = match first {
            Half::Momentum => &hessian[(d + j) * 2 * d..][..d],
            Half::Position => &hessian[j * 2 * d + d..][..d],
        };
        for (to, value) in column.iter_mut().zip(from) {
            *to = h * value;
        }
        column[j] += 1.0;
    }
}

/// Multiplies columns by the derivative of the step, at the point where it evaluated the gradient.
fn propagate(
    hamiltonian: &dyn Hamiltonian,
    work: &mut Workspace,
    (time, h): (f64, f64),
    (x, p): (&[f64], &[f64]),
    first: Half,
    tangent: &mut [f64],
) -> Result<()> {
    let d = x.len();
    let n = 2 * d;
    let mut hessian = work.take(n * n);
    hamiltonian.hessian(work, time, x, p, &mut hessian)?;
    let mut implicit = work.take(d * d);
    let signed = if first == Half::Momentum { h } else { -h };
    implicit_part(&hessian, first, signed, &mut implicit);
    let mut lu = work.take_factor();
    if !lu.factor(&implicit, d) {
        // Newton's method would have met it first.
        return Err(EQUATIONS.singular(time));
    }
    // Rows of the gradient: of H_x from 0 on, of H_p from D on.
    let row = |i: usize, columns: std::ops::Range<usize>, of: &[f64]| -> f64 {
        columns.zip(of).map(|(j, v)| hessian[j * n + i] * v).sum()
    };
    for column in tangent.chunks_exact_mut(n) {
        let (dx, dp) = column.split_at_mut(d);
        match first {
            Half::Momentum => {
                for (i, dp) in dp.iter_mut().enumerate() {
                    *dp -= h * row(i, 0..d, dx);
                }
                lu.solve(dp);
                let mut moved = work.take(d);
                for (i, moved) in moved.iter_mut().enumerate() {
                    *moved = h * (row(d + i, 0..d, dx) + row(d + i, d..n, dp));
                }
                dx.iter_mut().zip(&moved).for_each(|(x, m)| *x += m);
                work.give(moved);
            }
            Half::Position => {
                for (i, dx) in dx.iter_mut().enumerate() {
                    *dx += h * row(d + i, d..n, dp);
                }
                lu.solve(dx);
                let mut moved = work.take(d);
                for (i, moved) in moved.iter_mut().enumerate() {
                    *moved = h * (row(i, 0..d, dx) + row(i, d..n, dp));
                }
                dp.iter_mut().zip(&moved).for_each(|(p, m)| *p -= m);
                work.give(moved);
            }
        }
    }
    work.give_factor(lu);
    work.give(implicit);
    work.give(hessian);
    Ok(())
}
