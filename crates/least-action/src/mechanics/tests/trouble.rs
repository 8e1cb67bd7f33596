//! Ends and disturbances of orbits: impulses, rounding, steps without solution, invalid input.

use super::orbits::{options, orbit};
use super::*;
use crate::error::Error;
use IntegrationMethod as Method;

#[test]
fn energy_is_kept_between_impulses_and_momenta_jump_at_them() {
    let model = Arc::new(models::lorenz63().unwrap());
    let mut values = vec![f64::NAN; 21 * 2];
    for (k, y) in [(0, 1.5), (11, 2.0), (20, 1.0), (21, 7.0), (40, 3.0)] {
        values[k] = y;
    }
    let data = Observations {
        start: 2.0,
        time_step: 0.02,
        points: 21,
        observed: vec![0, 1],
        values,
        ..Observations::default()
    };
    let options = ContinuousActionOptions {
        measurement_precision: crate::action::Precision::PerComponent(vec![2.0, 0.5]),
        model_precision: 50.0.into(),
        ..ContinuousActionOptions::default()
    };
    let action = Arc::new(ContinuousAction::new(model, &data, &options).unwrap());
    let h = ActionHamiltonian(action.clone());
    let options = IntegrationOptions {
        method: Method::GaussLegendre6,
        start: 2.0,
        time_step: 0.01,
        points: 41,
        steps_per_point: 4,
        tangent: true,
        ..IntegrationOptions::default()
    };
    let impulses = action.impulses();
    let orbit = integrate(&h, &[1.0, 2.0, 20.0], &[0.0; 3], impulses, &options).unwrap();
    assert_eq!(orbit.failure, None);
    // Points of the data have every second point of the orbit.
    for (point, component, precision, y) in [
        (0, 0, 2.0, 1.5),
        (10, 1, 0.5, 2.0),
        (20, 0, 2.0, 1.0),
        (20, 1, 0.5, 7.0),
        (40, 0, 2.0, 3.0),
    ] {
        let jump = orbit.jumps[3 * point + component];
        let expected = precision * (orbit.x[3 * point + component] - y);
        assert!(
            (jump - expected).abs() < 1e-12 * (1.0 + expected.abs()),
            "{point}"
        );
    }
    let all: f64 = orbit
        .jumps
        .iter()
        .map(|j| j.abs())
        .filter(|j| *j > 0.0)
        .sum();
    assert!(
        orbit.jumps.iter().filter(|j| **j != 0.0).count() == 5,
        "{all}"
    );
    // H itself changes at impulses only.
    assert!((orbit.energy[11] - orbit.energy[10]).abs() > 1e-3);
    assert!(
        (orbit.energy[10] - orbit.energy[1]).abs() < 1e-6,
        "{:?}",
        orbit.energy
    );
    assert!(orbit.energy_error < 1e-6, "{}", orbit.energy_error);
    let size = orbit.tangent.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    assert!(symplectic_defect(&orbit.tangent) < 1e-12 * size * size);
    // Back in time, from after the last impulse to before the first.
    let last: Vec<f64> = (120..123).map(|k| orbit.p[k] + orbit.jumps[k]).collect();
    let back = IntegrationOptions {
        start: 2.4,
        time_step: -0.01,
        ..options
    };
    let back = integrate(&h, &orbit.x[120..], &last, impulses, &back).unwrap();
    assert_eq!(back.failure, None);
    for i in 0..3 {
        assert!((back.x[120 + i] - orbit.x[i]).abs() < 1e-7);
        assert!((back.p[120 + i] + back.jumps[120 + i] - orbit.p[i]).abs() < 1e-6);
    }
    let between = Impulse {
        time: 2.005,
        ..impulses[0]
    };
    let error = integrate(&h, &[1.0; 3], &[0.0; 3], &[between], &options).unwrap_err();
    assert_eq!(error.path(), "impulses[0].time");
}

#[test]
fn adaptive_steps_keep_their_tolerance() {
    let (x, v) = perihelion(0.6);
    let tau = std::f64::consts::TAU;
    let mut errors = Vec::new();
    for tolerance in [1e-6, 1e-9, 1e-12] {
        let options = IntegrationOptions {
            tolerance,
            ..options(Method::DormandPrince, 0.5 * tau, 3)
        };
        let orbit = orbit(&kepler(), (&x, &v), &options);
        errors.push((orbit.x[4] - x[0]).hypot(orbit.x[5] - x[1]));
        assert!(orbit.steps > 20);
    }
    println!("{errors:?}");
    assert!(
        errors[0] < 1e-2 && errors[1] < 1e-5 && errors[2] < 1e-8,
        "{errors:?}"
    );
    assert!(errors[2] < 1e-2 * errors[1] && errors[1] < 1e-1 * errors[0]);
}

