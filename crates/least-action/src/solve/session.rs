//! Objective for argmin's L-BFGS: scaled, free of bounds, and with the best point kept.

use std::cell::RefCell;
use std::rc::Rc;

use argmin::core::{CostFunction, Gradient, IterState, State};

use super::coordinates::{Coordinates, Vector};
use super::{Bounds, Minimum, Objective, StopReason};
use crate::error::{Error, Result};

/// State of an iteration in argmin.
pub type Iterate = IterState<Vector, Vector, (), (), (), f64>;
/// Result type of argmin's traits.
type Answer<T> = std::result::Result<T, argmin::core::Error>;

/// Objective in the form that argmin needs. argmin asks for value and gradient one after the other
/// at one point, so both are kept. It loses its arguments when a line search fails, so everything
/// stays here and argmin holds a handle.
#[derive(Clone)]
pub struct Session<'o>(Rc<RefCell<SessionState<'o>>>);

struct SessionState<'o> {
    objective: &'o mut dyn Objective,
    /// Coordinates of all points of the session.
    coordinates: Coordinates,
    /// Unknowns at the point to be evaluated.
    unknowns: Vec<f64>,
    /// Value and point of the beginning, if the minimisation begins elsewhere. A beginning at a
    /// bound is moved inside, and that may cost more than the minimisation gains.
    begun: Option<(f64, Vec<f64>)>,
    /// Factor of the value and gradient that argmin sees.
    scale: f64,
    /// Number of points left to the present line search.
    points_left: usize,
    evaluations: usize,
    /// Number of evaluations of the present line search with a finite value.
    finite: usize,
    /// Number of evaluations of the present line search without one.
    not_finite: usize,
    point: Vector,
    value: f64,
    gradient: Vector,
    best_point: Vector,
    best_value: f64,
    best_gradient: Vector,
}

impl<'o> Session<'o> {
    /// Session that begins at `x`.
    ///
    /// # Errors
    /// The objective fails at `x`, or where it is moved inside of its bounds.
    pub fn new(objective: &'o mut dyn Objective, x: &[f64]) -> Result<Self> {
        let mut begin = x.to_vec();
        let bounds = objective.bounds();
        if let Some(bounds) = bounds {
            bounds.project(&mut begin);
        }
        let coordinates = Coordinates::new(&begin, bounds);
        let (point, moved) = coordinates.variables(&begin);
        let mut state = SessionState {
            objective,
            coordinates,
            unknowns: x.to_vec(),
            begun: None,
            scale: 1.0,
            points_left: 0,
            evaluations: 0,
            finite: 0,
            not_finite: 0,
            best_point: point.clone(),
            best_value: f64::INFINITY,
            best_gradient: Vector::zeros(x.len()),
            gradient: Vector::zeros(x.len()),
            value: f64::INFINITY,
            point,
        };
        let mut gradient = Vector::zeros(x.len());
        if moved {
            state.evaluations += 1;
            let value = state.objective.evaluate(&begin, gradient.as_mut_slice())?;
            state.begun = Some((value, begin));
        }
        let point = state.point.clone();
        state.value = state.evaluate(&point, &mut gradient)?;
        state.best_value = state.value;
        state.best_gradient.copy_from(&gradient);
        state.gradient = gradient;
        Ok(Session(Rc::new(RefCell::new(state))))
    }

    /// Sets the largest number of points of the coming line search.
    pub fn begin_search(&self, points: usize) {
        let mut state = self.0.borrow_mut();
        state.points_left = points;
        (state.finite, state.not_finite) = (0, 0);
    }

    /// Sets the factor of the value and gradient that argmin sees.
    pub fn set_scale(&self, scale: f64) {
        self.0.borrow_mut().scale = scale;
    }

    /// Lowest value so far, not scaled.
    pub fn best_value(&self) -> f64 {
        self.0.borrow().best_value
    }

    /// Lengths of the best point, or 1 if it is zero, and of the gradient there, not scaled.
    fn best_lengths(&self) -> (f64, f64) {
        let state = self.0.borrow();
        let size = state.best_point.norm();
        let size = if size > 0.0 { size } else { 1.0 };
        (size, state.best_gradient.norm())
    }

    /// True if no point of the last line search had a finite value.
    pub fn nothing_finite(&self) -> bool {
        let state = self.0.borrow();
        state.finite == 0 && state.not_finite > 0
    }

    /// Factor that makes the gradient a step of `share` of the point's length; `None` if the
    /// gradient vanishes.
    pub fn first_step(&self, share: f64) -> Option<f64> {
        let (size, length) = self.best_lengths();
        let step = share * size / length;
        (length > 0.0 && step.is_finite() && step > 0.0).then_some(step)
    }

    /// True if no small relative change of the best point helps.
    pub fn gradient_small(&self, tolerance: f64) -> bool {
        let (size, length) = self.best_lengths();
        length * size <= tolerance * self.best_value().abs()
    }

