//! Determinants of implicit steps, which make `exp(-A)` the density of a model's paths, with their
//! exact gradient.

use nalgebra::DMatrix;

use super::discretization::ModelRows;
use super::{along, Action};
use crate::error::{Error, Result};
use crate::solve::dense::{identity, Lu};
use crate::solve::{Linearization, RowGroup};

/// Memory to differentiate the logarithm of the steps' determinants.
#[derive(Debug, Clone)]
pub(super) struct StepDeterminants {
    rows: ModelRows,
    group: RowGroup,
    /// Weight of every entry of the rows in the change of the logarithm.
    weights: Vec<f64>,
    /// Derivative of a step's residuals in the states that it leads to, column by column.
    matrix: Vec<f64>,
    inverse: Vec<f64>,
    lu: Lu,
    /// Gradient in all parameters of the model.
    parameter_gradient: Vec<f64>,
    /// Gradient in the path and the estimated parameters.
    gradient: Vec<f64>,
}

impl Action {
    /// Logarithm of the determinant of each step of the discretisation, with the number of the
    /// first point that it touches. `rows` is a linearisation made by [`Action::linearization`].
    ///
    /// The density of the paths of a model whose steps have errors is `exp(-A)` times these
    /// determinants: errors are turned into states by `d r_n / d x_(n+1)`. They are 1 for explicit
    /// steps. For implicit ones their product does not tend to 1 as the step shrinks: for the
    /// trapezoidal rule it tends to `exp(-1/2 integral of div F dt)`.
    ///
    /// # Errors
    /// Those of [`Action::linearize`].
    pub(crate) fn log_step_determinants(
        &mut self,
        path: &[f64],
        parameters: &[f64],
        rows: &mut Linearization,
    ) -> Result<Vec<(usize, f64)>> {
        self.linearize(1.0, path, parameters, rows)?;
        let raw = self.raw_model_rows().unwrap_or(&rows.groups[0]);
        let logarithms = log_determinants(raw, self.problem().model().dimension());
        let first = raw.first.iter().map(|&point| point as usize);
        Ok(first.zip(logarithms).collect())
    }

    /// Logarithm of the product of all steps' determinants at the point evaluated last, and its
    /// gradient in the path and the estimated parameters; `None` for explicit steps, whose
    /// determinants are 1. `path` is that of the point.
    ///
    /// With `M = d r_n / d x_(n+1)` the change of the logarithm is `trace(M^-1 dM)`. So the entries
    /// of M have the weights `M^-T`, and the gradient of their sum follows from the model's second
    /// derivatives.
    ///
    /// # Errors
    /// A singular or infinite M, and derivatives that are not finite.
    pub(crate) fn log_step_determinant(&mut self, path: &[f64]) -> Result<Option<(f64, &[f64])>> {
        if self.problem.discretization.is_explicit() {
            return Ok(None);
        }
        let known = self.determinants.take();
        let mut memory = known.unwrap_or_else(|| Box::new(self.new_step_determinants()));
        let problem = &self.problem;
        let along = along(problem, &self.parameters, path);
        memory.rows.fill(&along, &self.residuals, &mut memory.group);
        let logarithm = match memory.weigh(problem.model.dimension()) {
            Ok(logarithm) => logarithm,
            Err(point) => {
                self.determinants = Some(memory);
                return Err(self.singular_step(point));
            }
        };
        memory.parameter_gradient.fill(0.0);
        memory.gradient.fill(0.0);
        let (path_gradient, estimated) = memory.gradient.split_at_mut(path.len());
        memory.rows.pull_back(
            &along,
            &mut self.residuals,
            &memory.weights,
            path_gradient,
            &mut memory.parameter_gradient,
        );
        for (to, &index) in estimated.iter_mut().zip(&problem.estimated) {
            *to = memory.parameter_gradient[index];
        }
        let finite = self
            .finite_rows(path_gradient, "log determinant's derivative in")
            .and_then(|()| self.finite_parameters(estimated, "log determinant's derivative in "));
        let memory = self.determinants.insert(memory);
        finite.map(|()| Some((logarithm, &memory.gradient[..])))
    }

    fn new_step_determinants(&self) -> StepDeterminants {
        let problem = &self.problem;
        let along = along(problem, &self.parameters, &[]);
        let scheme = problem.discretization.scheme();
        let (rows, group) = ModelRows::new(scheme, &along, &problem.estimated);
        let size = group.rows;
        StepDeterminants {
            rows,
            weights: vec![0.0; group.values.len()],
            group,
            matrix: vec![0.0; size * size],
            inverse: vec![0.0; size * size],
            lu: Lu::default(),
            parameter_gradient: vec![0.0; problem.parameters.len()],
            gradient: vec![0.0; problem.path_length() + problem.estimated.len()],
        }
    }

    /// Error about a step whose equation for the next state has no single solution.
    #[cold]
    fn singular_step(&self, point: usize) -> Error {
        Error::Singular {
            path: "path".into(),
            matrix: "the derivative of a step's residual in the state that it leads to".into(),
            time: self.problem.time(point),
            remedy: "use a smaller time step, or the discretization \"rk4\"".into(),
        }
    }
}

impl StepDeterminants {
    /// Computes the weights of the entries of all rows. Returns the logarithm of the product of the
    /// determinants, or the first point of a step whose determinant is zero or not finite.
    fn weigh(&mut self, dimension: usize) -> std::result::Result<f64, usize> {
        let (group, size) = (&self.group, self.group.rows);
        let entries = group.entries().max(1);
        let mut logarithm = 0.0;
        let blocks = group.values.chunks_exact(entries);
        let blocks = blocks.zip(self.weights.chunks_exact_mut(entries));
        for ((values, weights), &first) in blocks.zip(&group.first) {
            self.matrix.fill(0.0);
            for_each_of_step(group, dimension, |e, row, column| {
                self.matrix[column * size + row] = values[e];
            });
            if !self.lu.factor(&self.matrix, size) {
                return Err(first as usize);
            }
            logarithm += self.lu.log_determinant();
            identity(&mut self.inverse, size);
            self.lu.solve(&mut self.inverse);
            for_each_of_step(group, dimension, |e, row, column| {
                weights[e] = self.inverse[row * size + column];
            });
        }
        Ok(logarithm)
    }
}

/// Calls `what` with each entry of a block that is a derivative in the states that the step leads
/// to: its place among the block's entries, its row, and its column among these states.
fn for_each_of_step(rows: &RowGroup, dimension: usize, mut what: impl FnMut(usize, usize, usize)) {
    let (size, width) = (rows.rows, rows.span * dimension);
    for row in 0..size {
        let entries = rows.row_start[row] as usize..rows.row_start[row + 1] as usize;
        for e in entries {
            let column = rows.columns[e] as usize;
            if (width - size..width).contains(&column) {
                what(e, row, column + size - width);
            }
        }
    }
}

/// Logarithm of the determinant of each step: of the residuals' derivative in the states that they
/// lead to, block by block of the rows, which are not whitened.
fn log_determinants(rows: &RowGroup, dimension: usize) -> Vec<f64> {
    let size = rows.rows;
    let blocks = rows.values.chunks_exact(rows.entries().max(1));
    let determinant = |values: &[f64]| {
        let mut matrix = DMatrix::zeros(size, size);
        for_each_of_step(rows, dimension, |e, row, column| {
            matrix[(row, column)] = values[e];
        });
        libm::log(matrix.determinant().abs())
    };
    blocks.map(determinant).collect()
}
