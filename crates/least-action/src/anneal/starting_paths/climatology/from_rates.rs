//! Values of states of which nothing is said, from observables and from the rates of change of
//! states that are measured.
//!
//! A rate `dx_b/dt = F_b(x)` that data show is an equation for the states in it that are not
//! measured. A step of Newton's method from zero solves it in the state that is looked for: exactly
//! where F_b is linear in that state, as in laws of mass action; so it does for a positive state,
//! although the model is one in logarithms. The values are good enough to say how large the state
//! is, in whatever unit, and where an integration may begin.

use super::from_observables::{Seen, Solver};
use crate::action::{Observations, Problem};
use crate::model::{Coordinate, ModelKind, Points, Scratch};

/// Number of windows that a data set is cut into.
const WINDOWS: usize = 8;
/// Maximum number of data sets that are looked at.
const MOST_SETS: usize = 8;
/// Share of the largest information that a window must have for its value to count.
const LEAST_SHARE: f64 = 0.1;
/// Logarithm of a positive state that is next to nothing, and yet a number.
const NOTHING: f64 = -200.0;

/// States at the middles of all windows, with the rates that are known there.
struct Windows {
    dimension: usize,
    states: Vec<f64>,
    inputs: Vec<f64>,
    times: Vec<f64>,
    /// Rates of change of flows and next states of maps, windows x states; NaN where unknown.
    rates: Vec<f64>,
    /// Number of the data set of each window.
    sets: Vec<usize>,
    /// Numbers of measured observables with their means, by window.
    seen: Vec<Vec<(usize, f64)>>,
}

/// Values of each state that is `open`, in the order of time; empty where the data do not tell.
/// `begin` has values of the states that are not measured, and `parameters` are all of the model's.
pub(super) fn values(
    problem: &Problem,
    begin: &[f64],
    parameters: &[f64],
    open: &[bool],
) -> Vec<Vec<f64>> {
    let mut begin = begin.to_vec();
    for (a, x) in begin.iter_mut().enumerate() {
        if open[a] && problem.state_coordinate(a) != Coordinate::Linear {
            *x = NOTHING;
        }
    }
    let mut windows = Windows::new(problem, &begin);
    let mut found = vec![Vec::new(); open.len()];
    for (a, values) in windows
        .observe(problem, parameters, open)
        .into_iter()
        .enumerate()
    {
        if values.iter().any(|value| value.is_finite()) {
            windows.set(a, &values);
            found[a] = values.into_iter().filter(|v| v.is_finite()).collect();
        }
    }
    // Each round may give the rate of a state that another one is then found from.
    for _ in 0..open.len() {
        let solved = windows.solve(problem, parameters, open, &found);
        let mut any = false;
        for (a, values) in solved.into_iter().enumerate() {
            if let Some(values) = values {
                windows.set(a, &values);
                found[a] = values.into_iter().filter(|v| v.is_finite()).collect();
                any = true;
            }
        }
        if !any {
            break;
        }
    }
    found
}

impl Windows {
    fn new(problem: &Problem, begin: &[f64]) -> Self {
        let dimension = begin.len();
        let mut windows = Windows {
            dimension,
            states: Vec::new(),
            inputs: Vec::new(),
            times: Vec::new(),
            rates: Vec::new(),
            sets: Vec::new(),
            seen: Vec::new(),
        };
        let every = problem.data().len().div_ceil(MOST_SETS);
        for (set, data) in problem.state_data().iter().enumerate().step_by(every) {
            let rows = data.values.chunks_exact(data.observed.len()).enumerate();
            let measured = rows.filter(|(_, row)| row.iter().any(|y| !y.is_nan()));
            let measured: Vec<usize> = measured.map(|(n, _)| n).collect();
            let steps = measured.len().saturating_sub(1);
            let count = steps.min(WINDOWS);
            if let (0, Some(&only)) = (count, measured.first()) {
                windows.add(problem, set, [only, only], begin);
            }
            for k in 0..count {
                let first = measured[k * steps / count];
                let last = match problem.model.kind() {
                    ModelKind::Flow => measured[(k + 1) * steps / count],
                    ModelKind::Map => (first + 1).min(data.points - 1),
                };
                windows.add(problem, set, [first, last], begin);
            }
        }
        windows
    }

