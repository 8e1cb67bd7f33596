use crate::mechanics::names::names;

/// Integration method: a map of the phase space that follows the canonical equations for one step.
///
/// Sources: E. Hairer, C. Lubich, G. Wanner, Geometric Numerical Integration, 2nd edition, 2006,
/// chapters II, V and VI.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum IntegrationMethod {
    /// Symplectic Euler method, `p1 = p0 - h H_x(x0, p1)`, `x1 = x0 + h H_p(x0, p1)`: first order,
    /// symplectic.
    SymplecticEuler,
    /// Adjoint of the symplectic Euler method, `x1 = x0 + h H_p(x1, p0)`,
    /// `p1 = p0 - h H_x(x1, p0)`: first order, symplectic.
    SymplecticEulerAdjoint,
    /// Stormer-Verlet method: half a step of the symplectic Euler method, then half a step of its
    /// adjoint; explicit for separable H: second order, symplectic, symmetric.
    StormerVerlet,
    /// Implicit midpoint rule, `z1 = z0 + h J grad H((z0 + z1) / 2)`: second order, symplectic,
    /// symmetric.
    #[default]
    ImplicitMidpoint,
    /// Collocation at two Gauss points: fourth order, symplectic, symmetric.
    #[serde(rename = "gauss-legendre-4")]
    GaussLegendre4,
    /// Collocation at three Gauss points: sixth order, symplectic, symmetric.
    #[serde(rename = "gauss-legendre-6")]
    GaussLegendre6,
    /// Three Stormer-Verlet steps, the middle one backward (H. Yoshida, Phys. Lett. A 150, 1990):
    /// fourth order, symplectic, symmetric.
    #[serde(rename = "yoshida-4")]
    Yoshida4,
    /// Five Stormer-Verlet steps, the middle one backward (M. Suzuki, Phys. Lett. A 146, 1990):
    /// fourth order with smaller errors, symplectic, symmetric.
    #[serde(rename = "suzuki-4")]
    Suzuki4,
    /// Seven Stormer-Verlet steps (Yoshida's solution A): sixth order, symplectic, symmetric.
    #[serde(rename = "yoshida-6")]
    Yoshida6,
    /// Nine Stormer-Verlet steps (W. Kahan, R.-C. Li, Math. Comp. 66, 1997): sixth order with
    /// smaller errors, symplectic, symmetric.
    #[serde(rename = "kahan-li-6")]
    KahanLi6,
    /// The classical Runge-Kutta method: fourth order, not symplectic; for contrast.
    Rk4,
    /// Runge-Kutta method of order 5 of J. R. Dormand and P. J. Prince (J. Comp. Appl. Math. 6,
    /// 1980), with steps that a method of order 4 chooses: not symplectic; for contrast.
    DormandPrince,
}

names!(IntegrationMethod {
    SymplecticEuler => "symplectic-euler",
    SymplecticEulerAdjoint => "symplectic-euler-adjoint",
    StormerVerlet => "stormer-verlet",
    ImplicitMidpoint => "implicit-midpoint",
    GaussLegendre4 => "gauss-legendre-4",
    GaussLegendre6 => "gauss-legendre-6",
    Yoshida4 => "yoshida-4",
    Suzuki4 => "suzuki-4",
    Yoshida6 => "yoshida-6",
    KahanLi6 => "kahan-li-6",
    Rk4 => "rk4",
    DormandPrince => "dormand-prince",
});

impl IntegrationMethod {
    /// Order of the method: the power of the step with which errors over a fixed time fall.
    pub fn order(self) -> usize {
        match self {
            IntegrationMethod::SymplecticEuler | IntegrationMethod::SymplecticEulerAdjoint => 1,
            IntegrationMethod::StormerVerlet | IntegrationMethod::ImplicitMidpoint => 2,
            IntegrationMethod::GaussLegendre4
            | IntegrationMethod::Yoshida4
            | IntegrationMethod::Suzuki4
            | IntegrationMethod::Rk4 => 4,
            IntegrationMethod::DormandPrince => 5,
            IntegrationMethod::GaussLegendre6
            | IntegrationMethod::Yoshida6
            | IntegrationMethod::KahanLi6 => 6,
        }
    }

    /// True if a step's derivative M satisfies `M^T J M = J`, for every H.
    pub fn is_symplectic(self) -> bool {
        !matches!(
            self,
            IntegrationMethod::Rk4 | IntegrationMethod::DormandPrince
        )
    }

    /// True if a step of -h leads back to the beginning of a step of h.
    pub fn is_symmetric(self) -> bool {
        self.is_symplectic() && self.order() > 1
    }
}
