//! State of a chain: all that it needs to continue.

use super::options::SamplingOptions;
use super::step_size::StepSize;
use super::variances::Moments;
use crate::error::{check, Result};

/// Purpose of a transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ChainPhase {
    /// Annealing, below the posterior's R_f.
    Annealing,
    /// Warm-up: at the posterior's R_f, adapting step size and metric.
    Warmup,
    /// Drawing from the posterior.
    Draws,
    /// Nothing is left to do.
    Done,
}

/// A chain between two transitions. A chain that continues from here, with the same posterior and
/// options, gives the same bits as without a break: random numbers depend on the number of the
/// transition alone.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ChainState {
    /// Number of the chain, from 0.
    pub chain: usize,
    /// Number of transitions that are done, those of annealing and warm-up included.
    pub transitions: usize,
    /// The posterior's R_f, not that of a rung below it; none for a density without R_f.
    pub model_precision: Option<f64>,
    /// Centre of the structured metric, in unbounded coordinates; zeros for other metrics.
    pub(super) centre: Vec<f64>,
    /// Position in the coordinates of the metric.
    pub(super) position: Vec<f64>,
    /// Diagonal of the inverse mass matrix in those coordinates.
    pub(super) variances: Vec<f64>,
    /// Step size with its adaptation.
    pub(super) step: StepSize,
    /// Moments of the positions in the current window of the warm-up.
    pub(super) moments: Moments,
    /// Number of transitions in a row that left the chain where it is.
    pub(super) unmoved: usize,
}

impl ChainState {
    /// Checks that this can be the state of a chain of a density with so many unknowns, with these
    /// options.
    pub(super) fn validate(
        &self,
        options: &SamplingOptions,
        unknowns: usize,
        model_precision: Option<f64>,
    ) -> Result<()> {
        check::require(
            self.chain < options.chains,
            "resume.chain",
            self.chain as f64,
            "less than the number of chains: resume with the options of the first run",
        )?;
        let all = options.annealed() + options.warmup + options.draws;
        check::require(
            self.transitions <= all,
            "resume.transitions",
            self.transitions as f64,
            &format!(
                "at most {all}, which all phases have: resume with the options of the first run"
            ),
        )?;
        let same = match (self.model_precision, model_precision) {
            (None, None) => true,
            // The number may have been rounded in a file.
            (Some(a), Some(b)) => (a / b - 1.0).abs() < 1e-12,
            _ => false,
        };
        check::require(
            same,
            "resume.modelPrecision",
            self.model_precision.unwrap_or(f64::NAN),
            &format!(
                "{}, the posterior's: resume with the posterior of the first run",
                model_precision.unwrap_or(f64::NAN)
            ),
        )?;
        let lists = [
            ("centre", &self.centre),
            ("position", &self.position),
            ("variances", &self.variances),
            ("moments.mean", &self.moments.mean),
            ("moments.squares", &self.moments.squares),
        ];
        for (name, list) in lists {
            let path = format!("resume.{name}");
            check::length(&path, list.len(), unknowns, "one per unknown")?;
            for (k, value) in list.iter().enumerate() {
                check::finite(&format!("{path}[{k}]"), *value)?;
            }
        }
        for (k, value) in self.variances.iter().enumerate() {
            check::positive(&format!("resume.variances[{k}]"), *value)?;
        }
        check::positive("resume.step.size", self.step.size)
    }
}
