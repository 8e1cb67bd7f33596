//! Activations computed from weights: initial paths, and predictions.

use super::{check_rows, ContinuousNetwork, LayerStep};
use crate::error::{check, Result};
use crate::random::Random;

impl ContinuousNetwork {
    /// Initial weights for [`ContinuousNetwork::initial_path`]: D x D normal random numbers of the
    /// given standard deviation, row-major, then D biases of 0.
    ///
    /// # Errors
    /// A deviation that is negative or not finite.
    pub fn starting_weights(&self, seed: u64, deviation: f64) -> Result<Vec<f64>> {
        let holds = deviation.is_finite() && deviation >= 0.0;
        check::require(holds, "deviation", deviation, "finite and at least zero")?;
        let mut random = Random::new(seed, 0);
        let d = self.options.width;
        let mut weights: Vec<f64> = (0..d * d).map(|_| deviation * random.normal()).collect();
        weights.resize(self.options.block(), 0.0);
        Ok(weights)
    }

    /// The path (points x states) that given weights compute from the inputs, as the initial path
    /// of a boundary-value problem. Weights and biases are those of one piece, for all, or of every
    /// piece; they do not depend on l within it. Neurons without an input begin at 0.
    ///
    /// # Errors
    /// Wrong lengths and numbers, and a number of layers that does not fit the pieces.
    pub fn initial_path(&self, weights: &[f64], layers: usize) -> Result<Vec<f64>> {
        self.check_layers(layers)?;
        let (block, pieces) = (self.options.block(), self.options.pieces());
        let all = match weights.len() == block {
            true => weights.repeat(pieces),
            false => weights.to_vec(),
        };
        let because = "weights and biases of one piece or of every piece";
        check::length("weights", all.len(), block * pieces, because)?;
        for (i, weight) in all.iter().enumerate() {
            check::finite(&format!("weights[{i}]"), *weight)?;
        }
        let (states, first) = (self.dimension(), self.first_weight());
        let mut path = vec![0.0; (layers + 1) * states];
        for point in path.chunks_exact_mut(states) {
            point[first..].copy_from_slice(&all);
        }
        let mut x = self.begin(&self.inputs);
        path[..first].copy_from_slice(&x);
        for n in 0..layers {
            let (from, to) = path.split_at_mut((n + 1) * states);
            let weights = [&from[n * states..], &*to].map(|p| &p[self.block_of(n, layers)]);
            self.step(weights, self.options.depth / layers as f64, &mut x);
            to[..first].copy_from_slice(&x);
        }
        Ok(path)
    }

    /// The outputs (rows x outputs) that the weights of a path (points x states) compute from new
    /// inputs (rows x inputs), by the map [`super::ContinuousNetworkOptions::layer_step`] from each
    /// of the path's points to the next.
    ///
    /// # Errors
    /// Wrong lengths and numbers.
    pub fn predict(&self, path: &[f64], inputs: &[f64]) -> Result<Vec<f64>> {
        let layers = self.layers_of(path)?;
        check_rows(&self.options, inputs)?;
        let states = self.dimension();
        let mut x = self.begin(inputs);
        for (n, ends) in path.windows(2 * states).step_by(states).enumerate() {
            let weights = [&ends[..states], &ends[states..]].map(|p| &p[self.block_of(n, layers)]);
            self.step(weights, self.options.depth / layers as f64, &mut x);
        }
        let outputs = self.options.outputs();
        let rows = x.chunks_exact(self.options.width);
        Ok(rows.flat_map(|row| row[..outputs].to_vec()).collect())
    }

    /// Activations at l = 0: rows of D neurons.
    fn begin(&self, inputs: &[f64]) -> Vec<f64> {
        let mut x = Vec::new();
        for (m, row) in inputs.chunks_exact(self.options.inputs()).enumerate() {
            x.extend_from_slice(row);
            x.resize((m + 1) * self.options.width, 0.0);
        }
        x
    }

    /// Moves activations from one layer to the next, by the weights of both.
    fn step(&self, [before, after]: [&[f64]; 2], h: f64, x: &mut [f64]) {
        match self.options.layer_step {
            LayerStep::Euler => {
                let k1 = self.rates(before, x);
                add(x, h, &k1);
            }
            LayerStep::Rk4 => {
                let pairs = before.iter().zip(after);
                let middle: Vec<f64> = pairs.map(|(a, b)| 0.5 * (a + b)).collect();
                let moved = |share: f64, k: &[f64]| {
                    let mut to = x.to_vec();
                    add(&mut to, share * h, k);
                    to
                };
                let k1 = self.rates(before, x);
                let k2 = self.rates(&middle, &moved(0.5, &k1));
                let k3 = self.rates(&middle, &moved(0.5, &k2));
                let k4 = self.rates(after, &moved(1.0, &k3));
                for (k, weight) in [(k1, 1.0), (k2, 2.0), (k3, 2.0), (k4, 1.0)] {
                    add(x, weight * h / 6.0, &k);
                }
            }
        }
    }

    /// Rates `f(W x + b)` of all rows.
    fn rates(&self, weights: &[f64], x: &[f64]) -> Vec<f64> {
        let d = self.options.width;
        let (matrix, biases) = weights.split_at(d * d);
        let mut z = Vec::with_capacity(x.len());
        for x in x.chunks_exact(d) {
            for (row, bias) in matrix.chunks_exact(d).zip(biases) {
                let sum: f64 = row.iter().zip(x).map(|(w, x)| w * x).sum();
                z.push(sum + bias);
            }
        }
        let mut rates = vec![0.0; x.len()];
        self.options.activation.apply(d, &mut z, &mut rates);
        rates
    }
}

fn add(x: &mut [f64], factor: f64, k: &[f64]) {
    x.iter_mut().zip(k).for_each(|(x, k)| *x += factor * k);
}
