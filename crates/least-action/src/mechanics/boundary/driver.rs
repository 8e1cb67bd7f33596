//! Solution of a boundary-value problem: the climb in R_f, the mesh, and the description of the
//! path in the end.

use super::collocation::Collocation;
use super::mesh::Mesh;
use super::method::{IterativeMethod, MethodWork};
use super::minimise::Minimisation;
use super::multigrid::Multigrid;
use super::nodal_newton::{at_points, NodalNewton};
use super::problem::BoundaryProblem;
use super::second_variation::second_variation;
use super::shooting::Shooting;
use super::sweeps::ForwardBackward;
use super::{BoundaryMethod, BoundaryOptions, BoundarySolution, BoundaryStatus, ContinuationRung};
use crate::error::{check, Error, Result};
use crate::mechanics::{momentum, PhasePoint, PhaseSpaceWorkspace, System, VariationalMethod};

/// Progress of the solution of a boundary-value problem.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct BoundaryProgress {
    /// Number of the present rung of the continuation, from 0 on.
    pub rung: usize,
    /// Number of rungs of the continuation; 1 without one.
    pub rungs: usize,
    /// Number of iterations so far, of all rungs.
    pub iterations: usize,
    /// Change of the path by the last iteration, relative to the largest state and momentum.
    pub change: f64,
}

/// Solver of a boundary-value problem that goes iteration by iteration, so that its caller may show
/// progress and stop.
pub struct BoundarySolver {
    options: BoundaryOptions,
    system: System,
    /// Fractions of R_f that are left, the next one last.
    rungs: Vec<f64>,
    share: f64,
    count: usize,
    /// Problem at the present rung; its path and momentum begin the next one.
    problem: BoundaryProblem,
    solver: Box<dyn IterativeMethod>,
    /// Work of the rungs before, and number of iterations when the present mesh was new.
    before: MethodWork,
    since: usize,
    change: f64,
    ended: bool,
    solution: BoundarySolution,
}

impl BoundarySolver {
    /// Makes a solver. `initial_path` is x, points x D, row-major. `initial_momentum` is p before
    /// impulses, points x D; default: 0 for actions with an end that is free, whose first step is
    /// then about one of Gauss-Newton, and L_v of the path's differences otherwise.
    ///
    /// # Errors
    /// Paths and options that do not fit the system, and impulses that are not at points.
    pub fn new(
        system: &System,
        initial_path: &[f64],
        initial_momentum: Option<&[f64]>,
        options: &BoundaryOptions,
    ) -> Result<Self> {
        let mut problem = BoundaryProblem::new(system.clone(), initial_path, options)?;
        let p = match initial_momentum {
            Some(p) => {
                let because = "as many as initialPath has";
                check::length("initialMomentum", p.len(), initial_path.len(), because)?;
                check::all_finite("initialMomentum", p)?;
                p.to_vec()
            }
            None => momenta(&problem, initial_path)?,
        };
        let mut rungs = options
            .continuation
            .map_or(vec![1.0], |climb| climb.shares());
        rungs.reverse();
        let count = rungs.len();
        let share = rungs.pop().unwrap_or(1.0);
        if share < 1.0 {
            problem.system = system.with_model_precision_times(share)?;
        }
        let solver = solver_of(&problem, initial_path, &p, options)?;
        Ok(BoundarySolver {
            options: options.clone(),
            system: system.clone(),
            rungs,
            share,
            count,
            problem,
            solver,
            before: MethodWork::default(),
            since: 0,
            change: f64::INFINITY,
            ended: false,
            solution: BoundarySolution::default(),
        })
    }

