//! The action that annealing minimises is a discrete action: its gradient in a path is the left
//! side of the discrete Euler-Lagrange equation.

use super::*;
use crate::{Action, ActionOptions, Discretization, Normalization, Problem};

fn problem(data: &Observations, discretization: Discretization) -> Problem {
    let options = ActionOptions {
        discretization: Some(discretization),
        normalization: Normalization::Posterior,
        measurement_precision: 3.0.into(),
        model_weights: crate::action::Precision::PerComponent(vec![2.0, 5.0]),
        ..ActionOptions::default()
    };
    Problem::new(driven(), data.clone(), &options).unwrap()
}

fn gradient(problem: &Problem, model_precision: f64, path: &[f64]) -> (f64, Vec<f64>) {
    let mut gradient = vec![0.0; path.len()];
    let value = Action::new(problem)
        .gradient(model_precision, path, &[], &mut gradient, &mut [])
        .unwrap();
    (value.action, gradient)
}

/// The discretisations of residual layers and of midpoints are discrete Lagrangians with
/// R_f(discrete) = R_f(continuous) / h, and data as impulses.
#[test]
fn actions_of_one_evaluation_per_step_are_those_of_discrete_lagrangians() {
    let data = driven_data();
    let path = numbers(10, 4, 1.0);
    let h = data.time_step;
    for (discretization, method) in [
        (Discretization::Euler, VariationalMethod::Euler),
        (Discretization::Midpoint, VariationalMethod::Midpoint),
    ] {
        let (value, expected) = gradient(&problem(&data, discretization), 1.0 / h, &path);
        let action = driven_action(DataForm::Impulses);
        let lagrangian = ActionLagrangian(action.clone());
        let discrete = DiscreteLagrangian::new(&lagrangian, method);
        let mut found = vec![0.0; 10];
        let work = &mut PhaseSpaceWorkspace::default();
        let place = (data.start, h);
        let mut sum = discrete.action(work, place, &path, &mut found).unwrap();
        for impulse in action.impulses() {
            let point = ((impulse.time - data.start) / h).round() as usize;
            let misfit = path[2 * point + impulse.component] - impulse.value;
            sum += 0.5 * impulse.precision * misfit * misfit;
            found[2 * point + impulse.component] += impulse.precision * misfit;
        }
        let name = method.name();
        assert!(
            (sum - value).abs() < 1e-14 * value.abs(),
            "{name}: {sum} {value}"
        );
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-13 * (1.0 + b.abs()), "{name}: {a} {b}");
        }
    }
}

/// In every discretisation the action is a sum of L_d of neighbours (of triples for
/// simpson-hermite), each of which is the action of a path so short; so the gradient at point n is
/// `D2 L_d(x_(n-1), x_n) + D1 L_d(x_n, x_(n+1))`.
#[test]
fn gradients_of_actions_are_discrete_euler_lagrange_residuals() {
    let data = driven_data();
    let path = numbers(10, 4, 1.0);
    for discretization in Discretization::FLOWS {
        let (value, expected) = gradient(&problem(&data, discretization), 1.3, &path);
        let reach = match discretization {
            Discretization::SimpsonHermite => 2,
            _ => 1,
        };
        let (mut sum, mut found) = (0.0, vec![0.0; 10]);
        for n in (0..4).step_by(reach) {
            let points = reach + 1;
            let mut values = data.values[n..n + points].to_vec();
            // Each measurement belongs to the step that it begins, the last one to the last step.
            if n + reach < 4 {
                values[reach] = f64::NAN;
            }
            if values.iter().all(|y| y.is_nan()) {
                // There must be one: it costs nothing where it is met.
                values[reach] = path[2 * (n + reach) + 1];
            }
            let part = Observations {
                start: data.time(n),
                points,
                values,
                inputs: data.inputs[n..n + points].to_vec(),
                ..data.clone()
            };
            let range = 2 * n..2 * (n + points);
            let (l_d, slopes) =
                gradient(&problem(&part, discretization), 1.3, &path[range.clone()]);
            sum += l_d;
            for (to, g) in found[range].iter_mut().zip(&slopes) {
                *to += g;
            }
        }
        let name = discretization.name();
        assert!((sum - value).abs() < 1e-13 * value, "{name}: {sum} {value}");
        for (a, b) in found.iter().zip(&expected) {
            assert!((a - b).abs() < 1e-13 * (1.0 + b.abs()), "{name}: {a} {b}");
        }
    }
}

/// Minimising the discrete action and following the map are the same: the orbit of the midpoint map
/// that ends with p = 0 after the last impulse has no gradient.
#[test]
fn an_orbit_with_impulses_makes_the_whole_action_stationary() {
    let data = Observations {
        time_step: 0.1,
        ..driven_data()
    };
    let action = driven_action_of(&data, DataForm::Impulses);
    let lagrangian = ActionLagrangian(action.clone());
    let options = VariationalOptions {
        start: data.start,
        time_step: data.time_step,
        points: data.points,
        ..VariationalOptions::default()
    };
    let x0 = [0.1, -0.2];
    let orbit =
        integrate_variational(&lagrangian, &x0, &[0.0; 2], action.impulses(), &options).unwrap();
    assert_eq!(orbit.failure, None);
    let problem = problem(&data, Discretization::Midpoint);
    let (_, gradient) = gradient(&problem, 1.0 / data.time_step, &orbit.x);
    let size = orbit.p.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for g in &gradient[..8] {
        assert!(g.abs() < 1e-12 * size, "{gradient:?}");
    }
    // At the end it is the momentum after the last impulse.
    for i in 0..2 {
        let after = orbit.p[8 + i] + orbit.jumps[8 + i];
        assert!((gradient[8 + i] - after).abs() < 1e-12 * size);
    }
}
