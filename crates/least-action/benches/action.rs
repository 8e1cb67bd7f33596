//! Times the action with its gradient against the same written out by hand, taking turns in one run, and prints both in microseconds as JSON. `npm run bench`
//! runs this beside WebAssembly.
//!
//! cargo bench --bench action

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use least_action::model::Model;
use least_action::{models, Action, ActionOptions, Discretization, Problem, TwinExperiment};

mod by_hand;
use by_hand::ByHand;

const DIMENSION: usize = 20;
const POINTS: usize = 161;
const MODEL_PRECISION: f64 = 1e3;

fn main() -> Result<(), least_action::Error> {
    let model = models::lorenz96(DIMENSION)?;
    let twin = TwinExperiment {
        parameters: Default::default(),
        time_step: 0.025,
        points: POINTS,
        observed: vec![0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18],
        noise: 0.5,
        seed: 1,
        initial_state: None,
        spin_up: None,
        ..Default::default()
    }
    .run(&model)?;
    // Off the truth, so that every term counts.
    let path: Vec<f64> = twin.truth.iter().map(|x| 1.01 * x + 0.1).collect();
    let options = ActionOptions {
        discretization: Some(Discretization::SimpsonHermite),
        measurement_precision: 4.0.into(),
        estimate: vec!["forcing".into()],
        ..ActionOptions::default()
    };
    let problem = Problem::new(
        Arc::new(model) as Arc<dyn Model>,
        twin.data.clone(),
        &options,
    )?;
    let mut action = Action::new(&problem);
    let mut hand = ByHand::new(DIMENSION, &twin.data, 4.0);
    let mut gradient = vec![0.0; path.len()];
    let mut forcing_gradient = [0.0];

    let ours = action.gradient(
        MODEL_PRECISION,
        &path,
        &[8.0],
        &mut gradient,
        &mut forcing_gradient,
    )?;
    let mut hand_gradient = vec![0.0; path.len()];
    let theirs = hand.gradient(MODEL_PRECISION, &path, 8.0, &mut hand_gradient);
    assert!(
        (ours.action - theirs.0).abs() < 1e-9 * ours.action,
        "the two sides disagree"
    );
    let worst = gradient
        .iter()
        .zip(&hand_gradient)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    let size = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    assert!(worst < 1e-9 * size, "the two gradients disagree");

    let mut library = || {
        let value = action.gradient(
            MODEL_PRECISION,
            black_box(&path),
            &[8.0],
            &mut gradient,
            &mut forcing_gradient,
        );
        black_box(value.map(|v| v.action).unwrap_or(f64::NAN));
    };
    let mut by_hand = || {
        black_box(hand.gradient(MODEL_PRECISION, black_box(&path), 8.0, &mut hand_gradient));
    };
    let (library, by_hand) = paired(&mut library, &mut by_hand);
    println!("{{\"gradient\":{library:.3},\"byHand\":{by_hand:.3}}}");
    Ok(())
}

/// Microseconds per call of each, the median over rounds in which they take turns: a machine that slows down slows both.
fn paired(a: &mut dyn FnMut(), b: &mut dyn FnMut()) -> (f64, f64) {
    const ROUNDS: usize = 41;
    const CALLS: usize = 200;
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
