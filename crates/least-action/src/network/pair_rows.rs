//! The action of a network as rows of weighted residuals. Every pair is a path whose points are the
//! layers, and all pairs share one border, the weights. So the minimisers for paths work for
//! networks too. They are the right ones if the weights are few.

use super::terms::{measurement_factor, prior_factor, row};
use super::{Bias, Layer, NetworkProblem, WeightSet};
use crate::action::noise::{with_loss, Loss};
use crate::error::Result;
use crate::solve::{Layout, Linearization, RowGroup};

/// Rows of a network and their layout. Layers that are narrower than the widest are filled up with
/// unknowns that nothing depends on.
#[derive(Debug, Clone)]
pub(crate) struct PairRows {
    problem: NetworkProblem,
    layout: Layout,
    /// Place in the layout of each unknown of the problem.
    places: Vec<usize>,
    /// Weighted inputs of one layer of one pair, then the numbers kept of them.
    kept: Vec<f64>,
    /// Activations of that layer.
    values: Vec<f64>,
    /// Derivatives of one activation in the weighted inputs.
    by_sum: Vec<f64>,
}

impl PairRows {
    /// Rows of a network; none for networks with models, whose derivatives are not written out
    /// here.
    pub fn new(problem: &NetworkProblem) -> Option<Result<Self>> {
        let network = problem.network();
        if network.layers().iter().any(|layer| layer.map.is_some()) {
            return None;
        }
        let widths = network.widths();
        let widest = widths.iter().max().copied().unwrap_or(1);
        let (pairs, layers) = (problem.pairs(), widths.len());
        let mut couples = vec![1; pairs * layers];
        let ends = couples.iter_mut().skip(layers - 1).step_by(layers);
        ends.for_each(|couples| *couples = 0);
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
            PairRows {
                problem: problem.clone(),
                layout,
                places,
                kept: vec![0.0; widest],
                values: vec![0.0; widest],
                by_sum: vec![0.0; widest],
            }
        }))
    }

    /// Layout of the unknowns: one point per pair and layer, then the weights.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Approximate number of multiplications of one factorisation.
    pub fn cost(&self) -> f64 {
        let layout = &self.layout;
        let (path, weights) = (layout.path_length() as f64, layout.parameters as f64);
        let own = (layout.dimension * layout.dimension) as f64;
        path * (weights * weights + own) + weights * weights * weights / 3.0
    }

    /// Copies unknowns from the problem's order into the layout's.
    pub fn spread(&self, from: &[f64], into: &mut [f64]) {
        let pairs = self.places.iter().zip(from);
        pairs.for_each(|(&place, &x)| into[place] = x);
    }

    /// Copies unknowns from the layout's order into the problem's.
    pub fn gather(&self, from: &[f64], into: &mut [f64]) {
        let pairs = self.places.iter().zip(into);
        pairs.for_each(|(&place, x)| *x = from[place]);
    }

    /// Unknowns of the problem at these places of the layout, which must ascend. Places that only
    /// fill up have none.
    pub fn unknowns_at(&self, places: &[usize]) -> Vec<usize> {
        let unknowns = self.places.iter().enumerate();
        let meant = unknowns.filter(|(_, place)| places.binary_search(place).is_ok());
        meant.map(|(unknown, _)| unknown).collect()
    }

    /// Rows with their patterns, and with the values that do not depend on the unknowns.
    pub fn linearization(&self) -> Linearization {
        let parts = &*self.problem.0;
        let network = &parts.network;
        let (widths, d) = (network.widths(), self.layout.dimension);
        let points = |layer: usize| {
            let first = (0..parts.pairs).map(|pair| (pair * widths.len() + layer) as u32);
            first.collect::<Vec<u32>>()
        };
        let mut groups = Vec::new();
        for (l, (layer, set)) in network
            .layers()
            .iter()
            .zip(network.weight_sets())
            .enumerate()
        {
            let row = |a: usize| {
                let mut columns: Vec<u32> = (0..widths[l] as u32).collect();
                columns.push((d + a) as u32);
                columns.extend(weights_of(layer, set, a).map(|w| (2 * d + w) as u32));
                columns
            };
            let pattern: Vec<Vec<u32>> = (0..layer.width).map(row).collect();
            groups.push(RowGroup::new(2, points(l), &pattern));
        }
        for target in &parts.targets {
            let width = target.precision.len();
            let pattern: Vec<Vec<u32>> = (0..width as u32).map(|a| vec![a]).collect();
            let mut group = RowGroup::new(1, points(target.layer), &pattern);
            group.values.fill(1.0);
            groups.push(group);
        }
        let factor = 2.0 * prior_factor(parts);
        for prior in &parts.priors {
            let columns = prior
                .weights
                .clone()
                .map(|weight| vec![(d + weight) as u32]);
            let mut group = RowGroup::new(1, vec![0], &columns.collect::<Vec<_>>());
            group.values.fill(1.0);
            group.weights.fill(factor * prior.precision);
            groups.push(group);
        }
        Linearization { groups }
    }

    /// Writes residuals and derivatives at `x`, in the layout's order. They may be not finite.
    pub fn linearize(&mut self, model_precision: f64, x: &[f64], into: &mut Linearization) {
        let problem = self.problem.clone();
        let parts = &*problem.0;
        let network = &parts.network;
        let (layers, d) = (network.widths().len(), self.layout.dimension);
        let (path, weights) = x.split_at(self.layout.path_length());
        let weight = 2.0 * parts.normalization.factor(problem.residuals()) * model_precision;
        for l in 0..network.depth() {
            let group = &mut into.groups[l];
            group.weights.fill(weight);
            let (entries, rows) = (group.entries(), group.rows);
            for pair in 0..parts.pairs {
                let (before, next) = path[(pair * layers + l) * d..][..2 * d].split_at(d);
                let count = network.layers()[l].forcing;
                let forcing = &parts.forcing[l][pair * count..][..count];
                let values = &mut group.values[pair * entries..][..entries];
                let residuals = &mut group.residuals[pair * rows..][..rows];
                let before = (&before[..network.widths()[l]], forcing);
                self.transition((l, weights), before, next, residuals, values);
            }
        }
        let factor = 2.0 * measurement_factor(parts);
        let mut groups = into.groups[network.depth()..].iter_mut();
        for (target, group) in parts.targets.iter().zip(&mut groups) {
            let width = target.precision.len();
            with_loss!(target.law, loss => {
                for (k, y) in target.values.iter().enumerate() {
                    let (pair, neuron) = (k / width, k % width);
                    let x = path[(pair * layers + target.layer) * d + neuron];
                    let row = row(loss, x, *y, target.precision[neuron]);
                    let (residual, weight) = loss.linearize(row);
                    group.residuals[k] = residual;
                    group.weights[k] = if y.is_nan() { 0.0 } else { factor * weight };
                }
            });
        }
        for (prior, group) in parts.priors.iter().zip(&mut groups) {
            let own = group
                .residuals
                .iter_mut()
                .zip(&weights[prior.weights.clone()]);
            own.for_each(|(residual, weight)| *residual = weight - prior.mean);
        }
    }

    /// Writes the rows of one map of one pair.
    fn transition(
        &mut self,
        (l, all): (usize, &[f64]),
        (x, u): (&[f64], &[f64]),
        next: &[f64],
        residuals: &mut [f64],
        rows: &mut [f64],
    ) {
        let network = self.problem.network();
        let (layer, set) = (&network.layers()[l], &network.weight_sets()[l]);
        let (matrix, forcing) = (&all[set.matrix()], &all[set.forcing_matrix()]);
        let bias = match &layer.bias {
            Bias::Free => &all[set.biases()],
            Bias::Fixed(values) => values,
            Bias::None => &[],
        };
        let width = layer.width;
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let (kept, values) = (&mut self.kept[..width], &mut self.values[..width]);
        for (a, z) in kept.iter_mut().enumerate() {
            *z = bias.get(a).copied().unwrap_or(0.0)
                + dot(&matrix[a * x.len()..][..x.len()], x)
                + dot(&forcing[a * u.len()..][..u.len()], u);
        }
        layer.activation.apply(width, kept, values);
        let h = layer.residual.unwrap_or(1.0);
        let by_sum = &mut self.by_sum[..width];
        for (a, row) in rows.chunks_exact_mut(rows.len() / width).enumerate() {
            residuals[a] = next[a] - h * values[a];
            // Derivatives of this neuron in the weighted inputs: Df is symmetric, so its row is its
            // column.
            by_sum.fill(0.0);
            by_sum[a] = -h;
            layer.activation.differentiate(width, kept, by_sum);
            let (by_state, rest) = row.split_at_mut(x.len());
            let (by_next, by_weight) = rest.split_at_mut(1);
            by_next[0] = 1.0;
            by_state.fill(0.0);
            let sums = sums_of(layer, a);
            for c in sums.clone() {
                let of_row = &matrix[c * x.len()..][..x.len()];
                let pairs = by_state.iter_mut().zip(of_row);
                pairs.for_each(|(value, w)| *value += by_sum[c] * w);
            }
            if layer.residual.is_some() {
                residuals[a] -= x[a];
                by_state[a] -= 1.0;
            }
            let of_matrix = sums.clone().flat_map(|c| x.iter().map(move |x| (c, *x)));
            let of_forcing = sums.clone().flat_map(|c| u.iter().map(move |u| (c, *u)));
            let of_bias = sums.map(|c| (c, 1.0)).filter(|_| set.bias);
            let factors = of_matrix.chain(of_forcing).chain(of_bias);
            let places = by_weight.iter_mut().zip(factors);
            places.for_each(|(place, (c, factor))| *place = by_sum[c] * factor);
        }
    }
}

/// Weighted inputs that neuron `a` of a layer depends on.
fn sums_of(layer: &Layer, a: usize) -> std::ops::Range<usize> {
    match layer.activation.is_elementwise() {
        true => a..a + 1,
        false => 0..layer.width,
    }
}

/// Weights that neuron `a` of a layer depends on, ascending: W, U, b.
fn weights_of(layer: &Layer, set: &WeightSet, a: usize) -> impl Iterator<Item = usize> {
    let sums = sums_of(layer, a);
    let of = move |start: usize, per: usize| start + sums.start * per..start + sums.end * per;
    of(set.matrix().start, set.inputs)
        .chain(of(set.forcing_matrix().start, set.forcing))
        .chain(of(set.biases().start, usize::from(set.bias)))
}
