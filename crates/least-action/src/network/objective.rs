//! The action of a network as an objective.

use super::NetworkAction;
use crate::error::Result;
use crate::solve::{Bounds, Objective};

/// The action of a network at one R_f as an objective for minimisers.
pub struct NetworkObjective<'a> {
    action: &'a mut NetworkAction,
    model_precision: f64,
    interrupted: &'a dyn Fn() -> bool,
}

impl<'a> NetworkObjective<'a> {
    /// The action as an objective. `interrupted` is asked once per iteration: true ends a
    /// minimisation.
    pub fn new(
        action: &'a mut NetworkAction,
        model_precision: f64,
        interrupted: &'a dyn Fn() -> bool,
    ) -> Self {
        NetworkObjective {
            action,
            model_precision,
            interrupted,
        }
    }
}

impl Objective for NetworkObjective<'_> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let value = self.action.gradient(self.model_precision, x, gradient)?;
        Ok(value.action)
    }

    fn interrupted(&self) -> bool {
        (self.interrupted)()
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.action.problem().bounds()
    }
}
