//! The action of a network as rows of weighted residuals, pair by pair: every pair is a path whose points are the layers, and all share one border, the weights. So the
//! minimisers that are made for paths know networks too.

use super::layers::Transition;
use super::{Activation, NetworkProblem, WeightSet};
use crate::action::{Layout, Linearization, RowGroup};
use crate::error::Result;

/// Where everything is in that form. Layers that are narrower than the widest are filled up with unknowns that nothing depends on.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    problem: NetworkProblem,
    layout: Layout,
    /// For each of the problem's unknowns, its place in the layout.
    places: Vec<usize>,
    /// Sums and derivatives of one layer of one pair.
    z: Vec<[f64; 1]>,
    slopes: Vec<[f64; 1]>,
    jacobian: Vec<f64>,
}

impl Rows {
    /// None for networks with maps, whose derivatives are not written out.
    pub fn new(problem: &NetworkProblem) -> Option<Result<Self>> {
        let network = problem.network();
        if network.transitions.iter().any(|t| t.map.is_some()) {
            return None;
        }
        let widths = network.widths();
        let widest = widths.iter().max().copied().unwrap_or(1);
        let (pairs, layers) = (problem.pairs(), widths.len());
        let mut couples = vec![1; pairs * layers];
        couples
            .iter_mut()
            .skip(layers - 1)
            .step_by(layers)
            .for_each(|c| *c = 0);
        let weights = network.weight_count();
        let layout = Layout::new(widest, pairs * layers, weights, couples);
        Some(layout.map(|layout| {
            let mut places = Vec::with_capacity(problem.unknowns());
            for (layer, &width) in widths.iter().enumerate() {
                for pair in 0..pairs {
                    let first = (pair * layers + layer) * widest;
                    places.extend(first..first + width);
                }
            }
            let path = layout.path_length();
            places.extend(path..path + weights);
            Rows {
                problem: problem.clone(),
                layout,
                places,
                z: vec![[0.0]; widest],
                slopes: vec![[0.0]; widest],
                jacobian: vec![0.0; widest * widest],
            }
        }))
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Multiplications of one factorisation, about.
    pub fn cost(&self) -> f64 {
        let (path, weights) = (
            self.layout.path_length() as f64,
            self.layout.parameters as f64,
        );
        path * (weights * weights + (self.layout.dimension * self.layout.dimension) as f64)
            + weights * weights * weights / 3.0
    }

    /// From the problem's order into the layout's.
    pub fn spread(&self, from: &[f64], into: &mut [f64]) {
        let pairs = self.places.iter().zip(from);
        pairs.for_each(|(&place, &x)| into[place] = x);
    }

    /// And back.
    pub fn gather(&self, from: &[f64], into: &mut [f64]) {
        let pairs = self.places.iter().zip(into);
        pairs.for_each(|(&place, x)| *x = from[place]);
    }

    /// Patterns, and what does not depend on the unknowns.
    pub fn linearization(&self) -> Linearization {
        let parts = &*self.problem.0;
        let network = &parts.network;
        let (widths, d) = (network.widths(), self.layout.dimension);
        let points = |layer: usize| {
            let first = (0..parts.pairs).map(|pair| (pair * widths.len() + layer) as u32);
            first.collect::<Vec<u32>>()
        };
        let mut groups = Vec::new();
        for (before, transition) in network.transitions.iter().enumerate() {
            let set = &network.sets[transition.set];
            let row = |a: usize| {
                let mut columns: Vec<u32> = (0..widths[before] as u32).collect();
                columns.push((d + a) as u32);
                columns.extend(weights_of(transition, set, a).map(|w| (2 * d + w) as u32));
                columns
            };
            let pattern: Vec<Vec<u32>> = (0..transition.width).map(row).collect();
            groups.push(RowGroup::new(2, points(before), &pattern));
        }
        for measured in &parts.measured {
            let width = measured.weights.len();
            let pattern: Vec<Vec<u32>> = (0..width as u32).map(|a| vec![a]).collect();
            let mut group = RowGroup::new(1, points(measured.layer), &pattern);
            group.values.fill(1.0);
            let rows = measured.values.chunks_exact(width);
            for (weights, row) in group.weights.chunks_exact_mut(width).zip(rows) {
                for ((weight, y), w) in weights.iter_mut().zip(row).zip(&measured.weights) {
                    *weight = if y.is_nan() { 0.0 } else { 2.0 * w };
                }
            }
            groups.push(group);
        }
        if !parts.priors.is_empty() {
            let pattern = parts
                .priors
                .iter()
                .map(|prior| vec![(d + prior.weight) as u32]);
            let mut group = RowGroup::new(1, vec![0], &pattern.collect::<Vec<_>>());
            group.values.fill(1.0);
            let precisions = parts.priors.iter().map(|prior| 2.0 * prior.factor);
            group
                .weights
                .iter_mut()
                .zip(precisions)
                .for_each(|(w, p)| *w = p);
            groups.push(group);
        }
        Linearization { groups }
    }

    /// Residuals and derivatives at `x`, in the layout's order. Whether all are finite is not looked at.
    pub fn linearize(&mut self, model_precision: f64, x: &[f64], into: &mut Linearization) {
        let problem = self.problem.clone();
        let parts = &*problem.0;
        let network = &parts.network;
        let (layers, d) = (network.widths().len(), self.layout.dimension);
        let (path, weights) = x.split_at(self.layout.path_length());
        let weight = 2.0 * parts.normalization.factor(problem.residuals()) * model_precision;
        for (before, transition) in network.transitions.iter().enumerate() {
            let group = &mut into.groups[before];
            group.weights.fill(weight);
            let (entries, rows) = (group.entries(), group.rows);
            let exact = parts.exact_inputs && before == 0;
            let own = network.widths()[before];
            for pair in 0..parts.pairs {
                let point = &path[(pair * layers + before) * d..][..2 * d];
                let inputs = match exact {
                    // What the unknowns say of them is not used.
                    true => &parts.measured[0].values[pair * own..][..own],
                    false => &point[..own],
                };
                let external = match transition.inputs {
                    0 => &[][..],
                    count => &parts.external[before][pair * count..][..count],
                };
                let values = &mut group.values[pair * entries..][..entries];
                let residuals = &mut group.residuals[pair * rows..][..rows];
                let layer = (before + 1, weights);
                self.transition(layer, (inputs, external), &point[d..], residuals, values);
                if exact {
                    let width = entries / rows;
                    for row in values.chunks_exact_mut(width) {
                        row[..own].fill(0.0);
                    }
                }
            }
        }
        let groups = &mut into.groups[network.transitions.len()..];
        for (measured, group) in parts.measured.iter().zip(groups.iter_mut()) {
            let width = measured.weights.len();
            let rows = measured.values.chunks_exact(width).enumerate();
            for ((pair, row), residuals) in rows.zip(group.residuals.chunks_exact_mut(width)) {
                let x = &path[(pair * layers + measured.layer) * d..];
                for ((residual, x), y) in residuals.iter_mut().zip(x).zip(row) {
                    *residual = if y.is_nan() { 0.0 } else { x - y };
                }
            }
        }
        if let Some(group) = groups.get_mut(parts.measured.len()) {
            let pairs = group.residuals.iter_mut().zip(&parts.priors);
            pairs.for_each(|(residual, prior)| *residual = weights[prior.weight] - prior.mean);
        }
    }

    /// The rows of one transition of one pair.
    fn transition(
        &mut self,
        (layer, all): (usize, &[f64]),
        (x, u): (&[f64], &[f64]),
        next: &[f64],
        residuals: &mut [f64],
        values: &mut [f64],
    ) {
        let network = self.problem.network();
        let transition = &network.transitions[layer - 1];
        let set = &network.sets[transition.set];
        let weights = network.views(transition, all);
        let width = transition.width;
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (z, slopes) = (&mut self.z[..width], &mut self.slopes[..width]);
        for (a, z) in z.iter_mut().enumerate() {
            z[0] = weights.bias.get(a).copied().unwrap_or(0.0)
                + dot(&weights.matrix[a * x.len()..][..x.len()], x)
                + dot(&weights.inputs[a * u.len()..][..u.len()], u);
        }
        transition.activation.apply(width, z, slopes);
        let h = transition.step.unwrap_or(1.0);
        let entries = values.len() / width;
        let softmax = transition.activation == Activation::Softmax;
        for (a, row) in values.chunks_exact_mut(entries).enumerate() {
            residuals[a] = next[a] - h * z[a][0];
            // Derivatives of this neuron in the sums: one, or all.
            let of_sums = &mut self.jacobian[..width];
            if softmax {
                for (c, slope) in of_sums.iter_mut().enumerate() {
                    let own = f64::from(u8::from(a == c));
                    *slope = -h * z[a][0] * (own - z[c][0]);
                }
            } else {
                of_sums.fill(0.0);
                of_sums[a] = -h * slopes[a][0];
            }
            let (by_state, rest) = row.split_at_mut(x.len());
            let (by_next, by_weight) = rest.split_at_mut(1);
            by_next[0] = 1.0;
            by_state.fill(0.0);
            let sums = if softmax { 0..width } else { a..a + 1 };
            for c in sums.clone() {
                let of_row = &weights.matrix[c * x.len()..][..x.len()];
                let pairs = by_state.iter_mut().zip(of_row);
                pairs.for_each(|(value, w)| *value += of_sums[c] * w);
            }
            if transition.step.is_some() {
                residuals[a] -= x[a];
                by_state[a] -= 1.0;
            }
            let mut by_weight = by_weight.iter_mut();
            let mut put = |value: f64| {
                if let Some(place) = by_weight.next() {
                    *place = value;
                }
            };
            for c in sums.clone() {
                x.iter().for_each(|x| put(of_sums[c] * x));
            }
            for c in sums.clone() {
                u.iter().for_each(|u| put(of_sums[c] * u));
            }
            if set.biases > 0 {
                sums.for_each(|c| put(of_sums[c]));
            }
        }
    }
}

/// The weights that neuron `a` of a layer depends on, ascending: W, U, b.
fn weights_of(transition: &Transition, set: &WeightSet, a: usize) -> impl Iterator<Item = usize> {
    let neurons = match transition.activation {
        Activation::Softmax => 0..set.rows,
        _ => a..a + 1,
    };
    let of = move |start: usize, per: usize| start + neurons.start * per..start + neurons.end * per;
    let biases = usize::from(set.biases > 0);
    of(set.matrix_range().start, set.columns)
        .chain(of(set.input_range().start, set.inputs))
        .chain(of(set.bias_range().start, biases))
}
