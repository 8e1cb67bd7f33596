//! Sweeps of the states forward and of the costates backward, joined by relaxation: gradient
//! descent on the quantities that the states follow from, the first state and the costates along
//! the path, in the metric of R_f and of the measurements of the first point. If weights are states
//! with infinite R_f, it is backpropagation on the first weights, with the decay that their prior
//! gives. With a rate of 1 it is the method of successive approximations of optimal control: Q. Li,
//! L. Chen, C. Tai, W. E, J. Mach. Learn. Res. 18, 2018.

use std::sync::Arc;

use super::adjoint::{PartitionedScheme, PartitionedStep};
use super::method::{BestPath, Iteration, IterativeMethod, MethodWork};
use super::nodal_newton::{at_points, NodalNewton};
use super::problem::BoundaryProblem;
use super::shooting::Shooting;
use super::BoundaryOptions;
use crate::error::{Error, Result};
use crate::mechanics::{ContinuousAction, IntegrationMethod, PhaseSpaceWorkspace};
use crate::solve::dense::size;

/// Lowest rate: below it no step is tried.
const LOWEST_RATE: f64 = 1e-12;

/// Growth of the rate after a step: slowly, as every step that is too long costs a sweep.
const GROWTH: f64 = 1.1;

/// Fraction of the predicted reduction that a step must reach. It keeps the rate below 1.8 over the
/// largest curvature: steps at 2 would only swing.
const FALL: f64 = 0.1;

/// Relative change of the action that may be rounding, as the action is flat at its minimum: slopes
/// decide then (W. W. Hager, H. Zhang, SIAM J. Optim. 16, 2005).
const ROUNDING: f64 = 1e-9;

/// Forward-backward sweeps with their relaxation.
pub(super) struct ForwardBackward {
    problem: BoundaryProblem,
    action: Arc<ContinuousAction>,
    method: IntegrationMethod,
    scheme: PartitionedScheme,
    tolerance: f64,
    rate: f64,
    /// Precision and mean of the measurements of each component of the first state; precisions are
    /// 0 where it is fixed.
    prior: Vec<(f64, f64)>,
    now: Sweep,
    trial: Sweep,
    swept: bool,
    smallest: f64,
    space: PhaseSpaceWorkspace,
    work: MethodWork,
}

/// Controls that the states follow from, and the results of both sweeps.
#[derive(Debug, Clone, Default)]
struct Sweep {
    /// First state x_0.
    start: Vec<f64>,
    /// Costates p at the stages of all steps, which the states follow: steps x stages x D.
    controls: Vec<f64>,
    /// States x at the points, points x D.
    path: Vec<f64>,
    /// States x at the stages.
    stages: Vec<f64>,
    action: f64,
    /// Costates p at the stages, as the backward sweep gives them.
    costates: Vec<f64>,
    /// Costates p of the backward sweep before the impulses of the points.
    momentum: Vec<f64>,
    /// First state that follows from the backward sweep.
    target: Vec<f64>,
}

impl ForwardBackward {
    /// Begins the method; the states are the image of the first state of `path` with the momenta
    /// `p` (points x D, before impulses).
    ///
    /// # Errors
    /// Systems without R_f, integrators without adjoint, and ends at which the sweeps have nothing
    /// to begin with.
    pub fn new(
        problem: &BoundaryProblem,
        path: &[f64],
        p: &[f64],
        options: &BoundaryOptions,
    ) -> Result<Self> {
        let wrong = |path: &str, message: String| {
            Err(Error::WrongShape {
                path: path.into(),
                message,
            })
        };
        let Some(action) = problem.system.action() else {
            return wrong(
                "method",
                "forward-backward needs the action of a model, whose gradient its sweeps give: \
                use collocation or multiple-shooting for systems of physics"
                    .into(),
            );
        };
        if problem.fixed[1] {
            return wrong(
                "boundary",
                "the costates of forward-backward begin as 0 after the last point, so that it \
                must be free: use another method"
                    .into(),
            );
        }
        let d = problem.dimension();
        let mut prior = vec![(0.0, 0.0); d];
        if !problem.fixed[0] {
            for impulse in problem.impulses.at(0) {
                let (precision, sum) = &mut prior[impulse.component];
                *precision += impulse.precision;
                *sum += impulse.precision * impulse.value;
            }
            if let Some(i) = prior.iter().position(|(precision, _)| *precision <= 0.0) {
                return wrong(
                    "boundary",
                    format!(
                        "state {i} is neither held nor measured at the first point, so that \
                        forward-backward has no equation for it: measure it there as an impulse \
                        (a small R_m is a weak prior), hold the first state (fixed-start), or use \
                        another method"
                    ),
                );
            }
            for (precision, sum) in &mut prior {
                *sum /= *precision;
            }
        }
        let scheme = PartitionedScheme::of(options.integrator)?;
        let mut sweeps = ForwardBackward {
            action: action.clone(),
            method: options.integrator,
            tolerance: options.tolerance,
            rate: options.rate,
            prior,
            now: Sweep::default(),
            trial: Sweep::default(),
            swept: false,
            smallest: f64::INFINITY,
            space: PhaseSpaceWorkspace::default(),
            work: MethodWork::default(),
            scheme,
            problem: problem.clone(),
        };
        sweeps.now = sweeps.begin(path, p);
        sweeps.trial = sweeps.now.clone();
        Ok(sweeps)
    }

