//! Discrete Lagrangians by themselves: derivatives, momenta, singular ones, impulses between steps.

use super::variational::{cases, options, orbit};
use super::*;
use crate::error::Error;
use VariationalMethod as Method;

#[test]
fn derivatives_of_discrete_lagrangians_are_exact() {
    let action = driven_action(DataForm::Cubic);
    let lagrangian = ActionLagrangian(action);
    let work = &mut PhaseSpaceWorkspace::default();
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
                differences(1e-3, |shift| {
                    let mut z = ends;
                    z[j] += shift;
                    gradient(&z)
                })
            })
            .collect();
        let mut unused = PhaseSpaceWorkspace::default();
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
fn both_legendre_transforms_agree_on_an_orbit_where_the_action_is_stationary() {
    for (name, l, x, p, step) in cases() {
        let d = x.len();
        let work = &mut PhaseSpaceWorkspace::default();
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
            // Effect of the rounding of x on the momentum.
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
    // D1 D2 L_d = -1/h + h/4 at the midpoint: 0 at h = 2; and nothing at all where L is a total
    // derivative.
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
        let error = discrete
            .next(&mut PhaseSpaceWorkspace::default(), chord)
            .unwrap_err();
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
    let jumping: Vec<usize> = (0..21).filter(|n| found.jumps[2 * n + 1] != 0.0).collect();
    assert_eq!(jumping, [0, 5, 15, 20]);
}
