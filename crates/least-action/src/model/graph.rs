//! Expressions as a graph: every distinct subexpression is stored once, so computations that a
//! value and its derivatives share are done once.

use std::collections::HashMap;

use super::elementary;

/// Index of a node in a [`Graph`].
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
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Abs,
    Sign,
    Floor,
    /// Natural logarithm of the gamma function.
    LogGamma,
    /// Derivative of a number one larger than this of the logarithm of the gamma function.
    Polygamma(u8),
}

/// Functions of two arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// The smaller operand; NaN if either is.
    Min,
    /// The larger operand; NaN if either is.
    Max,
    /// `a^b` with a real exponent.
    Power,
    /// The angle of the point with ordinate a and abscissa b.
    Atan2,
    /// Comparison: 1 if a < b, else 0; the other comparisons alike.
    Less,
    LessOrEqual,
    Equal,
}

impl Unary {
    /// Tests if the function takes many times as long as a multiplication.
    pub fn is_slow(self) -> bool {
        !matches!(
            self,
            Unary::Negate | Unary::Sqrt | Unary::Abs | Unary::Sign | Unary::Floor
        )
    }

    /// Value of the function. Transcendental functions are our own or those of `libm`, so that
    /// native and wasm give the same bits.
    #[inline(always)]
    pub fn apply(self, a: f64) -> f64 {
        match self {
            Unary::Negate => -a,
            Unary::Sqrt => a.sqrt(),
            Unary::Exp => elementary::exp(a),
            Unary::Log => libm::log(a),
            Unary::Sin => libm::sin(a),
            Unary::Cos => libm::cos(a),
            Unary::Tan => libm::tan(a),
            Unary::Asin => libm::asin(a),
            Unary::Acos => libm::acos(a),
            Unary::Atan => libm::atan(a),
            Unary::Sinh => libm::sinh(a),
            Unary::Cosh => libm::cosh(a),
            Unary::Tanh => elementary::tanh(a),
            Unary::Abs => a.abs(),
            Unary::Sign => sign(a),
            Unary::Floor => a.floor(),
            Unary::LogGamma => libm::lgamma(a),
            Unary::Polygamma(order) => crate::distribution::polygamma(order, a),
        }
    }
}

impl Binary {
    /// Tests if the function takes many times as long as a multiplication.
    pub fn is_slow(self) -> bool {
        matches!(self, Binary::Power | Binary::Atan2)
    }

    /// Value of the function.
    #[inline(always)]
    pub fn apply(self, a: f64, b: f64) -> f64 {
        match self {
            Binary::Add => a + b,
            Binary::Subtract => a - b,
            Binary::Multiply => a * b,
            Binary::Divide => a / b,
            Binary::Min => min(a, b),
            Binary::Max => max(a, b),
            Binary::Power => libm::pow(a, b),
            Binary::Atan2 => libm::atan2(a, b),
            Binary::Less => truth(a < b),
            Binary::LessOrEqual => truth(a <= b),
            Binary::Equal => truth(a == b),
        }
    }
}

/// The sign of a number: -1, 0 or 1; NaN stays NaN.
#[inline(always)]
pub(super) fn sign(a: f64) -> f64 {
    if a > 0.0 {
        1.0
    } else if a < 0.0 {
        -1.0
    } else {
        a
    }
}

/// The smaller of two numbers; NaN if either is.
#[inline(always)]
pub(super) fn min(a: f64, b: f64) -> f64 {
    if a <= b || a.is_nan() {
        a
    } else {
        b
    }
}

/// The larger of two numbers; NaN if either is.
#[inline(always)]
pub(super) fn max(a: f64, b: f64) -> f64 {
    if a >= b || a.is_nan() {
        a
    } else {
        b
    }
}

/// A comparison's result as a number.
#[inline(always)]
pub(super) fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// The number `a` where the condition is not 0, else `b`: the one that is not taken may be
/// anything.
#[inline(always)]
pub(super) fn select(condition: f64, a: f64, b: f64) -> f64 {
    if condition != 0.0 {
        a
    } else {
        b
    }
}

