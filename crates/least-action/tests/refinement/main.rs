//! Tests of the check of the time step and of the refinement of the grid. What is right comes from
//! an integrator and a least-squares fit of their own.

mod least_squares;
mod problems;

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{
    Annealer, FindingCode, FinerGrid, GivenStart, Ladder, RefinedRun, Refinement, Verdict,
};
use least_action::model::{Model, ModelBuilder};
use least_action::report::Severity;
use least_action::solve::{MinimizerOptions, Structured};
use least_action::statistics::{Uncertainty, UncertaintyOptions};
use least_action::{AnnealOptions, Discretization, Normalization, Observations};
use least_squares::fit;
use problems::*;

fn annealed(model: Arc<dyn Model>, data: Observations, options: AnnealOptions) -> RefinedRun {
    let annealer = Annealer::new(model, data, options).unwrap();
    annealer.run_refined(|_| ControlFlow::Continue(())).unwrap()
}

fn has(done: &RefinedRun, code: FindingCode, severity: Severity) -> bool {
    let mut findings = done.run.findings.iter();
    findings.any(|finding| finding.code == code && finding.severity == severity)
}

/// Checks a run whose grid had to be refined against the fit in the limit of small steps: the first
/// estimate was wrong and said to be, and the last one is within the error that it states.
fn is_mended(done: &RefinedRun, exact: &[f64]) {
    assert_eq!(
        done.run.verdict,
        Verdict::Consistent,
        "{}",
        done.run.diagnose()
    );
    assert!(has(done, FindingCode::GridRefined, Severity::Good));
    assert!(!has(done, FindingCode::StepTooCoarse, Severity::Problem));
    let (first, last) = (&done.checks[0], &done.checks[done.checks.len() - 1]);
    assert!(first.error > 1.0 && first.parts == 1, "{first:?}");
    assert!(last.error < 0.25 && last.parts > 1, "{last:?}");
    for (parameter, exact) in last.parameters.iter().zip(exact) {
        let off = (parameter.value - exact).abs() / parameter.deviation;
        assert!(off < 0.25, "{parameter:?}, exactly {exact}");
    }
    let worst = first
        .parameters
        .iter()
        .zip(exact)
        .map(|(parameter, exact)| (parameter.value - exact).abs() / parameter.deviation);
    assert!(
        worst.fold(0.0, f64::max) > 4.0,
        "{first:?}, exactly {exact:?}"
    );
}

#[test]
fn a_fast_reaction_between_two_samples_is_resolved() {
    let f = |p: &[f64], x: &[f64]| vec![-p[0] * x[0], p[0] * x[0] - p[1] * x[1]];
    let times = grid(15, 1.0);
    let rows = truth(&|_, x| f(&[6.0, 0.4], x), &[1.0, 0.0], &times, 0.01);
    let data = observed(&rows, 1.0, &[0, 1], 0.03, 42);
    let options = estimating(0.03, &[("k1", [0.3, 8.0]), ("k2", [0.1, 2.0])]);
    let done = annealed(chain_of_reactions(), data.clone(), options);
    let exact = fit(&f, &data, 0.03, &[1.0, 0.0], &[6.0, 0.4], 0.01);
    is_mended(&done, &exact);
}

#[test]
fn a_relaxation_oscillation_is_resolved() {
    let f = |p: &[f64], x: &[f64]| vec![x[1], p[0] * (1.0 - x[0] * x[0]) * x[1] - x[0]];
    let times = grid(201, 0.1);
    let rows = truth(&|_, x| f(&[5.0], x), &[2.0, 0.0], &times, 0.002);
    for seed in [1, 2] {
        let data = observed(&rows, 0.1, &[0], 0.05, seed);
        let options = estimating(0.05, &[("mu", [1.0, 8.0])]);
        let done = annealed(van_der_pol(), data.clone(), options);
        let exact = fit(&f, &data, 0.05, &[2.0, 0.0], &[5.0], 0.005);
        is_mended(&done, &exact);
    }
}

fn rotation(p: &[f64], x: &[f64]) -> Vec<f64> {
    vec![p[0] * x[1], -p[0] * x[0]]
}

