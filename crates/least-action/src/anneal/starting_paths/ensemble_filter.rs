//! The mean path of an ensemble Kalman filter (G. Evensen, J. Geophys. Res. 99, 1994) in its
//! deterministic form (P. Sakov and P. R. Oke, Tellus A 60, 2008), with the estimated parameters as
//! further components.

use super::{step_of, Setting};
use crate::action::{LossMoments, Observations};
use crate::anneal::series::knows_first;
use crate::model::propagator::{PropagatedMembers, Propagator};
use crate::model::{Points, Scratch};
use crate::random::Random;

use nalgebra::DMatrix;

/// Chi-square of the innovations per measurement beyond which the ensemble has lost the data and is
/// widened.
const LOST: f64 = 4.0;
/// Maximum factor by which anomalies are widened then.
const WIDENING: f64 = 2.0;

/// Number of members per unknown of one point, and the least and the largest number of members.
const PER_UNKNOWN: usize = 5;
const FEWEST: usize = 48;
const MOST: usize = 400;

/// Number of members of a start's ensemble. Small ensembles are quick and good enough, and starts
/// of several sizes fail at different problems.
pub(super) fn size(setting: &Setting, start: usize) -> usize {
    let unknowns = setting.problem.model.dimension() + setting.problem.estimated.len();
    let usual = (PER_UNKNOWN * unknowns).clamp(FEWEST, MOST);
    match start % 4 {
        0 => usual,
        1 => usual / 2,
        2 => 2 * usual,
        _ => usual * 3 / 4,
    }
}

/// Makes a starting path and parameters with an ensemble of `size` members.
pub(super) fn draw(setting: &Setting, size: usize, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let problem = setting.problem;
    let mut path = Vec::with_capacity(problem.path_length());
    let mut filter = EnsembleFilter::new(setting, size, random);
    let sets = problem.state_data().iter().zip(&problem.grid.segments);
    for (number, (set, segment)) in sets.enumerate() {
        // Every data set has states of its own, and goes on with the parameters that the ones
        // before have left.
        filter.begin(number, random);
        for n in 0..segment.points {
            let point = segment.first + n;
            if n > 0 {
                let step = step_of(problem, segment, n - 1);
                filter.propagator.advance(&mut filter.members, step);
                filter.replace_astray(random);
            }
            filter.analyze(set, n, point);
            path.extend_from_slice(&filter.mean[..filter.dimension]);
        }
    }
    let parameters = filter.mean[filter.dimension..].to_vec();
    (path, parameters)
}

/// State of the filter: the ensemble, its mean and anomalies, and working memory.
struct EnsembleFilter<'a> {
    setting: &'a Setting<'a>,
    propagator: Propagator<'a>,
    members: PropagatedMembers,
    size: usize,
    dimension: usize,
    /// Mean of the ensemble: states, then estimated parameters.
    mean: Vec<f64>,
    /// Anomalies, members x (states + estimated parameters).
    anomalies: Vec<f64>,
    /// Covariance of the measurement errors, if it is full.
    noise: Option<DMatrix<f64>>,
    scratch: Scratch,
    observables: Vec<f64>,
    inputs: Vec<f64>,
    /// Predicted measurements, members x measured; then their anomalies.
    seen: Vec<f64>,
    /// Covariance of the innovations, measured x measured.
    covariance: Vec<f64>,
    /// Covariance of measurements and unknowns, measured x (states + parameters); then the gain.
    cross: Vec<f64>,
}

impl<'a> EnsembleFilter<'a> {
    fn new(setting: &'a Setting<'a>, size: usize, random: &mut Random) -> Self {
        let (problem, options) = (setting.problem, setting.options);
        let model = &*problem.model;
        let dimension = model.dimension();
        let mut parameters = problem.parameters.repeat(size);
        for row in parameters.chunks_exact_mut(problem.parameters.len().max(1)) {
            for (&index, name) in problem.estimated.iter().zip(problem.estimated()) {
                row[index] = random.uniform(options.estimate[name].range());
            }
        }
        let width = dimension + problem.estimated.len();
        EnsembleFilter {
            setting,
            propagator: Propagator::new(model, size),
            members: PropagatedMembers {
                states: vec![0.0; size * dimension],
                parameters,
            },
            size,
            dimension,
            mean: vec![0.0; width],
            anomalies: vec![0.0; size * width],
            noise: problem
                .state_precision(&options.measurement_precision)
                .covariance()
                .map(|unit| unit * problem.law().moments(0.0, 1.0).variance),
            scratch: Scratch::default(),
            observables: vec![0.0; size * model.observables().len()],
            inputs: Vec::new(),
            seen: Vec::new(),
            covariance: Vec::new(),
            cross: Vec::new(),
        }
    }

