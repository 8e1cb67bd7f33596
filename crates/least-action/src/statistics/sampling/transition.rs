//! Statistics of one transition of a chain.

use crate::error::Error;

/// Statistics of one transition.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Transition {
    /// Log density of the draw: minus the objective's value, so in the caller's unknowns and up to
    /// a constant.
    pub log_density: f64,
    /// Kinetic and potential energy at the beginning, after the momentum was drawn. A random walk
    /// has no momentum, so it is the potential alone.
    pub energy: f64,
    /// Probability with which the points of the trajectory would be accepted, on average; for `hmc`
    /// and `metropolis` that of its end.
    pub acceptance: f64,
    /// Step size, in the time of the metric.
    pub step_size: f64,
    /// Number of doublings of the trajectory; 0 for methods without doubling.
    pub tree_depth: u32,
    /// Number of evaluations of the density and its gradient.
    pub steps: u32,
    /// Place and cause of a divergence, if the trajectory had one.
    pub divergence: Option<Divergence>,
}

/// Divergence of a trajectory: its energy, which should be constant, was not, so that it was broken
/// off. The steps are too long for the density there, and the places beyond are not drawn as often
/// as they should be.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Divergence {
    /// Last point before the step that failed, in the caller's unknowns.
    pub position: Vec<f64>,
    /// Energy after that step minus the energy at the beginning; infinite if the step has no
    /// energy.
    pub energy_error: f64,
    /// Error of the density or of the step's equations, if one of them was the cause.
    pub cause: Option<Error>,
}
