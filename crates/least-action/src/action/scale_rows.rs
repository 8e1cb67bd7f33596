//! Rows of least squares of the estimated scales of noise, one per measurement, and of the arguments
//! of laws of the user's own.

use super::measurement::Measurement;
use super::measurement_rows::observable_entries;
use super::Problem;
use crate::solve::RowGroup;

/// Map from entries to rows: scales of measured columns in their order, then the arguments of their
/// laws. There is one block for each point that has a measurement.
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
        let (d, columns) = (problem.model.dimension(), problem.measured_columns());
        let functions = problem.model.observables().len();
        let first_output = functions - problem.noise_outputs();
        let count = problem.noise_outputs();
        let each = (0..count).map(|k| observable_entries(problem, first_output + k));
        let (wanted, pattern): (Vec<_>, Vec<_>) = each.unzip();
        let slots = problem.measurement.slots(d, functions);
        let mut points: Vec<u32> = slots.iter().map(|slot| slot.point).collect();
        points.sort_unstable();
        points.dedup();
        let mut row_of_entry = vec![0; scales.len()];
        for slot in &slots {
            let block = points.partition_point(|&point| point < slot.point);
            let row = columns.iter().position(|&c| c == slot.column).unwrap_or(0);
            row_of_entry[slot.slot] = (block * count + row) as u32;
        }
        for (entry, place) in scales.arguments() {
            let (point, output) = (place / functions, place % functions);
            let block = points.partition_point(|&first| (first as usize) < point);
            row_of_entry[entry] = (block * count + output - first_output) as u32;
        }
        let mut group = RowGroup::new(1, points, &pattern);
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