    fn begin(&mut self, set: usize, random: &mut Random) {
        let estimated = &self.setting.problem.estimated;
        let own = self.members.parameters.len() / self.size;
        let states = self.members.states.chunks_exact_mut(self.dimension);
        for (m, state) in states.enumerate() {
            let parameters = &self.members.parameters[m * own..(m + 1) * own];
            let parameters: Vec<f64> = estimated.iter().map(|&p| parameters[p]).collect();
            self.setting
                .draw_first_state(set, &parameters, random, state);
        }
    }

    /// Replaces members that have gone astray by others or, where there are none, by new ones.
    fn replace_astray(&mut self, random: &mut Random) {
        let dimension = self.dimension;
        let states = &mut self.members.states;
        let rows = states.chunks_exact(dimension);
        let bad: Vec<bool> = rows.map(|row| self.setting.is_astray(row)).collect();
        let good: Vec<usize> = (0..self.size).filter(|&m| !bad[m]).collect();
        let parameters = self.members.parameters.len() / self.size;
        for m in (0..self.size).filter(|&m| bad[m]) {
            if good.is_empty() {
                let state = &mut states[m * dimension..(m + 1) * dimension];
                self.setting.draw_state(random, state);
                continue;
            }
            let chosen = random.uniform([0.0, good.len() as f64]) as usize;
            let from = good[chosen.min(good.len() - 1)];
            states.copy_within(from * dimension..(from + 1) * dimension, m * dimension);
            let own = &mut self.members.parameters;
            own.copy_within(from * parameters..(from + 1) * parameters, m * parameters);
        }
    }

    /// Analysis step: moves the ensemble towards the measurements at a point.
    fn analyze(&mut self, set: &Observations, n: usize, point: usize) {
        self.split();
        let width = set.observed.len();
        let values = &set.values[n * width..(n + 1) * width];
        let present: Vec<usize> = (0..width).filter(|&l| !values[l].is_nan()).collect();
        if present.is_empty() {
            return;
        }
        self.observe(set, &present, point);
        let (problem, options) = (self.setting.problem, self.setting.options);
        let (law, precision) = (
            problem.law(),
            problem.state_precision(&options.measurement_precision),
        );
        // A filter that is told too little noise follows that of the data.
        let ratio = self.setting.scatter_ratio;
        let predicted = self.center(present.len()).into_iter().zip(&present);
        let expected: Vec<LossMoments> = predicted
            .map(|(mean, &l)| law.moments(mean, precision.weight(point, l) / ratio))
            .collect();
        let pairs = expected.iter().zip(&present);
        let innovation: Vec<f64> = pairs.map(|(one, &l)| values[l] - one.mean).collect();
        if !innovation.iter().all(|d| d.abs() < HUGE) {
            return;
        }
        self.covariances(&present, &expected);
        let size = present.len();
        if !factor(&mut self.covariance, size) {
            return;
        }
        let mut weights = innovation.clone();
        solve(&self.covariance, size, &mut weights);
        let chi_square: f64 = innovation.iter().zip(&weights).map(|(d, w)| d * w).sum();
        let width = self.mean.len();
        // What is known of the first state is no less known for a datum that contradicts it.
        let known = n == 0 && knows_first(self.setting.problem, self.setting.options);
        if !known && chi_square > LOST * size as f64 {
            let factor = (chi_square / (LOST * size as f64)).sqrt().min(WIDENING);
            self.anomalies.iter_mut().for_each(|a| *a *= factor);
        }
        for (weight, cross) in weights.iter().zip(self.cross.chunks_exact(width)) {
            for (mean, c) in self.mean.iter_mut().zip(cross) {
                *mean += weight * c;
            }
        }
        // Half the gain for the anomalies gives them the variance that a filter with perturbed
        // measurements would leave.
        let mut column = vec![0.0; size];
        for z in 0..width {
            for (l, value) in column.iter_mut().enumerate() {
                *value = 0.5 * self.cross[l * width + z];
            }
            solve(&self.covariance, size, &mut column);
            for (l, value) in column.iter().enumerate() {
                self.cross[l * width + z] = *value;
            }
        }
        let members = self.anomalies.chunks_exact_mut(width);
        for (anomaly, seen) in members.zip(self.seen.chunks_exact(size)) {
            for (&seen, gain) in seen.iter().zip(self.cross.chunks_exact(width)) {
                for (a, g) in anomaly.iter_mut().zip(gain) {
                    *a -= seen * g;
                }
            }
        }
        self.join();
    }

