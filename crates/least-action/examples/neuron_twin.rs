//! A neuron from one noisy voltage: the 18 parameters and the three gates of the NaKL model, found
//! from 120 ms of data under a known stimulus, and the spikes predicted past the window.
//!
//! cargo run --release -p least-action --example neuron_twin --features rayon

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use least_action::anneal::{Estimate, Run, StartingPaths};
use least_action::model::Model;
use least_action::twin::{predict, Horizon, Twin};
use least_action::{models, AnnealOptions, Annealer, Error, TwinExperiment};

const STEP: f64 = 0.02;
const POINTS: usize = 6001;
const FURTHER: usize = 3000;

/// Parameters with their bounds, which starting values are drawn from.
pub const BOUNDS: [(&str, [f64; 2]); 18] = [
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

/// Annealer, twin and true parameters. Ladder and minimiser are the defaults; nothing is tuned.
pub fn experiment(seed: u64) -> Result<(Annealer, Twin, Vec<f64>), Error> {
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
    let estimate = BOUNDS.iter().map(|&(name, bounds)| {
        let estimate = Estimate {
            initial: Some(bounds),
            bounds: Some(bounds),
            ..Estimate::default()
        };
        (name.to_string(), estimate)
    });
    let gate = |name: &str| (name.to_string(), [0.0, 1.0]);
    let options = AnnealOptions {
        measurement_precision: 1.0.into(),
        estimate: estimate.collect(),
        bounds: [gate("m"), gate("h"), gate("n")].into(),
        starting_paths: StartingPaths {
            count: 5,
            seed,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(model, twin.data.clone(), options)?;
    Ok((annealer, twin, inputs))
}

/// Times in ms after the window at which the voltage rises through 0 mV: predicted ones, and those
/// of the truth.
pub fn spikes(
    annealer: &Annealer,
    run: &Run,
    twin: &Twin,
    inputs: &[f64],
) -> Result<[Vec<f64>; 2], Error> {
    let horizon = Horizon {
        until: STEP * (POINTS - 1 + FURTHER) as f64,
        inputs: &inputs[POINTS..],
        ..Horizon::default()
    };
    let prediction = predict(annealer.problem(), run.best(), horizon)?;
    let rises = |path: &[f64]| {
        let voltage: Vec<f64> = path.iter().step_by(4).copied().collect();
        let pairs = voltage.windows(2).enumerate();
        let rises = pairs.filter(|(_, v)| v[0] < 0.0 && v[1] >= 0.0);
        rises
            .map(|(n, v)| STEP * (n as f64 + v[0] / (v[0] - v[1])))
            .collect()
    };
    Ok([rises(&prediction.path[4..]), rises(&twin.future)])
}

/// Root mean square error of state `a` along the path.
pub fn path_error(run: &Run, twin: &Twin, a: usize) -> f64 {
    let errors = run.best().path.iter().zip(&twin.truth);
    let squares = errors.skip(a).step_by(4).map(|(x, t)| (x - t) * (x - t));
    (squares.sum::<f64>() / POINTS as f64).sqrt()
}

fn main() -> Result<(), Error> {
    let seed = std::env::args().nth(1).and_then(|s| s.parse().ok());
    let (annealer, twin, inputs) = experiment(seed.unwrap_or(1))?;
    let start = Instant::now();
    let run = annealer.run(|p| {
        println!(
            "start {} rung {:>2} R_f {:.1e} action {:.6}, of which the model {:.1e}; {} iterations",
            p.start,
            p.rung.rung,
            p.rung.model_precision,
            p.rung.action,
            p.rung.model_error,
            p.rung.iterations,
        );
        ControlFlow::Continue(())
    })?;
    let time = start.elapsed().as_secs_f64();
    println!("{}\n{}\n{time:.1} s", run.summary(), run.diagnose());
    println!("{:>8} {:>12} {:>12}", "", "estimate", "truth");
    let model = annealer.problem().model();
    for (parameter, truth) in model.parameters().iter().zip(&twin.parameters) {
        let estimate = run.parameter(&parameter.name).unwrap_or(f64::NAN);
        println!("{:>8} {:>12.4} {:>12.4}", parameter.name, estimate, truth);
    }
    println!("root mean square error of the path:");
    for (a, state) in model.states().iter().enumerate() {
        println!("{state:>8} {:>12.5}", path_error(&run, &twin, a));
    }
    let [predicted, truth] = spikes(&annealer, &run, &twin, &inputs)?;
    let pairs = predicted.iter().zip(&truth);
    let worst = pairs.fold(0.0f64, |worst, (a, b)| worst.max((a - b).abs()));
    println!(
        "spikes within {:.0} ms past the window, ms: {predicted:.2?}",
        STEP * FURTHER as f64
    );
    println!("of the truth:                             {truth:.2?}, at most {worst:.3} off");
    Ok(())
}
