//! Directions that data and priors leave entirely free: their words, and what is known of the rest.

use least_action::model::{EquationModel, ModelBuilder};
use least_action::statistics::Identifiability;
use least_action::{ActionOptions, Discretization, Error};

use super::*;

const POINTS: usize = 21;

/// `n' = -(k1 + w k2) n + c`, of which the data know the rate alone.
fn rate(w: f64) -> EquationModel {
    ModelBuilder::new("rate")
        .states(["n"])
        .parameter("k1", 0.5, "")
        .parameter("k2", 0.5, "")
        .parameter("c", 0.0, "")
        .flow(move |x, p| vec![p[2] - (p[0] + w * p[1]) * x[0]])
        .unwrap()
}

fn falling() -> Vec<f64> {
    let noise = numbers(POINTS, 5, 0.01);
    (0..POINTS)
        .map(|n| (-0.1 * n as f64).exp() + noise[n])
        .collect()
}

fn options(estimate: &[&str]) -> ActionOptions {
    ActionOptions {
        discretization: Some(Discretization::Rk4),
        measurement_precision: 1e4.into(),
        estimate: estimate.iter().map(|name| name.to_string()).collect(),
        ..ActionOptions::default()
    }
}

fn direction_of(posterior: &Posterior, start: &[f64]) -> (String, String) {
    match Laplace::new(posterior, start, LaplaceOptions::default()) {
        Err(Error::Undetermined {
            direction, remedy, ..
        }) => (direction, remedy),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("a free direction passed"),
    }
}

#[test]
fn a_free_combination_is_named_in_the_units_of_its_parameters() {
    for w in [1.0, 2.0, 100.0, -100.0, 0.02] {
        for precision in [1e4, 1e6, 1e9] {
            // Wherever on the ridge the minimum is, as long as both are of one size.
            for k2 in [0.011, 0.009] {
                let data = observations(POINTS, 0.1, vec![0], falling());
                let found = posterior(rate(w), data, &options(&["k1", "k2"]), precision);
                let start = [&[1.0; POINTS][..], &[0.01, k2]].concat();
                let (direction, remedy) = direction_of(&found, &start);
                let options = LaplaceOptions::default();
                let known = Identifiability::new(&found, &start, options).unwrap();
                let [k1, k2] = [known.units[0], known.units[1]];
                // The part that is longest beside its size comes first.
                let expected = if 1.0 / k1 >= 1.0 / w.abs() / k2 {
                    words_from(w, true)
                } else {
                    words_from(w, false)
                };
                assert_eq!(direction, expected, "{w} {k1} {k2} {precision}");
                assert!(remedy.contains(" up by 1 with "), "{remedy}");
                // One axis is free, the other known as well as the rate is.
                let [free, rate] = &known.directions[..] else {
                    panic!("{known:?}")
                };
                assert_eq!((free.deviation, free.free), (f64::INFINITY, true));
                assert_eq!(free.words, expected);
                assert!(rate.deviation.is_finite() && !rate.free, "{known:?}");
                let parts: Vec<f64> = free
                    .parts
                    .iter()
                    .zip([k1, k2])
                    .map(|(p, u)| p * u)
                    .collect();
                assert!(
                    (parts[0] + w * parts[1]).abs() < 1e-6 * parts[0].abs(),
                    "{parts:?}"
                );
            }
        }
    }
}

/// Words for the free direction of `k1 + w k2`, led by k1 or by k2.
fn words_from(w: f64, first: bool) -> String {
    let sign = if w > 0.0 { "-" } else { "+" };
    let factor = if first { 1.0 / w.abs() } else { w.abs() };
    let factor = match factor {
        1.0 => String::new(),
        factor => format!("{factor} "),
    };
    match first {
        true => format!("k1 {sign} {factor}k2"),
        false => format!("k2 {sign} {factor}k1"),
    }
}

