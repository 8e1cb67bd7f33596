//! Actions whose model holds exactly: R_f is infinite.

use super::*;
use crate::action::Precision;

const INFINITE: f64 = f64::INFINITY;

fn action(model_precision: Precision) -> Arc<ContinuousAction> {
    let options = ContinuousActionOptions {
        measurement_precision: 3.0.into(),
        model_precision,
        data_form: DataForm::Linear,
        ..ContinuousActionOptions::default()
    };
    Arc::new(ContinuousAction::new(driven(), &driven_data(), &options).unwrap())
}

#[test]
fn hamiltonians_are_the_limits_of_those_of_high_precisions() {
    let work = &mut PhaseSpaceWorkspace::default();
    let (t, x, p) = (1.7, [0.6, -0.8], [0.3, 1.1]);
    let mut all = |precisions: [f64; 2]| {
        let h = ActionHamiltonian(action(Precision::PerComponent(precisions.to_vec())));
        let mut values = vec![0.0; 1 + 4 + 16];
        values[0] = h.value(work, PhasePoint::new(t, &x, &p)).unwrap();
        h.gradient(work, PhasePoint::new(t, &x, &p), &mut values[1..5])
            .unwrap();
        h.hessian(work, PhasePoint::new(t, &x, &p), &mut values[5..])
            .unwrap();
        values
    };
    let exact = all([2.0, INFINITE]);
    let near = all([2.0, 1e18]);
    for (k, (a, b)) in exact.iter().zip(&near).enumerate() {
        assert!((a - b).abs() < 1e-15 * (1.0 + b.abs()), "{k}: {a} {b}");
    }
    // H_pp, column-major after H and its gradient.
    assert_eq!([exact[5 + 2 * 4 + 2], exact[5 + 3 * 4 + 3]], [0.5, 0.0]);
}

#[test]
fn orbits_of_states_are_those_of_the_model() {
    let options = IntegrationOptions {
        method: IntegrationMethod::ImplicitMidpoint,
        start: 1.0,
        time_step: 0.02,
        points: 51,
        ..IntegrationOptions::default()
    };
    let orbit = |p: [f64; 2]| {
        let h = ActionHamiltonian(action(INFINITE.into()));
        integrate(&h, &[0.6, -0.8], &p, &[], &options).unwrap()
    };
    let (rest, pushed) = (orbit([0.0; 2]), orbit([3.0, -2.0]));
    assert_eq!((&rest.failure, &pushed.failure), (&None, &None));
    for (a, b) in rest.x.iter().zip(&pushed.x) {
        assert!((a - b).abs() < 1e-13, "{a} {b}");
    }
    assert!((rest.p[100] - pushed.p[100]).abs() > 0.1);
}

#[test]
fn there_is_no_lagrangian_and_it_says_so() {
    let work = &mut PhaseSpaceWorkspace::default();
    let action = action(Precision::PerComponent(vec![2.0, INFINITE]));
    assert!(!action.has_lagrangian());
    let l = ActionLagrangian(action.clone());
    let (x, v) = ([0.6, -0.8], [0.3, 1.1]);
    let errors = [
        l.value(work, PhasePoint::new(1.7, &x, &v)).unwrap_err(),
        l.gradient(work, PhasePoint::new(1.7, &x, &v), &mut [0.0; 4])
            .unwrap_err(),
        l.hessian(work, PhasePoint::new(1.7, &x, &v), &mut [0.0; 16])
            .unwrap_err(),
        l.conjugate_rate(work, PhasePoint::new(1.7, &x, &v), &mut [0.0; 2])
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.path(), "modelPrecision");
        let text = error.to_string();
        assert!(
            text.contains("state y") && text.contains("collocation"),
            "{text}"
        );
    }
    let system = System::of_action((*action).clone());
    assert!(!system.has_lagrangian());
    assert!(System::of_lagrangian(classical(ClassicalSystem::Kepler)).has_lagrangian());
    // On a rung of a continuation the finite ones move.
    let rung = system.with_model_precision_times(0.25).unwrap();
    let precisions = &rung.action().unwrap().model_precision;
    assert_eq!(precisions[..], [0.5, INFINITE]);
}

#[test]
fn only_model_precisions_may_be_infinite() {
    let path = |measurement: Precision, model: Precision| {
        let options = ContinuousActionOptions {
            measurement_precision: measurement,
            model_precision: model,
            ..ContinuousActionOptions::default()
        };
        let result = ContinuousAction::new(driven(), &driven_data(), &options);
        result.err().map(|e| e.path().to_string())
    };
    let each = |values: &[f64]| Precision::PerComponent(values.to_vec());
    assert_eq!(path(1.0.into(), INFINITE.into()), None);
    assert_eq!(path(1.0.into(), each(&[1.0, INFINITE])), None);
    let refused = |found: Option<String>, expected: &str| {
        assert_eq!(found.as_deref(), Some(expected));
    };
    refused(path(INFINITE.into(), 1.0.into()), "measurementPrecision");
    refused(
        path(each(&[INFINITE]), 1.0.into()),
        "measurementPrecision[0]",
    );
    refused(
        path(1.0.into(), each(&[1.0, -INFINITE])),
        "modelPrecision[1]",
    );
    refused(path(1.0.into(), f64::NAN.into()), "modelPrecision");
    refused(path(1.0.into(), 0.0.into()), "modelPrecision");
    refused(path(1.0.into(), each(&[1.0])), "modelPrecision");
}

#[test]
fn infinity_is_read_as_a_number() {
    // JSON has none; values of JavaScript do.
    use serde::de::value::{Error, F64Deserializer};
    use serde::de::IntoDeserializer;
    use serde::Deserialize;
    let number: F64Deserializer<Error> = INFINITE.into_deserializer();
    assert_eq!(
        Precision::deserialize(number).unwrap(),
        Precision::Scalar(INFINITE)
    );
}
