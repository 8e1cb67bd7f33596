//! Measurements on the model's time grid.

use std::collections::BTreeMap;
use std::ops::Range;

use super::grid::are_equal;
use super::input_curves::smooth_ends;
use super::{Interpolation, Jump};
use crate::error::{check, Error, Result};
use crate::model::Model;

/// Noisy, partial measurements `y_l(t_n)` on a time grid, evenly spaced or not.
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
///     ..Observations::default()
/// };
/// data.validate("data", &models::lorenz63()?)?;
/// assert_eq!(data.time(2), 0.2);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observations {
    /// Time of the first point, in the model's unit of time.
    pub start: f64,
    /// Time between two points, h, in the model's unit of time. Where `times` are given, the step
    /// that R_f belongs to: the error of a longer step has a variance that is larger in proportion.
    pub time_step: f64,
    /// Number of time points, N.
    pub points: usize,
    /// Times of the points, ascending, in the model's unit of time, the first of which is `start`;
    /// empty for points that are `time_step` apart. `simpson-hermite` needs pairs of equal steps,
    /// which [`Observations::on_grid_of`] makes of any times.
    pub times: Vec<f64>,
    /// Numbers of the measured components, in the order of the columns of `values`: state
    /// components, and from D on the model's observables. A component that is measured several
    /// times at one time has as many columns.
    pub observed: Vec<usize>,
    /// Measured values, points x observed, row-major; NaN where nothing was measured.
    pub values: Vec<f64>,
    /// Inputs u(t), points x inputs of the model, row-major; empty where the model has none. Where
    /// inputs jump at a point, those right before it.
    pub inputs: Vec<f64>,
    /// Curve of each input between points; empty where all are straight lines.
    pub interpolation: Vec<Interpolation>,
    /// Points at which inputs jump or events change the state, ascending. A measurement at such a
    /// point is one right before.
    pub jumps: Vec<Jump>,
    /// Values that parameters of the model have in this data set, by name; those that are not here
    /// have the value of all data sets.
    pub parameters: BTreeMap<String, f64>,
}

