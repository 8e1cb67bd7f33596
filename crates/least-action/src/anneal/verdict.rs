//! Verdict on a run: can its best path be used?

use super::annealable::Counts;
use super::misfit::{obeys_model, Misfit};
use super::rung::Rung;

/// Verdict on an annealing run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Verdict {
    /// The best path agrees with data, priors and model as far as the stated noise allows, and its
    /// residuals are those of such noise.
    Consistent,
    /// The best path does not agree with data, priors and model as stated. If it was not found, do
    /// not use its states and parameters; if only the stated noise is wrong, do not use its
    /// intervals. The findings say which.
    Inconsistent,
    /// Data and priors leave nothing to test: they are no more than the unknowns to choose, or all
    /// data are one number that the path rests at.
    Undetermined,
    /// No starting path has climbed the whole ladder yet.
    Unfinished,
}

impl Verdict {
    /// Verdict on a path at its last rung: the misfit must be one that noise explains, neither more
    /// nor less, the path must obey the model, and there must be no `objections` to its residuals.
    /// Data without any noise are met exactly: that is no less than noise explains.
    pub(super) fn of(counts: &Counts, last: &Rung, misfit: &Misfit, objections: usize) -> Self {
        let is_noise_right = !misfit.below() || misfit.is_noiseless();
        if !misfit.tells() {
            Verdict::Undetermined
        } else if misfit.above() || !is_noise_right || !obeys_model(counts, last) || objections > 0
        {
            Verdict::Inconsistent
        } else {
            Verdict::Consistent
        }
    }
}
