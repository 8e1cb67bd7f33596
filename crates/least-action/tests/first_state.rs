//! Known first states: numbers, formulas of parameters and distributions, for all data
//! sets or for each, against least squares on closed forms.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{FirstDistribution, FirstMean, FirstState, FirstValue, Prior};
use least_action::anneal::{Estimate, StartingPaths, StartingStrategy, Verdict};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::statistics::{
    BoundsMethod, Chain, Laplace, LaplaceOptions, Posterior, SamplingOptions,
};
use least_action::{
    Action, ActionOptions, AnnealOptions, Annealer, Discretization, Error, Observations, Problem,
    Run,
};
use nalgebra::{DMatrix, DVector};

/// Standard deviation of the noise of decaying amounts.
const NOISE: f64 = 0.02;

/// Decay `x' = -k x`. The parameters P0 and c are in no equation.
fn decay() -> EquationModel {
    ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 1.0, "")
        .parameter("P0", 1.0, "")
        .parameter("c", 0.25, "")
        .flow(|x, p| vec![-p[0] * x[0]])
        .unwrap()
}

/// Measurements of `first exp(-0.8 t)` at 0.25, 0.5, ... with fixed errors.
fn decaying(first: f64, shift: f64) -> Observations {
    let points = 41;
    let values = (0..points).map(|n| {
        let t = 0.05 * n as f64;
        let error = NOISE * (1.7 * n as f64 + shift).sin() * 1.4;
        match n % 5 == 0 && n > 0 {
            true => first * (-0.8 * t).exp() + error,
            false => f64::NAN,
        }
    });
    Observations {
        time_step: 0.05,
        points,
        observed: vec![0],
        values: values.collect(),
        ..Observations::default()
    }
}

fn known(name: &str, value: impl Into<FirstValue>) -> FirstState {
    [(name.to_string(), value)].into()
}

fn estimate(names: &[(&str, f64, f64)]) -> BTreeMap<String, Estimate> {
    let of = |&(name, low, high): &(&str, f64, f64)| {
        let initial = [low, high];
        (
            name.to_string(),
            Estimate {
                initial: Some(initial),
                ..Estimate::default()
            },
        )
    };
    names.iter().map(of).collect()
}

fn options(names: &[(&str, f64, f64)], first_state: FirstState) -> AnnealOptions {
    AnnealOptions {
        measurement_precision: (1.0 / (NOISE * NOISE)).into(),
        estimate: estimate(names),
        first_state,
        ..AnnealOptions::default()
    }
}

fn annealed(model: EquationModel, data: Vec<Observations>, options: AnnealOptions) -> Run {
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    annealer.run(|_| ControlFlow::Continue(())).unwrap()
}

/// Minimum of least squares and its covariance, by Gauss-Newton steps with differences, of
/// residuals in units of their deviations.
fn least_squares(
    mut at: Vec<f64>,
    residuals: impl Fn(&[f64]) -> Vec<f64>,
) -> (Vec<f64>, DMatrix<f64>) {
    let mut covariance = DMatrix::zeros(0, 0);
    for _ in 0..50 {
        let base = DVector::from_vec(residuals(&at));
        let columns: Vec<DVector<f64>> = (0..at.len())
            .map(|k| {
                let step = 1e-6 * at[k].abs().max(1e-3);
                let moved = |sign: f64| {
                    let mut moved = at.clone();
                    moved[k] += sign * step;
                    DVector::from_vec(residuals(&moved))
                };
                (moved(1.0) - moved(-1.0)) / (2.0 * step)
            })
            .collect();
        let jacobian = DMatrix::from_columns(&columns);
        covariance = (jacobian.transpose() * &jacobian).try_inverse().unwrap();
        let step = &covariance * (jacobian.transpose() * base);
        at.iter_mut().zip(step.iter()).for_each(|(x, s)| *x -= s);
    }
    (at, covariance)
}

/// Errors of a data set of [`decaying`] for a first value and a rate.
fn errors(data: &Observations, first: f64, k: f64) -> Vec<f64> {
    let points = data.values.iter().enumerate().filter(|(_, y)| !y.is_nan());
    points
        .map(|(n, y)| (first * (-k * 0.05 * n as f64).exp() - y) / NOISE)
        .collect()
}

