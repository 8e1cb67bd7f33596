//! Tests of Gaussians within bounds against sums over a grid. The model `x' = p + y`, `y' = q` is
//! linear in its states and in p and q, so that their posterior is a truncated normal distribution.

use std::sync::Arc;

use crate::action::{ActionOptions, Discretization, FirstValue, Observations, Problem};
use crate::model::ModelBuilder;
use crate::random::Random;
use crate::statistics::{Laplace, LaplaceOptions, Posterior, StrongLaplace, StrongPosterior};

const POINTS: usize = 9;
const STEP: f64 = 0.25;

fn problem(bounds: &[(&str, [f64; 2])]) -> Problem {
    let model = ModelBuilder::new("line")
        .states(["x", "y"])
        .parameter("p", 1.0, "")
        .parameter("q", 1.0, "")
        .flow(|x, p| vec![p[0] + x[1], p[1]])
        .unwrap();
    let mut random = Random::new(3, 0);
    let value = |n: usize| 0.4 + 0.2 * STEP * n as f64 + 0.3 * random.normal();
    let data = Observations {
        time_step: STEP,
        points: POINTS,
        observed: vec![0],
        values: (0..POINTS).map(value).collect(),
        ..Observations::default()
    };
    let options = ActionOptions {
        measurement_precision: (1.0f64 / 0.09).into(),
        discretization: Some(Discretization::Rk4),
        normalization: crate::action::Normalization::Posterior,
        estimate: vec!["p".into(), "q".into()],
        first_state: [("y".to_string(), FirstValue::from(0.0))].into(),
        bounds: bounds
            .iter()
            .map(|(name, b)| (name.to_string(), *b))
            .collect(),
        ..ActionOptions::default()
    };
    Problem::new(Arc::new(model), data, &options).unwrap()
}

fn start() -> Vec<f64> {
    let path = (0..POINTS).flat_map(|n| [0.5, 0.1 * STEP * n as f64]);
    path.chain([0.2, 0.1]).collect()
}

/// Moments and share of a normal distribution of p and q within a box, by sums over a grid.
struct Grid {
    share: f64,
    mean: [f64; 2],
    variance: [f64; 2],
}

fn grid(mean: [f64; 2], covariance: &[f64], bounds: [[f64; 2]; 2]) -> Grid {
    const CELLS: usize = 1500;
    let determinant = covariance[0] * covariance[3] - covariance[1] * covariance[2];
    let ends = [0, 1].map(|i| {
        let reach = 9.0 * covariance[3 * i].sqrt();
        [
            bounds[i][0].max(mean[i] - reach),
            bounds[i][1].min(mean[i] + reach),
        ]
    });
    let at = |i: usize, k: usize| {
        ends[i][0] + (ends[i][1] - ends[i][0]) * (k as f64 + 0.5) / CELLS as f64
    };
    let mut sums = [0.0; 5];
    for k in 0..CELLS {
        for l in 0..CELLS {
            let z = [at(0, k), at(1, l)];
            let d = [z[0] - mean[0], z[1] - mean[1]];
            let square = covariance[3] * d[0] * d[0] - 2.0 * covariance[1] * d[0] * d[1]
                + covariance[0] * d[1] * d[1];
            let density = libm::exp(-0.5 * square / determinant);
            for (sum, factor) in sums
                .iter_mut()
                .zip([1.0, z[0], z[1], z[0] * z[0], z[1] * z[1]])
            {
                *sum += density * factor;
            }
        }
    }
    let area = (ends[0][1] - ends[0][0]) * (ends[1][1] - ends[1][0]) / (CELLS * CELLS) as f64;
    let mean = [sums[1] / sums[0], sums[2] / sums[0]];
    Grid {
        share: sums[0] * area / (std::f64::consts::TAU * determinant.sqrt()),
        mean,
        variance: [
            sums[3] / sums[0] - mean[0] * mean[0],
            sums[4] / sums[0] - mean[1] * mean[1],
        ],
    }
}

const OPEN: [f64; 2] = [f64::NEG_INFINITY, f64::INFINITY];

/// Moments of p and q by a Gaussian, and its evidence.
struct Said {
    mean: [f64; 2],
    deviation: [f64; 2],
    covariance: Vec<f64>,
    log_evidence: f64,
    /// Means and deviations of p and q over draws.
    drawn: [[f64; 2]; 2],
}

