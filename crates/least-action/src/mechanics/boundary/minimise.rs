//! A path of least action by minimisation: damped Newton steps that never climb, then plain ones
//! down to rounding.

use super::discrete_action::{ActionSum, DiscreteAction};
use super::method::{BestPath, Iteration, IterativeMethod, MethodWork};
use super::problem::BoundaryProblem;
use super::quadratic::{clear, ActionQuadratic};
use super::BoundaryOptions;
use crate::error::{Error, Result};
use crate::mechanics::integrate::MapStep;
use crate::mechanics::{acceleration, DiscreteLagrangian, VariationalMethod};
use crate::solve::dense::{larger, size};
use crate::solve::{Hessian, Quadratic, Search, SearchProgress, StopReason, Structured, Vectors};

/// Minimisation of the discrete action. It does not find saddles and maxima.
pub(super) struct Minimisation {
    model: ActionQuadratic,
    /// States of all nodes.
    path: Vec<f64>,
    options: Structured,
    tolerance: f64,
    vectors: Vectors,
    stage: MinimisationStage,
    /// Sizes of states and action at the beginning.
    begun: (f64, f64),
    iterations: usize,
    /// Number of factorisations by steps outside the search.
    factorizations: usize,
    /// Smallest change by a step outside the search.
    smallest: f64,
}

/// Stage of the minimisation: the search, then plain Newton steps.
enum MinimisationStage {
    Search(Option<SearchProgress>),
    Polish(LastNewtonStep),
}

/// Result of the last plain Newton step.
struct LastNewtonStep {
    change: f64,
    /// Smallest change by a plain step.
    smallest: f64,
    /// Path before the step, if the equations held there but for rounding.
    exact: Option<Vec<f64>>,
}

impl LastNewtonStep {
    const NONE: LastNewtonStep = LastNewtonStep {
        change: f64::INFINITY,
        smallest: f64::INFINITY,
        exact: None,
    };
}

/// Predicted reduction at which the search ends, relative to the sum of the sizes of the action's
/// terms: plain steps are safe then.
const TOLERANCE: f64 = 1e-12;

/// Growth of a path since the beginning beyond which it is on its way to infinity, if its action
/// has fallen as much.
const LOST: f64 = 1e8;

/// Momentum below which it is the rounding of states, relative to the momentum that moving one node
/// by its own size adds.
const LEAST_MOMENTUM: f64 = 1e-8;

/// Gradient below which it is the rounding of states, relative to the part of it that a state adds
/// by itself. Where R_f is large, the path may still change by much more.
const EXACT: f64 = 64.0 * f64::EPSILON;

/// Ratio of the lengths of neighbouring steps above which they no longer converge.
const STALLED: f64 = 0.25;

impl Minimisation {
    /// Begins a minimisation from a path.
    ///
    /// # Errors
    /// An integrator that is not the map of a discrete action, and an action that is not finite
    /// along the path.
    pub fn new(problem: &BoundaryProblem, path: &[f64], options: &BoundaryOptions) -> Result<Self> {
        let method = VariationalMethod::of_integrator(options.integrator)?;
        let action = DiscreteAction::new(problem, method, options.steps_per_point);
        let path = action.spread(path);
        let mut model = ActionQuadratic::new(action)?;
        is_curved(&mut model.action, &path)?;
        let begun = model.action.gradient(&path, &mut model.next);
        let begun = begun.map_err(|error| not_finite(&mut model.action, &path, error))?;
        Ok(Minimisation {
            begun: (size(&path).max(1.0), begun.size.max(begun.value.abs())),
            vectors: Vectors::new(path.len(), false),
            options: Structured {
                hessian: Hessian::Exact,
                max_iterations: options.most_iterations(),
                tolerance: TOLERANCE,
            },
            tolerance: options.tolerance,
            stage: MinimisationStage::Search(None),
            iterations: 0,
            factorizations: 0,
            smallest: f64::INFINITY,
            model,
            path,
        })
    }

