//! The symplectic map through the layers of a network: its invariants, the paths that are its
//! orbits, and its end at layers without map.

use super::*;
use crate::network::{
    Activation, Bias, Costate, Layer, LayerValues, Network, NetworkAction, NetworkOptions,
    NetworkProblem, Pairs,
};
use crate::{Error, Normalization};

/// Layers of one width with their weights.
struct LayerCase {
    name: String,
    network: Network,
    weights: Vec<f64>,
    forcing: Vec<LayerValues>,
}

impl LayerCase {
    fn of(name: &str, layers: Vec<Layer>) -> LayerCase {
        let width = layers[0].width;
        let network = Network::feedforward(width, layers).unwrap();
        let mut weights = numbers(network.weight_count(), 5, 0.3);
        // Far from singular: 1 on the diagonals of square matrices.
        for set in network.weight_sets() {
            let matrix = set.matrix();
            for k in 0..set.inputs.min(set.outputs) {
                let place = matrix.start + k * set.inputs + k;
                weights[place] = 1.0 + 0.3 * weights[place];
            }
        }
        let layers = network.layers().iter().enumerate();
        let forced = layers.filter(|(_, layer)| layer.forcing > 0);
        LayerCase {
            name: name.into(),
            weights,
            forcing: forced
                .map(|(layer, of)| LayerValues {
                    layer,
                    values: numbers(of.forcing, 40 + layer as u64, 1.0),
                })
                .collect(),
            network,
        }
    }

    fn options(&self, model_precision: f64) -> LayerMapOptions {
        LayerMapOptions {
            forcing: self.forcing.clone(),
            tangent: true,
            ..LayerMapOptions::new(model_precision)
        }
    }

    fn follow(&self, model_precision: f64, x0: &[f64], p0: &[f64]) -> LayerOrbit {
        let options = self.options(model_precision);
        follow_layers(&self.network, &self.weights, x0, p0, &options).unwrap()
    }

    fn problem(&self, inputs: &[f64], outputs: &[f64]) -> NetworkProblem {
        let pairs = Pairs {
            forcing: self.forcing.clone(),
            ..Pairs::new(&self.network, inputs.to_vec(), outputs.to_vec()).unwrap()
        };
        let options = NetworkOptions {
            normalization: Normalization::Posterior,
            measurement_precision: 3.0,
            ..NetworkOptions::default()
        };
        NetworkProblem::new(&self.network, &pairs, &options).unwrap()
    }
}

fn tanh(width: usize) -> Layer {
    Layer {
        activation: Activation::Tanh,
        ..Layer::new(width)
    }
}

fn four_tanh() -> LayerCase {
    LayerCase::of("4 x tanh", vec![tanh(3); 4])
}

/// Every activation that has the map, in plain and residual form, models, numbers from outside,
/// tied layers.
fn cases() -> Vec<LayerCase> {
    let residual = |activation| Layer {
        activation,
        residual: Some(0.4),
        ..Layer::new(3)
    };
    let mut cases = vec![four_tanh()];
    for activation in Activation::ALL {
        let name = activation.name();
        cases.push(LayerCase::of(
            &format!("residual {name}"),
            vec![residual(activation); 4],
        ));
        // Softmax has no map in the plain form, and some neurons of relu may be cut off.
        if !matches!(activation, Activation::Softmax | Activation::Relu) {
            let layer = Layer {
                activation,
                ..Layer::new(3)
            };
            cases.push(LayerCase::of(name, vec![layer; 3]));
        }
    }
    let flow = Layer::of_model(driven(), Some(0.1));
    let forced = Layer {
        forcing: 2,
        bias: Bias::Fixed(vec![0.1, -0.2]),
        share: Some("same".into()),
        ..tanh(2)
    };
    cases.push(LayerCase::of(
        "models and forcing",
        vec![flow.clone(), forced.clone(), flow, forced],
    ));
    cases
}

fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.fold(0.0, |m: f64, v| if v.is_nan() { v } else { m.max(v.abs()) })
}

