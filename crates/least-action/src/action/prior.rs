//! Gaussian priors of single unknowns: first states and estimated parameters.

use super::mean_formulas::{MeanFormulas, MeanValues};
use super::noise::{Gaussian, Loss, ResidualRow};
use super::{PriorDensity, Problem};
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

/// Mean of a prior.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mean {
    Number(f64),
    /// Value of an estimated parameter, by its place.
    Parameter(usize),
    /// Value of a formula.
    Formula {
        /// Number of the data set.
        set: usize,
        /// Number of the formula.
        formula: usize,
    },
}

/// Prior of one unknown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PriorTerm {
    /// Position of the unknown: the path comes first, then the estimated parameters.
    pub unknown: usize,
    pub mean: Mean,
    pub precision: f64,
    /// Place among the estimated parameters of the logarithm of the deviation, from which the
    /// precision follows; `None` where it is known.
    pub spread: Option<usize>,
    /// Density in the place of the normal one of mean and precision.
    pub density: Option<PriorDensity>,
}

impl PriorTerm {
    /// Prior that is normal.
    pub fn normal(unknown: usize, mean: Mean, precision: f64) -> Self {
        PriorTerm {
            unknown,
            mean,
            precision,
            spread: None,
            density: None,
        }
    }

    fn unknown_value(&self, path: &[f64], parameters: &[f64]) -> f64 {
        match self.unknown.checked_sub(path.len()) {
            None => path[self.unknown],
            Some(p) => parameters[p],
        }
    }

    /// Residual and weight of the row of least squares.
    fn linearize(&self, path: &[f64], parameters: &[f64], means: &MeanValues) -> (f64, f64) {
        match self.density {
            Some(density) => density.linearize(self.unknown_value(path, parameters)),
            None => Gaussian.linearize(self.row(path, parameters, means)),
        }
    }

    fn row(&self, path: &[f64], parameters: &[f64], means: &MeanValues) -> ResidualRow {
        let value = self.unknown_value(path, parameters);
        let mean = match self.mean {
            Mean::Number(mean) => mean,
            Mean::Parameter(place) => parameters[place],
            Mean::Formula { set, formula } => means.value(set, formula),
        };
        let residual = Gaussian.residual(value, mean);
        let precision = match self.spread {
            Some(place) => libm::exp(-2.0 * parameters[place]),
            None => self.precision,
        };
        ResidualRow::new(residual, mean, precision)
    }

    fn value(&self, path: &[f64], parameters: &[f64], means: &MeanValues) -> f64 {
        if let Some(density) = self.density {
            return density.value(self.unknown_value(path, parameters));
        }
        let row = self.row(path, parameters, means);
        Gaussian.value(row.precision * row.residual * row.residual, row)
    }
}

/// Priors of a problem, sorted by unknown, with the formulas of their means.
#[derive(Debug, Clone, Default)]
pub(super) struct Priors {
    pub terms: Vec<PriorTerm>,
    /// States with a prior of their first value in some data set, ascending.
    pub states: Vec<usize>,
    pub formulas: Option<MeanFormulas>,
}

impl Priors {
    /// Row of a state's prior in the block of first states.
    pub fn row(&self, state: usize) -> usize {
        self.states.partition_point(|&a| a < state)
    }
}

/// Sum of the losses of all priors.
pub(super) fn sum(priors: &Priors, path: &[f64], parameters: &[f64], means: &MeanValues) -> f64 {
    let terms = priors.terms.iter();
    terms.fold(0.0, |sum, term| sum + term.value(path, parameters, means))
}

/// Calls `add` with the derivative of `factor` times [`sum`] in each unknown that has a prior, and
/// in those that formulas of means contain.
pub(super) fn differentiate(
    priors: &Priors,
    factor: f64,
    path: &[f64],
    parameters: &[f64],
    means: &MeanValues,
    mut add: impl FnMut(usize, f64),
) {
    for term in &priors.terms {
        let (residual, weight) = term.linearize(path, parameters, means);
        let slope = 2.0 * factor * weight * residual;
        add(term.unknown, slope);
        if let Mean::Parameter(place) = term.mean {
            add(path.len() + place, -slope);
        }
        if let Some(place) = term.spread {
            add(path.len() + place, -slope * residual);
        }
        if let (Mean::Formula { set, formula }, Some(formulas)) = (term.mean, &priors.formulas) {
            for (column, entry) in formulas.row(formula) {
                let unknown = formulas.unknown(set, column);
                add(unknown, -slope * means.derivative(set, entry));
            }
        }
    }
}

/// Passes each entry of the lower triangle of `factor` times the part of [`sum`]'s second
/// derivatives that Gauss-Newton leaves out to `add`: that of formulas which are not linear.
pub(super) fn curvature(
    priors: &Priors,
    factor: f64,
    path: &[f64],
    parameters: &[f64],
    means: &MeanValues,
    add: &mut dyn FnMut(usize, usize, f64),
) {
    for term in &priors.terms {
        if let Some(density) = term.density {
            let curvature = density.curvature(term.unknown_value(path, parameters));
            add(term.unknown, term.unknown, 2.0 * factor * curvature);
        }
    }
    let Some(formulas) = &priors.formulas else {
        return;
    };
    let mut adjoint = formulas.zeros();
    for term in &priors.terms {
        if let Mean::Formula { set, formula } = term.mean {
            let (residual, weight) = term.linearize(path, parameters, means);
            formulas.put(
                &mut adjoint,
                set,
                formula,
                -2.0 * factor * weight * residual,
            );
        }
    }
    formulas.curvature(means, &adjoint, add);
}

