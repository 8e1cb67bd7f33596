//! The two-point boundary-value problem: paths of stationary action between two ends.

mod discrete_action;
mod elimination;
mod minimise;
mod model;
mod options;
mod problem;
mod second_variation;
mod solution;
mod solver;
#[cfg(test)]
mod tests;

pub use options::{Boundary, BoundaryMethod, BoundaryOptions, Continuation};
pub use second_variation::{SecondVariation, Stationary};
pub use solution::{BoundarySolution, BoundaryStatus, ContinuationRung};

use problem::Problem;
