//! Scales of the noise of measurements, as further outputs of a model's observation.

use std::cell::RefCell;

use super::compile::Leaves;
use super::formulas::{leaf_symbols, scope_of};
use super::graph::{Binary, Graph, Node, NodeId, Unary};
use super::lower::{located, Lowering};
use super::parse::parse;
use super::{state_name, Coordinate, EquationModel, Function, ModelDefinition, Parameter};
use crate::error::Result;

/// Natural logarithm of a part of a noise's scale.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum LogScale {
    /// Known number.
    Known(f64),
    /// Number of a further parameter.
    Parameter(usize),
}

/// Scale of the noise of one measured channel: `s = log(a^2 + b^2 (h^2 + f^2)) / 2`, with a
/// deviation a, a proportional part b and a floor f of the prediction h, or the logarithm of a
/// formula.
#[derive(Debug, Clone, PartialEq)]
pub struct NoiseScale {
    /// Name of the output.
    pub name: String,
    /// Measured column: a state or, from D on, an observable.
    pub column: usize,
    /// Deviation a; `None` where there is no such part.
    pub deviation: Option<LogScale>,
    /// Deviation b as a share of the prediction; `None` where there is no such part.
    pub proportional: Option<LogScale>,
    /// Size f of predictions below which the proportional part falls no further.
    pub floor: f64,
    /// Formula of states, inputs and parameters in place of both parts, with its field in errors.
    pub formula: Option<(String, String)>,
    /// Arguments of a law of the user's own, which become outputs too.
    pub arguments: Vec<LawArgument>,
}

/// Argument of a law of the user's own.
#[derive(Debug, Clone, PartialEq)]
pub enum LawArgument {
    /// Logarithm of a parameter of the law: a further parameter, by number.
    Parameter(usize),
    /// State, input or parameter of the model, or its time.
    OfModel(String),
}

impl EquationModel {
    /// The model with the logarithms of noise scales as further observables, then the arguments of
    /// laws, and with further parameters, which follow its own.
    ///
    /// # Errors
    /// [`Error::Equation`](crate::Error::Equation) for a formula that contains other names.
    pub fn with_noise(
        &self,
        scales: &[NoiseScale],
        further: &[Parameter],
    ) -> Result<EquationModel> {
        let own = self.parameters.len();
        let leaves = Leaves {
            states: self.states.len(),
            parameters: own + further.len(),
            inputs: self.inputs.len(),
        };
        let changed = |function: &Function| {
            Function::new(function.graph.clone(), function.outputs.clone(), leaves)
        };
        let (mut graph, mut outputs) = match &self.observation {
            Some(function) => (function.graph.clone(), function.outputs.clone()),
            None => (Graph::default(), Vec::new()),
        };
        for scale in scales {
            let output = match &scale.formula {
                Some((path, text)) => {
                    let (whole, id) = self.formula(graph, leaves, path, text)?;
                    graph = whole;
                    graph.unary(Unary::Log, id)
                }
                None => {
                    let prediction = match scale.column.checked_sub(self.states.len()) {
                        None => graph.intern(Node::State(scale.column as u32)),
                        Some(k) => outputs[k],
                    };
                    logarithm(&mut graph, scale, prediction, own)
                }
            };
            outputs.push(output);
        }
        for scale in scales {
            for argument in &scale.arguments {
                let output = match argument {
                    LawArgument::Parameter(k) => graph.intern(Node::Parameter((own + k) as u32)),
                    LawArgument::OfModel(name) => {
                        let (whole, id) = self.formula(graph, leaves, &scale.name, name)?;
                        graph = whole;
                        id
                    }
                };
                outputs.push(output);
            }
        }
        let arguments = scales.iter().flat_map(|scale| {
            (0..scale.arguments.len()).map(|k| format!("{} argument {k}", scale.name))
        });
        let names = scales.iter().map(|scale| scale.name.clone());
        let names = names.chain(arguments);
        Ok(EquationModel {
            parameters: self.parameters.iter().chain(further).cloned().collect(),
            function: changed(&self.function),
            events: self.events.as_ref().map(|events| {
                events.rewritten(|function| {
                    let leaves = Leaves {
                        inputs: function.leaves.inputs,
                        ..leaves
                    };
                    Function::new(function.graph.clone(), function.outputs.clone(), leaves)
                })
            }),
            observables: self.observables.iter().cloned().chain(names).collect(),
            observation: Some(Function::new(graph, outputs, leaves)),
            definition: None,
            unaveraged: None,
            ..self.clone()
        })
    }

