//! Elimination of all points but the first of each data set: where the model holds exactly, first
//! states and parameters determine the path.

use std::ops::Range;

use super::rows::Rows;
use crate::action::{leading_matrix, Problem};
use crate::error::{Error, Result};
use crate::solve::dense::Lu;
use crate::solve::{Layout, RowGroup};

/// Linearised steps of the discretised model along a path. The states that block b leads to change
/// by `T_b (dx, dtheta) + e_b`, where x is the state at its first point and theta the parameters.
#[derive(Debug, Clone)]
pub(super) struct Elimination {
    pub layout: Layout,
    /// Points of each data set.
    pub sets: Vec<Range<usize>>,
    /// Blocks of each data set.
    blocks: Vec<Range<usize>>,
    /// Number of points from one block to the next.
    stride: usize,
    /// Derivatives T, blocks x (stride D) x (D + P), row-major.
    transitions: Vec<f64>,
    /// Inverses of the residuals' derivatives in the states that they lead to, blocks x (stride D)
    /// x (stride D), row-major.
    inverses: Vec<f64>,
    /// Corrections e that bring the states back to the model, blocks x stride D.
    pub corrections: Vec<f64>,
}

impl Elimination {
    /// Memory for the rows of a model, not filled.
    pub fn new(layout: &Layout, model: &RowGroup) -> Self {
        let (d, stride) = (layout.dimension, model.rows / layout.dimension);
        let ends = (0..layout.points).filter(|&n| layout.couples[n] == 0);
        let mut first = 0;
        let sets: Vec<Range<usize>> = ends
            .map(|end| {
                let set = first..end + 1;
                first = end + 1;
                set
            })
            .collect();
        let mut block = 0;
        let blocks = sets.iter().map(|set| {
            let own = block..block + (set.len() - 1) / stride;
            block = own.end;
            own
        });
        let size = stride * d;
        Elimination {
            blocks: blocks.collect(),
            sets,
            stride,
            transitions: vec![0.0; model.blocks() * size * (d + layout.parameters)],
            inverses: vec![0.0; model.blocks() * size * size],
            corrections: vec![0.0; model.blocks() * size],
            layout: layout.clone(),
        }
    }

    /// Numbers of one row of T: states and parameters.
    fn width(&self) -> usize {
        self.layout.dimension + self.layout.parameters
    }

    /// Numbers of states that a block leads to.
    fn size(&self) -> usize {
        self.stride * self.layout.dimension
    }

    /// Computes the steps from the rows of the model.
    ///
    /// # Errors
    /// [`Error::Singular`] for an implicit step whose states are not determined.
    pub fn fill(&mut self, problem: &Problem, model: &RowGroup) -> Result<()> {
        let (d, width, size) = (self.layout.dimension, self.width(), self.size());
        let (mut matrix, mut lu) = (Vec::new(), Lu::default());
        let mut right = vec![0.0; size * (width + 1 + size)];
        for block in 0..model.blocks() {
            leading_matrix(model, block, d, &mut matrix);
            // Columns of A, C, the residuals and the identity.
            right.fill(0.0);
            let values = &model.values[block * model.entries()..];
            for row in 0..size {
                let entries = model.row_start[row] as usize..model.row_start[row + 1] as usize;
                for e in entries {
                    let column = match (model.columns[e] as usize).checked_sub(model.span * d) {
                        Some(p) => d + p,
                        None if (model.columns[e] as usize) < d => model.columns[e] as usize,
                        None => continue,
                    };
                    right[column * size + row] = values[e];
                }
                right[width * size + row] = model.residuals[block * size + row];
                right[(width + 1 + row) * size + row] = 1.0;
            }
            if !is_identity(&matrix, size) {
                if !lu.factor(&matrix, size) {
                    return Err(Error::Singular {
                        path: "path".into(),
                        matrix: "the derivative of the residuals in the states that they lead to"
                            .into(),
                        time: problem.time(model.first[block] as usize),
                        remedy: "take a shorter timeStep, or an explicit discretization such as \
                            \"rk4\""
                            .into(),
                    });
                }
                lu.solve(&mut right);
            }
            for row in 0..size {
                let at = (block * size + row) * width;
                for column in 0..width {
                    self.transitions[at + column] = -right[column * size + row];
                }
                self.corrections[block * size + row] = -right[width * size + row];
                for column in 0..size {
                    let inverse = right[(width + 1 + column) * size + row];
                    self.inverses[(block * size + row) * size + column] = inverse;
                }
            }
        }
        Ok(())
    }

