//! One step of the states through `x' = F + p / R_f` by a Runge-Kutta method, with costates that
//! are given at its stages, and the step back of the costates that is its exact adjoint. If the
//! costates of both agree, the two are a symplectic step: W. W. Hager, Numer. Math. 87, 2000; J. M.
//! Sanz-Serna, SIAM Review 58, 2016.

use crate::error::{Error, Result};
use crate::mechanics::integrate::gauss_points;
use crate::mechanics::newton::{newton, EquationNames, Equations};
use crate::mechanics::{ContinuousAction, IntegrationMethod, PhaseSpaceWorkspace};
use crate::solve::dense::size;

const EQUATIONS: EquationNames = EquationNames {
    path: "timeStep",
    equations: "the equations of a step of the states",
    matrix: "the Jacobian of a step of the states",
    remedy: "use a shorter time step, or more steps per point",
};

/// Coefficients of the method for the states, and of the method for the costates.
#[derive(Debug, Clone)]
pub(super) struct PartitionedScheme {
    /// Coefficients of the states' stages, s x s, row-major.
    a: Vec<f64>,
    b: Vec<f64>,
    c: Vec<f64>,
    /// Coefficients `b_j a_ji / b_i` of the costate at stage i, which follows from that at the end
    /// of the step.
    back: Vec<f64>,
}

/// One step of the scheme, from `time` to `time + h`.
pub(super) struct PartitionedStep<'a> {
    pub scheme: &'a PartitionedScheme,
    pub action: &'a ContinuousAction,
    pub time: f64,
    pub h: f64,
}

impl PartitionedScheme {
    /// Finds the partitioned scheme of an integrator.
    ///
    /// # Errors
    /// Maps that are not symplectic, and those that are composed of others.
    pub fn of(method: IntegrationMethod) -> Result<PartitionedScheme> {
        let (a, b, c) = match method {
            IntegrationMethod::SymplecticEuler => (vec![0.0], vec![1.0], vec![0.0]),
            IntegrationMethod::SymplecticEulerAdjoint => (vec![1.0], vec![1.0], vec![1.0]),
            // The states see the trapezoidal rule.
            IntegrationMethod::StormerVerlet => {
                (vec![0.0, 0.0, 0.5, 0.5], vec![0.5; 2], vec![0.0, 1.0])
            }
            _ => match gauss_points(method) {
                Some(tableau) => (tableau.a.to_vec(), tableau.b(), tableau.c.to_vec()),
                None => {
                    return Err(Error::WrongShape {
                        path: "integrator".into(),
                        message: format!(
                            "{} has no sweeps of its own for states and costates: use \
                            symplectic-euler (the residual network and its backpropagation), \
                            symplectic-euler-adjoint, stormer-verlet, implicit-midpoint, \
                            gauss-legendre-4 or gauss-legendre-6, or the method multiple-shooting",
                            method.name()
                        ),
                    })
                }
            },
        };
        let s = b.len();
        let pairs = (0..s).flat_map(|i| (0..s).map(move |j| (i, j)));
        let back = pairs.map(|(i, j)| b[j] * a[j * s + i] / b[i]).collect();
        Ok(PartitionedScheme { a, b, c, back })
    }

    /// Number of stages, s.
    pub fn stages(&self) -> usize {
        self.b.len()
    }

    /// Weights of the stages in integrals over the step.
    pub fn weights(&self) -> &[f64] {
        &self.b
    }

    /// Place of a stage's costate, as a fraction of the step.
    pub fn place(&self, stage: usize) -> f64 {
        let s = self.stages();
        1.0 - self.back[stage * s..][..s].iter().sum::<f64>()
    }

    /// True if every stage is at the beginning of the step.
    fn is_explicit(&self) -> bool {
        self.a.iter().all(|a| *a == 0.0)
    }
}

