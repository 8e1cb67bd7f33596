//! Levenberg-Marquardt (K. Levenberg, Quart. Appl. Math. 2, 1944; D. W. Marquardt, J. SIAM 11,
//! 1963) and its relative with the exact Hessian, on a block factorisation in time. Damping by the
//! gain ratio as in H. B. Nielsen, report IMM-REP-1999-05, Technical University of Denmark; bounds
//! by projection as in D. P. Bertsekas, SIAM J. Control Optim. 20, 1982.

mod damping;
mod quadratic;
mod rows;
mod search;
#[cfg(test)]
mod tests;
mod workspace;

pub(crate) use quadratic::Quadratic;
pub(crate) use search::{Progress, Search};
pub(crate) use workspace::Vectors;
pub use workspace::Workspace;

use rows::Rows;

use super::{LeastSquares, Minimizer, Minimum, Objective};
use crate::error::{check, Error, Result};

/// Which second derivatives a step sees.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Hessian {
    /// Those of the squares of the linearised residuals: never indefinite, and good where residuals
    /// are small.
    #[default]
    GaussNewton,
    /// All of them. Where they are indefinite the step is damped until they are not.
    Exact,
}

/// Options of the minimiser for paths.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Structured {
    /// Default: `gauss-newton`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>"))]
    pub hessian: Hessian,
    /// Steps that are tried, per rung. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
    /// Relative: the minimisation ends when a step promises to lower the value by less than this
    /// share of it. Default: 1e-6.
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

    /// Starts at `x` and leaves the best point there. The workspace must be one made for this
    /// problem.
    ///
    /// # Errors
    /// An `x` of the wrong length, and what the problem reports at the starting point itself.
    pub fn minimize_in(
        &self,
        workspace: &mut Workspace,
        problem: &mut dyn LeastSquares,
        x: &mut [f64],
    ) -> Result<Minimum> {
        let because = "one per unknown";
        check::length("x", x.len(), workspace.vectors.step.len(), because)?;
        let mut rows = Rows {
            memory: &mut workspace.rows,
            problem,
            hessian: self.hessian,
        };
        Ok(Search::begin(self, &mut workspace.vectors, &mut rows, x)?.run())
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
