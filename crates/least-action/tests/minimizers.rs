//! Promises of every minimiser: the same stop reasons, exact counts of work, no dependence on
//! scale, bounds that are kept.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{Ladder, ObservedStart, Rung, StartingPaths, StartingStrategy};
use least_action::model::Model;
use least_action::solve::{
    BlockMatrix, Bounds, Hessian, Layout, Lbfgs, LeastSquares, Linearization, Minimizer,
    MinimizerOptions, Minimum, Objective, RowGroup, StopReason, Structured,
};
use least_action::{
    models, AnnealOptions, Annealer, Discretization, Error, Result, TwinExperiment,
};

/// Minimisers that need nothing but values and gradients.
fn general() -> Vec<MinimizerOptions> {
    let all = MinimizerOptions::catalogue().into_iter();
    all.filter(|options| options.name() != "structured")
        .collect()
}

/// Minimiser with another tolerance and number of iterations.
fn with(options: MinimizerOptions, tolerance: f64, max_iterations: usize) -> MinimizerOptions {
    match options {
        MinimizerOptions::Lbfgs(options) => Lbfgs {
            tolerance,
            max_iterations,
            ..options
        }
        .into(),
        MinimizerOptions::Structured(options) => Structured {
            tolerance,
            max_iterations,
            ..options
        }
        .into(),
        other => panic!("no such test for {other:?}"),
    }
}

struct Function<F: FnMut(&[f64], &mut [f64]) -> Result<f64>>(F);

impl<F: FnMut(&[f64], &mut [f64]) -> Result<f64>> Objective for Function<F> {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        (self.0)(x, gradient)
    }
}

fn not_finite() -> Error {
    Error::NotFinite {
        path: "x".into(),
        time: 0.0,
        point: 0,
        state: "x".into(),
        term: "f".into(),
        value: f64::NAN,
    }
}

/// Rosenbrock's valley plus one, times `scale`. Its lowest value is `scale`, at (1, 1).
fn valley(scale: f64) -> impl FnMut(&[f64], &mut [f64]) -> Result<f64> {
    move |x, gradient| {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        gradient[0] = scale * (-2.0 * a - 400.0 * x[0] * b);
        gradient[1] = scale * 200.0 * b;
        Ok(scale * (1.0 + a * a + 100.0 * b * b))
    }
}

fn minimize(
    options: MinimizerOptions,
    function: impl FnMut(&[f64], &mut [f64]) -> Result<f64>,
) -> (Minimum, [f64; 2]) {
    let mut x = [-1.2, 1.0];
    let minimum = options.minimize(&mut Function(function), &mut x).unwrap();
    (minimum, x)
}

#[test]
fn the_scale_of_the_value_changes_nothing() {
    // Scales are powers of two, which floating-point numbers scale by without rounding.
    for options in general() {
        let name = options.name();
        let (reference, at) = minimize(options, valley(1.0));
        assert!(
            (at[0] - 1.0).abs() < 1e-2 && (at[1] - 1.0).abs() < 2e-2,
            "{name}: {at:?} {reference:?}"
        );
        assert!(reference.stop.settled(), "{name}: {reference:?}");
        for exponent in [-100, -40, 40, 100] {
            let scale = 2f64.powi(exponent);
            let (minimum, x) = minimize(options, valley(scale));
            assert_eq!(minimum.stop, reference.stop, "{name} 2^{exponent}");
            assert_eq!(minimum.evaluations, reference.evaluations, "{name}");
            assert_eq!(x, at, "{name} 2^{exponent}");
            assert_eq!(minimum.value, reference.value * scale, "{name}");
        }
    }
}

#[test]
fn evaluations_are_counted_as_they_happen() {
    for options in general() {
        let mut calls = 0;
        let mut inner = valley(1.0);
        let (minimum, _) = minimize(options, |x, g| {
            calls += 1;
            inner(x, g)
        });
        assert_eq!(minimum.evaluations, calls, "{}", options.name());
        assert_eq!(minimum.factorizations, 0);
    }
}

