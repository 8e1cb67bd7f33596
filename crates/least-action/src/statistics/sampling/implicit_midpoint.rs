//! The implicit midpoint step, solved by iteration.

use super::density::Density;
use super::dynamics::Dynamics;
use super::sampling_point::SamplingPoint;
use super::space::EvaluationFailure;
use crate::error::Error;

/// Most iterations for one step: far more than a step needs that is short enough to converge.
const MOST_ITERATIONS: usize = 100;
/// Change of the position by an iteration, relative to its size, below which the equations are
/// solved.
const SOLVED: f64 = 1e-14;
/// Change of the position below which the equations are solved if an iteration changes it no less
/// than the one before: then the rest is rounding.
const ROUNDING: f64 = 1e-9;

/// Implicit midpoint step, `y' = y + h M^-1 (p + p')/2`, `p' = p - h U'((y + y')/2)`.
///
/// The exact solution of these equations conserves the volume of phase space, and a step back
/// returns to the first point. An iteration that ends early has neither property, so that draws
/// would belong to another distribution. So a step that is not solved to rounding is refused, with
/// its cause. In whitened coordinates the iteration converges for steps up to about 2.
pub(super) fn step<T: Density>(
    dynamics: &mut Dynamics<T>,
    point: &mut SamplingPoint,
    step: f64,
) -> Result<(), EvaluationFailure> {
    let half = 0.5 * step;
    let mut middle = std::mem::take(&mut dynamics.work.first);
    let mut gradient = std::mem::take(&mut dynamics.work.second);
    let solved = solve(dynamics, point, half, &mut middle, &mut gradient);
    if solved.is_ok() {
        for (k, y) in point.position.iter_mut().enumerate() {
            *y = 2.0 * middle[k] - *y;
            point.momentum[k] -= step * gradient[k];
        }
    }
    dynamics.work.first = middle;
    dynamics.work.second = gradient;
    solved?;
    dynamics.evaluate(point)
}

/// Finds the midpoint, and the gradient there, by iteration.
fn solve<T: Density>(
    dynamics: &mut Dynamics<T>,
    point: &SamplingPoint,
    half: f64,
    middle: &mut [f64],
    gradient: &mut [f64],
) -> Result<(), EvaluationFailure> {
    // The midpoint of an explicit step of second order.
    let mut length = 0.0f64;
    for (k, z) in middle.iter_mut().enumerate() {
        let p = point.momentum[k] - 0.5 * half * point.gradient[k];
        let reach = half * dynamics.variances[k] * p;
        length = length.max(reach.abs()).max(point.position[k].abs());
        *z = point.position[k] + reach;
    }
    let mut before = f64::INFINITY;
    for _ in 0..MOST_ITERATIONS {
        dynamics.evaluations += 1;
        dynamics.space.evaluate(middle, gradient)?;
        let mut change = 0.0f64;
        for (k, z) in middle.iter_mut().enumerate() {
            let p = point.momentum[k] - half * gradient[k];
            let next = point.position[k] + half * dynamics.variances[k] * p;
            change = change.max((next - *z).abs());
            *z = next;
        }
        let rounding = change >= before && change <= ROUNDING * length;
        if change <= SOLVED * length || rounding {
            return Ok(());
        }
        before = change;
    }
    Err(Some(Error::ChainFailed {
        path: "trajectory".into(),
        message: format!(
            "an implicit midpoint step of {} is not solved after {MOST_ITERATIONS} iterations: \
             the last one still changed the position by {before:.1e}",
            2.0 * half.abs()
        ),
        remedy: "use a shorter stepSize or the integrator \"leapfrog\"; only the solved step can \
            be undone, so no other may be a draw"
            .into(),
    }))
}
