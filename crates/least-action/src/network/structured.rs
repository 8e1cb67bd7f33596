//! Levenberg-Marquardt for networks of few pairs. In the linearised action row a of W_l is in the residuals of neuron a alone, so the weights are eliminated row by
//! row; what is left couples the activations of a layer, all pairs together, with the next layer's only, and is factored along the layers as a path is along time.
//!
//! Damping and stop tests are those of the minimiser for paths.

use super::action::{add_slopes, measurement_factor, prior_factor};
use super::eliminate::{Row, Rows};
use super::problem::NetworkProblem;
use super::NetworkAction;
use crate::action::Layout;
use crate::error::{check, Error, Result};
use crate::solve::{BlockMatrix, Cholesky, Damping, Minimum, StopReason, Structured};

/// The memory of [`LayerElimination::minimize`], O(F (pairs x width)^2 + weights) with the greatest width: made once per problem.
#[derive(Debug, Clone)]
pub struct LayerElimination {
    problem: NetworkProblem,
    /// Unknowns of a layer in the matrix: pairs times the greatest width. Narrower layers are filled up.
    block: usize,
    matrix: BlockMatrix,
    factor: Cholesky,
    rows: Rows,
    gradient: Vec<f64>,
    /// Diagonal of the Gauss-Newton Hessian, the largest of the minimisation so far (J. J. Moré, Lecture Notes in Mathematics 630, 1978): the metric of steps. Of
    /// saturated neurons it is tiny at the moment, and what is measured by that goes astray.
    scale: Vec<f64>,
    step: Vec<f64>,
    trial: Vec<f64>,
    /// Right side and solution in the filled up activations, and their damping.
    reduced: Vec<f64>,
    shift: Vec<f64>,
}

impl LayerElimination {
    /// Multiplications of one factorisation, about.
    pub(crate) fn cost(problem: &NetworkProblem) -> f64 {
        let widths = problem.network().widths();
        let widest = widths.iter().max().copied().unwrap_or(0);
        let block = (widest * problem.pairs()) as f64;
        widths.len() as f64 * 7.0 / 3.0 * block * block * block
    }

    /// # Errors
    /// What it cannot do: tied weights, softmax, layers that are models, bounds, and so many pairs that the matrices do not fit in memory.
    pub fn new(problem: &NetworkProblem) -> Result<Self> {
        let network = problem.network();
        let refuse = |what: &str| {
            Err(Error::WrongShape {
                path: "minimizer".into(),
                message: format!("structured cannot minimise networks with {what}; use lbfgs"),
            })
        };
        if problem.bounds().is_some() {
            return refuse("bounds");
        }
        for (l, layer) in network.layers().iter().enumerate() {
            let others = network.weight_sets()[..l].iter();
            let set = &network.weight_sets()[l];
            if others
                .clone()
                .any(|other| other.start == set.start && !set.is_empty())
            {
                return refuse("tied weights");
            }
            if layer.map.is_some() {
                return refuse("layers that are models");
            }
            if !layer.activation.is_elementwise() {
                return refuse("softmax");
            }
        }
        let widest = network.widths().iter().fold(0, |a, &b| a.max(b));
        let block = widest * problem.pairs();
        let points = network.depth() + 1;
        let numbers = 4.0 * points as f64 * block as f64 * block as f64;
        check::require(
            numbers <= crate::model::MOST_VALUES as f64,
            "pairs.count",
            problem.pairs() as f64,
            "so few that the matrices of structured fit in memory; use lbfgs for more",
        )?;
        let mut couples = vec![1; points];
        couples[points - 1] = 0;
        let layout = Layout::new(block, points, 0, couples)?;
        let zeros = vec![0.0; problem.unknowns()];
        Ok(LayerElimination {
            block,
            matrix: BlockMatrix::new(&layout),
            factor: Cholesky::new(&layout),
            rows: Rows::new(problem),
            gradient: zeros.clone(),
            scale: zeros.clone(),
            step: zeros.clone(),
            trial: zeros,
            reduced: vec![0.0; layout.unknowns()],
            shift: vec![0.0; layout.unknowns()],
            problem: problem.clone(),
        })
    }