    /// Makes one more iteration; false once there is nothing left to do.
    pub fn advance(&mut self) -> bool {
        if self.ended {
            return false;
        }
        let iterated = self.solver.iterate();
        let done = self.solver.work().iterations - self.since;
        match iterated {
            Err(failure) => self.end(BoundaryStatus::NotConverged, Some(failure)),
            Ok(iteration) => {
                self.change = iteration.change;
                if iteration.solved {
                    self.solved();
                } else if done >= self.options.most_iterations() {
                    let remedy = "allow more iterations, begin nearer to a solution, or climb in \
                    R_f (continuation)";
                    let (path, change) = ("maxIterations", iteration.change);
                    let failure = self.problem.not_converged(path, done, change, remedy);
                    self.end(BoundaryStatus::NotConverged, Some(failure));
                }
            }
        }
        !self.ended
    }

    /// Progress so far.
    pub fn progress(&self) -> BoundaryProgress {
        BoundaryProgress {
            rung: self.count - 1 - self.rungs.len(),
            rungs: self.count,
            iterations: self.before.iterations + self.solver.work().iterations,
            change: self.change,
        }
    }

    /// Ends the solution. If iterations were left to do, the result is the last iterate with the
    /// status `interrupted`.
    pub fn finish(mut self) -> BoundarySolution {
        if !self.ended {
            self.end(BoundaryStatus::Interrupted, None);
        }
        self.solution
    }

    /// Goes on after the discrete problem is solved: refines its mesh, or goes to the next rung.
    fn solved(&mut self) {
        let options = &self.options;
        if self.rungs.is_empty() {
            let refines = options.refine && options.method == BoundaryMethod::Collocation;
            let most = options.most_mesh_points(self.problem.dimension());
            let tolerance = options.mesh_tolerance;
            if refines && self.solver.refine(tolerance, most) {
                self.since = self.solver.work().iterations;
                return;
            }
            return self.end(BoundaryStatus::Converged, None);
        }
        if let Err(error) = self.next_rung() {
            self.end(BoundaryStatus::NotConverged, Some(error));
        }
    }

    fn next_rung(&mut self) -> Result<()> {
        let found = self.solver.best_path();
        let work = self.solver.work();
        self.solution.continuation.push(ContinuationRung {
            share: self.share,
            action: found.action,
            iterations: work.iterations,
        });
        self.share = self.rungs.pop().unwrap_or(1.0);
        self.problem.system = match self.share < 1.0 {
            true => self.system.with_model_precision_times(self.share)?,
            false => self.system.clone(),
        };
        self.solver = solver_of(&self.problem, &found.path, &found.momentum, &self.options)?;
        self.before = self.before.and(work);
        self.since = 0;
        Ok(())
    }

    fn end(&mut self, status: BoundaryStatus, failure: Option<Error>) {
        self.ended = true;
        let found = self.solver.best_path();
        let own = self.solver.work();
        let work = self.before.and(own);
        let mut numbers = found.path.iter().chain(&found.momentum);
        let finite = numbers.all(|v| v.is_finite());
        if status != BoundaryStatus::NotConverged && self.options.continuation.is_some() {
            self.solution.continuation.push(ContinuationRung {
                share: self.share,
                action: found.action,
                iterations: own.iterations,
            });
        }
        // NaN is not fine either.
        let coarse = found.mesh_error > self.options.mesh_tolerance || found.mesh_error.is_nan();
        let solution = &mut self.solution;
        solution.status = match status {
            BoundaryStatus::Converged if !finite => BoundaryStatus::NotConverged,
            BoundaryStatus::Converged if coarse => BoundaryStatus::MeshTooCoarse,
            BoundaryStatus::Converged if !found.action.is_finite() => BoundaryStatus::NotConverged,
            other => other,
        };
        solution.failure = match solution.status {
            BoundaryStatus::MeshTooCoarse => Some(Error::OutOfRange {
                path: "timeStep".into(),
                value: self.problem.grid.step(),
                expected: format!(
                    "short enough for errors of steps below {:e} (meshTolerance), which are \
                    {:.1e} here: use more stepsPerPoint, an integrator of higher order, \
                    collocation with refine, or more maxMeshPoints",
                    self.options.mesh_tolerance, found.mesh_error
                ),
            }),
            BoundaryStatus::NotConverged => failure.or_else(|| {
                Some(Error::NotFinite {
                    path: "initialPath".into(),
                    time: self.problem.grid.start,
                    point: 0,
                    state: "the path".into(),
                    term: "the action or a state or momentum".into(),
                    value: f64::NAN,
                })
            }),
            _ => failure,
        };
        solution.times = (0..self.problem.grid.points)
            .map(|n| self.problem.grid.time(n))
            .collect();
        solution.action = found.action;
        solution.residual = found.residual;
        solution.boundary_error = found.boundary_error;
        solution.mesh_error = found.mesh_error;
        solution.mesh = found.mesh;
        solution.iterations = work.iterations;
        solution.factorizations = work.factorizations;
        solution.steps = work.steps;
        solution.path = found.path;
        solution.momentum = found.momentum;
        self.describe();
    }

