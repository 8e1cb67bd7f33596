//! Cost by the number of data sets: series of 10 points with three own values each, of which two
//! have a hierarchy, and two shared parameters. Prints counts, seconds and the ratio per series.
//!
//! `cargo run --release -p least-action --example series -- 100 1000 10000`

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use least_action::action::{FirstState, FirstValue};
use least_action::anneal::{Across, AnnealOptions, Annealer, Estimate, Hierarchy};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::statistics::{Uncertainty, UncertaintyOptions};
use least_action::Observations;

const POINTS: usize = 10;

/// Standard normal numbers, the same in every run.
struct Random(u64);

impl Random {
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (u, v) = (self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// Relaxation to a level that is driven by a wave: `x' = -rate (x - level) + push sin(turn t) +
/// drift`.
fn model() -> EquationModel {
    ModelBuilder::new("relaxation")
        .states(["x"])
        .parameter("rate", 1.0, "")
        .parameter("level", 1.0, "")
        .parameter("push", 0.5, "")
        .parameter("turn", 2.0, "")
        .parameter("drift", 0.2, "")
        .build(least_action::model::ModelKind::Flow, |s| {
            let (x, p, t) = (s.states[0], &s.parameters, s.time);
            Ok(vec![
                -p[0] * (x - p[1]) + p[2] * (p[3] * t).sin() + p[4] * t,
            ])
        })
        .unwrap()
}

fn data(sets: usize) -> Vec<Observations> {
    let mut random = Random(7);
    let step = 0.4;
    let each = (0..sets).map(|_| {
        let rate = 1.0 + 0.2 * random.normal();
        let level = 1.0 + 0.5 * random.normal();
        let push = 0.5 + 0.1 * random.normal();
        let (mut x, mut values) = (0.0, Vec::new());
        for n in 0..POINTS {
            values.push(x + 0.02 * random.normal());
            let parts = 40;
            for k in 0..parts {
                let h = step / parts as f64;
                let t = step * n as f64 + (k as f64 + 0.5) * h;
                let slope = |x: f64| -rate * (x - level) + push * (2.0 * t).sin() + 0.2 * t;
                let middle = x + 0.5 * h * slope(x);
                x += h * slope(middle);
            }
        }
        Observations {
            time_step: step,
            points: POINTS,
            observed: vec![0],
            values,
            ..Observations::default()
        }
    });
    each.collect()
}

fn main() {
    let counts: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let counts = if counts.is_empty() {
        vec![100, 1000]
    } else {
        counts
    };
    println!(
        "{:>7} {:>9} {:>9} {:>11} {:>7} {:>11} {:>9} {:>12}",
        "series",
        "unknowns",
        "checks s",
        "run s",
        "starts",
        "iterations",
        "errors s",
        "ms per series"
    );
    for sets in counts {
        let own = |initial: [f64; 2], hierarchy: bool| Estimate {
            initial: Some(initial),
            across: Some(Across::SETS),
            hierarchy: hierarchy.then_some(Hierarchy::ESTIMATED),
            ..Estimate::default()
        };
        let shared = |initial: [f64; 2]| Estimate {
            initial: Some(initial),
            ..Estimate::default()
        };
        let options = AnnealOptions {
            measurement_precision: 2500.0.into(),
            estimate: [
                ("rate".to_string(), own([0.5, 2.0], true)),
                ("level".to_string(), own([-1.0, 3.0], false)),
                ("push".to_string(), own([0.1, 1.0], true)),
                ("turn".to_string(), shared([1.8, 2.2])),
                ("drift".to_string(), shared([0.0, 0.5])),
            ]
            .into(),
            first_state: FirstState::All([("x".to_string(), FirstValue::Number(0.0))].into()),
            ..AnnealOptions::default()
        };
        let begin = Instant::now();
        let annealer = Annealer::new(Arc::new(model()), data(sets), options).unwrap();
        let checked = begin.elapsed().as_secs_f64();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        let ran = begin.elapsed().as_secs_f64() - checked;
        let uncertainty = Uncertainty::of_run(&annealer, &run, &UncertaintyOptions::default());
        let errors = begin.elapsed().as_secs_f64() - checked - ran;
        let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
        let iterations: usize = rungs.map(|rung| rung.iterations).sum();
        println!(
            "{sets:>7} {:>9} {checked:>9.3} {ran:>11.2} {:>7} {iterations:>11} {errors:>9.2} {:>12.3}",
            annealer.problem().path_length(),
            run.climbs.len(),
            1e3 * (ran + errors) / sets as f64,
        );
        if let Err(error) = uncertainty {
            println!("{error}");
        }
        if std::env::var("WORDS").is_ok() {
            println!(
                "{}\n{}\n{:?}",
                run.summary(),
                run.diagnose(),
                run.hierarchies
            );
        }
    }
}
