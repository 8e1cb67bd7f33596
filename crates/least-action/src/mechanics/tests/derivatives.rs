//! First and second derivatives of Lagrangians and Hamiltonians against hyper-dual numbers through
//! formulas written a second time; Legendre transforms against each other; the Euler-Lagrange
//! operator against its definition.

use num_dual::{DualNum, HyperDual64};

use super::*;
use crate::error::Error;

/// A formula for any kind of number.
trait Reference {
    fn at<T: DualNum<Primitive = f64> + Copy>(&self, t: T, x: &[T], w: &[T]) -> T;
}

/// Value, gradient, Hessian in (x, w), and mixed derivatives in w and t.
struct Derivatives {
    value: f64,
    gradient: Vec<f64>,
    hessian: Vec<f64>,
    rate: Vec<f64>,
}

fn expected(reference: &impl Reference, t: f64, x: &[f64], w: &[f64]) -> Derivatives {
    let d = x.len();
    let point: Vec<f64> = [x, w, &[t]].concat();
    let second = |i: usize, j: usize| {
        let mut numbers: Vec<HyperDual64> = point.iter().map(|&v| v.into()).collect();
        numbers[i].eps1 = 1.0;
        numbers[j].eps2 = 1.0;
        reference.at(numbers[2 * d], &numbers[..d], &numbers[d..2 * d])
    };
    Derivatives {
        value: second(0, 0).re,
        gradient: (0..2 * d).map(|i| second(i, i).eps1).collect(),
        hessian: (0..4 * d * d)
            .map(|k| second(k % (2 * d), k / (2 * d)).eps1eps2)
            .collect(),
        rate: (d..2 * d).map(|i| second(i, 2 * d).eps1eps2).collect(),
    }
}

fn close(a: &[f64], b: &[f64], tolerance: f64, what: &str) {
    assert_eq!(a.len(), b.len());
    let size = b.iter().fold(1.0f64, |m, v| m.max(v.abs()));
    for (k, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tolerance * size, "{what}[{k}]: {a} {b}");
    }
}

fn derivatives(f: &impl PhaseSpaceFunction, t: f64, x: &[f64], w: &[f64]) -> Derivatives {
    let (d, work, at) = (
        x.len(),
        &mut PhaseSpaceWorkspace::default(),
        PhasePoint::new(t, x, w),
    );
    let mut found = Derivatives {
        value: f.value(work, at).unwrap(),
        gradient: vec![9.0; 2 * d],
        hessian: vec![9.0; 4 * d * d],
        rate: vec![9.0; d],
    };
    f.gradient(work, at, &mut found.gradient).unwrap();
    f.hessian(work, at, &mut found.hessian).unwrap();
    f.conjugate_rate(work, at, &mut found.rate).unwrap();
    found
}

fn compare(found: &Derivatives, expected: &Derivatives, tolerance: f64, what: &str) {
    close(&[found.value], &[expected.value], tolerance, what);
    close(&found.gradient, &expected.gradient, tolerance, what);
    close(&found.hessian, &expected.hessian, tolerance, what);
    close(&found.rate, &expected.rate, tolerance, what);
}

struct Classical(ClassicalSystem);

impl Reference for Classical {
    fn at<T: DualNum<Primitive = f64> + Copy>(&self, _: T, q: &[T], v: &[T]) -> T {
        match self.0 {
            ClassicalSystem::HarmonicOscillator => (v[0] * v[0] - q[0] * q[0]) * 0.5,
            ClassicalSystem::Kepler => {
                (v[0].powi(2) + v[1].powi(2)) * 0.5 + (q[0].powi(2) + q[1].powi(2)).powf(-0.5)
            }
            ClassicalSystem::Pendulum => v[0].powi(2) * 0.5 + q[0].cos(),
            ClassicalSystem::DoublePendulum => {
                // Speeds of both masses from their places.
                let (ax, ay) = (q[0].cos() * v[0], q[0].sin() * v[0]);
                let (bx, by) = (ax + q[1].cos() * v[1], ay + q[1].sin() * v[1]);
                let kinetic = (ax * ax + ay * ay + bx * bx + by * by) * 0.5;
                kinetic + q[0].cos() * 2.0 + q[1].cos()
            }
        }
    }
}