#[test]
fn an_oscillation_sampled_three_times_a_period_is_resolved() {
    let times = grid(41, 2.1);
    let rows = truth(&|_, x| rotation(&[1.0], x), &[1.0, 0.0], &times, 0.01);
    let data = observed(&rows, 2.1, &[0], 0.05, 3);
    let options = estimating(0.05, &[("omega", [0.8, 1.2])]);
    let done = annealed(oscillator(), data.clone(), options);
    let exact = fit(&rotation, &data, 0.05, &[1.0, 0.0], &[1.0], 0.02);
    is_mended(&done, &exact);
}

#[test]
fn a_fine_grid_is_left_alone() {
    let times = grid(61, 0.1);
    let rows = truth(&|_, x| rotation(&[1.0], x), &[1.0, 0.0], &times, 0.01);
    let data = observed(&rows, 0.1, &[0], 0.05, 3);
    let options = estimating(0.05, &[("omega", [0.8, 1.2])]);
    let plain = Annealer::new(oscillator(), data.clone(), options.clone()).unwrap();
    let plain = plain.run(|_| ControlFlow::Continue(())).unwrap();
    let done = annealed(oscillator(), data, options);
    assert_eq!(done.run, plain);
    assert_eq!((done.checks.len(), done.checks[0].parts), (1, 1));
    assert!(done.checks[0].error < 0.01, "{:?}", done.checks[0]);
}

/// The estimated error is the true one, for every scheme: the estimate on the grid less that in
/// the limit of small steps.
#[test]
fn the_estimated_error_is_the_true_one_for_every_scheme() {
    let f = |p: &[f64], x: &[f64]| vec![-p[0] * x[0], p[0] * x[0] - p[1] * x[1]];
    for (scheme, step) in [
        (Discretization::Euler, 0.02),
        (Discretization::Trapezoid, 0.25),
        (Discretization::Midpoint, 0.25),
        (Discretization::Rk4, 0.5),
        (Discretization::SimpsonHermite, 0.25),
        (Discretization::SimpsonHermite, 0.125),
    ] {
        let points = 2 * (4.0 / step) as usize + 1;
        let rows = truth(
            &|_, x| f(&[1.0, 0.4], x),
            &[1.0, 0.0],
            &grid(points, step),
            0.01,
        );
        let data = observed(&rows, step, &[0, 1], 1e-3, 7);
        let options = AnnealOptions {
            discretization: Some(scheme),
            minimizer: MinimizerOptions::Structured(Structured {
                tolerance: 1e-12,
                ..Structured::default()
            }),
            refinement: Refinement {
                most: Some(1),
                ..Refinement::default()
            },
            ..estimating(1e-3, &[("k1", [0.5, 1.5]), ("k2", [0.2, 0.8])])
        };
        let done = annealed(chain_of_reactions(), data.clone(), options);
        let exact = fit(&f, &data, 1e-3, &[1.0, 0.0], &[1.0, 0.4], 0.01);
        let found = &done.checks[0].parameters[0];
        let ratio = found.error / (found.value - exact[0]);
        let given = format!("{scheme:?}: {ratio}, {found:?}, exactly {exact:?}");
        assert!((ratio - 1.0).abs() < 0.15, "{given}");
    }
}

#[test]
fn a_stated_model_precision_keeps_the_grid_and_says_what_it_costs() {
    let times = grid(201, 0.1);
    let f = |x: &[f64]| vec![x[1], 5.0 * (1.0 - x[0] * x[0]) * x[1] - x[0]];
    let rows = truth(&|_, x| f(x), &[2.0, 0.0], &times, 0.002);
    let data = observed(&rows, 0.1, &[0], 0.05, 1);
    let with = |last, most| AnnealOptions {
        model_precision: Ladder {
            last: Some(last),
            ..Ladder::default()
        },
        refinement: Refinement {
            most,
            ..Refinement::default()
        },
        ..estimating(0.05, &[("mu", [1.0, 8.0])])
    };
    let done = annealed(van_der_pol(), data.clone(), with(1e9, None));
    assert_eq!(done.checks.len(), 1);
    assert_eq!(done.run.best().path.len(), 2 * 201);
    assert!(has(&done, FindingCode::StepTooCoarse, Severity::Problem));
    assert_ne!(done.run.verdict, Verdict::Consistent);
    assert!(done.run.diagnose().contains("refinement: { most: 64 }"));

    let done = annealed(van_der_pol(), data.clone(), with(1e9, Some(64)));
    assert!(has(&done, FindingCode::GridRefined, Severity::Good));
    assert_eq!(done.run.verdict, Verdict::Consistent);

    // A limit that does not suffice.
    let done = annealed(van_der_pol(), data.clone(), with(1e9, Some(2)));
    assert_eq!(done.annealer.problem().parts(), 2);
    let off = has(&done, FindingCode::StepTooCoarse, Severity::Problem)
        || has(&done, FindingCode::StepTooCoarse, Severity::Warning);
    assert!(off, "{}", done.run.diagnose());

    let mut options = with(1e9, None);
    options.refinement.check = false;
    let done = annealed(van_der_pol(), data, options);
    assert!(done.checks.is_empty());
}

