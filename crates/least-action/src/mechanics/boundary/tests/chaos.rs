//! Boundary-value problems of a chaotic flow with one measured component.

use std::sync::Arc;

use super::super::second_variation::second_variation;
use super::super::Stationary;
use super::*;
use crate::action::Observations;
use crate::mechanics::{ContinuousAction, ContinuousActionOptions, VariationalMethod};
use crate::models;
use crate::random::Random;

/// Data of the x of Lorenz63 with an error of 0.5.
fn data(points: usize) -> Observations {
    let mut random = Random::new(4, 0);
    let field = |[x, y, z]: [f64; 3]| [10.0 * (y - x), x * (28.0 - z) - y, x * y - 8.0 / 3.0 * z];
    let moved = |x: [f64; 3], f: [f64; 3], h: f64| [0, 1, 2].map(|i| x[i] + h * f[i]);
    let mut state = [1.0, 2.0, 20.0];
    let values = (0..points).map(|_| {
        let y = state[0] + 0.5 * random.normal();
        for _ in 0..20 {
            let middle = moved(state, field(state), 0.0005);
            state = moved(state, field(middle), 0.001);
        }
        y
    });
    Observations {
        time_step: 0.02,
        points,
        observed: vec![0],
        values: values.collect(),
        ..Observations::default()
    }
}

/// From rung to rung R_f grows a hundred times; at the last ones a path is known to fewer digits
/// than the tolerance asks for, and is solved all the same.
#[test]
fn a_climb_in_the_model_precision_follows_one_minimum() {
    let data = data(61);
    let options = BoundaryOptions {
        max_iterations: Some(400),
        ..options(Boundary::Free, IntegrationMethod::GaussLegendre4, 0.02)
    };
    let mut path: Vec<f64> = data.values.iter().flat_map(|&y| [y, y, 25.0]).collect();
    let mut before = 0.0;
    for rung in 0..6 {
        let precision = 100f64.powi(rung);
        let of_action = ContinuousActionOptions {
            measurement_precision: 4.0.into(),
            model_precision: precision.into(),
            ..ContinuousActionOptions::default()
        };
        let model = Arc::new(models::lorenz63().unwrap());
        let action = ContinuousAction::new(model, &data, &of_action).unwrap();
        let system = System::of_action(action);
        let (found, solver) = minimise(&system, &path, &options);
        let work = solver.unwrap().work();
        println!(
            "R_f {precision:e}: action {:.6}, residual {:.1e}, ends {:.1e}, mesh {:.1e}, {work:?}",
            found.action, found.residual, found.boundary_error, found.mesh_error
        );
        let digits = 1e-12 * precision.max(1.0);
        assert!(
            found.residual < digits.min(1e-6),
            "{precision}: {}",
            found.residual
        );
        assert!(found.boundary_error < digits.min(1e-6));
        assert!(
            found.action > before,
            "{precision}: {} {before}",
            found.action
        );
        let problem = problem(&system, &found.path, &options);
        let method = VariationalMethod::Gauss4;
        let second = second_variation(&problem, method, 1, &found.path, true).unwrap();
        assert_eq!(second.kind, Stationary::Minimum);
        // No state is known better than R_f = infinity would tell, nor x worse than by its own
        // measurement.
        assert!(second
            .covariance
            .iter()
            .step_by(9)
            .all(|&c| c > 0.0 && c < 0.25));
        before = found.action;
        path = found.path;
    }
    // About half of the measurements, less what three states take.
    assert!((before - 29.0).abs() < 12.0, "{before}");
}
