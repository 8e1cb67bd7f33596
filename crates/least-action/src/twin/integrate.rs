//! Forward integration of a model in time.

use std::borrow::Cow;

use crate::action::{InputCurves, Interpolation, Jump};
use crate::error::{check, Error, Result};
use crate::model::propagator::{PropagatedMembers, Propagator, PropagatorStep};
use crate::model::{Model, StateJump, MOST_VALUES};

/// Number of steps of the classical Runge-Kutta method within one step of the output grid: the
/// truth should be much better than the discretisation under test.
pub const SUBSTEPS: usize = 10;

/// A forward integration: initial state, parameters, inputs and time grid.
///
/// ```
/// use least_action::model::ModelBuilder;
/// use least_action::twin::{integrate, Forward};
///
/// let decay = ModelBuilder::new("decay")
///     .states(["x"])
///     .parameter("rate", 1.0, "per unit of time")
///     .flow(|x, p| vec![-p[0] * x[0]])?;
/// let forward = Forward {
///     parameters: &[1.0],
///     initial: &[1.0],
///     time_step: 0.5,
///     points: 3,
///     ..Forward::default()
/// };
/// let path = integrate(&decay, forward)?;
/// assert!((path[2] - (-1.0f64).exp()).abs() < 1e-6);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Forward<'a> {
    /// Values of all parameters, in the model's order.
    pub parameters: &'a [f64],
    /// State at the first point.
    pub initial: &'a [f64],
    /// Time of the first point.
    pub start: f64,
    /// Time between points, in the model's unit; positive.
    pub time_step: f64,
    /// Number of points, the first included.
    pub points: usize,
    /// Times of the points, ascending, where they are not `time_step` apart; empty otherwise.
    pub times: &'a [f64],
    /// Inputs u(t), points x inputs, row-major. Empty where the model has none.
    pub inputs: &'a [f64],
    /// Curve of each input between points; empty where all are straight lines.
    pub interpolation: &'a [Interpolation],
    /// Points at which inputs jump or events change the state, ascending. The state at such a point
    /// is the one right before.
    pub jumps: &'a [Jump],
}

/// Integrates from `initial` and returns `points` rows, the first of them `initial` itself.
///
/// Flows are integrated by the classical fourth-order Runge-Kutta method with [`SUBSTEPS`] steps
/// per `time_step`; maps are iterated.
///
/// # Errors
/// Wrong lengths, a step that is not positive, and [`Error::NotFinite`] with the time at which the
/// solution blows up.
pub fn integrate(model: &dyn Model, forward: Forward) -> Result<Vec<f64>> {
    validate(model, forward)?;
    let mut path = vec![0.0; forward.points * model.dimension()];
    let failures = integrate_members(model, forward, &mut path, |_, _| {});
    match failures.into_iter().flatten().next() {
        Some(failure) => Err(failure),
        None => Ok(path),
    }
}

fn validate(model: &dyn Model, forward: Forward) -> Result<()> {
    let Forward {
        parameters,
        initial,
        start,
        time_step,
        points,
        times,
        inputs,
        ..
    } = forward;
    let dimension = model.dimension();
    check::length("initialState", initial.len(), dimension, "one per state")?;
    let expected = model.parameters().len();
    check::length(
        "parameters",
        parameters.len(),
        expected,
        "one per parameter",
    )?;
    check::finite("start", start)?;
    check::positive("timeStep", time_step)?;
    check::at_least("points", points, 1)?;
    check::at_most("points", points, MOST_VALUES / dimension)?;
    if !times.is_empty() {
        check::length("times", times.len(), points, "one per point")?;
        check::all_finite("times", times)?;
        for (n, pair) in times.windows(2).enumerate() {
            let path = format!("times[{}]", n + 1);
            check::require(pair[1] > pair[0], &path, pair[1], "later than that before")?;
        }
    }
    let width = model.inputs().len();
    let because = format!("{points} points x {width} inputs of the model");
    check::length(
        "inputs",
        inputs.len(),
        points.saturating_mul(width),
        &because,
    )?;
    check::all_finite("inputs", inputs)?;
    check::all_finite("initialState", initial)?;
    Ok(())
}

