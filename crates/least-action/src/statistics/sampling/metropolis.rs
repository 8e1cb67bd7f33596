//! The random walk of Metropolis.

use super::density::Density;
use super::dynamics::Dynamics;
use super::sampling_point::SamplingPoint;
use super::transition::Transition;
use crate::random::Random;

/// Random walk with its memory.
pub(super) struct Metropolis {
    /// Proposed point.
    pub end: SamplingPoint,
}

impl Metropolis {
    /// One transition from `current`, by a step of normal numbers in the coordinates of the metric.
    /// Beyond a wall, and at points at which it cannot be evaluated, the density is zero, so that
    /// the step is rejected. That is no divergence, as no energy is to be conserved.
    pub fn transition<T: Density>(
        &mut self,
        dynamics: &mut Dynamics<T>,
        current: &mut SamplingPoint,
        step: f64,
        random: &mut Random,
    ) -> Transition {
        let energy = current.density.potential;
        let from = current.position.iter().zip(&dynamics.variances);
        for (to, (from, variance)) in self.end.position.iter_mut().zip(from) {
            *to = from + step * variance.sqrt() * random.normal();
        }
        let evaluated = dynamics.space.within_walls(&self.end.position)
            && dynamics.evaluate(&mut self.end).is_ok();
        let acceptance = match evaluated {
            true => libm::exp(energy - self.end.density.potential).min(1.0),
            false => 0.0,
        };
        if random.uniform([0.0, 1.0]) < acceptance {
            // A random walk has no momentum.
            std::mem::swap(current, &mut self.end);
        }
        Transition {
            log_density: -current.density.value,
            energy,
            acceptance,
            step_size: step,
            tree_depth: 0,
            steps: 0,
            divergence: None,
        }
    }
}
