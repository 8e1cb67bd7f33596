//! Prediction: integration past the window of the data, which is the use of an estimate and the
//! test of it.

use std::borrow::Cow;

use super::integrate::{integrate_members, Forward};
use crate::action::{InputCurves, Interpolation, Jump, Observations, Problem};
use crate::anneal::Climb;
use crate::error::{check, Error, Result};
use crate::model::MOST_VALUES;

/// A forward integration from the end of an estimated path.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Times of the predicted points, from the last point of the window on.
    pub times: Vec<f64>,
    /// Predicted states, times x dimension; the first row is the estimate at the last point of the
    /// window.
    pub path: Vec<f64>,
}

/// End of a prediction, with the inputs until then.
///
/// ```
/// use least_action::twin::Horizon;
///
/// let horizon = Horizon { until: 12.5, ..Horizon::default() };
/// assert_eq!((horizon.inputs.len(), horizon.data_set), (0, 0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Horizon<'a> {
    /// Time up to which is predicted, on the clock of the data and in the model's unit of time; it
    /// is later than the end of the window.
    pub until: f64,
    /// Times of the predicted points past the window, ascending, the last of which is `until`;
    /// empty for points that are one step of the data apart. Default: empty.
    pub times: &'a [f64],
    /// Inputs of the model at the predicted points, (times - 1) x inputs, row-major, the first row
    /// one step past the window; empty if the model has none. Default: empty.
    pub inputs: &'a [f64],
    /// Curve of each input between the predicted points; empty for the curves of the data. Default:
    /// empty.
    pub interpolation: &'a [Interpolation],
    /// Points at which inputs jump or events change the state, ascending, counted from the last
    /// point of the window, which is point 0. Default: none but those of the data at that point.
    pub jumps: &'a [Jump],
    /// Number of the data set from whose end is predicted. Default: 0.
    pub data_set: usize,
}

/// Integrates from the last point of `climb`'s path, with its parameters, until the first grid time
/// not before `until`. Positive states, which the climb has as logarithms, are predicted as
/// themselves.
///
/// # Errors
/// A time that is not past the window, inputs or a path of the wrong length, or a solution that is
/// not finite.
pub fn predict(problem: &Problem, climb: &Climb, horizon: Horizon) -> Result<Prediction> {
    let beyond = Beyond::new(problem, horizon)?;
    let (length, expected) = (climb.path.len(), problem.path_length());
    check::length("climb.path", length, expected, "points x states")?;
    let (values, expected) = (climb.parameters.len(), problem.estimated.len());
    check::length(
        "climb.parameters",
        values,
        expected,
        "one per estimated parameter",
    )?;
    let last = beyond.last(&climb.path);
    for (i, value) in last.iter().enumerate() {
        check::finite(&format!("climb.path[{}]", length - last.len() + i), *value)?;
    }
    let mut path = vec![0.0; beyond.times.len() * last.len()];
    let failures = beyond.integrate(last, &climb.parameters, &mut path, |_, _| {});
    match failures.into_iter().flatten().next() {
        Some(failure) => Err(failure),
        None => Ok(Prediction {
            times: beyond.times,
            path: problem.states_at(&path),
        }),
    }
}

/// Time grid and inputs from the last point of a data set's window on: checked once, for any number
/// of states from which predictions start.
pub(crate) struct Beyond<'a> {
    problem: &'a Problem,
    /// Times of the grid; the first is that of the last point of the window.
    pub times: Vec<f64>,
    /// True if the times are one step of the data apart.
    is_even: bool,
    time_step: f64,
    /// Number of steps within one step of `times`, on a grid that was refined.
    parts: usize,
    /// Inputs, one row per time.
    pub inputs: Vec<f64>,
    interpolation: Vec<Interpolation>,
    /// Jumps, with points among the times.
    jumps: Vec<Jump>,
    /// End of the last state of the window in a path, as an index.
    end: usize,
    /// Number of the last point within its window.
    last_point: usize,
}

