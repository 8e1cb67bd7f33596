//! Text of a continuous network as a model.

use super::ContinuousNetworkOptions;
use crate::model::{EquationDefinition, ModelDefinition, NamedExpression, StateDefinition};
use crate::network::Activation;

/// Fraction of the depth by which a piece begins early: the time of a point where pieces meet is
/// their common end up to rounding.
const EARLY: f64 = 1e-9;

/// Definition of the model. States are the activations of every pair m, `x<m>_0 ...`, then of every
/// piece the weights `w0 ...` (row-major) and the biases `b0 ...`; of several pieces `w<k>_0 ...`
/// and `b<k>_0 ...`.
pub(super) fn definition(options: &ContinuousNetworkOptions, pairs: usize) -> ModelDefinition {
    let (d, pieces) = (options.width, options.pieces());
    let mut definition = ModelDefinition {
        name: "continuousNetwork".into(),
        ..ModelDefinition::default()
    };
    for m in 0..pairs {
        let state = StateDefinition::vector(&format!("x{m}_"), d);
        definition.states.push(state);
    }
    for k in 0..pieces {
        for (kind, size) in [("w", d * d), ("b", d)] {
            let name = match pieces {
                1 => kind.into(),
                _ => format!("{kind}{k}_"),
            };
            definition
                .equations
                .push(EquationDefinition::new(&name, "0"));
            definition.states.push(StateDefinition::vector(&name, size));
        }
    }
    if pieces > 1 {
        for (kind, size) in [("w", d * d), ("b", d)] {
            for j in 0..size {
                let name = format!("{kind}{j}");
                let expression = in_force(options, &name, kind, j);
                definition.definitions.push(expression);
            }
        }
    }
    for m in 0..pairs {
        for i in 0..d {
            let terms = (0..d).map(|j| format!("w{}*x{m}_{j}", i * d + j));
            let sum = terms.collect::<Vec<_>>().join(" + ");
            let z = format!("z{m}_{i}");
            let received = NamedExpression::new(&z, &format!("{sum} + b{i}"));
            definition.definitions.push(received);
            let equation =
                EquationDefinition::new(&format!("x{m}_{i}"), &activation(options.activation, &z));
            definition.equations.push(equation);
        }
    }
    definition
}

/// Text of the weight of the piece that holds the time.
fn in_force(
    options: &ContinuousNetworkOptions,
    name: &str,
    kind: &str,
    j: usize,
) -> NamedExpression {
    let pieces = options.pieces();
    let last = format!("{kind}{}_{j}", pieces - 1);
    let text = (1..pieces).rev().fold(last, |after, k| {
        let begin = options.depth * (k as f64 / pieces as f64 - EARLY);
        format!("if(t < {begin}, {kind}{}_{j}, {after})", k - 1)
    });
    NamedExpression::new(name, &text)
}

/// Text of f(z); smooth functions in a form that does not overflow.
fn activation(activation: Activation, z: &str) -> String {
    match activation {
        Activation::Tanh => format!("tanh({z})"),
        Activation::Logistic => format!("(1 + tanh({z}/2))/2"),
        // The slope at 0 is that of the first argument where both are equal.
        Activation::Relu => format!("max(0, {z})"),
        // Above 30 the two differ by less than rounding.
        Activation::Softplus => format!("if({z} > 30, {z} + exp(-{z}), log(1 + exp({z})))"),
        // Softmax was refused.
        Activation::Linear | Activation::Softmax => z.into(),
    }
}
