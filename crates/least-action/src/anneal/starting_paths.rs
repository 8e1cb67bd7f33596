//! Where ladders are climbed from.

use super::options::{AnnealOptions, ObservedStart};
use crate::action::{Observations, Problem};
use crate::random::Random;

/// A path and estimated parameters, drawn for starting path number `start`. The same seed and number give the same bits, whatever else runs.
pub(super) fn draw(
    problem: &Problem,
    options: &AnnealOptions,
    start: usize,
) -> (Vec<f64>, Vec<f64>) {
    // Stream 0 is the twin's: with equal seeds a starting path must not be made of the data's own noise.
    let mut random = Random::new(options.starting_paths.seed, start as u64 + 1);
    let parameters = problem
        .estimated()
        .map(|name| random.uniform(options.estimate[name].initial))
        .collect();
    let mut path: Vec<f64> = (0..problem.path_length())
        .map(|_| random.uniform(options.starting_paths.range))
        .collect();
    if options.starting_paths.observed == ObservedStart::Data {
        let dimension = problem.model.dimension();
        let mut rest = &mut path[..];
        for data in problem.data() {
            let (own, others) = rest.split_at_mut(data.points * dimension);
            start_at_data(own, data, dimension);
            rest = others;
        }
    }
    start_varying(&mut path, problem, options, &mut random);
    (path, parameters)
}

/// Parameters that change in time begin as constants, drawn like the others.
fn start_varying(
    path: &mut [f64],
    problem: &Problem,
    options: &AnnealOptions,
    random: &mut Random,
) {
    let dimension = problem.model.dimension();
    for varying in &problem.varying {
        let name = &problem.model.states()[varying.component];
        let value = random.uniform(options.estimate[name].initial);
        let values = path[varying.component..].iter_mut();
        values.step_by(dimension).for_each(|x| *x = value);
    }
}

fn start_at_data(path: &mut [f64], data: &Observations, dimension: usize) {
    let observed = data.observed.iter().enumerate();
    // What is observed through a function of the state says nothing of a single component.
    for (l, &component) in observed.filter(|(_, &c)| c < dimension) {
        let series: Vec<f64> = data.column(l).collect();
        for (row, value) in path.chunks_exact_mut(dimension).zip(bridged(&series)) {
            row[component] = value;
        }
    }
}

/// The series with straight lines across its gaps, and the nearest value before the first and after the last measurement.
fn bridged(series: &[f64]) -> Vec<f64> {
    let measured: Vec<usize> = (0..series.len()).filter(|&n| !series[n].is_nan()).collect();
    let mut next = 0;
    (0..series.len())
        .map(|n| {
            while next < measured.len() && measured[next] < n {
                next += 1;
            }
            let after = measured.get(next).copied();
            let before = next.checked_sub(1).map(|i| measured[i]);
            match (before, after) {
                (_, Some(b)) if b == n => series[n],
                (Some(a), Some(b)) => {
                    let share = (n - a) as f64 / (b - a) as f64;
                    series[a] + share * (series[b] - series[a])
                }
                (Some(only), None) | (None, Some(only)) => series[only],
                (None, None) => f64::NAN,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::bridged;

    #[test]
    fn gaps_are_bridged_by_straight_lines() {
        let nan = f64::NAN;
        assert_eq!(
            bridged(&[nan, 1.0, nan, nan, 4.0, 6.0, nan]),
            [1.0, 1.0, 2.0, 3.0, 4.0, 6.0, 6.0]
        );
        assert_eq!(bridged(&[2.0]), [2.0]);
    }
}
