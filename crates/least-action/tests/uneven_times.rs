//! Data at any times: grids through them, the order of every scheme there, and answers beside a
//! Kalman filter and a fit of a closed form.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{Estimate, Ladder, Verdict};
use least_action::model::{Model, ModelBuilder};
use least_action::statistics::{Uncertainty, UncertaintyOptions};
use least_action::twin::{integrate, Forward};
use least_action::{
    Action, ActionOptions, AnnealOptions, Annealer, Discretization, Normalization, Observations,
    Problem,
};

/// Times of the concentrations of a patient after a dose (B. C. W. Groenendijk's theophylline, as
/// in R. A. Upton's data: Boeckmann, Sheiner and Beal, NONMEM Users Guide, 1994, subject 1).
const TIMES: [f64; 11] = [
    0.0, 0.25, 0.57, 1.12, 2.02, 3.82, 5.1, 7.03, 9.05, 12.12, 24.37,
];
/// Concentrations of that patient in mg/L, after 4.02 mg/kg.
const CONCENTRATIONS: [f64; 11] = [
    0.74, 2.84, 6.57, 10.5, 9.66, 8.58, 8.36, 7.47, 6.89, 5.94, 3.28,
];

fn at(times: &[f64], values: Vec<f64>, time_step: f64) -> Observations {
    Observations {
        start: times[0],
        time_step,
        points: times.len(),
        times: times.to_vec(),
        observed: vec![0],
        values,
        ..Observations::default()
    }
}

/// Pendulum with friction.
fn pendulum() -> impl Model {
    ModelBuilder::new("pendulum")
        .states(["angle", "rate"])
        .initial_state([1.2, 0.0])
        .flow(|x, _| vec![x[1], -x[0].sin() - 0.1 * x[1]])
        .unwrap()
}

#[test]
fn every_scheme_keeps_its_order_on_uneven_grids() {
    let times = [0.0, 0.3, 0.35, 0.9, 1.4, 1.5, 2.3];
    let orders = [
        (Discretization::Euler, 2.0),
        (Discretization::Trapezoid, 3.0),
        (Discretization::Midpoint, 3.0),
        (Discretization::Rk4, 5.0),
    ];
    let size = |scheme: Discretization, parts: usize| {
        let data = at(&times, vec![0.0; times.len()], 0.4).on_grid_of(scheme);
        let data = data.refined(parts);
        let grid: Vec<f64> = (0..data.points).map(|n| data.time(n)).collect();
        let forward = Forward {
            parameters: &[],
            initial: &[1.2, 0.0],
            start: grid[0],
            time_step: 0.4,
            points: grid.len(),
            times: &grid,
            ..Forward::default()
        };
        // Steps of a hundredth and less, so that the reference's error is beyond that of any.
        let truth = integrate(&pendulum(), forward).unwrap();
        let options = ActionOptions {
            discretization: Some(scheme),
            ..ActionOptions::default()
        };
        let problem = Problem::new(Arc::new(pendulum()), data, &options).unwrap();
        let mut action = Action::new(&problem);
        let residuals = action.residuals(&truth, &[]).unwrap();
        let rows = residuals.chunks_exact(2).step_by(scheme_stride(scheme));
        let (mut sum, mut count) = (0.0, 0.0);
        for row in rows {
            sum += row.iter().map(|r| r * r).sum::<f64>();
            count += 1.0;
        }
        (sum / count).sqrt()
    };
    for (scheme, order) in orders
        .into_iter()
        .chain([(Discretization::SimpsonHermite, 5.0)])
    {
        let slope = (size(scheme, 2) / size(scheme, 4)).log2();
        assert!((slope - order).abs() < 0.25, "{scheme:?}: {slope}");
    }
}

/// Number of rows of which the first has the scheme's own order.
fn scheme_stride(scheme: Discretization) -> usize {
    match scheme {
        Discretization::SimpsonHermite => 2,
        _ => 1,
    }
}

/// Means and variances of a random walk whose variance grows by `rate` per unit of time, from data
/// of variance `noise`, by the filter of Kalman and the smoother of Rauch, Tung and Striebel.
fn smoothed(times: &[f64], values: &[f64], rate: f64, noise: f64) -> Vec<(f64, f64)> {
    let mut filtered = vec![(values[0], noise)];
    for n in 1..times.len() {
        let (mean, variance) = filtered[n - 1];
        let ahead = variance + rate * (times[n] - times[n - 1]);
        filtered.push(match values[n].is_nan() {
            true => (mean, ahead),
            false => {
                let gain = ahead / (ahead + noise);
                (mean + gain * (values[n] - mean), (1.0 - gain) * ahead)
            }
        });
    }
    let mut found = filtered.clone();
    for n in (0..times.len() - 1).rev() {
        let (mean, variance) = filtered[n];
        let ahead = variance + rate * (times[n + 1] - times[n]);
        let gain = variance / ahead;
        let (later, spread) = found[n + 1];
        found[n] = (
            mean + gain * (later - mean),
            variance + gain * gain * (spread - ahead),
        );
    }
    found
}

