//! One map of a network at all pairs at once: its value, the push-forward of tangents and the pull-back of adjoints.

use super::layers::Bias;
use super::matrix::Panel;
use super::network::Network;
use crate::model::{Model, Points, Scratch};

/// Where a map is evaluated.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub network: &'a Network,
    /// The map from layer l to layer l + 1.
    pub l: usize,
    /// All weights of the network.
    pub weights: &'a [f64],
    /// X_l, pairs x width.
    pub x: &'a [f64],
    /// u_l, pairs x forcing.
    pub forcing: &'a [f64],
}

/// The memory of passes through layers.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    panel: Panel,
    scratch: Scratch,
    /// The time that models see, once per pair.
    times: Vec<f64>,
    /// The Jacobian of a model at all pairs.
    jacobian: Vec<f64>,
}

impl Pass {
    pub fn new(pairs: usize) -> Self {
        Pass {
            panel: Panel::new(),
            scratch: Scratch::default(),
            times: vec![0.0; pairs],
            jacobian: Vec::new(),
        }
    }

    /// Writes the map's value to `output`, and to `kept` what derivatives at the same point need; both pairs x width of layer l + 1.
    pub fn forward(&mut self, at: At, kept: &mut [f64], output: &mut [f64]) {
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
        if let Some(step) = layer.residual {
            for (value, x) in output.iter_mut().zip(at.x) {
                *value = x + step * *value;
            }
        }
    }

    /// Adds `Df^T adjoint` to `dx` (pairs x width of layer l) and to `dw` (all weights). `adjoint` is used up.
    pub fn pull_back(
        &mut self,
        at: At,
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
        at: At,
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

    fn push_through_model(
        &mut self,
        at: At,
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

/// What a model sees: the layer's number is the time, in steps of the residual form.
fn points<'a>(at: At<'a>, times: &'a mut [f64]) -> Points<'a> {
    let layer = &at.network.layers()[at.l];
    times.fill(at.l as f64 * layer.residual.unwrap_or(1.0));
    Points {
        states: at.x,
        parameters: &at.weights[at.network.weight_sets()[at.l].range()],
        inputs: at.forcing,
        times,
    }
}
