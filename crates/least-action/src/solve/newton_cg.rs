//! Newton's method with a line search, the steps by conjugate gradients (J. Nocedal and S. J.
//! Wright, Numerical Optimization, 2006, section 7.1), by argmin.

use argmin::solver::newton::NewtonCG;

use super::curvature::Curvature;
use super::descend::{descend, Limits, Method, FIRST_STEPS};
use super::line_search::{FirstStep, Search};
use super::session::{Iterate, Session};
use super::{Hessian, Minimizer, Minimum, Objective};
use crate::error::{check, Result};

/// Options of Newton-CG: Newton steps by conjugate gradients, from products with the Hessian alone.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewtonCg {
    /// Per rung. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
    /// Relative: the minimisation ends when a step promises, or three iterations give, a decrease
    /// of the value by less than this share of it. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
    /// Whose products are taken. Of a function that is no sum of squares it is always the exact
    /// one, by differences of gradients. Default: `gauss-newton`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>"))]
    pub hessian: Hessian,
    /// Products with the Hessian per iteration, at most. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_products: usize,
}

impl Default for NewtonCg {
    fn default() -> Self {
        NewtonCg {
            max_iterations: 200,
            tolerance: 1e-6,
            hessian: Hessian::GaussNewton,
            max_products: 200,
        }
    }
}

impl NewtonCg {
    /// The residual of the Newton equations, relative to the gradient, at which a step is good
    /// enough.
    const FORCING: f64 = 0.1;

    /// # Errors
    /// No iterations or products, or a tolerance that is not between 0 and 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.maxProducts"), self.max_products, 1)?;
        Limits::validate(path, self.max_iterations, self.tolerance)
    }
}

impl<'o> Method<'o> for NewtonCg {
    type Hessian = Curvature<'o>;
    type Solver = NewtonCG<Search, f64>;

    const WINDOW: usize = 3;
    const SETTLING: usize = 0;
    /// The search ends without an error also where it found nothing.
    const PATIENCE: usize = 0;

    fn begin(&self, session: &Session<'o>, share: f64) -> Self::Solver {
        session.set_hessian(self.hessian);
        // After a failure, once along the gradient: without products argmin goes there.
        let failed = share < FIRST_STEPS[0];
        session.set_products(if failed { 0 } else { self.max_products });
        let promise = session.promise();
        NewtonCG::new(Search::new(FirstStep::Newton { share, promise }, 0.9))
    }

    /// argmin solves the Newton equations until the residual's square is below half the gradient's
    /// length. So the gradient is shown so long that this is the relative residual wanted.
    fn prepare(
        &self,
        session: &Session<'o>,
        state: Iterate<Curvature<'o>>,
    ) -> Iterate<Curvature<'o>> {
        if state.iter > 0 {
            session.set_products(self.max_products);
        }
        let (_, length) = session.best_lengths();
        let scale = 0.5 / (Self::FORCING * Self::FORCING) / length;
        if scale.is_finite() && scale > 0.0 {
            session.set_scale(scale);
        }
        session.return_to_best();
        let fresh: Iterate<Curvature<'o>> = session.initial_state();
        Iterate {
            iter: state.iter,
            ..fresh
        }
    }
}

impl Minimizer for NewtonCg {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let limits = Limits {
            iterations: self.max_iterations,
            tolerance: self.tolerance,
        };
        descend(self, limits, objective, x)
    }
}
