//! Annealing of networks that learn from pairs of noisy inputs and outputs, which a network of the
//! same kind has produced.

use std::ops::ControlFlow;

use least_action::action::Prior;
use least_action::anneal::{
    Annealer, Ladder, NetworkAnnealOptions, NetworkStartingStrategy, NetworkStarts, Networks,
    Verdict,
};
use least_action::network::{
    Activation, Layer, Network, NetworkOptions, Pairs, TrainOptions, TrainedInputs, Trainer,
};
use least_action::solve::{Hessian, Lbfgs, MinimizerOptions, Structured};

/// Random numbers from a linear congruence, good enough for test data.
fn noise(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        (state >> 11) as f64 / (1u64 << 53) as f64 * 2.0 - 1.0
    }
}

/// A network of 2-3-1 neurons.
fn network() -> Network {
    let layer = |width, activation| Layer {
        activation,
        ..Layer::new(width)
    };
    let layers = vec![layer(3, Activation::Tanh), layer(1, Activation::Linear)];
    Network::feedforward(2, layers).unwrap()
}

const DEVIATION: f64 = 0.01;

/// Weights, and pairs that they have produced, with noise at both ends.
fn twin(network: &Network, pairs: usize) -> (Vec<f64>, Pairs) {
    let mut random = noise(5);
    let weights: Vec<f64> = (0..network.weight_count())
        .map(|_| 1.5 * random())
        .collect();
    let inputs: Vec<f64> = (0..pairs * 2).map(|_| 2.0 * random()).collect();
    let outputs = network.predict(&weights, &inputs, &[]).unwrap();
    // Uniform noise of this standard deviation.
    let mut noisy = |x: f64| x + DEVIATION * 3f64.sqrt() * random();
    let inputs = inputs.into_iter().map(&mut noisy).collect();
    let outputs = outputs.into_iter().map(&mut noisy).collect();
    (weights, Pairs::new(network, inputs, outputs).unwrap())
}

fn options() -> NetworkAnnealOptions {
    NetworkAnnealOptions {
        // Without bounds, large weights after a hidden layer would make its errors count for
        // little.
        action: NetworkOptions {
            measurement_precision: 1.0 / (DEVIATION * DEVIATION),
            weight_bounds: Some([-2.0, 2.0]),
            bias_bounds: Some([-2.0, 2.0]),
            ..NetworkOptions::default()
        },
        starting_paths: NetworkStarts {
            count: 4,
            ..NetworkStarts::default()
        },
        ..NetworkAnnealOptions::default()
    }
}

fn annealer(network: &Network, pairs: &Pairs, options: NetworkAnnealOptions) -> Annealer<Networks> {
    Annealer::on(Networks::new(network.clone(), pairs.clone(), options).unwrap())
}

#[test]
fn what_a_network_has_produced_is_learned() {
    let network = network();
    let (truth, pairs) = twin(&network, 100);
    for start in [
        NetworkStartingStrategy::Forward,
        NetworkStartingStrategy::Random,
    ] {
        let mut options = options();
        options.starting_paths.start = start;
        let annealer = annealer(&network, &pairs, options);
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        println!("{}\n{}", run.summary(), run.diagnose());
        assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
        assert_eq!(run.climbs.len(), 4, "all starts are climbed from");
        // The right function, on fresh inputs.
        let mut random = noise(99);
        let fresh: Vec<f64> = (0..400).map(|_| 2.0 * random()).collect();
        let right = network.predict(&truth, &fresh, &[]).unwrap();
        let learned = network
            .predict(&run.best().parameters, &fresh, &[])
            .unwrap();
        let squares = right.iter().zip(&learned).map(|(a, b)| (a - b) * (a - b));
        let error = (squares.sum::<f64>() / right.len() as f64).sqrt();
        assert!(error < DEVIATION, "{error}");
        // For comparison, the error of a constant output.
        let mean = right.iter().sum::<f64>() / right.len() as f64;
        let variance = right.iter().map(|y| (y - mean) * (y - mean)).sum::<f64>();
        assert!(error < 0.05 * (variance / right.len() as f64).sqrt());
    }
}

/// Few pairs and many weights, as in the twins of the paper: a step needs a matrix no larger than
/// the measurements there.
#[test]
fn deep_networks_of_few_pairs_are_climbed_by_their_measurements() {
    let network = Network::feedforward(10, vec![Layer::new(10); 19]).unwrap();
    let mut random = noise(2);
    let weights: Vec<f64> = (0..network.weight_count())
        .map(|_| 2.0 * random())
        .collect();
    let inputs: Vec<f64> = (0..20).map(|_| random()).collect();
    let outputs = network.predict(&weights, &inputs, &[]).unwrap();
    let pairs = Pairs::new(&network, inputs, outputs).unwrap();
    let reached = |minimizer| {
        let mut options = options();
        options.action = NetworkOptions {
            measurement_precision: 4e4,
            ..NetworkOptions::default()
        };
        options.model_precision = Ladder::fixed(3.8e-3, 10.0, 10);
        options.starting_paths.count = 1;
        options.minimizer = Some(minimizer);
        let run = annealer(&network, &pairs, options).run(|_| ControlFlow::Continue(()));
        let last = run.unwrap().best_rung().clone();
        (last.action, last.factorizations)
    };
    let structured = reached(MinimizerOptions::Structured(Structured::default()));
    let lbfgs = reached(MinimizerOptions::Lbfgs(Lbfgs::default()));
    assert!(structured.1 > 0 && lbfgs.1 == 0);
    // So many weights meet two pairs exactly, and the action can vanish.
    assert!(
        structured.0 < 1e-5 && structured.0 < lbfgs.0,
        "{structured:?} {lbfgs:?}"
    );
}

