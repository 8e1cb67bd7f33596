use super::one_step_map::MapStep;
use super::symplectic_euler::{momentum_first, position_first};
use crate::error::Result;
use crate::mechanics::Hamiltonian;

/// Makes a step of the method of Stormer and Verlet, `p = p0 - (h/2) H_x(x0, p)`,
/// `x1 = x0 + (h/2) (H_p(x0, p) + H_p(x1, p))`, `p1 = p - (h/2) H_x(x1, p)`, and where H is not
/// separable of its generalisation (Hairer, Lubich, Wanner, section VI.3). H is taken at the
/// beginning of the step in the first half, at its end in the second.
pub(super) fn stormer_verlet(hamiltonian: &dyn Hamiltonian, mut step: MapStep) -> Result<usize> {
    let (time, half) = (step.time, 0.5 * step.h);
    let first = momentum_first(hamiltonian, step.part(time, half))?;
    let second = position_first(hamiltonian, step.part(time + half, half))?;
    Ok(first + second)
}