#[test]
fn classical_lagrangians_have_exact_derivatives() {
    for system in ClassicalSystem::ALL {
        let lagrangian = classical(system);
        let d = lagrangian.dimension();
        let at = numbers(2 * d, 5, 1.0);
        let (x, v) = at.split_at(d);
        let found = derivatives(&lagrangian, 0.3, x, v);
        compare(
            &found,
            &expected(&Classical(system), 0.3, x, v),
            1e-13,
            system.name(),
        );
    }
}

struct Timed;

impl Reference for Timed {
    fn at<T: DualNum<Primitive = f64> + Copy>(&self, t: T, q: &[T], v: &[T]) -> T {
        (t * 0.1).exp() * (v[0] * v[0] * 0.75 - q[0].powi(4)) + t * v[0] * q[0]
    }
}

#[test]
fn the_time_in_a_text_is_differentiated_too() {
    let definition = LagrangianDefinition {
        coordinates: vec!["q".into()],
        velocities: vec!["v".into()],
        parameters: vec![crate::model::ParameterDefinition::new("growth", 0.4)],
        lagrangian: "exp(growth*t)*(0.75*v^2 - q^4) + t*v*q".into(),
        ..LagrangianDefinition::default()
    };
    let parameters = BTreeMap::from([("growth".to_string(), 0.1)]);
    let lagrangian = definition.build(&parameters).unwrap();
    let found = derivatives(&lagrangian, 0.9, &[0.7], &[-0.4]);
    compare(
        &found,
        &expected(&Timed, 0.9, &[0.7], &[-0.4]),
        1e-14,
        "timed",
    );
    let h = LegendreTransform(lagrangian.clone());
    let back = derivatives(&LegendreTransform(h), 0.9, &[0.7], &[-0.4]);
    compare(&back, &found, 1e-13, "there and back");
}

/// L and H of the driven flow's action with data as straight lines.
struct Driven {
    momentum: bool,
}

impl Reference for Driven {
    fn at<T: DualNum<Primitive = f64> + Copy>(&self, t: T, x: &[T], w: &[T]) -> T {
        // Time 1.7 is between points 1 and 2, and the measurement at point 2 is missing.
        let u = (t - 1.5) * (-1.6) + 0.5;
        let y = (t - 1.5) * 1.2 - 0.4;
        let f = driven_flow(t, x, u);
        let data = (x[1] - y).powi(2) * 1.5;
        if self.momentum {
            w[0] * w[0] / 4.0 + w[1] * w[1] / 10.0 + w[0] * f[0] + w[1] * f[1] - data
        } else {
            (w[0] - f[0]).powi(2) + (w[1] - f[1]).powi(2) * 2.5 + data
        }
    }
}

#[test]
fn actions_have_exact_derivatives_with_inputs_data_and_time() {
    let action = driven_action(DataForm::Linear);
    let (t, x, w) = (1.7, [0.6, -0.8], [0.3, 1.1]);
    let found = derivatives(&ActionLagrangian(action.clone()), t, &x, &w);
    let reference = Driven { momentum: false };
    compare(&found, &expected(&reference, t, &x, &w), 1e-13, "L");
    let found = derivatives(&ActionHamiltonian(action.clone()), t, &x, &w);
    let reference = Driven { momentum: true };
    compare(&found, &expected(&reference, t, &x, &w), 1e-13, "H");
}

