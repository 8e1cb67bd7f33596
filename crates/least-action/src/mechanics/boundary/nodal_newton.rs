//! Newton's method on the states and momenta of all nodes at once, between which segments of the
//! path lead. Steps are shortened by the natural monotonicity test, which compares corrections
//! instead of residuals (P. Deuflhard, Newton Methods for Nonlinear Problems, 2004).

use super::method::{BestPath, Iteration, IterativeMethod, MethodWork};
use super::problem::BoundaryProblem;
use super::segment_map::{SegmentMap, Sizes};
use crate::error::{Error, Result};
use crate::solve::band::BandedLu;
use crate::solve::dense::{larger, size};

/// Size of states and momenta below which they count as 0, relative to those at the beginning, or
/// to states of the size of the data.
const ROUNDING: f64 = 1e-8;

/// Fraction of a Newton step below which nothing is gained.
const SHORTEST: f64 = 1e-6;

/// Newton's method on the nodes between segments.
pub(super) struct NodalNewton<P> {
    pub problem: BoundaryProblem,
    pub segments: P,
    /// States and momenta, 2 D per node.
    pub z: Vec<f64>,
    trial: Vec<f64>,
    /// States and momenta at the end of each segment.
    to: Vec<f64>,
    /// Derivatives of the segments; empty, as the band, before the first iteration: methods that
    /// only examine a path need neither.
    derivatives: Vec<f64>,
    band: BandedLu,
    change: Vec<f64>,
    correction: Vec<f64>,
    /// Fraction of the last step that was taken.
    share: f64,
    /// Change of the nodes below which the problem is solved, relative to the largest state and
    /// momentum.
    pub tolerance: f64,
    work: MethodWork,
    /// Smallest change by an iteration.
    smallest: f64,
    /// Sizes below which states and momenta are rounding: where both are 0 along the solution,
    /// nothing is large beside them.
    floor: Sizes,
}

impl<P: SegmentMap> NodalNewton<P> {
    /// Begins the method from `z`: 2 D per node.
    pub fn new(problem: BoundaryProblem, segments: P, z: Vec<f64>, tolerance: f64) -> Self {
        let n = 2 * problem.dimension();
        let mut nodes = NodalNewton {
            trial: z.clone(),
            to: vec![0.0; z.len() - n],
            derivatives: Vec::new(),
            band: BandedLu::new(0, 0, 0),
            change: vec![0.0; z.len()],
            correction: vec![0.0; z.len()],
            share: 1.0,
            tolerance,
            work: MethodWork::default(),
            smallest: f64::INFINITY,
            floor: [0.0; 2],
            problem,
            segments,
            z,
        };
        let [in_x, in_p] = nodes.sizes();
        let from_data = nodes.problem.largest_precision() * in_x;
        nodes.floor = [ROUNDING * in_x, ROUNDING * in_p.max(from_data)];
        nodes
    }

    /// Count of numbers per node, 2 D.
    fn width(&self) -> usize {
        2 * self.problem.dimension()
    }

    /// Sizes of states and momenta, including those after impulses: before the first iteration they
    /// may be the only ones.
    pub fn sizes(&self) -> Sizes {
        let (n, d) = (self.width(), self.problem.dimension());
        let mut sizes = [0.0f64; 2];
        let mut after = vec![0.0; n];
        for (node, z) in self.z.chunks_exact(n).enumerate() {
            after.copy_from_slice(z);
            if let Some(point) = self.segments.point(node) {
                self.problem.impulses.apply(point, 1.0, &mut after, None);
            }
            sizes[0] = sizes[0].max(size(&z[..d]));
            sizes[1] = sizes[1].max(size(&z[d..])).max(size(&after[d..]));
        }
        let [in_x, in_p] = [0, 1].map(|k| sizes[k].max(self.floor[k]));
        [in_x, in_p].map(|s| if s > 0.0 { s } else { 1.0 })
    }

    fn linearize(&mut self) -> Result<()> {
        let n = self.width();
        if self.derivatives.is_empty() {
            self.derivatives = vec![0.0; self.to.len() * n];
            // The farthest entries are those of a segment's last row at its first unknown, and of
            // its first row at the node where it ends.
            self.band = BandedLu::new(self.z.len(), 3 * n / 2 - 1, n / 2);
        }
        let segments = self.to.chunks_exact_mut(n);
        let segments = segments.zip(self.derivatives.chunks_exact_mut(n * n));
        for (k, (to, derivative)) in segments.enumerate() {
            let z = [&self.z[k * n..][..n], &self.z[(k + 1) * n..][..n]];
            self.segments.linearize(k, z, to, derivative)?;
            let odd = |v: &[f64]| v.iter().position(|v| !v.is_finite());
            if let Some(i) = odd(to).or_else(|| odd(derivative).map(|i| i % n)) {
                return Err(self.not_finite(k, i, self.to[k * n + i]));
            }
        }
        Ok(())
    }

