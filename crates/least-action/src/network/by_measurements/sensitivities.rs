//! Derivatives of the measured activations in inputs, innovations and weights. One adjoint per
//! measured neuron is carried back along the layers, for all pairs at once.

use super::super::layers::Bias;
use super::super::matrix::Panel;
use super::super::problem::{NetworkProblem, ProblemParts};

/// A measured neuron of a layer behind the inputs.
#[derive(Debug, Clone)]
pub(super) struct MeasuredNeuron {
    /// Number of its layer, from 1.
    pub layer: usize,
    /// Place of its first activation among all activations.
    pub first: usize,
    /// Distance between its activations of successive pairs: the width of its layer.
    pub width: usize,
    /// Measured values, one per pair; NaN where nothing was measured.
    pub values: Vec<f64>,
    /// Measurement precision R_m.
    pub precision: f64,
}

impl MeasuredNeuron {
    /// All neurons that are measured at any pair.
    pub fn all(parts: &ProblemParts) -> Vec<MeasuredNeuron> {
        let mut all = Vec::new();
        for target in parts.targets.iter().filter(|target| target.layer > 0) {
            let width = target.precision.len();
            for (neuron, &precision) in target.precision.iter().enumerate() {
                let values: Vec<f64> = target.values[neuron..]
                    .iter()
                    .step_by(width)
                    .copied()
                    .collect();
                if values.iter().any(|y| !y.is_nan()) {
                    all.push(MeasuredNeuron {
                        layer: target.layer,
                        first: parts.starts[target.layer] + neuron,
                        width,
                        values,
                        precision,
                    });
                }
            }
        }
        all
    }
}

/// Derivatives of the measured neurons. The numbers of a neuron lie side by side over the pairs, so
/// that loops run over pairs.
#[derive(Debug, Clone)]
pub(super) struct Sensitivities {
    /// Problem that the derivatives belong to.
    pub problem: NetworkProblem,
    /// The measured neurons.
    pub measured: Vec<MeasuredNeuron>,
    /// Derivatives in the activations of each layer l, which are those in its innovations: measured
    /// x width x pairs.
    pub by_activation: Vec<Vec<f64>>,
    /// Derivatives in the weighted inputs of each map l: measured x width x pairs.
    pub by_sum: Vec<Vec<f64>>,
    /// Numbers that the weighted inputs of each map l are linear in: (inputs, forcing, and one if
    /// biases are free) x pairs.
    pub sources: Vec<Vec<f64>>,
    panel: Panel,
}

impl Sensitivities {
    /// Memory for one problem.
    pub fn new(problem: &NetworkProblem) -> Self {
        let parts = &*problem.0;
        let (measured, network) = (MeasuredNeuron::all(parts), &parts.network);
        let rows = measured.len() * parts.pairs;
        let widths = network.widths().iter();
        let of_sources = network.weight_sets().iter().zip(network.layers());
        let mut sources: Vec<Vec<f64>> = of_sources
            .map(|(set, layer)| {
                let count = set.inputs + set.forcing + usize::from(layer.bias == Bias::Free);
                vec![1.0; count * parts.pairs]
            })
            .collect();
        for (l, sources) in sources.iter_mut().enumerate() {
            let set = &network.weight_sets()[l];
            let forcing = parts.forcing[l].chunks_exact(set.forcing.max(1));
            for (pair, row) in forcing.enumerate() {
                for (c, u) in row.iter().enumerate() {
                    sources[(set.inputs + c) * parts.pairs + pair] = *u;
                }
            }
        }
        Sensitivities {
            by_activation: widths.clone().map(|w| vec![0.0; rows * w]).collect(),
            by_sum: widths.skip(1).map(|w| vec![0.0; rows * w]).collect(),
            sources,
            measured,
            panel: Panel::new(),
            problem: problem.clone(),
        }
    }

