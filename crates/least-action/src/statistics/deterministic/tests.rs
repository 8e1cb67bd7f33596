//! Tests against closed forms and other routes.

use std::sync::Arc;

use super::*;
use crate::action::{ActionOptions, Discretization, Observations, Prior, Problem};
use crate::model::ModelBuilder;
use crate::random::Random;
use crate::solve::Objective;
use crate::statistics::{LaplaceOptions, Posterior};

/// Two coupled states with two parameters, one of them in a product of states.
fn problem(discretization: Discretization, sets: usize, lowest: Option<f64>) -> Problem {
    let model = ModelBuilder::new("epidemic")
        .states(["s", "i"])
        .parameter("b", 2.0, "")
        .parameter("g", 0.5, "")
        .flow(|x, p| {
            let infected = p[0] * x[0] * x[1];
            vec![-infected, infected - p[1] * x[1]]
        })
        .unwrap();
    let mut random = Random::new(4, 0);
    let data: Vec<Observations> = (0..sets)
        .map(|_| Observations {
            time_step: 0.4,
            points: 13,
            observed: vec![1],
            values: (0..13)
                .map(|n| match n % 2 {
                    0 => {
                        0.25 * libm::exp(-0.3 * (n as f64 * 0.4 - 2.5).powi(2))
                            + 0.01 * random.normal()
                    }
                    _ => f64::NAN,
                })
                .collect(),
            ..Observations::default()
        })
        .collect();
    let options = ActionOptions {
        measurement_precision: 1e4.into(),
        discretization: Some(discretization),
        estimate: vec!["b".into(), "g".into()],
        first_state: [(
            "s".to_string(),
            Prior {
                mean: 0.95,
                deviation: 0.05,
            },
        )]
        .into(),
        priors: [(
            "g".to_string(),
            Prior {
                mean: 0.6,
                deviation: 0.3,
            }
            .into(),
        )]
        .into(),
        bounds: lowest
            .map(|low| ("g".to_string(), [low, low + 3.0]))
            .into_iter()
            .collect(),
        ..ActionOptions::default()
    };
    Problem::new(Arc::new(model), data, &options).unwrap()
}

fn start(problem: &Problem) -> Vec<f64> {
    let states = (0..problem.points()).flat_map(|_| [0.9, 0.1]);
    states.chain([2.0, 0.5]).collect()
}

#[test]
fn gradients_are_those_of_differences() {
    for discretization in Discretization::FLOWS {
        let mut posterior = StrongPosterior::new(&problem(discretization, 2, None)).unwrap();
        let x = [0.94, 0.02, 0.9, 0.03, 2.2, 0.55];
        let mut gradient = [0.0; 6];
        posterior.evaluate(&x, &mut gradient).unwrap();
        for k in 0..6 {
            let h = 1e-5 * x[k];
            let mut unused = [0.0; 6];
            let mut at = |sign: f64| {
                let mut moved = x;
                moved[k] += sign * h;
                posterior.evaluate(&moved, &mut unused).unwrap()
            };
            let difference = (at(1.0) - at(-1.0)) / (2.0 * h);
            let close = (gradient[k] - difference).abs() < 1e-5 * gradient[k].abs().max(1.0);
            assert!(
                close,
                "{discretization:?} {k}: {} {difference}",
                gradient[k]
            );
        }
    }
}

#[test]
fn integrated_paths_have_no_residuals() {
    for discretization in Discretization::FLOWS {
        let problem = problem(discretization, 2, None);
        let mut posterior = StrongPosterior::new(&problem).unwrap();
        let x = [0.94, 0.02, 0.9, 0.03, 2.2, 0.55];
        let path = posterior.path_of(&x).unwrap().to_vec();
        let mut action = crate::Action::new(&problem);
        let residuals = action.residuals(&path, &x[4..]).unwrap();
        let most = residuals.iter().fold(0.0f64, |m, r| m.max(r.abs()));
        assert!(most < 1e-15, "{discretization:?}: {most}");
    }
}

#[test]
fn the_minimum_is_that_of_the_function_of_first_states_and_parameters() {
    for discretization in Discretization::FLOWS {
        let (mut free, mut from) = (0.0, Vec::new());
        for bounded in [false, true] {
            let lowest = bounded.then_some(free + 0.1);
            let problem = problem(discretization, 2, lowest);
            let mut posterior = StrongPosterior::new(&problem).unwrap();
            if from.is_empty() {
                from = start(&problem);
            }
            let found = posterior.minimize(&from, &[], 100).unwrap();
            assert!(
                found.converged && found.iterations < 25,
                "{discretization:?} {found:?}"
            );
            let x = posterior.reduced(&found.unknowns);
            let path = posterior.path_of(&x).unwrap().to_vec();
            for (a, b) in path.iter().zip(&found.unknowns) {
                assert!((a - b).abs() < 1e-9, "{discretization:?} {a} {b}");
            }
            let mut gradient = vec![0.0; x.len()];
            let value = posterior.evaluate(&x, &mut gradient).unwrap();
            assert!((value - found.value).abs() < 1e-9 * value);
            // The lower bound of g is active: the value would fall below it.
            for (k, g) in gradient.iter().enumerate() {
                match bounded && k == 5 {
                    true => assert!(*g > 0.0 && Some(x[k]) == lowest, "{g} {x:?}"),
                    false => assert!(g.abs() < 1e-2, "{discretization:?} {k} {g}"),
                }
            }
            (free, from) = (x[5], found.unknowns);
        }
    }
}