#[test]
fn the_known_axis_is_as_wide_as_for_a_known_parameter() {
    let data = || observations(POINTS, 0.1, vec![0], falling());
    let both = posterior(rate(100.0), data(), &options(&["k1", "k2"]), 1e6);
    let start = [&[1.0; POINTS][..], &[0.5, 0.005]].concat();
    let known = Identifiability::new(&both, &start, LaplaceOptions::default()).unwrap();
    // Along the determined axis, the rate k1 + 100 k2 moves by its own deviation.
    let axis = &known.directions[1];
    let moved: Vec<f64> = axis
        .parts
        .iter()
        .zip(&known.units)
        .map(|(p, u)| p * u)
        .collect();
    let by_axis = axis.deviation * (moved[0] + 100.0 * moved[1]).abs();
    let one = ActionOptions {
        parameters: [("k2".to_string(), 0.005)].into(),
        ..options(&["k1"])
    };
    let one = posterior(rate(100.0), data(), &one, 1e6);
    let found = laplace(&one, &start[..POINTS + 1]);
    let deviation = found.deviations()[POINTS];
    assert!(
        (by_axis / deviation - 1.0).abs() < 1e-4,
        "{by_axis} {deviation}"
    );
    // Where nothing is free, both ways give the same axes.
    let regular = Identifiability::new(&one, &start[..POINTS + 1], LaplaceOptions::default());
    assert_eq!(regular.unwrap(), found.identifiability());
}

#[test]
fn several_free_directions_are_told_apart() {
    let model = ModelBuilder::new("two")
        .states(["n"])
        .parameter("k1", 0.5, "")
        .parameter("k2", 0.25, "")
        .parameter("unseen", 2.0, "")
        .parameter("c", 0.1, "")
        .flow(|x, p| vec![p[3] - (p[0] + 2.0 * p[1]) * x[0] + p[2] * 0.0])
        .unwrap();
    let all = ["k1", "k2", "unseen", "c"];
    let data = observations(POINTS, 0.1, vec![0], falling());
    let found = posterior(model, data, &options(&all), 1e6);
    let start = [&[1.0; POINTS][..], &[0.5, 0.25, 2.0, 0.1]].concat();
    let (direction, _) = direction_of(&found, &start);
    let parts: Vec<&str> = direction.split(", or ").collect();
    assert_eq!(parts.len(), 2, "{direction}");
    assert!(parts.contains(&"unseen"), "{direction}");
    assert!(
        parts.contains(&"k1 - 0.5 k2") || parts.contains(&"k2 - 2 k1"),
        "{direction}"
    );
    let known = Identifiability::new(&found, &start, LaplaceOptions::default()).unwrap();
    let deviations: Vec<f64> = known.directions.iter().map(|d| d.deviation).collect();
    assert_eq!(deviations.len(), 4);
    assert!(deviations[..2].iter().all(|d| d.is_infinite()));
    assert!(deviations[2..].iter().all(|d| d.is_finite()) && deviations[2] >= deviations[3]);
}

/// A gain of the measurement and the amount itself: only their product is seen.
#[test]
fn first_states_that_move_along_are_named() {
    let model = ModelBuilder::new("gain")
        .states(["n"])
        .observables(["seen"])
        .parameter("gain", 2.0, "")
        .parameter("k", 1.0, "")
        .flow(|x, p| vec![-p[1] * x[0], p[0] * x[0]])
        .unwrap();
    // One step of the Runge-Kutta scheme, so that data and model agree to rounding.
    let step: f64 = 1.0 - 0.1 + 0.1 * 0.1 / 2.0 - 0.1f64.powi(3) / 6.0 + 0.1f64.powi(4) / 24.0;
    let amount = |n: usize| step.powi(n as i32);
    let values = (0..POINTS).map(amount).collect();
    let data = observations(POINTS, 0.1, vec![1], values);
    let found = posterior(model, data, &options(&["gain", "k"]), 1e6);
    let path = (0..POINTS).map(|n| 0.5 * amount(n));
    let start: Vec<f64> = path.chain([2.0, 1.0]).collect();
    let (direction, remedy) = direction_of(&found, &start);
    assert_eq!(direction, "gain - 0.25 n at time 0");
    assert!(
        remedy.starts_with("gain up by 1 with n at time 0 down by 0.25 fits as well"),
        "{remedy}"
    );
}
