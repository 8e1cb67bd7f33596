//! The momenta of continuous networks are the errors of backpropagation.

use super::continuous_network::{
    begin, forward, network, options, steps, weights_of, INPUTS, OUTPUTS,
};
use super::*;
use crate::network::{Activation, Costate, Layer, Network, NetworkOptions, NetworkProblem, Pairs};
use crate::solve::dense::Lu;
use crate::Normalization;
use IntegrationMethod as Method;

/// The costs of the outputs, and the momentum before their impulse.
fn end(x: &[f64]) -> (f64, Vec<f64>) {
    let mut p = vec![0.0; x.len()];
    let mut costs = 0.0;
    for (m, y) in OUTPUTS.iter().enumerate() {
        costs += 1.25 * (x[2 * m] - y) * (x[2 * m] - y);
        p[2 * m] = -2.5 * (x[2 * m] - y);
    }
    (costs, p)
}

/// States and momenta at l = 0 that lead to those at the last layer.
fn backward(
    system: &System,
    method: Method,
    x1: &[f64],
    p1: &[f64],
    layers: usize,
) -> (Vec<f64>, Vec<f64>) {
    let options = steps(method, 0.9, -0.9 / layers as f64, layers);
    let orbit = integrate(system.hamiltonian(), x1, p1, &[], &options).unwrap();
    assert_eq!(orbit.failure, None);
    let last = layers * x1.len();
    (orbit.x[last..].to_vec(), orbit.p[last..].to_vec())
}

#[test]
fn momenta_of_weights_are_minus_the_slopes_of_the_costs() {
    for form in [WeightForm::Constant, WeightForm::Piecewise] {
        let network = network(options(form));
        let system = network.system().unwrap();
        let weights = weights_of(&network);
        let costs = |weights: &[f64]| {
            let x1 = forward(&system, Method::GaussLegendre6, &begin(weights), 12);
            end(&x1).0
        };
        let x0 = begin(&weights);
        let x1 = forward(&system, Method::GaussLegendre6, &x0, 12);
        let (back, p) = backward(&system, Method::GaussLegendre6, &x1, &end(&x1).1, 12);
        for (a, b) in back.iter().zip(&x0) {
            assert!((a - b).abs() < 1e-13);
        }
        let mut largest = 0.0f64;
        for k in 0..weights.len() {
            let slope = slope(|shift| {
                let mut weights = weights.clone();
                weights[k] += shift;
                costs(&weights)
            });
            let error = (p[6 + k] + slope).abs();
            assert!(error < 1e-9, "{} {k}: {} {slope}", form.name(), p[6 + k]);
            largest = largest.max(error);
            assert!(slope.abs() > 1e-4, "{k}");
        }
        println!("{}: {largest:.1e}", form.name());
    }
}

#[test]
fn symplectic_euler_is_backpropagation_through_residual_layers() {
    for (form, layers) in [
        (WeightForm::Constant, 7),
        (WeightForm::Piecewise, 6),
        (WeightForm::Piecewise, 9),
    ] {
        let network = network(options(form));
        let system = network.system().unwrap();
        let weights = weights_of(&network);
        let h = 0.9 / layers as f64;
        let x1 = forward(&system, Method::SymplecticEuler, &begin(&weights), layers);
        // Its inverse is a step of its adjoint the other way.
        let (_, p) = backward(
            &system,
            Method::SymplecticEulerAdjoint,
            &x1,
            &end(&x1).1,
            layers,
        );
        let pieces = network.options().pieces.unwrap_or(1);
        let layer = |l: usize| Layer {
            activation: Activation::Tanh,
            residual: Some(h),
            share: Some((l * pieces / layers).to_string()),
            ..Layer::new(2)
        };
        let discrete = Network::feedforward(2, (0..layers).map(layer).collect()).unwrap();
        let outputs = OUTPUTS.iter().flat_map(|y| [*y, f64::NAN]).collect();
        let pairs = Pairs::new(&discrete, INPUTS.to_vec(), outputs).unwrap();
        let problem = NetworkOptions {
            normalization: Normalization::Posterior,
            measurement_precision: 2.5,
            ..NetworkOptions::default()
        };
        let problem = NetworkProblem::new(&discrete, &pairs, &problem).unwrap();
        let costate = Costate::new(&problem, &INPUTS, &weights).unwrap();
        let mut largest = 0.0f64;
        for (p, slope) in p[6..].iter().zip(&costate.weights) {
            largest = largest.max((p + slope).abs());
            assert!(slope.abs() > 1e-4);
        }
        println!("{} {layers}: {largest:.1e}", form.name());
        assert!(largest < 1e-13, "{}: {largest}", form.name());
    }
}

/// The derivative to fourth order.
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    differences(1e-3, |s| vec![f(s)])[0]
}

#[test]
fn orbits_with_free_ends_are_trained_networks() {
    let network = network(ContinuousNetworkOptions {
        weight_precision: 1.0,
        ..options(WeightForm::Constant)
    });
    let system = network.system().unwrap();
    let n = system.dimension();
    let options = IntegrationOptions {
        tangent: true,
        ..steps(Method::GaussLegendre6, 0.0, 0.9 / 8.0, 8)
    };
    // Newton's method on the states at l = 0: p is 0 before the first impulses, and must be after
    // the last ones.
    let mut x0 = begin(&network.starting_weights(2, 0.3).unwrap());
    let mut missed = f64::NAN;
    for _ in 0..12 {
        let orbit = integrate(
            system.hamiltonian(),
            &x0,
            &vec![0.0; n],
            system.impulses(),
            &options,
        );
        let orbit = orbit.unwrap();
        assert_eq!(orbit.failure, None);
        let last = 8 * n;
        let pairs = orbit.p[last..].iter().zip(&orbit.jumps[last..]);
        let mut step: Vec<f64> = pairs.map(|(p, jump)| p + jump).collect();
        missed = step.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let mut jacobian = vec![0.0; n * n];
        for j in 0..n {
            let column = &orbit.tangent[j * 2 * n..][..2 * n];
            jacobian[j * n..][..n].copy_from_slice(&column[n..]);
            for impulse in system.impulses().iter().filter(|i| i.time > 0.0) {
                let k = impulse.component;
                jacobian[j * n + k] += impulse.precision * column[k];
            }
        }
        let mut lu = Lu::default();
        assert!(lu.factor(&jacobian, n));
        lu.solve(&mut step);
        x0.iter_mut().zip(&step).for_each(|(x, s)| *x -= s);
    }
    assert!(missed < 1e-13, "{missed}");
    // The costs of everything, written a second time.
    let costs = |x0: &[f64]| {
        let x1 = forward(&system, Method::GaussLegendre6, x0, 8);
        let inputs = x0.iter().zip(&INPUTS).map(|(x, y)| 3.5 * (x - y) * (x - y));
        let prior = x0[6..].iter().map(|w| 0.5 * w * w);
        end(&x1).0 + inputs.sum::<f64>() + prior.sum::<f64>()
    };
    for k in 0..n {
        let slope = slope(|shift| {
            let mut x0 = x0.clone();
            x0[k] += shift;
            costs(&x0)
        });
        assert!(slope.abs() < 1e-9, "{k}: {slope}");
    }
    let untrained = costs(&begin(&[0.0; 6]));
    println!("costs {} of {untrained}", costs(&x0));
    assert!(costs(&x0) < 0.9 * untrained);
}