/// Compares estimates and deviations of a run with those of least squares.
fn compare(run: &Run, problem: &Problem, expected: &(Vec<f64>, DMatrix<f64>)) {
    assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
    let posterior = Posterior::new(problem, run.best_rung().model_precision).unwrap();
    let best = run.best();
    let start = [&best.path[..], &best.parameters].concat();
    let laplace = Laplace::new(&posterior, &start, LaplaceOptions::default()).unwrap();
    let deviations = laplace.deviations();
    for (k, mean) in expected.0.iter().enumerate() {
        let deviation = expected.1[(k, k)].sqrt();
        let own = best.parameters[k];
        assert!((own - mean).abs() < 0.01 * deviation, "{k}: {own} {mean}");
        let own = deviations[best.path.len() + k];
        assert!((own / deviation - 1.0).abs() < 0.01, "{own} {deviation}");
    }
}

fn problem(model: EquationModel, data: Vec<Observations>, options: &AnnealOptions) -> Problem {
    let annealer = Annealer::new(Arc::new(model), data, options.clone()).unwrap();
    annealer.problem().clone()
}

#[test]
fn a_number_is_held_and_takes_no_degree_of_freedom() {
    let data = vec![decaying(1.5, 0.0)];
    let options = options(&[("k", 0.2, 3.0)], known("x", 1.5));
    let problem = problem(decay(), data.clone(), &options);
    assert_eq!((problem.held_count(), problem.prior_count()), (1, 0));
    assert!(problem.is_held(0) && !problem.is_held(1));
    let run = annealed(decay(), data.clone(), options);
    assert_eq!(run.best().path[0], 1.5);
    assert!(run.best_rung().active_bounds.is_empty());
    let expected = least_squares(vec![0.7], |z| errors(&data[0], 1.5, z[0]));
    compare(&run, &problem, &expected);
}

#[test]
fn a_formula_ties_the_first_state_to_parameters() {
    let data = vec![decaying(1.5, 0.3)];
    let ranges = [("k", 0.2, 3.0), ("P0", 0.1, 3.0)];
    let options = options(&ranges, known("x", "2*P0 + c"));
    let problem = problem(decay(), data.clone(), &options);
    assert_eq!((problem.held_count(), problem.prior_count()), (0, 1));
    let run = annealed(decay(), data.clone(), options);
    let expected = least_squares(vec![0.5, 0.7], |z| {
        errors(&data[0], 2.0 * z[0] + 0.25, z[1])
    });
    // The estimated parameters are in the model's order.
    let order = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, 1.0, 0.0]);
    let expected = (
        vec![expected.0[1], expected.0[0]],
        &order * expected.1 * &order,
    );
    compare(&run, &problem, &expected);
    let tied = 2.0 * run.parameter("P0").unwrap() + 0.25;
    assert!((run.best().path[0] - tied).abs() < 1e-5, "{tied}");
}

#[test]
fn a_curved_formula_has_the_least_squares_of_the_closed_form() {
    let data = vec![decaying(1.5, 0.9), decaying(0.5, 2.0)];
    // The second set begins at a known number, the first at a square.
    let first_state = FirstState::PerSet(vec![
        [("x".to_string(), "P0^2".into())].into(),
        [("x".to_string(), 0.5.into())].into(),
    ]);
    let options = options(&[("k", 0.2, 3.0), ("P0", 0.5, 3.0)], first_state);
    let problem = problem(decay(), data.clone(), &options);
    assert_eq!((problem.held_count(), problem.prior_count()), (1, 1));
    let run = annealed(decay(), data.clone(), options);
    let expected = least_squares(vec![0.8, 1.2], |z| {
        let first = errors(&data[0], z[1] * z[1], z[0]);
        [first, errors(&data[1], 0.5, z[0])].concat()
    });
    compare(&run, &problem, &expected);
}

