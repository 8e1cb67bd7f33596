//! A path grown from the beginning of the data: many minimisations over the first points, of which
//! the best are extended, minimised again and thinned out, until they span the data (in the spirit
//! of quasi-static variational assimilation: C. Pires, R. Vautard and O. Talagrand, Tellus A 48,
//! 1996).

use std::ops::Range;

use super::data::write_data;
use super::nudged::{self, NudgedIntegration};
use super::Setting;
use crate::action::{
    Action, ActionObjective, FirstState, Normalization, Observations, Precision, Problem, Scales,
};
use crate::anneal::series::knows_first;
use crate::random::Random;
use crate::solve::{Structured, Workspace};

/// Number of minimisations over the first window.
const FIRST_MINIMISATIONS: usize = 20;
/// Maximum number of them, with distinct levels, that are extended.
const MOST_KEPT: usize = 5;
/// Relative difference up to which levels are one.
const DISTINCT: f64 = 0.01;
/// Action, relative to the best one's, above which a candidate is dropped; a share of the level
/// that noise leaves is added.
const DROPPED_RATIO: f64 = 2.0;
const DROPPED_SHARE: f64 = 0.2;
/// Number of points of the first window; or one of `PARTS` parts of the data if that is more.
const FIRST: usize = 21;
const PARTS: usize = 8;
/// R_f in the window relative to that of the ladder's end; and the same ratio at the beginning of
/// the first minimisations.
const BINDING: f64 = 2.5e-4;
const FREE: f64 = 2.5e-9;
/// Factor by which R_f grows between these two.
const GROWTH: f64 = 4.0;
/// Maximum number of iterations of one minimisation, and its tolerance: minima are only followed
/// here.
const ITERATIONS: usize = 60;
const TOLERANCE: f64 = 1e-2;

/// A candidate path over the window, with its parameters and action.
#[derive(Clone)]
struct Candidate {
    path: Vec<f64>,
    parameters: Vec<f64>,
    action: f64,
}

/// Makes a path grown from the beginning of the data, or a nudged one where that fails.
pub(super) fn draw(setting: &Setting, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let problem = setting.problem;
    let mut path = Vec::with_capacity(problem.path_length());
    let mut parameters = vec![0.0; problem.estimated.len()];
    for set in 0..problem.data().len() {
        let Some(grown) = grow(setting, set, random) else {
            return nudged::draw(setting, nudged::NUDGED, random);
        };
        path.extend(grown.path);
        // Every data set speaks for parameters of its own; the ladder reconciles them.
        let share = 1.0 / problem.data().len() as f64;
        for (sum, value) in parameters.iter_mut().zip(&grown.parameters) {
            *sum += share * value;
        }
    }
    (path, parameters)
}

/// Grows the best path over one data set; `None` where no minimisation came to an end.
fn grow(setting: &Setting, set: usize, random: &mut Random) -> Option<Candidate> {
    let problem = setting.problem;
    let (data, segment) = (&problem.state_data()[set], problem.grid.segments[set]);
    let dimension = problem.model.dimension();
    // An even number of steps, as some discretisations need.
    let even = |points: usize| (points - 1).next_multiple_of(2) + 1;
    let part = even((data.points - 1) / PARTS + 1);
    let mut points = part.max(FIRST).min(data.points);
    let mut window = GrownWindow::new(setting, set, points)?;
    let forward = setting.knows_first_states();
    let mut candidates: Vec<Candidate> = (0..FIRST_MINIMISATIONS)
        .filter_map(|_| {
            let ranges = setting.climatology.ranges.iter().cycle();
            let mut path: Vec<f64> = ranges
                .take(points * dimension)
                .map(|&range| random.uniform(range))
                .collect();
            write_data(&mut path, &window.data, dimension);
            let parameters = setting.draw_parameters(random);
            if knows_first(setting.problem, setting.options) {
                let state = &mut path[..dimension];
                setting.draw_first_state(set, &parameters, random, state);
            }
            if forward {
                let along = NudgedIntegration {
                    setting,
                    set: data,
                    segment,
                    gain: 0.0,
                };
                path = along.integrate(&parameters, path[..dimension].to_vec(), 0..points);
            }
            let mut candidate = Candidate {
                path,
                parameters,
                action: f64::INFINITY,
            };
            let mut model_precision = FREE * setting.last;
            while model_precision < BINDING * setting.last {
                window.minimize(&mut candidate, model_precision)?;
                model_precision *= GROWTH;
            }
            window.minimize(&mut candidate, BINDING * setting.last)?;
            Some(candidate)
        })
        .collect();
    keep_best(&mut candidates, window.level);
    while points < data.points {
        let from = points - 1;
        points = (points + part - 1).min(data.points);
        window = GrownWindow::new(setting, set, points)?;
        let along = NudgedIntegration {
            setting,
            set: data,
            segment,
            gain: nudged::NUDGED,
        };
        candidates.retain_mut(|candidate| {
            let last = candidate.path.split_off(from * dimension);
            let further = along.integrate(&candidate.parameters, last, from..points);
            candidate.path.extend(further);
            window.minimize(candidate, BINDING * setting.last).is_some()
        });
        keep_best(&mut candidates, window.level);
    }
    candidates.into_iter().next()
}