#[test]
fn covariances_are_those_of_dense_normal_equations() {
    for discretization in [Discretization::Rk4, Discretization::SimpsonHermite] {
        let problem = problem(discretization, 2, None);
        let posterior = StrongPosterior::new(&problem).unwrap();
        let laplace = StrongLaplace::new(&posterior, &start(&problem), LaplaceOptions::default());
        let laplace = laplace.unwrap();
        // Rows by differences of paths, and their normal equations inverted.
        let mut posterior = posterior.clone();
        let x = posterior.reduced(laplace.mode());
        let n = x.len();
        let mut derivative = Vec::new();
        for k in 0..n {
            let h = 1e-5 * x[k];
            let mut at = |sign: f64| {
                let mut moved = x.clone();
                moved[k] += sign * h;
                posterior.path_of(&moved).unwrap().to_vec()
            };
            let (up, down) = (at(1.0), at(-1.0));
            let each = up.iter().zip(&down).map(|(u, d)| (u - d) / (2.0 * h));
            derivative.push(each.collect::<Vec<f64>>());
        }
        let mut normal = nalgebra::DMatrix::<f64>::zeros(n, n);
        for (set, data) in problem.data().iter().enumerate() {
            for (point, value) in data.values.iter().enumerate() {
                let place = (set * 13 + point) * 2 + 1;
                for i in 0..n {
                    for j in 0..n {
                        if value.is_finite() {
                            normal[(i, j)] += 1e4 * derivative[i][place] * derivative[j][place];
                        }
                    }
                }
            }
        }
        for (k, deviation) in [(0, 0.05), (2, 0.05), (5, 0.3)] {
            normal[(k, k)] += 1.0 / (deviation * deviation);
        }
        let log_determinant = normal.determinant().ln();
        let covariance = normal.try_inverse().unwrap();
        assert!((laplace.log_determinant() - log_determinant).abs() < 1e-5);
        let found = laplace.parameter_covariance();
        for i in 0..2 {
            for j in 0..2 {
                let expected = covariance[(4 + i, 4 + j)];
                let close = (found[i * 2 + j] - expected).abs() < 1e-5 * expected.abs();
                assert!(close, "{discretization:?} {} {expected}", found[i * 2 + j]);
            }
        }
        // A point in the second data set.
        let place = (13 + 9) * 2;
        let along = |k: usize| derivative[k][place];
        let mut variance = 0.0;
        for i in 0..n {
            for j in 0..n {
                variance += along(i) * covariance[(i, j)] * along(j);
            }
        }
        let deviation = laplace.deviations()[place];
        assert!(
            (deviation / variance.sqrt() - 1.0).abs() < 1e-5,
            "{deviation}"
        );
        let states = laplace.state_covariances();
        assert!((states[(13 + 9) * 4] - variance).abs() < 1e-5 * variance);
        // Draws have these moments.
        let draws = laplace.draws(4000, 1);
        let unknowns = laplace.mode().len();
        let mean_square: f64 = draws.values[place..]
            .iter()
            .step_by(unknowns)
            .map(|v| (v - laplace.mode()[place]).powi(2))
            .sum();
        assert!((mean_square / 4000.0 / variance - 1.0).abs() < 0.1);
    }
}

#[test]
fn a_large_model_precision_approaches_the_limit() {
    let problem = problem(Discretization::Rk4, 1, None);
    let posterior = StrongPosterior::new(&problem).unwrap();
    let options = LaplaceOptions {
        hessian: crate::solve::Hessian::GaussNewton,
        ..LaplaceOptions::default()
    };
    let strong = StrongLaplace::new(&posterior, &start(&problem), options).unwrap();
    let finite = Posterior::new(&problem, 1e9).unwrap();
    let weak = crate::statistics::Laplace::new(&finite, strong.mode(), options).unwrap();
    for (a, b) in strong.deviations().iter().zip(weak.deviations()) {
        assert!((a / b - 1.0).abs() < 1e-2, "{a} {b}");
    }
}

#[test]
fn what_nothing_determines_is_named() {
    let model = ModelBuilder::new("product")
        .states(["x"])
        .parameter("a", 1.0, "")
        .parameter("b", 1.0, "")
        .flow(|x, p| vec![-(p[0] * p[1] * x[0])])
        .unwrap();
    let data = Observations {
        time_step: 0.1,
        points: 21,
        observed: vec![0],
        values: (0..21).map(|n| libm::exp(-0.1 * n as f64)).collect(),
        ..Observations::default()
    };
    let options = ActionOptions {
        measurement_precision: 100.0.into(),
        estimate: vec!["a".into(), "b".into()],
        ..ActionOptions::default()
    };
    let problem = Problem::new(Arc::new(model), data, &options).unwrap();
    let posterior = StrongPosterior::new(&problem).unwrap();
    let start: Vec<f64> = (0..21).map(|_| 1.0).chain([0.8, 1.2]).collect();
    let error = StrongLaplace::new(&posterior, &start, LaplaceOptions::default())
        .err()
        .unwrap();
    let text = error.to_string();
    assert!(matches!(error, crate::Error::Undetermined { .. }), "{text}");
    assert!(
        text.contains('a') && text.contains('b') && !text.contains("x at"),
        "{text}"
    );
}

