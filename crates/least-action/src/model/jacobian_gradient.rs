//! Gradient of a weighted sum of the Jacobian's entries: the derivatives of what is computed from a
//! Jacobian, such as the logarithm of a step's determinant.

use super::compile::compile;
use super::derivative::reverse;
use super::evaluate::{run, Gradients, Points, Scratch};
use super::function::Function;
use super::graph::{Node, NodeId};
use super::tape::Tape;

impl Function {
    /// Adds the gradient of `sum_e weight_e J_e` over the entries of the Jacobian in the states, at
    /// every point to `path_gradient` (points x D) and, summed over the points, to
    /// `parameter_gradient` (P). Weights are points x entries, in the order of
    /// [`Function::jacobian_sparsity`]; those of entries in parameters are not read.
    pub fn pull_back_jacobian(
        &self,
        scratch: &mut Scratch,
        at: Points,
        weights: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let width = self.leaves.states;
        let points = path_gradient.len() / width.max(1);
        let sink = &mut Gradients {
            states: path_gradient,
            parameters: parameter_gradient,
            width,
        };
        let tape = self.jacobian_gradient_tape();
        run(tape, scratch, points, at, weights, sink);
    }

    /// Tape of the gradient of `sum_e adjoint_e J_e`: entries of the Jacobian are nodes of the
    /// graph like any others, and are differentiated once more.
    fn jacobian_gradient_tape(&self) -> &Tape {
        self.jacobian_gradient.get_or_init(|| {
            let entries = self.jacobian_sparsity().entries();
            let (mut graph, rows) = self.jacobian_nodes(|leaf| self.column(leaf));
            let nodes = rows.into_iter().flatten().enumerate();
            let in_states = nodes.filter(|(_, (column, _))| *column < self.leaves.states);
            let seeds: Vec<(NodeId, NodeId)> = in_states
                .map(|(e, (_, entry))| (entry, graph.intern(Node::Adjoint(e as u32))))
                .collect();
            let adjoints = reverse(&mut graph, &seeds);
            let zero = graph.constant(0.0);
            let gradient: Vec<NodeId> = self
                .variables()
                .map(|leaf| adjoints.of(&graph, leaf).unwrap_or(zero))
                .collect();
            compile(&graph, &gradient, self.leaves, entries)
        })
    }
}
