//! Networks of every kind with data, and their action in the form of textbooks.

mod gradient;
mod innovations;
mod input;
mod rows;
mod training;

use std::sync::Arc;

use num_dual::{Dual64, DualNum};

use super::*;
use crate::action::{Normalization, Precision, Prior};
use crate::model::{Model, ModelBuilder, ModelKind};
use crate::random::Random;

/// Pseudo-random numbers of a test case, equal at every run.
pub(super) fn numbers(count: usize, seed: u64, scale: f64) -> Vec<f64> {
    let mut random = Random::new(seed, 0);
    (0..count)
        .map(|_| random.uniform([-scale, scale]))
        .collect()
}

pub(super) struct Case {
    pub name: String,
    pub network: Network,
    pub pairs: Pairs,
    pub options: NetworkOptions,
    pub unknowns: Vec<f64>,
}

impl Case {
    /// A test case with random data and unknowns; a third of the outputs are missing.
    pub fn new(name: &str, network: Network, count: usize, seed: u64) -> Case {
        let widths = network.widths();
        let mut outputs = numbers(count * widths[network.depth()], seed, 1.0);
        outputs
            .iter_mut()
            .skip(1)
            .step_by(3)
            .for_each(|y| *y = f64::NAN);
        let forcing = network.layers().iter().enumerate();
        let forcing = forcing
            .filter(|(_, layer)| layer.forcing > 0)
            .map(|(l, layer)| LayerValues {
                layer: l,
                values: numbers(count * layer.forcing, seed + 10 + l as u64, 1.0),
            })
            .collect();
        let pairs = Pairs {
            count,
            inputs: numbers(count * widths[0], seed + 1, 1.0),
            outputs,
            forcing,
            ..Pairs::default()
        };
        let options = NetworkOptions {
            measurement_precision: 3.0,
            weight_prior: Some(Prior {
                mean: 0.1,
                deviation: 2.0,
            }),
            bias_prior: Some(Prior {
                mean: -0.2,
                deviation: 0.5,
            }),
            ..NetworkOptions::default()
        };
        let count = network.neurons() * count + network.weight_count();
        Case {
            name: name.into(),
            unknowns: numbers(count, seed + 2, 0.9),
            network,
            pairs,
            options,
        }
    }

    pub fn problem(&self) -> NetworkProblem {
        NetworkProblem::new(&self.network, &self.pairs, &self.options).unwrap()
    }

    pub fn with(mut self, normalization: Normalization) -> Case {
        self.options.normalization = normalization;
        self
    }

    /// Gradient of a function of all unknowns by dual numbers.
    pub fn dual(&self, at: &[f64], f: impl Fn(&[Dual64]) -> Dual64) -> Vec<f64> {
        let mut x: Vec<Dual64> = at.iter().map(|&x| Dual64::from(x)).collect();
        (0..x.len())
            .map(|k| {
                x[k] = x[k].derivative();
                let slope = f(&x).eps;
                x[k] = Dual64::from(x[k].re);
                slope
            })
            .collect()
    }
}

/// Two states, two parameters, one input and the time.
pub(super) fn driven(kind: ModelKind) -> Arc<dyn Model> {
    let model = ModelBuilder::new("driven")
        .states(["x", "y"])
        .parameter("p", 0.0, "")
        .parameter("q", 0.0, "")
        .inputs(["u"])
        .build(kind, |s| {
            let (x, y, p, q) = (s.states[0], s.states[1], s.parameters[0], s.parameters[1]);
            Ok(vec![p * y.sin() + q * s.inputs[0], x * y - q * s.time])
        });
    Arc::new(model.unwrap())
}

/// One network of every kind.
pub(super) fn cases(seed: u64) -> Vec<Case> {
    let of = |activation: Activation, width: usize| Layer {
        activation,
        ..Layer::new(width)
    };
    let mut cases = Vec::new();
    for activation in Activation::ALL {
        let layers = vec![of(activation, 4), of(activation, 3), of(activation, 2)];
        let network = Network::feedforward(3, layers).unwrap();
        cases.push(Case::new(activation.name(), network, 5, seed));
    }
    let tied = Layer {
        share: Some("hidden".into()),
        ..of(Activation::Tanh, 3)
    };
    let biased = Layer {
        bias: Bias::Fixed(vec![0.3, -0.5]),
        ..of(Activation::Softmax, 2)
    };
    let network = Network::feedforward(
        3,
        vec![tied.clone(), tied.clone(), Layer::new(3), tied, biased],
    );
    cases.push(Case::new("tied, fixed biases", network.unwrap(), 4, seed));
    let step = Layer {
        residual: Some(0.3),
        bias: Bias::None,
        ..of(Activation::Tanh, 3)
    };
    let network = Network::feedforward(3, vec![step.clone(), step, of(Activation::Linear, 1)]);
    cases.push(Case::new("residual", network.unwrap(), 3, seed));
    let cell = Layer {
        forcing: 2,
        ..of(Activation::Tanh, 3)
    };
    let network = Network::recurrent(cell, 4).unwrap();
    let mut case = Case::new("recurrent", network, 3, seed);
    case.pairs.measurements = vec![LayerValues {
        layer: 2,
        values: vec![0.1, f64::NAN, 0.3, -0.4, 0.5, -0.6, f64::NAN, 0.8, 0.9],
    }];
    case.options.output_precision = Some(Precision::PerComponent(vec![0.5, 2.0, 9.0]));
    case.options.input_precision = Some(Precision::Scalar(0.7));
    case.options.observed_inputs = Some(vec![2, 0]);
    cases.push(case);
    let layers = vec![
        Layer::of_model(driven(ModelKind::Map), None),
        Layer::of_model(driven(ModelKind::Flow), Some(0.2)),
        Layer {
            share: Some("again".into()),
            ..Layer::of_model(driven(ModelKind::Map), Some(0.5))
        },
        of(Activation::Logistic, 2),
    ];
    cases.push(Case::new(
        "models",
        Network::feedforward(2, layers).unwrap(),
        3,
        seed,
    ));
    cases
}

