//! Events: changes of the state at given times, such as doses, resets and harvests.

use std::cell::RefCell;
use std::collections::HashSet;

use super::compile::Leaves;
use super::definition::{EventDefinition, ModelDefinition};
use super::formulas::leaf_symbols;
use super::graph::{Graph, Node, NodeId};
use super::lower::{located, Lowering};
use super::parse::parse;
use super::scope::{Scope, Symbol};
use super::token::is_name;
use super::Function;
use crate::error::{check, Error, Result};

/// Kind of events of a model: its name, and the numbers that data give with each of its times.
#[derive(Debug, Clone, PartialEq)]
pub struct EventKind {
    /// Name of the kind, unique in the model.
    pub name: String,
    /// Names of the numbers that come with each time, in order.
    pub columns: Vec<String>,
    /// Times at which the events happen in every data set.
    pub times: Vec<f64>,
    /// Marks of the states that such an event changes, one each.
    changes: Vec<bool>,
    /// Marks of the states that the new values depend on, one each.
    reads: Vec<bool>,
}

/// Events of a model: the state right after each of them as a function of that before.
#[derive(Debug, Clone)]
pub struct Events {
    kinds: Vec<EventKind>,
    /// States right after events, kinds x states. Its inputs are those of the model, then the
    /// columns of all kinds.
    function: Function,
    states: usize,
    /// Number of inputs of the model.
    inputs: usize,
}

impl Events {
    /// Kinds of events, in the order in which the model defines them.
    pub fn kinds(&self) -> &[EventKind] {
        &self.kinds
    }

    /// States right after events as a function of states, parameters, inputs and time: as many
    /// outputs as there are states for each kind.
    pub(crate) fn function(&self) -> &Function {
        &self.function
    }

    /// Inputs of [`Events::function`] for an event of one kind: those of the model, then the
    /// event's numbers in their place among zeros.
    pub(crate) fn inputs(&self, kind: usize, of_model: &[f64], numbers: &[f64]) -> Vec<f64> {
        let count = |kind: &EventKind| kind.columns.len();
        let before: usize = self.kinds[..kind].iter().map(count).sum();
        let all: usize = self.kinds.iter().map(count).sum();
        let mut inputs = of_model[..self.inputs].to_vec();
        inputs.resize(self.inputs + all, 0.0);
        inputs[self.inputs + before..][..numbers.len()].copy_from_slice(numbers);
        inputs
    }

    /// Events of a model whose functions are rewritten by `change`. Each of the states
    /// that `change` adds stays as it is.
    pub(super) fn rewritten(&self, change: impl FnOnce(&Function) -> Function) -> Events {
        let function = change(&self.function);
        let (before, states) = (self.states, function.leaves.states);
        let columns = self.function.leaves.inputs - self.inputs;
        let mut graph = function.graph.clone();
        let mut outputs = Vec::with_capacity(self.kinds.len() * states);
        for own in function.outputs.chunks_exact(before) {
            outputs.extend_from_slice(own);
            outputs.extend((before..states).map(|k| graph.intern(Node::State(k as u32))));
        }
        let kinds = self.kinds.iter().map(|kind| {
            let mut kind = kind.clone();
            kind.changes.resize(states, false);
            kind.reads.resize(states, false);
            kind
        });
        Events {
            kinds: kinds.collect(),
            states,
            inputs: function.leaves.inputs - columns,
            function: Function::new(graph, outputs, function.leaves),
        }
    }

    /// True if two events at one time have one result in either order: neither reads or changes
    /// a state that the other changes. Events of one kind that only add are alike too.
    pub(crate) fn commute(&self, first: usize, second: usize) -> bool {
        let [a, b] = [&self.kinds[first], &self.kinds[second]];
        let meet = |one: &[bool], other: &[bool]| one.iter().zip(other).any(|(x, y)| *x && *y);
        let apart = !meet(&a.changes, &b.changes)
            && !meet(&a.reads, &b.changes)
            && !meet(&a.changes, &b.reads);
        apart || (self.adds(first) && self.adds(second))
    }

    /// True if an event adds to states what does not depend on any that an event changes.
    fn adds(&self, kind: usize) -> bool {
        let sparsity = self.function.jacobian_sparsity();
        let own = &self.kinds[kind];
        let graph = &self.function.graph;
        (0..self.states).filter(|&k| own.changes[k]).all(|k| {
            let output = kind * self.states + k;
            let mut states = sparsity.row(output).filter(|&(_, c)| c < self.states);
            let reads_itself = states.all(|(_, column)| column == k);
            let id = self.function.outputs[output];
            reads_itself && has_unit_slope(graph, id, k)
        })
    }
}

/// True if a node is the sum of a state and of what does not contain it.
fn has_unit_slope(graph: &Graph, id: NodeId, state: usize) -> bool {
    use super::graph::Binary;
    let contains = |id: NodeId| {
        let mut waiting = vec![id];
        let mut seen = HashSet::new();
        while let Some(id) = waiting.pop() {
            if graph.node(id) == Node::State(state as u32) {
                return true;
            }
            if seen.insert(id) {
                waiting.extend(graph.arguments(id));
            }
        }
        false
    };
    match graph.node(id) {
        Node::State(k) => k as usize == state,
        Node::Binary(Binary::Add, a, b) => {
            (has_unit_slope(graph, a, state) && !contains(b))
                || (has_unit_slope(graph, b, state) && !contains(a))
        }
        Node::Binary(Binary::Subtract, a, b) => has_unit_slope(graph, a, state) && !contains(b),
        _ => false,
    }
}

