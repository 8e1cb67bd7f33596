//! Climatology of a model: the ranges and the variability of its states. It is found by integrating
//! the model forward, so that no user has to give it.

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
/// Size of a state, relative to initial state and data, beyond which its trajectory has escaped: it
/// is left out as a whole.
const ESCAPED: f64 = 1e6;
/// Standard deviation of the displacement of the initial states, relative to their size.
const DISPLACEMENT: f64 = 0.1;
/// Number of the stream of random numbers, which no starting path has.
const STREAM: u64 = u64::MAX;

impl Climatology {
    pub fn new(problem: &Problem, options: &AnnealOptions) -> Self {
        let dimension = problem.model.dimension();
        let samples = match is_needed(options) {
            true => samples(problem, options),
            false => Vec::new(),
        };
        let typical = problem.model.initial_state();
        let column = |a: usize| samples[a.min(samples.len())..].iter().step_by(dimension);
        let mut ranges = Vec::new();
        let mut deviations = Vec::new();
        for (a, &rest) in typical.iter().enumerate() {
            let mut values: Vec<f64> = measured(problem, a).collect();
            if values.is_empty() {
                values.extend(column(a));
            }
            if values.is_empty() {
                values.push(rest);
            }
            let (low, high, deviation) = spread(&values);
            let extent = widened(low, high);
            let interval = problem.intervals().map(|i| [i.lower[a], i.upper[a]]);
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
            ranges.push(
                given
                    .or(initial)
                    .or(bounded)
                    .unwrap_or_else(|| within(extent)),
            );
            // Two points of a uniform distribution say little: a quarter of the extent is near its
            // deviation.
            deviations.push(deviation.max(0.05 * (extent[1] - extent[0])));
        }
        Climatology {
            ranges,
            deviations,
            samples,
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

/// Typical states after the spin-up, of trajectories with the parameters in the middle of their
/// initial ranges; trajectories that escape are left out.
fn samples(problem: &Problem, options: &AnnealOptions) -> Vec<f64> {
    let model = &*problem.model;
    let dimension = model.dimension();
    let mut random = Random::new(options.starting_paths.seed, STREAM);
    let mut parameters = problem.parameters.clone();
    for (&index, name) in problem.estimated.iter().zip(problem.estimated()) {
        let [low, high] = options.estimate[name].initial;
        parameters[index] = low + 0.5 * (high - low);
    }
    let mut states = Vec::with_capacity(TRAJECTORIES * dimension);
    for _ in 0..TRAJECTORIES {
        let initial = model.initial_state().iter();
        states.extend(initial.map(|x| x + DISPLACEMENT * x.abs() * random.normal()));
    }
    for varying in &problem.varying {
        let [low, high] = options.estimate[&model.states()[varying.component]].initial;
        let values = states[varying.component..].iter_mut();
        values
            .step_by(dimension)
            .for_each(|x| *x = low + 0.5 * (high - low));
    }
    let mut members = PropagatedMembers { states, parameters };
    let mut propagator = Propagator::new(model, TRAJECTORIES);
    let segment = problem.grid.segments[0];
    let first = &problem.grid.points.inputs[..problem.grid.width];
    let h = segment.time_step;
    let spin_up = (model.spin_up() / h).ceil().min(MOST_SPIN_UP) as usize;
    for step in 0..spin_up {
        let step = PropagatorStep {
            time: problem.grid.points.times[0] - (spin_up - step) as f64 * h,
            length: h,
            before: first,
            after: first,
            substeps: 1,
        };
        propagator.advance(&mut members, step);
    }
    let sizes = model.initial_state().iter().copied();
    let data = problem.data().iter().flat_map(|set| &set.values).copied();
    // NaN, a gap, is no maximum.
    let largest = sizes.chain(data).fold(1.0f64, |most, x| most.max(x.abs()));
    let stays = |row: &[f64]| row.iter().all(|x| x.abs() <= ESCAPED * largest);
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
        propagator.advance(&mut members, step_of(problem, n, h));
    }
    let kept = samples
        .into_iter()
        .zip(escaped)
        .filter(|(_, escaped)| !escaped);
    kept.flat_map(|(samples, _)| samples).collect()
}
