//! Levenberg-Marquardt (K. Levenberg, Quart. Appl. Math. 2, 1944; D. W. Marquardt, J. SIAM 11, 1963) and its relative with the exact Hessian, on a block
//! factorisation in time. Damping by the gain ratio as in H. B. Nielsen, report IMM-REP-1999-05, Technical University of Denmark; bounds by projection as in
//! D. P. Bertsekas, SIAM J. Control Optim. 20, 1982.

mod damping;
#[cfg(test)]
mod tests;

use damping::Damping;

use super::{
    Assembly, BlockMatrix, Bounds, Cholesky, LeastSquares, Minimizer, Minimum, Objective,
    StopReason,
};
use crate::action::Linearization;
use crate::error::{check, Error, Result};

/// Which second derivatives a step sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "kebab-case"))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Hessian {
    /// Those of the squares of the linearised residuals: never indefinite, and good where residuals are small.
    #[default]
    GaussNewton,
    /// All of them. Where they are indefinite the step is damped until they are not.
    Exact,
}

/// Options of the minimiser for paths.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(default, rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Structured {
    /// Default: `gauss-newton`.
    #[cfg_attr(feature = "typescript", ts(as = "Option<Hessian>", optional))]
    pub hessian: Hessian,
    /// Steps that are tried, per rung. Default: 200.
    #[cfg_attr(feature = "typescript", ts(as = "Option<usize>", optional))]
    pub max_iterations: usize,
    /// Relative: the minimisation ends when a step promises to lower the value by less than this share of it. Default: 1e-6.
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>", optional))]
    pub tolerance: f64,
}

impl Default for Structured {
    fn default() -> Self {
        Structured {
            hessian: Hessian::GaussNewton,
            max_iterations: 200,
            tolerance: 1e-6,
        }
    }
}

impl Structured {
    /// # Errors
    /// No iterations, or a tolerance that is not between 0 and 1.
    pub fn validate(&self, path: &str) -> Result<()> {
        check::at_least(&format!("{path}.maxIterations"), self.max_iterations, 1)?;
        check::require(
            self.tolerance > 0.0 && self.tolerance < 1.0,
            &format!("{path}.tolerance"),
            self.tolerance,
            "between 0 and 1",
        )
    }

    /// Starts at `x` and leaves the best point there. The workspace must be one made for this problem.
    ///
    /// # Errors
    /// An `x` of the wrong length, and what the problem reports at the starting point itself.
    pub fn minimize_in(
        &self,
        workspace: &mut Workspace,
        problem: &mut dyn LeastSquares,
        x: &mut [f64],
    ) -> Result<Minimum> {
        let because = "one per unknown";
        check::length("x", x.len(), workspace.step.len(), because)?;
        Search::begin(self, workspace, problem, x)?.run()
    }
}

impl Minimizer for Structured {
    fn minimize(&self, objective: &mut dyn Objective, x: &mut [f64]) -> Result<Minimum> {
        let Some(problem) = objective.least_squares() else {
            return Err(Error::WrongShape {
                path: "minimizer".into(),
                message: "structured needs a sum of squares over a path; use lbfgs".into(),
            });
        };
        let mut workspace = Workspace::new(problem)?;
        self.minimize_in(&mut workspace, problem, x)
    }
}

/// The memory of a minimisation: made once per problem, used for any number of minimisations.
#[derive(Debug, Clone)]
pub struct Workspace {
    assembly: Assembly,
    /// At the present point, and at the one being tried.
    now: Linearization,
    next: Linearization,
    hessian: BlockMatrix,
    factor: Cholesky,
    gradient: Vec<f64>,
    /// Diagonal of the Gauss-Newton Hessian: the metric of steps.
    scale: Vec<f64>,
    shift: Vec<f64>,
    step: Vec<f64>,
    trial: Vec<f64>,
    product: Vec<f64>,
    /// Unknowns at a bound that they would leave downhill; empty without bounds.
    fixed: Vec<bool>,
    /// These, and those that a step leads to a bound.
    held: Vec<bool>,
}

