//! State right after the events at one time, as a function of that before, with its derivatives.

use super::{Events, Points, Scratch};

/// An event at a known time: its kind, and the inputs of the model's events there.
#[derive(Debug, Clone, PartialEq)]
struct EventAt {
    kind: usize,
    inputs: Vec<f64>,
}

/// Events at one time, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct StateJump {
    time: [f64; 1],
    events: Vec<EventAt>,
}

/// Memory to evaluate jumps of the state.
#[derive(Debug, Clone, Default)]
pub(crate) struct JumpMemory {
    scratch: Scratch,
    /// States before each event and after the last one.
    states: Vec<f64>,
    outputs: Vec<f64>,
    adjoint: Vec<f64>,
    entries: Vec<f64>,
}

/// Derivative of the state right after a jump, states x (states + estimated parameters), row-major.
#[derive(Debug, Clone, Default)]
pub(crate) struct JumpDerivative {
    pub values: Vec<f64>,
    /// Number of columns.
    pub width: usize,
}

impl JumpDerivative {
    /// Derivatives of a component of the state.
    pub fn row(&self, component: usize) -> &[f64] {
        &self.values[component * self.width..][..self.width]
    }
}

impl StateJump {
    /// Jump by events, each with its kind and the numbers that come with it, at a time at which the
    /// inputs of the model are `inputs`.
    pub fn new<'a>(
        events: &Events,
        time: f64,
        inputs: &[f64],
        each: impl Iterator<Item = (usize, &'a [f64])>,
    ) -> Self {
        let each = each.map(|(kind, numbers)| EventAt {
            kind,
            inputs: events.inputs(kind, inputs, numbers),
        });
        StateJump {
            time: [time],
            events: each.collect(),
        }
    }

