//! The Euler-Lagrange equation of a Lagrangian.

use super::legendre::solve_block;
use super::{Lagrangian, PhasePoint, PhaseSpaceWorkspace};
use crate::error::{check, Error, Result};

/// Computes the Euler-Lagrange operator along x(t) with velocity v and acceleration a:
/// `d/dt L_v - L_x = L_vv a + L_vx v + L_vt - L_x`, one per coordinate; 0 where x(t) makes the
/// action stationary.
///
/// # Errors
/// Wrong lengths, and those of the Lagrangian.
pub fn euler_lagrange(
    lagrangian: &dyn Lagrangian,
    work: &mut PhaseSpaceWorkspace,
    time: f64,
    x: &[f64],
    v: &[f64],
    a: &[f64],
) -> Result<Vec<f64>> {
    let d = lagrangian.dimension();
    lagrangian.check(x, v)?;
    check::length("a", a.len(), d, "one per coordinate of the Lagrangian")?;
    let mut hessian = work.take(4 * d * d);
    let mut residual = vec![0.0; d];
    let at = PhasePoint::new(time, x, v);
    forces(lagrangian, work, at, &mut residual, &mut hessian)?;
    for (i, force) in residual.iter_mut().enumerate() {
        let inertia: f64 = (0..d)
            .map(|j| hessian[(d + j) * 2 * d + d + i] * a[j])
            .sum();
        *force = inertia - *force;
    }
    work.give(hessian);
    Ok(residual)
}

/// Computes the acceleration of the Euler-Lagrange equation: `L_vv a = L_x - L_vx v - L_vt`.
///
/// # Errors
/// [`Error::Singular`] where L_vv is singular, so that the equation states no acceleration
/// (degenerate Lagrangians, those linear in a velocity); wrong lengths, and those of the
/// Lagrangian.
pub fn acceleration(
    lagrangian: &dyn Lagrangian,
    work: &mut PhaseSpaceWorkspace,
    time: f64,
    x: &[f64],
    v: &[f64],
) -> Result<Vec<f64>> {
    let d = lagrangian.dimension();
    lagrangian.check(x, v)?;
    let mut hessian = work.take(4 * d * d);
    let mut a = vec![0.0; d];
    let at = PhasePoint::new(time, x, v);
    forces(lagrangian, work, at, &mut a, &mut hessian)?;
    let regular = solve_block(work, &hessian, d, &mut a);
    work.give(hessian);
    match regular {
        true => Ok(a),
        false => Err(Error::Singular {
            path: "lagrangian".into(),
            matrix: "L_vv".into(),
            time,
            remedy: "the Lagrangian must be curved in every velocity for an acceleration to follow"
                .into(),
        }),
    }
}

/// Computes `L_x - L_vx v - L_vt`, and the second derivatives.
fn forces(
    lagrangian: &dyn Lagrangian,
    work: &mut PhaseSpaceWorkspace,
    at: PhasePoint,
    force: &mut [f64],
    hessian: &mut [f64],
) -> Result<()> {
    let d = lagrangian.dimension();
    let mut gradient = work.take(2 * d);
    lagrangian.gradient(work, at, &mut gradient)?;
    lagrangian.hessian(work, at, hessian)?;
    lagrangian.conjugate_rate(work, at, force)?;
    for (i, force) in force.iter_mut().enumerate() {
        let carried: f64 = (0..d).map(|j| hessian[j * 2 * d + d + i] * at.w[j]).sum();
        *force = gradient[i] - carried - *force;
    }
    work.give(gradient);
    Ok(())
}