    /// Starts at `x` and leaves the best point there. `action` must be one of the same problem; of the options, `hessian` is Gauss-Newton's in any case.
    ///
    /// # Errors
    /// Only if the action fails at the starting point itself.
    pub fn minimize(
        &mut self,
        action: &mut NetworkAction,
        model_precision: f64,
        options: &Structured,
        x: &mut [f64],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<Minimum> {
        let mut value = action
            .gradient(model_precision, x, &mut self.gradient)?
            .action;
        self.scale.fill(0.0);
        self.measure(action, model_precision, x);
        let mut damping = Damping::new();
        let mut minimum = Minimum {
            value,
            stop: StopReason::IterationLimit,
            iterations: 0,
            evaluations: 1,
            factorizations: 0,
            hessian_products: 0,
            active_bounds: Vec::new(),
        };
        let (mut quiet, mut not_finite) = (0, false);
        minimum.stop = loop {
            if interrupted() {
                break StopReason::Interrupted;
            }
            if minimum.iterations == options.max_iterations {
                break StopReason::IterationLimit;
            }
            minimum.iterations += 1;
            minimum.factorizations += 1;
            while !self.solve(action, model_precision, damping.factor, x) && !damping.exhausted() {
                damping.tighten();
                minimum.factorizations += 1;
            }
            let (promise, held) = self.promise(damping.factor);
            let lost = promise.is_nan() || promise < 0.0;
            if damping.exhausted() || lost {
                break match not_finite {
                    true => StopReason::NotFinite,
                    false => StopReason::LineSearchFailed,
                };
            }
            let small = promise <= options.tolerance * value;
            let undamped = damping.negligible() && held <= Damping::UNDAMPED * promise;
            for ((trial, x), step) in self.trial.iter_mut().zip(&*x).zip(&self.step) {
                *trial = x + step;
            }
            minimum.evaluations += 1;
            let tried = action.evaluate(model_precision, &self.trial);
            let lower = tried
                .as_ref()
                .is_ok_and(|t| value - t.action > Damping::LEAST_GAIN * promise);
            if let (Ok(tried), true) = (&tried, lower) {
                let gain = (value - tried.action) / promise;
                value = tried.action;
                x.copy_from_slice(&self.trial);
                quiet = if small { quiet + 1 } else { 0 };
                if (small && undamped) || quiet == Damping::QUIET_STEPS {
                    break StopReason::ValueSettled;
                }
                not_finite = false;
                match !undamped && damping.least() && gain > 0.75 {
                    true => damping.release(),
                    false => damping.relax(gain),
                }
                if action
                    .gradient(model_precision, x, &mut self.gradient)
                    .is_err()
                {
                    break StopReason::NotFinite;
                }
                self.measure(action, model_precision, x);
                continue;
            }
            not_finite |= tried.is_err();
            if !not_finite && promise <= self.rounding(action, model_precision, value, x) {
                break StopReason::ValueSettled;
            }
            if small && undamped {
                break match not_finite {
                    true => StopReason::NotFinite,
                    false => StopReason::ValueSettled,
                };
            }
            damping.tighten();
            // The action keeps what it saw last.
            if action.evaluate(model_precision, x).is_err() {
                break StopReason::NotFinite;
            }
        };
        minimum.value = value;
        Ok(minimum)
    }

    /// Gradient, metric and damped step at `x`, for tests.
    #[cfg(test)]
    pub(super) fn one_step(
        &mut self,
        action: &mut NetworkAction,
        model_precision: f64,
        damping: f64,
        x: &[f64],
    ) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let gradient = &mut self.gradient;
        action
            .gradient(model_precision, x, gradient)
            .expect("finite");
        self.measure(action, model_precision, x);
        assert!(self.solve(action, model_precision, damping, x));
        let lists = (&self.gradient, &self.scale, &self.step);
        (lists.0.clone(), lists.1.clone(), lists.2.clone())
    }

    /// By how much rounding errors of residuals, which are those of the activations, may change the value.
    fn rounding(&self, action: &NetworkAction, model_precision: f64, value: f64, x: &[f64]) -> f64 {
        let parts = &*self.problem.0;
        let squares = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>();
        let after = &x[parts.starts[1]..self.problem.activation_count()];
        let mut sum = action.model_weight(model_precision) * squares(after);
        let factor = 2.0 * measurement_factor(parts);
        for target in &parts.targets {
            let precision = target.precision.iter().fold(0.0, |a: f64, &b| a.max(b));
            sum += factor * precision * squares(&x[self.problem.activations(target.layer)]);
        }
        let floor = 0.5 * sum * f64::EPSILON * f64::EPSILON;
        // The mixed term of (r + error)^2, by Cauchy and Schwarz.
        let mixed = 2.0 * (value * floor).sqrt();
        4.0 * floor + mixed.min(1e-3 * value)
    }

    /// Half of what the quadratic model promises and what the damping holds back, together; and the latter.
    fn promise(&self, damping: f64) -> (f64, f64) {
        let (mut descent, mut held) = (0.0, 0.0);
        for ((step, gradient), scale) in self.step.iter().zip(&self.gradient).zip(&self.scale) {
            descent -= step * gradient;
            held += damping * scale * step * step;
        }
        (0.5 * (descent + held), held)
    }