    /// Node of a formula of the model's names, in a graph that contains it.
    fn formula(
        &self,
        graph: Graph,
        leaves: Leaves,
        path: &str,
        text: &str,
    ) -> Result<(Graph, NodeId)> {
        // Names and values are those of states and parameters themselves, whatever their
        // coordinates are.
        let coordinate = |all: &[Coordinate], k: usize| all.get(k).copied().unwrap_or_default();
        let names = self.parameters.iter().enumerate();
        let names = names.map(|(k, p)| coordinate(&self.coordinates, k).parameter_name(&p.name));
        let states: Vec<String> = (0..self.states.len())
            .map(|a| state_name(self, a).to_string())
            .collect();
        let scope = scope_of(&states, names, &self.inputs);
        let graph = RefCell::new(graph);
        let mut symbols = leaf_symbols(&graph, leaves);
        for (k, parameter) in symbols.parameters.iter_mut().enumerate() {
            let own = coordinate(&self.coordinates, k);
            parameter.id = own.node(&mut graph.borrow_mut(), parameter.id);
        }
        for (k, state) in symbols.states.iter_mut().enumerate() {
            let own = coordinate(&self.state_coordinates, k);
            state.id = own.node(&mut graph.borrow_mut(), state.id);
        }
        let nothing = ModelDefinition::default();
        let mut lowering = Lowering::new(&nothing, &scope, &symbols);
        let located = |fault| located(path.to_string(), text, fault);
        let items = parse(text).map_err(located)?;
        let id = lowering.run(&items, None).map_err(located)?.id;
        drop(lowering);
        drop(symbols);
        Ok((graph.into_inner(), id))
    }
}

/// Node of the logarithm of a scale that is made of parts.
fn logarithm(graph: &mut Graph, scale: &NoiseScale, prediction: NodeId, own: usize) -> NodeId {
    let node = |graph: &mut Graph, part: LogScale| match part {
        LogScale::Known(value) => graph.constant(value),
        LogScale::Parameter(k) => graph.intern(Node::Parameter((own + k) as u32)),
    };
    // log(h^2 + f^2) / 2: finite where the prediction passes through zero.
    let size = |graph: &mut Graph| {
        let floor = graph.constant(scale.floor * scale.floor);
        let square = graph.multiply(prediction, prediction);
        let sum = graph.add(square, floor);
        halved_logarithm(graph, sum)
    };
    match (scale.deviation, scale.proportional) {
        (Some(deviation), None) => node(graph, deviation),
        (None, Some(share)) => {
            let (share, size) = (node(graph, share), size(graph));
            graph.add(share, size)
        }
        (Some(deviation), Some(share)) => {
            let (a, b, size) = (node(graph, deviation), node(graph, share), size(graph));
            let b = graph.add(b, size);
            let squares = [a, b].map(|part| {
                let double = graph.add(part, part);
                graph.unary(Unary::Exp, double)
            });
            let sum = graph.add(squares[0], squares[1]);
            halved_logarithm(graph, sum)
        }
        (None, None) => graph.constant(0.0),
    }
}

fn halved_logarithm(graph: &mut Graph, of: NodeId) -> NodeId {
    let (half, logarithm) = (graph.constant(0.5), graph.unary(Unary::Log, of));
    graph.binary(Binary::Multiply, half, logarithm)
}
