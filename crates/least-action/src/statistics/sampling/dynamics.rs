//! Hamilton's equations of the sampler: `H = U(y) + p^T M^-1 p / 2`, with a diagonal mass matrix M
//! in whitened coordinates.

use super::density::Density;
use super::options::Integrator;
use super::sampling_point::{sum, SamplingPoint};
use super::space::{EvaluationFailure, SamplingSpace};
use super::transition::Divergence;
use crate::random::Random;

/// Largest rise of the energy along a trajectory. Beyond it, the trajectory has left the orbit and
/// counts as divergent (as in Stan).
pub(super) const MOST_ENERGY_ERROR: f64 = 1000.0;

/// Hamilton's equations of a density, with the memory to integrate them.
pub(super) struct Dynamics<T> {
    /// The density in the coordinates of trajectories.
    pub space: SamplingSpace<T>,
    /// Diagonal of M^-1: variances in the whitened coordinates.
    pub variances: Vec<f64>,
    /// One-step map of trajectories.
    pub integrator: Integrator,
    /// Memory for a step.
    pub work: StepWorkspace,
    /// Number of evaluations of the density since this was last set to zero.
    pub evaluations: u32,
}

/// Memory for a step.
#[derive(Debug, Clone, Default)]
pub(super) struct StepWorkspace {
    /// Position at the beginning of the step.
    pub before: Vec<f64>,
    /// First list for the integrators.
    pub first: Vec<f64>,
    /// Second list for the integrators.
    pub second: Vec<f64>,
    /// Third list for the integrators.
    pub third: Vec<f64>,
}

impl StepWorkspace {
    /// Memory for a number of unknowns.
    pub fn new(unknowns: usize) -> Self {
        let zeros = vec![0.0; unknowns];
        StepWorkspace {
            before: zeros.clone(),
            first: zeros.clone(),
            second: zeros.clone(),
            third: zeros,
        }
    }
}

impl<T: Density> Dynamics<T> {
    /// Evaluates the potential at the point's position.
    pub fn evaluate(&mut self, point: &mut SamplingPoint) -> Result<(), EvaluationFailure> {
        self.evaluations += 1;
        point.density = self.space.evaluate(&point.position, &mut point.gradient)?;
        Ok(())
    }

    /// Draws a momentum from its normal distribution.
    pub fn draw_momentum(&self, point: &mut SamplingPoint, random: &mut Random) {
        for (p, variance) in point.momentum.iter_mut().zip(&self.variances) {
            *p = random.normal() / variance.sqrt();
        }
    }

    /// Kinetic energy `p^T M^-1 p / 2`.
    pub fn kinetic(&self, momentum: &[f64]) -> f64 {
        let variances = &self.variances[..momentum.len()];
        0.5 * sum(momentum.len(), |k| variances[k] * momentum[k] * momentum[k])
    }

    /// Energy H of a point.
    pub fn energy(&self, point: &SamplingPoint) -> f64 {
        point.density.potential + self.kinetic(&point.momentum)
    }

    /// The divergence of the step made last.
    pub fn divergence(&mut self, energy_error: f64, cause: EvaluationFailure) -> Divergence {
        let before = std::mem::take(&mut self.work.before);
        let position = self.space.unknowns(&before).to_vec();
        self.work.before = before;
        Divergence {
            position,
            energy_error,
            cause,
        }
    }
}
