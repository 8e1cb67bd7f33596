//! Conditions that contain estimated parameters: exact solutions of switched models, and what is
//! refused.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::Prior;
use least_action::model::{Model, ModelDefinition, Points, Scratch};
use least_action::solve::{BlockMatrix, Hessian, Objective};
use least_action::statistics::{Laplace, LaplaceOptions, Posterior};
use least_action::{
    ActionOptions, AnnealOptions, Annealer, Discretization, Error, Observations, Problem,
};

const STEP: f64 = 0.05;
const POINTS: usize = 81;

/// Model of one state f from its equation, with parameters p and q and an input u.
fn model(equation: &str) -> Arc<dyn Model> {
    built(serde_json::json!({ "equations": [{ "state": "f", "expression": equation }] }))
}

fn built(more: serde_json::Value) -> Arc<dyn Model> {
    let mut definition = serde_json::json!({
        "name": "switched",
        "states": [{ "name": "f", "initial": 1.0 }],
        "parameters": [{ "name": "p", "default": 2.0 }, { "name": "q", "default": 1.0 }],
        "inputs": ["u"],
    });
    for (key, value) in more.as_object().unwrap() {
        definition[key] = value.clone();
    }
    let definition: ModelDefinition = serde_json::from_value(definition).unwrap();
    Arc::new(definition.build().unwrap())
}

fn data(time_step: f64, points: usize) -> Observations {
    let mut values = vec![f64::NAN; points];
    values[0] = 4.0;
    Observations {
        time_step,
        points,
        observed: vec![0],
        values,
        inputs: vec![0.0; points],
        ..Observations::default()
    }
}

fn problem(
    model: Arc<dyn Model>,
    estimate: &[&str],
    options: ActionOptions,
) -> Result<Problem, Error> {
    let options = ActionOptions {
        estimate: estimate.iter().map(|name| name.to_string()).collect(),
        measurement_precision: 1e6.into(),
        ..options
    };
    Problem::new(model, data(STEP, POINTS), &options)
}

/// Path of a switched model at known p and q, which are held by priors.
fn path(equation: &str, discretization: Discretization, [p, q]: [f64; 2]) -> Vec<f64> {
    let prior = |mean| Prior {
        mean,
        deviation: 1e-7,
    };
    let options = ActionOptions {
        discretization: Some(discretization),
        priors: [
            ("p".to_string(), prior(p).into()),
            ("q".to_string(), prior(q).into()),
        ]
        .into(),
        ..ActionOptions::default()
    };
    let problem = problem(model(equation), &["p", "q"], options);
    let problem = problem.unwrap_or_else(|error| panic!("{equation}: {error}"));
    let mut posterior = Posterior::new(&problem, 1e8).unwrap();
    let start: Vec<f64> = std::iter::repeat_n(4.0, POINTS).chain([p, q]).collect();
    let mut path = posterior.mode_near(&start).unwrap();
    path.truncate(POINTS);
    path
}

/// Exact value of `f' = if(t < p, 10 - f, -f)` with `f(0) = 4`.
fn exact(p: f64, t: f64) -> f64 {
    let rising = |t: f64| 10.0 - 6.0 * (-t).exp();
    match t < p {
        true => rising(t),
        false => rising(p) * (p - t).exp(),
    }
}

const SWITCH: &str = "if(t < p, 10 - f, -f)";

#[test]
fn a_crossing_anywhere_between_points_is_integrated_to_second_order() {
    let end = (POINTS - 1) as f64 * STEP;
    for discretization in Discretization::FLOWS {
        let (mut worst, mut worst_slope): (f64, f64) = (0.0, 0.0);
        for k in 0..10 {
            let p = 1.7 + 0.0117 * k as f64;
            let value = |p: f64| path(SWITCH, discretization, [p, 1.0])[POINTS - 1];
            let slope = (value(p + 0.002) - value(p - 0.002)) / 0.004;
            let exact_slope = (exact(p + 0.002, end) - exact(p - 0.002, end)) / 0.004;
            worst = worst.max((value(p) - exact(p, end)).abs());
            worst_slope = worst_slope.max((slope / exact_slope - 1.0).abs());
        }
        println!("{}: {worst:.2e} {worst_slope:.2e}", discretization.name());
        let order_one = discretization == Discretization::Euler;
        // Without averages, the end would be off by up to 10 * STEP / 2 * exp(-2.3), 0.025, and
        // slopes would be 0 or infinite.
        assert!(worst < if order_one { 0.1 } else { 2e-3 }, "{worst}");
        assert!(
            worst_slope < if order_one { 0.1 } else { 4e-3 },
            "{worst_slope}"
        );
    }
}

