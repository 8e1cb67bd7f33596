//! Densities that can be sampled.

use crate::error::Result;
use crate::solve::Objective;
use crate::statistics::Posterior;

/// An objective that can be sampled. Its value is a negative log density, up to a constant, and the
/// integral of the density is finite.
///
/// ```
/// use least_action::solve::Objective;
/// use least_action::statistics::{Chain, Density, SamplingOptions};
///
/// /// The standard normal distribution.
/// struct Normal;
///
/// impl Objective for Normal {
///     fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> least_action::Result<f64> {
///         gradient.copy_from_slice(x);
///         Ok(0.5 * x.iter().map(|x| x * x).sum::<f64>())
///     }
/// }
///
/// impl Density for Normal {}
///
/// let options = SamplingOptions { draws: 500, warmup: 200, ..SamplingOptions::default() };
/// let mut chain = Chain::new(Normal, &options, 0, &[0.0; 2], None)?;
/// let mut sum = 0.0;
/// while let Some(advance) = chain.advance()? {
///     if advance.is_draw() {
///         sum += advance.position[0];
///     }
/// }
/// assert!((sum / 500.0).abs() < 0.2);
/// # Ok::<(), least_action::Error>(())
/// ```
pub trait Density: Objective {
    /// The density as the posterior of a path, if it is one. A posterior has second derivatives for
    /// the metric, and an R_f that can be annealed.
    fn posterior(&mut self) -> Option<&mut Posterior> {
        None
    }

    /// Second derivatives of the negative log density at `x`, or their Gauss-Newton part, as a full
    /// matrix, row by row, with the gradient: the metric of densities of few unknowns that know
    /// them. `None` for others.
    fn second_derivatives(&mut self, x: &[f64]) -> Option<Result<(Vec<f64>, Vec<f64>)>> {
        let _ = x;
        None
    }

    /// True if the density has second derivatives for the metric `structured`.
    fn has_metric(&mut self) -> bool {
        self.posterior().is_some()
    }
}

impl Density for Posterior {
    fn posterior(&mut self) -> Option<&mut Posterior> {
        Some(self)
    }
}