    /// Splits the members into mean and anomalies.
    fn split(&mut self) {
        let width = self.mean.len();
        let own = self.members.parameters.len() / self.size;
        let estimated = &self.setting.problem.estimated;
        self.mean.fill(0.0);
        for (m, row) in self.anomalies.chunks_exact_mut(width).enumerate() {
            let (states, parameters) = row.split_at_mut(self.dimension);
            states.copy_from_slice(&self.members.states[m * self.dimension..][..self.dimension]);
            for (to, &index) in parameters.iter_mut().zip(estimated) {
                *to = self.members.parameters[m * own + index];
            }
            for (mean, value) in self.mean.iter_mut().zip(&*row) {
                *mean += value;
            }
        }
        let share = 1.0 / self.size as f64;
        self.mean.iter_mut().for_each(|mean| *mean *= share);
        for row in self.anomalies.chunks_exact_mut(width) {
            for (a, mean) in row.iter_mut().zip(&self.mean) {
                *a -= mean;
            }
        }
    }

    /// Joins mean and anomalies to members, within bounds.
    fn join(&mut self) {
        let width = self.mean.len();
        let own = self.members.parameters.len() / self.size;
        let problem = self.setting.problem;
        self.setting.clip_state(&mut self.mean[..self.dimension]);
        let path = problem.path_length();
        let (start, end) = (path, path + problem.estimated.len());
        self.setting
            .clip(start, end, &mut self.mean[self.dimension..]);
        let mut row = vec![0.0; width];
        for (m, anomaly) in self.anomalies.chunks_exact(width).enumerate() {
            for (to, (mean, a)) in row.iter_mut().zip(self.mean.iter().zip(anomaly)) {
                *to = mean + a;
            }
            let (states, parameters) = row.split_at_mut(self.dimension);
            self.setting.clip_state(states);
            self.setting.clip(start, end, parameters);
            self.members.states[m * self.dimension..][..self.dimension].copy_from_slice(states);
            for (&value, &index) in parameters.iter().zip(&problem.estimated) {
                self.members.parameters[m * own + index] = value;
            }
        }
    }

    /// Writes the predicted measurements of every member to `seen`.
    fn observe(&mut self, set: &Observations, present: &[usize], point: usize) {
        let problem = self.setting.problem;
        let functions = problem.model.observables().len();
        let indirect = present.iter().any(|&l| set.observed[l] >= self.dimension);
        if let (true, Some(function)) = (indirect, problem.model.observation()) {
            let own = self.members.parameters.len() / self.size;
            let width = problem.grid.width;
            let given = &problem.grid.points.inputs[point * width..(point + 1) * width];
            self.inputs.clear();
            for m in 0..self.size {
                self.inputs.extend_from_slice(given);
                let parameters = &self.members.parameters[m * own..(m + 1) * own];
                self.inputs.extend_from_slice(parameters);
            }
            let times = vec![problem.grid.points.times[point]; self.size];
            let at = Points {
                states: &self.members.states,
                parameters: &[],
                inputs: &self.inputs,
                times: &times,
            };
            function.evaluate_each(&mut self.scratch, at, &mut self.observables);
        }
        self.seen.clear();
        for m in 0..self.size {
            for &l in present {
                let value = match set.observed[l].checked_sub(self.dimension) {
                    None => self.members.states[m * self.dimension + set.observed[l]],
                    Some(k) => self.observables[m * functions + k],
                };
                self.seen.push(value);
            }
        }
    }

