//! The two-point boundary-value problem: paths of stationary action between two ends.

mod adjoint;
mod band;
mod collocation;
mod discrete_action;
mod elimination;
mod levels;
mod mesh;
mod minimise;
mod model;
mod multigrid;
mod nodes;
mod options;
mod problem;
mod second_variation;
mod shooting;
mod solution;
mod solve;
mod solver;
mod step_action;
mod sweeps;
#[cfg(test)]
mod tests;

pub use levels::action_levels;
pub use options::{Boundary, BoundaryMethod, BoundaryOptions, Continuation};
pub use second_variation::{SecondVariation, Stationary};
pub use solution::{BoundarySolution, BoundaryStatus, ContinuationRung};
pub use solve::{solve_boundary_value_problem, BoundaryProgress, BoundarySolver};

use problem::Problem;
