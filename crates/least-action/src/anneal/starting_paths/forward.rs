//! Many states of one model moved forward in time together, each with parameters of its own.

use crate::action::Problem;
use crate::model::{Model, ModelKind, Points, Scratch};

/// Members of an ensemble: states and parameters, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Members {
    /// members x states.
    pub states: Vec<f64>,
    /// members x all parameters of the model.
    pub parameters: Vec<f64>,
}

/// Moves members along the grid of a problem. The classical Runge-Kutta method for flows, one step per step of the grid: the paths only have to be good enough to start from.
pub(super) struct Forward<'a> {
    model: &'a dyn Model,
    count: usize,
    scratch: Scratch,
    slope: Vec<f64>,
    sum: Vec<f64>,
    stage: Vec<f64>,
    /// members x (inputs + parameters).
    inputs: Vec<f64>,
    times: Vec<f64>,
}

/// Where a step begins, and with which inputs along it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub time: f64,
    pub length: f64,
    pub before: &'a [f64],
    pub after: &'a [f64],
}

impl<'a> Step<'a> {
    /// From point `n` of a problem's path to the next one.
    pub fn of(problem: &'a Problem, n: usize, length: f64) -> Self {
        let forcing = &problem.grid.points;
        let width = problem.grid.width;
        Step {
            time: forcing.times[n],
            length,
            before: &forcing.inputs[n * width..(n + 1) * width],
            after: &forcing.inputs[(n + 1) * width..(n + 2) * width],
        }
    }
}

impl<'a> Forward<'a> {
    pub fn new(model: &'a dyn Model, count: usize) -> Self {
        let states = vec![0.0; count * model.dimension()];
        let width = model.inputs().len() + model.parameters().len();
        Forward {
            count,
            scratch: Scratch::default(),
            slope: states.clone(),
            sum: states.clone(),
            stage: states,
            inputs: vec![0.0; count * width],
            times: vec![0.0; count],
            model,
        }
    }

    /// One step of all members.
    pub fn advance(&mut self, members: &mut Members, step: Step) {
        match self.model.kind() {
            ModelKind::Map => {
                self.stage.copy_from_slice(&members.states);
                self.evaluate(&members.parameters, step, 0.0);
                members.states.copy_from_slice(&self.slope);
            }
            ModelKind::Flow => self.runge_kutta(members, step),
        }
    }

    fn runge_kutta(&mut self, members: &mut Members, step: Step) {
        let h = step.length;
        self.sum.fill(0.0);
        self.slope.fill(0.0);
        for (reach, weight) in [(0.0, 1.0), (0.5, 2.0), (0.5, 2.0), (1.0, 1.0)] {
            let states = members.states.iter().zip(&self.slope);
            for (z, (x, k)) in self.stage.iter_mut().zip(states) {
                *z = x + h * reach * k;
            }
            self.evaluate(&members.parameters, step, reach);
            for (sum, k) in self.sum.iter_mut().zip(&self.slope) {
                *sum += weight * k;
            }
        }
        for (x, sum) in members.states.iter_mut().zip(&self.sum) {
            *x += h / 6.0 * sum;
        }
    }

    /// Writes the model's values at `stage` to `slope`.
    fn evaluate(&mut self, parameters: &[f64], step: Step, share: f64) {
        let (width, own) = (step.before.len(), self.model.parameters().len());
        self.times.fill(step.time + share * step.length);
        if width + own > 0 {
            for (m, row) in self.inputs.chunks_exact_mut(width + own).enumerate() {
                let (inputs, rest) = row.split_at_mut(width);
                let ends = step.before.iter().zip(step.after);
                for (to, (a, b)) in inputs.iter_mut().zip(ends) {
                    *to = a + share * (b - a);
                }
                rest.copy_from_slice(&parameters[m * own..(m + 1) * own]);
            }
        }
        let at = Points {
            states: &self.stage,
            parameters: &[],
            inputs: &self.inputs,
            times: &self.times,
        };
        debug_assert_eq!(self.times.len(), self.count);
        self.model
            .evaluate_each(&mut self.scratch, at, &mut self.slope);
    }
}
