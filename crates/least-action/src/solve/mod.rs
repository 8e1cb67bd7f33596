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
mod schur_complement;
mod session;
mod structured;

pub(crate) use blocks::RankFactor;
pub use blocks::{Assembly, BlockMatrix, BlockQr, Cholesky, NotPositiveDefinite};
pub use bounds::Bounds;
pub use lbfgs::Lbfgs;
pub use least_squares::{Layout, Linearization, RowGroup};
pub use objective::{LeastSquares, Objective};
pub use options::MinimizerOptions;
pub use schur_complement::SchurComplement;
pub use structured::{Hessian, Structured, Workspace};
pub(crate) use structured::{Quadratic, Search, SearchProgress, Vectors};

use crate::error::Result;

/// Stop reason: the test that ended a minimisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum StopReason {
    /// The gradient is small: |gradient| |x| is below the tolerance times the value, so no small
    /// relative change of x helps.
    GradientSmall,
    /// The value fell by less than the tolerance, relatively, over the last iterations, or would
    /// fall by less with the next step.
    ValueSettled,
    /// The largest number of iterations was done. More would probably help.
    IterationLimit,
    /// No lower value was found along the search direction, nor along the gradient. Rounding errors
    /// are larger than any decrease.
    LineSearchFailed,
    /// Every step, however short, led to values that are not finite.
    NotFinite,
    /// The objective asked for an end. The point is the best one so far.
    Interrupted,
}

impl StopReason {
    /// True if the minimisation ended by itself, so that more iterations would hardly help.
    pub fn settled(self) -> bool {
        matches!(self, StopReason::GradientSmall | StopReason::ValueSettled)
    }
}

/// Result of a minimisation, and the work that it took.
#[derive(Debug, Clone, PartialEq)]
pub struct Minimum {
    /// Lowest value found. Its point is in the caller's array.
    pub value: f64,
    /// Test that ended the minimisation.
    pub stop: StopReason,
    /// Number of iterations.
    pub iterations: usize,
    /// Number of evaluations of value and gradient together.
    pub evaluations: usize,
    /// Number of factorisations of the Hessian; 0 in minimisers without one.
    pub factorizations: usize,
    /// Numbers of the unknowns that ended at one of their bounds, ascending.
    pub active_bounds: Vec<usize>,
}

impl Minimum {
    /// This minimum with the work of the minimisation before it added.
    pub(crate) fn after(self, before: &Minimum) -> Minimum {
        Minimum {
            iterations: before.iterations + self.iterations,
            evaluations: before.evaluations + self.evaluations,
            factorizations: before.factorizations + self.factorizations,
            ..self
        }
    }
}

/// Algorithm that minimises an [`Objective`].
pub trait Minimizer {
    /// Minimises the objective from `x` and leaves the best point there.
    ///
    /// # Errors
    /// An objective that fails at the starting point itself, and one that the algorithm cannot use:
    /// the structured minimiser needs a sum of squares over a path.
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum>;
}
