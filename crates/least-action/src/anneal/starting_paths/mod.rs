//! Starting paths of ladders: one strategy per file.

mod climatology;
mod data;
mod ensemble_filter;
mod forward;
mod growing_window;
mod nudged;
mod options;
mod random;
mod shooting;

pub(super) use climatology::Climatology;
use data::write_first_data;
pub use options::{ObservedStart, Range, StartingPaths, StartingStrategy};

use std::sync::Arc;

use super::AnnealOptions;
use crate::action::{Precision, Problem, Segment};
use crate::anneal::series::{knows_first, range_of_state};
use crate::model::propagator::PropagatorStep;
use crate::model::Model;
use crate::random::Random;

/// Everything that a starting path is made from.
pub(super) struct Setting<'a> {
    /// Model as the user has given it: parameters that change in time are parameters there.
    pub model: &'a Arc<dyn Model>,
    pub problem: &'a Problem,
    pub options: &'a AnnealOptions,
    pub climatology: &'a Climatology,
    /// Weights of the states, if they are automatic.
    pub weights: Option<&'a Precision>,
    /// R_f at the end of the ladder.
    pub last: f64,
    /// Variance of the noise over the stated one, where the data show it to be larger; else 1.
    pub scatter_ratio: f64,
}

/// Makes a path and estimated parameters for starting path number `start`. The same seed and number
/// give the same bits, in any order of the starts.
pub(super) fn draw(setting: &Setting, start: usize) -> (Vec<f64>, Vec<f64>) {
    // Stream 0 is the twin's: with equal seeds a starting path must not be made of the data's own
    // noise.
    let mut random = Random::new(setting.options.starting_paths.seed, start as u64 + 1);
    let random = &mut random;
    let known = setting.knows_first_states();
    let (mut path, parameters) = match setting.options.starting_paths.start.at(start, known) {
        StartingStrategy::Random => random::draw(setting, random),
        StartingStrategy::Data => data::draw(setting, random),
        StartingStrategy::Nudged => nudged::draw(setting, nudged::NUDGED, random),
        StartingStrategy::Synchronising => nudged::draw(setting, nudged::SYNCHRONISING, random),
        StartingStrategy::Automatic | StartingStrategy::EnsembleFilter => {
            ensemble_filter::draw(setting, ensemble_filter::size(setting, start), random)
        }
        StartingStrategy::GrowingWindow => growing_window::draw(setting, random),
        StartingStrategy::Forward => forward::draw(setting, random),
    };
    hold(setting.problem, &mut path);
    (path, parameters)
}

/// Sets first states that are known exactly, whatever the strategy has made of them.
fn hold(problem: &Problem, path: &mut [f64]) {
    if let Some(ends) = problem.intervals().filter(|_| problem.held_count() > 0) {
        let ends = ends.lower.iter().zip(&ends.upper);
        let held = path
            .iter_mut()
            .zip(ends)
            .filter(|(_, (low, high))| low == high);
        held.for_each(|(x, (value, _))| *x = *value);
    }
}

/// Step from the n-th point of a segment to the next one, a single step of the method: the paths
/// only have to be good enough to start from.
fn step_of<'a>(problem: &'a Problem, segment: &Segment, n: usize) -> PropagatorStep<'a> {
    let forcing = problem.grid.piece_points();
    let width = problem.grid.width;
    let length = problem.grid.step(segment, n);
    let (n, jump) = problem.grid.step_begin(segment, n);
    PropagatorStep {
        jump: jump.map(|jump| &problem.grid.state_jumps[jump]),
        time: forcing.times[n],
        length,
        before: &forcing.inputs[n * width..(n + 1) * width],
        after: &forcing.inputs[(n + 1) * width..(n + 2) * width],
        bends: &[],
        substeps: 1,
    }
}

/// Distance from the range of a state, in lengths of the range, beyond which the state is astray.
const ASTRAY: f64 = 20.0;

