//! Nonlinear conjugate gradients by argmin, with the update of E. Polak and G. Ribière, R.I.R.O. 3,
//! 1969, never negative (J. C. Gilbert and J. Nocedal, SIAM J. Optim. 2, 1992).

use argmin::solver::conjugategradient::beta::PolakRibierePlus;
use argmin::solver::conjugategradient::NonlinearConjugateGradient;

use super::descend::{descend, Limits, Method};
use super::line_search::{FirstStep, Search};
use super::session::{Session, Vector};
use super::{Minimizer, Minimum, Objective};
use crate::error::Result;

/// Options of the nonlinear conjugate gradients: the least memory, four paths, for more iterations
/// than L-BFGS needs.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ConjugateGradient {
    /// Per rung. Default: 2000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
    /// Relative: the minimisation ends when ten iterations lower the value by less than this share
    /// of it. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
}

impl Default for ConjugateGradient {
    fn default() -> Self {
        ConjugateGradient {
            max_iterations: 2000,
            tolerance: 1e-6,
        }
    }
}

impl ConjugateGradient {
    /// The directional derivative must fall to this share in a line search: conjugate directions
    /// need a good one.
    const SLOPE: f64 = 0.1;

    /// Gradients that follow each other and are less orthogonal than this share of their squares
    /// begin anew (M. J. D. Powell, Math. Program. 12, 1977).
    const ORTHOGONALITY: f64 = 0.2;

    /// # Errors
    /// No iterations, or a tolerance that is not between 0 and 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        Limits::validate(path, self.max_iterations, self.tolerance)
    }
}

impl<'o> Method<'o> for ConjugateGradient {
    type Hessian = ();
    type Solver = NonlinearConjugateGradient<Vector, Search, PolakRibierePlus, f64>;

    const WINDOW: usize = 10;
    const SETTLING: usize = 40;

    fn begin(&self, session: &Session<'o>, _share: f64) -> Self::Solver {
        // It asks for value and gradient where it begins.
        session.return_to_best();
        let search = Search::new(FirstStep::AsBefore(Default::default()), Self::SLOPE);
        NonlinearConjugateGradient::new(search, PolakRibierePlus::new())
            .restart_orthogonality(Self::ORTHOGONALITY)
    }
}

impl Minimizer for ConjugateGradient {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let limits = Limits {
            iterations: self.max_iterations,
            tolerance: self.tolerance,
        };
        descend(self, limits, objective, x)
    }
}
