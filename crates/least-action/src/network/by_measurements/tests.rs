//! The quadratic model against differences and whole matrices; its minima against those of others.

use nalgebra::{DMatrix, DVector};

use super::quadratic_model::{QuadraticModel, QuadraticModelMemory};
use super::*;
use crate::network::tests::{cases, numbers, Case};
use crate::network::{Layer, Network, NetworkObjective, NetworkOptions, Pairs};
use crate::solve::{Lbfgs, Minimizer, Quadratic, StopReason};

/// The value, with inputs, innovations and weights as unknowns in place of activations.
fn gradient_of(memory: &mut QuadraticModelMemory, u: &[f64]) -> (f64, Vec<f64>, Vec<f64>) {
    let mut model = QuadraticModel {
        memory,
        interrupted: &|| false,
    };
    let value = model.evaluate(u).unwrap();
    model.accept();
    let (mut gradient, mut scale) = (vec![0.0; u.len()], vec![0.0; u.len()]);
    model.expand(u, &mut gradient, &mut scale);
    (value, gradient, scale)
}

/// Problem with every kind of layer, tied ones among them, and with missing outputs.
#[test]
fn steps_are_those_of_the_whole_damped_matrix() {
    let mut kinds = 0;
    for case in cases(3) {
        if case
            .network
            .layers()
            .iter()
            .any(|layer| layer.map.is_some())
        {
            continue;
        }
        kinds += 1;
        let problem = case.problem();
        let (n, activations) = (problem.unknowns(), problem.activation_count());
        let mut memory = QuadraticModelMemory::new(&problem).unwrap();
        memory.begin(5.0);
        let u: Vec<f64> = case.unknowns.iter().map(|x| 0.5 * x).collect();
        let (value, gradient, scale) = gradient_of(&mut memory, &u);
        let mut model = QuadraticModel {
            memory: &mut memory,
            interrupted: &|| false,
        };

        // The gradient is that of the value.
        for k in (0..n).step_by(1 + n / 40) {
            let mut at = |h: f64| {
                let mut u = u.clone();
                u[k] += h;
                model.evaluate(&u).unwrap()
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            let error = (slope - gradient[k]).abs();
            assert!(error < 1e-6 * (1.0 + value), "{} {k} {slope}", case.name);
        }

        // The matrix, column by column, and the step, free and with unknowns held.
        let mut matrix = DMatrix::zeros(n, n);
        for k in 0..n {
            let mut unit = vec![0.0; n];
            unit[k] = 1.0;
            let mut column = vec![0.0; n];
            model.gradient_after(&gradient, &unit, &mut column);
            let column = column.iter().zip(&gradient).map(|(a, b)| a - b);
            matrix.set_column(k, &DVector::from_iterator(n, column));
        }
        let shift: Vec<f64> = scale.iter().map(|s| 1e-2 * s).collect();
        for hold in [false, true] {
            let held: Vec<bool> = (0..n)
                .map(|k| hold && (k % 3 == 0 && (k >= activations || k < 2)))
                .collect();
            let mut damped = matrix.clone();
            let mut right = -DVector::from_row_slice(&gradient);
            for k in 0..n {
                damped[(k, k)] += shift[k];
                if held[k] {
                    damped.row_mut(k).fill(0.0);
                    damped.column_mut(k).fill(0.0);
                    damped[(k, k)] = 1.0;
                    right[k] = 0.0;
                }
            }
            let expected = damped.clone().lu().solve(&right).unwrap();
            assert!(model.factor(&shift, &held));
            let mut step = vec![0.0; n];
            model.solve(&[], &shift, &mut step);
            let size = expected.amax();
            for (k, step) in step.iter().enumerate() {
                let error = (step - expected[k]).abs();
                assert!(error < 1e-8 * size, "{} {k} {step}", case.name);
            }
            // From halfway there, the bound is as far again.
            let half: Vec<f64> = step.iter().map(|s| 0.5 * s).collect();
            let mut rest = vec![0.0; n];
            model.solve(&half, &shift, &mut rest);
            for (rest, half) in rest.iter().zip(&half) {
                assert!((rest - half).abs() < 1e-8 * size, "{}", case.name);
            }
            let fall = model.decrease(&gradient, &step);
            let vector = DVector::from_row_slice(&step);
            let slope = vector.dot(&DVector::from_row_slice(&gradient));
            let expected = -slope - 0.5 * vector.dot(&(&matrix * &vector));
            assert!((fall - expected).abs() < 1e-9 * fall.abs(), "{}", case.name);
        }
    }
    assert!(kinds > 3);
}

/// The paper's twin experiment, smaller: a network with random weights makes the data.
fn twin(width: usize, depth: usize, pairs: usize, options: NetworkOptions) -> Case {
    let network = Network::feedforward(width, vec![Layer::new(width); depth]).unwrap();
    let truth = numbers(network.weight_count(), 50, 1.0);
    let inputs = numbers(width * pairs, 51, 1.5);
    let outputs = network.predict(&truth, &inputs, &[]).unwrap();
    let noise = numbers(inputs.len() + outputs.len(), 52, 0.01);
    let add = |x: Vec<f64>, noise: &[f64]| x.iter().zip(noise).map(|(x, n)| x + n).collect();
    let mut case = Case::new("twin", network.clone(), pairs, 53);
    let (first, second) = noise.split_at(inputs.len());
    case.pairs = Pairs::new(&network, add(inputs, first), add(outputs, second)).unwrap();
    case.options = NetworkOptions {
        measurement_precision: 3e4,
        ..options
    };
    // Small weights: behind a few layers all pairs are alike, and what tells them apart is to be
    // found.
    let problem = case.problem();
    let (x, weights) = case.unknowns.split_at_mut(problem.activation_count());
    weights.iter_mut().for_each(|w| *w *= 0.1);
    problem.put_measurements(x);
    problem.run_forward(weights, x);
    case
}

/// A climb of R_f over twelve decades. Returns the steps of all rungs, those of rungs that ended by
/// their number of steps, and the last action.
fn climb(case: &Case, rungs: usize, check: bool) -> (usize, usize, usize, f64) {
    let problem = case.problem();
    let mut action = NetworkAction::new(&problem);
    let mut memory = ByMeasurements::new(&problem).unwrap();
    let mut ours = case.unknowns.clone();
    let (mut steps, mut limits, mut single, mut last) = (0, 0, 0, f64::NAN);
    for rung in 0..rungs {
        let model_precision = 1e-2 * libm::pow(1e12, rung as f64 / (rungs - 1) as f64);
        let options = Structured::default();
        let minimum = memory
            .minimize(&mut action, model_precision, &options, &mut ours, &|| false)
            .unwrap();
        steps += minimum.iterations;
        limits += usize::from(minimum.stop == StopReason::IterationLimit);
        single += usize::from(minimum.iterations == 1);
        last = minimum.value;
        if check {
            assert!(minimum.stop.settled(), "{minimum:?}");
            let mut theirs = ours.clone();
            let mut objective = NetworkObjective::new(&mut action, model_precision, &|| false);
            let check = Lbfgs::default()
                .minimize(&mut objective, &mut theirs)
                .unwrap();
            // Nothing much lower is beside it.
            assert!(
                minimum.value <= check.value * 1.001,
                "{rung} {minimum:?} {check:?}"
            );
        }
    }
    (steps, limits, single, last)
}

/// A climb of the same ladder by L-BFGS.
fn climb_by_lbfgs(case: &Case, rungs: usize) -> f64 {
    let problem = case.problem();
    let mut action = NetworkAction::new(&problem);
    let mut x = case.unknowns.clone();
    let mut last = f64::NAN;
    for rung in 0..rungs {
        let model_precision = 1e-2 * libm::pow(1e12, rung as f64 / (rungs - 1) as f64);
        let mut objective = NetworkObjective::new(&mut action, model_precision, &|| false);
        let minimum = Lbfgs::default().minimize(&mut objective, &mut x).unwrap();
        last = minimum.value;
    }
    last
}

/// Two pairs that can be met exactly: the action has no floor, and rungs must neither end at once
/// nor continue for its last digits.
#[test]
fn a_ladder_whose_data_can_be_met_takes_few_steps_a_rung() {
    const RUNGS: usize = 100;
    let case = twin(5, 8, 2, NetworkOptions::default());
    let (steps, limits, single, last) = climb(&case, RUNGS, false);
    assert!(
        steps < 30 * RUNGS && limits <= 2 && single <= RUNGS / 4,
        "{steps} {limits} {single}"
    );
    let lbfgs = climb_by_lbfgs(&case, RUNGS);

    assert!(last < 1e-4 && last < 0.01 * lbfgs, "{last} {lbfgs}");
}

#[test]
fn with_priors_every_rung_settles_where_lbfgs_finds_nothing_lower() {
    let prior = Some(crate::action::Prior {
        mean: 0.0,
        deviation: 2.0,
    });
    let options = NetworkOptions {
        weight_prior: prior,
        bias_prior: prior,
        ..NetworkOptions::default()
    };
    let case = twin(4, 5, 12, options);
    let (steps, limits, _, last) = climb(&case, 25, true);
    assert!(steps < 25 * 10 && limits == 0, "{steps} {limits}");
    let lbfgs = climb_by_lbfgs(&case, 25);
    assert!(last < lbfgs, "{last} {lbfgs}");
}

#[test]
fn bounds_hold_and_are_told() {
    let bounds = Some([-0.4, 0.4]);
    let options = NetworkOptions {
        weight_bounds: bounds,
        bias_bounds: bounds,
        ..NetworkOptions::default()
    };
    let case = twin(3, 3, 10, options);
    let problem = case.problem();
    let mut action = NetworkAction::new(&problem);
    let mut memory = ByMeasurements::new(&problem).unwrap();
    let mut x = case.unknowns.clone();
    let options = Structured {
        tolerance: 1e-10,
        ..Structured::default()
    };
    for model_precision in [1e2, 1e4, 1e6] {
        let minimum = memory
            .minimize(&mut action, model_precision, &options, &mut x, &|| false)
            .unwrap();
        assert!(minimum.stop.settled(), "{minimum:?}");
        assert!(!minimum.active_bounds.is_empty());
        let mut gradient = vec![0.0; x.len()];
        action.gradient(model_precision, &x, &mut gradient).unwrap();
        let size = gradient.iter().fold(0.0f64, |a, g| a.max(g.abs()));
        for k in problem.weights() {
            assert!(x[k].abs() <= 0.4);
            let held = minimum.active_bounds.contains(&k);
            assert_eq!(held, x[k].abs() == 0.4);
            // Pushed outwards at a bound, at rest elsewhere.
            let outwards = -gradient[k] * x[k].signum();
            assert!(
                if held {
                    outwards > -1e-3 * size
                } else {
                    outwards.abs() < 1e-3 * size
                },
                "{k} {outwards} {size}"
            );
        }
    }
}

#[test]
fn what_it_cannot_do_is_said() {
    let network = Network::feedforward(3, vec![Layer::new(1)]).unwrap();
    let pairs = Pairs::new(&network, vec![0.1; 6], vec![]).unwrap();
    let options = NetworkOptions {
        activation_bounds: Some([0.0, 1.0]),
        ..NetworkOptions::default()
    };
    let problem = NetworkProblem::new(&network, &pairs, &options).unwrap();
    let error = ByMeasurements::new(&problem).err().unwrap().to_string();
    assert!(error.contains("bounds of activations"), "{error}");
    let model = crate::network::tests::driven(crate::model::ModelKind::Map);
    let network = Network::feedforward(2, vec![Layer::of_model(model, None)]);
    let network = network.unwrap();
    let pairs = Pairs {
        forcing: vec![crate::network::LayerValues {
            layer: 0,
            values: vec![0.0; 3],
        }],
        ..Pairs::new(&network, vec![0.1; 6], vec![]).unwrap()
    };
    let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default()).unwrap();
    let error = ByMeasurements::new(&problem).err().unwrap().to_string();
    assert!(error.contains("layers that are models"), "{error}");

    // Inputs alone: there is nothing to learn from, and nothing to fail at.
    let network = Network::feedforward(3, vec![Layer::new(1)]).unwrap();
    let pairs = Pairs::new(&network, vec![0.1; 6], vec![]).unwrap();
    let problem = NetworkProblem::new(&network, &pairs, &NetworkOptions::default()).unwrap();
    let mut x = vec![0.3; problem.unknowns()];
    let mut action = NetworkAction::new(&problem);
    let minimum = ByMeasurements::new(&problem)
        .unwrap()
        .minimize(&mut action, 1.0, &Structured::default(), &mut x, &|| false)
        .unwrap();
    assert!(
        minimum.value < 1e-20 && minimum.stop.settled(),
        "{minimum:?}"
    );
}
