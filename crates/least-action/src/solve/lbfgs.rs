//! Limited-memory BFGS (J. Nocedal, Math. Comp. 35, 1980; D. C. Liu and J. Nocedal, Math. Program. 45, 1989) by argmin,
//! with the line search of J. J. Moré and D. J. Thuente, ACM TOMS 20, 1994.

use std::cell::RefCell;

use argmin::core::{CostFunction, Gradient, IterState, Problem, Solver, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use nalgebra::DVector;

use super::{Minimizer, Minimum, Objective, StopReason};
use crate::error::{check, Error, Result};

/// Options of the L-BFGS minimiser.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Lbfgs {
    /// Pairs of steps and gradient changes that stand for the Hessian. Default: 10. Default: 10.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>", optional))]
    pub memory: usize,
    /// Default: 1000.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>", optional))]
    /// Per rung. Default: 1000.
    pub max_iterations: usize,
    /// Relative: the minimisation ends when ten iterations lower the value by less than this share of it. Default: 1e-6. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>", optional))]
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

type Vector = DVector<f64>;
type Iterate = IterState<Vector, Vector, (), (), (), f64>;
type Search = MoreThuenteLineSearch<Vector, Vector, f64>;

impl Lbfgs {
    /// Iterations over which the decrease of the value is judged: single ones are erratic.
    pub const WINDOW: usize = 10;

    /// A line search that needs more evaluations than this goes nowhere.
    const EVALUATIONS_PER_SEARCH: usize = 40;

    /// The first step, where no curvature is known yet, moves the point by this share of its own length. After a failure the
    /// memory is cleared and the next, shorter one tried; the last failure without progress ends the minimisation.
    const FIRST_STEPS: [f64; 5] = [1e-3, 1e-5, 1e-7, 1e-9, 1e-11];

    /// Iterations before the decrease is judged: with little curvature known, a slow beginning says nothing of the end.
    const SETTLING: usize = 40;

    /// Points and gradients that a minimisation keeps in memory, roughly.
    pub(crate) fn paths_in_memory(&self) -> usize {
        2 * self.memory + 16
    }

    /// # Errors
    /// No memory, no iterations, or a tolerance that is not between 0 and 1.
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
}

impl Minimizer for Lbfgs {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let session = Session::new(objective, x)?;
        let mut iterations = 0;
        let mut restarts = 0;
        let stop = 'restarts: loop {
            let before = session.best_value();
            let share = Self::FIRST_STEPS[restarts];
            let Some(step) = session.first_step(share) else {
                break StopReason::GradientSmall;
            };
            // argmin starts along the gradient itself: scaled like this, its first step has the length wanted, whatever the units of the value.
            session.state.borrow_mut().scale = step;
            let mut values = vec![session.best_value()];
            let mut solver = LBFGS::new(Search::new(), self.memory);
            let mut problem = Problem::new(&session);
            let started = solver.init(&mut problem, session.initial_state());
            let Ok((mut state, _)) = started else {
                break StopReason::NotFinite;
            };
            let failure = loop {
                if iterations == self.max_iterations {
                    break 'restarts StopReason::IterationLimit;
                }
                if session.interrupted() {
                    break 'restarts StopReason::Interrupted;
                }
                iterations += 1;
                session.begin_search();
                state = match solver.next_iter(&mut problem, state) {
                    Ok((next, _)) => next,
                    Err(_) => break true,
                };
                if state.terminated() {
                    break true;
                }
                state.update();
                state.increment_iter();
                values.push(session.best_value());
                if session.gradient_small(self.tolerance) {
                    break 'restarts StopReason::GradientSmall;
                }
                if settled(&values, self.tolerance) {
                    break false;
                }
            };
            if !failure {
                break StopReason::ValueSettled;
            }
            // Progress since the last restart earns another full set of tries.
            let progress = session.best_value() < before * (1.0 - self.tolerance);
            restarts = if progress { 0 } else { restarts + 1 };
            if restarts == Self::FIRST_STEPS.len() {
                break match session.state.borrow().not_finite {
                    true => StopReason::NotFinite,
                    false => StopReason::LineSearchFailed,
                };
            }
        };
        let state = session.state.into_inner();
        x.copy_from_slice(state.best_point.as_slice());
        Ok(Minimum {
            value: state.best_value,
            stop,
            iterations,
            evaluations: state.evaluations,
            factorizations: 0,
            active_bounds: Vec::new(),
        })
    }
}

fn settled(values: &[f64], tolerance: f64) -> bool {
    match values {
        [.., now] if values.len() > Lbfgs::SETTLING => {
            let before = values[values.len() - 1 - Lbfgs::WINDOW];
            before - now <= tolerance * now.abs()
        }
        _ => false,
    }
}