    /// Raises the metric to the diagonal of the Gauss-Newton Hessian at the point that the action saw last. `trial` is used up.
    fn measure(&mut self, action: &NetworkAction, model_precision: f64, x: &[f64]) {
        let parts = &*self.problem.0;
        let weight = action.model_weight(model_precision);
        self.trial.fill(0.0);
        let (scale, weights) = self.trial.split_at_mut(self.problem.activation_count());
        let factor = 2.0 * measurement_factor(parts);
        for target in &parts.targets {
            let scale = &mut scale[self.problem.activations(target.layer)];
            let precision = target.precision.iter().cycle();
            for ((scale, y), precision) in scale.iter_mut().zip(&target.values).zip(precision) {
                if !y.is_nan() {
                    *scale += factor * precision;
                }
            }
        }
        scale[parts.starts[1]..]
            .iter_mut()
            .for_each(|s| *s += weight);
        self.rows.for_each(action, x, |row, _| {
            row.diagonal(weight, scale, weights);
        });
        let factor = 2.0 * prior_factor(parts);
        for prior in &parts.priors {
            for scale in &mut weights[prior.weights.clone()] {
                *scale += factor * prior.precision;
            }
        }
        // What no residual depends on has no scale of its own, and no gradient: any number does.
        let largest = self.trial.iter().fold(0.0, |a: f64, &b| a.max(b));
        let fallback = if largest > 0.0 { largest } else { 1.0 };
        for (scale, diagonal) in self.scale.iter_mut().zip(&self.trial) {
            *scale = scale.max(*diagonal);
            if *scale < 1e-30 * largest || *scale == 0.0 {
                *scale = fallback;
            }
        }
    }

    /// Writes the damped step from the point that the action saw last; false if a matrix is not positive definite.
    fn solve(
        &mut self,
        action: &NetworkAction,
        model_precision: f64,
        damping: f64,
        x: &[f64],
    ) -> bool {
        let parts = &*self.problem.0;
        let (block, pairs) = (self.block, parts.pairs);
        let weight = action.model_weight(model_precision);
        let activations = self.problem.activation_count();
        let (scale_x, scale_w) = self.scale.split_at(activations);
        self.matrix.set_zero();
        self.reduced.fill(0.0);
        self.shift.fill(0.0);
        let factor = 2.0 * measurement_factor(parts);
        // Until the end, `step` is the gradient of the measurements.
        self.step.fill(0.0);
        for target in &parts.targets {
            let range = self.problem.activations(target.layer);
            add_slopes(target, factor, &x[range.clone()], &mut self.step[range]);
        }
        let widths = parts.network.widths();
        for (l, width) in widths.iter().enumerate() {
            let (own, at) = (self.problem.activations(l), l * block);
            for k in 0..width * pairs {
                self.reduced[at + k] = -self.step[own.start + k];
                self.shift[at + k] = damping * scale_x[own.start + k];
            }
            self.shift[at + width * pairs..at + block].fill(1.0);
        }
        for target in &parts.targets {
            let rows = self.matrix.panel_rows(target.layer);
            let panel = self.matrix.panel_mut(target.layer);
            let precision = target.precision.iter().cycle();
            for (k, (y, precision)) in target.values.iter().zip(precision).enumerate() {
                if !y.is_nan() {
                    panel[k * rows + k] += factor * precision;
                }
            }
        }
        let (matrix, reduced) = (&mut self.matrix, &mut self.reduced);
        let prior = prior_factor(parts);
        self.rows
            .prepare(parts, prior, &x[activations..], |k| damping * scale_w[k]);
        let fine = self.rows.try_for_each(action, x, |row, memory| {
            row.eliminate(weight, memory) && {
                add(row, memory.schur(), matrix, block);
                let (before, after) = reduced.split_at_mut((row.l + 1) * block);
                row.transposed(memory.pull(), &mut before[row.l * block..], after, -1.0);
                true
            }
        });
        if !fine || self.factor.factor(&self.matrix, &self.shift, &[]).is_err() {
            return false;
        }
        self.factor.solve(&mut self.reduced);
        let (dx, dw) = self.step.split_at_mut(activations);
        for (l, width) in widths.iter().enumerate() {
            let own = &self.reduced[l * block..][..width * pairs];
            dx[self.problem.activations(l)].copy_from_slice(own);
        }
        let dx = &*dx;
        self.rows.try_for_each(action, x, |row, memory| {
            let (before, after) = dx.split_at(parts.starts[row.l + 1]);
            row.substitute(weight, memory, (&before[parts.starts[row.l]..], after), dw)
        })
    }
}

/// Adds what the residuals of one neuron leave for the activations: `E^T Q E`.
fn add(row: &Row, q: &[f64], matrix: &mut BlockMatrix, block: usize) {
    let (pairs, n, m, a) = (row.pairs, row.inputs, row.outputs, row.neuron);
    let rows = matrix.panel_rows(row.l);
    let panel = matrix.panel_mut(row.l);
    for pair in 0..pairs {
        for j in 0..n {
            let column = &mut panel[(pair * n + j) * rows..][..rows];
            let own = row.slope(pair, j);
            for other in 0..pairs {
                let factor = q[other * pairs + pair] * own;
                column[block + other * m + a] += factor;
                if other >= pair {
                    let slopes = row.slopes_of(other);
                    let to = &mut column[other * n..][..n];
                    for (to, slope) in to.iter_mut().zip(slopes) {
                        *to += factor * slope;
                    }
                }
            }
        }
    }
    let rows = matrix.panel_rows(row.l + 1);
    let panel = matrix.panel_mut(row.l + 1);
    for pair in 0..pairs {
        for other in pair..pairs {
            panel[(pair * m + a) * rows + other * m + a] += q[other * pairs + pair];
        }
    }
}
