//! Variational annealing: many starting paths, each minimising the action at a small R_f and
//! following the minimum as R_f grows (J. C. Quinn 2010; J. Ye et al., Phys. Rev. E 92, 052901,
//! 2015).

mod automatic;
mod climb;
mod diagnose;
mod follow;
mod ladder;
mod landscape;
mod levels;
mod misfit;
mod networks;
pub(crate) mod number;
mod objective;
mod options;
#[cfg(feature = "rayon")]
mod parallel;
mod paths;
mod run;
mod starting_paths;
mod summary;

use std::ops::ControlFlow;
use std::sync::Arc;

pub use climb::{ActiveBound, Climb, Climber, Rung, Stopped};
pub use diagnose::{Finding, FindingCode, Severity, Verdict};
pub use ladder::Ladder;
pub use landscape::{Attempts, Counts, Landscape, Slope, Words};
pub(crate) use levels::grouped;
pub use levels::{Drop, Level, DROP_TOLERANCE, LEVEL_TOLERANCE};
pub use networks::{NetworkAnnealOptions, NetworkSlope, NetworkStart, NetworkStarts, Networks};
pub(crate) use objective::{ActionObjective, Scales};
pub use options::{AnnealOptions, Estimate};
pub use paths::{PathSlope, Paths};
pub use run::Run;
pub use starting_paths::{ObservedStart, Range, Start, StartingPaths};

use crate::action::{DataSets, Problem};
use crate::error::{check, Result};
use crate::model::Model;
use ladder::Steps;

/// A rung has been done: told to whoever watches a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Number of the starting path.
    pub start: usize,
    pub rung: Rung,
}

/// A problem and options, checked, ready to be climbed from any starting path.
#[derive(Clone)]
pub struct Annealer<L: Landscape = Paths> {
    landscape: L,
    /// The action above which starts are stopped.
    limit: Option<f64>,
}

/// Starts are stopped where their action is this many times what noise may explain: a path may yet
/// fall to a lower minimum.
const MARGIN: f64 = 1.5;

impl Annealer {
    /// # Errors
    /// Whatever is wrong with the model, data or options, by field.
    pub fn new(
        model: Arc<dyn Model>,
        data: impl Into<DataSets>,
        options: AnnealOptions,
    ) -> Result<Self> {
        Ok(Annealer::on(Paths::new(model, data, options)?))
    }

    pub fn problem(&self) -> &Problem {
        self.landscape.problem()
    }

    pub fn options(&self) -> &AnnealOptions {
        &self.landscape.options
    }
}

impl<L: Landscape> Annealer<L> {
    /// Anneals any action.
    pub fn on(landscape: L) -> Self {
        let limit = match landscape.attempts().prune {
            true => misfit::highest_level(&landscape.counts()).map(|level| MARGIN * level),
            false => None,
        };
        Annealer { landscape, limit }
    }

    /// What is annealed.
    pub fn landscape(&self) -> &L {
        &self.landscape
    }

    /// Begins the climb from starting path number `start`.
    ///
    /// # Errors
    /// A number that is not below `startingPaths.count`.
    pub fn climber(&self, start: usize) -> Result<Climber<L>> {
        check::require(
            start < self.landscape.attempts().count,
            "start",
            start as f64,
            "less than startingPaths.count",
        )?;
        Ok(Climber::new(self, start))
    }

    /// Goes on with a climb that was interrupted; the result has the same bits as one that was not.
    /// A climb that was stopped because it was beaten goes on to the end.
    ///
    /// # Errors
    /// A climb that cannot have come from this problem and these options.
    pub fn resume(&self, climb: Climb) -> Result<Climber<L>> {
        climb.validate(self)?;
        let mut climber = Climber::resume(self, climb);
        climber.check_level()?;
        Ok(climber)
    }

    /// Whether enough starts have reached a consistent level, and no more are needed. Starts count
    /// in their order, up to the first that is not over.
    pub fn is_enough(&self, climbs: &[Climb]) -> bool {
        self.enough(climbs).is_some()
    }

    /// Climbs that were stopped but must go on, since no start got through: their starting paths,
    /// the most promising first. Empty as long as starts are not over, and if enough of them have
    /// succeeded.
    pub fn reprieved(&self, climbs: &[Climb]) -> Vec<usize> {
        let over = climbs.iter().filter(|climb| climb.is_over(self)).count();
        if over < self.landscape.attempts().count || self.is_enough(climbs) {
            return Vec::new();
        }
        let stopped = climbs.iter().filter_map(|climb| {
            let stopped = climb.stopped?;
            Some((
                climb.rungs.last()?.model_precision,
                stopped.action,
                climb.start,
            ))
        });
        let mut stopped: Vec<(f64, f64, usize)> = stopped.collect();
        stopped.sort_by(|a, b| {
            b.0.total_cmp(&a.0)
                .then(a.1.total_cmp(&b.1))
                .then(a.2.cmp(&b.2))
        });
        stopped.into_iter().map(|(_, _, start)| start).collect()
    }

    /// Starting paths of the climbs that there is nothing to go on with: done, failed, or stopped.
    pub fn over(&self, climbs: &[Climb]) -> Vec<usize> {
        let over = climbs.iter().filter(|climb| climb.is_over(self));
        over.map(|climb| climb.start).collect()
    }

    /// How many starts are enough, of climbs in any order: all from 0 to that number are over, and
    /// among them are as many successes as were asked for.
    pub fn enough(&self, climbs: &[Climb]) -> Option<usize> {
        let mut order: Vec<&Climb> = climbs.iter().collect();
        order.sort_by_key(|climb| climb.start);
        let (attempts, counts) = (self.landscape.attempts(), self.landscape.counts());
        let mut found = 0;
        for (expected, climb) in order.into_iter().enumerate() {
            if climb.start != expected || !climb.is_over(self) {
                return None;
            }
            let last = climb.rungs.last().filter(|_| climb.is_complete(self));
            found += usize::from(last.is_some_and(|last| misfit::is_consistent(&counts, last)));
            if found >= attempts.enough {
                return Some(expected + 1);
            }
        }
        None
    }

    /// The ladder of a climb whose first R_f is `first` where the options do not say it.
    fn steps(&self, first: f64) -> Steps {
        let landscape = &self.landscape;
        Steps::new(landscape.ladder(), first, landscape.last_model_precision())
    }

    /// Climbs from the starting paths, one after the other, until enough have succeeded. `watch` is
    /// told of every rung, and may break the run off: what was done is kept.
    ///
    /// # Errors
    /// If the mathematics failed for every starting path before its first rung was done.
    pub fn run(&self, mut watch: impl FnMut(Progress) -> ControlFlow<()>) -> Result<Run> {
        let mut climbs = Vec::new();
        for start in 0..self.landscape.attempts().count {
            let (climb, flow) = climb_all(self.climber(start)?, &mut watch);
            climbs.push(climb);
            if flow.is_break() {
                return Run::new(self, climbs);
            }
            if self.is_enough(&climbs) {
                break;
            }
        }
        for start in self.reprieved(&climbs) {
            let (climb, flow) = climb_all(self.resume(climbs[start].clone())?, &mut watch);
            climbs[start] = climb;
            if flow.is_break() || self.is_enough(&climbs) {
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
        parallel::run(self, &watch)
    }
}

fn climb_all<L: Landscape>(
    mut climber: Climber<L>,
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
