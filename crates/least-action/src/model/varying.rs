//! Parameters that change in time, or differ by data set, as states that the equations leave as they
//! are.

use super::compile::Leaves;
use super::graph::{Graph, Node, NodeId};
use super::{Coordinate, EquationModel, Function, ModelKind, Parameter};

impl EquationModel {
    /// The model with some parameters (ascending positions) as further states: `dp/dt = 0`, or
    /// `p_(n+1) = p_n` of a map. How much they change is then a matter of the precision of these
    /// equations.
    pub fn with_varying(&self, varying: &[usize]) -> EquationModel {
        self.with_states(varying, &[], &[])
    }

    /// The model with some parameters (ascending positions) as further states, described by the
    /// coordinates of these parameters. Those in `means` stay parameters as well, which no equation
    /// contains, and the `further` ones follow, named as their coordinates.
    pub fn with_states(
        &self,
        varying: &[usize],
        means: &[usize],
        further: &[(Parameter, Coordinate)],
    ) -> EquationModel {
        let dimension = self.states.len();
        let kept: Vec<usize> = (0..self.parameters.len())
            .filter(|p| !varying.contains(p) || means.contains(p))
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
            parameters: kept.len() + further.len(),
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
        let coordinate = |p: &usize| self.coordinates.get(*p).copied().unwrap_or_default();
        let is_scaled = varying.iter().any(|p| coordinate(p) != Coordinate::Linear);
        let mut state_coordinates = self.state_coordinates.clone();
        if is_scaled {
            state_coordinates.resize(dimension, Coordinate::Linear);
            state_coordinates.extend(varying.iter().map(coordinate));
        }
        let mut coordinates = Vec::new();
        if !(self.coordinates.is_empty() && further.is_empty()) {
            let more = further.iter().map(|&(_, coordinate)| coordinate);
            coordinates = kept.iter().map(coordinate).chain(more).collect();
        }
        let names = varying.iter().map(|p| of(p).name.clone());
        let values = varying.iter().map(|p| of(p).default);
        EquationModel {
            states: self.states.iter().cloned().chain(names).collect(),
            initial_state: self.initial_state.iter().copied().chain(values).collect(),
            parameters: (kept.iter().map(of))
                .chain(further.iter().map(|(parameter, _)| parameter))
                .cloned()
                .collect(),
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
            coordinates,
            state_coordinates,
            ..self.clone()
        }
    }
}
