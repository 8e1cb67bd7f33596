//! Levenberg-Marquardt for networks of many weights. The unknowns are the inputs, the innovations
//! `x_(l+1) - f(x_l)` and the weights. Each is known on its own, by R_m, R_f or a prior; only the
//! measurements behind the inputs depend on them together. So a step is found from a matrix with
//! one row per measured number.
//!
//! Innovations vanish as R_f grows, and training of the weights remains, so that the problem is
//! conditioned no worse than training. Activations as unknowns would lie in valleys whose walls
//! rise with R_f.

mod gram;
mod quadratic_model;
mod sensitivities;
#[cfg(test)]
mod tests;

use super::problem::NetworkProblem;
use super::NetworkAction;
use crate::error::{check, Error, Result};
use crate::solve::{Minimum, Search, Structured, Vectors};
use quadratic_model::{QuadraticModel, QuadraticModelMemory};

/// Minimiser of the action of a network in the space of the measurements, with its memory:
/// O((measured numbers)^2 + measured numbers x neurons + weights), taken once per problem.
///
/// ```
/// use least_action::network::{
///     ByMeasurements, Layer, Network, NetworkAction, NetworkOptions, NetworkProblem, Pairs,
/// };
/// use least_action::solve::Structured;
///
/// let network = Network::feedforward(1, vec![Layer::new(1)])?;
/// let pairs = Pairs::new(&network, vec![-1.0, 1.0], vec![0.2, 0.8])?;
/// let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default())?;
/// let mut minimizer = ByMeasurements::new(&problem)?;
/// let (mut action, options) = (NetworkAction::new(&problem), Structured::default());
/// let mut unknowns = vec![0.0; problem.unknowns()];
/// let minimum = minimizer.minimize(&mut action, 100.0, &options, &mut unknowns, &|| false)?;
/// assert!(minimum.value < 1e-6);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ByMeasurements {
    memory: QuadraticModelMemory,
    vectors: Vectors,
    unknowns: Vec<f64>,
}

impl ByMeasurements {
    /// Approximate number of multiplications of one factorisation.
    pub(crate) fn cost(problem: &NetworkProblem) -> f64 {
        let network = problem.network();
        let measured = sensitivities::MeasuredNeuron::all(&problem.0).len();
        let (pairs, rows) = (problem.pairs() as f64, (measured * problem.pairs()) as f64);
        let weights = network.weight_count() as f64;
        // Each map is combined with all maps that have the same weights.
        let sets = network.weight_sets();
        let sums = sets
            .iter()
            .zip(&network.widths()[1..])
            .map(|(set, &width)| {
                let tied = sets.iter().filter(|other| other.start == set.start);
                (width * tied.count()) as f64
            });
        let sums = sums.sum::<f64>() + network.neurons() as f64;
        rows * rows * (rows / 6.0 + 0.5 * sums) + weights * pairs * (pairs + measured as f64)
    }

    /// A minimiser for one problem.
    ///
    /// # Errors
    /// Layers that are models, bounds of activations behind the inputs, and so many measured
    /// numbers that the matrix does not fit in memory.
    pub fn new(problem: &NetworkProblem) -> Result<Self> {
        let parts = &*problem.0;
        let refuse = |what: &str| {
            Err(Error::WrongShape {
                path: "minimizer".into(),
                message: format!("structured cannot minimise networks with {what}; use lbfgs"),
            })
        };
        if parts
            .network
            .layers()
            .iter()
            .any(|layer| layer.map.is_some())
        {
            return refuse("layers that are models");
        }
        if problem.bounds_behind_inputs() {
            return refuse("so many measurements and bounds of activations");
        }
        let measured = sensitivities::MeasuredNeuron::all(parts).len();
        let rows = measured * parts.pairs;
        let numbers = 2.0 * rows as f64 * (rows + parts.network.neurons()) as f64;
        check::require(
            numbers <= crate::model::MOST_VALUES as f64,
            "pairs.count",
            parts.pairs as f64,
            "so few that the matrices of structured fit in memory; use lbfgs for more",
        )?;
        Ok(ByMeasurements {
            vectors: Vectors::new(problem.unknowns(), problem.bounds().is_some()),
            unknowns: vec![0.0; problem.unknowns()],
            memory: QuadraticModelMemory::new(problem)?,
        })
    }

    /// Minimises the action from `x` and leaves the best point there. The `action` must belong to
    /// the same problem. The option `hessian` is ignored: second derivatives are always those of
    /// Gauss and Newton.
    ///
    /// # Errors
    /// An action that is not finite at the starting point.
    pub fn minimize(
        &mut self,
        action: &mut NetworkAction,
        model_precision: f64,
        options: &Structured,
        x: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Minimum> {
        action.evaluate(model_precision, x)?;
        let problem = action.problem().clone();
        self.unknowns.copy_from_slice(x);
        for l in 0..problem.network().depth() {
            let range = problem.activations(l + 1);
            self.unknowns[range].copy_from_slice(action.layer(l).1);
        }
        self.memory.begin(action.model_weight(model_precision));
        let mut model = QuadraticModel {
            memory: &mut self.memory,
            interrupted,
        };
        let vectors = &mut self.vectors;
        let mut minimum = Search::begin(options, vectors, &mut model, &mut self.unknowns)?.run();
        let activations = problem.activation_count();
        self.memory
            .activations(&self.unknowns, &mut x[..activations]);
        x[activations..].copy_from_slice(&self.unknowns[activations..]);
        minimum.value = action.evaluate(model_precision, x)?.action;
        Ok(minimum)
    }
}