    /// Makes steps of the search until one is taken or it ends.
    fn search(&mut self, progress: Option<SearchProgress>) -> Result<Iteration> {
        let before = self.path.clone();
        let (options, memory, model) = (&self.options, &mut self.vectors, &mut self.model);
        let mut search = match progress {
            None => Search::begin(options, memory, model, &mut self.path)?,
            Some(at) => Search::resume(options, memory, model, &mut self.path, at),
        };
        let value = search.value();
        let stop = loop {
            let stop = search.advance();
            if stop.is_some() || search.value() < value {
                break stop;
            }
        };
        let lowest = search.value();
        let progress = search.pause();
        let factorizations = progress.factorizations;
        self.iterations = progress.iterations;
        self.stage = MinimisationStage::Search(Some(progress));
        let change = distance(&before, &self.path) / size(&self.path).max(f64::MIN_POSITIVE);
        if change > 0.0 {
            self.smallest = self.smallest.min(change);
        }
        if let Some(error) = self.model.failure.take() {
            return Err(error);
        }
        let (states, action) = self.begun;
        if size(&self.path) > LOST * states && lowest < -LOST * action {
            return Err(self.no_minimum("it falls without end: the time is too long for a minimum"));
        }
        match stop {
            None => {}
            Some(StopReason::IterationLimit) => return Err(self.out_of_iterations()),
            Some(StopReason::NotFinite) => {
                return Err(self.no_minimum("every step leads to where it is not finite"));
            }
            Some(_) => {
                self.factorizations = factorizations;
                self.stage = MinimisationStage::Polish(LastNewtonStep::NONE);
            }
        }
        Ok(Iteration {
            change,
            solved: false,
        })
    }

    /// Makes a Newton step with the exact Hessian.
    fn polish(&mut self, last: LastNewtonStep) -> Result<Iteration> {
        if self.iterations >= self.options.max_iterations {
            return Err(self.out_of_iterations());
        }
        self.iterations += 1;
        self.factorizations += 1;
        let model = &mut self.model;
        let mut step = vec![0.0; self.path.len()];
        model.action.gradient(&self.path, &mut step)?;
        model.action.hessian(&self.path, &mut model.hessian)?;
        if !model.factor(&[], &[]) {
            return Err(self.no_minimum("the path that it came to is a saddle"));
        }
        clear(&mut step, &model.fixed);
        let mut exact = vec![0.0; step.len()];
        model.hessian.diagonal(&mut exact);
        let digits = EXACT * size(&self.path);
        let mut pairs = step.iter().zip(&exact);
        let exact = pairs.all(|(g, h)| g.abs() <= digits * h.abs());
        model.factor.solve(&mut step);
        let moved: Vec<f64> = self.path.iter().zip(&step).map(|(x, s)| x - s).collect();
        let change = size(&step) / size(&moved).max(f64::MIN_POSITIVE);
        let stalls = change > STALLED * last.change;
        let known = exact || last.exact.is_some();
        let rounding =
            change <= 4.0 * f64::EPSILON || stalls && (known || change <= self.tolerance);
        let before = match change < last.smallest {
            true => {
                self.smallest = self.smallest.min(change);
                std::mem::replace(&mut self.path, moved)
            }
            // A step that is only rounding is not taken.
            false if rounding => {
                if let (Some(better), false) = (last.exact, exact) {
                    self.path = better;
                }
                self.path.clone()
            }
            false => {
                return Err(self.no_minimum("Newton's steps do not converge where it is lowest"));
            }
        };
        self.stage = MinimisationStage::Polish(LastNewtonStep {
            change,
            smallest: last.smallest.min(change),
            exact: exact.then_some(before),
        });
        Ok(Iteration {
            change,
            solved: rounding,
        })
    }

    fn no_minimum(&self, why: &str) -> Error {
        self.not_converged(
            "method",
            format!(
                "no minimum of the action was found: {why}; \"collocation\" finds saddles as well"
            ),
        )
    }

