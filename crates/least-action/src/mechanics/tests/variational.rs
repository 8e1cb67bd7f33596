//! Discrete Lagrangians: their derivatives, the maps they give, and what these keep.

use super::*;
use crate::error::Error;
use VariationalMethod as Method;

/// A name, L, a point (x, p), and a large step.
type Case = (&'static str, Box<dyn Lagrangian>, Vec<f64>, Vec<f64>, f64);

fn cases() -> Vec<Case> {
    let (x, v) = perihelion(0.3);
    let boxed = |system| -> Box<dyn Lagrangian> { Box::new(classical(system)) };
    vec![
        (
            "pendulum",
            boxed(ClassicalSystem::Pendulum),
            vec![2.0],
            vec![0.3],
            0.5,
        ),
        (
            "kepler",
            boxed(ClassicalSystem::Kepler),
            x.to_vec(),
            v.to_vec(),
            0.1,
        ),
        (
            "forced",
            Box::new(LagrangianOf(forced())),
            vec![1.0],
            vec![0.5],
            0.5,
        ),
        (
            "double pendulum",
            boxed(ClassicalSystem::DoublePendulum),
            vec![1.0, -0.5],
            vec![0.4, 0.8],
            0.2,
        ),
        (
            "lorenz63",
            Box::new(ActionLagrangian(lorenz63())),
            vec![1.0, 2.0, 20.0],
            vec![0.5, -0.3, 0.2],
            0.02,
        ),
    ]
}

/// H of the same.
fn hamiltonians() -> [Box<dyn Hamiltonian>; 5] {
    [
        Box::new(pendulum()),
        Box::new(kepler()),
        Box::new(forced()),
        Box::new(HamiltonianOf(classical(ClassicalSystem::DoublePendulum))),
        Box::new(ActionHamiltonian(lorenz63())),
    ]
}

fn options(method: Method, time_step: f64, points: usize) -> VariationalOptions {
    VariationalOptions {
        method,
        time_step,
        points,
        ..VariationalOptions::default()
    }
}

fn orbit(l: &dyn Lagrangian, at: (&[f64], &[f64]), options: &VariationalOptions) -> Orbit {
    let orbit = integrate_variational(l, at.0, at.1, &[], options).unwrap();
    assert_eq!(orbit.failure, None, "{}", options.method.name());
    orbit
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

#[test]
fn derivatives_of_discrete_lagrangians_are_exact() {
    let action = driven_action(DataForm::Cubic);
    let lagrangian = ActionLagrangian(action);
    let work = &mut Workspace::default();
    let ends = [0.6, -0.8, 0.7, -0.6];
    let chord = |z: &[f64; 4], f: &mut dyn FnMut(Chord)| {
        f(Chord {
            time: 1.1,
            time_step: 0.2,
            x0: &z[..2],
            x1: &z[2..],
        });
    };
    for method in Method::ALL {
        let discrete = DiscreteLagrangian::new(&lagrangian, method);
        let mut gradient = |z: &[f64; 4]| {
            let (mut value, mut d1, mut d2) = (0.0, [0.0; 2], [0.0; 2]);
            chord(z, &mut |c| {
                value = discrete.gradient(work, c, &mut d1, &mut d2).unwrap();
            });
            [&[value], &d1[..], &d2].concat()
        };
        let here = gradient(&ends);
        let mut hessian = [0.0; 16];
        let shifted: Vec<Vec<f64>> = (0..4)
            .map(|j| {
                let mut at = |shift: f64| {
                    let mut z = ends;
                    z[j] += shift;
                    gradient(&z)
                };
                let s = 1e-3;
                let (a, b, c, d) = (at(s), at(-s), at(2.0 * s), at(-2.0 * s));
                (0..5)
                    .map(|i| (8.0 * (a[i] - b[i]) - (c[i] - d[i])) / (12.0 * s))
                    .collect()
            })
            .collect();
        let mut unused = Workspace::default();
        chord(&ends, &mut |c| {
            discrete.hessian(&mut unused, c, &mut hessian).unwrap()
        });
        for j in 0..4 {
            let name = method.name();
            let slope = shifted[j][0];
            assert!(
                (here[1 + j] - slope).abs() < 1e-8,
                "{name} {j}: {here:?} {slope}"
            );
            for i in 0..4 {
                let (found, difference) = (hessian[4 * j + i], shifted[j][1 + i]);
                assert!(
                    (found - difference).abs() < 1e-7,
                    "{name} [{i}, {j}]: {found} {difference}"
                );
                assert!((found - hessian[4 * i + j]).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn gauss_points_give_collocation_and_the_trapezoid_stormer_and_verlet() {
    let pairs = [
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
            let end = |shift: f64| {
                let mut z = z;
                z[j] += shift;
                let orbit = orbit(&l, (&z[..2], &z[2..]), &options);
                [&orbit.x[4..], &orbit.p[4..]].concat()
            };
            let s = 1e-4;
            let (a, b, c, d) = (end(s), end(-s), end(2.0 * s), end(-2.0 * s));
            for i in 0..4 {
                let difference = (8.0 * (a[i] - b[i]) - (c[i] - d[i])) / (12.0 * s);
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
            let slopes: Vec<f64> = errors.windows(2).map(|e| (e[0] / e[1]).log2()).collect();
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
        let errors = found.energy.iter().map(|e| (e - found.energy[0]).abs());
        let errors: Vec<f64> = errors.collect();
        let largest = |range: &[f64]| range.iter().fold(0.0f64, |m, e| m.max(*e));
        let (first, last) = (largest(&errors[..2000]), largest(&errors[18_000..]));
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
        let found = orbit(&pendulum, (&[2.0], &[0.0]), &options(method, 0.2, 100_001));
        let errors: Vec<f64> = found
            .energy
            .iter()
            .map(|e| (e - found.energy[0]).abs())
            .collect();
        let largest = |range: &[f64]| range.iter().fold(0.0f64, |m, e| m.max(*e));
        let (first, last) = (largest(&errors[..10_000]), largest(&errors[90_000..]));
        assert!(
            last < 1.05 * first + 1e-12 && first < 0.05,
            "{}: {first} {last}",
            method.name()
        );
    }
}

#[test]
fn both_legendre_transforms_agree_on_an_orbit_where_the_action_is_stationary() {
    for (name, l, x, p, step) in cases() {
        let d = x.len();
        let work = &mut Workspace::default();
        for method in Method::ALL {
            let discrete = DiscreteLagrangian::new(&*l, method);
            let h = 0.5 * step;
            let found = orbit(&*l, (&x, &p), &options(method, h, 9));
            let chord = |k: usize| Chord {
                time: k as f64 * h,
                time_step: h,
                x0: &found.x[k * d..][..d],
                x1: &found.x[(k + 1) * d..][..d],
            };
            let size = found.p.iter().fold(1.0f64, |m, v| m.max(v.abs()));
            // What rounding of x does to the momentum.
            let scale = 1e-12 * size.max(found.x.iter().fold(0.0, |m: f64, v| m.max(v.abs())) / h);
            for k in 1..8 {
                let after = discrete.momentum_after(work, chord(k - 1)).unwrap();
                let before = discrete.momentum_before(work, chord(k)).unwrap();
                let stated = &found.p[k * d..][..d];
                let error = distance(&after, &before).max(distance(&after, stated));
                assert!(error < 10.0 * scale, "{name} {}: {error}", method.name());
                let next = discrete.next(work, chord(k - 1)).unwrap();
                let error = distance(&next, chord(k).x1);
                assert!(error < 1e-10, "{name} {}: {error}", method.name());
            }
            let mut gradient = vec![0.0; found.x.len()];
            discrete
                .action(work, (0.0, h), &found.x, &mut gradient)
                .unwrap();
            let (ends, inner) = (&gradient[..d], &gradient[d..gradient.len() - d]);
            assert!(
                distance(inner, &vec![0.0; inner.len()]) < 10.0 * scale,
                "{name}"
            );
            let minus: Vec<f64> = ends.iter().map(|g| -g).collect();
            assert!(distance(&minus, &p) < 10.0 * scale, "{name}");
        }
    }
}

#[test]
fn a_step_whose_ends_are_not_tied_together_is_refused_by_name() {
    let build = |text: &str| {
        let definition = LagrangianDefinition {
            coordinates: vec!["q".into()],
            velocities: vec!["v".into()],
            lagrangian: text.into(),
            ..LagrangianDefinition::default()
        };
        definition.build(&BTreeMap::new()).unwrap()
    };
    // D1 D2 L_d = -1/h + h/4 at the midpoint: 0 at h = 2; and nothing at all where L is a total derivative.
    for (text, step) in [("v^2/2 + q^2/2", 2.0), ("q*v", 0.1)] {
        let l = build(text);
        let found =
            integrate_variational(&l, &[1.0], &[0.3], &[], &options(Method::Midpoint, step, 4));
        let failure = found.unwrap().failure.unwrap();
        assert!(matches!(failure, Error::Singular { .. }), "{failure}");
        assert!(failure.to_string().contains("D1 D2 L_d"), "{failure}");
        let discrete = DiscreteLagrangian::new(&l, Method::Midpoint);
        let chord = Chord {
            time: 0.0,
            time_step: step,
            x0: &[1.0],
            x1: &[1.2],
        };
        let error = discrete.next(&mut Workspace::default(), chord).unwrap_err();
        assert!(error.to_string().contains("D1 D2 L_d"), "{error}");
    }
}

#[test]
fn impulses_strike_discrete_orbits_too() {
    let data = Observations {
        time_step: 0.1,
        ..driven_data()
    };
    let action = driven_action_of(&data, DataForm::Impulses);
    let impulses = action.impulses();
    assert_eq!(impulses.len(), 4);
    let found = VariationalOptions {
        start: 1.0,
        ..options(Method::Gauss6, 0.02, 21)
    };
    let l = ActionLagrangian(action.clone());
    let found = integrate_variational(&l, &[0.6, -0.8], &[0.0; 2], impulses, &found).unwrap();
    let other = IntegrationOptions {
        method: IntegrationMethod::GaussLegendre6,
        start: 1.0,
        time_step: 0.02,
        points: 21,
        ..IntegrationOptions::default()
    };
    let h = ActionHamiltonian(action.clone());
    let other = integrate(&h, &[0.6, -0.8], &[0.0; 2], impulses, &other).unwrap();
    assert_eq!((&found.failure, &other.failure), (&None, &None));
    let size = other.p.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    assert!(distance(&found.x, &other.x) < 1e-10 * size);
    assert!(distance(&found.jumps, &other.jumps) < 1e-10 * size);
    let struck: Vec<usize> = (0..21).filter(|n| found.jumps[2 * n + 1] != 0.0).collect();
    assert_eq!(struck, [0, 5, 15, 20]);
}

#[cfg(feature = "serde")]
#[test]
fn names_are_those_of_files() {
    for method in Method::ALL {
        assert_eq!(serde_json::to_value(method).unwrap(), method.name());
    }
}
