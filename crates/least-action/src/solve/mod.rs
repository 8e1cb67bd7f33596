//! Minimisers of a smooth function, with stop tests that do not depend on its scale.

mod conjugate_gradient;
mod curvature;
mod descend;
mod lbfgs;
mod line_search;
mod newton_cg;
mod options;
mod session;
mod steihaug;
mod trust_region;

pub use conjugate_gradient::ConjugateGradient;
pub use lbfgs::Lbfgs;
pub use newton_cg::NewtonCg;
pub use options::MinimizerOptions;
pub use trust_region::TrustRegion;

use crate::error::Result;

/// A smooth function to be minimised.
pub trait Objective {
    /// The value at `x`; the gradient is written to the second argument.
    ///
    /// # Errors
    /// A value or gradient that is not finite: minimisers then try a shorter step.
    fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64>;
}

/// Why a minimisation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "camelCase"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum StopReason {
    /// |gradient| |x| is below the tolerance times the value: no small relative change of x helps.
    GradientSmall,
    /// The value fell by less than the tolerance, relatively, over the last iterations.
    ValueSettled,
    /// The given number of iterations was done; more would probably help.
    IterationLimit,
    /// No lower value was found along the search direction, also not along the gradient: rounding errors rule.
    LineSearchFailed,
    /// Every step, however short, led to values that are not finite.
    NotFinite,
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
}

/// An algorithm that minimises an [`Objective`].
pub trait Minimizer {
    /// Starts at `x` and leaves the best point there.
    ///
    /// # Errors
    /// Only if the objective fails at the starting point itself.
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum>;
}