    fn out_of_iterations(&self) -> Error {
        self.not_converged(
            "maxIterations",
            "allow more, begin nearer to the path, or climb in R_f by a continuation; an action \
            that falls without end has no minimum"
                .into(),
        )
    }

    fn not_converged(&self, path: &str, remedy: String) -> Error {
        Error::NotConverged {
            path: path.into(),
            equations: "the discrete Euler-Lagrange equations of a path that begins".into(),
            time: self.model.action.problem.grid.start,
            iterations: self.iterations,
            change: self.smallest,
            remedy,
        }
    }

    /// Largest difference of one step with two of half its length, from every node on: of states
    /// and of momenta, each relative to its own size.
    fn mesh_error(&mut self, before: &[f64], after: &[f64], scale: (f64, f64)) -> Result<f64> {
        let action = &mut self.model.action;
        let (d, h) = (action.dimension(), action.step());
        let times: Vec<f64> = (0..action.nodes()).map(|n| action.time(n)).collect();
        let l = DiscreteLagrangian::new(action.problem.system.lagrangian(), action.method);
        let (mut z, mut velocity) = (vec![0.0; 2 * d], vec![0.0; d]);
        let mut largest = 0.0f64;
        for (n, ends) in self.path.windows(2 * d).step_by(d).enumerate() {
            let (x0, x1) = ends.split_at(d);
            z[..d].copy_from_slice(x0);
            z[d..].copy_from_slice(&after[n * d..][..d]);
            for (v, (a, b)) in velocity.iter_mut().zip(x0.iter().zip(x1)) {
                *v = (b - a) / h;
            }
            for half in 0..2 {
                let time = times[n] + 0.5 * h * half as f64;
                let step = MapStep::new(&mut action.work, (time, 0.5 * h), &mut z, None);
                l.step(step, &velocity)?;
            }
            let of_x = distance(&z[..d], x1) / scale.0;
            let of_p = distance(&z[d..], &before[(n + 1) * d..][..d]) / scale.1;
            largest = larger(largest, larger(of_x, of_p));
        }
        Ok(largest)
    }

    fn state(&mut self) -> Result<BestPath> {
        let action = &mut self.model.action;
        let (d, nodes) = (action.dimension(), action.nodes());
        let last = nodes - 1;
        let mut gradient = vec![0.0; nodes * d];
        let ActionSum { value, .. } = action.gradient(&self.path, &mut gradient)?;
        // Both Legendre transforms at every node: of the step that ends there, and of the one that
        // begins.
        let (mut before, mut after) = (vec![0.0; nodes * d], vec![0.0; nodes * d]);
        for n in 0..last {
            action.slopes(&self.path, n)?;
            let (first, second) = action.ends();
            before[(n + 1) * d..][..d].copy_from_slice(second);
            let begins = after[n * d..].iter_mut().zip(first);
            begins.for_each(|(p, slope)| *p = -slope);
        }
        let mut momentum = Vec::with_capacity(action.problem.grid.points * d);
        for point in 0..action.problem.grid.points {
            let node = action.node(point);
            let at = node * d..(node + 1) * d;
            let from = if node == last { &before } else { &after };
            let mut z = [&self.path[at.clone()], &from[at]].concat();
            if node < last {
                action.problem.impulses.apply(point, -1.0, &mut z, None);
            }
            momentum.extend_from_slice(&z[d..]);
        }
        action.hessian(&self.path, &mut self.model.hessian)?;
        let mut diagonal = vec![0.0; nodes * d];
        self.model.hessian.diagonal(&mut diagonal);
        let states = size(&self.path).max(f64::MIN_POSITIVE);
        let momenta = size(&before).max(size(&after));
        let momenta = momenta.max(LEAST_MOMENTUM * size(&diagonal) * states);
        let momenta = momenta.max(f64::MIN_POSITIVE);
        let (mut residual, mut boundary_error) = (0.0f64, 0.0f64);
        for (n, gradient) in gradient.chunks_exact(d).enumerate() {
            let error = size(gradient) / momenta;
            if n > 0 && n < last {
                residual = larger(residual, error);
            } else if !self.model.action.is_fixed(n) {
                boundary_error = larger(boundary_error, error);
            }
        }
        let mesh_error = self.mesh_error(&before, &after, (states, momenta));
        let action = &self.model.action;
        Ok(BestPath {
            path: action.at_points(&self.path),
            momentum,
            action: value,
            residual,
            boundary_error,
            mesh_error: mesh_error.unwrap_or(f64::INFINITY),
            mesh: (0..nodes).map(|n| action.time(n)).collect(),
        })
    }
}