impl Workspace {
    /// # Errors
    /// A linearisation whose patterns do not fit the layout.
    pub fn new(problem: &dyn LeastSquares) -> Result<Self> {
        let layout = problem.layout();
        let now = problem.linearization();
        now.validate(layout)?;
        let zeros = vec![0.0; layout.unknowns()];
        let mut fixed = Vec::new();
        if let Some(bounds) = problem.bounds() {
            let because = "one per unknown";
            check::length("bounds", bounds.lower.len(), layout.unknowns(), because)?;
            fixed = vec![false; layout.unknowns()];
        }
        Ok(Workspace {
            assembly: Assembly::new(layout, &now),
            hessian: BlockMatrix::new(layout),
            factor: Cholesky::new(layout),
            next: now.clone(),
            now,
            gradient: zeros.clone(),
            scale: zeros.clone(),
            shift: zeros.clone(),
            step: zeros.clone(),
            trial: zeros.clone(),
            product: zeros,
            held: fixed.clone(),
            fixed,
        })
    }
}

/// One minimisation on its way.
struct Search<'a> {
    options: &'a Structured,
    memory: &'a mut Workspace,
    problem: &'a mut dyn LeastSquares,
    x: &'a mut [f64],
    value: f64,
    damping: Damping,
    iterations: usize,
    evaluations: usize,
    factorizations: usize,
}

/// What became of a step.
enum Tried {
    /// It was taken, and kept this share of its promise.
    Lower(f64),
    NotLower,
    NotFinite,
}

/// By how much a step lowers the quadratic model.
struct Promise {
    /// Without regard to bounds, but to those that are active.
    free: f64,
    /// Within the bounds.
    kept: f64,
    /// The damping hardly shortens the step: what it promises is all there is.
    undamped: bool,
}

/// A step below this share of its promise is not taken.
const LEAST_GAIN: f64 = 1e-4;

/// A step that is cut at its bounds and keeps less than this share of what it promised is computed anew beside the cut, at most [`CUTS`] times.
const GOOD_CUT: f64 = 0.9;
const CUTS: usize = 3;

/// A step is called undamped if the damping, as a part of the quadratic model, is less than this share of what the step promises.
const UNDAMPED: f64 = 0.1;

/// So many damped steps in a row that promise less than the tolerance end a minimisation; one is enough if it is not damped.
const QUIET_STEPS: usize = 5;

impl<'a> Search<'a> {
    fn begin(
        options: &'a Structured,
        memory: &'a mut Workspace,
        problem: &'a mut dyn LeastSquares,
        x: &'a mut [f64],
    ) -> Result<Self> {
        if let Some(bounds) = problem.bounds() {
            bounds.project(x);
        }
        let value = problem.linearize(x, &mut memory.now)?;
        Ok(Search {
            options,
            memory,
            problem,
            x,
            value,
            damping: Damping::new(),
            iterations: 0,
            evaluations: 1,
            factorizations: 0,
        })
    }

