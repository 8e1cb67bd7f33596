//! Gaussian about a minimum of one level, at a finite R_f or in the deterministic limit.

use super::UncertaintyOptions;
use crate::action::Problem;
use crate::anneal::{Annealer, Climb, Paths};
use crate::error::{Error, Result};
use crate::statistics::truncation::IntervalDensity;
use crate::statistics::{
    Expected, GaussianDraws, Identifiability, Laplace, LaplaceFinding, Posterior, StrongLaplace,
    StrongPosterior,
};

/// Gaussian approximation about a minimum: of path and parameters at a finite R_f, or of first
/// states and parameters where R_f is infinite and the path follows from them.
#[derive(Clone)]
#[non_exhaustive]
pub enum LevelGaussian {
    /// Gaussian at a finite R_f: the model may err.
    Finite(Box<Laplace>),
    /// Gaussian at an infinite R_f: the path obeys the model exactly.
    Strong(Box<StrongLaplace>),
}

/// Calls a method that both kinds of Gaussians have.
macro_rules! of_both {
    ($gaussian:expr, $one:ident => $what:expr) => {
        match $gaussian {
            LevelGaussian::Finite($one) => $what,
            LevelGaussian::Strong($one) => $what,
        }
    };
}

/// Expansion about the minimum that a path with parameters leads to.
pub(super) type Expanding = Box<dyn Fn(&[f64]) -> Result<LevelGaussian>>;

impl LevelGaussian {
    /// Expansion of a problem's posterior at an R_f, which may be infinite.
    pub(super) fn expanding(
        problem: &Problem,
        precision: f64,
        options: &UncertaintyOptions,
    ) -> Result<Expanding> {
        let options = options.laplace();
        if precision == f64::INFINITY {
            let posterior = StrongPosterior::new(problem)?;
            return Ok(Box::new(move |start| {
                let laplace = StrongLaplace::new(&posterior, start, options)?;
                Ok(LevelGaussian::Strong(Box::new(laplace)))
            }));
        }
        let posterior = Posterior::new(problem, precision)?;
        Ok(Box::new(move |start| {
            let laplace = Laplace::new(&posterior, start, options)?;
            Ok(LevelGaussian::Finite(Box::new(laplace)))
        }))
    }

    /// True unless R_f is infinite and the path does not follow from its first state in numbers,
    /// see [`StrongLaplace::is_well_posed`].
    pub(super) fn is_well_posed(&self) -> bool {
        match self {
            LevelGaussian::Finite(_) => true,
            LevelGaussian::Strong(strong) => strong.is_well_posed(),
        }
    }

    /// True unless R_f is infinite and the path does not follow from its first state in numbers.
    pub(super) fn follows_from_its_start(&self) -> bool {
        match self {
            LevelGaussian::Finite(_) => true,
            LevelGaussian::Strong(strong) => strong.follows_from_its_start(),
        }
    }

    /// Error that says why an approximation is not well posed.
    pub(super) fn ill_posed(&self) -> Error {
        let (iterations, decrease) = match self {
            LevelGaussian::Finite(laplace) => {
                (laplace.options().max_iterations, laplace.decrease())
            }
            LevelGaussian::Strong(strong) => (strong.minimum().iterations, strong.minimum().left()),
        };
        Error::NotMinimized {
            path: "maxIterations".into(),
            what: "its path".into(),
            iterations,
            decrease,
            remedy: "allow more, or anneal with more startingPaths".into(),
        }
    }

    /// Problem of the posterior.
    pub fn problem(&self) -> &Problem {
        of_both!(self, one => one.problem())
    }

    /// Degrees of freedom of the noise that deviations rest on; infinite where it is known.
    pub fn degrees(&self) -> f64 {
        self.problem().noise_degrees()
    }

    /// Model precision R_f; infinite in the deterministic limit.
    pub fn model_precision(&self) -> f64 {
        match self {
            LevelGaussian::Finite(laplace) => laplace.posterior().model_precision(),
            LevelGaussian::Strong(_) => f64::INFINITY,
        }
    }

    /// Most probable path, then the estimated parameters.
    pub fn mode(&self) -> &[f64] {
        of_both!(self, one => one.mode())
    }

