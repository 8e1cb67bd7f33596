//! Normalisation of exp(-A) as a probability density. Without these constants, actions at different
//! R_f cannot be compared.

use nalgebra::DMatrix;

use super::prior::log_peak;
use super::Action;
use crate::error::Result;
use crate::solve::{Linearization, RowGroup};

impl Action {
    /// Logarithm of the constant by which `exp(-factor A)` is multiplied so that every measurement,
    /// every residual of the model and every prior has a normalised density. For normal densities
    /// it is `sum of log(weight / 2 pi) / 2`.
    pub(crate) fn log_constant(&mut self, model_precision: f64, factor: f64) -> f64 {
        self.weigh(model_precision);
        let scale = self.model_scale(model_precision);
        let model = 2.0 * factor * (scale.precision * scale.factor);
        let residuals = self.problem.residuals();
        self.model_noise.log_peak(model, residuals) + self.log_data_constant(factor)
    }

    /// Part of [`Action::log_constant`] that belongs to the measurements and the priors.
    pub(crate) fn log_data_constant(&self, factor: f64) -> f64 {
        let problem = &self.problem;
        let scale = self.measurement.scale(problem.data_factor());
        let measured = 2.0 * factor * (scale.precision * scale.factor);
        self.measurement.log_peak(measured)
            + log_peak(&problem.priors, 2.0 * factor * problem.data_factor())
    }

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
}

/// Logarithm of the determinant of each step: of the residuals' derivative in the states that they
/// lead to, block by block of the rows, which are not whitened.
fn log_determinants(rows: &RowGroup, dimension: usize) -> Vec<f64> {
    let (size, width) = (rows.rows, rows.span * dimension);
    let blocks = rows.values.chunks_exact(rows.entries().max(1));
    let determinant = |values: &[f64]| {
        let mut matrix = DMatrix::zeros(size, size);
        for r in 0..size {
            let entries = rows.row_start[r] as usize..rows.row_start[r + 1] as usize;
            for (&column, &value) in rows.columns[entries.clone()].iter().zip(&values[entries]) {
                let column = column as usize;
                if (width - size..width).contains(&column) {
                    matrix[(r, column + size - width)] = value;
                }
            }
        }
        libm::log(matrix.determinant().abs())
    };
    blocks.map(determinant).collect()
}