impl ModelDefinition {
    /// Parses the events; `None` if there are none.
    ///
    /// # Errors
    /// [`Error::Equation`](crate::Error::Equation) for faults in a text, and names that are used
    /// twice, cannot stand in an expression or are no states.
    pub(super) fn events(&self, scope: &Scope, leaves: Leaves) -> Result<Option<Events>> {
        if self.events.is_empty() {
            return Ok(None);
        }
        let columns: usize = self.events.iter().map(|event| event.columns.len()).sum();
        let with_columns = Leaves {
            inputs: leaves.inputs + columns,
            ..leaves
        };
        let graph = RefCell::new(Graph::default());
        let symbols = leaf_symbols(&graph, with_columns);
        let (mut outputs, mut kinds) = (Vec::new(), Vec::new());
        let mut first = leaves.inputs;
        for (k, event) in self.events.iter().enumerate() {
            let path = format!("events.{}", event.name);
            let own = scope_of_event(&path, event, scope, first)?;
            first += event.columns.len();
            let known = self.events[..k]
                .iter()
                .any(|other| other.name == event.name);
            if known || scope.symbols.contains_key(&event.name) {
                return Err(Error::Duplicate {
                    path: format!("{path}.name"),
                    value: event.name.clone(),
                });
            }
            check::all_finite(&format!("{path}.times"), &event.times)?;
            if !event.times.is_empty() && !event.columns.is_empty() {
                return Err(Error::WrongShape {
                    path: format!("{path}.times"),
                    message: "are of events whose numbers come with the data: give the times there"
                        .into(),
                });
            }
            check::at_least(&format!("{path}.changes.length"), event.changes.len(), 1)?;
            let mut lowering = Lowering::new(self, &own, &symbols);
            lowering.definitions()?;
            let mut states: Vec<NodeId> = symbols.states.iter().map(|state| state.id).collect();
            let mut changes = vec![false; leaves.states];
            for change in &event.changes {
                let path = format!("{path}.changes.{}", change.state);
                let state = match scope.symbols.get(&change.state) {
                    Some(&Symbol::State(i)) => i,
                    _ => {
                        let names = self.states.iter().flat_map(|s| s.components());
                        let names: Vec<String> = names.collect();
                        let names = names.iter().map(String::as_str);
                        return Err(Error::unknown_name(&path, &change.state, names));
                    }
                };
                if std::mem::replace(&mut changes[state], true) {
                    return Err(Error::Duplicate {
                        path: format!("{path}.changes"),
                        value: change.state.clone(),
                    });
                }
                let located = |fault| located(path.clone(), &change.expression, fault);
                let items = parse(&change.expression).map_err(located)?;
                states[state] = lowering.run(&items, None).map_err(located)?.id;
            }
            outputs.extend(states);
            kinds.push(EventKind {
                name: event.name.clone(),
                columns: event.columns.clone(),
                times: event.times.clone(),
                changes,
                reads: Vec::new(),
            });
        }
        drop(symbols);
        let function = Function::new(graph.into_inner(), outputs, with_columns);
        for (k, kind) in kinds.iter_mut().enumerate() {
            kind.reads = vec![false; leaves.states];
            let sparsity = function.jacobian_sparsity();
            for state in (0..leaves.states).filter(|&s| kind.changes[s]) {
                for (_, column) in sparsity.row(k * leaves.states + state) {
                    // That an event reads the state which it changes is said by `changes`.
                    if column < leaves.states && column != state {
                        kind.reads[column] = true;
                    }
                }
            }
        }
        Ok(Some(Events {
            kinds,
            function,
            states: leaves.states,
            inputs: leaves.inputs,
        }))
    }
}

/// Names that the expressions of an event may contain: those of the model, and its columns as
/// `dose.amount`, which are inputs from number `first` on.
fn scope_of_event(
    path: &str,
    event: &EventDefinition,
    scope: &Scope,
    first: usize,
) -> Result<Scope> {
    let refuse = |path: String, name: &str| Error::WrongShape {
        path,
        message: format!("\"{name}\" is no name; use letters, digits and _, not a digit first"),
    };
    if !is_name(&event.name) {
        return Err(refuse(format!("{path}.name"), &event.name));
    }
    let mut own = Scope {
        vectors: scope.vectors,
        symbols: scope.symbols.clone(),
    };
    for (c, column) in event.columns.iter().enumerate() {
        let path = format!("{path}.columns[{c}]");
        if !is_name(column) {
            return Err(refuse(path, column));
        }
        let name = format!("{}.{column}", event.name);
        if own.symbols.insert(name, Symbol::Input(first + c)).is_some() {
            let value = column.clone();
            return Err(Error::Duplicate { path, value });
        }
    }
    Ok(own)
}