/// What argmin sees of the objective. It asks for value and gradient one after the other at the same point, so both are kept;
/// and it loses what it was given when a line search fails, so everything stays here and argmin holds a reference.
struct Session<'a> {
    state: RefCell<SessionState<'a>>,
}

struct SessionState<'a> {
    objective: &'a mut dyn Objective,
    /// The value and gradient that argmin sees are multiplied by this.
    scale: f64,
    /// Evaluations left to the present line search.
    budget: usize,
    evaluations: usize,
    /// The present line search met a value that is not finite.
    not_finite: bool,
    point: Vector,
    value: f64,
    gradient: Vector,
    best_point: Vector,
    best_value: f64,
    best_gradient: Vector,
}

impl<'a> Session<'a> {
    fn new(objective: &'a mut dyn Objective, x: &[f64]) -> Result<Self> {
        let point = Vector::from_column_slice(x);
        let mut gradient = Vector::zeros(x.len());
        let value = objective.evaluate(x, gradient.as_mut_slice())?;
        Ok(Session {
            state: RefCell::new(SessionState {
                objective,
                scale: 1.0,
                budget: 0,
                evaluations: 1,
                not_finite: false,
                best_point: point.clone(),
                best_value: value,
                best_gradient: gradient.clone(),
                point,
                value,
                gradient,
            }),
        })
    }

    fn begin_search(&self) {
        let mut state = self.state.borrow_mut();
        state.budget = Lbfgs::EVALUATIONS_PER_SEARCH;
        state.not_finite = false;
    }

    fn interrupted(&self) -> bool {
        self.state.borrow().objective.interrupted()
    }

    fn best_value(&self) -> f64 {
        self.state.borrow().best_value
    }

    /// The factor that makes the gradient a step of `share` of the point's length; none if the gradient vanishes.
    fn first_step(&self, share: f64) -> Option<f64> {
        let state = self.state.borrow();
        let length = state.best_gradient.norm();
        let size = state.best_point.norm();
        let wanted = share * if size > 0.0 { size } else { 1.0 };
        let step = wanted / length;
        (length > 0.0 && step.is_finite() && step > 0.0).then_some(step)
    }

    fn gradient_small(&self, tolerance: f64) -> bool {
        let state = self.state.borrow();
        state.best_gradient.norm() * state.best_point.norm() <= tolerance * state.best_value.abs()
    }

    fn initial_state(&self) -> Iterate {
        let state = self.state.borrow();
        Iterate::new()
            .param(state.best_point.clone())
            .cost(state.best_value * state.scale)
            .gradient(&state.best_gradient * state.scale)
    }

    /// Makes sure that value and gradient are those at `x`.
    fn visit(&self, x: &Vector) -> std::result::Result<(), argmin::core::Error> {
        let state = &mut *self.state.borrow_mut();
        if state.point.as_slice() == x.as_slice() {
            return Ok(());
        }
        if state.budget == 0 {
            return Err(argmin::core::Error::msg("the line search goes nowhere"));
        }
        state.budget -= 1;
        state.evaluations += 1;
        state.point.copy_from(x);
        let value = state
            .objective
            .evaluate(x.as_slice(), state.gradient.as_mut_slice());
        match value {
            Ok(value) => {
                state.value = value;
                if value < state.best_value {
                    state.best_value = value;
                    state.best_point.copy_from(&state.point);
                    state.best_gradient.copy_from(&state.gradient);
                }
                Ok(())
            }
            Err(error) => {
                // Nothing valid is kept for this point: NaN equals no point, so it is never taken for visited.
                state.point.fill(f64::NAN);
                state.not_finite = true;
                Err(Error::into(error))
            }
        }
    }
}

impl CostFunction for &Session<'_> {
    type Param = Vector;
    type Output = f64;

    fn cost(&self, x: &Vector) -> std::result::Result<f64, argmin::core::Error> {
        self.visit(x)?;
        let state = self.state.borrow();
        Ok(state.value * state.scale)
    }
}

