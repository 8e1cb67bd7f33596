//! Interface of the methods for boundary-value problems.

use crate::error::Result;

/// State of a method after an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Iteration {
    /// Change of the path, relative to the largest state and momentum.
    pub change: f64,
    /// True after the last iteration.
    pub solved: bool,
}

/// Best path of a method so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct BestPath {
    /// Coordinates x, points x D.
    pub path: Vec<f64>,
    /// Momenta p, points x D, before the impulses.
    pub momentum: Vec<f64>,
    /// Discrete action of the path.
    pub action: f64,
    /// Residual of the equations of the steps and of the conditions at the ends, relative to the
    /// largest state and momentum.
    pub residual: f64,
    /// Residual of the conditions at the ends, relative to the largest state and momentum.
    pub boundary_error: f64,
    /// Largest error of one step, relative to the largest state and momentum.
    pub mesh_error: f64,
    /// Times of the mesh.
    pub mesh: Vec<f64>,
}

/// Work of a method so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MethodWork {
    /// Number of iterations.
    pub iterations: usize,
    /// Number of factorisations of the whole system.
    pub factorizations: usize,
    /// Number of steps of the map, or of evaluations of discrete Lagrangians.
    pub steps: usize,
}

impl MethodWork {
    /// Sum of this work and another.
    pub fn and(self, other: MethodWork) -> MethodWork {
        MethodWork {
            iterations: self.iterations + other.iterations,
            factorizations: self.factorizations + other.factorizations,
            steps: self.steps + other.steps,
        }
    }
}

/// A method in progress, iteration by iteration, so that its caller may show progress and stop it.
pub(super) trait IterativeMethod {
    /// Makes one more iteration.
    ///
    /// # Errors
    /// A method that cannot go on. The best iterate stays.
    fn iterate(&mut self) -> Result<Iteration>;

    fn best_path(&mut self) -> BestPath;

    fn work(&self) -> MethodWork;

    /// Refines the mesh where errors of steps are above a fraction of the sizes of states and
    /// momenta; false where it is fine enough, or cannot be refined. Default: false.
    fn refine(&mut self, _tolerance: f64, _most: usize) -> bool {
        false
    }
}
