//! Exact derivatives of a graph, as more of the same graph.

use super::graph::{Binary, Graph, Node, NodeId, Unary};

/// The gradient of `sum_a adjoint_a * output_a` in every state and parameter, by reverse accumulation: its cost is a small multiple of the outputs' own.
pub(crate) struct VectorJacobian {
    /// One per state.
    pub states: Vec<NodeId>,
    /// One per parameter.
    pub parameters: Vec<NodeId>,
}

pub(crate) fn vector_jacobian(
    graph: &mut Graph,
    outputs: &[NodeId],
    states: usize,
    parameters: usize,
) -> VectorJacobian {
    let mut adjoints: Vec<Option<NodeId>> = vec![None; graph.len()];
    for (a, &output) in outputs.iter().enumerate() {
        let seed = graph.intern(Node::Adjoint(a as u32));
        accumulate(graph, &mut adjoints, output, seed);
    }
    // Operands come before their uses, so walking backwards meets every node after all its uses.
    for index in (0..adjoints.len()).rev() {
        let id = NodeId(index as u32);
        let Some(adjoint) = adjoints[index] else {
            continue;
        };
        match graph.node(id) {
            Node::Unary(function, a) => {
                let term = unary_term(graph, function, id, a, adjoint);
                accumulate(graph, &mut adjoints, a, term);
            }
            Node::Binary(function, a, b) => {
                let (to_a, to_b) = binary_terms(graph, function, id, a, b, adjoint);
                accumulate(graph, &mut adjoints, a, to_a);
                accumulate(graph, &mut adjoints, b, to_b);
            }
            Node::Constant(_) | Node::State(_) | Node::Parameter(_) | Node::Adjoint(_) => {}
        }
    }
    let mut gradient = |node: Node| {
        let id = graph.intern(node);
        let known = adjoints.get(id.index()).copied().flatten();
        known.unwrap_or_else(|| graph.constant(0.0))
    };
    VectorJacobian {
        states: (0..states)
            .map(|i| gradient(Node::State(i as u32)))
            .collect(),
        parameters: (0..parameters)
            .map(|i| gradient(Node::Parameter(i as u32)))
            .collect(),
    }
}

fn accumulate(graph: &mut Graph, adjoints: &mut [Option<NodeId>], at: NodeId, term: NodeId) {
    let slot = &mut adjoints[at.index()];
    *slot = Some(match *slot {
        Some(sum) => graph.add(sum, term),
        None => term,
    });
}

/// `adjoint * d function(a) / da`; `id` is the node `function(a)` itself.
fn unary_term(
    graph: &mut Graph,
    function: Unary,
    id: NodeId,
    a: NodeId,
    adjoint: NodeId,
) -> NodeId {
    match function {
        Unary::Negate => graph.negate(adjoint),
        Unary::Sqrt => {
            let half = graph.constant(0.5);
            let numerator = graph.multiply(half, adjoint);
            graph.binary(Binary::Divide, numerator, id)
        }
        Unary::Exp => graph.multiply(adjoint, id),
        Unary::Log => graph.binary(Binary::Divide, adjoint, a),
        Unary::Sin => {
            let slope = graph.unary(Unary::Cos, a);
            graph.multiply(adjoint, slope)
        }
        Unary::Cos => {
            let slope = graph.unary(Unary::Sin, a);
            let product = graph.multiply(adjoint, slope);
            graph.negate(product)
        }
        Unary::Tanh => {
            let square = graph.multiply(id, id);
            let one = graph.constant(1.0);
            let slope = graph.binary(Binary::Subtract, one, square);
            graph.multiply(adjoint, slope)
        }
    }
}

fn binary_terms(
    graph: &mut Graph,
    function: Binary,
    id: NodeId,
    a: NodeId,
    b: NodeId,
    adjoint: NodeId,
) -> (NodeId, NodeId) {
    match function {
        Binary::Add => (adjoint, adjoint),
        Binary::Subtract => (adjoint, graph.negate(adjoint)),
        Binary::Multiply => (graph.multiply(adjoint, b), graph.multiply(adjoint, a)),
        Binary::Divide => {
            let to_a = graph.binary(Binary::Divide, adjoint, b);
            let product = graph.multiply(to_a, id);
            (to_a, graph.negate(product))
        }
    }
}
