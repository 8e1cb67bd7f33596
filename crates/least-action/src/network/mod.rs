//! Networks whose layers are the times of a path: the activations of every pair at every layer, and the weights that all pairs share, are unknowns of one action.
//!
//! H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, Neural Computation 30(8), 2018, doi 10.1162/neco_a_01094.

mod action;
mod activation;
mod beginning;
mod costate;
mod data;
mod layers;
mod locate;
mod matrix;
mod pass;
mod predict;
mod problem;
mod rows;
mod train;
mod weights;

use std::fmt::Write;

pub use action::{AtPrecision, NetworkAction};
pub use activation::Activation;
pub use costate::Costates;
pub use data::{one_hot, Measurements, Pairs};
pub use layers::{Bias, Layer};
pub use problem::{
    NetworkOptions, NetworkPrecision, NetworkProblem, NeuronPrecision, WeightKind, WeightRule,
};
pub use train::Training;
pub use weights::{LayerWeights, WeightSet};

use crate::error::{check, Result};
use crate::model::{Model, MOST_VALUES};
use layers::Transition;
pub(crate) use rows::Rows;

/// Neurons of a layer.
const MOST_NEURONS: usize = 1 << 20;
const MOST_LAYERS: usize = 100_000;

/// A feedforward or recurrent network: its layers, and where its weights are in one vector.
///
/// Layer 0 holds the inputs. The weights are one vector: layer by layer, in the order in which they are needed first, W (row-major, neurons x neurons of the layer
/// before), then U (neurons x inputs), then the free biases; or the parameters of a map. Layers that share weights have them once.
///
/// ```
/// use least_action::network::{Activation, Layer, Network};
///
/// let hidden = Layer::new(30, Activation::Logistic);
/// let network = Network::feedforward(784, &[hidden, Layer::new(10, Activation::Softmax)])?;
/// assert_eq!(network.weight_count(), 30 * 784 + 30 + 10 * 30 + 10);
/// assert_eq!(network.activation_count(), 784 + 30 + 10);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Network {
    widths: Vec<usize>,
    transitions: Vec<Transition>,
    sets: Vec<WeightSet>,
}

impl Network {
    /// A network of an input layer with `inputs` neurons, and then `layers`.
    ///
    /// # Errors
    /// No layers; no neurons in one; fixed biases that are not one finite number per neuron; shared weights of unequal shapes; a residual form or map between layers of
    /// unequal width; equations of a map that are not understood; more weights than fit in memory.
    pub fn feedforward(inputs: usize, layers: &[Layer]) -> Result<Self> {
        check::at_least("inputs", inputs, 1)?;
        check::at_most("inputs", inputs, MOST_NEURONS)?;
        check::at_least("layers.length", layers.len(), 1)?;
        check::at_most("layers.length", layers.len(), MOST_LAYERS)?;
        let (transitions, sets) = layers::compile(inputs, layers)?;
        let network = Network {
            widths: std::iter::once(inputs)
                .chain(layers.iter().map(|l| l.width))
                .collect(),
            transitions,
            sets,
        };
        check::at_most("the number of weights", network.weight_count(), MOST_VALUES)?;
        Ok(network)
    }

    /// A network whose layers are the `steps` steps of one layer with the same weights: `x_(l+1) = f(W x_l + U u_l + b)`. The first layer holds the initial state.
    ///
    /// # Errors
    /// As [`Network::feedforward`].
    pub fn recurrent(layer: &Layer, steps: usize) -> Result<Self> {
        check::at_least("steps", steps, 1)?;
        check::at_most("steps", steps, MOST_LAYERS)?;
        let mut layer = layer.clone();
        layer.share.get_or_insert_with(|| "recurrent".into());
        Self::feedforward(layer.width, &vec![layer; steps])
    }

    /// F: transitions between layers. There are layers 0 to F.
    pub fn depth(&self) -> usize {
        self.transitions.len()
    }

    /// Neurons of each layer, 0 to F.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Neurons of all layers: the activations of one pair.
    pub fn activation_count(&self) -> usize {
        self.widths.iter().sum()
    }

    /// Neurons of all layers but the first: the residuals of one pair.
    pub fn residual_count(&self) -> usize {
        self.widths[1..].iter().sum()
    }

    /// Length of the vector of all weights.
    pub fn weight_count(&self) -> usize {
        self.sets.last().map_or(0, |set| set.range().end)
    }

    /// Numbers that come into a layer (1 to F) from outside, per pair.
    pub fn external_inputs(&self, layer: usize) -> Result<usize> {
        Ok(self.transition(layer)?.inputs)
    }

    /// Every set of weights once.
    pub fn weight_sets(&self) -> &[WeightSet] {
        &self.sets
    }

    /// Where the weights of a layer (1 to F) are.
    ///
    /// # Errors
    /// A layer that is not there, or the first one, which has no weights.
    pub fn weight_set(&self, layer: usize) -> Result<&WeightSet> {
        Ok(&self.sets[self.transition(layer)?.set])
    }

    /// The weights of a layer (1 to F) as views of the vector of all weights.
    ///
    /// # Errors
    /// As [`Network::weight_set`]; a vector of the wrong length.
    pub fn weights<'a>(&'a self, layer: usize, all: &'a [f64]) -> Result<LayerWeights<'a>> {
        let transition = self.transition(layer)?;
        self.check_weights("weights", all)?;
        Ok(self.views(transition, all))
    }

    fn views<'a>(&'a self, transition: &'a Transition, all: &'a [f64]) -> LayerWeights<'a> {
        let set = &self.sets[transition.set];
        LayerWeights {
            matrix: &all[set.matrix_range()],
            inputs: &all[set.input_range()],
            bias: match set.biases {
                0 => &transition.fixed_bias,
                _ => &all[set.bias_range()],
            },
            parameters: &all[set.parameter_range()],
        }
    }

    fn check_weights(&self, path: &str, weights: &[f64]) -> Result<()> {
        let because = "the network's weights";
        check::length(path, weights.len(), self.weight_count(), because)
    }

    fn transition(&self, layer: usize) -> Result<&Transition> {
        check::at_least("layer", layer, 1)?;
        check::at_most("layer", layer, self.depth())?;
        Ok(&self.transitions[layer - 1])
    }

    /// A table of the layers.
    pub fn describe(&self) -> String {
        let mut text = String::from("layer neurons activation   weights  from\n");
        let _ = writeln!(text, "{:5} {:7} input", 0, self.widths[0]);
        for (l, transition) in self.transitions.iter().enumerate() {
            let set = &self.sets[transition.set];
            let activation = match &transition.map {
                Some(map) => map.name(),
                None => transition.activation.name(),
            };
            let _ = write!(
                text,
                "{:5} {:7} {activation:10} {:9} {:5}",
                l + 1,
                transition.width,
                set.range().len(),
                set.offset
            );
            if set.layer != l + 1 {
                let _ = write!(text, "  those of layer {}", set.layer);
            }
            if let Some(h) = transition.step {
                let _ = write!(text, "  residual, step {h}");
            }
            if transition.inputs > 0 {
                let _ = write!(text, "  {} inputs", transition.inputs);
            }
            if !transition.fixed_bias.is_empty() {
                text += "  fixed biases";
            } else if set.biases == 0 && transition.map.is_none() {
                text += "  no biases";
            }
            text.push('\n');
        }
        let _ = writeln!(
            text,
            "{} weights, {} activations per pair",
            self.weight_count(),
            self.activation_count()
        );
        text
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_action;
#[cfg(test)]
mod tests_rows;
#[cfg(test)]
mod tests_train;