    fn not_finite(&self, segment: usize, place: usize, value: f64) -> Error {
        let d = self.problem.dimension();
        let point = (0..=segment)
            .rev()
            .find_map(|node| self.segments.point(node));
        let point = point.unwrap_or(0);
        Error::NotFinite {
            path: "initialPath".into(),
            time: self.problem.grid.time(point),
            point,
            state: format!("{}[{}]", if place < d { "x" } else { "p" }, place % d),
            term: "the path after this point or its derivative".into(),
            value: if value.is_finite() { f64::NAN } else { value },
        }
    }

    /// Writes the negative residuals of the equations at the given nodes: D conditions at the first
    /// end, 2 D per segment, D at the last end.
    fn missed(&self, z: &[f64], to: &[f64], into: &mut [f64]) {
        let (n, d) = (self.width(), self.problem.dimension());
        let last = z.len() - n;
        let rows = into[d..].chunks_exact_mut(n);
        for ((into, to), z1) in rows.zip(to.chunks_exact(n)).zip(z[n..].chunks_exact(n)) {
            for ((into, to), z1) in into.iter_mut().zip(to).zip(z1) {
                *into = z1 - to;
            }
        }
        // States that are fixed are right from the beginning, so that nothing is missed.
        for (i, p) in z[d..n].iter().enumerate() {
            into[i] = if self.problem.fixed[0] { 0.0 } else { -p };
        }
        let mut end = z[last..].to_vec();
        let point = self.problem.grid.points - 1;
        self.problem.impulses.apply(point, 1.0, &mut end, None);
        for (i, p) in end[d..].iter().enumerate() {
            into[last + d + i] = if self.problem.fixed[1] { 0.0 } else { -p };
        }
    }

    fn assemble(&mut self) {
        let (n, d) = (self.width(), self.problem.dimension());
        let band = &mut self.band;
        band.set_zero();
        let last = self.z.len() - n;
        for i in 0..d {
            let (first, end) = (self.problem.fixed[0], self.problem.fixed[1]);
            band.add(i, if first { i } else { d + i }, 1.0);
            band.add(last + d + i, last + if end { i } else { d + i }, 1.0);
        }
        if !self.problem.fixed[1] {
            for impulse in self.problem.impulses.at(self.problem.grid.points - 1) {
                let place = last + impulse.component;
                band.add(place + d, place, impulse.precision);
            }
        }
        for (k, derivative) in self.derivatives.chunks_exact(n * n).enumerate() {
            let row = d + k * n;
            for (j, column) in derivative.chunks_exact(n).enumerate() {
                for (i, value) in column.iter().enumerate() {
                    band.add(row + i, k * n + j, *value);
                }
            }
            for i in 0..n {
                band.add(row + i, (k + 1) * n + i, -1.0);
            }
        }
    }

    /// Tries a fraction of the step: false where it leads nowhere.
    fn try_share(&mut self, share: f64) -> bool {
        let n = self.width();
        for ((to, z), change) in self.trial.iter_mut().zip(&self.z).zip(&self.change) {
            *to = z + share * change;
        }
        for (k, to) in self.to.chunks_exact_mut(n).enumerate() {
            let z = [&self.trial[k * n..][..n], &self.trial[(k + 1) * n..][..n]];
            let change = &self.change[k * n..][..n];
            let tried = self.segments.try_step(k, z, change, share, to);
            if tried.is_err() || to.iter().any(|v| !v.is_finite()) {
                return false;
            }
        }
        let mut correction = std::mem::take(&mut self.correction);
        self.missed(&self.trial, &self.to, &mut correction);
        self.band.solve(&mut correction);
        self.correction = correction;
        self.correction.iter().all(|v| v.is_finite())
    }

    fn no_way_on(&self) -> Error {
        let (iterations, remedy) = (self.work.iterations, self.segments.remedy());
        let problem = &self.problem;
        problem.not_converged("method", iterations, self.smallest, remedy)
    }
}

/// Size of a step, relative to the sizes of states and momenta: its root mean square and the
/// largest entry.
pub(super) fn measure(step: &[f64], n: usize, sizes: Sizes) -> (f64, f64) {
    let (mut sum, mut worst) = (0.0, 0.0f64);
    for (k, part) in step.chunks_exact(n / 2).enumerate() {
        for value in part {
            let share = value.abs() / sizes[k % 2];
            sum += share * share;
            worst = larger(worst, share);
        }
    }
    ((sum / step.len() as f64).sqrt(), worst)
}

