//! The two-point boundary-value problem: paths of stationary action between two ends.

mod adjoint;
mod collocation;
mod discrete_action;
mod driver;
mod elimination;
mod levels;
mod mesh;
mod method;
mod minimise;
mod multigrid;
mod nodal_newton;
mod options;
mod problem;
mod quadratic;
mod second_variation;
mod segment_map;
mod shooting;
mod solution;
mod step_action;
mod sweeps;
#[cfg(test)]
mod tests;

pub use driver::{solve_boundary_value_problem, BoundaryProgress, BoundarySolver};
pub use levels::action_levels;
pub use options::{Boundary, BoundaryMethod, BoundaryOptions, Continuation};
pub use second_variation::{SecondVariation, Stationary};
pub use solution::{BoundarySolution, BoundaryStatus, ContinuationRung};
