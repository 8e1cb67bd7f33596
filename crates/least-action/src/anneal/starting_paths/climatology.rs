//! Climatology of a model: the ranges and the variability of its states. It is found by integrating
//! the model forward, so that no user has to give it.

use super::data::write_first_data;
use super::ensemble_filter::HUGE;
use super::{step_of, Range, StartingStrategy};
use crate::action::Problem;
use crate::anneal::AnnealOptions;
use crate::model::propagator::{PropagatedMembers, Propagator, PropagatorStep};
use crate::random::Random;

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

/// Number of trajectories, of slightly different initial states: as many as the evaluator handles
/// together.
const TRAJECTORIES: usize = 8;
/// Maximum number of steps of a spin-up.
const MOST_SPIN_UP: f64 = 4000.0;
/// Maximum number of steps that are recorded.
const MOST_RECORDED: usize = 1000;
/// Size of a measured state, relative to its initial value and its data, beyond which a trajectory
/// has escaped: it is left out as a whole.
const ESCAPED: f64 = 1e6;
/// Standard deviation of the displacement of the initial states, relative to their size, or to the
/// deviation of the data where they begin there.
const DISPLACEMENT: f64 = 0.1;
/// Spread of measured values in deviations of the noise from which on it is no noise: the state
/// then does not rest, however far from zero it is.
const NOISE: f64 = 10.0;
/// Maximum number of data sets that are integrated through.
const MOST_SETS: usize = 8;
/// Number of the stream of random numbers, which no starting path has.
const STREAM: u64 = u64::MAX;

impl Climatology {
    pub fn new(problem: &Problem, options: &AnnealOptions) -> Self {
        let trajectories = match is_needed(options) {
            true => trajectories(problem, options),
            false => Vec::new(),
        };
        let (ranges, deviations) = (0..problem.model.dimension())
            .map(|a| extent(problem, options, &trajectories, a))
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
    }
    if values.is_empty() {
        values.extend(&known);
    }
    if values.is_empty() {
        values.push(problem.model.initial_state()[a]);
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
        false => widened(low, high),
    };
    // Of the second point, as the first may be held.
    let later = dimension + a;
    let interval = problem
        .intervals()
        .map(|i| [i.lower[later], i.upper[later]]);
    let bounded = interval.filter(|[low, high]| low.is_finite() && high.is_finite());
    let within = |[low, high]: [f64; 2]| match interval {
        Some([least, most]) => [low.clamp(least, most), high.clamp(least, most)],
        None => [low, high],
    };
    let name = &problem.model.states()[a];
    // A parameter that changes in time.
    let varies = problem.varying.iter().any(|v| v.component == a);
    let initial = varies.then(|| options.estimate[name].initial);
    let given = match &options.starting_paths.range {
        Some(Range::All(range)) => Some(*range),
        Some(Range::PerState(ranges)) => ranges.get(name).copied(),
        None => None,
    };
    let range = given
        .or(initial)
        .or(bounded)
        .unwrap_or_else(|| within(room));
    // Two points of a uniform distribution say little: a quarter of the extent is near its
    // deviation.
    let least = match !is_measured && !known.is_empty() && deviation > 0.0 {
        true => 0.0,
        false => 0.05 * (room[1] - room[0]),
    };
    (range, deviation.max(least))
}

