//! Boundary-value problems: the same path by every method, on the way of which each can fail.

use super::*;
use crate::twin::TwinExperiment;

/// Lorenz63 measured at every fourth point, and its true path.
pub(super) struct Twin {
    pub action: ContinuousAction,
    pub truth: Vec<f64>,
    pub options: BoundaryOptions,
}

/// Measured in its first component.
pub(super) fn lorenz63_twin(points: usize, model_precision: f64) -> Twin {
    lorenz63_measured(&[0], points, model_precision)
}

fn lorenz63_measured(observed: &[usize], points: usize, model_precision: f64) -> Twin {
    let model: Arc<dyn Model> = Arc::new(models::lorenz63().unwrap());
    let (time_step, noise) = (0.02, 0.5);
    let experiment = TwinExperiment {
        time_step,
        points,
        observed: observed.to_vec(),
        noise,
        seed: 3,
        ..TwinExperiment::default()
    };
    let twin = experiment.run(&*model).unwrap();
    let mut data = twin.data;
    for (n, value) in data.values.iter_mut().enumerate() {
        if !(n / observed.len()).is_multiple_of(4) {
            *value = f64::NAN;
        }
    }
    let options = ContinuousActionOptions {
        measurement_precision: (1.0 / (noise * noise)).into(),
        model_precision: model_precision.into(),
        ..ContinuousActionOptions::default()
    };
    Twin {
        action: ContinuousAction::new(model, &data, &options).unwrap(),
        truth: twin.truth,
        options: BoundaryOptions {
            time_step,
            ..BoundaryOptions::default()
        },
    }
}

fn solve(system: &System, path: &[f64], options: &BoundaryOptions) -> BoundarySolution {
    solve_boundary_value_problem(system, path, None, options).unwrap()
}

fn apart(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |worst, (a, b)| (a - b).abs().max(worst))
}

#[test]
fn collocation_shooting_and_minimisation_find_the_same_path_at_every_order() {
    let twin = lorenz63_twin(61, 100.0);
    let system = System::of_action(twin.action);
    for integrator in [
        IntegrationMethod::ImplicitMidpoint,
        IntegrationMethod::GaussLegendre4,
        IntegrationMethod::GaussLegendre6,
    ] {
        let common = BoundaryOptions {
            integrator,
            mesh_tolerance: 0.1,
            ..twin.options.clone()
        };
        let all_at_once = solve(&system, &twin.truth, &common);
        assert_eq!(all_at_once.status, BoundaryStatus::Converged);
        assert!(all_at_once.residual < 1e-9 && all_at_once.boundary_error < 1e-9);
        for points_per_segment in [1, 4, 7] {
            let options = BoundaryOptions {
                method: BoundaryMethod::MultipleShooting,
                points_per_segment,
                ..common.clone()
            };
            let shooting = solve(&system, &twin.truth, &options);
            assert_eq!(shooting.status, BoundaryStatus::Converged);
            assert!(apart(&shooting.path, &all_at_once.path) < 1e-7);
            assert!(apart(&shooting.momentum, &all_at_once.momentum) < 1e-7);
            assert!((shooting.action - all_at_once.action).abs() < 1e-8);
        }
        let options = BoundaryOptions {
            method: BoundaryMethod::Minimisation,
            ..common.clone()
        };
        let lowest = solve(&system, &twin.truth, &options);
        assert_eq!(
            lowest.status,
            BoundaryStatus::Converged,
            "{:?}",
            lowest.failure
        );
        assert!(apart(&lowest.path, &all_at_once.path) < 1e-7);
        assert!(apart(&lowest.momentum, &all_at_once.momentum) < 1e-6);
        assert!((lowest.action - all_at_once.action).abs() < 1e-9 * lowest.action);
        let second = lowest.second_variation.unwrap();
        assert_eq!(second.kind, Stationary::Minimum);
        assert!(second.conjugate_points.is_empty());
    }
}

