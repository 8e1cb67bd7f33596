use super::implicit_runge_kutta::{implicit_runge_kutta, GAUSS_2, GAUSS_4, GAUSS_6};
use super::one_step_map::{MapStep, OneStepMap, StepCounts};
use super::options::tolerance;
use super::IntegrationMethod as Method;
use super::{adaptive, composition, explicit_runge_kutta, stormer_verlet, symplectic_euler};
use crate::error::Result;
use crate::mechanics::{Hamiltonian, PhasePoint, PhaseSpaceWorkspace};

/// One step of a method for the canonical equations of a Hamiltonian.
pub(in crate::mechanics) struct CanonicalMap<'a> {
    hamiltonian: &'a dyn Hamiltonian,
    method: Method,
    /// Relative error of one step of the adaptive method. Default: 1e-9.
    pub tolerance: f64,
    /// Length of the step that the adaptive method tries next.
    try_next: f64,
}

impl<'a> CanonicalMap<'a> {
    /// Makes the map; `time_step` is about the length of steps.
    pub fn new(hamiltonian: &'a dyn Hamiltonian, method: Method, time_step: f64) -> Self {
        CanonicalMap {
            hamiltonian,
            method,
            tolerance: tolerance(),
            try_next: 0.1 * time_step.abs(),
        }
    }
}

impl OneStepMap for CanonicalMap<'_> {
    fn name(&self) -> &'static str {
        self.method.name()
    }

    fn energy(&mut self, work: &mut PhaseSpaceWorkspace, time: f64, z: &[f64]) -> Result<f64> {
        self.hamiltonian.value(work, PhasePoint::joined(time, z))
    }

    fn advance(&mut self, step: MapStep, counts: &mut StepCounts) -> Result<()> {
        let h = self.hamiltonian;
        let iterations = match self.method {
            Method::SymplecticEuler => symplectic_euler::momentum_first(h, step)?,
            Method::SymplecticEulerAdjoint => symplectic_euler::position_first(h, step)?,
            Method::StormerVerlet => stormer_verlet::stormer_verlet(h, step)?,
            Method::ImplicitMidpoint => implicit_runge_kutta(h, step, &GAUSS_2)?,
            Method::GaussLegendre4 => implicit_runge_kutta(h, step, &GAUSS_4)?,
            Method::GaussLegendre6 => implicit_runge_kutta(h, step, &GAUSS_6)?,
            Method::Yoshida4 => composition::compose(h, step, composition::YOSHIDA_4)?,
            Method::Suzuki4 => composition::compose(h, step, composition::SUZUKI_4)?,
            Method::Yoshida6 => composition::compose(h, step, composition::YOSHIDA_6)?,
            Method::KahanLi6 => composition::compose(h, step, composition::KAHAN_LI_6)?,
            Method::Rk4 => {
                let tableau = &explicit_runge_kutta::RK4;
                explicit_runge_kutta::explicit_runge_kutta(h, step, tableau, &mut [])?;
                0
            }
            Method::DormandPrince => {
                let (tolerance, try_next) = (self.tolerance, &mut self.try_next);
                counts.steps += adaptive::dormand_prince(h, step, tolerance, try_next)?;
                return Ok(());
            }
        };
        counts.steps += 1;
        counts.iterations += iterations;
        Ok(())
    }
}