impl Observations {
    /// Checks everything that does not depend on the discretisation of the action. Paths in errors
    /// begin with `root`.
    ///
    /// # Errors
    /// A step that is not positive or vanishes beside the start, fewer than two points, times that
    /// do not ascend, components that the model does not have or that were never measured, values
    /// or inputs of the wrong length, infinite values, and inputs that are not finite.
    pub fn validate(&self, root: &str, model: &dyn Model) -> Result<()> {
        let at = |field: &str| format!("{root}.{field}");
        let components = model.dimension() + model.observables().len();
        check::finite(&at("start"), self.start)?;
        check::positive(&at("timeStep"), self.time_step)?;
        check::at_least(&at("points"), self.points, 2)?;
        self.validate_times(&at("times"))?;
        let (end, before) = (self.time(self.points - 1), self.time(self.points - 2));
        check::require(
            end.is_finite() && end > before,
            &at("start"),
            self.start,
            &format!("so small beside {root}.timeStep that every point has a time of its own"),
        )?;
        check::at_least(&at("observed.length"), self.observed.len(), 1)?;
        for (l, &component) in self.observed.iter().enumerate() {
            validate_component(&at(&format!("observed[{l}]")), component, components)?;
        }
        let width = self.observed.len();
        check::length(
            &at("values"),
            self.values.len(),
            self.points.saturating_mul(width),
            &format!("{} points x {width} observed components", self.points),
        )?;
        // Names are written for wrong values only: to write them takes longer than the check.
        if let Some(i) = self.values.iter().position(|value| value.is_infinite()) {
            check::require(
                false,
                &at(&format!("values[{i}]")),
                self.values[i],
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
        self.validate_jumps(root, model)?;
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

    /// Checks times that are given one by one.
    fn validate_times(&self, path: &str) -> Result<()> {
        if self.times.is_empty() {
            return Ok(());
        }
        check::length(path, self.times.len(), self.points, "one per point")?;
        check::all_finite(path, &self.times)?;
        check::require(
            self.times[0] == self.start,
            &format!("{path}[0]"),
            self.times[0],
            &format!("the start of the data set, {}", self.start),
        )?;
        let is_later = |n: &usize| self.times[n + 1] > self.times[*n];
        if let Some(n) = (0..self.points - 1).find(|n| !is_later(n)) {
            check::require(
                false,
                &format!("{path}[{}]", n + 1),
                self.times[n + 1],
                &format!("later than the time before it, {}", self.times[n]),
            )?;
        }
        Ok(())
    }

    /// Checks that steps come in pairs of one length, from the first point and every jump on.
    pub(super) fn validate_pairs(&self, root: &str) -> Result<()> {
        let ends: Vec<usize> = self.smooth_ends();
        for pair in ends.windows(2) {
            let times = self.times.get(pair[0]..=pair[1]).unwrap_or_default();
            for (k, times) in times.windows(3).enumerate().step_by(2) {
                let [before, after] = [times[1] - times[0], times[2] - times[1]];
                if are_equal(before, after) {
                    continue;
                }
                check::require(
                    false,
                    &format!("{root}.times[{}]", pair[0] + k + 1),
                    times[1],
                    &format!(
                        "midway between the times beside it, {} and {}, for a discretisation on \
                         pairs of steps; Observations::on_grid_of makes such a grid",
                        times[0], times[2]
                    ),
                )?;
            }
        }
        Ok(())
    }

    /// First point, jumps and last point, ascending: between them everything is smooth.
    pub(super) fn smooth_ends(&self) -> Vec<usize> {
        smooth_ends(self.points, &self.jumps)
    }

    /// Time of point `n`, in the model's unit of time. Points past the last one are `time_step`
    /// apart.
    pub fn time(&self, n: usize) -> f64 {
        match (self.times.get(n), self.times.last()) {
            (Some(&time), _) => time,
            (None, Some(last)) => last + (n + 1 - self.times.len()) as f64 * self.time_step,
            (None, None) => self.start + n as f64 * self.time_step,
        }
    }

    /// Part of these measurements at some of the points, with all its components.
    pub(crate) fn part(&self, points: Range<usize>) -> Observations {
        let width = self.observed.len();
        let inputs = self.inputs.len() / self.points;
        Observations {
            start: self.time(points.start),
            time_step: self.time_step,
            points: points.len(),
            times: match self.times.is_empty() {
                true => Vec::new(),
                false => self.times[points.clone()].to_vec(),
            },
            observed: self.observed.clone(),
            values: self.values[points.start * width..points.end * width].to_vec(),
            inputs: self.inputs[points.start * inputs..points.end * inputs].to_vec(),
            interpolation: self.interpolation.clone(),
            jumps: {
                let own = self
                    .jumps
                    .iter()
                    .filter(|jump| points.contains(&jump.point));
                own.map(|jump| jump.at(jump.point - points.start)).collect()
            },
            parameters: self.parameters.clone(),
        }
    }

    /// Components that are measured, each once.
    pub(crate) fn components(&self) -> impl Iterator<Item = usize> + '_ {
        let all = self.observed.iter().enumerate();
        all.filter(|(l, component)| !self.observed[..*l].contains(component))
            .map(|(_, &component)| component)
    }

    /// Numbers of the columns with measurements of a component.
    pub(crate) fn columns_of(&self, component: usize) -> impl Iterator<Item = usize> + '_ {
        let all = self.observed.iter().enumerate();
        all.filter(move |(_, &c)| c == component).map(|(l, _)| l)
    }

    /// Mean of the measurements of a component at a point; NaN without any.
    pub(crate) fn mean_at(&self, component: usize, point: usize) -> f64 {
        let row = &self.values[point * self.observed.len()..][..self.observed.len()];
        let present = self.columns_of(component).map(|l| row[l]);
        let (sum, count) = present
            .filter(|y| !y.is_nan())
            .fold((-0.0, 0.0), |(sum, count), y| (sum + y, count + 1.0));
        sum / count
    }

    /// Measurements of the `l`-th observed component, one per point.
    pub fn column(&self, l: usize) -> impl Iterator<Item = f64> + '_ {
        self.values[l..]
            .iter()
            .step_by(self.observed.len())
            .copied()
    }
}

fn validate_component(path: &str, component: usize, count: usize) -> Result<()> {
    if component < count {
        return Ok(());
    }
    Err(Error::IndexOutOfRange {
        path: path.into(),
        index: component,
        count,
    })
}

/// Checks components that are measured, each once.
pub(crate) fn validate_observed(path: &str, observed: &[usize], dimension: usize) -> Result<()> {
    check::at_least(&format!("{path}.length"), observed.len(), 1)?;
    let mut seen = vec![false; dimension];
    for (l, &component) in observed.iter().enumerate() {
        let path = format!("{path}[{l}]");
        validate_component(&path, component, dimension)?;
        if std::mem::replace(&mut seen[component], true) {
            return Err(Error::Duplicate {
                path,
                value: component.to_string(),
            });
        }
    }
    Ok(())
}
