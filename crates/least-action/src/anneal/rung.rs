//! Results of single rungs.

use crate::solve::StopReason;

/// A state or parameter that ended at one of its bounds.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActiveBound {
    /// Name of the state or parameter.
    pub name: String,
    /// Number of points of the path at which it is at a bound; 1 for a parameter.
    pub points: usize,
}

/// The minimum that was found on one rung, with the work to find it.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Rung {
    /// Number of the rung, beta, from 0.
    pub rung: usize,
    /// R_f of the rung.
    pub model_precision: f64,
    /// The action: the sum of the three errors.
    pub action: f64,
    /// Part of the action that belongs to the measurements, weighted with R_m.
    pub measurement_error: f64,
    /// Part of the action that belongs to the model, weighted with R_f.
    pub model_error: f64,
    /// Part of the action that belongs to priors; 0 without any.
    #[serde(default)]
    pub prior_error: f64,
    /// Part of the model error that belongs to parameters which change in time; 0 without any.
    #[serde(default)]
    pub varying_error: f64,
    /// Factor by which estimated noise makes chi-square smaller than the action says, which is in
    /// units of the noise of the ladder; 1 where the noise is known.
    #[serde(default = "one")]
    pub noise_ratio: f64,
    /// Estimated parameters, in the model's order, then the scales of estimated noise.
    pub parameters: Vec<f64>,
    /// Reason why the minimisation ended.
    pub stop: StopReason,
    /// Number of iterations of the minimiser.
    pub iterations: usize,
    /// Number of evaluations of the action with its derivatives.
    pub evaluations: usize,
    /// Number of factorisations of the Hessian; 0 in minimisers that have none.
    #[serde(default)]
    pub factorizations: usize,
    /// States and parameters that ended at one of their bounds.
    #[serde(default)]
    pub active_bounds: Vec<ActiveBound>,
}

fn one() -> f64 {
    1.0
}

/// Details of a climb that was stopped: its action was so high that the noise cannot explain it,
/// and along one minimum it can only rise.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Stopped {
    /// Number of the rung after which the climb was stopped.
    pub rung: usize,
    /// Action at that rung.
    pub action: f64,
    /// Action that the climb should not have exceeded.
    pub limit: f64,
}
