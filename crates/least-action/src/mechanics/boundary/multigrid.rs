//! Multigrid with two levels in time. A map with one long step per segment is corrected, at the
//! present nodes, by its difference to the fine steps (the full approximation scheme of A. Brandt,
//! Math. Comp. 31, 1977); Newton's method solves the long problem so corrected. If its solution is
//! the present path, the correction is exact: the path solves the fine problem, whose steps are
//! never differentiated, and whose segments can be traced independently. R. D. Falgout, S.
//! Friedhoff et al., SIAM J. Sci. Comput. 36, 2014; for layers S. Guenther et al., SIAM J. Math.
//! Data Sci. 2, 2020.

use super::mesh::advance;
use super::method::{BestPath, Iteration, IterativeMethod, MethodWork};
use super::nodal_newton::{at_points, measure, NodalNewton};
use super::problem::BoundaryProblem;
use super::segment_map::SegmentMap;
use super::shooting::Shooting;
use super::BoundaryOptions;
use crate::error::{Error, Result};
use crate::mechanics::{IntegrationMethod, PhaseSpaceWorkspace};
use crate::solve::dense::identity;

/// Fraction of a step below which nothing is gained.
const SHORTEST: f64 = 1e-3;

/// Maximum number of Newton iterations on one long problem: it begins near its solution, or there
/// is none.
const MOST_NEWTON: usize = 50;

/// Tolerance of the next long problem, relative to the last correction.
const BETTER: f64 = 1e-2;

/// Multigrid method: the fine problem, and the corrections by the long one.
pub(super) struct Multigrid {
    /// Fine problem at the present nodes.
    fine: NodalNewton<Shooting>,
    coarse: NodalNewton<CoarseSteps>,
    /// Change of the present nodes by the corrected long problem; `None` before the first
    /// iteration.
    change: Option<CoarseCorrection>,
    tolerance: f64,
    share: f64,
    iterations: usize,
    smallest: f64,
}

/// Change of all nodes by a long problem.
struct CoarseCorrection {
    step: Vec<f64>,
    /// Size of the change, relative to the largest state and momentum: its root mean square and the
    /// largest entry.
    length: f64,
    worst: f64,
}

impl Multigrid {
    /// Begins the method from `path` and `p`: points x D, p before impulses.
    pub fn new(
        problem: &BoundaryProblem,
        path: &[f64],
        p: &[f64],
        options: &BoundaryOptions,
    ) -> Self {
        let method = options.integrator;
        let shooting = Shooting::new(problem, method, options.points_per_segment);
        let at = shooting.nodes().to_vec();
        let z = at_points(path, p, problem.dimension(), at.iter().copied());
        let long = CoarseSteps {
            problem: problem.clone(),
            method,
            shifts: vec![0.0; z.len()],
            nodes: at,
            work: PhaseSpaceWorkspace::default(),
            steps: 0,
        };
        Multigrid {
            coarse: NodalNewton::new(problem.clone(), long, z.clone(), options.tolerance),
            fine: NodalNewton::new(problem.clone(), shooting, z, options.tolerance),
            change: None,
            tolerance: options.tolerance,
            share: 1.0,
            iterations: 0,
            smallest: f64::INFINITY,
        }
    }

    /// Computes the change of the nodes `z` by the long problem that the fine steps correct there,
    /// solved to `tolerance`.
    fn correction(&mut self, z: &[f64], tolerance: f64) -> Result<CoarseCorrection> {
        let n = 2 * self.fine.problem.dimension();
        let (mut fine, mut long) = (vec![0.0; n], vec![0.0; n]);
        let still = vec![0.0; n];
        for k in 0..self.fine.segments.count() {
            let ends = [&z[k * n..][..n], &z[(k + 1) * n..][..n]];
            self.fine
                .segments
                .try_step(k, ends, &still, 0.0, &mut fine)?;
            self.coarse.segments.run(k, ends[0], &mut long, None)?;
            let shifts = self.coarse.segments.shifts[k * n..][..n].iter_mut();
            for (shift, (fine, long)) in shifts.zip(fine.iter().zip(&long)) {
                *shift = fine - long;
            }
        }
        self.coarse.z.copy_from_slice(z);
        self.coarse.tolerance = tolerance;
        let mut solved = false;
        for _ in 0..MOST_NEWTON {
            if self.coarse.iterate()?.solved {
                solved = true;
                break;
            }
        }
        if !solved {
            return Err(self.no_way_on());
        }
        let pairs = self.coarse.z.iter().zip(z);
        let step: Vec<f64> = pairs.map(|(to, from)| to - from).collect();
        let (length, worst) = measure(&step, n, self.coarse.sizes());
        match length.is_finite() {
            true => Ok(CoarseCorrection {
                step,
                length,
                worst,
            }),
            false => Err(self.no_way_on()),
        }
    }

    fn no_way_on(&self) -> Error {
        let remedy = self.coarse.segments.remedy();
        let (iterations, change) = (self.iterations, self.smallest);
        self.fine
            .problem
            .not_converged("method", iterations, change, remedy)
    }
}

