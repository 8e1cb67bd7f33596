//! Change of the quadratic model's step into one that stays within the bounds: a projected search
//! on the model, as in J. J. Moré and G. Toraldo, SIAM J. Optim. 1, 1991, whose subspace steps are
//! exact.

use super::super::damping::Damping;
use super::{dot, Quadratic, Search};

/// Reduction of the value that the quadratic model predicts for a step.
pub(super) struct PredictedReduction {
    /// Predicted reduction without regard to bounds, except those that are active.
    pub free: f64,
    /// Predicted reduction within the bounds.
    pub kept: f64,
    /// True if the damping hardly shortens the step, so that more reduction is not possible.
    pub undamped: bool,
}

/// Share of the predicted reduction that a step cut at its bounds must keep. Otherwise it is
/// computed anew beside the cut, at most [`ROUNDS`] times.
const GOOD_CUT: f64 = 0.9;
/// Largest number of times that a step is computed anew beside its cut.
const ROUNDS: usize = 8;

/// Share of the reduction predicted up to a cut that must be kept. Otherwise a cut nearer by
/// [`NEARER`] is tried.
const LEAST_CUT: f64 = 0.25;
/// Factor by which the next cut is nearer.
const NEARER: f64 = 0.25;

impl<Q: Quadratic> Search<'_, Q> {
    /// Predicted reduction of the step. The trial point becomes the one within the bounds that it
    /// leads to.
    pub(super) fn propose(&mut self) -> PredictedReduction {
        let memory = &mut *self.memory;
        let steps = memory.step.iter().zip(&memory.gradient).zip(&memory.shift);
        let (mut descent, mut damping) = (0.0, 0.0);
        for ((step, gradient), shift) in steps {
            descent -= step * gradient;
            damping += step * shift * step;
        }
        for (trial, (x, step)) in memory.trial.iter_mut().zip(self.x.iter().zip(&memory.step)) {
            *trial = x + step;
        }
        let free = 0.5 * (descent + damping);
        let bounds = self.problem.bounds();
        let cut = bounds.is_some_and(|bounds| bounds.project(&mut memory.trial));
        let (kept, best) = match cut {
            true => self.stay_within(free),
            false => (free, true),
        };
        PredictedReduction {
            // Bounds that the step presses against leave no more than this.
            free: if best { kept } else { free },
            kept,
            undamped: self.at.damping.negligible() && damping <= Damping::UNDAMPED * free,
        }
    }

    /// Goes towards the end of the step, cut at the bounds, as far as the model falls; from there
    /// towards its minimum beside the bounds reached now; and so on. Step and trial point are then
    /// those within the bounds. Returns the predicted reduction there, which is never negative, and
    /// true if it is the best that is possible.
    fn stay_within(&mut self, free: f64) -> (f64, bool) {
        let memory = &mut *self.memory;
        memory.inside.fill(0.0);
        let (mut kept, mut predicted, mut best) = (0.0, free, false);
        for round in 0..=ROUNDS {
            let (gain, whole) = self.approach(kept, predicted);
            kept += gain;
            if round == ROUNDS || kept >= GOOD_CUT * free {
                break;
            }
            if !self.mark_active_bounds(whole) {
                best = true;
                break;
            }
            match self.aim() {
                Some(more) => predicted = more,
                None => break,
            }
        }
        let memory = &mut *self.memory;
        memory.step.copy_from_slice(&memory.inside);
        (kept, best)
    }

    /// Moves the step inside towards the target step. Returns the decrease of the model beyond
    /// `kept`, of the reduction `predicted`, and true if all of the way was possible.
    fn approach(&mut self, kept: f64, predicted: f64) -> (f64, bool) {
        let mut share = 1.0f64;
        let free_way = self.free_way();
        loop {
            let whole = !self.cut_at(share);
            let gain = self.model_decrease() - kept;
            // On the free way the model falls as a parabola does.
            let expected = predicted * share * (2.0 - share);
            if gain >= LEAST_CUT * expected || share <= free_way {
                let memory = &mut *self.memory;
                if gain >= 0.0 {
                    memory.inside.copy_from_slice(&memory.candidate);
                    return (gain, whole && share == 1.0);
                }
                // Rounding: stay.
                for (trial, (x, step)) in memory
                    .trial
                    .iter_mut()
                    .zip(self.x.iter().zip(&memory.inside))
                {
                    *trial = x + step;
                }
                return (0.0, false);
            }
            share = (share * NEARER).max(free_way);
        }
    }

    /// Share of the way to the target step until the first bound.
    fn free_way(&self) -> f64 {
        let memory = &*self.memory;
        let Some(bounds) = self.problem.bounds() else {
            return 1.0;
        };
        let mut share = 1.0f64;
        for (i, &x) in self.x.iter().enumerate() {
            let (from, way) = (x + memory.inside[i], memory.step[i] - memory.inside[i]);
            let end = if way > 0.0 {
                bounds.upper[i]
            } else {
                bounds.lower[i]
            };
            if way != 0.0 && (end - from) / way < share {
                share = ((end - from) / way).max(0.0);
            }
        }
        share
    }

    /// Writes candidate and trial point at this share of the way. Returns true if they were cut at
    /// a bound.
    fn cut_at(&mut self, share: f64) -> bool {
        let memory = &mut *self.memory;
        for (i, (trial, x)) in memory.trial.iter_mut().zip(self.x.iter()).enumerate() {
            let inside = memory.inside[i];
            *trial = x + (inside + share * (memory.step[i] - inside));
        }
        let bounds = self.problem.bounds();
        let cut = bounds.is_some_and(|bounds| bounds.project(&mut memory.trial));
        let ends = memory.trial.iter().zip(self.x.iter());
        let pairs = memory.candidate.iter_mut().zip(ends);
        pairs.for_each(|(candidate, (trial, x))| *candidate = trial - x);
        cut
    }

    /// Decrease of the quadratic model, without damping, along the candidate.
    fn model_decrease(&mut self) -> f64 {
        let memory = &*self.memory;
        self.problem.decrease(&memory.gradient, &memory.candidate)
    }

    /// Marks as active the bounds that the step inside has reached. Where that is the minimum
    /// beside those marked before, only unknowns that are pushed outwards are marked. Returns true
    /// if that leaves anything to gain.
    fn mark_active_bounds(&mut self, minimum: bool) -> bool {
        self.damped_gradient();
        let memory = &mut *self.memory;
        let Some(bounds) = self.problem.bounds() else {
            return false;
        };
        if !minimum {
            bounds.mark_ends(&memory.trial, &memory.fixed, &mut memory.active);
            return true;
        }
        let before = memory.active.iter().filter(|&&active| active).count();
        let now = bounds.mark_active(&memory.trial, &memory.product, &mut memory.active);
        now < before
    }

    /// Writes the gradient of the damped model after the step inside.
    fn damped_gradient(&mut self) {
        let memory = &mut *self.memory;
        let (inside, gradient) = (&memory.inside, &mut memory.product);
        self.problem
            .gradient_after(&memory.gradient, inside, gradient);
        let steps = memory.shift.iter().zip(inside);
        let pairs = gradient.iter_mut().zip(steps);
        pairs.for_each(|(gradient, (shift, step))| *gradient += shift * step);
    }

    /// Sets the target step to the minimum of the damped model beside the active bounds. Returns
    /// its decrease on the way, or `None` if the model has no minimum there.
    fn aim(&mut self) -> Option<f64> {
        self.at.factorizations += 1;
        let memory = &mut *self.memory;
        let (shift, active) = (&memory.shift, &memory.active);
        if !self.problem.factor(shift, active) {
            return None;
        }
        let force = &mut memory.product;
        for (force, &active) in force.iter_mut().zip(active) {
            *force = if active { 0.0 } else { -*force };
        }
        memory.candidate.copy_from_slice(force);
        self.problem.solve(&memory.inside, shift, force);
        let ends = memory.inside.iter().zip(force.iter());
        let steps = memory.step.iter_mut().zip(ends);
        steps.for_each(|(step, (inside, more))| *step = inside + more);
        Some(0.5 * dot(&memory.candidate, force))
    }
}
