//! Traits of what can be annealed: an action whose R_f grows, of paths or of networks.

use super::ladder::Ladder;
use super::rung::ActiveBound;
use crate::action::{ActionValue, Moments, Normalization};
use crate::error::Result;
use crate::solve::Minimum;

/// A checked problem with its options, whose action is minimised at every R_f of a ladder. Paths
/// through data are one kind ([`super::Paths`]), networks another ([`super::Networks`]).
pub trait Annealable: Clone + Send + Sync {
    /// The action of this problem as a function to be minimised.
    type Objective: AnnealingObjective;

    /// The ladder of R_f.
    fn ladder(&self) -> &Ladder;

    /// R_f at the end of ladders that do not say it.
    fn last_model_precision(&self) -> f64;

    /// Number of starting paths, and when fewer are enough.
    fn attempts(&self) -> Attempts;

    /// Numbers of measurements, residuals and unknowns.
    fn counts(&self) -> Counts;

    /// States and parameters of starting path number `start`. The same number gives the same bits,
    /// whatever else runs.
    fn draw(&self, start: usize) -> (Vec<f64>, Vec<f64>);

    /// The objective of starting path number `start`, with the memory of its climb. `drawn` is that
    /// path, where it is at hand.
    fn objective(&self, start: usize, drawn: Option<&[f64]>) -> Self::Objective;

    /// Names of the estimated parameters, of which every rung states the values; none where they
    /// are too many.
    fn estimated(&self) -> Vec<String>;

    /// Words for reports of a run.
    fn words(&self) -> Words;
}

/// The action as a function to be minimised at one R_f, with the memory of one climb.
pub trait AnnealingObjective {
    /// R_f0 where the ladder does not say it, from the starting path.
    fn first_model_precision(&mut self, path: &[f64], parameters: &[f64]) -> f64;

    /// The action and its parts at one R_f.
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
    /// there; `loose` where the minimum only needs to be followed. `interrupted` is asked once per
    /// iteration.
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

    /// The active bounds by name.
    fn active_bounds(&self, minimum: &Minimum) -> Vec<ActiveBound>;
}

/// Numbers of starting paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Starting paths that are tried at most.
    pub count: usize,
    /// Number of starts at a consistent level that ends the run.
    pub enough: usize,
    /// True if starts are stopped whose action noise cannot explain.
    pub prune: bool,
}

/// What the statistics of the misfit need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Counts {
    pub measured: usize,
    /// Mean and variance of the misfit at the truth.
    pub misfit: Moments,
    /// Numbers that the fit can choose where the model holds.
    pub fitted: usize,
    /// Residuals of the model.
    pub residuals: usize,
    pub path: usize,
    pub parameters: usize,
    /// How many parameters every rung states.
    pub stated: usize,
    /// Of all measurements, on average.
    pub measurement_precision: f64,
    pub normalization: Normalization,
}

/// Words for reports of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// First lines of the table: a description of what is annealed.
    pub title: String,
    /// Name of the discretisation.
    pub scheme: &'static str,
    /// Noun for what is looked for, as "path".
    pub found: &'static str,
    /// Noun for what it consists of, as "states and parameters".
    pub parts: &'static str,
    /// Noun for the numbers that the fit can choose.
    pub fitted: &'static str,
    /// Number of places at which a bound may be active: points of the path.
    pub points: usize,
}
