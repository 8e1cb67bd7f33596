//! Integrating a model forward in time.

use crate::error::{check, Error, Result};
use crate::model::{Model, Scratch, MOST_VALUES};

/// Steps of the classical Runge-Kutta method within one step of the output grid: the truth should be much better than the discretisation under test.
pub const SUBSTEPS: usize = 10;

/// Integrates from `initial` and returns `points` rows, the first of them `initial` itself.
///
/// Uses the classical fourth-order Runge-Kutta method with [`SUBSTEPS`] steps per `time_step`.
///
/// # Errors
/// Wrong lengths, a step that is not positive, and [`Error::NotFinite`] with the time at which the solution blows up.
pub fn integrate(
    model: &dyn Model,
    parameters: &[f64],
    initial: &[f64],
    time_step: f64,
    points: usize,
) -> Result<Vec<f64>> {
    let dimension = model.dimension();
    check::length("initialState", initial.len(), dimension, "one per state")?;
    let expected = model.parameters().len();
    check::length(
        "parameters",
        parameters.len(),
        expected,
        "one per parameter",
    )?;
    check::positive("timeStep", time_step)?;
    check::at_least("points", points, 1)?;
    check::at_most("points", points, MOST_VALUES / dimension)?;
    for (i, value) in initial.iter().enumerate() {
        check::finite(&format!("initialState[{i}]"), *value)?;
    }
    let mut integrator = Integrator::new(model, parameters);
    let mut state = initial.to_vec();
    let mut path = Vec::with_capacity(points * dimension);
    path.extend_from_slice(&state);
    for point in 1..points {
        integrator.advance(&mut state, time_step);
        check_finite(model, &state, point, time_step, "forward integration")?;
        path.extend_from_slice(&state);
    }
    Ok(path)
}

/// Moves a state on by `steps` steps.
///
/// # Errors
/// [`Error::NotFinite`], with the time since the beginning.
pub(super) fn spin_up(
    model: &dyn Model,
    parameters: &[f64],
    state: &mut [f64],
    time_step: f64,
    steps: usize,
) -> Result<()> {
    let mut integrator = Integrator::new(model, parameters);
    for step in 1..=steps {
        integrator.advance(state, time_step);
        check_finite(model, state, step, time_step, "spin-up")?;
    }
    Ok(())
}

fn check_finite(
    model: &dyn Model,
    state: &[f64],
    point: usize,
    time_step: f64,
    term: &str,
) -> Result<()> {
    match state.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(i) => Err(Error::NotFinite {
            path: "path".into(),
            time: point as f64 * time_step,
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
}

impl<'a> Integrator<'a> {
    fn new(model: &'a dyn Model, parameters: &'a [f64]) -> Self {
        let zeros = vec![0.0; model.dimension()];
        Integrator {
            model,
            parameters,
            scratch: model.scratch(),
            slope: zeros.clone(),
            sum: zeros.clone(),
            stage: zeros,
        }
    }

    fn advance(&mut self, state: &mut [f64], time_step: f64) {
        let h = time_step / SUBSTEPS as f64;
        for _ in 0..SUBSTEPS {
            self.sum.fill(0.0);
            self.slope.fill(0.0);
            for (reach, weight) in [(0.0, 1.0), (0.5, 2.0), (0.5, 2.0), (1.0, 1.0)] {
                for ((z, x), k) in self.stage.iter_mut().zip(&*state).zip(&self.slope) {
                    *z = x + h * reach * k;
                }
                self.model.evaluate(
                    &mut self.scratch,
                    &self.stage,
                    self.parameters,
                    &mut self.slope,
                );
                for (sum, k) in self.sum.iter_mut().zip(&self.slope) {
                    *sum += weight * k;
                }
            }
            for (x, sum) in state.iter_mut().zip(&self.sum) {
                *x += h / 6.0 * sum;
            }
        }
    }
}
