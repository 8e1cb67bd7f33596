//! A neuron from one noisy voltage: the 18 parameters and the three gates of the NaKL model, found from 120 ms of data under a known stimulus, and the spikes
//! predicted past the window.
//!
//! cargo run --release -p least-action --example neuron_twin --features rayon

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use least_action::anneal::{Estimate, StartingPaths};
use least_action::model::Model;
use least_action::twin::{predict, Horizon};
use least_action::{models, AnnealOptions, Annealer, Error, TwinExperiment};

const STEP: f64 = 0.02;
const POINTS: usize = 6001;
const FURTHER: usize = 3000;

/// Where each parameter may be, and where starts are drawn from.
const BOUNDS: [(&str, [f64; 2]); 18] = [
    ("gNa", [50.0, 200.0]),
    ("ENa", [40.0, 60.0]),
    ("gK", [5.0, 40.0]),
    ("EK", [-90.0, -60.0]),
    ("gL", [0.1, 1.0]),
    ("EL", [-65.0, -45.0]),
    ("Vm", [-60.0, -30.0]),
    ("dVm", [5.0, 30.0]),
    ("t1m", [0.02, 1.0]),
    ("t2m", [0.02, 1.0]),
    ("Vh", [-80.0, -40.0]),
    ("dVh", [-30.0, -5.0]),
    ("t1h", [0.2, 5.0]),
    ("t2h", [2.0, 20.0]),
    ("Vn", [-75.0, -35.0]),
    ("dVn", [10.0, 50.0]),
    ("t1n", [0.2, 5.0]),
    ("t2n", [1.0, 15.0]),
];

fn stimulus(t: f64) -> f64 {
    let wave = |period: f64| (std::f64::consts::TAU * t / period).sin();
    12.0 + 10.0 * wave(23.0) + 8.0 * wave(9.7) + 6.0 * wave(4.1)
}

fn main() -> Result<(), Error> {
    let model = Arc::new(models::nakl_neuron()?) as Arc<dyn Model>;
    let inputs = (0..POINTS + FURTHER).map(|n| stimulus(n as f64 * STEP));
    let inputs: Vec<f64> = inputs.collect();
    let twin = TwinExperiment {
        time_step: STEP,
        points: POINTS,
        further: FURTHER,
        observed: vec![0],
        noise: 1.0,
        seed: 1,
        inputs: inputs.clone(),
        ..TwinExperiment::default()
    }
    .run(&*model)?;
    let seed = std::env::args()
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(1);
    let options = AnnealOptions {
        measurement_precision: 1.0.into(),
        estimate: BOUNDS
            .iter()
            .map(|&(name, bounds)| {
                let estimate = Estimate {
                    initial: bounds,
                    bounds: Some(bounds),
                    ..Estimate::default()
                };
                (name.to_string(), estimate)
            })
            .collect(),
        bounds: [
            ("V".to_string(), [-120.0, 60.0]),
            ("m".to_string(), [0.0, 1.0]),
            ("h".to_string(), [0.0, 1.0]),
            ("n".to_string(), [0.0, 1.0]),
        ]
        .into(),
        starting_paths: StartingPaths {
            count: 5,
            seed,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(model.clone(), twin.data.clone(), options)?;
    let start = Instant::now();
    let run = annealer.run(|p| {
        println!(
            "start {} rung {} R_f {:.3e} action {:.6} = {:.6} + {:.3e}  {} iterations {:?} {:.2} s",
            p.start,
            p.rung.rung,
            p.rung.model_precision,
            p.rung.action,
            p.rung.measurement_error,
            p.rung.model_error,
            p.rung.iterations,
            p.rung.stop,
            start.elapsed().as_secs_f64()
        );
        ControlFlow::Continue(())
    })?;
    println!("{}", run.summary());
    println!("{}", run.diagnose());
    println!("{:.1} s", start.elapsed().as_secs_f64());
    println!("{:>8} {:>12} {:>12}", "", "estimate", "truth");
    for (parameter, truth) in model.parameters().iter().zip(&twin.parameters) {
        let estimate = run.parameter(&parameter.name).unwrap_or(f64::NAN);
        println!("{:>8} {:>12.4} {:>12.4}", parameter.name, estimate, truth);
    }
    let until = STEP * (POINTS - 1 + FURTHER) as f64;
    let horizon = Horizon {
        until,
        inputs: &inputs[POINTS..],
        ..Horizon::default()
    };
    let prediction = predict(annealer.problem(), run.best(), horizon)?;
    let spikes = |voltage: &[f64]| {
        let crossings = voltage
            .windows(2)
            .enumerate()
            .filter(|(_, v)| v[0] < 0.0 && v[1] >= 0.0);
        crossings.map(|(n, _)| n as f64 * STEP).collect::<Vec<_>>()
    };
    let voltage = |path: &[f64]| path.iter().step_by(4).copied().collect::<Vec<_>>();
    println!(
        "spikes predicted, ms past the window: {:?}",
        spikes(&voltage(&prediction.path[4..]))
    );
    println!(
        "spikes of the truth:                  {:?}",
        spikes(&voltage(&twin.future))
    );
    Ok(())
}
