//! One map of a network at all pairs at once: its value, the push-forward of tangents, the
//! pull-back of adjoints, and the second derivative at one pair.

use super::layers::Bias;
use super::matrix::Panel;
use super::network::Network;
use crate::model::{Model, Points, Scratch};

/// Arguments at which one map of a network is evaluated.
#[derive(Clone, Copy)]
pub(super) struct MapArguments<'a> {
    /// The network.
    pub network: &'a Network,
    /// Number of the map, which leads from layer l to layer l + 1.
    pub l: usize,
    /// All weights of the network.
    pub weights: &'a [f64],
    /// Activations X_l, pairs x width.
    pub x: &'a [f64],
    /// Forcing u_l, pairs x forcing.
    pub forcing: &'a [f64],
}

/// Memory for passes through layers.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    panel: Panel,
    scratch: Scratch,
    /// Time that models see, once per pair.
    times: Vec<f64>,
    /// Jacobian of a model at all pairs.
    jacobian: Vec<f64>,
}

impl Pass {
    /// Memory for a number of pairs.
    pub fn new(pairs: usize) -> Self {
        Pass {
            panel: Panel::new(),
            scratch: Scratch::default(),
            times: vec![0.0; pairs],
            jacobian: Vec::new(),
        }
    }

    /// Writes the map's value to `output`, and to `kept` the numbers that derivatives at the same
    /// arguments need. Both are pairs x width of layer l + 1.
    pub fn forward(&mut self, at: MapArguments, kept: &mut [f64], output: &mut [f64]) {
        self.apply(at, kept, output);
        if let Some(step) = at.network.layers()[at.l].residual {
            for (value, x) in output.iter_mut().zip(at.x) {
                *value = x + step * *value;
            }
        }
    }

    /// Writes `f(W x_l + U u_l + b)` or the model's value to `output`, without the sum of the
    /// residual form, and to `kept` the numbers that derivatives need.
    fn apply(&mut self, at: MapArguments, kept: &mut [f64], output: &mut [f64]) {
        let layer = &at.network.layers()[at.l];
        if let Some(map) = &layer.map {
            let model = &*map.0;
            let points = points(at, &mut self.times);
            model.evaluate(&mut self.scratch, points, output);
        } else {
            let set = &at.network.weight_sets()[at.l];
            let width = layer.width;
            let biases = match &layer.bias {
                Bias::Free => &at.weights[set.biases()],
                Bias::Fixed(values) => values,
                Bias::None => &[],
            };
            if biases.is_empty() {
                kept.fill(0.0);
            } else {
                for row in kept.chunks_exact_mut(width) {
                    row.copy_from_slice(biases);
                }
            }
            let (w, u) = (&at.weights[set.matrix()], &at.weights[set.forcing_matrix()]);
            self.panel.forward(kept, at.x, w, (width, set.inputs));
            if set.forcing > 0 {
                self.panel
                    .forward(kept, at.forcing, u, (width, set.forcing));
            }
            layer.activation.apply(width, kept, output);
        }
    }

    /// Adds `Df^T adjoint` to `dx` (pairs x width of layer l) and to `dw` (all weights). The
    /// numbers in `adjoint` are overwritten.
    pub fn pull_back(
        &mut self,
        at: MapArguments,
        kept: &[f64],
        adjoint: &mut [f64],
        dx: &mut [f64],
        dw: &mut [f64],
    ) {
        let layer = &at.network.layers()[at.l];
        if let Some(step) = layer.residual {
            for (adjoint, dx) in adjoint.iter_mut().zip(&mut *dx) {
                *dx += *adjoint;
                *adjoint *= step;
            }
        }
        let set = &at.network.weight_sets()[at.l];
        if let Some(map) = &layer.map {
            let points = points(at, &mut self.times);
            let dw = &mut dw[set.range()];
            map.0.pull_back(&mut self.scratch, points, adjoint, dx, dw);
            return;
        }
        let width = layer.width;
        layer.activation.differentiate(width, kept, adjoint);
        let adjoint = &*adjoint;
        let shape = (width, set.inputs);
        self.panel
            .backward(dx, adjoint, &at.weights[set.matrix()], shape);
        self.panel
            .weights(&mut dw[set.matrix()], adjoint, at.x, shape);
        if set.forcing > 0 {
            let shape = (width, set.forcing);
            self.panel
                .weights(&mut dw[set.forcing_matrix()], adjoint, at.forcing, shape);
        }
        if set.bias {
            let biases = &mut dw[set.biases()];
            for row in adjoint.chunks_exact(width) {
                for (bias, value) in biases.iter_mut().zip(row) {
                    *bias += value;
                }
            }
        }
    }

