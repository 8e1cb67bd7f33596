//! The models, discretisations and actions written out a second time, directly from their formulas
//! and for any kind of number. The crate's own evaluation shares nothing with this.

use least_action::models::ModelSpec;
use least_action::{Discretization, Normalization, Observations};
use num_dual::DualNum;

/// `F(x)` of a named system.
pub fn flow<T: DualNum<Primitive = f64> + Copy>(
    spec: &ModelSpec,
    x: &[T],
    p: &[T],
    u: &[f64],
) -> Vec<T> {
    match spec {
        ModelSpec::NaklNeuron {} => {
            let (v, one) = (x[0], T::from(1.0));
            let gate = |value: T, k: usize| {
                let activation = ((v - p[k]) / p[k + 1]).tanh();
                let target = (activation + 1.0) * 0.5;
                (target - value) / (p[k + 2] + p[k + 3] * (one - activation * activation))
            };
            let sodium = p[0] * x[1].powi(3) * x[2] * (p[1] - v);
            let potassium = p[2] * x[3].powi(4) * (p[3] - v);
            let current = sodium + potassium + p[4] * (p[5] - v) + u[0];
            vec![current, gate(x[1], 6), gate(x[2], 10), gate(x[3], 14)]
        }
        ModelSpec::Colpitts {} => vec![
            p[0] * x[1],
            -(p[1] * (x[0] + x[2])) - p[2] * x[1],
            p[3] * (x[1] + 1.0 - (-x[0]).exp()),
        ],
        ModelSpec::Pendulum {} => vec![x[1], -(p[0] * x[0].sin()) - p[1] * x[1]],
        ModelSpec::DoubleWell {} => vec![p[0] * x[0] - p[1] * x[0].powi(3)],
        ModelSpec::Lorenz63 {} => vec![
            p[0] * (x[1] - x[0]),
            x[0] * (p[1] - x[2]) - x[1],
            x[0] * x[1] - p[2] * x[2],
        ],
        ModelSpec::Lorenz96 { dimension: d } => (0..*d)
            .map(|i| x[(i + d - 1) % d] * (x[(i + 1) % d] - x[(i + d - 2) % d]) - x[i] + p[0])
            .collect(),
        ModelSpec::LotkaVolterra {} => vec![
            p[0] * x[0] - p[1] * x[0] * x[1],
            -p[2] * x[1] + p[3] * x[0] * x[1],
        ],
        ModelSpec::LogLotkaVolterra {} => {
            vec![p[0] - p[1] * x[1].exp(), -p[2] + p[3] * x[0].exp()]
        }
        other => panic!("no independent reference for {other:?}"),
    }
}

/// `a + c b`.
fn axpy<T: DualNum<Primitive = f64> + Copy>(a: &[T], c: f64, b: &[T]) -> Vec<T> {
    a.iter().zip(b).map(|(a, b)| *a + *b * c).collect()
}

/// Residuals, row by row.
pub fn residuals<T: DualNum<Primitive = f64> + Copy>(
    spec: &ModelSpec,
    scheme: Discretization,
    h: f64,
    path: &[Vec<T>],
    p: &[T],
    inputs: &[f64],
) -> Vec<Vec<T>> {
    let width = inputs.len() / path.len();
    // The inputs are straight lines between the points; `share` is how far beyond point n.
    let f = |x: &[T], n: usize, share: f64| {
        let at = |k: usize| inputs.get(k).copied().unwrap_or(0.0);
        let mix = |j: usize| (1.0 - share) * at(n * width + j) + share * at((n + 1) * width + j);
        let u: Vec<f64> = (0..width).map(mix).collect();
        flow(spec, x, p, &u)
    };
    let pairs = path.windows(2).enumerate();
    match scheme {
        Discretization::Euler => pairs
            .map(|(n, w)| axpy(&axpy(&w[1], -1.0, &w[0]), -h, &f(&w[0], n, 0.0)))
            .collect(),
        Discretization::Trapezoid => pairs
            .map(|(n, w)| {
                let slope = axpy(&f(&w[0], n, 0.0), 1.0, &f(&w[1], n, 1.0));
                axpy(&axpy(&w[1], -1.0, &w[0]), -h / 2.0, &slope)
            })
            .collect(),
        Discretization::Midpoint => pairs
            .map(|(n, w)| {
                let middle: Vec<T> = axpy(&w[0], 1.0, &w[1]).iter().map(|v| *v * 0.5).collect();
                axpy(&axpy(&w[1], -1.0, &w[0]), -h, &f(&middle, n, 0.5))
            })
            .collect(),
        Discretization::Rk4 => pairs
            .map(|(n, w)| {
                let k1 = f(&w[0], n, 0.0);
                let k2 = f(&axpy(&w[0], h / 2.0, &k1), n, 0.5);
                let k3 = f(&axpy(&w[0], h / 2.0, &k2), n, 0.5);
                let k4 = f(&axpy(&w[0], h, &k3), n, 1.0);
                let mut end = axpy(&w[0], h / 6.0, &k1);
                end = axpy(&end, h / 3.0, &k2);
                end = axpy(&end, h / 3.0, &k3);
                end = axpy(&end, h / 6.0, &k4);
                axpy(&w[1], -1.0, &end)
            })
            .collect(),
        Discretization::Map => pairs
            .map(|(n, w)| axpy(&w[1], -1.0, &f(&w[0], n, 0.0)))
            .collect(),
        Discretization::SimpsonHermite => (0..path.len() - 2)
            .step_by(2)
            .flat_map(|n| {
                let (x0, x1, x2) = (&path[n], &path[n + 1], &path[n + 2]);
                let (f0, f1, f2) = (f(x0, n, 0.0), f(x1, n + 1, 0.0), f(x2, n + 2, 0.0));
                let sum = axpy(&axpy(&f0, 4.0, &f1), 1.0, &f2);
                let r1 = axpy(&axpy(x2, -1.0, x0), -2.0 * h / 6.0, &sum);
                let mean = axpy(x0, 1.0, x2);
                let slope = axpy(&f0, -1.0, &f2);
                let r2 = axpy(&axpy(x1, -0.5, &mean), -2.0 * h / 8.0, &slope);
                [r1, r2]
            })
            .collect(),
        other => panic!("no independent reference for {other:?}"),
    }
}

/// The action, from the formulas of its two normalisations.
pub fn action<T: DualNum<Primitive = f64> + Copy>(
    spec: &ModelSpec,
    scheme: Discretization,
    normalization: Normalization,
    data: &Observations,
    (measurement_precision, model_precision): (f64, f64),
    path: &[Vec<T>],
    p: &[T],
) -> T {
    let mut measurement = T::from(0.0);
    let mut measured = 0;
    for (state, row) in path.iter().zip(data.values.chunks(data.observed.len())) {
        for (&component, &y) in data.observed.iter().zip(row) {
            if !y.is_nan() {
                let difference = state[component] - y;
                measurement += difference * difference;
                measured += 1;
            }
        }
    }
    let rows = residuals(spec, scheme, data.time_step, path, p, &data.inputs);
    let mut model = T::from(0.0);
    let mut count = 0;
    for r in rows.iter().flatten() {
        model += *r * *r;
        count += 1;
    }
    match normalization {
        Normalization::Mean => {
            measurement * (measurement_precision / measured as f64)
                + model * (model_precision / count as f64)
        }
        Normalization::Posterior => {
            measurement * (measurement_precision / 2.0) + model * (model_precision / 2.0)
        }
    }
}
