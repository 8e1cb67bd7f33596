//! Paths with closed forms: an oscillator between two places, and a double well with and against
//! its drift.

use std::sync::Arc;

use super::*;
use crate::mechanics::tests::classical;
use crate::mechanics::{ClassicalSystem, ContinuousAction, ContinuousActionOptions};
use crate::models;

const ORDERS: [(IntegrationMethod, f64); 3] = [
    (IntegrationMethod::ImplicitMidpoint, 2.0),
    (IntegrationMethod::GaussLegendre4, 4.0),
    (IntegrationMethod::GaussLegendre6, 6.0),
];

/// Checks that errors of path and action in 8, 16 and 32 steps, or as many times more, fall with
/// the order.
fn converges(
    name: &str,
    system: &System,
    (time, first): (f64, usize),
    exact: &dyn Fn(f64) -> f64,
    action: f64,
) {
    for (integrator, order) in ORDERS {
        let (mut of_path, mut of_action) = (Vec::new(), Vec::new());
        for intervals in [first, 2 * first, 4 * first] {
            let h = time / intervals as f64;
            let states: Vec<f64> = (0..=intervals).map(|n| exact(n as f64 * h)).collect();
            let options = options(Boundary::Fixed, integrator, h);
            let start = straight(intervals + 1, &states[..1], &states[intervals..]);
            let found = least(system, &start, &options);
            // Where the action is 0, momenta come down to rounding.
            let digits = if action == 0.0 { 1e-7 } else { 1e-11 };
            assert!(found.residual < digits, "{} {found:?}", integrator.name());
            of_path.push(distance(&found.path, &states));
            of_action.push((found.action - action).abs());
        }
        // The action of a path that costs nothing is the square of an error.
        let of_value = if action == 0.0 { 2.0 * order } else { order };
        for (errors, order) in [(of_path, order), (of_action, of_value)] {
            let slopes = slopes(&errors);
            println!("{name} {}: {errors:?} {slopes:.2?}", integrator.name());
            assert!(slopes[1] > order - 0.1, "{} {errors:?}", integrator.name());
        }
    }
}

#[test]
fn an_oscillator_goes_between_two_places_as_it_is_known_to() {
    let system = System::of_lagrangian(classical(ClassicalSystem::HarmonicOscillator));
    let (a, b, time) = (0.7, -0.4, 2.4f64);
    let exact = |t: f64| (a * (time - t).sin() + b * t.sin()) / time.sin();
    let action = ((a * a + b * b) * time.cos() - 2.0 * a * b) / (2.0 * time.sin());
    converges("oscillator", &system, (time, 4), &exact, action);
}

/// Double well `x' = 4 x - 4 x^3 = -V'`, `V = x^4 - 2 x^2`.
pub(super) fn double_well(precision: f64) -> System {
    let options = ContinuousActionOptions {
        model_precision: precision.into(),
        ..ContinuousActionOptions::default()
    };
    let model = Arc::new(models::double_well().unwrap());
    System::of_action(ContinuousAction::of_flow(model, &options).unwrap())
}

/// Solution of the flow from 0.3 on, by way of the logistic equation for its square.
pub(super) fn downhill(t: f64) -> f64 {
    let c = 1.0 / 0.09 - 1.0;
    1.0 / (1.0 + c * (-8.0 * t).exp()).sqrt()
}

#[test]
fn with_the_drift_a_path_costs_nothing() {
    converges("downhill", &double_well(2.5), (0.6, 8), &downhill, 0.0);
}

#[test]
fn against_the_drift_it_costs_twice_the_height() {
    let time = 0.6;
    let uphill = |t: f64| downhill(time - t);
    let v = |x: f64| x * x * x * x - 2.0 * x * x;
    let action = 2.0 * 2.5 * (v(uphill(time)) - v(uphill(0.0)));
    assert!(action > 1.0);
    converges("uphill", &double_well(2.5), (time, 8), &uphill, action);
}