/// Keeps the best of the candidates, lowest first.
fn keep_best(candidates: &mut Vec<Candidate>, level: f64) {
    candidates.sort_by(|a, b| a.action.total_cmp(&b.action));
    candidates.dedup_by(|a, b| a.action <= b.action * (1.0 + DISTINCT));
    candidates.truncate(MOST_KEPT);
    if let Some(best) = candidates.first().map(|candidate| candidate.action) {
        candidates.retain(|c| c.action <= DROPPED_RATIO * best + DROPPED_SHARE * level);
    }
}

/// The first points of a data set as a problem of their own.
struct GrownWindow {
    /// Data as values of the states.
    data: Observations,
    action: Action,
    workspace: Workspace,
    scales: Scales,
    /// Action level that noise leaves.
    level: f64,
}

impl GrownWindow {
    fn new(setting: &Setting, set: usize, points: usize) -> Option<Self> {
        let problem = setting.problem;
        let whole = &problem.data()[set];
        let first = problem.grid.segments[set].first;
        let varying = problem.varying.len();
        let (dimension, components) = (problem.model.dimension(), whole.observed.iter());
        // Observables come after the states that the model has of itself.
        let own = |&c: &usize| if c >= dimension { c - varying } else { c };
        let data = Observations {
            observed: components.map(own).collect(),
            ..whole.part(0..points)
        };
        let mut options = setting.options.action();
        if let FirstState::PerSet(_) = options.first_state {
            let own = options.first_state.of_set(set).cloned();
            options.first_state = FirstState::All(own.unwrap_or_default());
        }
        let cut = |precision: &Precision, along: Range<usize>| match precision {
            Precision::PerTime { per_time } => Precision::PerTime {
                per_time: per_time[along].to_vec(),
            },
            Precision::PerDatum { per_datum } => Precision::PerDatum {
                per_datum: per_datum[along].to_vec(),
            },
            other => other.clone(),
        };
        options.measurement_precision = cut(&options.measurement_precision, first..first + points);
        let weights = setting.weights.unwrap_or(&options.model_weights);
        options.model_weights = cut(weights, first..first + points);
        // A component that is first measured later makes no problem of its own yet: then the window
        // is the whole.
        let problem = Problem::new(setting.model.clone(), data, &options).ok()?;
        let mut action = Action::new(&problem);
        let scales = Scales::none(problem.model.dimension(), problem.estimated.len());
        let never = || false;
        let objective = ActionObjective::new(&mut action, 1.0, &scales, &never);
        let workspace = Workspace::new(&objective).ok()?;
        Some(GrownWindow {
            level: match problem.normalization {
                Normalization::Mean => 1.0,
                Normalization::Posterior => 0.5 * problem.measured() as f64,
            },
            data: problem.state_data()[0].clone(),
            action,
            workspace,
            scales,
        })
    }

    /// Minimises from a candidate at one R_f; `None` where the mathematics failed.
    fn minimize(&mut self, candidate: &mut Candidate, model_precision: f64) -> Option<()> {
        let split = candidate.path.len();
        let mut unknowns = std::mem::take(&mut candidate.path);
        unknowns.extend_from_slice(&candidate.parameters);
        let never = || false;
        let mut objective =
            ActionObjective::new(&mut self.action, model_precision, &self.scales, &never);
        let minimizer = Structured {
            max_iterations: ITERATIONS,
            tolerance: TOLERANCE,
            ..Structured::default()
        };
        let minimum = minimizer.minimize_in(&mut self.workspace, &mut objective, &mut unknowns);
        candidate.parameters.copy_from_slice(&unknowns[split..]);
        unknowns.truncate(split);
        candidate.path = unknowns;
        candidate.action = minimum.ok()?.value;
        Some(())
    }
}
