use crate::action::Precision;
use crate::error::{check, Error, Result};
use crate::mechanics::names::names;
use crate::network::Activation;

/// Dependence of the weights of a continuous network on the layer number l.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum WeightForm {
    /// The weights are one matrix for all layers: `W' = 0` exactly.
    #[default]
    Constant,
    /// The weights may change from layer to layer at the cost of `(R_w/2) |W'|^2` per unit of l:
    /// `W' = p_W / R_w`.
    Smooth,
    /// The weights are constant in each of several pieces of equal length. F jumps where pieces
    /// meet, so that points of the path and of every mesh must be there: the number of layers is a
    /// multiple of that of the pieces. Maps that evaluate F at the end of a step (Stormer-Verlet,
    /// Runge and Kutta's, Lobatto points) see the next piece there; Gauss points and Euler's step
    /// do not.
    Piecewise,
}

names!(WeightForm {
    Constant => "constant",
    Smooth => "smooth",
    Piecewise => "piecewise",
});

/// The map from one layer to the next by which activations are computed from given weights.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum LayerStep {
    /// The classical Runge-Kutta method, with weights as straight lines between layers: continuous
    /// depth, to fourth order.
    #[default]
    Rk4,
    /// Residual layers, `x_(l+1) = x_l + h F(x_l, W_l)`: the map that belongs to problems that were
    /// solved with `symplectic-euler`.
    Euler,
}

/// Options of a continuous network.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ContinuousNetworkOptions {
    /// Number of neurons of every layer, D.
    #[cfg_attr(feature = "typescript", ts(as = "usize"))]
    pub width: usize,
    /// Number of neurons, the first ones, that have an input at l = 0; the others begin at a
    /// measured 0. Default: all.
    pub input_width: Option<usize>,
    /// Number of neurons, the first ones, that have an output at l = `depth`. Default: all.
    pub output_width: Option<usize>,
    /// Activation function f in `x' = f(W x + b)`, for each neuron by itself. Default: `tanh`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Activation>"))]
    pub activation: Activation,
    /// Dependence of the weights on the layer. Default: `constant`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<WeightForm>"))]
    pub weights: WeightForm,
    /// Number K of pieces, for `piecewise` weights.
    pub pieces: Option<usize>,
    /// Precision R_w of the rates of `smooth` weights. Default: 1.
    pub weight_rate_precision: Option<f64>,
    /// Layer number l of the last layer; the first one is at 0. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub depth: f64,
    /// Model precision R_f of the activations, per unit of l. Default: infinity: every layer
    /// follows exactly from the one before, as in training.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub model_precision: f64,
    /// Measurement precision R_m of the inputs. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub input_precision: f64,
    /// Measurement precision R_m of the outputs. Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub output_precision: f64,
    /// Prior precision of every weight and bias: one over its variance around 0 before the data, at
    /// l = 0 (for `piecewise` weights in every piece). Default: 1.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub weight_precision: f64,
    /// Map from layer to layer for initial paths and predictions. Default: `rk4`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<LayerStep>"))]
    pub layer_step: LayerStep,
}

impl Default for ContinuousNetworkOptions {
    /// Options of a network without neurons; the rest as stated at the fields.
    fn default() -> Self {
        ContinuousNetworkOptions {
            width: 0,
            input_width: None,
            output_width: None,
            activation: Activation::Tanh,
            weights: WeightForm::default(),
            pieces: None,
            weight_rate_precision: None,
            depth: 1.0,
            model_precision: f64::INFINITY,
            input_precision: 1.0,
            output_precision: 1.0,
            weight_precision: 1.0,
            layer_step: LayerStep::default(),
        }
    }
}

/// Maximum number of pieces of weights.
const MOST_PIECES: usize = 1000;

impl ContinuousNetworkOptions {
    /// Checks the options.
    ///
    /// # Errors
    /// Numbers that are out of range, options of another form of weights, and activation functions
    /// that do not act on each neuron by itself.
    pub fn validate(&self) -> Result<()> {
        check::at_least("width", self.width, 1)?;
        for (path, given) in [
            ("inputWidth", self.input_width),
            ("outputWidth", self.output_width),
        ] {
            let given = given.unwrap_or(self.width);
            check::at_least(path, given, 1)?;
            check::at_most(path, given, self.width)?;
        }
        if !self.activation.is_elementwise() {
            let known = Activation::ALL.iter().filter(|f| f.is_elementwise());
            let known: Vec<&str> = known.map(|f| f.name()).collect();
            return Err(Error::WrongShape {
                path: "activation".into(),
                message: format!("must be one of {}", known.join(", ")),
            });
        }
        let belongs =
            |given: bool, path: &str, form: WeightForm| match given && self.weights != form {
                false => Ok(()),
                true => Err(Error::WrongShape {
                    path: path.into(),
                    message: format!(
                        "belongs to weights \"{}\", and these are \"{}\"",
                        form.name(),
                        self.weights.name()
                    ),
                }),
            };
        belongs(self.pieces.is_some(), "pieces", WeightForm::Piecewise)?;
        let rate = self.weight_rate_precision;
        belongs(rate.is_some(), "weightRatePrecision", WeightForm::Smooth)?;
        if self.weights == WeightForm::Piecewise {
            check::at_least("pieces", self.pieces.unwrap_or(0), 1)?;
            // F is text with a condition for every piece.
            check::at_most("pieces", self.pieces.unwrap_or(0), MOST_PIECES)?;
        }
        check::precision("weightRatePrecision", rate.unwrap_or(1.0))?;
        check::positive("depth", self.depth)?;
        if self.model_precision != f64::INFINITY {
            check::precision("modelPrecision", self.model_precision)?;
        }
        check::precision("inputPrecision", self.input_precision)?;
        check::precision("outputPrecision", self.output_precision)?;
        check::precision("weightPrecision", self.weight_precision)
    }

    /// Number of neurons that have an input.
    pub(super) fn inputs(&self) -> usize {
        self.input_width.unwrap_or(self.width)
    }

    /// Number of neurons that have an output.
    pub(super) fn outputs(&self) -> usize {
        self.output_width.unwrap_or(self.width)
    }

    /// Number K of pieces; 1 where weights are of another form.
    pub(super) fn pieces(&self) -> usize {
        self.pieces.unwrap_or(1)
    }

    /// Number of weights and biases of a piece: D x D, row-major, then D.
    pub(super) fn block(&self) -> usize {
        self.width * (self.width + 1)
    }

    /// Model precision R_f of every state.
    pub(super) fn precisions(&self, pairs: usize) -> Precision {
        let of_weights = match self.weights {
            WeightForm::Smooth => self.weight_rate_precision.unwrap_or(1.0),
            WeightForm::Constant | WeightForm::Piecewise => f64::INFINITY,
        };
        let mut all = vec![self.model_precision; pairs * self.width];
        all.resize(all.len() + self.pieces() * self.block(), of_weights);
        Precision::PerComponent(all)
    }
}
