//! The action of networks against plain loops, and its gradient against differences.

use proptest::prelude::*;

use super::tests::squares;
use super::*;
use crate::action::{Normalization, Prior};
use crate::random::Random;
use crate::Error;

pub(super) fn normal(count: usize, seed: u64, size: f64) -> Vec<f64> {
    let mut random = Random::new(seed, 3);
    (0..count).map(|_| size * random.normal()).collect()
}

/// Pairs of random numbers for a network, some outputs missing, external inputs where it has any.
pub(super) fn random_pairs(network: &Network, count: usize, seed: u64) -> Pairs {
    let (first, last) = (network.widths()[0], network.widths()[network.depth()]);
    let mut outputs = normal(count * last, seed + 1, 1.0);
    outputs
        .iter_mut()
        .skip(1)
        .step_by(3)
        .for_each(|y| *y = f64::NAN);
    let external = network.transitions.iter().enumerate();
    let external: Vec<_> = external
        .map(|(l, t)| normal(count * t.inputs, seed + 10 + l as u64, 1.0))
        .collect();
    Pairs {
        count,
        inputs: normal(count * first, seed, 1.0),
        outputs,
        hidden: Vec::new(),
        external: if external.iter().all(Vec::is_empty) {
            Vec::new()
        } else {
            external
        },
    }
}

/// The value by loops over pairs, layers and neurons, with nothing shared with the fast one but the activations.
fn plain(
    problem: &NetworkProblem,
    pairs: &Pairs,
    options: &NetworkOptions,
    model_precision: f64,
    unknowns: &[f64],
) -> f64 {
    let network = problem.network();
    let weights = &unknowns[problem.weight_offset()..];
    let x = |l: usize, m: usize, a: usize| {
        unknowns[problem.layer_offset(l) + m * network.widths()[l] + a]
    };
    let (mut model, mut data, mut residuals, mut measured) = (0.0, 0.0, 0, 0);
    let NetworkPrecision::Same(precision) = options.measurement_precision else {
        panic!("one precision")
    };
    let mut add = |x: f64, y: f64| {
        if !y.is_nan() {
            data += precision * (x - y) * (x - y);
            measured += 1;
        }
    };
    let last = network.depth();
    for m in 0..pairs.count {
        for (a, y) in pairs.inputs[m * network.widths()[0]..]
            .iter()
            .take(network.widths()[0])
            .enumerate()
        {
            add(x(0, m, a), *y);
        }
        for a in 0..network.widths()[last] {
            if options
                .observed_outputs
                .as_ref()
                .is_none_or(|o| o.contains(&a))
            {
                add(x(last, m, a), pairs.outputs[m * network.widths()[last] + a]);
            }
        }
        for hidden in &pairs.hidden {
            let width = network.widths()[hidden.layer];
            for a in 0..width {
                add(x(hidden.layer, m, a), hidden.values[m * width + a]);
            }
        }
        for l in 1..=last {
            let transition = &network.transitions[l - 1];
            let own = network.weights(l, weights).unwrap();
            let (before, width, inputs) =
                (network.widths()[l - 1], transition.width, transition.inputs);
            let mut z: Vec<[f64; 1]> = (0..width)
                .map(|a| {
                    if transition.map.is_some() {
                        let u = pairs.external[l - 1][m];
                        return [match a {
                            0 => own.parameters[0] * x(l - 1, m, 0) * x(l - 1, m, 1) + u,
                            _ => x(l - 1, m, 0) + libm::sin(x(l - 1, m, 1)),
                        }];
                    }
                    let mut sum = own.bias.get(a).copied().unwrap_or(0.0);
                    for i in 0..before {
                        sum += own.matrix[a * before + i] * x(l - 1, m, i);
                    }
                    for i in 0..inputs {
                        sum += own.inputs[a * inputs + i] * pairs.external[l - 1][m * inputs + i];
                    }
                    [sum]
                })
                .collect();
            if transition.map.is_none() {
                transition
                    .activation
                    .apply(width, &mut z, &mut vec![[0.0]; width]);
            }
            for (a, z) in z.iter().enumerate() {
                let value = match transition.step {
                    Some(h) => x(l - 1, m, a) + h * z[0],
                    None => z[0],
                };
                model += (x(l, m, a) - value) * (x(l, m, a) - value);
                residuals += 1;
            }
        }
    }
    let mut value = match options.normalization {
        Normalization::Posterior => 0.5 * data + 0.5 * model_precision * model,
        Normalization::Mean => data / measured as f64 + model_precision * model / residuals as f64,
    };
    for rule in &options.weights {
        if let Some(prior) = rule.prior {
            let factor = problem.prior_factor() / (prior.deviation * prior.deviation);
            value += weights
                .iter()
                .map(|w| factor * (w - prior.mean) * (w - prior.mean))
                .sum::<f64>();
        }
    }
    value
}

