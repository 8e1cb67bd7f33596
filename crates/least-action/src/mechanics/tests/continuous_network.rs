//! Networks of continuous depth: their Hamiltonians, data, and predictions.

use super::*;
use crate::network::Activation;
use IntegrationMethod as Method;

/// Two neurons, three pairs, one output.
pub(super) const INPUTS: [f64; 6] = [0.3, -0.7, 1.1, 0.4, -0.2, 0.9];
pub(super) const OUTPUTS: [f64; 3] = [0.5, -0.4, 0.8];

pub(super) fn options(weights: WeightForm) -> ContinuousNetworkOptions {
    ContinuousNetworkOptions {
        width: 2,
        output_width: Some(1),
        weights,
        pieces: (weights == WeightForm::Piecewise).then_some(3),
        depth: 0.9,
        output_precision: 2.5,
        input_precision: 7.0,
        weight_precision: 0.1,
        ..ContinuousNetworkOptions::default()
    }
}

pub(super) fn network(options: ContinuousNetworkOptions) -> ContinuousNetwork {
    ContinuousNetwork::new(options, &INPUTS, &OUTPUTS).unwrap()
}

/// Weights and biases of every piece, all different.
pub(super) fn weights_of(network: &ContinuousNetwork) -> Vec<f64> {
    numbers(network.dimension() - 6, 11, 1.0)
}

/// States at l = 0.
pub(super) fn begin(weights: &[f64]) -> Vec<f64> {
    [&INPUTS[..], weights].concat()
}

pub(super) fn steps(
    method: Method,
    start: f64,
    time_step: f64,
    layers: usize,
) -> IntegrationOptions {
    IntegrationOptions {
        method,
        start,
        time_step,
        points: layers + 1,
        ..IntegrationOptions::default()
    }
}

/// State at the last layer.
pub(super) fn forward(system: &System, method: Method, x0: &[f64], layers: usize) -> Vec<f64> {
    let options = steps(method, 0.0, 0.9 / layers as f64, layers);
    let orbit = integrate(
        system.hamiltonian(),
        x0,
        &vec![0.0; x0.len()],
        &[],
        &options,
    )
    .unwrap();
    assert_eq!(orbit.failure, None);
    orbit.x[layers * x0.len()..].to_vec()
}

#[test]
fn hamiltonians_have_exact_derivatives() {
    let work = &mut PhaseSpaceWorkspace::default();
    for form in WeightForm::ALL {
        for activation in Activation::ALL.into_iter().filter(|f| f.is_elementwise()) {
            for model_precision in [3.0, f64::INFINITY] {
                let network = network(ContinuousNetworkOptions {
                    activation,
                    model_precision,
                    ..options(form)
                });
                let system = network.system().unwrap();
                let finite = form == WeightForm::Smooth && model_precision.is_finite();
                assert_eq!(system.has_lagrangian(), finite);
                let (h, n) = (system.hamiltonian(), system.dimension());
                assert_eq!(n, 6 + 6 * network.options().pieces.unwrap_or(1));
                let z = numbers(2 * n, 5, 1.0);
                let mut all = |z: &[f64]| {
                    let (x, p) = z.split_at(n);
                    let mut gradient = vec![0.0; 2 * n];
                    h.gradient(work, PhasePoint::new(0.4, x, p), &mut gradient)
                        .unwrap();
                    (h.value(work, PhasePoint::new(0.4, x, p)).unwrap(), gradient)
                };
                let gradient = all(&z).1;
                let mut hessian = vec![0.0; 4 * n * n];
                let other = &mut PhaseSpaceWorkspace::default();
                h.hessian(other, PhasePoint::new(0.4, &z[..n], &z[n..]), &mut hessian)
                    .unwrap();
                for j in 0..2 * n {
                    let mut beside = |shift: f64| {
                        let mut z = z.clone();
                        z[j] += shift;
                        all(&z)
                    };
                    let (plus, minus) = (beside(1e-5), beside(-1e-5));
                    let slope = (plus.0 - minus.0) / 2e-5;
                    let what = format!("{} {} {j}", form.name(), activation.name());
                    assert!((slope - gradient[j]).abs() < 1e-8, "{what}");
                    for i in 0..2 * n {
                        let slope = (plus.1[i] - minus.1[i]) / 2e-5;
                        let found = hessian[j * 2 * n + i];
                        assert!((slope - found).abs() < 1e-8, "{what} {i}: {slope} {found}");
                    }
                }
            }
        }
    }
}

