//! Limited-memory BFGS (J. Nocedal, Math. Comp. 35, 1980; D. C. Liu and J. Nocedal, Math. Program.
//! 45, 1989) by argmin, with the line search of J. J. Moré and D. J. Thuente, ACM TOMS 20, 1994.
//!
//! The loop around argmin's iterations is here: stop tests that do not depend on the value's scale,
//! and a new beginning where a line search fails. argmin's own loop would end in silence at a
//! failed line search, and compares the value with an absolute tolerance.

use argmin::core::{Problem, Solver, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;

use super::session::Session;
use super::{Minimizer, Minimum, Objective, StopReason};
use crate::error::{check, Result};

/// Options of the L-BFGS minimiser.
///
/// ```
/// use least_action::solve::{Lbfgs, Minimizer, Objective};
/// use least_action::Error;
///
/// struct Parabola;
/// impl Objective for Parabola {
///     fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64, Error> {
///         gradient[0] = 2.0 * (x[0] - 3.0);
///         Ok((x[0] - 3.0).powi(2) + 1.0)
///     }
/// }
///
/// let mut x = [10.0];
/// let minimum = Lbfgs::default().minimize(&mut Parabola, &mut x)?;
/// assert!((x[0] - 3.0).abs() < 1e-2 && minimum.stop.settled());
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct Lbfgs {
    /// Number of pairs of steps and gradient changes that stand for the Hessian. Default: 10.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub memory: usize,
    /// Largest number of iterations of one minimisation, in annealing of each rung. Default: 1000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>"))]
    pub max_iterations: usize,
    /// Relative decrease of the value over ten iterations, dimensionless, below which the
    /// minimisation ends; it is first judged after 40 iterations. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub tolerance: f64,
}

impl Default for Lbfgs {
    fn default() -> Self {
        Lbfgs {
            memory: 10,
            max_iterations: 1000,
            tolerance: 1e-6,
        }
    }
}

/// Number of iterations over which the decrease of the value is judged. Single ones are erratic.
const WINDOW: usize = 10;

/// Number of iterations before the decrease is judged. While little curvature is known, a slow
/// beginning says nothing of the end.
const SETTLING: usize = 40;

/// Largest number of points of a line search. A search that needs more does not converge.
const POINTS_PER_SEARCH: usize = 40;

/// Lengths of the first step, where no curvature is known yet, as shares of the point's own length.
/// After a failure the solver begins anew with the next, shorter one. The last failure without
/// progress ends the minimisation.
const FIRST_STEPS: [f64; 5] = [1e-3, 1e-5, 1e-7, 1e-9, 1e-11];

impl Lbfgs {
    /// Approximate number of points and gradients that a minimisation keeps in memory.
    pub(crate) fn paths_in_memory(&self) -> usize {
        2 * self.memory + 16
    }

    /// Checks the options; `path` names them in errors.
    ///
    /// # Errors
    /// A memory that is not from 1 to 1000, no iterations, or a tolerance that is not between 0 and
    /// 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.memory"), self.memory, 1)?;
        check::at_most(&format!("{path}.memory"), self.memory, 1000)?;
        check::at_least(&format!("{path}.maxIterations"), self.max_iterations, 1)?;
        check::require(
            self.tolerance > 0.0 && self.tolerance < 1.0,
            &format!("{path}.tolerance"),
            self.tolerance,
            "between 0 and 1",
        )
    }

    /// Descends from the best point again and again, each time with an empty memory, until a
    /// descent ends by itself or no first step helps.
    fn search(&self, session: &Session, iterations: &mut usize) -> StopReason {
        let mut failures = 0;
        while failures < FIRST_STEPS.len() {
            let before = session.best_value();
            if let Some(stop) = self.descend(session, FIRST_STEPS[failures], iterations) {
                return stop;
            }
            // Progress since the last beginning earns another full set of tries.
            let progress = session.best_value() < before * (1.0 - self.tolerance);
            failures = if progress { 0 } else { failures + 1 };
        }
        match session.nothing_finite() {
            true => StopReason::NotFinite,
            false => StopReason::LineSearchFailed,
        }
    }

    /// Descends from the best point so far. Returns `None` if a line search failed.
    fn descend(&self, session: &Session, share: f64, iterations: &mut usize) -> Option<StopReason> {
        let Some(step) = session.first_step(share) else {
            return Some(StopReason::GradientSmall);
        };
        // argmin starts along the gradient itself: scaled like this, its first step has the length
        // wanted, whatever the units of the value.
        session.set_scale(step);
        let mut values = vec![session.best_value()];
        let mut solver = LBFGS::new(MoreThuenteLineSearch::new(), self.memory);
        let mut problem = Problem::new(session.clone());
        let Ok((mut state, _)) = solver.init(&mut problem, session.initial_state()) else {
            return Some(StopReason::NotFinite);
        };
        loop {
            if *iterations == self.max_iterations {
                return Some(StopReason::IterationLimit);
            }
            if session.interrupted() {
                return Some(StopReason::Interrupted);
            }
            *iterations += 1;
            session.begin_search(POINTS_PER_SEARCH);
            (state, _) = solver.next_iter(&mut problem, state).ok()?;
            if state.terminated() {
                return None;
            }
            state.update();
            state.increment_iter();
            values.push(session.best_value());
            if session.gradient_small(self.tolerance) {
                return Some(StopReason::GradientSmall);
            }
            if settled(&values, self.tolerance) {
                return Some(StopReason::ValueSettled);
            }
        }
    }
}

/// True if the last values since the beginning fell by less than the tolerance allows.
fn settled(values: &[f64], tolerance: f64) -> bool {
    match values {
        [.., now] if values.len() > SETTLING => {
            let before = values[values.len() - 1 - WINDOW];
            before - now <= tolerance * now.abs()
        }
        _ => false,
    }
}

impl Minimizer for Lbfgs {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let session = Session::new(objective, x)?;
        let mut iterations = 0;
        let stop = self.search(&session, &mut iterations);
        Ok(session.finish(x, stop, iterations))
    }
}
