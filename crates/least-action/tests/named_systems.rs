//! Each named system against a known truth about it.

use std::sync::Arc;

use least_action::model::{EquationModel, Model, Points, Scratch};
use least_action::models::{self, ModelSpec};
use least_action::twin::{integrate, Forward};

fn defaults(model: &EquationModel) -> Vec<f64> {
    model.parameters().iter().map(|p| p.default).collect()
}

/// Path of a system without inputs, from its own initial state or another, with some parameters
/// changed by name.
fn path(
    model: &EquationModel,
    initial: &[f64],
    time_step: f64,
    points: usize,
    changed: &[(&str, f64)],
    inputs: &[f64],
) -> Vec<f64> {
    let mut parameters = defaults(model);
    for (name, value) in changed {
        let place = model.parameters().iter().position(|p| p.name == *name);
        parameters[place.unwrap()] = *value;
    }
    let forward = Forward {
        parameters: &parameters,
        initial,
        start: 0.0,
        time_step,
        points,
        inputs,
        ..Forward::default()
    };
    integrate(model, forward).unwrap()
}

/// `F` at one state without inputs.
fn rate(model: &EquationModel, state: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; state.len()];
    let parameters = defaults(model);
    let inputs = vec![0.0; model.inputs().len()];
    let at = Points {
        states: state,
        parameters: &parameters,
        inputs: &inputs,
        times: &[0.0],
    };
    model.evaluate(&mut Scratch::default(), at, &mut values);
    values
}

/// All Lyapunov exponents, greatest first: tangent vectors are carried along by the Jacobian at the
/// midpoints of Runge-Kutta steps, and made orthogonal at every step.
fn lyapunov(model: &EquationModel, parameters: &[f64], time_step: f64, steps: usize) -> Vec<f64> {
    let d = model.dimension();
    let sparsity = model.jacobian_sparsity().clone();
    let mut scratch = Scratch::default();
    let mut entries = vec![0.0; sparsity.entries()];
    let spin_up = (model.spin_up() / time_step) as usize;
    let forward = Forward {
        parameters,
        initial: model.initial_state(),
        start: 0.0,
        time_step,
        points: spin_up + steps + 1,
        ..Forward::default()
    };
    let path = integrate(model, forward).unwrap();
    let mut tangents: Vec<Vec<f64>> = (0..d)
        .map(|k| (0..d).map(|i| if i == k { 1.0 } else { 0.01 }).collect())
        .collect();
    let mut sums = vec![0.0; d];
    let mut product = |state: &[f64], tangents: &[Vec<f64>]| -> Vec<Vec<f64>> {
        let at = Points {
            states: state,
            parameters,
            ..Points::default()
        };
        model.jacobian(&mut scratch, at, &mut entries);
        let row = |tangent: &Vec<f64>, r: usize| -> f64 {
            let entry = sparsity.starts[r]..sparsity.starts[r + 1];
            entry
                .filter(|&e| sparsity.columns[e] < d)
                .map(|e| entries[e] * tangent[sparsity.columns[e]])
                .sum()
        };
        let apply = |t: &Vec<f64>| (0..d).map(|r| row(t, r)).collect();
        tangents.iter().map(apply).collect()
    };
    let rows: Vec<&[f64]> = path.chunks_exact(d).skip(spin_up).collect();
    for pair in rows.windows(2) {
        let (a, b) = (
            rate_at(model, parameters, pair[0]),
            rate_at(model, parameters, pair[1]),
        );
        let middle: Vec<f64> = (0..d)
            .map(|i| 0.5 * (pair[0][i] + pair[1][i]) + time_step / 8.0 * (a[i] - b[i]))
            .collect();
        let shifted = |slope: &[Vec<f64>], h: f64| -> Vec<Vec<f64>> {
            let add =
                |(t, s): (&Vec<f64>, &Vec<f64>)| t.iter().zip(s).map(|(t, s)| t + h * s).collect();
            tangents.iter().zip(slope).map(add).collect()
        };
        let k1 = product(pair[0], &tangents);
        let k2 = product(&middle, &shifted(&k1, time_step / 2.0));
        let k3 = product(&middle, &shifted(&k2, time_step / 2.0));
        let k4 = product(pair[1], &shifted(&k3, time_step));
        for k in 0..d {
            for i in 0..d {
                tangents[k][i] +=
                    time_step / 6.0 * (k1[k][i] + 2.0 * k2[k][i] + 2.0 * k3[k][i] + k4[k][i]);
            }
        }
        for (k, sum) in sums.iter_mut().enumerate() {
            let (before, rest) = tangents.split_at_mut(k);
            let tangent = &mut rest[0];
            for other in before {
                let product: f64 = other.iter().zip(&*tangent).map(|(a, b)| a * b).sum();
                tangent
                    .iter_mut()
                    .zip(&*other)
                    .for_each(|(t, o)| *t -= product * o);
            }
            let length = tangent.iter().map(|t| t * t).sum::<f64>().sqrt();
            tangent.iter_mut().for_each(|t| *t /= length);
            *sum += length.ln();
        }
    }
    sums.iter()
        .map(|sum| sum / (steps as f64 * time_step))
        .collect()
}

