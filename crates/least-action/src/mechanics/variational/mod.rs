//! Variational integrators: the action of a step is approximated first, and made stationary
//! exactly. The map that results is symplectic, and keeps the momenta of every symmetry that the
//! discrete action has.

mod basis;
mod discrete;
mod method;
mod step;

pub use discrete::{Chord, DiscreteLagrangian};
pub use method::VariationalMethod;

use super::integrate::{follow, MapStep, OneStepMap, StepCounts};
use super::time_grid::{one, TimeGrid};
use super::{velocity, Impulse, Lagrangian, Orbit, PhasePoint, PhaseSpaceWorkspace};
use crate::error::{check, Result};

/// Options of an orbit of a discrete Lagrangian.
///
/// ```
/// use least_action::mechanics::{VariationalMethod, VariationalOptions};
///
/// let options = VariationalOptions {
///     method: VariationalMethod::Gauss4,
///     time_step: 0.1,
///     points: 101,
///     ..VariationalOptions::default()
/// };
/// assert_eq!(options.steps_per_point, 1);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct VariationalOptions {
    /// Approximation of the action of a step. Default: `midpoint`.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<VariationalMethod>"))]
    pub method: VariationalMethod,
    /// Time of the first point. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub start: f64,
    /// Time between points; negative to go back in time.
    pub time_step: f64,
    /// Number of points, the first included.
    pub points: usize,
    /// Number of steps from one point to the next. Default: 1.
    #[serde(default = "one")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub steps_per_point: usize,
    /// True to compute the derivative of the last point in the first one. Default: false.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<bool>"))]
    pub tangent: bool,
}

impl Default for VariationalOptions {
    /// Two points in a step of 1; the rest as stated at the fields.
    fn default() -> Self {
        VariationalOptions {
            method: VariationalMethod::default(),
            start: 0.0,
            time_step: 1.0,
            points: 2,
            steps_per_point: 1,
            tangent: false,
        }
    }
}

/// Integrates the discrete Euler-Lagrange equations from a state and its momentum on (see
/// [`super::momentum`] for that of a velocity): `p_k = -D1 L_d(x_k, x_(k+1))`,
/// `p_(k+1) = D2 L_d(x_k, x_(k+1))`, by Newton's method down to rounding. Energies are those of the
/// Legendre transform, NaN where there is none.
///
/// ```
/// use least_action::mechanics::{
///     integrate_variational, momentum, ClassicalSystem, VariationalMethod, VariationalOptions,
///     PhaseSpaceWorkspace,
/// };
///
/// let kepler = ClassicalSystem::Kepler.definition().build(&Default::default())?;
/// let p = momentum(&kepler, &mut PhaseSpaceWorkspace::default(), 0.0, &[1.0, 0.0], &[0.0, 1.1])?;
/// let options = VariationalOptions {
///     method: VariationalMethod::Gauss4,
///     time_step: 0.1,
///     points: 101,
///     ..VariationalOptions::default()
/// };
/// let orbit = integrate_variational(&kepler, &[1.0, 0.0], &p, &[], &options)?;
/// let (x, p) = (&orbit.x[200..], &orbit.p[200..]);
/// assert!((x[0] * p[1] - x[1] * p[0] - 1.1).abs() < 1e-12);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// Those of [`super::integrate()`].
pub fn integrate_variational(
    lagrangian: &dyn Lagrangian,
    x0: &[f64],
    p0: &[f64],
    impulses: &[Impulse],
    options: &VariationalOptions,
) -> Result<Orbit> {
    let d = lagrangian.dimension();
    let because = "one per coordinate of the Lagrangian";
    check::length("x", x0.len(), d, because)?;
    check::length("p", p0.len(), d, because)?;
    let mut map = VariationalMap {
        discrete: DiscreteLagrangian::new(lagrangian, options.method),
        velocity: vec![0.0; d],
    };
    let grid = TimeGrid {
        start: options.start,
        time_step: options.time_step,
        points: options.points,
        steps_per_point: options.steps_per_point,
    };
    follow(&mut map, grid, (x0, p0), impulses, options.tangent)
}

/// Map of one step of the discrete Euler-Lagrange equations.
struct VariationalMap<'a> {
    discrete: DiscreteLagrangian<'a>,
    /// Velocity near the point that was reached last.
    velocity: Vec<f64>,
}

impl OneStepMap for VariationalMap<'_> {
    fn name(&self) -> &'static str {
        self.discrete.method.name()
    }

    fn energy(&mut self, work: &mut PhaseSpaceWorkspace, time: f64, z: &[f64]) -> Result<f64> {
        let lagrangian = self.discrete.lagrangian;
        let (x, p) = z.split_at(z.len() / 2);
        let mut v = work.take(p.len());
        v.copy_from_slice(&self.velocity);
        if velocity(lagrangian, work, time, x, p, &mut v).is_err() {
            return Ok(f64::NAN);
        }
        self.velocity.copy_from_slice(&v);
        let product: f64 = p.iter().zip(&v).map(|(p, v)| p * v).sum();
        let value = lagrangian.value(work, PhasePoint::new(time, x, &v))?;
        work.give(v);
        Ok(product - value)
    }

    fn advance(&mut self, mut step: MapStep, counts: &mut StepCounts) -> Result<()> {
        let (time, h, d) = (step.time, step.h, self.velocity.len());
        let mut before = step.work.take(d);
        before.copy_from_slice(&step.z[..d]);
        let iterations = self.discrete.step(step.part(time, h), &self.velocity)?;
        for ((v, x), before) in self.velocity.iter_mut().zip(&step.z[..d]).zip(&before) {
            *v = (x - before) / h;
        }
        step.work.give(before);
        counts.steps += 1;
        counts.iterations += iterations;
        Ok(())
    }
}
