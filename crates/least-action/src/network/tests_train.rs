//! Training against differences, by two routes, and as the limit of the weak constraint.

use super::tests::squares;
use super::tests_action::{check_gradient, normal, random_pairs};
use super::*;
use crate::action::{Normalization, Prior};
use crate::solve::{Lbfgs, Minimizer};

fn networks() -> Vec<Network> {
    let deep = Layer::new(3, Activation::Tanh)
        .share("deep")
        .step(0.3)
        .inputs(2);
    let mixed = [
        Layer::new(3, Activation::Softplus).bias(Bias::Fixed(vec![0.1, 0.2, 0.3])),
        deep.clone(),
        deep,
        Layer::new(2, Activation::Softmax).bias(Bias::None),
        Layer::map(squares()).step(0.5),
    ];
    vec![
        Network::feedforward(4, &mixed).unwrap(),
        Network::recurrent(&Layer::new(4, Activation::Tanh).inputs(1), 6).unwrap(),
        Network::feedforward(5, &vec![Layer::new(5, Activation::Logistic); 8]).unwrap(),
    ]
}

#[test]
fn backpropagation_and_costates_give_the_gradient() {
    for network in networks() {
        for (pairs, normalization) in [(1, Normalization::Mean), (70, Normalization::Posterior)] {
            let mut data = random_pairs(&network, pairs, 3);
            let width = network.widths()[2];
            data.hidden = vec![Measurements {
                layer: 2,
                values: normal(pairs * width, 8, 1.0),
            }];
            let options = NetworkOptions {
                normalization,
                measurement_precision: 3.0.into(),
                ..NetworkOptions::default()
            };
            let problem = NetworkProblem::new(network.clone(), data, &options).unwrap();
            let mut training = Training::new(&problem).unwrap();
            let weights = normal(network.weight_count(), 4, 0.7);
            let mut gradient = vec![f64::NAN; weights.len()];
            training.evaluate(&weights, &mut gradient).unwrap();
            let mut ignored = gradient.clone();
            check_gradient(&weights, &gradient, |w| {
                training.evaluate(w, &mut ignored).unwrap().action
            });

            let other = problem.costates(&weights).unwrap();
            let size = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
            for (a, b) in gradient.iter().zip(&other.gradient) {
                assert!((a - b).abs() < 1e-13 * size, "{a} {b}");
            }
        }
    }
}

#[test]
fn the_action_of_a_path_without_model_error_is_that_of_training() {
    for network in networks() {
        let data = random_pairs(&network, 9, 3);
        let options = NetworkOptions {
            weights: vec![WeightRule {
                prior: Some(Prior {
                    mean: 0.0,
                    deviation: 1.0,
                }),
                ..WeightRule::default()
            }],
            ..NetworkOptions::default()
        };
        let external = data.external.clone();
        let inputs = data.inputs.clone();
        let problem = NetworkProblem::new(network.clone(), data, &options).unwrap();
        let weights = normal(network.weight_count(), 4, 0.7);
        let mut gradient = vec![0.0; weights.len()];
        let strong = Training::new(&problem)
            .unwrap()
            .evaluate(&weights, &mut gradient)
            .unwrap();
        let mut unknowns = network.forward(&weights, &inputs, &external).unwrap();
        unknowns.extend(&weights);
        let mut gradient = vec![0.0; unknowns.len()];
        let weak = NetworkAction::new(&problem)
            .evaluate(1e3, &unknowns, &mut gradient)
            .unwrap();
        assert!(weak.model_error < 1e-24, "{weak:?}");
        assert!((weak.action - strong.action).abs() < 1e-12 * strong.action);
    }
}

#[test]
fn the_weak_optimum_tends_to_the_strong_one_as_one_over_the_precision() {
    let layers = [
        Layer::new(3, Activation::Tanh),
        Layer::new(1, Activation::Linear),
    ];
    let network = Network::feedforward(2, &layers).unwrap();
    let inputs = normal(24, 1, 1.0);
    let noise = normal(12, 2, 0.3);
    let outputs = inputs
        .chunks(2)
        .zip(noise)
        .map(|(x, noise)| x[0] * 0.5 - libm::tanh(x[1]) + noise)
        .collect();
    let pairs = Pairs::new(&network, inputs.clone(), outputs);
    let options = NetworkOptions {
        normalization: Normalization::Posterior,
        exact_inputs: true,
        weights: vec![WeightRule {
            prior: Some(Prior {
                mean: 0.0,
                deviation: 1.0,
            }),
            ..WeightRule::default()
        }],
        ..NetworkOptions::default()
    };
    let problem = NetworkProblem::new(network.clone(), pairs, &options).unwrap();
    let options = Lbfgs {
        memory: 30,
        max_iterations: 100_000,
        tolerance: 1e-15,
    };
    let mut weights = normal(network.weight_count(), 6, 0.5);
    let mut training = Training::new(&problem).unwrap();
    let strong = options.minimize(&mut training, &mut weights).unwrap();
    let mut unknowns = network.forward(&weights, &inputs, &[]).unwrap();
    unknowns.extend(&weights);
    let mut action = NetworkAction::new(&problem);
    // From large to small, each from the minimum before: the same valley.
    let gaps = [1e4, 1e3, 1e2].map(|model_precision| {
        let mut objective = AtPrecision {
            action: &mut action,
            model_precision,
        };
        let weak = options.minimize(&mut objective, &mut unknowns).unwrap();
        (strong.value - weak.value) * model_precision
    });
    assert!(gaps[0] > 0.0, "{gaps:?}");
    assert!((gaps[1] / gaps[0] - 1.0).abs() < 0.01, "{gaps:?}");
    assert!((gaps[2] / gaps[0] - 1.0).abs() < 0.1, "{gaps:?}");
    // The limit is known: half the sum of the squared costates.
    let costates = problem.costates(&weights).unwrap().costates;
    let expected = costates.iter().map(|p| 0.5 * p * p).sum::<f64>();
    assert!(
        (gaps[0] / expected - 1.0).abs() < 0.01,
        "{gaps:?} {expected}"
    );
}