#[test]
fn activations_of_the_text_are_those_of_networks() {
    for form in WeightForm::ALL {
        for activation in Activation::ALL.into_iter().filter(|f| f.is_elementwise()) {
            let network = network(ContinuousNetworkOptions {
                activation,
                layer_step: LayerStep::Euler,
                ..options(form)
            });
            let path = network.initial_path(&weights_of(&network), 9).unwrap();
            let system = network.system().unwrap();
            let n = network.dimension();
            let end = forward(&system, Method::SymplecticEuler, &path[..n], 9);
            for (a, b) in path[9 * n..].iter().zip(&end) {
                assert!((a - b).abs() < 1e-14, "{}: {a} {b}", activation.name());
            }
        }
    }
    // Large inputs overflow nothing.
    for activation in [Activation::Logistic, Activation::Softplus] {
        let network = network(ContinuousNetworkOptions {
            activation,
            ..options(WeightForm::Constant)
        });
        let system = network.system().unwrap();
        for bias in [-900.0, -40.0, 40.0, 900.0] {
            let x = begin(&[0.1, 0.2, 0.3, 0.4, bias, bias]);
            let (n, work) = (x.len(), &mut PhaseSpaceWorkspace::default());
            let p = numbers(n, 3, 1.0);
            let mut gradient = vec![0.0; 2 * n];
            let mut hessian = vec![0.0; 4 * n * n];
            let h = system.hamiltonian();
            h.gradient(work, PhasePoint::new(0.0, &x, &p), &mut gradient)
                .unwrap();
            h.hessian(work, PhasePoint::new(0.0, &x, &p), &mut hessian)
                .unwrap();
            assert!(gradient.iter().chain(&hessian).all(|v| v.is_finite()));
            let (mut z, mut values) = ([0.1 * 0.3 - 0.2 * 0.7 + bias], [0.0]);
            activation.apply(1, &mut z, &mut values);
            let found = gradient[n];
            assert!(
                (found - values[0]).abs() <= 1e-15 * (1.0 + values[0]),
                "{bias}"
            );
        }
    }
}

#[test]
fn pieces_begin_at_their_points_whatever_times_are_rounded_to() {
    for (depth, pieces, layers) in [(0.9, 3, 9), (1.0, 7, 49), (0.7, 5, 35), (1e3, 3, 3000)] {
        let network = ContinuousNetwork::new(
            ContinuousNetworkOptions {
                width: 1,
                activation: Activation::Linear,
                weights: WeightForm::Piecewise,
                pieces: Some(pieces),
                depth,
                ..ContinuousNetworkOptions::default()
            },
            &[1.0],
            &[1.0],
        );
        let system = network.unwrap().system().unwrap();
        // Weights 0; the bias of a piece is its number.
        let mut x = vec![1.0];
        x.extend((0..pieces).flat_map(|k| [0.0, k as f64]));
        let (p, h) = (vec![0.0; x.len()], depth / layers as f64);
        let work = &mut PhaseSpaceWorkspace::default();
        let mut flow = vec![0.0; 2 * x.len()];
        for n in 0..layers {
            let (on, back) = (n as f64 * h, depth - (layers - n) as f64 * h);
            for time in [on, back, on + 0.999 * h] {
                let hamiltonian = system.hamiltonian();
                hamiltonian
                    .flow(work, PhasePoint::new(time, &x, &p), &mut flow)
                    .unwrap();
                assert_eq!(flow[0], (n * pieces / layers) as f64, "{depth} {n}");
            }
        }
    }
}

