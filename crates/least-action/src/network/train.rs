//! The strong constraint, R_f without end: every layer follows exactly from the one before and the inputs are exact, so the action is a function of the weights alone. Its gradient by
//! backpropagation (D. E. Rumelhart, G. E. Hinton, R. J. Williams, Nature 323, 1986).

use super::action::{add_priors, all_finite};
use super::locate::of_weights;
use super::matrix::{self, Quad, STRIP};
use super::pass::{Pass, BLOCK, STRIPS};
use super::problem::NetworkProblem;
use crate::action::ActionValue;
use crate::error::{check, Error, Result};
use crate::solve::Objective;

/// The action of a network without model errors, as a function of its weights, for training in the usual way. Owns its memory, and takes none per call.
///
/// The same problem, normalisation and priors as for [`super::NetworkAction`], whose lowest value at R_f, with exact inputs, is below the lowest one of
/// this by a term of order 1/R_f.
#[derive(Debug, Clone)]
pub struct Training {
    problem: NetworkProblem,
    pass: Pass,
    /// For each layer, of a block of pairs: activations, slopes, external inputs.
    x: Vec<Vec<Quad>>,
    slopes: Vec<Vec<Quad>>,
    external: Vec<Vec<Quad>>,
    /// Derivatives in the activations before and after a layer.
    before: Vec<Quad>,
    after: Vec<Quad>,
}

impl Training {
    /// # Errors
    /// A problem whose inputs are not measured.
    pub fn new(problem: &NetworkProblem) -> Result<Self> {
        inputs(problem)?;
        let network = problem.network();
        let widest = network.widths().iter().max().copied().unwrap_or(0);
        let strips =
            |width: usize| vec![[0.0; STRIP]; STRIPS.min(problem.pairs().div_ceil(STRIP)) * width];
        let of_layers = || {
            network
                .widths()
                .iter()
                .map(|&width| strips(width))
                .collect()
        };
        Ok(Training {
            pass: Pass::new(network),
            x: of_layers(),
            slopes: of_layers(),
            external: network
                .transitions
                .iter()
                .map(|t| strips(t.inputs))
                .collect(),
            before: strips(widest),
            after: strips(widest),
            problem: problem.clone(),
        })
    }

    pub fn problem(&self) -> &NetworkProblem {
        &self.problem
    }

    /// The action at these weights, whose model error is 0; its derivatives are written to `gradient`.
    ///
    /// # Errors
    /// A wrong length, and the first value that is not finite.
    pub fn evaluate(&mut self, weights: &[f64], gradient: &mut [f64]) -> Result<ActionValue> {
        let problem = self.problem.clone();
        let network = problem.network();
        network.check_weights("weights", weights)?;
        network.check_weights("gradient", gradient)?;
        gradient.fill(0.0);
        self.pass.set_weights(network, weights, true);
        let mut measurement_error = 0.0;
        for first in (0..problem.pairs()).step_by(BLOCK) {
            let last = problem.pairs().min(first + BLOCK);
            self.forward(&problem, weights, (first, last));
            measurement_error += self.backward(&problem, weights, (first, last), gradient);
        }
        let prior_error = add_priors(&problem.0.priors, weights, gradient);
        let action = measurement_error + prior_error;
        if action.is_finite() && all_finite(gradient) {
            return Ok(ActionValue {
                action,
                measurement_error,
                model_error: 0.0,
                prior_error,
            });
        }
        Err(first_not_finite(&problem, weights, gradient))
    }

