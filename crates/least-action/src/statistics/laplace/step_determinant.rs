//! Determinant of implicit steps, which makes `exp(-A)` the density of a model's paths.

use super::correction::sizes;
use super::Laplace;
use crate::error::Result;

/// Step of differences, relative to the size of the unknown.
const STEP: f64 = 1e-5;

impl Laplace {
    /// Shift of the mean of every unknown, to first order, that the determinants of implicit steps
    /// make: `S g`, where S is the covariance and g the gradient of the logarithm of these
    /// determinants; zeros for explicit steps. [`Laplace::mean_shift`] contains it.
    ///
    /// It takes 2 (3 D + P) linearisations for `simpson-hermite`, 2 (2 D + P) for the other
    /// implicit discretisations.
    ///
    /// # Errors
    /// Derivatives near the mode that are not finite.
    pub fn step_determinant_shift(&self) -> Result<Vec<f64>> {
        let mut shift = self.step_determinant_gradient()?;
        super::clear(&mut shift, &self.fixed);
        if shift.iter().any(|g| *g != 0.0) {
            self.factor.solve(&mut shift);
        }
        Ok(shift)
    }

    /// Gradient of the logarithm of the steps' determinants in all unknowns, by central
    /// differences. A step touches few points, so points further apart are moved at once.
    pub(super) fn step_determinant_gradient(&self) -> Result<Vec<f64>> {
        let layout = self.posterior.layout();
        let (d, path) = (layout.dimension, layout.path_length());
        let mut gradient = vec![0.0; self.mode.len()];
        let discretization = self.problem().discretization;
        if discretization.is_explicit() {
            return Ok(gradient);
        }
        let mut posterior = self.posterior.clone();
        let sizes = sizes(&self.mode, d, path, &self.variances);
        let span = discretization.span();
        let mut moved = self.mode.clone();
        let mut difference = |which: &dyn Fn(usize) -> bool, size: f64| -> Result<_> {
            let step = STEP * size;
            let mut at = |sign: f64| {
                for (k, x) in moved.iter_mut().enumerate() {
                    *x = self.mode[k] + if which(k) { sign * step } else { 0.0 };
                }
                posterior.log_step_determinants(&moved)
            };
            let (above, below) = (at(1.0)?, at(-1.0)?);
            let slopes = above.into_iter().zip(below);
            let slopes = slopes
                .map(move |((first, above), (_, below))| (first, (above - below) / (2.0 * step)));
            Ok(slopes.collect::<Vec<(usize, f64)>>())
        };
        for (component, color) in (0..d).flat_map(|i| (0..span).map(move |c| (i, c))) {
            let is_moved = |k: usize| k < path && k % d == component && k / d % span == color;
            for (first, slope) in difference(&is_moved, sizes[component])? {
                // The one moved point among those that the step touches.
                let point = first + (color + span - first % span) % span;
                gradient[point * d + component] += slope;
            }
        }
        for (parameter, to) in gradient.iter_mut().enumerate().skip(path) {
            let slopes = difference(&|k| k == parameter, sizes[parameter])?;
            *to = slopes.iter().map(|(_, slope)| slope).sum();
        }
        Ok(gradient)
    }
}
