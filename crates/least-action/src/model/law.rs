//! Laws of noise as text: minus the logarithm of a density, with its exact derivatives.

use std::cell::RefCell;
use std::collections::HashMap;

use super::builder::Symbols;
use super::compile::Leaves;
use super::definition::ModelDefinition;
use super::derivative::reverse;
use super::formulas::leaf_symbols;
use super::graph::{Graph, Node, NodeId, Unary};
use super::lower::{located, Lowering};
use super::parse::{parse, ParsedOperation};
use super::scope::{Scope, Symbol};
use super::Function;
use crate::error::Result;

/// Names that the text of a law may contain beside `y`, the datum, and `h`, its prediction.
pub(crate) struct LawNames<'a> {
    /// Positive parameters of the law whose logarithms are estimated.
    pub estimated: Vec<&'a str>,
    /// Parameters of the law that are known, with their values.
    pub known: Vec<(&'a str, f64)>,
    /// States, inputs and parameters of the model, and the time.
    pub of_model: Vec<&'a str>,
}

/// Compiled law.
pub(crate) struct LawFunction {
    /// Function of the states y, h and the arguments. Its outputs are the value, its derivatives in
    /// h and in each argument, and the second ones: row by row of the upper triangle.
    pub function: Function,
    /// Names of the model that the law contains, in the order of its last arguments; the logarithms
    /// of the estimated parameters come before them.
    pub of_model: Vec<String>,
}

/// Compiles the text of a law, whose field in errors is `path`.
///
/// # Errors
/// [`Error::Equation`](crate::Error::Equation) for a text that is no formula of these names.
pub(crate) fn law(path: &str, text: &str, names: &LawNames) -> Result<LawFunction> {
    let located = |fault| located(path.to_string(), text, fault);
    let items = parse(text).map_err(located)?;
    let is_used = |name: &str| {
        let mut operations = items.iter().map(|item| &item.operation);
        operations.any(|operation| matches!(operation, ParsedOperation::Name(n) if n == name))
    };
    let own = |name: &str| {
        let known = names.known.iter().map(|(name, _)| name);
        known.chain(&names.estimated).any(|own| *own == name)
    };
    let foreign = names.of_model.iter().copied();
    let of_model: Vec<&str> = foreign
        .filter(|name| is_used(name) && !own(name) && !["y", "h"].contains(name))
        .collect();
    let count = names.estimated.len() + of_model.len();
    let leaves = Leaves {
        states: 2 + count,
        parameters: 0,
        inputs: 0,
    };
    let graph = RefCell::new(Graph::default());
    let leaf = leaf_symbols(&graph, leaves);
    let mut symbols = HashMap::new();
    let mut values = Vec::new();
    let mut put = |name: &str, value| {
        symbols.insert(name.to_string(), Symbol::State(values.len()));
        values.push(value);
    };
    put("y", leaf.states[0]);
    put("h", leaf.states[1]);
    for (name, &logarithm) in names.estimated.iter().zip(&leaf.states[2..]) {
        put(name, logarithm.unary(Unary::Exp));
    }
    for (name, &value) in of_model
        .iter()
        .zip(&leaf.states[2 + names.estimated.len()..])
    {
        put(name, value);
    }
    for &(name, value) in &names.known {
        put(name, leaf.time.constant(value));
    }
    // Names of the model stay known, so that a misspelt one is named; none is left to be used.
    let scope = Scope {
        vectors: false,
        symbols,
    };
    let symbols = Symbols {
        states: values,
        parameters: Vec::new(),
        inputs: Vec::new(),
        time: leaf.time,
    };
    let nothing = ModelDefinition::default();
    let mut lowering = Lowering::new(&nothing, &scope, &symbols);
    let value = lowering.run(&items, None).map_err(located)?.id;
    drop(lowering);
    drop((symbols, leaf));
    let mut graph = graph.into_inner();
    let outputs = with_derivatives(&mut graph, value, 1 + count);
    Ok(LawFunction {
        function: Function::new(graph, outputs, leaves),
        of_model: of_model.into_iter().map(str::to_string).collect(),
    })
}

/// A value with its first and second derivatives in the states from number 1 on, `count` of them.
fn with_derivatives(graph: &mut Graph, value: NodeId, count: usize) -> Vec<NodeId> {
    let slopes = |graph: &mut Graph, of: NodeId| -> Vec<NodeId> {
        let one = graph.constant(1.0);
        let adjoints = reverse(graph, &[(of, one)]);
        let each = (0..count).map(|k| adjoints.of(graph, Node::State(1 + k as u32)));
        let each: Vec<Option<NodeId>> = each.collect();
        let zero = graph.constant(0.0);
        each.into_iter().map(|id| id.unwrap_or(zero)).collect()
    };
    let first = slopes(graph, value);
    let mut outputs = vec![value];
    outputs.extend(&first);
    for (k, &slope) in first.iter().enumerate() {
        let second = slopes(graph, slope);
        outputs.extend(&second[k..]);
    }
    outputs
}