/// Value of map l at the x of one pair.
pub(super) fn map_of<T: DualNum<Primitive = f64> + Copy>(
    case: &Case,
    l: usize,
    pair: usize,
    x: &[T],
    weights: &[T],
) -> Vec<T> {
    let layer = &case.network.layers()[l];
    let w = &weights[case.network.weight_sets()[l].range()];
    let forcing = case.pairs.forcing.iter().find(|given| given.layer == l);
    let u = forcing.map_or(&[][..], |given| {
        &given.values[pair * layer.forcing..][..layer.forcing]
    });
    let mut values: Vec<T> = if layer.map.is_some() {
        let time = l as f64 * layer.residual.unwrap_or(1.0);
        vec![w[0] * x[1].sin() + w[1] * u[0], x[0] * x[1] - w[1] * time]
    } else {
        let (n, m, k) = (layer.width, x.len(), u.len());
        let sums = (0..n).map(|a| {
            let mut z = match &layer.bias {
                Bias::Free => w[n * (m + k) + a],
                Bias::Fixed(values) => T::from(values[a]),
                Bias::None => T::from(0.0),
            };
            for (b, &x) in x.iter().enumerate() {
                z += w[a * m + b] * x;
            }
            for (b, &u) in u.iter().enumerate() {
                z += w[n * m + a * k + b] * u;
            }
            match layer.activation {
                Activation::Logistic => ((-z).exp() + 1.0).recip(),
                Activation::Tanh => z.tanh(),
                Activation::Relu if z.re() > 0.0 => z,
                Activation::Relu => T::from(0.0),
                Activation::Softplus => (z.exp() + 1.0).ln(),
                Activation::Linear => z,
                Activation::Softmax => z.exp(),
            }
        });
        let values: Vec<T> = sums.collect();
        let sum = values.iter().fold(T::from(0.0), |a, &b| a + b);
        match layer.activation {
            Activation::Softmax => values.into_iter().map(|v| v / sum).collect(),
            _ => values,
        }
    };
    if let Some(step) = layer.residual {
        for (value, &x) in values.iter_mut().zip(x) {
            *value = x + *value * step;
        }
    }
    values
}

/// Parts of the action, computed neuron by neuron.
pub(super) fn reference<T: DualNum<Primitive = f64> + Copy>(
    case: &Case,
    model_precision: f64,
    unknowns: &[T],
) -> T {
    let (network, count) = (&case.network, case.pairs.count);
    let (widths, depth) = (network.widths(), network.depth());
    let mut layers = Vec::new();
    let mut rest = unknowns;
    for width in widths {
        let (layer, after) = rest.split_at(width * count);
        layers.push(layer);
        rest = after;
    }
    let weights = rest;
    let (mut squares, mut residuals) = (T::from(0.0), 0);
    for l in 0..depth {
        for pair in 0..count {
            let x = &layers[l][pair * widths[l]..][..widths[l]];
            let said = map_of(case, l, pair, x, weights);
            for (a, said) in said.into_iter().enumerate() {
                let r = layers[l + 1][pair * widths[l + 1] + a] - said;
                squares += r * r;
                residuals += 1;
            }
        }
    }
    let (mut errors, mut measured) = (T::from(0.0), 0);
    let options = &case.options;
    for (l, &width) in widths.iter().enumerate() {
        let (values, precision, observed) = if l == 0 {
            (
                &case.pairs.inputs,
                &options.input_precision,
                &options.observed_inputs,
            )
        } else if l == depth {
            (
                &case.pairs.outputs,
                &options.output_precision,
                &options.observed_outputs,
            )
        } else if let Some(given) = case.pairs.measurements.iter().find(|g| g.layer == l) {
            (&given.values, &None, &None)
        } else {
            continue;
        };
        for (k, &y) in values.iter().enumerate() {
            let neuron = k % width;
            if y.is_nan() || observed.as_ref().is_some_and(|o| !o.contains(&neuron)) {
                continue;
            }
            let precision = match precision {
                None => options.measurement_precision,
                Some(precision) => precision.weight(0, neuron),
            };
            let error = layers[l][k] - y;
            errors += error * error * precision;
            measured += 1;
        }
    }
    let mut priors = T::from(0.0);
    for (k, &w) in weights.iter().enumerate() {
        let sets = network.weight_sets();
        let is_bias = sets.iter().any(|set| set.biases().contains(&k));
        let prior = if is_bias {
            options.bias_prior
        } else {
            options.weight_prior
        };
        if let Some(prior) = prior {
            let error = (w - prior.mean) / prior.deviation;
            priors += error * error;
        }
    }
    match options.normalization {
        Normalization::Posterior => (errors + priors + squares * model_precision) * 0.5,
        Normalization::Mean => {
            (errors + priors) / measured as f64 + squares * (model_precision / residuals as f64)
        }
    }
}
