//! Events and jumps of inputs: the order of every scheme across them, and doses whose volume and
//! rate are known in closed form.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{EventOccurrence, Interpolation, Jump};
use least_action::anneal::{Estimate, Verdict};
use least_action::model::{
    EquationDefinition, EquationModel, EventChange, EventDefinition, ModelDefinition,
    ParameterDefinition, StateDefinition,
};
use least_action::statistics::{Uncertainty, UncertaintyOptions};
use least_action::twin::{integrate, Forward};
use least_action::{
    Action, ActionOptions, AnnealOptions, Annealer, Discretization, Observations, Problem,
};

fn event(name: &str, columns: &[&str], changes: &[(&str, &str)]) -> EventDefinition {
    EventDefinition {
        name: name.into(),
        columns: columns.iter().map(|c| c.to_string()).collect(),
        changes: changes
            .iter()
            .map(|(s, e)| EventChange::new(s, e))
            .collect(),
        ..EventDefinition::default()
    }
}

fn happens(kind: usize, numbers: &[f64]) -> EventOccurrence {
    EventOccurrence {
        kind,
        numbers: numbers.to_vec(),
    }
}

/// Pendulum that is pushed by an input and kicked by events.
fn pendulum() -> EquationModel {
    ModelDefinition {
        states: vec![
            StateDefinition::new("angle", 1.2),
            StateDefinition::new("rate", 0.0),
        ],
        inputs: vec!["u".into()],
        equations: vec![
            EquationDefinition::new("angle", "rate"),
            EquationDefinition::new("rate", "u - sin(angle) - 0.1*rate"),
        ],
        events: vec![event(
            "kick",
            &["size"],
            &[("rate", "kick.size*cos(angle) - 0.5*rate")],
        )],
        ..ModelDefinition::default()
    }
    .build()
    .unwrap()
}

/// Data of the pendulum with `parts` steps in each of a few gaps: the input is smooth but for a
/// jump at 0.9, and there are kicks at 0 and at 1.5.
fn pushed(parts: usize) -> Observations {
    let ends = [0.0, 0.35, 0.9, 1.5, 2.3];
    let mut times = vec![0.0];
    for pair in ends.windows(2) {
        let step = (pair[1] - pair[0]) / parts as f64;
        times.extend((1..=parts).map(|k| pair[0] + k as f64 * step));
    }
    let early = |t: f64| (3.0 * t).sin();
    let late = |t: f64| 1.5 - 0.4 * t * t;
    let inputs = times
        .iter()
        .map(|&t| if t <= 0.9 { early(t) } else { late(t) });
    Observations {
        time_step: 0.5,
        points: times.len(),
        observed: vec![0],
        values: vec![0.0; times.len()],
        inputs: inputs.collect(),
        interpolation: vec![Interpolation::Cubic],
        jumps: vec![
            Jump {
                point: 0,
                events: vec![happens(0, &[-0.7])],
                ..Jump::default()
            },
            Jump {
                point: 2 * parts,
                inputs: vec![late(0.9)],
                ..Jump::default()
            },
            Jump {
                point: 3 * parts,
                events: vec![happens(0, &[0.9])],
                ..Jump::default()
            },
        ],
        times,
        ..Observations::default()
    }
}

#[test]
fn every_scheme_keeps_its_order_across_jumps() {
    let orders = [
        (Discretization::Euler, 2.0),
        (Discretization::Trapezoid, 3.0),
        (Discretization::Midpoint, 3.0),
        (Discretization::Rk4, 5.0),
        (Discretization::SimpsonHermite, 5.0),
    ];
    let size = |scheme: Discretization, parts: usize| {
        let data = pushed(parts);
        let forward = Forward {
            initial: &[1.2, 0.0],
            time_step: 0.5,
            points: data.points,
            times: &data.times,
            inputs: &data.inputs,
            interpolation: &data.interpolation,
            jumps: &data.jumps,
            ..Forward::default()
        };
        let truth = integrate(&pendulum(), forward).unwrap();
        let options = ActionOptions {
            discretization: Some(scheme),
            ..ActionOptions::default()
        };
        let problem = Problem::new(Arc::new(pendulum()), data, &options).unwrap();
        let mut action = Action::new(&problem);
        let residuals = action.residuals(&truth, &[]).unwrap();
        let stride = match scheme {
            Discretization::SimpsonHermite => 2,
            _ => 1,
        };
        let rows: Vec<&[f64]> = residuals.chunks_exact(2).step_by(stride).collect();
        let squares = rows
            .iter()
            .map(|row| row.iter().map(|r| r * r).sum::<f64>());
        (squares.sum::<f64>() / rows.len() as f64).sqrt()
    };
    for (scheme, order) in orders {
        let slope = (size(scheme, 8) / size(scheme, 16)).log2();
        assert!((slope - order).abs() < 0.3, "{scheme:?}: {slope}");
    }
}

