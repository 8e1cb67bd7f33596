//! Result of an annealing run.

use super::annealable::Annealable;
use super::climb::Climb;
use super::findings::{diagnose, Conclusions, Finding};
use super::fit::ChiSquare;
use super::hierarchies::HierarchyEstimate;
use super::levels::{cluster, drops, Drop, Level};
use super::misfit::{expected_level, negligible, obeys_model};
use super::noise::NoiseEstimate;
use super::refinement::StepCheck;
use super::rung::Rung;
use super::stopping::enough;
use super::summary::summarize;
use super::verdict::Verdict;
use crate::error::{Error, Result};
use crate::report::prose;

/// Result of an annealing run: all climbs, and the conclusions from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Climbs of the starting paths that were begun, by number.
    pub climbs: Vec<Climb>,
    /// Levels at the last rung, lowest first; empty if no climb got there.
    pub levels: Vec<Level>,
    /// Rungs at which the action fell although R_f rose.
    pub drops: Vec<Drop>,
    /// Position in `climbs` of the best one: the one that got furthest up the ladder, and of these
    /// the one with the lowest action.
    pub best: usize,
    /// Action level that the stated noise explains if the model holds; the lowest level should be
    /// near it.
    pub expected_level: f64,
    /// Findings about the run, with advice.
    pub findings: Vec<Finding>,
    /// Verdict on the best path.
    pub verdict: Verdict,
    /// Chi-square of the best path, of the whole action and by channel; `None` if no start has
    /// reached the last rung.
    pub chi_square: Option<ChiSquare>,
    /// Estimated noise of the measured channels, at the best path; empty where the noise is known
    /// or no start has reached the last rung.
    pub noise: Vec<NoiseEstimate>,
    /// Distributions of parameters between data sets, at the best path; empty without hierarchies
    /// or where no start has reached the last rung.
    pub hierarchies: Vec<HierarchyEstimate>,
    /// Names of the estimated parameters, those of the noise last.
    pub estimated: Vec<String>,
    /// Error that the time step makes, by the defect of the best path.
    pub(super) step: Option<StepCheck>,
    /// Table that [`Run::summary`] gives.
    summary: String,
}

impl Run {
    /// Puts climbs together, which may come in any order.
    ///
    /// Starts that come after enough successful ones are left out: the number of threads decides if
    /// they were made.
    ///
    /// # Errors
    /// Two climbs from the same starting path. If none of them did a single rung: the failure of
    /// the first, or [`Error::OutOfRange`] if there is none at all.
    pub fn new(annealable: &impl Annealable, mut climbs: Vec<Climb>) -> Result<Run> {
        climbs.sort_by_key(|climb| climb.start);
        if let Some(pair) = climbs
            .windows(2)
            .find(|pair| pair[0].start == pair[1].start)
        {
            return Err(Error::Duplicate {
                path: "climbs".into(),
                value: format!("starting path {}", pair[0].start),
            });
        }
        if let Some(count) = enough(annealable, &climbs) {
            climbs.truncate(count);
        }
        let complete = |climb: &Climb| climb.is_complete(annealable);
        let best = best(&climbs, complete).ok_or_else(|| {
            let failure = climbs.iter().find_map(|climb| climb.failure.clone());
            failure.unwrap_or_else(|| Error::OutOfRange {
                path: "signal".into(),
                value: 0.0,
                expected:
                    "left alone until at least one rung is done: the run was cancelled before"
                        .into(),
            })
        })?;
        let counts = annealable.counts();
        let negligible = negligible(&counts);
        let levels = cluster(&climbs, complete, negligible);
        let drops = drops(&climbs, negligible);
        let Conclusions {
            findings,
            verdict,
            chi_square,
            step,
            noise,
            hierarchies,
        } = diagnose(annealable, &climbs, &levels, &drops, best);
        // Where the model is not yet obeyed, a path follows the noise: nobody expects that level.
        let is_obeyed = |last: &Rung| obeys_model(&counts, last);
        let fitted = chi_square
            .as_ref()
            .filter(|_| climbs[best].rungs.last().is_some_and(is_obeyed));
        let degrees = fitted.map(|c| c.degrees_of_freedom);
        // Actions are in units of the noise of the ladder.
        let ratio = climbs[best]
            .rungs
            .last()
            .map_or(1.0, |last| last.noise_ratio);
        let expected_level = ratio * expected_level(&counts, degrees);
        let summary = summarize(annealable, &climbs, &levels, best, expected_level);
        Ok(Run {
            estimated: annealable.parameter_names(),
            expected_level,
            climbs,
            levels,
            drops,
            best,
            findings,
            verdict,
            chi_square,
            step,
            noise,
            hierarchies,
            summary,
        })
    }

    /// The best climb.
    pub fn best(&self) -> &Climb {
        &self.climbs[self.best]
    }

    /// The last rung of the best climb.
    pub fn best_rung(&self) -> &Rung {
        let rungs = &self.best().rungs;
        &rungs[rungs.len() - 1]
    }

    /// Estimate of a parameter; `None` if it was not estimated.
    pub fn parameter(&self, name: &str) -> Option<f64> {
        let index = self.estimated.iter().position(|n| n == name)?;
        self.best_rung().parameters.get(index).copied()
    }

    /// Difference between the second action level and the lowest; `None` if there is only one.
    pub fn gap(&self) -> Option<f64> {
        match self.levels[..] {
            [ref lowest, ref next, ..] => Some(next.action - lowest.action),
            _ => None,
        }
    }

    /// Summary of the run as a table: levels and parameters.
    pub fn summary(&self) -> &str {
        &self.summary
    }

    /// The findings as prose, with advice.
    pub fn diagnose(&self) -> String {
        prose(&self.findings)
    }
}

/// Position of the climb that got furthest, and of several the one with the lowest action.
fn best(climbs: &[Climb], complete: impl Fn(&Climb) -> bool) -> Option<usize> {
    let ends = climbs.iter().enumerate().filter_map(|(i, climb)| {
        let last = climb.rungs.last()?;
        Some((i, (complete(climb), last.model_precision, last.action)))
    });
    ends.min_by(|(_, (c, m, a)), (_, (d, n, b))| d.cmp(c).then(n.total_cmp(m)).then(a.total_cmp(b)))
        .map(|(i, _)| i)
}
