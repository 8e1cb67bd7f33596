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
    /// The best path agrees with data and model as far as the stated noise allows.
    Consistent,
    /// The best path does not agree with data and model: do not use its states and parameters.
    Inconsistent,
    /// There are no more measurements than unknowns to choose: data like these agree with any
    /// model.
    Undetermined,
    /// No starting path has climbed the whole ladder yet.
    Unfinished,
}

impl Verdict {
    /// Verdict on a path at its last rung, as far as the stated noise allows to tell: the misfit
    /// must be one that noise explains, and the path must obey the model.
    pub(super) fn of(counts: &Counts, last: &Rung) -> Self {
        let misfit = Misfit::new(counts, last.measurement_error);
        if !misfit.tells() {
            Verdict::Undetermined
        } else if misfit.above() || !obeys_model(counts, last) {
            Verdict::Inconsistent
        } else {
            Verdict::Consistent
        }
    }
}
