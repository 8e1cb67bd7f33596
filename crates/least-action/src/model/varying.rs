//! Parameters that change in time, as states that the equations leave as they are.

use super::compile::Leaves;
use super::graph::{Graph, Node, NodeId};
use super::{EquationModel, Function, ModelKind, Parameter};

impl EquationModel {
    /// The model with some parameters (ascending positions) as further states: `dp/dt = 0`, or
    /// `p_(n+1) = p_n` of a map. How much they change is then a matter of the precision of these
    /// equations.
    pub fn with_varying(&self, varying: &[usize]) -> EquationModel {
        let dimension = self.states.len();
        let kept: Vec<usize> = (0..self.parameters.len())
            .filter(|p| !varying.contains(p))
            .collect();
        let place = |list: &[usize], p: u32| list.iter().position(|&q| q == p as usize);
        let leaf = |node: Node| match node {
            Node::Parameter(p) => match (place(varying, p), place(&kept, p)) {
                (Some(k), _) => Node::State((dimension + k) as u32),
                (None, Some(k)) => Node::Parameter(k as u32),
                (None, None) => node,
            },
            other => other,
        };
        let leaves = Leaves {
            states: dimension + varying.len(),
            parameters: kept.len(),
            inputs: self.inputs.len(),
        };
        let changed = |function: &Function, further: &dyn Fn(&mut Graph, usize) -> Vec<NodeId>| {
            let mut graph = function.graph.with_leaves(leaf);
            let more = further(&mut graph, varying.len());
            Function::new(graph, [&function.outputs[..], &more].concat(), leaves)
        };
        let still = |graph: &mut Graph, count: usize| {
            let equation = |k: usize| match self.kind {
                ModelKind::Flow => graph.constant(0.0),
                ModelKind::Map => graph.intern(Node::State((dimension + k) as u32)),
            };
            (0..count).map(equation).collect()
        };
        let of = |p: &usize| -> &Parameter { &self.parameters[*p] };
        let names = varying.iter().map(|p| of(p).name.clone());
        let values = varying.iter().map(|p| of(p).default);
        EquationModel {
            states: self.states.iter().cloned().chain(names).collect(),
            initial_state: self.initial_state.iter().copied().chain(values).collect(),
            parameters: kept.iter().map(|p| of(p).clone()).collect(),
            function: changed(&self.function, &still),
            observation: self
                .observation
                .as_ref()
                .map(|function| changed(function, &|_, _| Vec::new())),
            events: self.events.as_ref().map(|events| {
                events.rewritten(|function| {
                    let columns = function.leaves.inputs - self.inputs.len();
                    let leaves = Leaves {
                        inputs: leaves.inputs + columns,
                        ..leaves
                    };
                    let graph = function.graph.with_leaves(leaf);
                    Function::new(graph, function.outputs.clone(), leaves)
                })
            }),
            definition: None,
            unaveraged: None,
            coordinates: match self.coordinates.is_empty() {
                true => Vec::new(),
                false => kept.iter().map(|&p| self.coordinates[p]).collect(),
            },
            ..self.clone()
        }
    }
}