#[test]
fn the_map_is_symplectic_to_rounding() {
    for case in cases() {
        let d = case.network.widths()[0];
        for precision in [4.0, 1e3, f64::INFINITY] {
            let orbit = case.follow(precision, &numbers(d, 1, 0.5), &numbers(d, 2, 0.3));
            assert_eq!(orbit.failure, None, "{}", case.name);
            let size = largest(orbit.tangent.iter().copied());
            let defect = symplectic_defect(&orbit.tangent);
            println!("{} {precision}: {defect:.1e} of {size:.1e}", case.name);
            assert!(defect < 2e-15 * size * size, "{} {defect}", case.name);
        }
    }
}

/// Any symmetric second derivative would give a symplectic tangent: only differences see whether it
/// is the right one.
#[test]
fn the_tangent_is_the_derivative_of_the_map() {
    for case in cases() {
        let d = case.network.widths()[0];
        let start = [numbers(d, 1, 0.5), numbers(d, 2, 0.3)].concat();
        let precision = 4.0;
        let end = |z: &[f64]| -> Vec<f64> {
            let mut orbit = case.follow(precision, &z[..d], &z[d..]);
            let x = orbit.activations.pop().unwrap();
            [x, orbit.momenta.pop().unwrap()].concat()
        };
        let tangent = case.follow(precision, &start[..d], &start[d..]).tangent;
        let size = largest(tangent.iter().copied());
        let h = 1e-5;
        for (j, column) in tangent.chunks_exact(2 * d).enumerate() {
            let beside = |s: f64| {
                let mut z = start.clone();
                z[j] += s * h;
                end(&z)
            };
            let (plus, minus) = (beside(1.0), beside(-1.0));
            for (i, entry) in column.iter().enumerate() {
                let difference = (plus[i] - minus[i]) / (2.0 * h);
                let error = (entry - difference).abs();
                assert!(error < 1e-7 * size, "{} {i} {j}: {error}", case.name);
            }
        }
    }
}

#[test]
fn orbits_are_stationary_paths_of_the_action_of_the_network() {
    for case in cases() {
        let d = case.network.widths()[0];
        let precision = 20.0;
        let (x0, p0) = (numbers(d, 1, 0.5), numbers(d, 2, 0.3));
        let orbit = case.follow(precision, &x0, &p0);
        // Data that end the orbit: p_0 = R_m (x_0 - y_0) and p_F = -R_m (x_F - y_F).
        let ends = |x: &[f64], p: &[f64], sign: f64| -> Vec<f64> {
            x.iter().zip(p).map(|(x, p)| x + sign * p / 3.0).collect()
        };
        let last = case.network.depth();
        let outputs = ends(&orbit.activations[last], &orbit.momenta[last], 1.0);
        let problem = case.problem(&ends(&x0, &p0, -1.0), &outputs);
        let mut unknowns = orbit.activations.concat();
        let activations = unknowns.len();
        unknowns.extend(&case.weights);
        let mut gradient = vec![0.0; unknowns.len()];
        let mut action = NetworkAction::new(&problem);
        let value = action
            .gradient(precision, &unknowns, &mut gradient)
            .unwrap();
        let momentum = largest(orbit.momenta.concat().into_iter());
        let missed = largest(gradient[..activations].iter().copied());
        println!("{}: {missed:.1e} of p {momentum:.1e}", case.name);
        // R_f times the rounding of x - f(x) beside that of p.
        assert!(missed < 1e-14 * (precision + momentum), "{}", case.name);
        let error = (value.model_error - orbit.model_error).abs();
        assert!(error < 1e-13 * value.model_error, "{}", case.name);
    }
}

#[test]
fn costates_of_backpropagation_come_back() {
    for case in cases() {
        let d = case.network.widths()[0];
        let inputs = numbers(d, 1, 0.5);
        let problem = case.problem(&inputs, &numbers(d, 3, 1.0));
        let costate = Costate::new(&problem, &inputs, &case.weights).unwrap();
        let forward = case
            .network
            .activations(&case.weights, &inputs, &case.forcing)
            .unwrap();
        let p0 = &costate.momenta[..d];
        let orbit = case.follow(f64::INFINITY, &inputs, p0);
        assert_eq!(orbit.activations.concat(), forward, "{}", case.name);
        assert_eq!(orbit.model_error, 0.0);
        let pairs = orbit.momenta.concat().into_iter().zip(&costate.momenta);
        let error = largest(pairs.map(|(a, b)| a - b));
        println!("{}: {error:.1e}", case.name);
        assert!(error < 1e-12, "{} {error}", case.name);
        // p_F = -R_m (x_F - y_F), far from 0.
        assert!(largest(costate.momenta.iter().copied()) > 0.3);
    }
}