impl PartitionedStep<'_> {
    /// Moves the state on with the costates `p` of the stages, and writes the states of the stages.
    ///
    /// # Errors
    /// Implicit equations that are not solved.
    pub fn forward(
        &self,
        work: &mut PhaseSpaceWorkspace,
        p: &[f64],
        x: &mut [f64],
        stages: &mut [f64],
    ) -> Result<()> {
        let PartitionedStep {
            scheme, time, h, ..
        } = *self;
        let (d, s) = (x.len(), scheme.stages());
        let mut slope = work.take(d);
        if scheme.is_explicit() {
            stages.copy_from_slice(x);
        } else {
            let mut increments = work.take(s * d);
            for (i, increment) in increments.chunks_exact_mut(d).enumerate() {
                self.slope(work, i, x, p, increment);
                increment.iter_mut().for_each(|w| *w *= scheme.c[i] * h);
            }
            let mut equations = StateEquations { step: self, x, p };
            let solved = newton(EQUATIONS, time, work, &mut increments, &mut equations);
            let pairs = stages.chunks_exact_mut(d).zip(increments.chunks_exact(d));
            for (stage, increment) in pairs {
                stage.copy_from_slice(x);
                add(1.0, increment, stage);
            }
            work.give(increments);
            solved?;
        }
        for (i, stage) in stages.chunks_exact(d).enumerate() {
            self.slope(work, i, stage, p, &mut slope);
            add(h * scheme.b[i], &slope, x);
        }
        work.give(slope);
        Ok(())
    }

    fn time_of(&self, stage: usize) -> f64 {
        self.time + self.scheme.c[stage] * self.h
    }

    /// Writes the slope `F + p / R_f` at a stage.
    fn slope(
        &self,
        work: &mut PhaseSpaceWorkspace,
        stage: usize,
        x: &[f64],
        p: &[f64],
        slope: &mut [f64],
    ) {
        self.action.flow(work, self.time_of(stage), x, slope);
        let p = &p[stage * x.len()..][..x.len()];
        for ((to, p), precision) in slope.iter_mut().zip(p).zip(&self.action.model_precision) {
            *to += p / precision;
        }
    }

    /// Moves the costate back through the states of the stages, and writes the costates of the
    /// stages: the gradient of the action in the quantities that the states follow from.
    ///
    /// # Errors
    /// Equations without solution.
    pub fn backward(
        &self,
        work: &mut PhaseSpaceWorkspace,
        stages: &[f64],
        p: &mut [f64],
        costates: &mut [f64],
    ) -> Result<()> {
        let PartitionedStep {
            scheme, action, h, ..
        } = *self;
        let (d, s) = (p.len(), scheme.stages());
        let rows = s * d;
        let at = |j: usize| (self.time_of(j), &stages[j * d..][..d]);
        for costate in costates.chunks_exact_mut(d) {
            costate.copy_from_slice(p);
        }
        if scheme.back.iter().any(|w| *w != 0.0) {
            let mut matrix = work.take(rows * rows);
            let mut df = work.take(d * d);
            for j in 0..s {
                let (time, x) = at(j);
                action.jacobian(work, time, x, &mut df);
                for i in 0..s {
                    let weight = h * scheme.back[i * s + j];
                    // Columns of DF are rows of its transpose.
                    for (r, column) in df.chunks_exact(d).enumerate() {
                        for (q, value) in column.iter().enumerate() {
                            matrix[(j * d + q) * rows + i * d + r] = -weight * value;
                        }
                    }
                    for (component, precision, misfit) in action.misfits(time, x) {
                        costates[i * d + component] -= weight * precision * misfit;
                    }
                }
            }
            for k in 0..rows {
                matrix[k * rows + k] += 1.0;
            }
            let mut lu = work.take_factor();
            let regular = lu.factor(&matrix, rows);
            if regular {
                lu.solve(costates);
            }
            work.give_factor(lu);
            work.give(df);
            work.give(matrix);
            if !regular {
                return Err(EQUATIONS.singular(self.time));
            }
        }
        let mut rate = work.take(d);
        for (j, costate) in costates.chunks_exact(d).enumerate() {
            let (time, x) = at(j);
            rate.fill(0.0);
            action.add_pull_back(work, time, x, costate, &mut rate);
            for (component, precision, misfit) in action.misfits(time, x) {
                rate[component] -= precision * misfit;
            }
            add(h * scheme.b[j], &rate, p);
        }
        work.give(rate);
        Ok(())
    }

    /// Discrete action of the step, `h sum b (|p|^2 / (2 R_f) + (R_m/2) |P (x - y)|^2)`, also where
    /// R_f is infinite.
    pub fn action(&self, p: &[f64], stages: &[f64]) -> f64 {
        let action = self.action;
        let d = action.dimension();
        let pairs = p.chunks_exact(d).zip(stages.chunks_exact(d)).enumerate();
        let costs = pairs.map(|(i, (p, x))| {
            let terms = p.iter().zip(&action.model_precision);
            let of_model: f64 = terms.map(|(p, r)| p * p / r).sum();
            let of_data = action.losses(self.time_of(i), x, |r, misfit| r * misfit * misfit);
            self.scheme.b[i] * (of_model + of_data)
        });
        0.5 * self.h * costs.sum::<f64>()
    }
}

