//! The Legendre transform, of points and of whole functions, in both directions:
//! `H(x, p) = p.v - L(x, v)` with `p = L_v`, and `L(x, v) = p.v - H(x, p)` with `v = H_p`.

use super::newton::{newton, Equations};
use super::{Lagrangian, PhasePoint, PhaseSpaceFunction, PhaseSpaceWorkspace, SecondVariable};
use crate::error::{check, Error, Result};

/// Computes the momentum of a velocity, `p = L_v`: the Legendre transform of points.
///
/// # Errors
/// Wrong lengths, and those of the Lagrangian.
pub fn momentum(
    lagrangian: &dyn Lagrangian,
    work: &mut PhaseSpaceWorkspace,
    time: f64,
    x: &[f64],
    v: &[f64],
) -> Result<Vec<f64>> {
    let d = lagrangian.dimension();
    lagrangian.check(x, v)?;
    let mut gradient = work.take(2 * d);
    lagrangian.gradient(work, PhasePoint::new(time, x, v), &mut gradient)?;
    let p = gradient[d..].to_vec();
    work.give(gradient);
    Ok(p)
}

/// Computes the velocity of a momentum, from `L_v(t, x, v) = p` by Newton's method from `v` on: the
/// inverse of [`momentum`].
///
/// # Errors
/// [`Error::Singular`] where L_vv is singular, [`Error::NotConverged`], and those of the
/// Lagrangian. `v` then holds the best iterate.
pub fn velocity(
    lagrangian: &dyn Lagrangian,
    work: &mut PhaseSpaceWorkspace,
    time: f64,
    x: &[f64],
    p: &[f64],
    v: &mut [f64],
) -> Result<()> {
    invert(lagrangian, work, PhasePoint::new(time, x, p), v)
}

/// Computes the second variable `w` of a function, from `f_w(t, x, w) = u` where `at` is (t, x, u).
fn invert<F: PhaseSpaceFunction + ?Sized>(
    function: &F,
    work: &mut PhaseSpaceWorkspace,
    at: PhasePoint,
    w: &mut [f64],
) -> Result<()> {
    function.check(at.x, w)?;
    let symbol = <F::Variable as SecondVariable>::Conjugate::SYMBOL;
    let because = F::Variable::PER_COORDINATE;
    check::length(symbol, at.w.len(), function.dimension(), because)?;
    let mut equations = ConjugateEquations { function, at };
    newton(F::Variable::LEGENDRE, at.time, work, w, &mut equations).map(|_| ())
}

/// Equations `f_w(t, x, w) - u = 0` for w.
struct ConjugateEquations<'a, F: ?Sized> {
    function: &'a F,
    /// Point (t, x, u) of the transformed function.
    at: PhasePoint<'a>,
}

impl<F: PhaseSpaceFunction + ?Sized> Equations for ConjugateEquations<'_, F> {
    fn evaluate(
        &mut self,
        work: &mut PhaseSpaceWorkspace,
        w: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let d = w.len();
        let at = PhasePoint { w, ..self.at };
        let mut gradient = work.take(2 * d);
        self.function.gradient(work, at, &mut gradient)?;
        for ((r, f), u) in residual.iter_mut().zip(&gradient[d..]).zip(self.at.w) {
            *r = f - u;
        }
        work.give(gradient);
        if let Some(jacobian) = jacobian {
            let mut hessian = work.take(4 * d * d);
            self.function.hessian(work, at, &mut hessian)?;
            second_variable_block(&hessian, d, jacobian);
            work.give(hessian);
        }
        Ok(())
    }
}

/// Copies the block f_ww, D x D, of the second derivatives, 2 D x 2 D.
pub(super) fn second_variable_block(hessian: &[f64], d: usize, block: &mut [f64]) {
    for (j, column) in block.chunks_exact_mut(d).enumerate() {
        column.copy_from_slice(&hessian[(d + j) * 2 * d + d..][..d]);
    }
}

/// The Legendre transform g of a function f: the Hamiltonian of a Lagrangian, the Lagrangian of a
/// Hamiltonian. At each point the variable of f is found by Newton's method, from 0 on: one
/// iteration where f is quadratic in it.
#[derive(Debug, Clone)]
pub struct LegendreTransform<F>(pub F);

impl<F: PhaseSpaceFunction> LegendreTransform<F> {
    /// Computes the variable of f at a point of g; the list is to be given back to the workspace.
    fn conjugate(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint) -> Result<Vec<f64>> {
        let mut w = work.take(at.w.len());
        invert(&self.0, work, at, &mut w)?;
        Ok(w)
    }