#[test]
fn without_model_error_p_dx_is_the_same_in_every_layer() {
    for case in cases() {
        let d = case.network.widths()[0];
        let (x0, p0) = (numbers(d, 1, 0.5), numbers(d, 2, 1.0));
        let start = numbers(d, 6, 1.0);
        let product = |p: &[f64], dx: &[f64]| p.iter().zip(dx).map(|(p, x)| p * x).sum::<f64>();
        let first = product(&p0, &start);
        let orbit = case.follow(f64::INFINITY, &x0, &p0);
        for l in 1..=case.network.depth() {
            // dx_l by the first l layers alone: what backpropagation and the map have no part in.
            let dx = differences(1e-3, |s| {
                let moved = x0.iter().zip(&start);
                let moved: Vec<f64> = moved.map(|(x, dx)| x + s * dx).collect();
                let all = case
                    .network
                    .activations(&case.weights, &moved, &case.forcing);
                all.unwrap()[l * d..][..d].to_vec()
            });
            let error = product(&orbit.momenta[l], &dx) - first;
            assert!(error.abs() < 1e-9, "{} {l}: {error}", case.name);
            // The same along the tangent, which carries dp as well, to rounding.
            if l == case.network.depth() {
                let columns = orbit.tangent.chunks_exact(2 * d).zip(&start);
                let mut dx = vec![0.0; d];
                for (column, along) in columns {
                    for (to, entry) in dx.iter_mut().zip(column) {
                        *to += entry * along;
                    }
                }
                let error = product(&orbit.momenta[l], &dx) - first;
                assert!(error.abs() < 1e-14, "{}: {error}", case.name);
            }
        }
        assert!(first.abs() > 0.1);
    }
}

