//! Fits at a finite R_f with one parameter held, and the density of the parameter there.

use super::{Laplace, LaplaceOptions};
use crate::action::Problem;
use crate::error::Result;
use crate::statistics::{Posterior, Refit, Refitted};

impl Refit for Posterior {
    fn problem(&self) -> &Problem {
        Posterior::problem(self)
    }

    fn model_precision(&self) -> f64 {
        Posterior::model_precision(self)
    }

    fn minimum(&mut self, start: &[f64], iterations: usize) -> Result<Vec<f64>> {
        let mut at = start.to_vec();
        super::expansion::descend(self, &options(iterations), &mut at)?;
        Ok(at)
    }

    fn refit(&mut self, start: &[f64], place: usize, iterations: usize) -> Result<Refitted> {
        let unknown = Posterior::problem(self).path_length() + place;
        let held = self.holding(unknown, start[unknown]);
        let laplace = Laplace::new(&held, start, options(iterations))?;
        Ok(Refitted {
            unknowns: laplace.mode().to_vec(),
            value: laplace.value(),
            minus_log: -laplace.log_evidence(),
        })
    }

    fn deviation(&mut self, minimum: &[f64], place: usize) -> Option<f64> {
        let options = LaplaceOptions {
            minimize: false,
            ..LaplaceOptions::default()
        };
        let unknown = Posterior::problem(self).path_length() + place;
        let laplace = Laplace::new(self, minimum, options).ok()?;
        Some(laplace.deviations()[unknown])
    }

    fn value_of_finer_steps(&mut self, _: &[f64]) -> Option<f64> {
        // The model errs in every step; that it errs by its steps too is no matter of its own.
        None
    }
}

fn options(max_iterations: usize) -> LaplaceOptions {
    LaplaceOptions {
        max_iterations,
        ..LaplaceOptions::default()
    }
}
