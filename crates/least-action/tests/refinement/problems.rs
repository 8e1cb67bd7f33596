//! Problems whose truths come from an integrator of its own: a Runge-Kutta method of order five
//! with small steps, that shares nothing with the library.

use std::sync::Arc;

use least_action::anneal::{AnnealOptions, Estimate};
use least_action::model::{Model, ModelBuilder};
use least_action::Observations;

/// States at `times` by the method of J. R. Cash and A. H. Karp (ACM Trans. Math. Softw. 16, 1990),
/// of order five, with steps of at most `step`.
pub fn truth(
    f: &dyn Fn(f64, &[f64]) -> Vec<f64>,
    first: &[f64],
    times: &[f64],
    step: f64,
) -> Vec<Vec<f64>> {
    let a: [&[f64]; 6] = [
        &[],
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[3.0 / 10.0, -9.0 / 10.0, 6.0 / 5.0],
        &[-11.0 / 54.0, 5.0 / 2.0, -70.0 / 27.0, 35.0 / 27.0],
        &[
            1631.0 / 55296.0,
            175.0 / 512.0,
            575.0 / 13824.0,
            44275.0 / 110592.0,
            253.0 / 4096.0,
        ],
    ];
    let c = [0.0, 0.2, 0.3, 0.6, 1.0, 0.875];
    let b = [
        37.0 / 378.0,
        0.0,
        250.0 / 621.0,
        125.0 / 594.0,
        0.0,
        512.0 / 1771.0,
    ];
    let mut x = first.to_vec();
    let mut rows = vec![x.clone()];
    for pair in times.windows(2) {
        let steps = ((pair[1] - pair[0]) / step).ceil();
        let h = (pair[1] - pair[0]) / steps;
        for n in 0..steps as usize {
            let t = pair[0] + n as f64 * h;
            let mut k: Vec<Vec<f64>> = Vec::new();
            for stage in 0..6 {
                let mut z = x.clone();
                for (slope, a) in k.iter().zip(a[stage]) {
                    z.iter_mut().zip(slope).for_each(|(z, s)| *z += h * a * s);
                }
                k.push(f(t + c[stage] * h, &z));
            }
            for (slope, b) in k.iter().zip(b) {
                x.iter_mut().zip(slope).for_each(|(x, s)| *x += h * b * s);
            }
        }
        rows.push(x.clone());
    }
    rows
}

/// Normal numbers by twelve uniform ones, from a generator of this file.
pub struct Noise(pub u64);

impl Noise {
    pub fn next(&mut self) -> f64 {
        let mut sum = -6.0;
        for _ in 0..12 {
            self.0 = self
                .0
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            sum += (self.0 >> 11) as f64 / (1u64 << 53) as f64;
        }
        sum
    }
}

/// Data with noise of all states of `rows`.
pub fn observed(
    rows: &[Vec<f64>],
    time_step: f64,
    columns: &[usize],
    noise: f64,
    seed: u64,
) -> Observations {
    let mut random = Noise(seed);
    Observations {
        start: 0.0,
        time_step,
        points: rows.len(),
        observed: columns.to_vec(),
        values: rows
            .iter()
            .flat_map(|row| columns.iter().map(|&i| row[i]).collect::<Vec<_>>())
            .map(|x| x + noise * random.next())
            .collect(),
        ..Observations::default()
    }
}

pub fn grid(points: usize, step: f64) -> Vec<f64> {
    (0..points).map(|n| n as f64 * step).collect()
}

/// A -> B -> nothing, A first with the fast rate `k1`.
pub fn chain_of_reactions() -> Arc<dyn Model> {
    Arc::new(
        ModelBuilder::new("reactions")
            .states(["A", "B"])
            .parameter("k1", 1.0, "per unit of time")
            .parameter("k2", 1.0, "per unit of time")
            .initial_state([1.0, 0.0])
            .flow(|x, p| vec![-p[0] * x[0], p[0] * x[0] - p[1] * x[1]])
            .unwrap(),
    )
}

pub fn van_der_pol() -> Arc<dyn Model> {
    Arc::new(
        ModelBuilder::new("van der Pol")
            .states(["x", "v"])
            .parameter("mu", 1.0, "")
            .initial_state([2.0, 0.0])
            .flow(|x, p| vec![x[1], p[0] * (1.0 - x[0] * x[0]) * x[1] - x[0]])
            .unwrap(),
    )
}

pub fn oscillator() -> Arc<dyn Model> {
    Arc::new(
        ModelBuilder::new("oscillator")
            .states(["x", "v"])
            .parameter("omega", 1.0, "radians per unit of time")
            .initial_state([1.0, 0.0])
            .flow(|x, p| vec![p[0] * x[1], -p[0] * x[0]])
            .unwrap(),
    )
}

pub fn estimating(noise: f64, ranges: &[(&str, [f64; 2])]) -> AnnealOptions {
    AnnealOptions {
        measurement_precision: (1.0 / (noise * noise)).into(),
        estimate: ranges
            .iter()
            .map(|&(name, initial)| {
                let estimate = Estimate {
                    initial: Some(initial),
                    ..Estimate::default()
                };
                (name.to_string(), estimate)
            })
            .collect(),
        ..AnnealOptions::default()
    }
}