fn rate_at(model: &EquationModel, parameters: &[f64], state: &[f64]) -> Vec<f64> {
    let mut values = vec![0.0; state.len()];
    let at = Points {
        states: state,
        parameters,
        ..Points::default()
    };
    model.evaluate(&mut Scratch::default(), at, &mut values);
    values
}

/// Kaplan and Yorke's dimension of an attractor with these exponents.
fn kaplan_yorke(exponents: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (k, exponent) in exponents.iter().enumerate() {
        if sum + exponent < 0.0 {
            return k as f64 + sum / -exponent;
        }
        sum += exponent;
    }
    exponents.len() as f64
}

#[test]
fn lorenz63_has_its_fixed_points_and_exponents() {
    let model = models::lorenz63().unwrap();
    let c = (8.0f64 / 3.0 * 27.0).sqrt();
    for state in [[0.0; 3], [c, c, 27.0], [-c, -c, 27.0]] {
        assert!(rate(&model, &state).iter().all(|r| r.abs() < 1e-12));
    }
    // J. C. Sprott, Chaos and Time-Series Analysis, 2003: 0.9056, 0, -14.5723. The sum is exactly
    // -(10 + 1 + 8/3).
    let exponents = lyapunov(&model, &defaults(&model), 0.01, 40_000);
    assert!((exponents[0] - 0.9056).abs() < 0.02, "{exponents:?}");
    assert!(exponents[1].abs() < 0.01, "{exponents:?}");
    assert!(
        (exponents.iter().sum::<f64>() + 41.0 / 3.0).abs() < 1e-3,
        "{exponents:?}"
    );
    assert!((kaplan_yorke(&exponents) - 2.062).abs() < 0.01);
}

#[test]
fn lorenz96_has_its_exponents() {
    // E. N. Lorenz and K. A. Emanuel, J. Atmos. Sci. 55, 399 (1998), 40 sites, forcing 8: the
    // greatest exponent is that of a doubling time of 2.1 days (of 0.2 units each), 13 are
    // positive, the attractor's dimension is 27.1.
    let model = models::lorenz96(40).unwrap();
    let exponents = lyapunov(&model, &[8.0], 0.02, 2500);
    let doubling = 2f64.ln() / exponents[0] / 0.2;
    assert!((doubling - 2.1).abs() < 0.15, "{doubling}");
    let positive = exponents.iter().filter(|&&e| e > 0.01).count();
    assert!((12..=14).contains(&positive), "{positive} {exponents:?}");
    let dimension = kaplan_yorke(&exponents);
    assert!((dimension - 27.1).abs() < 0.5, "{dimension}");
    // The trace of the Jacobian is -40 everywhere.
    assert!((exponents.iter().sum::<f64>() + 40.0).abs() < 0.01);
}

#[test]
fn predators_and_prey_keep_their_constant_of_motion() {
    let model = models::lotka_volterra().unwrap();
    let (alpha, beta, gamma, delta) = (0.55, 0.028, 0.80, 0.024);
    let constant = |u: f64, v: f64| delta * u - gamma * u.ln() + beta * v - alpha * v.ln();
    let start = constant(34.0, 5.9);
    let orbit = path(&model, model.initial_state(), 0.01, 3001, &[], &[]);
    let logarithms = models::log_lotka_volterra().unwrap();
    let same = path(
        &logarithms,
        logarithms.initial_state(),
        0.01,
        3001,
        &[],
        &[],
    );
    for (x, y) in orbit.chunks(2).zip(same.chunks(2)) {
        assert!((constant(x[0], x[1]) - start).abs() < 1e-7);
        assert!((y[0].exp() / x[0] - 1.0).abs() < 1e-6 && (y[1].exp() / x[1] - 1.0).abs() < 1e-6);
    }
    assert!(rate(&model, &[gamma / delta, alpha / beta])
        .iter()
        .all(|r| r.abs() < 1e-12));
}

