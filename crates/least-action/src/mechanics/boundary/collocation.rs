//! Collocation of the canonical equations at Gauss points: the stages of every step are unknowns
//! too, eliminated step by step. U. M. Ascher, R. M. M. Mattheij, R. D. Russell, Numerical Solution
//! of Boundary Value Problems for Ordinary Differential Equations, 1995.

use super::mesh::{hermite, step_error, Mesh};
use super::problem::BoundaryProblem;
use super::segment_map::{SegmentMap, Sizes};
use super::step_action::step_action;
use crate::error::{Error, Result};
use crate::mechanics::integrate::{combine, gauss_points, GaussTableau, StageEquations};
use crate::mechanics::newton::Equations;
use crate::mechanics::{IntegrationMethod, PhasePoint, PhaseSpaceWorkspace};
use crate::solve::dense::{identity, larger, Lu};

/// Segments of single steps by collocation.
pub(super) struct Collocation {
    problem: BoundaryProblem,
    method: IntegrationMethod,
    tableau: &'static GaussTableau,
    mesh: Mesh,
    stages: Vec<StepStages>,
    work: PhaseSpaceWorkspace,
    steps: usize,
}

/// Stages of one step, with their change in a Newton step.
#[derive(Debug, Clone, Default)]
struct StepStages {
    /// Increments: stages less the state at the beginning, s x 2 D.
    increments: Vec<f64>,
    trial: Vec<f64>,
    factor: Lu,
    /// Change of the stages by their own equations, if the beginning stays.
    settling: Vec<f64>,
    /// Change of the stages by a change of the beginning, 2 D columns.
    response: Vec<f64>,
}

impl Collocation {
    /// Makes the stages, on straight lines between the nodes `z`.
    ///
    /// # Errors
    /// A method that does not collocate.
    pub fn new(
        problem: &BoundaryProblem,
        method: IntegrationMethod,
        mesh: Mesh,
        z: &[f64],
    ) -> Result<Self> {
        let Some(tableau) = gauss_points(method) else {
            return Err(Error::WrongShape {
                path: "integrator".into(),
                message: format!(
                    "{} does not collocate: use implicit-midpoint, gauss-legendre-4 or \
                    gauss-legendre-6, or the method multiple-shooting",
                    method.name()
                ),
            });
        };
        let n = 2 * problem.dimension();
        let mut begin = vec![0.0; n];
        let stages = (0..mesh.steps()).map(|k| {
            begin.copy_from_slice(&z[k * n..][..n]);
            mesh.apply_impulses(problem, k, &mut begin, None);
            let end = &z[(k + 1) * n..][..n];
            let increments = tableau.c.iter().flat_map(|c| {
                let pairs = begin.iter().zip(end);
                pairs.map(move |(a, b)| c * (b - a))
            });
            let increments: Vec<f64> = increments.collect();
            StepStages {
                trial: increments.clone(),
                settling: increments.clone(),
                response: vec![0.0; increments.len() * n],
                increments,
                factor: Lu::default(),
            }
        });
        Ok(Collocation {
            problem: problem.clone(),
            method,
            tableau,
            stages: stages.collect(),
            mesh,
            work: PhaseSpaceWorkspace::default(),
            steps: 0,
        })
    }
}

/// Maximum number of parts of a step at one refinement: errors that large say little more than that
/// the step is too long.
const MOST_PARTS: usize = 8;

impl Collocation {
    /// Number of parts into which a step is cut, from the ratio of its error to the tolerance:
    /// errors of steps fall as a power of their length.
    fn parts(&self, error: f64) -> usize {
        if error <= 1.0 {
            return 1;
        }
        let power = 1.0 / (self.method.order() + 1) as f64;
        // NaN and infinity are cut in most parts.
        let parts = (1.2 * libm::pow(error, power)).ceil();
        (parts.min(MOST_PARTS as f64) as usize).max(2)
    }

    /// State and momentum of a node after its impulses.
    fn after(&self, node: usize, z: &[f64]) -> Vec<f64> {
        let mut after = z.to_vec();
        self.mesh
            .apply_impulses(&self.problem, node, &mut after, None);
        after
    }

    /// Error of the step from a node, after its impulses.
    fn error(&mut self, step: usize, begin: &[f64]) -> Result<[f64; 2]> {
        let (system, at) = (&self.problem.system, self.mesh.step(step));
        step_error(system, self.method, &mut self.work, at, begin)
    }
}

