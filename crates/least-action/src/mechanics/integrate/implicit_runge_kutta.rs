//! Gauss's collocation methods: implicit Runge-Kutta methods whose stages are found together by
//! Newton's method with the exact Jacobian.

use super::one_step_map::{relative, MapStep, EQUATIONS};
use crate::error::Result;
use crate::mechanics::newton::{newton, Equations};
use crate::mechanics::{Hamiltonian, IntegrationMethod, PhasePoint, PhaseSpaceWorkspace};

/// Coefficients of a collocation method of s stages.
#[derive(Debug)]
pub(in crate::mechanics) struct GaussTableau {
    /// Coefficients of the stages, s x s, row-major.
    pub a: &'static [f64],
    pub c: &'static [f64],
    /// Weights `b^T A^-1` of the stages' increments in the step, `z1 = z0 + sum_i d_i (Z_i - z0)`,
    /// which needs no further evaluation.
    d: &'static [f64],
}

impl GaussTableau {
    /// Weights of the stages' slopes, `d^T A`.
    pub fn b(&self) -> Vec<f64> {
        let rows = || self.d.iter().zip(self.a.chunks_exact(self.c.len()));
        let stages = 0..self.c.len();
        stages
            .map(|j| rows().map(|(d, row)| d * row[j]).sum())
            .collect()
    }
}

const ROOT_3: f64 = 1.732_050_807_568_877_2;
const ROOT_15: f64 = 3.872_983_346_207_417;

pub(super) const GAUSS_2: GaussTableau = GaussTableau {
    a: &[0.5],
    c: &[0.5],
    d: &[2.0],
};

pub(super) const GAUSS_4: GaussTableau = GaussTableau {
    a: &[0.25, 0.25 - ROOT_3 / 6.0, 0.25 + ROOT_3 / 6.0, 0.25],
    c: &[0.5 - ROOT_3 / 6.0, 0.5 + ROOT_3 / 6.0],
    d: &[-ROOT_3, ROOT_3],
};

pub(super) const GAUSS_6: GaussTableau = GaussTableau {
    a: &[
        5.0 / 36.0,
        2.0 / 9.0 - ROOT_15 / 15.0,
        5.0 / 36.0 - ROOT_15 / 30.0,
        5.0 / 36.0 + ROOT_15 / 24.0,
        2.0 / 9.0,
        5.0 / 36.0 - ROOT_15 / 24.0,
        5.0 / 36.0 + ROOT_15 / 30.0,
        2.0 / 9.0 + ROOT_15 / 15.0,
        5.0 / 36.0,
    ],
    c: &[0.5 - ROOT_15 / 10.0, 0.5, 0.5 + ROOT_15 / 10.0],
    d: &[5.0 / 3.0, -4.0 / 3.0, 5.0 / 3.0],
};

/// Coefficients of a method that collocates at Gauss points; `None` for others.
pub(in crate::mechanics) fn gauss_points(
    method: IntegrationMethod,
) -> Option<&'static GaussTableau> {
    match method {
        IntegrationMethod::ImplicitMidpoint => Some(&GAUSS_2),
        IntegrationMethod::GaussLegendre4 => Some(&GAUSS_4),
        IntegrationMethod::GaussLegendre6 => Some(&GAUSS_6),
        _ => None,
    }
}

/// Makes one step; returns the number of Newton iterations.
pub(super) fn implicit_runge_kutta(
    hamiltonian: &dyn Hamiltonian,
    step: MapStep,
    tableau: &GaussTableau,
) -> Result<usize> {
    let MapStep {
        work,
        time,
        h,
        z,
        tangent,
    } = step;
    let mut increments = work.take(tableau.c.len() * z.len());
    let mut equations = StageEquations::new(hamiltonian, tableau, (time, h), z);
    let solved = equations.solve(work, &mut increments);
    if let (Ok(_), Some(tangent)) = (&solved, tangent) {
        propagate(&mut equations, work, &increments, tangent)?;
    }
    combine(tableau, &increments, z);
    work.give(increments);
    solved
}