    /// Computes all derivatives at the activations `x`, where `kept` was written by the maps.
    pub fn update(&mut self, x: &[f64], weights: &[f64], kept: &[f64]) {
        let parts = &*self.problem.0;
        let (network, pairs) = (&parts.network, parts.pairs);
        let widths = network.widths();
        for (l, sources) in self.sources.iter_mut().enumerate() {
            transpose(&x[parts.starts[l]..], widths[l], pairs, sources);
        }
        let start = parts.starts[1];
        for (t, measured) in self.measured.iter().enumerate() {
            let last = measured.layer;
            let mut adjoint = vec![0.0; widths[last] * pairs];
            let neuron = measured.first - parts.starts[last];
            for (pair, y) in measured.values.iter().enumerate() {
                let place = &mut adjoint[pair * widths[last] + neuron];
                *place = if y.is_nan() { 0.0 } else { 1.0 };
            }
            for l in (0..last).rev() {
                let (inputs, width) = (widths[l], widths[l + 1]);
                let at = t * pairs * width;
                transpose(&adjoint, width, pairs, &mut self.by_activation[l + 1][at..]);
                let (layer, set) = (&network.layers()[l], &network.weight_sets()[l]);
                let mut before = vec![0.0; inputs * pairs];
                if let Some(step) = layer.residual {
                    before.copy_from_slice(&adjoint);
                    adjoint.iter_mut().for_each(|a| *a *= step);
                }
                let kept = &kept[parts.starts[l + 1] - start..][..adjoint.len()];
                layer.activation.differentiate(width, kept, &mut adjoint);
                transpose(&adjoint, width, pairs, &mut self.by_sum[l][at..]);
                let matrix = &weights[set.matrix()];
                self.panel
                    .backward(&mut before, &adjoint, matrix, (width, inputs));
                adjoint = before;
            }
            let at = t * pairs * widths[0];
            transpose(&adjoint, widths[0], pairs, &mut self.by_activation[0][at..]);
        }
    }

    /// Place of one weight among all: that of neuron `a` of map l for source `c`.
    pub fn weight(&self, l: usize, a: usize, c: usize) -> usize {
        let set = &self.problem.network().weight_sets()[l];
        match c {
            _ if c < set.inputs => set.matrix().start + a * set.inputs + c,
            _ if c < set.inputs + set.forcing => {
                set.forcing_matrix().start + a * set.forcing + (c - set.inputs)
            }
            _ => set.biases().start + a,
        }
    }

    /// Writes the change of the measured neurons along a `step` of the unknowns: measured x pairs.
    pub fn push_forward(&self, step: &[f64], into: &mut [f64]) {
        let parts = &*self.problem.0;
        let (pairs, widths) = (parts.pairs, parts.network.widths());
        let weights = &step[self.problem.activation_count()..];
        into.fill(0.0);
        let mut change = Vec::new();
        for (l, &width) in widths.iter().enumerate() {
            change.resize(width * pairs, 0.0);
            transpose(&step[parts.starts[l]..], width, pairs, &mut change);
            self.add(l, &self.by_activation[l], &change, into);
            let Some(map) = l.checked_sub(1) else {
                continue;
            };
            change.fill(0.0);
            for (a, change) in change.chunks_exact_mut(pairs).enumerate() {
                for (c, source) in self.sources[map].chunks_exact(pairs).enumerate() {
                    let factor = weights[self.weight(map, a, c)];
                    add_scaled(factor, source, change);
                }
            }
            self.add(l, &self.by_sum[map], &change, into);
        }
    }

    /// Adds the change of the measured neurons that `change` of layer l causes. A neuron depends on
    /// nothing behind its own layer.
    fn add(&self, l: usize, by: &[f64], change: &[f64], into: &mut [f64]) {
        let pairs = self.problem.pairs();
        let rows = self.measured.iter().zip(by.chunks_exact(change.len()));
        for ((measured, by), into) in rows.zip(into.chunks_exact_mut(pairs)) {
            if l > measured.layer {
                continue;
            }
            let of_neurons = by.chunks_exact(pairs).zip(change.chunks_exact(pairs));
            for (by, change) in of_neurons {
                for ((into, by), change) in into.iter_mut().zip(by).zip(change) {
                    *into += by * change;
                }
            }
        }
    }