/// Compares the gradient of `function` with central differences.
pub(super) fn check_gradient(x: &[f64], gradient: &[f64], mut function: impl FnMut(&[f64]) -> f64) {
    let mut x = x.to_vec();
    let size = gradient.iter().fold(1e-3f64, |m, g| m.max(g.abs()));
    for k in 0..x.len() {
        let (at, h) = (x[k], 1e-5);
        x[k] = at + h;
        let up = function(&x);
        x[k] = at - h;
        let difference = (up - function(&x)) / (2.0 * h);
        x[k] = at;
        let error = (difference - gradient[k]).abs();
        assert!(
            error < 1e-6 * size,
            "unknown {k}: {} is {difference} by differences",
            gradient[k]
        );
    }
}

fn check(network: Network, pairs: Pairs, options: &NetworkOptions, seed: u64) {
    let problem = NetworkProblem::new(network, pairs.clone(), options).unwrap();
    let unknowns = normal(problem.unknowns(), seed + 7, 0.8);
    let mut gradient = vec![f64::NAN; unknowns.len()];
    let mut action = NetworkAction::new(&problem);
    let value = action.evaluate(3.0, &unknowns, &mut gradient).unwrap();
    let expected = plain(&problem, &pairs, options, 3.0, &unknowns);
    assert!(
        (value.action - expected).abs() < 1e-12 * expected,
        "{value:?} {expected}"
    );
    let mut ignored = gradient.clone();
    check_gradient(&unknowns, &gradient, |x| {
        action.evaluate(3.0, x, &mut ignored).unwrap().action
    });
}