/// First prior of a state whose mean is a formula that is not finite: its unknown, and the value.
pub(super) fn first_not_finite(
    priors: &Priors,
    path: &[f64],
    parameters: &[f64],
    means: &MeanValues,
) -> Option<(usize, f64)> {
    priors.terms.iter().find_map(|term| match term.mean {
        Mean::Formula { .. } => {
            let mean = term.row(path, parameters, means).datum;
            (!mean.is_finite()).then_some((term.unknown, mean))
        }
        Mean::Number(_) | Mean::Parameter(_) => None,
    })
}

/// Logarithm of the largest value of the priors' density, with precisions times `factor`.
pub(super) fn log_peak(priors: &Priors, factor: f64) -> f64 {
    let terms = priors.terms.iter();
    let (densities, normal): (Vec<_>, Vec<_>) = terms.partition(|term| term.density.is_some());
    let logarithms = normal
        .iter()
        .map(|term: &&PriorTerm| libm::log(term.precision));
    let normal = 0.5 * (logarithms.sum::<f64>() + normal.len() as f64 * Gaussian.log_peak(factor));
    let densities = densities.iter().filter_map(|term| term.density);
    densities.fold(normal, |sum, density| sum + density.log_peak())
}

/// Columns of each row of a block of first states: the state, and what its formulas contain.
fn first_rows(problem: &Problem) -> Vec<Vec<u32>> {
    let (d, priors) = (problem.model.dimension(), &problem.priors);
    let mut rows: Vec<Vec<u32>> = priors.states.iter().map(|&a| vec![a as u32]).collect();
    for term in &priors.terms {
        if let (Mean::Formula { formula, .. }, Some(formulas)) = (term.mean, &priors.formulas) {
            let columns = formulas.row(formula).map(|(column, _)| column.in_block(d));
            rows[priors.row(term.unknown % d)].extend(columns);
        }
        if let Mean::Parameter(place) = term.mean {
            // Terms of one state have one mean, so that a column may come once for each data set.
            let row = &mut rows[priors.row(term.unknown % d)];
            let column = (d + place) as u32;
            if row.last() != Some(&column) {
                row.push(column);
            }
        }
    }
    for columns in &mut rows {
        columns.sort_unstable();
        columns.dedup();
    }
    rows
}

/// Row groups of the priors: one of first states and one of parameters, where there are any. There
/// is one row per prior, and none but zeros where a first state is known in other data sets only.
pub(super) fn groups(problem: &Problem) -> Vec<RowGroup> {
    let (d, path_length) = (problem.model.dimension(), problem.path_length());
    let terms = problem.priors.terms.iter();
    let parameters: Vec<&PriorTerm> = terms.filter(|term| term.unknown >= path_length).collect();
    let mut groups = Vec::new();
    let first = first_rows(problem);
    if !first.is_empty() {
        let starts = problem.grid.segments.iter().map(|s| s.first as u32);
        groups.push(RowGroup::new(1, starts.collect(), &first));
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
    problem: &Problem,
    factor: f64,
    path: &[f64],
    parameters: &[f64],
    means: &MeanValues,
    groups: &mut [RowGroup],
) {
    let (d, priors) = (problem.model.dimension(), &problem.priors);
    for group in &mut *groups {
        group.values.fill(0.0);
        group.residuals.fill(0.0);
        group.weights.fill(0.0);
    }
    // Terms are sorted: those of first states by data set, then those of parameters.
    let (mut block, mut parameter) = (0, 0);
    for term in &priors.terms {
        let (residual, weight) = term.linearize(path, parameters, means);
        let (group, row) = match term.unknown < path.len() {
            true => {
                let point = (term.unknown / d) as u32;
                while groups[0].first[block] != point {
                    block += 1;
                }
                let row = priors.row(term.unknown % d);
                (&mut groups[0], block * priors.states.len() + row)
            }
            false => {
                parameter += 1;
                (
                    &mut groups[usize::from(!priors.states.is_empty())],
                    parameter - 1,
                )
            }
        };
        group.residuals[row] = residual;
        group.weights[row] = 2.0 * factor * weight;
        let (number, row) = (row / group.rows, row % group.rows);
        let places = group.row_start[row] as usize..group.row_start[row + 1] as usize;
        let columns = &group.columns[places.clone()];
        let first = number * group.entries();
        let values = &mut group.values[first..][places];
        let mut put = |column: u32, value: f64| {
            if let Ok(place) = columns.binary_search(&column) {
                values[place] += value;
            }
        };
        match term.unknown.checked_sub(path.len()) {
            None => put((term.unknown % d) as u32, 1.0),
            Some(place) => put((d + place) as u32, 1.0),
        }
        if let Mean::Parameter(place) = term.mean {
            put((d + place) as u32, -1.0);
        }
        if let (Mean::Formula { set, formula }, Some(formulas)) = (term.mean, &priors.formulas) {
            for (column, entry) in formulas.row(formula) {
                put(column.in_block(d), -means.derivative(set, entry));
            }
        }
    }
}
