//! Systems that the tests share, and their reference solutions.

mod boundary;
mod cases;
mod continuous_network;
mod derivatives;
mod discrete;
mod gradients;
mod layers;
mod lyapunov;
mod multigrid;
mod network_momenta;
mod orbits;
mod strong_constraint;
mod sweeps;
mod trouble;
mod variational;

use std::collections::BTreeMap;
use std::sync::Arc;

use num_dual::DualNum;

use super::*;
use crate::action::Observations;
use crate::model::{Model, ModelBuilder, ModelKind};
use crate::models;
use crate::random::Random;

/// Numbers of a case: the same at every run.
pub(super) fn numbers(count: usize, seed: u64, scale: f64) -> Vec<f64> {
    let mut random = Random::new(seed, 0);
    (0..count)
        .map(|_| random.uniform([-scale, scale]))
        .collect()
}

pub(super) fn classical(system: ClassicalSystem) -> ClassicalLagrangian {
    system.definition().build(&BTreeMap::new()).unwrap()
}

pub(super) fn hamiltonian(
    coordinates: &[&str],
    momenta: &[&str],
    text: &str,
) -> ClassicalHamiltonian {
    let names = |list: &[&str]| list.iter().map(|&n| n.into()).collect();
    let definition = HamiltonianDefinition {
        coordinates: names(coordinates),
        momenta: names(momenta),
        hamiltonian: text.into(),
        ..HamiltonianDefinition::default()
    };
    definition.build(&BTreeMap::new()).unwrap()
}

/// The pendulum `H = p^2/2 - cos q`.
pub(super) fn pendulum() -> ClassicalHamiltonian {
    hamiltonian(&["q"], &["p"], "p^2/2 - cos(q)")
}

pub(super) fn kepler() -> ClassicalHamiltonian {
    hamiltonian(
        &["x", "y"],
        &["px", "py"],
        "(px^2 + py^2)/2 - 1/sqrt(x^2 + y^2)",
    )
}

/// A Hamiltonian that is not separable, with the time in it.
pub(super) fn forced() -> ClassicalHamiltonian {
    hamiltonian(
        &["q"],
        &["p"],
        "p^2/2 - cos(q)*(1 + sin(t)/2) + q*p*cos(2*t)/4",
    )
}

/// Coordinates and velocities at the perihelion of an ellipse with half axis 1 and period 2 pi.
pub(super) fn perihelion(eccentricity: f64) -> ([f64; 2], [f64; 2]) {
    let speed = ((1.0 + eccentricity) / (1.0 - eccentricity)).sqrt();
    ([1.0 - eccentricity, 0.0], [0.0, speed])
}

/// A flow with an input and the time in it.
pub(super) fn driven() -> Arc<dyn Model> {
    let model = ModelBuilder::new("driven")
        .states(["x", "y"])
        .parameter("rate", 0.7, "per unit of time")
        .inputs(["u"])
        .build(ModelKind::Flow, |s| {
            let (x, y, u, k) = (s.states[0], s.states[1], s.inputs[0], s.parameters[0]);
            Ok(vec![
                y * x.sin() + u * x - k * y,
                x * y * y + (s.time * 2.0).cos() * y + u * u,
            ])
        });
    Arc::new(model.unwrap())
}

pub(super) fn driven_flow<T: DualNum<Primitive = f64> + Copy>(t: T, x: &[T], u: T) -> [T; 2] {
    [
        x[1] * x[0].sin() + u * x[0] - x[1] * 0.7,
        x[0] * x[1] * x[1] + (t * 2.0).cos() * x[1] + u * u,
    ]
}

/// Five points from time 1 in steps of 0.5; the second component is measured but for one gap.
pub(super) fn driven_data() -> Observations {
    Observations {
        start: 1.0,
        time_step: 0.5,
        points: 5,
        observed: vec![1],
        values: vec![0.3, -0.4, f64::NAN, 0.8, 0.1],
        inputs: vec![0.2, 0.5, -0.3, 0.4, 0.0],
        ..Observations::default()
    }
}

/// The action of a flow with precisions 3 and (2, 5).
pub(super) fn driven_action(data_form: DataForm) -> Arc<ContinuousAction> {
    driven_action_of(&driven_data(), data_form)
}

pub(super) fn driven_action_of(data: &Observations, data_form: DataForm) -> Arc<ContinuousAction> {
    let options = ContinuousActionOptions {
        measurement_precision: 3.0.into(),
        model_precision: crate::action::Precision::PerComponent(vec![2.0, 5.0]),
        data_form,
        ..ContinuousActionOptions::default()
    };
    Arc::new(ContinuousAction::new(driven(), data, &options).unwrap())
}

/// Lorenz63 with R_f = 4 and nothing measured: H does not depend on time.
pub(super) fn lorenz63() -> Arc<ContinuousAction> {
    let options = ContinuousActionOptions {
        model_precision: 4.0.into(),
        ..ContinuousActionOptions::default()
    };
    let model = Arc::new(models::lorenz63().unwrap());
    Arc::new(ContinuousAction::of_flow(model, &options).unwrap())
}

/// Names of five systems, and of each a point (x, p) and a large step. The orbit of "kepler" has
/// the given eccentricity.
pub(super) fn points(eccentricity: f64) -> [(&'static str, Vec<f64>, Vec<f64>, f64); 5] {
    let (x, v) = perihelion(eccentricity);
    [
        ("pendulum", vec![2.0], vec![0.3], 0.5),
        ("kepler", x.to_vec(), v.to_vec(), 0.1),
        ("forced", vec![1.0], vec![0.5], 0.5),
        ("double pendulum", vec![1.0, -0.5], vec![0.4, 0.8], 0.2),
        ("lorenz63", vec![1.0, 2.0, 20.0], vec![0.5, -0.3, 0.2], 0.02),
    ]
}

/// Hamiltonians of these systems.
pub(super) fn hamiltonians() -> [Box<dyn Hamiltonian>; 5] {
    let double = classical(ClassicalSystem::DoublePendulum);
    [
        Box::new(pendulum()),
        Box::new(kepler()),
        Box::new(forced()),
        Box::new(LegendreTransform(double)),
        Box::new(ActionHamiltonian(lorenz63())),
    ]
}

/// Derivatives at 0 of the components of a function, from differences of fourth order.
pub(super) fn differences(s: f64, mut f: impl FnMut(f64) -> Vec<f64>) -> Vec<f64> {
    let [a, b, c, d] = [s, -s, 2.0 * s, -2.0 * s].map(&mut f);
    (0..a.len())
        .map(|i| (8.0 * (a[i] - b[i]) - (c[i] - d[i])) / (12.0 * s))
        .collect()
}

/// Largest difference of two lists.
pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |m, (a, b)| m.max((a - b).abs()))
}

/// Slopes of the logarithm of the error over steps that halve.
pub(super) fn slopes(errors: &[f64]) -> Vec<f64> {
    errors.windows(2).map(|e| (e[0] / e[1]).log2()).collect()
}

/// Largest energy error in the first and in the last tenth of an orbit.
pub(super) fn tenths(orbit: &Orbit) -> (f64, f64) {
    let energy = &orbit.energy;
    let largest = |range: &[f64]| {
        range
            .iter()
            .fold(0.0, |m: f64, e| m.max((e - energy[0]).abs()))
    };
    let count = energy.len();
    (
        largest(&energy[..count / 10]),
        largest(&energy[count - count.div_ceil(10)..]),
    )
}