/// L-BFGS needs innovations as unknowns where layers bind: with activations it stops long before a
/// minimum.
#[test]
fn lbfgs_ends_at_minima_of_training_where_the_layers_hold() {
    let network = network();
    let (_, pairs) = twin(&network, 40);
    let prior = Some(Prior {
        mean: 0.0,
        deviation: 1.0,
    });
    let action = NetworkOptions {
        measurement_precision: 1.0 / (DEVIATION * DEVIATION),
        weight_prior: prior,
        bias_prior: prior,
        ..NetworkOptions::default()
    };
    let options = NetworkAnnealOptions {
        action: action.clone(),
        model_precision: Ladder::fixed(1e5, 10.0, 6),
        minimizer: Some(Lbfgs::default().into()),
        ..options()
    };
    let run = annealer(&network, &pairs, options).run(|_| ControlFlow::Continue(()));
    let run = run.unwrap();
    for climb in &run.climbs {
        let level = climb.rungs.last().unwrap().action;
        let training = TrainOptions {
            action: action.clone(),
            inputs: TrainedInputs::Free,
            initial_weights: Some(climb.parameters.clone()),
            minimizer: Some(
                Lbfgs {
                    tolerance: 1e-10,
                    max_iterations: 20_000,
                    ..Lbfgs::default()
                }
                .into(),
            ),
            ..TrainOptions::default()
        };
        let mut trainer = Trainer::new(&network, &pairs, &training).unwrap();
        let loss = trainer.advance(usize::MAX).unwrap().value;
        assert!((level / loss - 1.0).abs() < 0.01, "{level} {loss}");
    }
    // One of them is the lowest minimum of training from ten random starts, 0.31885.
    assert!((run.best_rung().action / 0.31885 - 1.0).abs() < 0.01);
}

/// The structured minimiser needs a matrix per step, small here, which L-BFGS does not need.
#[test]
fn the_default_minimizer_follows_the_number_of_measurements() {
    let network = Network::feedforward(10, vec![Layer::new(10); 19]).unwrap();
    let factorizations = |count: usize| {
        let mut random = noise(3);
        let mut draw = || (0..10 * count).map(|_| 0.5 + 0.4 * random()).collect();
        let pairs = Pairs::new(&network, draw(), draw()).unwrap();
        let mut options = options();
        options.model_precision = Ladder::fixed(1.0, 2.0, 1);
        options.starting_paths.count = 1;
        let run = annealer(&network, &pairs, options).run(|_| ControlFlow::Continue(()));
        run.unwrap().best_rung().factorizations
    };
    assert!(factorizations(10) > 0);
    assert_eq!(factorizations(100), 0);
}

#[test]
fn climbs_are_resumed_and_threads_change_no_bit() {
    let network = network();
    let (_, pairs) = twin(&network, 30);
    let mut options = NetworkAnnealOptions {
        model_precision: Ladder::fixed(1e3, 10.0, 4),
        ..options()
    };
    options.action.weight_bounds = Some([-0.5, 0.5]);
    let annealer = annealer(&network, &pairs, options);
    let whole = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    assert_eq!(
        whole.climbs,
        annealer
            .run_parallel(|_| ControlFlow::Continue(()))
            .unwrap()
            .climbs
    );
    let mut climber = annealer.climber(2).unwrap();
    climber.next_rung();
    let mut climber = annealer.resume(climber.into_climb()).unwrap();
    while climber.next_rung().is_some() {}
    assert_eq!(climber.climb(), &whole.climbs[2]);

    // Bounds are kept, and reported.
    let best = whole.best();
    let matrix = network.weight_sets()[0].matrix();
    assert!(best.parameters[matrix].iter().all(|w| w.abs() <= 0.5));
    let bounds = &whole.best_rung().active_bounds;
    assert!(
        bounds
            .iter()
            .any(|b| b.name == "weights of layer 1" && b.points > 0),
        "{bounds:?}"
    );
    assert!(whole.best_rung().parameters.is_empty());

    // A climb of other data cannot be resumed.
    let mut other = pairs.clone();
    other.outputs[0] += 1.0;
    let other = self::annealer(&network, &other, annealer.annealable().options().clone());
    let error = other.resume(best.clone()).err().unwrap();
    assert!(
        error.to_string().contains("resume with the data"),
        "{error}"
    );
}

#[test]
fn what_is_wrong_is_said() {
    let network = network();
    let (_, pairs) = twin(&network, 5);
    let refused = |change: &dyn Fn(&mut NetworkAnnealOptions)| {
        let mut options = options();
        change(&mut options);
        let networks = Networks::new(network.clone(), pairs.clone(), options);
        networks.err().unwrap().to_string()
    };
    assert_eq!(
        refused(&|o| o.starting_paths.count = 0),
        "startingPaths.count: must be a whole number of at least 1, got 0"
    );
    assert!(refused(&|o| o.starting_paths.weights = Some([1.0, 0.0]))
        .starts_with("startingPaths.weights"));
    let minimizer = |structured| Some(MinimizerOptions::Structured(structured));
    let exact = Structured {
        hessian: Hessian::Exact,
        ..Structured::default()
    };
    assert!(refused(&|o| o.minimizer = minimizer(exact))
        .starts_with("minimizer.hessian: must be gauss-newton"));
    let coarse = Structured {
        tolerance: 2.0,
        ..Structured::default()
    };
    assert!(refused(&|o| o.minimizer = minimizer(coarse)).starts_with("minimizer.tolerance"));
    assert!(refused(&|o| o.action.observed_outputs = Some(vec![1])).starts_with("observedOutputs"));
    assert!(
        refused(&|o| o.model_precision = Ladder::fixed(-1.0, 2.0, 3))
            .starts_with("modelPrecision.initial")
    );
}
