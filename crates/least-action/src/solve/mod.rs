//! Minimisers of a smooth function, with stop tests that do not depend on its scale.

pub(crate) mod band;
mod blocks;
mod bounds;
mod coordinates;
pub(crate) mod dense;
mod lbfgs;
mod least_squares;
mod objective;
mod options;
mod session;
mod structured;

pub use blocks::{Assembly, BlockMatrix, Cholesky, NotPositive, SquareRoot};
pub use bounds::Bounds;
pub use lbfgs::Lbfgs;
pub use least_squares::{Layout, Linearization, RowGroup};
pub use objective::{LeastSquares, Objective};
pub use options::MinimizerOptions;
pub use structured::{Hessian, Structured, Workspace};
pub(crate) use structured::{Quadratic, Search, SearchProgress, Vectors};

use crate::error::Result;

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
