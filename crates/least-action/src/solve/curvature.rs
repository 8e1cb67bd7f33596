//! The Hessian as argmin's Newton-type solvers want it: something to be multiplied with a vector, and never a matrix.

use std::cell::RefCell;
use std::rc::Rc;

use argmin::core::Hessian;
use argmin_math::ArgminDot;

use super::session::{Answer, Session, Vector};

/// Relative length of the step by which gradients are differenced: the root of the rounding error.
const DIFFERENCE: f64 = 1.5e-8;

/// The Hessian at a point, times vectors. argmin asks for a product twice in a row and cannot be told of a failure: so the last product
/// is kept, and one that fails or exceeds the number allowed is zero, which argmin's solvers take for the end of positive curvature.
#[derive(Clone)]
pub struct Curvature<'o>(Rc<RefCell<State<'o>>>);

struct State<'o> {
    session: Session<'o>,
    point: Vector,
    gradient: Vector,
    direction: Vector,
    product: Vector,
}

impl Curvature<'_> {
    /// Takes note of a product that is known.
    pub fn remember(&self, direction: &Vector, product: &Vector) {
        let state = &mut *self.0.borrow_mut();
        state.direction.copy_from(direction);
        state.product.copy_from(product);
    }
}

impl State<'_> {
    /// By a difference of gradients; false if there is none.
    fn multiply(&mut self) -> bool {
        let length = self.direction.norm();
        let size = self.point.norm();
        let step = DIFFERENCE * if size > 0.0 { size } else { 1.0 } / length;
        if !(step.is_finite() && step > 0.0 && self.session.allow_product()) {
            return false;
        }
        self.product.copy_from(&self.point);
        self.product.axpy(step, &self.direction, 1.0);
        let Ok(moved) = self.session.gradient_aside(&self.product) else {
            return false;
        };
        self.product.copy_from(&moved);
        self.product -= &self.gradient;
        self.product /= step;
        self.product.iter().all(|v| v.is_finite())
    }
}

impl ArgminDot<Vector, Vector> for Curvature<'_> {
    fn dot(&self, direction: &Vector) -> Vector {
        let state = &mut *self.0.borrow_mut();
        if state.direction.as_slice() != direction.as_slice() {
            state.direction.copy_from(direction);
            if !state.multiply() {
                state.product.fill(0.0);
            }
        }
        state.product.clone()
    }
}

impl<'o> Hessian for Session<'o> {
    type Param = Vector;
    type Hessian = Curvature<'o>;

    fn hessian(&self, x: &Vector) -> Answer<Curvature<'o>> {
        let zeros = Vector::zeros(x.len());
        Ok(Curvature(Rc::new(RefCell::new(State {
            gradient: argmin::core::Gradient::gradient(self, x)?,
            session: self.clone(),
            point: x.clone(),
            // Nothing times nothing: this product is known.
            direction: zeros.clone(),
            product: zeros,
        }))))
    }
}
