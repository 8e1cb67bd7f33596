//! Evaluation of a network: all activations from the inputs and the weights.

use super::data::LayerValues;
use super::network::Network;
use super::pass::{MapArguments, Pass};
use crate::error::{check, Error, Result};

impl Network {
    /// Outputs of the network, pairs x width of layer F, at `inputs`, pairs x width of layer 0.
    /// `forcing` is given as in [`super::Pairs`], for layers that have it.
    ///
    /// ```
    /// use least_action::network::{Activation, Layer, Network};
    ///
    /// let layer = Layer { activation: Activation::Relu, ..Layer::new(1) };
    /// let network = Network::feedforward(2, vec![layer])?;
    /// // Two weights and a bias.
    /// assert_eq!(network.predict(&[1.0, -1.0, 0.5], &[3.0, 1.0, 1.0, 3.0], &[])?, [2.5, 0.0]);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Lists of the wrong length, numbers that are not finite, and [`Error::NotFiniteInLayer`] if
    /// the network gives a value that is not finite.
    pub fn predict(
        &self,
        weights: &[f64],
        inputs: &[f64],
        forcing: &[LayerValues],
    ) -> Result<Vec<f64>> {
        let mut activations = self.activations(weights, inputs, forcing)?;
        let last = self.widths()[self.depth()] * (inputs.len() / self.widths()[0]);
        Ok(activations.split_off(activations.len() - last))
    }

    /// Activations of all layers, `[X_0, X_1, ..., X_F]`, each pairs x width: an orbit of the
    /// network, on which the model part of the action is zero.
    ///
    /// # Errors
    /// Those of [`Network::predict`].
    pub fn activations(
        &self,
        weights: &[f64],
        inputs: &[f64],
        forcing: &[LayerValues],
    ) -> Result<Vec<f64>> {
        self.check_weights(weights)?;
        super::action::finite_weights(weights, "")?;
        let width = self.widths()[0];
        let pairs = inputs.len() / width;
        check::length(
            "inputs",
            inputs.len(),
            pairs.max(1) * width,
            &format!("rows of {width} neurons"),
        )?;
        if let Some(i) = inputs.iter().position(|x| !x.is_finite()) {
            let path = format!("inputs[{}][{}]", i / width, i % width);
            check::finite(&path, inputs[i])?;
        }
        let most = crate::model::MOST_VALUES / self.neurons();
        check::at_most("inputs, as rows,", pairs, most)?;
        super::data::check_forcing("", forcing, pairs, self)?;
        let mut x = vec![0.0; pairs * self.neurons()];
        x[..inputs.len()].copy_from_slice(inputs);
        let mut kept = Vec::new();
        let mut pass = Pass::new(pairs);
        let mut rest = &mut x[..];
        for (l, layer) in self.layers().iter().enumerate() {
            let given = forcing.iter().find(|given| given.layer == l);
            let given = given.map_or(&[][..], |given| &given.values);
            let (before, after) = rest.split_at_mut(pairs * self.widths()[l]);
            let next = pairs * layer.width;
            kept.resize(next, 0.0);
            let at = MapArguments {
                network: self,
                l,
                weights,
                x: before,
                forcing: given,
            };
            pass.forward(at, &mut kept, &mut after[..next]);
            if let Some(i) = after[..next].iter().position(|x| !x.is_finite()) {
                return Err(Error::NotFiniteInLayer {
                    path: "weights".into(),
                    layer: l + 1,
                    pair: i / layer.width,
                    neuron: i % layer.width,
                    term: "activation".into(),
                    value: after[i],
                });
            }
            rest = after;
        }
        Ok(x)
    }
}
