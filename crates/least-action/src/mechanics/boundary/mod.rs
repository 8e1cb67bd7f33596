//! The two-point boundary-value problem: paths of stationary action between two ends.

mod adjoint;
mod band;
mod collocation;
mod mesh;
mod multigrid;
mod nodes;
mod options;
mod problem;
mod second_variation;
mod shooting;
mod solution;
mod solve;
mod solver;
mod sweeps;

pub use options::{Boundary, BoundaryMethod, BoundaryOptions, Continuation};
pub use second_variation::{SecondVariation, Stationary};
pub use solution::{BoundarySolution, BoundaryStatus, ContinuationRung};

pub use solve::{solve_boundary_value_problem, BoundaryProgress, BoundarySolver};
