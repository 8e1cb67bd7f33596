//! What one transition of a chain was like.

use crate::error::Error;

/// The sampler's figures of one transition.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Transition {
    /// Of the draw: minus the objective's value, so in the caller's unknowns and up to a constant.
    pub log_density: f64,
    /// Kinetic and potential energy at the beginning, after the momentum was drawn. A random walk
    /// has no momentum: the potential alone.
    pub energy: f64,
    /// Mean over the trajectory of the probability with which its points would be accepted; of
    /// `hmc` and `metropolis` that of its end.
    pub acceptance: f64,
    pub step_size: f64,
    /// Doublings of the trajectory; 0 in methods that have none.
    pub tree_depth: u32,
    /// Evaluations of the density and its gradient.
    pub steps: u32,
    /// Where and why the trajectory was broken off, if it was.
    pub divergence: Option<Divergence>,
}

/// A trajectory was broken off because its energy, which should be constant, was not: the steps are
/// too long for the density there, and what lies beyond is not drawn as often as it should be.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Divergence {
    /// The last point before the step that failed, in the caller's unknowns.
    pub position: Vec<f64>,
    /// The energy after that step minus the energy at the beginning; infinite where there is none.
    pub energy_error: f64,
    /// Where the density itself could not be evaluated, or the step's equations not be solved: why.
    pub cause: Option<Error>,
}