#[test]
fn impulses_are_the_measurements_and_the_prior() {
    let network = network(ContinuousNetworkOptions {
        width: 3,
        input_width: Some(2),
        input_precision: 2.5,
        weight_precision: 2.5,
        ..options(WeightForm::Smooth)
    });
    let system = network.system().unwrap();
    assert_eq!(system.dimension(), 9 + 12);
    let at_the_end = system.impulses().iter().filter(|i| i.time > 0.0);
    let found: Vec<(usize, f64)> = at_the_end.map(|i| (i.component, i.value)).collect();
    assert_eq!(found, [(0, 0.5), (3, -0.4), (6, 0.8)]);
    let begin: Vec<f64> = system.impulses()[..9].iter().map(|i| i.value).collect();
    assert_eq!(begin, [0.3, -0.7, 0.0, 1.1, 0.4, 0.0, -0.2, 0.9, 0.0]);
    // The same by way of data.
    let data = network.observations(6).unwrap();
    let options = ContinuousActionOptions {
        measurement_precision: 2.5.into(),
        ..network.action_options()
    };
    let action = ContinuousAction::new(network.model(), &data, &options).unwrap();
    assert_eq!(action.impulses().len(), system.impulses().len());
    for (a, b) in action.impulses().iter().zip(system.impulses()) {
        assert!((a.time - b.time).abs() < 1e-15);
        assert_eq!(Impulse { time: b.time, ..*a }, *b);
    }
}

#[test]
fn precisions_of_activations_climb_and_those_of_weights_do_not() {
    let network = network(ContinuousNetworkOptions {
        model_precision: 8.0,
        weight_rate_precision: Some(5.0),
        ..options(WeightForm::Smooth)
    });
    let system = network.system().unwrap();
    // Factors multiply: a rung of a rung.
    let rung = system.with_model_precision_times(0.5).unwrap();
    let rung = rung.with_model_precision_times(0.5).unwrap();
    let precisions = &rung.action().unwrap().model_precision;
    assert_eq!(precisions[..], [[2.0; 6], [5.0; 6]].concat());
    assert_eq!(rung.impulses(), system.impulses());
}

#[test]
fn predictions_follow_the_weights_of_the_path() {
    for form in WeightForm::ALL {
        for layer_step in [LayerStep::Rk4, LayerStep::Euler] {
            let network = network(ContinuousNetworkOptions {
                layer_step,
                ..options(form)
            });
            let path = network.initial_path(&weights_of(&network), 9).unwrap();
            let predicted = network.predict(&path, &INPUTS).unwrap();
            let of = |m: usize| network.activations(m, &path).unwrap();
            let ends: Vec<f64> = (0..3).map(|m| of(m)[18]).collect();
            assert_eq!(predicted, ends);
            assert_eq!(of(1)[..2], INPUTS[2..4]);
            let alone = network.predict(&path, &INPUTS[2..4]).unwrap();
            assert_eq!(alone, ends[1..2]);
            let weights = network.weights(&path).unwrap();
            assert_eq!(weights.len(), 10 * 6);
            let given = weights_of(&network);
            assert_eq!(
                (&weights[..6], &weights[54..]),
                (&given[..6], &given[given.len() - 6..])
            );
        }
    }
    // Continuous depth: the error against the system's own flow falls by 2^4.
    let network = network(options(WeightForm::Piecewise));
    let system = network.system().unwrap();
    let weights = weights_of(&network);
    let exact = forward(&system, Method::GaussLegendre6, &begin(&weights), 60);
    let errors = [6, 12].map(|layers| {
        let path = network.initial_path(&weights, layers).unwrap();
        let end = &path[layers * network.dimension()..];
        let pairs = end.iter().zip(&exact);
        pairs.fold(0.0f64, |m, (a, b)| m.max((a - b).abs()))
    });
    let order = (errors[0] / errors[1]).log2();
    println!("{errors:?} {order}");
    assert!((order - 4.0).abs() < 0.5, "{errors:?}");
    // Weights that change: a straight line from W to 0, against the exact solution of x' = (1 - l)
    // x.
    let line = ContinuousNetwork::new(
        ContinuousNetworkOptions {
            width: 1,
            activation: Activation::Linear,
            weights: WeightForm::Smooth,
            ..ContinuousNetworkOptions::default()
        },
        &[1.0],
        &[1.0],
    );
    let path: Vec<f64> = (0..21)
        .flat_map(|n| [9.0, 1.0 - n as f64 / 20.0, 0.0])
        .collect();
    let found = line.unwrap().predict(&path, &[1.0]).unwrap()[0];
    assert!((found - 0.5f64.exp()).abs() < 1e-7, "{found}");
}