    /// Means of path and parameters: the mode, but for what bounds cut off.
    pub fn means(&self) -> Vec<f64> {
        of_both!(self, one => one.means())
    }

    /// Mode of an unknown whose Gaussian bounds cut off, with the density of its change from there.
    pub(super) fn cut_at(&self, unknown: usize) -> Option<(f64, IntervalDensity)> {
        let density = of_both!(self, one => one.cut_density(unknown));
        density.map(|density| (self.mode()[unknown], density))
    }

    /// Negative log posterior at the mode, up to a constant.
    pub fn value(&self) -> f64 {
        of_both!(self, one => one.value())
    }

    /// Standard deviations: the path, points x dimension, then the estimated parameters.
    pub fn deviations(&self) -> Vec<f64> {
        of_both!(self, one => one.deviations())
    }

    /// Covariance of the estimated parameters, P x P.
    pub fn parameter_covariance(&self) -> &[f64] {
        of_both!(self, one => one.parameter_covariance())
    }

    /// Covariance of the state at each point, points x dimension x dimension.
    pub fn state_covariances(&self) -> Vec<f64> {
        of_both!(self, one => one.state_covariances())
    }

    /// Natural logarithm of the determinant of the Hessian in the unknowns: path and parameters, or
    /// first states and parameters.
    pub fn log_determinant(&self) -> f64 {
        of_both!(self, one => one.log_determinant())
    }

    /// Natural logarithm of the evidence of the neighbourhood of the minimum.
    pub fn log_evidence(&self) -> f64 {
        of_both!(self, one => one.log_evidence())
    }

    /// Fall of the negative log posterior to the minimum of its quadratic model.
    pub fn decrease(&self) -> f64 {
        of_both!(self, one => one.decrease())
    }

    /// Independent draws of path and parameters.
    pub fn draws(&self, count: usize, seed: u64) -> GaussianDraws {
        of_both!(self, one => one.draws(count, seed))
    }

    /// Expected value of `quantity` by pairs of draws about the shifted mean.
    pub fn expected(
        &self,
        quantity: impl FnMut(&[f64]) -> f64,
        mean_shift: &[f64],
        pairs: usize,
        seed: u64,
    ) -> Expected {
        of_both!(self, one => one.expected(quantity, mean_shift, pairs, seed))
    }

    /// Mean of path and parameters less that of the Gaussian, to first order beyond the quadratic.
    ///
    /// # Errors
    /// Derivatives near the mode that are not finite.
    pub fn mean_shift(&self) -> Result<Vec<f64>> {
        of_both!(self, one => one.mean_shift())
    }

    /// Principal axes of the estimated parameters' covariance.
    pub fn identifiability(&self) -> Identifiability {
        of_both!(self, one => one.identifiability())
    }

    /// Findings about the approximation.
    ///
    /// # Errors
    /// Derivatives near the mode that are not finite.
    pub fn findings(&self) -> Result<Vec<LaplaceFinding>> {
        match self {
            LevelGaussian::Finite(laplace) => {
                let shift = laplace.mean_shift()?;
                laplace.findings(Some(&shift))
            }
            LevelGaussian::Strong(laplace) => Ok(laplace.findings()),
        }
    }
}

/// Model precision R_f at which the posterior of a run is looked at by itself: infinite where
/// [`UncertaintyOptions::model_precision`] says so, else that of the climb's last rung; NaN without
/// a rung.
pub fn default_model_precision(annealer: &Annealer<Paths>, climb: &Climb) -> f64 {
    let start = [&climb.path[..], &climb.parameters].concat();
    let options = UncertaintyOptions::default().laplace();
    let strong = || {
        let posterior = StrongPosterior::new(&annealer.problem_at(climb))?;
        StrongLaplace::new(&posterior, &start, options)
    };
    let last = climb
        .rungs
        .last()
        .map_or(f64::NAN, |rung| rung.model_precision);
    match annealer.is_deterministic(climb) {
        true if strong().is_ok_and(|found| found.is_well_posed()) => f64::INFINITY,
        _ => last,
    }
}
