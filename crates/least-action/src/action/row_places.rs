//! Places of measurements among rows of least squares.

use super::Problem;

/// Blocks of rows with one row per measured component: one block for each point that has a
/// measurement, and further ones at points where a component is measured several times.
#[derive(Debug, Clone)]
pub(super) struct RowPlaces {
    /// Point of each block, ascending.
    pub first: Vec<u32>,
    /// Row among all rows of all blocks, for each of `slots` errors; `u32::MAX` where a value is
    /// absent.
    pub row_of_slot: Vec<u32>,
}

impl RowPlaces {
    /// Places of the measurements of a problem, whose errors have `slots` places. With `all`, every
    /// point has a block.
    pub fn new(problem: &Problem, slots: usize, all: bool) -> Self {
        let (d, functions) = (problem.model.dimension(), problem.model.observables().len());
        let columns = problem.measured_columns();
        let mut found = problem.measurement.slots(d, functions);
        found.sort_by_key(|slot| slot.slot);
        // Measurements so far of each component at each point.
        let mut counts = vec![0u32; problem.points() * columns.len()];
        let places: Vec<(usize, usize, u32)> = found
            .iter()
            .map(|slot| {
                let point = slot.point as usize;
                let row = columns.iter().position(|&c| c == slot.column).unwrap_or(0);
                let count = &mut counts[point * columns.len() + row];
                *count += 1;
                (point, row, *count - 1)
            })
            .collect();
        let mut first = Vec::new();
        let mut block = Vec::with_capacity(problem.points());
        for (point, counts) in counts.chunks_exact(columns.len().max(1)).enumerate() {
            block.push(first.len());
            let blocks = counts
                .iter()
                .copied()
                .max()
                .unwrap_or(0)
                .max(u32::from(all));
            first.extend(std::iter::repeat_n(point as u32, blocks as usize));
        }
        let mut row_of_slot = vec![u32::MAX; slots];
        for (slot, (point, row, repeat)) in found.iter().zip(places) {
            let block = block[point] + repeat as usize;
            row_of_slot[slot.slot] = (block * columns.len() + row) as u32;
        }
        RowPlaces { first, row_of_slot }
    }
}
