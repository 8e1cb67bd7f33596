//! What the methods for boundary-value problems have in common.

use crate::error::Result;

/// State of a method after an iteration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Iteration {
    /// Change of the path, relative to the largest state and momentum.
    pub change: f64,
    /// True after the last iteration.
    pub solved: bool,
}

/// The best path of a method so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct BestPath {
    /// x: points x D.
    pub path: Vec<f64>,
    /// p: points x D, before the impulses.
    pub momentum: Vec<f64>,
    pub action: f64,
    /// Residuals of the equations of the steps and of the conditions at the ends, relative to the
    /// largest state and momentum.
    pub residual: f64,
    pub boundary_error: f64,
    /// The largest error of one step, relative to the same.
    pub mesh_error: f64,
    /// Times of the mesh.
    pub mesh: Vec<f64>,
}

/// The work of a method so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct MethodWork {
    pub iterations: usize,
    pub factorizations: usize,
    /// Steps of the map, or evaluations of discrete Lagrangians.
    pub steps: usize,
}

impl MethodWork {
    /// Sums of both.
    pub fn and(self, other: MethodWork) -> MethodWork {
        MethodWork {
            iterations: self.iterations + other.iterations,
            factorizations: self.factorizations + other.factorizations,
            steps: self.steps + other.steps,
        }
    }
}

/// A method on its way, iteration by iteration, so that its caller may show progress and stop it.
pub(super) trait IterativeMethod {
    /// Makes one more iteration.
    ///
    /// # Errors
    /// That there is no way on. The best iterate stays.
    fn iterate(&mut self) -> Result<Iteration>;

    fn best_path(&mut self) -> BestPath;

    fn work(&self) -> MethodWork;

    /// Goes on with a mesh that is finer where errors of steps are above a share of the sizes of
    /// states and momenta; false where it is fine enough, or cannot be refined. Default: false.
    fn refine(&mut self, _tolerance: f64, _most: usize) -> bool {
        false
    }
}
