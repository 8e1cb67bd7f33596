//! Exact derivatives of a graph, as more of the same graph.

use std::collections::{HashMap, HashSet};

use super::graph::{Binary, Graph, Node, NodeId, Unary};

/// Derivatives of a weighted sum of outputs, by the nodes that it depends on.
pub(super) struct Adjoints(HashMap<NodeId, NodeId>);

impl Adjoints {
    /// The derivative in a leaf; none where it is zero whatever the values are.
    pub fn of(&self, graph: &Graph, leaf: Node) -> Option<NodeId> {
        let id = graph.find(leaf)?;
        let adjoint = *self.0.get(&id)?;
        (graph.value(adjoint) != Some(0.0)).then_some(adjoint)
    }

    /// All leaves with a derivative that does not vanish, in no order.
    pub fn leaves<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = (Node, NodeId)> + 'a {
        self.0
            .iter()
            .map(|(&id, &adjoint)| (graph.node(id), adjoint))
            .filter(|&(leaf, adjoint)| {
                let is_leaf = !matches!(leaf, Node::Unary(..) | Node::Binary(..));
                is_leaf && graph.value(adjoint) != Some(0.0)
            })
    }
}

/// The derivatives of `sum seed * output`, by reverse accumulation: their cost is a small multiple of the outputs' own, and only what
/// the outputs depend on is looked at.
pub(super) fn reverse(graph: &mut Graph, seeds: &[(NodeId, NodeId)]) -> Adjoints {
    let mut adjoints = HashMap::new();
    for &(output, seed) in seeds {
        accumulate(graph, &mut adjoints, output, seed);
    }
    // Operands come before their uses, so walking backwards meets every node after all its uses.
    for &id in needed(graph, seeds.iter().map(|&(output, _)| output))
        .iter()
        .rev()
    {
        let Some(&adjoint) = adjoints.get(&id) else {
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
            Node::Constant(_)
            | Node::State(_)
            | Node::Parameter(_)
            | Node::Input(_)
            | Node::Time
            | Node::Adjoint(_) => {}
        }
    }
    Adjoints(adjoints)
}

/// All nodes that `outputs` depend on, ascending.
fn needed(graph: &Graph, outputs: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
    let mut found = HashSet::new();
    let mut waiting: Vec<NodeId> = outputs.collect();
    while let Some(id) = waiting.pop() {
        if found.insert(id) {
            waiting.extend(graph.arguments(id));
        }
    }
    let mut found: Vec<NodeId> = found.into_iter().collect();
    found.sort_unstable();
    found
}

fn accumulate(graph: &mut Graph, adjoints: &mut HashMap<NodeId, NodeId>, at: NodeId, term: NodeId) {
    let sum = match adjoints.get(&at) {
        Some(&sum) => graph.add(sum, term),
        None => term,
    };
    adjoints.insert(at, sum);
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
