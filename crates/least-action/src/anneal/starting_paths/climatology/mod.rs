//! Climatology of a model: the ranges and the variability of its states. It is found by integrating
//! the model forward, so that no user has to give it.

mod from_observables;
mod from_rates;
mod silent;
mod trajectories;

use super::{Range, StartingStrategy};
use crate::action::Problem;
use crate::anneal::series::{knows_first, range_of_state};
use crate::anneal::AnnealOptions;
use crate::model::Coordinate;
use crate::random::Random;
use silent::values_of_silent_states;
use trajectories::trajectories;

/// Climatology: knowledge of the states before any path is found.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::anneal) struct Climatology {
    /// Interval of each state: as given, else bounds, else the range of the data or of a forward
    /// integration.
    pub ranges: Vec<[f64; 2]>,
    /// Standard deviation of each state; greater than zero.
    pub deviations: Vec<f64>,
    /// Typical states, rows x dimension, of a forward integration; empty if it failed.
    pub samples: Vec<f64>,
}

/// Spread of measured values in deviations of the noise from which on it is no noise: the state
/// then does not rest, however far from zero it is.
const NOISE: f64 = 10.0;
/// Largest standard deviation of a logarithm that its errors are compared with.
const LARGEST_DEVIATION: f64 = 1.0;

impl Climatology {
    pub fn new(problem: &Problem, options: &AnnealOptions) -> Self {
        let mut told = vec![Vec::new(); problem.model.dimension()];
        let mut found = Vec::new();
        if is_needed(options) {
            found = trajectories(problem, options, &told);
            told = values_of_silent_states(problem, options, &found);
            if told.iter().any(|values| !values.is_empty()) {
                found = trajectories(problem, options, &told);
            }
        }
        let trajectories = found;
        let (ranges, deviations) = (0..problem.model.dimension())
            .map(|a| extent(problem, options, &trajectories, &told[a], a))
            .unzip();
        Climatology {
            ranges,
            deviations,
            samples: trajectories.concat(),
        }
    }

    /// Middle of the range of state `a`.
    pub fn middle(&self, a: usize) -> f64 {
        let [low, high] = self.ranges[a];
        0.5 * (low + high)
    }

    /// Draws a state: a typical one of the model, or, where the user has given a range, one in that
    /// range.
    pub fn draw(&self, given: bool, random: &mut Random, state: &mut [f64]) {
        let dimension = state.len();
        let rows = self.samples.len() / dimension;
        if given || rows == 0 {
            for (x, &range) in state.iter_mut().zip(&self.ranges) {
                *x = random.uniform(range);
            }
            return;
        }
        let row = (random.uniform([0.0, rows as f64]) as usize).min(rows - 1);
        state.copy_from_slice(&self.samples[row * dimension..(row + 1) * dimension]);
    }
}

/// Range and standard deviation of state `a`.
fn extent(
    problem: &Problem,
    options: &AnnealOptions,
    trajectories: &[Vec<f64>],
    told: &[f64],
    a: usize,
) -> ([f64; 2], f64) {
    let dimension = problem.model.dimension();
    let known = known_values(problem, options, a);
    let column = |samples: &[f64]| -> Vec<f64> {
        let values = samples[a.min(samples.len())..].iter();
        values.step_by(dimension).copied().collect()
    };
    let mut values: Vec<f64> = measured(problem, a).collect();
    let is_measured = !values.is_empty();
    if is_measured {
        values.extend(&known);
    } else {
        values.extend(trajectories.iter().flat_map(|samples| column(samples)));
        values.extend(told);
    }
    if values.is_empty() {
        values.extend(&known);
    }
    if values.is_empty() {
        values.push(problem.model.initial_state()[a]);
    }
    let coordinate = problem.state_coordinate(a);
    if coordinate != Coordinate::Linear {
        // A size that is not known is infinitely small as a logarithm.
        values.retain(|value| value.is_finite());
        if values.is_empty() {
            values.push(0.0);
        }
    }
    let (low, high, mut deviation) = spread(&values);
    if !is_measured && !known.is_empty() {
        // With other parameters the state may go far: what counts is how it usually changes.
        let own = trajectories.iter().map(|samples| column(samples));
        let mut own: Vec<f64> = own
            .filter(|v| !v.is_empty())
            .map(|v| spread(&v).2)
            .collect();
        own.sort_by(f64::total_cmp);
        deviation = own.get(own.len() / 2).copied().unwrap_or(deviation);
    }
    let noise = noise(problem, options, a).unwrap_or(f64::INFINITY);
    let room = match high - low > NOISE * noise {
        true => [low, high],
        false => match coordinate {
            Coordinate::Linear => widened(low, high),
            _ => widened_logarithm(low, high),
        },
    };
    let within = |[low, high]: [f64; 2]| match bounds(problem, a) {
        Some([least, most]) => [low.clamp(least, most), high.clamp(least, most)],
        None => [low, high],
    };
    // A parameter that changes in time.
    let varies = problem.varying.iter().any(|v| v.component == a);
    let initial = varies.then(|| range_of_state(problem, options, a));
    let range = given_range(problem, options, a)
        .or(initial)
        .or_else(|| finite_bounds(problem, a))
        .unwrap_or_else(|| within(room));
    // Two points of a uniform distribution say little: a quarter of the extent is near its
    // deviation.
    let least = match !is_measured && !known.is_empty() && deviation > 0.0 {
        true => 0.0,
        false => 0.05 * (room[1] - room[0]),
    };
    let deviation = deviation.max(least);
    match coordinate {
        Coordinate::Linear => (range, deviation),
        // However far a logarithm goes: an error of it is a share of the state.
        _ => (range, deviation.min(LARGEST_DEVIATION)),
    }
}

