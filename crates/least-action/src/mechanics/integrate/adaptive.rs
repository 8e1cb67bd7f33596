//! The method of Dormand and Prince with steps of its own choice.

use super::explicit_runge_kutta::{explicit_runge_kutta, DORMAND_PRINCE};
use super::one_step_map::MapStep;
use crate::error::{Error, Result};
use crate::mechanics::{Hamiltonian, PhasePoint};
use crate::solve::dense::size;

/// Maximum number of steps between two points: beyond it something must be wrong.
const MOST_STEPS: usize = 1_000_000;

/// Integrates over `step.h` in as many steps as errors below `tolerance` need, relative to the
/// largest coordinate and to the largest momentum; `try_next` is the length of the first step, and
/// afterwards the one to begin with next time. Returns the number of steps.
pub(super) fn dormand_prince(
    hamiltonian: &dyn Hamiltonian,
    mut step: MapStep,
    tolerance: f64,
    try_next: &mut f64,
) -> Result<usize> {
    let n = step.z.len();
    let (end, direction) = (step.time + step.h, step.h.signum());
    let mut time = step.time;
    let mut error = step.work.take(n);
    let mut trial = step.work.take(n);
    let mut steps = 0;
    let result = loop {
        let left = (end - time) * direction;
        // The rest of the time is rounding, or the step was the last one.
        if left <= 4.0 * f64::EPSILON * end.abs().max(step.h.abs()) {
            break Ok(steps);
        }
        if steps == MOST_STEPS || *try_next < 1e-14 * step.h.abs() {
            break Err(Error::NotConverged {
                path: "tolerance".into(),
                equations: "steps within the tolerance".into(),
                time,
                iterations: steps,
                change: *try_next / step.h.abs(),
                remedy: "the solution ends or changes too fast here: end before, or allow a \
                larger tolerance"
                    .into(),
            });
        }
        let h = direction * try_next.min(left);
        trial.copy_from_slice(step.z);
        let attempt = MapStep::new(step.work, (time, h), &mut trial, None);
        steps += 1;
        if let Err(failed) = explicit_runge_kutta(hamiltonian, attempt, &DORMAND_PRINCE, &mut error)
        {
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
        let worst = match worst > 1.0 && is_rounding(hamiltonian, &mut step, (time, h), &error) {
            true => 1.0,
            false => worst,
        };
        if worst <= 1.0 {
            // The derivative of the step that is made, its length taken as given.
            if step.tangent.is_some() {
                let part = step.part(time, h);
                if let Err(failed) =
                    explicit_runge_kutta(hamiltonian, part, &DORMAND_PRINCE, &mut [])
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

/// True if an error is no larger than the rounding of x and p in the flow,
/// `noise = epsilon |z| + |h Df| noise`: momenta that ought to be 0 are no more than that, and no
/// step is short enough for them.
fn is_rounding(
    hamiltonian: &dyn Hamiltonian,
    step: &mut MapStep,
    (time, h): (f64, f64),
    error: &[f64],
) -> bool {
    /// Number of times that noise passes through the flow within one step; each pass adds less.
    const PASSES: usize = 4;
    let n = error.len();
    let (mut jacobian, mut noise) = (step.work.take(n * n), step.work.take(n));
    let mut before = step.work.take(n);
    let at = PhasePoint::joined(time, step.z);
    let known = hamiltonian.jacobian(step.work, at, &mut jacobian);
    for _ in 0..PASSES {
        before.copy_from_slice(&noise);
        for (i, to) in noise.iter_mut().enumerate() {
            let terms = before.iter().enumerate();
            let passed: f64 = terms.map(|(j, b)| jacobian[j * n + i].abs() * b).sum();
            *to = 4.0 * f64::EPSILON * step.z[i].abs() + h.abs() * passed;
        }
    }
    let pairs = error.iter().zip(&noise);
    let is_small = known.is_ok() && pairs.into_iter().all(|(e, noise)| e.abs() <= *noise);
    step.work.give(before);
    step.work.give(noise);
    step.work.give(jacobian);
    is_small
}