#[test]
fn every_reason_to_stop_is_told() {
    for options in general() {
        let name = options.name();
        let few = with(options, 1e-6, 2);
        let (minimum, _) = minimize(few, valley(1.0));
        assert_eq!(minimum.stop, StopReason::IterationLimit, "{name}");
        assert_eq!(minimum.iterations, 2);

        let loose = with(options, 0.9, 100);
        let (minimum, _) = minimize(loose, |x, g| {
            g.copy_from_slice(&[1e-3 * x[0], 1e-3 * x[1]]);
            Ok(1.0 + 0.5e-3 * (x[0] * x[0] + x[1] * x[1]))
        });
        // Any of the stop reasons of a minimum will do, as a Newton step predicts that it is the
        // last one.
        assert!(minimum.stop.settled(), "{name}: {minimum:?}");

        // A function whose gradient is zero.
        let (minimum, _) = minimize(options, |_, g| {
            g.fill(0.0);
            Ok(1.0)
        });
        assert_eq!(minimum.stop, StopReason::GradientSmall, "{name}");
        assert_eq!(minimum.evaluations, 1);

        // A gradient of the wrong sign: no step along it goes down.
        let (minimum, x) = minimize(options, |x, g| {
            g.copy_from_slice(&[-2.0 * x[0], -2.0 * x[1]]);
            Ok(1.0 + x[0] * x[0] + x[1] * x[1])
        });
        assert_eq!(minimum.stop, StopReason::LineSearchFailed, "{name}");
        assert_eq!(x, [-1.2, 1.0], "{name}: the best point is kept");

        // A function that is finite at the start and nowhere else.
        let mut first = true;
        let (minimum, x) = minimize(options, |x, g| {
            g.copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]);
            match std::mem::take(&mut first) {
                true => Ok(x[0] * x[0] + x[1] * x[1]),
                false => Err(not_finite()),
            }
        });
        assert_eq!(minimum.stop, StopReason::NotFinite, "{name}");
        assert_eq!(x, [-1.2, 1.0]);

        let failing = &mut Function(|_: &[f64], _: &mut [f64]| Err(not_finite()));
        assert!(options.minimize(failing, &mut [0.0]).is_err());
    }
}

/// Progress that asks for an end after this number of evaluations.
struct Impatient(usize);

impl Objective for Impatient {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        self.0 = self.0.saturating_sub(1);
        valley(1.0)(x, gradient)
    }

    fn interrupted(&self) -> bool {
        self.0 == 0
    }
}

#[test]
fn interruptions_end_at_the_best_point_so_far() {
    for options in general() {
        let mut x = [-1.2, 1.0];
        let minimum = options.minimize(&mut Impatient(12), &mut x).unwrap();
        assert_eq!(minimum.stop, StopReason::Interrupted, "{}", options.name());
        let value = valley(1.0)(&x, &mut [0.0; 2]).unwrap();
        assert_eq!(minimum.value, value);
        assert!(value < 25.2);
    }
}

#[test]
fn steps_into_nonsense_are_shortened() {
    // -log(1 - |x|^2) + slope: infinite outside the unit disc, the minimum inside.
    for options in general() {
        let mut x = [0.9, 0.0];
        let function = |x: &[f64], g: &mut [f64]| {
            let room = 1.0 - x[0] * x[0] - x[1] * x[1];
            if room <= 0.0 {
                return Err(not_finite());
            }
            g[0] = 2.0 * x[0] / room + 3.0;
            g[1] = 2.0 * x[1] / room;
            Ok(10.0 - room.ln() + 3.0 * x[0])
        };
        let minimum = options.minimize(&mut Function(function), &mut x).unwrap();
        // 2x / (1 - x^2) = -3.
        let expected = (1.0 - 10f64.sqrt()) / 3.0;
        let name = options.name();
        assert!((x[0] - expected).abs() < 1e-3, "{name}: {x:?} {minimum:?}");
    }
}

#[test]
fn extreme_sizes_end_at_a_point_that_is_no_worse() {
    for options in general() {
        for unit in [1e-150, 1e-30, 1.0, 1e30, 1e150] {
            for scale in [1e-290, 1e-100, 1.0, 1e100, 1e290] {
                for start in [[-1.2, 1.0], [0.0, 0.0], [1e-9, 1e3]] {
                    let mut x = start.map(|x| x * unit);
                    let function = |x: &[f64], g: &mut [f64]| {
                        let value = valley(scale)(&[x[0] / unit, x[1] / unit], g)?;
                        g.iter_mut().for_each(|g| *g /= unit);
                        match value.is_finite() && g.iter().all(|g| g.is_finite()) {
                            true => Ok(value),
                            false => Err(not_finite()),
                        }
                    };
                    let before = Function(function).evaluate(&x, &mut [0.0; 2]);
                    match options.minimize(&mut Function(function), &mut x) {
                        Ok(minimum) => {
                            assert!(minimum.value <= before.unwrap(), "{}", options.name());
                            assert!(x.iter().all(|x| x.is_finite()));
                        }
                        Err(_) => assert!(before.is_err()),
                    }
                }
            }
        }
    }
}

