//! Identifiability: combinations of parameters that the data determine or leave free.

use nalgebra::{DMatrix, SymmetricEigen};

use super::expansion::Expansion;
use super::findings::Described;
use super::free::ParameterAxes;
use super::{Laplace, LaplaceOptions};
use crate::action::Problem;
use crate::error::{Error, Result};
use crate::report::{Direction, DirectionPart};
use crate::statistics::Posterior;

/// A combination of parameters with its uncertainty.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ParameterDirection {
    /// Standard deviation of the combination, each parameter in its unit of
    /// [`Identifiability::units`]; infinite where data and priors say nothing about it.
    pub deviation: f64,
    /// Part of each estimated parameter in these units; the squares sum to 1.
    pub parts: Vec<f64>,
    /// True if the data leave the combination free: its deviation is more than half a unit.
    pub free: bool,
    /// Direction in words, each parameter in its own unit, divided by the part that is longest
    /// beside its size: with `k1 - 0.01 k2`, k1 goes up by 1 where k2 goes down by 0.01. Parts are
    /// left out only if nothing would tell.
    pub words: String,
}

/// Principal axes of the parameters' covariance, widest first.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Identifiability {
    /// Unit of each parameter: the deviation of its prior, or else the width of its bounds, or else
    /// the size of its estimate, or else 1.
    pub units: Vec<f64>,
    /// Principal axes, widest first.
    pub directions: Vec<ParameterDirection>,
}

/// Least deviation of a free direction, in units.
const FREE: f64 = 0.5;

impl Identifiability {
    /// Principal axes about the minimum that is reached from `start`: the path, then the estimated
    /// parameters. Unlike [`Laplace::new`] it does not fail where data and priors leave
    /// combinations of parameters entirely free: these come first, with infinite deviations.
    ///
    /// # Errors
    /// Those of [`Laplace::new`], with [`Error::Undetermined`] only where the path is not
    /// determined even at known parameters.
    pub fn new(posterior: &Posterior, start: &[f64], options: LaplaceOptions) -> Result<Self> {
        let free = match Laplace::new(posterior, start, options) {
            Ok(laplace) => return Ok(laplace.identifiability()),
            Err(error @ Error::Undetermined { .. }) => error,
            Err(error) => return Err(error),
        };
        let expansion = Expansion::new(posterior, start, options)?;
        Self::of_singular(&expansion)?.ok_or(free)
    }

    /// Principal axes where some are free; `None` if it is the path that is not determined.
    fn of_singular(expansion: &Expansion) -> Result<Option<Self>> {
        let problem = expansion.posterior.problem();
        let (path, scale) = (problem.path_length(), expansion.scale()?);
        let Some(schur) = expansion.schur_complement() else {
            return Ok(None);
        };
        let count = expansion.mode.len() - path;
        let mode = &expansion.mode;
        let units: Vec<f64> = (path..mode.len())
            .map(|k| unit(problem, k, mode[k]))
            .collect();
        let axes = ParameterAxes::new(problem, &schur, &scale);
        let free = axes.free(&units);
        if free.is_empty() {
            return Ok(None);
        }
        let of_all = |vector: &[f64]| {
            let mut all = vec![0.0; count];
            for (&p, v) in schur.parameters.iter().zip(vector) {
                all[p] = v / units[p];
            }
            let norm = all.iter().map(|v| v * v).sum::<f64>().sqrt();
            all.iter_mut().for_each(|v| *v /= norm);
            all
        };
        let mut directions: Vec<ParameterDirection> = Vec::new();
        for vector in &free {
            let words = axes.describe(vector, mode, &units, f64::INFINITY);
            directions.push(axis(of_all(vector), f64::INFINITY, words.combination()));
        }
        // The rest of the axes: of the second derivatives, in the units of the parameters.
        let size = |k: usize| units[schur.parameters[k]];
        let kept = schur.parameters.len();
        let scaled = DMatrix::from_fn(kept, kept, |i, j| schur.matrix[(i, j)] * size(i) * size(j));
        let eigen = SymmetricEigen::new(scaled);
        let mut order: Vec<usize> = (0..kept).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        for k in order.into_iter().skip(free.len()) {
            let column = eigen.eigenvectors.column(k);
            let vector: Vec<f64> = (0..kept).map(|i| column[i] * size(i)).collect();
            let deviation = 1.0 / eigen.eigenvalues[k].max(0.0).sqrt();
            let words = axes.describe(&vector, mode, &units, deviation);
            directions.push(axis(of_all(&vector), deviation, words.combination()));
        }
        for held in (0..count).filter(|p| !schur.parameters.contains(p)) {
            let parts = (0..count).map(|p| if p == held { 1.0 } else { 0.0 });
            let name = problem.estimated().nth(held).unwrap_or_default();
            directions.push(axis(parts.collect(), 0.0, name.into()));
        }
        Ok(Some(Identifiability { units, directions }))
    }
}