/// Range of a state in the options.
fn given_range(problem: &Problem, options: &AnnealOptions, a: usize) -> Option<[f64; 2]> {
    let given = match &options.starting_paths.range {
        Some(Range::All(range)) => Some(*range),
        Some(Range::PerState(ranges)) => ranges.get(problem.state_name(a)).copied(),
        None => None,
    };
    given.map(|ends| ends.map(|end| problem.state_coordinate(a).of(end)))
}

/// Bounds of a state where both are finite.
fn finite_bounds(problem: &Problem, a: usize) -> Option<[f64; 2]> {
    bounds(problem, a).filter(|[low, high]| low.is_finite() && high.is_finite())
}

/// Bounds of a state at the second point, as the first may be held; `None` if nothing is bounded.
fn bounds(problem: &Problem, a: usize) -> Option<[f64; 2]> {
    let later = problem.model.dimension() + a;
    let ends = problem.intervals()?;
    Some([ends.lower[later], ends.upper[later]])
}

/// Means of the known first values of a state, in all data sets.
fn known_values(problem: &Problem, options: &AnnealOptions, a: usize) -> Vec<f64> {
    let mut values = Vec::new();
    if !knows_first(problem, options) {
        return values;
    }
    let state = problem.model.initial_state();
    for set in 0..problem.data().len() {
        problem.known_first_state(set, state, &problem.parameters, |state, mean, _| {
            if state == a && mean.is_finite() {
                values.push(mean);
            }
        });
    }
    values
}

/// Standard deviation of the noise with which a state is measured; `None` if it is not.
fn noise(problem: &Problem, options: &AnnealOptions, a: usize) -> Option<f64> {
    let mut first = 0;
    let mut weights = Vec::new();
    let precision = problem.state_precision(&options.measurement_precision);
    for set in problem.state_data() {
        for l in set.columns_of(a) {
            let values = set.column(l).enumerate().filter(|(_, y)| !y.is_nan());
            weights.extend(values.map(|(n, _)| precision.weight(first + n, l)));
        }
        first += set.points;
    }
    weights.sort_by(f64::total_cmp);
    let typical = weights.get(weights.len() / 2)?;
    Some(1.0 / typical.sqrt())
}

/// All measured values of a state, without gaps.
fn measured(problem: &Problem, state: usize) -> impl Iterator<Item = f64> + '_ {
    let columns = problem.state_data().iter().flat_map(move |set| {
        let columns = set.columns_of(state);
        columns.map(|l| set.column(l))
    });
    columns.flatten().filter(|y| !y.is_nan())
}

fn spread(values: &[f64]) -> (f64, f64, f64) {
    let low = values.iter().fold(f64::INFINITY, |a, &b| a.min(b));
    let high = values.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
    (low, high, square.sqrt())
}

/// Widens an interval that is nearly empty: a state that rests is known only as far as its size.
fn widened(low: f64, high: f64) -> [f64; 2] {
    let size = low.abs().max(high.abs());
    if high - low > 1e-3 * size {
        return [low, high];
    }
    let room = if size > 0.0 { 0.1 * size } else { 1.0 };
    [low - room, high + room]
}

/// Widens an interval of a logarithm that is nearly empty: by a tenth of the state's size.
fn widened_logarithm(low: f64, high: f64) -> [f64; 2] {
    let room = if high - low > 1e-3 { 0.0 } else { 0.1 };
    [low - room, high + room]
}

/// True if a forward integration is needed: not where the user gives every number.
fn is_needed(options: &AnnealOptions) -> bool {
    let ladder = &options.model_precision;
    let said = ladder.initial.is_some() && ladder.has_end();
    let paths = &options.starting_paths;
    !(said && paths.start == StartingStrategy::Random && matches!(paths.range, Some(Range::All(_))))
}
