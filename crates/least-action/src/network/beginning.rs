//! What starting points of a network are made from.

use super::{Activation, Network, NetworkProblem};

impl Network {
    /// Where the activations of a layer (0 to F) change with the weights: between the flat ends of its function, for those that have any.
    pub(crate) fn activation_range(&self, layer: usize) -> [f64; 2] {
        let transition = layer.checked_sub(1).map(|l| &self.transitions[l]);
        match transition.map(|t| (t.step.is_some() || t.map.is_some(), t.activation)) {
            Some((false, Activation::Logistic | Activation::Softmax)) => [0.0, 1.0],
            Some((false, Activation::Relu | Activation::Softplus)) => [0.0, 2.0],
            _ => [-1.0, 1.0],
        }
    }
}

impl NetworkProblem {
    /// Where the activations of a layer (0 to F) are among the unknowns.
    pub(crate) fn layer_range(&self, layer: usize) -> std::ops::Range<usize> {
        self.0.offsets[layer]..self.0.offsets[layer + 1]
    }

    /// R_m, the mean over all measurements.
    pub(crate) fn measurement_precision(&self) -> f64 {
        let parts = &*self.0;
        let weights = parts.measured.iter().flat_map(|m| {
            let rows = m.values.chunks_exact(m.weights.len());
            rows.flat_map(|row| row.iter().zip(&m.weights))
        });
        let factor = parts.normalization.factor(parts.measurements);
        let weights = weights
            .filter(|(y, _)| !y.is_nan())
            .map(|(_, w)| w / factor);
        weights.sum::<f64>() / parts.measurements as f64
    }

    /// Writes what was measured over the activations.
    pub(crate) fn put_measurements(&self, activations: &mut [f64]) {
        for measured in &self.0.measured {
            let range = self.layer_range(measured.layer);
            for (x, y) in activations[range].iter_mut().zip(&measured.values) {
                *x = if y.is_nan() { *x } else { *y };
            }
        }
    }

    /// What the weights make of the activations of layer 0, layer by layer; nothing is changed where that is not finite.
    pub(crate) fn run_forward(&self, weights: &[f64], activations: &mut [f64]) {
        let parts = &*self.0;
        let inputs = &activations[self.layer_range(0)];
        if let Ok(made) = parts.network.forward(weights, inputs, &parts.external) {
            activations.copy_from_slice(&made);
        }
    }
}
