//! Training with exact layers, and how the action leads to it.

use nalgebra::{DMatrix, DVector};

use super::gradient::close;
use super::*;
use crate::solve::{Lbfgs, Minimizer, Objective};

#[test]
fn backpropagation_and_the_costate_agree_to_rounding() {
    for case in cases(11) {
        let problem = case.problem();
        let mut training = Training::new(&problem, TrainedInputs::Free).unwrap();
        let inputs = &case.unknowns[problem.activations(0)];
        let weights = &case.unknowns[problem.weights()];
        let unknowns = [inputs, weights].concat();
        let mut gradient = unknowns.clone();
        training.gradient(&unknowns, &mut gradient).unwrap();
        let costate = Costate::new(&problem, inputs, weights).unwrap();
        let start: Vec<f64> = costate.momenta[..inputs.len()].iter().map(|p| -p).collect();
        close(
            &case.name,
            &gradient,
            &[start, costate.weights].concat(),
            3e-15,
        );
    }
}

#[test]
fn the_gradient_of_training_is_that_of_dual_numbers() {
    for case in cases(12) {
        let problem = case.problem();
        let mut training = Training::new(&problem, TrainedInputs::Free).unwrap();
        let inputs = problem.activations(0).len();
        let widths = case.network.widths();
        let unknowns = [&case.unknowns[..inputs], &case.unknowns[problem.weights()]].concat();
        let mut gradient = unknowns.clone();
        let value = training.gradient(&unknowns, &mut gradient).unwrap();
        let loss = |x: &[Dual64]| {
            let (inputs, weights) = x.split_at(inputs);
            let mut layers = vec![inputs.to_vec()];
            for l in 0..case.network.depth() {
                let rows = layers[l].chunks(widths[l]).enumerate();
                let next = rows.flat_map(|(pair, x)| map_of(&case, l, pair, x, weights));
                layers.push(next.collect());
            }
            layers.push(weights.to_vec());
            reference(&case, 1.0, &layers.concat())
        };
        let plain: Vec<Dual64> = unknowns.iter().map(|&x| Dual64::from(x)).collect();
        close(&case.name, &[value.action], &[loss(&plain).re], 1e-14);
        close(&case.name, &gradient, &case.dual(&unknowns, loss), 1e-13);
    }
}

#[test]
fn on_an_orbit_the_action_is_the_loss_and_predictions_are_its_end() {
    for mut case in cases(13) {
        case.pairs.inputs.iter_mut().for_each(|y| *y *= 0.5);
        case.options.observed_inputs = None;
        let problem = case.problem();
        let weights = &case.unknowns[problem.weights()];
        let mut training = Training::new(&problem, TrainedInputs::Exact).unwrap();
        let value = Training::evaluate(&mut training, weights).unwrap();
        let whole = [training.activations(), weights].concat();
        let action = NetworkAction::new(&problem).evaluate(1e9, &whole).unwrap();
        assert_eq!(action.model_error, 0.0, "{}", case.name);
        close(&case.name, &[action.action], &[value.action], 1e-15);
        let outputs = case
            .network
            .predict(weights, &case.pairs.inputs, &case.pairs.forcing)
            .unwrap();
        let last = problem.activations(case.network.depth());
        assert_eq!(outputs, training.activations()[last], "{}", case.name);
    }
}

/// Minimum by Newton's method, to rounding, with a Hessian from differences of exact gradients.
fn newton(objective: &mut dyn Objective, x: &mut [f64]) {
    let n = x.len();
    let mut gradient = DVector::zeros(n);
    for _ in 0..60 {
        let mut hessian = DMatrix::zeros(n, n);
        let (mut plus, mut minus) = (gradient.clone(), gradient.clone());
        for k in 0..n {
            let (x0, h) = (x[k], 1e-5);
            x[k] = x0 + h;
            objective.evaluate(x, plus.as_mut_slice()).unwrap();
            x[k] = x0 - h;
            objective.evaluate(x, minus.as_mut_slice()).unwrap();
            x[k] = x0;
            hessian.set_column(k, &((&plus - &minus) / (2.0 * h)));
        }
        objective.evaluate(x, gradient.as_mut_slice()).unwrap();
        let hessian = 0.5 * (&hessian + hessian.transpose());
        // Away from a minimum it may be indefinite: then it is shifted until it is not.
        let shifts = std::iter::once(0.0).chain((-12..3).map(|k| libm::exp2(k as f64)));
        let shifted = shifts.map(|s| &hessian + DMatrix::identity(n, n) * (s * hessian.amax()));
        let factor = shifted.filter_map(DMatrix::cholesky).next().unwrap();
        let step = factor.solve(&gradient);
        x.iter_mut().zip(&step).for_each(|(x, s)| *x -= s);
        if step.amax() < 1e-13 {
            return;
        }
    }
    panic!("no minimum");
}

