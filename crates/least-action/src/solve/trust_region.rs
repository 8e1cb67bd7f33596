//! Newton steps within a ball that grows and shrinks as the quadratic model proves good or bad, by
//! argmin.

use argmin::solver::trustregion::TrustRegion as ArgminTrustRegion;

use super::curvature::Curvature;
use super::descend::{descend, Limits, Method};
use super::session::Session;
use super::steihaug::Steihaug;
use super::{Hessian, Minimizer, Minimum, Objective};
use crate::error::{check, Result};

/// Options of the trust region: Newton steps by conjugate gradients within a ball, from products
/// with the Hessian alone.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TrustRegion {
    /// Per rung. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
    /// Relative: the minimisation ends when a step promises, or three accepted ones give, a
    /// decrease of the value by less than this share of it. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
    /// Whose products are taken. Of a function that is no sum of squares it is always the exact
    /// one, by differences of gradients. Default: `gauss-newton`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>"))]
    pub hessian: Hessian,
    /// Products with the Hessian per step, at most. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_products: usize,
}

impl Default for TrustRegion {
    fn default() -> Self {
        TrustRegion {
            max_iterations: 200,
            tolerance: 1e-6,
            hessian: Hessian::GaussNewton,
            max_products: 200,
        }
    }
}

impl TrustRegion {
    /// The residual of the Newton equations, relative to the gradient, at which a step is good
    /// enough.
    const FORCING: f64 = 0.1;

    /// The first radius, in first steps of a descent along the gradient: a tenth of the point's
    /// length.
    const FIRST_RADIUS: f64 = 100.0;

    /// argmin takes a step for one to the boundary if their lengths agree to 2e-15, whatever the
    /// radius. So it is shown points about this long, where rounding errors are smaller than that.
    const LENGTH: f64 = 1e-6;

    /// # Errors
    /// No iterations or products, or a tolerance that is not between 0 and 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.maxProducts"), self.max_products, 1)?;
        Limits::validate(path, self.max_iterations, self.tolerance)
    }
}

impl<'o> Method<'o> for TrustRegion {
    type Hessian = Curvature<'o>;
    type Solver = ArgminTrustRegion<Steihaug, f64>;

    const WINDOW: usize = 3;
    const SETTLING: usize = 0;
    /// Every rejected step makes the radius four times smaller.
    const PATIENCE: usize = 8;
    const LENGTH: Option<f64> = Some(Self::LENGTH);
    const INFINITE_IS_A_VALUE: bool = true;

    fn begin(&self, session: &Session<'o>, share: f64) -> Self::Solver {
        session.return_to_best();
        session.set_hessian(self.hessian);
        session.set_products(usize::MAX);
        let (size, _) = session.best_lengths();
        let size = if size > 0.0 { size } else { Self::LENGTH };
        let radius = Self::FIRST_RADIUS * share * size;
        let steihaug = Steihaug {
            forcing: Self::FORCING,
            most_products: self.max_products,
            radius,
        };
        let region = ArgminTrustRegion::new(steihaug.clone()).with_max_radius(1e3 * size);
        let region = region.and_then(|region| region.with_radius(radius));
        // Both radii are positive, so there is always a region.
        region.unwrap_or_else(|_| ArgminTrustRegion::new(steihaug))
    }
}

impl Minimizer for TrustRegion {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let limits = Limits {
            iterations: self.max_iterations,
            tolerance: self.tolerance,
        };
        descend(self, limits, objective, x)
    }
}
