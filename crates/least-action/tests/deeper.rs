//! Deeper is a finer time step: residual layers with one set of weights are Euler's steps of a
//! flow, and with R_f divided by the step the minimum of the action tends to that of the flow at
//! the order of the step.

use std::ops::ControlFlow;

use least_action::action::Prior;
use least_action::anneal::{Annealer, Ladder, NetworkAnnealOptions, NetworkStarts, Networks};
use least_action::network::{Activation, Layer, Network, NetworkOptions, Pairs};
use least_action::solve::Structured;
use least_action::Normalization;

/// The network's time from inputs to outputs.
const TIME: f64 = 1.0;
const PAIRS: usize = 8;

/// A flow `dx/dt = tanh(W x + b)` of two neurons in so many steps.
fn network(steps: usize) -> Network {
    let cell = Layer {
        activation: Activation::Tanh,
        residual: Some(TIME / steps as f64),
        ..Layer::new(2)
    };
    Network::recurrent(cell, steps).unwrap()
}

/// Points of a circle, with their images under a rotation and a stretch. No flow of this kind does
/// that exactly, so the model's error matters.
fn pairs(network: &Network) -> Pairs {
    let angle = |k: usize| k as f64 * std::f64::consts::TAU / PAIRS as f64;
    let point = |angle: f64, a: f64, b: f64| [a * angle.cos(), b * angle.sin()];
    let inputs: Vec<f64> = (0..PAIRS).flat_map(|k| point(angle(k), 1.0, 1.0)).collect();
    let outputs = (0..PAIRS).flat_map(|k| point(angle(k) + 0.5, 1.4, 0.8));
    Pairs::new(network, inputs, outputs.collect()).unwrap()
}

/// Lowest action, and the weights there, for this R_f of the flow.
fn minimum(steps: usize, flow_precision: f64) -> (f64, Vec<f64>) {
    let network = network(steps);
    let pairs = pairs(&network);
    let prior = Prior {
        mean: 0.0,
        deviation: 3.0,
    };
    // R_f / 2 times the sum of squares of h (x' - F) is R_f h / 2 times the integral of (x' - F)^2.
    let last = flow_precision * steps as f64 / TIME;
    let options = NetworkAnnealOptions {
        action: NetworkOptions {
            normalization: Normalization::Posterior,
            measurement_precision: 100.0,
            weight_prior: Some(prior),
            bias_prior: Some(prior),
            ..NetworkOptions::default()
        },
        model_precision: Ladder::fixed(last, 2.0, 1),
        starting_paths: NetworkStarts {
            count: 1,
            ..NetworkStarts::default()
        },
        minimizer: Some(
            Structured {
                tolerance: 1e-13,
                ..Structured::default()
            }
            .into(),
        ),
    };
    let annealer = Annealer::on(Networks::new(network, pairs, options).unwrap());
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    (run.best_rung().action, run.best().parameters.clone())
}

#[test]
fn action_and_weights_converge_at_the_order_of_eulers_step() {
    for flow_precision in [3.0, 300.0] {
        let minima: Vec<_> = [8, 16, 32, 64]
            .map(|steps| minimum(steps, flow_precision))
            .into();
        let distance = |a: &(f64, Vec<f64>), b: &(f64, Vec<f64>)| {
            let weights = a.1.iter().zip(&b.1).map(|(a, b)| (a - b).abs());
            [(a.0 - b.0).abs(), weights.fold(0.0, f64::max)]
        };
        let steps: Vec<_> = minima
            .windows(2)
            .map(|two| distance(&two[0], &two[1]))
            .collect();
        println!("R_f {flow_precision}: {steps:?}, action {}", minima[3].0);
        for two in steps.windows(2) {
            for (coarse, fine) in two[0].iter().zip(two[1]) {
                // Two, in the limit.
                let ratio = coarse / fine;
                assert!((1.7..2.4).contains(&ratio), "{ratio} in {steps:?}");
            }
        }
        // The model's error is there, or this would be about nothing.
        assert!(minima[3].0 > 1e-3);
    }
}

/// Without dividing R_f by the step, every depth is another problem.
#[test]
fn without_rescaling_the_action_does_not_converge() {
    let level = |steps: usize| minimum(steps, 3.0 * 8.0 / steps as f64).0;
    let (coarse, fine) = (level(8), level(64));
    let rescaled = minimum(8, 3.0).0 - minimum(64, 3.0).0;
    assert!((coarse - fine) > 20.0 * rescaled.abs(), "{coarse} {fine}");
}