/// Means of the known first values of a state, in all data sets.
fn known_values(problem: &Problem, options: &AnnealOptions, a: usize) -> Vec<f64> {
    let mut values = Vec::new();
    if options.first_state.is_empty() {
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
    for set in problem.data() {
        if let Some(l) = set.observed.iter().position(|&c| c == a) {
            let values = set.column(l).enumerate().filter(|(_, y)| !y.is_nan());
            let precision = &options.measurement_precision;
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
    let columns = problem.data().iter().filter_map(move |set| {
        let l = set.observed.iter().position(|&c| c == state)?;
        Some(set.column(l))
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

/// True if a forward integration is needed: not where the user gives every number.
fn is_needed(options: &AnnealOptions) -> bool {
    let ladder = &options.model_precision;
    let said = ladder.initial.is_some() && ladder.has_end();
    let paths = &options.starting_paths;
    !(said && paths.start == StartingStrategy::Random && matches!(paths.range, Some(Range::All(_))))
}

/// Trajectories of typical states, rows x dimension each: after the spin-up, with the parameters in
/// the middle of their initial ranges; or, where first states are known, from these and with drawn
/// parameters. Those that escape are empty.
fn trajectories(problem: &Problem, options: &AnnealOptions) -> Vec<Vec<f64>> {
    let mut random = Random::new(options.starting_paths.seed, STREAM);
    let sets = problem.data().len();
    match options.first_state.is_empty() {
        true => through(problem, options, 0, &mut random),
        false => (0..sets)
            .step_by(sets.div_ceil(MOST_SETS))
            .flat_map(|set| through(problem, options, set, &mut random))
            .collect(),
    }
}

/// Members at the first point of a data set.
fn members(
    problem: &Problem,
    options: &AnnealOptions,
    set: usize,
    random: &mut Random,
) -> PropagatedMembers {
    let model = &*problem.model;
    let dimension = model.dimension();
    let known = !options.first_state.is_empty();
    let ranges = problem
        .estimated()
        .map(|name| options.estimate[name].initial);
    let ranges: Vec<[f64; 2]> = ranges.collect();
    let mut parameters = problem.parameters.clone();
    for (&index, [low, high]) in problem.estimated.iter().zip(&ranges) {
        parameters[index] = low + 0.5 * (high - low);
    }
    let initial = model.initial_state();
    let mut begin = initial.to_vec();
    let mut sizes: Vec<f64> = initial.iter().map(|x| x.abs()).collect();
    // A model that says nothing of its states begins where the data do.
    if known || initial.iter().all(|&x| x == 0.0) {
        write_first_data(&mut begin, &problem.data()[set]);
        for (a, size) in sizes.iter_mut().enumerate() {
            let values: Vec<f64> = measured(problem, a).collect();
            if !values.is_empty() {
                *size = spread(&values).2;
            }
        }
    }
    let mut states = Vec::with_capacity(TRAJECTORIES * dimension);
    for _ in 0..TRAJECTORIES {
        let displaced = begin.iter().zip(&sizes);
        states.extend(displaced.map(|(x, size)| x + DISPLACEMENT * size * random.normal()));
    }
    for varying in &problem.varying {
        let [low, high] = options.estimate[&model.states()[varying.component]].initial;
        let values = states[varying.component..].iter_mut();
        values
            .step_by(dimension)
            .for_each(|x| *x = low + 0.5 * (high - low));
    }
    if !known {
        return PropagatedMembers { states, parameters };
    }
    let mut own = Vec::with_capacity(TRAJECTORIES * parameters.len());
    for state in states.chunks_exact_mut(dimension) {
        for (&index, &range) in problem.estimated.iter().zip(&ranges) {
            parameters[index] = random.uniform(range);
        }
        for varying in &problem.varying {
            let range = options.estimate[&model.states()[varying.component]].initial;
            state[varying.component] = random.uniform(range);
        }
        let given = state.to_vec();
        let most = dimension - problem.varying.len();
        problem.known_first_state(set, &given, &parameters, |a, mean, deviation| {
            if a < most {
                state[a] = mean + deviation * random.normal();
            }
        });
        own.extend_from_slice(&parameters);
    }
    PropagatedMembers {
        states,
        parameters: own,
    }
}

/// Trajectories through a data set, rows x dimension each; empty where they escape.
fn through(
    problem: &Problem,
    options: &AnnealOptions,
    set: usize,
    random: &mut Random,
) -> Vec<Vec<f64>> {
    let model = &*problem.model;
    let dimension = model.dimension();
    let mut members = members(problem, options, set, random);
    let mut propagator = Propagator::new(model, TRAJECTORIES);
    let segment = problem.grid.segments[set];
    let width = problem.grid.width;
    let first = &problem.grid.points.inputs[segment.first * width..][..width];
    let h = segment.time_step;
    // What is known of the first state is not to be forgotten.
    let spin_up = match options.first_state.is_empty() {
        true => (model.spin_up() / h).ceil().min(MOST_SPIN_UP) as usize,
        false => 0,
    };
    for step in 0..spin_up {
        let step = PropagatorStep {
            time: problem.grid.points.times[segment.first] - (spin_up - step) as f64 * h,
            length: h,
            before: first,
            after: first,
            substeps: 1,
        };
        propagator.advance(&mut members, step);
    }
    // In its own unit each. A state that is not measured may begin near zero and go anywhere.
    let sizes: Vec<f64> = (0..dimension)
        .map(|a| {
            let data = measured(problem, a).fold(0.0f64, |most, y| most.max(y.abs()));
            match data > 0.0 {
                true => ESCAPED * data.max(model.initial_state()[a].abs()),
                false => HUGE,
            }
        })
        .collect();
    let stays = |row: &[f64]| row.iter().zip(&sizes).all(|(x, size)| x.abs() <= *size);
    let mut escaped = [false; TRAJECTORIES];
    let mut samples: [Vec<f64>; TRAJECTORIES] = Default::default();
    let steps = segment.points - 1;
    // Of a long window, not every point is wanted.
    let every = steps.div_ceil(MOST_RECORDED).max(1);
    for n in 0..steps {
        let rows = members.states.chunks_exact(dimension);
        for ((row, escaped), samples) in rows.zip(&mut escaped).zip(&mut samples) {
            *escaped |= !stays(row);
            if n % every == 0 {
                samples.extend_from_slice(row);
            }
        }
        propagator.advance(&mut members, step_of(problem, segment.first + n, h));
    }
    let ends = samples.into_iter().zip(escaped);
    ends.map(|(samples, escaped)| if escaped { Vec::new() } else { samples })
        .collect()
}
