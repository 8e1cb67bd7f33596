//! A network: checked layers, and the places of their weights in the one list of all weights.

use std::fmt::Write;
use std::ops::Range;

use super::layers::{Bias, Layer};
use crate::error::{check, Error, Result};

/// Most weights of a network, and most neurons of all its layers together. Either takes 512 MiB.
const MOST: usize = crate::model::MOST_VALUES;

/// Layers and their weights. Layers are numbered from 0, the inputs, to F, the outputs. Map l leads
/// from layer l to layer l + 1.
///
/// ```
/// use least_action::network::{Activation, Layer, Network};
///
/// let classes = Layer { activation: Activation::Softmax, ..Layer::new(10) };
/// let network = Network::feedforward(784, vec![Layer::new(30), classes])?;
/// assert_eq!(network.widths(), [784, 30, 10]);
/// assert_eq!(network.weight_count(), 785 * 30 + 31 * 10);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    widths: Vec<usize>,
    layers: Vec<Layer>,
    /// Places of the weights of each map; those of tied layers are equal.
    weights: Vec<WeightSet>,
    weight_count: usize,
}

/// Places of the weights of one map in the list of all weights: W (outputs x inputs, row-major),
/// then U (outputs x forcing, row-major), then b (outputs); or the parameters of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightSet {
    /// Place of its first weight among all weights of the network.
    pub start: usize,
    /// Number of rows of W and U.
    pub outputs: usize,
    /// Number of columns of W.
    pub inputs: usize,
    /// Number of columns of U.
    pub forcing: usize,
    /// True if the biases are unknown. Only then they are among the weights.
    pub bias: bool,
    /// Number of parameters of a layer that is a model; W, U and b are then empty. Else 0.
    pub parameters: usize,
}

impl WeightSet {
    /// Places of all weights of the map.
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.len()
    }

    /// Number of weights of the map.
    pub fn len(&self) -> usize {
        let columns = self.inputs + self.forcing + usize::from(self.bias);
        self.outputs * columns + self.parameters
    }

    /// True if the map has no weights.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Places of the matrix W.
    pub fn matrix(&self) -> Range<usize> {
        self.start..self.start + self.outputs * self.inputs
    }

    /// Places of the matrix U.
    pub fn forcing_matrix(&self) -> Range<usize> {
        let start = self.matrix().end;
        start..start + self.outputs * self.forcing
    }

    /// Places of the biases b; empty unless they are unknown.
    pub fn biases(&self) -> Range<usize> {
        let start = self.forcing_matrix().end;
        start..start + usize::from(self.bias) * self.outputs
    }
}

impl Network {
    /// A network of `inputs` numbers and the layers that follow them, which may differ in all
    /// options.
    ///
    /// # Errors
    /// No inputs or no layers, a layer that does not fit the one before (equal widths in the
    /// residual form and for models), fixed biases of the wrong length, and tied layers of
    /// different shapes. All are named by field, as in `layers[2].width`, where `layers[0]` is the
    /// first after the inputs.
    pub fn feedforward(inputs: usize, layers: Vec<Layer>) -> Result<Self> {
        Network::named(inputs, layers, &|l| match l {
            0 => "inputs".into(),
            l => format!("layers[{}]", l - 1),
        })
    }