fn said(problem: &Problem, precision: f64) -> Said {
    let path = problem.path_length();
    let options = LaplaceOptions::default();
    let (means, deviations, covariance, log_evidence, draws) = match precision {
        f64::INFINITY => {
            let posterior = StrongPosterior::new(problem).unwrap();
            let found = StrongLaplace::new(&posterior, &start(), options).unwrap();
            let covariance = found.parameter_covariance().to_vec();
            (
                found.means(),
                found.deviations(),
                covariance,
                found.log_evidence(),
                found.draws(20_000, 5),
            )
        }
        finite => {
            let posterior = Posterior::new(problem, finite).unwrap();
            let found = Laplace::new(&posterior, &start(), options).unwrap();
            let covariance = found.parameter_covariance().to_vec();
            (
                found.means(),
                found.deviations(),
                covariance,
                found.log_evidence(),
                found.draws(20_000, 5),
            )
        }
    };
    assert_eq!(draws.moved, 0);
    let of = |values: &[f64]| [values[path], values[path + 1]];
    let drawn = [0, 1].map(|i| {
        let each = || {
            draws
                .values
                .chunks_exact(path + 2)
                .map(|draw| draw[path + i])
        };
        let mean = each().sum::<f64>() / 20_000.0;
        let square = each().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0;
        [mean, square.sqrt()]
    });
    Said {
        mean: of(&means),
        deviation: of(&deviations),
        covariance,
        log_evidence,
        drawn,
    }
}

#[test]
fn one_bound_is_exact_for_dependants_too_and_two_are_close() {
    for precision in [f64::INFINITY, 500.0] {
        let free = said(&problem(&[]), precision);
        let [p, q] = free.mean;
        let [s, r] = free.deviation;
        let cases: [([f64; 2], [f64; 2], f64, f64); 6] = [
            // Beside an active bound, at a bound that just cuts off, beyond and beside a wide one.
            ([p + 0.7 * s, f64::INFINITY], OPEN, 1e-6, 1e-6),
            ([p + 3.0 * s, p + 9.0 * s], OPEN, 1e-6, 1e-6),
            ([p - 0.8 * s, f64::INFINITY], OPEN, 1e-6, 1e-6),
            (OPEN, [q - 0.1 * r, q + 0.1 * r], 1e-6, 1e-6),
            // Two bounds: expectation propagation.
            (
                [p + 0.5 * s, f64::INFINITY],
                [q + 0.5 * r, f64::INFINITY],
                0.03,
                0.06,
            ),
            (
                [p - 0.5 * s, p + 1.0 * s],
                [q - 1.0 * r, q + 0.3 * r],
                0.03,
                0.03,
            ),
        ];
        for (number, (of_p, of_q, tolerance, of_evidence)) in cases.into_iter().enumerate() {
            let right = grid(free.mean, &free.covariance, [of_p, of_q]);
            let bounded = [("p", of_p), ("q", of_q)];
            let bounded: Vec<_> = bounded.into_iter().filter(|(_, b)| *b != OPEN).collect();
            let found = said(&problem(&bounded), precision);
            let label = format!("{precision} {number}");
            for i in 0..2 {
                let width = right.variance[i].sqrt();
                let close = |a: f64, b: f64, t: f64| (a - b).abs() <= t * width;
                let (mean, deviation) = (found.mean[i], found.deviation[i]);
                assert!(
                    close(mean, right.mean[i], tolerance.max(2e-5)),
                    "{label} mean {i}: {mean} {} {width}",
                    right.mean[i]
                );
                assert!(
                    close(deviation, width, tolerance.max(2e-5)),
                    "{label} deviation {i}: {deviation} {width}"
                );
                // Draws of several bounded unknowns are those of the density itself.
                let [mean, deviation] = found.drawn[i];
                assert!(close(mean, right.mean[i], 0.03), "{label} drawn mean {i}");
                assert!(close(deviation, width, 0.03), "{label} drawn deviation {i}");
            }
            let gained = found.log_evidence - free.log_evidence;
            let share = libm::log(right.share);
            assert!(
                (gained - share).abs() < of_evidence.max(1e-5),
                "{label}: {gained} {share}"
            );
        }
    }
}

#[test]
fn bands_of_a_bounded_parameter_end_at_its_bound() {
    let free = said(&problem(&[]), f64::INFINITY);
    let low = free.mean[0] + 0.7 * free.deviation[0];
    let posterior = StrongPosterior::new(&problem(&[("p", [low, f64::INFINITY])])).unwrap();
    let found = StrongLaplace::new(&posterior, &start(), LaplaceOptions::default()).unwrap();
    let unknown = problem(&[]).path_length();
    let density = found.cut_density(unknown).unwrap();
    assert_eq!(found.mode()[unknown], low);
    // Shares beyond 0.7 deviations by the error function.
    let tail = |z: f64| 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
    for probability in [0.05, 0.5, 0.95] {
        let z = (low + density.quantile(probability) - free.mean[0]) / free.deviation[0];
        let share = 1.0 - tail(z) / tail(0.7);
        assert!(
            z > 0.7 && (share - probability).abs() < 1e-5,
            "{probability} {share}"
        );
    }
    // The others are as the bound leaves them, and narrower than without it.
    assert!(found.deviations()[unknown + 1] < 0.95 * free.deviation[1]);
}