impl SegmentMap for Collocation {
    fn count(&self) -> usize {
        self.mesh.steps()
    }

    fn point(&self, node: usize) -> Option<usize> {
        self.mesh.points[node]
    }

    fn linearize(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        to: &mut [f64],
        derivative: &mut [f64],
    ) -> Result<()> {
        self.steps += 1;
        let (n, work) = (to.len(), &mut self.work);
        to.copy_from_slice(z[0]);
        identity(derivative, n);
        let (mesh, problem) = (&self.mesh, &self.problem);
        mesh.apply_impulses(problem, segment, to, Some(&mut *derivative));
        let step = self.mesh.step(segment);
        let own = &mut self.stages[segment];
        let hamiltonian = problem.system.hamiltonian();
        let mut stages = StageEquations::new(hamiltonian, self.tableau, step, to);
        let rows = own.increments.len();
        stages.evaluate(work, &own.increments, &mut own.settling, None)?;
        let mut matrix = work.take(rows * rows);
        let mut of_flow = work.take(rows * n);
        stages.jacobian(work, &own.increments, &mut matrix, &mut of_flow)?;
        let regular = own.factor.factor(&matrix, rows);
        if regular {
            own.settling.iter_mut().for_each(|g| *g = -*g);
            own.factor.solve(&mut own.settling);
            for (j, column) in own.response.chunks_exact_mut(rows).enumerate() {
                stages.answer_to_one(&of_flow, j, column);
            }
            own.factor.solve(&mut own.response);
        }
        work.give(of_flow);
        work.give(matrix);
        if !regular {
            return Err(Error::Singular {
                path: "timeStep".into(),
                matrix: "the Jacobian of the stages of a step".into(),
                time: step.0,
                remedy: "use a shorter time step, or more steps per point".into(),
            });
        }
        let mut moved = work.take(rows);
        for (moved, (w, s)) in moved
            .iter_mut()
            .zip(own.increments.iter().zip(&own.settling))
        {
            *moved = w + s;
        }
        combine(self.tableau, &moved, to);
        // Columns are those of the identity, and of impulses, which add to p what is so many times
        // x.
        let columns = derivative.chunks_exact_mut(n);
        for (j, (column, answer)) in columns.zip(own.response.chunks_exact(rows)).enumerate() {
            moved.copy_from_slice(answer);
            let impulses = mesh.impulses(problem, segment).iter();
            for impulse in impulses.filter(|i| i.component == j) {
                let of_p = &own.response[(n / 2 + j) * rows..][..rows];
                for (moved, answer) in moved.iter_mut().zip(of_p) {
                    *moved += impulse.precision * answer;
                }
            }
            combine(self.tableau, &moved, column);
        }
        work.give(moved);
        Ok(())
    }

    fn try_step(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        change: &[f64],
        share: f64,
        to: &mut [f64],
    ) -> Result<()> {
        let (n, work) = (to.len(), &mut self.work);
        let own = &mut self.stages[segment];
        // The change of the beginning after its impulses, which are affine in it.
        let mut beginning = work.take(n);
        beginning.copy_from_slice(change);
        let (mesh, problem) = (&self.mesh, &self.problem);
        for impulse in mesh.impulses(problem, segment) {
            beginning[n / 2 + impulse.component] += impulse.precision * change[impulse.component];
        }
        own.trial.copy_from_slice(&own.settling);
        add_response(&own.response, &beginning, &mut own.trial);
        work.give(beginning);
        for (trial, now) in own.trial.iter_mut().zip(&own.increments) {
            *trial = now + share * *trial;
        }
        to.copy_from_slice(z[0]);
        mesh.apply_impulses(problem, segment, to, None);
        let step = self.mesh.step(segment);
        let hamiltonian = problem.system.hamiltonian();
        let mut stages = StageEquations::new(hamiltonian, self.tableau, step, to);
        let mut missed = work.take(own.trial.len());
        stages.evaluate(work, &own.trial, &mut missed, None)?;
        own.factor.solve(&mut missed);
        for (missed, trial) in missed.iter_mut().zip(&own.trial) {
            *missed = trial - *missed;
        }
        combine(self.tableau, &missed, to);
        work.give(missed);
        Ok(())
    }

