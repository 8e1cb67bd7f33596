//! Gaussian priors of single unknowns: first states and estimated parameters.

use super::noise::{Gaussian, Loss, ResidualRow};
use super::Problem;
use crate::error::{check, Result};
use crate::solve::RowGroup;

/// Gaussian prior of a number: what is known of it before the data.
///
/// ```
/// use least_action::action::Prior;
///
/// let prior = Prior { mean: 10.0, deviation: 2.0 };
/// assert_eq!(1.0 / (prior.deviation * prior.deviation), 0.25);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Prior {
    /// Mean, in the unit of the number.
    pub mean: f64,
    /// Standard deviation, greater than zero, in the unit of the number.
    pub deviation: f64,
}

impl Prior {
    /// Precision of the prior, one over its variance.
    ///
    /// # Errors
    /// A mean or deviation that is not finite, a deviation that is not positive, or a precision
    /// that is out of range; `path` begins their names.
    pub(crate) fn precision(&self, path: &str) -> Result<f64> {
        check::finite(&format!("{path}.mean"), self.mean)?;
        check::positive(&format!("{path}.deviation"), self.deviation)?;
        let precision = 1.0 / (self.deviation * self.deviation);
        check::precision(
            &format!("{path}.deviation, as one over its square,"),
            precision,
        )?;
        Ok(precision)
    }
}

/// Prior of one unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PriorTerm {
    /// Position of the unknown: the path comes first, then the estimated parameters.
    pub unknown: usize,
    pub mean: f64,
    pub precision: f64,
}

impl PriorTerm {
    fn row(&self, path: &[f64], parameters: &[f64]) -> ResidualRow {
        let value = match self.unknown.checked_sub(path.len()) {
            None => path[self.unknown],
            Some(p) => parameters[p],
        };
        let residual = Gaussian.residual(value, self.mean);
        ResidualRow::new(residual, self.mean, self.precision)
    }

    fn value(&self, path: &[f64], parameters: &[f64]) -> f64 {
        let row = self.row(path, parameters);
        Gaussian.value(row.precision * row.residual * row.residual, row)
    }
}

/// Sum of the losses of all priors.
pub(super) fn sum(terms: &[PriorTerm], path: &[f64], parameters: &[f64]) -> f64 {
    terms
        .iter()
        .fold(0.0, |sum, term| sum + term.value(path, parameters))
}

/// Calls `add` with the derivative of `factor` times [`sum`] in each unknown that has a prior.
pub(super) fn differentiate(
    terms: &[PriorTerm],
    factor: f64,
    path: &[f64],
    parameters: &[f64],
    mut add: impl FnMut(usize, f64),
) {
    for term in terms {
        let (residual, weight) = Gaussian.linearize(term.row(path, parameters));
        add(term.unknown, 2.0 * factor * weight * residual);
    }
}

/// Logarithm of the largest value of the priors' density, with precisions times `factor`.
pub(super) fn log_peak(terms: &[PriorTerm], factor: f64) -> f64 {
    let logarithms = terms.iter().map(|term| libm::log(term.precision));
    0.5 * (logarithms.sum::<f64>() + terms.len() as f64 * Gaussian.log_peak(factor))
}

/// Row groups of the priors: one of first states and one of parameters, where there are any, with
/// one row per prior.
pub(super) fn groups(problem: &Problem) -> Vec<RowGroup> {
    let (d, path_length) = (problem.model.dimension(), problem.path_length());
    let (first, parameters): (Vec<&PriorTerm>, Vec<&PriorTerm>) = problem
        .priors
        .iter()
        .partition(|term| term.unknown < path_length);
    let mut groups = Vec::new();
    if !first.is_empty() {
        let starts = problem.grid.segments.iter().map(|s| s.first as u32);
        let of_first_set = first.iter().filter(|term| term.unknown < d);
        let pattern: Vec<Vec<u32>> = of_first_set.map(|t| vec![t.unknown as u32]).collect();
        groups.push(RowGroup::new(1, starts.collect(), &pattern));
    }
    if !parameters.is_empty() {
        let column = |t: &&PriorTerm| vec![(d + t.unknown - path_length) as u32];
        let pattern: Vec<Vec<u32>> = parameters.iter().map(column).collect();
        groups.push(RowGroup::new(1, vec![0], &pattern));
    }
    groups
}

/// Writes residuals and weights of `factor` times [`sum`] to the rows of [`groups`].
pub(super) fn fill(
    terms: &[PriorTerm],
    factor: f64,
    path: &[f64],
    parameters: &[f64],
    groups: &mut [RowGroup],
) {
    // Terms are sorted as the groups' rows are: by data set and state, then by parameter.
    let mut terms = terms.iter();
    for group in groups {
        group.values.fill(1.0);
        for (row, term) in (0..group.residuals.len()).zip(terms.by_ref()) {
            let (residual, weight) = Gaussian.linearize(term.row(path, parameters));
            group.residuals[row] = residual;
            group.weights[row] = 2.0 * factor * weight;
        }
    }
}
