//! Training in portions of a few iterations, so that it can be watched and ended.

use super::data::Pairs;
use super::network::Network;
use super::problem::{NetworkOptions, NetworkProblem};
use super::training_objective::{TrainedInputs, Training};
use crate::error::{check, Result};
use crate::solve::{Bounds, Lbfgs, Minimizer, MinimizerOptions, Minimum, Objective, StopReason};

/// Options of training.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct TrainOptions {
    /// Options of the loss, which is the action with exact layers: R_m, observed components, bounds
    /// and priors. Activations behind the inputs follow from the weights, so they can have no
    /// bounds.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkOptions>"))]
    pub action: NetworkOptions,
    /// Treatment of the measured inputs: exact, or unknown and measured with noise. Default:
    /// `exact`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<TrainedInputs>"))]
    pub inputs: TrainedInputs,
    /// Interval from which the first weights and biases are drawn, uniformly. They are then moved
    /// into their bounds. Default: from -r to r, where r is one over the root of the number of
    /// values that enter a neuron (neurons before it, and forcing); r = 1 for layers that are
    /// models.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub weights: Option<[f64; 2]>,
    /// First weights, all in one list, for instance those that annealing has found. Default: none,
    /// they are drawn.
    #[cfg_attr(feature = "typescript", ts(type = "ArrayLike<number>", optional))]
    pub initial_weights: Option<Vec<f64>>,
    /// Seed of the random numbers: a whole number from 0 on, from TypeScript up to 2^53 - 1. The
    /// same seed gives the same bits. Default: 0.
    #[cfg_attr(feature = "typescript", ts(type = "number", optional))]
    pub seed: u64,
    /// Minimiser of the loss. Default: `lbfgs`, the only one that needs no more than the gradient.
    #[cfg_attr(feature = "typescript", ts(type = "MinimizerOptions", optional))]
    pub minimizer: Option<MinimizerOptions>,
}

/// Training of a network, a portion of iterations at a time.
///
/// ```
/// use least_action::network::{Layer, Network, Pairs, TrainOptions, Trainer};
/// use least_action::solve::StopReason;
///
/// let network = Network::feedforward(1, vec![Layer::new(1)])?;
/// let pairs = Pairs::new(&network, vec![-1.0, 1.0], vec![0.2, 0.8])?;
/// let mut trainer = Trainer::new(&network, &pairs, &TrainOptions::default())?;
/// while trainer.advance(20)?.stop == StopReason::Interrupted {}
/// let outputs = network.predict(trainer.weights(), &pairs.inputs, &[])?;
/// assert!((outputs[0] - 0.2).abs() < 1e-2);
/// # Ok::<(), least_action::Error>(())
/// ```
pub struct Trainer {
    training: Training,
    minimizer: Lbfgs,
    unknowns: Vec<f64>,
    minimum: Option<Minimum>,
}

impl Trainer {
    /// Training from the first weights that the options give.
    ///
    /// # Errors
    /// Mistakes in the options or pairs, by field; minimisers that need more than a gradient.
    pub fn new(network: &Network, pairs: &Pairs, options: &TrainOptions) -> Result<Self> {
        let minimizer = match options.minimizer {
            None => Lbfgs::default(),
            Some(MinimizerOptions::Lbfgs(lbfgs)) => lbfgs,
            Some(MinimizerOptions::Structured(_)) => {
                return Err(crate::Error::WrongShape {
                    path: "minimizer".into(),
                    message:
                        "training knows no second derivatives, which structured needs; use lbfgs"
                            .into(),
                });
            }
        };
        minimizer.validate("minimizer")?;
        if let Some(range) = options.weights {
            check::range("weights", range)?;
        }
        if options.action.activation_bounds.is_some() {
            return Err(crate::Error::WrongShape {
                path: "activationBounds".into(),
                message: "cannot hold where layers are exact: activations follow from the \
                    weights; bound the weights, or anneal"
                    .into(),
            });
        }
        let problem = NetworkProblem::new(network, pairs, &options.action)?;
        problem.check_something_to_learn()?;
        let training = Training::new(&problem, options.inputs)?;
        let weights = match &options.initial_weights {
            None => network.random_weights(options.weights, None, options.seed)?,
            Some(weights) => {
                let because = "one per weight of the network";
                let expected = network.weight_count();
                check::length("initialWeights", weights.len(), expected, because)?;
                if let Some(k) = weights.iter().position(|w| !w.is_finite()) {
                    check::finite(&format!("initialWeights[{k}]"), weights[k])?;
                }
                weights.clone()
            }
        };
        let mut unknowns = vec![0.0; training.unknowns()];
        let first = unknowns.len() - weights.len();
        if first > 0 {
            let mut activations = vec![0.0; problem.activation_count()];
            problem.put_measurements(&mut activations);
            unknowns[..first].copy_from_slice(&activations[..first]);
        }
        unknowns[first..].copy_from_slice(&weights);
        if let Some(bounds) = training.bounds() {
            bounds.project(&mut unknowns);
        }
        Ok(Trainer {
            training,
            minimizer,
            unknowns,
            minimum: None,
        })
    }