/// A leaf or an operation of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    /// A constant as the bits of an `f64`: floats themselves are not hashable.
    Constant(u64),
    State(u32),
    Parameter(u32),
    /// A known input u(t).
    Input(u32),
    /// The independent variable t.
    Time,
    /// The multiplier of output `a` in a vector-Jacobian product.
    Adjoint(u32),
    Unary(Unary, NodeId),
    Binary(Binary, NodeId, NodeId),
    /// Choice: the second node where the first is not 0, else the third.
    Select(NodeId, NodeId, NodeId),
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

    /// Index of the leaf or operation, if the graph has it.
    pub fn find(&self, node: Node) -> Option<NodeId> {
        self.known.get(&node).copied()
    }

    /// Nodes that an operation reads; none for leaves.
    pub fn arguments(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let (a, b, c) = match self.node(id) {
            Node::Unary(_, a) => (Some(a), None, None),
            Node::Binary(_, a, b) => (Some(a), Some(b), None),
            Node::Select(c, a, b) => (Some(c), Some(a), Some(b)),
            _ => (None, None, None),
        };
        a.into_iter().chain(b).chain(c)
    }

    /// Adds a node, unless the graph has it, and gives its index.
    pub fn intern(&mut self, node: Node) -> NodeId {
        if let Some(&id) = self.known.get(&node) {
            return id;
        }
        let id = NodeId(self.nodes.len() as u32);
        self.nodes.push(node);
        self.known.insert(node, id);
        id
    }

    /// The graph with other leaves in the place of its own. Distinct leaves must stay distinct.
    pub fn with_leaves(&self, leaf: impl Fn(Node) -> Node) -> Graph {
        let nodes: Vec<Node> = self.nodes.iter().map(|&node| leaf(node)).collect();
        let known = nodes.iter().enumerate();
        let known = known.map(|(i, &node)| (node, NodeId(i as u32))).collect();
        Graph { nodes, known }
    }

    /// The graph made anew with other leaves, so that subexpressions that became constant are
    /// folded; and the new index of each node.
    pub fn substituted(&self, leaf: impl Fn(Node) -> Node) -> (Graph, Vec<NodeId>) {
        self.rebuilt(|graph, node| match leaf(node) {
            Node::Constant(bits) => graph.constant(f64::from_bits(bits)),
            leaf => graph.intern(leaf),
        })
    }

    /// The graph made anew with what `leaf` adds in the place of each leaf; and the new index of
    /// each node.
    pub fn rebuilt(&self, leaf: impl Fn(&mut Graph, Node) -> NodeId) -> (Graph, Vec<NodeId>) {
        let mut graph = Graph::default();
        let mut places: Vec<NodeId> = Vec::with_capacity(self.nodes.len());
        for &node in &self.nodes {
            let place = |id: NodeId| places[id.index()];
            let id = match node {
                Node::Unary(function, a) => graph.unary(function, place(a)),
                Node::Binary(function, a, b) => graph.binary(function, place(a), place(b)),
                Node::Select(c, a, b) => graph.select(place(c), place(a), place(b)),
                other => leaf(&mut graph, other),
            };
            places.push(id);
        }
        (graph, places)
    }

    /// The graph with these nodes as inputs, from number `first` on, for a caller that has their
    /// values already.
    pub fn with_inputs(&self, known: &[NodeId], first: usize) -> Graph {
        let mut graph = self.clone();
        for (k, id) in known.iter().enumerate() {
            let input = Node::Input((first + k) as u32);
            graph.nodes[id.index()] = input;
            graph.known.insert(input, *id);
        }
        graph
    }

    /// Adds a constant.
    pub fn constant(&mut self, value: f64) -> NodeId {
        // -0.0 and 0.0 are one constant: the rules below ask for zero by value.
        // So are all NaNs, whose sign depends on who divides zero by zero.
        let value = match value {
            _ if value == 0.0 => 0.0,
            _ if value.is_nan() => f64::NAN,
            _ => value,
        };
        self.intern(Node::Constant(value.to_bits()))
    }

    /// Value of a node that is constant.
    pub fn value(&self, id: NodeId) -> Option<f64> {
        match self.node(id) {
            Node::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// Adds a function of one argument; folds constants and double negation.
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

    /// Adds an operation, folding constants and dropping operations with zeros and ones. The rules
    /// hold for finite values; a model that is not finite is reported where it happens.
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
            Add if vb.is_some_and(|v| v < 0.0) => self.less(a, vb),
            Add if va.is_some_and(|v| v < 0.0) => self.less(b, va),
            Subtract if vb == Some(0.0) => a,
            Subtract if va == Some(0.0) => self.negate(b),
            Subtract if a == b => self.constant(0.0),
            Subtract if vb.is_some_and(|v| v < 0.0) => {
                let positive = self.constant(-vb.unwrap_or(0.0));
                self.add(a, positive)
            }
            Subtract if negated_b.is_some() => self.binary(Add, a, negated_b.unwrap_or(b)),
            Multiply if va == Some(0.0) || vb == Some(0.0) => self.constant(0.0),
            Multiply if va == Some(1.0) => b,
            Multiply if vb == Some(1.0) => a,
            Multiply if va == Some(-1.0) => self.negate(b),
            Multiply if vb == Some(-1.0) => self.negate(a),
            Divide if va == Some(0.0) => self.constant(0.0),
            Divide if vb == Some(1.0) => a,
            Divide if vb.is_some_and(has_exact_inverse) => {
                let inverse = self.constant(1.0 / vb.unwrap_or(1.0));
                self.multiply(a, inverse)
            }
            Min | Max if a == b => a,
            Less if a == b => self.constant(0.0),
            Power if va == Some(1.0) => a,
            Power if vb.is_some_and(is_easy) => self.easy_power(a, vb.unwrap_or(1.0)),
            // One order for operations that commute, so that a*b and b*a are shared.
            Add | Multiply if a > b => self.intern(Node::Binary(function, b, a)),
            _ => self.intern(Node::Binary(function, a, b)),
        }
    }

    /// Adds the choice `condition != 0 ? a : b`.
    pub fn select(&mut self, condition: NodeId, a: NodeId, b: NodeId) -> NodeId {
        match self.value(condition) {
            Some(value) => select_node(value, a, b),
            None if a == b => a,
            None => self.intern(Node::Select(condition, a, b)),
        }
    }

    /// Adds a whole power, by repeated multiplication in which squares are shared.
    pub fn whole_power(&mut self, a: NodeId, power: u32) -> NodeId {
        // From the leading digit of the power down: squared at each digit, multiplied by `a` at
        // each 1.
        let digits = 32 - power.leading_zeros();
        let mut result = match digits {
            0 => return self.constant(1.0),
            _ => a,
        };
        for digit in (0..digits - 1).rev() {
            result = self.multiply(result, result);
            if power >> digit & 1 == 1 {
                result = self.multiply(a, result);
            }
        }
        result
    }

    /// Adds a power that is whole or one half: by multiplication, square root and division.
    fn easy_power(&mut self, a: NodeId, power: f64) -> NodeId {
        let size = power.abs();
        let positive = if size == 0.5 {
            self.unary(Unary::Sqrt, a)
        } else {
            self.whole_power(a, size as u32)
        };
        if power < 0.0 {
            let one = self.constant(1.0);
            self.binary(Binary::Divide, one, positive)
        } else {
            positive
        }
    }

    /// Adds `a + value` for a value below 0, as a difference.
    fn less(&mut self, a: NodeId, value: Option<f64>) -> NodeId {
        let positive = self.constant(-value.unwrap_or(0.0));
        self.binary(Binary::Subtract, a, positive)
    }

    fn negated(&self, id: NodeId) -> Option<NodeId> {
        match self.node(id) {
            Node::Unary(Unary::Negate, inner) => Some(inner),
            _ => None,
        }
    }
}

