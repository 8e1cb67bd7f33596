//! What a user says about annealing a network.

use crate::anneal::Ladder;
use crate::error::{check, Result};
use crate::network::NetworkOptions;
use crate::solve::MinimizerOptions;

/// How the activations of a starting point are made; its weights are random.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum NetworkStartingStrategy {
    /// What the weights make of the measured inputs, layer by layer.
    #[default]
    Forward,
    /// Random numbers, uniform where the activation of the layer is not flat, but for the measured
    /// neurons, which are as measured.
    Random,
}

/// Where the ladder of a network is climbed from.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NetworkStarts {
    /// How many; all are climbed from. Default: 20.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub count: usize,
    /// How the activations are made. Default: `forward`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkStartingStrategy>"))]
    pub start: NetworkStartingStrategy,
    /// Where weights are drawn from, uniformly, before they are moved into their bounds. Default:
    /// from -r to r, r being one over the root of the number of neurons before them.
    #[cfg_attr(
        feature = "typescript",
        ts(type = "readonly [number, number]", optional)
    )]
    pub weights: Option<[f64; 2]>,
    /// A whole number from 0 on, from TypeScript up to 2^53 - 1. The same seed gives the same bits.
    /// Default: 0.
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

/// Everything about annealing a network but the network and the pairs.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct NetworkAnnealOptions {
    /// How the action is formed: R_m, what is observed, bounds and priors.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkOptions>"))]
    pub action: NetworkOptions,
    /// R_f, from small to large. Default: from a hundredth of R_m on, as fast as the minimiser can
    /// follow, until the model's error is negligible.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Ladder>"))]
    pub model_precision: Ladder,
    /// Where the ladder is climbed from.
    #[cfg_attr(feature = "typescript", ts(as = "Option<NetworkStarts>"))]
    pub starting_paths: NetworkStarts,
    /// How the action is minimised at each rung. Default: `structured`, with few weights pair by
    /// pair, with many by the measurements, where a factorisation takes a fraction of a second,
    /// else `lbfgs`.
    #[cfg_attr(feature = "typescript", ts(type = "MinimizerOptions", optional))]
    pub minimizer: Option<MinimizerOptions>,
}

impl NetworkAnnealOptions {
    /// Checks what does not need the network or the pairs.
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
