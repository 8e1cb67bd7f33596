//! Quadratic model of a discrete action for the structured search: exact second derivatives, and
//! their factor.

use super::discrete_action::{ActionSum, DiscreteAction};
use crate::error::{Error, Result};
use crate::solve::{BlockMatrix, Bounds, Cholesky, Quadratic};

/// The action at the present node values, with its exact Hessian.
pub(super) struct ActionQuadratic {
    pub action: DiscreteAction,
    pub fixed: Vec<bool>,
    pub hessian: BlockMatrix,
    pub factor: Cholesky,
    /// Gradient at the present path; the next field is the one at the path tried last.
    now: Vec<f64>,
    pub next: Vec<f64>,
    size: f64,
    size_next: f64,
    product: Vec<f64>,
    /// Error of second derivatives that are not available.
    pub failure: Option<Error>,
}

impl ActionQuadratic {
    pub fn new(action: DiscreteAction) -> Result<Self> {
        let layout = action.layout()?;
        let zeros = vec![0.0; action.unknowns()];
        Ok(ActionQuadratic {
            fixed: action.fixed(),
            hessian: BlockMatrix::new(&layout),
            factor: Cholesky::new(&layout),
            now: zeros.clone(),
            next: zeros.clone(),
            product: zeros,
            size: 0.0,
            size_next: 0.0,
            failure: None,
            action,
        })
    }
}

impl Quadratic for ActionQuadratic {
    const PRECISE: bool = false;

    fn interrupted(&self) -> bool {
        // An end is wanted between iterations only.
        self.failure.is_some()
    }

    fn bounds(&self) -> Option<&Bounds> {
        None
    }

    /// Noise level that makes the search compare the predicted reduction with the sum of the sizes
    /// of the action's terms, if that is larger: an action may also be 0 or negative.
    fn noise_level(&self) -> f64 {
        1e4 * self.size
    }

    fn is_gauss_newton(&self) -> bool {
        false
    }

    fn evaluate(&mut self, x: &[f64]) -> Result<f64> {
        let ActionSum { value, size } = self.action.gradient(x, &mut self.next)?;
        clear(&mut self.next, &self.fixed);
        self.size_next = size;
        Ok(value)
    }

    fn accept(&mut self) {
        std::mem::swap(&mut self.now, &mut self.next);
        self.size = self.size_next;
    }

    fn expand(&mut self, x: &[f64], gradient: &mut [f64], scale: &mut [f64]) {
        gradient.copy_from_slice(&self.now);
        if let Err(error) = self.action.hessian(x, &mut self.hessian) {
            self.failure = Some(error);
        }
        self.hessian.diagonal(scale);
        scale.iter_mut().for_each(|s| *s = s.abs());
    }

    fn factor(&mut self, shift: &[f64], _: &[bool]) -> bool {
        let factored = self.factor.factor(&self.hessian, shift, &self.fixed);
        factored.is_ok()
    }

    fn solve(&mut self, _: &[f64], _: &[f64], force: &mut [f64]) {
        self.factor.solve(force);
    }

    fn solve_precisely(&mut self, _: &[f64], _: &[bool], _: &mut [f64]) -> bool {
        false
    }

    fn geodesic_acceleration(&mut self, step: &[f64], _: &[bool], into: &mut [f64]) {
        self.hessian.multiply(step, into);
        let gradients = self.now.iter().zip(&self.next);
        for (into, (now, next)) in into.iter_mut().zip(gradients) {
            *into += now - next;
        }
        clear(into, &self.fixed);
        self.factor.solve(into);
    }

    fn decrease(&mut self, gradient: &[f64], step: &[f64]) -> f64 {
        self.hessian.multiply(step, &mut self.product);
        let terms = step.iter().zip(gradient).zip(&self.product);
        -terms.map(|((s, g), h)| s * (g + 0.5 * h)).sum::<f64>()
    }

    fn gradient_after(&mut self, gradient: &[f64], step: &[f64], into: &mut [f64]) {
        self.hessian.multiply(step, into);
        into.iter_mut().zip(gradient).for_each(|(i, g)| *i += g);
    }

    fn rounding(&self, _: &[f64]) -> f64 {
        f64::EPSILON * self.size
    }
}

/// Writes zeros where states are fixed.
pub(super) fn clear(numbers: &mut [f64], fixed: &[bool]) {
    for (number, fixed) in numbers.iter_mut().zip(fixed) {
        if *fixed {
            *number = 0.0;
        }
    }
}
