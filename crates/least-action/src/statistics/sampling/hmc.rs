//! Trajectories of a given length, accepted or not at their end.

use super::density::Density;
use super::dynamics::{Dynamics, MOST_ENERGY_ERROR};
use super::point::Point;
use super::transition::Transition;
use crate::random::Random;

/// By how much trajectories are longer or shorter than the mean.
const JITTER: f64 = 0.2;

pub(super) struct Hmc {
    pub time: f64,
    pub most_steps: u32,
    pub end: Point,
}

impl Hmc {
    pub fn transition<T: Density>(
        &mut self,
        dynamics: &mut Dynamics<T>,
        current: &mut Point,
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
        // Drawn in any case, so that the stream does not depend on it.
        if random.uniform([0.0, 1.0]) < acceptance {
            current.copy_from(&self.end);
        }
        Transition {
            log_density: -current.height.value,
            energy,
            acceptance,
            step_size: step,
            tree_depth: 0,
            steps: 0,
            divergence,
        }
    }
}
