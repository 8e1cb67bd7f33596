//! A Lorenz96 twin experiment with the crate alone: 12 of 20 sites observed, the forcing unknown.
//!
//! cargo run --release -p least-action --example lorenz96_twin --features rayon
//!
//! Without the feature it does the same on one thread.

use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use least_action::anneal::{AnnealProgress, Estimate};
use least_action::{models, twin, AnnealOptions, Annealer, TwinExperiment};

const SITES: usize = 20;
const FORCING: f64 = 8.17;
const OBSERVED: [usize; 12] = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];

fn main() -> Result<(), least_action::Error> {
    let model = models::lorenz96(SITES)?;
    let twin = TwinExperiment {
        parameters: [("forcing".to_string(), FORCING)].into(),
        time_step: 0.025,
        points: 161,
        observed: OBSERVED.to_vec(),
        noise: 0.5,
        seed: 1,
        initial_state: None,
        spin_up: None,
        further: 80,
        ..Default::default()
    }
    .run(&model)?;

    let options = AnnealOptions {
        measurement_precision: 4.0.into(),
        estimate: [(
            "forcing".to_string(),
            Estimate {
                initial: Some([6.0, 10.0]),
                ..Estimate::default()
            },
        )]
        .into(),
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(Arc::new(model), twin.data.clone(), options)?;

    let done = AtomicUsize::new(0);
    let watch = |_: AnnealProgress| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if std::io::stderr().is_terminal() {
            eprint!("\r{done} rungs");
            // A terminal that cannot be written to is no reason to stop.
            let _ = std::io::stderr().flush();
        }
        ControlFlow::Continue(())
    };
    #[cfg(feature = "rayon")]
    let run = annealer.run_parallel(watch)?;
    #[cfg(not(feature = "rayon"))]
    let run = annealer.run(watch)?;

    println!("\n{}\n{}\n", run.summary(), run.diagnose());
    let forcing = run.parameter("forcing").unwrap_or(f64::NAN);
    println!("forcing      {forcing:.4}   (truth {FORCING})");
    let path = &run.best().path;
    let hidden = |n: usize| !OBSERVED.contains(&(n % SITES));
    println!(
        "hidden rms   {:.4}   (noise 0.5)",
        rms(path, &twin.truth, hidden)
    );
    let prediction = twin::predict(
        annealer.problem(),
        run.best(),
        twin::Horizon {
            until: 6.0,
            ..twin::Horizon::default()
        },
    )?;
    let ahead = &prediction.path[SITES..];
    println!(
        "rms over two units of time past the window   {:.4}",
        rms(ahead, &twin.future, |_| true)
    );
    Ok(())
}

/// Root mean square of the difference over the entries that `include` accepts.
fn rms(a: &[f64], b: &[f64], include: impl Fn(usize) -> bool) -> f64 {
    let chosen = a.iter().zip(b).enumerate().filter(|(n, _)| include(*n));
    let squares: Vec<f64> = chosen.map(|(_, (a, b))| (a - b) * (a - b)).collect();
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}
