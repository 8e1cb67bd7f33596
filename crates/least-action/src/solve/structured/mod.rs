//! Structured minimiser: Levenberg-Marquardt (K. Levenberg, Quart. Appl. Math. 2, 1944; D. W.
//! Marquardt, J. SIAM 11, 1963) and its relative with the exact Hessian, on a block factorisation
//! in time. Damping follows the gain ratio of H. B. Nielsen, report IMM-REP-1999-05, Technical
//! University of Denmark; bounds are kept by projection as in D. P. Bertsekas, SIAM J. Control
//! Optim. 20, 1982.

mod block_quadratic;
mod damping;
mod quadratic;
mod search;
#[cfg(test)]
mod tests;
mod workspace;

pub(crate) use quadratic::Quadratic;
pub(crate) use search::{Search, SearchProgress};
pub(crate) use workspace::Vectors;
pub use workspace::Workspace;

use block_quadratic::BlockQuadratic;

use super::{LeastSquares, Minimizer, Minimum, Objective};
use crate::error::{check, Error, Result};

/// Second derivatives that a step uses. Default: `gauss-newton`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Hessian {
    /// Second derivatives of the squares of the linearised residuals. They are never indefinite,
    /// and good where residuals are small.
    #[default]
    GaussNewton,
    /// All second derivatives. Where they are indefinite the step is damped until they are not.
    Exact,
}

/// Options of the structured minimiser, which is made for paths.
///
/// ```
/// use least_action::solve::{BlockMatrix, Layout, LeastSquares, Linearization};
/// use least_action::solve::{Minimizer, Objective, RowGroup, Structured};
/// use least_action::Error;
///
/// /// One state at one time, with the residual x^2 - 4.
/// struct Root(Layout);
/// impl Objective for Root {
///     fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, Error> {
///         let residual = x[0] * x[0] - 4.0;
///         gradient[0] = 2.0 * x[0] * residual;
///         Ok(0.5 * residual * residual)
///     }
///     fn least_squares(&mut self) -> Option<&mut dyn LeastSquares> {
///         Some(self)
///     }
/// }
/// impl LeastSquares for Root {
///     fn layout(&self) -> &Layout {
///         &self.0
///     }
///     fn linearization(&self) -> Linearization {
///         Linearization { groups: vec![RowGroup::new(1, vec![0], &[vec![0]])] }
///     }
///     fn linearize(&mut self, x: &[f64], into: &mut Linearization) -> Result<f64, Error> {
///         into.groups[0].residuals[0] = x[0] * x[0] - 4.0;
///         into.groups[0].values[0] = 2.0 * x[0];
///         Ok(into.value())
///     }
///     fn add_curvature(&mut self, x: &[f64], into: &mut BlockMatrix) -> Result<(), Error> {
///         into.add(0, 0, 2.0 * (x[0] * x[0] - 4.0));
///         Ok(())
///     }
/// }
///
/// let mut problem = Root(Layout::new(1, 1, 0, vec![0])?);
/// let mut x = [1.0];
/// let minimum = Structured::default().minimize(&mut problem, &mut x)?;
/// assert!((x[0] - 2.0).abs() < 1e-3 && minimum.stop.settled());
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Structured {
    /// Second derivatives that a step uses. Default: `gauss-newton`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>"))]
    pub hessian: Hessian,
    /// Largest number of steps that are tried in one minimisation, in annealing at each rung.
    /// Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
    /// Relative tolerance, dimensionless. The minimisation ends when the predicted reduction of a
    /// step is less than this share of the value. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
}

impl Default for Structured {
    fn default() -> Self {
        Structured {
            hessian: Hessian::GaussNewton,
            max_iterations: 200,
            tolerance: 1e-6,
        }
    }
}

impl Structured {
    /// Checks the options; `path` names them in errors.
    ///
    /// # Errors
    /// No iterations, or a tolerance that is not between 0 and 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.maxIterations"), self.max_iterations, 1)?;
        check::require(
            self.tolerance > 0.0 && self.tolerance < 1.0,
            &format!("{path}.tolerance"),
            self.tolerance,
            "between 0 and 1",
        )
    }

    /// Minimises the problem from `x` and leaves the best point there. The workspace must be one
    /// made for this problem.
    ///
    /// # Errors
    /// An `x` of the wrong length, and any error of the problem at the starting point itself.
    pub fn minimize_in(
        &self,
        workspace: &mut Workspace,
        problem: &mut dyn LeastSquares,
        x: &mut [f64],
    ) -> Result<Minimum> {
        let because = "one per unknown";
        check::length("x", x.len(), workspace.vectors.step.len(), because)?;
        let mut model = BlockQuadratic {
            memory: &mut workspace.blocks,
            problem,
            hessian: self.hessian,
        };
        Ok(Search::begin(self, &mut workspace.vectors, &mut model, x)?.run())
    }
}

impl Minimizer for Structured {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let Some(problem) = objective.least_squares() else {
            return Err(Error::WrongShape {
                path: "minimizer".into(),
                message: "structured needs a sum of squares over a path; use lbfgs".into(),
            });
        };
        let mut workspace = Workspace::new(problem)?;
        self.minimize_in(&mut workspace, problem, x)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
