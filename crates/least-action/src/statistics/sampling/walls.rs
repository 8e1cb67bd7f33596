//! Straight motion with reflections at the bounds.

use super::density::Density;
use super::dynamics::Dynamics;
use super::sampling_point::{sum, SamplingPoint};
use super::space::EvaluationFailure;
use crate::error::Error;

/// Most reflections in one step, per unknown.
const MOST_BOUNCES: usize = 16;

/// Next wall that the motion meets.
struct WallHit {
    /// Time until the motion meets it.
    time: f64,
    /// Number of the unknown whose bound the wall is.
    unknown: usize,
}

/// Moves the position by `step` along the velocity `M^-1 p`, with the momentum reflected at every
/// wall.
///
/// The wall of unknown i is `u_i = bound`. In whitened coordinates, where `u = centre + L^-T y`, it
/// is oblique: its normal is `n = L^-1 e_i`. The reflection that conserves the kinetic energy and
/// is its own inverse is the one in the metric, `p -> p - 2 (n . M^-1 p) / (n . M^-1 n) n`.
/// Straight lines and such reflections conserve the volume of phase space, so the step is as good
/// as one without walls.
///
/// A reflection costs three solves with L. A step without reflections costs one more than without
/// walls.
pub(super) fn drift<T: Density>(
    dynamics: &mut Dynamics<T>,
    point: &mut SamplingPoint,
    step: f64,
) -> Result<(), EvaluationFailure> {
    let work = &mut dynamics.work;
    let Some(walls) = &dynamics.space.walls else {
        return Ok(());
    };
    let whitening = &dynamics.space.whitening;
    let variances = &dynamics.variances;
    let (place, velocity, normal) = (&mut work.first, &mut work.second, &mut work.third);
    let unknowns = place.len();
    place.copy_from_slice(&point.position);
    whitening.outward(place);
    let mut left = step.abs();
    let sign = step.signum();
    for _ in 0..MOST_BOUNCES * (1 + unknowns) {
        for ((v, p), variance) in velocity.iter_mut().zip(&point.momentum).zip(variances) {
            *v = sign * variance * p;
        }
        whitening.direction(velocity);
        let mut hit: Option<WallHit> = None;
        for unknown in 0..unknowns {
            let (u, v) = (place[unknown], velocity[unknown]);
            let wall = match v > 0.0 {
                true => walls.upper[unknown],
                false => walls.lower[unknown],
            };
            if v == 0.0 || wall.is_infinite() {
                continue;
            }
            // Rounding may have put the point behind the wall. It then meets the wall at once.
            let time = ((wall - u) / v).max(0.0);
            if time < hit.as_ref().map_or(left, |hit| hit.time) {
                hit = Some(WallHit { time, unknown });
            }
        }
        let time = hit.as_ref().map_or(left, |hit| hit.time);
        for ((y, p), variance) in point
            .position
            .iter_mut()
            .zip(&point.momentum)
            .zip(variances)
        {
            *y += sign * time * variance * p;
        }
        for (u, v) in place.iter_mut().zip(velocity.iter()) {
            *u += time * v;
        }
        left -= time;
        let Some(WallHit { unknown, .. }) = hit else {
            return Ok(());
        };
        normal.fill(0.0);
        normal[unknown] = 1.0;
        whitening.gradient(normal);
        let across = sum(unknowns, |k| variances[k] * normal[k] * point.momentum[k]);
        let length = sum(unknowns, |k| variances[k] * normal[k] * normal[k]);
        let factor = 2.0 * across / length;
        for (p, n) in point.momentum.iter_mut().zip(normal.iter()) {
            *p -= factor * n;
        }
    }
    Err(Some(Error::ChainFailed {
        path: "trajectory".into(),
        message: format!(
            "a step met more than {} walls",
            MOST_BOUNCES * (1 + unknowns)
        ),
        remedy: "use the bounds \"transform\", or a shorter stepSize".into(),
    }))
}
