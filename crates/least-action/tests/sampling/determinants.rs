//! Draws of models whose implicit steps err, against a Kalman filter. Given its rate, decay is
//! linear, so that the path can be integrated out exactly: what is left is a density of one number.

use std::sync::Arc;

use least_action::action::Prior;
use least_action::model::ModelBuilder;
use least_action::solve::Objective;
use least_action::statistics::{Posterior, SamplingOptions};
use least_action::{models, ActionOptions, Discretization, Normalization, Observations, Problem};

use crate::densities::sample;

const POINTS: usize = 41;
const STEP: f64 = 0.2;
const NOISE: f64 = 0.1;
const ERROR: f64 = 0.2;
const SCHEMES: [Discretization; 3] = [
    Discretization::Trapezoid,
    Discretization::Midpoint,
    Discretization::SimpsonHermite,
];

fn values() -> Vec<f64> {
    let wobble = |n: usize| 0.3 * libm::sin(2.7 * n as f64) + 0.2 * libm::cos(1.3 * n as f64);
    (0..POINTS)
        .map(|n| 4.0 * libm::exp(-0.9 * STEP * n as f64) + wobble(n))
        .collect()
}

fn decay(discretization: Discretization) -> Posterior {
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 1.0, "")
        .flow(|x, p| vec![-(p[0] * x[0])])
        .unwrap();
    let data = Observations {
        time_step: STEP,
        points: POINTS,
        observed: vec![0],
        values: values(),
        ..Observations::default()
    };
    let options = ActionOptions {
        measurement_precision: (1.0 / (NOISE * NOISE)).into(),
        discretization: Some(discretization),
        normalization: Normalization::Posterior,
        estimate: vec!["k".into()],
        ..ActionOptions::default()
    };
    let problem = Problem::new(Arc::new(model), data, &options).unwrap();
    Posterior::new(&problem, 1.0 / (ERROR * ERROR)).unwrap()
}

/// States after a step from one of mean `m`, as factors of `m` and of the step's errors.
fn step(discretization: Discretization, k: f64) -> Vec<[f64; 3]> {
    let z = k * STEP;
    match discretization {
        // x2 - x0 + z/3 (x0 + 4 x1 + x2) = a and x1 - (x0 + x2)/2 + z/4 (x0 - x2) = b.
        Discretization::SimpsonHermite => {
            let [[p, q], [r, s]] = [[4.0 * z / 3.0, 1.0 + z / 3.0], [1.0, -0.5 - 0.25 * z]];
            let (from, determinant) = ([1.0 - z / 3.0, 0.5 - 0.25 * z], p * s - q * r);
            let first = [s * from[0] - q * from[1], s, -q].map(|v| v / determinant);
            let second = [p * from[1] - r * from[0], -r, p].map(|v| v / determinant);
            vec![first, second]
        }
        _ => vec![[
            (1.0 - 0.5 * z) / (1.0 + 0.5 * z),
            1.0 / (1.0 + 0.5 * z),
            0.0,
        ]],
    }
}

/// Logarithm of the likelihood of a rate, by a filter whose first state is known by its measurement
/// alone.
fn by_filter(discretization: Discretization, k: f64) -> f64 {
    let (data, steps) = (values(), step(discretization, k));
    let (mut mean, mut variance, mut sum) = (data[0], NOISE * NOISE, 0.0);
    for values in data[1..].chunks(steps.len()) {
        // All states of the step together, and the measurements one after the other.
        let mut means: Vec<f64> = steps.iter().map(|s| s[0] * mean).collect();
        let covariance = |i: usize, j: usize| {
            let errors = steps[i][1] * steps[j][1] + steps[i][2] * steps[j][2];
            steps[i][0] * steps[j][0] * variance + ERROR * ERROR * errors
        };
        let n = steps.len();
        let mut joint: Vec<f64> = (0..n * n).map(|e| covariance(e / n, e % n)).collect();
        for (i, y) in values.iter().enumerate() {
            let total = joint[i * n + i] + NOISE * NOISE;
            let error = y - means[i];
            sum -= 0.5 * (error * error / total + libm::log(total));
            let column: Vec<f64> = (0..n).map(|j| joint[j * n + i]).collect();
            for a in 0..n {
                means[a] += column[a] * error / total;
                for b in 0..n {
                    joint[a * n + b] -= column[a] * column[b] / total;
                }
            }
        }
        (mean, variance) = (means[n - 1], joint[n * n - 1]);
    }
    sum
}

