//! Mistakes in the input are named.

use super::*;
use crate::error::Error;

fn says<T>(result: Result<T, Error>, expected: &str) {
    match result {
        Ok(_) => panic!("no error, but: {expected}"),
        Err(error) => assert!(
            error.to_string().contains(expected),
            "{error}\n  instead of: {expected}"
        ),
    }
}

#[test]
fn networks_that_do_not_fit_together() {
    let f = Network::feedforward;
    says(
        f(0, vec![Layer::new(1)]),
        "inputs: must be a whole number of at least 1, got 0",
    );
    says(f(1, vec![]), "layers: must be a whole number of at least 1");
    says(
        f(1, vec![Layer::new(2), Layer::new(0)]),
        "layers[1].width: must be",
    );
    let step = Layer {
        residual: Some(0.1),
        ..Layer::new(3)
    };
    says(
        f(2, vec![step.clone()]),
        "layers[0].width: must be 2, the width of the layer before, because the residual form \
         adds to it, got 3",
    );
    let backwards = Layer {
        residual: Some(-1.0),
        ..step
    };
    says(
        f(3, vec![backwards]),
        "layers[0].residual: must be finite and greater than zero",
    );
    let biased = |values: Vec<f64>| Layer {
        bias: Bias::Fixed(values),
        ..Layer::new(2)
    };
    says(
        f(1, vec![biased(vec![1.0])]),
        "layers[0].bias: expected 2 values (one per neuron), got 1",
    );
    says(
        f(1, vec![biased(vec![1.0, f64::NAN])]),
        "layers[0].bias[1]: must be finite",
    );
    let tied = Layer {
        share: Some("a".into()),
        ..Layer::new(2)
    };
    says(
        f(2, vec![tied.clone(), Layer::new(3), tied]),
        "layers[2].share: layers tied as \"a\" must have weights of one shape: here 2 x 3 weights",
    );
    says(
        f(2, vec![Layer::of_model(driven(ModelKind::Flow), None)]),
        "layers[0].residual: driven gives rates of change",
    );
    says(
        f(3, vec![Layer::of_model(driven(ModelKind::Map), None)]),
        "layers[0].width: must be 3, the width of the layer before, because a model",
    );
    says(
        f(1 << 20, vec![Layer::new(1 << 20)]),
        "layers, as weights in all,: must be",
    );
    says(Network::recurrent(Layer::new(2), 0), "steps: must be");
    says(
        Network::recurrent(Layer::new(2), 2)
            .unwrap()
            .weights(2, &[0.0; 6]),
        "layer: index 2 is out of range",
    );
}

fn plain() -> (Network, Pairs) {
    let network = Network::feedforward(3, vec![Layer::new(4), Layer::new(2)]).unwrap();
    let pairs = Pairs::new(&network, numbers(6, 1, 1.0), numbers(4, 2, 1.0)).unwrap();
    (network, pairs)
}

fn refuses(change: impl Fn(&mut Pairs, &mut NetworkOptions), expected: &str) {
    let (network, mut pairs) = plain();
    let mut options = NetworkOptions::default();
    change(&mut pairs, &mut options);
    says(NetworkProblem::new(&network, &pairs, &options), expected);
}

#[test]
fn data_that_do_not_fit() {
    refuses(
        |p, _| p.inputs[4] = f64::NAN,
        "pairs.inputs[1][1]: must be finite; a missing one needs missingInputs: true (pair 1, \
         number 1 of it), got NaN",
    );
    refuses(
        |p, _| p.outputs[3] = f64::INFINITY,
        "pairs.outputs[1][1]: must be finite, or NaN",
    );
    refuses(|p, _| p.count = 0, "pairs.count: must be");
    refuses(|p, _| p.count = usize::MAX, "pairs.count: must be");
    refuses(
        |p, _| p.outputs = vec![0.0; 3],
        "pairs.outputs: expected 4 values (2 pairs x 2 neurons), got 3",
    );
    refuses(
        |p, _| {
            p.inputs = vec![];
            p.outputs.fill(f64::NAN);
        },
        "pairs: no observation is present",
    );
    let at = |layer: usize, values: usize| {
        move |p: &mut Pairs, _: &mut NetworkOptions| {
            p.measurements = vec![LayerValues {
                layer,
                values: vec![0.0; values],
            }]
        }
    };
    refuses(
        at(3, 1),
        "pairs.measurements[0].layer: must be a layer of the network, 0 to 2, got 3",
    );
    refuses(
        at(2, 4),
        "pairs.measurements[0].layer: layer 2 is listed twice",
    );
    refuses(at(1, 3), "pairs.measurements[0].values: expected 8 values");
    refuses(
        |p, _| {
            p.forcing = vec![LayerValues {
                layer: 0,
                values: vec![1.0],
            }]
        },
        "pairs.forcing[0].values: expected 0 values",
    );
    let (network, _) = plain();
    says(
        Pairs::new(&network, vec![0.0; 4], vec![]),
        "pairs.inputs: must be a number of values that is a multiple of 3",
    );
    let cell = Layer {
        forcing: 1,
        ..Layer::new(1)
    };
    let network = Network::recurrent(cell, 2).unwrap();
    let pairs = Pairs::new(&network, vec![0.0; 2], vec![0.0; 2]).unwrap();
    says(
        NetworkProblem::new(&network, &pairs, &NetworkOptions::default()),
        "pairs.forcing of layer 0: expected 2 values (2 pairs x 1 from outside), got 0",
    );
}

