//! End of a search: the right path is looked for as long as another may be right, and no longer.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{Estimate, Verdict};
use least_action::models;
use least_action::{AnnealOptions, Annealer, Observations, Run, TwinExperiment};

/// Run of Lorenz96 with 20 sites, five of them observed, with noise of one and a stated noise of
/// `stated`. Returns it with the true path.
fn lorenz96(stated: f64, seed: u64, points: usize) -> (Run, Vec<f64>) {
    let model = models::lorenz96(20).unwrap();
    let experiment = TwinExperiment {
        time_step: 0.025,
        points,
        observed: vec![0, 4, 8, 12, 16],
        noise: 1.0,
        seed,
        ..TwinExperiment::default()
    };
    let twin = experiment.run(&model).unwrap();
    let options = AnnealOptions {
        measurement_precision: (1.0 / (stated * stated)).into(),
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(Arc::new(model), twin.data, options).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    (run, twin.truth)
}

fn distance(run: &Run, truth: &[f64]) -> f64 {
    let squares = run
        .best()
        .path
        .iter()
        .zip(truth)
        .map(|(a, b)| (a - b) * (a - b));
    (squares.sum::<f64>() / truth.len() as f64).sqrt()
}

#[test]
fn overstated_noise_hides_no_wrong_path() {
    for seed in 1..=4 {
        let (right, truth) = lorenz96(1.0, seed, 161);
        let (run, _) = lorenz96(2.0, seed, 161);
        // A quarter of what is stated. A path that is wrong would still be called right by it.
        let misfit = 4.0 * run.best_rung().measurement_error;
        assert!((misfit - 1.0).abs() < 0.2, "seed {seed}: {misfit}");
        let distances = [&run, &right].map(|run| distance(run, &truth));
        assert!(
            distances[0] < 1.01 * distances[1],
            "seed {seed}: {distances:?}"
        );
    }
}

#[test]
fn understated_noise_ends_soon() {
    let experiment = TwinExperiment {
        time_step: 0.02,
        points: 201,
        observed: vec![0],
        noise: 1.0,
        seed: 1,
        ..TwinExperiment::default()
    };
    let model = models::lorenz63().unwrap();
    let data: Observations = experiment.run(&model).unwrap().data;
    let estimate = Estimate {
        initial: Some([20.0, 40.0]),
        ..Estimate::default()
    };
    let options = AnnealOptions {
        measurement_precision: 16.0.into(),
        estimate: [("rho".to_string(), estimate)].into(),
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    // The misfit is as large as the scatter of the data, so that no path is nearer to them.
    assert_eq!(run.climbs.len(), 1);
    assert_eq!(run.verdict, Verdict::Inconsistent);
    let rho = run.parameter("rho").unwrap();
    assert!((rho - 28.0).abs() < 0.5, "{rho}");
}