    /// Traces a segment; since the stages' own equations may not be fulfilled, their correction
    /// needs the factor of their matrix.
    fn trace(&mut self, segment: usize, z: [&[f64]; 2], to: &mut [f64]) -> Result<()> {
        let mut derivative = self.work.take(to.len() * to.len());
        let traced = self.linearize(segment, z, to, &mut derivative);
        self.work.give(derivative);
        traced
    }

    fn accept(&mut self) {
        for stages in &mut self.stages {
            std::mem::swap(&mut stages.increments, &mut stages.trial);
        }
    }

    fn points(
        &mut self,
        segment: usize,
        z0: &[f64],
        each: &mut dyn FnMut(usize, &[f64]),
    ) -> Result<()> {
        if let Some(point) = self.mesh.points[segment] {
            each(point, z0);
        }
        Ok(())
    }

    fn examine(&mut self, segment: usize, z: [&[f64]; 2]) -> Result<(f64, [f64; 2])> {
        let begin = self.after(segment, z[0]);
        let (system, step) = (&self.problem.system, self.mesh.step(segment));
        let ends = [&begin, z[1]];
        let action = step_action(system, self.method, &mut self.work, step, ends)?;
        Ok((action, self.error(segment, &begin)?))
    }

    fn mesh(&self) -> Vec<f64> {
        self.mesh.times.clone()
    }

    fn steps(&self) -> usize {
        self.steps
    }

    fn refined(&mut self, z: &[f64], tolerance: Sizes, most: usize) -> Option<(Self, Vec<f64>)> {
        let n = 2 * self.problem.dimension();
        let mut parts = Vec::with_capacity(self.count());
        for (k, z0) in z.chunks_exact(n).take(self.count()).enumerate() {
            let begin = self.after(k, z0);
            // A step that the map cannot make at all is far too long.
            let errors = self.error(k, &begin).unwrap_or([f64::NAN; 2]);
            let worst = larger(errors[0] / tolerance[0], errors[1] / tolerance[1]);
            parts.push(self.parts(worst));
        }
        let needed = parts.iter().sum::<usize>() + 1;
        if needed == z.len() / n || needed > most {
            return None;
        }
        let system = &self.problem.system;
        let (mut mesh, mut path) = (Mesh::default(), Vec::with_capacity(needed * n));
        let (mut at, mut rate) = (vec![0.0; n], vec![0.0; n]);
        let mut slopes = [vec![0.0; n], vec![0.0; n]];
        for (k, &parts) in parts.iter().enumerate() {
            let (time, h) = self.mesh.step(k);
            path.extend_from_slice(&z[k * n..][..n]);
            let begin = self.after(k, &z[k * n..][..n]);
            let ends = [&begin, &z[(k + 1) * n..][..n]];
            for (slope, (z, time)) in slopes.iter_mut().zip(ends.iter().zip([time, time + h])) {
                let (hamiltonian, at) = (system.hamiltonian(), PhasePoint::joined(time, z));
                hamiltonian.flow(&mut self.work, at, slope).ok()?;
            }
            for part in 0..parts {
                let share = part as f64 / parts as f64;
                mesh.times.push(time + share * h);
                let point = self.mesh.points[k].filter(|_| part == 0);
                mesh.points.push(point);
                if part > 0 {
                    hermite(ends, [&slopes[0], &slopes[1]], h, share, &mut at, &mut rate);
                    path.extend_from_slice(&at);
                }
            }
        }
        mesh.times.extend(self.mesh.times.last());
        mesh.points.push(Some(self.problem.grid.points - 1));
        path.extend_from_slice(&z[z.len() - n..]);
        let refined = Collocation::new(&self.problem, self.method, mesh, &path).ok()?;
        Some((refined, path))
    }

    fn remedy(&self) -> &'static str {
        "begin nearer to a solution (an annealed path), climb in R_f (continuation), or use the \
        method minimisation, which needs no near beginning"
    }
}

/// Adds `response v` to `to`.
fn add_response(response: &[f64], v: &[f64], to: &mut [f64]) {
    for (column, v) in response.chunks_exact(to.len()).zip(v) {
        for (to, value) in to.iter_mut().zip(column) {
            *to += value * v;
        }
    }
}
