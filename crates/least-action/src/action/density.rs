//! Normalisation of exp(-A) as a probability density. Without these constants, actions at different
//! R_f cannot be compared.

use nalgebra::DMatrix;

use super::prior::log_peak;
use super::Action;
use crate::solve::RowGroup;

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
        let noise = &self.measurement.noise;
        noise.log_peak(measured, problem.measured())
            + log_peak(&problem.priors, 2.0 * factor * problem.data_factor())
    }
}

/// Logarithm of the determinant of the residuals' derivative in the states that they lead to,
/// summed over the steps of a linearisation. It is 0 for explicit discretisations.
///
/// Only with this factor is `exp(-A)` the density of the paths of a model with errors. Without it,
/// `exp(-A)` is the density of paths whose residuals, not whose states, are uniform.
pub(crate) fn log_step_determinant(rows: &RowGroup, dimension: usize) -> f64 {
    let (size, width) = (rows.rows, rows.span * dimension);
    let mut sum = 0.0;
    for values in rows.values.chunks_exact(rows.entries().max(1)) {
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
        sum += libm::log(matrix.determinant().abs());
    }
    sum
}
