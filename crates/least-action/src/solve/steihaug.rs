//! Conjugate gradients within a ball (T. Steihaug, SIAM J. Numer. Anal. 20, 1983), for argmin's
//! trust region.
//!
//! argmin's own compares gradients with an absolute tolerance, multiplies with the Hessian twice
//! per iteration, has no end if a product is not finite, and panics if rounding leaves it without a
//! step to the boundary.

use argmin::core::{Problem, Solver, State, TerminationReason, TrustRegionRadius, KV};
use argmin_math::ArgminDot;

use super::curvature::Curvature;
use super::session::{Answer, Iterate, Vector};

/// Solves for the step within `radius` that minimises the quadratic model, roughly.
#[derive(Clone)]
pub struct Steihaug {
    /// The residual of the Newton equations, relative to the gradient, at which the step is good
    /// enough.
    pub forcing: f64,
    pub most_products: usize,
    pub radius: f64,
}

impl Steihaug {
    /// The step and its product with the Hessian.
    fn step(&self, gradient: &Vector, hessian: &Curvature) -> (Vector, Vector) {
        let mut step = Vector::zeros(gradient.len());
        let mut product = step.clone();
        let mut residual = gradient.clone();
        let mut direction = -gradient;
        let mut square = residual.dot(&residual);
        let enough = self.forcing * square.sqrt();
        for _ in 0..self.most_products {
            let along: Vector = hessian.dot(&direction);
            let curvature = direction.dot(&along);
            let whole = square / curvature;
            let boundary = to_boundary(&step, &direction, self.radius);
            let ends = !(curvature > 0.0 && whole < boundary);
            let length = if ends { boundary } else { whole };
            step.axpy(length, &direction, 1.0);
            product.axpy(length, &along, 1.0);
            if ends {
                break;
            }
            residual.axpy(length, &along, 1.0);
            let next = residual.dot(&residual);
            if next.sqrt() <= enough {
                // A whole Newton step: g p + p H p / 2.
                hessian.promise(-step.dot(gradient) - 0.5 * step.dot(&product));
                break;
            }
            direction *= next / square;
            direction -= &residual;
            square = next;
        }
        (step, product)
    }
}

/// How far along the direction it is from a step within the ball to its boundary.
fn to_boundary(step: &Vector, direction: &Vector, radius: f64) -> f64 {
    let square = direction.dot(direction);
    let across = step.dot(direction);
    let room = (radius * radius - step.dot(step)).max(0.0);
    let root = (across * across + square * room).sqrt();
    // The form without cancellation.
    let length = match across > 0.0 {
        true => room / (across + root),
        false => (root - across) / square,
    };
    if length.is_finite() {
        length
    } else {
        0.0
    }
}

impl TrustRegionRadius<f64> for Steihaug {
    fn set_radius(&mut self, radius: f64) {
        self.radius = radius;
    }
}

impl<'o, O> Solver<O, Iterate<Curvature<'o>>> for Steihaug {
    fn name(&self) -> &str {
        "Steihaug"
    }

    fn next_iter(
        &mut self,
        _problem: &mut Problem<O>,
        mut state: Iterate<Curvature<'o>>,
    ) -> Answer<(Iterate<Curvature<'o>>, Option<KV>)> {
        let missing = || argmin::core::Error::msg("the trust region gives gradient and Hessian");
        let gradient = state.take_gradient().ok_or_else(missing)?;
        let hessian = state.take_hessian().ok_or_else(missing)?;
        let (step, product) = self.step(&gradient, &hessian);
        // The trust region multiplies the step with the Hessian again.
        hessian.remember(&step, &product);
        let state = state.param(step);
        Ok((
            state.terminate_with(TerminationReason::SolverConverged),
            None,
        ))
    }
}
