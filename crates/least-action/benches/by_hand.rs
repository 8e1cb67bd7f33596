//! Lorenz96 with simpson-hermite as one would write it for this one case: plain loops, memory taken once.

use least_action::Observations;

pub struct ByHand {
    dimension: usize,
    time_step: f64,
    observed: Vec<usize>,
    values: Vec<f64>,
    measurement_precision: f64,
    f: Vec<f64>,
    adjoint: Vec<f64>,
}

impl ByHand {
    pub fn new(dimension: usize, data: &Observations, measurement_precision: f64) -> Self {
        let size = data.points * dimension;
        ByHand {
            dimension,
            time_step: data.time_step,
            observed: data.observed.clone(),
            values: data.values.clone(),
            measurement_precision,
            f: vec![0.0; size],
            adjoint: vec![0.0; size],
        }
    }

    /// The action in the mean normalisation and its derivative in the forcing; the gradient in the path is written.
    pub fn gradient(
        &mut self,
        model_precision: f64,
        path: &[f64],
        forcing: f64,
        gradient: &mut [f64],
    ) -> (f64, f64) {
        let d = self.dimension;
        let points = path.len() / d;
        gradient.fill(0.0);

        let factor = self.measurement_precision / self.values.len() as f64;
        let mut measurement = 0.0;
        for n in 0..points {
            for (l, &i) in self.observed.iter().enumerate() {
                let difference = path[n * d + i] - self.values[n * self.observed.len() + l];
                measurement += difference * difference;
                gradient[n * d + i] = 2.0 * factor * difference;
            }
        }

        for (x, f) in path.chunks_exact(d).zip(self.f.chunks_exact_mut(d)) {
            for i in 0..d {
                let (before, two_before, after) = neighbours(i, d);
                f[i] = x[before] * (x[after] - x[two_before]) - x[i] + forcing;
            }
        }

        let model_factor = model_precision / ((points - 1) * d) as f64;
        let (third, quarter) = (self.time_step / 3.0, self.time_step / 4.0);
        self.adjoint.fill(0.0);
        let mut model = 0.0;
        for n in (0..points - 2).step_by(2) {
            for i in 0..d {
                let (a, b, c) = (n * d + i, (n + 1) * d + i, (n + 2) * d + i);
                let (fa, fb, fc) = (self.f[a], self.f[b], self.f[c]);
                let r1 = path[c] - path[a] - third * (fa + 4.0 * fb + fc);
                let r2 = path[b] - 0.5 * (path[a] + path[c]) - quarter * (fa - fc);
                model += r1 * r1 + r2 * r2;
                let (w1, w2) = (2.0 * model_factor * r1, 2.0 * model_factor * r2);
                gradient[a] -= w1 + 0.5 * w2;
                gradient[b] += w2;
                gradient[c] += w1 - 0.5 * w2;
                self.adjoint[a] -= third * w1 + quarter * w2;
                self.adjoint[b] -= 4.0 * third * w1;
                self.adjoint[c] += quarter * w2 - third * w1;
            }
        }

        let mut in_forcing = 0.0;
        let rows = path.chunks_exact(d).zip(self.adjoint.chunks_exact(d));
        for ((x, w), g) in rows.zip(gradient.chunks_exact_mut(d)) {
            for i in 0..d {
                let (before, two_before, after) = neighbours(i, d);
                g[before] += w[i] * (x[after] - x[two_before]);
                g[after] += w[i] * x[before];
                g[two_before] -= w[i] * x[before];
                g[i] -= w[i];
                in_forcing += w[i];
            }
        }
        (factor * measurement + model_factor * model, in_forcing)
    }
}

/// The sites before, two before, and after `i` on the ring.
fn neighbours(i: usize, d: usize) -> (usize, usize, usize) {
    let before = if i == 0 { d - 1 } else { i - 1 };
    let two_before = if i < 2 { i + d - 2 } else { i - 2 };
    let after = if i + 1 == d { 0 } else { i + 1 };
    (before, two_before, after)
}