#[test]
fn rates_have_the_moments_that_a_filter_gives_them() {
    for discretization in SCHEMES {
        let mut sums = [0.0; 3];
        for i in 0..4000 {
            let k = -1.0 + 5.0 * i as f64 / 4000.0;
            let weight = libm::exp(by_filter(discretization, k) - by_filter(discretization, 0.9));
            (0..3).for_each(|power| sums[power] += weight * k.powi(power as i32));
        }
        let (mean, square) = (sums[1] / sums[0], sums[2] / sums[0]);
        let options = SamplingOptions {
            draws: 3000,
            chains: 4,
            ..SamplingOptions::default()
        };
        let start: Vec<f64> = values().into_iter().chain([0.9]).collect();
        let centre = decay(discretization).mode_near(&start).unwrap();
        let draws = sample(|| decay(discretization), &options, &centre);
        let name = discretization.name();
        draws.mean(|x| x[POINTS]).is(mean, name);
        draws.mean(|x| x[POINTS] * x[POINTS]).is(square, name);
        // Without the determinants the mean would be beyond what chance allows.
        let found = draws.mean(|x| x[POINTS]);
        let deviation = (square - mean * mean).sqrt();
        assert!(
            found.error < 0.03 * deviation,
            "{name} {found:?} {deviation}"
        );
        assert_eq!(draws.divergences(), 0);
    }
}

/// Lorenz63 with two unknown parameters, in the normalisation by means. Times may be uneven.
fn curved(discretization: Discretization, times: &[f64]) -> (Posterior, Vec<f64>) {
    let data = Observations {
        times: times.to_vec(),
        time_step: 0.1,
        points: 5,
        observed: vec![0],
        values: vec![1.0, f64::NAN, 2.0, 1.5, 0.5],
        ..Observations::default()
    };
    let options = ActionOptions {
        measurement_precision: 2.0.into(),
        discretization: Some(discretization),
        estimate: vec!["sigma".into(), "beta".into()],
        priors: [(
            "beta".to_string(),
            Prior {
                mean: 2.0,
                deviation: 1.0,
            }
            .into(),
        )]
        .into(),
        ..ActionOptions::default()
    };
    let model = Arc::new(models::lorenz63().unwrap());
    let problem = Problem::new(model, data, &options).unwrap();
    let posterior = Posterior::new(&problem, 3.0).unwrap();
    let state = |k: usize| 3.0 * libm::sin(1.7 * k as f64) + (k % 3) as f64;
    (posterior, (0..15).map(state).chain([9.0, 2.5]).collect())
}

#[test]
fn gradients_of_densities_are_those_of_their_values() {
    let all = Discretization::FLOWS.into_iter();
    let uneven = &[0.0, 0.1, 0.2, 0.35, 0.5][..];
    for (discretization, times) in all.flat_map(|d| [(d, &[][..]), (d, uneven)]) {
        let (mut posterior, x) = curved(discretization, times);
        let mut gradient = vec![0.0; x.len()];
        let value = posterior.evaluate(&x, &mut gradient).unwrap();
        assert_eq!(value.to_bits(), posterior.value(&x).unwrap().to_bits());
        for k in 0..x.len() {
            let mut at = |step: f64| {
                let mut moved = x.clone();
                moved[k] += step;
                posterior.value(&moved).unwrap()
            };
            let h = 1e-3;
            let slope = (8.0 * (at(h) - at(-h)) - (at(2.0 * h) - at(-2.0 * h))) / (12.0 * h);
            let error = (slope - gradient[k]).abs();
            let name = discretization.name();
            assert!(
                error < 1e-7 * (1.0 + slope.abs()),
                "{name} {k}: {slope} {error}"
            );
        }
    }
}