#[test]
fn legendre_transforms_lead_from_one_to_the_other_and_back() {
    let action = driven_action(DataForm::Cubic);
    let (l, h) = (
        ActionLagrangian(action.clone()),
        ActionHamiltonian(action.clone()),
    );
    let (t, x, v) = (2.2, [0.6, -0.8], [0.3, 1.1]);
    let work = &mut PhaseSpaceWorkspace::default();
    let p = momentum(&l, work, t, &x, &v).unwrap();
    let transformed = derivatives(&LegendreTransform(l.clone()), t, &x, &p);
    compare(&transformed, &derivatives(&h, t, &x, &p), 1e-13, "H");
    let transformed = derivatives(&LegendreTransform(h), t, &x, &v);
    compare(&transformed, &derivatives(&l, t, &x, &v), 1e-13, "L");
    for system in ClassicalSystem::ALL {
        let l = classical(system);
        let at = numbers(2 * l.dimension(), 8, 1.0);
        let (x, v) = at.split_at(l.dimension());
        let p = momentum(&l, work, 0.0, x, v).unwrap();
        let mut back = vec![0.0; v.len()];
        velocity(&l, work, 0.0, x, &p, &mut back).unwrap();
        close(&back, v, 1e-13, "v");
        let twice = LegendreTransform(LegendreTransform(l.clone()));
        let found = derivatives(&twice, 0.0, x, v);
        compare(&found, &derivatives(&l, 0.0, x, v), 1e-12, system.name());
    }
}

#[test]
fn relativistic_velocities_are_found_by_iteration() {
    // L = -sqrt(1 - v^2) - q^2/2; H = sqrt(1 + p^2) + q^2/2.
    let definition = LagrangianDefinition {
        coordinates: vec!["q".into()],
        velocities: vec!["v".into()],
        lagrangian: "-sqrt(1 - v^2) - q^2/2".into(),
        ..LagrangianDefinition::default()
    };
    let h = LegendreTransform(definition.build(&BTreeMap::new()).unwrap());
    let expected = hamiltonian(&["q"], &["p"], "sqrt(1 + p^2) + q^2/2");
    for p in [0.0, 0.3, -0.7] {
        let found = derivatives(&h, 0.0, &[0.4], &[p]);
        let direct = derivatives(&expected, 0.0, &[0.4], &[p]);
        compare(&found, &direct, 1e-13, "H");
    }
}

#[test]
fn the_euler_lagrange_operator_is_the_derivative_along_the_path() {
    let action = driven_action(DataForm::Linear);
    let l = ActionLagrangian(action);
    let work = &mut PhaseSpaceWorkspace::default();
    let (t, x, v, a) = (1.7, [0.6, -0.8], [0.3, 1.1], [0.5, -2.0]);
    let along = |s: f64| {
        let x: Vec<f64> = (0..2).map(|i| x[i] + s * (v[i] + 0.5 * s * a[i])).collect();
        let v: Vec<f64> = (0..2).map(|i| v[i] + s * a[i]).collect();
        (x, v)
    };
    let residual = euler_lagrange(&l, work, t, &x, &v, &a).unwrap();
    let mut gradient = [0.0; 4];
    l.gradient(work, PhasePoint::new(t, &x, &v), &mut gradient)
        .unwrap();
    let rates = differences(1e-4, |s| {
        let (x, v) = along(s);
        momentum(&l, work, t + s, &x, &v).unwrap()
    });
    for i in 0..2 {
        let expected = rates[i] - gradient[i];
        assert!(
            (residual[i] - expected).abs() < 1e-9,
            "{residual:?} {expected}"
        );
    }
    let a = acceleration(&l, work, t, &x, &v).unwrap();
    let residual = euler_lagrange(&l, work, t, &x, &v, &a).unwrap();
    close(&residual, &[0.0, 0.0], 1e-13, "residual");
}

