//! Refinement of the time grid: a run's time step is checked, and where it matters the same data
//! are annealed on a finer grid, from the paths that were found on the coarser one.

mod check;
mod defect;
mod halved;
mod options;

pub(super) use defect::check_by_defect;

pub use check::{ParameterError, StepCheck};
pub use options::Refinement;

use halved::check_by_halving;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::annealer::{AnnealProgress, Annealer};
use super::climb::Climb;
use super::findings::{Finding, FindingCode};
use super::ladder::Ladder;
use super::misfit::DEVIATIONS;
use super::options::AnnealOptions;
use super::paths::Paths;
use super::run::Run;
use super::starting_paths::StartingStrategy;
use super::verdict::Verdict;
use crate::action::{model_precision_factor, Precision, Problem};
use crate::error::Result;
use crate::report::{figure, shortest, Severity};

/// Path and parameters from which a climb on a finer grid begins.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenStart {
    /// Path on the finer grid, points x dimension, row-major.
    pub path: Vec<f64>,
    /// Values of the estimated parameters, in the model's order.
    pub parameters: Vec<f64>,
}

/// Grid that is finer than that of the data, with all that annealing on it goes on from.
#[derive(Debug, Clone, PartialEq)]
pub struct FinerGrid {
    /// Number of steps that one step of the data is divided into, a power of two.
    pub parts: usize,
    /// R_f at the end of the ladder on the grid of the data. On the finer one it is larger, so that
    /// the model's errors have the same variance per unit of time.
    pub model_precision: f64,
    /// Weights of the states, where those of the options are automatic; `None` if they are equal or
    /// given by the options.
    pub model_weights: Option<Precision>,
    /// Paths from which climbs begin; empty for a search from starting paths of the options'
    /// strategy.
    pub starts: Vec<GivenStart>,
}

/// Run with the annealer whose grid it is on, and the checks that led to that grid.
#[derive(Clone)]
pub struct RefinedRun {
    /// Annealer of the grid that the run is on: uncertainties and predictions are to be asked for
    /// with this one.
    pub annealer: Annealer,
    /// The run.
    pub run: Run,
    /// Checks of the time step, from the grid of the data to that of the run.
    pub checks: Vec<StepCheck>,
}

/// Default of [`Refinement::most`] where the grid may be refined.
const MOST_PARTS: usize = 1024;
/// Largest factor between two grids: the estimate is one for small steps, and each grid has its own
/// check.
const MOST_AT_ONCE: usize = 8;
/// Share of an error that matters that is aimed at: a grid slightly finer than needed is cheaper
/// than one more.
const AIM: f64 = 0.5;
/// Maximum length of a path on a refined grid.
const MOST_VALUES: usize = 5_000_000;
/// Maximum number of levels whose paths are taken over to a finer grid, and the largest ratio of
/// their actions.
const LEVELS: usize = 3;
const LEVEL_RATIO: f64 = 2.0;
/// Error from which on a coarse grid may have hidden the right level, so that it is looked for
/// again.
const HIDES: f64 = 4.0;
/// Least share by which a finer grid must lower the misfit of an inconsistent path for a still
/// finer one to be tried.
const COMES_DOWN: f64 = 0.1;
/// Error from which on a grid that stays too coarse makes a run inconsistent.
const WRONG: f64 = 1.0;

impl Annealer {
    /// Estimates the error of a run's best path that its time step makes; `None` for maps, for runs
    /// that no climb has ended, where the check is turned off, and where the matrix of the action
    /// is singular.
    pub fn check_step(&self, run: &Run, before: &[StepCheck]) -> Option<StepCheck> {
        let paths = self.annealable();
        if !self.options().refinement.check || run.levels.is_empty() {
            return None;
        }
        let chi_square = run.chi_square.as_ref()?.value;
        let rough = run.step.clone().filter(StepCheck::is_clear);
        let exact = || check_by_halving(paths, run.best(), chi_square);
        let mut found = rough.or_else(exact)?;
        found.searched = paths.is_search() && before.iter().any(|c| c.parts == found.parts);
        Some(found)
    }

