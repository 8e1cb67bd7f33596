//! Exact derivatives of a graph, as further nodes of that graph.

use std::collections::{HashMap, HashSet};

use super::graph::{Binary, Graph, Node, NodeId, Unary};
use super::guard::{Guards, Parts};

/// Derivatives of a weighted sum of outputs, keyed by the leaves that it depends on.
pub(super) struct Adjoints(HashMap<NodeId, NodeId>);

impl Adjoints {
    /// Derivative in a leaf; `None` where it is zero whatever the values are.
    pub fn of(&self, graph: &Graph, leaf: Node) -> Option<NodeId> {
        let id = graph.find(leaf)?;
        let adjoint = *self.0.get(&id)?;
        (graph.value(adjoint) != Some(0.0)).then_some(adjoint)
    }

    /// All leaves with a derivative that is not zero whatever the values are, in no particular
    /// order.
    pub fn leaves<'a>(&'a self, graph: &'a Graph) -> impl Iterator<Item = (Node, NodeId)> + 'a {
        self.0
            .iter()
            .map(|(&id, &adjoint)| (graph.node(id), adjoint))
            .filter(|&(_, adjoint)| graph.value(adjoint) != Some(0.0))
    }
}

/// Differentiates `sum seed * output` in the leaves, by reverse accumulation: the cost is a small
/// multiple of the outputs' own, and only nodes that the outputs depend on are looked at.
pub(super) fn reverse(graph: &mut Graph, seeds: &[(NodeId, NodeId)]) -> Adjoints {
    let mut guards = Guards::default();
    let mut adjoints: HashMap<NodeId, Parts> = HashMap::new();
    for &(output, seed) in seeds {
        accumulate(
            graph,
            &mut guards,
            &mut adjoints,
            output,
            &Parts::always(seed),
        );
    }
    let mut of_leaves = HashMap::new();
    // Operands come before their uses, so walking backwards meets every node after all its uses.
    for &id in needed(graph, seeds.iter().map(|&(output, _)| output))
        .iter()
        .rev()
    {
        let Some(adjoint) = adjoints.remove(&id) else {
            continue;
        };
        match graph.node(id) {
            Node::Unary(function, a) => {
                let term = adjoint.map(|w| unary_term(graph, function, id, a, w));
                accumulate(graph, &mut guards, &mut adjoints, a, &term);
            }
            Node::Binary(Binary::Min, a, b) => {
                let first = graph.binary(Binary::LessOrEqual, a, b);
                branch(graph, &mut guards, &mut adjoints, &adjoint, [first, a, b]);
            }
            Node::Binary(Binary::Max, a, b) => {
                let first = graph.binary(Binary::LessOrEqual, b, a);
                branch(graph, &mut guards, &mut adjoints, &adjoint, [first, a, b]);
            }
            Node::Binary(function, a, b) => {
                let to_a = adjoint.map(|w| first_term(graph, function, id, [a, b], w));
                accumulate(graph, &mut guards, &mut adjoints, a, &to_a);
                let to_b = adjoint.map(|w| second_term(graph, function, id, [a, b], w));
                accumulate(graph, &mut guards, &mut adjoints, b, &to_b);
            }
            Node::Select(condition, a, b) => {
                branch(
                    graph,
                    &mut guards,
                    &mut adjoints,
                    &adjoint,
                    [condition, a, b],
                );
            }
            Node::Constant(_)
            | Node::State(_)
            | Node::Parameter(_)
            | Node::Input(_)
            | Node::Time
            | Node::Adjoint(_) => {
                of_leaves.insert(id, guards.total(graph, &adjoint));
            }
        }
    }
    Adjoints(of_leaves)
}

/// Propagates an adjoint to both branches of a condition, each under its own guard.
fn branch(
    graph: &mut Graph,
    guards: &mut Guards,
    adjoints: &mut HashMap<NodeId, Parts>,
    adjoint: &Parts,
    [condition, a, b]: [NodeId; 3],
) {
    for (to, holds) in [(a, true), (b, false)] {
        let part = guards.narrow(adjoint, condition, holds);
        accumulate(graph, guards, adjoints, to, &part);
    }
}

