use super::*;
use crate::model::{
    EquationDefinition, ModelDefinition, ModelKind, ParameterDefinition, StateDefinition,
};
use crate::Error;

fn hidden(width: usize) -> Layer {
    Layer::new(width, Activation::Tanh)
}

fn message(result: Result<impl Sized>) -> String {
    match result {
        Ok(_) => panic!("should be refused"),
        Err(error) => error.to_string(),
    }
}

pub(super) fn squares() -> ModelDefinition {
    ModelDefinition {
        name: "squares".into(),
        kind: ModelKind::Map,
        states: vec![
            StateDefinition::new("a", 0.0),
            StateDefinition::new("b", 0.0),
        ],
        parameters: vec![ParameterDefinition::new("k", 1.0)],
        equations: vec![
            EquationDefinition::new("a", "k * a * b + u"),
            EquationDefinition::new("b", "a + sin(b)"),
        ],
        inputs: vec!["u".into()],
        ..ModelDefinition::default()
    }
}

#[test]
fn weights_lie_layer_by_layer() {
    let layers = [
        hidden(3).inputs(2),
        hidden(3).share("same").bias(Bias::None),
        hidden(3).share("same").bias(Bias::None).step(0.5),
        hidden(2).bias(Bias::Fixed(vec![1.0, 2.0])),
        Layer::map(squares()),
    ];
    let network = Network::feedforward(4, &layers).unwrap();
    let count = (12 + 6 + 3) + 9 + 6 + 1;
    assert_eq!(network.weight_count(), count);
    assert_eq!(network.weight_sets().len(), 4);
    assert_eq!(network.activation_count(), 4 + 3 + 3 + 3 + 2 + 2);
    assert_eq!(network.residual_count(), 13);
    let all: Vec<f64> = (0..count).map(|k| k as f64).collect();
    let first = network.weights(1, &all).unwrap();
    assert_eq!(
        (first.matrix.len(), first.inputs[0], first.bias[0]),
        (12, 12.0, 18.0)
    );
    let tied = network.weights(3, &all).unwrap();
    assert_eq!(tied, network.weights(2, &all).unwrap());
    assert_eq!((tied.matrix[0], tied.bias.len()), (21.0, 0));
    assert_eq!(network.weights(4, &all).unwrap().bias, [1.0, 2.0]);
    assert_eq!(network.weights(5, &all).unwrap().parameters, [36.0]);
    assert!(network.weights(0, &all).is_err());
    assert!(network.weights(6, &all).is_err());
    assert_eq!(
        network.describe(),
        "layer neurons activation   weights  from
    0       4 input
    1       3 tanh              21     0  2 inputs
    2       3 tanh               9    21  no biases
    3       3 tanh               9    21  those of layer 2  residual, step 0.5  no biases
    4       2 tanh               6    30  fixed biases
    5       2 squares            1    36  1 inputs
37 weights, 17 activations per pair
"
    );
}

#[test]
fn recurrent_networks_have_one_set_of_weights() {
    let network = Network::recurrent(&hidden(5).inputs(2), 40).unwrap();
    assert_eq!(network.weight_count(), 25 + 10 + 5);
    assert_eq!(network.depth(), 40);
    assert_eq!(network.external_inputs(40).unwrap(), 2);
}

#[test]
fn what_is_wrong_with_layers_is_said() {
    let refused = |inputs, layers: &[Layer]| message(Network::feedforward(inputs, layers));
    assert_eq!(
        refused(0, &[hidden(1)]),
        "inputs: must be a whole number of at least 1, got 0"
    );
    assert_eq!(
        refused(1, &[]),
        "layers.length: must be a whole number of at least 1, got 0"
    );
    assert_eq!(
        refused(1, &[hidden(0)]),
        "layers[0].width: must be a whole number of at least 1, got 0"
    );
    assert_eq!(
        refused(2, &[hidden(3).step(0.1)]),
        "layers[0].step: needs a layer as wide as the one before, but this one has 3 neurons and that one 2"
    );
    assert_eq!(
        refused(2, &[hidden(2).step(f64::NAN)]),
        "layers[0].step: must be finite, got NaN"
    );
    assert_eq!(
        refused(2, &[hidden(2).bias(Bias::Fixed(vec![1.0]))]),
        "layers[0].bias.fixed: expected 2 values (one per neuron), got 1"
    );
    assert_eq!(
        refused(2, &[hidden(2).share("a"), hidden(3).share("a")]),
        "layers[1].share: has 3 x 2 weights, free biases, but layers[0] of the same name has 2 x 2 weights, free biases; give layers of unequal shape different names"
    );
    assert!(
        refused(3, &[Layer::map(squares())]).starts_with("layers[0].map: needs a layer as wide")
    );
    let flow = ModelDefinition {
        kind: ModelKind::Flow,
        ..squares()
    };
    assert!(refused(2, &[Layer::map(flow)]).starts_with("layers[0].map.kind: must be \"map\""));
    let huge = Layer::new(1 << 20, Activation::Relu);
    assert!(refused(1 << 20, &[huge])
        .starts_with("the number of weights: must be a whole number of at most"));
}

#[test]
fn what_is_wrong_with_pairs_is_said() {
    let network = Network::feedforward(2, &[hidden(3), hidden(1)]).unwrap();
    let good = Pairs::new(&network, vec![1.0, 2.0, 3.0, 4.0], vec![f64::NAN, 1.0]);
    good.validate(&network).unwrap();
    let refused = |change: &dyn Fn(&mut Pairs)| {
        let mut pairs = good.clone();
        change(&mut pairs);
        message(pairs.validate(&network))
    };
    assert_eq!(
        refused(&|p| p.inputs[3] = f64::NAN),
        "pairs.inputs of pair 1, input 1: must be finite; fill gaps, or leave the pair out, got NaN"
    );
    assert_eq!(
        refused(&|p| p.outputs[1] = f64::INFINITY),
        "pairs.outputs of pair 1, neuron 0: must be finite, or NaN where nothing was measured, got Infinity"
    );
    assert_eq!(
        refused(&|p| p.outputs.push(0.0)),
        "pairs.outputs: expected 2 values (2 pairs x 1 output neurons), got 3"
    );
    assert_eq!(
        refused(&|p| *p = Pairs {
            count: 2,
            outputs: vec![f64::NAN; 2],
            ..Pairs::default()
        }),
        "pairs: no observation is present; give at least one finite value"
    );
    let measured = |layer| Measurements {
        layer,
        values: vec![0.0; 6],
    };
    assert!(refused(&|p| p.hidden = vec![measured(2)])
        .starts_with("pairs.hidden[0].layer: must be less than 2"));
    assert!(
        refused(&|p| p.hidden = vec![measured(1), measured(1)]).contains("layer 1 is listed twice")
    );
    let driven = Network::recurrent(&hidden(1).inputs(1), 2).unwrap();
    let pairs = Pairs {
        count: 1,
        outputs: vec![1.0],
        ..Pairs::default()
    };
    assert_eq!(
        message(pairs.validate(&driven)),
        "pairs.external: expected 2 values (one array per layer after the first), got 0"
    );
}

#[test]
fn labels_become_outputs() {
    assert_eq!(one_hot(&[1, 0], 3).unwrap(), [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    assert_eq!(
        one_hot(&[1, 3], 3),
        Err(Error::OutOfRange {
            path: "labels[1]".into(),
            value: 3.0,
            expected: "a class from 0 to 2".into()
        })
    );
}
