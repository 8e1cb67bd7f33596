//! Paths that obey the discretised model exactly.

use super::discretization::{ModelRows, Residuals};
use super::grid::{Grid, Segment};
use super::{along, Action};
use crate::error::{Error, Result};
use crate::solve::dense::Lu;
use crate::solve::RowGroup;

/// Most iterations of Newton's method for one implicit step.
const MOST_ITERATIONS: usize = 50;
/// Change of the unknowns, relative to their size, at which an implicit step is solved.
const SOLVED: f64 = 4.0 * f64::EPSILON;
/// Change up to which a step counts as solved if it does not fall any further.
const NEARLY_SOLVED: f64 = 1e-9;

/// One block of residuals with the memory to solve it for the states that it leads to.
#[derive(Clone)]
pub(super) struct Block {
    time_step: f64,
    residuals: Residuals,
    /// Rows of its derivatives, for implicit steps.
    rows: Option<(ModelRows, RowGroup)>,
    lu: Lu,
    matrix: Vec<f64>,
}

impl Block {
    /// Block of a problem's discretisation with a time step.
    fn new(action: &Action, time_step: f64) -> Self {
        let problem = &action.problem;
        let scheme = problem.discretization.scheme();
        let segment = Segment {
            first: 0,
            points: scheme.reach().span,
            time_step,
        };
        let grid = Grid::of_segments(vec![segment], problem.grid.width);
        let rows = || {
            let mut single = along(problem, &action.parameters, &[]);
            single.grid = &grid;
            ModelRows::new(scheme, &single, &problem.estimated)
        };
        Block {
            time_step,
            residuals: Residuals::new(scheme, &*problem.model, &grid),
            rows: (!problem.discretization.is_explicit()).then(rows),
            lu: Lu::default(),
            matrix: Vec::new(),
        }
    }
}

impl Action {
    /// Fills a path, points x dimension of all data sets, from its first states on, so that every
    /// residual of the model is zero to rounding. Explicit discretisations step forward; the
    /// equations of implicit ones are solved by Newton's method. The same first states and
    /// parameters give the same bits.
    ///
    /// # Errors
    /// [`Error::NotFinite`] where the solution blows up, [`Error::Singular`] and
    /// [`Error::NotConverged`] for implicit steps that have no solution.
    pub(crate) fn integrate(&mut self, path: &mut [f64], parameters: &[f64]) -> Result<()> {
        let problem = &self.problem;
        for (&index, &value) in problem.estimated.iter().zip(parameters) {
            self.parameters[index] = value;
        }
        let mut block = self.block.take();
        let integrated = self.integrate_by(&mut block, path);
        self.block = block;
        integrated
    }

    fn integrate_by(&self, block: &mut Option<Box<Block>>, path: &mut [f64]) -> Result<()> {
        let problem = &self.problem;
        let stride = problem.discretization.scheme().reach().stride;
        let d = problem.model.dimension();
        for piece in &problem.grid.pieces {
            let step = piece.segment.time_step;
            let known = block.take().filter(|known| known.time_step == step);
            let block = block.insert(known.unwrap_or_else(|| Box::new(Block::new(self, step))));
            for b in 0..(piece.segment.points - 1) / stride {
                block.residuals.move_to(piece, b * stride, d);
                self.solve_block(block, piece.segment.first + b * stride, path)?;
            }
        }
        Ok(())
    }

    /// Computes the states that a block at the point `first` leads to.
    fn solve_block(&self, block: &mut Block, first: usize, path: &mut [f64]) -> Result<()> {
        let problem = &self.problem;
        let d = problem.model.dimension();
        let known = (first + 1) * d;
        let size = block.residuals.values.len();
        let next = known..known + size;
        if problem.discretization.is_explicit() {
            path[next.clone()].fill(0.0);
            let along = along(problem, &self.parameters, path);
            block.residuals.evaluate(&along);
            for (x, r) in path[next].iter_mut().zip(&block.residuals.values) {
                *x = -r;
            }
            return self.check_finite(first, &path[known..known + size]);
        }
        let Some((rows, group)) = &mut block.rows else {
            return Ok(());
        };
        for k in next.clone() {
            path[k] = path[k - d];
        }
        let (mut last, mut best) = (f64::INFINITY, f64::INFINITY);
        for _ in 0..MOST_ITERATIONS {
            {
                let along = along(problem, &self.parameters, path);
                block.residuals.evaluate(&along);
                rows.fill(&along, &block.residuals, group);
            }
            self.check_finite(first, &block.residuals.values)?;
            leading_matrix(group, 0, d, &mut block.matrix);
            if !block.lu.factor(&block.matrix, size) {
                return Err(Error::Singular {
                    path: "path".into(),
                    matrix: "the derivative of the residuals in the states that they lead to"
                        .into(),
                    time: problem.time(first),
                    remedy: "take a shorter timeStep, or an explicit discretization such as \
                        \"rk4\""
                        .into(),
                });
            }
            block.lu.solve(&mut block.residuals.values);
            // Relative to each state, and to the largest one: a small state that hangs on a large
            // one is known to the rounding of that only.
            let (mut change, mut longest, mut largest) = (0.0f64, 0.0f64, f64::MIN_POSITIVE);
            for (x, step) in path[next.clone()].iter_mut().zip(&block.residuals.values) {
                let before = x.abs();
                *x -= step;
                let size = x.abs().max(before);
                change = change.max(step.abs() / (size + f64::MIN_POSITIVE));
                longest = longest.max(step.abs());
                largest = largest.max(size);
            }
            best = best.min(change);
            let stalls = change >= 0.5 * last;
            let nearly = change <= NEARLY_SOLVED || longest <= NEARLY_SOLVED * largest;
            if change <= SOLVED || (stalls && nearly) {
                return self.check_finite(first, &path[next]);
            }
            last = change;
        }
        Err(Error::NotConverged {
            path: "path".into(),
            equations: format!("the equations of a {} step", problem.discretization.name()),
            time: problem.time(first),
            iterations: MOST_ITERATIONS,
            change: best,
            remedy: "take a shorter timeStep, or parameters and first states nearer to the data"
                .into(),
        })
    }

    fn check_finite(&self, first: usize, states: &[f64]) -> Result<()> {
        let Some(k) = states.iter().position(|x| !x.is_finite()) else {
            return Ok(());
        };
        let d = self.problem.model.dimension();
        let point = first + 1 + k / d;
        Err(Error::NotFinite {
            path: "path".into(),
            time: self.problem.time(point),
            point,
            state: self.problem.model.states()[k % d].clone(),
            term: "integration".into(),
            value: states[k],
        })
    }
}

/// Writes the derivative of a block's residuals in the states that they lead to, column-major.
pub(crate) fn leading_matrix(group: &RowGroup, block: usize, d: usize, into: &mut Vec<f64>) {
    let size = group.rows;
    let width = group.span * d;
    into.clear();
    into.resize(size * size, 0.0);
    let values = &group.values[block * group.entries()..(block + 1) * group.entries()];
    for row in 0..size {
        let entries = group.row_start[row] as usize..group.row_start[row + 1] as usize;
        for (&column, &value) in group.columns[entries.clone()].iter().zip(&values[entries]) {
            let column = column as usize;
            if (width - size..width).contains(&column) {
                into[(column + size - width) * size + row] = value;
            }
        }
    }
}