    /// Finer grid on which a run is to be done again, after the check of its own grid as the last
    /// of `checks`; `None` where the run's grid is fine enough, or may not be refined further.
    pub fn finer_grid(&self, run: &Run, checks: &[StepCheck]) -> Option<FinerGrid> {
        let paths = self.annealable();
        let now = checks.last()?;
        let at = paths.problem().parts();
        let grid = |parts: usize, starts: Vec<GivenStart>| FinerGrid {
            parts,
            model_precision: run.best_rung().model_precision
                / model_precision_factor(paths.problem().normalization, at),
            model_weights: paths.weights(),
            starts,
        };
        let may_mend = !is_too_large(run) || has_come_down(checks);
        if now.matters() && may_mend {
            if let Some(parts) = self.next_parts(now) {
                return Some(grid(parts, starts(paths, run, parts / at)));
            }
        }
        // The path that was followed from the coarse grid is not the right one. If that grid was so
        // coarse that the right one could not be seen, it is looked for here.
        let is_hidden = checks
            .iter()
            .any(|check| check.error.is_nan() || check.error >= HIDES);
        let searched = checks.iter().any(|check| check.searched);
        let is_wrong = run.verdict == Verdict::Inconsistent;
        (at > 1 && is_wrong && is_hidden && !searched).then(|| grid(at, Vec::new()))
    }

    /// Number of parts of the next grid; `None` if there may be no finer one.
    fn next_parts(&self, now: &StepCheck) -> Option<usize> {
        let paths = self.annealable();
        let order = paths.problem().discretization.order();
        let options = self.options();
        let most = options.refinement.most.unwrap_or(
            match options.model_precision.is_stated() && now.parts == 1 {
                true => 1,
                false => MOST_PARTS,
            },
        );
        let needed = now.needed(order, AIM);
        let mut factor = 2;
        while factor < MOST_AT_ONCE && (needed.is_nan() || (factor as f64) < needed) {
            factor *= 2;
        }
        let length = paths.problem().path_length();
        while factor > 1 && (now.parts * factor > most || length * factor > MOST_VALUES) {
            factor /= 2;
        }
        (factor > 1).then_some(now.parts * factor)
    }

    /// Annealer of the same data on a finer grid.
    ///
    /// # Errors
    /// A grid that does not fit in memory, and paths of the wrong length.
    pub fn on_grid(&self, grid: FinerGrid) -> Result<Annealer> {
        Ok(Annealer::on(self.annealable().base().on_grid(grid)?))
    }

    /// Climbs like [`Annealer::run`], checks the time step, and goes on with finer grids until the
    /// step no longer matters. A run that `watch` breaks off is not checked.
    ///
    /// # Errors
    /// Those of [`Annealer::run`].
    pub fn run_refined(
        &self,
        mut watch: impl FnMut(AnnealProgress) -> ControlFlow<()>,
    ) -> Result<RefinedRun> {
        let mut broken = false;
        let mut watched = |progress| {
            let flow = watch(progress);
            broken |= flow.is_break();
            flow
        };
        let first = self.run(&mut watched)?;
        let (mut annealer, mut run) = (self.clone(), first.clone());
        let mut checks = Vec::new();
        while let Some(check) = annealer.check_step(&run, &checks) {
            checks.push(check);
            let Some(grid) = annealer.finer_grid(&run, &checks) else {
                break;
            };
            let finer = self.on_grid(grid)?;
            let next = finer.run(&mut watched);
            // Paths that were not climbed to their end are no answer.
            let Some(next) = next.ok().filter(|next| !next.levels.is_empty()) else {
                break;
            };
            // A search that finds nothing lower than the path that was followed ends with that.
            let is_search = finer.problem().parts() == annealer.problem().parts();
            if is_search && next.levels[0].action >= run.levels[0].action {
                break;
            }
            (annealer, run) = (finer, next);
        }
        if broken {
            // What goes on later goes on from the grid of the data, to the same bits.
            (annealer, run, checks) = (self.clone(), first, Vec::new());
        }
        annealer.judge_step(&mut run, &checks);
        Ok(RefinedRun {
            annealer,
            run,
            checks,
        })
    }

