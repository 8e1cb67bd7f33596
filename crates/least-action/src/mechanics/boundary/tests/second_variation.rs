//! Index, conjugate points and covariance against dense eigenvalues and against derivatives of
//! orbits.

use nalgebra::DMatrix;

use super::super::discrete_action::DiscreteAction;
use super::super::second_variation::second_variation;
use super::super::{SecondVariation, Stationary};
use super::*;
use crate::mechanics::tests::{classical, numbers};
use crate::mechanics::{
    integrate_variational, ClassicalSystem, VariationalMethod, VariationalOptions,
};
use crate::solve::BlockMatrix;
use std::f64::consts::PI;

/// Hessian of the free nodes up to `last`.
fn dense(action: &mut DiscreteAction, nodes: &[f64], last: usize) -> DMatrix<f64> {
    let d = action.dimension();
    let mut blocks = BlockMatrix::new(&action.layout().unwrap());
    action.hessian(nodes, &mut blocks).unwrap();
    let free: Vec<usize> = (0..(last + 1) * d)
        .filter(|i| !action.is_fixed(i / d))
        .collect();
    DMatrix::from_fn(free.len(), free.len(), |i, j| blocks.get(free[i], free[j]))
}

fn negative(matrix: DMatrix<f64>) -> usize {
    let values = matrix.symmetric_eigenvalues();
    values.iter().filter(|&&v| v < 0.0).count()
}

#[test]
fn the_index_is_that_of_all_eigenvalues_and_grows_at_conjugate_points() {
    let text = "(v^2 + w^2)/2 + v*w/3 - 9*q^2*(1 + cos(q*r + t)) + 4*r^2*sin(3*q + 2*t)";
    let system = System::of_lagrangian(lagrangian(2, text));
    let mut seen = [0; 2];
    for seed in 0..12 {
        for boundary in [Boundary::Free, Boundary::FixedStart, Boundary::Fixed] {
            let options = options(boundary, IntegrationMethod::GaussLegendre4, 0.25);
            let path = numbers(2 * 17, seed, 0.8);
            let problem = problem(&system, &path, &options);
            let method = VariationalMethod::Gauss4;
            let found = second_variation(&problem, method, 1, &path, false).unwrap();
            let mut action = DiscreteAction::new(&problem, method, 1);
            for last in 0..17 {
                let index = match action.is_fixed(0) && last == 0 {
                    true => 0,
                    false => negative(dense(&mut action, &path, last)),
                };
                let next = if last == 16 {
                    f64::INFINITY
                } else {
                    action.time(last + 1)
                };
                let points = found.conjugate_points.iter();
                let count = points.filter(|&&t| t < next).count();
                assert_eq!(count, index, "{boundary:?} {seed} {last} {found:?}");
            }
            assert_eq!(found.negative_directions, found.conjugate_points.len());
            assert!(found.conjugate_points.is_sorted());
            let at_end = found.conjugate_points.iter().filter(|&&t| t == 4.0).count();
            seen[0] += found.negative_directions;
            seen[1] += at_end;
            assert!(boundary != Boundary::Fixed || at_end == 0);
        }
    }
    println!("conjugate points: {}, at the end {}", seen[0], seen[1]);
    assert!(seen[0] > 50 && seen[1] > 0);
}

#[test]
fn an_oscillator_has_conjugate_points_at_every_half_period() {
    let system = System::of_lagrangian(classical(ClassicalSystem::HarmonicOscillator));
    for (boundary, first) in [(Boundary::Fixed, PI), (Boundary::Free, 0.5 * PI)] {
        for time in [1.4, 3.0, 3.3, 6.2, 6.4, 10.0] {
            let options = options(boundary, IntegrationMethod::GaussLegendre6, time / 50.0);
            // An oscillator's second variation is that of any path.
            let path = vec![0.0; 51];
            let problem = problem(&system, &path, &options);
            let found = second_variation(&problem, VariationalMethod::Gauss6, 1, &path, true);
            let found = found.unwrap();
            let mut expected: Vec<f64> = (0..9).map(|k| first + k as f64 * PI).collect();
            expected.retain(|t| *t < time);
            // With a free end one more direction falls where the end itself does: m w cot(w (T -
            // t)).
            if boundary == Boundary::Free && -(time.tan()) < 0.0 {
                expected.push(time);
            }
            assert_eq!(
                found.negative_directions,
                expected.len(),
                "{time} {found:?}"
            );
            let error = distance(&found.conjugate_points, &expected);
            println!(
                "{boundary:?} {time}: {} points, {error:.1e}",
                expected.len()
            );
            assert!(error < 1e-6, "{time} {found:?}");
            let kind = match expected.is_empty() {
                true => Stationary::Minimum,
                false => Stationary::Saddle,
            };
            assert_eq!(found.kind, kind);
            assert_eq!(found.covariance.is_empty(), kind != Stationary::Minimum);
        }
    }
}