impl Gradient for &Session<'_> {
    type Param = Vector;
    type Gradient = Vector;

    fn gradient(&self, x: &Vector) -> std::result::Result<Vector, argmin::core::Error> {
        self.visit(x)?;
        let state = self.state.borrow();
        Ok(&state.gradient * state.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Function<F: FnMut(&[f64], &mut [f64]) -> Result<f64>>(F);

    impl<F: FnMut(&[f64], &mut [f64]) -> Result<f64>> Objective for Function<F> {
        fn evaluate(&mut self, x: &[f64], gradient: &mut [f64]) -> Result<f64> {
            (self.0)(x, gradient)
        }
    }

    fn not_finite() -> Error {
        Error::NotFinite {
            path: "x".into(),
            time: 0.0,
            point: 0,
            state: "x".into(),
            term: "f".into(),
            value: f64::NAN,
        }
    }

    /// Rosenbrock's valley plus one, times `scale`: the lowest value is `scale`, at (1, 1).
    fn valley(scale: f64) -> impl FnMut(&[f64], &mut [f64]) -> Result<f64> {
        move |x, gradient| {
            let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
            gradient[0] = scale * (-2.0 * a - 400.0 * x[0] * b);
            gradient[1] = scale * 200.0 * b;
            Ok(scale * (1.0 + a * a + 100.0 * b * b))
        }
    }

    fn minimize(
        options: Lbfgs,
        function: impl FnMut(&[f64], &mut [f64]) -> Result<f64>,
    ) -> (Minimum, [f64; 2]) {
        let mut x = [-1.2, 1.0];
        let minimum = options.minimize(&mut Function(function), &mut x).unwrap();
        (minimum, x)
    }

    #[test]
    fn the_scale_of_the_value_changes_nothing() {
        // By powers of two, which floats scale without rounding: then even the bits are the same.
        let (reference, at) = minimize(Lbfgs::default(), valley(1.0));
        assert!(
            (at[0] - 1.0).abs() < 1e-3 && (at[1] - 1.0).abs() < 1e-3,
            "{at:?}"
        );
        for exponent in [-100, -40, 40, 100] {
            let scale = 2f64.powi(exponent);
            let (minimum, x) = minimize(Lbfgs::default(), valley(scale));
            assert_eq!(x, at, "scale 2^{exponent}");
            assert_eq!(minimum.evaluations, reference.evaluations);
            assert_eq!(minimum.stop, reference.stop);
            assert_eq!(minimum.value, reference.value * scale);
        }
    }

    #[test]
    fn evaluations_are_counted_as_they_happen() {
        let mut calls = 0;
        let mut inner = valley(1.0);
        let (minimum, _) = minimize(Lbfgs::default(), |x, g| {
            calls += 1;
            inner(x, g)
        });
        assert_eq!(minimum.evaluations, calls);
    }

    #[test]
    fn every_reason_to_stop_is_told() {
        // `ValueSettled`, the usual one, is in the tests of annealing.
        let defaults = Lbfgs::default();
        let few = Lbfgs {
            max_iterations: 3,
            ..defaults
        };
        assert_eq!(
            minimize(few, valley(1.0)).0.stop,
            StopReason::IterationLimit
        );
        assert_eq!(minimize(few, valley(1.0)).0.iterations, 3);

        let loose = Lbfgs {
            tolerance: 0.9,
            ..defaults
        };
        let (minimum, _) = minimize(loose, |x, g| {
            g.copy_from_slice(&[1e-3 * x[0], 1e-3 * x[1]]);
            Ok(1.0 + 0.5e-3 * (x[0] * x[0] + x[1] * x[1]))
        });
        assert_eq!(minimum.stop, StopReason::GradientSmall);

        // A gradient of the wrong sign: no step along it goes down.
        let (minimum, x) = minimize(defaults, |x, g| {
            g.copy_from_slice(&[-2.0 * x[0], -2.0 * x[1]]);
            Ok(1.0 + x[0] * x[0] + x[1] * x[1])
        });
        assert_eq!(minimum.stop, StopReason::LineSearchFailed);
        assert_eq!(x, [-1.2, 1.0], "the best point is kept");

        // Finite at the start and nowhere else.
        let mut first = true;
        let (minimum, x) = minimize(defaults, |x, g| {
            g.copy_from_slice(&[2.0 * x[0], 2.0 * x[1]]);
            match std::mem::take(&mut first) {
                true => Ok(x[0] * x[0] + x[1] * x[1]),
                false => Err(not_finite()),
            }
        });
        assert_eq!(minimum.stop, StopReason::NotFinite);
        assert_eq!(x, [-1.2, 1.0]);

        let failing = &mut Function(|_: &[f64], _: &mut [f64]| Err(not_finite()));
        assert!(defaults.minimize(failing, &mut [0.0]).is_err());
    }

    #[test]
    fn steps_into_nonsense_are_shortened() {
        // -log(1 - |x|^2) + slope: infinite outside the unit disc, the minimum inside.
        let (minimum, x) = {
            let mut x = [0.9, 0.0];
            let minimum = Lbfgs::default()
                .minimize(
                    &mut Function(|x: &[f64], g: &mut [f64]| {
                        let room = 1.0 - x[0] * x[0] - x[1] * x[1];
                        if room <= 0.0 {
                            return Err(not_finite());
                        }
                        g[0] = 2.0 * x[0] / room + 3.0;
                        g[1] = 2.0 * x[1] / room;
                        Ok(10.0 - room.ln() + 3.0 * x[0])
                    }),
                    &mut x,
                )
                .unwrap();
            (minimum, x)
        };
        // 2x / (1 - x^2) = -3.
        let expected = (1.0 - 10f64.sqrt()) / 3.0;
        assert!((x[0] - expected).abs() < 1e-4, "{x:?} {minimum:?}");
    }
}
