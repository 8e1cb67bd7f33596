//! The leapfrog (Stormer-Verlet) step, with reflections at walls if there are any.

use super::density::Density;
use super::dynamics::Dynamics;
use super::sampling_point::SamplingPoint;
use super::space::EvaluationFailure;
use super::walls;

/// Leapfrog step, `p -= h/2 U'(y)`, `y += h M^-1 p`, `p -= h/2 U'(y)`.
pub(super) fn step<T: Density>(
    dynamics: &mut Dynamics<T>,
    point: &mut SamplingPoint,
    step: f64,
) -> Result<(), EvaluationFailure> {
    kick(point, 0.5 * step);
    if dynamics.space.walls.is_some() {
        walls::drift(dynamics, point, step)?;
    } else {
        let momenta = point.momentum.iter().zip(&dynamics.variances);
        for (y, (p, variance)) in point.position.iter_mut().zip(momenta) {
            *y += step * variance * p;
        }
    }
    dynamics.evaluate(point)?;
    kick(point, 0.5 * step);
    Ok(())
}

/// Changes the momentum by the gradient for a time of `step`.
fn kick(point: &mut SamplingPoint, step: f64) {
    for (p, g) in point.momentum.iter_mut().zip(&point.gradient) {
        *p -= step * g;
    }
}
