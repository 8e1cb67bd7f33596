//! Normalisation of exp(-A) as a probability density. Without these constants, actions at different
//! R_f cannot be compared.

use super::prior::log_peak;
use super::Action;

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
}
