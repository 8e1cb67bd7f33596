//! Path that noise far from that of the ladder asks for, before the noise is set free.

use super::settle::Settle;
use crate::action::{Action, ActionObjective, FitShares, Scales};
use crate::anneal::follow::follow;
use crate::error::Result;
use crate::solve::{Minimum, StopReason, Structured};

/// Change of a logarithm of the noise beyond which the path is likely to move far.
const FAR: f64 = 1.0;

/// Model precisions of the approach, over that of the last rung. Along a model that binds as
/// closely as there, a path moves in many short steps.
const SOFTER: [f64; 2] = [1e-4, 1e-2];

impl Settle<'_> {
    /// Moves path and parameters to near their minimum with the noise of `unknowns`, over model
    /// precisions that rise to that of the last rung. Returns the work; `None` where the noise is
    /// near `before`, its logarithms on the ladder, and nothing is done.
    ///
    /// # Errors
    /// An action that is not finite at the start.
    pub(super) fn approach(
        &self,
        by: &Structured,
        before: &[f64],
        shares: &FitShares,
        unknowns: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Option<Minimum>> {
        let (path, first) = (self.problem.path_length(), unknowns.len() - before.len());
        let changes = before.iter().zip(&unknowns[first..]);
        if changes.fold(0.0, |most, (a, b)| f64::max(most, (a - b).abs())) <= FAR {
            return Ok(None);
        }
        let mut problem = self.problem.clone();
        for (k, &value) in unknowns.iter().enumerate().skip(first) {
            problem.hold(k - path, value);
        }
        let mut action = Action::new(&problem);
        let layout = action.layout();
        let scales = Scales::none(layout.dimension, layout.parameters);
        let (states, parameters) = unknowns.split_at(path);
        action.evaluate(self.model_precision, states, parameters)?;
        let reference = action.noise_scales().to_vec();
        action.set_normalization(Some(&reference), Some(shares));
        let (mut workspace, mut done) = (None, None::<Minimum>);
        for share in SOFTER {
            let precision = share * self.model_precision;
            let mut objective = ActionObjective::new(&mut action, precision, &scales, interrupted);
            let minimum = follow(by, true, &mut workspace, &mut objective, unknowns)?;
            let minimum = match &done {
                None => minimum,
                Some(done) => minimum.after(done),
            };
            let is_interrupted = minimum.stop == StopReason::Interrupted;
            done = Some(minimum);
            if is_interrupted {
                break;
            }
        }
        Ok(done)
    }
}
