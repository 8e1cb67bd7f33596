//! Newton's method down to rounding, with the exact Jacobian.

use super::workspace::PhaseSpaceWorkspace;
use crate::error::{Error, Result};
use crate::solve::dense::{size, Lu};

/// Maximum number of iterations: convergence is quadratic, so that either a dozen are enough or
/// none are.
const MOST_ITERATIONS: usize = 50;

/// Relative change below which steps that no longer shrink are rounding errors.
const ROUNDING: f64 = 1e-9;

/// Relative change below which the last factorisation is good enough.
const SETTLED: f64 = 1e-5;

/// Names of equations in errors.
#[derive(Debug, Clone, Copy)]
pub struct EquationNames {
    /// Field of the options to which errors point.
    pub path: &'static str,
    /// Name of the equations.
    pub equations: &'static str,
    /// Formula or name of the Jacobian.
    pub matrix: &'static str,
    /// Advice to the user.
    pub remedy: &'static str,
}

impl EquationNames {
    /// Error about a singular Jacobian at a time.
    pub fn singular(self, time: f64) -> Error {
        Error::Singular {
            path: self.path.into(),
            matrix: self.matrix.into(),
            time,
            remedy: self.remedy.into(),
        }
    }
}

/// Equations to be solved: they write the residual at the given unknowns, and its Jacobian
/// (column-major) if it is asked for.
pub(super) trait Equations {
    fn evaluate(
        &mut self,
        work: &mut PhaseSpaceWorkspace,
        unknowns: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()>;

    /// Sizes of the numbers that are rounded when the equations are evaluated, one per unknown.
    /// Default: those of the unknowns.
    fn sizes(&self, unknowns: &[f64], sizes: &mut [f64]) {
        for (to, u) in sizes.iter_mut().zip(unknowns) {
            *to = u.abs();
        }
    }

    /// Size of a step relative to that of the unknowns.
    fn relative(&self, unknowns: &[f64], step: &[f64]) -> f64 {
        size(step) / size(unknowns).max(f64::MIN_POSITIVE)
    }
}

/// Solves `residual = 0` from `unknowns` on, where the best iterate is left. Returns the number of
/// iterations.
///
/// # Errors
/// [`Error::Singular`] for the Jacobian, [`Error::NotConverged`], and errors of the equations.
pub(super) fn newton(
    names: EquationNames,
    time: f64,
    work: &mut PhaseSpaceWorkspace,
    unknowns: &mut [f64],
    equations: &mut dyn Equations,
) -> Result<usize> {
    let n = unknowns.len();
    let mut buffers = NewtonBuffers {
        lu: work.take_factor(),
        residual: work.take(n),
        step: work.take(n),
        jacobian: work.take(n * n),
        best: work.take(n),
    };
    buffers.best.copy_from_slice(unknowns);
    let result = iterate(names, time, work, unknowns, equations, &mut buffers);
    work.give(buffers.best);
    work.give(buffers.jacobian);
    work.give(buffers.step);
    work.give(buffers.residual);
    work.give_factor(buffers.lu);
    result
}

struct NewtonBuffers {
    lu: Lu,
    residual: Vec<f64>,
    step: Vec<f64>,
    jacobian: Vec<f64>,
    best: Vec<f64>,
}

impl NewtonBuffers {
    /// True if the residual is no larger than the rounding of the numbers in the equations: near an
    /// equilibrium the unknowns themselves may be no more than that.
    fn is_rounding(&mut self, unknowns: &[f64], equations: &dyn Equations) -> bool {
        let n = unknowns.len();
        equations.sizes(unknowns, &mut self.step);
        (0..n).all(|i| {
            let terms = self.step.iter().enumerate();
            let sum: f64 = terms.map(|(j, u)| self.jacobian[j * n + i].abs() * u).sum();
            self.residual[i].abs() <= 4.0 * f64::EPSILON * sum
        })
    }
}

fn iterate(
    names: EquationNames,
    time: f64,
    work: &mut PhaseSpaceWorkspace,
    unknowns: &mut [f64],
    equations: &mut dyn Equations,
    buffers: &mut NewtonBuffers,
) -> Result<usize> {
    let n = unknowns.len();
    let (mut fresh, mut previous, mut smallest) = (true, f64::INFINITY, f64::INFINITY);
    let mut iterations = 0;
    while iterations < MOST_ITERATIONS {
        iterations += 1;
        let jacobian = fresh.then_some(&mut *buffers.jacobian);
        equations.evaluate(work, unknowns, &mut buffers.residual, jacobian)?;
        if !size(&buffers.residual).is_finite() {
            break;
        }
        if fresh && !buffers.lu.factor(&buffers.jacobian, n) {
            if !size(&buffers.jacobian).is_finite() {
                break;
            }
            unknowns.copy_from_slice(&buffers.best);
            return Err(names.singular(time));
        }
        buffers.step.copy_from_slice(&buffers.residual);
        buffers.lu.solve(&mut buffers.step);
        for (x, step) in unknowns.iter_mut().zip(&*buffers.step) {
            *x -= step;
        }
        let change = equations.relative(unknowns, &buffers.step);
        if change < smallest {
            smallest = change;
            buffers.best.copy_from_slice(unknowns);
        }
        // Upper limit of the next step, if it shrinks as the last one did.
        let next = match previous.is_finite() {
            true => change * (change / previous),
            false => change,
        };
        if change <= 4.0 * f64::EPSILON || next <= 0.1 * f64::EPSILON {
            return Ok(iterations);
        }
        let stalls = change > 0.25 * previous;
        if stalls && (change < ROUNDING || buffers.is_rounding(unknowns, equations)) {
            return Ok(iterations);
        }
        fresh = change > SETTLED || change > 0.1 * previous;
        previous = change;
    }
    unknowns.copy_from_slice(&buffers.best);
    Err(Error::NotConverged {
        path: names.path.into(),
        equations: names.equations.into(),
        time,
        iterations,
        change: smallest,
        remedy: names.remedy.into(),
    })
}