    /// Computes energies, jumps and the second variation of the path.
    fn describe(&mut self) {
        let (problem, solution) = (&self.problem, &mut self.solution);
        let d = problem.dimension();
        let work = &mut PhaseSpaceWorkspace::default();
        let states = solution
            .path
            .chunks_exact(d)
            .zip(solution.momentum.chunks_exact(d));
        for (point, (x, p)) in states.enumerate() {
            let at = PhasePoint::new(problem.grid.time(point), x, p);
            let energy = problem.system.hamiltonian().value(work, at);
            solution.energy.push(energy.unwrap_or(f64::NAN));
            if !problem.impulses.is_empty() {
                let mut z = [x, p].concat();
                problem.impulses.apply(point, 1.0, &mut z, None);
                let jumps = z[d..].iter().zip(p).map(|(after, before)| after - before);
                solution.jumps.extend(jumps);
            }
        }
        let solved = matches!(
            solution.status,
            BoundaryStatus::Converged | BoundaryStatus::MeshTooCoarse
        );
        let exists = solution.action.is_finite() && problem.system.has_lagrangian();
        if solved && self.options.second_variation && exists {
            // Of maps that have no discrete Lagrangian here, paths are near to those of one that is
            // more accurate.
            let method = VariationalMethod::of_integrator(self.options.integrator);
            let method = method.unwrap_or(VariationalMethod::Gauss4);
            // A mesh that was refined has shorter steps, and the path is not stationary for longer
            // ones.
            let shortest = solution.mesh.windows(2).map(|pair| pair[1] - pair[0]);
            let shortest = shortest.fold(f64::INFINITY, f64::min);
            let refined = (problem.grid.time_step / shortest - 1e-6).ceil() as usize;
            let most = self.options.most_mesh_points(d) / problem.grid.points;
            let steps = self.options.steps_per_point.max(refined.min(most));
            let covariance = self.options.covariance;
            let second = second_variation(problem, method, steps, &solution.path, covariance);
            solution.second_variation = second.ok();
        }
    }
}

/// Initial momenta for a path.
fn momenta(problem: &BoundaryProblem, path: &[f64]) -> Result<Vec<f64>> {
    // Fixed at both ends, no path need be near to one of the flow.
    let free = problem.fixed != [true, true] || !problem.system.has_lagrangian();
    if problem.system.action().is_some() && free {
        return Ok(vec![0.0; path.len()]);
    }
    let d = problem.dimension();
    let (last, work) = (problem.grid.points - 1, &mut PhaseSpaceWorkspace::default());
    let mut p = Vec::with_capacity(path.len());
    for point in 0..=last {
        let (a, b) = (point.saturating_sub(1), (point + 1).min(last));
        let width = (b - a) as f64 * problem.grid.time_step;
        let ends = path[b * d..][..d].iter().zip(&path[a * d..][..d]);
        let v: Vec<f64> = ends.map(|(b, a)| (b - a) / width).collect();
        let (x, time) = (&path[point * d..][..d], problem.grid.time(point));
        p.extend(momentum(problem.system.lagrangian(), work, time, x, &v)?);
    }
    Ok(p)
}