/// Lists all nodes that `outputs` depend on, ascending.
pub(super) fn needed(graph: &Graph, outputs: impl Iterator<Item = NodeId>) -> Vec<NodeId> {
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

fn accumulate(
    graph: &mut Graph,
    guards: &mut Guards,
    adjoints: &mut HashMap<NodeId, Parts>,
    at: NodeId,
    term: &Parts,
) {
    if graph.value(at).is_none() {
        let sum = adjoints.entry(at).or_default();
        guards.add(graph, sum, term);
    }
}

/// The term `adjoint * d function(a) / da`; `id` is the node `function(a)` itself.
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
        Unary::Tan => {
            let slope = one_plus_square(graph, id);
            graph.multiply(adjoint, slope)
        }
        Unary::Asin => {
            let root = root_of_one_minus_square(graph, a);
            graph.binary(Binary::Divide, adjoint, root)
        }
        Unary::Acos => {
            let root = root_of_one_minus_square(graph, a);
            let quotient = graph.binary(Binary::Divide, adjoint, root);
            graph.negate(quotient)
        }
        Unary::Atan => {
            let inverse = one_plus_square(graph, a);
            graph.binary(Binary::Divide, adjoint, inverse)
        }
        Unary::Sinh => {
            let slope = graph.unary(Unary::Cosh, a);
            graph.multiply(adjoint, slope)
        }
        Unary::Cosh => {
            let slope = graph.unary(Unary::Sinh, a);
            graph.multiply(adjoint, slope)
        }
        Unary::Tanh => {
            let slope = one_minus_square(graph, id);
            graph.multiply(adjoint, slope)
        }
        // At 0, the mean of the two slopes.
        Unary::Abs => {
            let slope = graph.unary(Unary::Sign, a);
            graph.multiply(adjoint, slope)
        }
        Unary::Sign | Unary::Floor => graph.constant(0.0),
        Unary::LogGamma => {
            let slope = graph.unary(Unary::Polygamma(0), a);
            graph.multiply(adjoint, slope)
        }
        Unary::Polygamma(order) => {
            let slope = graph.unary(Unary::Polygamma(order + 1), a);
            graph.multiply(adjoint, slope)
        }
    }
}

fn one_plus_square(graph: &mut Graph, a: NodeId) -> NodeId {
    let square = graph.multiply(a, a);
    let one = graph.constant(1.0);
    graph.add(one, square)
}

fn one_minus_square(graph: &mut Graph, a: NodeId) -> NodeId {
    let square = graph.multiply(a, a);
    let one = graph.constant(1.0);
    graph.binary(Binary::Subtract, one, square)
}

fn root_of_one_minus_square(graph: &mut Graph, a: NodeId) -> NodeId {
    let rest = one_minus_square(graph, a);
    graph.unary(Unary::Sqrt, rest)
}

/// The term `adjoint * d function(a, b) / da`; `id` is the node `function(a, b)` itself.
fn first_term(
    graph: &mut Graph,
    function: Binary,
    id: NodeId,
    [a, b]: [NodeId; 2],
    adjoint: NodeId,
) -> NodeId {
    match function {
        Binary::Add | Binary::Subtract => adjoint,
        Binary::Multiply => graph.multiply(adjoint, b),
        Binary::Divide => graph.binary(Binary::Divide, adjoint, b),
        Binary::Power => {
            let one = graph.constant(1.0);
            let lower = graph.binary(Binary::Subtract, b, one);
            let power = graph.binary(Binary::Power, a, lower);
            let slope = graph.multiply(b, power);
            let term = graph.multiply(adjoint, slope);
            // 0^-1 is infinite, yet a^0 is constant.
            let zero = graph.constant(0.0);
            let constant = graph.binary(Binary::Equal, b, zero);
            graph.select(constant, zero, term)
        }
        Binary::Atan2 => {
            let quotient = over_square(graph, [a, b], adjoint);
            graph.multiply(quotient, b)
        }
        Binary::Less | Binary::LessOrEqual | Binary::Equal => graph.constant(0.0),
        Binary::Min | Binary::Max => unreachable!("extremes are branches: {id:?}"),
    }
}

/// The term `adjoint * d function(a, b) / db`; `id` is the node `function(a, b)` itself.
fn second_term(
    graph: &mut Graph,
    function: Binary,
    id: NodeId,
    [a, b]: [NodeId; 2],
    adjoint: NodeId,
) -> NodeId {
    match function {
        Binary::Add => adjoint,
        Binary::Subtract => graph.negate(adjoint),
        Binary::Multiply => graph.multiply(adjoint, a),
        Binary::Divide => {
            let to_a = graph.binary(Binary::Divide, adjoint, b);
            let product = graph.multiply(to_a, id);
            graph.negate(product)
        }
        Binary::Power => {
            let logarithm = graph.unary(Unary::Log, a);
            let slope = graph.multiply(id, logarithm);
            let term = graph.multiply(adjoint, slope);
            let zero = graph.constant(0.0);
            let defined = graph.binary(Binary::Less, zero, a);
            graph.select(defined, term, zero)
        }
        Binary::Atan2 => {
            let quotient = over_square(graph, [a, b], adjoint);
            let product = graph.multiply(quotient, a);
            graph.negate(product)
        }
        Binary::Less | Binary::LessOrEqual | Binary::Equal => graph.constant(0.0),
        Binary::Min | Binary::Max => unreachable!("extremes are branches: {id:?}"),
    }
}

/// The quotient `adjoint / (a^2 + b^2)`.
fn over_square(graph: &mut Graph, [a, b]: [NodeId; 2], adjoint: NodeId) -> NodeId {
    let (aa, bb) = (graph.multiply(a, a), graph.multiply(b, b));
    let square = graph.add(aa, bb);
    graph.binary(Binary::Divide, adjoint, square)
}
