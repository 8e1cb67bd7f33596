//! A forward integration that is pulled towards the data.

use super::data::lay;
use super::{step_of, Setting};
use crate::action::Observations;
use crate::model::propagator::{Members, Propagator};
use crate::random::Random;

/// How much of the way to a measurement the state goes at its time.
pub(super) const NUDGED: f64 = 0.2;
/// The same, so strong that chaotic models synchronise with the data if enough is observed (H. D.
/// I. Abarbanel et al., SIAM J. Appl. Dyn. Syst. 8, 2009).
pub(super) const SYNCHRONISING: f64 = 0.8;

pub(super) fn draw(setting: &Setting, gain: f64, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let problem = setting.problem;
    let parameters = setting.draw_parameters(random);
    let mut path = Vec::with_capacity(problem.path_length());
    for (set, segment) in problem.data().iter().zip(&problem.grid.segments) {
        let mut state = vec![0.0; problem.model.dimension()];
        setting.draw_state(random, &mut state);
        let along = Along {
            setting,
            set,
            first: segment.first,
            gain,
        };
        path.extend(along.integrate(&parameters, state, 0..segment.points));
    }
    (path, parameters)
}

/// One data set that an integration follows.
pub(super) struct Along<'a> {
    pub setting: &'a Setting<'a>,
    pub set: &'a Observations,
    /// Its first point in the path.
    pub first: usize,
    pub gain: f64,
}

impl Along<'_> {
    /// Rows of the path at `points` of the data set; `state` is at the first of them.
    pub fn integrate(
        &self,
        estimated: &[f64],
        state: Vec<f64>,
        points: std::ops::Range<usize>,
    ) -> Vec<f64> {
        let problem = self.setting.problem;
        let model = &*problem.model;
        let dimension = model.dimension();
        let mut parameters = problem.parameters.clone();
        for (&index, &value) in problem.estimated.iter().zip(estimated) {
            parameters[index] = value;
        }
        // Where the integration goes astray, it begins again from the data.
        let mut resort: Vec<f64> = (0..self.set.points)
            .flat_map(|_| (0..dimension).map(|a| self.setting.climatology.middle(a)))
            .collect();
        lay(&mut resort, self.set, dimension);
        let mut members = Members {
            states: state,
            parameters,
        };
        let mut propagator = Propagator::new(model, 1);
        let mut path = Vec::with_capacity(points.len() * dimension);
        for n in points.clone() {
            if n > points.start {
                let step = step_of(problem, self.first + n - 1, self.set.time_step);
                propagator.advance(&mut members, step);
            }
            self.pull(&mut members.states, n);
            self.setting.clip(0, dimension, &mut members.states);
            if self.setting.is_astray(&members.states) {
                let row = &resort[n * dimension..(n + 1) * dimension];
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
