//! Minimisation: the path that it finds is an orbit, fixed states stay, and actions without minimum
//! end with an error.

use super::*;
use crate::error::Error;
use crate::mechanics::tests::{classical, driven_action_of, driven_data, numbers, perihelion};
use crate::mechanics::{
    integrate, integrate_variational, ClassicalSystem, DataForm, IntegrationOptions, Orbit,
    VariationalMethod, VariationalOptions,
};

/// Orbit from the first state and momentum of a path on.
fn orbit(system: &System, found: &BestPath, options: &BoundaryOptions) -> Orbit {
    let d = system.dimension();
    let orbit = VariationalOptions {
        method: VariationalMethod::of_integrator(options.integrator).unwrap(),
        start: options.start,
        time_step: options.time_step,
        points: found.path.len() / d,
        steps_per_point: options.steps_per_point,
        tangent: false,
    };
    let impulses: Vec<_> = (0..orbit.points)
        .flat_map(|n| {
            let problem = problem(system, &found.path, options);
            problem.impulses.at(n).to_vec()
        })
        .collect();
    let (x, p) = (&found.path[..d], &found.momentum[..d]);
    let orbit = integrate_variational(system.lagrangian(), x, p, &impulses, &orbit).unwrap();
    assert_eq!(orbit.failure, None);
    orbit
}

#[test]
fn planets_and_pendula_between_two_places_go_on_orbits() {
    let kepler = System::of_lagrangian(classical(ClassicalSystem::Kepler));
    let pendulum = System::of_lagrangian(classical(ClassicalSystem::Pendulum));
    let (x, v) = perihelion(0.3);
    let work = &mut crate::mechanics::PhaseSpaceWorkspace::default();
    for (name, system, x, v, time) in [
        ("kepler", &kepler, &x[..], &v[..], 1.5),
        ("pendulum", &pendulum, &[1.0][..], &[0.8][..], 2.0),
    ] {
        let p = crate::mechanics::momentum(system.lagrangian(), work, 0.0, x, v).unwrap();
        for (integrator, steps) in [
            (IntegrationMethod::ImplicitMidpoint, 1),
            (IntegrationMethod::GaussLegendre4, 3),
            (IntegrationMethod::GaussLegendre6, 1),
        ] {
            let options = BoundaryOptions {
                steps_per_point: steps,
                ..options(Boundary::Fixed, integrator, time / 20.0)
            };
            let given = BestPath {
                path: [x, &vec![0.0; 20 * x.len()]].concat(),
                momentum: p.clone(),
                ..BestPath::default()
            };
            let given = orbit(system, &given, &options);
            let start = straight(21, x, &given.x[20 * x.len()..]);
            let (found, solver) = minimise(system, &start, &options);
            let work = solver.unwrap().work();
            let error = distance(&found.path, &given.x).max(distance(&found.momentum, &given.p));
            println!(
                "{name} {} {error:.1e}: residual {:.1e}, mesh error {:.1e}, {work:?}",
                integrator.name(),
                found.residual,
                found.mesh_error
            );
            assert!(error < 1e-11, "{name} {}: {error}", integrator.name());
            let again = orbit(system, &found, &options);
            let error = distance(&found.path, &again.x).max(distance(&found.momentum, &again.p));
            assert!(error < 1e-11, "{name} {}: {error}", integrator.name());
            assert!(found.residual < 1e-12 && found.boundary_error == 0.0);
            let h = time / 20.0 / steps as f64;
            assert_eq!(found.mesh.len(), 20 * steps + 1);
            assert!((found.mesh[steps + 1] - h * (steps + 1) as f64).abs() < 1e-14);
        }
    }
}

/// Error of the mesh by the integrator of canonical equations.
fn by_integration(system: &System, found: &BestPath, options: &BoundaryOptions) -> f64 {
    let largest = |numbers: &[f64]| numbers.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    let (of_x, of_p) = (largest(&found.path), largest(&found.momentum));
    let errors = found.path.iter().zip(&found.momentum).map(|(x, p)| {
        let ends = [1, 2].map(|steps_per_point| {
            let options = IntegrationOptions {
                method: options.integrator,
                time_step: options.time_step,
                points: 2,
                steps_per_point,
                ..IntegrationOptions::default()
            };
            let orbit = integrate(system.hamiltonian(), &[*x], &[*p], &[], &options).unwrap();
            [orbit.x[1] / of_x, orbit.p[1] / of_p]
        });
        distance(&ends[0], &ends[1])
    });
    let steps = found.path.len() - 1;
    errors.take(steps).fold(0.0, f64::max)
}

#[test]
fn the_error_of_the_mesh_falls_with_its_steps() {
    let pendulum = System::of_lagrangian(classical(ClassicalSystem::Pendulum));
    // An error of one step is one order above that of the method.
    for (integrator, order) in [
        (IntegrationMethod::ImplicitMidpoint, 3.0),
        (IntegrationMethod::GaussLegendre4, 5.0),
    ] {
        let errors: Vec<f64> = [8, 16, 32]
            .iter()
            .map(|&n| {
                let options = options(Boundary::Fixed, integrator, 2.0 / n as f64);
                let found = least(&pendulum, &straight(n + 1, &[1.0], &[-0.5]), &options);
                let error = by_integration(&pendulum, &found, &options);
                assert!((error / found.mesh_error - 1.0).abs() < 1e-5, "{error}");
                found.mesh_error
            })
            .collect();
        println!("{}: {errors:?} {:.2?}", integrator.name(), slopes(&errors));
        assert!((slopes(&errors)[1] - order).abs() < 0.3, "{errors:?}");
    }
}

