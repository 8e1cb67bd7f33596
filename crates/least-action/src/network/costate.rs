//! The gradient of the strong constraint by the costates of its layers, pair by pair, with the Jacobian of every layer written out: what backpropagation computes, by another route.
//!
//! Where every layer follows from the one before, `x_(n+1) = f(x_n, w)`, the costate of a path of least action is `p_n = Df(x_n)^T p_(n+1) - dA_m/dx_n`, with none after
//! the last layer and A_m the measurement error; and `dA/dw = -sum p_(n+1)^T df/dw`. It is the limit of `R_f (x_(n+1) - f(x_n))` of the weak constraint.
//! H. D. I. Abarbanel, P. J. Rozdeba, S. Shirman, Neural Computation 30(8), 2018, doi 10.1162/neco_a_01094.

use super::problem::NetworkProblem;
use super::train::inputs;
use super::{Activation, Network};
use crate::error::Result;
use crate::model::{Points, Scratch};

/// Costates, and the gradient that follows from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Costates {
    /// p of layers 1 to F, in the order of a problem's unknowns less X_0: each pairs x neurons, row-major. With the mean normalisation they are of that action.
    pub costates: Vec<f64>,
    /// Derivatives of the action in the weights.
    pub gradient: Vec<f64>,
}

/// A layer at one pair: derivatives of its value, neurons x (neurons before), and of its value in its weights against a costate.
struct LayerJacobian {
    matrix: Vec<f64>,
    /// `p^T df/dw` for the layer's weights, as a function of the costate.
    by_weight: Vec<f64>,
}

impl NetworkProblem {
    /// The costates at these weights, with exact inputs, and the gradient in the weights; without the part of priors. For study and tests: [`super::Training`] is
    /// much faster.
    ///
    /// # Errors
    /// A wrong number of weights, inputs that are not measured, activations that are not finite.
    pub fn costates(&self, weights: &[f64]) -> Result<Costates> {
        let network = self.network();
        network.check_weights("weights", weights)?;
        let path = network.forward(weights, inputs(self)?, &self.0.external)?;
        let first = self.layer_offset(1);
        let mut costates = vec![0.0; path.len() - first];
        let mut gradient = vec![0.0; weights.len()];
        for pair in 0..self.pairs() {
            let mut costate: Vec<f64> = Vec::new();
            for layer in (1..=network.depth()).rev() {
                let width = network.widths()[layer];
                costate.resize(width, 0.0);
                let row = self.layer_offset(layer) + pair * width;
                let x = &path[row..row + width];
                for measured in self.0.measured.iter().filter(|m| m.layer == layer) {
                    let y = &measured.values[pair * width..];
                    for (a, p) in costate.iter_mut().enumerate() {
                        if !y[a].is_nan() {
                            *p -= 2.0 * measured.weights[a] * (x[a] - y[a]);
                        }
                    }
                }
                costates[row - first..row - first + width].copy_from_slice(&costate);
                let before = network.widths()[layer - 1];
                let row = self.layer_offset(layer - 1) + pair * before;
                let inputs = network.transitions[layer - 1].inputs;
                let external = self.0.external.get(layer - 1);
                let external = external.map_or(&[][..], |u| &u[pair * inputs..(pair + 1) * inputs]);
                let at = (&path[row..row + before], external);
                let jacobian = network.jacobian(layer, weights, at, &costate);
                let set = network.sets[network.transitions[layer - 1].set].range();
                for (gradient, product) in gradient[set].iter_mut().zip(&jacobian.by_weight) {
                    *gradient -= product;
                }
                let mut previous = vec![0.0; before];
                for (p, row) in costate.iter().zip(jacobian.matrix.chunks_exact(before)) {
                    for (previous, entry) in previous.iter_mut().zip(row) {
                        *previous += entry * p;
                    }
                }
                costate = previous;
            }
        }
        Ok(Costates { costates, gradient })
    }
}

impl Network {
    fn jacobian(
        &self,
        layer: usize,
        weights: &[f64],
        (x, external): (&[f64], &[f64]),
        costate: &[f64],
    ) -> LayerJacobian {
        let transition = &self.transitions[layer - 1];
        let (width, before) = (transition.width, x.len());
        let h = transition.step.unwrap_or(1.0);
        let mut jacobian = match &transition.map {
            Some(map) => {
                let own = self.views(transition, weights).parameters;
                let at = Points {
                    states: x,
                    parameters: own,
                    inputs: external,
                    times: &[(layer - 1) as f64],
                };
                let function = map.function();
                let sparsity = function.jacobian_sparsity();
                let mut entries = vec![0.0; sparsity.entries()];
                function.jacobian(&mut Scratch::default(), at, &mut entries);
                let mut matrix = vec![0.0; width * before];
                let mut by_weight = vec![0.0; own.len()];
                for (row, p) in costate.iter().enumerate() {
                    for (entry, column) in sparsity.row(row) {
                        match column.checked_sub(before) {
                            None => matrix[row * before + column] = entries[entry],
                            Some(parameter) => by_weight[parameter] += p * entries[entry],
                        }
                    }
                }
                LayerJacobian { matrix, by_weight }
            }
            None => self.product_jacobian(layer, weights, (x, external), costate),
        };
        jacobian.matrix.iter_mut().for_each(|entry| *entry *= h);
        jacobian.by_weight.iter_mut().for_each(|entry| *entry *= h);
        if transition.step.is_some() {
            jacobian
                .matrix
                .iter_mut()
                .step_by(before + 1)
                .for_each(|entry| *entry += 1.0);
        }
        jacobian
    }

    fn product_jacobian(
        &self,
        layer: usize,
        weights: &[f64],
        (x, external): (&[f64], &[f64]),
        costate: &[f64],
    ) -> LayerJacobian {
        let transition = &self.transitions[layer - 1];
        let (width, own) = (transition.width, self.views(transition, weights));
        let mut z: Vec<[f64; 1]> = (0..width)
            .map(|a| {
                let bias = own.bias.get(a).copied().unwrap_or(0.0);
                let sum =
                    |row: &[f64], x: &[f64]| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
                let from_outside = sum(&own.inputs[a * external.len()..], external);
                [bias + sum(&own.matrix[a * x.len()..], x) + from_outside]
            })
            .collect();
        let mut slopes = vec![[0.0]; width];
        transition.activation.apply(width, &mut z, &mut slopes);
        // d f_a / d z_b.
        let slope = |a: usize, b: usize| match transition.activation {
            Activation::Softmax if a == b => z[a][0] - z[a][0] * z[a][0],
            Activation::Softmax => -z[a][0] * z[b][0],
            _ if a == b => slopes[a][0],
            _ => 0.0,
        };
        let mut matrix = vec![0.0; width * x.len()];
        let mut by_sum = vec![0.0; width];
        for a in 0..width {
            for (b, by_sum) in by_sum.iter_mut().enumerate() {
                let slope = slope(a, b);
                *by_sum += costate[a] * slope;
                let rows = own.matrix[b * x.len()..].iter();
                for (entry, w) in matrix[a * x.len()..(a + 1) * x.len()].iter_mut().zip(rows) {
                    *entry += slope * w;
                }
            }
        }
        let of = |values: &[f64]| -> Vec<f64> {
            let rows = by_sum.iter();
            rows.flat_map(|p| values.iter().map(move |x| p * x))
                .collect()
        };
        let mut by_weight = of(x);
        by_weight.extend(of(external));
        if self.sets[transition.set].biases > 0 {
            by_weight.extend(&by_sum);
        }
        LayerJacobian { matrix, by_weight }
    }
}