#[test]
fn all_ways_to_write_a_switch_are_one() {
    let reference = path(SWITCH, Discretization::Rk4, [1.83, 1.0]);
    for equation in [
        "if(t >= p, -f, 10 - f)",
        "10*(t < p) - f",
        "if(p - t > 0, 10, 0) - f",
        "5*(1 - sign(t - p)) - f",
        "if((t < p)*(t < 100), 10, 0) - f",
        "10*(1 - (p < t)) - f",
        "if((t < p) == 1, 10, 0) - f",
        "if(exp(t) < exp(p), 10, 0) - f",
        "10 - f - 10*min(1, max(0, floor(t - p) + 1))",
    ] {
        let found = path(equation, Discretization::Rk4, [1.83, 1.0]);
        for (n, (a, b)) in found.iter().zip(&reference).enumerate() {
            assert!((a - b).abs() < 1e-2, "{equation} {n}: {a} {b}");
        }
        let end = POINTS - 1;
        assert!((found[end] - reference[end]).abs() < 1e-3, "{equation}");
    }
}

/// A condition within a function that is not linear is computed for both values of the condition.
#[test]
fn switched_parameters_may_stand_anywhere() {
    // f' = -f / (1 + 3 [t < p]) - ..., solved exactly.
    for k in 0..6 {
        let p = 1.9 + 0.0093 * k as f64;
        let found = path(
            "-f/if(t < p, 4, 1)",
            Discretization::SimpsonHermite,
            [p, 1.0],
        );
        let end = (POINTS - 1) as f64 * STEP;
        let exact = 4.0 * (-p / 4.0 - (end - p)).exp();
        assert!((found[POINTS - 1] / exact - 1.0).abs() < 2e-3, "{p}");
    }
}

/// A train of pulses of unknown period and width, by a floor within a comparison.
#[test]
fn conditions_within_conditions_are_taken_apart() {
    let equation = "if(t - p*floor(t/p) < q, 1, 0)";
    let end = (POINTS - 1) as f64 * STEP;
    for (p, q) in [(1.01, 0.33), (1.17, 0.66), (0.93, 0.41)] {
        let on = |p: f64, q: f64| (end / p).floor() * q + (end - (end / p).floor() * p).min(q);
        let value = |p, q| path(equation, Discretization::Rk4, [p, q])[POINTS - 1] - 4.0;
        assert!(
            (value(p, q) - on(p, q)).abs() < 0.03,
            "{p} {q}: {} {}",
            value(p, q),
            on(p, q)
        );
        // In the width it is linear.
        let slope = (value(p, q + 0.01) - value(p, q - 0.01)) / 0.02;
        let exact = (on(p, q + 0.01) - on(p, q - 0.01)) / 0.02;
        assert!((slope - exact).abs() < 0.02 * exact, "{slope} {exact}");
    }
}

#[test]
fn what_needs_no_average_keeps_its_bits() {
    let untouched = |model: Arc<dyn Model>, estimate: &[&str]| {
        let found = problem(model.clone(), estimate, ActionOptions::default()).unwrap();
        Arc::ptr_eq(found.model(), &model)
    };
    // Conditions on states without estimated parameters, whatever else is estimated.
    assert!(untouched(model("if(f > 2, -q*f, -0.1*f)"), &["q"]));
    assert!(untouched(model("if(f > p, -q*f, -0.1*f)"), &["q"]));
    assert!(untouched(model("if(t < p, q - f, -f)"), &["q"]));
    assert!(untouched(model("if(t < p, 10 - f, -f)"), &[]));
    // Continuous ones have their derivative.
    assert!(untouched(model("max(0, t - p) - f"), &["p"]));
    assert!(untouched(model("if(t < p, 0, t - p) - f"), &["p"]));
    assert!(untouched(model("if(f > p, f - p, 0) - q*f"), &["p"]));
    assert!(untouched(model("(f > p)*(f - p) - f"), &["p"]));
    assert!(untouched(model("abs(f - p) + sign(p)*p"), &["p"]));
    assert!(untouched(
        model("if(abs(p) < 1e-9, t, (1 - exp(-p*t))/p)"),
        &["p"]
    ));
    assert!(untouched(model("if(f > p, sqrt(f - p), 0)"), &["p"]));
    // A jump does.
    assert!(!untouched(model(SWITCH), &["p"]));
    assert!(!untouched(model("if(t < p, 0, 1 + t - p)"), &["p"]));
}

