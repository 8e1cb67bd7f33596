//! The action in innovations has the same values, and the gradient of differences.

use super::super::{InInnovations, Innovations};
use super::*;
use crate::solve::Objective;

const MODEL_PRECISION: f64 = 7.0;

#[test]
fn the_action_is_the_same_and_comes_back() {
    for case in cases(3) {
        let problem = case.problem();
        let mut action = NetworkAction::new(&problem);
        let expected = action.evaluate(MODEL_PRECISION, &case.unknowns).unwrap();
        let mut innovations = Innovations::new(&problem);
        let mut x = case.unknowns.clone();
        innovations
            .enter(&mut action, MODEL_PRECISION, &mut x)
            .unwrap();
        let mut gradient = vec![0.0; x.len()];
        let mut objective = InInnovations {
            innovations: &mut innovations,
            interrupted: &|| false,
        };
        let value = objective.evaluate(&x, &mut gradient).unwrap();
        let name = &case.name;
        assert!(
            (value / expected.action - 1.0).abs() < 1e-13,
            "{name}: {value} {expected:?}"
        );
        innovations.leave(&mut x);
        for (a, b) in x.iter().zip(&case.unknowns) {
            assert!((a - b).abs() < 1e-13, "{name}: {a} {b}");
        }
    }
}

#[test]
fn the_gradient_is_the_limit_of_differences() {
    for case in cases(4) {
        let problem = case.problem();
        let mut action = NetworkAction::new(&problem);
        let mut innovations = Innovations::new(&problem);
        let mut x = case.unknowns.clone();
        innovations
            .enter(&mut action, MODEL_PRECISION, &mut x)
            .unwrap();
        let mut gradient = vec![0.0; x.len()];
        let mut unused = gradient.clone();
        let mut objective = InInnovations {
            innovations: &mut innovations,
            interrupted: &|| false,
        };
        objective.evaluate(&x, &mut gradient).unwrap();
        let h = 1e-6;
        for k in 0..x.len() {
            let mut at = |by: f64| {
                let mut moved = x.clone();
                moved[k] += by;
                objective.evaluate(&moved, &mut unused).unwrap()
            };
            let difference = (at(h) - at(-h)) / (2.0 * h);
            assert!(
                (gradient[k] - difference).abs() < 1e-7 * (1.0 + difference.abs()),
                "{}: unknown {k}: {} {difference}",
                case.name,
                gradient[k]
            );
        }
    }
}
