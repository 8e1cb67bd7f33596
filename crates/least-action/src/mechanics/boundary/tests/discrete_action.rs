//! The discrete action: derivatives against differences, its ends and its integrators.

use super::super::discrete_action::DiscreteAction;
use super::*;
use crate::mechanics::tests::{differences, driven_action_of, driven_data, numbers};
use crate::mechanics::{DataForm, VariationalMethod};
use crate::solve::BlockMatrix;

fn driven() -> System {
    let action = driven_action_of(&driven_data(), DataForm::Impulses);
    System::of_action((*action).clone())
}

#[test]
fn derivatives_are_those_of_differences() {
    let options = BoundaryOptions {
        start: 1.0,
        ..options(Boundary::Free, IntegrationMethod::GaussLegendre4, 0.5)
    };
    let path = numbers(10, 3, 1.0);
    let problem = problem(&driven(), &path, &options);
    for method in VariationalMethod::ALL {
        for steps in [1, 3] {
            let mut action = DiscreteAction::new(&problem, method, steps);
            let n = action.unknowns();
            let nodes: Vec<f64> = action.spread(&path);
            assert_eq!(action.at_points(&nodes), path);
            let nodes: Vec<f64> = nodes
                .iter()
                .zip(numbers(n, 5, 0.1))
                .map(|(a, b)| a + b)
                .collect();
            let mut hessian = BlockMatrix::new(&action.layout().unwrap());
            action.hessian(&nodes, &mut hessian).unwrap();
            let (mut gradient, mut scratch) = (vec![0.0; n], vec![0.0; n]);
            action.gradient(&nodes, &mut gradient).unwrap();
            for j in 0..n {
                let slopes = differences(1e-3, |shift| {
                    let mut moved = nodes.clone();
                    moved[j] += shift;
                    let value = action.gradient(&moved, &mut scratch).unwrap().value;
                    [&[value], &scratch[..]].concat()
                });
                let error = (gradient[j] - slopes[0]).abs();
                assert!(error < 1e-7, "{} {j}: {error}", method.name());
                for i in 0..n {
                    let error = (hessian.get(i, j) - slopes[1 + i]).abs();
                    assert!(error < 1e-6, "{} [{i}, {j}]: {error}", method.name());
                }
            }
        }
    }
}

#[test]
fn the_action_is_that_of_the_steps_and_of_the_impulses() {
    let options = BoundaryOptions {
        start: 1.0,
        ..options(Boundary::Free, IntegrationMethod::GaussLegendre4, 0.5)
    };
    let path = numbers(10, 3, 1.0);
    let system = driven();
    let problem = problem(&system, &path, &options);
    let mut action = DiscreteAction::new(&problem, VariationalMethod::Lobatto6, 1);
    let found = action.gradient(&path, &mut [0.0; 10]).unwrap();
    let l =
        crate::mechanics::DiscreteLagrangian::new(system.lagrangian(), VariationalMethod::Lobatto6);
    let work = &mut crate::mechanics::PhaseSpaceWorkspace::default();
    let steps = l.action(work, (1.0, 0.5), &path, &mut [0.0; 10]).unwrap();
    // 3 at points 0, 1, 3, 4 of the second component.
    let data = [(0, 0.3), (1, -0.4), (3, 0.8), (4, 0.1)];
    let costs: f64 = data
        .iter()
        .map(|&(n, y): &(usize, f64)| 1.5 * (path[2 * n + 1] - y).powi(2))
        .sum();
    assert!((found.value - steps - costs).abs() < 1e-12);
    assert!(costs > 0.1 && found.size > found.value);
}

#[test]
fn integrators_that_are_no_discrete_action_are_refused_by_name() {
    let system = System::of_lagrangian(lagrangian(1, "v^2/2"));
    let path = straight(5, &[0.0], &[1.0]);
    for integrator in IntegrationMethod::ALL {
        let options = options(Boundary::Fixed, integrator, 0.1);
        let problem = problem(&system, &path, &options);
        let found = Minimisation::new(&problem, &path, &options);
        match VariationalMethod::of_integrator(integrator) {
            Ok(method) => {
                assert!(found.is_ok());
                let order = integrator.order();
                assert_eq!(method.order(), order, "{}", integrator.name());
            }
            Err(_) => {
                let error = found.err().unwrap();
                assert_eq!(error.path(), "integrator");
                let text = error.to_string();
                assert!(
                    text.contains(integrator.name()) && text.contains("gauss-legendre-6"),
                    "{text}"
                );
            }
        }
    }
    for (integrator, method) in [
        (
            IntegrationMethod::ImplicitMidpoint,
            VariationalMethod::Midpoint,
        ),
        (IntegrationMethod::GaussLegendre4, VariationalMethod::Gauss4),
        (IntegrationMethod::GaussLegendre6, VariationalMethod::Gauss6),
    ] {
        assert_eq!(VariationalMethod::of_integrator(integrator), Ok(method));
    }
}