/// Maximum size of a whole exponent whose power becomes multiplications.
pub(crate) const MOST_MULTIPLIED: f64 = 1024.0;

fn is_easy(power: f64) -> bool {
    let size = power.abs();
    size == 0.5 || (size <= MOST_MULTIPLIED && size.fract() == 0.0)
}

/// Tests if a number is a power of 2: to divide by it and to multiply by its inverse gives the same
/// bits, and the product takes less time.
fn has_exact_inverse(value: f64) -> bool {
    const FRACTION: u64 = (1 << 52) - 1;
    let moderate = (1e-300..1e300).contains(&value.abs());
    moderate && value.to_bits() & FRACTION == 0
}

fn select_node(condition: f64, a: NodeId, b: NodeId) -> NodeId {
    if condition != 0.0 {
        a
    } else {
        b
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

    #[test]
    fn numbers_in_the_place_of_leaves_are_folded() {
        let mut graph = Graph::default();
        let x = graph.intern(Node::State(0));
        let p = graph.intern(Node::Parameter(0));
        let product = graph.multiply(p, x);
        let root = graph.unary(Unary::Sqrt, p);
        let sum = graph.add(product, root);
        let with = |value: f64| {
            graph.substituted(|node| match node {
                Node::Parameter(_) => Node::Constant(value.to_bits()),
                other => other,
            })
        };
        let (other, places) = with(1.0);
        assert_eq!(other.node(places[product.index()]), Node::State(0));
        assert_eq!(other.value(places[root.index()]), Some(1.0));
        let (other, places) = with(0.0);
        assert_eq!(other.value(places[sum.index()]), Some(0.0));
    }

    #[test]
    fn powers_become_multiplications_and_roots() {
        let mut graph = Graph::default();
        let x = graph.intern(Node::State(0));
        let power = |graph: &mut Graph, p: f64| {
            let p = graph.constant(p);
            graph.binary(Binary::Power, x, p)
        };
        let square = graph.multiply(x, x);
        let cube = graph.multiply(x, square);
        assert_eq!(power(&mut graph, 3.0), cube);
        let sixth = graph.multiply(cube, cube);
        assert_eq!(power(&mut graph, 6.0), sixth);
        let root = graph.unary(Unary::Sqrt, x);
        assert_eq!(power(&mut graph, 0.5), root);
        let one = graph.constant(1.0);
        assert_eq!(power(&mut graph, 0.0), one);
        let inverse = graph.binary(Binary::Divide, one, square);
        assert_eq!(power(&mut graph, -2.0), inverse);
        let steep = power(&mut graph, 2.2);
        assert!(matches!(graph.node(steep), Node::Binary(Binary::Power, ..)));
    }

    #[test]
    fn comparisons_take_nan_as_false_and_extremes_pass_it_on() {
        for (a, b) in [(f64::NAN, 1.0), (1.0, f64::NAN)] {
            assert_eq!(Binary::Less.apply(a, b), 0.0);
            assert!(Binary::Min.apply(a, b).is_nan() && Binary::Max.apply(a, b).is_nan());
        }
        assert_eq!(select(0.0, f64::NAN, 2.0), 2.0);
    }
}