#[test]
fn a_step_without_solution_is_stated_with_what_was_reached() {
    // p' = -p^2 / 2 has no implicit step from here, and the flow none after time 2 / |p|.
    let h = hamiltonian(&["q"], &["p"], "q*p^2/2 + exp(q*p)");
    let options = options(Method::ImplicitMidpoint, 4.0, 5);
    let orbit = integrate(&h, &[1.0], &[-3.0], &[], &options).unwrap();
    let failure = orbit.failure.unwrap();
    assert!(
        matches!(failure, Error::NotConverged { .. } | Error::Singular { .. }),
        "{failure}"
    );
    assert!(
        failure.to_string().contains("shorter time step"),
        "{failure}"
    );
    assert_eq!(failure.path(), "timeStep");
    assert!(orbit.times.len() < 5 && orbit.x.len() == orbit.times.len());
    // At the sun nothing is finite.
    let options = IntegrationOptions {
        time_step: 0.1,
        ..options
    };
    let sun = integrate(&kepler(), &[0.0; 2], &[0.0; 2], &[], &options).unwrap();
    assert!(matches!(sun.failure, Some(Error::NotFinite { .. })));
    assert_eq!(sun.x, [0.0; 2]);
    // RK4 does not notice until numbers end.
    let cubic = hamiltonian(&["q"], &["p"], "p^2/2 - q^4");
    let options = IntegrationOptions {
        method: Method::Rk4,
        time_step: 4.0,
        ..options
    };
    let orbit = integrate(&cubic, &[1.0], &[1.0], &[], &options).unwrap();
    assert!(matches!(orbit.failure, Some(Error::NotFinite { .. })));
    assert!(orbit.x.iter().all(|v| v.is_finite()));
}

#[test]
fn what_is_at_rest_stays() {
    let upright = [std::f64::consts::PI];
    for (x, p) in [(&upright, &[0.0]), (&[0.0], &[0.0]), (&[1e-300], &[0.0])] {
        for method in Method::ALL {
            // A hundred thousandth of a bit grows by e^10.
            let found = orbit(&pendulum(), (x, p), &options(method, 0.1, 101));
            assert!((found.x[100] - x[0]).abs() < 1e-10, "{}", method.name());
        }
        for method in VariationalMethod::ALL {
            let options = VariationalOptions {
                method,
                time_step: 0.1,
                points: 101,
                ..VariationalOptions::default()
            };
            let l = classical(ClassicalSystem::Pendulum);
            let found = integrate_variational(&l, x, p, &[], &options).unwrap();
            assert_eq!(found.failure, None, "{}", method.name());
            assert!((found.x[100] - x[0]).abs() < 1e-10, "{}", method.name());
        }
    }
    // A model's own orbit that is met exactly by the data: p is 0, or rounding.
    let data = Observations {
        time_step: 0.1,
        points: 11,
        observed: vec![0],
        values: vec![6.0 * 2f64.sqrt(); 11],
        ..Observations::default()
    };
    let options = ContinuousActionOptions {
        measurement_precision: 1e6.into(),
        data_form: DataForm::Linear,
        ..ContinuousActionOptions::default()
    };
    let model = Arc::new(models::lorenz63().unwrap());
    let action = Arc::new(ContinuousAction::new(model, &data, &options).unwrap());
    let fixed = [6.0 * 2f64.sqrt(), 6.0 * 2f64.sqrt(), 27.0];
    for method in Method::ALL {
        let options = IntegrationOptions {
            method,
            time_step: 1e-4,
            points: 11,
            ..IntegrationOptions::default()
        };
        let h = ActionHamiltonian(action.clone());
        let found = orbit(&h, (&fixed, &[0.0; 3]), &options);
        assert!((found.x[30] - fixed[0]).abs() < 1e-9, "{}", method.name());
    }
}

#[test]
fn bad_input_names_its_field() {
    let h = pendulum();
    let path = |x: &[f64], p: &[f64], options: &IntegrationOptions| {
        let error = integrate(&h, x, p, &[], options).unwrap_err();
        error.path().to_string()
    };
    let good = IntegrationOptions::default();
    assert_eq!(path(&[1.0, 2.0], &[0.0], &good), "x");
    assert_eq!(path(&[1.0], &[], &good), "p");
    assert_eq!(path(&[1.0], &[f64::NAN], &good), "p[0]");
    let bad = |change: fn(&mut IntegrationOptions)| {
        let mut options = good;
        change(&mut options);
        path(&[1.0], &[0.0], &options)
    };
    assert_eq!(bad(|o| o.time_step = 0.0), "timeStep");
    assert_eq!(bad(|o| o.points = 0), "points");
    assert_eq!(bad(|o| o.points = usize::MAX), "points");
    assert_eq!(bad(|o| o.steps_per_point = 0), "stepsPerPoint");
    assert_eq!(bad(|o| o.tolerance = 0.0), "tolerance");
}