/// The model of a problem serves for another problem: on a finer grid, or with p known.
#[test]
fn an_averaged_model_is_averaged_anew() {
    let coarse = problem(model(SWITCH), &["p"], ActionOptions::default()).unwrap();
    let on = |model: Arc<dyn Model>, time_step: f64, estimate: &[&str]| {
        let options = ActionOptions {
            estimate: estimate.iter().map(|name| name.to_string()).collect(),
            discretization: Some(Discretization::Rk4),
            ..ActionOptions::default()
        };
        Problem::new(model, data(time_step, POINTS), &options).unwrap()
    };
    let slope = |problem: &Problem, time: f64| {
        let mut slope = [0.0];
        let at = Points {
            states: &[5.0],
            parameters: &[2.0, 1.0],
            inputs: &[0.0],
            times: &[time],
        };
        problem
            .model()
            .evaluate(&mut Scratch::default(), at, &mut slope);
        slope[0]
    };
    let again = on(coarse.model().clone(), 0.01, &["p"]);
    let fresh = on(model(SWITCH), 0.01, &["p"]);
    let known = on(coarse.model().clone(), 0.01, &[]);
    for time in [1.97, 1.993, 2.0, 2.004, 2.03] {
        assert_eq!(slope(&again, time), slope(&fresh, time));
        assert_eq!(slope(&known, time), if time < 2.0 { 5.0 } else { -5.0 });
    }
    assert_ne!(slope(&coarse, 1.97), slope(&again, 1.97));
}

/// Gradients and second derivatives against differences, where several conditions meet.
#[test]
fn derivatives_of_averages_are_exact() {
    let equation = "if((t < p)*(q < t), exp(-f*if(t < p, 0.3, 1)), -f/if(t < 2*q, 4, 1)) \
                    + floor(t/q)*0.1 + 0.2*sign(t*f*0 + t - p)";
    for discretization in Discretization::FLOWS {
        let options = ActionOptions {
            discretization: Some(discretization),
            normalization: least_action::Normalization::Posterior,
            ..ActionOptions::default()
        };
        let problem = problem(model(equation), &["p", "q"], options).unwrap();
        let mut posterior = Posterior::new(&problem, 100.0).unwrap();
        let path = (0..POINTS).map(|n| 1.0 + 0.5 * (0.37 * n as f64).sin());
        let x: Vec<f64> = path.chain([2.013, 1.307]).collect();
        let mut gradient = vec![0.0; x.len()];
        posterior.evaluate(&x, &mut gradient).unwrap();
        let mut hessian = BlockMatrix::new(posterior.layout());
        let mut unused = vec![0.0; x.len()];
        posterior
            .hessian(&x, Hessian::Exact, &mut hessian, &mut unused)
            .unwrap();
        for k in [3, 40, 41, POINTS, POINTS + 1] {
            let (mut above, mut below) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            let step = 1e-6;
            let mut moved = x.clone();
            moved[k] += step;
            let high = posterior.evaluate(&moved, &mut above).unwrap();
            moved[k] -= 2.0 * step;
            let low = posterior.evaluate(&moved, &mut below).unwrap();
            let difference = (high - low) / (2.0 * step);
            let size = gradient[POINTS].abs() + gradient[POINTS + 1].abs();
            assert!(size > 1.0, "{size}");
            let error = (gradient[k] - difference).abs();
            assert!(
                error < 1e-5 * size,
                "{} {k}: {error}",
                discretization.name()
            );
            // The Hessian has no second derivatives of the determinants of implicit steps.
            let compared = [3, 40, 41, POINTS, POINTS + 1];
            for i in compared
                .into_iter()
                .filter(|_| discretization.is_explicit())
            {
                let difference = (above[i] - below[i]) / (2.0 * step);
                let error = (hessian.get(i, k) - difference).abs();
                let size = (hessian.get(k, k) * hessian.get(i, i)).abs().sqrt();
                assert!(
                    error < 1e-4 * size,
                    "{} {i} {k}: {error} of {size}",
                    discretization.name()
                );
            }
        }
    }
}

#[test]
fn what_cannot_be_averaged_is_refused_in_words() {
    let refused = |model: Arc<dyn Model>, estimate: &[&str]| -> String {
        match problem(model, estimate, ActionOptions::default()) {
            Err(error @ Error::WrongShape { .. }) => error.to_string(),
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("a jump passed"),
        }
    };
    let threshold = refused(model("if(f > p, -q*f, f)"), &["p", "q"]);
    assert!(
        threshold.starts_with("estimate.p: p stands in the condition p < f"),
        "{threshold}"
    );
    assert!(threshold.contains("the equation of f jumps") && threshold.contains("smooth"));
    let input = refused(model("if(u > p, 1, 0) - f"), &["p"]);
    assert!(input.contains("p < u"), "{input}");
    let alone = refused(model("floor(p)*f"), &["p"]);
    assert!(
        alone.contains("floor(p)") && alone.contains("compare runs"),
        "{alone}"
    );
    refused(model("if(p < q, 1, 2)*f"), &["p"]);
    refused(model("if(p == 2, 1, 2)*f"), &["p"]);
    // The threshold is known before and after p; only q is refused where it is one.
    let nested = refused(model("if(f > if(t < p, 1, q), 3, 0)"), &["q", "p"]);
    assert!(nested.starts_with("estimate.q: q stands"), "{nested}");
    let map = built(serde_json::json!({
        "kind": "map", "equations": [{ "state": "f", "expression": "if(t < p, f, 2*f)" }],
    }));
    assert!(refused(map, &["p"]).contains("a map has no time between"));
    let observable = built(serde_json::json!({
        "equations": [{ "state": "f", "expression": "-f" }],
        "observables": [{ "name": "h", "expression": "if(t < p, f, 2*f)" }],
    }));
    let observable = refused(observable, &["p"]);
    assert!(
        observable.contains("the observable h jumps"),
        "{observable}"
    );
}