fn layer() -> impl Strategy<Value = Layer> {
    let bias = prop_oneof![Just(0usize), Just(1), Just(2)];
    (1usize..7, 0usize..6, bias, 0usize..3).prop_map(|(width, activation, bias, inputs)| {
        // The kink of a relu has no derivative to compare with.
        let activation = match Activation::ALL[activation] {
            Activation::Relu => Activation::Softplus,
            other => other,
        };
        let bias = match bias {
            0 => Bias::Free,
            1 => Bias::Fixed((0..width).map(|k| k as f64 * 0.1).collect()),
            _ => Bias::None,
        };
        Layer::new(width, activation).bias(bias).inputs(inputs)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, rng_seed: proptest::test_runner::RngSeed::Fixed(1), failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn gradients_of_random_networks_are_right(
        inputs in 1usize..6,
        layers in prop::collection::vec(layer(), 1..4),
        count in 1usize..10,
        posterior: bool,
        seed in 0u64..1000,
    ) {
        let network = Network::feedforward(inputs, &layers).unwrap();
        let mut pairs = random_pairs(&network, count, seed);
        if layers.len() > 1 {
            pairs.hidden = vec![Measurements { layer: 1, values: normal(count * layers[0].width, seed, 1.0) }];
        }
        let options = NetworkOptions {
            normalization: if posterior { Normalization::Posterior } else { Normalization::Mean },
            measurement_precision: 2.0.into(),
            weights: vec![WeightRule { prior: Some(Prior { mean: 0.2, deviation: 2.0 }), ..WeightRule::default() }],
            ..NetworkOptions::default()
        };
        check(network, pairs, &options, seed);
    }
}

#[test]
fn gradients_of_tied_residual_and_custom_layers_are_right() {
    let residual = Layer::new(3, Activation::Tanh)
        .share("deep")
        .step(0.3)
        .inputs(2);
    let layers = [
        residual.clone(),
        residual.clone(),
        residual,
        Layer::new(2, Activation::Softmax),
        Layer::map(squares()).share("map"),
        Layer::map(squares()).share("map").step(0.1),
    ];
    for count in [1, 5, 67] {
        let network = Network::feedforward(3, &layers).unwrap();
        let pairs = random_pairs(&network, count, 5);
        check(network, pairs, &NetworkOptions::default(), 5);
    }
}

#[test]
fn gradients_of_recurrent_networks_and_partly_observed_outputs_are_right() {
    let network = Network::recurrent(&Layer::new(4, Activation::Tanh).inputs(2), 5).unwrap();
    let mut pairs = random_pairs(&network, 3, 11);
    let mut values = normal(12, 2, 1.0);
    values[3] = f64::NAN;
    pairs.hidden = vec![
        Measurements {
            layer: 2,
            values: values.clone(),
        },
        Measurements { layer: 4, values },
    ];
    let options = NetworkOptions {
        normalization: Normalization::Posterior,
        observed_outputs: Some(vec![3, 0]),
        ..NetworkOptions::default()
    };
    check(network, pairs, &options, 11);
}

#[test]
fn relus_at_their_kink_pass_nothing_back() {
    let network = Network::feedforward(1, &[Layer::new(1, Activation::Relu)]).unwrap();
    let pairs = Pairs::new(&network, vec![0.0], vec![1.0]);
    let problem = NetworkProblem::new(network, pairs, &NetworkOptions::default()).unwrap();
    let mut gradient = [f64::NAN; 4];
    let value = NetworkAction::new(&problem)
        .evaluate(2.0, &[0.0, 1.0, 1.0, 0.0], &mut gradient)
        .unwrap();
    assert_eq!(value.model_error, 2.0);
    assert_eq!(gradient, [0.0, 4.0, 0.0, 0.0]);
}

#[test]
fn every_precision_weighs_its_own_neurons() {
    let network = Network::feedforward(2, &[Layer::new(1, Activation::Linear)]).unwrap();
    let pairs = Pairs::new(&network, vec![0.0, 0.0], vec![0.0]);
    let options = NetworkOptions {
        normalization: Normalization::Posterior,
        measurement_precision: NetworkPrecision::Ends {
            inputs: NeuronPrecision::Each(vec![1.0, 10.0]),
            outputs: NeuronPrecision::Same(100.0),
            hidden: None,
        },
        ..NetworkOptions::default()
    };
    let problem = NetworkProblem::new(network.clone(), pairs.clone(), &options).unwrap();
    let unknowns = [2.0, 2.0, 2.0, 0.0, 0.0, 0.0];
    let value = NetworkAction::new(&problem)
        .evaluate(1.0, &unknowns, &mut [0.0; 6])
        .unwrap();
    assert_eq!(
        (value.measurement_error, value.model_error),
        (2.0 + 20.0 + 200.0, 2.0)
    );
    let wrong = NetworkOptions {
        measurement_precision: NetworkPrecision::Ends {
            inputs: NeuronPrecision::Each(vec![1.0]),
            outputs: NeuronPrecision::Same(100.0),
            hidden: None,
        },
        ..options
    };
    let error = NetworkProblem::new(network, pairs, &wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "measurementPrecision.inputs: expected 2 values (one per neuron), got 1"
    );
}

#[test]
fn what_is_not_finite_is_found() {
    let layers = [
        Layer::new(2, Activation::Linear),
        Layer::new(2, Activation::Linear),
    ];
    let network = Network::feedforward(2, &layers).unwrap();
    let pairs = Pairs::new(&network, vec![1.0; 6], vec![1.0; 6]);
    let problem = NetworkProblem::new(network, pairs, &NetworkOptions::default()).unwrap();
    let evaluate = |change: &dyn Fn(&mut [f64])| {
        let mut unknowns = vec![0.5; problem.unknowns()];
        change(&mut unknowns);
        let mut gradient = vec![0.0; unknowns.len()];
        let result = NetworkAction::new(&problem).evaluate(1.0, &unknowns, &mut gradient);
        match result {
            Err(Error::NeuronNotFinite {
                layer,
                pair,
                neuron,
                term,
                ..
            }) => (layer, pair, neuron, term),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        evaluate(&|x| x[6 + 3] = f64::NAN),
        (1, Some(1), 1, "activation".into())
    );
    assert_eq!(
        evaluate(&|x| x[18 + 7] = f64::INFINITY),
        (2, None, 0, "weight".into())
    );
    assert_eq!(
        evaluate(&|x| x[4] = 1e200),
        (0, Some(2), 0, "squared measurement error".into())
    );
    assert_eq!(
        evaluate(&|x| x[18 + 6] = 1e200),
        (2, Some(0), 0, "squared residual".into())
    );
    let far = |x: &mut [f64]| (x[6], x[8], x[18 + 6]) = (0.0, 1e10, 1e300);
    assert_eq!(
        evaluate(&far),
        (2, Some(1), 0, "value that the layer before gives".into())
    );
}

#[test]
fn argmin_finds_the_line_through_noisy_points() {
    use crate::solve::{Lbfgs, Minimizer};
    let network = Network::feedforward(1, &[Layer::new(1, Activation::Linear)]).unwrap();
    let x = normal(50, 1, 1.0);
    let y = x.iter().map(|x| 3.0 * x - 1.0).collect();
    let pairs = Pairs::new(&network, x, y);
    let problem = NetworkProblem::new(network, pairs, &NetworkOptions::default()).unwrap();
    let mut action = NetworkAction::new(&problem);
    let mut unknowns = normal(problem.unknowns(), 2, 0.1);
    let mut objective = AtPrecision {
        action: &mut action,
        model_precision: 10.0,
    };
    let minimum = Lbfgs {
        tolerance: 1e-12,
        ..Lbfgs::default()
    }
    .minimize(&mut objective, &mut unknowns)
    .unwrap();
    let weights = &unknowns[problem.weight_offset()..];
    assert!(
        (weights[0] - 3.0).abs() < 1e-3 && (weights[1] + 1.0).abs() < 1e-3,
        "{weights:?} {minimum:?}"
    );
}
