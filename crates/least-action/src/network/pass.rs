//! One layer, there and back, for a block of pairs.

use super::layers::Transition;
use super::matrix::{self, Packed, Quad, STRIP};
use super::Network;
use crate::model::{Points, Scratch};

/// Pairs that are handled together: their activations stay in the second-level cache.
pub(super) const BLOCK: usize = 64;

/// Strips of a block.
pub(super) const STRIPS: usize = BLOCK / STRIP;

/// The weights of a network as the products want them, and the memory of maps.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    forward: Vec<Packed>,
    backward: Vec<Packed>,
    inputs: Vec<Packed>,
    maps: Maps,
}

/// Rows for the maps of layers, which see pairs as a path.
#[derive(Debug, Clone, Default)]
struct Maps {
    states: Vec<f64>,
    external: Vec<f64>,
    values: Vec<f64>,
    times: Vec<f64>,
    strips: Vec<Quad>,
    scratch: Scratch,
}

impl Pass {
    pub fn new(network: &Network) -> Self {
        let sets = network.sets.iter();
        let packed = |room: fn(&super::WeightSet) -> usize| -> Vec<Packed> {
            let sets = sets.clone();
            sets.map(|set| Packed::with_room(room(set))).collect()
        };
        let maps = network.transitions.iter().filter(|t| t.map.is_some());
        let (width, external) = maps.fold((0, 0), |(width, external), t| {
            (width.max(t.width), external.max(t.inputs))
        });
        Pass {
            forward: packed(|set| Packed::room(set.rows, set.columns)),
            backward: packed(|set| Packed::room(set.columns, set.rows)),
            inputs: packed(|set| Packed::room(set.rows, set.inputs)),
            maps: Maps {
                states: vec![0.0; BLOCK * width],
                external: vec![0.0; BLOCK * external],
                values: vec![0.0; BLOCK * width],
                times: vec![0.0; BLOCK],
                strips: vec![[0.0; STRIP]; STRIPS * width],
                scratch: Scratch::default(),
            },
        }
    }

    /// Lays out the weights, which all further calls must be given too.
    pub fn set_weights(&mut self, network: &Network, weights: &[f64], backward: bool) {
        for (k, set) in network.sets.iter().enumerate() {
            let matrix = &weights[set.matrix_range()];
            self.forward[k].set(matrix, set.rows, set.columns);
            if backward {
                self.backward[k].set_transposed(matrix, set.columns, set.rows);
            }
            self.inputs[k].set(&weights[set.input_range()], set.rows, set.inputs);
        }
    }

    /// Writes what the layer makes of the activations `x` before it and of `external` inputs to `z`, and what [`Pass::pull_back`] needs to `slopes`. All are
    /// strips of `pairs` pairs.
    pub fn forward(
        &mut self,
        network: &Network,
        weights: &[f64],
        (layer, pairs): (usize, usize),
        (x, external): (&[Quad], &[Quad]),
        (z, slopes): (&mut [Quad], &mut [Quad]),
    ) {
        let transition = &network.transitions[layer - 1];
        if transition.map.is_some() {
            let parameters = &weights[network.sets[transition.set].parameter_range()];
            self.maps.load(transition, (layer, pairs), (x, external));
            self.maps.evaluate(transition, parameters, pairs, z);
        } else {
            let bias = network.views(transition, weights).bias;
            match bias.is_empty() {
                true => z.fill([0.0; STRIP]),
                false => {
                    for strip in z.chunks_exact_mut(transition.width) {
                        for (z, &bias) in strip.iter_mut().zip(bias) {
                            *z = [bias; STRIP];
                        }
                    }
                }
            }
            self.forward[transition.set].add_product(x, z);
            self.inputs[transition.set].add_product(external, z);
            transition.activation.apply(transition.width, z, slopes);
        }
        if let Some(h) = transition.step {
            for (z, x) in z.iter_mut().zip(x) {
                for (z, x) in z.iter_mut().zip(x) {
                    *z = x + h * *z;
                }
            }
        }
    }

