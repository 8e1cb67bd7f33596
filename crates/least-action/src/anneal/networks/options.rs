//! Options for annealing a network.

use crate::anneal::Ladder;
use crate::error::{check, Result};
use crate::network::NetworkOptions;
use crate::solve::MinimizerOptions;

/// Starting strategy for the activations of a network; the weights are random.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum NetworkStartingStrategy {
    /// Activations computed from the measured inputs with the random weights, layer by layer.
    #[default]
    Forward,
    /// Random activations, uniform where the activation function of the layer is not flat; measured
    /// neurons have their measured values.
    Random,
}

/// Options of the starting points of a network.
///
/// ```
/// use least_action::anneal::{NetworkStartingStrategy, NetworkStarts};
///
/// let starts = NetworkStarts { count: 5, ..NetworkStarts::default() };
/// assert_eq!(starts.start, NetworkStartingStrategy::Forward);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NetworkStarts {
    /// Number of starting points; the ladder is climbed from all of them. Default: 20.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub count: usize,
    /// Starting strategy for the activations. Default: `forward`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkStartingStrategy>"))]
    pub start: NetworkStartingStrategy,
    /// Range from which weights and biases are drawn uniformly, before they are moved into their
    /// bounds. Default: from -r to r, with r one over the root of the number of values that enter a
    /// neuron (neurons before it, and forcing); r = 1 for layers that are models.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub weights: Option<[f64; 2]>,
    /// Seed of the starting points: a whole number from 0 on, from TypeScript up to 2^53 - 1. The
    /// same seed gives the same bits. Default: 0.
    #[cfg_attr(feature = "typescript", ts(type = "number", optional))]
    pub seed: u64,
}

impl Default for NetworkStarts {
    fn default() -> Self {
        NetworkStarts {
            count: 20,
            start: NetworkStartingStrategy::default(),
            weights: None,
            seed: 0,
        }
    }
}

/// Options for annealing a network: everything but the network and the pairs.
///
/// ```
/// use least_action::anneal::{NetworkAnnealOptions, NetworkStarts};
///
/// let options = NetworkAnnealOptions {
///     starting_paths: NetworkStarts { count: 5, ..NetworkStarts::default() },
///     ..NetworkAnnealOptions::default()
/// };
/// assert!(options.model_precision.is_adaptive() && options.minimizer.is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NetworkAnnealOptions {
    /// Options of the action: R_m, observed neurons, bounds and priors.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkOptions>"))]
    pub action: NetworkOptions,
    /// Ladder of the model precision R_f, from small to large. Default: from a hundredth of R_m on
    /// (in the normalisation `mean` times the number of residuals over that of measurements), as
    /// fast as the minimiser can follow, until the model's error is negligible.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Ladder>"))]
    pub model_precision: Ladder,
    /// Starting points of the ladder. Default: see [`NetworkStarts`].
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkStarts>"))]
    pub starting_paths: NetworkStarts,
    /// Minimiser of the action at each rung. Default: `structured` where a factorisation takes a
    /// fraction of a second (with few weights pair by pair, with many by the measurements), else
    /// `lbfgs`.
    #[cfg_attr(feature = "typescript", ts(type = "MinimizerOptions", optional))]
    pub minimizer: Option<MinimizerOptions>,
}

impl NetworkAnnealOptions {
    /// Checks the options that need neither the network nor the pairs.
    pub(super) fn validate(&self) -> Result<()> {
        self.model_precision.validate("modelPrecision")?;
        let most = super::MOST_LEVELS / self.model_precision.rungs.unwrap_or(1).max(1);
        check::at_least("startingPaths.count", self.starting_paths.count, 1)?;
        check::at_most("startingPaths.count", self.starting_paths.count, most)?;
        if let Some(range) = self.starting_paths.weights {
            check::range("startingPaths.weights", range)?;
        }
        match self.minimizer {
            Some(minimizer) => minimizer.validate("minimizer"),
            None => Ok(()),
        }
    }
}
