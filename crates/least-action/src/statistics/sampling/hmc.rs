//! Hamiltonian Monte Carlo: trajectories of a given length, accepted or rejected at their end.

use super::density::Density;
use super::dynamics::{Dynamics, MOST_ENERGY_ERROR};
use super::sampling_point::SamplingPoint;
use super::transition::Transition;
use crate::random::Random;

/// Largest relative difference of the length of a trajectory from the mean length.
const JITTER: f64 = 0.2;

/// Hamiltonian Monte Carlo with its options and memory.
pub(super) struct Hmc {
    /// Mean length of trajectories, in the time of the metric.
    pub time: f64,
    /// Most steps of a trajectory.
    pub most_steps: u32,
    /// End of the trajectory.
    pub end: SamplingPoint,
}

impl Hmc {
    /// One transition from `current`, with the momentum drawn anew.
    pub fn transition<T: Density>(
        &mut self,
        dynamics: &mut Dynamics<T>,
        current: &mut SamplingPoint,
        step: f64,
        random: &mut Random,
    ) -> Transition {
        dynamics.draw_momentum(current, random);
        let energy = dynamics.energy(current);
        let time = self.time * random.uniform([1.0 - JITTER, 1.0 + JITTER]);
        let steps = (time / step).ceil().clamp(1.0, f64::from(self.most_steps)) as u32;
        self.end.copy_from(current);
        let mut error = 0.0;
        let mut divergence = None;
        for _ in 0..steps {
            let cause = dynamics.step(&mut self.end, step).err();
            error = match cause {
                None => dynamics.energy(&self.end) - energy,
                Some(_) => f64::INFINITY,
            };
            if error.is_nan() || error > MOST_ENERGY_ERROR {
                error = if error.is_nan() { f64::INFINITY } else { error };
                divergence = Some(dynamics.divergence(error, cause.flatten()));
                break;
            }
        }
        let acceptance = match divergence {
            None => libm::exp(-error).min(1.0),
            Some(_) => 0.0,
        };
        // Drawn even after a divergence, so that the stream of random numbers does not depend on
        // it.
        if random.uniform([0.0, 1.0]) < acceptance {
            current.copy_from(&self.end);
        }
        Transition {
            log_density: -current.density.value,
            energy,
            acceptance,
            step_size: step,
            tree_depth: 0,
            steps: 0,
            divergence,
        }
    }
}
