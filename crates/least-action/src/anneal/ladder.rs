//! Ladder of model precisions.

use super::rung::Rung;
use crate::error::{check, Error, Result};

/// Maximum of rungs times starting paths: the table of all action levels must fit in memory.
pub(super) const MOST_LEVELS: usize = 10_000_000;

/// Ladder of model precisions. With a `factor`, `R_f = initial * factor^rung`; without one R_f
/// grows as fast as the minimiser can follow. Fields that are left out are found from the data:
/// from R_m, the variability of the components, and the distance of the starting path from the
/// model.
///
/// ```
/// use least_action::anneal::Ladder;
///
/// assert!(Ladder::default().is_adaptive());
/// let ladder = Ladder::fixed(1e-4, 1.5, 30);
/// assert_eq!((ladder.factor, ladder.rungs), (Some(1.5), Some(30)));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Ladder {
    /// R_f0, so small that the model hardly binds the path; from random paths for instance a
    /// millionth of R_m. Default for paths: a hundredth of the precision (one over the mean square)
    /// of the starting path's own residuals if the starting strategy is `automatic`,
    /// `ensemble-filter` or `growing-window`, else a ten-thousandth, and at most 1e-4 of the last
    /// R_f. Default for networks: a hundredth of R_m.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub initial: Option<f64>,
    /// Factor alpha between the R_f of neighbouring rungs, above 1; for instance 1.5. Default:
    /// adaptive, larger where a rung takes few iterations, and the minimiser's tolerance is loose
    /// below the last rung.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub factor: Option<f64>,
    /// Number of rungs, from beta = 0 on; the maximum number for an adaptive ladder. Default: as
    /// many as lead to `final`, at most 1000 for an adaptive ladder.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub rungs: Option<usize>,
    /// R_f at the last rung, for ladders whose end does not follow from `factor` and `rungs`.
    /// Default: so large that the model's error is negligible.
    #[serde(rename = "final")]
    #[cfg_attr(feature = "typescript", ts(rename = "final", optional))]
    pub last: Option<f64>,
}

impl Ladder {
    /// A ladder with `R_f = initial * factor^rung`, rung = 0 .. rungs - 1.
    pub const fn fixed(initial: f64, factor: f64, rungs: usize) -> Self {
        Ladder {
            initial: Some(initial),
            factor: Some(factor),
            rungs: Some(rungs),
            last: None,
        }
    }

    /// True if the options give the last R_f, by a number or by the number of steps.
    pub(super) fn has_end(&self) -> bool {
        self.last.is_some() || (self.factor.is_some() && self.rungs.is_some())
    }

    /// True if the options give an R_f.
    pub(super) fn is_stated(&self) -> bool {
        self.initial.is_some() || self.last.is_some()
    }

    /// True if R_f is found as the climb goes.
    pub fn is_adaptive(&self) -> bool {
        self.factor.is_none()
    }

    pub(super) fn validate(&self, path: &str) -> Result<()> {
        let at = |field: &str| format!("{path}.{field}");
        if let Some(initial) = self.initial {
            check::precision(&at("initial"), initial)?;
        }
        if let Some(last) = self.last {
            check::precision(&at("final"), last)?;
            check::require(
                self.initial.is_none_or(|initial| initial <= last),
                &at("final"),
                last,
                "at least modelPrecision.initial",
            )?;
        }
        if let Some(rungs) = self.rungs {
            check::at_least(&at("rungs"), rungs, 1)?;
            check::at_most(&at("rungs"), rungs, MOST_LEVELS)?;
        }
        let Some(factor) = self.factor else {
            return Ok(());
        };
        check::require(
            factor.is_finite() && factor > 1.0,
            &at("factor"),
            factor,
            "finite and greater than one",
        )?;
        if let (Some(_), Some(_)) = (self.rungs, self.last) {
            return Err(Error::WrongShape {
                path: at("final"),
                message: "is said by factor and rungs already: leave one of them out".into(),
            });
        }
        if let (Some(initial), Some(rungs)) = (self.initial, self.rungs) {
            let last = initial * libm::pow(factor, (rungs - 1) as f64);
            check::require(
                last <= MOST,
                &at("rungs"),
                rungs as f64,
                "so few that R_f stays below 1e100 (initial * factor^(rungs - 1))",
            )?;
        }
        Ok(())
    }
}

/// Maximum R_f.
const MOST: f64 = 1e100;

/// Maximum number of rungs of an adaptive ladder.
const MOST_RUNGS: usize = 1000;

/// Factors of an adaptive ladder: the first one, and the least and the largest.
const FIRST_GROWTH: f64 = 4.0;
const LEAST_GROWTH: f64 = 1.5;
const MOST_GROWTH: f64 = 100.0;
/// Numbers of iterations: up to the one R_f grows faster after a rung, from the other on slower.
const EASY: usize = 3;
const HARD: usize = 8;

/// Ladder of one starting path, with all numbers known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Steps {
    initial: f64,
    factor: Option<f64>,
    rungs: Option<usize>,
    last: f64,
}

impl Steps {
    /// Completes a ladder; `initial` and `last` are used for fields that it leaves out.
    pub fn new(ladder: &Ladder, initial: f64, last: f64) -> Self {
        let last = ladder.last.unwrap_or(last).min(MOST);
        let initial = ladder.initial.unwrap_or(initial);
        // An R_f0 from the options is used even if it is above an automatic end.
        let last = if ladder.initial.is_some() {
            last.max(initial)
        } else {
            last
        };
        Steps {
            initial: initial.min(last),
            factor: ladder.factor,
            rungs: ladder.rungs,
            last,
        }
    }

    /// R_f of the next rung; `None` if the ladder is at its end.
    pub fn next(&self, done: &[Rung]) -> Option<f64> {
        let Some(before) = done.last() else {
            return Some(self.initial);
        };
        if self.is_end(done) {
            return None;
        }
        Some(match self.factor {
            Some(factor) => {
                let next = self.initial * libm::pow(factor, done.len() as f64);
                // A step that would leave a small rest goes all the way.
                match self.rungs {
                    Some(_) => next.min(MOST),
                    None if next * factor.sqrt() >= self.last => self.last,
                    None => next,
                }
            }
            None => {
                let next = before.model_precision * growth(done);
                if next * 2.0 >= self.last || self.rungs.is_some_and(|most| done.len() + 1 >= most)
                {
                    self.last
                } else {
                    next
                }
            }
        })
    }

    /// True if the climb has done the last rung.
    pub fn is_end(&self, done: &[Rung]) -> bool {
        let most = self.rungs.unwrap_or(match self.factor {
            Some(_) => MOST_LEVELS,
            None => MOST_RUNGS,
        });
        if done.len() >= most {
            return true;
        }
        match (self.factor, self.rungs) {
            (Some(_), Some(_)) => false,
            _ => done.last().is_some_and(|r| r.model_precision >= self.last),
        }
    }

    /// True if a rung with this R_f is the last one, after the rungs in `done`.
    pub fn is_last(&self, done: &[Rung], model_precision: f64) -> bool {
        match (self.factor, self.rungs) {
            (Some(_), Some(rungs)) => done.len() + 1 >= rungs,
            _ => model_precision >= self.last,
        }
    }
}

/// Factor by which R_f grows after the rungs that are done.
fn growth(done: &[Rung]) -> f64 {
    let mut growth = FIRST_GROWTH;
    for rung in done {
        if rung.iterations <= EASY {
            growth = (growth * 2.0).min(MOST_GROWTH);
        } else if rung.iterations >= HARD {
            growth = (growth * 0.5).max(LEAST_GROWTH);
        }
    }
    growth
}
