//! Orbits of Hamiltonians: maps of the phase space (x, p), one family per file, and the loop that
//! applies them.

mod adaptive;
mod composition;
mod explicit_runge_kutta;
mod implicit_runge_kutta;
mod method;
mod orbit;
mod step;
mod stormer_verlet;
mod symplectic_euler;
mod tangent;

pub use method::IntegrationMethod;
pub use orbit::Orbit;
pub use tangent::symplectic_defect;

use super::{Hamiltonian, Impulse, Workspace};
use crate::error::{check, Result};
pub(super) use implicit_runge_kutta::{combine, gauss_points, Stages, Tableau};
pub(super) use orbit::{follow, Done, Grid, Leg, Mover};
use step::Step;

/// How an orbit is integrated.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct IntegrationOptions {
    /// Default: `implicit-midpoint`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<IntegrationMethod>"))]
    pub method: IntegrationMethod,
    /// Time of the first point. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub start: f64,
    /// Between points; negative to go back in time.
    pub time_step: f64,
    /// How many, the first included.
    pub points: usize,
    /// Steps of the method from one point to the next; `dormand-prince` chooses its own. Default:
    /// 1.
    #[serde(default = "one")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub steps_per_point: usize,
    /// Error of one step of `dormand-prince`, relative to the largest coordinate and the largest
    /// momentum. Default: 1e-9.
    #[serde(default = "tolerance")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
    /// Whether the derivative of the last point in the first one is computed too. Default: no.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub tangent: bool,
}

fn one() -> usize {
    1
}

fn tolerance() -> f64 {
    1e-9
}

impl Default for IntegrationOptions {
    /// Two points in a step of 1; the rest as stated at the fields.
    fn default() -> Self {
        IntegrationOptions {
            method: IntegrationMethod::default(),
            start: 0.0,
            time_step: 1.0,
            points: 2,
            steps_per_point: 1,
            tolerance: 1e-9,
            tangent: false,
        }
    }
}

/// Integrates the canonical equations `x' = H_p`, `p' = -H_x` from x0 and p0 on.
///
/// Implicit equations are solved by Newton's method down to rounding, so that methods called
/// symplectic are. At points with impulses the momentum jumps before the orbit goes on; where time
/// runs backward, it jumps back.
///
/// ```
/// use least_action::mechanics::{integrate, HamiltonianDefinition, IntegrationMethod, IntegrationOptions};
///
/// let pendulum = HamiltonianDefinition {
///     coordinates: vec!["q".into()],
///     momenta: vec!["p".into()],
///     hamiltonian: "p^2/2 - cos(q)".into(),
///     ..HamiltonianDefinition::default()
/// };
/// let options = IntegrationOptions { method: IntegrationMethod::StormerVerlet, time_step: 0.1, points: 1001, ..IntegrationOptions::default() };
/// let orbit = integrate(&pendulum.build(&Default::default())?, &[2.0], &[0.0], &[], &options)?;
/// assert!(orbit.failure.is_none() && orbit.energy_error < 5e-3);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// Wrong lengths and numbers, and impulses at times that are not those of points. What happens on
/// the way is no error, but stated in the result.
pub fn integrate(
    hamiltonian: &dyn Hamiltonian,
    x0: &[f64],
    p0: &[f64],
    impulses: &[Impulse],
    options: &IntegrationOptions,
) -> Result<Orbit> {
    hamiltonian.check(x0, p0)?;
    check::require(
        (1e-15..1.0).contains(&options.tolerance),
        "tolerance",
        options.tolerance,
        "between 1e-15 and 1",
    )?;
    let mut mover = Canonical::new(hamiltonian, *options);
    let grid = Grid {
        start: options.start,
        time_step: options.time_step,
        points: options.points,
        steps_per_point: match options.method {
            // It chooses its own.
            IntegrationMethod::DormandPrince => options.steps_per_point.min(1),
            _ => options.steps_per_point,
        },
        tangent: options.tangent,
    };
    follow(&mut mover, grid, x0, p0, impulses)
}

/// The steps of a Hamiltonian's orbit.
pub(super) struct Canonical<'a> {
    hamiltonian: &'a dyn Hamiltonian,
    options: IntegrationOptions,
    /// The length that the adaptive method tries next.
    try_next: f64,
}

impl<'a> Canonical<'a> {
    pub fn new(hamiltonian: &'a dyn Hamiltonian, options: IntegrationOptions) -> Self {
        Canonical {
            hamiltonian,
            options,
            try_next: 0.1 * options.time_step.abs(),
        }
    }
}

impl Mover for Canonical<'_> {
    fn name(&self) -> &'static str {
        self.options.method.name()
    }

    fn energy(&mut self, work: &mut Workspace, time: f64, x: &[f64], p: &[f64]) -> Result<f64> {
        self.hamiltonian.energy(work, time, x, p)
    }

    fn advance(&mut self, leg: Leg, done: &mut Done) -> Result<()> {
        use implicit_runge_kutta::{implicit_runge_kutta, GAUSS_2, GAUSS_4, GAUSS_6};
        use IntegrationMethod as Method;
        let step = Step {
            hamiltonian: self.hamiltonian,
            work: leg.work,
            time: leg.time,
            h: leg.h,
            z: leg.z,
            tangent: leg.tangent,
        };
        let iterations = match self.options.method {
            Method::SymplecticEuler => symplectic_euler::momentum_first(step)?,
            Method::SymplecticEulerAdjoint => symplectic_euler::position_first(step)?,
            Method::StormerVerlet => stormer_verlet::stormer_verlet(step)?,
            Method::ImplicitMidpoint => implicit_runge_kutta(step, &GAUSS_2)?,
            Method::GaussLegendre4 => implicit_runge_kutta(step, &GAUSS_4)?,
            Method::GaussLegendre6 => implicit_runge_kutta(step, &GAUSS_6)?,
            Method::Yoshida4 => composition::compose(step, composition::YOSHIDA_4)?,
            Method::Suzuki4 => composition::compose(step, composition::SUZUKI_4)?,
            Method::Yoshida6 => composition::compose(step, composition::YOSHIDA_6)?,
            Method::KahanLi6 => composition::compose(step, composition::KAHAN_LI_6)?,
            Method::Rk4 => {
                let tableau = &explicit_runge_kutta::RK4;
                explicit_runge_kutta::explicit_runge_kutta(step, tableau, &mut [])?;
                0
            }
            Method::DormandPrince => {
                let tolerance = self.options.tolerance;
                done.steps += adaptive::dormand_prince(step, tolerance, &mut self.try_next)?;
                return Ok(());
            }
        };
        done.steps += 1;
        done.iterations += iterations;
        Ok(())
    }
}