#[test]
fn a_mean_with_a_deviation_may_be_a_formula() {
    let data = vec![decaying(1.5, 1.1)];
    let about = FirstValue::Distribution(FirstDistribution {
        mean: FirstMean::Formula("2*c".into()),
        deviation: 0.05,
    });
    let ranges = [("c", 0.1, 3.0), ("k", 0.2, 3.0)];
    let mut options = options(&ranges, known("x", about));
    let prior = Prior {
        mean: 0.7,
        deviation: 0.02,
    };
    options.estimate.get_mut("c").unwrap().prior = Some(prior.into());
    let problem = problem(decay(), data.clone(), &options);
    let run = annealed(decay(), data.clone(), options);
    // Unknowns: k, c and the first state.
    let expected = least_squares(vec![0.8, 0.7, 1.5], |z| {
        let mut all = errors(&data[0], z[2], z[0]);
        all.push((z[2] - 2.0 * z[1]) / 0.05);
        all.push((z[1] - 0.7) / 0.02);
        all
    });
    compare(&run, &problem, &(expected.0[..2].to_vec(), expected.1));
}

#[test]
fn a_formula_without_estimated_parameters_is_a_number() {
    let options = options(&[("k", 0.2, 3.0)], known("x", "6*c"));
    let problem = problem(decay(), vec![decaying(1.5, 0.0)], &options);
    assert_eq!((problem.held_count(), problem.prior_count()), (1, 0));
    let ends = problem.intervals().unwrap();
    assert_eq!((ends.lower[0], ends.upper[0]), (1.5, 1.5));
}

#[test]
fn a_parameter_that_changes_in_time_may_be_in_a_formula() {
    let mut options = options(&[("c", 0.1, 3.0), ("k", 0.2, 3.0)], known("x", "c + 1"));
    options.estimate.get_mut("c").unwrap().smoothness = Some(1e4);
    let run = annealed(decay(), vec![decaying(1.5, 0.4)], options);
    let [x, c] = [run.best().path[0], run.best().path[1]];
    assert!((x - c - 1.0).abs() < 1e-5, "{x} {c}");
}

#[test]
fn draws_keep_what_is_known_exactly() {
    let data = decaying(1.5, 0.0);
    let options = ActionOptions {
        discretization: Some(Discretization::Rk4),
        measurement_precision: (1.0 / (NOISE * NOISE)).into(),
        first_state: known("x", 1.5),
        ..ActionOptions::default()
    };
    let problem = Problem::new(Arc::new(decay()), data, &options).unwrap();
    let posterior = Posterior::new(&problem, 100.0).unwrap();
    let start = vec![1.5; 41];
    let laplace = Laplace::new(&posterior, &start, LaplaceOptions::default()).unwrap();
    assert_eq!(laplace.deviations()[0], 0.0);
    assert!(laplace.active_bounds().next().is_none());
    for bounds in [BoundsMethod::Transform, BoundsMethod::Reflect] {
        let sampling = SamplingOptions {
            bounds,
            draws: 2000,
            warmup: 500,
            ..SamplingOptions::default()
        };
        let mut chain = Chain::new(posterior.clone(), &sampling, 0, &start, None).unwrap();
        let (mut sum, mut squares, mut count) = (vec![0.0; 41], vec![0.0; 41], 0.0);
        while let Some(step) = chain.advance().unwrap() {
            if !step.is_draw() {
                continue;
            }
            let draw = chain.position();
            assert_eq!(draw[0], 1.5);
            count += 1.0;
            for k in 0..41 {
                sum[k] += draw[k];
                squares[k] += draw[k] * draw[k];
            }
        }
        assert_eq!(count, 2000.0);
        // Linear in the states: Laplace's method is exact.
        for k in 1..41 {
            let mean = sum[k] / count;
            let deviation = (squares[k] / count - mean * mean).sqrt();
            let known = laplace.deviations()[k];
            assert!((mean - laplace.mode()[k]).abs() < 0.2 * known, "{k}");
            assert!(
                (deviation / known - 1.0).abs() < 0.15,
                "{k}: {deviation} {known}"
            );
        }
    }
}

/// An epidemic of which cases are counted from day 12 on: nothing else says how it began.
fn epidemic() -> EquationModel {
    ModelBuilder::new("epidemic")
        .states(["S", "I"])
        .parameter("beta", 1.8, "")
        .parameter("gamma", 0.5, "")
        .flow(|x, p| {
            let infected = p[0] * x[0] * x[1] / 763.0;
            vec![-infected, infected - p[1] * x[1]]
        })
        .unwrap()
}