#[test]
fn planets_fall_as_newton_says_and_degenerate_lagrangians_say_why_not() {
    let work = &mut PhaseSpaceWorkspace::default();
    let l = classical(ClassicalSystem::Kepler);
    let a = acceleration(&l, work, 0.0, &[3.0, 4.0], &[0.2, 0.1]).unwrap();
    close(&a, &[-3.0 / 125.0, -4.0 / 125.0], 1e-15, "a");
    let linear = LagrangianDefinition {
        coordinates: vec!["x".into(), "y".into()],
        velocities: vec!["vx".into(), "vy".into()],
        lagrangian: "x*vy - y^2".into(),
        ..LagrangianDefinition::default()
    };
    let linear = linear.build(&BTreeMap::new()).unwrap();
    let error = acceleration(&linear, work, 0.5, &[1.0, 2.0], &[0.0, 0.0]).unwrap_err();
    assert!(
        matches!(&error, Error::Singular { matrix, time, .. } if matrix == "L_vv" && *time == 0.5),
        "{error}"
    );
    let error = LegendreTransform(linear)
        .value(work, PhasePoint::new(0.0, &[1.0, 2.0], &[0.0, 0.0]))
        .unwrap_err();
    assert!(error.to_string().contains("L_vv is singular"), "{error}");
}

#[test]
fn errors_in_texts_are_in_the_words_of_the_caller() {
    let build = |velocities: &[&str], text: &str| {
        let definition = LagrangianDefinition {
            coordinates: vec!["q".into()],
            velocities: velocities.iter().map(|&v| v.into()).collect(),
            lagrangian: text.into(),
            ..LagrangianDefinition::default()
        };
        definition.build(&BTreeMap::new()).unwrap_err()
    };
    assert_eq!(build(&["v"], "v^2 + qq").path(), "lagrangian");
    assert_eq!(build(&[], "q").path(), "velocities");
    assert_eq!(build(&["q"], "q").path(), "velocities[0]");
    assert_eq!(build(&["t"], "q").path(), "velocities[0]");
}

#[test]
fn what_a_continuous_action_cannot_have_is_refused() {
    let options = ContinuousActionOptions::default();
    let path = |options: &ContinuousActionOptions, data: &Observations| {
        let result = ContinuousAction::new(driven(), data, options);
        result.err().map(|e| e.path().to_string())
    };
    let data = driven_data();
    assert_eq!(path(&options, &data), None);
    let matrix = ContinuousActionOptions {
        model_precision: crate::action::Precision::Matrix(vec![vec![1.0, 0.0], vec![0.0, 1.0]]),
        ..options.clone()
    };
    assert_eq!(path(&matrix, &data).as_deref(), Some("modelPrecision"));
    let without = ContinuousAction::of_flow(driven(), &options);
    assert_eq!(without.err().unwrap().path(), "data.inputs");
    let map = ModelBuilder::new("m").states(["x"]).map(|x, _| vec![x[0]]);
    let map: Arc<dyn Model> = Arc::new(map.unwrap());
    let refused = ContinuousAction::of_flow(map, &options).err().unwrap();
    assert!(refused.to_string().contains("needs a flow"), "{refused}");
}

/// The Hamiltonians that named systems have as texts are the Legendre transforms of their
/// Lagrangians.
#[test]
fn texts_of_both_faces_are_one_system() {
    let mut with_text = 0;
    for system in ClassicalSystem::ALL {
        let Some(text) = system.hamiltonian() else {
            continue;
        };
        with_text += 1;
        let lagrangian = system.definition();
        let names = lagrangian.parameters.iter().enumerate();
        let parameters: BTreeMap<String, f64> = names
            .map(|(k, parameter)| (parameter.name.clone(), 0.5 + 0.3 * k as f64))
            .collect();
        let text = text.build(&parameters).unwrap();
        let transform = LegendreTransform(lagrangian.build(&parameters).unwrap());
        let work = &mut PhaseSpaceWorkspace::default();
        let d = text.dimension();
        for seed in 0..5 {
            let (x, p) = (numbers(d, seed, 1.5), numbers(d, 50 + seed, 2.0));
            let written = text.value(work, PhasePoint::new(0.0, &x, &p)).unwrap();
            let transformed = transform.value(work, PhasePoint::new(0.0, &x, &p)).unwrap();
            assert!((written - transformed).abs() < 1e-12 * (1.0 + written.abs()));
        }
        assert!(text.is_separable());
    }
    assert_eq!(with_text, 3);
}
