//! The action of a network with its exact gradient.

use super::locate::first_not_finite;
use super::matrix::{self, Quad, STRIP};
use super::pass::{Pass, BLOCK, STRIPS};
use super::problem::{Measured, NetworkProblem, PriorTerm};
use crate::action::ActionValue;
use crate::error::{check, Result};
use crate::solve::Objective;

/// Evaluates the action of one [`NetworkProblem`]; owns the memory for it, and takes none per call.
///
/// Memory is of the order of the weights and the neurons of a layer, beside the caller's unknowns and gradient.
///
/// ```
/// use least_action::network::*;
///
/// let network = Network::feedforward(2, &[Layer::new(1, Activation::Linear)])?;
/// let pairs = Pairs::new(&network, vec![1.0, 2.0], vec![3.0]);
/// let problem = NetworkProblem::new(network, pairs, &NetworkOptions::default())?;
/// let mut action = NetworkAction::new(&problem);
/// // X_0, X_1, and the weights: W, then b.
/// let unknowns = [1.0, 2.0, 3.0, 1.0, 0.5, 0.0];
/// let mut gradient = [0.0; 6];
/// let value = action.evaluate(10.0, &unknowns, &mut gradient)?;
/// // The data are met; the model gives 1 * 1 + 2 * 0.5 = 2, not 3.
/// assert_eq!((value.measurement_error, value.model_error), (0.0, 10.0));
/// assert_eq!(gradient, [-20.0, -10.0, 20.0, -20.0, -40.0, -20.0]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct NetworkAction {
    problem: NetworkProblem,
    pass: Pass,
    /// Of a block of pairs: activations before and after a layer, what the layer makes of them, what it needs back.
    x: Vec<Quad>,
    next: Vec<Quad>,
    external: Vec<Quad>,
    z: Vec<Quad>,
    slopes: Vec<Quad>,
    /// Derivatives in the activations before and after a layer.
    before: Vec<Quad>,
    after: Vec<Quad>,
}

impl NetworkAction {
    pub fn new(problem: &NetworkProblem) -> Self {
        let network = problem.network();
        let widest = network.widths().iter().max().copied().unwrap_or(0);
        let inputs = network.transitions.iter().map(|t| t.inputs);
        let strips =
            |width| vec![[0.0; STRIP]; STRIPS.min(problem.pairs().div_ceil(STRIP)) * width];
        NetworkAction {
            pass: Pass::new(network),
            x: strips(widest),
            next: strips(widest),
            external: strips(inputs.max().unwrap_or(0)),
            z: strips(widest),
            slopes: strips(widest),
            before: strips(widest),
            after: strips(widest),
            problem: problem.clone(),
        }
    }

    pub fn problem(&self) -> &NetworkProblem {
        &self.problem
    }

    /// The action at the unknowns (X_0, ..., X_F, weights); its derivatives are written to `gradient`, in the same order.
    ///
    /// # Errors
    /// A wrong length, a precision that is not positive, and [`Error::NeuronNotFinite`] for the first value that is not finite.
    pub fn evaluate(
        &mut self,
        model_precision: f64,
        unknowns: &[f64],
        gradient: &mut [f64],
    ) -> Result<ActionValue> {
        check::precision("modelPrecision", model_precision)?;
        let count = self.problem.unknowns();
        let because = "activations of all pairs and layers, then weights";
        check::length("unknowns", unknowns.len(), count, because)?;
        check::length("gradient", gradient.len(), count, because)?;
        let problem = self.problem.clone();
        let parts = &*problem.0;
        let factor = parts.normalization.factor(problem.residuals()) * model_precision;

        gradient.fill(0.0);
        let (activations, weights) = unknowns.split_at(problem.weight_offset());
        let (by_activation, by_weight) = gradient.split_at_mut(problem.weight_offset());
        self.pass.set_weights(&parts.network, weights, true);
        let mut squares = [0.0; STRIP];
        for first in (0..parts.pairs).step_by(BLOCK) {
            let pairs = first..parts.pairs.min(first + BLOCK);
            let ends = (activations, weights);
            self.block(
                &problem,
                factor,
                pairs,
                ends,
                (by_activation, by_weight),
                &mut squares,
            );
        }
        let [a, b, c, d] = squares;
        let model_error = factor * ((a + b) + (c + d));

        let mut measurement_error = 0.0;
        let noisy = |m: &&Measured| !(parts.exact_inputs && m.layer == 0);
        for measured in parts.measured.iter().filter(noisy) {
            let range = problem.layer_offset(measured.layer)
                ..problem.layer_offset(measured.layer) + measured.values.len();
            measurement_error += measure(
                measured,
                &activations[range.clone()],
                &mut by_activation[range],
            );
        }
        if problem.exact_inputs().is_some() {
            by_activation[..problem.layer_offset(1)].fill(0.0);
        }
        let prior_error = add_priors(&parts.priors, weights, by_weight);
        let value = ActionValue {
            action: measurement_error + model_error + prior_error,
            measurement_error,
            model_error,
            prior_error,
        };
        if value.action.is_finite() && all_finite(gradient) {
            return Ok(value);
        }
        Err(first_not_finite(&problem, unknowns, gradient))
    }

