//! Rows of blocks that begin with a jump of the state: their derivatives in the state before it.

use super::residuals::{Along, Part};
use crate::model::{JumpDerivative, JumpMemory};

/// Marks an unknown in which a row has no derivative.
const NONE: u32 = u32::MAX;

/// Rule that carries derivatives in the state right after a jump to the one before, for blocks of
/// one pattern.
#[derive(Debug, Clone)]
pub(super) struct JumpedRows {
    dimension: usize,
    /// Columns of the entries that the scheme writes, with the row of each.
    raw: Vec<(usize, usize)>,
    /// Place of the scheme's entries among those of the extended pattern.
    to: Vec<u32>,
    /// Place of every column of a row among the entries, rows x columns.
    places: Vec<u32>,
    /// Number of columns of a block.
    width: usize,
    /// First column of a parameter.
    parameters: usize,
    memory: JumpMemory,
    /// Entries that the scheme has written last.
    values: Vec<f64>,
    /// Number of the extended pattern's entries.
    entries: usize,
}

impl JumpedRows {
    /// Rule for blocks with a pattern, which is extended by the columns that jumps add; `None`
    /// where the state does not jump. `span` is the number of points of a block.
    pub fn new(
        along: &Along,
        estimated: &[Option<usize>],
        span: usize,
        pattern: &mut [Vec<u32>],
    ) -> Option<Self> {
        let d = along.model.dimension();
        let events = along.model.events()?;
        let mut depends: Vec<bool> = Vec::new();
        for jump in &along.grid.state_jumps {
            let own = jump.pattern(events, d, estimated);
            depends.resize(own.len(), false);
            depends.iter_mut().zip(own).for_each(|(to, one)| *to |= one);
        }
        if depends.is_empty() {
            return None;
        }
        let parameters = span * d;
        let width = parameters + depends.len() / d - d;
        let mut places = vec![NONE; pattern.len() * width];
        let (mut raw, mut to, mut entries) = (Vec::new(), Vec::new(), 0);
        for (r, row) in pattern.iter_mut().enumerate() {
            let mut has = vec![false; width];
            for &column in row.iter() {
                let column = column as usize;
                has[column] = true;
                if column < d {
                    let of = &depends[column * (depends.len() / d)..][..depends.len() / d];
                    for (k, _) in of.iter().enumerate().filter(|(_, one)| **one) {
                        has[unknown(k, d, parameters)] = true;
                    }
                }
            }
            let own = &mut places[r * width..][..width];
            for (column, _) in has.iter().enumerate().filter(|(_, one)| **one) {
                own[column] = entries;
                entries += 1;
            }
            for &column in row.iter() {
                raw.push((r, column as usize));
                to.push(own[column as usize]);
            }
            let all = (0..width as u32).filter(|&column| has[column as usize]);
            *row = all.collect();
        }
        Some(JumpedRows {
            dimension: d,
            raw,
            to,
            places,
            width,
            parameters,
            memory: JumpMemory::default(),
            values: Vec::new(),
            entries: entries as usize,
        })
    }

    /// Number of entries of a block that the scheme writes.
    pub fn entries(&self) -> usize {
        self.raw.len()
    }

    /// Memory for the scheme's entries of a number of blocks.
    pub fn scheme_values(&mut self, blocks: usize) -> &mut [f64] {
        self.values.resize(blocks * self.raw.len(), 0.0);
        &mut self.values
    }

    /// Derivative of the state right after the jump of a part in that before.
    fn derivative(
        &mut self,
        along: &Along,
        part: &Part,
        estimated: &[Option<usize>],
    ) -> Option<JumpDerivative> {
        let (events, jump) = along.state_jump(&part.piece)?;
        let before = &along.path[part.states.start..][..self.dimension];
        let (parameters, memory) = (along.parameters, &mut self.memory);
        Some(jump.derivative(events, parameters, estimated, memory, before))
    }

