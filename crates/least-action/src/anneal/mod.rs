//! Variational annealing: many starting paths, each minimising the action at a small R_f and following the minimum as R_f
//! grows (J. C. Quinn 2010; J. Ye et al., Phys. Rev. E 92, 052901, 2015).

mod climb;
mod diagnose;
mod levels;
mod misfit;
mod number;
mod objective;
mod options;
mod run;
mod starting_paths;
mod summary;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use climb::{Climb, Climber, Rung};
pub use diagnose::{Finding, FindingCode, Severity, Verdict};
pub use levels::{Drop, Level, DROP_TOLERANCE, LEVEL_TOLERANCE};
pub use options::{AnnealOptions, Estimate, Ladder, ObservedStart, StartingPaths};
pub use run::Run;

use crate::action::{DataSets, Problem};
use crate::error::{check, Result};
use crate::model::Model;

/// Numbers that a climb may keep in memory: three of WebAssembly's four gigabytes, or more than a machine has.
const MOST_MEMORY: f64 = if cfg!(target_pointer_width = "32") {
    402_653_184.0
} else {
    1e12
};

/// A rung has been done: told to whoever watches a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Number of the starting path.
    pub start: usize,
    pub rung: Rung,
}

/// A problem and options, checked, ready to be climbed from any starting path.
#[derive(Clone)]
pub struct Annealer {
    problem: Problem,
    options: AnnealOptions,
}

impl Annealer {
    /// # Errors
    /// Whatever is wrong with the model, data or options, by field.
    pub fn new(
        model: Arc<dyn Model>,
        data: impl Into<DataSets>,
        options: AnnealOptions,
    ) -> Result<Self> {
        options.validate()?;
        let problem = Problem::new(model, data, &options.action())?;
        let paths = problem.discretization.paths_in_memory() + options.minimizer.paths_in_memory();
        check::require(
            problem.path_length() as f64 * (paths as f64) <= MOST_MEMORY,
            "data.points",
            problem.points() as f64,
            "so few that the minimisation fits in memory; a smaller minimizer.memory helps",
        )?;
        Ok(Annealer { problem, options })
    }

    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    pub fn options(&self) -> &AnnealOptions {
        &self.options
    }

    /// Begins the climb from starting path number `start`.
    ///
    /// # Errors
    /// A number that is not below `startingPaths.count`.
    pub fn climber(&self, start: usize) -> Result<Climber> {
        check::require(
            start < self.options.starting_paths.count,
            "start",
            start as f64,
            "less than startingPaths.count",
        )?;
        Ok(Climber::new(&self.problem, &self.options, start))
    }

    /// Goes on with a climb that was interrupted; the result has the same bits as one that was not.
    ///
    /// # Errors
    /// A climb that cannot have come from this problem and these options.
    pub fn resume(&self, climb: Climb) -> Result<Climber> {
        climb.validate(&self.problem, &self.options)?;
        let mut climber = Climber::resume(&self.problem, &self.options, climb);
        climber.check_level()?;
        Ok(climber)
    }

    /// Climbs from all starting paths, one after the other. `watch` is told of every rung, and may break the run off: what was done is kept.
    ///
    /// # Errors
    /// If the mathematics failed for every starting path before its first rung was done.
    pub fn run(&self, mut watch: impl FnMut(Progress) -> ControlFlow<()>) -> Result<Run> {
        let mut climbs = Vec::new();
        for start in 0..self.options.starting_paths.count {
            let (climb, flow) = climb_all(self.climber(start)?, &mut watch);
            climbs.push(climb);
            if flow.is_break() {
                break;
            }
        }
        Run::new(self, climbs)
    }

    /// The same on all of rayon's threads; the result has the same bits.
    ///
    /// # Errors
    /// As [`Annealer::run`].
    #[cfg(feature = "rayon")]
    pub fn run_parallel(&self, watch: impl Fn(Progress) -> ControlFlow<()> + Sync) -> Result<Run> {
        use rayon::prelude::*;
        use std::sync::atomic::{AtomicBool, Ordering};

        let stopped = AtomicBool::new(false);
        let climbs: Result<Vec<Option<Climb>>> = (0..self.options.starting_paths.count)
            .into_par_iter()
            .map(|start| {
                let watch = |progress| {
                    if watch(progress).is_break() {
                        stopped.store(true, Ordering::Relaxed);
                    }
                    match stopped.load(Ordering::Relaxed) {
                        true => ControlFlow::Break(()),
                        false => ControlFlow::Continue(()),
                    }
                };
                if stopped.load(Ordering::Relaxed) {
                    return Ok(None);
                }
                Ok(Some(climb_all(self.climber(start)?, watch).0))
            })
            .collect();
        Run::new(self, climbs?.into_iter().flatten().collect())
    }
}

fn climb_all(
    mut climber: Climber,
    mut watch: impl FnMut(Progress) -> ControlFlow<()>,
) -> (Climb, ControlFlow<()>) {
    let start = climber.climb().start;
    while let Some(rung) = climber.next_rung() {
        let rung = rung.clone();
        if watch(Progress { start, rung }).is_break() {
            return (climber.into_climb(), ControlFlow::Break(()));
        }
    }
    (climber.into_climb(), ControlFlow::Continue(()))
}