    /// Makes the first sweep, with costates on straight lines between those of the points.
    fn begin(&self, path: &[f64], p: &[f64]) -> Sweep {
        let (d, stages) = (self.problem.dimension(), self.scheme.stages());
        let parts = self.parts();
        let steps = (self.problem.grid.points - 1) * parts;
        let mut controls = Vec::with_capacity(steps * stages * d);
        for point in 0..self.problem.grid.points - 1 {
            let mut begin = [&path[point * d..][..d], &p[point * d..][..d]].concat();
            self.problem.impulses.apply(point, 1.0, &mut begin, None);
            let end = &p[(point + 1) * d..][..d];
            for part in 0..parts {
                for stage in 0..stages {
                    let share = (part as f64 + self.scheme.place(stage)) / parts as f64;
                    let ends = begin[d..].iter().zip(end);
                    controls.extend(ends.map(|(a, b)| (1.0 - share) * a + share * b));
                }
            }
        }
        Sweep {
            start: path[..d].to_vec(),
            path: path.to_vec(),
            momentum: p.to_vec(),
            stages: vec![0.0; controls.len()],
            costates: vec![0.0; controls.len()],
            target: vec![0.0; d],
            action: f64::NAN,
            controls,
        }
    }

    /// Number of steps from point to point.
    fn parts(&self) -> usize {
        self.problem.grid.steps_per_point
    }

    /// A step, and the index of the first of its numbers among those of all stages.
    fn step(&self, point: usize, part: usize) -> (PartitionedStep<'_>, usize) {
        let h = self.problem.grid.step();
        let step = PartitionedStep {
            scheme: &self.scheme,
            action: &self.action,
            time: self.problem.grid.time(point) + part as f64 * h,
            h,
        };
        let width = self.scheme.stages() * self.problem.dimension();
        (step, (point * self.parts() + part) * width)
    }

    /// Forward sweep: computes the states and the action.
    fn forward(&mut self, sweep: &mut Sweep) -> Result<()> {
        let d = self.problem.dimension();
        let width = self.scheme.stages() * d;
        let mut space = std::mem::take(&mut self.space);
        let mut x = sweep.start.clone();
        let mut integral = 0.0;
        for point in 0..self.problem.grid.points - 1 {
            sweep.path[point * d..][..d].copy_from_slice(&x);
            for part in 0..self.parts() {
                self.work.steps += 1;
                let (step, at) = self.step(point, part);
                let controls = &sweep.controls[at..at + width];
                let stages = &mut sweep.stages[at..at + width];
                step.forward(&mut space, controls, &mut x, stages)?;
                integral += step.action(controls, stages);
            }
            if let Some(i) = x.iter().position(|x| !x.is_finite()) {
                return Err(Error::NotFinite {
                    path: "initialPath".into(),
                    time: self.problem.grid.time(point + 1),
                    point: point + 1,
                    state: format!("x[{i}]"),
                    term: "the sweep of the states forward".into(),
                    value: x[i],
                });
            }
        }
        sweep.path[(self.problem.grid.points - 1) * d..].copy_from_slice(&x);
        self.space = space;
        sweep.action = integral + self.problem.cost_of_impulses(&sweep.path);
        Ok(())
    }

    /// Backward sweep: computes the costates, from 0 after the last point on, and the first state
    /// that follows from them.
    fn backward(&mut self, sweep: &mut Sweep) -> Result<()> {
        let d = self.problem.dimension();
        let width = self.scheme.stages() * d;
        let mut space = std::mem::take(&mut self.space);
        let mut z = vec![0.0; 2 * d];
        for point in (0..self.problem.grid.points).rev() {
            let last = point + 1 == self.problem.grid.points;
            let parts = if last { 0 } else { self.parts() };
            for part in (0..parts).rev() {
                self.work.steps += 1;
                let (step, at) = self.step(point, part);
                let stages = &sweep.stages[at..at + width];
                let costates = &mut sweep.costates[at..at + width];
                step.backward(&mut space, stages, &mut z[d..], costates)?;
            }
            z[..d].copy_from_slice(&sweep.path[point * d..][..d]);
            if point == 0 {
                for (i, (precision, mean)) in self.prior.iter().enumerate() {
                    sweep.target[i] = match *precision > 0.0 {
                        true => mean + z[d + i] / precision,
                        false => z[i],
                    };
                }
            }
            self.problem.impulses.apply(point, -1.0, &mut z, None);
            sweep.momentum[point * d..][..d].copy_from_slice(&z[d..]);
        }
        self.space = space;
        Ok(())
    }