impl<P: SegmentMap> IterativeMethod for NodalNewton<P> {
    fn iterate(&mut self) -> Result<Iteration> {
        let n = self.width();
        let sizes = self.sizes();
        self.work.iterations += 1;
        self.linearize()?;
        self.assemble();
        let scale = |k: usize| sizes[(k / (n / 2)) % 2];
        let scales: Vec<f64> = (0..self.z.len()).map(scale).collect();
        self.work.factorizations += 1;
        if !self.band.factor(&scales) {
            return Err(Error::Singular {
                path: "method".into(),
                matrix: "the derivative of the canonical equations in all nodes".into(),
                time: self.problem.grid.start,
                remedy: self.segments.remedy().into(),
            });
        }
        let mut change = std::mem::take(&mut self.change);
        self.missed(&self.z, &self.to, &mut change);
        self.band.solve(&mut change);
        self.change = change;
        let (length, worst) = measure(&self.change, n, sizes);
        if !length.is_finite() {
            return Err(self.no_way_on());
        }
        self.smallest = self.smallest.min(worst);
        let mut share = (4.0 * self.share).min(1.0);
        while share >= SHORTEST {
            if self.try_share(share) {
                let (next, next_worst) = measure(&self.correction, n, sizes);
                let settled = worst <= self.tolerance || next_worst <= self.tolerance;
                let nearer = next <= (1.0 - 0.25 * share) * length;
                if nearer || length == 0.0 || (share == 1.0 && settled) {
                    self.segments.accept();
                    std::mem::swap(&mut self.z, &mut self.trial);
                    self.share = share;
                    let solved = share == 1.0 && settled;
                    return Ok(Iteration {
                        change: if solved { next_worst } else { share * worst },
                        solved,
                    });
                }
                // Length that the curvature along the step, as far as it is known, would allow.
                let pairs = self.correction.iter().zip(&self.change);
                let bent: Vec<f64> = pairs.map(|(c, s)| c - (1.0 - share) * s).collect();
                let allowed = 0.5 * share * share * length / measure(&bent, n, sizes).0;
                // Where nothing is bent this is infinite or NaN.
                share = allowed.min(0.5 * share).max(0.1 * share);
            } else {
                share *= 0.25;
            }
        }
        Err(self.no_way_on())
    }

    fn best_path(&mut self) -> BestPath {
        let (n, d) = (self.width(), self.problem.dimension());
        let sizes = self.sizes();
        let mut found = BestPath {
            path: vec![0.0; self.problem.grid.points * d],
            momentum: vec![0.0; self.problem.grid.points * d],
            mesh: self.segments.mesh(),
            ..BestPath::default()
        };
        let mut put = |point: usize, z: &[f64]| {
            found.path[point * d..][..d].copy_from_slice(&z[..d]);
            found.momentum[point * d..][..d].copy_from_slice(&z[d..]);
        };
        let (mut integral, mut errors) = (0.0, [0.0f64; 2]);
        let count = self.segments.count();
        // Where steps cannot be made the numbers are NaN: there is no path to state them for.
        for k in 0..count {
            let z = [&self.z[k * n..][..n], &self.z[(k + 1) * n..][..n]];
            if self.segments.points(k, z[0], &mut put).is_err() {
                integral = f64::NAN;
            }
            match self.segments.examine(k, z) {
                Ok((part, [in_x, in_p])) => {
                    integral += part;
                    errors = [larger(errors[0], in_x), larger(errors[1], in_p)];
                }
                Err(_) => (integral, errors) = (f64::NAN, [f64::NAN; 2]),
            }
        }
        put(self.problem.grid.points - 1, &self.z[count * n..]);
        found.action = integral + self.problem.cost_of_impulses(&found.path);
        found.mesh_error = larger(errors[0] / sizes[0], errors[1] / sizes[1]);
        let mut missed = vec![0.0; self.z.len()];
        let mut traced = true;
        for (k, to) in self.to.chunks_exact_mut(n).enumerate() {
            let z = [&self.z[k * n..][..n], &self.z[(k + 1) * n..][..n]];
            traced &= self.segments.trace(k, z, to).is_ok();
        }
        if traced {
            self.missed(&self.z, &self.to, &mut missed);
            let inner = missed.len() - d;
            let ends = larger(size(&missed[..d]), size(&missed[inner..]));
            found.boundary_error = ends / sizes[1];
            found.residual = measure(&missed[d..inner], n, sizes).1;
        } else {
            (found.boundary_error, found.residual) = (f64::NAN, f64::NAN);
        }
        found
    }

    fn work(&self) -> MethodWork {
        MethodWork {
            steps: self.segments.steps(),
            ..self.work
        }
    }

    fn refine(&mut self, tolerance: f64, most: usize) -> bool {
        let sizes = self.sizes().map(|size| tolerance * size);
        let refined = self.segments.refined(&self.z, sizes, most);
        let Some((segments, z)) = refined else {
            return false;
        };
        let (work, floor) = (self.work, self.floor);
        *self = NodalNewton::new(self.problem.clone(), segments, z, self.tolerance);
        (self.work, self.floor) = (work, floor);
        true
    }
}

/// States and momenta of the given points, one after the other.
pub(super) fn at_points(
    path: &[f64],
    p: &[f64],
    d: usize,
    points: impl Iterator<Item = usize>,
) -> Vec<f64> {
    points
        .flat_map(|n| path[n * d..][..d].iter().chain(&p[n * d..][..d]))
        .copied()
        .collect()
}
