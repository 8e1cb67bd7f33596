//! The action of a network as an objective.

use super::NetworkAction;
use crate::error::Result;
use crate::solve::{Bounds, Objective};

/// The action of a network at one R_f as an objective for minimisers.
///
/// ```
/// use least_action::network::{
///     Layer, Network, NetworkAction, NetworkObjective, NetworkOptions, NetworkProblem, Pairs,
/// };
/// use least_action::solve::{Lbfgs, Minimizer};
///
/// let network = Network::feedforward(1, vec![Layer::new(1)])?;
/// let pairs = Pairs::new(&network, vec![-1.0, 1.0], vec![0.2, 0.8])?;
/// let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default())?;
/// let mut action = NetworkAction::new(&problem);
/// let mut objective = NetworkObjective::new(&mut action, 10.0, &|| false);
/// let mut unknowns = vec![0.0; problem.unknowns()];
/// let minimum = Lbfgs::default().minimize(&mut objective, &mut unknowns)?;
/// assert!(minimum.value < 1e-3);
/// # Ok::<(), least_action::Error>(())
/// ```
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