/// Objective of a path of one state, whose points are drawn to a target and, ten times as strongly,
/// to the sine of the point before plus a parameter. A constant residual offsets the sum of
/// squares, so that relative tolerances mean something.
struct Chain {
    layout: Layout,
    targets: Vec<f64>,
    bounds: Option<Bounds>,
    calls: usize,
}

const POINTS: usize = 12;

impl Chain {
    fn new(bounds: Option<Bounds>) -> Self {
        let mut couples = vec![1; POINTS];
        couples[POINTS - 1] = 0;
        Chain {
            layout: Layout::new(1, POINTS, 1, couples).unwrap(),
            targets: (0..POINTS)
                .map(|n| 2.0 * libm::cos(0.7 * n as f64))
                .collect(),
            bounds,
            calls: 0,
        }
    }
}

impl Objective for Chain {
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
        let mut rows = self.linearization();
        let value = self.linearize(x, &mut rows)?;
        gradient.fill(0.0);
        for (n, r) in rows.groups[0].residuals.iter().enumerate() {
            gradient[n] += r;
        }
        for (n, r) in rows.groups[1].residuals.iter().enumerate() {
            for (e, at) in [n, n + 1, POINTS].into_iter().enumerate() {
                gradient[at] += 10.0 * r * rows.groups[1].values[3 * n + e];
            }
        }
        Ok(value)
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.bounds.as_ref()
    }

    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        Some(self)
    }
}

impl LeastSquares for Chain {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn linearization(&self) -> Linearization {
        let all = (0..POINTS as u32).collect();
        let most = (0..POINTS as u32 - 1).collect();
        let mut groups = vec![
            RowGroup::new(1, all, &[vec![0]]),
            RowGroup::new(2, most, &[vec![0, 1, 2]]),
        ];
        groups[1].weights.fill(10.0);
        Linearization { groups }
    }

    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64> {
        self.calls += 1;
        let mut value = 5.0;
        for (n, (x, target)) in x.iter().zip(&self.targets).enumerate() {
            let r = x - target;
            into.groups[0].residuals[n] = r;
            into.groups[0].values[n] = 1.0;
            value += 0.5 * r * r;
        }
        for n in 0..POINTS - 1 {
            let r = x[n + 1] - libm::sin(x[n]) - x[POINTS];
            into.groups[1].residuals[n] = r;
            into.groups[1].values[3 * n..3 * n + 3].copy_from_slice(&[-libm::cos(x[n]), 1.0, -1.0]);
            value += 5.0 * r * r;
        }
        Ok(value)
    }

    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()> {
        for n in 0..POINTS - 1 {
            let r = x[n + 1] - libm::sin(x[n]) - x[POINTS];
            into.add(n, n, 10.0 * r * libm::sin(x[n]));
        }
        Ok(())
    }
}

/// All minimisers; those with a choice of the Hessian appear with both.
fn for_squares(tolerance: f64) -> Vec<MinimizerOptions> {
    let mut all: Vec<MinimizerOptions> = MinimizerOptions::catalogue().into();
    let exact = Structured {
        hessian: Hessian::Exact,
        ..Structured::default()
    };
    all.push(exact.into());
    let all = all.into_iter();
    all.map(|options| with(options, tolerance, 5000)).collect()
}

#[test]
fn all_find_the_same_minimum_of_a_sum_of_squares() {
    let mut reference: Option<(f64, Vec<f64>)> = None;
    for options in for_squares(1e-12) {
        let mut chain = Chain::new(None);
        let mut x = vec![0.1; POINTS + 1];
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert!(minimum.stop.settled(), "{options:?}: {minimum:?}");
        assert_eq!(minimum.evaluations, chain.calls, "{options:?}");
        assert_eq!(minimum.active_bounds, [0; 0]);
        let (value, at) = reference.get_or_insert_with(|| (minimum.value, x.clone()));
        assert!(
            (minimum.value - *value).abs() < 1e-8,
            "{options:?}: {minimum:?}, expected {value}"
        );
        for (a, b) in x.iter().zip(at) {
            assert!((*a - *b).abs() < 1e-3, "{options:?}: {a} {b}");
        }
    }
}

