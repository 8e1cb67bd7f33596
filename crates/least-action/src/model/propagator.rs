//! Forward integration of many states of one model together.

use super::{JumpMemory, Model, ModelKind, Points, Scratch, StateJump};

/// Members of an ensemble: states and parameters, row by row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PropagatedMembers {
    /// States, members x states.
    pub states: Vec<f64>,
    /// Parameters, members x all parameters of the model; or one row for all members.
    pub parameters: Vec<f64>,
}

/// Propagator of members from point to point: flows by the classical fourth-order Runge-Kutta
/// method, maps by one iteration.
pub(crate) struct Propagator<'a> {
    model: &'a dyn Model,
    count: usize,
    scratch: Scratch,
    slope: Vec<f64>,
    sum: Vec<f64>,
    stage: Vec<f64>,
    /// Inputs, members x inputs, or members x (inputs + parameters) where members have parameters
    /// of their own.
    inputs: Vec<f64>,
    times: Vec<f64>,
    jumps: JumpMemory,
}

/// Step of a propagator: its beginning, its length and the inputs at both ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PropagatorStep<'a> {
    /// Time at the beginning of the step.
    pub time: f64,
    /// Length of the step.
    pub length: f64,
    /// Jump of the state at the beginning of the step; `None` where it is continuous.
    pub jump: Option<&'a StateJump>,
    /// Inputs at the beginning of the step, after a jump.
    pub before: &'a [f64],
    /// Inputs at the end of the step.
    pub after: &'a [f64],
    /// Coefficients b and c of each input's departure `s (1 - s) (b + c s)` from a straight line, a
    /// share s of the way; empty where all inputs are straight lines.
    pub bends: &'a [[f64; 2]],
    /// Number of Runge-Kutta steps within this step, for flows.
    pub substeps: usize,
}

impl<'a> Propagator<'a> {
    pub fn new(model: &'a dyn Model, count: usize) -> Self {
        let states = vec![0.0; count * model.dimension()];
        Propagator {
            count,
            scratch: Scratch::default(),
            slope: states.clone(),
            sum: states.clone(),
            stage: states,
            inputs: Vec::new(),
            times: vec![0.0; count],
            jumps: JumpMemory::default(),
            model,
        }
    }

    /// Advances all members by one step.
    pub fn advance(&mut self, members: &mut PropagatedMembers, step: PropagatorStep) {
        if let Some(jump) = step.jump {
            self.jump(members, jump);
        }
        match self.model.kind() {
            ModelKind::Map => {
                self.stage.copy_from_slice(&members.states);
                self.evaluate(&members.parameters, step, 0.0);
                members.states.copy_from_slice(&self.slope);
            }
            ModelKind::Flow => {
                for substep in 0..step.substeps {
                    self.runge_kutta(members, step, substep);
                }
            }
        }
    }

    /// Replaces the states of all members by those right after a jump.
    fn jump(&mut self, members: &mut PropagatedMembers, jump: &StateJump) {
        let Some(events) = self.model.events() else {
            return;
        };
        let own = self.model.parameters().len();
        let is_shared = members.parameters.len() == own;
        let rows = members.states.chunks_exact_mut(self.model.dimension());
        for (m, state) in rows.enumerate() {
            let first = if is_shared { 0 } else { m * own };
            let parameters = &members.parameters[first..first + own];
            jump.apply(events, parameters, &mut self.jumps, state);
        }
    }

    fn runge_kutta(
        &mut self,
        members: &mut PropagatedMembers,
        step: PropagatorStep,
        substep: usize,
    ) {
        let number = step.substeps as f64;
        let h = step.length / number;
        self.sum.fill(0.0);
        self.slope.fill(0.0);
        for (reach, weight) in [(0.0, 1.0), (0.5, 2.0), (0.5, 2.0), (1.0, 1.0)] {
            let states = members.states.iter().zip(&self.slope);
            for (z, (x, k)) in self.stage.iter_mut().zip(states) {
                *z = x + h * reach * k;
            }
            self.evaluate(&members.parameters, step, (substep as f64 + reach) / number);
            for (sum, k) in self.sum.iter_mut().zip(&self.slope) {
                *sum += weight * k;
            }
        }
        for (x, sum) in members.states.iter_mut().zip(&self.sum) {
            *x += h / 6.0 * sum;
        }
    }

    /// Writes the model's values at `stage` to `slope`, a fraction `share` of the way between two
    /// points.
    fn evaluate(&mut self, parameters: &[f64], step: PropagatorStep, share: f64) {
        let own = self.model.parameters().len();
        let is_shared = parameters.len() == own;
        let extra = if is_shared { 0 } else { own };
        self.times.fill(step.time + share * step.length);
        self.inputs.clear();
        for m in 0..self.count {
            let ends = step.before.iter().zip(step.after);
            let first = self.inputs.len();
            self.inputs.extend(ends.map(|(a, b)| a + share * (b - a)));
            for (to, [b, c]) in self.inputs[first..].iter_mut().zip(step.bends) {
                *to += share * (1.0 - share) * (b + c * share);
            }
            self.inputs
                .extend_from_slice(&parameters[m * extra..(m + 1) * extra]);
        }
        let at = Points {
            states: &self.stage,
            parameters: if is_shared { parameters } else { &[] },
            inputs: &self.inputs,
            times: &self.times,
        };
        if is_shared {
            self.model.evaluate(&mut self.scratch, at, &mut self.slope);
        } else {
            self.model
                .evaluate_each(&mut self.scratch, at, &mut self.slope);
        }
    }
}
