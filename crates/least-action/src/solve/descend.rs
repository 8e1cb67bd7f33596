//! The loop around argmin's iterations: stop tests that do not depend on the value's scale, exact
//! work counts, and a new beginning where a line search fails.
//!
//! argmin's own loop would end in silence at a failed line search, and compares the value with an
//! absolute tolerance.

use argmin::core::{Problem, Solver, State};

use super::session::{Iterate, Session};
use super::{Minimum, Objective, StopReason};
use crate::error::{check, Result};

/// One of argmin's solvers, and how it is begun.
pub trait Method<'o> {
    /// What stands for the Hessian; `()` where there is none.
    type Hessian;
    type Solver: Solver<Session<'o>, Iterate<Self::Hessian>>;

    /// Iterations over which the decrease of the value is judged.
    const WINDOW: usize;

    /// Iterations before the decrease is judged: with little curvature known, a slow beginning says
    /// nothing of the end.
    const SETTLING: usize;

    /// So many iterations without a lower value count as a failed search.
    const PATIENCE: usize = usize::MAX;

    /// How long the points are that argmin is shown; none if they are shown as they are.
    const LENGTH: Option<f64> = None;

    /// Whether a point without a finite value is shown as one with an infinite value, and not as a
    /// failure.
    const INFINITE_IS_A_VALUE: bool = false;

    /// A solver that begins at the session's best point. The gradient there, as scaled by the
    /// session, is a step by `share` of the point's length.
    fn begin(&self, session: &Session<'o>, share: f64) -> Self::Solver;

    /// Called before every iteration.
    fn prepare(
        &self,
        _session: &Session<'o>,
        state: Iterate<Self::Hessian>,
    ) -> Iterate<Self::Hessian> {
        state
    }
}

/// When to stop.
#[derive(Clone, Copy)]
pub struct Limits {
    pub iterations: usize,
    /// Relative decrease of the value over a window, below which it has settled.
    pub tolerance: f64,
}

impl Limits {
    /// Checks the two options that every minimiser has.
    pub fn validate(path: &str, iterations: usize, tolerance: f64) -> Result<()> {
        check::at_least(&format!("{path}.maxIterations"), iterations, 1)?;
        check::require(
            tolerance > 0.0 && tolerance < 1.0,
            &format!("{path}.tolerance"),
            tolerance,
            "between 0 and 1",
        )
    }
}

/// A line search that needs more evaluations than this goes nowhere.
const EVALUATIONS_PER_SEARCH: usize = 40;

/// The first step, where no curvature is known yet, moves the point by this share of its own
/// length. After a failure the solver begins anew and the next, shorter one is tried; the last
/// failure without progress ends the minimisation.
pub const FIRST_STEPS: [f64; 5] = [1e-3, 1e-5, 1e-7, 1e-9, 1e-11];

/// Minimises from `x` and leaves the best point there.
///
/// # Errors
/// The objective fails at `x`.
pub fn descend<'o, M: Method<'o>>(
    method: &M,
    limits: Limits,
    objective: &'o mut dyn Objective,
    x: &mut [f64],
) -> Result<Minimum> {
    let session = Session::new(objective, x, M::LENGTH, M::INFINITE_IS_A_VALUE)?;
    let mut iterations = 0;
    let mut restarts = 0;
    let stop = 'restarts: loop {
        let before = session.best_value();
        let share = FIRST_STEPS[restarts];
        let Some(step) = session.first_step(share) else {
            break StopReason::GradientSmall;
        };
        // argmin starts along the gradient itself: scaled like this, its first step has the length
        // wanted, whatever the units of the value.
        session.set_scale(step);
        let mut idle = 0;
        let mut values = vec![session.best_value()];
        let mut solver = method.begin(&session, share);
        let mut problem = Problem::new(session.clone());
        let Ok((mut state, _)) = solver.init(&mut problem, session.initial_state()) else {
            break StopReason::NotFinite;
        };
        let failure = loop {
            if iterations == limits.iterations {
                break 'restarts StopReason::IterationLimit;
            }
            if session.interrupted() {
                break 'restarts StopReason::Interrupted;
            }
            iterations += 1;
            session.begin_search(EVALUATIONS_PER_SEARCH);
            state = method.prepare(&session, state);
            state = match solver.next_iter(&mut problem, state) {
                Ok((next, _)) => next,
                Err(_) => break true,
            };
            if state.terminated() {
                break true;
            }
            state.update();
            state.increment_iter();
            if session.promise_small(limits.tolerance) {
                break false;
            }
            let value = session.best_value();
            let lower = values.last().is_none_or(|last| value < *last);
            idle = if lower { 0 } else { idle + 1 };
            if idle > M::PATIENCE {
                break true;
            }
            // Where steps may be rejected, only the others say how fast the value falls.
            if lower || M::PATIENCE == usize::MAX {
                values.push(value);
            }
            if session.gradient_small(limits.tolerance) {
                break 'restarts StopReason::GradientSmall;
            }
            if settled(&values, M::WINDOW, M::SETTLING, limits.tolerance) {
                break false;
            }
        };
        if !failure {
            break StopReason::ValueSettled;
        }
        // Progress since the last restart earns another full set of tries.
        let progress = session.best_value() < before * (1.0 - limits.tolerance);
        restarts = if progress { 0 } else { restarts + 1 };
        if restarts == FIRST_STEPS.len() {
            break match session.not_finite() {
                true => StopReason::NotFinite,
                false => StopReason::LineSearchFailed,
            };
        }
    };
    Ok(session.finish(x, stop, iterations))
}

/// Whether the last `window` of the values since the beginning lowered it by less than the
/// tolerance allows.
fn settled(values: &[f64], window: usize, settling: usize, tolerance: f64) -> bool {
    match values {
        [.., now] if values.len() > settling.max(window) => {
            let before = values[values.len() - 1 - window];
            before - now <= tolerance * now.abs()
        }
        _ => false,
    }
}
