//! Averages of conditions over time. Where `g(t)` crosses zero with the slope g', the time since
//! the crossing is `g / |g'|`. A condition `0 < g` becomes its average with the weights of a
//! triangle that reaches `width` to either side: `w = 1/2 + s (1 - |s|/2)`, s being `g / (|g'|
//! width)` cut off at -1 and 1.
//!
//! Whatever is not linear in a condition is computed for both of its values and then averaged, so
//! that the sum of a scheme's slopes over a crossing is right wherever between two points it lies.
//! Triangles whose distance is a whole part of their width sum up to one, and so do their first
//! moments: slopes and their derivatives in p are then integrated to second order.

use std::collections::HashMap;

use crate::model::derivative::reverse;
use crate::model::graph::{Binary, Graph, Node, NodeId, Unary};

/// Largest number of conditions that one function may contain that is not linear in them.
pub(super) const MOST_MET: usize = 8;

/// Conditions that are taken to be low (false) or high (true), by their place in the list.
type Assignment = Vec<(usize, bool)>;

/// Averaging of some conditions of a graph.
struct Averaging<'a> {
    graph: &'a mut Graph,
    /// Conditions, ascending: comparisons, signs and floors.
    conditions: &'a [NodeId],
    width: f64,
    /// Places of the conditions that each node of the original graph depends on, ascending.
    dependences: Vec<Vec<usize>>,
    /// Nodes in the place of others, by what is taken of the conditions.
    known: HashMap<Assignment, HashMap<NodeId, NodeId>>,
}

/// Outputs with the conditions averaged over `width` to either side, as further nodes of the graph;
/// `None` if too many conditions meet in a function that is not linear in them.
pub(super) fn outputs(
    graph: &mut Graph,
    outputs: &[NodeId],
    conditions: &[NodeId],
    width: f64,
) -> Option<Vec<NodeId>> {
    let mut dependences: Vec<Vec<usize>> = Vec::with_capacity(graph.len());
    for index in 0..graph.len() {
        let id = NodeId(index as u32);
        let arguments = graph.arguments(id);
        let mut all: Vec<usize> = arguments
            .flat_map(|a| dependences[a.index()].iter().copied())
            .chain(conditions.binary_search(&id).ok())
            .collect();
        all.sort_unstable();
        all.dedup();
        dependences.push(all);
    }
    let mut averaging = Averaging {
        graph,
        conditions,
        width,
        dependences,
        known: HashMap::new(),
    };
    let nothing = Assignment::new();
    outputs
        .iter()
        .map(|&output| averaging.build(output, &nothing))
        .collect()
}

