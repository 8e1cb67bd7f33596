//! Quadratic model of a sum of squares along a path: rows of residuals, and a block factorisation
//! in time.

use super::super::{Assembly, BlockMatrix, BlockQr, Bounds, Cholesky, LeastSquares};
use super::quadratic::Quadratic;
use super::Hessian;
use crate::error::Result;
use crate::solve::Linearization;

/// Memory of a [`BlockQuadratic`].
#[derive(Debug, Clone)]
pub(super) struct BlockMemory {
    pub assembly: Assembly,
    /// Linearisation at the present point.
    pub now: Linearization,
    /// Linearisation at the point that is tried.
    pub next: Linearization,
    pub hessian: BlockMatrix,
    pub factor: Cholesky,
    /// Square-root form, made when it is first needed. Many problems never need it.
    pub square_root: Option<BlockQr>,
    pub product: Vec<f64>,
}

/// Quadratic model of a [`LeastSquares`] problem, by its linearisation and block factors.
pub(super) struct BlockQuadratic<'a> {
    pub memory: &'a mut BlockMemory,
    pub problem: &'a mut dyn LeastSquares,
    pub hessian: Hessian,
}

impl Quadratic for BlockQuadratic<'_> {
    const PRECISE: bool = true;

    fn interrupted(&self) -> bool {
        self.problem.interrupted()
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.problem.bounds()
    }

    fn noise_level(&self) -> f64 {
        self.problem.noise_level()
    }

    fn is_gauss_newton(&self) -> bool {
        self.hessian == Hessian::GaussNewton
    }

    fn evaluate(&mut self, x: &[f64]) -> Result<f64> {
        self.problem.linearize(x, &mut self.memory.next)
    }

    fn accept(&mut self) {
        std::mem::swap(&mut self.memory.now, &mut self.memory.next);
    }

    fn expand(&mut self, x: &[f64], gradient: &mut [f64], scale: &mut [f64]) {
        let memory = &mut *self.memory;
        let hessian = &mut memory.hessian;
        memory.assembly.assemble(&memory.now, hessian, gradient);
        hessian.diagonal(scale);
        if !self.is_gauss_newton() {
            let memory = &mut *self.memory;
            let hessian = &mut memory.hessian;
            if self.problem.add_curvature(x, hessian).is_err() {
                // The value is finite here: a step without the curvature leads on.
                memory.assembly.assemble(&memory.now, hessian, gradient);
            }
        }
    }

    fn factor(&mut self, shift: &[f64], fixed: &[bool]) -> bool {
        let memory = &mut *self.memory;
        memory.factor.factor(&memory.hessian, shift, fixed).is_ok()
    }

    fn solve(&mut self, _: &[f64], _: &[f64], force: &mut [f64]) {
        self.memory.factor.solve(force);
    }

    /// Solves by the square-root form of Gauss-Newton. It holds at any ratio of weights, but takes
    /// several times as long. Normal equations lose two digits whenever the ratio grows a hundred
    /// times and fail from about 1e15 on (see the test of digits beside the blocks). With one to
    /// three refinements they hold to 1e10 or 1e12, but steps do not need those digits.
    fn solve_precisely(&mut self, shift: &[f64], fixed: &[bool], step: &mut [f64]) -> bool {
        let memory = &mut *self.memory;
        let layout = self.problem.layout();
        let form = memory
            .square_root
            .get_or_insert_with(|| BlockQr::new(layout, &memory.now));
        form.step(&memory.now, shift, fixed, step).is_ok()
    }

    fn geodesic_acceleration(&mut self, step: &[f64], active: &[bool], into: &mut [f64]) {
        let memory = &mut *self.memory;
        let (now, next) = (&memory.now, &memory.next);
        memory.assembly.curvature_along(now, next, step, into);
        for (i, acceleration) in into.iter_mut().enumerate() {
            let active = active.get(i).is_some_and(|&active| active);
            *acceleration = if active { 0.0 } else { -*acceleration };
        }
        memory.factor.solve(into);
    }

    fn decrease(&mut self, gradient: &[f64], step: &[f64]) -> f64 {
        let memory = &mut *self.memory;
        if self.hessian == Hessian::GaussNewton {
            return memory.assembly.predicted_decrease(&memory.now, step);
        }
        memory.hessian.multiply(step, &mut memory.product);
        -super::dot(gradient, step) - 0.5 * super::dot(&memory.product, step)
    }

    fn gradient_after(&mut self, gradient: &[f64], step: &[f64], into: &mut [f64]) {
        let memory = &mut *self.memory;
        match self.hessian {
            Hessian::GaussNewton => memory.assembly.gradient_after(&memory.now, step, into),
            Hessian::Exact => {
                memory.hessian.multiply(step, into);
                let pairs = into.iter_mut().zip(gradient);
                pairs.for_each(|(into, first)| *into += first);
            }
        }
    }

    fn rounding(&self, x: &[f64]) -> f64 {
        self.memory.assembly.rounding(&self.memory.now, x)
    }
}
