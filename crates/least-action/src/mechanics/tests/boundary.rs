//! Boundary-value problems: the same path by every method, and the ways in which each can fail.

use super::*;
use crate::twin::TwinExperiment;

/// Lorenz63 measured at every fourth point, and its true path.
pub(super) struct TwinProblem {
    pub action: ContinuousAction,
    pub truth: Vec<f64>,
    pub options: BoundaryOptions,
}

/// Lorenz63, measured in its first component.
pub(super) fn lorenz63_twin(points: usize, model_precision: f64) -> TwinProblem {
    lorenz63_measured(&[0], points, model_precision)
}

fn lorenz63_measured(observed: &[usize], points: usize, model_precision: f64) -> TwinProblem {
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
    TwinProblem {
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

/// Errors of the first momentum grow by the tangent map: single shooting holds on a short window
/// and fails on a long one, where the others find the path.
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

/// With R_f the action of the minimum rises: rungs of a continuation do, and the last one is the
/// problem itself.
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

/// Data at the ends only: p(t0) = R_m (x - y) after the first impulse and p(tF) = -R_m (x - y)
/// before the last, and measurements in between do not count.
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

/// If the solution is 0, its rounding is all that is left of it, and nothing is large beside that.
#[test]
fn a_path_at_rest_is_solved_by_every_method() {
    let system = System::of_classical(ClassicalSystem::HarmonicOscillator, &BTreeMap::new());
    let system = system.unwrap();
    let line: Vec<f64> = (0..11).map(|n| 0.3 + 0.07 * n as f64).collect();
    for method in [
        BoundaryMethod::Collocation,
        BoundaryMethod::MultipleShooting,
        BoundaryMethod::SingleShooting,
        BoundaryMethod::Multigrid,
    ] {
        let options = BoundaryOptions {
            method,
            time_step: 0.1,
            ..BoundaryOptions::default()
        };
        let rest = solve(&system, &line, &options);
        assert_eq!(
            rest.status,
            BoundaryStatus::Converged,
            "{method:?} {:?}",
            rest.failure
        );
        assert!(rest.path.iter().all(|x| x.abs() < 1e-9));
        assert!(
            rest.residual < 1e-7 && rest.boundary_error < 1e-7,
            "{method:?}"
        );
    }
}

/// A path that refinement found is no stationary path of the coarse mesh: its index is that of the
/// fine one.
#[test]
fn refined_paths_have_the_index_of_continuous_time() {
    let system = System::of_classical(ClassicalSystem::HarmonicOscillator, &BTreeMap::new());
    let options = BoundaryOptions {
        boundary: Boundary::Fixed,
        integrator: IntegrationMethod::ImplicitMidpoint,
        time_step: 2.0,
        ..BoundaryOptions::default()
    };
    let line = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5];
    let solution = solve(&system.unwrap(), &line, &options);
    assert_eq!(solution.status, BoundaryStatus::Converged);
    let second = solution.second_variation.unwrap();
    assert_eq!(second.negative_directions, 3);
    for (k, time) in second.conjugate_points.iter().enumerate() {
        let expected = (k + 1) as f64 * std::f64::consts::PI;
        assert!((time - expected).abs() < 1e-2, "{time} for {expected}");
    }
}

/// A step that the integrator cannot make at all is too long, not good enough.
#[test]
fn steps_that_cannot_be_made_are_refined() {
    let model: Arc<dyn Model> = Arc::new(models::double_well().unwrap());
    let options = ContinuousActionOptions {
        model_precision: 10.0.into(),
        ..ContinuousActionOptions::default()
    };
    let system = System::of_action(ContinuousAction::of_flow(model, &options).unwrap());
    let options = |time_step, integrator| BoundaryOptions {
        boundary: Boundary::Fixed,
        integrator,
        time_step,
        ..BoundaryOptions::default()
    };
    let path = |points: usize, h: f64| -> Vec<f64> {
        let places = (0..points).map(|k| k as f64 - 0.5 * (points - 1) as f64);
        let mut path: Vec<f64> = places.map(|k| (4.0 * h * k).tanh()).collect();
        (path[0], path[points - 1]) = (-1.0, 1.0);
        path
    };
    let found = solve(
        &system,
        &path(7, 0.5),
        &options(0.5, IntegrationMethod::GaussLegendre6),
    );
    assert_eq!(
        found.status,
        BoundaryStatus::Converged,
        "{:?}",
        found.failure
    );
    assert!(found.mesh.len() > 7 && found.mesh_error < 1e-4);
    // The barrier is 1 high, and in 3 units of time the path costs 0.002 more than twice that.
    assert!(
        (found.action / 20.0 - 1.00195).abs() < 1e-4,
        "{}",
        found.action
    );
    let coarse = options(0.75, IntegrationMethod::ImplicitMidpoint);
    let refined = solve(&system, &path(9, 0.75), &coarse);
    assert!(refined.mesh.len() > 9);
    let coarse = BoundaryOptions {
        refine: false,
        ..coarse
    };
    let as_it_is = solve(&system, &path(9, 0.75), &coarse);
    assert_eq!(as_it_is.status, BoundaryStatus::MeshTooCoarse);
    assert!(as_it_is.mesh_error.is_nan() && as_it_is.second_variation.is_none());
}

/// L = v w - q r: nothing on the diagonal of its second variation, which has both signs.
#[test]
fn states_coupled_only_with_others_are_no_minimum() {
    let definition = LagrangianDefinition {
        coordinates: vec!["q".into(), "r".into()],
        velocities: vec!["v".into(), "w".into()],
        lagrangian: "v*w - q*r".into(),
        ..LagrangianDefinition::default()
    };
    let system = System::of_lagrangian(definition.build(&BTreeMap::new()).unwrap());
    let options = BoundaryOptions {
        boundary: Boundary::Fixed,
        time_step: 0.1,
        ..BoundaryOptions::default()
    };
    let line: Vec<f64> = (0..11).flat_map(|n| [0.1 * n as f64, 1.0]).collect();
    let solution = solve(&system, &line, &options);
    assert_eq!(solution.status, BoundaryStatus::Converged);
    let second = solution.second_variation.unwrap();
    assert_eq!(second.kind, Stationary::Saddle);
    // One of each sign at each of nine inner points.
    assert_eq!(second.negative_directions, 9);
}

#[test]
fn what_cannot_be_solved_is_refused_by_field() {
    let oscillator = System::of_classical(ClassicalSystem::HarmonicOscillator, &BTreeMap::new());
    let oscillator = oscillator.unwrap();
    let line: Vec<f64> = (0..11).map(|n| 0.1 * n as f64).collect();
    let base = BoundaryOptions {
        boundary: Boundary::Fixed,
        time_step: 0.1,
        ..BoundaryOptions::default()
    };
    let refused = |system: &System, options: BoundaryOptions| {
        let refused = BoundarySolver::new(system, &line, None, &options).err();
        refused.map(|error| error.path().to_string())
    };
    let cases = [
        (
            "stepsPerPoint",
            BoundaryOptions {
                steps_per_point: 1_000_000_000,
                ..base.clone()
            },
        ),
        (
            "timeStep",
            BoundaryOptions {
                start: 1e16,
                ..base.clone()
            },
        ),
        (
            "timeStep",
            BoundaryOptions {
                time_step: 1.7e308,
                ..base.clone()
            },
        ),
        (
            "maxMeshPoints",
            BoundaryOptions {
                max_mesh_points: 5,
                ..base.clone()
            },
        ),
        (
            "tolerance",
            BoundaryOptions {
                tolerance: 1e-300,
                ..base.clone()
            },
        ),
    ];
    for (path, options) in cases {
        assert_eq!(refused(&oscillator, options).as_deref(), Some(path));
    }
    // Tolerances that ask for little are no trouble either.
    let loose = BoundaryOptions {
        method: BoundaryMethod::Multigrid,
        tolerance: 0.5,
        ..base.clone()
    };
    assert_eq!(
        solve(&oscillator, &line, &loose).status,
        BoundaryStatus::Converged
    );
    let linear = LagrangianDefinition {
        coordinates: vec!["q".into()],
        velocities: vec!["v".into()],
        lagrangian: "q*v - q^2".into(),
        ..LagrangianDefinition::default()
    };
    let linear = System::of_lagrangian(linear.build(&BTreeMap::new()).unwrap());
    let least = BoundaryOptions {
        method: BoundaryMethod::Minimisation,
        ..base
    };
    let error = BoundarySolver::new(&linear, &line, None, &least).err();
    assert!(
        matches!(error, Some(crate::Error::Singular { .. })),
        "{error:?}"
    );
}