/// On a finer grid the model's errors have the same variance per unit of time, so that the
/// deviations of the path at the data hardly change.
#[test]
fn a_finer_grid_has_the_same_process_noise() {
    let times = grid(21, 0.1);
    let rows = truth(&|_, x| rotation(&[1.0], x), &[1.0, 0.0], &times, 0.01);
    let data = observed(&rows, 0.1, &[0, 1], 0.1, 5);
    for (normalization, last) in [
        (Normalization::Posterior, 400.0),
        (Normalization::Mean, 400.0),
    ] {
        for scheme in [Discretization::Trapezoid, Discretization::SimpsonHermite] {
            let options = AnnealOptions {
                normalization,
                discretization: Some(scheme),
                model_precision: Ladder {
                    last: Some(last),
                    ..Ladder::default()
                },
                ..estimating(0.1, &[])
            };
            let annealer = Annealer::new(oscillator(), data.clone(), options).unwrap();
            let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
            // Deviations at the points of the data on a grid of so many parts.
            let deviations = |parts: usize| -> Vec<f64> {
                let rows = run.best().path.chunks_exact(2);
                let mut path: Vec<f64> = rows.flat_map(|row| row.repeat(parts)).collect();
                path.truncate(2 * (20 * parts + 1));
                let start = GivenStart {
                    path,
                    parameters: vec![],
                };
                let grid = FinerGrid {
                    parts,
                    model_precision: last,
                    model_weights: None,
                    starts: vec![start],
                };
                let finer = annealer.on_grid(grid).unwrap();
                let run = finer.run(|_| ControlFlow::Continue(())).unwrap();
                let options = UncertaintyOptions::default();
                let found = Uncertainty::of_run(&finer, &run, &options).unwrap();
                let (_, all) = found.moments();
                let rows = all.chunks_exact(2).step_by(parts);
                rows.flatten().copied().collect()
            };
            let (coarse, fine) = (deviations(4), deviations(16));
            assert_eq!((coarse.len(), fine.len()), (42, 42));
            for (a, b) in coarse.iter().zip(&fine) {
                let ratio = a / b;
                assert!(
                    (ratio - 1.0).abs() < 0.08,
                    "{normalization:?} {scheme:?}: {a} {b}"
                );
            }
        }
    }
}

#[test]
fn a_misfit_with_another_reason_is_not_refined_to_the_limit() {
    // A term of the truth that the model does not have.
    let slope = |_: f64, x: &[f64]| {
        let force = 1.2 * (1.0 - x[0] * x[0]) * x[1] - x[0];
        vec![x[1], force + 0.3 * x[0] * x[0]]
    };
    let rows = truth(&slope, &[1.0, 0.5], &grid(151, 0.1), 1e-3);
    let model = ModelBuilder::new("van der Pol")
        .states(["x", "v"])
        .parameter("mu", 1.2, "")
        .parameter("k", 1.0, "")
        .initial_state([1.0, 0.5])
        .flow(|x, p| vec![x[1], p[0] * (1.0 - x[0] * x[0]) * x[1] - p[1] * x[0]])
        .unwrap();
    let model: Arc<dyn Model> = Arc::new(model);
    let options = estimating(0.15, &[("mu", [0.3, 3.0]), ("k", [0.4, 2.0])]);
    for seed in [1, 2] {
        let data = observed(&rows, 0.1, &[0], 0.15, seed);
        let refined = annealed(model.clone(), data, options.clone());
        assert_eq!(refined.run.verdict, Verdict::Inconsistent);
        let [first, .., last] = &refined.checks[..] else {
            panic!("{:?}", refined.checks);
        };
        // The first finer grid brings the path no nearer to the data, so that it is the last.
        assert!(first.error > 4.0 && last.matters(), "{:?}", refined.checks);
        assert!(last.chi_square > 0.9 * first.chi_square && last.parts <= 8);
    }
}
