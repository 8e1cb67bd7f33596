//! Formulas outside of a model's equations, such as those of first states.

use std::cell::RefCell;
use std::collections::HashMap;

use super::compile::Leaves;
use super::definition::ModelDefinition;
use super::fault::Fault;
use super::graph::{Graph, Node};
use super::lower::{located, Lowering};
use super::parse::{parse, ParsedOperation};
use super::scope::{Scope, Symbol};
use super::{builder::Symbols, Expression, Function};
use crate::error::Result;

/// A formula as text, with its field in errors.
pub(crate) struct FormulaText<'a> {
    pub path: String,
    pub text: &'a str,
}

/// Names that a formula can contain, and names that it must not contain.
pub(crate) struct FormulaNames<'a> {
    /// Variables that become the states of the function.
    pub variables: Vec<&'a str>,
    pub parameters: Vec<&'a str>,
    /// States of the model, which are refused in words of their own.
    pub states: Vec<&'a str>,
}

/// Function whose outputs are formulas, in variables, parameters and the time.
///
/// # Errors
/// [`Error::Equation`](crate::Error::Equation) for a text that is no formula of these names.
pub(crate) fn formulas(texts: &[FormulaText], names: &FormulaNames) -> Result<Function> {
    let mut symbols = HashMap::new();
    for (k, &name) in names.parameters.iter().enumerate() {
        symbols.insert(name.to_string(), Symbol::Parameter(k));
    }
    for (k, &name) in names.variables.iter().enumerate() {
        symbols.insert(name.to_string(), Symbol::State(k));
    }
    let scope = Scope {
        vectors: false,
        symbols,
    };
    let leaves = Leaves {
        states: names.variables.len(),
        parameters: names.parameters.len(),
        inputs: 0,
    };
    let graph = RefCell::new(Graph::default());
    let symbols = leaf_symbols(&graph, leaves);
    let nothing = ModelDefinition::default();
    let mut lowering = Lowering::new(&nothing, &scope, &symbols);
    let mut outputs = Vec::new();
    for FormulaText { path, text } in texts {
        let located = |fault| located(path.clone(), text, fault);
        let items = parse(text).map_err(located)?;
        for item in &items {
            let ParsedOperation::Name(name) = &item.operation else {
                continue;
            };
            if names.states.contains(&name.as_str()) && !scope.symbols.contains_key(name) {
                let message = format!("{name} is a state: write a formula of parameters");
                return Err(located(Fault::new(item.position, message)));
            }
        }
        outputs.push(lowering.run(&items, None).map_err(located)?.id);
    }
    Ok(Function::new(graph.into_inner(), outputs, leaves))
}

/// Expressions of all leaves of a graph, which are added to it.
pub(super) fn leaf_symbols(graph: &RefCell<Graph>, leaves: Leaves) -> Symbols<'_> {
    let leaf = |node: Node| Expression {
        graph,
        id: graph.borrow_mut().intern(node),
    };
    let each = |count: usize, node: fn(u32) -> Node| {
        let numbers = 0..count as u32;
        numbers.map(|k| leaf(node(k))).collect()
    };
    Symbols {
        states: each(leaves.states, Node::State),
        parameters: each(leaves.parameters, Node::Parameter),
        inputs: each(leaves.inputs, Node::Input),
        time: leaf(Node::Time),
    }
}

/// Scope of a formula of states, parameters and inputs.
pub(super) fn scope_of<'a>(
    states: &[String],
    parameters: impl Iterator<Item = &'a str>,
    inputs: &[String],
) -> Scope {
    let mut symbols = HashMap::new();
    for (k, name) in inputs.iter().enumerate() {
        symbols.insert(name.clone(), Symbol::Input(k));
    }
    for (k, name) in parameters.enumerate() {
        symbols.insert(name.to_string(), Symbol::Parameter(k));
    }
    for (k, name) in states.iter().enumerate() {
        symbols.insert(name.clone(), Symbol::State(k));
    }
    Scope {
        vectors: false,
        symbols,
    }
}
