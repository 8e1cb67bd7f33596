//! Layers: how the activations of one follow from those of the one before.

use std::collections::HashMap;
use std::sync::Arc;

use super::weights::WeightSet;
use super::Activation;
use crate::error::{check, Error, Result};
use crate::model::{EquationModel, Model, ModelDefinition, ModelKind};

/// What is added to the weighted sums of a layer.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Bias {
    /// One unknown per neuron, among the weights.
    #[default]
    Free,
    /// Known: one number per neuron.
    Fixed(Vec<f64>),
    None,
}

/// A layer after the first: `x_(l+1) = f(W x_l + U u_l + b)`.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Layer {
    /// Neurons.
    pub width: usize,
    /// f. Default: `logistic`.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub activation: Activation,
    /// b. Default: free.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub bias: Bias,
    /// Layers of the same name have the same weights, and must have equal shapes. Default: weights of its own.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub share: Option<String>,
    /// The step h of the residual form, `x_(l+1) = x_l + h f(...)`, of layers as wide as the one before. Default: not in this form.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub step: Option<f64>,
    /// Number of known numbers u_l that come in from outside, with weights U. Default: 0.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub inputs: usize,
    /// Equations `x_(l+1) = g(x_l, p, u_l, l)` in place of f: its parameters are the weights. Activation and bias then have no part in it. Default: none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub map: Option<ModelDefinition>,
}

impl Layer {
    /// A layer with free biases and weights of its own.
    pub fn new(width: usize, activation: Activation) -> Self {
        Layer {
            width,
            activation,
            ..Layer::default()
        }
    }

    /// A layer whose map is written in equations; as wide as they have states, which the layer before must be too.
    pub fn map(definition: ModelDefinition) -> Self {
        let sizes = definition.states.iter().map(|s| s.size.unwrap_or(1));
        Layer {
            width: sizes.sum(),
            inputs: definition.inputs.len(),
            map: Some(definition),
            ..Layer::default()
        }
    }

    pub fn bias(mut self, bias: Bias) -> Self {
        self.bias = bias;
        self
    }

    pub fn share(mut self, name: &str) -> Self {
        self.share = Some(name.into());
        self
    }

    pub fn step(mut self, h: f64) -> Self {
        self.step = Some(h);
        self
    }

    pub fn inputs(mut self, count: usize) -> Self {
        self.inputs = count;
        self
    }
}

/// A layer as it is computed.
#[derive(Debug, Clone)]
pub(super) struct Transition {
    pub width: usize,
    pub activation: Activation,
    /// One per neuron; empty unless biases are fixed.
    pub fixed_bias: Vec<f64>,
    pub step: Option<f64>,
    pub inputs: usize,
    /// Which of the network's weight sets it has.
    pub set: usize,
    pub map: Option<Arc<EquationModel>>,
}

/// The layers and weight sets of a network whose first layer has `inputs` neurons.
pub(super) fn compile(
    inputs: usize,
    layers: &[Layer],
) -> Result<(Vec<Transition>, Vec<WeightSet>)> {
    let mut transitions = Vec::with_capacity(layers.len());
    let mut sets: Vec<WeightSet> = Vec::new();
    let mut names: HashMap<&str, usize> = HashMap::new();
    let mut before = inputs;
    for (k, layer) in layers.iter().enumerate() {
        let path = format!("layers[{k}]");
        let map = validate(&path, before, layer)?;
        let mut set = WeightSet {
            layer: k + 1,
            offset: sets.last().map_or(0, |last| last.range().end),
            rows: if map.is_some() { 0 } else { layer.width },
            columns: if map.is_some() { 0 } else { before },
            inputs: if map.is_some() { 0 } else { layer.inputs },
            biases: match layer.bias {
                Bias::Free if map.is_none() => layer.width,
                _ => 0,
            },
            parameters: map.as_ref().map_or(0, |map| map.parameters().len()),
        };
        let known = layer.share.as_deref().and_then(|name| names.get(name));
        let index = match known {
            None => {
                if let Some(name) = &layer.share {
                    names.insert(name, sets.len());
                }
                sets.push(set);
                sets.len() - 1
            }
            Some(&index) => {
                let first = &sets[index];
                (set.layer, set.offset) = (first.layer, first.offset);
                if set != *first {
                    return Err(Error::WrongShape {
                        path: format!("{path}.share"),
                        message: format!(
                            "has {}, but layers[{}] of the same name has {}; give layers of unequal shape different names",
                            set.shape(),
                            first.layer - 1,
                            first.shape()
                        ),
                    });
                }
                index
            }
        };
        transitions.push(Transition {
            width: layer.width,
            activation: layer.activation,
            fixed_bias: match &layer.bias {
                Bias::Fixed(values) => values.clone(),
                _ => Vec::new(),
            },
            step: layer.step,
            inputs: layer.inputs,
            set: index,
            map,
        });
        before = layer.width;
    }
    Ok((transitions, sets))
}

fn validate(path: &str, before: usize, layer: &Layer) -> Result<Option<Arc<EquationModel>>> {
    check::at_least(&format!("{path}.width"), layer.width, 1)?;
    check::at_most(&format!("{path}.width"), layer.width, super::MOST_NEURONS)?;
    check::at_most(&format!("{path}.inputs"), layer.inputs, super::MOST_NEURONS)?;
    if let Some(h) = layer.step {
        check::finite(&format!("{path}.step"), h)?;
    }
    if layer.step.is_some() && layer.width != before {
        return Err(unequal(path, "step", layer.width, before));
    }
    if let Bias::Fixed(values) = &layer.bias {
        let path = format!("{path}.bias.fixed");
        check::length(&path, values.len(), layer.width, "one per neuron")?;
        for (k, &value) in values.iter().enumerate() {
            check::finite(&format!("{path}[{k}]"), value)?;
        }
    }
    let Some(definition) = &layer.map else {
        return Ok(None);
    };
    if !matches!(layer.bias, Bias::Free) {
        return Err(Error::WrongShape {
            path: format!("{path}.bias"),
            message: "a layer with a map has no biases; make them parameters of the map".into(),
        });
    }
    let map = definition.build()?;
    if map.kind() != ModelKind::Map {
        return Err(Error::WrongShape {
            path: format!("{path}.map.kind"),
            message: "must be \"map\": the equations of a layer give the next layer".into(),
        });
    }
    if layer.width != before {
        return Err(unequal(path, "map", layer.width, before));
    }
    let because = "one per state of the map";
    check::length(
        &format!("{path}.width"),
        layer.width,
        map.dimension(),
        because,
    )?;
    let because = "one per input of the map";
    check::length(
        &format!("{path}.inputs"),
        layer.inputs,
        map.inputs().len(),
        because,
    )?;
    Ok(Some(Arc::new(map)))
}

fn unequal(path: &str, field: &str, width: usize, before: usize) -> Error {
    Error::WrongShape {
        path: format!("{path}.{field}"),
        message: format!(
            "needs a layer as wide as the one before, but this one has {width} neurons and that one {before}"
        ),
    }
}
