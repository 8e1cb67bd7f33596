//! Lyapunov exponents of canonical flows.

use super::*;
use crate::error::Error;

#[test]
fn lorenz63_has_the_published_exponents_and_their_negatives() {
    // J. C. Sprott, Chaos and Time-Series Analysis, 2003: 0.9056, 0, -14.5723 at sigma 10, rho 28,
    // beta 8/3.
    let model = models::lorenz63().unwrap();
    let values: Vec<f64> = model.parameters().iter().map(|p| p.default).collect();
    assert_eq!(values, [10.0, 28.0, 8.0 / 3.0]);
    let h = ActionHamiltonian(lorenz63());
    let options = LyapunovOptions {
        method: IntegrationMethod::Rk4,
        time_step: 0.01,
        points: 102_001,
        discard: 2_000,
        ..LyapunovOptions::default()
    };
    let found = lyapunov_exponents(&h, &[1.0, 2.0, 20.0], &[0.0; 3], &options).unwrap();
    println!("{found:?}");
    assert_eq!(found.p, [0.0; 3]);
    assert!((found.time - 1000.0).abs() < 1e-9);
    let published = [14.5723, 0.9056, 0.0, 0.0, -0.9056, -14.5723];
    for (k, (e, published)) in found.exponents.iter().zip(published).enumerate() {
        assert!((e - published).abs() < 0.01, "{k}: {e} {published}");
        assert!((e - published).abs() < 3.0 * found.uncertainty[k] + 0.005);
    }
    assert!(found.pair_error < 1e-3, "{}", found.pair_error);
    let e = &found.exponents;
    // The divergence of the flow is the sum of its exponents.
    let sum = e[1] + e[2] + e[5];
    assert!((sum + 41.0 / 3.0).abs() < 3e-3, "{sum}");
}

#[test]
fn oscillators_have_none_and_saddles_their_slopes() {
    let options = |method| LyapunovOptions {
        method,
        time_step: 0.05,
        points: 4_001,
        ..LyapunovOptions::default()
    };
    for method in [
        IntegrationMethod::ImplicitMidpoint,
        IntegrationMethod::StormerVerlet,
        IntegrationMethod::DormandPrince,
    ] {
        let oscillator = hamiltonian(&["q"], &["p"], "p^2/2 + q^2/2");
        let found = lyapunov_exponents(&oscillator, &[1.0], &[0.3], &options(method)).unwrap();
        for e in &found.exponents {
            assert!(e.abs() < 5e-3, "{}: {e}", method.name());
        }
        // A pendulum, its angle from upright: it falls as e^t.
        let upright = hamiltonian(&["q"], &["p"], "p^2/2 + cos(q)");
        let found = lyapunov_exponents(&upright, &[0.0], &[0.0], &options(method));
        let found = found.unwrap();
        for (e, exact) in found.exponents.iter().zip([1.0, -1.0]) {
            assert!((e - exact).abs() < 5e-3, "{}: {e}", method.name());
        }
        assert!(found.pair_error < 1e-6, "{}", found.pair_error);
    }
}

#[test]
fn exponents_off_the_orbits_of_the_model_come_in_pairs_too() {
    let h = ActionHamiltonian(lorenz63());
    let options = LyapunovOptions {
        method: IntegrationMethod::GaussLegendre4,
        time_step: 0.002,
        points: 201,
        ..LyapunovOptions::default()
    };
    let found = lyapunov_exponents(&h, &[1.0, 2.0, 20.0], &[0.5, -0.3, 0.2], &options).unwrap();
    assert!(found.p.iter().all(|p| p.abs() > 1e-3), "{:?}", found.p);
    // Volumes of the phase space are kept whatever the time.
    let sum: f64 = found.exponents.iter().sum();
    assert!(sum.abs() < 1e-9, "{sum}");
    assert!(found.exponents[0] > 1.0);
}

#[test]
fn orbits_that_end_are_stated() {
    let cubic = hamiltonian(&["q"], &["p"], "p^2/2 - q^4");
    let options = LyapunovOptions {
        method: IntegrationMethod::Rk4,
        time_step: 0.5,
        points: 100,
        ..LyapunovOptions::default()
    };
    let error = lyapunov_exponents(&cubic, &[1.0], &[1.0], &options).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
    let bad = |change: fn(&mut LyapunovOptions)| {
        let mut options = options;
        change(&mut options);
        let error = lyapunov_exponents(&cubic, &[1.0], &[1.0], &options).unwrap_err();
        error.path().to_string()
    };
    assert_eq!(bad(|o| o.points = 2), "points");
    assert_eq!(bad(|o| o.discard = 98), "discard");
    assert_eq!(bad(|o| o.time_step = -0.1), "timeStep");
    assert_eq!(bad(|o| o.steps_per_point = 0), "stepsPerPoint");
    let error = lyapunov_exponents(&cubic, &[1.0], &[], &options).unwrap_err();
    assert_eq!(error.path(), "p");
}
