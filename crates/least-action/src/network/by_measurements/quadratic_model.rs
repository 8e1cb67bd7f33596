//! Quadratic model of the action: independent squares of inputs, innovations and weights, and rows
//! of the measurements behind the inputs.

use super::super::pass::Pass;
use super::super::problem::NetworkProblem;
use super::super::sweep;
use super::super::terms::{measurement_error, measurement_factor, prior_error, prior_factor};
use super::sensitivities::Sensitivities;
use crate::action::in_four;
use crate::error::{check, Result};
use crate::solve::{BlockMatrix, Bounds, Cholesky, Layout, Quadratic};

/// Least scale of a weight, as a share of the largest one. The damping of weights that the data
/// hardly determine is no smaller than this. In its own metric, a weight of a saturated or strongly
/// contracting layer could go anywhere.
const LEAST_SCALE: f64 = 1e-12;

/// Activations at a point, and the numbers that the derivatives of its maps need.
#[derive(Debug, Clone)]
struct EvaluatedPoint {
    unknowns: Vec<f64>,
    activations: Vec<f64>,
    kept: Vec<f64>,
}

/// Memory of the quadratic model.
#[derive(Debug, Clone)]
pub(super) struct QuadraticModelMemory {
    problem: NetworkProblem,
    pass: Pass,
    now: EvaluatedPoint,
    next: EvaluatedPoint,
    sensitivities: Sensitivities,
    matrix: BlockMatrix,
    factor: Cholesky,
    /// Twice the factors of the independent squares of inputs, innovations and weights; zero where
    /// nothing is known.
    precisions: Vec<f64>,
    /// Gradient of the independent squares.
    independent_gradient: Vec<f64>,
    /// Diagonal that the factor was made with: one over the sum of precision and damping, zero for
    /// fixed unknowns.
    variances: Vec<f64>,
    /// Metric of weights and inputs, the largest so far (J. J. Moré, Lecture Notes in Mathematics
    /// 630, 1978).
    scale: Vec<f64>,
    /// Twice the factors of the squared errors of the measured neurons, one per neuron.
    weights: Vec<f64>,
    /// Errors of the measured neurons, measured x pairs.
    errors: Vec<f64>,
    /// Right-hand side in the space of the measurements.
    rows: Vec<f64>,
    /// Right-hand side in the unknowns.
    pull: Vec<f64>,
}

impl QuadraticModelMemory {
    /// Memory for one problem.
    pub fn new(problem: &NetworkProblem) -> Result<Self> {
        let parts = &*problem.0;
        let sensitivities = Sensitivities::new(problem);
        let factor = 2.0 * measurement_factor(parts);
        let measured = &sensitivities.measured;
        let weights: Vec<f64> = measured.iter().map(|m| factor * m.precision).collect();
        let rows = measured.len() * parts.pairs;
        // If nothing is measured behind the inputs, there is one row, which stays zero.
        let layout = Layout::new(rows.max(1), 1, 0, vec![0])?;
        let zeros = vec![0.0; problem.unknowns()];
        let point = EvaluatedPoint {
            unknowns: zeros.clone(),
            activations: vec![0.0; problem.activation_count()],
            kept: vec![0.0; problem.residuals()],
        };
        Ok(QuadraticModelMemory {
            pass: Pass::new(parts.pairs),
            next: point.clone(),
            now: point,
            sensitivities,
            matrix: BlockMatrix::new(&layout),
            factor: Cholesky::new(&layout),
            precisions: zeros.clone(),
            independent_gradient: zeros.clone(),
            variances: zeros.clone(),
            scale: zeros.clone(),
            weights,
            errors: vec![0.0; rows],
            rows: vec![0.0; rows.max(1)],
            pull: zeros,
            problem: problem.clone(),
        })
    }

