//! Networks of continuous depth as mechanical systems: the layer number is the time.

mod definition;
mod forward;
mod options;

use std::ops::Range;
use std::sync::Arc;

pub use options::{ContinuousNetworkOptions, LayerStep, WeightForm};

use super::{ContinuousAction, ContinuousActionOptions, Impulse, System};
use crate::action::Observations;
use crate::error::{check, Error, Result};
use crate::model::{EquationModel, Model, ModelDefinition, MOST_VALUES};

/// A network whose activations follow `x' = f(W(l) x + b(l))` in the layer number l, trained on M
/// pairs of inputs and outputs: the limit of residual layers `x_(l+1) = x_l + h f(W_l x_l + b_l)`
/// for many thin ones.
///
/// It is one mechanical system. Its states are the activations of all pairs (M x D, pair after
/// pair), then the weights W (D x D, row-major) and biases b (D) of every piece. Inputs, outputs
/// and the prior of the weights are impulses at the ends. The path of least action is the trained
/// network, and its momenta are the errors that backpropagation carries from the outputs to the
/// inputs, with their signs turned: `p(l) = -dJ/dx(l)` for the costs J of the outputs, and
/// `p_W(0) = -dJ/dW`, where layers hold exactly.
///
/// Sources: H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, Neural Computation 30, 2018; R. T. Q.
/// Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, Neural Ordinary Differential Equations, NeurIPS
/// 2018.
///
/// ```
/// use least_action::mechanics::{ContinuousNetwork, ContinuousNetworkOptions};
///
/// let options = ContinuousNetworkOptions {
///     width: 2,
///     output_width: Some(1),
///     ..ContinuousNetworkOptions::default()
/// };
/// let network = ContinuousNetwork::new(options, &[0.0, 1.0, 1.0, 0.0], &[0.3, -0.3])?;
/// let system = network.system()?;
/// assert_eq!(system.dimension(), 2 * 2 + 4 + 2);
/// let path = network.initial_path(&network.starting_weights(1, 0.5)?, 10)?;
/// assert_eq!(path.len(), 11 * system.dimension());
/// assert_eq!(network.predict(&path, &[0.0, 1.0])?.len(), 1);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct ContinuousNetwork {
    options: ContinuousNetworkOptions,
    /// Inputs of the pairs, M x inputs.
    inputs: Vec<f64>,
    /// Outputs of the pairs, M x outputs.
    outputs: Vec<f64>,
    pairs: usize,
    definition: ModelDefinition,
    model: Arc<EquationModel>,
}

impl ContinuousNetwork {
    /// Makes a network with its training pairs: inputs are M x `input_width`, outputs M x
    /// `output_width`, row-major; NaN among the outputs where nothing was measured.
    ///
    /// # Errors
    /// Wrong lengths and numbers, and options that contradict each other.
    pub fn new(options: ContinuousNetworkOptions, inputs: &[f64], outputs: &[f64]) -> Result<Self> {
        options.validate()?;
        let pairs = inputs.len() / options.inputs();
        check::at_least("inputs", pairs, 1)?;
        check_rows(&options, inputs)?;
        let because = format!("{pairs} pairs x {} outputs", options.outputs());
        check::length(
            "outputs",
            outputs.len(),
            pairs * options.outputs(),
            &because,
        )?;
        for (i, value) in outputs.iter().enumerate() {
            check::require(
                !value.is_infinite(),
                &format!("outputs[{i}]"),
                *value,
                "finite, or NaN where nothing was measured",
            )?;
        }
        if outputs.iter().all(|v| v.is_nan()) {
            let path = "outputs".into();
            return Err(Error::NoObservations { path });
        }
        let definition = definition::definition(&options, pairs);
        Ok(ContinuousNetwork {
            model: Arc::new(definition.build()?),
            definition,
            inputs: inputs.to_vec(),
            outputs: outputs.to_vec(),
            pairs,
            options,
        })
    }

    /// Options of the network, as given.
    pub fn options(&self) -> &ContinuousNetworkOptions {
        &self.options
    }

    /// Number of training pairs, M.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Number of states: activations of all pairs, then weights and biases.
    pub fn dimension(&self) -> usize {
        self.model.dimension()
    }

    /// F as a model.
    pub fn model(&self) -> Arc<dyn Model> {
        self.model.clone()
    }

    /// Text of the model.
    pub fn definition(&self) -> &ModelDefinition {
        &self.definition
    }

    /// The network with its data as a mechanical system in the time l, from 0 to `depth`; its
    /// boundary-value problem has free ends. In a continuation R_f of the activations climbs, R_w
    /// does not.
    ///
    /// # Errors
    /// None for a network that [`ContinuousNetwork::new`] accepted.
    pub fn system(&self) -> Result<System> {
        let action = ContinuousAction::of_flow(self.model(), &self.action_options())?;
        let action = action.with_impulses(&self.impulses())?;
        Ok(System::of_action(
            action.with_climbing_states(self.first_weight()),
        ))
    }