    /// Adds findings about the time step to a run, from the checks of its grid and the coarser ones
    /// before. A run whose grid stays far too coarse is not consistent.
    pub fn judge_step(&self, run: &mut Run, checks: &[StepCheck]) {
        let (Some(first), Some(now)) = (checks.first(), checks.last()) else {
            return;
        };
        let at = self.annealable().problem().parts();
        if at > 1 {
            let message = refined(first, now, at);
            run.findings.push(Finding::new(
                FindingCode::GridRefined,
                Severity::Good,
                message,
            ));
        }
        if !now.matters() || now.parts != at {
            return;
        }
        let wrong = now.error.is_nan() || now.error >= WRONG;
        let severity = match wrong {
            true => Severity::Problem,
            false => Severity::Warning,
        };
        let is_in_vain = is_too_large(run) && !has_come_down(checks);
        let message = too_coarse(self, now, is_in_vain);
        run.findings
            .push(Finding::new(FindingCode::StepTooCoarse, severity, message));
        if wrong && run.verdict == Verdict::Consistent {
            run.verdict = Verdict::Inconsistent;
        }
    }
}

/// True if the misfit of a run is larger than noise explains.
fn is_too_large(run: &Run) -> bool {
    let chi_square = run.chi_square.as_ref();
    run.verdict == Verdict::Inconsistent && chi_square.is_some_and(|c| c.deviations > DEVIATIONS)
}

/// True if the path that was checked last is nearer to the data than those of all coarser grids, or
/// there are none: a misfit that does not fall with the step has another reason, and a finer grid
/// is of no use.
fn has_come_down(checks: &[StepCheck]) -> bool {
    let Some((now, before)) = checks.split_last() else {
        return true;
    };
    let lowest = before.iter().map(|check| check.chi_square);
    now.chi_square <= (1.0 - COMES_DOWN) * lowest.fold(f64::INFINITY, f64::min)
}

/// Paths of a run's lowest levels, on a grid with `factor` times as many steps.
fn starts(paths: &Paths, run: &Run, factor: usize) -> Vec<GivenStart> {
    let lowest = run.levels.first().map_or(0.0, |level| level.action);
    let near = run.levels.iter().take(LEVELS);
    let near = near.filter(|level| level.action <= LEVEL_RATIO * lowest);
    let climbs = near.filter_map(|level| {
        let start = *level.starts.first()?;
        run.climbs.iter().find(|climb| climb.start == start)
    });
    let start = |climb: &Climb| GivenStart {
        path: paths
            .problem()
            .interpolate(&climb.path, &climb.parameters, factor),
        parameters: climb.parameters.clone(),
    };
    climbs.map(start).collect()
}

/// Message about a grid that was refined.
fn refined(first: &StepCheck, now: &StepCheck, at: usize) -> String {
    let pairs = first.parameters.iter().zip(&now.parameters);
    let changes = pairs.map(|(before, after)| {
        let deviations = (after.value - before.value) / after.deviation;
        (before, after, deviations)
    });
    let most = changes.max_by(|a, b| a.2.abs().total_cmp(&b.2.abs()));
    let moved = match most {
        Some((before, after, deviations)) => format!(
            "{} changed from {} to {}, by {:.1} standard deviations",
            before.name,
            figure(before.value),
            figure(after.value),
            deviations.abs()
        ),
        None => format!(
            "{} was off by about {} standard deviations",
            first.of,
            figure(first.error)
        ),
    };
    let left = match now.parts == at {
        true => format!(
            "The step that is left makes an error of {} standard deviations ({}).",
            figure(now.error),
            now.of
        ),
        false => "What error the step that is left makes could not be computed, as the data leave \
                  a direction open."
            .into(),
    };
    format!(
        "The data's time step, {}, does not resolve the model: the grid was refined to {}, {at} \
         steps for each of the data's; {moved}. {left}",
        shortest(first.time_step),
        shortest(first.time_step / at as f64),
    )
}