#[test]
fn options_out_of_range() {
    refuses(
        |_, o| o.measurement_precision = 0.0,
        "measurementPrecision: must be",
    );
    refuses(
        |_, o| o.output_precision = Some(Precision::PerComponent(vec![1.0])),
        "outputPrecision: expected 2 values",
    );
    refuses(
        |_, o| {
            o.input_precision = Some(Precision::Matrix(vec![
                vec![1.0, 0.0, 0.0],
                vec![0.0, 1.0, 0.0],
                vec![0.0, 0.0, 1.0],
            ]))
        },
        "inputPrecision: of networks must be a number, or one per neuron",
    );
    refuses(
        |_, o| o.observed_outputs = Some(vec![2]),
        "observedOutputs[0]: index 2",
    );
    refuses(
        |_, o| o.observed_inputs = Some(vec![1, 1]),
        "observedInputs[1]: 1 is listed twice",
    );
    refuses(
        |_, o| o.weight_bounds = Some([1.0, -1.0]),
        "weightBounds[1]: must be greater",
    );
    refuses(
        |_, o| {
            o.bias_prior = Some(Prior {
                mean: 0.0,
                deviation: 0.0,
            })
        },
        "biasPrior.deviation",
    );
}

#[test]
fn what_is_not_finite_is_named_with_its_place() {
    let (network, pairs) = plain();
    let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default()).unwrap();
    let mut action = NetworkAction::new(&problem);
    let unknowns = vec![0.1; problem.unknowns()];
    let mut at = |k: usize, value: f64| {
        let mut x = unknowns.clone();
        x[k] = value;
        action.evaluate(1.0, &x)
    };
    let hidden = problem.activations(1).start + 6;
    says(
        at(hidden, f64::NAN),
        "unknowns: activation of neuron 2 in layer 1 is NaN at pair 1",
    );
    says(
        at(hidden, 1e200),
        "unknowns: squared residual of neuron 2 in layer 1 is Infinity at pair 1",
    );
    says(
        at(problem.weights().start + 3, f64::INFINITY),
        "weights[3]: must be finite, got Infinity",
    );
    says(
        action.evaluate(1.0, &unknowns[1..]),
        "unknowns: expected 44 values (18 activations, then 26 weights)",
    );
    says(action.evaluate(0.0, &unknowns), "modelPrecision: must be");
    // An overflow within the network, from finite numbers.
    let relu = Layer {
        activation: Activation::Relu,
        ..Layer::new(1)
    };
    let network = Network::feedforward(1, vec![relu]).unwrap();
    let pairs = Pairs::new(&network, vec![1.0], vec![1.0]).unwrap();
    let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default()).unwrap();
    says(
        NetworkAction::new(&problem).evaluate(1.0, &[1e200, 0.0, 1e200, 0.0]),
        "residual of neuron 0 in layer 1 is -Infinity at pair 0",
    );
}

#[test]
fn bounds_are_laid_out_as_the_unknowns_are() {
    let (network, pairs) = plain();
    let options = NetworkOptions {
        weight_bounds: Some([-2.0, 2.0]),
        bias_bounds: Some([0.0, f64::INFINITY]),
        ..NetworkOptions::default()
    };
    let problem = NetworkProblem::new(&network, &pairs, &options).unwrap();
    let bounds = problem.bounds().unwrap();
    let weights = problem.weights();
    assert!(bounds.lower[..weights.start]
        .iter()
        .all(|&b| b == f64::NEG_INFINITY));
    let set = &network.weight_sets()[1];
    assert_eq!(bounds.lower[weights.start + set.matrix().start], -2.0);
    assert_eq!(
        bounds.upper[weights.start + set.biases().start],
        f64::INFINITY
    );
    assert_eq!(bounds.lower[weights.start + set.biases().start], 0.0);
}
