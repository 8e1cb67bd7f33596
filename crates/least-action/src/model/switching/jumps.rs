//! Search for jumps: do outputs jump where a condition changes?

use std::collections::HashMap;

use super::Switching;
use crate::model::derivative::needed;
use crate::model::graph::{select, Graph, Node, NodeId};
use crate::model::EquationModel;
use crate::random::Random;

/// Result of a search.
pub(super) struct Jumps {
    /// Number of an output that jumps, equations first and then observables.
    pub at: Option<usize>,
    /// True if the condition was seen to change, and never with a jump.
    pub is_continuous: bool,
}

/// Number of random points at which the condition is looked at.
const POINTS: usize = 200;
/// Number of pairs of points between which its change is looked for.
const PAIRS: usize = 64;
/// Number of halvings of the way between two points, which is then as short as numbers allow.
const HALVINGS: usize = 60;
/// Number of halvings after which the outputs' variation nearby is taken.
const NEARBY: usize = 10;
/// Least difference of a jump, as a share of the variation nearby: that of a root is a small share.
const SHARE: f64 = 1e-4;
/// Least difference of a jump, as a share of the values.
const ROUNDING: f64 = 1e-9;

/// Looks for jumps of the outputs where a condition changes. `held` are conditions that keep their
/// values meanwhile.
pub(super) fn find(
    model: &EquationModel,
    at: &Switching,
    nodes: &[NodeId],
    held: &[NodeId],
    condition: NodeId,
) -> Jumps {
    let graph = &model.function.graph;
    let observed = model.observation.iter().flat_map(|f| &f.outputs);
    let outputs: Vec<NodeId> = model
        .function
        .outputs
        .iter()
        .chain(observed)
        .copied()
        .collect();
    let own = needed(graph, std::iter::once(condition));
    let mut search = Search {
        graph,
        held: held.iter().map(|&id| (id, None)).collect(),
        values: vec![0.0; graph.len()],
        leaves: Leaves {
            states: model.states.len(),
            parameters: model.parameters.len(),
            inputs: model.inputs.len(),
        },
    };
    let mut random = Random::new(20, 0);
    let points: Vec<Vec<f64>> = (0..POINTS).map(|_| draw(model, at, &mut random)).collect();
    let seen: Vec<f64> = points
        .iter()
        .map(|point| search.evaluate(&own, point, condition))
        .collect();
    let mut found = Jumps {
        at: None,
        is_continuous: false,
    };
    let mut pairs = 0;
    for (k, first) in seen.iter().enumerate() {
        let Some(other) = (k + 1..POINTS).find(|&j| seen[j] != *first && !seen[j].is_nan()) else {
            continue;
        };
        if first.is_nan() {
            continue;
        }
        pairs += 1;
        if pairs > PAIRS {
            break;
        }
        search.hold(&points[k]);
        match search.jump(
            nodes,
            &own,
            &outputs,
            condition,
            [&points[k], &points[other]],
        ) {
            Some(Some(output)) => {
                found.at = Some(output);
                return found;
            }
            Some(None) => found.is_continuous = true,
            None => {}
        }
    }
    found
}

/// Values of all leaves at a random point.
fn draw(model: &EquationModel, at: &Switching, random: &mut Random) -> Vec<f64> {
    let span = at.times[1] - at.times[0];
    let power = |random: &mut Random, ends| libm::exp10(random.uniform(ends));
    let around = |random: &mut Random, value: f64, size: f64| {
        value + size * random.normal() * power(random, [-1.0, 1.0])
    };
    let size = |value: f64, random: &mut Random| match value.abs() {
        0.0 if random.uniform([0.0, 1.0]) < 0.5 => span,
        0.0 => 1.0,
        size => size,
    };
    let mut point = Vec::new();
    for (i, &initial) in model.initial_state.iter().enumerate() {
        let scale = match i < at.first_varying {
            true => size(initial, random) * power(random, [-2.0, 2.0]),
            false => size(initial, random),
        };
        point.push(around(random, initial, scale));
    }
    for (p, &value) in at.parameters.iter().enumerate() {
        point.push(match at.estimated.iter().position(|&e| e == p) {
            None => value,
            Some(k) => match at.bounds[k] {
                ends if ends.iter().all(|end| end.is_finite()) => random.uniform(ends),
                [low, high] => {
                    let scale = size(value, random);
                    around(random, value, scale).clamp(low, high)
                }
            },
        });
    }
    for _ in 0..model.inputs.len() {
        point.push(random.normal() * power(random, [-2.0, 2.0]));
    }
    let share = match random.uniform([0.0, 1.0]) < 0.5 {
        true => random.uniform([0.0, 1.0]),
        false => power(random, [-4.0, 0.0]),
    };
    point.push(at.times[0] + span * share);
    point
}