    /// [`Network::feedforward`] with other names in errors: `name` gives the name of layer l, 0 to
    /// F, in the caller's notation.
    ///
    /// # Errors
    /// Those of [`Network::feedforward`].
    pub fn named(
        inputs: usize,
        layers: Vec<Layer>,
        name: &dyn Fn(usize) -> String,
    ) -> Result<Self> {
        check::at_least(&name(0), inputs, 1)?;
        check::at_least("layers", layers.len(), 1)?;
        let mut widths = vec![inputs];
        let mut sets: Vec<WeightSet> = Vec::with_capacity(layers.len());
        let mut weight_count = 0usize;
        for (l, layer) in layers.iter().enumerate() {
            let path = name(l + 1);
            layer.validate(&path, widths[l])?;
            let mut set = WeightSet::of(layer, widths[l]);
            let named = layer.share.as_ref();
            let tied = named.and_then(|_| (0..l).find(|&k| layers[k].share == layer.share));
            match tied {
                Some(first) => {
                    set.start = sets[first].start;
                    let first_name = name(first + 1);
                    let other = (&layers[first], &sets[first]);
                    check_tied(&path, (layer, &set), &first_name, other)?;
                }
                None => {
                    set.start = weight_count;
                    weight_count = weight_count.saturating_add(set.size_or_more());
                }
            }
            check::at_most("layers, as weights in all,", weight_count, MOST)?;
            sets.push(set);
            widths.push(layer.width);
        }
        let neurons = widths.iter().fold(0usize, |a, &b| a.saturating_add(b));
        check::at_most("layers, as neurons in all,", neurons, MOST)?;
        Ok(Network {
            widths,
            layers,
            weights: sets,
            weight_count,
        })
    }

    /// A recurrent network: the same `cell`, with the same weights, applied `steps` times. Its
    /// width is that of the cell. Data may be measured, and `cell.forcing` known numbers come in,
    /// at every step.
    ///
    /// ```
    /// use least_action::network::{Activation, Bias, Layer, LayerValues, Network};
    ///
    /// let cell = Layer {
    ///     activation: Activation::Linear,
    ///     bias: Bias::None,
    ///     forcing: 1,
    ///     ..Layer::new(1)
    /// };
    /// let network = Network::recurrent(cell, 2)?;
    /// // x -> 0.5 x + u, with u = 1 at both steps.
    /// let forcing = [0, 1].map(|layer| LayerValues { layer, values: vec![1.0] });
    /// assert_eq!(network.predict(&[0.5, 1.0], &[4.0], &forcing)?, [2.5]);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Network::feedforward`].
    pub fn recurrent(cell: Layer, steps: usize) -> Result<Self> {
        check::at_least("steps", steps, 1)?;
        check::at_most("steps", steps, MOST)?;
        check::at_least("cell.width", cell.width, 1)?;
        let share = cell.share.clone().unwrap_or_else(|| "cell".into());
        let cell = Layer {
            share: Some(share),
            ..cell
        };
        let width = cell.width;
        Network::named(width, vec![cell; steps], &|_| "cell".into())
    }

    /// Number of neurons of each layer, 0 to F.
    pub fn widths(&self) -> &[usize] {
        &self.widths
    }

    /// Layers after the inputs; number l is the map from layer l to layer l + 1.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Number of maps, F.
    pub fn depth(&self) -> usize {
        self.layers.len()
    }

    /// Number of neurons of all layers together, inputs included: the unknown activations per pair.
    pub fn neurons(&self) -> usize {
        self.widths.iter().sum()
    }

    /// Number of weights in all, biases included; those of tied layers count once.
    pub fn weight_count(&self) -> usize {
        self.weight_count
    }

    /// Places of the weights of each map, in the order of the layers.
    pub fn weight_sets(&self) -> &[WeightSet] {
        &self.weights
    }

