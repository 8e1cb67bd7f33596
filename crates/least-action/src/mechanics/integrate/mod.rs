//! Orbits of Hamiltonians: maps of the phase space (x, p), one family per file, and the loop that
//! applies them.

mod adaptive;
mod canonical_map;
mod composition;
mod explicit_runge_kutta;
mod implicit_runge_kutta;
mod method;
mod one_step_map;
mod options;
mod orbit;
mod stormer_verlet;
mod symplectic_euler;
mod tangent;

pub use method::IntegrationMethod;
pub use options::IntegrationOptions;
pub use orbit::Orbit;
pub use tangent::symplectic_defect;

use super::{Hamiltonian, Impulse};
use crate::error::{check, Result};
pub(super) use canonical_map::CanonicalMap;
pub(super) use implicit_runge_kutta::{combine, gauss_points, GaussTableau, StageEquations};
pub(super) use one_step_map::{MapStep, OneStepMap, StepCounts};
pub(super) use orbit::follow;

/// Integrates the canonical equations `x' = H_p`, `p' = -H_x` from x0 and p0 on.
///
/// Implicit equations are solved by Newton's method down to rounding, so that methods called
/// symplectic are. At points with impulses the momentum jumps before the orbit goes on; where time
/// runs backward, it jumps back.
///
/// ```
/// use least_action::mechanics::{
///     integrate, HamiltonianDefinition, IntegrationMethod, IntegrationOptions,
/// };
///
/// let pendulum = HamiltonianDefinition {
///     coordinates: vec!["q".into()],
///     momenta: vec!["p".into()],
///     hamiltonian: "p^2/2 - cos(q)".into(),
///     ..HamiltonianDefinition::default()
/// };
/// let options = IntegrationOptions {
///     method: IntegrationMethod::StormerVerlet,
///     time_step: 0.1,
///     points: 1001,
///     ..IntegrationOptions::default()
/// };
/// let orbit = integrate(&pendulum.build(&Default::default())?, &[2.0], &[0.0], &[], &options)?;
/// assert!(orbit.failure.is_none() && orbit.energy_error < 5e-3);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// Wrong lengths and numbers, and impulses at times that are not those of points. An orbit that
/// comes to an end early is no error: the result has the reason.
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
    let mut map = CanonicalMap::new(hamiltonian, options.method, options.time_step);
    map.tolerance = options.tolerance;
    follow(
        &mut map,
        options.grid(),
        (x0, p0),
        impulses,
        options.tangent,
    )
}