impl IterativeMethod for Minimisation {
    fn iterate(&mut self) -> Result<Iteration> {
        match std::mem::replace(
            &mut self.stage,
            MinimisationStage::Polish(LastNewtonStep::NONE),
        ) {
            MinimisationStage::Search(progress) => self.search(progress),
            MinimisationStage::Polish(last) => self.polish(last),
        }
    }

    fn best_path(&mut self) -> BestPath {
        let states = self.model.action.at_points(&self.path);
        // Where derivatives are not to be had there is no more than the path.
        self.state().unwrap_or_else(|_| BestPath {
            momentum: vec![f64::NAN; states.len()],
            path: states,
            action: f64::NAN,
            residual: f64::INFINITY,
            boundary_error: f64::INFINITY,
            mesh_error: f64::INFINITY,
            mesh: Vec::new(),
        })
    }

    fn work(&self) -> MethodWork {
        let of_search = match &self.stage {
            MinimisationStage::Search(Some(progress)) => progress.factorizations,
            _ => 0,
        };
        MethodWork {
            iterations: self.iterations,
            factorizations: self.factorizations + of_search,
            steps: self.model.action.evaluations,
        }
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    let pairs = a.iter().zip(b);
    pairs.fold(0.0, |most, (a, b)| larger(most, (a - b).abs()))
}

/// Checks that L is curved in every velocity. If it is linear in one, the inner points of a step
/// add a kinetic energy that is only of their making.
///
/// # Errors
/// [`Error::Singular`] for L_vv, if that is so at more than one velocity.
fn is_curved(action: &mut DiscreteAction, path: &[f64]) -> Result<()> {
    let (d, h, time) = (action.dimension(), action.step(), action.time(0));
    let (x0, x1) = path[..2 * d].split_at(d);
    let x: Vec<f64> = x0.iter().zip(x1).map(|(a, b)| 0.5 * (a + b)).collect();
    let v: Vec<f64> = x0.iter().zip(x1).map(|(a, b)| (b - a) / h).collect();
    let other: Vec<f64> = v.iter().map(|v| v + 1.0 + v.abs()).collect();
    let lagrangian = action.problem.system.lagrangian();
    let mut singular = |v: &[f64]| {
        let found = acceleration(lagrangian, &mut action.work, time, &x, v);
        found
            .err()
            .filter(|error| matches!(error, Error::Singular { .. }))
    };
    match (singular(&v), singular(&other)) {
        (Some(error), Some(_)) => Err(error),
        _ => Ok(()),
    }
}

/// Error of the first step whose part of the action is not finite; else the error as it is.
fn not_finite(action: &mut DiscreteAction, path: &[f64], error: Error) -> Error {
    let place = (0..action.nodes() - 1).find_map(|n| {
        let part = action.slopes(path, n).ok()?;
        let (first, second) = action.ends();
        let all = first.iter().chain(second).all(|s| s.is_finite()) && part.is_finite();
        (!all).then_some((n, part))
    });
    let Some((node, value)) = place else {
        return error;
    };
    let point = (0..=node).rev().find_map(|n| action.point(n)).unwrap_or(0);
    Error::NotFinite {
        path: "initialPath".into(),
        time: action.time(node),
        point,
        state: "the step after it".into(),
        term: "the action or its derivative".into(),
        value: if value.is_finite() { f64::NAN } else { value },
    }
}