#[test]
fn conjugate_points_of_a_pendulum_are_where_orbits_meet() {
    let pendulum = classical(ClassicalSystem::Pendulum);
    let system = System::of_lagrangian(pendulum.clone());
    for (boundary, x, p) in [(Boundary::Fixed, 0.4, 1.3), (Boundary::Free, 2.0, 0.0)] {
        let method = VariationalMethod::Gauss6;
        let run = |points: usize, time_step: f64, steps_per_point: usize| {
            let options = VariationalOptions {
                method,
                time_step,
                points,
                steps_per_point,
                tangent: true,
                ..VariationalOptions::default()
            };
            integrate_variational(&pendulum, &[x], &[p], &[], &options).unwrap()
        };
        // dx/dp, or dx/dx, of the first point: by bisection in time.
        let spread = |time: f64| {
            let tangent = run(2, time, 200).tangent;
            tangent[if boundary == Boundary::Fixed { 2 } else { 0 }]
        };
        let zero = |mut a: f64, mut b: f64| {
            assert!(spread(a) * spread(b) < 0.0);
            for _ in 0..45 {
                let middle = 0.5 * (a + b);
                match spread(a) * spread(middle) > 0.0 {
                    true => a = middle,
                    false => b = middle,
                }
            }
            a
        };
        let mut expected = Vec::new();
        for k in 1..120 {
            let (a, b) = (0.1 * k as f64, 0.1 * (k + 1) as f64);
            if spread(a) * spread(b) < 0.0 {
                expected.push(zero(a, b));
            }
        }
        assert!(expected.len() >= 2, "{expected:?}");
        for steps in [1, 4] {
            let orbit = run(41, 0.3, steps);
            let options = BoundaryOptions {
                steps_per_point: steps,
                ..options(boundary, IntegrationMethod::GaussLegendre6, 0.3)
            };
            let problem = problem(&system, &orbit.x, &options);
            let found = second_variation(&problem, method, steps, &orbit.x, false).unwrap();
            let inner: Vec<f64> = found
                .conjugate_points
                .iter()
                .copied()
                .filter(|&t| t < 12.0)
                .collect();
            let error = distance(&inner, &expected);
            println!("{boundary:?} {steps}: {expected:.4?} {error:.1e}");
            assert!(
                error < if steps == 1 { 1e-4 } else { 1e-7 },
                "{found:?} {expected:?}"
            );
        }
    }
}

/// Midpoint steps of 1 with stiffness 4 turn by a right angle each: pivots are 0 to the last digit.
#[test]
fn conjugate_points_at_nodes_are_counted_and_at_the_end_the_path_is_degenerate() {
    let system = System::of_lagrangian(lagrangian(1, "v^2/2 - 2*q^2"));
    let examine = |points: usize| -> SecondVariation {
        let options = options(Boundary::Fixed, IntegrationMethod::ImplicitMidpoint, 1.0);
        let path = vec![0.0; points];
        let problem = problem(&system, &path, &options);
        second_variation(&problem, VariationalMethod::Midpoint, 1, &path, true).unwrap()
    };
    let found = examine(2);
    assert_eq!(
        (found.kind, found.covariance),
        (Stationary::Minimum, vec![0.0; 2])
    );
    let found = examine(3);
    assert_eq!(
        (found.kind, found.negative_directions),
        (Stationary::Degenerate, 0)
    );
    assert!(found.covariance.is_empty());
    for (points, expected) in [(4, vec![2.0]), (6, vec![2.0, 4.0])] {
        let found = examine(points);
        assert_eq!(found.kind, Stationary::Saddle);
        assert!(
            distance(&found.conjugate_points, &expected) < 1e-6,
            "{found:?}"
        );
    }
    // A free particle without data may be anywhere.
    let system = System::of_lagrangian(lagrangian(2, "v^2/2 + 100*w^2"));
    let options = options(Boundary::Free, IntegrationMethod::GaussLegendre4, 0.01);
    let path = vec![0.0; 2 * 400];
    let problem = problem(&system, &path, &options);
    let found = second_variation(&problem, VariationalMethod::Gauss4, 1, &path, true).unwrap();
    assert_eq!(
        (found.kind, found.negative_directions),
        (Stationary::Degenerate, 0)
    );
}

#[test]
fn covariances_are_blocks_of_the_inverse() {
    let system = System::of_lagrangian(lagrangian(
        2,
        "(v^2 + w^2)/2 + v*w/3 + q^2*(2 + sin(t)) + r^2 + q*r",
    ));
    for boundary in [Boundary::Free, Boundary::FixedStart, Boundary::Fixed] {
        for steps in [1, 3] {
            let options = options(boundary, IntegrationMethod::GaussLegendre4, 0.25);
            let path = numbers(2 * 9, 7, 0.8);
            let problem = problem(&system, &path, &options);
            let method = VariationalMethod::Gauss4;
            let found = second_variation(&problem, method, steps, &path, true).unwrap();
            let mut action = DiscreteAction::new(&problem, method, steps);
            let nodes = action.spread(&path);
            let last = action.nodes() - 1;
            let inverse = dense(&mut action, &nodes, last).try_inverse().unwrap();
            for point in 0..9 {
                let first = usize::from(action.is_fixed(0));
                for (k, value) in found.covariance[4 * point..][..4].iter().enumerate() {
                    let at = |i: usize| (action.node(point) - first) * 2 + i;
                    let expected = match problem.is_fixed(point) {
                        true => 0.0,
                        false => inverse[(at(k % 2), at(k / 2))],
                    };
                    assert!((value - expected).abs() < 1e-13, "{boundary:?} {point}");
                }
            }
        }
    }
}