#[test]
fn errors_of_the_model_grow_with_time() {
    let times = [0.0, 0.2, 0.3, 1.3, 1.4, 3.9, 4.0];
    let values = vec![0.3, 0.1, -0.2, 0.9, f64::NAN, 1.7, 1.4];
    let (rate, noise, step) = (0.5, 0.04, 10.0);
    let walk = ModelBuilder::new("walk")
        .states(["x"])
        .flow(|x, _| vec![x[0] * 0.0])
        .unwrap();
    let expected = smoothed(&times, &values, rate, noise);
    for scheme in [Discretization::Trapezoid, Discretization::Rk4] {
        let options = AnnealOptions {
            discretization: Some(scheme),
            normalization: Normalization::Posterior,
            measurement_precision: (1.0 / noise).into(),
            // The variance of a step of `step`.
            model_precision: Ladder {
                last: Some(1.0 / (rate * step)),
                ..Ladder::default()
            },
            model_weights: Some(1.0.into()),
            ..AnnealOptions::default()
        };
        let data = at(&times, values.clone(), step);
        let annealer = Annealer::new(Arc::new(walk.clone()), data, options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        let options = UncertaintyOptions {
            model_precision: Some(1.0 / (rate * step)),
            ..UncertaintyOptions::default()
        };
        let found = Uncertainty::of_run(&annealer, &run, &options).unwrap();
        let deviations = found.lowest().deviations();
        for (n, (mean, variance)) in expected.iter().enumerate() {
            let ours = run.best().path[n];
            assert!((ours - mean).abs() < 1e-7, "{scheme:?} {n}: {ours} {mean}");
            let deviation = deviations[n];
            assert!(
                (deviation / variance.sqrt() - 1.0).abs() < 1e-7,
                "{scheme:?} {n}: {deviation} {}",
                variance.sqrt()
            );
        }
    }
}

/// Concentration after a dose by mouth, by its closed form.
fn concentration(t: f64, [ka, ke, volume]: [f64; 3]) -> f64 {
    4.02 * ka / (volume * (ka - ke)) * ((-ke * t).exp() - (-ka * t).exp())
}

/// Least-squares fit of the closed form to all data but the first, by the method of Gauss and
/// Newton with differences.
fn fitted() -> [f64; 3] {
    let mut at = [1.5, 0.08, 0.5];
    for _ in 0..100 {
        let (mut normal, mut right) = (nalgebra::Matrix3::zeros(), nalgebra::Vector3::zeros());
        for (t, y) in TIMES.iter().zip(CONCENTRATIONS).skip(1) {
            let residual = y - concentration(*t, at);
            let slope = nalgebra::Vector3::from_fn(|k, _| {
                let step = 1e-6 * at[k];
                let (mut up, mut down) = (at, at);
                up[k] += step;
                down[k] -= step;
                (concentration(*t, up) - concentration(*t, down)) / (2.0 * step)
            });
            normal += slope * slope.transpose();
            right += slope * residual;
        }
        let step = normal.lu().solve(&right).unwrap();
        (0..3).for_each(|k| at[k] += 0.5 * step[k]);
    }
    at
}

#[test]
fn the_fit_of_a_closed_form_is_found_at_any_times() {
    let model = || {
        ModelBuilder::new("oral dose")
            .states(["C", "gut"])
            .parameter("ka", 1.0, "1/h")
            .parameter("ke", 0.1, "1/h")
            .parameter("V", 0.5, "L/kg")
            .initial_state([0.0, 4.02])
            .flow(|x, p| vec![p[0] * x[1] / p[2] - p[1] * x[0], -(p[0] * x[1])])
            .unwrap()
    };
    let mut values = CONCENTRATIONS.to_vec();
    values[0] = f64::NAN;
    let expected = fitted();
    for scheme in [Discretization::SimpsonHermite, Discretization::Rk4] {
        let known = |mean: f64| least_action::action::FirstValue::from(mean);
        let first = [
            ("C".to_string(), known(0.0)),
            ("gut".to_string(), known(4.02)),
        ];
        let estimate = |name: &str, initial: [f64; 2]| {
            let initial = Some(initial);
            (
                name.to_string(),
                Estimate {
                    initial,
                    ..Estimate::default()
                },
            )
        };
        let options = AnnealOptions {
            discretization: Some(scheme),
            measurement_precision: (1.0f64 / 0.7).powi(2).into(),
            first_state: first.into(),
            estimate: [
                estimate("ka", [0.5, 4.0]),
                estimate("ke", [0.01, 0.3]),
                estimate("V", [0.2, 1.0]),
            ]
            .into(),
            ..AnnealOptions::default()
        };
        let data = at(&TIMES, values.clone(), 1.5);
        let annealer = Annealer::new(Arc::new(model()), data, options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        println!("{}\n{}", run.diagnose(), run.summary());
        assert_ne!(run.verdict, Verdict::Inconsistent);
        let found = &run.best().parameters;
        for (ours, theirs) in found.iter().zip(expected) {
            assert!((ours / theirs - 1.0).abs() < 2e-2, "{found:?} {expected:?}");
        }
    }
}
