//! Discrete Lagrangians: their derivatives, the maps they give, and what these keep.

use super::*;
use VariationalMethod as Method;

/// A name, L, a point (x, p), and a large step.
pub(super) type LagrangianCase = (&'static str, Box<dyn Lagrangian>, Vec<f64>, Vec<f64>, f64);

pub(super) fn cases() -> Vec<LagrangianCase> {
    let lagrangians: [Box<dyn Lagrangian>; 5] = [
        Box::new(classical(ClassicalSystem::Pendulum)),
        Box::new(classical(ClassicalSystem::Kepler)),
        Box::new(LegendreTransform(forced())),
        Box::new(classical(ClassicalSystem::DoublePendulum)),
        Box::new(ActionLagrangian(lorenz63())),
    ];
    let cases = points(0.3).into_iter().zip(lagrangians);
    cases
        .map(|((name, x, p, step), l)| (name, l, x, p, step))
        .collect()
}

pub(super) fn options(method: Method, time_step: f64, points: usize) -> VariationalOptions {
    VariationalOptions {
        method,
        time_step,
        points,
        ..VariationalOptions::default()
    }
}

pub(super) fn orbit(
    l: &dyn Lagrangian,
    at: (&[f64], &[f64]),
    options: &VariationalOptions,
) -> Orbit {
    let orbit = integrate_variational(l, at.0, at.1, &[], options).unwrap();
    assert_eq!(orbit.failure, None, "{}", options.method.name());
    orbit
}

#[test]
fn discrete_lagrangians_give_maps_of_the_canonical_equations() {
    let pairs = [
        (Method::Euler, IntegrationMethod::SymplecticEuler),
        (Method::Midpoint, IntegrationMethod::ImplicitMidpoint),
        (Method::Gauss4, IntegrationMethod::GaussLegendre4),
        (Method::Gauss6, IntegrationMethod::GaussLegendre6),
        (Method::Trapezoid, IntegrationMethod::StormerVerlet),
    ];
    for ((name, l, x, p, step), h) in cases().iter().zip(&hamiltonians()) {
        for (method, canonical) in pairs {
            if method == Method::Trapezoid && !h.is_separable() {
                continue;
            }
            let options = options(method, 0.5 * step, 11);
            let found = orbit(&**l, (x, p), &options);
            let canonical = IntegrationOptions {
                method: canonical,
                time_step: options.time_step,
                points: 11,
                ..IntegrationOptions::default()
            };
            let other = integrate(&**h, x, p, &[], &canonical).unwrap();
            let scale = 1.0 + other.x.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            let error = distance(&found.x, &other.x).max(distance(&found.p, &other.p));
            assert!(error < 1e-11 * scale, "{name} {}: {error}", method.name());
            let error = distance(&found.energy, &other.energy);
            assert!(error < 1e-9 * scale, "{name} {}: {error}", method.name());
        }
    }
}

#[test]
fn maps_of_discrete_lagrangians_are_symplectic_and_reversible() {
    for (name, l, x, p, step) in cases() {
        let d = x.len();
        for method in Method::ALL {
            let options = VariationalOptions {
                tangent: true,
                ..options(method, step, 2)
            };
            let there = orbit(&*l, (&x, &p), &options);
            let defect = symplectic_defect(&there.tangent);
            assert!(defect < 1e-12, "{name} {}: {defect}", method.name());
            if !method.is_symmetric() {
                continue;
            }
            let back = VariationalOptions {
                start: step,
                time_step: -step,
                ..options
            };
            let back = orbit(&*l, (&there.x[d..], &there.p[d..]), &back);
            let error = distance(&back.x[d..], &x).max(distance(&back.p[d..], &p));
            assert!(
                error < 1e-12 * (1.0 + x[d - 1].abs()),
                "{name} {}: {error}",
                method.name()
            );
        }
    }
}

#[test]
fn tangents_are_derivatives_of_the_maps() {
    let l = ActionLagrangian(driven_action(DataForm::Linear));
    let z = [0.6, -0.8, 0.3, 1.1];
    for method in Method::ALL {
        let options = VariationalOptions {
            start: 1.1,
            tangent: true,
            ..options(method, 0.1, 3)
        };
        let tangent = orbit(&l, (&z[..2], &z[2..]), &options).tangent;
        for j in 0..4 {
            let differences = differences(1e-4, |shift| {
                let mut z = z;
                z[j] += shift;
                let orbit = orbit(&l, (&z[..2], &z[2..]), &options);
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
    for ((name, l, x, p, _), h) in cases().into_iter().zip(hamiltonians()) {
        let total = match name {
            "lorenz63" => 0.2,
            "pendulum" | "forced" => 4.0,
            _ => 2.0,
        };
        let d = x.len();
        let exact = IntegrationOptions {
            method: IntegrationMethod::GaussLegendre6,
            time_step: total,
            steps_per_point: 300,
            ..IntegrationOptions::default()
        };
        let exact = integrate(&*h, &x, &p, &[], &exact).unwrap();
        for method in Method::ALL {
            let first = match method.order() {
                1 => 400,
                2 => 40,
                4 => 20,
                _ => 10,
            };
            let errors: Vec<f64> = (0..4)
                .map(|k| {
                    let options = VariationalOptions {
                        steps_per_point: first << k,
                        ..options(method, total, 2)
                    };
                    let found = orbit(&*l, (&x, &p), &options);
                    distance(&found.x[d..], &exact.x[d..])
                })
                .collect();
            let slopes = slopes(&errors);
            println!("{name} {}: {errors:?} {slopes:.2?}", method.name());
            // Rounding ends the last ones of high order.
            let mut clean = (0..3).filter(|&k| errors[k + 1] > 3e-12);
            let last = slopes[clean.next_back().unwrap_or(0)];
            let order = method.order() as f64;
            assert!(
                (last - order).abs() < 0.3,
                "{name} {}: {slopes:?}",
                method.name()
            );
        }
    }
}

#[test]
fn angular_momentum_is_kept_to_rounding_and_energy_without_drift() {
    let (x, v) = perihelion(0.3);
    let kepler = classical(ClassicalSystem::Kepler);
    for method in Method::ALL {
        let found = orbit(&kepler, (&x, &v), &options(method, 0.05, 20_001));
        let moment = |n: usize| {
            let (x, p) = (&found.x[2 * n..][..2], &found.p[2 * n..][..2]);
            x[0] * p[1] - x[1] * p[0]
        };
        let worst = (0..=20_000).map(|n| (moment(n) - moment(0)).abs());
        let worst = worst.fold(0.0, f64::max);
        let (first, last) = tenths(&found);
        println!(
            "{}: angular momentum {worst:.1e}, energy {first:.2e} {last:.2e}",
            method.name()
        );
        assert!(worst < 1e-12, "{}: {worst}", method.name());
        assert!(
            last < 1.05 * first + 1e-12,
            "{}: {first} {last}",
            method.name()
        );
    }
    let rk4 = IntegrationOptions {
        method: IntegrationMethod::Rk4,
        time_step: 0.05,
        points: 20_001,
        ..IntegrationOptions::default()
    };
    let found = integrate(&super::kepler(), &x, &v, &[], &rk4).unwrap();
    let (x, p) = (&found.x[40_000..], &found.p[40_000..]);
    let moment = (1.0f64 - 0.09).sqrt();
    assert!((x[0] * p[1] - x[1] * p[0] - moment).abs() > 1e-6);
}

#[test]
fn energy_of_the_pendulum_stays_for_a_hundred_thousand_steps() {
    let pendulum = classical(ClassicalSystem::Pendulum);
    for method in [Method::Midpoint, Method::Trapezoid, Method::Lobatto4] {
        let options = options(method, 0.2, 100_001);
        let (first, last) = tenths(&orbit(&pendulum, (&[2.0], &[0.0]), &options));
        assert!(
            last < 1.05 * first + 1e-12 && first < 0.05,
            "{}: {first} {last}",
            method.name()
        );
    }
}

#[test]
fn names_are_those_of_files() {
    for method in Method::ALL {
        assert_eq!(serde_json::to_value(method).unwrap(), method.name());
    }
}
