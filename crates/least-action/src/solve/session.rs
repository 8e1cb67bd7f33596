//! What argmin's solvers see of an objective.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use argmin::core::{CostFunction, Gradient, IterState, State};
use nalgebra::DVector;

use super::coordinates::Coordinates;
use super::curvature::{Curvature, Rows};
use super::{Bounds, Hessian, Minimum, Objective, StopReason};
use crate::error::{Error, Result};

pub type Vector = DVector<f64>;
/// argmin's state of an iteration; `H` is what stands for the Hessian.
pub type Iterate<H = ()> = IterState<Vector, Vector, (), H, (), f64>;
/// What argmin's traits give.
pub type Answer<T> = std::result::Result<T, argmin::core::Error>;

/// An objective as argmin sees it. argmin asks for value and gradient one after the other at the
/// same point, so both are kept; and it loses what it was given when a line search fails, so
/// everything stays here and argmin holds a handle.
#[derive(Clone)]
pub struct Session<'o> {
    state: Rc<RefCell<SessionState<'o>>>,
    /// By how much the scaled value would fall if the function were the quadratic that the present
    /// Newton step minimises; infinite where the step is none.
    promise: Rc<Cell<f64>>,
}

struct SessionState<'o> {
    objective: &'o mut dyn Objective,
    /// All points here are in these.
    coordinates: Coordinates,
    infinite_is_a_value: bool,
    /// The unknowns at the point to be evaluated.
    unknowns: Vec<f64>,
    /// Where the minimisation was to begin and its value, if it begins elsewhere: a beginning at a
    /// bound is moved inside, and that may cost more than the minimisation gains.
    begun: Option<(f64, Vec<f64>)>,
    hessian: Hessian,
    /// The objective's residuals at the point whose Hessian is asked for.
    rows: Option<Rows>,
    /// The value and gradient that argmin sees are multiplied by this.
    scale: f64,
    /// Evaluations left to the present line search.
    budget: usize,
    evaluations: usize,
    /// Products with the Hessian that are left, and those made.
    products_left: usize,
    products: usize,
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
    /// `length`: about how long the points are that argmin is shown; none if they are shown as they
    /// are. `infinite_is_a_value`: whether points without a finite value are shown as infinitely
    /// high, and not as failures.
    ///
    /// # Errors
    /// The objective fails at `x`, or where it is moved inside of its bounds.
    pub fn new(
        objective: &'o mut dyn Objective,
        x: &[f64],
        length: Option<f64>,
        infinite_is_a_value: bool,
    ) -> Result<Self> {
        let mut begin = x.to_vec();
        let bounds = objective.bounds();
        if let Some(bounds) = bounds {
            bounds.project(&mut begin);
        }
        let coordinates = Coordinates::new(&begin, length, bounds);
        let (point, moved) = coordinates.variables(&begin);
        let mut state = SessionState {
            objective,
            coordinates,
            infinite_is_a_value,
            unknowns: x.to_vec(),
            begun: None,
            hessian: Hessian::default(),
            rows: None,
            scale: 1.0,
            budget: 0,
            evaluations: 0,
            products_left: 0,
            products: 0,
            not_finite: false,
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
        Ok(Session {
            state: Rc::new(RefCell::new(state)),
            promise: Rc::new(Cell::new(f64::INFINITY)),
        })
    }

    /// Allows the coming line search so many evaluations.
    pub fn begin_search(&self, evaluations: usize) {
        self.promise.set(f64::INFINITY);
        let mut state = self.state.borrow_mut();
        state.budget = evaluations;
        state.not_finite = false;
    }

    /// Value and gradient are shown to argmin multiplied by this from now on.
    pub fn set_scale(&self, scale: f64) {
        self.state.borrow_mut().scale = scale;
    }

    /// Allows so many products with the Hessian from now on.
    pub fn set_products(&self, products: usize) {
        self.state.borrow_mut().products_left = products;
    }

    /// Which Hessian is shown from now on, where the objective gives the choice.
    pub fn set_hessian(&self, hessian: Hessian) {
        self.state.borrow_mut().hessian = hessian;
    }

    /// Whether one more product is allowed; it is counted.
    pub fn allow_product(&self) -> bool {
        let mut state = self.state.borrow_mut();
        let allowed = state.products_left > 0;
        if allowed {
            state.products_left -= 1;
            state.products += 1;
        }
        allowed
    }

    /// The scaled gradient at a point that is no candidate for the minimum: nothing of it is kept.
    pub fn gradient_aside(&self, x: &Vector) -> Answer<Vector> {
        let state = &mut *self.state.borrow_mut();
        let mut gradient = Vector::zeros(x.len());
        match state.evaluate(x, &mut gradient) {
            Ok(_) => Ok(gradient * state.scale),
            Err(error) => Err(Error::into(error)),
        }
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

    /// Where a Newton step leaves what it promises.
    pub fn promise(&self) -> Rc<Cell<f64>> {
        self.promise.clone()
    }

    /// Whether the present Newton step promised to lower the value by less than this share of it.
    pub fn promise_small(&self, tolerance: f64) -> bool {
        let state = self.state.borrow();
        // Without a product left, the step may be unfinished.
        state.products_left > 0
            && self.promise.get() <= tolerance * (state.best_value * state.scale).abs()
    }

    /// Whether the present line search met a value that is not finite.
    pub fn not_finite(&self) -> bool {
        self.state.borrow().not_finite
    }

    /// The factor that makes the gradient a step of `share` of the point's length; none if the
    /// gradient vanishes.
    pub fn first_step(&self, share: f64) -> Option<f64> {
        let (size, length) = self.best_lengths();
        let wanted = share * if size > 0.0 { size } else { 1.0 };
        let step = wanted / length;
        (length > 0.0 && step.is_finite() && step > 0.0).then_some(step)
    }

    /// Whether no small relative change of the best point helps.
    pub fn gradient_small(&self, tolerance: f64) -> bool {
        let (size, length) = self.best_lengths();
        let size = if size > 0.0 { size } else { 1.0 };
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

    /// Makes the best point the one that is kept, so that solvers which ask for value and gradient
    /// at their beginning cost nothing.
    pub fn return_to_best(&self) {
        let state = &mut *self.state.borrow_mut();
        state.point.copy_from(&state.best_point);
        state.value = state.best_value;
        state.gradient.copy_from(&state.best_gradient);
    }

    pub fn interrupted(&self) -> bool {
        self.state.borrow().objective.interrupted()
    }

    /// Takes the objective's residuals at `x` as what its Hessian is made of from now on; false if
    /// it has none.
    pub fn linearize(&self, x: &Vector) -> Answer<bool> {
        let state = &mut *self.state.borrow_mut();
        state.coordinates.unknowns(x, &mut state.unknowns);
        let Some(problem) = state.objective.least_squares() else {
            return Ok(false);
        };
        let rows = match state.rows.take() {
            Some(rows) => rows,
            None => Rows::new(problem, state.hessian),
        };
        let rows = state.rows.insert(rows);
        state.evaluations += 1;
        rows.linearize(problem, &state.unknowns)?;
        Ok(true)
    }

    /// The scaled product of `direction` with the Hessian at `x`, which is the point linearised
    /// last; `gradient` is the scaled one there.
    pub fn multiply(
        &self,
        x: &Vector,
        gradient: &Vector,
        direction: &Vector,
        product: &mut Vector,
    ) {
        let state = &mut *self.state.borrow_mut();
        let Some(rows) = &state.rows else {
            return;
        };
        let coordinates = &state.coordinates;
        let along = &mut state.unknowns[..];
        along.copy_from_slice(direction.as_slice());
        coordinates.chain(x, along);
        rows.multiply(along, product.as_mut_slice());
        coordinates.chain(x, product.as_mut_slice());
        *product *= state.scale;
        if rows.exact() {
            coordinates.add_bending(x, gradient, direction, product);
        }
    }

    /// Leaves the best point in `x`.
    pub fn finish(&self, x: &mut [f64], stop: StopReason, iterations: usize) -> Minimum {
        let state = &mut *self.state.borrow_mut();
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
            hessian_products: state.products,
            active_bounds,
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
        let mut gradient = std::mem::take(&mut state.gradient);
        let value = state.evaluate(x, &mut gradient);
        state.gradient = gradient;
        match value {
            Ok(value) => {
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
                state.not_finite = true;
                if state.infinite_is_a_value {
                    state.point.copy_from(x);
                    state.value = f64::INFINITY;
                    return Ok(());
                }
                // Nothing valid is kept for this point: NaN equals no point, so it is never taken
                // for visited.
                state.point.fill(f64::NAN);
                Err(Error::into(error))
            }
        }
    }
}

impl SessionState<'_> {
    /// The value at `x` and its gradient, not scaled.
    fn evaluate(&mut self, x: &Vector, gradient: &mut Vector) -> Result<f64> {
        self.evaluations += 1;
        if self.coordinates.plain() {
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

impl<'o> argmin::core::Hessian for Session<'o> {
    type Param = Vector;
    type Hessian = Curvature<'o>;

    fn hessian(&self, x: &Vector) -> Answer<Curvature<'o>> {
        Curvature::new(self, x, self.gradient(x)?)
    }
}
