//! Minimum under the strong constraint in the logarithms of first states and parameters, along
//! paths that obey the model.

use super::minimum::StrongMinimum;
use super::posterior::StrongPosterior;
use crate::error::Result;
use crate::solve::dense::Lu;

/// Damping of the first step, its least and its most, and the factors by which it changes.
const FIRST_DAMPING: f64 = 1e-3;
const LEAST_DAMPING: f64 = 1e-12;
const MOST_DAMPING: f64 = 1e9;
const LESS: f64 = 0.2;
const MORE: f64 = 8.0;
/// Longest step of a logarithm: a factor of twenty.
const REACH: f64 = 3.0;
/// Predicted fall of the value, relative to 1 or to the value, at which a minimum is reached.
const TOLERANCE: f64 = 1e-11;

/// Quadratic model of the value in the logarithms of the free unknowns.
struct Quadratic {
    /// Places of the free unknowns.
    free: Vec<usize>,
    /// Second derivatives, column by column, and slopes.
    matrix: Vec<f64>,
    slopes: Vec<f64>,
}

/// Step in the logarithms of the free unknowns, with the fall of the quadratic model along it.
struct Step {
    change: Vec<f64>,
    decrease: f64,
}

impl StrongPosterior {
    /// Minimises the negative log posterior from a path with parameters, of which the first states
    /// and the parameters are kept, by damped Gauss-Newton steps (D. W. Marquardt, J. SIAM 11,
    /// 1963) in the logarithms of all unknowns but the `held` parameters. Signs stay as they are,
    /// and so do unknowns that are zero.
    ///
    /// It is for valleys along which a first state falls by orders of magnitude while a rate grows.
    /// Steps of the unknowns themselves are short there. Where a valley has no end the derivative
    /// along it vanishes, and a full step is as long as one likes: the fall that it predicts is
    /// never had. So what is left to the minimum is the fall along the best step that changes no
    /// unknown by more than a factor of twenty.
    ///
    /// # Errors
    /// A path that does not stay finite at the start.
    pub(super) fn minimize_in_logarithms(
        &mut self,
        start: &[f64],
        held: &[usize],
        max_iterations: usize,
    ) -> Result<StrongMinimum> {
        let mut at = self.reduced(start);
        let first = self.unknowns() - self.layout.parameters;
        let mut value = self.value_at(&at)?;
        let (mut damping, mut iterations) = (FIRST_DAMPING, 0);
        let (mut decrease, mut converged) = (f64::INFINITY, false);
        while let Some(model) =
            self.quadratic(&at, |k| k >= first && held.contains(&(k - first)))?
        {
            let Some(best) = model.within_reach() else {
                break;
            };
            decrease = best.decrease;
            converged = decrease <= TOLERANCE * value.abs().max(1.0);
            if converged || iterations == max_iterations {
                break;
            }
            iterations += 1;
            let mut tried = Some(best);
            let next = loop {
                let there = tried.map(|step| self.moved(&at, &model.free, &step.change));
                let lower = there.and_then(|there| {
                    let lower = self.value_at(&there).ok().filter(|v| *v < value)?;
                    Some((there, lower))
                });
                if lower.is_some() || damping > MOST_DAMPING {
                    break lower;
                }
                tried = model.step(damping);
                damping *= MORE;
            };
            damping = (damping * LESS / MORE).clamp(LEAST_DAMPING, FIRST_DAMPING);
            let Some(lower) = next else { break };
            (at, value) = lower;
        }
        let parameters = at[first..].to_vec();
        let unknowns = [self.path_of(&at)?, &parameters].concat();
        // The rows belong to the last point that was tried.
        self.linearize(&unknowns)?;
        Ok(StrongMinimum {
            unknowns,
            value,
            decrease,
            iterations,
            converged,
            violation: 0.0,
        })
    }

    /// Negative log posterior of the path that follows from first states and parameters.
    fn value_at(&mut self, at: &[f64]) -> Result<f64> {
        let parameters = &at[at.len() - self.layout.parameters..];
        let all = [self.path_of(at)?, parameters].concat();
        self.linearize(&all)
    }

    /// Quadratic model at a point; `None` where nothing is free.
    fn quadratic(
        &mut self,
        at: &[f64],
        is_held: impl Fn(usize) -> bool,
    ) -> Result<Option<Quadratic>> {
        let (matrix, gradient) = self.normal_matrix(at)?;
        let is_pushed_out = |k: usize| {
            self.bounds.as_ref().is_some_and(|bounds| {
                let (lower, upper) = (bounds.lower[k], bounds.upper[k]);
                (at[k] <= lower && gradient[k] > 0.0) || (at[k] >= upper && gradient[k] < 0.0)
            })
        };
        let is_free = |k: &usize| at[*k] != 0.0 && !is_held(*k) && !is_pushed_out(*k);
        let free: Vec<usize> = (0..at.len()).filter(is_free).collect();
        // Derivatives in a logarithm are those in the unknown times the unknown.
        let entry = |i: usize, j: usize| at[i] * matrix[i * at.len() + j] * at[j];
        let columns = free.iter().flat_map(|&j| free.iter().map(move |&i| (i, j)));
        let model = Quadratic {
            matrix: columns.map(|(i, j)| entry(i, j)).collect(),
            slopes: free.iter().map(|&k| at[k] * gradient[k]).collect(),
            free,
        };
        Ok((!model.free.is_empty()).then_some(model))
    }

    /// Unknowns after a step in their logarithms, within their bounds.
    fn moved(&self, at: &[f64], free: &[usize], change: &[f64]) -> Vec<f64> {
        let mut moved = at.to_vec();
        for (&k, c) in free.iter().zip(change) {
            moved[k] *= libm::exp(*c);
        }
        if let Some(bounds) = &self.bounds {
            bounds.project(&mut moved);
        }
        moved
    }
}

impl Quadratic {
    /// Step of the least damping that changes no logarithm by more than the reach; `None` if there
    /// is none.
    fn within_reach(&self) -> Option<Step> {
        let mut damping = 0.0;
        loop {
            let step = self.step(damping);
            let is_short = |step: &Step| step.change.iter().all(|c| c.abs() <= REACH);
            if let Some(step) = step.filter(is_short) {
                return Some(step);
            }
            damping = f64::max(damping * MORE, LEAST_DAMPING);
            if damping > MOST_DAMPING {
                return None;
            }
        }
    }

    /// Step with damping relative to the diagonal; `None` if the equations are singular.
    fn step(&self, damping: f64) -> Option<Step> {
        let n = self.free.len();
        let mut equations = self.matrix.clone();
        let largest = (0..n).map(|k| self.matrix[k * n + k]).fold(0.0, f64::max);
        for k in 0..n {
            // Columns without derivatives are damped too.
            let own = equations[k * n + k].max(f64::EPSILON * largest);
            equations[k * n + k] += damping * own;
        }
        let mut lu = Lu::default();
        if !lu.factor(&equations, n) {
            return None;
        }
        let mut change: Vec<f64> = self.slopes.iter().map(|s| -s).collect();
        lu.solve(&mut change);
        let slope: f64 = self.slopes.iter().zip(&change).map(|(s, c)| s * c).sum();
        let row = |i: usize| -> f64 { (0..n).map(|j| self.matrix[j * n + i] * change[j]).sum() };
        let bend: f64 = (0..n).map(|i| change[i] * row(i)).sum();
        let decrease = (-slope - 0.5 * bend).max(0.0);
        change
            .iter()
            .all(|c| c.is_finite())
            .then_some(Step { change, decrease })
    }
}