impl<'a> Beyond<'a> {
    /// Checks the horizon and makes its time grid.
    ///
    /// # Errors
    /// A data set that does not exist, a time that is not past its window or too far, inputs of the
    /// wrong length.
    pub fn new(problem: &'a Problem, horizon: Horizon) -> Result<Self> {
        let Horizon {
            until,
            times: given,
            inputs,
            interpolation,
            jumps,
            data_set,
        } = horizon;
        let (how, future) = (interpolation, jumps);
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
        // Past the window the grid is that of the data as the user gave them.
        let parts = problem.parts();
        let time_step = data.time_step * parts as f64;
        // A hair less, so that rounding in `until` does not add a step.
        let steps = match given.len() {
            0 => ((until - last) / time_step - 1e-9).ceil().max(1.0),
            count => count as f64,
        };
        let mut before = last;
        for (n, &time) in given.iter().enumerate() {
            let expected = format!("finite and later than {before}");
            let is_later = time.is_finite() && time > before;
            check::require(is_later, &format!("times[{n}]"), time, &expected)?;
            before = time;
        }
        check::require(
            steps * (parts as f64) < (MOST_VALUES / dimension) as f64,
            "until",
            until,
            "near enough that the prediction fits in memory",
        )?;
        let points = steps as usize + 1;
        let width = problem.model.inputs().len();
        let because = format!("{steps} predicted points x {width} inputs of the model");
        check::length("inputs", inputs.len(), (points - 1) * width, &because)?;
        check::all_finite("inputs", inputs)?;
        let now = &data.inputs[data.inputs.len() - width..];
        let here = data
            .jumps
            .iter()
            .filter(|jump| jump.point == data.points - 1);
        let here = here.filter(|_| future.first().is_none_or(|jump| jump.point > 0));
        let jumps: Vec<Jump> = here.map(|jump| jump.at(0)).chain(future.to_vec()).collect();
        Observations {
            start: last,
            time_step,
            points,
            times: match given.is_empty() {
                true => Vec::new(),
                false => [&[last], given].concat(),
            },
            jumps: jumps.clone(),
            interpolation: how.to_vec(),
            ..Observations::default()
        }
        .validate_jumps("horizon", &*problem.model)?;
        Ok(Beyond {
            problem,
            times: match given.is_empty() {
                true => (0..points)
                    .map(|n| data.time(data.points - 1 + n * parts))
                    .collect(),
                false => [&[last], given].concat(),
            },
            is_even: given.is_empty(),
            time_step: data.time_step,
            parts,
            inputs: [now, inputs].concat(),
            interpolation: match how.is_empty() {
                true => data.interpolation.clone(),
                false => how.to_vec(),
            },
            jumps,
            end: (segment.first + segment.points) * dimension,
            last_point: (data.points - 1) / parts,
        })
    }

    /// The state at the last point of the window on a path.
    pub fn last<'b>(&self, path: &'b [f64]) -> &'b [f64] {
        &path[self.end - self.problem.model().dimension()..self.end]
    }

    /// Integrates from all of `initial`, members x states, with values of the estimated parameters,
    /// members x estimated. Writes `values`, members x times x states, up to where a solution is
    /// not finite: these failures are returned, one place per member. `after_step` sees the state
    /// of a member after every step.
    pub fn integrate(
        &self,
        initial: &[f64],
        estimated: &[f64],
        values: &mut [f64],
        after_step: impl FnMut(usize, &mut [f64]),
    ) -> Vec<Option<Error>> {
        let (own, changed) = (&self.problem.parameters, &self.problem.estimated);
        let model = &**self.problem.model();
        let members = initial.len() / model.dimension();
        let mut parameters = own.repeat(members);
        for m in 0..members {
            let values = &estimated[m * changed.len()..(m + 1) * changed.len()];
            for (&index, &value) in changed.iter().zip(values) {
                parameters[m * own.len() + index] = value;
            }
        }
        let points = self.times.len();
        let times = Cow::Borrowed(&self.times[..]);
        let curves = InputCurves::new(times, &self.inputs, &self.interpolation, &self.jumps);
        let fine = curves.divided(&vec![self.parts; points - 1]);
        let forward = Forward {
            interpolation: &self.interpolation,
            jumps: &fine.jumps,
            parameters: &parameters,
            initial,
            start: self.times[0],
            time_step: self.time_step,
            points: (points - 1) * self.parts + 1,
            times: match self.is_even {
                true => &[],
                false => &fine.times,
            },
            inputs: &fine.inputs,
        };
        let failures = match self.parts {
            1 => integrate_members(model, forward, values, after_step),
            _ => {
                let d = model.dimension();
                // Where a solution stops being finite, the numbers that were there stay.
                let mut fine = vec![f64::NAN; members * forward.points * d];
                let failures = integrate_members(model, forward, &mut fine, after_step);
                let rows = values.chunks_exact_mut(d).enumerate();
                for (k, row) in rows {
                    let (member, point) = (k / points, k % points);
                    let from = &fine[(member * forward.points + point * self.parts) * d..][..d];
                    if from.iter().all(|x| x.is_finite()) {
                        row.copy_from_slice(from);
                    }
                }
                failures
            }
        };
        failures
            .into_iter()
            .map(|failure| failure.map(|error| self.past(error)))
            .collect()
    }

    /// Rewrites an error so that its point is counted from the beginning of the window.
    fn past(&self, error: Error) -> Error {
        match error {
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
                point: self.last_point + point.div_ceil(self.parts),
                state,
                term: "prediction".into(),
                value,
            },
            other => other,
        }
    }
}
