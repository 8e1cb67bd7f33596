//! Search for a minimum: damped steps on the quadratic model until they would lower the value no
//! more.

mod other_steps;
mod within_bounds;

use super::super::{Bounds, Minimum, StopReason};
use super::damping::Damping;
use super::{dot, Quadratic, Structured, Vectors};
use crate::error::Result;

/// Minimisation under way.
pub(crate) struct Search<'a, Q> {
    options: &'a Structured,
    memory: &'a mut Vectors,
    problem: &'a mut Q,
    x: &'a mut [f64],
    at: SearchProgress,
}

/// Progress of a search. With the memory, the problem and the point that it was left with, the
/// search goes on as if it had never stopped.
pub(crate) struct SearchProgress {
    value: f64,
    damping: Damping,
    pub iterations: usize,
    evaluations: usize,
    pub factorizations: usize,
    /// True if the square-root form is tried next, because normal equations may have spoilt the
    /// last step.
    precise: bool,
    /// True if the step was computed by the factor that is in memory.
    factored: bool,
    /// Largest damping with which normal equations have failed for rounding. They are not tried
    /// again with less.
    fails_at: f64,
    /// Number of steps in a row whose predicted reduction is below the tolerance.
    quiet: usize,
    /// True if a step since the last that was taken was too long to be finite.
    not_finite: bool,
}

/// Result of a step.
enum Tried {
    /// The step was taken, with this gain ratio: the reduction over the predicted one.
    Lower(f64),
    /// The value at the end of the step, which is not lower.
    NotLower(f64),
    /// The value at the end of the step is not finite.
    NotFinite,
}

/// Stop reason of a search that no step leads on.
fn nowhere(not_finite: bool, otherwise: StopReason) -> StopReason {
    match not_finite {
        true => StopReason::NotFinite,
        false => otherwise,
    }
}

/// Share of the value that noise explains, below which predicted reductions are compared with that
/// instead of the value. Where data can be met exactly, the value has no floor of its own, and each
/// of its last digits would cost as much as the first.
const LEAST_SHARE: f64 = 1e-4;

/// Gain ratio above which a step may as well have been longer.
const GOOD_GAIN: f64 = 0.75;

impl<'a, Q: Quadratic> Search<'a, Q> {
    /// Begins a search at `x`, moved into its bounds.
    pub fn begin(
        options: &'a Structured,
        memory: &'a mut Vectors,
        problem: &'a mut Q,
        x: &'a mut [f64],
    ) -> Result<Self> {
        if let Some(bounds) = problem.bounds() {
            bounds.project(x);
        }
        let value = problem.evaluate(x)?;
        problem.accept();
        let at = SearchProgress {
            value,
            damping: Damping::new(),
            iterations: 0,
            evaluations: 1,
            factorizations: 0,
            precise: false,
            factored: false,
            fails_at: 0.0,
            quiet: 0,
            not_finite: false,
        };
        let mut search = Search {
            options,
            memory,
            problem,
            x,
            at,
        };
        search.expand();
        Ok(search)
    }

    /// Goes on with a search that [`Search::pause`] left. All arguments must be those that it was
    /// left with.
    pub fn resume(
        options: &'a Structured,
        memory: &'a mut Vectors,
        problem: &'a mut Q,
        x: &'a mut [f64],
        at: SearchProgress,
    ) -> Self {
        Search {
            options,
            memory,
            problem,
            x,
            at,
        }
    }

    /// Leaves the search, to be resumed later.
    pub fn pause(self) -> SearchProgress {
        self.at
    }

    /// Lowest value so far.
    pub fn value(&self) -> f64 {
        self.at.value
    }

    /// Tries steps until the search ends.
    pub fn run(mut self) -> Minimum {
        let stop = loop {
            if let Some(stop) = self.advance() {
                break stop;
            }
        };
        Minimum {
            value: self.at.value,
            stop,
            iterations: self.at.iterations,
            evaluations: self.at.evaluations,
            factorizations: self.at.factorizations,
            active_bounds: self.active_bounds(),
        }
    }

    /// Tries one more step. Returns the stop reason if it was the last one.
    pub fn advance(&mut self) -> Option<StopReason> {
        if self.problem.interrupted() {
            return Some(StopReason::Interrupted);
        }
        if self.at.iterations == self.options.max_iterations {
            return Some(StopReason::IterationLimit);
        }
        self.at.iterations += 1;
        if !self.solve() {
            return Some(nowhere(self.at.not_finite, StopReason::LineSearchFailed));
        }
        let predicted = self.propose();
        if predicted.free == 0.0 {
            return Some(StopReason::GradientSmall);
        }
        let least = LEAST_SHARE * self.problem.noise_level();
        let small = predicted.free <= self.options.tolerance * self.at.value.max(least);
        let mut tried = self.try_step(predicted.kept);
        self.at.not_finite |= matches!(tried, Tried::NotFinite);
        // The last step is taken as well: it is there, and near the minimum it removes most of what
        // is left.
        if small && predicted.undamped && !self.at.not_finite {
            return Some(StopReason::ValueSettled);
        }
        let mut full = matches!(tried, Tried::Lower(_));
        if !full && !small && predicted.kept > 0.0 {
            (tried, full) = self.try_others(predicted.kept, tried);
            self.at.not_finite |= matches!(tried, Tried::NotFinite);
        }
        match tried {
            Tried::Lower(gain) => {
                let held_back = !predicted.undamped && self.at.damping.least();
                self.at.quiet = if small { self.at.quiet + 1 } else { 0 };
                if self.at.quiet == Damping::QUIET_STEPS {
                    return Some(StopReason::ValueSettled);
                }
                (self.at.not_finite, self.at.precise) = (false, false);
                match full {
                    true if held_back && gain > GOOD_GAIN => self.at.damping.release(),
                    true => self.at.damping.relax(gain),
                    false => self.at.damping.tighten_once(),
                }
                self.expand();
            }
            Tried::NotLower(_) if self.lost_in_rounding(predicted.free) => {
                return Some(nowhere(self.at.not_finite, StopReason::ValueSettled));
            }
            Tried::NotLower(_) if self.imprecise(predicted.free) => self.at.precise = true,
            Tried::NotLower(_) | Tried::NotFinite => {
                self.at.precise = false;
                self.at.damping.tighten();
            }
        }
        None
    }