/// Competing species that begin as weighed; one of them is measured late.
fn competition() -> EquationModel {
    ModelBuilder::new("competition")
        .states(["a", "b"])
        .parameter("r", 0.9, "")
        .parameter("q", 0.6, "")
        .flow(|x, p| {
            let room = 1.0 - x[0] - p[1] * x[1];
            vec![p[0] * x[0] * room, 0.7 * x[1] * (1.0 - x[1] - 0.5 * x[0])]
        })
        .unwrap()
}

/// A chain of reactions with Michaelis-Menten terms, in amounts of very different size.
fn reactions() -> EquationModel {
    ModelBuilder::new("reactions")
        .states(["substrate", "complex", "product"])
        .parameter("kf", 2.0, "")
        .parameter("kc", 5.0, "")
        .flow(|x, p| {
            let bound = p[0] * x[0] * (-x[1] + 0.01);
            let free = bound - x[1] * 0.1;
            vec![-free, free - p[1] * x[1], p[1] * x[1]]
        })
        .unwrap()
}

/// Data by an integrator with steps a hundred times finer than the grid.
fn integrated(
    model: &EquationModel,
    (first, parameters): (&[f64], &[f64]),
    (step, points, from): (f64, usize, usize),
    (observed, noise): (usize, f64),
) -> Observations {
    use least_action::twin::{integrate, Forward};
    let forward = Forward {
        parameters,
        initial: first,
        start: 0.0,
        time_step: step / 10.0,
        points: (points - 1) * 10 + 1,
        ..Forward::default()
    };
    let path = integrate(model, forward).unwrap();
    // Sums of twelve uniform numbers are nearly normal.
    let mut state = 5u64;
    let mut normal = || {
        let uniform = |_| {
            state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
            state as f64 / 2_147_483_648.0
        };
        (0..12).map(uniform).sum::<f64>() - 6.0
    };
    let values = (0..points).map(|n| match n >= from && n % 4 == 0 {
        true => path[n * 10 * first.len() + observed] + noise * normal(),
        false => f64::NAN,
    });
    Observations {
        time_step: step,
        points,
        observed: vec![observed],
        values: values.collect(),
        ..Observations::default()
    }
}

#[test]
fn parameters_are_found_from_known_first_states() {
    let cases = [
        (
            epidemic(),
            vec![("S", 760.0), ("I", 3.0)],
            vec![("beta", 0.8, 4.0), ("gamma", 0.1, 1.5)],
            (0.1, 201, 60),
            (1, 4.0),
        ),
        (
            competition(),
            vec![("a", 0.001), ("b", 0.02)],
            vec![("q", 0.1, 2.0), ("r", 0.2, 3.0)],
            (0.1, 201, 80),
            (0, 0.01),
        ),
        (
            reactions(),
            vec![("substrate", 1.0), ("complex", 0.0), ("product", 0.0)],
            vec![("kc", 0.5, 50.0), ("kf", 0.2, 20.0)],
            (0.5, 401, 100),
            (2, 0.01),
        ),
    ];
    for (model, first, ranges, grid, observed) in cases {
        let values: Vec<f64> = first.iter().map(|f| f.1).collect();
        let defaults: Vec<f64> = least_action::model::Model::parameters(&model)
            .iter()
            .map(|p| p.default)
            .collect();
        let data = integrated(&model, (&values, &defaults), grid, observed);
        let options = AnnealOptions {
            measurement_precision: (1.0 / (observed.1 * observed.1)).into(),
            estimate: estimate(&ranges),
            first_state: first
                .into_iter()
                .map(|(name, value)| (name.to_string(), value))
                .collect(),
            ..AnnealOptions::default()
        };
        let run = annealed(model, vec![data], options);
        let what = run.diagnose();
        assert_eq!(run.verdict, Verdict::Consistent, "{what}");
        for (name, ..) in ranges {
            let place = run.estimated.iter().position(|n| n == name).unwrap();
            let (own, truth) = (run.best().parameters[place], defaults[place]);
            assert!((own / truth - 1.0).abs() < 0.2, "{name}: {own} {truth}");
        }
    }
}