/// Message about a grid that stays too coarse.
fn too_coarse(annealer: &Annealer, now: &StepCheck, is_in_vain: bool) -> String {
    let options = annealer.options();
    let order = annealer.problem().discretization.order();
    let needed = now.time_step / now.needed(order, 1.0).max(1.0);
    let stated = options.model_precision.is_stated() && now.parts == 1;
    if is_in_vain {
        return format!(
            "The time step {} makes an error of about {} standard deviations ({}), but a finer \
            grid has not brought the path nearer to the data. The misfit has another reason, which \
            is to be mended first.",
            shortest(now.time_step),
            figure(now.error),
            now.of,
        );
    }
    let advice = match (options.refinement.most, stated) {
        (None, true) => {
            "The grid stays that of the data because modelPrecision says an R_f for it; \
             refinement: { most: 64 } has it refined as far as that"
                .to_string()
        }
        (Some(most), _) if now.parts * 2 > most => {
            format!("refinement.most, {most}, allows no finer grid")
        }
        _ => "The grid of this run was not refined further".to_string(),
    };
    let better = match order < 4 {
        true => ", or a discretization of fourth order, which needs far fewer",
        false => "",
    };
    format!(
        "The time step {} is too coarse for the model: it makes an error of about {} standard \
         deviations ({}). {advice}. A step of {} would do{better}.",
        shortest(now.time_step),
        figure(now.error),
        now.of,
        figure(needed)
    )
}

impl Paths {
    /// Options of these data on a grid with `parts` times as many steps, with the ladder's end
    /// `last` there.
    fn options_on(&self, parts: usize, last: f64, weights: Option<&Precision>) -> AnnealOptions {
        let given = &self.options;
        let points: Vec<usize> = self.data().iter().map(|set| set.points).collect();
        let factor = model_precision_factor(given.normalization, parts);
        let mut options = given.clone();
        options.measurement_precision = given.measurement_precision.refined(parts, &points);
        options.model_precision = Ladder {
            initial: given.model_precision.initial.map(|first| first * factor),
            last: Some(last),
            ..Ladder::default()
        };
        options.model_weights = match &given.model_weights {
            Some(given) => Some(given.refined(parts, &points)),
            None => Some(weights.cloned().unwrap_or_default()),
        };
        for estimate in options.estimate.values_mut() {
            estimate.smoothness = estimate.smoothness.map(|precision| precision * factor);
        }
        options
    }

    /// Paths of the same data on a finer grid.
    pub(super) fn on_grid(&self, grid: FinerGrid) -> Result<Paths> {
        let FinerGrid {
            parts,
            model_precision,
            model_weights,
            starts,
        } = grid;
        let last = model_precision * model_precision_factor(self.options.normalization, parts);
        let mut options = self.options_on(parts, last, model_weights.as_ref());
        if !starts.is_empty() {
            options.model_precision.initial = None;
            let paths = &mut options.starting_paths;
            (paths.count, paths.enough, paths.prune) = (starts.len(), Some(starts.len()), false);
            // Their residuals say how near they are to the model.
            paths.start = StartingStrategy::Automatic;
        }
        self.refined(parts, options, model_weights, starts)
    }

    /// Problem of the same data on a grid of `parts` steps for each of theirs, where `last` is the
    /// last R_f of this one; `None` if it does not fit.
    pub(super) fn on_finer_grid(&self, parts: usize, last: f64) -> Option<Problem> {
        let here = self.problem();
        if here.path_length() > MOST_VALUES {
            return None;
        }
        let factor = parts / here.parts();
        let last = last * model_precision_factor(here.normalization, factor);
        let mut options = self.base().options_on(parts, last, self.weights().as_ref());
        options.noise = self.noise().map(|noise| noise.options.clone());
        let data: Vec<_> = self
            .base()
            .data()
            .iter()
            .map(|set| set.refined(parts))
            .collect();
        let mut problem = Problem::new(self.model().clone(), data, &options.action()).ok()?;
        problem.set_parts(parts);
        Some(problem)
    }
}

/// Grid that was refined: what it came from.
#[derive(Clone)]
pub(super) struct Origin {
    /// Paths on the grid of the data.
    pub base: Arc<Paths>,
    /// Automatic weights of the states.
    pub weights: Option<Precision>,
    /// Paths from which climbs begin; empty for a search.
    pub starts: Vec<GivenStart>,
}