    /// From derivatives in what the layer makes, `adjoint`, adds those in the activations before it to `before` and those in all weights to `gradient`.
    /// `adjoint` is used up.
    #[allow(clippy::too_many_arguments)]
    pub fn pull_back(
        &mut self,
        network: &Network,
        weights: &[f64],
        (layer, pairs): (usize, usize),
        (x, external): (&[Quad], &[Quad]),
        (slopes, adjoint): (&[Quad], &mut [Quad]),
        before: &mut [Quad],
        gradient: &mut [f64],
    ) {
        let transition = &network.transitions[layer - 1];
        let set = &network.sets[transition.set];
        if let Some(h) = transition.step {
            for (before, adjoint) in before.iter_mut().zip(adjoint.iter_mut()) {
                for (before, adjoint) in before.iter_mut().zip(adjoint) {
                    *before += *adjoint;
                    *adjoint *= h;
                }
            }
        }
        if transition.map.is_some() {
            let parameters = &weights[set.parameter_range()];
            let gradient = &mut gradient[set.parameter_range()];
            self.maps.load(transition, (layer, pairs), (x, external));
            let own = (adjoint as &[Quad], before);
            return self
                .maps
                .pull_back(transition, parameters, pairs, own, gradient);
        }
        transition
            .activation
            .pull_back(transition.width, slopes, adjoint);
        let shape = (set.rows, set.columns);
        matrix::add_weight_gradient(adjoint, x, shape, &mut gradient[set.matrix_range()]);
        let shape = (set.rows, set.inputs);
        matrix::add_weight_gradient(adjoint, external, shape, &mut gradient[set.input_range()]);
        matrix::add_bias_gradient(adjoint, &mut gradient[set.bias_range()]);
        self.backward[transition.set].add_product(adjoint, before);
    }
}

impl Maps {
    fn load(
        &mut self,
        transition: &Transition,
        (layer, pairs): (usize, usize),
        (x, external): (&[Quad], &[Quad]),
    ) {
        let (width, inputs) = (transition.width, transition.inputs);
        matrix::unpack(x, width, &mut self.states[..pairs * width]);
        matrix::unpack(external, inputs, &mut self.external[..pairs * inputs]);
        self.times.fill((layer - 1) as f64);
    }

    /// Calls `run` with the points that were loaded.
    fn at<'a>(
        &'a self,
        transition: &Transition,
        parameters: &'a [f64],
        pairs: usize,
    ) -> Points<'a> {
        Points {
            states: &self.states[..pairs * transition.width],
            parameters,
            inputs: &self.external[..pairs * transition.inputs],
            times: &self.times[..pairs],
        }
    }

    fn evaluate(
        &mut self,
        transition: &Transition,
        parameters: &[f64],
        pairs: usize,
        z: &mut [Quad],
    ) {
        let Some(map) = &transition.map else { return };
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut values = std::mem::take(&mut self.values);
        let rows = &mut values[..pairs * transition.width];
        map.function()
            .evaluate(&mut scratch, self.at(transition, parameters, pairs), rows);
        matrix::pack(rows, transition.width, z);
        (self.scratch, self.values) = (scratch, values);
    }

    fn pull_back(
        &mut self,
        transition: &Transition,
        parameters: &[f64],
        pairs: usize,
        (adjoint, before): (&[Quad], &mut [Quad]),
        gradient: &mut [f64],
    ) {
        let Some(map) = &transition.map else { return };
        let width = transition.width;
        let mut scratch = std::mem::take(&mut self.scratch);
        let mut values = std::mem::take(&mut self.values);
        let mut strips = std::mem::take(&mut self.strips);
        // The adjoints as rows, in the memory of the strips.
        let rows = &mut strips.as_flattened_mut()[..pairs * width];
        matrix::unpack(adjoint, width, rows);
        let more = &mut values[..pairs * width];
        more.fill(0.0);
        let at = self.at(transition, parameters, pairs);
        map.function()
            .pull_back(&mut scratch, at, rows, more, gradient);
        let strips_now = &mut strips[..before.len()];
        matrix::pack(more, width, strips_now);
        for (before, more) in before.iter_mut().zip(strips_now) {
            for (before, more) in before.iter_mut().zip(more) {
                *before += *more;
            }
        }
        (self.scratch, self.values, self.strips) = (scratch, values, strips);
    }
}
