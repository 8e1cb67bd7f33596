//! Measurement errors `h(x) - y`, where h picks state components or is one of the model's observables.

use super::precision::Precision;
use super::weighting::Weighting;
use super::Observations;
use crate::model::{Model, Points, Scratch};

/// One measured value.
#[derive(Debug, Clone, Copy)]
struct Entry {
    /// Position among the errors.
    slot: usize,
    /// Of a component: position in the path. Of an observable: position among the observables' values, points x observables.
    place: usize,
    value: f64,
}

/// All measured values, and the memory that their errors need.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    /// Values of state components.
    direct: Vec<Entry>,
    /// Values of observables.
    indirect: Vec<Entry>,
    pub weighting: Weighting,
    /// What W is relative to.
    pub scale: f64,
    /// How many values there are.
    pub count: usize,
    /// What was last evaluated; zero where a value is absent.
    pub errors: Vec<f64>,
    observables: Vec<f64>,
    scratch: Scratch,
}

/// A present value: position of its error, its point, and its column, which is a state component or, after those, an observable.
pub(super) struct Slot {
    pub slot: usize,
    pub point: u32,
    pub column: usize,
}

impl Measurement {
    /// Of data and a precision that have been checked. All data sets observe what the first one does if the precision is a matrix.
    pub fn new(model: &dyn Model, data: &[Observations], precision: &Precision) -> Self {
        let (dimension, functions) = (model.dimension(), model.observables().len());
        let is_matrix = matches!(precision, Precision::Matrix(_));
        let (mut direct, mut indirect, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        let mut indirect_weights = Vec::new();
        let mut present = Vec::new();
        let mut first = 0;
        for set in data {
            let width = set.observed.len();
            for (n, row) in set.values.chunks_exact(width).enumerate() {
                let point = first + n;
                if is_matrix {
                    present.push(row.iter().map(|y| !y.is_nan()).collect());
                }
                let measured = row.iter().enumerate().filter(|(_, y)| !y.is_nan());
                for (l, &value) in measured {
                    let slot = point * width + l;
                    let weight = precision.weight(point, l);
                    let column = set.observed[l];
                    match column.checked_sub(dimension) {
                        None => {
                            let place = point * dimension + column;
                            direct.push(Entry { slot, place, value });
                            weights.push(weight);
                        }
                        Some(k) => {
                            let place = point * functions + k;
                            indirect.push(Entry { slot, place, value });
                            indirect_weights.push(weight);
                        }
                    }
                }
            }
            first += set.points;
        }
        let count = direct.len() + indirect.len();
        // A matrix is over all columns: then every point has a slot for each.
        let columns = data.first().map_or(0, |set| set.observed.len());
        if !is_matrix {
            for (slot, entry) in direct.iter_mut().chain(&mut indirect).enumerate() {
                entry.slot = slot;
            }
        }
        let (scale, weighting) = match precision {
            Precision::Scalar(scale) => (*scale, Weighting::Uniform),
            Precision::Matrix(rows) => (1.0, Weighting::from_matrix(rows, present.into_iter())),
            _ => {
                weights.extend(indirect_weights);
                (1.0, Weighting::Rows(weights))
            }
        };
        Measurement {
            errors: vec![0.0; if is_matrix { first * columns } else { count }],
            observables: match indirect.is_empty() {
                true => Vec::new(),
                false => vec![0.0; first * functions],
            },
            direct,
            indirect,
            weighting,
            scale,
            count,
            scratch: Scratch::default(),
        }
    }

    /// The mean of the precisions of all values.
    pub fn typical_precision(&self) -> f64 {
        let (sum, count) = match &self.weighting {
            Weighting::Uniform => (1.0, 1),
            Weighting::Rows(weights) => (weights.iter().sum(), weights.len()),
            Weighting::Factors { size, .. } => {
                let factor = self.weighting.factor(0);
                (factor.iter().map(|u| u * u).sum(), *size)
            }
        };
        self.scale * sum / count.max(1) as f64
    }

    /// Writes the errors along a path.
    pub fn evaluate(&mut self, model: &dyn Model, at: Points) {
        for entry in &self.direct {
            self.errors[entry.slot] = at.states[entry.place] - entry.value;
        }
        if self.indirect.is_empty() {
            return;
        }
        if let Some(function) = model.observation() {
            function.evaluate(&mut self.scratch, at, &mut self.observables);
        }
        for entry in &self.indirect {
            self.errors[entry.slot] = self.observables[entry.place] - entry.value;
        }
    }

    /// `e^T W e`, relative to the scale.
    pub fn sum(&self) -> f64 {
        self.weighting.sum(&self.errors)
    }

    /// Adds the gradient of `factor/2 e^T W e` at what was last evaluated; the errors are overwritten.
    pub fn pull_back(
        &mut self,
        model: &dyn Model,
        at: Points,
        factor: f64,
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        self.weighting.apply(&mut self.errors, factor);
        for entry in &self.direct {
            path_gradient[entry.place] += self.errors[entry.slot];
        }
        let mut scratch = std::mem::take(&mut self.scratch);
        if let (Some(adjoint), Some(function)) = (self.adjoint(), model.observation()) {
            function.pull_back(&mut scratch, at, adjoint, path_gradient, parameter_gradient);
        }
        self.scratch = scratch;
    }

    /// Where each present value's error is, and what it is the error of.
    pub fn slots(&self, dimension: usize, functions: usize) -> Vec<Slot> {
        let slot = |entry: &Entry, width: usize, offset: usize| Slot {
            slot: entry.slot,
            point: (entry.place / width) as u32,
            column: offset + entry.place % width,
        };
        let direct = self.direct.iter().map(|e| slot(e, dimension, 0));
        let indirect = self.indirect.iter().map(|e| slot(e, functions, dimension));
        direct.chain(indirect).collect()
    }

    /// The weighted errors as adjoints of the observables, points x observables; none if no observable is measured. The errors have been weighted.
    pub fn adjoint(&mut self) -> Option<&[f64]> {
        if self.indirect.is_empty() {
            return None;
        }
        // The observables have served; their room takes the adjoint.
        self.observables.fill(0.0);
        for entry in &self.indirect {
            self.observables[entry.place] = self.errors[entry.slot];
        }
        Some(&self.observables)
    }
}
