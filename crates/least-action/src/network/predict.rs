//! The activations that follow from inputs and weights.

use super::data::known;
use super::matrix::{self, STRIP};
use super::pass::{Pass, BLOCK, STRIPS};
use super::{Network, Pairs};
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;

impl Network {
    /// What the network makes of new inputs: pairs x neurons of the last layer, row-major. `inputs` are pairs x neurons of layer 0.
    ///
    /// ```
    /// use least_action::network::{Activation, Layer, Network};
    ///
    /// let network = Network::feedforward(2, &[Layer::new(1, Activation::Relu)])?;
    /// let weights = [1.0, -1.0, 0.5];
    /// assert_eq!(network.predict(&weights, &[3.0, 1.0, 0.0, 1.0])?, [2.5, 0.0]);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Network::forward`].
    pub fn predict(&self, weights: &[f64], inputs: &[f64]) -> Result<Vec<f64>> {
        let mut all = self.forward(weights, inputs, &[])?;
        let pairs = inputs.len() / self.widths[0];
        let last = self.widths[self.depth()];
        Ok(all.split_off(all.len() - pairs * last))
    }

    /// The activations of all layers, in the order of a problem's unknowns: X_0, which is `inputs`, X_1, ..., X_F, each pairs x neurons, row-major.
    /// `external` is what comes in from outside, as in [`Pairs`]; empty if nothing does.
    ///
    /// # Errors
    /// Wrong lengths, values that are not finite.
    pub fn forward(
        &self,
        weights: &[f64],
        inputs: &[f64],
        external: &[Vec<f64>],
    ) -> Result<Vec<f64>> {
        self.check_weights("weights", weights)?;
        for (k, &weight) in weights.iter().enumerate() {
            check::finite(&format!("weights[{k}]"), weight)?;
        }
        let count = inputs.len() / self.widths[0];
        check::at_most(
            "the number of pairs",
            count,
            MOST_VALUES / self.activation_count(),
        )?;
        let because = "pairs x input neurons";
        check::length("inputs", inputs.len(), count * self.widths[0], because)?;
        known("inputs", inputs, self.widths[0], "input")?;
        let driving = Pairs {
            count,
            external: external.to_vec(),
            ..Pairs::default()
        };
        driving.validate_external(self)?;

        let mut activations = vec![0.0; count * self.activation_count()];
        activations[..inputs.len()].copy_from_slice(inputs);
        let widest = self.widths.iter().max().copied().unwrap_or(0);
        let inputs = self.transitions.iter().map(|t| t.inputs);
        let strips = |width: usize| vec![[0.0; STRIP]; STRIPS * width];
        let mut memory = [
            strips(widest),
            strips(widest),
            strips(widest),
            strips(inputs.max().unwrap_or(0)),
        ];
        let [x, z, slopes, from_outside] = &mut memory;
        let mut pass = Pass::new(self);
        pass.set_weights(self, weights, false);
        for first in (0..count).step_by(BLOCK) {
            let (last, mut offset) = (count.min(first + BLOCK), 0);
            let filled = (last - first).div_ceil(STRIP);
            let mut width = self.widths[0];
            let rows = first * width..last * width;
            matrix::pack(&activations[rows], width, &mut x[..filled * width]);
            for layer in 1..=self.depth() {
                offset += count * width;
                let (wide, inputs) = (self.widths[layer], self.transitions[layer - 1].inputs);
                let u = &mut from_outside[..filled * inputs];
                if inputs > 0 {
                    let rows = first * inputs..last * inputs;
                    matrix::pack(&external[layer - 1][rows], inputs, u);
                }
                let before = (&x[..filled * width], &*u);
                let after = (&mut z[..filled * wide], &mut slopes[..filled * wide]);
                pass.forward(self, weights, (layer, last - first), before, after);
                let rows = offset + first * wide..offset + last * wide;
                matrix::unpack(&z[..filled * wide], wide, &mut activations[rows]);
                std::mem::swap(x, z);
                width = wide;
            }
        }
        match activations.iter().position(|x| !x.is_finite()) {
            None => Ok(activations),
            Some(k) => Err(self.not_finite(count, k, activations[k])),
        }
    }

    fn not_finite(&self, pairs: usize, mut k: usize, value: f64) -> Error {
        let mut layer = 0;
        while k >= pairs * self.widths[layer] {
            k -= pairs * self.widths[layer];
            layer += 1;
        }
        Error::NeuronNotFinite {
            path: "network".into(),
            layer,
            pair: Some(k / self.widths[layer]),
            neuron: k % self.widths[layer],
            term: "activation".into(),
            value,
        }
    }
}