#[test]
fn states_jump_in_forward_integrations_as_written() {
    // x' = -k x with kicks: closed form from one to the next.
    let model = decay();
    let jumps = [
        Jump {
            point: 0,
            events: vec![happens(0, &[3.0])],
            ..Jump::default()
        },
        Jump {
            point: 2,
            events: vec![happens(1, &[]), happens(1, &[])],
            ..Jump::default()
        },
        Jump {
            point: 3,
            events: vec![happens(2, &[])],
            ..Jump::default()
        },
    ];
    let forward = Forward {
        parameters: &[0.3, 2.0],
        initial: &[0.5],
        time_step: 0.5,
        points: 5,
        jumps: &jumps,
        ..Forward::default()
    };
    let path = integrate(&model, forward).unwrap();
    let fall = (-0.15f64).exp();
    let first = (0.5 + 3.0 / 2.0) * fall;
    let second = first * fall;
    let third = second / 4.0 * fall;
    let expected = [0.5, first, second, third, fall];
    for (x, y) in path.iter().zip(expected) {
        assert!((x - y).abs() < 1e-7, "{path:?} for {expected:?}");
    }
}

/// One compartment of volume V with the rate k: doses, dialysis that halves, and a reset to 1.
fn decay() -> EquationModel {
    ModelDefinition {
        states: vec![StateDefinition::new("x", 0.0)],
        parameters: vec![
            ParameterDefinition::new("k", 1.0),
            ParameterDefinition::new("V", 1.0),
        ],
        equations: vec![EquationDefinition::new("x", "-k*x")],
        events: vec![
            event("dose", &["amount"], &[("x", "x + dose.amount/V")]),
            event("dialysis", &[], &[("x", "x/2")]),
            event("reset", &[], &[("x", "1")]),
        ],
        ..ModelDefinition::default()
    }
    .build()
    .unwrap()
}

/// Standard normal numbers that are the same everywhere.
fn normal(seed: &mut u64) -> f64 {
    let mut sum = -6.0;
    for _ in 0..12 {
        *seed = (*seed * 1_103_515_245 + 12345) % 2_147_483_648;
        sum += *seed as f64 / 2_147_483_648.0;
    }
    sum
}

fn estimates(names: &[(&str, [f64; 2])]) -> std::collections::BTreeMap<String, Estimate> {
    let estimate = |&(name, range): &(&str, [f64; 2])| {
        let estimate = Estimate {
            initial: Some(range),
            ..Estimate::default()
        };
        (name.to_string(), estimate)
    };
    names.iter().map(estimate).collect()
}

#[test]
fn a_dose_at_any_place_gives_volume_and_rate_in_every_scheme() {
    let (k, volume, noise) = (0.3, 2.0, 0.02);
    let amounts = [(0.0, 2.0), (5.3, 1.0), (10.1, 2.5), (20.0, 1.5)];
    let halved = 14.7;
    let truth = |t: f64| {
        // Doses count right after their times, and so does the dialysis.
        let of = |(time, amount): (f64, f64)| match t > time {
            true if time < halved && t > halved => 0.5 * amount / volume * (-k * (t - time)).exp(),
            true => amount / volume * (-k * (t - time)).exp(),
            false => 0.0,
        };
        amounts.into_iter().map(of).sum::<f64>()
    };
    let mut seed = 7;
    let measured: Vec<f64> = (0..40).map(|n| 0.4 + 0.61 * n as f64).collect();
    let mut times = [0.0, 5.3, 10.1, halved, 20.0].to_vec();
    times.extend(&measured);
    times.sort_by(f64::total_cmp);
    let values: Vec<f64> = times
        .iter()
        .map(|&t| match measured.contains(&t) {
            true => truth(t) + noise * normal(&mut seed),
            false => f64::NAN,
        })
        .collect();
    let point = |time: f64| times.iter().position(|&t| t == time).unwrap();
    let mut jumps: Vec<Jump> = amounts
        .iter()
        .map(|&(time, amount)| Jump {
            point: point(time),
            events: vec![happens(0, &[amount])],
            ..Jump::default()
        })
        .collect();
    jumps.push(Jump {
        point: point(halved),
        events: vec![happens(1, &[])],
        ..Jump::default()
    });
    jumps.sort_by_key(|jump| jump.point);
    let data = Observations {
        start: 0.0,
        time_step: 0.3,
        points: times.len(),
        times,
        observed: vec![0],
        values,
        jumps,
        ..Observations::default()
    };
    for scheme in Discretization::FLOWS.into_iter().filter(|s| s.order() > 1) {
        let options = AnnealOptions {
            discretization: Some(scheme),
            measurement_precision: (1.0 / (noise * noise)).into(),
            estimate: estimates(&[("k", [0.1, 1.0]), ("V", [0.5, 5.0])]),
            first_state: [("x".to_string(), 0.0)].into(),
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(Arc::new(decay()), data.clone(), options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        assert_eq!(run.verdict, Verdict::Consistent, "{scheme:?}");
        let found = Uncertainty::of_run(&annealer, &run, &UncertaintyOptions::default()).unwrap();
        let (means, deviations) = found.moments();
        let (first, count) = (run.best().path.len(), means.len());
        for (place, truth) in (first..count).zip([k, volume]) {
            let (mean, deviation) = (means[place], deviations[place]);
            let off = (mean - truth) / deviation;
            assert!(off.abs() < 2.5, "{scheme:?}: {mean} +- {deviation}");
            assert!(
                deviation < 0.02 * truth,
                "{scheme:?}: {mean} +- {deviation}"
            );
        }
    }
}
