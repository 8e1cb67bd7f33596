//! Adaptation of a chain after each transition of the annealing and the warm-up.

use super::{Chain, Metric};
use crate::error::Result;
use crate::random::Random;
use crate::statistics::Density;

impl<T: Density> Chain<T> {
    /// Adapts the step size. After the last transition of a rung, goes to the next R_f.
    pub(super) fn after_annealing(&mut self, random: &mut Random) -> Result<()> {
        self.adapt_step_size();
        let rung = self.options.annealing.map_or(1, |a| a.transitions);
        if !self.transitions.is_multiple_of(rung) {
            return Ok(());
        }
        // The next rung, or the posterior itself: its metric is taken at the current position.
        self.set_precision()?;
        let mut position = self.current.position.clone();
        self.dynamics.space.whitening.outward(&mut position);
        let centre = position.clone();
        self.dynamics.variances.fill(1.0);
        self.whiten(&centre, &mut position)?;
        self.current.position = position;
        self.evaluate_start()?;
        self.begin_adaptation(random)
    }

    /// Adapts the step size, and the variances at the end of a window.
    pub(super) fn after_warmup(&mut self, random: &mut Random) -> Result<()> {
        self.adapt_step_size();
        let done = self.transitions - self.options.annealed();
        let adapts = match self.metric {
            Metric::Structured => self.options.adapt_diagonal,
            Metric::Diagonal => true,
            Metric::Identity => false,
        };
        if adapts && self.windows.contain(done - 1) {
            self.moments.add(&self.current.position);
            if self.windows.end_with(done - 1) {
                let towards = match self.metric {
                    Metric::Structured => 1.0,
                    _ => 1e-3,
                };
                let variances = &mut self.dynamics.variances;
                self.moments.variances(towards, variances);
                self.moments.clear();
                self.begin_adaptation(random)?;
            }
        }
        if done == self.options.warmup && self.options.step_size.is_none() {
            self.step.settle();
        }
        Ok(())
    }

    /// Adapts the step size to the acceptance of the last transition, unless it is given.
    fn adapt_step_size(&mut self) {
        if self.options.step_size.is_none() {
            let target = self.options.acceptance();
            self.step.adapt(self.last.acceptance, target);
        }
    }
}