/// Adds `sum_i d_i increment_i` to z.
pub(in crate::mechanics) fn combine(tableau: &GaussTableau, increments: &[f64], z: &mut [f64]) {
    let n = z.len();
    for (k, z) in z.iter_mut().enumerate() {
        let terms = tableau.d.iter().enumerate();
        *z += terms.map(|(i, d)| d * increments[i * n + k]).sum::<f64>();
    }
}

/// Equations `Z_i - z0 = h sum_j a_ij f(Z_j)` of the stages' increments `Z_i - z0`.
pub(in crate::mechanics) struct StageEquations<'a> {
    hamiltonian: &'a dyn Hamiltonian,
    tableau: &'a GaussTableau,
    time: f64,
    h: f64,
    z: &'a [f64],
}

impl<'a> StageEquations<'a> {
    /// Makes the equations of the step of the length h from a time and z0 on.
    pub fn new(
        hamiltonian: &'a dyn Hamiltonian,
        tableau: &'a GaussTableau,
        (time, h): (f64, f64),
        z: &'a [f64],
    ) -> Self {
        StageEquations {
            hamiltonian,
            tableau,
            time,
            h,
            z,
        }
    }

    /// Finds the increments, from zeros on; returns the number of Newton iterations.
    ///
    /// # Errors
    /// Those of Newton's method, whose best iterate is left.
    pub fn solve(
        &mut self,
        work: &mut PhaseSpaceWorkspace,
        increments: &mut [f64],
    ) -> Result<usize> {
        // Newton's method begins on the line along the flow.
        let n = self.z.len();
        let mut flow = work.take(n);
        let at = PhasePoint::joined(self.time, self.z);
        self.hamiltonian.flow(work, at, &mut flow)?;
        for (increment, c) in increments.chunks_exact_mut(n).zip(self.tableau.c) {
            for (to, f) in increment.iter_mut().zip(&flow) {
                *to = c * self.h * f;
            }
        }
        work.give(flow);
        newton(EQUATIONS, self.time, work, increments, self)
    }

    /// Evaluates the flow or its Jacobian at every stage.
    fn at_stages(
        &self,
        work: &mut PhaseSpaceWorkspace,
        increments: &[f64],
        mut each: impl FnMut(&mut PhaseSpaceWorkspace, usize, PhasePoint) -> Result<()>,
    ) -> Result<()> {
        let n = self.z.len();
        let mut point = work.take(n);
        for (j, increment) in increments.chunks_exact(n).enumerate() {
            for ((to, z), i) in point.iter_mut().zip(self.z).zip(increment) {
                *to = z + i;
            }
            let time = self.time + self.tableau.c[j] * self.h;
            each(work, j, PhasePoint::joined(time, &point))?;
        }
        work.give(point);
        Ok(())
    }

    /// Coefficient `h a_ij`.
    fn weight(&self, i: usize, j: usize) -> f64 {
        self.h * self.tableau.a[i * self.tableau.c.len() + j]
    }