    /// State of argmin that begins at the best point. Value and gradient are known there.
    pub fn initial_state(&self) -> Iterate {
        let state = self.0.borrow();
        Iterate::new()
            .param(state.best_point.clone())
            .cost(state.best_value * state.scale)
            .gradient(&state.best_gradient * state.scale)
    }

    /// True if the objective asks for an end.
    pub fn interrupted(&self) -> bool {
        self.0.borrow().objective.interrupted()
    }

    /// Ends the session: writes the best point to `x` and returns the result.
    pub fn finish(&self, x: &mut [f64], stop: StopReason, iterations: usize) -> Minimum {
        let state = &mut *self.0.borrow_mut();
        let mut value = state.best_value;
        let mut active_bounds = Vec::new();
        if state.coordinates.bounded() {
            value = state.leave_within_bounds(x);
            if let Some(Bounds { lower, upper }) = state.objective.bounds() {
                let at = |&k: &usize| x[k] <= lower[k] || x[k] >= upper[k];
                active_bounds = (0..x.len()).filter(at).collect();
            }
        } else {
            state.coordinates.unknowns(&state.best_point, x);
        }
        Minimum {
            value,
            stop,
            iterations,
            evaluations: state.evaluations,
            factorizations: 0,
            active_bounds,
        }
    }

    /// Evaluates value and gradient at `x`, unless they are those known already.
    fn visit(&self, x: &Vector) -> Answer<()> {
        let state = &mut *self.0.borrow_mut();
        if state.point.as_slice() == x.as_slice() {
            return Ok(());
        }
        let mut gradient = std::mem::take(&mut state.gradient);
        let value = state.evaluate(x, &mut gradient);
        state.gradient = gradient;
        match value {
            Ok(value) => {
                state.finite += 1;
                state.point.copy_from(x);
                state.value = value;
                if value < state.best_value {
                    state.best_value = value;
                    state.best_point.copy_from(&state.point);
                    state.best_gradient.copy_from(&state.gradient);
                }
                Ok(())
            }
            Err(error) => {
                state.not_finite += 1;
                // Nothing valid is kept for this point: NaN equals no point, so it is never taken
                // for visited.
                state.point.fill(f64::NAN);
                Err(Error::into(error))
            }
        }
    }
}

impl SessionState<'_> {
    /// Value at `x`, with its gradient, not scaled.
    fn evaluate(&mut self, x: &Vector, gradient: &mut Vector) -> Result<f64> {
        self.evaluations += 1;
        if !self.coordinates.bounded() {
            return self
                .objective
                .evaluate(x.as_slice(), gradient.as_mut_slice());
        }
        self.coordinates.unknowns(x, &mut self.unknowns);
        let value = self
            .objective
            .evaluate(&self.unknowns, gradient.as_mut_slice())?;
        self.coordinates.chain(x, gradient.as_mut_slice());
        Ok(value)
    }

    /// Writes the best point to `x`, with unknowns exactly at the bounds that they are pushed
    /// against, unless that or the beginning has a lower value. Returns the value.
    fn leave_within_bounds(&mut self, x: &mut [f64]) -> f64 {
        let mut gradient = vec![0.0; x.len()];
        let mut best = self.best_value;
        let mut at = vec![0.0; x.len()];
        self.coordinates.unknowns(&self.best_point, &mut at);
        let mut snapped = at.clone();
        self.evaluations += 1;
        if self.objective.evaluate(&at, &mut gradient).is_ok()
            && self.coordinates.snap(&mut snapped, &gradient)
        {
            self.evaluations += 1;
            match self.objective.evaluate(&snapped, &mut gradient) {
                // Where the point is at the bound but for rounding, so is the value.
                Ok(value) if value - best <= 1e-14 * best.abs() => {
                    best = value;
                    at = snapped;
                }
                _ => {}
            }
        }
        if let Some((value, begun)) = self.begun.take().filter(|(value, _)| *value < best) {
            best = value;
            at = begun;
        }
        x.copy_from_slice(&at);
        best
    }
}

impl CostFunction for Session<'_> {
    type Param = Vector;
    type Output = f64;

    /// Value at a point. It counts points and not evaluations, so that a search that stays at one
    /// point, where steps vanish beside it, ends too.
    fn cost(&self, x: &Vector) -> Answer<f64> {
        {
            let mut state = self.0.borrow_mut();
            if state.points_left == 0 {
                return Err(argmin::core::Error::msg("the line search goes nowhere"));
            }
            state.points_left -= 1;
        }
        self.visit(x)?;
        let state = self.0.borrow();
        Ok(state.value * state.scale)
    }
}

impl Gradient for Session<'_> {
    type Param = Vector;
    type Gradient = Vector;

    fn gradient(&self, x: &Vector) -> Answer<Vector> {
        self.visit(x)?;
        let state = self.0.borrow();
        Ok(&state.gradient * state.scale)
    }
}