#[test]
fn bounds_are_kept_and_those_that_are_active_are_reported() {
    // Two-sided, one-sided and no bounds; some far away, some where the free minimum is not.
    let mut lower = vec![f64::NEG_INFINITY; POINTS + 1];
    let mut upper = vec![f64::INFINITY; POINTS + 1];
    (lower[0], upper[0]) = (-1.0, 0.5);
    (lower[3], upper[3]) = (-0.3, 7.0);
    (lower[5], upper[5]) = (-50.0, 50.0);
    lower[6] = -0.25;
    upper[9] = -0.1;
    upper[8] = 1e4;
    (lower[11], upper[11]) = (0.2, 0.2);
    lower[POINTS] = -0.02;
    let bounds = Bounds::new(lower.clone(), upper.clone()).unwrap();

    let exact: MinimizerOptions = Structured {
        tolerance: 1e-14,
        ..Structured::default()
    }
    .into();
    let mut best = vec![0.1; POINTS + 1];
    let expected = exact
        .minimize(&mut Chain::new(Some(bounds.clone())), &mut best)
        .unwrap();
    assert!(expected.active_bounds.len() >= 3, "{expected:?}");
    assert!(expected.active_bounds.len() <= 7, "{expected:?}");

    // Starts inside the bounds, on one of them, and outside.
    for start in [0.1, -0.3, 1.5] {
        for options in for_squares(1e-12) {
            if options.name() == "structured" {
                continue;
            }
            let mut chain = Chain::new(Some(bounds.clone()));
            let mut x = vec![start; POINTS + 1];
            let minimum = options.minimize(&mut chain, &mut x).unwrap();
            for (k, x) in x.iter().enumerate() {
                assert!((lower[k]..=upper[k]).contains(x), "{options:?}: {k} {x}");
            }
            assert_eq!(minimum.evaluations, chain.calls, "{options:?}");
            assert_eq!(
                minimum.value,
                chain.evaluate(&x, &mut [0.0; POINTS + 1]).unwrap()
            );
            assert!(
                (minimum.value - expected.value).abs() < 1e-6,
                "{options:?} from {start}: {minimum:?} at {x:?}, expected {expected:?}"
            );
            assert_eq!(
                minimum.active_bounds, expected.active_bounds,
                "{options:?} from {start}: {minimum:?} {x:?} {best:?}"
            );
        }
    }
}

#[test]
fn a_minimum_at_a_bound_is_not_left_for_a_worse_point() {
    let n = POINTS + 1;
    let bounds = Bounds::new(vec![-0.1; n], vec![0.1; n]).unwrap();
    for options in for_squares(1e-6) {
        let mut chain = Chain::new(Some(bounds.clone()));
        let mut x = vec![0.0; n];
        let first = options.minimize(&mut chain, &mut x).unwrap();
        let again = options.minimize(&mut chain, &mut x).unwrap();
        assert!(again.value <= first.value, "{options:?}");
        assert_eq!(again.active_bounds, first.active_bounds, "{options:?}");
    }
}

/// Every evaluation is repeatable to the bit, so any change of these numbers is a change of the
/// algorithm.
#[test]
fn work_is_what_it_was() {
    let mut x = vec![0.1; POINTS + 1];
    let mut chain = Chain::new(None);
    let minimum = Lbfgs::default().minimize(&mut chain, &mut x).unwrap();
    assert_eq!((minimum.iterations, minimum.evaluations), (45, 56));
}

/// A slope without an end, steps that vanish beside the point, and a gradient that is noise.
#[test]
fn every_search_ends_after_a_bounded_number_of_evaluations() {
    for options in general() {
        let name = options.name();
        let mut state = 1u64;
        let mut noise = move || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1);
            (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        };
        let check = |what: &str, (minimum, _): (Minimum, [f64; 2])| {
            let most = 40 * minimum.iterations + 1;
            assert!(minimum.evaluations <= most, "{name}, {what}: {minimum:?}");
        };
        let options = with(options, 1e-6, 100);
        let slope = |x: &[f64], g: &mut [f64]| {
            g.copy_from_slice(&[-1.0, 1e-3]);
            Ok(-x[0] + 1e-3 * x[1])
        };
        check("slope", minimize(options, slope));
        let far = |x: &[f64], g: &mut [f64]| {
            g.copy_from_slice(&[1e-25, -1e-25]);
            Ok(1e25 + 1e-25 * (x[0] - x[1]))
        };
        check("far", minimize(options, far));
        let random = |_: &[f64], g: &mut [f64]| {
            g.copy_from_slice(&[noise(), noise()]);
            Ok(1.0 + noise())
        };
        check("noise", minimize(options, random));
    }
}