/// Number of leaves of each kind, in the order of a point: states, parameters, inputs, the time.
struct Leaves {
    states: usize,
    parameters: usize,
    inputs: usize,
}

struct Search<'a> {
    graph: &'a Graph,
    /// Values that are held.
    held: HashMap<NodeId, Option<f64>>,
    values: Vec<f64>,
    leaves: Leaves,
}

impl Search<'_> {
    /// Evaluates `nodes`, ascending, and returns the value of one of them.
    fn evaluate(&mut self, nodes: &[NodeId], point: &[f64], wanted: NodeId) -> f64 {
        let Leaves {
            states,
            parameters,
            inputs,
        } = self.leaves;
        for &id in nodes {
            let at = |id: NodeId| self.values[id.index()];
            let value = match self.graph.node(id) {
                Node::Constant(bits) => f64::from_bits(bits),
                Node::State(i) => point[i as usize],
                Node::Parameter(p) => point[states + p as usize],
                Node::Input(j) => point[states + parameters + j as usize],
                Node::Time => point[states + parameters + inputs],
                Node::Adjoint(_) => 0.0,
                Node::Unary(f, a) => f.apply(at(a)),
                Node::Binary(f, a, b) => f.apply(at(a), at(b)),
                Node::Select(c, a, b) => select(at(c), at(a), at(b)),
            };
            let held = self.held.get(&id).copied().flatten();
            self.values[id.index()] = held.unwrap_or(value);
        }
        self.values[wanted.index()]
    }

    /// Holds the conditions that are to be held at their values at a point.
    fn hold(&mut self, point: &[f64]) {
        self.held.values_mut().for_each(|value| *value = None);
        let wanted: Vec<NodeId> = self.held.keys().copied().collect();
        for id in wanted {
            let nodes = needed(self.graph, std::iter::once(id));
            let value = self.evaluate(&nodes, point, id);
            self.held.insert(id, Some(value));
        }
    }

    /// Goes to the place between two points at which the condition changes. Returns the output that
    /// jumps there, if one does; `None` if there is no such place, or nothing is finite there.
    fn jump(
        &mut self,
        nodes: &[NodeId],
        own: &[NodeId],
        outputs: &[NodeId],
        condition: NodeId,
        [from, to]: [&[f64]; 2],
    ) -> Option<Option<usize>> {
        let between = |share: f64| -> Vec<f64> {
            from.iter()
                .zip(to)
                .map(|(a, b)| a + share * (b - a))
                .collect()
        };
        let first = self.evaluate(own, from, condition);
        if self.evaluate(own, to, condition) == first {
            return None;
        }
        let all = |search: &mut Self, share: f64| -> Vec<f64> {
            search.evaluate(nodes, &between(share), condition);
            outputs.iter().map(|id| search.values[id.index()]).collect()
        };
        let (mut low, mut high) = (0.0, 1.0);
        let mut nearby = Vec::new();
        for halving in 0..HALVINGS {
            if halving == NEARBY {
                nearby = [all(self, low), all(self, high)].into();
            }
            let middle = 0.5 * (low + high);
            match self.evaluate(own, &between(middle), condition) == first {
                true => low = middle,
                false => high = middle,
            }
        }
        let (before, after) = (all(self, low), all(self, high));
        let mut is_finite = false;
        for (k, (a, b)) in before.iter().zip(&after).enumerate() {
            let variation = (nearby[0][k] - nearby[1][k]).abs();
            let difference = (a - b).abs();
            if !difference.is_finite() || !variation.is_finite() {
                continue;
            }
            is_finite = true;
            if difference > SHARE * variation + ROUNDING * (a.abs() + b.abs()) {
                return Some(Some(k));
            }
        }
        is_finite.then_some(None)
    }
}
