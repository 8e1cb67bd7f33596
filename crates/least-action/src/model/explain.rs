//! Cost of a model: operations, columns and entries that are not zero.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::graph::Binary;
use super::tape::{Fused, Instruction, Tape};
use super::{EquationModel, ModelKind};

/// Size and cost of a model in numbers; its `Display` text is a table.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Explanation {
    /// Name of the model.
    pub name: String,
    /// Kind of the equations, flow or map.
    pub kind: ModelKind,
    /// Number of state components, D.
    pub states: usize,
    /// Number of parameters, P.
    pub parameters: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of operations of the equations whose result is used more than once.
    pub shared: usize,
    /// Number of entries of the Jacobian in the states that are not zero whatever the values are,
    /// of D x D.
    pub state_entries: usize,
    /// Number of entries of the Jacobian in the parameters that are not zero whatever the values
    /// are, of D x P.
    pub parameter_entries: usize,
    /// Number of entries in the lower triangle of the second derivatives that are not zero whatever
    /// the values are, in states and parameters.
    pub curvature_entries: usize,
    /// Cost of the right side.
    pub value: Cost,
    /// Cost of the vector-Jacobian product.
    pub vector_jacobian: Cost,
    /// Cost of all entries of the Jacobian.
    pub jacobian: Cost,
    /// Cost of all entries of the weighted second derivatives.
    pub curvature: Cost,
}

/// Cost of computing a value or a derivative.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Cost {
    /// Number of operations at each point, by kind.
    pub operations: BTreeMap<String, usize>,
    /// Number of operations that are done once per call, because their result is the same at all
    /// points.
    pub once: usize,
    /// Number of quantities that are in use at a time, per point.
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

    /// Total number of operations at each point.
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

/// Name of an operation, in lower camel case.
fn word(kind: &dyn fmt::Debug) -> String {
    let name = format!("{kind:?}").replace('"', "");
    let mut letters = name.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => name,
    }
}

impl EquationModel {
    /// Counts the operations of the model's value and derivatives. Compiles those that are not
    /// compiled yet.
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
            "entries: Jacobian {} of {d} x {d} in the states, {} of {d} x {p} in the parameters; \
            second derivatives {} of {}",
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
