//! Initial weights and activations of a network.

use super::{Activation, LayerValues, Network, NetworkProblem};
use crate::error::{check, Result};
use crate::random::Random;

impl Network {
    /// Random weights, uniform in `range`, with biases uniform in `biases`. The same seed gives the
    /// same bits.
    ///
    /// Default of `range`: from -r to r, where r is one over the root of the number of values that
    /// enter a neuron (neurons before it, and forcing); r = 1 for layers that are models. Default
    /// of `biases`: `range`.
    ///
    /// # Errors
    /// A range whose ends are not finite or not in order.
    pub fn random_weights(
        &self,
        range: Option<[f64; 2]>,
        biases: Option<[f64; 2]>,
        seed: u64,
    ) -> Result<Vec<f64>> {
        for (path, range) in [("range", range), ("biases", biases)] {
            if let Some(range) = range {
                check::range(path, range)?;
            }
        }
        let random = &mut Random::new(seed, 0);
        Ok(self.draw_weights(range, biases.or(range), random))
    }

    /// [`Network::random_weights`] from a given generator; tied weights are drawn once.
    pub(crate) fn draw_weights(
        &self,
        range: Option<[f64; 2]>,
        biases: Option<[f64; 2]>,
        random: &mut Random,
    ) -> Vec<f64> {
        let mut weights = vec![0.0; self.weight_count()];
        for (_, set) in self.distinct_sets() {
            let before = (set.inputs + set.forcing).max(1) as f64;
            let reach = 1.0 / before.sqrt();
            let own = [-reach, reach];
            let first_bias = set.biases().start;
            for k in set.range() {
                let is_bias = set.bias && k >= first_bias;
                let range = if is_bias { biases } else { range };
                weights[k] = random.uniform(range.unwrap_or(own));
            }
        }
        weights
    }

    /// Interval in which the activations of a layer (0 to F) change with the weights: between the
    /// flat ends of its function, if it has any.
    pub(crate) fn activation_range(&self, layer: usize) -> [f64; 2] {
        let Some(layer) = layer.checked_sub(1).map(|l| &self.layers()[l]) else {
            return [-1.0, 1.0];
        };
        match layer.activation {
            _ if layer.residual.is_some() || layer.map.is_some() => [-1.0, 1.0],
            Activation::Logistic | Activation::Softmax => [0.0, 1.0],
            Activation::Relu | Activation::Softplus => [0.0, 2.0],
            Activation::Tanh | Activation::Linear => [-1.0, 1.0],
        }
    }
}

impl NetworkProblem {
    /// Writes the measured values over the activations.
    pub(crate) fn put_measurements(&self, activations: &mut [f64]) {
        for target in &self.0.targets {
            let range = self.activations(target.layer);
            for (x, y) in activations[range].iter_mut().zip(&target.values) {
                *x = if y.is_nan() { *x } else { *y };
            }
        }
    }

    /// Writes the activations that the weights give from those of layer 0, layer by layer. Leaves
    /// all as they are if one of them is not finite.
    pub(crate) fn run_forward(&self, weights: &[f64], activations: &mut [f64]) {
        let parts = &*self.0;
        let given = parts.forcing.iter().enumerate();
        let forcing = given.map(|(layer, values)| LayerValues {
            layer,
            values: values.clone(),
        });
        let forcing: Vec<LayerValues> = forcing.filter(|u| !u.values.is_empty()).collect();
        let inputs = &activations[self.activations(0)];
        if let Ok(made) = parts.network.activations(weights, inputs, &forcing) {
            activations.copy_from_slice(&made);
        }
    }
}
