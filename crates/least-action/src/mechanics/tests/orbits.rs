//! Properties of integrators: symplecticity, orders, energy without drift, reversibility; and the
//! end of orbits at which Newton's method fails.

use super::*;
use IntegrationMethod as Method;

pub(super) fn options(method: Method, time_step: f64, points: usize) -> IntegrationOptions {
    IntegrationOptions {
        method,
        time_step,
        points,
        ..IntegrationOptions::default()
    }
}

pub(super) fn orbit(
    h: &dyn Hamiltonian,
    at: (&[f64], &[f64]),
    options: &IntegrationOptions,
) -> Orbit {
    let orbit = integrate(h, at.0, at.1, &[], options).unwrap();
    assert_eq!(orbit.failure, None, "{}", options.method.name());
    orbit
}

/// A name, H, a point (x, p), and a large step.
type HamiltonianCase = (&'static str, Box<dyn Hamiltonian>, Vec<f64>, Vec<f64>, f64);

fn cases() -> Vec<HamiltonianCase> {
    let cases = points(0.6).into_iter().zip(hamiltonians());
    cases
        .map(|((name, x, p, step), h)| (name, h, x, p, step))
        .collect()
}

#[test]
fn methods_called_symplectic_are_and_the_others_are_not() {
    for (name, h, x, p, step) in cases() {
        for method in Method::ALL {
            let options = IntegrationOptions {
                tangent: true,
                tolerance: 1e-3,
                ..options(method, step, 2)
            };
            let orbit = orbit(&*h, (&x, &p), &options);
            let defect = symplectic_defect(&orbit.tangent);
            let largest = orbit.tangent.iter().fold(1.0f64, |m, v| m.max(v.abs()));
            println!("{name} {}: {defect:.1e} {largest:.1}", method.name());
            match method.is_symplectic() {
                true => assert!(defect < 1e-12, "{name} {}: {defect}", method.name()),
                false if method == Method::Rk4 => assert!(defect > 1e-6, "{name}: {defect}"),
                false => assert!(defect > 1e-9, "{name}: {defect}"),
            }
        }
    }
}

#[test]
fn tangents_are_derivatives_of_the_maps() {
    let action = driven_action(DataForm::Cubic);
    let h = ActionHamiltonian(action.clone());
    let z = [0.6, -0.8, 0.3, 1.1];
    for method in Method::ALL {
        let options = IntegrationOptions {
            start: 1.1,
            tangent: true,
            tolerance: 1e-6,
            ..options(method, 0.1, 3)
        };
        let tangent = orbit(&h, (&z[..2], &z[2..]), &options).tangent;
        if method == Method::DormandPrince {
            // Its steps depend on the point, so that differences of orbits are no derivative.
            assert!(symplectic_defect(&tangent) < 1e-4);
            continue;
        }
        for j in 0..4 {
            let differences = differences(1e-4, |shift| {
                let mut z = z;
                z[j] += shift;
                let orbit = orbit(&h, (&z[..2], &z[2..]), &options);
                [&orbit.x[4..], &orbit.p[4..]].concat()
            });
            for (i, difference) in differences.into_iter().enumerate() {
                let found = tangent[j * 4 + i];
                let error = (found - difference).abs() / (1.0 + difference.abs());
                assert!(error < 1e-9, "{} [{i}, {j}]: {error}", method.name());
            }
        }
    }
}

#[test]
fn orders_are_the_slopes_over_four_steps() {
    for (name, h, x, p, _) in cases() {
        let total = match name {
            "lorenz63" => 0.2,
            "pendulum" | "forced" => 4.0,
            _ => 2.0,
        };
        let exact = IntegrationOptions {
            steps_per_point: 400,
            ..options(Method::GaussLegendre6, total, 2)
        };
        let d = x.len();
        let exact = orbit(&*h, (&x, &p), &exact);
        for method in Method::ALL
            .into_iter()
            .filter(|&m| m != Method::DormandPrince)
        {
            let first = match method.order() {
                1 => 80,
                2 => 40,
                4 => 20,
                _ => 10,
            };
            let errors: Vec<f64> = (0..4)
                .map(|k| {
                    let options = IntegrationOptions {
                        steps_per_point: first << k,
                        ..options(method, total, 2)
                    };
                    let orbit = orbit(&*h, (&x, &p), &options);
                    distance(&orbit.x[d..], &exact.x[d..])
                })
                .collect();
            let slopes = slopes(&errors);
            println!("{name} {}: {errors:?} {slopes:.2?}", method.name());
            // Rounding ends the last ones of high order.
            let clean: Vec<f64> = (0..3)
                .filter(|&k| errors[k + 1] > 3e-12)
                .map(|k| slopes[k])
                .collect();
            let order = method.order() as f64;
            // Errors of RK4 may fall faster for a while.
            let above = if method == Method::Rk4 { 0.6 } else { 0.2 };
            let last = clean.last().unwrap();
            assert!(
                (order - 0.2..order + above).contains(last),
                "{name} {}: {slopes:?}",
                method.name()
            );
        }
    }
}

#[test]
fn energy_stays_for_a_hundred_thousand_steps_and_drifts_with_rk4() {
    let (x, v) = perihelion(0.3);
    let systems: Vec<HamiltonianCase> = vec![
        ("pendulum", Box::new(pendulum()), vec![2.0], vec![0.0], 0.2),
        ("kepler", Box::new(kepler()), x.to_vec(), v.to_vec(), 0.05),
    ];
    for (name, h, x, p, step) in systems {
        let compositions = [Method::Suzuki4, Method::Yoshida6, Method::KahanLi6];
        for method in Method::ALL {
            if name == "kepler" && compositions.contains(&method) {
                continue;
            }
            let options = IntegrationOptions {
                steps_per_point: 10,
                ..options(method, 10.0 * step, 10_001)
            };
            let (first, last) = tenths(&orbit(&*h, (&x, &p), &options));
            println!("{name} {}: {first:.2e} {last:.2e}", method.name());
            if method.is_symplectic() {
                // Rounding errors walk at random.
                assert!(
                    last < 1.05 * first + 1e-12,
                    "{name} {}: {first} {last}",
                    method.name()
                );
                assert!(first < 0.2, "{name} {}: {first}", method.name());
            } else if method == Method::Rk4 {
                assert!(last > 5.0 * first, "{name}: {first} {last}");
            }
        }
    }
}

#[test]
fn symmetric_methods_find_back() {
    for (name, h, x, p, step) in cases() {
        let d = x.len();
        for method in Method::ALL {
            let there = orbit(&*h, (&x, &p), &options(method, 0.5 * step, 11));
            let end = (&there.x[10 * d..], &there.p[10 * d..]);
            let back = IntegrationOptions {
                start: 5.0 * step,
                ..options(method, -0.5 * step, 11)
            };
            let back = orbit(&*h, end, &back);
            let error = distance(&back.x[10 * d..], &x).max(distance(&back.p[10 * d..], &p));
            if method.is_symmetric() {
                assert!(error < 1e-10, "{name} {}: {error}", method.name());
            } else if method.order() == 1 {
                assert!(error > 1e-6, "{name} {}: {error}", method.name());
            }
        }
    }
}

#[test]
fn euler_methods_are_adjoint_to_each_other() {
    let (h, x, p) = (
        ActionHamiltonian(driven_action(DataForm::Linear)),
        [0.6, -0.8],
        [0.3, 1.1],
    );
    let start = |start: f64, method, step| IntegrationOptions {
        start,
        ..options(method, step, 2)
    };
    let there = orbit(&h, (&x, &p), &start(1.1, Method::SymplecticEuler, 0.1));
    let end = (&there.x[2..], &there.p[2..]);
    let back = orbit(&h, end, &start(1.2, Method::SymplecticEulerAdjoint, -0.1));
    let error = distance(&back.x[2..], &x).max(distance(&back.p[2..], &p));
    assert!(error < 1e-14, "{error}");
}

#[test]
fn the_canonical_flow_stretches_and_shrinks_in_pairs() {
    let h = ActionHamiltonian(lorenz63());
    let options = IntegrationOptions {
        tangent: true,
        ..options(Method::GaussLegendre6, 0.01, 61)
    };
    let orbit = orbit(&h, (&[1.0, 2.0, 20.0], &[0.0, 0.0, 0.0]), &options);
    let values = nalgebra::DMatrix::from_column_slice(6, 6, &orbit.tangent).singular_values();
    let mut logarithms: Vec<f64> = values.iter().map(|s| s.ln()).collect();
    logarithms.sort_by(f64::total_cmp);
    println!("{logarithms:?}");
    assert!(logarithms[5] > 1.0);
    for k in 0..3 {
        // The smallest is known to rounding errors of the largest.
        let pair = logarithms[k] + logarithms[5 - k];
        assert!(pair.abs() < 1e-6, "{logarithms:?}");
    }
    // On p = 0 the flow is the model's own.
    assert!(orbit.p.iter().all(|p| *p == 0.0));
}

#[test]
fn names_are_those_of_files() {
    for method in Method::ALL {
        let written = serde_json::to_value(method).unwrap();
        assert_eq!(written, method.name());
    }
    for form in DataForm::ALL {
        assert_eq!(serde_json::to_value(form).unwrap(), form.name());
    }
    for system in ClassicalSystem::ALL {
        assert_eq!(serde_json::to_value(system).unwrap(), system.name());
    }
}