fn solver_of(
    problem: &BoundaryProblem,
    path: &[f64],
    p: &[f64],
    options: &BoundaryOptions,
) -> Result<Box<dyn IterativeMethod>> {
    let (d, integrator) = (problem.dimension(), options.integrator);
    match options.method {
        BoundaryMethod::Collocation => {
            let mesh = Mesh::of_points(problem);
            let z = along(&mesh, path, p, d);
            let segments = Collocation::new(problem, integrator, mesh, &z)?;
            let nodes = NodalNewton::new(problem.clone(), segments, z, options.tolerance);
            Ok(Box::new(nodes))
        }
        BoundaryMethod::MultipleShooting | BoundaryMethod::SingleShooting => {
            let points = match options.method {
                BoundaryMethod::SingleShooting => problem.grid.points,
                _ => options.points_per_segment,
            };
            let segments = Shooting::new(problem, integrator, points);
            let z = at_points(path, p, d, segments.nodes().iter().copied());
            let nodes = NodalNewton::new(problem.clone(), segments, z, options.tolerance);
            Ok(Box::new(nodes))
        }
        BoundaryMethod::Minimisation => Ok(Box::new(Minimisation::new(problem, path, options)?)),
        BoundaryMethod::ForwardBackward => {
            Ok(Box::new(ForwardBackward::new(problem, path, p, options)?))
        }
        BoundaryMethod::Multigrid => Ok(Box::new(Multigrid::new(problem, path, p, options))),
    }
}

/// States and momenta at the nodes of a mesh, on straight lines between points.
fn along(mesh: &Mesh, path: &[f64], p: &[f64], d: usize) -> Vec<f64> {
    let mut begin = 0;
    let nodes = mesh.times.iter().zip(&mesh.points).enumerate();
    let starts: Vec<usize> = nodes
        .clone()
        .filter(|(_, (_, point))| point.is_some())
        .map(|(k, _)| k)
        .collect();
    let mut z = Vec::with_capacity(mesh.times.len() * 2 * d);
    for (k, (time, point)) in nodes {
        if let Some(point) = point {
            begin = *point;
        }
        let next = (begin + 1).min(starts.len() - 1);
        let (a, b) = (mesh.times[starts[begin]], mesh.times[starts[next]]);
        let share = if k == starts[begin] {
            0.0
        } else {
            (time - a) / (b - a)
        };
        for values in [path, p] {
            let ends = values[begin * d..][..d]
                .iter()
                .zip(&values[next * d..][..d]);
            z.extend(ends.map(|(a, b)| a + share * (b - a)));
        }
    }
    z
}

/// Finds a path of stationary action between two ends, by Newton's method or a search from a given
/// path on: see [`BoundarySolver::new`] for the arguments.
///
/// ```
/// use least_action::mechanics::{
///     solve_boundary_value_problem, Boundary, BoundaryOptions, ClassicalSystem, System,
/// };
///
/// // A pendulum that is to be at 1 after 2 units of time, from 0 on.
/// let pendulum = System::of_classical(ClassicalSystem::Pendulum, &Default::default())?;
/// let line: Vec<f64> = (0..=40).map(|n| n as f64 / 40.0).collect();
/// let options = BoundaryOptions {
///     boundary: Boundary::Fixed,
///     time_step: 0.05,
///     ..BoundaryOptions::default()
/// };
/// let solution = solve_boundary_value_problem(&pendulum, &line, None, &options)?;
/// assert!(solution.failure.is_none() && solution.residual < 1e-9);
/// # Ok::<(), least_action::Error>(())
/// ```
///
/// # Errors
/// Paths and options that do not fit the system. A path that is not found is no error: the result
/// has the reason and the best iterate.
pub fn solve_boundary_value_problem(
    system: &System,
    initial_path: &[f64],
    initial_momentum: Option<&[f64]>,
    options: &BoundaryOptions,
) -> Result<BoundarySolution> {
    let mut solver = BoundarySolver::new(system, initial_path, initial_momentum, options)?;
    while solver.advance() {}
    Ok(solver.finish())
}