    /// Corrections that residuals elsewhere would need by the steps as they are.
    pub fn corrections_of(&self, residuals: &[f64]) -> Vec<f64> {
        let size = self.size();
        let mut corrections = vec![0.0; residuals.len()];
        for (k, to) in corrections.iter_mut().enumerate() {
            let own = &residuals[k / size * size..][..size];
            let inverse = &self.inverses[k * size..][..size];
            *to = -inverse.iter().zip(own).map(|(a, r)| a * r).sum::<f64>();
        }
        corrections
    }

    /// First point of a block.
    fn first_point(&self, set: usize, block: usize) -> usize {
        self.sets[set].start + (block - self.blocks[set].start) * self.stride
    }

    /// Rows of T that belong to the `k`-th following point of a block, D x (D + P), and its
    /// corrections.
    fn step(&self, block: usize, k: usize) -> (&[f64], &[f64]) {
        let (d, width, size) = (self.layout.dimension, self.width(), self.size());
        let row = block * size + k * d;
        let transition = &self.transitions[row * width..][..d * width];
        (transition, &self.corrections[row..][..d])
    }

    /// Rows of least squares in the first state of each data set and the parameters, one set of
    /// rows per data set: those of measurements and priors with all later points eliminated, from
    /// the last one back. `groups` touch single points; their weights are multiplied by `factor`.
    pub fn reduce(&self, groups: &[RowGroup], factor: f64) -> Vec<Rows> {
        let add = |rows: &mut Rows, point: usize| {
            for group in groups {
                // Blocks ascend, and a point has one for each repeated measurement.
                let end = |point: usize| group.first.partition_point(|&n| (n as usize) < point);
                for block in end(point)..end(point + 1) {
                    self.add_rows(group, block, factor, rows);
                }
            }
        };
        let sets = (0..self.sets.len()).map(|set| {
            let mut rows = Rows::new(self.width());
            add(&mut rows, self.sets[set].end - 1);
            for block in self.blocks[set].clone().rev() {
                let first = self.first_point(set, block);
                let mut earlier = Rows::new(self.width());
                for k in (0..self.stride).rev() {
                    if k + 1 < self.stride {
                        rows.values.clear();
                        add(&mut rows, first + 1 + k);
                    }
                    let (transition, corrections) = self.step(block, k);
                    for row in rows.each() {
                        self.pull_back(transition, corrections, row, earlier.push());
                    }
                }
                add(&mut earlier, first);
                earlier.compress();
                rows = earlier;
            }
            rows
        });
        sets.collect()
    }

    /// Appends the weighted rows of one block of measurements or priors.
    fn add_rows(&self, group: &RowGroup, block: usize, factor: f64, rows: &mut Rows) {
        let values = &group.values[block * group.entries()..];
        for row in 0..group.rows {
            let place = block * group.rows + row;
            let root = (factor * group.weights[place]).sqrt();
            if root == 0.0 {
                continue;
            }
            let last = rows.unknowns;
            let into = rows.push();
            for e in group.row_start[row] as usize..group.row_start[row + 1] as usize {
                into[group.columns[e] as usize] = root * values[e];
            }
            into[last] = root * group.residuals[place];
        }
    }

