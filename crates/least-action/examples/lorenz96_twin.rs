//! A Lorenz96 twin experiment with the crate alone: 12 of 20 sites observed, the forcing unknown.
//!
//! cargo run --release --example lorenz96_twin --features rayon

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{Estimate, Ladder, ObservedStart, StartingPaths};
use least_action::solve::Lbfgs;
use least_action::{models, AnnealOptions, Annealer, TwinExperiment};

fn main() -> Result<(), least_action::Error> {
    let arg = |i: usize, d: f64| {
        std::env::args()
            .nth(i)
            .and_then(|a| a.parse().ok())
            .unwrap_or(d)
    };
    let model = models::lorenz96(20)?;
    let twin = TwinExperiment {
        parameters: BTreeMap::from([("forcing".into(), 8.17)]),
        time_step: 0.025,
        points: 161,
        observed: vec![0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18],
        noise: 0.5,
        seed: 1,
        initial_state: None,
        spin_up: None,
        further: 160,
    }
    .run(&model)?;
    let options = AnnealOptions {
        discretization: Default::default(),
        normalization: Default::default(),
        measurement_precision: 4.0,
        model_precision: Ladder {
            initial: 4e-6,
            factor: arg(4, 1.5),
            rungs: arg(5, 101.0) as usize,
        },
        parameters: BTreeMap::new(),
        estimate: BTreeMap::from([(
            "forcing".into(),
            Estimate {
                initial: [6.0, 10.0],
            },
        )]),
        starting_paths: StartingPaths {
            count: arg(3, 4.0) as usize,
            range: [-10.0, 10.0],
            seed: 2,
            observed: ObservedStart::Data,
        },
        minimizer: Lbfgs {
            memory: arg(6, 10.0) as usize,
            max_iterations: arg(1, 1000.0) as usize,
            tolerance: arg(2, 1e-6),
        },
    };
    let annealer = Annealer::new(Arc::new(model), twin.data.clone(), options)?;
    let t = std::time::Instant::now();
    let run = annealer.run(|p| {
        if p.start == 0 && p.rung.rung % 5 == 0 {
            let r = &p.rung;
            eprintln!(
                "{:3} rf {:.2e} A {:.5} = {:.5} + {:.3e} k {:.4} {:?} it {} ev {}",
                r.rung,
                r.model_precision,
                r.action,
                r.measurement_error,
                r.model_error,
                r.parameters[0],
                r.stop,
                r.iterations,
                r.evaluations
            );
        }
        ControlFlow::Continue(())
    })?;
    eprintln!("{:?}", t.elapsed());
    println!("{}\n{}", run.summary(), run.diagnose());
    let best = &run.best().path;
    let rms = (best
        .iter()
        .zip(&twin.truth)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        / best.len() as f64)
        .sqrt();
    println!("rms to truth {rms}");
    Ok(())
}
