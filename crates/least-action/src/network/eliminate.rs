//! The weights of one neuron, eliminated from its own residuals: with the changes e of these that activations make, they are `r + e - B dw` over all pairs, and the best
//! dw for every e leaves `e^T Q e / 2 + e^T z`.

use super::dense::{cholesky, solve_lower, solve_upper};
use super::layers::Bias;
use super::problem::{NetworkProblem, Parts};
use super::NetworkAction;

/// One neuron of layer l + 1 in the linearised action, at all pairs.
pub(super) struct Row<'a> {
    pub l: usize,
    pub neuron: usize,
    pub pairs: usize,
    /// Width of layer l, and of layer l + 1.
    pub inputs: usize,
    pub outputs: usize,
    /// Where layer l begins among the activations.
    start: usize,
    /// pairs x inputs: how the residuals change with the activations of layer l. With the neuron's own they change one to one.
    edges: &'a [f64],
    /// B, pairs x weights: minus how they change with the neuron's weights.
    b: &'a [f64],
    residuals: &'a [f64],
    /// Where the neuron's weights lie among all weights.
    places: &'a [usize],
    /// Damping and priors of all weights, and the gradient of the priors.
    held: &'a [f64],
    prior_gradient: &'a [f64],
}

/// The neurons of a network one after the other, with the memory for one.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    problem: NetworkProblem,
    edges: Vec<f64>,
    b: Vec<f64>,
    residuals: Vec<f64>,
    places: Vec<usize>,
    held: Vec<f64>,
    prior_gradient: Vec<f64>,
    memory: Memory,
}

/// What eliminating the weights of one neuron leaves.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    /// Q, pairs x pairs.
    schur: Vec<f64>,
    /// z, one per pair.
    pull: Vec<f64>,
    /// Lower triangular: of pairs where these are few, else of weights.
    factor: Vec<f64>,
    /// pairs x weights.
    solved: Vec<f64>,
    right: Vec<f64>,
}

impl Memory {
    /// Q, pairs x pairs, symmetric.
    pub fn schur(&self) -> &[f64] {
        &self.schur
    }

    /// z.
    pub fn pull(&self) -> &[f64] {
        &self.pull
    }
}

impl Rows {
    pub fn new(problem: &NetworkProblem) -> Self {
        let weights = problem.network().weight_count();
        Rows {
            problem: problem.clone(),
            edges: Vec::new(),
            b: Vec::new(),
            residuals: Vec::new(),
            places: Vec::new(),
            held: vec![0.0; weights],
            prior_gradient: vec![0.0; weights],
            memory: Memory::default(),
        }
    }

    /// Takes note of what holds the weights: `damping` of each, and priors.
    pub fn prepare(
        &mut self,
        parts: &Parts,
        prior_factor: f64,
        weights: &[f64],
        damping: impl Fn(usize) -> f64,
    ) {
        self.prior_gradient.fill(0.0);
        for (k, held) in self.held.iter_mut().enumerate() {
            *held = damping(k).max(f64::MIN_POSITIVE);
        }
        for prior in &parts.priors {
            let precision = 2.0 * prior_factor * prior.precision;
            for k in prior.weights.clone() {
                self.held[k] += precision;
                self.prior_gradient[k] = precision * (weights[k] - prior.mean);
            }
        }
    }

    /// Calls `f` for every neuron, layer by layer, at the point that the action saw last.
    pub fn for_each(
        &mut self,
        action: &NetworkAction,
        x: &[f64],
        mut f: impl FnMut(&Row, &mut Memory),
    ) {
        self.try_for_each(action, x, |row, memory| {
            f(row, memory);
            true
        });
    }