impl Laplace {
    /// Principal axes of the estimated parameters' covariance; none if no parameter is estimated.
    pub fn identifiability(&self) -> Identifiability {
        self.described().identifiability()
    }
}

impl Described<'_> {
    /// Principal axes of the parameters' covariance; none if no parameter is estimated.
    pub fn identifiability(&self) -> Identifiability {
        let problem = self.problem;
        let path = problem.path_length();
        let count = self.mode.len() - path;
        let units: Vec<f64> = (path..self.mode.len())
            .map(|k| unit(problem, k, self.mode[k]))
            .collect();
        if count == 0 {
            // An empty matrix has no decomposition.
            return Identifiability {
                directions: Vec::new(),
                units,
            };
        }
        let scaled = DMatrix::from_fn(count, count, |i, j| {
            self.covariance[i * count + j] / (units[i] * units[j])
        });
        let stiffness = self.parameter_stiffness();
        let eigen = SymmetricEigen::new(scaled);
        let mut order: Vec<usize> = (0..count).collect();
        let values = &eigen.eigenvalues;
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let names: Vec<&str> = problem.estimated().collect();
        let directions = order.into_iter().map(|k| {
            let parts: Vec<f64> = eigen.eigenvectors.column(k).iter().copied().collect();
            let deviation = values[k].max(0.0).sqrt();
            let part = |p: usize| DirectionPart {
                name: names[p].into(),
                value: parts[p] * units[p],
                size: units[p],
                stiffness: stiffness[p],
            };
            let words = Direction::new((0..count).map(part).collect(), deviation);
            axis(parts, deviation, words.combination())
        });
        Identifiability {
            directions: directions.collect(),
            units,
        }
    }

    /// One over the standard deviation of each parameter at known others; 0 for active bounds.
    fn parameter_stiffness(&self) -> Vec<f64> {
        let count = self.mode.len() - self.problem.path_length();
        let covariance = self.covariance;
        let free: Vec<usize> = (0..count)
            .filter(|p| covariance[p * count + p] > 0.0)
            .collect();
        let element = |i: usize, j: usize| covariance[free[i] * count + free[j]];
        let inverse = DMatrix::from_fn(free.len(), free.len(), element).try_inverse();
        let mut stiffness = vec![0.0; count];
        if let Some(inverse) = inverse {
            for (k, &p) in free.iter().enumerate() {
                stiffness[p] = inverse[(k, k)].max(0.0).sqrt();
            }
        }
        stiffness
    }
}

/// Principal axis with these parts. The largest counts as positive: the sign of an eigenvector
/// means nothing.
fn axis(mut parts: Vec<f64>, deviation: f64, words: String) -> ParameterDirection {
    let largest = parts.iter().fold(
        0.0,
        |most: f64, &part| {
            if part.abs() > most.abs() {
                part
            } else {
                most
            }
        },
    );
    parts.iter_mut().for_each(|part| *part *= largest.signum());
    ParameterDirection {
        deviation,
        free: deviation > FREE,
        words,
        parts,
    }
}

/// Unit of one parameter, whose estimate is `value`: the deviation of its prior, or else the width
/// of its bounds, or else its size, or else 1.
pub(super) fn unit(problem: &Problem, unknown: usize, value: f64) -> f64 {
    let prior = problem.prior_deviation(unknown);
    let width = problem
        .intervals()
        .map(|ends| ends.upper[unknown] - ends.lower[unknown]);
    let usable = |unit: &f64| unit.is_finite() && *unit > 0.0;
    prior
        .or(width.filter(usable))
        .or(Some(value.abs()).filter(usable))
        .unwrap_or(1.0)
}
