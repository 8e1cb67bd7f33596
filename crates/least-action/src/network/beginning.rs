//! What starting points of a network are made from.

use super::{Activation, LayerValues, Network, NetworkProblem};

impl Network {
    /// Where the activations of a layer (0 to F) change with the weights: between the flat ends of its function, for those that have any.
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
    /// Writes what was measured over the activations.
    pub(crate) fn put_measurements(&self, activations: &mut [f64]) {
        for target in &self.0.targets {
            let range = self.activations(target.layer);
            for (x, y) in activations[range].iter_mut().zip(&target.values) {
                *x = if y.is_nan() { *x } else { *y };
            }
        }
    }

    /// What the weights make of the activations of layer 0, layer by layer; nothing is changed where that is not finite.
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