    /// The same, until `f` is false. Returns whether it never was.
    pub fn try_for_each(
        &mut self,
        action: &NetworkAction,
        x: &[f64],
        mut f: impl FnMut(&Row, &mut Memory) -> bool,
    ) -> bool {
        let parts = &*self.problem.0;
        let (network, pairs) = (&parts.network, parts.pairs);
        let weights = &x[self.problem.activation_count()..];
        for (l, layer) in network.layers().iter().enumerate() {
            let set = &network.weight_sets()[l];
            let (inputs, outputs) = (set.inputs, set.outputs);
            let x = &x[self.problem.activations(l)];
            let (kept, residuals) = action.layer(l);
            let step = layer.residual.unwrap_or(1.0);
            let bias = layer.bias == Bias::Free;
            for neuron in 0..outputs {
                self.edges.clear();
                self.b.clear();
                self.residuals.clear();
                self.places.clear();
                let own = set.matrix().start + neuron * inputs;
                let forced = set.forcing_matrix().start + neuron * set.forcing;
                self.places.extend(own..own + inputs);
                self.places.extend(forced..forced + set.forcing);
                self.places.extend(set.biases().skip(neuron).take(1));
                for pair in 0..pairs {
                    let slope = step * kept[pair * outputs + neuron];
                    self.residuals.push(residuals[pair * outputs + neuron]);
                    let w = &weights[own..own + inputs];
                    self.edges.extend(w.iter().map(|w| -(slope * w)));
                    if layer.residual.is_some() {
                        self.edges[pair * inputs + neuron] -= 1.0;
                    }
                    let x = &x[pair * inputs..][..inputs];
                    let u = &parts.forcing[l][pair * set.forcing..][..set.forcing];
                    self.b.extend(x.iter().chain(u).map(|x| slope * x));
                    if bias {
                        self.b.push(slope);
                    }
                }
                let row = Row {
                    l,
                    neuron,
                    pairs,
                    inputs,
                    outputs,
                    start: parts.starts[l],
                    edges: &self.edges,
                    b: &self.b,
                    residuals: &self.residuals,
                    places: &self.places,
                    held: &self.held,
                    prior_gradient: &self.prior_gradient,
                };
                if !f(&row, &mut self.memory) {
                    return false;
                }
            }
        }
        true
    }
}