    /// Does at most this number of further iterations. Returns the minimum so far, with the work of
    /// all portions together. Its `stop` is [`StopReason::Interrupted`] if there is more to do.
    ///
    /// The minimiser begins anew each time, so that very short portions are a waste.
    ///
    /// # Errors
    /// A loss that is not finite at the first weights.
    pub fn advance(&mut self, iterations: usize) -> Result<&Minimum> {
        let before = self.minimum.take();
        let done = before.as_ref().map_or(0, |minimum| minimum.iterations);
        let most = self.minimizer.max_iterations;
        let mut portion = TrainingPortion {
            training: &mut self.training,
            left: iterations.min(most.saturating_sub(done)).into(),
        };
        let mut minimum = self.minimizer.minimize(&mut portion, &mut self.unknowns)?;
        if let Some(before) = before {
            minimum.iterations += before.iterations;
            minimum.evaluations += before.evaluations;
        }
        if minimum.stop == StopReason::Interrupted && minimum.iterations >= most {
            minimum.stop = StopReason::IterationLimit;
        }
        Ok(self.minimum.insert(minimum))
    }

    /// Current weights, all in one list.
    pub fn weights(&self) -> &[f64] {
        let first = self.unknowns.len() - self.network().weight_count();
        &self.unknowns[first..]
    }

    /// Network that is trained.
    pub fn network(&self) -> &Network {
        self.training.problem().network()
    }
}

/// Training that interrupts itself after a number of iterations.
struct TrainingPortion<'a> {
    training: &'a mut Training,
    left: std::cell::Cell<usize>,
}

impl Objective for TrainingPortion<'_> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        Objective::evaluate(self.training, x, gradient)
    }

    fn interrupted(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left == 0
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.training.bounds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Layer;

    fn pairs(network: &Network) -> Pairs {
        let inputs: Vec<f64> = (0..20).map(|k| 0.1 * f64::from(k) - 1.0).collect();
        let outputs = inputs.iter().map(|x| 0.5 + 0.3 * x.sin()).collect();
        Pairs::new(network, inputs, outputs).expect("fits")
    }

    #[test]
    fn portions_come_to_the_same_minimum_as_one_go() {
        let network = Network::feedforward(1, vec![Layer::new(3), Layer::new(1)]).expect("fits");
        let options = TrainOptions {
            action: NetworkOptions {
                weight_prior: Some(crate::action::Prior {
                    mean: 0.0,
                    deviation: 2.0,
                }),
                ..NetworkOptions::default()
            },
            ..TrainOptions::default()
        };
        let trainer = || Trainer::new(&network, &pairs(&network), &options).expect("fits");
        let mut whole = trainer();
        let expected = whole.advance(usize::MAX).expect("finite").clone();
        assert!(expected.stop.settled() && expected.iterations > 10);
        let mut portions = trainer();
        let mut calls = 0;
        let last = loop {
            calls += 1;
            let minimum = portions.advance(10).expect("finite");
            assert!(minimum.iterations <= 10 * calls);
            if minimum.stop != StopReason::Interrupted {
                break minimum.clone();
            }
        };
        assert!(calls > 1);
        assert!((last.value / expected.value - 1.0).abs() < 1e-3);
    }

    #[test]
    fn the_limit_holds_for_all_portions_together() {
        let network = Network::feedforward(1, vec![Layer::new(1)]).expect("fits");
        let limited = Lbfgs {
            max_iterations: 5,
            ..Lbfgs::default()
        };
        let options = TrainOptions {
            minimizer: Some(limited.into()),
            ..TrainOptions::default()
        };
        let mut trainer = Trainer::new(&network, &pairs(&network), &options).expect("fits");
        assert_eq!(
            trainer.advance(3).expect("finite").stop,
            StopReason::Interrupted
        );
        let minimum = trainer.advance(3).expect("finite");
        assert_eq!(
            (minimum.stop, minimum.iterations),
            (StopReason::IterationLimit, 5)
        );
    }

    #[test]
    fn minimizers_that_need_more_are_refused() {
        let network = Network::feedforward(1, vec![Layer::new(1)]).expect("fits");
        let options = TrainOptions {
            minimizer: Some(MinimizerOptions::default()),
            ..TrainOptions::default()
        };
        let error = Trainer::new(&network, &pairs(&network), &options).err();
        assert_eq!(
            error.map(|error| error.path().to_string()),
            Some("minimizer".into())
        );
    }
}