impl Averaging<'_> {
    /// Conditions that a node depends on and of which nothing is taken.
    fn open(&self, id: NodeId, taken: &Assignment) -> Vec<usize> {
        let is_open = |k: &&usize| !taken.iter().any(|(condition, _)| condition == *k);
        let all = self.dependences[id.index()].iter();
        all.filter(is_open).copied().collect()
    }

    fn find(&self, id: NodeId, taken: &Assignment) -> Option<NodeId> {
        if self.dependences[id.index()].is_empty() {
            return Some(id);
        }
        self.known.get(taken)?.get(&id).copied()
    }

    /// Node in the place of `root`, operands first.
    fn build(&mut self, root: NodeId, taken: &Assignment) -> Option<NodeId> {
        let mut waiting = vec![root];
        while let Some(&id) = waiting.last() {
            if self.find(id, taken).is_some() {
                waiting.pop();
                continue;
            }
            let unmet = self
                .graph
                .arguments(id)
                .find(|a| self.find(*a, taken).is_none());
            if let Some(argument) = unmet {
                waiting.push(argument);
                continue;
            }
            let made = self.make(id, taken)?;
            self.known
                .entry(taken.clone())
                .or_default()
                .insert(id, made);
            waiting.pop();
        }
        self.find(root, taken)
    }

    /// Node in the place of `id`, whose operands are there.
    fn make(&mut self, id: NodeId, taken: &Assignment) -> Option<NodeId> {
        let condition = self.conditions.binary_search(&id).ok();
        let is_taken = |k: usize| taken.iter().find(|(c, _)| *c == k).map(|(_, high)| *high);
        if let Some(high) = condition.and_then(is_taken) {
            let value = self.ends(id, taken)?;
            return Some(value[usize::from(high)]);
        }
        let node = self.graph.node(id);
        let place = |a: NodeId| self.find(a, taken);
        let apart = |a: NodeId, b: NodeId| {
            let (a, b) = (self.open(a, taken), self.open(b, taken));
            a.iter().all(|k| !b.contains(k))
        };
        let met = match node {
            Node::Unary(Unary::Negate, a) => {
                let a = place(a)?;
                return Some(self.graph.negate(a));
            }
            Node::Binary(f @ (Binary::Add | Binary::Subtract), a, b) => {
                let (a, b) = (place(a)?, place(b)?);
                return Some(self.graph.binary(f, a, b));
            }
            Node::Binary(Binary::Multiply, a, b) if apart(a, b) => {
                let (a, b) = (place(a)?, place(b)?);
                return Some(self.graph.multiply(a, b));
            }
            Node::Binary(Binary::Divide, a, b) if self.open(b, taken).is_empty() => {
                let (a, b) = (place(a)?, place(b)?);
                return Some(self.graph.binary(Binary::Divide, a, b));
            }
            Node::Select(c, a, b) if self.open(c, taken).is_empty() => {
                let (c, a, b) = (place(c)?, place(a)?, place(b)?);
                return Some(self.graph.select(c, a, b));
            }
            Node::Select(c, ..) => self.open(c, taken),
            Node::Binary(Binary::Divide, _, b) => self.open(b, taken),
            _ => {
                let mut met = self.open(id, taken);
                met.retain(|k| Some(*k) != condition);
                met
            }
        };
        match met.first() {
            // Conditions come in the order of the graph, so those within others come first.
            Some(_) if met.len() > MOST_MET => None,
            Some(&first) => self.averaged(id, first, taken),
            None if condition.is_some() => {
                let [low, high] = self.ends(id, taken)?;
                let weight = self.weight(id, taken)?;
                let jump = self.graph.binary(Binary::Subtract, high, low);
                let change = self.graph.multiply(weight, jump);
                Some(self.graph.add(low, change))
            }
            None => {
                let made = match node {
                    Node::Unary(f, a) => {
                        let a = place(a)?;
                        self.graph.unary(f, a)
                    }
                    Node::Binary(f, a, b) => {
                        let (a, b) = (place(a)?, place(b)?);
                        self.graph.binary(f, a, b)
                    }
                    _ => id,
                };
                Some(made)
            }
        }
    }

    /// Average of a node over both values of a condition. Away from the crossing it is the value
    /// that holds there, even where the other is not finite.
    fn averaged(&mut self, id: NodeId, condition: usize, taken: &Assignment) -> Option<NodeId> {
        let weight = self.weight(self.conditions[condition], taken)?;
        let mut with = |high: bool| {
            let mut more = taken.clone();
            more.push((condition, high));
            more.sort_unstable();
            self.build(id, &more)
        };
        let (low, high) = (with(false)?, with(true)?);
        if low == high {
            return Some(low);
        }
        let graph = &mut *self.graph;
        let (zero, one) = (graph.constant(0.0), graph.constant(1.0));
        let share = graph.multiply(weight, high);
        let rest = graph.binary(Binary::Subtract, one, weight);
        let rest = graph.multiply(rest, low);
        let both = graph.add(share, rest);
        let is_low = graph.binary(Binary::LessOrEqual, weight, zero);
        let is_high = graph.binary(Binary::LessOrEqual, one, weight);
        let before = graph.select(is_low, low, both);
        Some(graph.select(is_high, high, before))
    }

    /// Values of a condition before and after it rises.
    fn ends(&mut self, id: NodeId, taken: &Assignment) -> Option<[NodeId; 2]> {
        let node = self.graph.node(id);
        Some(match node {
            Node::Unary(Unary::Floor, a) => {
                let nearest = self.nearest(a, taken)?;
                let one = self.graph.constant(1.0);
                [self.graph.binary(Binary::Subtract, nearest, one), nearest]
            }
            Node::Unary(Unary::Sign, _) => [self.graph.constant(-1.0), self.graph.constant(1.0)],
            _ => [self.graph.constant(0.0), self.graph.constant(1.0)],
        })
    }

    /// Whole number that is nearest to an argument.
    fn nearest(&mut self, argument: NodeId, taken: &Assignment) -> Option<NodeId> {
        let argument = self.build(argument, taken)?;
        let half = self.graph.constant(0.5);
        let above = self.graph.add(argument, half);
        Some(self.graph.unary(Unary::Floor, above))
    }

    /// Weight of the high value of a condition whose operands depend on no open condition.
    fn weight(&mut self, id: NodeId, taken: &Assignment) -> Option<NodeId> {
        // The function whose crossing of zero changes the condition, and the one with its slope.
        let (distance, moving) = match self.graph.node(id) {
            Node::Unary(Unary::Floor, a) => {
                let (moving, nearest) = (self.build(a, taken)?, self.nearest(a, taken)?);
                let distance = self.graph.binary(Binary::Subtract, moving, nearest);
                (distance, moving)
            }
            Node::Unary(_, a) => {
                let moving = self.build(a, taken)?;
                (moving, moving)
            }
            Node::Binary(_, a, b) => {
                let (a, b) = (self.build(a, taken)?, self.build(b, taken)?);
                let moving = self.graph.binary(Binary::Subtract, b, a);
                (moving, moving)
            }
            _ => return None,
        };
        let graph = &mut *self.graph;
        let one = graph.constant(1.0);
        let slope = reverse(graph, &[(moving, one)]).of(graph, Node::Time);
        let slope = slope.unwrap_or_else(|| graph.constant(0.0));
        let speed = graph.unary(Unary::Abs, slope);
        let width = graph.constant(self.width);
        let reach = graph.multiply(speed, width);
        // Where it stands still it does not cross.
        let least = graph.constant(f64::MIN_POSITIVE);
        let reach = graph.binary(Binary::Max, reach, least);
        let place = graph.binary(Binary::Divide, distance, reach);
        let minus_one = graph.constant(-1.0);
        let place = graph.binary(Binary::Min, place, one);
        let place = graph.binary(Binary::Max, place, minus_one);
        let size = graph.unary(Unary::Abs, place);
        let half = graph.constant(0.5);
        let size = graph.multiply(half, size);
        let factor = graph.binary(Binary::Subtract, one, size);
        let product = graph.multiply(place, factor);
        Some(graph.add(half, product))
    }
}
