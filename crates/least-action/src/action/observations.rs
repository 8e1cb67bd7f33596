//! Measurements on the model's time grid.

use crate::error::{check, Error, Result};
use crate::model::Model;

/// Noisy, partial measurements `y_l(t_n)` on a regular time grid.
///
/// ```
/// use least_action::{models, Observations};
///
/// // The first component of three, at three times; the second measurement is missing.
/// let data = Observations {
///     start: 0.0,
///     time_step: 0.1,
///     points: 3,
///     observed: vec![0],
///     values: vec![1.0, f64::NAN, 2.0],
///     inputs: vec![],
/// };
/// data.validate("data", &models::lorenz63()?)?;
/// assert_eq!(data.time(2), 0.2);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// Time of the first point, in the model's unit of time.
    pub start: f64,
    /// Time between two points, h, in the model's unit of time.
    pub time_step: f64,
    /// Number of time points, N.
    pub points: usize,
    /// Numbers of the measured components, in the order of the columns of `values`: state
    /// components, and from D on the model's observables.
    pub observed: Vec<usize>,
    /// Measured values, points x observed, row-major; NaN where nothing was measured.
    pub values: Vec<f64>,
    /// Inputs u(t), points x inputs of the model, row-major; empty where the model has none.
    pub inputs: Vec<f64>,
}

impl Observations {
    /// Checks everything that does not depend on the discretisation of the action. Paths in errors
    /// begin with `root`.
    ///
    /// # Errors
    /// A step that is not positive or vanishes beside the start, fewer than two points, components
    /// that the model does not have, are listed twice or were never measured, values or inputs of
    /// the wrong length, infinite values, and inputs that are not finite.
    pub fn validate(&self, root: &str, model: &dyn Model) -> Result<()> {
        let at = |field: &str| format!("{root}.{field}");
        let components = model.dimension() + model.observables().len();
        check::finite(&at("start"), self.start)?;
        check::positive(&at("timeStep"), self.time_step)?;
        check::at_least(&at("points"), self.points, 2)?;
        let (end, before) = (self.time(self.points - 1), self.time(self.points - 2));
        check::require(
            end.is_finite() && end > before,
            &at("start"),
            self.start,
            &format!("so small beside {root}.timeStep that every point has a time of its own"),
        )?;
        validate_observed(&at("observed"), &self.observed, components)?;
        let width = self.observed.len();
        check::length(
            &at("values"),
            self.values.len(),
            self.points.saturating_mul(width),
            &format!("{} points x {width} observed components", self.points),
        )?;
        for (i, value) in self.values.iter().enumerate() {
            check::require(
                !value.is_infinite(),
                &at(&format!("values[{i}]")),
                *value,
                "finite, or NaN where nothing was measured",
            )?;
        }
        let inputs = model.inputs().len();
        check::length(
            &at("inputs"),
            self.inputs.len(),
            self.points.saturating_mul(inputs),
            &format!("{} points x {inputs} inputs of the model", self.points),
        )?;
        check::all_finite(&at("inputs"), &self.inputs)?;
        if self.values.iter().all(|v| v.is_nan()) {
            return Err(Error::NoObservations { path: at("values") });
        }
        for l in 0..width {
            if self.column(l).all(f64::is_nan) {
                return Err(Error::NoObservations {
                    path: at(&format!("observed[{l}]")),
                });
            }
        }
        Ok(())
    }

    /// Time of point `n`, in the model's unit of time.
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
