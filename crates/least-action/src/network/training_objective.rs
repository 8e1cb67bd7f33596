//! Training as an objective: the layers hold exactly, R_f is infinite, and the action is a function
//! of the weights. Its gradient is found by backpropagation.

use super::action::{finite_weights, not_finite};
use super::pass::Pass;
use super::problem::NetworkProblem;
use super::sweep;
use super::terms::{add_measurement_slopes, add_prior_slopes, measurement_error, prior_error};
use crate::action::ActionValue;
use crate::error::{check, Error, Result};
use crate::solve::{Bounds, Objective};

/// Activations of layer 0 in training, in which the layers hold exactly.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum TrainedInputs {
    /// The measured inputs, taken as exact, as is usual in training.
    #[default]
    Exact,
    /// Unknown inputs, measured with noise. The action tends to this as R_f grows.
    Free,
}

/// The action with infinite R_f, the strong constraint, as a function of the weights or of
/// `[X_0, weights]`. It owns its memory and allocates none per call.
///
/// The normalisation is that of the problem. Exact inputs have no errors but count among the
/// measured numbers too, so that values can be compared.
///
/// ```
/// use least_action::network::{
///     Layer, Network, NetworkOptions, NetworkProblem, Pairs, TrainedInputs, Training,
/// };
/// use least_action::solve::{Lbfgs, Minimizer};
///
/// let network = Network::feedforward(1, vec![Layer::new(1)])?;
/// let pairs = Pairs::new(&network, vec![-1.0, 1.0], vec![0.2, 0.8])?;
/// let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default())?;
/// let mut training = Training::new(&problem, TrainedInputs::Exact)?;
/// let mut weights = vec![0.0; 2];
/// let minimum = Lbfgs::default().minimize(&mut training, &mut weights)?;
/// assert!(minimum.value < 1e-6);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone)]
pub struct Training {
    problem: NetworkProblem,
    inputs: TrainedInputs,
    pass: Pass,
    /// Activations of all layers, `[X_0, ..., X_F]`.
    x: Vec<f64>,
    /// Slopes of the loss in the activations.
    dx: Vec<f64>,
    kept: Vec<f64>,
    along: Vec<f64>,
    /// Bounds of the unknowns: those of exact inputs are left out.
    bounds: Option<Bounds>,
}

impl Training {
    /// Training of one problem.
    ///
    /// # Errors
    /// Exact inputs of which some are not measured.
    pub fn new(problem: &NetworkProblem, inputs: TrainedInputs) -> Result<Self> {
        let parts = &*problem.0;
        let mut x = vec![0.0; problem.activation_count()];
        if inputs == TrainedInputs::Exact {
            let measured = problem.target(0).unwrap_or_default();
            let missing = match measured.is_empty() {
                true => Some(0),
                false => measured.iter().position(|y| y.is_nan()),
            };
            if let Some(i) = missing {
                let width = parts.network.widths()[0];
                return Err(Error::WrongShape {
                    path: format!("pairs.inputs[{}][{}]", i / width, i % width),
                    message: "is not measured, so it cannot be exact; use free inputs".into(),
                });
            }
            x[..measured.len()].copy_from_slice(measured);
        }
        let first = match inputs {
            TrainedInputs::Exact => 0,
            TrainedInputs::Free => parts.starts[1],
        };
        let weights = problem.activation_count();
        let bounds = problem.bounds().map(|all| {
            let cut = |list: &[f64]| [&list[..first], &list[weights..]].concat();
            Bounds {
                lower: cut(&all.lower),
                upper: cut(&all.upper),
            }
        });
        let widest = parts.network.widths().iter().max();
        Ok(Training {
            pass: Pass::new(parts.pairs),
            dx: x.clone(),
            x,
            kept: vec![0.0; problem.residuals()],
            along: vec![0.0; widest.map_or(0, |width| width * parts.pairs)],
            bounds,
            inputs,
            problem: problem.clone(),
        })
    }

    /// Problem whose network is trained.
    pub fn problem(&self) -> &NetworkProblem {
        &self.problem
    }

    /// Number of unknowns: the weights, and before them the inputs if they are free.
    pub fn unknowns(&self) -> usize {
        self.first() + self.problem.network().weight_count()
    }

    /// The loss at the unknowns; its `model_error` is zero.
    ///
    /// # Errors
    /// A list of the wrong length, and [`Error::NotFiniteInLayer`] for the first activation that is
    /// not finite.
    pub fn evaluate(&mut self, unknowns: &[f64]) -> Result<ActionValue> {
        let because = "the inputs of all pairs if they are free, then the weights";
        check::length("unknowns", unknowns.len(), self.unknowns(), because)?;
        let (inputs, weights) = unknowns.split_at(self.first());
        finite_weights(weights, "")?;
        let parts = &*self.problem.0;
        self.x[..inputs.len()].copy_from_slice(inputs);
        let (x, kept) = (&mut self.x, &mut self.kept);
        sweep::forward(parts, &mut self.pass, weights, None, x, kept);
        let bad = self.x.iter().position(|x| !x.is_finite());
        if let Some(i) = bad {
            return Err(not_finite(parts, i, "activation", self.x[i]));
        }
        let measurement_error = measurement_error(parts, &self.x);
        let prior_error = prior_error(parts, weights);
        let action = measurement_error + prior_error;
        check::finite("loss", action)?;
        Ok(ActionValue {
            action,
            measurement_error,
            model_error: 0.0,
            prior_error,
            noise_error: 0.0,
        })
    }

    /// The loss, with its gradient by backpropagation written to `gradient`.
    ///
    /// # Errors
    /// Those of [`Training::evaluate`]; also a gradient of the wrong length or not finite.
    pub fn gradient(&mut self, unknowns: &[f64], gradient: &mut [f64]) -> Result<ActionValue> {
        let because = "one per unknown";
        check::length("gradient", gradient.len(), unknowns.len(), because)?;
        let value = self.evaluate(unknowns)?;
        let first = self.first();
        let weights = &unknowns[first..];
        let parts = &*self.problem.0;
        self.dx.fill(0.0);
        add_measurement_slopes(parts, &self.x, &mut self.dx);
        let (inputs, dw) = gradient.split_at_mut(first);
        dw.fill(0.0);
        let at = (weights, &self.x[..], &self.kept[..]);
        let (along, dx) = (&mut self.along, &mut self.dx);
        sweep::backward(parts, &mut self.pass, at, along, dx, dw);
        add_prior_slopes(parts, weights, dw);
        finite_weights(dw, "dA/dw of ")?;
        inputs.copy_from_slice(&self.dx[..first]);
        if let Some(i) = inputs.iter().position(|v| !v.is_finite()) {
            return Err(not_finite(parts, i, "dA/dx", inputs[i]));
        }
        Ok(value)
    }

    /// Activations of all layers, `[X_0, ..., X_F]`, at the unknowns that were evaluated last.
    pub fn activations(&self) -> &[f64] {
        &self.x
    }

    /// Number of unknowns before the weights.
    fn first(&self) -> usize {
        match self.inputs {
            TrainedInputs::Exact => 0,
            TrainedInputs::Free => self.problem.0.starts[1],
        }
    }
}

impl Objective for Training {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        Ok(self.gradient(x, gradient)?.action)
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }
}