impl Setting<'_> {
    fn draw_parameters(&self, random: &mut Random) -> Vec<f64> {
        let names = self.problem.estimated();
        names
            .map(|name| random.uniform(self.options.estimate[name].range()))
            .collect()
    }

    fn draw_state(&self, random: &mut Random, state: &mut [f64]) {
        let given = self.options.starting_paths.range.is_some();
        self.climatology.draw(given, random, state);
        self.start_varying(random, state);
        self.clip_state(state);
    }

    /// Draws the first state of a data set: what is known of it as it is known, the rest like any
    /// state.
    fn draw_first_state(
        &self,
        set: usize,
        estimated: &[f64],
        random: &mut Random,
        state: &mut [f64],
    ) {
        self.draw_state(random, state);
        if !knows_first(self.problem, self.options) {
            return;
        }
        let problem = self.problem;
        let segment = problem.grid.segments[set];
        write_first_data(state, &problem.state_data()[set]);
        let own = state.len() - problem.varying.len();
        let parameters = self.all_parameters(estimated);
        let given = state.to_vec();
        problem.known_first_state(set, &given, &parameters, |a, mean, deviation| {
            // Parameters that change in time begin in their ranges.
            if a < own || deviation == 0.0 {
                state[a] = match deviation > 0.0 {
                    true => mean + deviation * random.normal(),
                    false => mean,
                };
            }
        });
        let first = segment.first * state.len();
        self.clip(first, first + state.len(), state);
    }

    /// Sets components of a state to what is known of the first ones of a data set, without its
    /// deviation.
    fn know_roughly(&self, set: usize, estimated: &[f64], state: &mut [f64]) {
        if !knows_first(self.problem, self.options) {
            return;
        }
        let (given, parameters) = (state.to_vec(), self.all_parameters(estimated));
        let put = |a: usize, mean, _| state[a] = mean;
        self.problem
            .known_first_state(set, &given, &parameters, put);
    }

    /// True if the first states of all data sets are known so well that the model can be integrated
    /// forward from them: each state is known there, or measured.
    fn knows_first_states(&self) -> bool {
        let problem = self.problem;
        if self.options.first_state.is_empty() {
            return false;
        }
        let own = problem.model.dimension() - problem.varying.len();
        let state = problem.model.initial_state();
        problem.state_data().iter().enumerate().all(|(set, data)| {
            let mut known = vec![false; problem.model.dimension()];
            data.observed
                .iter()
                .filter(|&&column| column < own)
                .for_each(|&column| known[column] = true);
            let put = |a: usize, _, _| known[a] = true;
            problem.known_first_state(set, state, &problem.parameters, put);
            known[..own].iter().all(|&known| known)
        })
    }

    /// Values of all parameters of the model, with these of the estimated ones.
    fn all_parameters(&self, estimated: &[f64]) -> Vec<f64> {
        let mut parameters = self.problem.parameters.clone();
        for (&index, &value) in self.problem.estimated.iter().zip(estimated) {
            parameters[index] = value;
        }
        parameters
    }

    /// Sets parameters that change in time to constants, drawn like the other parameters.
    fn start_varying(&self, random: &mut Random, path: &mut [f64]) {
        let dimension = self.problem.model.dimension();
        for varying in &self.problem.varying {
            let range = range_of_state(self.problem, self.options, varying.component);
            let value = random.uniform(range);
            let values = path[varying.component..].iter_mut();
            values.step_by(dimension).for_each(|x| *x = value);
        }
    }

    /// True if a state is in a place that the model never visits: an integration has gone astray
    /// there, and may soon be infinite.
    fn is_astray(&self, state: &[f64]) -> bool {
        let ranges = self.climatology.ranges.iter();
        let mut pairs = state.iter().zip(ranges);
        // NaN is no reason to stay.
        !pairs.all(|(x, [low, high])| {
            let room = ASTRAY * (high - low).max(f64::MIN_POSITIVE);
            *x >= low - room && *x <= high + room
        })
    }

    /// Moves a state into its bounds. They are read at the second point: the first may be held.
    fn clip_state(&self, state: &mut [f64]) {
        self.clip(state.len(), 2 * state.len(), state);
    }

    /// Moves values of the unknowns `start .. end` into their bounds.
    fn clip(&self, start: usize, end: usize, values: &mut [f64]) {
        if let Some(bounds) = self.problem.intervals() {
            let ends = bounds.lower[start..end]
                .iter()
                .zip(&bounds.upper[start..end]);
            for (x, (&low, &high)) in values.iter_mut().zip(ends) {
                *x = x.max(low).min(high);
            }
        }
    }
}