    /// Options of the action, with R_f of every state.
    pub fn action_options(&self) -> ContinuousActionOptions {
        ContinuousActionOptions {
            model_precision: self.options.precisions(self.pairs),
            ..ContinuousActionOptions::default()
        }
    }

    /// Impulses of the data: inputs and the prior of the weights at l = 0, outputs at l = `depth`.
    pub fn impulses(&self) -> Vec<Impulse> {
        let (d, first) = (self.options.width, self.first_weight());
        let mut impulses = Vec::new();
        let mut rows = |values: &[f64], width: usize, time: f64, precision: f64| {
            for (k, &value) in values.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
                impulses.push(Impulse {
                    time,
                    component: k / width * d + k % width,
                    precision,
                    value,
                });
            }
        };
        let options = &self.options;
        rows(&self.inputs, options.inputs(), 0.0, options.input_precision);
        rows(
            &self.outputs,
            options.outputs(),
            options.depth,
            options.output_precision,
        );
        let empty = (0..first).filter(|k| k % d >= options.inputs());
        let others = empty.map(|k| (k, options.input_precision));
        let weights = (first..self.dimension()).map(|k| (k, options.weight_precision));
        impulses.extend(others.chain(weights).map(|(component, precision)| Impulse {
            time: 0.0,
            component,
            precision,
            value: 0.0,
        }));
        impulses
    }

    /// Measurements on the points of a path through that many layers, NaN where nothing was
    /// measured, for methods that take data instead of impulses. Precisions are not in it.
    ///
    /// # Errors
    /// A number of layers that does not fit the pieces.
    pub fn observations(&self, layers: usize) -> Result<Observations> {
        self.check_layers(layers)?;
        let states = self.dimension();
        let mut values = vec![f64::NAN; (layers + 1) * states];
        for impulse in self.impulses() {
            let point = if impulse.time == 0.0 { 0 } else { layers };
            values[point * states + impulse.component] = impulse.value;
        }
        Ok(Observations {
            start: 0.0,
            time_step: self.options.depth / layers as f64,
            points: layers + 1,
            observed: (0..states).collect(),
            values,
            ..Observations::default()
        })
    }

    /// Activations of a pair along a path (points x states): points x D.
    ///
    /// # Errors
    /// A path of the wrong length, and a pair that does not exist.
    pub fn activations(&self, pair: usize, path: &[f64]) -> Result<Vec<f64>> {
        self.layers_of(path)?;
        if pair >= self.pairs {
            return Err(Error::IndexOutOfRange {
                path: "pair".into(),
                index: pair,
                count: self.pairs,
            });
        }
        let d = self.options.width;
        let points = path.chunks_exact(self.dimension());
        Ok(points.flat_map(|p| p[pair * d..][..d].to_vec()).collect())
    }

    /// Weights and biases along a path (points x states): points x (D D + D). At points where
    /// pieces meet they are those of the later one.
    ///
    /// # Errors
    /// A path of the wrong length.
    pub fn weights(&self, path: &[f64]) -> Result<Vec<f64>> {
        let layers = self.layers_of(path)?;
        let points = path.chunks_exact(self.dimension()).enumerate();
        let rows = points.map(|(n, p)| &p[self.block_of(n.min(layers - 1), layers)]);
        Ok(rows.flat_map(<[f64]>::to_vec).collect())
    }

    /// Index of the first state that is a weight.
    fn first_weight(&self) -> usize {
        self.pairs * self.options.width
    }

    /// Range of the states that are the weights of the step from point n to the next.
    fn block_of(&self, n: usize, layers: usize) -> Range<usize> {
        let piece = n * self.options.pieces() / layers;
        let begin = self.first_weight() + piece * self.options.block();
        begin..begin + self.options.block()
    }

    fn check_layers(&self, layers: usize) -> Result<()> {
        check::at_least("layers", layers, 1)?;
        check::at_most("layers", layers, MOST_VALUES / self.dimension() - 1)?;
        let pieces = self.options.pieces();
        check::require(
            layers.is_multiple_of(pieces),
            "layers",
            layers as f64,
            &format!("a multiple of {pieces}, the number of pieces"),
        )
    }

    /// Number of layers of a path.
    fn layers_of(&self, path: &[f64]) -> Result<usize> {
        let states = self.dimension();
        let points = (path.len() / states).max(2);
        let because = format!("points x {states} states, at least two points");
        check::length("path", path.len(), points * states, &because)?;
        self.check_layers(points - 1)?;
        Ok(points - 1)
    }
}

fn check_rows(options: &ContinuousNetworkOptions, inputs: &[f64]) -> Result<()> {
    let width = options.inputs();
    let whole = inputs.len() / width * width;
    let because = format!("rows of {width} inputs");
    check::length("inputs", inputs.len(), whole, &because)?;
    check::all_finite("inputs", inputs)
}