    fn run(mut self) -> Result<Minimum> {
        self.expand()?;
        // Steps in a row that promise too little to go on.
        let mut quiet = 0;
        // Whether a step since the last that was taken was too long to be finite.
        let mut not_finite = false;
        let nowhere = |not_finite: bool, otherwise: StopReason| match not_finite {
            true => StopReason::NotFinite,
            false => otherwise,
        };
        let stop = loop {
            if self.problem.interrupted() {
                break StopReason::Interrupted;
            }
            if self.iterations == self.options.max_iterations {
                break StopReason::IterationLimit;
            }
            self.iterations += 1;
            if !self.factor() {
                break nowhere(not_finite, StopReason::LineSearchFailed);
            }
            let promise = self.propose();
            if promise.free == 0.0 {
                break StopReason::GradientSmall;
            }
            let small = promise.free <= self.options.tolerance * self.value;
            let tried = self.try_step(promise.kept);
            // The last step is taken as well: it is there, and near the minimum it removes most of what is left.
            not_finite |= matches!(tried, Tried::NotFinite);
            if small && promise.undamped && !not_finite {
                break StopReason::ValueSettled;
            }
            match tried {
                Tried::Lower(gain) => {
                    quiet = if small { quiet + 1 } else { 0 };
                    if quiet == QUIET_STEPS {
                        break StopReason::ValueSettled;
                    }
                    not_finite = false;
                    self.damping.relax(gain);
                    self.expand()?;
                }
                Tried::NotLower if self.lost_in_rounding(promise.free) => {
                    break nowhere(not_finite, StopReason::ValueSettled);
                }
                Tried::NotLower | Tried::NotFinite => self.damping.tighten(),
            }
        };
        Ok(Minimum {
            value: self.value,
            stop,
            iterations: self.iterations,
            evaluations: self.evaluations,
            factorizations: self.factorizations,
            active_bounds: self.active_bounds(),
        })
    }

    /// Moves to the proposed point if it is lower.
    fn try_step(&mut self, predicted: f64) -> Tried {
        if predicted <= 0.0 {
            return Tried::NotLower;
        }
        self.evaluations += 1;
        let memory = &mut *self.memory;
        match self.problem.linearize(&memory.trial, &mut memory.next) {
            Err(_) => Tried::NotFinite,
            Ok(value) if self.value - value > LEAST_GAIN * predicted => {
                let gain = (self.value - value) / predicted;
                self.value = value;
                self.x.copy_from_slice(&memory.trial);
                std::mem::swap(&mut memory.now, &mut memory.next);
                Tried::Lower(gain)
            }
            Ok(_) => Tried::NotLower,
        }
    }

    /// Whether rounding errors of the residuals may change the value by as much as a step promises.
    fn lost_in_rounding(&self, predicted: f64) -> bool {
        let memory = &*self.memory;
        predicted <= 1e-3 * self.value && predicted <= memory.assembly.rounding(&memory.now, self.x)
    }

    /// Gradient, Hessian and metric at the present point.
    fn expand(&mut self) -> Result<()> {
        let memory = &mut *self.memory;
        let (hessian, gradient) = (&mut memory.hessian, &mut memory.gradient);
        memory.assembly.assemble(&memory.now, hessian, gradient);
        hessian.diagonal(&mut memory.scale);
        // What no residual depends on has no scale of its own. Its gradient is zero, so any number does that makes the matrix regular.
        let largest = memory.scale.iter().fold(0.0, |a: f64, &b| a.max(b));
        let fallback = if largest > 0.0 { largest } else { 1.0 };
        for scale in &mut memory.scale {
            if *scale < 1e-30 * largest || *scale == 0.0 {
                *scale = fallback;
            }
        }
        if self.options.hessian == Hessian::Exact {
            self.problem.add_curvature(self.x, hessian)?;
        }
        if let Some(bounds) = self.problem.bounds() {
            bounds.mark_active(self.x, gradient, &mut memory.fixed);
        }
        Ok(())
    }

    /// Factors the damped Hessian, raising the damping until it is positive definite.
    fn factor(&mut self) -> bool {
        let memory = &mut *self.memory;
        while !self.damping.exhausted() {
            for (shift, scale) in memory.shift.iter_mut().zip(&memory.scale) {
                *shift = self.damping.factor * scale;
            }
            self.factorizations += 1;
            let (matrix, shift) = (&memory.hessian, &memory.shift);
            if memory.factor.factor(matrix, shift, &memory.fixed).is_ok() {
                return true;
            }
            self.damping.tighten();
        }
        false
    }