    /// Adds the window between two points of a data set.
    fn add(&mut self, problem: &Problem, set: usize, [first, last]: [usize; 2], begin: &[f64]) {
        let data = &problem.state_data()[set];
        let is_map = problem.model.kind() == ModelKind::Map;
        let middle = if is_map { first } else { (first + last) / 2 };
        let width = problem.grid.width;
        let point = problem.grid.segments[set].first + middle;
        self.times.push(problem.time(point));
        let inputs = &problem.grid.points.inputs[point * width..][..width];
        self.inputs.extend_from_slice(inputs);
        self.sets.push(set);
        let mut state = begin.to_vec();
        let mut rates = vec![f64::NAN; self.dimension];
        let jumps = data.jumps.iter().filter(|jump| !jump.events.is_empty());
        // Across an event, differences of states are no rates.
        let is_smooth = jumps
            .map(|jump| jump.point)
            .all(|point| point < first || point >= last);
        for b in data.components().filter(|&b| b < self.dimension) {
            if first == last {
                // A single datum has no rate.
                state[b] = data.mean_at(b, first);
            } else if is_map {
                state[b] = data.mean_at(b, first);
                if is_smooth {
                    rates[b] = data.mean_at(b, last);
                }
            } else if let Some((mean, slope)) = line(data, b, first, last) {
                state[b] = mean;
                if is_smooth {
                    rates[b] = slope;
                }
            } else {
                state[b] = f64::NAN;
            }
        }
        self.states.extend(state);
        self.rates.extend(rates);
        let width = data.observed.len();
        let columns = data.observed.iter().enumerate();
        let seen = columns.filter_map(|(l, &column)| {
            let k = column.checked_sub(self.dimension)?;
            let own = (first..=last).map(|n| data.values[n * width + l]);
            let (sum, count) = own
                .filter(|y| !y.is_nan())
                .fold((0.0, 0.0), |(sum, count), y| (sum + y, count + 1.0));
            (count > 0.0).then_some((k, sum / count))
        });
        self.seen.push(seen.collect());
    }

    /// Values of open states that measured observables give, one per window and NaN where they do
    /// not tell; empty for states that they do not depend on.
    fn observe(&self, problem: &Problem, parameters: &[f64], open: &[bool]) -> Vec<Vec<f64>> {
        let mut found = vec![Vec::new(); open.len()];
        let Some(mut solver) = Solver::new(problem, parameters) else {
            return found;
        };
        let (d, width) = (self.dimension, problem.grid.width);
        let size = |k: usize| {
            let own = self.seen.iter().flatten().filter(|(other, _)| *other == k);
            let most = own.fold(0.0f64, |most, (_, y)| most.max(y.abs()));
            if most > 0.0 {
                most
            } else {
                1.0
            }
        };
        let mut guess: Option<(Vec<usize>, Vec<f64>)> = None;
        for (k, values) in self.seen.iter().enumerate() {
            let unknowns = solver.unknowns(values, open);
            if unknowns.is_empty() {
                continue;
            }
            let sizes: Vec<f64> = values.iter().map(|&(k, _)| size(k)).collect();
            let seen = Seen {
                states: &self.states[k * d..(k + 1) * d],
                inputs: &self.inputs[k * width..(k + 1) * width],
                time: self.times[k],
                values,
                sizes: &sizes,
            };
            let before = guess.as_ref().filter(|(of, _)| *of == unknowns);
            let before = before.map(|(_, values)| &values[..]);
            if let Some(solution) = solver.solve(&seen, &unknowns, before) {
                for (&a, &value) in unknowns.iter().zip(&solution) {
                    found[a].resize(self.times.len(), f64::NAN);
                    found[a][k] = value;
                }
                guess = Some((unknowns, solution));
            }
        }
        found
    }