    fn at<'a>(
        &'a self,
        event: &'a EventAt,
        states: &'a [f64],
        parameters: &'a [f64],
    ) -> Points<'a> {
        Points {
            states,
            parameters,
            inputs: &event.inputs,
            times: &self.time,
        }
    }

    /// Replaces a state by the one right after the jump.
    pub fn apply(
        &self,
        events: &Events,
        parameters: &[f64],
        memory: &mut JumpMemory,
        state: &mut [f64],
    ) {
        let d = state.len();
        memory.outputs.resize(events.function().outputs(), 0.0);
        for event in &self.events {
            let at = self.at(event, state, parameters);
            events
                .function()
                .evaluate(&mut memory.scratch, at, &mut memory.outputs);
            state.copy_from_slice(&memory.outputs[event.kind * d..][..d]);
        }
    }

    /// Writes the states before each event to the memory.
    fn trace(&self, events: &Events, parameters: &[f64], memory: &mut JumpMemory, before: &[f64]) {
        let d = before.len();
        memory.outputs.resize(events.function().outputs(), 0.0);
        memory.states.clear();
        memory.states.extend_from_slice(before);
        for (k, event) in self.events.iter().enumerate() {
            let at = self.at(event, &memory.states[k * d..], parameters);
            events
                .function()
                .evaluate(&mut memory.scratch, at, &mut memory.outputs);
            let after = &memory.outputs[event.kind * d..][..d];
            memory.states.extend_from_slice(after);
        }
    }

    /// Replaces an adjoint of the state right after the jump by that of the state `before`, and
    /// adds to the gradient in all parameters of the model.
    pub fn pull_back(
        &self,
        events: &Events,
        parameters: &[f64],
        memory: &mut JumpMemory,
        before: &[f64],
        adjoint: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let d = before.len();
        self.trace(events, parameters, memory, before);
        memory.adjoint.resize(memory.outputs.len(), 0.0);
        for (k, event) in self.events.iter().enumerate().rev() {
            memory.adjoint.fill(0.0);
            memory.adjoint[event.kind * d..][..d].copy_from_slice(adjoint);
            adjoint.fill(0.0);
            let at = self.at(event, &memory.states[k * d..][..d], parameters);
            let all = &memory.adjoint;
            let function = events.function();
            function.pull_back(&mut memory.scratch, at, all, adjoint, parameter_gradient);
        }
    }

    /// Derivative in the state `before` and in the estimated parameters; `estimated` is the place
    /// of every parameter of the model among these.
    pub fn derivative(
        &self,
        events: &Events,
        parameters: &[f64],
        estimated: &[Option<usize>],
        memory: &mut JumpMemory,
        before: &[f64],
    ) -> JumpDerivative {
        self.trace(events, parameters, memory, before);
        let mut derivative = identity(before.len(), estimated);
        for k in 0..self.events.len() {
            derivative = self.after_event(events, k, parameters, estimated, memory, &derivative);
        }
        derivative
    }

    /// Derivative of the state after the k-th event, where `of_before` is that of the one before
    /// it.
    fn after_event(
        &self,
        events: &Events,
        k: usize,
        parameters: &[f64],
        estimated: &[Option<usize>],
        memory: &mut JumpMemory,
        of_before: &JumpDerivative,
    ) -> JumpDerivative {
        let (function, event, width) = (events.function(), &self.events[k], of_before.width);
        let d = of_before.values.len() / width;
        let sparsity = function.jacobian_sparsity();
        memory.entries.resize(sparsity.entries(), 0.0);
        let at = self.at(event, &memory.states[k * d..][..d], parameters);
        function.jacobian(&mut memory.scratch, at, &mut memory.entries);
        let mut values = vec![0.0; d * width];
        for (i, row) in values.chunks_exact_mut(width).enumerate() {
            for (e, column) in sparsity.row(event.kind * d + i) {
                let entry = memory.entries[e];
                match column.checked_sub(d) {
                    None => {
                        for (to, from) in row.iter_mut().zip(of_before.row(column)) {
                            *to += entry * from;
                        }
                    }
                    Some(p) => {
                        if let Some(place) = estimated[p] {
                            row[d + place] += entry;
                        }
                    }
                }
            }
        }
        JumpDerivative { values, width }
    }

    /// Second derivatives of the state right after the jump, weighted with an adjoint of it: a
    /// symmetric matrix over the states before and the estimated parameters, row-major.
    pub fn curvature(
        &self,
        events: &Events,
        parameters: &[f64],
        estimated: &[Option<usize>],
        memory: &mut JumpMemory,
        (before, adjoint): (&[f64], &[f64]),
    ) -> Vec<f64> {
        let d = before.len();
        self.trace(events, parameters, memory, before);
        let mut chain = vec![identity(d, estimated)];
        for k in 0..self.events.len() - 1 {
            let next = self.after_event(events, k, parameters, estimated, memory, &chain[k]);
            chain.push(next);
        }
        let width = chain[0].width;
        let function = events.function();
        let sparsity = function.curvature_sparsity();
        let mut sum = vec![0.0; width * width];
        let mut adjoint = adjoint.to_vec();
        let mut unused = vec![0.0; parameters.len()];
        for (k, event) in self.events.iter().enumerate().rev() {
            let mut all = vec![0.0; function.outputs()];
            all[event.kind * d..][..d].copy_from_slice(&adjoint);
            let at = self.at(event, &memory.states[k * d..][..d], parameters);
            let mut entries = vec![0.0; sparsity.entries()];
            function.curvature(&mut memory.scratch, at, &all, &mut entries);
            // Derivatives of a variable of the event in those of the whole.
            let of = |variable: usize| -> Option<Vec<f64>> {
                match variable.checked_sub(d) {
                    None => Some(chain[k].row(variable).to_vec()),
                    Some(p) => {
                        let mut row = vec![0.0; width];
                        row[d + estimated[p]?] = 1.0;
                        Some(row)
                    }
                }
            };
            for v in 0..sparsity.rows() {
                for (e, w) in sparsity.row(v) {
                    let (Some(a), Some(b)) = (of(v), of(w)) else {
                        continue;
                    };
                    for (i, x) in a.iter().enumerate() {
                        for (j, y) in b.iter().enumerate() {
                            sum[i * width + j] += entries[e] * x * y;
                            if v != w {
                                sum[j * width + i] += entries[e] * x * y;
                            }
                        }
                    }
                }
            }
            adjoint.fill(0.0);
            function.pull_back(&mut memory.scratch, at, &all, &mut adjoint, &mut unused);
        }
        sum
    }

    /// Marks of what each component of the state right after the jump may depend on: states x
    /// (states + estimated parameters), row-major.
    pub fn pattern(
        &self,
        events: &Events,
        states: usize,
        estimated: &[Option<usize>],
    ) -> Vec<bool> {
        let of_identity = identity(states, estimated);
        let width = of_identity.width;
        let mut pattern: Vec<bool> = of_identity.values.iter().map(|&v| v != 0.0).collect();
        let sparsity = events.function().jacobian_sparsity();
        for event in &self.events {
            let mut next = vec![false; pattern.len()];
            for (i, row) in next.chunks_exact_mut(width).enumerate() {
                for (_, column) in sparsity.row(event.kind * states + i) {
                    match column.checked_sub(states) {
                        None => {
                            let from = &pattern[column * width..][..width];
                            for (to, from) in row.iter_mut().zip(from) {
                                *to |= from;
                            }
                        }
                        Some(p) => {
                            if let Some(place) = estimated[p] {
                                row[states + place] = true;
                            }
                        }
                    }
                }
            }
            pattern = next;
        }
        pattern
    }
}

/// Derivative of a state that does not jump.
fn identity(states: usize, estimated: &[Option<usize>]) -> JumpDerivative {
    let width = states + estimated.iter().flatten().count();
    let mut values = vec![0.0; states * width];
    for k in 0..states {
        values[k * width + k] = 1.0;
    }
    JumpDerivative { values, width }
}