fn singular(orbit: &LayerOrbit) -> (String, String, f64) {
    match orbit.failure.clone() {
        Some(Error::Singular {
            path,
            matrix,
            time,
            remedy,
        }) => {
            assert!(remedy.contains("boundary-value problem"), "{remedy}");
            (path, matrix, time)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn layers_without_a_map_end_the_orbit_and_are_named() {
    // Another width.
    let case = LayerCase::of("widths", vec![tanh(3), tanh(3), tanh(2), tanh(3)]);
    let (x0, p0) = (numbers(3, 1, 0.5), numbers(3, 2, 0.3));
    let orbit = case.follow(10.0, &x0, &p0);
    let (path, matrix, time) = singular(&orbit);
    assert_eq!((path.as_str(), time), ("layers[2]", 2.0));
    assert!(
        matrix.contains("D1 D2 L_d") && matrix.contains("3 x 2"),
        "{matrix}"
    );
    assert_eq!((orbit.activations.len(), orbit.momenta.len()), (3, 3));
    // The layers that were reached are the orbit of those before, derivative included.
    let before = LayerCase {
        network: Network::feedforward(3, vec![tanh(3); 2]).unwrap(),
        weights: case.weights[..24].to_vec(),
        ..case
    };
    let whole = before.follow(10.0, &x0, &p0);
    assert_eq!(whole.failure, None);
    assert_eq!(whole.activations, orbit.activations);
    assert_eq!(whole.tangent, orbit.tangent);
    assert_eq!(whole.model_error, orbit.model_error);

    // One neuron of layer 2 has a large bias: the slope there is 4 exp(-60), and not 0.
    let mut case = four_tanh();
    let biases = case.network.weight_sets()[1].biases();
    case.weights[biases.start + 1] = 30.0;
    let orbit = case.follow(10.0, &x0, &p0);
    let (path, matrix, _) = singular(&orbit);
    assert_eq!(path, "layers[1]");
    assert!(
        matrix.contains("neuron 1 of layer 2 is saturated"),
        "{matrix}"
    );
    assert_eq!(orbit.momenta.len(), 2);
    // In the residual form it does no harm.
    let layer = Layer {
        residual: Some(0.3),
        ..tanh(3)
    };
    case.network = Network::feedforward(3, vec![layer; 4]).unwrap();
    assert_eq!(case.follow(10.0, &x0, &p0).failure, None);

    // Rows of W that depend on each other, and softmax, whose outputs sum to 1.
    let mut case = four_tanh();
    let matrix = case.network.weight_sets()[3].matrix();
    case.weights
        .copy_within(matrix.start..matrix.start + 3, matrix.start + 6);
    let orbit = case.follow(10.0, &x0, &p0);
    assert_eq!(singular(&orbit).0, "layers[3]");
    assert_eq!(orbit.activations.len(), 4);
    let softmax = Layer {
        activation: Activation::Softmax,
        ..Layer::new(3)
    };
    let case = LayerCase::of("softmax", vec![tanh(3), softmax]);
    assert_eq!(singular(&case.follow(10.0, &x0, &p0)).0, "layers[1]");
}

#[test]
fn what_is_not_finite_is_said_with_layer_and_neuron() {
    let linear = Layer {
        activation: Activation::Linear,
        bias: Bias::None,
        ..Layer::new(1)
    };
    let case = LayerCase {
        name: "tiny".into(),
        network: Network::feedforward(1, vec![linear; 3]).unwrap(),
        weights: vec![1.0, 1e-200, 1e-200],
        forcing: Vec::new(),
    };
    let orbit = case.follow(f64::INFINITY, &[1.0], &[1.0]);
    assert!(
        matches!(
            &orbit.failure,
            Some(Error::NotFiniteInLayer { path, layer: 3, neuron: 0, term, .. })
                if path == "layers[2]" && term == "momentum"
        ),
        "{:?}",
        orbit.failure
    );
    assert_eq!(orbit.momenta.concat(), [1.0, 1.0, 1e200]);
    assert_eq!(orbit.model_error, 0.0);
}

#[test]
fn wrong_input_is_named() {
    let case = four_tanh();
    let (x0, p0) = (numbers(3, 1, 0.5), numbers(3, 2, 0.3));
    let path = |weights: &[f64], x0: &[f64], p0: &[f64], options: &LayerMapOptions| {
        let error = follow_layers(&case.network, weights, x0, p0, options).unwrap_err();
        println!("{error}");
        error.path().to_string()
    };
    let good = case.options(1.0);
    let weights = &case.weights[..];
    assert_eq!(path(&weights[1..], &x0, &p0, &good), "weights");
    let mut odd = weights.to_vec();
    odd[7] = f64::NAN;
    assert_eq!(path(&odd, &x0, &p0, &good), "weights[7]");
    assert_eq!(path(weights, &x0[1..], &p0, &good), "x0");
    assert_eq!(path(weights, &x0, &[0.0; 4], &good), "p0");
    let infinite = [0.0, f64::INFINITY, 0.0];
    assert_eq!(path(weights, &infinite, &p0, &good), "x0[1]");
    assert_eq!(path(weights, &x0, &infinite, &good), "p0[1]");
    for precision in [0.0, -1.0, f64::NAN, 1e-200, f64::NEG_INFINITY] {
        let options = LayerMapOptions::new(precision);
        assert_eq!(path(weights, &x0, &p0, &options), "modelPrecision");
    }
    let options = LayerMapOptions {
        forcing: vec![LayerValues {
            layer: 9,
            values: vec![1.0],
        }],
        ..good
    };
    assert_eq!(path(weights, &x0, &p0, &options), "forcing[0].layer");
    let forced = cases().pop().unwrap();
    let options = LayerMapOptions::new(1.0);
    let missing = follow_layers(
        &forced.network,
        &forced.weights,
        &[0.0; 2],
        &[0.0; 2],
        &options,
    );
    assert_eq!(missing.unwrap_err().path(), "forcing of layer 0");
}