impl Row<'_> {
    pub fn slope(&self, pair: usize, input: usize) -> f64 {
        self.edges[pair * self.inputs + input]
    }

    pub fn slopes_of(&self, pair: usize) -> &[f64] {
        &self.edges[pair * self.inputs..][..self.inputs]
    }

    /// With fewer pairs than weights everything is said in residuals: the normal equations of the weights would be singular but for the damping.
    fn few_pairs(&self) -> bool {
        self.pairs <= self.places.len()
    }

    fn b_of(&self, pair: usize) -> &[f64] {
        &self.b[pair * self.places.len()..][..self.places.len()]
    }

    /// Adds the diagonal of the Gauss-Newton Hessian in what the residuals depend on, but for the neuron's own activations.
    pub fn diagonal(&self, weight: f64, activations: &mut [f64], weights: &mut [f64]) {
        let activations = &mut activations[self.start..];
        for (to, edge) in activations.iter_mut().zip(self.edges) {
            *to += weight * edge * edge;
        }
        for pair in 0..self.pairs {
            for (&place, b) in self.places.iter().zip(self.b_of(pair)) {
                weights[place] += weight * b * b;
            }
        }
    }

    /// Writes Q and z, where `weight` is that of the residuals; false if rounding spoils it.
    pub fn eliminate(&self, weight: f64, memory: &mut Memory) -> bool {
        let (pairs, count) = (self.pairs, self.places.len());
        memory.schur.resize(pairs * pairs, 0.0);
        memory.pull.resize(pairs, 0.0);
        memory.right.resize(pairs.max(count), 0.0);
        match self.few_pairs() {
            true => self.by_pairs(weight, memory),
            false => self.by_weights(weight, memory),
        }
    }

    /// `Q^-1 = 1 / weight + B held^-1 B^T`, and `z = Q (r + B held^-1 g)` with the gradient g of the priors.
    fn by_pairs(&self, weight: f64, memory: &mut Memory) -> bool {
        let pairs = self.pairs;
        memory.factor.resize(pairs * pairs, 0.0);
        // Relative to the weight, so that the largest numbers stay in range.
        for i in 0..pairs {
            for j in 0..=i {
                let terms = self.b_of(i).iter().zip(self.b_of(j)).zip(self.places);
                let sum: f64 = terms.map(|((a, b), &k)| a * b / self.held[k]).sum();
                memory.factor[i * pairs + j] = weight * sum + f64::from(u8::from(i == j));
            }
        }
        if !cholesky(&mut memory.factor, pairs) {
            return false;
        }
        for k in 0..pairs {
            let column = &mut memory.schur[k * pairs..(k + 1) * pairs];
            column.fill(0.0);
            column[k] = weight;
            solve_lower(&memory.factor, pairs, column);
            solve_upper(&memory.factor, pairs, column);
        }
        for pair in 0..pairs {
            memory.right[pair] = self.residuals[pair] + self.lifted(pair);
        }
        self.multiply(memory);
        true
    }

    /// `(B held^-1 g)` at one pair.
    fn lifted(&self, pair: usize) -> f64 {
        let terms = self.b_of(pair).iter().zip(self.places);
        terms
            .map(|(b, &k)| b * (self.prior_gradient[k] / self.held[k]))
            .sum()
    }

    /// `pull = Q right`.
    fn multiply(&self, memory: &mut Memory) {
        let rows = memory.schur.chunks_exact(self.pairs);
        for (pull, row) in memory.pull.iter_mut().zip(rows) {
            let terms = row.iter().zip(&memory.right);
            *pull = terms.map(|(q, r)| q * r).sum();
        }
    }

    /// With `L L^T = weight B^T B + held`: `Q = weight - weight^2 B (L L^T)^-1 B^T`, and z from the gradient in the weights.
    fn by_weights(&self, weight: f64, memory: &mut Memory) -> bool {
        let (pairs, count) = (self.pairs, self.places.len());
        memory.factor.resize(count * count, 0.0);
        memory.factor.fill(0.0);
        for pair in 0..pairs {
            let b = self.b_of(pair);
            for i in 0..count {
                let factor = weight * b[i];
                let row = &mut memory.factor[i * count..][..=i];
                for (to, b) in row.iter_mut().zip(b) {
                    *to += factor * b;
                }
            }
        }
        for (i, &k) in self.places.iter().enumerate() {
            memory.factor[i * count + i] += self.held[k];
        }
        if !cholesky(&mut memory.factor, count) {
            return false;
        }
        memory.solved.resize(pairs * count, 0.0);
        memory.solved.copy_from_slice(self.b);
        for row in memory.solved.chunks_exact_mut(count) {
            solve_lower(&memory.factor, count, row);
        }
        for i in 0..pairs {
            for j in 0..=i {
                let (a, b) = (
                    &memory.solved[i * count..][..count],
                    &memory.solved[j * count..],
                );
                let sum: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
                let q = weight * (f64::from(u8::from(i == j)) - weight * sum);
                memory.schur[i * pairs + j] = q;
                memory.schur[j * pairs + i] = q;
            }
        }
        self.best(weight, self.residuals, memory);
        let right = &memory.right[..count];
        for pair in 0..pairs {
            let moved: f64 = self.b_of(pair).iter().zip(right).map(|(b, w)| b * w).sum();
            memory.pull[pair] = weight * (self.residuals[pair] - moved);
        }
        true
    }

    /// Writes to `right` the weights' best change where the residuals are `errors`.
    fn best(&self, weight: f64, errors: &[f64], memory: &mut Memory) {
        let count = self.places.len();
        let right = &mut memory.right[..count];
        for (right, &k) in right.iter_mut().zip(self.places) {
            *right = -self.prior_gradient[k];
        }
        for (pair, error) in errors.iter().enumerate() {
            for (right, b) in right.iter_mut().zip(self.b_of(pair)) {
                *right += weight * error * b;
            }
        }
        solve_lower(&memory.factor, count, right);
        solve_upper(&memory.factor, count, right);
    }

    /// Adds `factor E^T z`: to the activations of layer l, and to those of layer l + 1.
    pub fn transposed(&self, z: &[f64], before: &mut [f64], after: &mut [f64], factor: f64) {
        for (pair, z) in z.iter().enumerate() {
            let z = factor * z;
            let to = &mut before[pair * self.inputs..][..self.inputs];
            for (to, edge) in to.iter_mut().zip(self.slopes_of(pair)) {
                *to += z * edge;
            }
            after[pair * self.outputs + self.neuron] += z;
        }
    }

    /// Writes the change of the weights that goes with those of the activations of layer l, `before`, and of layer l + 1, `after`. Returns false as
    /// [`Row::eliminate`].
    pub fn substitute(
        &self,
        weight: f64,
        memory: &mut Memory,
        (before, after): (&[f64], &[f64]),
        into: &mut [f64],
    ) -> bool {
        if !self.eliminate(weight, memory) {
            return false;
        }
        let changed = |pair: usize| {
            let before = &before[pair * self.inputs..][..self.inputs];
            let along: f64 = before
                .iter()
                .zip(self.slopes_of(pair))
                .map(|(a, b)| a * b)
                .sum();
            self.residuals[pair] + (after[pair * self.outputs + self.neuron] + along)
        };
        if self.few_pairs() {
            for pair in 0..self.pairs {
                memory.right[pair] = changed(pair) + self.lifted(pair);
            }
            self.multiply(memory);
            for (c, &k) in self.places.iter().enumerate() {
                let pulls = memory.pull.iter().enumerate();
                let sum: f64 = pulls.map(|(pair, y)| self.b_of(pair)[c] * y).sum();
                into[k] = (sum - self.prior_gradient[k]) / self.held[k];
            }
        } else {
            let mut errors = std::mem::take(&mut memory.pull);
            for (pair, error) in errors.iter_mut().enumerate() {
                *error = changed(pair);
            }
            self.best(weight, &errors, memory);
            memory.pull = errors;
            for (&k, &change) in self.places.iter().zip(&memory.right) {
                into[k] = change;
            }
        }
        true
    }
}