#[test]
fn starting_weights_repeat_and_have_their_deviation() {
    let network = network(options(WeightForm::Piecewise));
    let weights = network.starting_weights(3, 0.5).unwrap();
    assert_eq!(weights, network.starting_weights(3, 0.5).unwrap());
    assert_ne!(weights, network.starting_weights(4, 0.5).unwrap());
    assert_eq!(weights[4..], [0.0; 2]);
    let double = network.starting_weights(3, 1.0).unwrap();
    assert_eq!(double[0], 2.0 * weights[0]);
    let path = network.initial_path(&weights, 3).unwrap();
    assert_eq!((&path[6..12], &path[12..18]), (&weights[..], &weights[..]));
}

#[test]
fn bad_networks_name_their_field() {
    let path = |change: fn(&mut ContinuousNetworkOptions)| {
        let mut options = options(WeightForm::Constant);
        change(&mut options);
        let result = ContinuousNetwork::new(options, &INPUTS, &OUTPUTS);
        result.err().unwrap().path().to_string()
    };
    assert_eq!(path(|o| o.width = 0), "width");
    assert_eq!(path(|o| o.output_width = Some(3)), "outputWidth");
    assert_eq!(path(|o| o.input_width = Some(0)), "inputWidth");
    assert_eq!(path(|o| o.activation = Activation::Softmax), "activation");
    assert_eq!(path(|o| o.pieces = Some(2)), "pieces");
    assert_eq!(path(|o| o.weights = WeightForm::Piecewise), "pieces");
    assert_eq!(
        path(|o| o.weight_rate_precision = Some(1.0)),
        "weightRatePrecision"
    );
    assert_eq!(path(|o| o.model_precision = f64::NAN), "modelPrecision");
    assert_eq!(
        path(|o| o.input_precision = f64::INFINITY),
        "inputPrecision"
    );
    assert_eq!(path(|o| o.output_precision = 0.0), "outputPrecision");
    assert_eq!(path(|o| o.weight_precision = 0.0), "weightPrecision");
    assert_eq!(path(|o| o.depth = 0.0), "depth");
    let data = |inputs: &[f64], outputs: &[f64]| {
        let result = ContinuousNetwork::new(options(WeightForm::Constant), inputs, outputs);
        result.err().unwrap().path().to_string()
    };
    assert_eq!(data(&[], &[]), "inputs");
    assert_eq!(data(&[1.0, 2.0, 3.0], &[1.0]), "inputs");
    assert_eq!(data(&[1.0, f64::NAN], &[1.0]), "inputs[1]");
    assert_eq!(data(&[1.0, 2.0], &[1.0, 2.0]), "outputs");
    assert_eq!(data(&[1.0, 2.0], &[f64::NAN]), "outputs");
    let network = network(options(WeightForm::Piecewise));
    let weights = weights_of(&network);
    let field = |result: Result<Vec<f64>, crate::Error>| result.unwrap_err().path().to_string();
    assert_eq!(field(network.initial_path(&weights, 4)), "layers");
    assert_eq!(field(network.initial_path(&weights[1..], 6)), "weights");
    assert_eq!(field(network.predict(&weights, &INPUTS)), "path");
    let good = network.initial_path(&weights, 6).unwrap();
    assert_eq!(field(network.predict(&good, &INPUTS[1..])), "inputs");
    assert_eq!(field(network.activations(3, &good)), "pair");
}

#[test]
fn options_are_read_by_their_names() {
    let text = r#"{ "width": 2, "weights": "piecewise", "pieces": 3, "layerStep": "euler" }"#;
    let read: ContinuousNetworkOptions = serde_json::from_str(text).unwrap();
    assert_eq!(read.model_precision, f64::INFINITY);
    assert_eq!((read.pieces, read.layer_step), (Some(3), LayerStep::Euler));
    for form in WeightForm::ALL {
        assert_eq!(serde_json::to_value(form).unwrap(), form.name());
    }
    let unknown = serde_json::from_str::<ContinuousNetworkOptions>(r#"{ "wide": 2 }"#);
    assert!(unknown.is_err());
}