    /// Slope of the action at one path along the step of another: minus the product, in the metric,
    /// of the changes by their sweeps.
    fn product(&self, a: &Sweep, b: &Sweep) -> f64 {
        let d = self.problem.dimension();
        let h = self.problem.grid.step();
        let weights = self.scheme.weights();
        let mut sum = 0.0;
        for k in 0..a.controls.len() {
            let weight = h * weights[k / d % weights.len()] / self.action.model_precision[k % d];
            let ways = [a, b].map(|sweep| sweep.costates[k] - sweep.controls[k]);
            sum += weight * ways[0] * ways[1];
        }
        for (i, (precision, _)) in self.prior.iter().enumerate() {
            sum += precision * (a.target[i] - a.start[i]) * (b.target[i] - b.start[i]);
        }
        sum
    }

    /// Difference of the path from the result of its sweeps, relative to the largest state and
    /// momentum. Costates that move no state, as R_f is infinite, do not count.
    fn change(&self, sweep: &Sweep) -> f64 {
        let d = self.problem.dimension();
        let in_p = size(&sweep.costates).max(size(&sweep.momentum));
        let in_x = size(&sweep.path);
        let [in_x, in_p] = [in_x, in_p].map(|size| if size > 0.0 { size } else { 1.0 });
        let mut worst = 0.0f64;
        for (k, (to, from)) in sweep.costates.iter().zip(&sweep.controls).enumerate() {
            if self.action.model_precision[k % d] < f64::INFINITY {
                worst = worst.max((to - from).abs() / in_p);
            }
        }
        for (to, from) in sweep.target.iter().zip(&sweep.start) {
            worst = worst.max((to - from).abs() / in_x);
        }
        // NaN is lost in maxima.
        match sweep.momentum.iter().all(|p| p.is_finite()) {
            true => worst,
            false => f64::NAN,
        }
    }

    /// Goes a fraction of the way; returns true if the action falls.
    fn try_rate(&mut self, rate: f64, trial: &mut Sweep) -> bool {
        let now = &self.now;
        let towards = |to: &mut [f64], from: &[f64], target: &[f64]| {
            for ((to, from), target) in to.iter_mut().zip(from).zip(target) {
                *to = from + rate * (target - from);
            }
        };
        towards(&mut trial.controls, &now.controls, &now.costates);
        towards(&mut trial.start, &now.start, &now.target);
        if self.forward(trial).is_err() {
            return false;
        }
        let slope = self.product(&self.now, &self.now);
        let fall = self.now.action - trial.action;
        let is_rounding = fall.abs() <= ROUNDING * self.now.action.abs();
        let falls = fall >= FALL * rate * slope;
        if !(falls || is_rounding) || self.backward(trial).is_err() {
            return false;
        }
        // The same on a parabola: a slope against the step that is not as large as that along it
        // was.
        let levels = self.product(trial, &self.now) >= (2.0 * FALL - 1.0) * slope;
        (levels || !is_rounding) && self.change(trial).is_finite()
    }

    fn no_way_on(&self) -> Error {
        let remedy = "no rate makes the action fall: begin nearer to a solution, climb in R_f \
        (continuation), or use multiple-shooting or collocation, which do not follow the path \
        from its first state on";
        let iterations = self.work.iterations;
        self.problem
            .not_converged("rate", iterations, self.smallest, remedy)
    }
}

impl IterativeMethod for ForwardBackward {
    fn iterate(&mut self) -> Result<Iteration> {
        self.work.iterations += 1;
        if !self.swept {
            let mut first = self.now.clone();
            self.forward(&mut first)?;
            self.backward(&mut first)?;
            self.now = first;
            self.swept = true;
        }
        let change = self.change(&self.now);
        if !change.is_finite() {
            return Err(self.no_way_on());
        }
        self.smallest = self.smallest.min(change);
        if change <= self.tolerance {
            return Ok(Iteration {
                change,
                solved: true,
            });
        }
        let mut trial = std::mem::take(&mut self.trial);
        while !self.try_rate(self.rate, &mut trial) {
            self.rate *= 0.5;
            if self.rate < LOWEST_RATE {
                self.trial = trial;
                return Err(self.no_way_on());
            }
        }
        self.trial = std::mem::replace(&mut self.now, trial);
        // At 1 the sweeps have their say in full.
        self.rate = (GROWTH * self.rate).min(1.0);
        Ok(Iteration {
            change,
            solved: false,
        })
    }

    fn best_path(&mut self) -> BestPath {
        let d = self.problem.dimension();
        let shooting = Shooting::new(&self.problem, self.method, 1);
        let all = 0..self.problem.grid.points;
        let z = at_points(&self.now.path, &self.now.momentum, d, all);
        let mut found =
            NodalNewton::new(self.problem.clone(), shooting, z, self.tolerance).best_path();
        if self.swept {
            // That of the controls which moved the states; the costates swept back are others as
            // long as the path is no solution.
            found.action = self.now.action;
        }
        found
    }

    fn work(&self) -> MethodWork {
        self.work
    }
}