/// Paths of finer and finer meshes go to that of continuous time at the integrator's order.
#[test]
fn paths_converge_at_the_order_of_the_integrator() {
    let twin = lorenz63_twin(41, 10.0);
    let system = System::of_action(twin.action);
    let path = |integrator, steps_per_point| {
        let options = BoundaryOptions {
            integrator,
            steps_per_point,
            mesh_tolerance: 0.5,
            tolerance: 1e-12,
            ..twin.options.clone()
        };
        let solution = solve(&system, &twin.truth, &options);
        assert_eq!(
            solution.status,
            BoundaryStatus::Converged,
            "{:?}",
            solution.failure
        );
        solution.path
    };
    let exact = path(IntegrationMethod::GaussLegendre6, 8);
    for (integrator, steps) in [
        (IntegrationMethod::ImplicitMidpoint, [2, 4, 8, 16]),
        (IntegrationMethod::GaussLegendre4, [1, 2, 4, 8]),
        (IntegrationMethod::GaussLegendre6, [1, 2, 3, 4]),
    ] {
        let errors = steps.map(|steps| apart(&path(integrator, steps), &exact));
        let [first, last] = [0, 3].map(|k| (steps[k] as f64, errors[k]));
        let slope = (first.1 / last.1).ln() / (last.0 / first.0).ln();
        let order = integrator.order() as f64;
        assert!(
            (slope - order).abs() < 0.3,
            "{integrator:?}: {slope} of {errors:?}"
        );
    }
}

/// The stationary path is an orbit: no equation of the discrete action is left out.
#[test]
fn orbits_from_the_first_point_are_the_path() {
    let twin = lorenz63_twin(31, 50.0);
    let system = System::of_action(twin.action);
    let solution = solve(&system, &twin.truth, &twin.options);
    let options = IntegrationOptions {
        method: IntegrationMethod::GaussLegendre4,
        time_step: twin.options.time_step,
        points: 31,
        ..IntegrationOptions::default()
    };
    let (x, p) = (&solution.path[..3], &solution.momentum[..3]);
    let orbit = integrate(system.hamiltonian(), x, p, system.impulses(), &options).unwrap();
    assert!(apart(&orbit.x[..60], &solution.path[..60]) < 1e-5);
    assert!(apart(&orbit.jumps[..60], &solution.jumps[..60]) < 1e-5);
}

/// Errors of the first momentum grow by the tangent map: single shooting holds on a short window and fails on a long one, where the others find the path.
#[test]
fn single_shooting_fails_where_errors_grow() {
    for (points, holds) in [(21, true), (201, false)] {
        let twin = lorenz63_twin(points, 100.0);
        let system = System::of_action(twin.action);
        let options = BoundaryOptions {
            method: BoundaryMethod::SingleShooting,
            max_iterations: Some(30),
            ..twin.options.clone()
        };
        let single = solve(&system, &twin.truth, &options);
        let all = solve(&system, &twin.truth, &twin.options);
        assert_eq!(all.status, BoundaryStatus::Converged);
        assert_eq!(
            single.status == BoundaryStatus::Converged,
            holds,
            "{:?}",
            single.failure
        );
        match holds {
            true => assert!(apart(&single.path, &all.path) < 1e-6),
            false => {
                assert!(single.failure.is_some());
                assert_eq!(single.path.len(), twin.truth.len());
            }
        }
    }
}

/// With R_f the action of the minimum rises: rungs of a continuation do, and the last one is the problem itself.
#[test]
fn a_climb_in_the_model_precision_ends_at_the_problem() {
    let twin = lorenz63_twin(41, 1000.0);
    let system = System::of_action(twin.action);
    let options = BoundaryOptions {
        continuation: Some(Continuation {
            from: 1e-4,
            factor: 10.0,
        }),
        ..twin.options.clone()
    };
    let climbed = solve(&system, &twin.truth, &options);
    let direct = solve(&system, &twin.truth, &twin.options);
    assert_eq!(climbed.continuation.len(), 5);
    let rising = |pair: &[ContinuationRung]| pair[0].action < pair[1].action;
    assert!(climbed.continuation.windows(2).all(rising));
    assert!(apart(&climbed.path, &direct.path) < 1e-7);
    let iterations = climbed.continuation.iter().map(|rung| rung.iterations);
    assert_eq!(iterations.sum::<usize>(), climbed.iterations);
}

