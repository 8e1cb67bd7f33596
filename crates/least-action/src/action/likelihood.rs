//! What makes exp(-A) a product of normal densities: needed where actions of different weights are
//! compared.

use nalgebra::DMatrix;

use super::Action;
use crate::solve::RowGroup;

impl Action {
    /// The logarithm of what `exp(-factor A)` must be multiplied by so that every measurement,
    /// every residual of the model and every prior is a normalised Gaussian density:
    /// `sum of log(weight / 2 pi) / 2`.
    pub(crate) fn log_constant(&mut self, model_precision: f64, factor: f64) -> f64 {
        self.weigh(model_precision);
        let problem = &self.problem;
        let of = |weight: f64, (logarithm, count): (f64, usize)| {
            let each = libm::log(2.0 * factor * weight / std::f64::consts::TAU);
            0.5 * (logarithm + count as f64 * each)
        };
        let residuals = self.model_weights.log_determinant(problem.residuals());
        let measured = self
            .measurement
            .weighting
            .log_determinant(self.measurement.count);
        let priors = problem.priors.iter().map(|term| libm::log(term.precision));
        let priors = (priors.sum(), problem.priors.len());
        of(self.model_factor(model_precision), residuals)
            + of(self.measurement_factor(), measured)
            + of(self.prior_factor(), priors)
    }
}

/// The logarithm of the determinant of the step of an implicit discretisation: of the residuals'
/// derivative in the states that they lead to, summed over the steps of a linearisation. 0 for
/// explicit ones.
///
/// `exp(-A)` is the density of the path of a model with errors only with this factor: without, it
/// is that of paths whose residuals, not whose states, are uniform.
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
