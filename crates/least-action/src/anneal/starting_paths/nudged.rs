//! Starting paths by nudging: a forward integration that is pulled towards the data.

use super::data::write_data;
use super::{step_of, Setting};
use crate::action::{Observations, Segment};
use crate::model::propagator::{PropagatedMembers, Propagator};
use crate::random::Random;

/// Fraction of the way to a measurement that the state is moved at its time.
pub(super) const NUDGED: f64 = 0.2;
/// Fraction of the way to a measurement with which chaotic models synchronise with the data if
/// enough is observed (H. D. I. Abarbanel et al., SIAM J. Appl. Dyn. Syst. 8, 2009).
pub(super) const SYNCHRONISING: f64 = 0.8;

/// Makes a nudged path through all data sets, with drawn parameters.
pub(super) fn draw(setting: &Setting, gain: f64, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let problem = setting.problem;
    let parameters = setting.draw_parameters(random);
    let mut path = Vec::with_capacity(problem.path_length());
    let sets = problem.state_data().iter().zip(&problem.grid.segments);
    for (number, (set, segment)) in sets.enumerate() {
        let mut state = vec![0.0; problem.model.dimension()];
        setting.draw_first_state(number, &parameters, random, &mut state);
        let along = NudgedIntegration {
            setting,
            set,
            segment: *segment,
            gain,
        };
        path.extend(along.integrate(&parameters, state, 0..segment.points));
    }
    (path, parameters)
}

/// A data set that a nudged integration follows.
pub(super) struct NudgedIntegration<'a> {
    pub setting: &'a Setting<'a>,
    pub set: &'a Observations,
    /// Points of the data set within the path.
    pub segment: Segment,
    /// Fraction of the way to a measurement that the state is moved at its time.
    pub gain: f64,
}

impl NudgedIntegration<'_> {
    /// Integrates along `points` of the data set from `state` at the first of them; returns rows of
    /// the path.
    pub fn integrate(
        &self,
        estimated: &[f64],
        state: Vec<f64>,
        points: std::ops::Range<usize>,
    ) -> Vec<f64> {
        let problem = self.setting.problem;
        let model = &*problem.model;
        let dimension = model.dimension();
        let parameters = self.setting.all_parameters(estimated);
        // Where the integration goes astray, it begins again from the data.
        let mut fallback: Vec<f64> = (0..self.set.points)
            .flat_map(|_| (0..dimension).map(|a| self.setting.climatology.middle(a)))
            .collect();
        write_data(&mut fallback, self.set, dimension);
        let mut members = PropagatedMembers {
            states: state,
            parameters,
        };
        let mut propagator = Propagator::new(model, 1);
        let mut path = Vec::with_capacity(points.len() * dimension);
        for n in points.clone() {
            if n > points.start {
                let step = step_of(problem, &self.segment, n - 1);
                propagator.advance(&mut members, step);
            }
            self.pull(&mut members.states, n);
            self.setting.clip_state(&mut members.states);
            if self.setting.is_astray(&members.states) {
                let row = &fallback[n * dimension..(n + 1) * dimension];
                members.states.copy_from_slice(row);
            }
            path.extend_from_slice(&members.states);
        }
        path
    }

    fn pull(&self, state: &mut [f64], n: usize) {
        let width = self.set.observed.len();
        let values = &self.set.values[n * width..(n + 1) * width];
        for (&y, &component) in values.iter().zip(&self.set.observed) {
            if component < state.len() && !y.is_nan() {
                state[component] += self.gain * (y - state[component]);
            }
        }
    }
}
