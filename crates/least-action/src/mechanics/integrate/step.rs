use crate::mechanics::newton::Named;
use crate::mechanics::{Hamiltonian, Workspace};
use crate::solve::dense::size;

/// One step to be made: from `time` to `time + h`.
pub(super) struct Step<'a> {
    pub hamiltonian: &'a dyn Hamiltonian,
    pub work: &'a mut Workspace,
    pub time: f64,
    pub h: f64,
    /// x and p, 2 D, which the step moves.
    pub z: &'a mut [f64],
    /// Columns of 2 D numbers that are multiplied by the step's derivative.
    pub tangent: Option<&'a mut [f64]>,
}

impl Step<'_> {
    /// The same with another step, from another time.
    pub fn part(&mut self, time: f64, h: f64) -> Step<'_> {
        Step {
            hamiltonian: self.hamiltonian,
            work: self.work,
            time,
            h,
            z: self.z,
            tangent: self.tangent.as_deref_mut(),
        }
    }
}

/// What Newton's method solves in a step.
pub(super) const EQUATIONS: Named = Named {
    path: "timeStep",
    equations: "the equations of the step",
    matrix: "the Jacobian of the step's equations",
    remedy: "use a shorter time step",
};

/// The size of a change of numbers relative to that of the numbers and of what they were at first.
pub(super) fn relative(change: &[f64], now: &[f64], first: &[f64]) -> f64 {
    size(change) / size(now).max(size(first)).max(f64::MIN_POSITIVE)
}