    /// Writes a row at a point as one at the point that a block comes from.
    fn pull_back(&self, transition: &[f64], corrections: &[f64], row: &[f64], into: &mut [f64]) {
        let (d, width) = (self.layout.dimension, self.width());
        into[d..].copy_from_slice(&row[d..]);
        for (k, m) in row[..d].iter().enumerate() {
            let columns = &transition[k * width..][..width];
            for (to, t) in into.iter_mut().zip(columns) {
                *to += m * t;
            }
            into[width] += m * corrections[k];
        }
    }

    /// Adds to the gradient of every point, points x D, what the points that follow from it
    /// contribute, and to that of the parameters. The gradient at the first points is then that in
    /// the first states.
    pub fn accumulate(&self, path: &mut [f64], parameters: &mut [f64]) {
        let d = self.layout.dimension;
        for set in 0..self.sets.len() {
            for block in self.blocks[set].clone().rev() {
                let first = self.first_point(set, block);
                let (before, after) = path.split_at_mut((first + 1) * d);
                let own = &mut before[first * d..];
                for k in 0..self.stride {
                    let (transition, _) = self.step(block, k);
                    for (row, g) in transition.chunks_exact(self.width()).zip(&after[k * d..]) {
                        let (states, others) = row.split_at(d);
                        own.iter_mut().zip(states).for_each(|(to, t)| *to += g * t);
                        let others = parameters.iter_mut().zip(others);
                        others.for_each(|(to, t)| *to += g * t);
                    }
                }
            }
        }
    }

    /// Fills the change of the path that follows from changes of the first states, which stand at
    /// their places in it, and of the parameters; `share` of the corrections is added.
    pub fn propagate(&self, share: f64, path: &mut [f64], parameters: &[f64]) {
        let d = self.layout.dimension;
        for set in 0..self.sets.len() {
            for block in self.blocks[set].clone() {
                let first = self.first_point(set, block);
                let (before, after) = path.split_at_mut((first + 1) * d);
                let own = &before[first * d..];
                for k in 0..self.stride {
                    let (transition, corrections) = self.step(block, k);
                    let rows = transition.chunks_exact(self.width());
                    for ((row, e), to) in rows.zip(corrections).zip(&mut after[k * d..]) {
                        let known = own.iter().chain(parameters);
                        let sum: f64 = row.iter().zip(known).map(|(t, x)| t * x).sum();
                        *to = sum + share * e;
                    }
                }
            }
        }
    }

    /// Carries matrices along one data set: `states`, D x columns, at its first point, with the
    /// matrix of the parameters, P x columns. Calls `at` with the matrix of every point.
    pub fn carry(
        &self,
        set: usize,
        states: &[f64],
        parameters: &[f64],
        mut at: impl FnMut(usize, &[f64]),
    ) {
        let d = self.layout.dimension;
        let columns = states.len() / d;
        let mut current = states.to_vec();
        at(self.sets[set].start, &current);
        for block in self.blocks[set].clone() {
            let first = self.first_point(set, block);
            let mut next = vec![0.0; d * columns];
            for k in 0..self.stride {
                next.fill(0.0);
                let (transition, _) = self.step(block, k);
                for (row, to) in transition
                    .chunks_exact(self.width())
                    .zip(next.chunks_exact_mut(columns))
                {
                    let known = current.chunks_exact(columns);
                    let known = known.chain(parameters.chunks_exact(columns));
                    for (t, from) in row.iter().zip(known) {
                        to.iter_mut().zip(from).for_each(|(to, x)| *to += t * x);
                    }
                }
                at(first + 1 + k, &next);
            }
            current = next;
        }
    }
}

/// True for the identity, which explicit schemes have.
fn is_identity(matrix: &[f64], size: usize) -> bool {
    let entry = |(k, v): (usize, &f64)| *v == if k % (size + 1) == 0 { 1.0 } else { 0.0 };
    matrix.iter().enumerate().all(entry)
}
