//! Decay in implicit steps that err: the density of its paths has the determinants of the steps,
//! which depend on the rate.

use std::sync::Arc;

use least_action::action::Prior;
use least_action::model::ModelBuilder;
use least_action::statistics::Posterior;
use least_action::{ActionOptions, Discretization, Normalization, Observations, Problem};

use crate::random::Random;
use crate::Twin;

pub const SCHEMES: [Discretization; 3] = [
    Discretization::Trapezoid,
    Discretization::Midpoint,
    Discretization::SimpsonHermite,
];

const RATE: Prior = Prior {
    mean: 1.0,
    deviation: 0.5,
};
const FIRST: Prior = Prior {
    mean: 4.0,
    deviation: 1.0,
};
const TIME_STEP: f64 = 0.3;
const POINTS: usize = 17;
const NOISE: f64 = 0.3;
const ERROR: f64 = 0.3;

/// States after a step from `x`, with errors of its residuals.
fn step(discretization: Discretization, k: f64, x: f64, random: &mut Random) -> Vec<f64> {
    let z = k * TIME_STEP;
    let mut error = || ERROR * random.normal();
    match discretization {
        // x2 - x0 + z/3 (x0 + 4 x1 + x2) = a and x1 - (x0 + x2)/2 + z/4 (x0 - x2) = b.
        Discretization::SimpsonHermite => {
            let [a, b] = [
                error() + (1.0 - z / 3.0) * x,
                error() + (0.5 - 0.25 * z) * x,
            ];
            let [p, q, s] = [4.0 * z / 3.0, 1.0 + z / 3.0, -0.5 - 0.25 * z];
            let determinant = p * s - q;
            vec![(s * a - q * b) / determinant, (p * b - a) / determinant]
        }
        _ => vec![((1.0 - 0.5 * z) * x + error()) / (1.0 + 0.5 * z)],
    }
}

pub fn twin_of(discretization: Discretization, random: &mut Random) -> Twin<Posterior> {
    let prior = |prior: Prior, random: &mut Random| prior.mean + prior.deviation * random.normal();
    let (rate, first) = (prior(RATE, random), prior(FIRST, random));
    let mut path = vec![first];
    while path.len() < POINTS {
        let last = path[path.len() - 1];
        path.extend(step(discretization, rate, last, random));
    }
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", RATE.mean, "")
        .flow(|x, p| vec![-(p[0] * x[0])])
        .expect("a model");
    let data = Observations {
        time_step: TIME_STEP,
        points: POINTS,
        observed: vec![0],
        values: path.iter().map(|x| x + NOISE * random.normal()).collect(),
        ..Observations::default()
    };
    let options = ActionOptions {
        measurement_precision: (1.0 / (NOISE * NOISE)).into(),
        discretization: Some(discretization),
        normalization: Normalization::Posterior,
        estimate: vec!["k".into()],
        priors: [("k".to_string(), RATE.into())].into(),
        first_state: [("x".to_string(), FIRST)].into(),
        ..ActionOptions::default()
    };
    let start = data.values.iter().copied().chain([RATE.mean]).collect();
    let problem = Problem::new(Arc::new(model), data, &options).expect("a problem");
    Twin {
        posterior: Posterior::new(&problem, 1.0 / (ERROR * ERROR)).expect("a posterior"),
        truth: path.into_iter().chain([rate]).collect(),
        start,
        ranked: vec![0, POINTS - 1, POINTS],
    }
}