    /// Subtracts the mean from `seen` and returns it.
    fn center(&mut self, size: usize) -> Vec<f64> {
        let mut mean = vec![0.0; size];
        for row in self.seen.chunks_exact(size) {
            for (mean, value) in mean.iter_mut().zip(row) {
                *mean += value;
            }
        }
        let share = 1.0 / self.size as f64;
        mean.iter_mut().for_each(|mean| *mean *= share);
        for row in self.seen.chunks_exact_mut(size) {
            for (value, mean) in row.iter_mut().zip(&mean) {
                *value -= mean;
            }
        }
        mean
    }

    /// Computes the covariances of the predicted measurements, with themselves (and the noise) and
    /// with all unknowns.
    fn covariances(&mut self, present: &[usize], expected: &[LossMoments]) {
        let (size, width) = (present.len(), self.mean.len());
        self.covariance.clear();
        self.covariance.resize(size * size, 0.0);
        self.cross.clear();
        self.cross.resize(size * width, 0.0);
        let members = self.anomalies.chunks_exact(width);
        for (anomaly, seen) in members.zip(self.seen.chunks_exact(size)) {
            for (l, &s) in seen.iter().enumerate() {
                let row = &mut self.covariance[l * size..(l + 1) * size];
                row.iter_mut().zip(seen).for_each(|(c, t)| *c += s * t);
                let row = &mut self.cross[l * width..(l + 1) * width];
                row.iter_mut().zip(anomaly).for_each(|(c, a)| *c += s * a);
            }
        }
        let share = 1.0 / (self.size.max(2) - 1) as f64;
        self.covariance.iter_mut().for_each(|c| *c *= share);
        self.cross.iter_mut().for_each(|c| *c *= share);
        for (i, &l) in present.iter().enumerate() {
            match &self.noise {
                None => self.covariance[i * size + i] += expected[i].variance,
                Some(noise) => {
                    for (j, &k) in present.iter().enumerate() {
                        self.covariance[i * size + j] += noise[(l, k)];
                    }
                }
            }
        }
    }
}

/// Size beyond which numbers count as infinite: their squares are still finite.
pub(super) const HUGE: f64 = 1e100;

/// Replaces the lower triangle by its Cholesky factor. Returns false if the matrix is not positive
/// definite.
fn factor(a: &mut [f64], size: usize) -> bool {
    for j in 0..size {
        for i in j..size {
            let mut sum = a[i * size + j];
            for k in 0..j {
                sum -= a[i * size + k] * a[j * size + k];
            }
            if i > j {
                a[i * size + j] = sum / a[j * size + j];
            } else if sum > 0.0 && sum.is_finite() {
                a[j * size + j] = sum.sqrt();
            } else {
                return false;
            }
        }
    }
    true
}

fn solve(factor: &[f64], size: usize, x: &mut [f64]) {
    for i in 0..size {
        let mut sum = x[i];
        for k in 0..i {
            sum -= factor[i * size + k] * x[k];
        }
        x[i] = sum / factor[i * size + i];
    }
    for i in (0..size).rev() {
        let mut sum = x[i];
        for k in i + 1..size {
            sum -= factor[k * size + i] * x[k];
        }
        x[i] = sum / factor[i * size + i];
    }
}

#[cfg(test)]
mod tests {
    use super::{factor, solve};

    #[test]
    fn a_small_system_is_solved() {
        let mut a = [4.0, 2.0, 2.0, 3.0];
        assert!(factor(&mut a, 2));
        let mut x = [10.0, 9.0];
        solve(&a, 2, &mut x);
        assert!((x[0] - 1.5).abs() < 1e-14 && (x[1] - 2.0).abs() < 1e-14);
        assert!(!factor(&mut [1.0, 2.0, 2.0, 1.0], 2));
    }
}