    /// Writes the entries of a part's blocks from those in [`JumpedRows::scheme_values`].
    pub fn fill(
        &mut self,
        along: &Along,
        part: &Part,
        estimated: &[Option<usize>],
        values: &mut [f64],
    ) {
        let derivative = self.derivative(along, part, estimated);
        let (d, entries) = (self.dimension, self.entries);
        values.fill(0.0);
        let blocks = values.chunks_exact_mut(entries);
        for (b, (block, raw)) in blocks
            .zip(self.values.chunks_exact(self.raw.len()))
            .enumerate()
        {
            let derivative = derivative.as_ref().filter(|_| b == 0);
            for ((&value, &to), &(row, column)) in raw.iter().zip(&self.to).zip(&self.raw) {
                match derivative {
                    Some(derivative) if column < d => {
                        let own = derivative.row(column).iter().enumerate();
                        for (k, slope) in own.filter(|(_, slope)| **slope != 0.0) {
                            let column = unknown(k, d, self.parameters);
                            let place = self.places[row * self.width + column];
                            block[place as usize] += value * slope;
                        }
                    }
                    _ => block[to as usize] += value,
                }
            }
        }
    }

    /// Weights of the scheme's entries from those of a part's blocks.
    pub fn scheme_weights(&mut self, weights: &[f64]) -> &[f64] {
        self.values.clear();
        for block in weights.chunks_exact(self.entries) {
            let own = self.to.iter().map(|&place| block[place as usize]);
            self.values.extend(own);
        }
        &self.values
    }

    /// Passes second derivatives of a part's residuals on, of which those at the first point belong
    /// to the state right after the jump. `raw` are the scheme's entries of the part's first block,
    /// and `weighted` its weighted residuals.
    pub fn curvature(
        &mut self,
        along: &Along,
        part: &Part,
        estimated: &[Option<usize>],
        (raw, weighted): (&[f64], &[f64]),
        add: &mut dyn FnMut(usize, usize, f64),
    ) -> Option<JumpedCurvature> {
        let derivative = self.derivative(along, part, estimated)?;
        let (events, jump) = along.state_jump(&part.piece)?;
        let d = self.dimension;
        let mut adjoint = vec![0.0; d];
        for (value, &(row, column)) in raw.iter().zip(&self.raw) {
            if column < d {
                adjoint[column] += value * weighted[row];
            }
        }
        let before = &along.path[part.states.start..][..d];
        let (parameters, memory) = (along.parameters, &mut self.memory);
        let at = (before, &adjoint[..]);
        let own = jump.curvature(events, parameters, estimated, memory, at);
        let curvature = JumpedCurvature {
            first: part.states.start,
            dimension: d,
            parameters: along.path.len(),
            derivative,
        };
        let width = curvature.derivative.width;
        for i in 0..width {
            for j in 0..=i {
                let [a, b] = [i, j].map(|k| curvature.unknown(k));
                add(a.max(b), a.min(b), own[i * width + j]);
            }
        }
        Some(curvature)
    }
}

/// Column of the k-th variable of a jump, whose states are followed by parameters.
fn unknown(k: usize, d: usize, parameters: usize) -> usize {
    match k.checked_sub(d) {
        None => k,
        Some(p) => parameters + p,
    }
}

/// Rule that carries second derivatives in the state right after a jump to the one before.
pub(super) struct JumpedCurvature {
    /// Position of the state in the path.
    first: usize,
    dimension: usize,
    /// Number of the first estimated parameter among the unknowns.
    parameters: usize,
    derivative: JumpDerivative,
}

impl JumpedCurvature {
    fn unknown(&self, k: usize) -> usize {
        match k.checked_sub(self.dimension) {
            None => self.first + k,
            Some(p) => self.parameters + p,
        }
    }

    /// Unknowns that a variable after the jump depends on, with the slopes.
    fn slopes(&self, unknown: usize) -> Vec<(usize, f64)> {
        let component = unknown.checked_sub(self.first);
        match component.filter(|&k| k < self.dimension) {
            None => vec![(unknown, 1.0)],
            Some(k) => {
                let row = self.derivative.row(k).iter().enumerate();
                let row = row.filter(|(_, slope)| **slope != 0.0);
                row.map(|(k, &slope)| (self.unknown(k), slope)).collect()
            }
        }
    }

    /// Passes an entry of the lower triangle on.
    pub fn add(
        &self,
        row: usize,
        column: usize,
        value: f64,
        add: &mut dyn FnMut(usize, usize, f64),
    ) {
        let (rows, columns) = (self.slopes(row), self.slopes(column));
        for (i, &(a, slope)) in rows.iter().enumerate() {
            if row == column {
                for &(b, other) in &rows[..=i] {
                    add(a.max(b), a.min(b), value * slope * other);
                }
                continue;
            }
            for &(b, other) in &columns {
                let twice = if a == b { 2.0 } else { 1.0 };
                add(a.max(b), a.min(b), twice * value * slope * other);
            }
        }
    }
}
