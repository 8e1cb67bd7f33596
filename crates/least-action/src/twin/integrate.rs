//! Integrating a model forward in time.

use crate::error::{check, Error, Result};
use crate::model::{Model, ModelKind, Points, Scratch, MOST_VALUES};

/// Steps of the classical Runge-Kutta method within one step of the output grid: the truth should be much better than the discretisation under test.
pub const SUBSTEPS: usize = 10;

/// What to integrate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forward<'a> {
    /// All of the model's parameters, in its order.
    pub parameters: &'a [f64],
    /// The state at the first point.
    pub initial: &'a [f64],
    /// Time of the first point.
    pub start: f64,
    /// Between points, in the model's unit of time.
    pub time_step: f64,
    /// How many, the first included.
    pub points: usize,
    /// u(t): points x inputs, row-major; straight lines in between. Empty where the model has none.
    pub inputs: &'a [f64],
}

/// Integrates from `initial` and returns `points` rows, the first of them `initial` itself.
///
/// Flows by the classical fourth-order Runge-Kutta method with [`SUBSTEPS`] steps per `time_step`; maps are iterated.
///
/// # Errors
/// Wrong lengths, a step that is not positive, and [`Error::NotFinite`] with the time at which the solution blows up.
pub fn integrate(model: &dyn Model, forward: Forward) -> Result<Vec<f64>> {
    let mut path = Vec::new();
    integrate_into(model, forward, &mut path, |_| {})?;
    Ok(path)
}

/// [`integrate`] with `after_step` called on the state after every step of the output grid. Where the solution stops being finite, the rows before are in `path`.
pub(crate) fn integrate_into(
    model: &dyn Model,
    forward: Forward,
    path: &mut Vec<f64>,
    mut after_step: impl FnMut(&mut [f64]),
) -> Result<()> {
    let Forward {
        parameters,
        initial,
        start,
        time_step,
        points,
        inputs,
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
    let width = model.inputs().len();
    let because = format!("{points} points x {width} inputs of the model");
    check::length(
        "inputs",
        inputs.len(),
        points.saturating_mul(width),
        &because,
    )?;
    for (i, value) in inputs.iter().enumerate() {
        check::finite(&format!("inputs[{i}]"), *value)?;
    }
    for (i, value) in initial.iter().enumerate() {
        check::finite(&format!("initialState[{i}]"), *value)?;
    }
    let mut integrator = Integrator::new(model, parameters);
    let mut state = initial.to_vec();
    path.reserve(points * dimension);
    path.extend_from_slice(&state);
    for point in 1..points {
        let from = start + (point - 1) as f64 * time_step;
        let (before, after) = inputs[(point - 1) * width..(point + 1) * width].split_at(width);
        integrator.advance(&mut state, from, time_step, before, after);
        after_step(&mut state);
        let time = start + point as f64 * time_step;
        check_finite(model, &state, point, time, "forward integration")?;
        path.extend_from_slice(&state);
    }
    Ok(())
}

/// Moves a state on by `steps` steps that end at time `end`, with the inputs held at `inputs`.
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
    let mut integrator = Integrator::new(model, parameters);
    for step in 1..=steps {
        let from = end - (steps + 1 - step) as f64 * time_step;
        integrator.advance(state, from, time_step, inputs, inputs);
        check_finite(model, state, step, step as f64 * time_step, "spin-up")?;
    }
    Ok(())
}

/// # Errors
/// [`Error::NotFinite`] at the first state that is not.
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

struct Integrator<'a> {
    model: &'a dyn Model,
    parameters: &'a [f64],
    scratch: Scratch,
    slope: Vec<f64>,
    sum: Vec<f64>,
    stage: Vec<f64>,
    inputs: Vec<f64>,
}

impl<'a> Integrator<'a> {
    fn new(model: &'a dyn Model, parameters: &'a [f64]) -> Self {
        let zeros = vec![0.0; model.dimension()];
        Integrator {
            model,
            parameters,
            scratch: Scratch::default(),
            slope: zeros.clone(),
            sum: zeros.clone(),
            stage: zeros,
            inputs: vec![0.0; model.inputs().len()],
        }
    }

    /// One step of the grid, from time `from`, along which the inputs go from `before` to `after`.
    fn advance(
        &mut self,
        state: &mut [f64],
        from: f64,
        time_step: f64,
        before: &[f64],
        after: &[f64],
    ) {
        match self.model.kind() {
            ModelKind::Flow => {
                for substep in 0..SUBSTEPS {
                    self.runge_kutta(state, from, time_step, substep, (before, after));
                }
            }
            ModelKind::Map => {
                self.stage.copy_from_slice(state);
                self.evaluate(from, 0.0, (before, after));
                state.copy_from_slice(&self.slope);
            }
        }
    }

    fn runge_kutta(
        &mut self,
        state: &mut [f64],
        from: f64,
        time_step: f64,
        substep: usize,
        inputs: (&[f64], &[f64]),
    ) {
        let h = time_step / SUBSTEPS as f64;
        self.sum.fill(0.0);
        self.slope.fill(0.0);
        for (reach, weight) in [(0.0, 1.0), (0.5, 2.0), (0.5, 2.0), (1.0, 1.0)] {
            for ((z, x), k) in self.stage.iter_mut().zip(&*state).zip(&self.slope) {
                *z = x + h * reach * k;
            }
            let share = (substep as f64 + reach) / SUBSTEPS as f64;
            self.evaluate(from + share * time_step, share, inputs);
            for (sum, k) in self.sum.iter_mut().zip(&self.slope) {
                *sum += weight * k;
            }
        }
        for (x, sum) in state.iter_mut().zip(&self.sum) {
            *x += h / 6.0 * sum;
        }
    }

    /// Evaluates the model at `self.stage`, `share` of the way between two points.
    fn evaluate(&mut self, time: f64, share: f64, (before, after): (&[f64], &[f64])) {
        for ((to, a), b) in self.inputs.iter_mut().zip(before).zip(after) {
            *to = a + share * (b - a);
        }
        let at = Points {
            states: &self.stage,
            parameters: self.parameters,
            inputs: &self.inputs,
            times: &[time],
        };
        self.model.evaluate(&mut self.scratch, at, &mut self.slope);
    }
}
