use crate::error::{Error, Result};
use crate::mechanics::names::names;
use crate::mechanics::IntegrationMethod;

/// Approximation of the action of one step: the path within the step is a polynomial of degree s,
/// the integral of L a sum over quadrature points.
///
/// Source: J. E. Marsden, M. West, Discrete mechanics and variational integrators, Acta Numerica
/// 10, 2001.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum VariationalMethod {
    /// Approximation `h L(x0, (x1 - x0) / h)`: first order, not symmetric; the map of
    /// `symplectic-euler`, and for the action of a flow the sum over residual layers
    /// `x1 = x0 + h F(x0)`.
    Euler,
    /// Approximation `h L((x0 + x1) / 2, (x1 - x0) / h)`: second order.
    #[default]
    Midpoint,
    /// Approximation `(h/2) (L(x0, (x1 - x0) / h) + L(x1, (x1 - x0) / h))`: second order; the
    /// method of Stormer and Verlet where `L = v M v / 2 - V(x)`.
    Trapezoid,
    /// Parabolas and two Gauss points: fourth order.
    #[serde(rename = "gauss-4")]
    Gauss4,
    /// Cubics and three Gauss points: sixth order.
    #[serde(rename = "gauss-6")]
    Gauss6,
    /// Parabolas and Simpson's rule: fourth order.
    #[serde(rename = "lobatto-4")]
    Lobatto4,
    /// Cubics and four Lobatto points: sixth order.
    #[serde(rename = "lobatto-6")]
    Lobatto6,
}

names!(VariationalMethod {
    Euler => "euler",
    Midpoint => "midpoint",
    Trapezoid => "trapezoid",
    Gauss4 => "gauss-4",
    Gauss6 => "gauss-6",
    Lobatto4 => "lobatto-4",
    Lobatto6 => "lobatto-6",
});

impl VariationalMethod {
    /// Order of the method: the power of the step with which errors over a fixed time fall.
    pub fn order(self) -> usize {
        match self {
            VariationalMethod::Euler => 1,
            _ => 2 * self.degree(),
        }
    }

    /// True if a step of -h leads back to the beginning of a step of h.
    pub fn is_symmetric(self) -> bool {
        self.order() > 1
    }

    /// Degree s of the path within a step, which has s - 1 inner points.
    pub fn degree(self) -> usize {
        match self {
            VariationalMethod::Euler
            | VariationalMethod::Midpoint
            | VariationalMethod::Trapezoid => 1,
            VariationalMethod::Gauss4 | VariationalMethod::Lobatto4 => 2,
            VariationalMethod::Gauss6 | VariationalMethod::Lobatto6 => 3,
        }
    }

    /// The method whose map is that of an integrator of canonical equations.
    ///
    /// # Errors
    /// Integrators that follow from no discrete Lagrangian here.
    pub(in crate::mechanics) fn of_integrator(integrator: IntegrationMethod) -> Result<Self> {
        let same = |integrator| match integrator {
            IntegrationMethod::SymplecticEuler => Some(VariationalMethod::Euler),
            IntegrationMethod::ImplicitMidpoint => Some(VariationalMethod::Midpoint),
            IntegrationMethod::GaussLegendre4 => Some(VariationalMethod::Gauss4),
            IntegrationMethod::GaussLegendre6 => Some(VariationalMethod::Gauss6),
            _ => None,
        };
        same(integrator).ok_or_else(|| {
            let all = IntegrationMethod::ALL.into_iter();
            let names = all.filter(|&i| same(i).is_some()).map(|i| i.name());
            Error::WrongShape {
                path: "integrator".into(),
                message: format!(
                    "{} is not the map of a discrete action; use one of {}",
                    integrator.name(),
                    names.collect::<Vec<_>>().join(", ")
                ),
            }
        })
    }
}