    /// Writes the Jacobian `1 - h a_ij Df(Z_j)`; the Jacobians Df of the stages, one after the
    /// other, are written to the last argument.
    pub fn jacobian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        increments: &[f64],
        matrix: &mut [f64],
        of_flow: &mut [f64],
    ) -> Result<()> {
        let (n, rows) = (self.z.len(), increments.len());
        self.at_stages(work, increments, |work, j, at| {
            let df = &mut of_flow[j * n * n..][..n * n];
            self.hamiltonian.jacobian(work, at, df)?;
            for (l, column) in df.chunks_exact(n).enumerate() {
                let to = &mut matrix[(j * n + l) * rows..][..rows];
                for (i, to) in to.chunks_exact_mut(n).enumerate() {
                    let weight = self.weight(i, j);
                    for (to, value) in to.iter_mut().zip(column) {
                        *to = -weight * value;
                    }
                }
                to[j * n + l] += 1.0;
            }
            Ok(())
        })
    }

    /// Writes `h sum_j a_ij Df(Z_j) v` for each stage i, the change of the right sides by a change
    /// v of z0, from the Jacobians that [`StageEquations::jacobian`] wrote.
    pub fn answer(&self, of_flow: &[f64], v: &[f64], right: &mut [f64]) {
        let n = self.z.len();
        right.fill(0.0);
        for (j, df) in of_flow.chunks_exact(n * n).enumerate() {
            for (i, right) in right.chunks_exact_mut(n).enumerate() {
                let weight = self.weight(i, j);
                for (entries, v) in df.chunks_exact(n).zip(v) {
                    let v = weight * v;
                    for (to, entry) in right.iter_mut().zip(entries) {
                        *to += entry * v;
                    }
                }
            }
        }
    }

    /// Writes the change of the right sides by a change of one number of z0 by 1: see
    /// [`StageEquations::answer`].
    pub fn answer_to_one(&self, of_flow: &[f64], number: usize, right: &mut [f64]) {
        let n = self.z.len();
        right.fill(0.0);
        for (j, df) in of_flow.chunks_exact(n * n).enumerate() {
            let column = &df[number * n..][..n];
            for (i, right) in right.chunks_exact_mut(n).enumerate() {
                let weight = self.weight(i, j);
                for (to, entry) in right.iter_mut().zip(column) {
                    *to += entry * weight;
                }
            }
        }
    }
}

impl Equations for StageEquations<'_> {
    fn evaluate(
        &mut self,
        work: &mut PhaseSpaceWorkspace,
        increments: &[f64],
        residual: &mut [f64],
        jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let n = self.z.len();
        let mut flow = work.take(n);
        residual.copy_from_slice(increments);
        self.at_stages(work, increments, |work, j, at| {
            self.hamiltonian.flow(work, at, &mut flow)?;
            for (i, r) in residual.chunks_exact_mut(n).enumerate() {
                let weight = self.weight(i, j);
                for (r, f) in r.iter_mut().zip(&flow) {
                    *r -= weight * f;
                }
            }
            Ok(())
        })?;
        work.give(flow);
        if let Some(jacobian) = jacobian {
            let mut of_flow = work.take(increments.len() * n);
            self.jacobian(work, increments, jacobian, &mut of_flow)?;
            work.give(of_flow);
        }
        Ok(())
    }

    fn sizes(&self, increments: &[f64], sizes: &mut [f64]) {
        let n = self.z.len();
        let stages = sizes.chunks_exact_mut(n).zip(increments.chunks_exact(n));
        for (sizes, increments) in stages {
            for ((to, i), z) in sizes.iter_mut().zip(increments).zip(self.z) {
                *to = i.abs() + z.abs();
            }
        }
    }

    fn relative(&self, increments: &[f64], step: &[f64]) -> f64 {
        let d = self.z.len() / 2;
        let mut worst = 0.0f64;
        for (k, change) in step.chunks_exact(d).enumerate() {
            let begin = &self.z[(k % 2) * d..][..d];
            worst = worst.max(relative(change, &increments[k * d..][..d], begin));
        }
        worst
    }
}

/// Multiplies columns by the derivative of the step: the stages' equations, differentiated.
fn propagate(
    stages: &mut StageEquations,
    work: &mut PhaseSpaceWorkspace,
    increments: &[f64],
    tangent: &mut [f64],
) -> Result<()> {
    let (n, rows) = (stages.z.len(), increments.len());
    let mut matrix = work.take(rows * rows);
    let mut of_flow = work.take(rows * n);
    stages.jacobian(work, increments, &mut matrix, &mut of_flow)?;
    let mut lu = work.take_factor();
    if !lu.factor(&matrix, rows) {
        return Err(EQUATIONS.singular(stages.time));
    }
    let mut right = work.take(rows);
    for column in tangent.chunks_exact_mut(n) {
        stages.answer(&of_flow, column, &mut right);
        lu.solve(&mut right);
        combine(stages.tableau, &right, column);
    }
    work.give(right);
    work.give_factor(lu);
    work.give(of_flow);
    work.give(matrix);
    Ok(())
}