#[test]
fn the_weak_optimum_tends_to_the_strong_one_as_one_over_the_model_precision() {
    let tanh = |width: usize| Layer {
        activation: Activation::Tanh,
        ..Layer::new(width)
    };
    let network = Network::feedforward(2, vec![tanh(2), tanh(1)]).unwrap();
    let mut case = Case::new("slope", network, 4, 21).with(Normalization::Posterior);
    case.pairs.outputs = vec![0.3, -0.6, 0.1, 0.5];
    let problem = case.problem();
    let mut training = Training::new(&problem, TrainedInputs::Free).unwrap();
    let mut strong = [
        &case.pairs.inputs[..],
        &numbers(problem.weights().len(), 22, 0.5),
    ]
    .concat();
    Lbfgs::default()
        .minimize(&mut training, &mut strong)
        .unwrap();
    newton(&mut training, &mut strong);
    training.evaluate(&strong).unwrap();
    let start = problem.activations(0).len();
    let mut x = [training.activations(), &strong[start..]].concat();
    let costate = Costate::new(&problem, &strong[..start], &strong[start..]).unwrap();

    let mut distances = Vec::new();
    for model_precision in [1e3, 1e4, 1e5] {
        let mut action = NetworkAction::new(&problem);
        newton(
            &mut NetworkObjective::new(&mut action, model_precision, &|| false),
            &mut x,
        );
        let away = x[problem.weights()].iter().zip(&strong[start..]);
        let squares: f64 = away.map(|(a, b)| (a - b) * (a - b)).sum();
        distances.push(squares.sqrt());
        // And R_f times the residuals of the model tends to the costate.
        let residuals = action.residuals(&x).unwrap().iter();
        let momenta: Vec<f64> = residuals.map(|r| model_precision * r).collect();
        let tolerance = 30.0 / model_precision;
        close("momenta", &momenta, &costate.momenta[start..], tolerance);
    }
    for pair in distances.windows(2) {
        let slope = libm::log10(pair[0] / pair[1]);
        assert!((slope - 1.0).abs() < 0.02, "{distances:?}");
    }
}

#[test]
fn exact_inputs_must_be_measured() {
    let network = Network::feedforward(2, vec![Layer::new(1)]).unwrap();
    let mut pairs = Pairs::new(&network, vec![1.0, 2.0, 3.0, f64::NAN], vec![0.0; 2]).unwrap();
    pairs.missing_inputs = true;
    let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default()).unwrap();
    let error = Training::new(&problem, TrainedInputs::Exact).err().unwrap();
    assert_eq!(
        error.to_string(),
        "pairs.inputs[1][1]: is not measured, so it cannot be exact; use free inputs"
    );
    assert!(Training::new(&problem, TrainedInputs::Free).is_ok());
    let error = network.predict(&[0.0; 3], &[1.0], &[]).unwrap_err();
    assert!(error.to_string().contains("inputs: expected"), "{error}");
    let error = network
        .predict(&[0.0; 3], &[1.0, f64::NAN], &[])
        .unwrap_err();
    assert!(error.to_string().contains("inputs[0][1]"), "{error}");
}

#[test]
fn a_minimiser_with_bounds_keeps_the_weights_within() {
    let network = Network::feedforward(2, vec![Layer::new(3), Layer::new(1)]).unwrap();
    let mut case = Case::new("bounds", network, 6, 31);
    case.options.weight_bounds = Some([-0.3, 0.2]);
    case.options.weight_prior = None;
    let problem = case.problem();
    let mut x = case.unknowns.clone();
    let mut action = NetworkAction::new(&problem);
    let mut objective = NetworkObjective::new(&mut action, 1e2, &|| false);
    let minimum = Lbfgs::default().minimize(&mut objective, &mut x).unwrap();
    assert!(!minimum.active_bounds.is_empty());
    for set in case.network.weight_sets() {
        let weights = &x[problem.weights()][set.matrix()];
        assert!(weights.iter().all(|w| (-0.3..=0.2).contains(w)));
    }
}
