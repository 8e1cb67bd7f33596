use super::SecondVariation;
use crate::error::Error;

/// Status of the solution of a boundary-value problem.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum BoundaryStatus {
    /// The path is solved, on a mesh that is fine enough.
    Converged,
    /// The path solves the discrete problem, but its steps are so long that it differs from the
    /// path of continuous time.
    MeshTooCoarse,
    /// The path is only the best iterate; [`BoundarySolution::failure`] has the reason.
    NotConverged,
    /// The caller ended the solution early; the path is the last iterate.
    #[default]
    Interrupted,
}

/// One rung of a continuation in R_f.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ContinuationRung {
    /// R_f as a fraction of the system's.
    pub share: f64,
    /// Action of the path at this R_f.
    pub action: f64,
    /// Number of iterations at this R_f.
    pub iterations: usize,
}

/// A path of stationary action, or the best iterate on the way to it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BoundarySolution {
    /// Status of the solution.
    pub status: BoundaryStatus,
    /// The reason why the path is not a solution; `None` if it is, or if the caller ended the
    /// solution early.
    pub failure: Option<Error>,
    /// Times of the points.
    pub times: Vec<f64>,
    /// Coordinates x, points x D, row-major.
    pub path: Vec<f64>,
    /// Momenta p, points x D, row-major, before the impulse at points that have one, as in
    /// [`crate::mechanics::Orbit`]. An orbit from the first state and momentum on is this path, if
    /// its mesh was not refined.
    pub momentum: Vec<f64>,
    /// Jumps of p by impulses, points x D, row-major; empty if there are none.
    pub jumps: Vec<f64>,
    /// Energy H at each point, before the impulse: constant between impulses where H does not
    /// depend on time.
    pub energy: Vec<f64>,
    /// Discrete action of the integrator's steps, which tends to the integral of L (that integral
    /// itself for compositions and methods that are not symplectic), and the costs of impulses. If
    /// the path is no solution, the action may be below the minimum: such a path does not fulfil
    /// the equations.
    pub action: f64,
    /// Largest residual of the canonical equations of the steps, relative to the largest state and
    /// momentum.
    pub residual: f64,
    /// Largest residual of the boundary conditions, relative to the largest state and momentum.
    pub boundary_error: f64,
    /// Largest error of one step, relative to the largest state and momentum.
    pub mesh_error: f64,
    /// Times of the mesh on which the path was found: the points, and those that refinement added.
    pub mesh: Vec<f64>,
    /// Number of iterations on every mesh and at every R_f.
    pub iterations: usize,
    /// Number of factorisations of the whole system.
    pub factorizations: usize,
    /// Number of steps of the map and of evaluations of discrete Lagrangians.
    pub steps: usize,
    /// Rungs of the continuation; empty without one.
    pub continuation: Vec<ContinuationRung>,
    /// Second variation of the discrete Lagrangian of the integrator, or of `gauss-4` for
    /// integrators that have none here. It is `None` where it was not asked for, the path is not a
    /// solution, L does not exist (R_f that are infinite) or its derivatives cannot be evaluated
    /// along the path.
    pub second_variation: Option<SecondVariation>,
}
