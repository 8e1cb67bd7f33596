//! What a model costs: operations, columns, zeros.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::graph::Binary;
use super::tape::{Fused, Instruction, Tape};
use super::{EquationModel, ModelKind};

/// A model in numbers; its text is a table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Explanation {
    pub name: String,
    pub kind: ModelKind,
    pub states: usize,
    pub parameters: usize,
    pub inputs: usize,
    /// Operations of the equations whose result is used more than once.
    pub shared: usize,
    /// Entries of the Jacobian that are not zero whatever the values are, in the states (of states
    /// x states) ...
    pub state_entries: usize,
    /// ... and in the parameters (of states x parameters).
    pub parameter_entries: usize,
    /// Such entries of the lower triangle of the second derivatives, in states and parameters.
    pub curvature_entries: usize,
    pub value: Cost,
    pub vector_jacobian: Cost,
    pub jacobian: Cost,
    pub curvature: Cost,
}

/// What it takes to compute something.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Cost {
    /// Operations at each point, by kind.
    pub operations: BTreeMap<String, usize>,
    /// Operations once per call: what is the same at all points.
    pub once: usize,
    /// Quantities that are in use at a time, per point.
    pub columns: usize,
}

impl Cost {
    fn of(tape: &Tape) -> Cost {
        let mut operations = BTreeMap::new();
        let mut count = |kind: &dyn fmt::Debug| *operations.entry(word(kind)).or_insert(0) += 1;
        for instruction in &tape.body {
            match instruction {
                Instruction::Unary { f, .. } => count(f),
                Instruction::Binary { f, .. } | Instruction::Same { f, .. } => count(f),
                Instruction::Select { .. } => count(&"select"),
                Instruction::Fused { fused, .. } => {
                    let (first, second) = parts(*fused);
                    count(&first);
                    count(&second);
                }
            }
        }
        Cost {
            operations,
            once: tape.prologue.len(),
            columns: tape.columns,
        }
    }

    /// Operations at each point.
    pub fn total(&self) -> usize {
        self.operations.values().sum()
    }
}

fn parts(fused: Fused) -> (Binary, Binary) {
    use Binary::{Add, Multiply, Subtract};
    match fused {
        Fused::MultiplyAdd => (Multiply, Add),
        Fused::MultiplySubtract | Fused::SubtractProduct => (Multiply, Subtract),
        Fused::AddMultiply => (Add, Multiply),
        Fused::SubtractMultiply => (Subtract, Multiply),
        Fused::AddAdd => (Add, Add),
        Fused::SubtractAdd | Fused::AddSubtract => (Add, Subtract),
        Fused::SubtractSubtract => (Subtract, Subtract),
    }
}

/// The name of an operation, in lower camel case.
fn word(kind: &dyn fmt::Debug) -> String {
    let name = format!("{kind:?}").replace('"', "");
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => name,
    }
}

impl EquationModel {
    /// Counts what the model's value and derivatives take. Compiles all of them, if they are not
    /// yet.
    pub fn explain(&self) -> Explanation {
        let f = &self.function;
        let states = self.states.len();
        let in_states = f
            .jacobian_sparsity()
            .columns
            .iter()
            .filter(|&&c| c < states);
        let state_entries = in_states.count();
        Explanation {
            name: self.name.clone(),
            kind: self.kind,
            states,
            parameters: self.parameters.len(),
            inputs: self.inputs.len(),
            shared: f.shared(),
            state_entries,
            parameter_entries: f.jacobian_sparsity().entries() - state_entries,
            curvature_entries: f.curvature_sparsity().entries(),
            value: Cost::of(&f.value),
            vector_jacobian: Cost::of(f.adjoint()),
            jacobian: Cost::of(&f.jacobian_tape().tape),
            curvature: Cost::of(&f.curvature_tape().tape),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = word(&self.kind);
        let (d, p) = (self.states, self.parameters);
        writeln!(
            f,
            "{} ({kind}): states {d}, parameters {p}, inputs {}, results used more than once {}",
            self.name, self.inputs, self.shared
        )?;
        writeln!(
            f,
            "entries: Jacobian {} of {d} x {d} in the states, {} of {d} x {p} in the parameters; second derivatives {} of {}",
            self.state_entries,
            self.parameter_entries,
            self.curvature_entries,
            (d + p) * (d + p + 1) / 2
        )?;
        let costs = [
            &self.value,
            &self.vector_jacobian,
            &self.jacobian,
            &self.curvature,
        ];
        let kinds: BTreeSet<&String> = costs.iter().flat_map(|c| c.operations.keys()).collect();
        let row = |f: &mut fmt::Formatter<'_>, name: &str, cells: [String; 4]| {
            let [value, product, jacobian, second] = cells;
            writeln!(
                f,
                "{name:<16}{value:>8}{product:>17}{jacobian:>10}{second:>20}"
            )
        };
        let head = ["value", "vector-Jacobian", "Jacobian", "second derivatives"];
        row(f, "at each point", head.map(str::to_string))?;
        for kind in kinds {
            let count = |c: &Cost| c.operations.get(kind).copied().unwrap_or(0).to_string();
            row(f, &format!("  {kind}"), costs.map(count))?;
        }
        row(f, "  all", costs.map(|c| c.total().to_string()))?;
        row(f, "once per call", costs.map(|c| c.once.to_string()))?;
        row(f, "columns", costs.map(|c| c.columns.to_string()))
    }
}