/// Adds `factor v` to `to`.
fn add(factor: f64, v: &[f64], to: &mut [f64]) {
    for (to, v) in to.iter_mut().zip(v) {
        *to += factor * v;
    }
}

/// Equations `W_i = h sum_j a_ij (F + p / R_f)(x + W_j)` for the increments W of the states at the
/// stages.
struct StateEquations<'a> {
    step: &'a PartitionedStep<'a>,
    x: &'a [f64],
    p: &'a [f64],
}

impl Equations for StateEquations<'_> {
    fn evaluate(
        &mut self,
        work: &mut PhaseSpaceWorkspace,
        increments: &[f64],
        residual: &mut [f64],
        mut jacobian: Option<&mut [f64]>,
    ) -> Result<()> {
        let PartitionedStep {
            scheme, action, h, ..
        } = *self.step;
        let (d, s, rows) = (self.x.len(), scheme.stages(), increments.len());
        residual.copy_from_slice(increments);
        let (mut stage, mut slope) = (work.take(d), work.take(d));
        let mut df = work.take(d * d);
        for (j, increment) in increments.chunks_exact(d).enumerate() {
            stage.copy_from_slice(self.x);
            add(1.0, increment, &mut stage);
            self.step.slope(work, j, &stage, self.p, &mut slope);
            let weight = |i: usize| h * scheme.a[i * s + j];
            for (i, residual) in residual.chunks_exact_mut(d).enumerate() {
                add(-weight(i), &slope, residual);
            }
            if let Some(jacobian) = jacobian.as_deref_mut() {
                action.jacobian(work, self.step.time_of(j), &stage, &mut df);
                for (q, column) in df.chunks_exact(d).enumerate() {
                    let to = &mut jacobian[(j * d + q) * rows..][..rows];
                    to.fill(0.0);
                    to[j * d + q] = 1.0;
                    for (i, to) in to.chunks_exact_mut(d).enumerate() {
                        add(-weight(i), column, to);
                    }
                }
            }
        }
        work.give(df);
        work.give(slope);
        work.give(stage);
        Ok(())
    }

    fn sizes(&self, increments: &[f64], sizes: &mut [f64]) {
        for (k, (to, w)) in sizes.iter_mut().zip(increments).enumerate() {
            *to = w.abs() + self.x[k % self.x.len()].abs();
        }
    }

    fn relative(&self, increments: &[f64], step: &[f64]) -> f64 {
        let scale = size(increments).max(size(self.x));
        size(step) / scale.max(f64::MIN_POSITIVE)
    }
}