    /// Weights of map l out of all `weights`: W (outputs x inputs, row-major), U, b.
    ///
    /// ```
    /// use least_action::network::{Bias, Layer, Network};
    ///
    /// let layer = Layer { bias: Bias::Fixed(vec![0.5]), ..Layer::new(1) };
    /// let network = Network::feedforward(2, vec![layer, Layer::new(1)])?;
    /// // Two weights, then a weight and a bias.
    /// assert_eq!(network.weights(1, &[1.0, 2.0, 3.0, 4.0])?, [3.0, 4.0]);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// A map that does not exist, or a list that is not that of all weights.
    pub fn weights<'w>(&self, l: usize, weights: &'w [f64]) -> Result<&'w [f64]> {
        self.check_weights(weights)?;
        let Some(set) = self.weights.get(l) else {
            return Err(Error::IndexOutOfRange {
                path: "layer".into(),
                index: l,
                count: self.depth(),
            });
        };
        Ok(&weights[set.range()])
    }

    /// Checks the number of weights.
    pub(super) fn check_weights(&self, weights: &[f64]) -> Result<()> {
        let because = "one per weight of the network";
        check::length("weights", weights.len(), self.weight_count, because)
    }

    /// First map with each set of weights, and the set.
    pub(crate) fn distinct_sets(&self) -> impl Iterator<Item = (usize, &WeightSet)> {
        let mut end = 0;
        self.weights.iter().enumerate().filter(move |(_, set)| {
            let new = set.start >= end && !set.is_empty();
            end = end.max(set.range().end);
            new
        })
    }

    /// Table of the network: one line per layer with its width, map and weights.
    ///
    /// ```
    /// use least_action::network::{Layer, Network};
    /// let text = Network::feedforward(2, vec![Layer::new(3)])?.describe();
    /// assert_eq!(text.lines().nth(2), Some("    1      3  logistic  free          9"));
    /// # Ok::<(), least_action::Error>(())
    /// ```
    pub fn describe(&self) -> String {
        let mut text = String::from("layer  width  map       bias    weights\n");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    0  {:>5}  inputs", self.widths[0]);
        let mut total = 0;
        for (l, (layer, set)) in self.layers.iter().zip(&self.weights).enumerate() {
            let map = match &layer.map {
                Some(model) => model.0.name(),
                None => layer.activation.name(),
            };
            let bias = match layer.bias {
                Bias::Free => "free",
                Bias::Fixed(_) => "fixed",
                Bias::None => "none",
            };
            let _ = write!(
                text,
                "{:>5}  {:>5}  {map:<8}  {bias:<5}  {:>8}",
                l + 1,
                layer.width,
                set.len()
            );
            if let Some(step) = layer.residual {
                let _ = write!(text, "  residual, step {step}");
            }
            if layer.forcing > 0 {
                let _ = write!(text, "  {} from outside", layer.forcing);
            }
            if let Some(name) = &layer.share {
                let again = if set.start < total { ", as above" } else { "" };
                let _ = write!(text, "  tied as \"{name}\"{again}");
            }
            text.push('\n');
            total = total.max(set.range().end);
        }
        let _ = writeln!(
            text,
            "{} neurons, {} weights",
            self.neurons(),
            self.weight_count
        );
        text
    }
}

impl WeightSet {
    /// Shape of the weights of a layer, with 0 as their place.
    fn of(layer: &Layer, inputs: usize) -> Self {
        let parameters = layer.map.as_ref().map(|map| map.0.parameters().len());
        WeightSet {
            start: 0,
            outputs: layer.width,
            inputs: if parameters.is_some() { 0 } else { inputs },
            forcing: if parameters.is_some() {
                0
            } else {
                layer.forcing
            },
            bias: layer.bias == Bias::Free,
            parameters: parameters.unwrap_or(0),
        }
    }

    /// [`WeightSet::len`], or a larger number where that would overflow.
    fn size_or_more(&self) -> usize {
        let columns = self.inputs.saturating_add(self.forcing).saturating_add(1);
        match self.outputs.checked_mul(columns) {
            Some(product) if product <= MOST => self.len(),
            _ => usize::MAX,
        }
    }
}

/// Checks that two tied layers have weights of the same shape, and the same model.
fn check_tied(
    path: &str,
    (layer, set): (&Layer, &WeightSet),
    first: &str,
    (other, theirs): (&Layer, &WeightSet),
) -> Result<()> {
    let name = layer.share.as_deref().unwrap_or_default();
    if set == theirs && layer.map == other.map {
        return Ok(());
    }
    let shape = |layer: &Layer, set: &WeightSet| match &layer.map {
        Some(model) => format!("the parameters of {}", model.0.name()),
        None => {
            let bias = if set.bias { "" } else { "no " };
            format!(
                "{} x {} weights, {} for what comes from outside and {bias}free biases",
                set.outputs, set.inputs, set.forcing
            )
        }
    };
    Err(Error::WrongShape {
        path: format!("{path}.share"),
        message: format!(
            "layers tied as \"{name}\" must have weights of one shape: here {}, at {first} {}; \
             give one of them another name",
            shape(layer, set),
            shape(other, theirs)
        ),
    })
}