#[test]
fn the_neuron_rests_and_fires_under_current() {
    let model = models::nakl_neuron().unwrap();
    let initial = model.initial_state();
    let quiet = path(&model, initial, 0.1, 3001, &[], &vec![0.0; 3001]);
    let last = &quiet[3000 * 4..];
    assert!(
        rate(&model, last).iter().all(|r| r.abs() < 1e-9),
        "{last:?}"
    );
    for (rest, given) in last.iter().zip(initial) {
        assert!(
            (rest - given).abs() < 1e-6 * rest.abs().max(1.0),
            "{last:?}"
        );
    }
    let spikes = |current: f64| {
        let orbit = path(&model, initial, 0.1, 2001, &[], &vec![current; 2001]);
        let v: Vec<f64> = orbit.chunks(4).map(|x| x[0]).collect();
        assert!(
            v.iter().all(|v| (-77.0..50.0).contains(v)),
            "between the reversal potentials"
        );
        for x in orbit.chunks(4) {
            assert!(x[1..].iter().all(|gate| (0.0..=1.0).contains(gate)));
        }
        v.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count()
    };
    // One spike, then rest, at a current of 5; trains of spikes at stronger currents, the faster
    // the stronger.
    let counts = [0.0, 2.0, 5.0, 10.0, 20.0, 30.0].map(spikes);
    assert_eq!(counts, [0, 0, 1, 13, 18, 20]);
}

#[test]
fn the_colpitts_oscillator_is_bounded_and_chaotic() {
    let model = models::colpitts().unwrap();
    let exponents = lyapunov(&model, &defaults(&model), 0.02, 40_000);
    // One positive, one zero; the sum is the mean of the trace, -q - 0 = -0.6898, for exp(-x1) is
    // not on the diagonal.
    assert!(exponents[0] > 0.02, "{exponents:?}");
    assert!(exponents[1].abs() < 0.01, "{exponents:?}");
    assert!(
        (exponents.iter().sum::<f64>() + 0.6898).abs() < 1e-3,
        "{exponents:?}"
    );
    let orbit = path(&model, model.initial_state(), 0.02, 50_001, &[], &[]);
    assert!(orbit.iter().all(|x| x.abs() < 200.0));
}

#[test]
fn the_pendulum_has_the_period_of_the_elliptic_integral() {
    let model = models::pendulum().unwrap();
    let angle: f64 = 2.0;
    // 4 K(sin(angle/2)) / omega, by the arithmetic-geometric mean.
    let (mut a, mut g) = (1.0, (angle / 2.0).cos());
    for _ in 0..10 {
        (a, g) = ((a + g) / 2.0, f64::sqrt(a * g));
    }
    let period = 2.0 * std::f64::consts::PI / (9.81f64.sqrt() * a);
    let steps = 2000;
    let orbit = path(
        &model,
        &[angle, 0.0],
        period / steps as f64,
        steps + 1,
        &[("damping", 0.0)],
        &[],
    );
    let last = &orbit[steps * 2..];
    assert!(
        (last[0] - angle).abs() < 1e-9 && last[1].abs() < 1e-8,
        "{last:?}"
    );
    let half = &orbit[steps..steps + 2];
    assert!((half[0] + angle).abs() < 1e-9, "{half:?}");
}

#[test]
fn the_double_well_has_its_minima_and_its_barrier() {
    let model = models::double_well().unwrap();
    for (start, end) in [(0.1, 1.0), (-0.1, -1.0), (3.0, 1.0)] {
        let orbit = path(&model, &[start], 0.01, 1001, &[], &[]);
        assert!((orbit[1000] - end).abs() < 1e-12);
    }
    // The work against the force from a minimum to the top, by Simpson's rule, exact for cubics.
    let force = |x: f64| rate(&model, &[x])[0];
    let barrier = (force(0.0) + 4.0 * force(0.5) + force(1.0)) / 6.0;
    assert!((barrier - 1.0).abs() < 1e-15);
    assert_eq!(force(0.0), 0.0);
}

#[test]
fn texts_of_all_systems_say_what_the_models_are() {
    for spec in ModelSpec::catalogue() {
        let model: Arc<EquationModel> = Arc::new(spec.build().unwrap());
        assert_eq!(model.definition(), spec.definition().unwrap());
        let printed = model.expanded();
        assert!(
            printed.build().unwrap().has_equations_of(&model),
            "{printed}"
        );
        assert!(model.explain().value.total() > 0);
    }
}
