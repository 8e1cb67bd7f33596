//! Where the mathematics of a network stopped being finite: slow, and only asked for then.

use super::matrix::{self, STRIP};
use super::pass::Pass;
use super::problem::NetworkProblem;
use super::Network;
use crate::error::Error;

/// The first value that is not finite: among weights, activations, measurement errors, what layers make, residuals, derivatives.
pub(super) fn first_not_finite(
    problem: &NetworkProblem,
    unknowns: &[f64],
    gradient: &[f64],
) -> Error {
    let network = problem.network();
    let (activations, weights) = unknowns.split_at(problem.weight_offset());
    let mut activations = activations.to_vec();
    if let Some(inputs) = problem.exact_inputs() {
        activations[..inputs.len()].copy_from_slice(inputs);
    }
    let activations = &activations;
    let (by_activation, by_weight) = gradient.split_at(problem.weight_offset());
    of_weights(network, weights, "weight")
        .or_else(|| of_activations(problem, activations, "activation"))
        .or_else(|| of_measurements(problem, activations))
        .or_else(|| of_layers(problem, activations, weights))
        .or_else(|| {
            of_activations(
                problem,
                by_activation,
                "derivative of the action in the activation",
            )
        })
        .or_else(|| of_weights(network, by_weight, "derivative of the action in a weight"))
        .unwrap_or_else(|| Error::OutOfRange {
            path: "action".into(),
            value: f64::INFINITY,
            expected: "finite; choose smaller precisions or scale the data".into(),
        })
}

fn error(layer: usize, pair: Option<usize>, neuron: usize, term: &str, value: f64) -> Error {
    Error::NeuronNotFinite {
        path: "network".into(),
        layer,
        pair,
        neuron,
        term: term.into(),
        value,
    }
}

/// A value of a weight that is not finite, or a derivative in one.
pub(super) fn of_weights(network: &Network, values: &[f64], term: &str) -> Option<Error> {
    let k = values.iter().position(|w| !w.is_finite())?;
    let set = network.sets.iter().find(|set| set.range().contains(&k))?;
    let within = |range: std::ops::Range<usize>, width: usize| {
        let inside = range.contains(&k) && width > 0;
        inside.then(|| (k - range.start) / width)
    };
    let neuron = within(set.matrix_range(), set.columns)
        .or_else(|| within(set.input_range(), set.inputs))
        .or_else(|| within(set.bias_range(), 1))
        .unwrap_or(0);
    Some(error(set.layer, None, neuron, term, values[k]))
}

fn of_activations(problem: &NetworkProblem, values: &[f64], term: &str) -> Option<Error> {
    let k = values.iter().position(|x| !x.is_finite())?;
    let network = problem.network();
    let layer = (0..=network.depth()).rfind(|&l| problem.layer_offset(l) <= k)?;
    let (at, width) = (k - problem.layer_offset(layer), network.widths()[layer]);
    Some(error(layer, Some(at / width), at % width, term, values[k]))
}

fn of_measurements(problem: &NetworkProblem, activations: &[f64]) -> Option<Error> {
    let noisy = problem.0.measured.iter();
    let mut noisy = noisy.filter(|m| !(problem.0.exact_inputs && m.layer == 0));
    noisy.find_map(|measured| {
        let width = measured.weights.len();
        let x = &activations[problem.layer_offset(measured.layer)..];
        let all = x.iter().zip(&measured.values).enumerate();
        let squares = all.map(|(k, (x, y))| (k, measured.weights[k % width] * (x - y) * (x - y)));
        let mut present = squares.zip(&measured.values).filter(|(_, y)| !y.is_nan());
        let ((k, square), _) = present.find(|((_, square), _)| !square.is_finite())?;
        let term = "squared measurement error";
        Some(error(
            measured.layer,
            Some(k / width),
            k % width,
            term,
            square,
        ))
    })
}

fn of_layers(problem: &NetworkProblem, activations: &[f64], weights: &[f64]) -> Option<Error> {
    let parts = &*problem.0;
    let network = &parts.network;
    let mut pass = Pass::new(network);
    pass.set_weights(network, weights, false);
    (1..=network.depth()).find_map(|layer| {
        let inputs = network.transitions[layer - 1].inputs;
        let widths = (network.widths()[layer - 1], network.widths()[layer]);
        let row = |l: usize, pair: usize, width: usize| {
            let from = problem.layer_offset(l) + pair * width;
            &activations[from..from + width]
        };
        let mut x = vec![[0.0; STRIP]; widths.0];
        let mut external = vec![[0.0; STRIP]; inputs];
        let mut z = vec![[0.0; STRIP]; widths.1];
        let mut slopes = z.clone();
        (0..parts.pairs).find_map(|pair| {
            matrix::pack(row(layer - 1, pair, widths.0), widths.0, &mut x);
            if inputs > 0 {
                let known = &parts.external[layer - 1];
                matrix::pack(
                    &known[pair * inputs..(pair + 1) * inputs],
                    inputs,
                    &mut external,
                );
            }
            let ends = (&mut z[..], &mut slopes[..]);
            pass.forward(network, weights, (layer, 1), (&x, &external), ends);
            let all = z.iter().zip(row(layer, pair, widths.1)).enumerate();
            all.map(|(neuron, (z, next))| (neuron, z[0], next - z[0]))
                .find_map(|(neuron, z, residual)| {
                    let square = residual * residual;
                    let (term, value) = match z.is_finite() {
                        false => ("value that the layer before gives", z),
                        true => ("squared residual", square),
                    };
                    let wrong = !square.is_finite();
                    wrong.then(|| error(layer, Some(pair), neuron, term, value))
                })
        })
    })
}
