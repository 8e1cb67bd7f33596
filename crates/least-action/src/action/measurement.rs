//! Measurement errors `h(x) - y`, where h picks state components or is one of the model's
//! observables.

use super::precision::Precision;
use super::weighting::Weighting;
use super::Observations;
use crate::model::{Model, Points, Scratch};

/// Measured values, in lists of their own: evaluating goes through them all at every call, and
/// nearly all of its time is their way from memory.
#[derive(Debug, Clone, Default)]
struct Entries {
    /// Of a component: position in the path. Of an observable: position among the observables'
    /// values, points x observables.
    places: Vec<u32>,
    values: Vec<f64>,
    /// The position of each one's error.
    slots: Slots,
}

/// Positions among the errors.
#[derive(Debug, Clone)]
enum Slots {
    /// In order from this one on.
    From(usize),
    Listed(Vec<u32>),
}

impl Default for Slots {
    fn default() -> Self {
        Slots::From(0)
    }
}

impl Entries {
    fn push(&mut self, place: usize, value: f64) {
        // Paths have at most 2^26 values, so positions are short.
        self.places.push(place as u32);
        self.values.push(value);
    }

    fn len(&self) -> usize {
        self.places.len()
    }

    fn slot(&self, entry: usize) -> usize {
        match &self.slots {
            Slots::From(first) => first + entry,
            Slots::Listed(slots) => slots[entry] as usize,
        }
    }

    /// Writes `at[place] - value` to the errors.
    fn subtract(&self, at: &[f64], errors: &mut [f64]) {
        let pairs = self.places.iter().zip(&self.values);
        match &self.slots {
            Slots::From(first) => {
                for (error, (&place, value)) in errors[*first..].iter_mut().zip(pairs) {
                    *error = at[place as usize] - value;
                }
            }
            Slots::Listed(slots) => {
                for (&slot, (&place, value)) in slots.iter().zip(pairs) {
                    errors[slot as usize] = at[place as usize] - value;
                }
            }
        }
    }

    /// Tells `to` the place and the error of each.
    #[inline(always)]
    fn each(&self, errors: &[f64], mut to: impl FnMut(usize, f64)) {
        match &self.slots {
            Slots::From(first) => {
                for (&place, &error) in self.places.iter().zip(&errors[*first..]) {
                    to(place as usize, error);
                }
            }
            Slots::Listed(slots) => {
                for (&place, &slot) in self.places.iter().zip(slots) {
                    to(place as usize, errors[slot as usize]);
                }
            }
        }
    }
}

/// All measured values, and the memory that their errors need.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    /// Values of state components.
    direct: Entries,
    /// Values of observables.
    indirect: Entries,
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

/// A present value: position of its error, its point, and its column, which is a state component
/// or, after those, an observable.
pub(super) struct Slot {
    pub slot: usize,
    pub point: u32,
    pub column: usize,
}

impl Measurement {
    /// Of data and a precision that have been checked. All data sets observe what the first one
    /// does if the precision is a matrix.
    pub fn new(model: &dyn Model, data: &[Observations], precision: &Precision) -> Self {
        let (dimension, functions) = (model.dimension(), model.observables().len());
        let is_matrix = matches!(precision, Precision::Matrix(_));
        let (mut direct, mut indirect) = (Entries::default(), Entries::default());
        let (mut direct_slots, mut indirect_slots) = (Vec::new(), Vec::new());
        let (mut weights, mut indirect_weights) = (Vec::new(), Vec::new());
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
                    let slot = (point * width + l) as u32;
                    let weight = precision.weight(point, l);
                    let column = set.observed[l];
                    match column.checked_sub(dimension) {
                        None => {
                            direct.push(point * dimension + column, value);
                            direct_slots.push(slot);
                            weights.push(weight);
                        }
                        Some(k) => {
                            indirect.push(point * functions + k, value);
                            indirect_slots.push(slot);
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
        if is_matrix {
            direct.slots = Slots::Listed(direct_slots);
            indirect.slots = Slots::Listed(indirect_slots);
        } else {
            indirect.slots = Slots::From(direct.len());
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
            observables: match indirect.len() {
                0 => Vec::new(),
                _ => vec![0.0; first * functions],
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
        self.direct.subtract(at.states, &mut self.errors);
        if self.indirect.len() == 0 {
            return;
        }
        if let Some(function) = model.observation() {
            function.evaluate(&mut self.scratch, at, &mut self.observables);
        }
        self.indirect.subtract(&self.observables, &mut self.errors);
    }

    /// `e^T W e`, relative to the scale.
    pub fn sum(&self) -> f64 {
        self.weighting.sum(&self.errors)
    }

    /// Adds the gradient of `factor/2 e^T W e` at what was last evaluated; the errors are
    /// overwritten.
    pub fn pull_back(
        &mut self,
        model: &dyn Model,
        at: Points,
        factor: f64,
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        self.weighting.apply(&mut self.errors, factor);
        let add = |place: usize, error| path_gradient[place] += error;
        self.direct.each(&self.errors, add);
        let mut scratch = std::mem::take(&mut self.scratch);
        if let (Some(adjoint), Some(function)) = (self.adjoint(), model.observation()) {
            function.pull_back(&mut scratch, at, adjoint, path_gradient, parameter_gradient);
        }
        self.scratch = scratch;
    }

    /// Where each present value's error is, and what it is the error of.
    pub fn slots(&self, dimension: usize, functions: usize) -> Vec<Slot> {
        let lists = [
            (&self.direct, dimension, 0),
            (&self.indirect, functions, dimension),
        ];
        let mut all = Vec::new();
        for (entries, width, offset) in lists {
            all.extend(entries.places.iter().enumerate().map(|(k, &place)| Slot {
                slot: entries.slot(k),
                point: (place as usize / width) as u32,
                column: offset + place as usize % width,
            }));
        }
        all
    }

    /// The weighted errors as adjoints of the observables, points x observables; none if no
    /// observable is measured. The errors have been weighted.
    pub fn adjoint(&mut self) -> Option<&[f64]> {
        if self.indirect.len() == 0 {
            return None;
        }
        // The observables have served; their room takes the adjoint.
        self.observables.fill(0.0);
        let observables = &mut self.observables;
        let set = |place: usize, error| observables[place] = error;
        self.indirect.each(&self.errors, set);
        Some(&self.observables)
    }
}
