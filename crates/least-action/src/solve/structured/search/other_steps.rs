//! Other steps where the step of the quadratic model does not lower the value. Evaluations cost
//! much less than the factorisation that a more damped step takes.

use super::{dot, Quadratic, Search, Tried};

/// Number of times that a step that failed is shortened before another is computed.
const SHORTER_STEPS: usize = 2;

/// Largest acceleration that is tried, as a share of the step, in the metric. Beyond that the
/// residuals are not parabolas along the step. Further accelerations must be half as long.
const MOST_ACCELERATION: f64 = 0.75;
/// Largest number of accelerations of one step.
const ACCELERATIONS: usize = 3;

impl<Q: Quadratic> Search<'_, Q> {
    /// Tries other steps after one that failed. Returns the result of the last one, and true if
    /// that was not shortened.
    pub(super) fn try_others(&mut self, kept: f64, tried: Tried) -> (Tried, bool) {
        if let Tried::NotLower(_) = tried {
            if let Some(accelerated) = self.accelerate(kept) {
                return (accelerated, true);
            }
        }
        (self.shorten(kept, tried), false)
    }

    /// Adds to the step that failed the change that brings it back to the floor of a curved valley:
    /// Newton steps, with the old factor, that make up for the curvature of the residuals, seen at
    /// its end. The first is the geodesic acceleration of M. K. Transtrum and J. P. Sethna (arXiv
    /// 1201.5885, 2012), where the second derivative along the step is the difference over the
    /// whole of it, which is already known. Returns `None` if none leads to a lower value. A neuron
    /// with 18 unknown parameters takes a tenth of the steps.
    fn accelerate(&mut self, kept: f64) -> Option<Tried> {
        if !self.at.factored {
            return None;
        }
        let mut longest = MOST_ACCELERATION;
        for _ in 0..ACCELERATIONS {
            let memory = &mut *self.memory;
            let acceleration = &mut memory.product;
            let (step, active) = (&memory.step, &memory.active);
            self.problem
                .geodesic_acceleration(step, active, acceleration);
            let (mut across, mut along) = (0.0, 0.0);
            for (i, trial) in memory.trial.iter_mut().enumerate() {
                let (step, scale) = (memory.step[i], memory.scale[i]);
                across += scale * acceleration[i] * acceleration[i];
                along += scale * step * step;
                *trial += acceleration[i];
            }
            let length = (across / along).sqrt();
            if length.is_nan() || length > longest {
                return None;
            }
            longest = 0.5 * length;
            if let Some(bounds) = self.problem.bounds() {
                bounds.project(&mut memory.trial);
            }
            match self.try_step(kept) {
                Tried::Lower(gain) => return Some(Tried::Lower(gain)),
                Tried::NotLower(_) => {}
                Tried::NotFinite => return None,
            }
        }
        None
    }

    /// Tries shorter steps in the direction of one that failed. On ladders of Lorenz96 with many
    /// hidden states this saves a third of the factorisations.
    fn shorten(&mut self, kept: f64, mut tried: Tried) -> Tried {
        let descent = -dot(&self.memory.step, &self.memory.gradient);
        if descent <= 0.0 {
            return tried;
        }
        let mut share = 1.0;
        for _ in 0..SHORTER_STEPS {
            share *= match tried {
                // Where the parabola through value, slope and the value met is lowest.
                Tried::NotLower(value) => {
                    let slope = descent * share;
                    (0.5 * slope / (value - self.at.value + slope)).clamp(0.1, 0.5)
                }
                _ => 0.25,
            };
            let memory = &mut *self.memory;
            let steps = self.x.iter().zip(&memory.step);
            for (trial, (x, step)) in memory.trial.iter_mut().zip(steps) {
                *trial = x + share * step;
            }
            let predicted = share * descent - share * share * (descent - kept);
            tried = self.try_step(predicted);
            if matches!(tried, Tried::Lower(_)) {
                break;
            }
        }
        tried
    }
}