    /// Writes `G^T along`, the transpose of [`Sensitivities::push_forward`]: from measured x pairs
    /// to the unknowns.
    pub fn pull_back(&self, along: &[f64], into: &mut [f64]) {
        let parts = &*self.problem.0;
        let (pairs, widths) = (parts.pairs, parts.network.widths());
        into.fill(0.0);
        let (path, weights) = into.split_at_mut(self.problem.activation_count());
        let mut pull = Vec::new();
        for (l, &width) in widths.iter().enumerate() {
            pull.resize(width * pairs, 0.0);
            self.gather(l, &self.by_activation[l], along, &mut pull);
            for (a, pull) in pull.chunks_exact(pairs).enumerate() {
                let places = path[parts.starts[l] + a..].iter_mut().step_by(width);
                places.zip(pull).for_each(|(place, pull)| *place = *pull);
            }
            let Some(map) = l.checked_sub(1) else {
                continue;
            };
            self.gather(l, &self.by_sum[map], along, &mut pull);
            for (a, pull) in pull.chunks_exact(pairs).enumerate() {
                for (c, source) in self.sources[map].chunks_exact(pairs).enumerate() {
                    let products = source.iter().zip(pull).map(|(s, p)| s * p);
                    weights[self.weight(map, a, c)] += products.sum::<f64>();
                }
            }
        }
    }

    /// Adds the diagonal of `G^T W G` in inputs and weights, with one factor of W per measured
    /// neuron. The shares of several maps in tied weights are added without their products.
    pub fn add_gauss_newton_diagonal(&self, factors: &[f64], into: &mut [f64]) {
        let parts = &*self.problem.0;
        let (pairs, widths) = (parts.pairs, parts.network.widths());
        let (path, weights) = into.split_at_mut(self.problem.activation_count());
        let mut sum = Vec::new();
        let add = |l: usize, by: &[f64], width: usize, sum: &mut Vec<f64>| {
            sum.clear();
            sum.resize(width * pairs, 0.0);
            let rows = self.measured.iter().zip(by.chunks_exact(width * pairs));
            for ((measured, by), factor) in rows.zip(factors) {
                if l <= measured.layer {
                    let pairs = sum.iter_mut().zip(by);
                    pairs.for_each(|(sum, by)| *sum += factor * by * by);
                }
            }
        };
        add(0, &self.by_activation[0], widths[0], &mut sum);
        for (a, sum) in sum.chunks_exact(pairs).enumerate() {
            let places = path[a..].iter_mut().step_by(widths[0]);
            places.zip(sum).for_each(|(place, sum)| *place += sum);
        }
        for (map, sources) in self.sources.iter().enumerate() {
            add(map + 1, &self.by_sum[map], widths[map + 1], &mut sum);
            for (a, sum) in sum.chunks_exact(pairs).enumerate() {
                for (c, source) in sources.chunks_exact(pairs).enumerate() {
                    let products = source.iter().zip(sum).map(|(s, v)| s * s * v);
                    weights[self.weight(map, a, c)] += products.sum::<f64>();
                }
            }
        }
    }

    /// Writes the sum over measured neurons of their derivatives in layer l times `along`.
    fn gather(&self, l: usize, by: &[f64], along: &[f64], pull: &mut [f64]) {
        let pairs = self.problem.pairs();
        pull.fill(0.0);
        let rows = self.measured.iter().zip(by.chunks_exact(pull.len()));
        for ((measured, by), along) in rows.zip(along.chunks_exact(pairs)) {
            if l > measured.layer {
                continue;
            }
            for (pull, by) in pull.chunks_exact_mut(pairs).zip(by.chunks_exact(pairs)) {
                for ((pull, by), along) in pull.iter_mut().zip(by).zip(along) {
                    *pull += by * along;
                }
            }
        }
    }
}

/// Adds `factor * from` to `to`.
pub(super) fn add_scaled(factor: f64, from: &[f64], to: &mut [f64]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * from;
    }
}

/// Transposes a matrix from pairs x width to width x pairs.
pub(super) fn transpose(from: &[f64], width: usize, pairs: usize, to: &mut [f64]) {
    for (a, to) in to.chunks_exact_mut(pairs).take(width).enumerate() {
        let from = from[a..].iter().step_by(width);
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
}