impl IterativeMethod for Multigrid {
    fn iterate(&mut self) -> Result<Iteration> {
        self.iterations += 1;
        let change = match self.change.take() {
            Some(change) => change,
            None => {
                let z = self.fine.z.clone();
                self.correction(&z, self.tolerance)?
            }
        };
        self.smallest = self.smallest.min(change.worst);
        let mut share = (2.0 * self.share).min(1.0);
        while share >= SHORTEST {
            let pairs = self.fine.z.iter().zip(&change.step);
            let trial: Vec<f64> = pairs.map(|(z, step)| z + share * step).collect();
            if share == 1.0 && change.worst <= self.tolerance {
                self.fine.z = trial;
                return Ok(Iteration {
                    change: change.worst,
                    solved: true,
                });
            }
            let tolerance = (BETTER * change.worst).min(BETTER).max(self.tolerance);
            match self.correction(&trial, tolerance) {
                Ok(next) if next.length < change.length => {
                    self.fine.z = trial;
                    self.change = Some(next);
                    self.share = share;
                    return Ok(Iteration {
                        change: share * change.worst,
                        solved: false,
                    });
                }
                _ => share *= 0.5,
            }
        }
        self.change = Some(change);
        Err(self.no_way_on())
    }

    fn best_path(&mut self) -> BestPath {
        self.fine.best_path()
    }

    fn work(&self) -> MethodWork {
        let coarse = self.coarse.work();
        MethodWork {
            iterations: self.iterations,
            factorizations: coarse.factorizations,
            steps: coarse.steps + self.fine.segments.steps(),
        }
    }
}

/// Segments of one long step of the map each, plus a shift.
struct CoarseSteps {
    problem: BoundaryProblem,
    method: IntegrationMethod,
    /// Points at the nodes.
    nodes: Vec<usize>,
    /// Shifts, 2 D per segment.
    shifts: Vec<f64>,
    work: PhaseSpaceWorkspace,
    steps: usize,
}

impl CoarseSteps {
    /// Makes the step without the shift. Impulses inside the segment are shared out to both of its
    /// ends, by their distances: the shift corrects their places.
    fn run(
        &mut self,
        segment: usize,
        z0: &[f64],
        to: &mut [f64],
        mut tangent: Option<&mut [f64]>,
    ) -> Result<()> {
        let (first, last) = (self.nodes[segment], self.nodes[segment + 1]);
        let place = |point: usize| (point - first) as f64 / (last - first) as f64;
        to.copy_from_slice(z0);
        for point in first..last {
            let share = 1.0 - place(point);
            self.problem
                .impulses
                .apply(point, share, to, tangent.as_deref_mut());
        }
        let begin = self.problem.grid.time(first);
        let step = (begin, self.problem.grid.time(last) - begin);
        let (system, work) = (&self.problem.system, &mut self.work);
        advance(system, self.method, work, step, to, tangent.as_deref_mut())?;
        self.steps += 1;
        for point in first + 1..last {
            let share = place(point);
            self.problem
                .impulses
                .apply(point, share, to, tangent.as_deref_mut());
        }
        Ok(())
    }

    fn shift(&self, segment: usize, to: &mut [f64]) {
        let shifts = &self.shifts[segment * to.len()..];
        to.iter_mut().zip(shifts).for_each(|(to, s)| *to += s);
    }
}

impl SegmentMap for CoarseSteps {
    fn count(&self) -> usize {
        self.nodes.len() - 1
    }

    fn point(&self, node: usize) -> Option<usize> {
        Some(self.nodes[node])
    }

    fn linearize(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        to: &mut [f64],
        derivative: &mut [f64],
    ) -> Result<()> {
        identity(derivative, to.len());
        self.run(segment, z[0], to, Some(derivative))?;
        self.shift(segment, to);
        Ok(())
    }

    fn try_step(
        &mut self,
        segment: usize,
        z: [&[f64]; 2],
        _: &[f64],
        _: f64,
        to: &mut [f64],
    ) -> Result<()> {
        self.run(segment, z[0], to, None)?;
        self.shift(segment, to);
        Ok(())
    }

    fn points(
        &mut self,
        segment: usize,
        z0: &[f64],
        each: &mut dyn FnMut(usize, &[f64]),
    ) -> Result<()> {
        each(self.nodes[segment], z0);
        Ok(())
    }

    /// Is never called, as a path of long steps is no result.
    fn examine(&mut self, _: usize, _: [&[f64]; 2]) -> Result<(f64, [f64; 2])> {
        Ok((f64::NAN, [f64::NAN; 2]))
    }

    fn mesh(&self) -> Vec<f64> {
        let times = self
            .nodes
            .iter()
            .map(|point| self.problem.grid.time(*point));
        times.collect()
    }

    fn steps(&self) -> usize {
        self.steps
    }

    fn remedy(&self) -> &'static str {
        "long steps are not near enough to the fine ones: use shorter segments \
        (pointsPerSegment), an integrator of higher order, a nearer beginning, a climb in R_f \
        (continuation), or the method multiple-shooting"
    }
}
