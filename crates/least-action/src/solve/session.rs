//! What argmin's solvers see of an objective.

use std::cell::RefCell;
use std::rc::Rc;

use argmin::core::{CostFunction, Gradient, IterState, State};
use nalgebra::DVector;

use super::{Minimum, Objective, StopReason};
use crate::error::{Error, Result};

pub type Vector = DVector<f64>;
/// argmin's state of an iteration; `H` is what stands for the Hessian.
pub type Iterate<H = ()> = IterState<Vector, Vector, (), H, (), f64>;
/// What argmin's traits give.
pub type Answer<T> = std::result::Result<T, argmin::core::Error>;

/// An objective as argmin sees it. argmin asks for value and gradient one after the other at the same point, so both are kept; and
/// it loses what it was given when a line search fails, so everything stays here and argmin holds a handle.
#[derive(Clone)]
pub struct Session<'o> {
    state: Rc<RefCell<SessionState<'o>>>,
}

struct SessionState<'o> {
    objective: &'o mut dyn Objective,
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

impl<'o> Session<'o> {
    /// # Errors
    /// The objective fails at `x`.
    pub fn new(objective: &'o mut dyn Objective, x: &[f64]) -> Result<Self> {
        let point = Vector::from_column_slice(x);
        let mut gradient = Vector::zeros(x.len());
        let value = objective.evaluate(x, gradient.as_mut_slice())?;
        let state = SessionState {
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
        };
        Ok(Session {
            state: Rc::new(RefCell::new(state)),
        })
    }

    /// Allows the coming line search so many evaluations.
    pub fn begin_search(&self, evaluations: usize) {
        let mut state = self.state.borrow_mut();
        state.budget = evaluations;
        state.not_finite = false;
    }

    /// Value and gradient are shown to argmin multiplied by this from now on.
    pub fn set_scale(&self, scale: f64) {
        self.state.borrow_mut().scale = scale;
    }

    /// The lowest value so far, not scaled.
    pub fn best_value(&self) -> f64 {
        self.state.borrow().best_value
    }

    /// The lengths of the best point and of the gradient there, not scaled.
    pub fn best_lengths(&self) -> (f64, f64) {
        let state = self.state.borrow();
        (state.best_point.norm(), state.best_gradient.norm())
    }

    /// Whether the present line search met a value that is not finite.
    pub fn not_finite(&self) -> bool {
        self.state.borrow().not_finite
    }

    /// The factor that makes the gradient a step of `share` of the point's length; none if the gradient vanishes.
    pub fn first_step(&self, share: f64) -> Option<f64> {
        let (size, length) = self.best_lengths();
        let wanted = share * if size > 0.0 { size } else { 1.0 };
        let step = wanted / length;
        (length > 0.0 && step.is_finite() && step > 0.0).then_some(step)
    }

    /// Whether no small relative change of the best point helps.
    pub fn gradient_small(&self, tolerance: f64) -> bool {
        let (size, length) = self.best_lengths();
        length * size <= tolerance * self.best_value().abs()
    }

    /// A state that begins at the best point; value and gradient are known there.
    pub fn initial_state<H>(&self) -> Iterate<H> {
        let state = self.state.borrow();
        Iterate::new()
            .param(state.best_point.clone())
            .cost(state.best_value * state.scale)
            .gradient(&state.best_gradient * state.scale)
    }

    /// Makes the best point the one that is kept, so that solvers which ask for value and gradient at their beginning cost nothing.
    pub fn return_to_best(&self) {
        let state = &mut *self.state.borrow_mut();
        state.point.copy_from(&state.best_point);
        state.value = state.best_value;
        state.gradient.copy_from(&state.best_gradient);
    }

    /// Leaves the best point in `x`.
    pub fn finish(&self, x: &mut [f64], stop: StopReason, iterations: usize) -> Minimum {
        let state = self.state.borrow();
        x.copy_from_slice(state.best_point.as_slice());
        Minimum {
            value: state.best_value,
            stop,
            iterations,
            evaluations: state.evaluations,
        }
    }

    /// Makes sure that value and gradient are those at `x`.
    fn visit(&self, x: &Vector) -> Answer<()> {
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

impl CostFunction for Session<'_> {
    type Param = Vector;
    type Output = f64;

    fn cost(&self, x: &Vector) -> Answer<f64> {
        self.visit(x)?;
        let state = self.state.borrow();
        Ok(state.value * state.scale)
    }
}

impl Gradient for Session<'_> {
    type Param = Vector;
    type Gradient = Vector;

    fn gradient(&self, x: &Vector) -> Answer<Vector> {
        self.visit(x)?;
        let state = self.state.borrow();
        Ok(&state.gradient * state.scale)
    }
}
