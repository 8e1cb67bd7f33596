//! The discrete action of a path between two ends, with its derivatives.

use super::problem::BoundaryProblem;
use crate::error::{check, Result};
use crate::mechanics::{Chord, DiscreteLagrangian, PhaseSpaceWorkspace, VariationalMethod};
use crate::solve::{BlockMatrix, Layout};

/// Discrete action `sum L_d(x_n, x_(n+1)) + sum (R_m/2) (x - y)^2` over a mesh whose nodes are the
/// points and those of the steps between them. Fixed ends are not different here: see
/// [`DiscreteAction::fixed`].
#[derive(Clone)]
pub(super) struct DiscreteAction {
    pub problem: BoundaryProblem,
    pub method: VariationalMethod,
    pub work: PhaseSpaceWorkspace,
    /// Number of evaluations of discrete Lagrangians so far.
    pub evaluations: usize,
    first: Vec<f64>,
    second: Vec<f64>,
    block: Vec<f64>,
}

/// Action of a path, as a sum.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ActionSum {
    pub value: f64,
    /// Sum of the sizes of the terms: rounding changes the value by 1e-16 of this.
    pub size: f64,
}

impl DiscreteAction {
    pub fn new(
        problem: &BoundaryProblem,
        method: VariationalMethod,
        steps_per_point: usize,
    ) -> Self {
        let (d, mut problem) = (problem.dimension(), problem.clone());
        problem.grid.steps_per_point = steps_per_point;
        DiscreteAction {
            problem,
            method,
            work: PhaseSpaceWorkspace::default(),
            evaluations: 0,
            first: vec![0.0; d],
            second: vec![0.0; d],
            block: vec![0.0; 4 * d * d],
        }
    }

    /// Number of coordinates, D.
    pub fn dimension(&self) -> usize {
        self.problem.dimension()
    }

    pub fn nodes(&self) -> usize {
        (self.problem.grid.points - 1) * self.parts() + 1
    }

    /// Number of unknowns, nodes x D.
    pub fn unknowns(&self) -> usize {
        self.nodes() * self.dimension()
    }

    /// Number of steps from point to point.
    fn parts(&self) -> usize {
        self.problem.grid.steps_per_point
    }

    /// Length h of a step from node to node.
    pub fn step(&self) -> f64 {
        self.problem.grid.step()
    }

    /// Time of a node: the same sum as that of an orbit, so that both have the same times.
    pub fn time(&self, node: usize) -> f64 {
        let (point, inner) = (node / self.parts(), node % self.parts());
        self.problem.grid.time(point) + inner as f64 * self.step()
    }

    /// Index of the point at a node; `None` if the node is between points.
    pub fn point(&self, node: usize) -> Option<usize> {
        let whole = node.is_multiple_of(self.parts());
        whole.then_some(node / self.parts())
    }

    /// Index of the node of a point.
    pub fn node(&self, point: usize) -> usize {
        point * self.parts()
    }

    pub fn is_fixed(&self, node: usize) -> bool {
        self.point(node).is_some_and(|p| self.problem.is_fixed(p))
    }

    /// Flags of the unknowns that belong to a fixed state.
    pub fn fixed(&self) -> Vec<bool> {
        let d = self.dimension();
        (0..self.unknowns()).map(|i| self.is_fixed(i / d)).collect()
    }

    /// Layout in which every node is coupled with the next.
    ///
    /// # Errors
    /// None, for a problem that passed its checks.
    pub fn layout(&self) -> Result<Layout> {
        let mut couples = vec![1; self.nodes()];
        couples[self.nodes() - 1] = 0;
        Layout::new(self.dimension(), self.nodes(), 0, couples)
    }

    /// States at the nodes, on straight lines between points.
    pub fn spread(&self, path: &[f64]) -> Vec<f64> {
        let (d, steps) = (self.dimension(), self.parts());
        let mut nodes = Vec::with_capacity(self.unknowns());
        for ends in path.windows(2 * d).step_by(d) {
            let (from, to) = ends.split_at(d);
            nodes.extend_from_slice(from);
            for k in 1..steps {
                let share = k as f64 / steps as f64;
                nodes.extend(from.iter().zip(to).map(|(a, b)| a + share * (b - a)));
            }
        }
        nodes.extend_from_slice(&path[path.len() - d..]);
        nodes
    }