    /// Error where f_ww is singular.
    fn singular(time: f64) -> Error {
        let names = F::Variable::LEGENDRE;
        let variable = F::Variable::NAME;
        Error::Singular {
            path: names.path.into(),
            matrix: names.matrix.into(),
            time,
            remedy: format!(
                "the function must be curved in every {variable} to have a Legendre transform"
            ),
        }
    }
}

impl<F: PhaseSpaceFunction> PhaseSpaceFunction for LegendreTransform<F> {
    type Variable = <F::Variable as SecondVariable>::Conjugate;

    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn value(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint) -> Result<f64> {
        let w = self.conjugate(work, at)?;
        let product: f64 = at.w.iter().zip(&w).map(|(u, w)| u * w).sum();
        let value = self.0.value(work, PhasePoint { w: &w, ..at })?;
        work.give(w);
        Ok(product - value)
    }

    /// Gradient `g_x = -f_x`; the derivative in the new variable is the old one.
    fn gradient(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        gradient: &mut [f64],
    ) -> Result<()> {
        let w = self.conjugate(work, at)?;
        self.0
            .gradient(work, PhasePoint { w: &w, ..at }, gradient)?;
        let (of_x, of_u) = gradient.split_at_mut(w.len());
        of_x.iter_mut().for_each(|g| *g = -*g);
        of_u.copy_from_slice(&w);
        work.give(w);
        Ok(())
    }

    /// Second derivatives `g_uu = f_ww^-1`, `g_ux = -f_ww^-1 f_wx`,
    /// `g_xx = -f_xx + f_xw f_ww^-1 f_wx`.
    fn hessian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        hessian: &mut [f64],
    ) -> Result<()> {
        let w = self.conjugate(work, at)?;
        self.0.hessian(work, PhasePoint { w: &w, ..at }, hessian)?;
        work.give(w);
        let d = self.dimension();
        let n = 2 * d;
        let mut right = work.take(d * n);
        // Columns of -f_wx, then of 1.
        for (j, column) in right.chunks_exact_mut(d).enumerate() {
            if j < d {
                let from = &hessian[j * n + d..][..d];
                column.iter_mut().zip(from).for_each(|(to, f)| *to = -f);
            } else {
                column[j - d] = 1.0;
            }
        }
        if !solve_block(work, hessian, d, &mut right) {
            return Err(Self::singular(at.time));
        }
        for j in 0..d {
            for i in 0..d {
                let carried: f64 = (0..d)
                    .map(|k| hessian[(d + k) * n + i] * right[j * d + k])
                    .sum();
                hessian[j * n + i] = -hessian[j * n + i] - carried;
            }
        }
        for j in 0..d {
            for i in 0..d {
                hessian[j * n + d + i] = right[j * d + i];
                hessian[(d + i) * n + j] = right[j * d + i];
                hessian[(d + j) * n + d + i] = right[(d + j) * d + i];
            }
        }
        work.give(right);
        Ok(())
    }

    /// Time derivative of the conjugate variable: `f_w(t, x, w(t, x, u)) = u`, so
    /// `w_t = -f_ww^-1 f_wt`.
    fn conjugate_rate(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        rate: &mut [f64],
    ) -> Result<()> {
        let w = self.conjugate(work, at)?;
        let d = w.len();
        let mut hessian = work.take(4 * d * d);
        let inner = PhasePoint { w: &w, ..at };
        self.0.hessian(work, inner, &mut hessian)?;
        self.0.conjugate_rate(work, inner, rate)?;
        work.give(w);
        let regular = solve_block(work, &hessian, d, rate);
        work.give(hessian);
        rate.iter_mut().for_each(|r| *r = -*r);
        regular.then_some(()).ok_or_else(|| Self::singular(at.time))
    }
}

/// Solves `f_ww X = B` in place of `B`, for each column of `B`; false if f_ww is singular.
pub(super) fn solve_block(
    work: &mut PhaseSpaceWorkspace,
    hessian: &[f64],
    d: usize,
    b: &mut [f64],
) -> bool {
    let mut lu = work.take_factor();
    let mut block = work.take(d * d);
    second_variable_block(hessian, d, &mut block);
    let regular = lu.factor(&block, d);
    if regular {
        lu.solve(b);
    }
    work.give(block);
    work.give_factor(lu);
    regular
}
