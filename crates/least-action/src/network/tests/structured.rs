//! The minimiser that eliminates weights and then layers: its step is that of the whole matrix.

use nalgebra::{DMatrix, DVector};

use super::gradient::close;
use super::*;
use crate::network::structured::LayerElimination;
use crate::solve::{Lbfgs, Minimizer, Structured};

/// Untied layers of every form that the minimiser knows.
fn layers() -> Vec<Layer> {
    let of = |activation: Activation, width: usize| Layer {
        activation,
        ..Layer::new(width)
    };
    vec![
        of(Activation::Tanh, 4),
        Layer {
            residual: Some(0.4),
            bias: Bias::None,
            ..of(Activation::Logistic, 4)
        },
        Layer {
            forcing: 2,
            ..of(Activation::Softplus, 2)
        },
        Layer {
            bias: Bias::Fixed(vec![0.1, 0.2, 0.3]),
            ..of(Activation::Relu, 3)
        },
        of(Activation::Linear, 1),
    ]
}

#[test]
fn a_step_is_that_of_the_whole_damped_matrix() {
    const MODEL_PRECISION: f64 = 11.0;
    for (pairs, damping) in [(1, 1e-3), (2, 1e-2), (5, 1e-3), (9, 1e-1), (9, 1e-6)] {
        for prior in [true, false] {
            let network = Network::feedforward(3, layers()).unwrap();
            let mut case = Case::new("step", network, pairs, 40 + pairs as u64);
            if !prior {
                case.options.weight_prior = None;
                case.options.bias_prior = None;
            }
            let problem = case.problem();
            let mut action = NetworkAction::new(&problem);
            let mut memory = LayerElimination::new(&problem).unwrap();
            let (gradient, scale, step) =
                memory.one_step(&mut action, MODEL_PRECISION, damping, &case.unknowns);
            let n = step.len();
            let mut matrix = DMatrix::zeros(n, n);
            let mut rows = vec![0.0; problem.residuals()];
            for k in 0..n {
                let mut unit = vec![0.0; n];
                unit[k] = 1.0;
                let mut column = unit.clone();
                action
                    .gauss_newton(
                        MODEL_PRECISION,
                        &case.unknowns,
                        &unit,
                        &mut rows,
                        &mut column,
                    )
                    .unwrap();
                matrix.set_column(k, &DVector::from_vec(column));
            }
            let diagonal: Vec<f64> = (0..n).map(|k| matrix[(k, k)]).collect();
            for (ours, theirs) in scale.iter().zip(&diagonal) {
                // What nothing depends on has a scale all the same.
                assert!((ours - theirs).abs() <= 1e-13 * ours || *theirs == 0.0);
            }
            for k in 0..n {
                matrix[(k, k)] += damping * scale[k];
            }
            let expected = matrix.lu().solve(&-DVector::from_vec(gradient)).unwrap();
            let tolerance = 1e-13 / damping;
            close("step", &step, expected.as_slice(), tolerance.max(1e-10));
        }
    }
}

/// The paper's twin, smaller: a network with random weights makes the data.
fn twin(width: usize, depth: usize, pairs: usize) -> Case {
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
        ..NetworkOptions::default()
    };
    case
}

#[test]
fn it_finds_what_lbfgs_finds_in_far_fewer_steps() {
    for pairs in [2, 12] {
        let case = twin(4, 5, pairs);
        let problem = case.problem();
        let mut action = NetworkAction::new(&problem);
        let mut memory = LayerElimination::new(&problem).unwrap();
        let mut ours = case.unknowns.clone();
        let options = Structured::default();
        // A ladder, as rungs are what it is for.
        let (mut steps, mut last) = (0, None);
        for rung in 0..12 {
            let model_precision = 1e-1 * libm::exp2(2.0 * f64::from(rung));
            let minimum = memory
                .minimize(&mut action, model_precision, &options, &mut ours, &|| false)
                .unwrap();
            assert!(minimum.stop.settled(), "{minimum:?}");
            steps += minimum.iterations;
            let mut theirs = ours.clone();
            let mut objective = NetworkObjective::new(&mut action, model_precision, &|| false);
            let check = Lbfgs::default()
                .minimize(&mut objective, &mut theirs)
                .unwrap();
            // Nothing much lower is beside it.
            assert!(
                minimum.value <= check.value * 1.001 + 1e-12,
                "{rung} {minimum:?} {check:?}"
            );
            last = Some(minimum.value);
        }
        assert!(steps < 400, "{steps}");
        // Two pairs leave the weights free enough to fit them; twelve do not, and one start among local minima says nothing of the level.
        assert!(pairs > 2 || last.unwrap() < 1e-20, "{last:?}");
    }
}

#[test]
fn what_it_cannot_do_is_said() {
    let refuses = |network: Network, options: NetworkOptions, expected: &str| {
        let pairs = Pairs::new(&network, vec![0.1; 6], vec![]).unwrap();
        let problem = NetworkProblem::new(&network, &pairs, &options).unwrap();
        let error = LayerElimination::new(&problem).err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
    };
    let f = |layers: Vec<Layer>| Network::feedforward(3, layers).unwrap();
    let plain = NetworkOptions::default;
    let softmax = Layer {
        activation: Activation::Softmax,
        ..Layer::new(3)
    };
    refuses(
        f(vec![softmax]),
        plain(),
        "networks with softmax; use lbfgs",
    );
    let recurrent = Network::recurrent(Layer::new(3), 2).unwrap();
    refuses(recurrent, plain(), "networks with tied weights");
    let bounded = NetworkOptions {
        weight_bounds: Some([-1.0, 1.0]),
        ..plain()
    };
    refuses(f(vec![Layer::new(1)]), bounded, "networks with bounds");
}