    /// The states at the points.
    pub fn at_points(&self, nodes: &[f64]) -> Vec<f64> {
        let states = nodes.chunks_exact(self.dimension());
        states.step_by(self.parts()).flatten().copied().collect()
    }

    /// Evaluates the action. The gradient is written to the last argument.
    ///
    /// # Errors
    /// Those of discrete Lagrangians, and values that are not finite.
    pub fn gradient(&mut self, path: &[f64], gradient: &mut [f64]) -> Result<ActionSum> {
        let d = self.dimension();
        let (mut value, mut size) = (0.0, 0.0);
        gradient.fill(0.0);
        for n in 0..self.nodes() - 1 {
            let term = self.slopes(path, n)?;
            value += term;
            size += term.abs();
            let ends = n * d..(n + 2) * d;
            let to = gradient[ends.clone()].iter_mut().zip(&path[ends]);
            for ((to, x), slope) in to.zip(self.first.iter().chain(&self.second)) {
                *to += slope;
                size += (slope * x).abs();
            }
        }
        for (point, impulse) in self.problem.all_impulses() {
            let at = self.node(point) * d + impulse.component;
            let error = path[at] - impulse.value;
            let jump = impulse.precision * error;
            gradient[at] += jump;
            value += 0.5 * jump * error;
            size += (jump * impulse.value).abs();
        }
        check::finite("action", value)?;
        let all: f64 = gradient.iter().map(|g| g * 0.0).sum();
        check::finite("gradient", all)?;
        Ok(ActionSum { value, size })
    }

    /// Evaluates `L_d` of the step from a node on; its derivatives are then
    /// [`DiscreteAction::ends`].
    ///
    /// # Errors
    /// Those of the discrete Lagrangian.
    pub fn slopes(&mut self, path: &[f64], node: usize) -> Result<f64> {
        let chord = self.chord(path, node);
        self.evaluations += 1;
        let l = DiscreteLagrangian::new(self.problem.system.lagrangian(), self.method);
        l.gradient(&mut self.work, chord, &mut self.first, &mut self.second)
    }

    /// The step from a node to the next.
    fn chord<'a>(&self, path: &'a [f64], node: usize) -> Chord<'a> {
        let d = self.dimension();
        let (x0, x1) = path[node * d..][..2 * d].split_at(d);
        Chord {
            time: self.time(node),
            time_step: self.step(),
            x0,
            x1,
        }
    }

    /// Derivatives `D1 L_d` and `D2 L_d` of the step evaluated last.
    pub fn ends(&self) -> (&[f64], &[f64]) {
        (&self.first, &self.second)
    }

    /// Second derivatives `((D1 D1 L_d, D1 D2 L_d), (D2 D1 L_d, D2 D2 L_d))` of a step: 2 D x 2 D.
    ///
    /// # Errors
    /// Those of the discrete Lagrangian.
    pub fn block(&mut self, chord: Chord) -> Result<&[f64]> {
        self.evaluations += 1;
        let l = DiscreteLagrangian::new(self.problem.system.lagrangian(), self.method);
        l.hessian(&mut self.work, chord, &mut self.block)?;
        Ok(&self.block)
    }

    /// Writes the second derivatives of the action.
    ///
    /// # Errors
    /// Those of discrete Lagrangians, and values that are not finite.
    pub fn hessian(&mut self, path: &[f64], hessian: &mut BlockMatrix) -> Result<()> {
        let d = self.dimension();
        hessian.set_zero();
        for n in 0..self.nodes() - 1 {
            let block = self.block(self.chord(path, n))?;
            let all: f64 = block.iter().map(|h| h * 0.0).sum();
            check::finite("second derivative", all)?;
            for j in 0..2 * d {
                for i in j..2 * d {
                    hessian.add(n * d + i, n * d + j, block[j * 2 * d + i]);
                }
            }
        }
        for (point, impulse) in self.problem.all_impulses() {
            let at = self.node(point) * d + impulse.component;
            hessian.add(at, at, impulse.precision);
        }
        Ok(())
    }
}