fn driven() -> System {
    let action = driven_action_of(&driven_data(), DataForm::Impulses);
    System::of_action((*action).clone())
}

#[test]
fn ends_are_fixed_or_free_and_impulses_apply() {
    let system = driven();
    let path = numbers(10, 4, 0.5);
    for boundary in [
        Boundary::Free,
        Boundary::FixedStart,
        Boundary::Fixed,
        Boundary::EndData,
    ] {
        let options = BoundaryOptions {
            start: 1.0,
            steps_per_point: 2,
            ..options(boundary, IntegrationMethod::GaussLegendre4, 0.5)
        };
        let found = least(&system, &path, &options);
        // Data of the ends are met exactly: all momenta are then rounding.
        let digits = if boundary == Boundary::EndData {
            1e-7
        } else {
            1e-12
        };
        assert!(
            found.residual < digits && found.boundary_error < digits,
            "{boundary:?} {found:?}"
        );
        let again = orbit(&system, &found, &options);
        let error = distance(&found.path, &again.x).max(distance(&found.momentum, &again.p));
        println!("{boundary:?}: {error:.1e}");
        assert!(error < 1e-10, "{boundary:?}: {error}");
        let start_fixed = matches!(boundary, Boundary::FixedStart | Boundary::Fixed);
        let end_fixed = boundary == Boundary::Fixed;
        assert_eq!(found.path[..2] == path[..2], start_fixed, "{boundary:?}");
        assert_eq!(found.path[8..] == path[8..], end_fixed, "{boundary:?}");
        // p is 0 before the first impulse where the first state is free, and after the last one
        // where the last is.
        let first = distance(&found.momentum[..2], &[0.0; 2]);
        assert_eq!(first < 1e-10, !start_fixed, "{boundary:?} {first}");
        let jump = 3.0 * (found.path[9] - 0.1);
        let last = distance(&found.momentum[8..], &[0.0, -jump]);
        assert_eq!(last < 1e-10, !end_fixed, "{boundary:?} {last}");
        // Only the ends' data count, or those of all points.
        let jumps = again.jumps.iter().filter(|&&j| j != 0.0).count();
        assert_eq!(jumps, if boundary == Boundary::EndData { 2 } else { 4 });
        let problem = problem(&system, &path, &options);
        let integral = found.action - problem.cost_of_impulses(&found.path);
        assert!(integral > -1e-12, "{boundary:?} {integral}");
    }
}

#[test]
fn what_is_at_rest_stays_and_two_fixed_points_are_a_path() {
    let system = System::of_lagrangian(classical(ClassicalSystem::Pendulum));
    let options = options(Boundary::Fixed, IntegrationMethod::GaussLegendre4, 0.1);
    let found = least(&system, &[0.0; 11], &options);
    assert_eq!(found.path, [0.0; 11]);
    assert_eq!((found.residual, found.boundary_error), (0.0, 0.0));
    let found = least(&system, &[0.2, 0.3], &options);
    assert_eq!(found.path, [0.2, 0.3]);
    // A flow without data from a given state: p = 0 all along, and the action is 0.
    let flow = super::closed_forms::double_well(1e6);
    let options = BoundaryOptions {
        boundary: Boundary::FixedStart,
        ..options
    };
    let found = least(&flow, &[0.3; 11], &options);
    assert!(
        found.action.abs() < 1e-15 && found.residual < 1e-7,
        "{found:?}"
    );
    let error = (found.path[10] - super::closed_forms::downhill(1.0)).abs();
    assert!(error < 1e-4 && found.path[10] > 0.9, "{error}");
}

#[test]
fn an_action_without_a_minimum_ends_with_an_error() {
    let system = System::of_lagrangian(classical(ClassicalSystem::HarmonicOscillator));
    for time in [3.5, 8.0] {
        let h = time / 40.0;
        let options = options(Boundary::Fixed, IntegrationMethod::GaussLegendre6, h);
        let exact: Vec<f64> = (0..=40)
            .map(|n| {
                let t = n as f64 * h;
                ((time - t).sin() + 0.5 * t.sin()) / time.sin()
            })
            .collect();
        for (name, start) in [
            ("straight", straight(41, &[1.0], &[0.5])),
            ("stationary", exact.clone()),
        ] {
            let (found, solver) = minimise(&system, &start, &options);
            let error = solver.err().unwrap();
            println!("{time} {name}: {error}");
            assert!(matches!(error, Error::NotConverged { .. }));
            assert_eq!(error.path(), "method");
            assert!(error.to_string().contains("collocation"));
            let begun = problem(&system, &start, &options);
            let mut action = super::super::discrete_action::DiscreteAction::new(
                &begun,
                VariationalMethod::Gauss6,
                1,
            );
            let value = action.gradient(&start, &mut [0.0; 41]).unwrap().value;
            assert!(found.action <= value + 1e-12 && found.path.iter().all(|x| x.is_finite()));
            assert_eq!((found.path[0], found.path[40]), (start[0], start[40]));
        }
    }
}

#[test]
fn iterations_that_run_out_leave_the_best_path() {
    let kepler = System::of_lagrangian(classical(ClassicalSystem::Kepler));
    let options = BoundaryOptions {
        max_iterations: Some(2),
        ..options(Boundary::Fixed, IntegrationMethod::GaussLegendre4, 0.1)
    };
    let start = straight(16, &[1.0, 0.0], &[-0.3, 0.9]);
    let (found, solver) = minimise(&kepler, &start, &options);
    let error = solver.err().unwrap();
    assert_eq!(error.path(), "maxIterations");
    assert!(error.to_string().contains("after 2 iterations"), "{error}");
    assert!(found.residual > 1e-9 && distance(&found.path, &start) > 1e-3);
}