    /// Writes the next step and the point that it leads to.
    fn propose(&mut self) -> Promise {
        let memory = &mut *self.memory;
        for (step, gradient) in memory.step.iter_mut().zip(&memory.gradient) {
            *step = -gradient;
        }
        for (step, &fixed) in memory.step.iter_mut().zip(&memory.fixed) {
            if fixed {
                *step = 0.0;
            }
        }
        memory.factor.solve(&mut memory.step);
        let steps = memory.step.iter().zip(&memory.gradient).zip(&memory.shift);
        let (mut descent, mut damping) = (0.0, 0.0);
        for ((step, gradient), shift) in steps {
            descent -= step * gradient;
            damping += step * shift * step;
        }
        let free = 0.5 * (descent + damping);
        let mut promise = Promise {
            free,
            kept: free,
            undamped: self.damping.negligible() && damping <= UNDAMPED * free,
        };
        // Where many bounds are in the way, cutting the step there spoils it: the others must know.
        for _ in 0..CUTS {
            if !self.cut_step() {
                return promise;
            }
            promise.kept = self.predicted();
            if promise.kept >= GOOD_CUT * free || !self.step_beside_cut() {
                break;
            }
        }
        if self.cut_step() {
            promise.kept = self.predicted();
        }
        promise
    }

    /// Writes the point that the step leads to. Where it would leave its bounds both are cut, which is what is returned.
    fn cut_step(&mut self) -> bool {
        let memory = &mut *self.memory;
        for (trial, (x, step)) in memory.trial.iter_mut().zip(self.x.iter().zip(&memory.step)) {
            *trial = x + step;
        }
        let Some(bounds) = self.problem.bounds() else {
            return false;
        };
        if !bounds.project(&mut memory.trial) {
            return false;
        }
        for (step, (x, trial)) in memory.step.iter_mut().zip(self.x.iter().zip(&memory.trial)) {
            *step = trial - x;
        }
        true
    }
    /// By how much the quadratic model, without damping, falls along the step.
    fn predicted(&mut self) -> f64 {
        let memory = &mut *self.memory;
        if self.options.hessian == Hessian::GaussNewton {
            return memory
                .assembly
                .predicted_decrease(&memory.now, &memory.step);
        }
        memory.hessian.multiply(&memory.step, &mut memory.product);
        -dot(&memory.gradient, &memory.step) - 0.5 * dot(&memory.product, &memory.step)
    }

    /// Improves the step in the unknowns that are not at a bound at its end, with the others held there. Returns whether that was possible.
    fn step_beside_cut(&mut self) -> bool {
        let Some(bounds) = self.problem.bounds() else {
            return false;
        };
        let memory = &mut *self.memory;
        bounds.mark_ends(&memory.trial, &memory.fixed, &mut memory.held);
        self.factorizations += 1;
        let (matrix, shift) = (&memory.hessian, &memory.shift);
        if memory.factor.factor(matrix, shift, &memory.held).is_err() {
            return false;
        }
        let change = &mut memory.product;
        match self.options.hessian {
            Hessian::GaussNewton => {
                memory
                    .assembly
                    .gradient_after(&memory.now, &memory.step, change)
            }
            Hessian::Exact => {
                matrix.multiply(&memory.step, change);
                let pairs = change.iter_mut().zip(&memory.gradient);
                pairs.for_each(|(change, gradient)| *change += gradient);
            }
        }
        let steps = memory.step.iter().zip(shift);
        for ((change, (step, shift)), &held) in change.iter_mut().zip(steps).zip(&memory.held) {
            *change = match held {
                true => 0.0,
                false => -(*change + shift * step),
            };
        }
        memory.factor.solve(change);
        let pairs = memory.step.iter_mut().zip(change.iter());
        pairs.for_each(|(step, change)| *step += change);
        true
    }

    fn active_bounds(&self) -> Vec<usize> {
        let Some(Bounds { lower, upper }) = self.problem.bounds() else {
            return Vec::new();
        };
        let at = |&i: &usize| self.x[i] <= lower[i] || self.x[i] >= upper[i];
        (0..self.x.len()).filter(at).collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