/// Runs many integrations together, each from a state of its own: `initial` is members x states,
/// `parameters` members x parameters. Writes `values`, members x points x states, up to where a
/// solution stops being finite: these failures are returned, one place per member. `after_step`
/// sees the state of a member after every step of the output grid.
pub(crate) fn integrate_members(
    model: &dyn Model,
    forward: Forward,
    values: &mut [f64],
    mut after_step: impl FnMut(usize, &mut [f64]),
) -> Vec<Option<Error>> {
    let dimension = model.dimension();
    let points = forward.points;
    let count = forward.initial.len() / dimension;
    let mut propagator = Propagator::new(model, count);
    let mut members = PropagatedMembers {
        states: forward.initial.to_vec(),
        parameters: forward.parameters.to_vec(),
    };
    let mut failures = vec![None; count];
    let time = |point: usize| match forward.times.get(point) {
        Some(&time) => time,
        None => forward.start + point as f64 * forward.time_step,
    };
    let curves = InputCurves::new(
        Cow::Owned((0..points).map(time).collect()),
        forward.inputs,
        forward.interpolation,
        forward.jumps,
    );
    for point in 0..points {
        if point > 0 {
            let jump = curves.jump(point - 1);
            let events = jump.map_or(&[][..], |jump| &jump.events);
            let events = model.events().filter(|_| !events.is_empty()).map(|all| {
                let each = events.iter().map(|e| (e.kind, &e.numbers[..]));
                StateJump::new(all, time(point - 1), curves.at(point - 1), each)
            });
            let step = PropagatorStep {
                time: time(point - 1),
                length: match forward.times.is_empty() {
                    true => forward.time_step,
                    false => time(point) - time(point - 1),
                },
                jump: events.as_ref(),
                before: curves.after(point - 1),
                after: curves.at(point),
                bends: &curves.bends(point - 1),
                substeps: SUBSTEPS,
            };
            propagator.advance(&mut members, step);
        }
        let rows = members.states.chunks_exact_mut(dimension);
        for (m, (state, failure)) in rows.zip(&mut failures).enumerate() {
            if failure.is_some() {
                continue;
            }
            if point > 0 {
                after_step(m, state);
            }
            match check_finite(model, state, point, time(point), "forward integration") {
                Ok(()) => {
                    values[(m * points + point) * dimension..][..dimension].copy_from_slice(state)
                }
                Err(error) => *failure = Some(error),
            }
        }
    }
    failures
}

/// Advances a state by `steps` steps that end at time `end`, with constant inputs `inputs`.
///
/// # Errors
/// [`Error::NotFinite`], with the time since the beginning.
pub(super) fn spin_up(
    model: &dyn Model,
    parameters: &[f64],
    state: &mut [f64],
    (end, time_step, steps): (f64, f64, usize),
    inputs: &[f64],
) -> Result<()> {
    let mut propagator = Propagator::new(model, 1);
    let mut members = PropagatedMembers {
        states: state.to_vec(),
        parameters: parameters.to_vec(),
    };
    for step in 1..=steps {
        let along = PropagatorStep {
            time: end - (steps + 1 - step) as f64 * time_step,
            length: time_step,
            jump: None,
            before: inputs,
            after: inputs,
            bends: &[],
            substeps: SUBSTEPS,
        };
        propagator.advance(&mut members, along);
        let time = step as f64 * time_step;
        check_finite(model, &members.states, step, time, "spin-up")?;
    }
    state.copy_from_slice(&members.states);
    Ok(())
}

/// Checks that all components of a state are finite.
///
/// # Errors
/// [`Error::NotFinite`] at the first component that is not.
pub(super) fn check_finite(
    model: &dyn Model,
    state: &[f64],
    point: usize,
    time: f64,
    term: &str,
) -> Result<()> {
    match state.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::NotFinite {
            path: "path".into(),
            time,
            point,
            state: model.states()[i].clone(),
            term: term.into(),
            value: state[i],
        }),
    }
}
