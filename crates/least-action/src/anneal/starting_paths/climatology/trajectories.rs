//! Forward integrations from which a climatology is made.

use super::silent::middles;
use super::{measured, spread};
use crate::action::Problem;
use crate::anneal::series::{knows_first, range_of_state};
use crate::anneal::starting_paths::data::write_first_data;
use crate::anneal::starting_paths::ensemble_filter::HUGE;
use crate::anneal::starting_paths::step_of;
use crate::anneal::AnnealOptions;
use crate::model::propagator::{PropagatedMembers, Propagator, PropagatorStep};
use crate::model::Coordinate;
use crate::random::Random;

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
/// Largest logarithm of a positive state: that of the largest number.
const LARGEST_LOGARITHM: f64 = 709.0;
/// Standard deviation of the displacement of the initial states, relative to their size, or to the
/// deviation of the data where they begin there.
const DISPLACEMENT: f64 = 0.1;
/// Maximum number of data sets that are integrated through.
const MOST_SETS: usize = 8;
/// Number of the stream of random numbers, which no starting path has.
const STREAM: u64 = u64::MAX;

/// Trajectories of typical states, rows x dimension each: after the spin-up, with the parameters in
/// the middle of their initial ranges; or, where first states are known, from these and with drawn
/// parameters. Those that escape are empty. States that have `told` values begin at the first one.
pub(super) fn trajectories(
    problem: &Problem,
    options: &AnnealOptions,
    told: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let mut random = Random::new(options.starting_paths.seed, STREAM);
    let sets = problem.data().len();
    match options.first_state.is_empty() {
        true => through(problem, options, told, 0, &mut random),
        false => (0..sets)
            .step_by(sets.div_ceil(MOST_SETS))
            .flat_map(|set| through(problem, options, told, set, &mut random))
            .collect(),
    }
}

/// True if a state has a size that can be written, where it is described by its logarithm.
fn is_size(problem: &Problem, a: usize, x: f64) -> bool {
    problem.state_coordinate(a) == Coordinate::Linear || x <= LARGEST_LOGARITHM
}

/// Members at the first point of a data set.
fn members(
    problem: &Problem,
    options: &AnnealOptions,
    told: &[Vec<f64>],
    set: usize,
    random: &mut Random,
) -> PropagatedMembers {
    let model = &*problem.model;
    let dimension = model.dimension();
    let known = !options.first_state.is_empty();
    let ranges = problem
        .estimated()
        .map(|name| options.estimate[name].range());
    let ranges: Vec<[f64; 2]> = ranges.collect();
    let mut parameters = middles(problem, options);
    let initial = model.initial_state();
    let mut begin = initial.to_vec();
    // A displaced logarithm is one of a state that is displaced by a share of its size.
    let size = |a: usize, x: f64| match problem.state_coordinate(a) {
        Coordinate::Linear => x.abs(),
        _ => 1.0,
    };
    let mut sizes: Vec<f64> = (0..dimension).map(|a| size(a, initial[a])).collect();
    // A model that says nothing of its states begins where the data do; a positive state does so
    // if the model says nothing of it.
    let is_unsaid = |&x: &f64| x == 0.0 || x == f64::NEG_INFINITY;
    let at_data = known || initial.iter().all(is_unsaid);
    let mut first = begin.clone();
    write_first_data(&mut first, &problem.state_data()[set]);
    for a in 0..dimension {
        let values: Vec<f64> = measured(problem, a).collect();
        if !values.is_empty() && (at_data || begin[a] == f64::NEG_INFINITY) {
            (begin[a], sizes[a]) = (first[a], spread(&values).2);
        }
    }
    for (a, values) in told.iter().enumerate() {
        if let Some(&first) = values.first() {
            (begin[a], sizes[a]) = (first, size(a, first));
        }
    }
    let mut states = Vec::with_capacity(TRAJECTORIES * dimension);
    for _ in 0..TRAJECTORIES {
        let displaced = begin.iter().zip(&sizes);
        states.extend(displaced.map(|(x, size)| x + DISPLACEMENT * size * random.normal()));
    }
    for varying in &problem.varying {
        let [low, high] = range_of_state(problem, options, varying.component);
        let values = states[varying.component..].iter_mut();
        values
            .step_by(dimension)
            .for_each(|x| *x = low + 0.5 * (high - low));
    }
    let known = known || knows_first(problem, options);
    if !known {
        return PropagatedMembers { states, parameters };
    }
    let mut own = Vec::with_capacity(TRAJECTORIES * parameters.len());
    for state in states.chunks_exact_mut(dimension) {
        for (&index, &range) in problem.estimated.iter().zip(&ranges) {
            parameters[index] = random.uniform(range);
        }
        for varying in &problem.varying {
            let range = range_of_state(problem, options, varying.component);
            state[varying.component] = random.uniform(range);
        }
        let given = state.to_vec();
        let most = dimension - problem.varying.len();
        problem.known_first_state(set, &given, &parameters, |a, mean, deviation| {
            if a < most || deviation == 0.0 {
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
    told: &[Vec<f64>],
    set: usize,
    random: &mut Random,
) -> Vec<Vec<f64>> {
    let model = &*problem.model;
    let dimension = model.dimension();
    let mut members = members(problem, options, told, set, random);
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
            jump: None,
            before: first,
            after: first,
            bends: &[],
            substeps: 1,
        };
        propagator.advance(&mut members, step);
    }
    // In its own unit each. A state that is not measured may begin near zero and go anywhere.
    let sizes: Vec<f64> = (0..dimension)
        .map(|a| {
            if problem.state_coordinate(a) != Coordinate::Linear {
                return HUGE;
            }
            let data = measured(problem, a).fold(0.0f64, |most, y| most.max(y.abs()));
            match data > 0.0 {
                true => ESCAPED * data.max(model.initial_state()[a].abs()),
                false => HUGE,
            }
        })
        .collect();
    let stays = |row: &[f64]| {
        let mut states = row.iter().zip(&sizes).enumerate();
        states.all(|(a, (x, size))| x.abs() <= *size && is_size(problem, a, *x))
    };
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
        propagator.advance(&mut members, step_of(problem, &segment, n));
    }
    let ends = samples.into_iter().zip(escaped);
    ends.map(|(samples, escaped)| if escaped { Vec::new() } else { samples })
        .collect()
}