/// The first rung of a ladder, from one random path.
fn first_rung(
    model: Arc<dyn Model>,
    twin: &TwinExperiment,
    discretization: Discretization,
    model_precision: f64,
    range: [f64; 2],
    minimizer: MinimizerOptions,
) -> Rung {
    let data = twin.run(&*model).unwrap().data;
    let options = AnnealOptions {
        discretization: Some(discretization),
        measurement_precision: 4.0.into(),
        model_precision: Ladder::fixed(model_precision, 2.0, 1),
        starting_paths: StartingPaths {
            count: 1,
            range: Some(range.into()),
            start: StartingStrategy::Random,
            seed: 2,
            ..StartingPaths::default()
        },
        minimizer,
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(model, data, options).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    run.best_rung().clone()
}

/// An action is low or high as R_f says, so that a minimiser can take the end of what it sees for
/// the end of what there is.
#[test]
fn where_the_value_has_settled_is_a_minimum() {
    let ring = Arc::new(models::lorenz96(10).unwrap()) as Arc<dyn Model>;
    let measured = |time_step, observed| TwinExperiment {
        time_step,
        points: 161,
        observed,
        noise: 0.5,
        seed: 1,
        ..TwinExperiment::default()
    };
    let of_ring = measured(0.025, vec![0, 2, 4, 6, 8]);
    let butterfly = Arc::new(models::lorenz63().unwrap()) as Arc<dyn Model>;
    let of_butterfly = measured(0.01, vec![0, 1]);
    for (model, twin, range) in [
        (ring, of_ring, [-10.0, 10.0]),
        (butterfly, of_butterfly, [-20.0, 20.0]),
    ] {
        for model_precision in [1e-2, 1.0, 1e2] {
            let reached = |minimizer| {
                let scheme = Discretization::SimpsonHermite;
                first_rung(
                    model.clone(),
                    &twin,
                    scheme,
                    model_precision,
                    range,
                    minimizer,
                )
            };
            let exact = with(MinimizerOptions::default(), 1e-12, 1000);
            let lowest = reached(exact).action;
            for options in MinimizerOptions::catalogue() {
                let rung = reached(with(options, 1e-6, 10_000));
                let name = options.name();
                assert_eq!(rung.stop, StopReason::ValueSettled, "{name}: {rung:?}");
                assert!(
                    (rung.action / lowest - 1.0).abs() < 1e-4,
                    "{name} at R_f = {model_precision}: {} where {lowest} is reachable",
                    rung.action
                );
            }
        }
    }
}

/// Steps of the method of Runge and Kutta that overflow: nothing is found there, but it ends.
#[test]
fn a_step_that_is_far_too_coarse_is_no_trap() {
    let model = Arc::new(models::lorenz96(10).unwrap()) as Arc<dyn Model>;
    let twin = TwinExperiment {
        time_step: 0.5,
        points: 41,
        observed: vec![0, 2, 4, 6, 8],
        noise: 0.5,
        seed: 1,
        ..TwinExperiment::default()
    };
    for model_precision in [1e-4, 1e-2, 1e2] {
        for options in MinimizerOptions::catalogue() {
            let range = [-50.0, 50.0];
            let scheme = Discretization::Rk4;
            let rung = first_rung(
                model.clone(),
                &twin,
                scheme,
                model_precision,
                range,
                options,
            );
            let name = options.name();
            assert!(rung.action.is_finite(), "{name}: {rung:?}");
            assert!(
                rung.evaluations <= 40 * options.max_iterations() + 1,
                "{name}: {rung:?}"
            );
        }
    }
}

#[test]
fn all_climb_a_ladder_to_the_same_action() {
    let model = models::lorenz96(8).unwrap();
    let twin = TwinExperiment {
        parameters: [("forcing".to_string(), 8.17)].into(),
        time_step: 0.025,
        points: 41,
        observed: vec![0, 2, 3, 5, 6],
        noise: 0.3,
        seed: 3,
        ..TwinExperiment::default()
    }
    .run(&model)
    .unwrap();
    let model = Arc::new(model);
    let mut levels = Vec::new();
    for minimizer in MinimizerOptions::catalogue() {
        let options = AnnealOptions {
            measurement_precision: (1.0 / 0.09).into(),
            model_precision: Ladder::fixed(1e-3, 3.0, 16),
            starting_paths: StartingPaths {
                count: 1,
                range: Some([-8.0, 8.0].into()),
                start: StartingStrategy::Random,
                seed: 2,
                observed: ObservedStart::Data,
                ..StartingPaths::default()
            },
            minimizer,
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(model.clone(), twin.data.clone(), options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        levels.push((minimizer.name(), run.best_rung().action));
    }
    let lowest = levels
        .iter()
        .map(|(_, level)| *level)
        .fold(f64::INFINITY, f64::min);
    for (name, level) in &levels {
        assert!(level / lowest < 1.01, "{name}: {levels:?}");
    }
}
