//! Minimisers of a smooth function, with stop tests that do not depend on its scale.

mod blocks;
mod bounds;
mod coordinates;
mod lbfgs;
mod options;
mod session;
mod structured;

pub use blocks::{Assembly, BlockMatrix, Cholesky, NotPositive, SquareRoot};
pub use bounds::Bounds;
pub use lbfgs::Lbfgs;
pub use options::MinimizerOptions;
pub use structured::{Hessian, Structured, Workspace};
pub(crate) use structured::{Progress, Quadratic, Search, Vectors};

use crate::action::{Layout, Linearization};
use crate::error::Result;

/// A smooth function to be minimised.
pub trait Objective {
    /// The value at `x`; the gradient is written to the second argument.
    ///
    /// # Errors
    /// A value or gradient that is not finite: minimisers then try a shorter step.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64>;

    /// Asked once per iteration: true ends the minimisation at the best point so far.
    fn interrupted(&self) -> bool {
        false
    }

    /// Intervals for the unknowns. Default: all are free.
    fn bounds(&self) -> Option<&Bounds> {
        None
    }

    /// The same function as a sum of weighted squares with the structure of a path, if it is one.
    fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
        None
    }
}

/// A sum of weighted squares whose unknowns are a path and static parameters.
pub trait LeastSquares: Objective {
    fn layout(&self) -> &Layout;

    /// Memory for [`LeastSquares::linearize`]: the patterns are right, the numbers of no meaning.
    fn linearization(&self) -> Linearization;

    /// The value at `x`; residuals, weights and Jacobian are written to the second argument, whose
    /// patterns stay as they are.
    ///
    /// # Errors
    /// A value or derivative that is not finite: minimisers then try a shorter step.
    fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64>;

    /// Adds the second derivatives that the Gauss-Newton Hessian leaves out, the sum of
    /// `weight * residual * d2 residual`. `x` is the point linearised last.
    ///
    /// # Errors
    /// A second derivative that is not finite.
    fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<()>;

    /// The value that noise explains, where that is known: a minimiser need not lower what is far
    /// below it. Default: zero.
    fn noise_level(&self) -> f64 {
        0.0
    }
}

/// Why a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum StopReason {
    /// |gradient| |x| is below the tolerance times the value: no small relative change of x helps.
    GradientSmall,
    /// The value fell by less than the tolerance, relatively, over the last iterations.
    ValueSettled,
    /// The given number of iterations was done; more would probably help.
    IterationLimit,
    /// No lower value was found along the search direction, also not along the gradient: rounding
    /// errors rule.
    LineSearchFailed,
    /// Every step, however short, led to values that are not finite.
    NotFinite,
    /// The objective asked for an end. The point is the best one so far.
    Interrupted,
}

impl StopReason {
    /// Whether the minimisation came to an end of itself: more iterations would hardly help.
    pub fn settled(self) -> bool {
        matches!(self, StopReason::GradientSmall | StopReason::ValueSettled)
    }
}

/// Where a minimisation ended, and the work that it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// The lowest value found; the point is in the caller's array.
    pub value: f64,
    pub stop: StopReason,
    pub iterations: usize,
    /// Evaluations of value and gradient together.
    pub evaluations: usize,
    /// Factorisations of the Hessian; none in minimisers that have none.
    pub factorizations: usize,
    /// Unknowns that ended at one of their bounds, ascending.
    pub active_bounds: Vec<usize>,
}

/// An algorithm that minimises an [`Objective`].
pub trait Minimizer {
    /// Starts at `x` and leaves the best point there.
    ///
    /// # Errors
    /// Only if the objective fails at the starting point itself.
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum>;
}
