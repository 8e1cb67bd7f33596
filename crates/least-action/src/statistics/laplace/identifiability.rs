//! Identifiability: combinations of parameters that the data determine or leave free.

use nalgebra::{DMatrix, SymmetricEigen};

use super::Laplace;

/// A combination of parameters with its uncertainty.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ParameterDirection {
    /// Standard deviation of the combination, each parameter in its unit of
    /// [`Identifiability::units`].
    pub deviation: f64,
    /// Part of each estimated parameter in these units; the squares sum to 1.
    pub parts: Vec<f64>,
    /// True if the data leave the combination free: its deviation is more than half a unit.
    pub free: bool,
    /// Combination in words, for example `0.71 alpha - 0.70 beta`.
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

/// Least part that is named in words.
const NAMED: f64 = 0.1;

impl Laplace {
    /// Principal axes of the estimated parameters' covariance; none if no parameter is estimated.
    pub fn identifiability(&self) -> Identifiability {
        let problem = self.problem();
        let path = problem.path_length();
        let count = self.mode.len() - path;
        let units: Vec<f64> = (0..count).map(|p| self.unit(path + p)).collect();
        if count == 0 {
            // An empty matrix has no decomposition.
            return Identifiability {
                directions: Vec::new(),
                units,
            };
        }
        let scaled = DMatrix::from_fn(count, count, |i, j| {
            self.parameter_covariance[i * count + j] / (units[i] * units[j])
        });
        let eigen = SymmetricEigen::new(scaled);
        let mut order: Vec<usize> = (0..count).collect();
        let values = &eigen.eigenvalues;
        order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
        let names: Vec<&str> = problem.estimated().collect();
        let directions = order.into_iter().map(|k| {
            let vector = eigen.eigenvectors.column(k);
            // The largest part counts as positive: the sign of an eigenvector means nothing.
            let sign = vector[vector.iamax()].signum();
            let parts: Vec<f64> = vector.iter().map(|v| sign * v).collect();
            let deviation = values[k].max(0.0).sqrt();
            ParameterDirection {
                deviation,
                free: deviation > FREE,
                words: words(&names, &parts),
                parts,
            }
        });
        Identifiability {
            directions: directions.collect(),
            units,
        }
    }

    /// Unit of one parameter.
    fn unit(&self, unknown: usize) -> f64 {
        let problem = self.problem();
        let prior = problem.prior_deviation(unknown);
        let width = problem
            .intervals()
            .map(|ends| ends.upper[unknown] - ends.lower[unknown]);
        let size = Some(self.mode[unknown].abs());
        let usable = |unit: &f64| unit.is_finite() && *unit > 0.0;
        prior
            .or(width.filter(usable))
            .or(size.filter(usable))
            .unwrap_or(1.0)
    }
}

/// Combination of parameters in words, largest part first.
fn words(names: &[&str], parts: &[f64]) -> String {
    let mut named: Vec<(f64, &str)> = parts.iter().copied().zip(names.iter().copied()).collect();
    named.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let mut text = String::new();
    for (k, (part, name)) in named.iter().enumerate() {
        if k > 0 && part.abs() < NAMED {
            break;
        }
        match (k, *part < 0.0) {
            (0, _) if named.len() == 1 => text.push_str(name),
            (0, _) => text.push_str(&format!("{part:.2} {name}")),
            (_, true) => text.push_str(&format!(" - {:.2} {name}", -part)),
            (_, false) => text.push_str(&format!(" + {part:.2} {name}")),
        }
    }
    text
}
