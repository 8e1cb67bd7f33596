//! Both symplectic Euler methods. Each is implicit in one half of the variables and explicit in the
//! other; for separable H in none.

use super::one_step_map::{relative, MapStep, EQUATIONS};
use crate::error::Result;
use crate::mechanics::newton::{newton, Equations};
use crate::mechanics::{Hamiltonian, PhasePoint, PhaseSpaceWorkspace};

/// Makes a step `p1 = p0 - h H_x(t0, x0, p1)`, `x1 = x0 + h H_p(t0, x0, p1)`. Returns the number of
/// Newton iterations.
pub(super) fn momentum_first(hamiltonian: &dyn Hamiltonian, step: MapStep) -> Result<usize> {
    half(hamiltonian, step, Half::Momentum)
}

/// Makes a step `x1 = x0 + h H_p(t1, x1, p0)`, `p1 = p0 - h H_x(t1, x1, p0)` with the time t1 at
/// the end: the adjoint of [`momentum_first`].
pub(super) fn position_first(hamiltonian: &dyn Hamiltonian, step: MapStep) -> Result<usize> {
    half(hamiltonian, step, Half::Position)
}

/// Half of the variables that is found first.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Half {
    Momentum,
    Position,
}

fn half(hamiltonian: &dyn Hamiltonian, step: MapStep, first: Half) -> Result<usize> {
    let MapStep {
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
    let mut equations = HalfEquations {
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
        let at = PhasePoint::new(time, x, p);
        propagate(hamiltonian, work, at, h, first, tangent)?;
    }
    let mut gradient = work.take(2 * d);
    hamiltonian.gradient(work, PhasePoint::new(time, x, p), &mut gradient)?;
    let (explicit, slopes, signed) = match first {
        Half::Momentum => (x, &gradient[d..], h),
        Half::Position => (p, &gradient[..d], -h),
    };
    for (v, slope) in explicit.iter_mut().zip(slopes) {
        *v += signed * slope;
    }
    work.give(gradient);
    Ok(iterations)
}

struct HalfEquations<'a> {
    hamiltonian: &'a dyn Hamiltonian,
    first: Half,
    time: f64,
    h: f64,
    x: &'a [f64],
    p: &'a [f64],
}

impl Equations for HalfEquations<'_> {
    fn evaluate(
        &mut self,
        work: &mut PhaseSpaceWorkspace,
        unknowns: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let d = unknowns.len();
        let (x, p, from, part, h) = match self.first {
            Half::Momentum => (self.x, unknowns, self.p, 0, self.h),
            Half::Position => (unknowns, self.p, self.x, d, -self.h),
        };
        let at = PhasePoint::new(self.time, x, p);
        let mut gradient = work.take(2 * d);
        self.hamiltonian.gradient(work, at, &mut gradient)?;
        let slopes = &gradient[part..part + d];
        for (((r, u), from), g) in residual.iter_mut().zip(unknowns).zip(from).zip(slopes) {
            *r = u - from + h * g;
        }
        work.give(gradient);
        if let Some(jacobian) = jacobian {
            let mut hessian = work.take(4 * d * d);
            self.hamiltonian.hessian(work, at, &mut hessian)?;
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

/// Writes the Jacobian `1 + h H_xp` for the momentum, `1 + h H_px` for the position (where h is the
/// negative step).
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
    work: &mut PhaseSpaceWorkspace,
    at: PhasePoint,
    h: f64,
    first: Half,
    tangent: &mut [f64],
) -> Result<()> {
    let d = at.x.len();
    let n = 2 * d;
    let mut hessian = work.take(n * n);
    hamiltonian.hessian(work, at, &mut hessian)?;
    let mut implicit = work.take(d * d);
    let signed = if first == Half::Momentum { h } else { -h };
    implicit_part(&hessian, first, signed, &mut implicit);
    let mut lu = work.take_factor();
    if !lu.factor(&implicit, d) {
        // Newton's method would have met it first.
        return Err(EQUATIONS.singular(at.time));
    }
    // Rows of the gradient: of H_x, which moves p, from 0 on, of H_p from D on. Columns of the
    // explicit half begin where rows of the implicit half do.
    let row = |i: usize, columns: std::ops::Range<usize>, of: &[f64]| -> f64 {
        columns.zip(of).map(|(j, v)| hessian[j * n + i] * v).sum()
    };
    let (implicit_row, explicit_row) = if first == Half::Momentum {
        (0, d)
    } else {
        (d, 0)
    };
    let mut moved = work.take(d);
    for column in tangent.chunks_exact_mut(n) {
        let (dx, dp) = column.split_at_mut(d);
        let (implicit, explicit) = match first {
            Half::Momentum => (dp, dx),
            Half::Position => (dx, dp),
        };
        for (i, u) in implicit.iter_mut().enumerate() {
            let columns = implicit_row..implicit_row + d;
            *u -= signed * row(implicit_row + i, columns, explicit);
        }
        lu.solve(implicit);
        let (dx, dp) = column.split_at(d);
        for (i, moved) in moved.iter_mut().enumerate() {
            let i = explicit_row + i;
            *moved = signed * (row(i, 0..d, dx) + row(i, d..n, dp));
        }
        let explicit = column[implicit_row..].iter_mut();
        explicit.zip(&moved).for_each(|(v, m)| *v += m);
    }
    work.give(moved);
    work.give_factor(lu);
    work.give(implicit);
    work.give(hessian);
    Ok(())
}