    fn forward(
        &mut self,
        problem: &NetworkProblem,
        weights: &[f64],
        (first, last): (usize, usize),
    ) {
        let (network, parts) = (problem.network(), &*problem.0);
        let strips = (last - first).div_ceil(STRIP);
        let width = network.widths()[0];
        let inputs = parts.measured.iter().find(|m| m.layer == 0);
        let inputs = inputs.map_or(&[][..], |m| &m.values[first * width..last * width]);
        matrix::pack(inputs, width, &mut self.x[0][..strips * width]);
        for layer in 1..=network.depth() {
            let (width, wide) = (network.widths()[layer - 1], network.widths()[layer]);
            let inputs = network.transitions[layer - 1].inputs;
            let external = &mut self.external[layer - 1][..strips * inputs];
            if inputs > 0 {
                let known = &parts.external[layer - 1][first * inputs..last * inputs];
                matrix::pack(known, inputs, external);
            }
            let (before, after) = self.x.split_at_mut(layer);
            let x = &before[layer - 1][..strips * width];
            let z = &mut after[0][..strips * wide];
            let slopes = &mut self.slopes[layer][..strips * wide];
            let at = (layer, last - first);
            self.pass
                .forward(network, weights, at, (x, external), (z, slopes));
        }
    }

    fn backward(
        &mut self,
        problem: &NetworkProblem,
        weights: &[f64],
        (first, last): (usize, usize),
        gradient: &mut [f64],
    ) -> f64 {
        let (network, count) = (problem.network(), last - first);
        let strips = count.div_ceil(STRIP);
        let mut error = 0.0;
        let mut wide = network.widths()[network.depth()];
        self.after[..strips * wide].fill([0.0; STRIP]);
        for layer in (1..=network.depth()).rev() {
            let after = &mut self.after[..strips * wide];
            for measured in problem.0.measured.iter().filter(|m| m.layer == layer) {
                let values = &measured.values[first * wide..last * wide];
                error += measure(values, &measured.weights, &self.x[layer], after);
            }
            let width = network.widths()[layer - 1];
            let inputs = network.transitions[layer - 1].inputs;
            let x = &self.x[layer - 1][..strips * width];
            let external = &self.external[layer - 1][..strips * inputs];
            let before = &mut self.before[..strips * width];
            before.fill([0.0; STRIP]);
            let back = (&self.slopes[layer][..strips * wide], after);
            self.pass.pull_back(
                network,
                weights,
                (layer, count),
                (x, external),
                back,
                before,
                gradient,
            );
            std::mem::swap(&mut self.before, &mut self.after);
            wide = width;
        }
        error
    }
}

impl Objective for Training {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        Ok(Training::evaluate(self, x, gradient)?.action)
    }
}

/// The measured inputs, pairs x neurons.
///
/// # Errors
/// There are none.
pub(super) fn inputs(problem: &NetworkProblem) -> Result<&[f64]> {
    let inputs = problem.0.measured.iter().find(|m| m.layer == 0);
    match inputs {
        Some(inputs) => Ok(&inputs.values),
        None => Err(Error::WrongShape {
            path: "pairs.inputs".into(),
            message: "are needed for training, in which the inputs are exact; give them, or anneal instead".into(),
        }),
    }
}

/// The measurement error of a layer's strips; its derivatives are added to `adjoint`.
fn measure(values: &[f64], weights: &[f64], x: &[Quad], adjoint: &mut [Quad]) -> f64 {
    let width = weights.len();
    let mut sum = 0.0;
    for (pair, y) in values.chunks_exact(width).enumerate() {
        let (from, lane) = (pair / STRIP * width, pair % STRIP);
        let strips = x[from..].iter().zip(&mut adjoint[from..]);
        for ((y, weight), (x, adjoint)) in y.iter().zip(weights).zip(strips) {
            let error = if y.is_nan() { 0.0 } else { x[lane] - y };
            sum += weight * error * error;
            adjoint[lane] += 2.0 * weight * error;
        }
    }
    sum
}

fn first_not_finite(problem: &NetworkProblem, weights: &[f64], gradient: &[f64]) -> Error {
    let network = problem.network();
    let forward = || {
        let inputs = inputs(problem).ok()?;
        network.forward(weights, inputs, &problem.0.external).err()
    };
    of_weights(network, weights, "weight")
        .or_else(forward)
        .or_else(|| of_weights(network, gradient, "derivative of the action in a weight"))
        .or_else(|| check::finite("action", f64::INFINITY).err())
        .unwrap_or_else(|| Error::NoObservations {
            path: "pairs".into(),
        })
}
