//! Expressions as a graph: every distinct subexpression is stored once, so whatever a value and its
//! derivatives share is computed once.

use std::collections::HashMap;

/// A place in a [`Graph`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct NodeId(pub u32);

impl NodeId {
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Functions of one argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Unary {
    Negate,
    Sqrt,
    Exp,
    Log,
    Sin,
    Cos,
    Tanh,
}

/// Functions of two arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Unary {
    /// Transcendental functions go through `libm`, so that native and wasm give the same bits.
    #[inline(always)]
    pub fn apply(self, a: f64) -> f64 {
        match self {
            Unary::Negate => -a,
            Unary::Sqrt => a.sqrt(),
            Unary::Exp => libm::exp(a),
            Unary::Log => libm::log(a),
            Unary::Sin => libm::sin(a),
            Unary::Cos => libm::cos(a),
            Unary::Tanh => libm::tanh(a),
        }
    }
}

impl Binary {
    #[inline(always)]
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => a + b,
            Binary::Subtract => a - b,
            Binary::Multiply => a * b,
            Binary::Divide => a / b,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// The bits of an `f64`: floats themselves are not hashable.
    Constant(u64),
    State(u32),
    Parameter(u32),
    /// A known forcing u(t).
    Input(u32),
    /// The independent variable t.
    Time,
    /// The multiplier of output `a` in a vector-Jacobian product.
    Adjoint(u32),
    Unary(Unary, NodeId),
    Binary(Binary, NodeId, NodeId),
}

/// Nodes in an order in which every operand comes before its use.
#[derive(Debug, Clone, Default)]
pub(crate) struct Graph {
    nodes: Vec<Node>,
    known: HashMap<Node, NodeId>,
}

impl Graph {
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes[id.index()]
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The leaf or operation itself, if it is there.
    pub fn find(&self, node: Node) -> Option<NodeId> {
        self.known.get(&node).copied()
    }

    /// What an operation reads; nothing for leaves.
    pub fn arguments(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let (a, b) = match self.node(id) {
            Node::Unary(_, a) => (Some(a), None),
            Node::Binary(_, a, b) => (Some(a), Some(b)),
            _ => (None, None),
        };
        a.into_iter().chain(b)
    }

    pub fn intern(&mut self, node: Node) -> NodeId {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.known.insert(node, id);
        id
    }

    pub fn constant(&mut self, value: f64) -> NodeId {
        // -0.0 and 0.0 are one constant: the rules below ask for zero by value.
        let value = if value == 0.0 { 0.0 } else { value };
        self.intern(Node::Constant(value.to_bits()))
    }

    pub fn value(&self, id: NodeId) -> Option<f64> {
        match self.node(id) {
            Node::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    pub fn unary(&mut self, function: Unary, a: NodeId) -> NodeId {
        if let Some(value) = self.value(a) {
            return self.constant(function.apply(value));
        }
        if let (Unary::Negate, Node::Unary(Unary::Negate, inner)) = (function, self.node(a)) {
            return inner;
        }
        self.intern(Node::Unary(function, a))
    }

    pub fn negate(&mut self, a: NodeId) -> NodeId {
        self.unary(Unary::Negate, a)
    }

    pub fn add(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Add, a, b)
    }

    pub fn multiply(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.binary(Binary::Multiply, a, b)
    }

    /// Adds an operation, folding constants and dropping what zeros and ones make needless.
    /// The rules hold for finite values; a model that is not finite is reported where it happens.
    pub fn binary(&mut self, function: Binary, a: NodeId, b: NodeId) -> NodeId {
        use Binary::*;
        let (va, vb) = (self.value(a), self.value(b));
        if let (Some(va), Some(vb)) = (va, vb) {
            return self.constant(function.apply(va, vb));
        }
        let (negated_a, negated_b) = (self.negated(a), self.negated(b));
        match function {
            Add if va == Some(0.0) => b,
            Add if vb == Some(0.0) => a,
            Add if negated_b.is_some() => self.binary(Subtract, a, negated_b.unwrap_or(b)),
            Add if negated_a.is_some() => self.binary(Subtract, b, negated_a.unwrap_or(a)),
            Subtract if vb == Some(0.0) => a,
            Subtract if va == Some(0.0) => self.negate(b),
            Subtract if a == b => self.constant(0.0),
            Subtract if negated_b.is_some() => self.binary(Add, a, negated_b.unwrap_or(b)),
            Multiply if va == Some(0.0) || vb == Some(0.0) => self.constant(0.0),
            Multiply if va == Some(1.0) => b,
            Multiply if vb == Some(1.0) => a,
            Multiply if va == Some(-1.0) => self.negate(b),
            Multiply if vb == Some(-1.0) => self.negate(a),
            Divide if va == Some(0.0) => self.constant(0.0),
            Divide if vb == Some(1.0) => a,
            // One order for operations that commute, so that a*b and b*a are shared.
            Add | Multiply if a > b => self.intern(Node::Binary(function, b, a)),
            _ => self.intern(Node::Binary(function, a, b)),
        }
    }

    fn negated(&self, id: NodeId) -> Option<NodeId> {
        match self.node(id) {
            Node::Unary(Unary::Negate, inner) => Some(inner),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_expressions_are_stored_once() {
        let mut graph = Graph::default();
        let x = graph.intern(Node::State(0));
        let y = graph.intern(Node::State(1));
        let first = graph.multiply(x, y);
        let second = graph.multiply(y, x);
        assert_eq!(first, second);
    }

    #[test]
    fn zeros_and_ones_vanish() {
        let mut graph = Graph::default();
        let x = graph.intern(Node::State(0));
        let zero = graph.constant(0.0);
        let one = graph.constant(1.0);
        assert_eq!(graph.add(x, zero), x);
        assert_eq!(graph.multiply(one, x), x);
        assert_eq!(graph.multiply(zero, x), zero);
        let minus = graph.negate(x);
        assert_eq!(graph.negate(minus), x);
        assert_eq!(graph.add(x, minus), zero);
    }
}
