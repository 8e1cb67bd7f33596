use super::discretization::Along;
use super::measurement::Measurement;
use super::noise::{Scale, Whitening};
use super::row_places::RowPlaces;
use super::Problem;
use crate::model::Scratch;
use crate::solve::RowGroup;

/// Map from measurements to rows of least squares.
#[derive(Debug, Clone)]
pub(super) struct MeasurementRows {
    /// Number of the observable of each row; `None` for state components.
    observable: Vec<Option<usize>>,
    /// Row among all rows of all blocks, for each slot of the errors. It is `u32::MAX` where a
    /// value is absent.
    row_of_slot: Vec<u32>,
    /// Jacobian of the observation, points x entries, where it is needed.
    pub jacobian: Vec<f64>,
    /// Entries of the observables' Jacobian that belong to each row.
    wanted: Vec<Vec<usize>>,
}

impl MeasurementRows {
    pub fn new(problem: &Problem) -> (Self, RowGroup) {
        let model = &*problem.model;
        let d = model.dimension();
        let whitening = &problem.measurement.noise.whitening;
        let is_matrix = matches!(whitening, Whitening::Factors { .. });
        let columns = problem.measured_columns();
        let mut wanted = Vec::new();
        let pattern: Vec<Vec<u32>> = columns
            .iter()
            .map(|&column| match column.checked_sub(d) {
                None => {
                    wanted.push(Vec::new());
                    vec![column as u32]
                }
                Some(k) => {
                    let (entries, columns) = observable_entries(problem, k);
                    wanted.push(entries);
                    columns
                }
            })
            .collect();
        let slots = problem.measurement.errors.len();
        let RowPlaces { first, row_of_slot } = RowPlaces::new(problem, slots, is_matrix);
        let mut group = RowGroup::new(1, first, &pattern);
        group.weights.fill(0.0);
        // Derivatives of components in themselves are one, at all times.
        group.values.fill(1.0);
        let rows = MeasurementRows {
            observable: columns.iter().map(|column| column.checked_sub(d)).collect(),
            row_of_slot,
            jacobian: Vec::new(),
            wanted,
        };
        (rows, group)
    }

    pub fn fill(
        &mut self,
        problem: &Problem,
        measurement: &Measurement,
        along: &Along,
        scratch: &mut Scratch,
        group: &mut RowGroup,
    ) {
        for (&row, error) in self.row_of_slot.iter().zip(&measurement.errors) {
            if row != u32::MAX {
                group.residuals[row as usize] = *error;
            }
        }
        let (Some(function), true) = (
            problem.model.observation(),
            self.observable.iter().any(Option::is_some) || measurement.scales.is_some(),
        ) else {
            return;
        };
        let width = function.jacobian_sparsity().entries();
        self.jacobian.resize(problem.points() * width, 0.0);
        let at = problem.at(along.path, along.parameters);
        function.jacobian(scratch, at, &mut self.jacobian);
        let entries = group.entries();
        for (b, &n) in group.first.iter().enumerate() {
            let jacobian = &self.jacobian[n as usize * width..];
            for (row, wanted) in self.wanted.iter().enumerate() {
                let start = b * entries + group.row_start[row] as usize;
                for (to, &e) in group.values[start..].iter_mut().zip(wanted) {
                    *to = jacobian[e];
                }
            }
        }
    }

    /// Writes residuals and weights where no matrix couples them. Absent values have none.
    pub fn weigh(&self, measurement: &Measurement, scale: Scale, group: &mut RowGroup) {
        let to = |slot: usize, residual, weight| {
            let row = self.row_of_slot[slot] as usize;
            (group.residuals[row], group.weights[row]) = (residual, weight);
        };
        measurement.each_row(scale, to);
    }

    /// Row of each slot among all rows of all blocks; `u32::MAX` where a value is absent.
    pub fn rows_of_slots(&self) -> &[u32] {
        &self.row_of_slot
    }

    /// Row of a slot among all rows of all blocks; `None` where a value is absent.
    pub fn row_of(&self, slot: usize) -> Option<usize> {
        let row = self.row_of_slot[slot];
        (row != u32::MAX).then_some(row as usize)
    }
}

/// Entries of an observable's Jacobian row that belong to states or estimated parameters, with
/// their columns in a block of one point.
pub(super) fn observable_entries(problem: &Problem, k: usize) -> (Vec<usize>, Vec<u32>) {
    let d = problem.model.dimension();
    let Some(function) = problem.model.observation() else {
        return (Vec::new(), Vec::new());
    };
    let sparsity = function.jacobian_sparsity();
    let entries = sparsity.row(k);
    entries
        .filter_map(|(e, column)| match column {
            state if state < d => Some((e, state as u32)),
            parameter => {
                let place = problem.estimated.binary_search(&(parameter - d)).ok()?;
                Some((e, (d + place) as u32))
            }
        })
        .unzip()
}
