//! Dormand's and Prince's method with steps of its own choice.

use super::explicit_runge_kutta::{explicit_runge_kutta, DORMAND_PRINCE};
use super::step::Step;
use crate::error::{Error, Result};
use crate::mechanics::dense::size;

/// Steps between two points beyond which something must be wrong.
const MOST_STEPS: usize = 1_000_000;

/// Moves on by `step.h` in as many steps as errors below `tolerance` need, relative to the largest coordinate and to the largest momentum; `try_next` is the length to
/// begin with, and what to begin with next time. Returns the number of steps.
pub(super) fn dormand_prince(mut step: Step, tolerance: f64, try_next: &mut f64) -> Result<usize> {
    let n = step.z.len();
    let (end, direction) = (step.time + step.h, step.h.signum());
    let mut time = step.time;
    let mut error = step.work.take(n);
    let mut trial = step.work.take(n);
    let mut steps = 0;
    let result = loop {
        let left = (end - time) * direction;
        // What is left is rounding, or the step was the last one.
        if left <= 4.0 * f64::EPSILON * end.abs().max(step.h.abs()) {
            break Ok(steps);
        }
        if steps == MOST_STEPS || *try_next < 1e-14 * step.h.abs() {
            break Err(Error::NotConverged {
                path: "tolerance".into(),
                equations: "steps within the tolerance".into(),
                time,
                iterations: steps,
                change: *try_next,
                remedy: "the solution ends or changes too fast here: end before, or allow a larger tolerance".into(),
            });
        }
        let h = direction * try_next.min(left);
        trial.copy_from_slice(step.z);
        let attempt = Step {
            hamiltonian: step.hamiltonian,
            work: step.work,
            time,
            h,
            z: &mut trial,
            tangent: None,
        };
        steps += 1;
        if let Err(failed) = explicit_runge_kutta(attempt, &DORMAND_PRINCE, &mut error) {
            break Err(failed);
        }
        let halves = error.chunks_exact(n / 2).zip(step.z.chunks_exact(n / 2));
        let parts = halves.zip(trial.chunks_exact(n / 2));
        let worst = parts.fold(0.0f64, |worst, ((error, before), after)| {
            let scale = size(before).max(size(after)).max(f64::MIN_POSITIVE);
            let part = size(error) / (tolerance * scale);
            if part.is_finite() {
                worst.max(part)
            } else {
                f64::INFINITY
            }
        });
        if worst <= 1.0 {
            // The derivative of the step that is made, its length taken as given.
            if step.tangent.is_some() {
                if let Err(failed) =
                    explicit_runge_kutta(step.part(time, h), &DORMAND_PRINCE, &mut [])
                {
                    break Err(failed);
                }
            }
            step.z.copy_from_slice(&trial);
            time += h;
        }
        let factor = 0.9 * libm::pow(worst.max(1e-10), -0.2);
        // A last step that was cut says little about the next one.
        if worst > 1.0 || h.abs() >= *try_next {
            *try_next = h.abs() * factor.clamp(0.2, 5.0);
        }
    };
    step.work.give(trial);
    step.work.give(error);
    result
}