/// Every strategy begins where it is told to.
#[test]
fn starting_paths_begin_at_the_known_state() {
    for start in StartingStrategy::ALL {
        let data = vec![decaying(1.5, 0.0), decaying(1.2, 1.0)];
        let first_state = FirstState::PerSet(vec![
            [("x".to_string(), 1.5.into())].into(),
            [("x".to_string(), 1.2.into())].into(),
        ]);
        let mut options = options(&[("k", 0.2, 3.0)], first_state);
        options.starting_paths = StartingPaths {
            start,
            ..StartingPaths::default()
        };
        let annealer = Annealer::new(Arc::new(decay()), data, options).unwrap();
        for number in 0..4 {
            let climb = annealer.climber(number).unwrap().into_climb();
            assert_eq!([climb.path[0], climb.path[41]], [1.5, 1.2], "{start:?}");
        }
    }
}

/// Integrations with most of these parameters explode; others are drawn then.
#[test]
fn forward_starts_that_explode_are_redrawn() {
    let model = || {
        ModelBuilder::new("explosive")
            .states(["x"])
            .parameter("a", 0.0, "")
            .flow(|x, p| vec![p[0] * x[0] * x[0] * x[0] - x[0] * 0.1])
            .unwrap()
    };
    let data = integrated(&model(), (&[1.0], &[0.05]), (0.1, 201, 4), (0, 0.01));
    let mut options = AnnealOptions {
        measurement_precision: 1e4.into(),
        estimate: estimate(&[("a", -0.5, 50.0)]),
        first_state: known("x", 1.0),
        ..AnnealOptions::default()
    };
    options.starting_paths.start = StartingStrategy::Forward;
    let run = annealed(model(), vec![data], options);
    assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
    assert!((run.parameter("a").unwrap() - 0.05).abs() < 0.005);
}

#[test]
fn mistakes_are_named() {
    let fails = |first_state: FirstState, bounds: &[(&str, [f64; 2])]| {
        let mut options = options(&[("k", 0.2, 3.0)], first_state);
        options.bounds = bounds.iter().map(|&(n, b)| (n.to_string(), b)).collect();
        let data = vec![decaying(1.5, 0.0), decaying(1.2, 1.0)];
        Annealer::new(Arc::new(decay()), data, options)
            .err()
            .unwrap()
            .to_string()
    };
    let set = |value: FirstValue| BTreeMap::from([("x".to_string(), value)]);
    let error = fails(FirstState::PerSet(vec![set(1.0.into())]), &[]);
    assert!(error.starts_with("firstState:"), "{error}");
    assert!(error.contains('1') && error.contains('2'), "{error}");
    let error = fails(known("y", 1.0), &[]);
    assert!(error.starts_with("firstState.y: unknown name"), "{error}");
    let error = fails(known("x", "2*P1"), &[]);
    assert!(error.contains("did you mean \"P0\"?"), "{error}");
    let error = fails(known("x", "x + 1"), &[]);
    assert!(error.contains("x is a state"), "{error}");
    let error = fails(known("x", "2*"), &[]);
    assert!(error.starts_with("firstState.x:"), "{error}");
    let error = fails(known("x", f64::NAN), &[]);
    assert!(error.starts_with("firstState.x: "), "{error}");
    let bounds = [("x", [0.0, 1.0])];
    let error = fails(known("x", 1.5), &bounds);
    assert!(error.contains("bounds.x, from 0 to 1"), "{error}");
    let below = Prior {
        mean: 1.0,
        deviation: -1.0,
    };
    let sets = vec![set(1.0.into()), set(below.into())];
    let error = fails(FirstState::PerSet(sets), &[]);
    assert!(error.starts_with("firstState[1].x.deviation:"), "{error}");
}

#[test]
fn a_formula_that_is_not_finite_is_named() {
    let options = ActionOptions {
        estimate: vec!["c".into()],
        first_state: known("x", "log(c)"),
        ..ActionOptions::default()
    };
    let problem = Problem::new(Arc::new(decay()), decaying(1.5, 0.0), &options).unwrap();
    let error = Action::new(&problem).evaluate(1.0, &[1.0; 41], &[-1.0]);
    let Err(Error::NotFinite { state, term, .. }) = &error else {
        panic!("{error:?}");
    };
    assert_eq!((&state[..], &term[..]), ("x", "formula"));
}
