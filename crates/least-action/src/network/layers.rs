//! Definition of one layer of a network, as a user gives it.

use std::fmt;
use std::sync::Arc;

use super::Activation;
use crate::error::{check, Error, Result};
use crate::model::{Model, ModelKind};

/// The bias b, the constant part of a neuron's weighted input.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Bias {
    /// Unknown, one number per neuron.
    #[default]
    Free,
    /// Known, one number per neuron.
    Fixed(#[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>"))] Vec<f64>),
    /// No bias: zero.
    None,
}

/// A model as the map of a layer, in place of a matrix with an activation function.
///
/// ```
/// use std::sync::Arc;
/// use least_action::models;
/// use least_action::network::{Layer, Network};
///
/// // Two steps of Euler's method, with the same parameters.
/// let euler = Layer {
///     share: Some("lorenz63".into()),
///     ..Layer::of_model(Arc::new(models::lorenz63()?), Some(0.01))
/// };
/// let network = Network::feedforward(3, vec![euler.clone(), euler])?;
/// assert_eq!(network.weight_count(), 3);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct LayerMap(pub Arc<dyn Model>);

impl fmt::Debug for LayerMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LayerMap({})", self.0.name())
    }
}

impl PartialEq for LayerMap {
    /// Tells whether both are the same model in memory.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// One layer: the map from the activations `x_l` of the layer before to its own, `x_(l+1)`.
///
/// ```
/// use least_action::network::{Activation, Layer};
///
/// let plain = Layer::new(10);
/// assert_eq!(plain.activation, Activation::Logistic);
/// let tied = Layer { share: Some("hidden".into()), ..Layer::new(10) };
/// let step = Layer { residual: Some(0.1), activation: Activation::Tanh, ..Layer::new(10) };
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Layer {
    /// Number of neurons, at least 1.
    pub width: usize,
    /// Activation function f in `f(W x_l + U u_l + b)`. Default: `logistic`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Activation>"))]
    pub activation: Activation,
    /// The biases b. Default: `free`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Bias>"))]
    pub bias: Bias,
    /// Name that ties layers: those with the same name have the same weights, and their shapes must
    /// be equal. Default: none, weights of its own.
    #[serde(default)]
    pub share: Option<String>,
    /// The step h of the residual form `x_(l+1) = x_l + h f(W x_l + U u_l + b)`, for layers as wide
    /// as the one before; Euler's step of a flow. Default: none, `x_(l+1) = f(W x_l + U u_l + b)`.
    #[serde(default)]
    pub residual: Option<f64>,
    /// Number of known values u_l that come in from outside at this layer, beside the layer before
    /// it. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub forcing: usize,
    /// A model g in place of `f(W x_l + U u_l + b)`: `x_(l+1) = g(x_l, weights, u_l)`. Its
    /// parameters are the layer's weights, its states the neurons. Its time is the number l of the
    /// layer, times h in the residual form. Default: none.
    #[serde(skip)]
    pub map: Option<LayerMap>,
}

impl Layer {
    /// A layer of `width` logistic neurons with biases and weights of its own.
    pub fn new(width: usize) -> Self {
        Layer {
            width,
            ..Layer::default()
        }
    }

    /// A layer that applies a model: a map as it is, a flow by Euler's step h in `residual`.
    pub fn of_model(model: Arc<dyn Model>, residual: Option<f64>) -> Self {
        Layer {
            width: model.dimension(),
            activation: Activation::Linear,
            bias: Bias::None,
            forcing: model.inputs().len(),
            residual,
            map: Some(LayerMap(model)),
            ..Layer::default()
        }
    }

    /// Checks the layer by itself and against the width of the layer before it; `path` is its name
    /// in errors.
    pub(super) fn validate(&self, path: &str, before: usize) -> Result<()> {
        check::at_least(&format!("{path}.width"), self.width, 1)?;
        let needs_equal = match (&self.map, self.residual) {
            (Some(_), _) => Some("a model maps its states to as many"),
            (None, Some(_)) => Some("the residual form adds to it"),
            (None, None) => None,
        };
        if let Some(because) = needs_equal {
            check::require(
                self.width == before,
                &format!("{path}.width"),
                self.width as f64,
                &format!("{before}, the width of the layer before, because {because}"),
            )?;
        }
        if let Some(step) = self.residual {
            check::positive(&format!("{path}.residual"), step)?;
        }
        if let Bias::Fixed(values) = &self.bias {
            let path = format!("{path}.bias");
            check::length(&path, values.len(), self.width, "one per neuron")?;
            for (k, &value) in values.iter().enumerate() {
                check::finite(&format!("{path}[{k}]"), value)?;
            }
        }
        match &self.map {
            None => Ok(()),
            Some(LayerMap(model)) => self.validate_map(path, &**model),
        }
    }

    /// Checks that the layer fits the model that is its map.
    fn validate_map(&self, path: &str, model: &dyn Model) -> Result<()> {
        let wrong = |field: &str, message: String| {
            Err(Error::WrongShape {
                path: format!("{path}.{field}"),
                message,
            })
        };
        check::require(
            model.dimension() == self.width,
            &format!("{path}.width"),
            self.width as f64,
            &format!(
                "{}, the number of states of {}",
                model.dimension(),
                model.name()
            ),
        )?;
        check::require(
            model.inputs().len() == self.forcing,
            &format!("{path}.forcing"),
            self.forcing as f64,
            &format!("{}, the inputs of {}", model.inputs().len(), model.name()),
        )?;
        if self.bias != Bias::None || self.activation != Activation::Linear {
            let message = "a layer that is a model has no bias and no activation beside it; use \
                Bias::None and Activation::Linear";
            return wrong("map", message.into());
        }
        if model.kind() == ModelKind::Flow && self.residual.is_none() {
            let message = format!(
                "{} gives rates of change; say the step h that is taken, as residual",
                model.name()
            );
            return wrong("residual", message);
        }
        Ok(())
    }
}
