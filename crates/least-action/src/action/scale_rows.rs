//! Rows of least squares of the estimated scales of noise, one per measurement, and of the
//! arguments of laws of the user's own.

use super::measurement::Measurement;
use super::measurement_rows::observable_entries;
use super::row_places::RowPlaces;
use super::Problem;
use crate::solve::RowGroup;

/// Map from entries to rows: scales of measured columns in their order, then the arguments of their
/// laws.
#[derive(Debug, Clone)]
pub(super) struct ScaleRows {
    /// Row among all rows of all blocks, for each entry.
    row_of_entry: Vec<u32>,
    /// Entries of the observation's Jacobian that belong to each row.
    wanted: Vec<Vec<usize>>,
}

/// Least share of a datum in the weight of its row: a path that meets a datum leaves it no share.
const LEAST: f64 = 0.02;

impl ScaleRows {
    pub fn new(problem: &Problem) -> Option<(Self, RowGroup)> {
        let scales = problem.measurement.scales.as_ref()?;
        let functions = problem.model.observables().len();
        let first_output = functions - problem.noise_outputs();
        let count = problem.noise_outputs();
        let each = (0..count).map(|k| observable_entries(problem, first_output + k));
        let (wanted, pattern): (Vec<_>, Vec<_>) = each.unzip();
        let slots = problem.measurement.errors.len();
        let RowPlaces { first, row_of_slot } = RowPlaces::new(problem, slots, false);
        let columns = problem.measured_columns().len();
        let mut row_of_entry = vec![0; scales.len()];
        let mut put = |entry: usize, row: usize| {
            let block = row_of_slot[scales.owner(entry)] as usize / columns;
            row_of_entry[entry] = (block * count + row) as u32;
        };
        for (slot, &row) in row_of_slot.iter().enumerate() {
            put(slot, row as usize % columns);
        }
        for (entry, place) in scales.arguments() {
            put(entry, place % functions - first_output);
        }
        let mut group = RowGroup::new(1, first, &pattern);
        group.weights.fill(0.0);
        Some((
            ScaleRows {
                row_of_entry,
                wanted,
            },
            group,
        ))
    }

    /// Writes residuals and weights: the derivative of the value in a logarithm is the weight times
    /// the residual, and the weight stands for the second derivative. `jacobian` is that of the
    /// observation, points x entries.
    pub fn fill(
        &self,
        measurement: &Measurement,
        factor: f64,
        jacobian: &[f64],
        width: usize,
        group: &mut RowGroup,
    ) {
        let Some(scales) = &measurement.scales else {
            return;
        };
        let terms = measurement.scale_terms();
        for (entry, &row) in self.row_of_entry.iter().enumerate() {
            let terms = terms[entry];
            let weight = terms.information * scales.left[scales.owner(entry)].max(LEAST);
            group.residuals[row as usize] = (scales.shares[entry] + terms.slope) / weight;
            group.weights[row as usize] = 2.0 * factor * weight;
        }
        let entries = group.entries();
        for (b, &n) in group.first.iter().enumerate() {
            let jacobian = &jacobian[n as usize * width..];
            for (row, wanted) in self.wanted.iter().enumerate() {
                let start = b * entries + group.row_start[row] as usize;
                for (to, &e) in group.values[start..].iter_mut().zip(wanted) {
                    *to = jacobian[e];
                }
            }
        }
    }

    /// Row of an entry among all rows of all blocks.
    pub fn row_of(&self, entry: usize) -> usize {
        self.row_of_entry[entry] as usize
    }
}
