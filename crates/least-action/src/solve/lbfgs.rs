//! Limited-memory BFGS (J. Nocedal, Math. Comp. 35, 1980; D. C. Liu and J. Nocedal, Math. Program.
//! 45, 1989) by argmin, with the line search of J. J. Moré and D. J. Thuente, ACM TOMS 20, 1994.

use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use super::descend::{descend, Limits, Method};
use super::session::{Session, Vector};
use super::{Minimizer, Minimum, Objective};
use crate::error::{check, Result};

/// Options of the L-BFGS minimiser.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lbfgs {
    /// Pairs of steps and gradient changes that stand for the Hessian. Default: 10.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub memory: usize,
    /// Per rung. Default: 1000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
    /// Relative: the minimisation ends when ten iterations lower the value by less than this share
    /// of it. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Lbfgs {
            memory: 10,
            max_iterations: 1000,
            tolerance: 1e-6,
        }
    }
}

impl Lbfgs {
    /// Points and gradients that a minimisation keeps in memory, roughly.
    pub(crate) fn paths_in_memory(&self) -> usize {
        2 * self.memory + 16
    }

    /// # Errors
    /// No memory, no iterations, or a tolerance that is not between 0 and 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.memory"), self.memory, 1)?;
        check::at_most(&format!("{path}.memory"), self.memory, 1000)?;
        Limits::validate(path, self.max_iterations, self.tolerance)
    }
}

impl Method<'_> for Lbfgs {
    type Hessian = ();
    type Solver = LBFGS<MoreThuenteLineSearch<Vector, Vector, f64>, Vector, Vector, f64>;

    /// Single iterations are erratic.
    const WINDOW: usize = 10;
    const SETTLING: usize = 40;

    fn begin(&self, _session: &Session, _share: f64) -> Self::Solver {
        LBFGS::new(MoreThuenteLineSearch::new(), self.memory)
    }
}

impl Minimizer for Lbfgs {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let limits = Limits {
            iterations: self.max_iterations,
            tolerance: self.tolerance,
        };
        descend(self, limits, objective, x)
    }
}