    /// Prepares a minimisation; `weight` is twice the factor of the squared innovations.
    pub fn begin(&mut self, weight: f64) {
        let parts = &*self.problem.0;
        self.scale.fill(0.0);
        self.precisions.fill(0.0);
        self.precisions[parts.starts[1]..self.problem.activation_count()].fill(weight);
        let factor = 2.0 * measurement_factor(parts);
        for target in parts.targets.iter().filter(|target| target.layer == 0) {
            let precision = target.precision.iter().cycle();
            let of = self.precisions.iter_mut().zip(&target.values);
            for ((place, y), precision) in of.zip(precision) {
                *place = if y.is_nan() { 0.0 } else { factor * precision };
            }
        }
        let factor = 2.0 * prior_factor(parts);
        let weights = &mut self.precisions[self.problem.activation_count()..];
        for prior in &parts.priors {
            weights[prior.weights.clone()].fill(factor * prior.precision);
        }
    }

    /// Writes the activations that follow from inputs, innovations and weights.
    pub fn activations(&mut self, unknowns: &[f64], into: &mut [f64]) {
        run(&self.problem, &mut self.pass, unknowns, &mut self.next);
        into.copy_from_slice(&self.next.activations);
    }

    /// Writes the errors of the measured neurons at a point; zero where nothing was measured.
    fn errors(&self, at: &EvaluatedPoint, into: &mut [f64]) {
        let pairs = self.problem.pairs();
        for (measured, into) in self
            .sensitivities
            .measured
            .iter()
            .zip(into.chunks_exact_mut(pairs))
        {
            let places = at.activations[measured.first..]
                .iter()
                .step_by(measured.width);
            for ((into, x), y) in into.iter_mut().zip(places).zip(&measured.values) {
                *into = if y.is_nan() { 0.0 } else { x - y };
            }
        }
    }

    /// Multiplies `rows` with the factors of their squares.
    fn apply_weights(&self, rows: &mut [f64]) {
        let pairs = self.problem.pairs();
        let rows = rows.chunks_exact_mut(pairs).zip(&self.weights);
        rows.for_each(|(row, weight)| row.iter_mut().for_each(|r| *r *= weight));
    }

    /// Writes the step that lowers the independent squares and the measurement errors together,
    /// `-V (own + G^T (G V G^T + noise)^-1 (errors - G V own))`. The factor holds
    /// `G V G^T + noise`, `pull` the gradient `own` of the independent squares, `rows` the errors.
    /// The formula is in errors, as free weights have variances so large that no digits of a
    /// gradient would be left.
    fn solve_for_step(&mut self, into: &mut [f64]) {
        let count = self.errors.len();
        for ((into, pull), variance) in into.iter_mut().zip(&self.pull).zip(&self.variances) {
            *into = -(pull * variance);
        }
        let mut along = vec![0.0; self.rows.len()];
        self.sensitivities.push_forward(into, &mut along[..count]);
        for (along, row) in along.iter_mut().zip(&self.rows) {
            *along += row;
        }
        self.factor.solve(&mut along);
        self.sensitivities
            .pull_back(&along[..count], &mut self.pull);
        for ((into, pull), variance) in into.iter_mut().zip(&self.pull).zip(&self.variances) {
            *into -= variance * pull;
        }
    }
}

/// Computes the activations of all layers from inputs, innovations and weights.
fn run(problem: &NetworkProblem, pass: &mut Pass, unknowns: &[f64], into: &mut EvaluatedPoint) {
    let parts = &*problem.0;
    into.unknowns.copy_from_slice(unknowns);
    let (path, weights) = unknowns.split_at(problem.activation_count());
    let inputs = problem.activations(0);
    into.activations[inputs.clone()].copy_from_slice(&path[inputs]);
    let innovations = Some((1.0, &path[parts.starts[1]..]));
    let (x, kept) = (&mut into.activations, &mut into.kept);
    sweep::forward(parts, pass, weights, innovations, x, kept);
}

/// The quadratic model, with the question whether to go on.
pub(super) struct QuadraticModel<'a> {
    pub memory: &'a mut QuadraticModelMemory,
    pub interrupted: &'a dyn Fn() -> bool,
}

