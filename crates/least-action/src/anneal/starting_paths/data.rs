//! Starting paths made of the data, with typical values of components that are not observed.

use super::Setting;
use crate::action::Observations;
use crate::random::Random;

/// Makes a path of the data: observed components as measured, with straight lines across gaps; the
/// others constant near the middle of their ranges, different in every start.
pub(super) fn draw(setting: &Setting, random: &mut Random) -> (Vec<f64>, Vec<f64>) {
    let problem = setting.problem;
    let dimension = problem.model.dimension();
    let parameters = setting.draw_parameters(random);
    let mut path = Vec::with_capacity(problem.path_length());
    for (number, set) in problem.state_data().iter().enumerate() {
        let mut constant: Vec<f64> = (0..dimension)
            .map(|a| {
                let [low, high] = setting.climatology.ranges[a];
                let middle = setting.climatology.middle(a);
                // Where everything is constant and equal, chaos has no seed: the starts must
                // differ.
                middle + SHARE * (random.uniform([low, high]) - middle)
            })
            .collect();
        setting.know_roughly(number, &parameters, &mut constant);
        let first = path.len();
        path.extend(constant.repeat(set.points));
        write_data(&mut path[first..], set, dimension);
    }
    setting.start_varying(random, &mut path);
    (path, parameters)
}

/// Fraction of the range in which the constants of starts differ.
const SHARE: f64 = 0.25;

/// Writes the data into a path with one row per point of the data.
pub(super) fn write_data(path: &mut [f64], data: &Observations, dimension: usize) {
    // Measurements of a function of the state give no value of a single component.
    for component in data.components().filter(|&c| c < dimension) {
        let means = (0..data.points).map(|n| data.mean_at(component, n));
        let series: Vec<f64> = means.collect();
        for (row, value) in path.chunks_exact_mut(dimension).zip(gaps_filled(&series)) {
            row[component] = value;
        }
    }
}

/// Sets components of a first state that are measured to the first of their measurements.
pub(super) fn write_first_data(state: &mut [f64], data: &Observations) {
    let dimension = state.len();
    for component in data.components().filter(|&c| c < dimension) {
        let mut means = (0..data.points).map(|n| data.mean_at(component, n));
        if let Some(first) = means.find(|y| !y.is_nan()) {
            state[component] = first;
        }
    }
}

/// Fills the gaps of a series by straight lines, and repeats the nearest value before the first and
/// after the last measurement.
fn gaps_filled(series: &[f64]) -> Vec<f64> {
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
    use super::gaps_filled;

    #[test]
    fn gaps_are_bridged_by_straight_lines() {
        let nan = f64::NAN;
        assert_eq!(
            gaps_filled(&[nan, 1.0, nan, nan, 4.0, 6.0, nan]),
            [1.0, 1.0, 2.0, 3.0, 4.0, 6.0, 6.0]
        );
        assert_eq!(gaps_filled(&[2.0]), [2.0]);
    }
}
