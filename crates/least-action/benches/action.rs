//! Times the action with its gradient against the same written out by hand, taking turns in one
//! run, and prints both in microseconds as JSON: Lorenz96, and the neuron. `npm run bench` runs
//! this beside WebAssembly.
//!
//! cargo bench --bench action

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use least_action::model::{EquationModel, Model};
use least_action::{models, Action, ActionOptions, Discretization, Problem, TwinExperiment};

mod by_hand;
use by_hand::{ByHand, Lorenz96, Neuron, System};

const MODEL_PRECISION: f64 = 1e3;

fn main() -> Result<(), least_action::Error> {
    let ring = TwinExperiment {
        time_step: 0.025,
        points: 161,
        observed: vec![0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18],
        noise: 0.5,
        seed: 1,
        ..TwinExperiment::default()
    };
    let (gradient, hand) = compare(models::lorenz96(20)?, Lorenz96(20), &ring)?;
    let points = 2001;
    let stimulus = (0..points).map(|n| 15.0 + 10.0 * (0.01 * n as f64).sin());
    let spikes = TwinExperiment {
        time_step: 0.02,
        points,
        observed: vec![0],
        noise: 1.0,
        seed: 1,
        inputs: stimulus.collect(),
        ..TwinExperiment::default()
    };
    let neuron = compare(models::nakl_neuron()?, Neuron::default(), &spikes)?;
    println!(
        "{{\"gradient\":{gradient:.3},\"byHand\":{hand:.3},\
         \"neuron\":{{\"gradient\":{:.3},\"byHand\":{:.3}}}}}",
        neuron.0, neuron.1
    );
    Ok(())
}

/// Microseconds of the library and of the code written by hand, with all parameters estimated, at a
/// path off the truth so that every term counts.
fn compare<S: System>(
    model: EquationModel,
    system: S,
    experiment: &TwinExperiment,
) -> Result<(f64, f64), least_action::Error> {
    let twin = experiment.run(&model)?;
    let path: Vec<f64> = twin.truth.iter().map(|x| 1.01 * x + 0.1).collect();
    let all = model.parameters();
    let parameters: Vec<f64> = all.iter().map(|p| 0.98 * p.default).collect();
    let options = ActionOptions {
        discretization: Some(Discretization::SimpsonHermite),
        measurement_precision: 4.0.into(),
        estimate: all.iter().map(|p| p.name.clone()).collect(),
        ..ActionOptions::default()
    };
    let mut hand = ByHand::new(system, &twin.data, 4.0);
    let model: Arc<dyn Model> = Arc::new(model);
    let mut action = Action::new(&Problem::new(model, twin.data, &options)?);

    let (mut ours, mut theirs) = (vec![0.0; path.len()], vec![0.0; path.len()]);
    let (mut p_ours, mut p_theirs) = (parameters.clone(), parameters.clone());
    let value = action.gradient(MODEL_PRECISION, &path, &parameters, &mut ours, &mut p_ours)?;
    let hand_value = hand.gradient(
        MODEL_PRECISION,
        &path,
        &parameters,
        &mut theirs,
        &mut p_theirs,
    );
    let difference = (value.action - hand_value).abs();
    assert!(difference < 1e-9 * value.action, "the two sides disagree");
    for (a, b) in [(&ours, &theirs), (&p_ours, &p_theirs)] {
        let size = b.iter().fold(0.0f64, |m, g| m.max(g.abs()));
        let worst = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        assert!(
            worst.fold(0.0, f64::max) < 1e-9 * size,
            "the two gradients disagree"
        );
    }

    let mut library = || {
        let path = black_box(&path);
        let value = action.gradient(MODEL_PRECISION, path, &parameters, &mut ours, &mut p_ours);
        black_box(value.map(|v| v.action).unwrap_or(f64::NAN));
    };
    let mut by_hand = || {
        let path = black_box(&path);
        black_box(hand.gradient(
            MODEL_PRECISION,
            path,
            &parameters,
            &mut theirs,
            &mut p_theirs,
        ));
    };
    Ok(paired(&mut library, &mut by_hand))
}

/// Microseconds per call of each, the median over rounds in which they take turns: a machine that
/// slows down slows both.
fn paired(a: &mut dyn FnMut(), b: &mut dyn FnMut()) -> (f64, f64) {
    const ROUNDS: usize = 101;
    const CALLS: usize = 20;
    let time = |f: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..CALLS {
            f();
        }
        start.elapsed().as_secs_f64() * 1e6 / CALLS as f64
    };
    time(a);
    time(b);
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        times.0.push(time(a));
        times.1.push(time(b));
    }
    (median(&mut times.0), median(&mut times.1))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