impl Quadratic for QuadraticModel<'_> {
    const PRECISE: bool = false;

    fn interrupted(&self) -> bool {
        (self.interrupted)()
    }

    fn bounds(&self) -> Option<&Bounds> {
        self.memory.problem.bounds()
    }

    fn noise_level(&self) -> f64 {
        self.memory.problem.noise_level()
    }

    fn is_gauss_newton(&self) -> bool {
        true
    }

    fn evaluate(&mut self, unknowns: &[f64]) -> Result<f64> {
        let memory = &mut *self.memory;
        let problem = &memory.problem;
        run(problem, &mut memory.pass, unknowns, &mut memory.next);
        let parts = &*problem.0;
        let (path, weights) = unknowns.split_at(problem.activation_count());
        let weight = memory.precisions[parts.starts[1]];
        let model_error = 0.5 * weight * in_four(&path[parts.starts[1]..], |r| r * r);
        let value = measurement_error(parts, &memory.next.activations)
            + model_error
            + prior_error(parts, weights);
        check::finite("action", value)?;
        // Saturated neurons hide weights that are not finite.
        check::finite("weights", in_four(weights, |w| w * 0.0))?;
        Ok(value)
    }

    fn accept(&mut self) {
        std::mem::swap(&mut self.memory.now, &mut self.memory.next);
    }

    fn expand(&mut self, unknowns: &[f64], gradient: &mut [f64], scale: &mut [f64]) {
        let memory = &mut *self.memory;
        let parts = &*memory.problem.0;
        let activations = memory.problem.activation_count();
        let weights = &unknowns[activations..];
        let now = &memory.now;
        memory
            .sensitivities
            .update(&now.activations, weights, &now.kept);
        for ((own, x), precision) in memory
            .independent_gradient
            .iter_mut()
            .zip(unknowns)
            .zip(&memory.precisions)
        {
            *own = precision * x;
        }
        for target in parts.targets.iter().filter(|target| target.layer == 0) {
            for (k, y) in target
                .values
                .iter()
                .enumerate()
                .filter(|(_, y)| !y.is_nan())
            {
                memory.independent_gradient[k] = memory.precisions[k] * (unknowns[k] - y);
            }
        }
        for prior in &parts.priors {
            for k in prior.weights.clone() {
                let k = activations + k;
                memory.independent_gradient[k] = memory.precisions[k] * (unknowns[k] - prior.mean);
            }
        }
        let mut errors = std::mem::take(&mut memory.errors);
        memory.errors(&memory.now, &mut errors);
        let mut along = errors.clone();
        memory.errors = errors;
        memory.apply_weights(&mut along);
        memory.sensitivities.pull_back(&along, gradient);
        let pairs_of = gradient.iter_mut().zip(&memory.independent_gradient);
        pairs_of.for_each(|(gradient, own)| *gradient += own);
        // Unknowns that are known on their own are damped by that, free inputs and weights by the
        // data.
        memory.pull.fill(0.0);
        memory
            .sensitivities
            .add_gauss_newton_diagonal(&memory.weights, &mut memory.pull);
        let (_, of_weights) = memory.pull.split_at_mut(activations);
        let largest = of_weights.iter().fold(0.0, |a: f64, &b| a.max(b));
        let least = LEAST_SCALE * largest;
        of_weights.iter_mut().for_each(|s| *s = s.max(least));
        for (k, scale) in scale.iter_mut().enumerate() {
            let precision = memory.precisions[k];
            *scale = precision;
            if k >= activations || precision == 0.0 {
                let seen = memory.scale[k].max(memory.pull[k] + precision);
                memory.scale[k] = seen;
                *scale = seen;
            }
        }
    }

    fn factor(&mut self, shift: &[f64], fixed: &[bool]) -> bool {
        let memory = &mut *self.memory;
        for (k, variance) in memory.variances.iter_mut().enumerate() {
            let held = fixed.get(k).is_some_and(|&fixed| fixed);
            let precision = (memory.precisions[k] + shift[k]).max(f64::MIN_POSITIVE);
            *variance = if held { 0.0 } else { 1.0 / precision };
        }
        let (sensitivities, weights) = (&memory.sensitivities, &memory.weights);
        let noise = |t: usize, pair: usize| match sensitivities.measured[t].values[pair].is_nan() {
            true => 1.0,
            false => 1.0 / weights[t],
        };
        if memory.errors.is_empty() {
            return true;
        }
        sensitivities.gram(&memory.variances, noise, &mut memory.matrix);
        memory.factor.factor(&memory.matrix, &[], &[]).is_ok()
    }

    fn solve(&mut self, inside: &[f64], shift: &[f64], force: &mut [f64]) {
        let memory = &mut *self.memory;
        let count = memory.errors.len();
        memory.pull.copy_from_slice(&memory.independent_gradient);
        memory.rows.fill(0.0);
        if !inside.is_empty() {
            let rows = &mut memory.rows[..count];
            memory.sensitivities.push_forward(inside, rows);
            for (k, pull) in memory.pull.iter_mut().enumerate() {
                *pull += (memory.precisions[k] + shift[k]) * inside[k];
            }
        }
        for (row, error) in memory.rows.iter_mut().zip(&memory.errors) {
            *row += error;
        }
        memory.solve_for_step(force);
    }

    fn solve_precisely(&mut self, _: &[f64], _: &[bool], _: &mut [f64]) -> bool {
        false
    }

    fn geodesic_acceleration(&mut self, _: &[f64], _: &[bool], into: &mut [f64]) {
        // Only what is measured behind the inputs is not linear.
        let memory = &mut *self.memory;
        let count = memory.errors.len();
        let ends = memory.next.unknowns.iter().zip(&memory.now.unknowns);
        let steps = memory.pull.iter_mut().zip(ends);
        steps.for_each(|(step, (to, from))| *step = to - from);
        let mut rows = std::mem::take(&mut memory.rows);
        let mut linear = vec![0.0; count];
        memory.sensitivities.push_forward(&memory.pull, &mut linear);
        memory.errors(&memory.next, &mut rows[..count]);
        for ((row, error), linear) in rows.iter_mut().zip(&memory.errors).zip(&linear) {
            *row -= error + linear;
        }
        memory.rows = rows;
        memory.pull.fill(0.0);
        memory.solve_for_step(into);
    }

    fn decrease(&mut self, _: &[f64], step: &[f64]) -> f64 {
        let memory = &mut *self.memory;
        let count = memory.errors.len();
        let mut decrease = 0.0;
        for ((step, own), precision) in step
            .iter()
            .zip(&memory.independent_gradient)
            .zip(&memory.precisions)
        {
            decrease -= step * (own + 0.5 * precision * step);
        }
        memory
            .sensitivities
            .push_forward(step, &mut memory.rows[..count]);
        let pairs = memory.problem.pairs();
        let rows = memory.rows[..count].chunks_exact(pairs);
        for ((rows, errors), weight) in rows
            .zip(memory.errors.chunks_exact(pairs))
            .zip(&memory.weights)
        {
            for (row, error) in rows.iter().zip(errors) {
                decrease -= weight * row * (error + 0.5 * row);
            }
        }
        decrease
    }

    fn gradient_after(&mut self, _: &[f64], step: &[f64], into: &mut [f64]) {
        let memory = &mut *self.memory;
        let count = memory.errors.len();
        let mut rows = vec![0.0; count];
        memory.sensitivities.push_forward(step, &mut rows);
        let pairs = rows.iter_mut().zip(&memory.errors);
        pairs.for_each(|(row, error)| *row += error);
        memory.apply_weights(&mut rows);
        memory.sensitivities.pull_back(&rows, into);
        for (k, into) in into.iter_mut().enumerate() {
            *into += memory.independent_gradient[k] + memory.precisions[k] * step[k];
        }
    }

    /// Rounding error of the value from that of the measured activations, as each is the last of a
    /// chain of sums.
    fn rounding(&self, _: &[f64]) -> f64 {
        let memory = &*self.memory;
        let pairs = memory.problem.pairs();
        let errors = memory.errors.chunks_exact(pairs).zip(&memory.weights);
        let mut sum = 0.0;
        for ((errors, weight), measured) in errors.zip(&memory.sensitivities.measured) {
            let places = memory.now.activations[measured.first..].iter();
            for (error, x) in errors.iter().zip(places.step_by(measured.width)) {
                sum += weight * error.abs() * (x.abs() + error.abs());
            }
        }
        f64::EPSILON * sum
    }
}
