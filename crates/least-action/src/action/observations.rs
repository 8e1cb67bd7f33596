//! What was measured, on the model's time grid.

use crate::error::{check, Error, Result};
use crate::model::Model;

/// Noisy, partial measurements `y_l(t_n)` on a regular time grid.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// Time of the first point.
    pub start: f64,
    /// The step h between points, in the model's unit of time.
    pub time_step: f64,
    /// Number of time points, N.
    pub points: usize,
    /// Which state components are measured, in the order of the columns of `values`.
    pub observed: Vec<usize>,
    /// points x observed, row-major; NaN where nothing was measured.
    pub values: Vec<f64>,
    /// u(t): points x inputs of the model, row-major; empty where it has none.
    pub inputs: Vec<f64>,
}

impl Observations {
    /// Checks everything that does not depend on how the action is discretised.
    ///
    /// # Errors
    /// A step that is not positive, fewer than two points, components that the model does not have, are listed twice or were
    /// never measured, and infinite values.
    pub fn validate(&self, model: &dyn Model) -> Result<()> {
        let dimension = model.dimension();
        check::finite("data.start", self.start)?;
        check::positive("data.timeStep", self.time_step)?;
        check::at_least("data.points", self.points, 2)?;
        let (end, before) = (self.time(self.points - 1), self.time(self.points - 2));
        check::require(
            end.is_finite() && end > before,
            "data.start",
            self.start,
            "so small beside data.timeStep that every point has a time of its own",
        )?;
        validate_observed("data.observed", &self.observed, dimension)?;
        let width = self.observed.len();
        check::length(
            "data.values",
            self.values.len(),
            self.points.saturating_mul(width),
            &format!("{} points x {width} observed components", self.points),
        )?;
        for (i, value) in self.values.iter().enumerate() {
            check::require(
                !value.is_infinite(),
                &format!("data.values[{i}]"),
                *value,
                "finite, or NaN where nothing was measured",
            )?;
        }
        let inputs = model.inputs().len();
        check::length(
            "data.inputs",
            self.inputs.len(),
            self.points.saturating_mul(inputs),
            &format!("{} points x {inputs} inputs of the model", self.points),
        )?;
        for (i, value) in self.inputs.iter().enumerate() {
            check::finite(&format!("data.inputs[{i}]"), *value)?;
        }
        if self.values.iter().all(|v| v.is_nan()) {
            return Err(Error::NoObservations {
                path: "data.values".into(),
            });
        }
        for l in 0..width {
            if self.column(l).all(f64::is_nan) {
                return Err(Error::NoObservations {
                    path: format!("data.observed[{l}]"),
                });
            }
        }
        Ok(())
    }

    /// The time of point `n`.
    pub fn time(&self, n: usize) -> f64 {
        self.start + n as f64 * self.time_step
    }

    /// Measurements of the `l`-th observed component, one per point.
    pub fn column(&self, l: usize) -> impl Iterator<Item = f64> + '_ {
        self.values[l..]
            .iter()
            .step_by(self.observed.len())
            .copied()
    }
}

pub(crate) fn validate_observed(path: &str, observed: &[usize], dimension: usize) -> Result<()> {
    check::at_least(&format!("{path}.length"), observed.len(), 1)?;
    let mut seen = vec![false; dimension];
    for (l, &component) in observed.iter().enumerate() {
        let path = format!("{path}[{l}]");
        match seen.get_mut(component) {
            None => {
                return Err(Error::IndexOutOfRange {
                    path,
                    index: component,
                    count: dimension,
                })
            }
            Some(true) => {
                return Err(Error::Duplicate {
                    path,
                    value: component.to_string(),
                })
            }
            Some(seen) => *seen = true,
        }
    }
    Ok(())
}