    /// Values of open states that are not found yet, one per window and NaN where it does not tell;
    /// `None` for a state of which no window tells.
    fn solve(
        &self,
        problem: &Problem,
        parameters: &[f64],
        open: &[bool],
        found: &[Vec<f64>],
    ) -> Vec<Option<Vec<f64>>> {
        let model = &*problem.model;
        let sparsity = model.jacobian_sparsity();
        let count = self.times.len();
        let at = Points {
            states: &self.states,
            parameters,
            inputs: &self.inputs,
            times: &self.times,
        };
        let mut scratch = Scratch::default();
        let mut slopes = vec![0.0; count * self.dimension];
        model.evaluate(&mut scratch, at, &mut slopes);
        let mut jacobian = vec![0.0; count * sparsity.entries()];
        model.jacobian(&mut scratch, at, &mut jacobian);
        let one = |a: usize| {
            let (mut values, mut information) = (vec![0.0; count], vec![0.0; count]);
            for b in 0..self.dimension {
                let Some((entry, _)) = sparsity.row(b).find(|&(_, column)| column == a) else {
                    continue;
                };
                let size = self.size_of_rate(b);
                for k in 0..count {
                    let slope = jacobian[k * sparsity.entries() + entry];
                    let missing =
                        self.rates[k * self.dimension + b] - slopes[k * self.dimension + b];
                    let weight = (slope / size) * (slope / size);
                    let value = weight * (missing / slope);
                    if value.is_finite() && weight > 0.0 {
                        values[k] += value;
                        information[k] += weight;
                    }
                }
            }
            let most = information.iter().fold(0.0f64, |most, &one| most.max(one));
            let own = self.states[a];
            let moved = |step: f64| match problem.state_coordinate(a) {
                Coordinate::Linear => own + step,
                // Newton's step of the state itself, as a share of it.
                _ => own + libm::log(1.0 + step),
            };
            let each = values.iter().zip(&information);
            let values = each.map(|(value, &weight)| match weight >= LEAST_SHARE * most {
                true => moved(value / weight),
                false => f64::NAN,
            });
            let values: Vec<f64> = values.collect();
            let tells = most > 0.0 && most.is_finite() && values.iter().any(|v| v.is_finite());
            tells.then_some(values)
        };
        let is_wanted = |a: usize| open[a] && found[a].is_empty();
        (0..self.dimension)
            .map(|a| is_wanted(a).then(|| one(a)).flatten())
            .collect()
    }

    /// Root mean square of the known rates of a state; 1 where they vanish.
    fn size_of_rate(&self, b: usize) -> f64 {
        let rates = self.rates.iter().skip(b).step_by(self.dimension);
        let known = rates.filter(|rate| !rate.is_nan());
        let (sum, count) = known.fold((0.0, 0.0), |(sum, n), rate| (sum + rate * rate, n + 1.0));
        match sum > 0.0 {
            true => f64::sqrt(sum / count),
            false => 1.0,
        }
    }

    /// Writes the values of a state, the nearest one where a window has none, and its rates.
    fn set(&mut self, a: usize, values: &[f64]) {
        let filled = |k: usize| {
            let near = (0..values.len()).filter(|&j| !values[j].is_nan());
            near.min_by_key(|&j| j.abs_diff(k)).map(|j| values[j])
        };
        for k in 0..values.len() {
            self.states[k * self.dimension + a] = filled(k).unwrap_or_default();
        }
        for k in 1..values.len() {
            if self.sets[k] == self.sets[k - 1] {
                let time = self.times[k] - self.times[k - 1];
                self.rates[k * self.dimension + a] = (values[k] - values[k - 1]) / time;
            }
        }
    }
}

