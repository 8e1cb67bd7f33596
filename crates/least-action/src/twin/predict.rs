//! Integrating on past the window of the data: what an estimate is for, and the test of it.

use super::integrate::{integrate, Forward};
use crate::action::Problem;
use crate::anneal::Climb;
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;

/// A forward integration from the end of an estimated path.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    pub times: Vec<f64>,
    /// times x dimension; the first row is the estimate at the last point of the window.
    pub path: Vec<f64>,
}

/// How far to predict.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Horizon<'a> {
    /// A time past the window.
    pub until: f64,
    /// The model's inputs at the predicted points (times - 1) x inputs, row-major, the first of them one step past the window; empty if it has none.
    pub inputs: &'a [f64],
    /// The data set to go on from.
    pub data_set: usize,
}

/// Integrates from the last point of `climb`'s path, with its parameters, until the first grid time not before `until`.
///
/// # Errors
/// A time that is not past the window, or a solution that is not finite.
pub fn predict(problem: &Problem, climb: &Climb, horizon: Horizon) -> Result<Prediction> {
    let Horizon {
        until,
        inputs,
        data_set,
    } = horizon;
    let sets = problem.data();
    let (data, segment) = sets
        .get(data_set)
        .zip(problem.grid.segments.get(data_set))
        .ok_or_else(|| Error::OutOfRange {
            path: "dataSet".into(),
            value: data_set as f64,
            expected: format!("the number of a data set, below {}", sets.len()),
        })?;
    let last = data.time(data.points - 1);
    check::require(
        until.is_finite() && until > last,
        "until",
        until,
        &format!("finite and later than the end of the window, {last}"),
    )?;
    let dimension = problem.model().dimension();
    let (length, expected) = (climb.path.len(), problem.path_length());
    check::length("climb.path", length, expected, "points x states")?;
    let (length, expected) = (climb.parameters.len(), problem.estimated.len());
    check::length(
        "climb.parameters",
        length,
        expected,
        "one per estimated parameter",
    )?;
    // A hair less, so that rounding in `until` does not add a step.
    let steps = ((until - last) / data.time_step - 1e-9).ceil().max(1.0);
    check::require(
        steps < (MOST_VALUES / dimension) as f64,
        "until",
        until,
        "near enough that the prediction fits in memory",
    )?;
    let points = steps as usize + 1;
    let mut parameters = problem.parameters.clone();
    for (&index, &value) in problem.estimated.iter().zip(&climb.parameters) {
        parameters[index] = value;
    }
    let end = (segment.first + segment.points) * dimension;
    let initial = &climb.path[end - dimension..end];
    let past = |error| match error {
        Error::NotFinite {
            path,
            time,
            point,
            state,
            value,
            ..
        } => Error::NotFinite {
            path,
            time,
            point: data.points - 1 + point,
            state,
            term: "prediction".into(),
            value,
        },
        other => other,
    };
    let width = problem.model.inputs().len();
    let because = format!("{steps} predicted points x {width} inputs of the model");
    check::length("inputs", inputs.len(), (points - 1) * width, &because)?;
    let now = &data.inputs[data.inputs.len() - width..];
    let forward = Forward {
        parameters: &parameters,
        initial,
        start: last,
        time_step: data.time_step,
        points,
        inputs: &[now, inputs].concat(),
    };
    let path = integrate(&**problem.model(), forward).map_err(past)?;
    let times = (0..points)
        .map(|n| data.time(data.points - 1 + n))
        .collect();
    Ok(Prediction { times, path })
}