/// A growing solution, `y'' = 2 y + 0.1 y'`, known at its start to 1e-6 and measured to 0.1 at 101
/// times, while it grows by seven orders.
fn growing(steps: usize) -> (Problem, Vec<f64>) {
    let model = ModelBuilder::new("growing")
        .states(["y", "v"])
        .parameter("a", 2.0, "")
        .parameter("b", 0.1, "")
        .flow(|x, p| vec![x[1], p[0] * x[0] + p[1] * x[1]])
        .unwrap();
    let points = 100 * steps + 1;
    let mut random = Random::new(9, 0);
    // y = c (exp(l t) - exp(m t)) + y0 exp(m t), by the roots of l^2 - 0.1 l - 2.
    let root = (0.0025f64 + 2.0).sqrt();
    let (l, m) = (0.05 + root, 0.05 - root);
    let [y0, v0] = [0.0005, 0.2];
    let c = (v0 - m * y0) / (l - m);
    let at = |t: f64| {
        let (up, down) = (c * libm::exp(l * t), (y0 - c) * libm::exp(m * t));
        [up + down, l * up + m * down]
    };
    let mut values = vec![f64::NAN; points];
    for k in 0..101 {
        values[k * steps] = at(0.1 * k as f64)[0] + 0.1 * random.normal();
    }
    let prior = |mean| Prior {
        mean,
        deviation: 1e-6,
    };
    let data = Observations {
        time_step: 0.1 / steps as f64,
        points,
        observed: vec![0],
        values,
        ..Observations::default()
    };
    let options = ActionOptions {
        measurement_precision: 100.0.into(),
        discretization: Some(Discretization::Rk4),
        estimate: vec!["a".into(), "b".into()],
        first_state: [("y".to_string(), prior(y0)), ("v".to_string(), prior(v0))].into(),
        ..ActionOptions::default()
    };
    let problem = Problem::new(Arc::new(model), data, &options).unwrap();
    // A path with errors of the size of the noise, as at a finite R_f.
    let path = (0..points).flat_map(|n| at(0.1 / steps as f64 * n as f64));
    let start: Vec<f64> = path
        .map(|x| x + 0.05 * random.normal())
        .chain([2.001, 0.099])
        .collect();
    (problem, start)
}

#[test]
fn growing_solutions_are_known_as_well_at_every_step() {
    let mut found = Vec::new();
    for steps in [2, 8] {
        let (problem, start) = growing(steps);
        let posterior = StrongPosterior::new(&problem).unwrap();
        let laplace = StrongLaplace::new(&posterior, &start, LaplaceOptions::default()).unwrap();
        assert!(laplace.is_well_posed(), "{:?}", laplace.minimum().decrease);
        let path = problem.path_length();
        let deviations = laplace.deviations()[path..].to_vec();
        // Normal equations by differences of paths.
        let mut posterior = posterior.clone();
        let x = posterior.reduced(laplace.mode());
        let sizes = [1e-6, 1e-6, deviations[0], deviations[1]];
        let mut derivative = Vec::new();
        for k in 0..4 {
            let mut at = |sign: f64| {
                let mut moved = x.clone();
                moved[k] += sign * sizes[k];
                posterior.path_of(&moved).unwrap().to_vec()
            };
            let (up, down) = (at(1.0), at(-1.0));
            derivative.push(
                up.iter()
                    .zip(&down)
                    .map(|(u, d)| 0.5 * (u - d))
                    .collect::<Vec<f64>>(),
            );
        }
        let mut normal = nalgebra::DMatrix::<f64>::identity(4, 4);
        (normal[(2, 2)], normal[(3, 3)]) = (0.0, 0.0);
        for point in (0..problem.points()).step_by(steps) {
            for i in 0..4 {
                for j in 0..4 {
                    normal[(i, j)] += 100.0 * derivative[i][point * 2] * derivative[j][point * 2];
                }
            }
        }
        let covariance = normal.try_inverse().unwrap();
        for p in 0..2 {
            let expected = sizes[2 + p] * covariance[(2 + p, 2 + p)].sqrt();
            assert!(
                (deviations[p] / expected - 1.0).abs() < 1e-3,
                "{deviations:?} {expected}"
            );
            assert!((laplace.mode()[path + p] - [2.0, 0.1][p]).abs() < 4.0 * deviations[p] + 2e-4);
        }
        found.push(deviations);
    }
    for p in 0..2 {
        assert!((found[0][p] / found[1][p] - 1.0).abs() < 0.02, "{found:?}");
    }
}