/// Mean and slope of the least-squares line through a component between two points, both included;
/// `None` if it is measured at fewer than two.
fn line(data: &Observations, component: usize, first: usize, last: usize) -> Option<(f64, f64)> {
    let all = (first..=last).map(|n| (data.time(n), data.mean_at(component, n)));
    let present: Vec<(f64, f64)> = all.filter(|(_, y)| !y.is_nan()).collect();
    if present.len() < 2 {
        return None;
    }
    let count = present.len() as f64;
    let time = present.iter().map(|(t, _)| t).sum::<f64>() / count;
    let mean = present.iter().map(|(_, y)| y).sum::<f64>() / count;
    let cross: f64 = present.iter().map(|(t, y)| (t - time) * (y - mean)).sum();
    let square: f64 = present.iter().map(|(t, _)| (t - time) * (t - time)).sum();
    Some((mean, cross / square))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::action::ActionOptions;
    use crate::model::ModelBuilder;

    /// Rates of an epidemic with latent cases: susceptible, latent and infectious shares.
    fn rates(x: &[f64]) -> [f64; 3] {
        let (infection, onset) = (1.5 * x[0] * x[2], 0.8 * x[1]);
        [-infection, infection - onset, onset - 0.4 * x[2]]
    }

    /// States by small steps of Euler's method: susceptible, latent, infectious, step by step.
    fn truth(step: f64, points: usize) -> Vec<[f64; 3]> {
        let mut state = [0.95, 0.02, 0.01];
        let mut all = vec![state];
        for _ in 1..points {
            for _ in 0..1000 {
                let rates = rates(&state);
                for (x, rate) in state.iter_mut().zip(rates) {
                    *x += step / 1000.0 * rate;
                }
            }
            all.push(state);
        }
        all
    }

    #[test]
    fn rates_of_measured_states_tell_of_the_others_in_any_unit() {
        let (step, points) = (0.5, 61);
        let truth = truth(step, points);
        for unit in [1.0, 1e6, 1e-6] {
            let model = ModelBuilder::new("epidemic")
                .states(["S", "E", "I"])
                .flow(move |x, _| {
                    let infection = 1.5 / unit * x[0] * x[2];
                    let onset = 0.8 * x[1];
                    vec![-infection, infection - onset, onset - 0.4 * x[2]]
                })
                .unwrap();
            let data = Observations {
                time_step: step,
                points,
                observed: vec![2],
                values: truth.iter().map(|x| unit * x[2]).collect(),
                ..Observations::default()
            };
            let problem = Problem::new(Arc::new(model), data, &ActionOptions::default()).unwrap();
            let found = values(&problem, &[0.0; 3], &[], &[true, true, false]);
            assert!(found[2].is_empty());
            for a in [0, 1] {
                let most = truth.iter().map(|x| unit * x[a]).fold(0.0, f64::max);
                let largest = found[a].iter().fold(0.0f64, |most, x| most.max(x.abs()));
                assert!(
                    0.3 * most < largest && largest < 1.5 * most,
                    "{unit} {a}: {most} {:?}",
                    found[a]
                );
            }
        }
    }

    #[test]
    fn maps_tell_by_their_next_states() {
        let model = ModelBuilder::new("map")
            .states(["x", "y"])
            .map(|x, _| vec![0.5 * x[0] + x[1], x[1]])
            .unwrap();
        let series = std::iter::successors(Some(1.0), |x| Some(0.5 * x + 300.0));
        let data = Observations {
            time_step: 1.0,
            points: 10,
            observed: vec![0],
            values: series.take(10).collect(),
            ..Observations::default()
        };
        let problem = Problem::new(Arc::new(model), data, &ActionOptions::default()).unwrap();
        let found = values(&problem, &[0.0; 2], &[], &[false, true]);
        assert!(
            found[1].iter().all(|y| (y - 300.0).abs() < 1e-9),
            "{found:?}"
        );
    }
}