#[test]
fn a_mesh_that_is_too_coarse_is_refined_where_it_is() {
    let twin = lorenz63_twin(81, 100.0);
    let (path, d): (Vec<f64>, usize) = (twin.truth.clone(), 3);
    let every: Vec<f64> = path.chunks_exact(d).step_by(5).flatten().copied().collect();
    let model = Arc::new(models::lorenz63().unwrap());
    let options = ContinuousActionOptions {
        model_precision: 100.0.into(),
        ..ContinuousActionOptions::default()
    };
    let system = System::of_action(ContinuousAction::of_flow(model, &options).unwrap());
    let options = BoundaryOptions {
        boundary: Boundary::Fixed,
        time_step: 0.1,
        ..BoundaryOptions::default()
    };
    let refined = solve(&system, &every, &options);
    assert_eq!(refined.status, BoundaryStatus::Converged);
    assert!(refined.mesh_error <= 1e-4 && refined.mesh.len() > refined.times.len());
    // Not everywhere alike.
    let steps = refined.mesh.windows(2).map(|pair| pair[1] - pair[0]);
    let (short, long) = steps.fold((1.0f64, 0.0f64), |(a, b), h| (a.min(h), b.max(h)));
    assert!(long > 1.5 * short, "{short} to {long}");
    let fine = BoundaryOptions {
        steps_per_point: 32,
        integrator: IntegrationMethod::GaussLegendre6,
        ..options.clone()
    };
    let exact = solve(&system, &every, &fine);
    assert!(apart(&refined.path, &exact.path) < 1e-2);
    let coarse = BoundaryOptions {
        refine: false,
        ..options
    };
    let coarse = solve(&system, &every, &coarse);
    assert_eq!(coarse.status, BoundaryStatus::MeshTooCoarse);
    let text = coarse.failure.unwrap().to_string();
    assert!(
        text.contains("timeStep") && text.contains("stepsPerPoint"),
        "{text}"
    );
    assert!(apart(&coarse.path, &exact.path) > 10.0 * apart(&refined.path, &exact.path));
}

#[test]
fn levels_are_groups_of_actions() {
    let levels = action_levels(&[2.0, f64::NAN, -1.0, 2.0 + 1e-9, -0.999]);
    let starts: Vec<&[usize]> = levels.iter().map(|level| level.starts.as_slice()).collect();
    assert_eq!(starts, [&[2][..], &[4], &[0, 3]]);
}

/// Data at the ends only: p(t0) = R_m (x - y) after the first impulse and p(tF) = -R_m (x - y) before the last, and measurements in between do not count.
#[test]
fn measurements_at_the_ends_are_the_boundary_of_a_network() {
    // With fewer components measured at two times orbits without any cost would be a family.
    let twin = lorenz63_measured(&[0, 1, 2], 21, 100.0);
    let impulses = twin.action.impulses().to_vec();
    let system = System::of_action(twin.action);
    let options = BoundaryOptions {
        boundary: Boundary::EndData,
        ..twin.options
    };
    let solution = solve(&system, &twin.truth, &options);
    assert_eq!(solution.status, BoundaryStatus::Converged);
    for i in 0..3 {
        let (first, last) = (impulses[i], impulses[impulses.len() - 3 + i]);
        let after = solution.momentum[i] + solution.jumps[i];
        assert!((after - first.precision * (solution.path[i] - first.value)).abs() < 1e-9);
        let before = solution.momentum[60 + i];
        assert!((before + last.precision * (solution.path[60 + i] - last.value)).abs() < 1e-9);
    }
    assert!(solution.jumps[3..60].iter().all(|jump| *jump == 0.0));
    let none = BoundaryOptions {
        boundary: Boundary::EndData,
        time_step: 0.1,
        ..BoundaryOptions::default()
    };
    let classical = System::of_lagrangian(classical(ClassicalSystem::HarmonicOscillator));
    let refused = BoundarySolver::new(&classical, &[0.0, 1.0], None, &none).err();
    assert_eq!(refused.unwrap().path(), "boundary");
}
