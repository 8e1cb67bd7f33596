//! Traits of actions that can be annealed, of paths or of networks.

use super::climb::Climb;
use super::fit::Fit;
use super::hierarchies::HierarchyEstimate;
use super::ladder::Ladder;
use super::noise::NoiseEstimate;
use super::rung::ActiveBound;
use super::scatter::Scatter;
use crate::action::{ActionValue, LossMoments, Normalization};
use crate::error::Result;
use crate::solve::Minimum;

/// A checked problem with its options, whose action is minimised at every R_f of a ladder. Paths
/// through data are one kind ([`super::Paths`]), networks another ([`super::Networks`]).
pub trait Annealable: Clone + Send + Sync {
    /// The action of this problem as a function to be minimised.
    type Objective: AnnealingObjective;

    /// Ladder of R_f as the options give it.
    fn ladder(&self) -> &Ladder;

    /// R_f at the end of ladders whose options do not give it.
    fn last_model_precision(&self) -> f64;

    /// Number of starting paths, and the number of successes that ends a run earlier.
    fn attempts(&self) -> Attempts;

    /// Numbers of measurements, residuals and unknowns.
    fn counts(&self) -> Counts;

    /// Makes states and parameters of starting path number `start`. The same number gives the same
    /// bits, in any order of the starts.
    fn draw(&self, start: usize) -> (Vec<f64>, Vec<f64>);

    /// Objective of starting path number `start`, with the memory of its climb. `drawn` is that
    /// path, if the caller has it.
    fn objective(&self, start: usize, drawn: Option<&[f64]>) -> Self::Objective;

    /// Names of the estimated parameters whose values every rung reports; empty where there are too
    /// many to report.
    fn estimated(&self) -> Vec<String>;

    /// Names of the parameters in the order of [`Annealable::estimated`], which gives the names of
    /// their coordinates.
    fn parameter_names(&self) -> Vec<String> {
        self.estimated()
    }

    /// Values of the parameters at these coordinates of them. Default: the coordinates are the
    /// parameters.
    fn parameters_at(&self, coordinates: &[f64]) -> Vec<f64> {
        coordinates.to_vec()
    }

    /// Words that describe the problem in reports of a run.
    fn words(&self) -> Words;

    /// Goodness of fit of a climb at its last rung, from the factor of the Hessian there; `None`
    /// where it is not known, and the misfit is weighed by counts alone.
    fn fit(&self, _climb: &Climb) -> Option<Fit> {
        None
    }

    /// Estimated noise of the measured channels at the end of a climb; empty where it is known.
    fn noise(&self, _climb: &Climb, _fit: &Fit) -> Vec<NoiseEstimate> {
        Vec::new()
    }

    /// Distributions of parameters between data sets at the end of a climb; empty without
    /// hierarchies.
    fn hierarchies(&self, _climb: &Climb, _fit: &Fit) -> Vec<HierarchyEstimate> {
        Vec::new()
    }
}

/// The action as a function to be minimised at one R_f, with the memory of one climb.
pub trait AnnealingObjective {
    /// R_f0 for a ladder whose options do not give it, from the starting path.
    fn first_model_precision(&mut self, path: &[f64], parameters: &[f64]) -> f64;

    /// Evaluates the action and its parts at one R_f.
    ///
    /// # Errors
    /// A value that is not finite.
    fn evaluate(
        &mut self,
        model_precision: f64,
        path: &[f64],
        parameters: &[f64],
    ) -> Result<ActionValue>;

    /// Minimises the action at one R_f: starts at `path` and `parameters` and leaves the best point
    /// there; `loose` is true where the minimum only needs to be followed. `interrupted` is asked
    /// once per iteration.
    ///
    /// # Errors
    /// Only if the action fails at the starting point itself.
    fn minimize(
        &mut self,
        model_precision: f64,
        loose: bool,
        path: &mut [f64],
        parameters: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Minimum>;

    /// Minimises at the end of a ladder over what was held on the way: estimated noise. Starts
    /// where the last rung's minimum is, and leaves the better point there. `None` where nothing
    /// was held. Default: nothing.
    ///
    /// # Errors
    /// Only if the action fails at the starting point itself.
    fn settle(
        &mut self,
        _model_precision: f64,
        _path: &mut [f64],
        _parameters: &mut [f64],
        _interrupted: &dyn Fn() -> bool,
    ) -> Result<Option<Minimum>> {
        Ok(None)
    }

    /// Factor by which estimated noise makes the chi-square of the point evaluated last smaller
    /// than its action says. Default: 1, for known noise.
    fn noise_ratio(&self) -> f64 {
        1.0
    }

    /// Part of the model error last evaluated at this R_f that belongs to parameters which change
    /// in time.
    fn varying_error(&self, _model_precision: f64) -> f64 {
        0.0
    }

    /// Active bounds of a minimum, by name.
    fn active_bounds(&self, minimum: &Minimum) -> Vec<ActiveBound>;
}

/// Numbers of starting paths that a run tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Maximum number of starting paths that are tried.
    pub count: usize,
    /// Number of successes that ends the run: starts at a level that the stated noise explains.
    pub enough: usize,
    /// Number of successes that must share the lowest level before the run ends.
    pub agreeing: usize,
    /// True if starts are stopped when noise cannot explain their action.
    pub prune: bool,
    /// True if starts that were stopped go on where no other succeeds.
    pub reprieve: bool,
}

/// Numbers from which the statistics of the misfit are computed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    /// Number of measurements.
    pub measured: usize,
    /// Mean and variance of the misfit at the truth.
    pub misfit: LossMoments,
    /// Noise as the data's own differences show it; `None` where they do not tell.
    pub scatter: Option<Scatter>,
    /// Number of priors.
    pub priors: usize,
    /// Number of unknowns that the fit can choose where the model holds. Values that are held do
    /// not count.
    pub fitted: usize,
    /// Number of residuals of the model.
    pub residuals: usize,
    /// True if the last R_f is a statement on the noise of the model, not only so large that the
    /// model holds.
    pub is_noisy_model: bool,
    /// Number of values in the path.
    pub path: usize,
    /// Number of estimated parameters.
    pub parameters: usize,
    /// Number of parameters whose values every rung reports.
    pub stated: usize,
    /// Mean R_m over all measurements.
    pub measurement_precision: f64,
    /// Number of parameters of the noise that are estimated. They are among the fitted.
    pub noise: usize,
    /// True if the data of each channel are one number, measured more than once.
    pub is_constant: bool,
    /// Normalisation of the action.
    pub normalization: Normalization,
}

/// Words for reports of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// First lines of the table: a description of the problem that is annealed.
    pub title: String,
    /// Name of the discretisation.
    pub scheme: &'static str,
    /// Noun for the result that is looked for, as "path".
    pub found: &'static str,
    /// Noun for the parts of the result, as "states and parameters".
    pub parts: &'static str,
    /// Noun for the unknowns that the fit can choose.
    pub fitted: &'static str,
    /// Number of places at which a bound may be active: points of the path.
    pub points: usize,
}