    /// Adds the model's part of some pairs.
    fn block(
        &mut self,
        problem: &NetworkProblem,
        factor: f64,
        pairs: std::ops::Range<usize>,
        (activations, weights): (&[f64], &[f64]),
        (by_activation, by_weight): (&mut [f64], &mut [f64]),
        squares: &mut [f64; STRIP],
    ) {
        let parts = &*problem.0;
        let network = &parts.network;
        let (count, strips) = (pairs.len(), pairs.len().div_ceil(STRIP));
        let rows = |layer: usize| {
            let (offset, width) = (parts.offsets[layer], network.widths()[layer]);
            offset + pairs.start * width..offset + pairs.end * width
        };
        let mut width = network.widths()[0];
        let inputs = problem.exact_inputs().unwrap_or(activations);
        matrix::pack(&inputs[rows(0)], width, &mut self.x[..strips * width]);
        self.before[..strips * width].fill([0.0; STRIP]);
        for layer in 1..=network.depth() {
            let (wide, inputs) = (
                network.widths()[layer],
                network.transitions[layer - 1].inputs,
            );
            let x = &self.x[..strips * width];
            let next = &mut self.next[..strips * wide];
            matrix::pack(&activations[rows(layer)], wide, next);
            let external = &mut self.external[..strips * inputs];
            if inputs > 0 {
                let known = &parts.external[layer - 1];
                matrix::pack(
                    &known[pairs.start * inputs..pairs.end * inputs],
                    inputs,
                    external,
                );
            }
            let z = &mut self.z[..strips * wide];
            let slopes = &mut self.slopes[..strips * wide];
            let at = (layer, count);
            self.pass
                .forward(network, weights, at, (x, external), (z, slopes));
            let after = &mut self.after[..strips * wide];
            residuals((next, z), after, (count, wide), factor, squares);
            let before = &mut self.before[..strips * width];
            let back = (&*slopes, z);
            self.pass
                .pull_back(network, weights, at, (x, external), back, before, by_weight);
            matrix::unpack(before, width, &mut by_activation[rows(layer - 1)]);
            std::mem::swap(&mut self.x, &mut self.next);
            std::mem::swap(&mut self.before, &mut self.after);
            width = wide;
        }
        let last = &self.before[..strips * width];
        matrix::unpack(last, width, &mut by_activation[rows(network.depth())]);
    }
}

/// Adds the squares of the residuals; writes their derivatives in the activations to `after`, and those in what the layer makes in place of that.
fn residuals(
    (next, z): (&[Quad], &mut [Quad]),
    after: &mut [Quad],
    (pairs, width): (usize, usize),
    factor: f64,
    squares: &mut [f64; STRIP],
) {
    let strips = next.chunks_exact(width).zip(z.chunks_exact_mut(width));
    for (s, ((next, z), after)) in strips.zip(after.chunks_exact_mut(width)).enumerate() {
        let live = STRIP.min(pairs - s * STRIP);
        for ((next, z), after) in next.iter().zip(z).zip(after) {
            let mut residual = [0.0; STRIP];
            for pair in 0..STRIP {
                residual[pair] = next[pair] - z[pair];
            }
            // What fills up the last strip is no pair.
            residual[live..].fill(0.0);
            for pair in 0..STRIP {
                squares[pair] += residual[pair] * residual[pair];
                after[pair] = 2.0 * factor * residual[pair];
                z[pair] = -after[pair];
            }
        }
    }
}

/// The measurement error of one layer; its derivatives are added to `gradient`.
fn measure(measured: &Measured, x: &[f64], gradient: &mut [f64]) -> f64 {
    let width = measured.weights.len();
    let mut sum = 0.0;
    let rows = x
        .chunks_exact(width)
        .zip(measured.values.chunks_exact(width));
    for ((x, y), gradient) in rows.zip(gradient.chunks_exact_mut(width)) {
        for (((x, y), gradient), weight) in x.iter().zip(y).zip(gradient).zip(&measured.weights) {
            let error = if y.is_nan() { 0.0 } else { x - y };
            sum += weight * error * error;
            *gradient += 2.0 * weight * error;
        }
    }
    sum
}

/// The part of the priors; its derivatives are added to `gradient`.
pub(super) fn add_priors(priors: &[PriorTerm], weights: &[f64], gradient: &mut [f64]) -> f64 {
    let mut sum = 0.0;
    for prior in priors {
        let error = weights[prior.weight] - prior.mean;
        sum += prior.factor * error * error;
        gradient[prior.weight] += 2.0 * prior.factor * error;
    }
    sum
}

/// Whether all numbers are finite, without a branch per number.
pub(super) fn all_finite(x: &[f64]) -> bool {
    // 0 times a finite number is 0, anything else times 0 is NaN.
    let mut sums = [0.0; 8];
    let groups = x.chunks_exact(8);
    let rest = groups.remainder().iter().all(|x| x.is_finite());
    for group in groups {
        for (sum, x) in sums.iter_mut().zip(group) {
            *sum += x * 0.0;
        }
    }
    rest && sums == [0.0; 8]
}

/// The action at one R_f, for minimisers.
#[derive(Debug)]
pub struct AtPrecision<'a> {
    pub action: &'a mut NetworkAction,
    /// R_f.
    pub model_precision: f64,
}

impl Objective for AtPrecision<'_> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let value = self.action.evaluate(self.model_precision, x, gradient)?;
        Ok(value.action)
    }
}