#[test]
fn a_parameter_that_changes_in_time_may_stand_in_a_condition() {
    let options = |varying: &str| ActionOptions {
        varying: [(varying.to_string(), 1e6)].into(),
        ..ActionOptions::default()
    };
    let made = problem(model(SWITCH), &[], options("p")).unwrap();
    // The derivative of the slope in p, at a point that is near the crossing.
    let scratch = &mut Scratch::default();
    let mut jacobian = vec![0.0; made.model().jacobian_sparsity().entries()];
    let at = Points {
        states: &[5.0, 2.0],
        parameters: &[1.0],
        inputs: &[0.0],
        times: &[2.01],
    };
    made.model().jacobian(scratch, at, &mut jacobian);
    assert!(
        jacobian.iter().any(|slope| slope.abs() > 10.0),
        "{jacobian:?}"
    );
}

/// The time of a switch from data with noise: every start leads to the minimum that a scan finds,
/// and the deviation is that of the scanned posterior.
#[test]
fn the_time_of_a_switch_is_found_and_is_as_certain_as_a_scan_says() {
    let measured = [
        (0.5, 6.2),
        (1.1, 8.1),
        (1.5, 8.8),
        (2.1, 8.3),
        (2.3, 6.8),
        (3.1, 2.9),
    ];
    let noise: f64 = 0.2;
    let at = |p: f64, q: f64, t: f64| {
        let rising = |t: f64| 10.0 + (q - 10.0) * (-t).exp();
        if t < p {
            rising(t)
        } else {
            rising(p) * (p - t).exp()
        }
    };
    let chi = |p: f64, q: f64| -> f64 {
        measured
            .iter()
            .map(|&(t, v)| ((at(p, q, t) - v) / noise).powi(2))
            .sum()
    };
    let (mut best, mut sums) = ([f64::INFINITY, 0.0], [0.0; 3]);
    for p in (0..2000).map(|k| 1.0 + 0.001 * k as f64) {
        for q in (0..120).map(|k| 2.4 + 0.02 * k as f64) {
            let chi = chi(p, q);
            if chi < best[0] {
                best = [chi, p];
            }
            let weight = (-0.5 * chi).exp();
            sums[0] += weight;
            sums[1] += weight * p;
            sums[2] += weight * p * p;
        }
    }
    let mean = sums[1] / sums[0];
    let deviation = (sums[2] / sums[0] - mean * mean).sqrt();
    for discretization in [Discretization::Rk4, Discretization::SimpsonHermite] {
        let time_step = 0.02;
        let points = 157;
        let mut values = vec![f64::NAN; points];
        for (t, value) in measured {
            values[(t / time_step).round() as usize] = value;
        }
        let data = Observations {
            values,
            ..data(time_step, points)
        };
        for seed in 0..3 {
            let options = AnnealOptions {
                measurement_precision: (1.0 / (noise * noise)).into(),
                estimate: [(
                    "p".to_string(),
                    serde_json::from_value(serde_json::json!({ "initial": [1.0, 3.0] })).unwrap(),
                )]
                .into(),
                discretization: Some(discretization),
                ..AnnealOptions::default()
            };
            let mut options = options;
            options.starting_paths.seed = seed;
            let annealer = Annealer::new(model(SWITCH), data.clone(), options).unwrap();
            let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
            let rung = run.best_rung();
            let found = run.best().parameters[0];
            println!(
                "{} {seed}: p {found} (scan {}), {:?}, misfit {} (scan {})",
                discretization.name(),
                best[1],
                run.verdict,
                2.0 * rung.measurement_error,
                best[0]
            );
            assert!(
                (found - best[1]).abs() < 0.1 * deviation,
                "{found} {best:?}"
            );
            let posterior = Posterior::new(annealer.problem(), 1e8).unwrap();
            let start = [&run.best().path[..], &run.best().parameters].concat();
            let laplace = Laplace::new(&posterior, &start, LaplaceOptions::default()).unwrap();
            let sigma = laplace.deviations()[points];
            println!("deviation {sigma} (scan {deviation})");
            assert!((sigma / deviation - 1.0).abs() < 0.1, "{sigma} {deviation}");
        }
    }
}
