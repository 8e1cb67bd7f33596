//! Sizes of states of which nothing is said.

use super::{finite_bounds, from_rates, given_range, known_values, measured};
use crate::action::Problem;
use crate::anneal::AnnealOptions;
use crate::model::Coordinate;

/// Values of states of which the model, the data and the options say nothing, and which rest at
/// zero if they are integrated from there: from the range that is given, else from measured
/// observables and the rates of measured states. Positive states of which none of these tells are
/// as large as the others. They are empty for all other states.
pub(super) fn values_of_silent_states(
    problem: &Problem,
    options: &AnnealOptions,
    trajectories: &[Vec<f64>],
) -> Vec<Vec<f64>> {
    let dimension = problem.model.dimension();
    let own = dimension - problem.varying.len();
    let begin = problem.model.initial_state();
    let is_linear = |a: usize| problem.state_coordinate(a) == Coordinate::Linear;
    let rests = |a: usize| {
        let mut samples = trajectories
            .iter()
            .flat_map(|s| s.iter().skip(a).step_by(dimension));
        let is_unsaid = begin[a] == f64::NEG_INFINITY;
        is_unsaid || begin[a] == 0.0 && is_linear(a) && samples.all(|&x| x == 0.0)
    };
    let silent: Vec<bool> = (0..dimension)
        .map(|a| {
            let is_measured = measured(problem, a).next().is_some();
            a < own && !is_measured && rests(a) && known_values(problem, options, a).is_empty()
        })
        .collect();
    if !silent.contains(&true) {
        return vec![Vec::new(); dimension];
    }
    let given = |a| given_range(problem, options, a).or_else(|| finite_bounds(problem, a));
    let ranges: Vec<Option<[f64; 2]>> = (0..dimension)
        .map(|a| given(a).filter(|_| silent[a]))
        .collect();
    let mut begin = begin.to_vec();
    for (x, [low, high]) in begin
        .iter_mut()
        .zip(&ranges)
        .filter_map(|(x, r)| Some((x, (*r)?)))
    {
        *x = low + 0.5 * (high - low);
    }
    let open: Vec<bool> = (0..dimension)
        .map(|a| silent[a] && ranges[a].is_none())
        .collect();
    let mut values = from_rates::values(problem, &begin, &middles(problem, options), &open);
    for (values, range) in values.iter_mut().zip(&ranges) {
        values.extend(range.iter().flatten());
    }
    for a in (0..dimension).filter(|&a| silent[a] && !is_linear(a)) {
        if values[a].is_empty() {
            values[a].push(usual_logarithm(problem));
        }
    }
    values
}

/// Mean logarithm of the measured positive states; 0 where none is measured.
fn usual_logarithm(problem: &Problem) -> f64 {
    let states = 0..problem.model.dimension();
    let positive = states.filter(|&a| problem.state_coordinate(a) != Coordinate::Linear);
    let values = positive.flat_map(|a| measured(problem, a));
    let (sum, count) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    sum / f64::max(count, 1.0)
}

/// Values of all parameters, with the middles of their initial ranges for those estimated.
pub(super) fn middles(problem: &Problem, options: &AnnealOptions) -> Vec<f64> {
    let mut parameters = problem.parameters.clone();
    for (&index, name) in problem.estimated.iter().zip(problem.estimated()) {
        let [low, high] = options.estimate[name].range();
        parameters[index] = low + 0.5 * (high - low);
    }
    parameters
}