    /// Moves to the proposed point if it is lower.
    fn try_step(&mut self, predicted: f64) -> Tried {
        if predicted <= 0.0 {
            return Tried::NotLower(f64::NAN);
        }
        self.at.evaluations += 1;
        let memory = &mut *self.memory;
        match self.problem.evaluate(&memory.trial) {
            Err(_) => Tried::NotFinite,
            Ok(value) if self.at.value - value > Damping::LEAST_GAIN * predicted => {
                let gain = (self.at.value - value) / predicted;
                self.at.value = value;
                self.x.copy_from_slice(&memory.trial);
                self.problem.accept();
                Tried::Lower(gain)
            }
            Ok(value) => Tried::NotLower(value),
        }
    }

    /// True if rounding errors of the residuals may change the value by as much as the predicted
    /// reduction.
    fn lost_in_rounding(&self, predicted: f64) -> bool {
        predicted <= 1e-3 * self.at.value && predicted <= self.problem.rounding(self.x)
    }

    /// True if the step failed near a minimum and hardly damped, so that the reason may be that too
    /// few of its digits are right.
    fn imprecise(&self, predicted: f64) -> bool {
        Q::PRECISE
            && self.problem.is_gauss_newton()
            && !self.at.precise
            && self.at.damping.negligible()
            && predicted <= 1e-3 * self.at.value
    }

    /// Computes gradient, Hessian and metric at the present point.
    fn expand(&mut self) {
        let memory = &mut *self.memory;
        self.problem
            .expand(self.x, &mut memory.gradient, &mut memory.scale);
        // What no residual depends on has no scale of its own. Its gradient is zero, so any number
        // does that makes the matrix regular.
        let largest = memory.scale.iter().fold(0.0, |a: f64, &b| a.max(b));
        let fallback = if largest > 0.0 { largest } else { 1.0 };
        for scale in &mut memory.scale {
            if *scale == 0.0 {
                *scale = fallback;
            }
        }
        if let Some(bounds) = self.problem.bounds() {
            bounds.mark_active(self.x, &memory.gradient, &mut memory.fixed);
        }
    }

    /// Writes the step of the damped quadratic model, without regard to bounds that are not active.
    /// The damping grows until there is one. Returns false if there is none.
    fn solve(&mut self) -> bool {
        while !self.at.damping.exhausted() {
            let memory = &mut *self.memory;
            for (shift, scale) in memory.shift.iter_mut().zip(&memory.scale) {
                *shift = self.at.damping.factor * scale;
            }
            if !self.at.precise && self.at.damping.factor > self.at.fails_at {
                self.at.factorizations += 1;
                if self.problem.factor(&memory.shift, &memory.fixed) {
                    let gradient = memory.gradient.iter();
                    let pairs = memory.step.iter_mut().zip(gradient);
                    pairs.for_each(|(step, gradient)| *step = -gradient);
                    for (step, &fixed) in memory.step.iter_mut().zip(&memory.fixed) {
                        if fixed {
                            *step = 0.0;
                        }
                    }
                    self.problem.solve(&[], &memory.shift, &mut memory.step);
                    memory.active.copy_from_slice(&memory.fixed);
                    self.at.factored = true;
                    return true;
                }
            }
            // A damped Gauss-Newton Hessian is positive definite; if it does not look so, rounding
            // hides it, and more damping would only hold back the step.
            let rounding = self.problem.is_gauss_newton() && self.at.damping.negligible();
            if Q::PRECISE && (self.at.precise || rounding) {
                if !self.at.precise {
                    self.at.fails_at = self.at.damping.factor;
                }
                if self.solve_precisely() {
                    return true;
                }
            }
            self.at.precise = false;
            self.at.damping.tighten();
        }
        false
    }

    /// Writes the step by the form that holds at any ratio of weights. Returns false if there is
    /// none.
    fn solve_precisely(&mut self) -> bool {
        self.at.factorizations += 1;
        self.at.factored = false;
        let memory = &mut *self.memory;
        let (shift, fixed) = (&memory.shift, &memory.fixed);
        self.problem.solve_precisely(shift, fixed, &mut memory.step)
    }

    fn active_bounds(&self) -> Vec<usize> {
        let Some(Bounds { lower, upper }) = self.problem.bounds() else {
            return Vec::new();
        };
        let at = |&i: &usize| self.x[i] <= lower[i] || self.x[i] >= upper[i];
        (0..self.x.len()).filter(at).collect()
    }
}