    /// Writes `Df (dx, dw)` to `output`, pairs x width of layer l + 1.
    pub fn push_forward(
        &mut self,
        at: MapArguments,
        kept: &[f64],
        (dx, dw): (&[f64], &[f64]),
        output: &mut [f64],
    ) {
        let layer = &at.network.layers()[at.l];
        let set = &at.network.weight_sets()[at.l];
        let width = layer.width;
        if let Some(map) = &layer.map {
            self.push_through_model(at, &*map.0, (dx, &dw[set.range()]), output);
        } else {
            if set.bias {
                for row in output.chunks_exact_mut(width) {
                    row.copy_from_slice(&dw[set.biases()]);
                }
            } else {
                output.fill(0.0);
            }
            let shape = (width, set.inputs);
            let panel = &mut self.panel;
            panel.forward(output, dx, &at.weights[set.matrix()], shape);
            panel.forward(output, at.x, &dw[set.matrix()], shape);
            if set.forcing > 0 {
                let shape = (width, set.forcing);
                panel.forward(output, at.forcing, &dw[set.forcing_matrix()], shape);
            }
            layer.activation.differentiate(width, kept, output);
        }
        if let Some(step) = layer.residual {
            for (value, dx) in output.iter_mut().zip(dx) {
                *value = dx + step * *value;
            }
        }
    }

    /// Writes the second derivative of `adjoint . f` in x of one pair to `matrix`: width x width of
    /// layer l, symmetric to the last bit.
    pub fn curvature(&mut self, at: MapArguments, adjoint: &[f64], matrix: &mut [f64]) {
        let layer = &at.network.layers()[at.l];
        let n = at.x.len();
        // The second derivative of x + h f is that of h f.
        let step = layer.residual.unwrap_or(1.0);
        matrix.fill(0.0);
        if let Some(map) = &layer.map {
            let sparsity = map.0.curvature_sparsity();
            let mut entries = vec![0.0; sparsity.entries()];
            let points = points(at, &mut self.times);
            map.0
                .curvature(&mut self.scratch, points, adjoint, &mut entries);
            // The lower triangle; the rows after those of the states belong to the parameters.
            for row in 0..n {
                for (entry, column) in sparsity.row(row) {
                    matrix[row * n + column] = step * entries[entry];
                }
            }
        } else {
            let width = layer.width;
            let (mut kept, mut values) = (vec![0.0; width], vec![0.0; width]);
            self.apply(at, &mut kept, &mut values);
            let mut second = vec![0.0; width * width];
            let along: Vec<f64> = adjoint.iter().map(|p| step * p).collect();
            let activation = layer.activation;
            activation.curvature(&values, &kept, &along, &mut second);
            // W^T (second W)
            let set = &at.network.weight_sets()[at.l];
            let w = &at.weights[set.matrix()];
            let mut product = vec![0.0; width * n];
            self.panel.backward(&mut product, &second, w, (width, n));
            self.panel.weights(matrix, w, &product, (n, n));
        }
        for row in 0..n {
            for column in 0..row {
                matrix[column * n + row] = matrix[row * n + column];
            }
        }
    }

    /// Writes `Df (dx, dw)` of a model to `output`.
    fn push_through_model(
        &mut self,
        at: MapArguments,
        model: &dyn Model,
        (dx, dw): (&[f64], &[f64]),
        output: &mut [f64],
    ) {
        let width = model.dimension();
        let sparsity = model.jacobian_sparsity();
        let entries = sparsity.entries();
        let pairs = output.len() / width;
        output.fill(0.0);
        if entries == 0 {
            return;
        }
        if self.jacobian.len() < pairs * entries {
            self.jacobian.resize(pairs * entries, 0.0);
        }
        let jacobian = &mut self.jacobian[..pairs * entries];
        let points = points(at, &mut self.times);
        model.jacobian(&mut self.scratch, points, jacobian);
        let rows = output.chunks_exact_mut(width).zip(dx.chunks_exact(width));
        for ((output, dx), jacobian) in rows.zip(jacobian.chunks_exact(entries)) {
            for (a, output) in output.iter_mut().enumerate() {
                for (entry, column) in sparsity.row(a) {
                    let along = match column.checked_sub(width) {
                        None => dx[column],
                        Some(p) => dw[p],
                    };
                    *output += jacobian[entry] * along;
                }
            }
        }
    }
}

/// Arguments of a model. The number of the layer is the time, in steps of the residual form.
fn points<'a>(at: MapArguments<'a>, times: &'a mut [f64]) -> Points<'a> {
    let layer = &at.network.layers()[at.l];
    times.fill(at.l as f64 * layer.residual.unwrap_or(1.0));
    Points {
        states: at.x,
        parameters: &at.weights[at.network.weight_sets()[at.l].range()],
        inputs: at.forcing,
        times,
    }
}
