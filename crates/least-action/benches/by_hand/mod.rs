//! Actions with simpson-hermite as one would write them for one system: plain loops, memory taken
//! once.

use least_action::Observations;

mod lorenz96;
mod neuron;

pub use lorenz96::Lorenz96;
pub use neuron::Neuron;

/// A system's right side and its derivatives over a whole path.
pub trait System {
    fn dimension(&self) -> usize;
    /// Writes `F` at every point.
    fn rates(&mut self, path: &[f64], parameters: &[f64], inputs: &[f64], f: &mut [f64]);
    /// Adds `DF^T w` at every point to `gradient`, and what belongs to the parameters to
    /// `in_parameters`.
    fn pull_back(
        &mut self,
        path: &[f64],
        parameters: &[f64],
        w: &[f64],
        gradient: &mut [f64],
        in_parameters: &mut [f64],
    );
}

pub struct ByHand<S> {
    system: S,
    time_step: f64,
    observed: Vec<usize>,
    values: Vec<f64>,
    inputs: Vec<f64>,
    measurement_precision: f64,
    f: Vec<f64>,
    adjoint: Vec<f64>,
}

impl<S: System> ByHand<S> {
    pub fn new(system: S, data: &Observations, measurement_precision: f64) -> Self {
        let size = data.points * system.dimension();
        ByHand {
            system,
            time_step: data.time_step,
            observed: data.observed.clone(),
            values: data.values.clone(),
            inputs: data.inputs.clone(),
            measurement_precision,
            f: vec![0.0; size],
            adjoint: vec![0.0; size],
        }
    }

    /// The action in the mean normalisation; the gradient in the path and in the parameters is
    /// written.
    pub fn gradient(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
        gradient: &mut [f64],
        in_parameters: &mut [f64],
    ) -> f64 {
        let d = self.system.dimension();
        let points = path.len() / d;
        gradient.fill(0.0);
        in_parameters.fill(0.0);

        let factor = self.measurement_precision / self.values.len() as f64;
        let mut measurement = 0.0;
        for n in 0..points {
            for (l, &i) in self.observed.iter().enumerate() {
                let difference = path[n * d + i] - self.values[n * self.observed.len() + l];
                measurement += difference * difference;
                gradient[n * d + i] = 2.0 * factor * difference;
            }
        }

        self.system
            .rates(path, parameters, &self.inputs, &mut self.f);
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
        self.system
            .pull_back(path, parameters, &self.adjoint, gradient, in_parameters);
        factor * measurement + model_factor * model
    }
}
