//! Positive states as their logarithms: the model in coordinates in which they stay positive.
//!
//! The equation of `q = ln x` is `dq/dt = f(x)/x` for a flow and `q_(n+1) = ln f(x_n)` for a map.
//! The division is done in the graph, term by term, so that nothing overflows where x is small: the
//! rate of `x' = x (a - b y)` is `a - b y`, whatever x is.

use std::collections::HashMap;

use super::graph::{Binary, Graph, Node, NodeId, Unary};
use super::{Coordinate, EquationModel, Function, ModelKind};

impl EquationModel {
    /// The model with the natural logarithms of its positive states in their place; they are named
    /// after them, `ln x`. The states themselves are further observables, with their own names;
    /// `None` if the model has no positive states.
    pub(crate) fn in_logarithms(&self) -> Option<EquationModel> {
        let states = 0..self.states.len();
        let is_positive = |k: usize| self.positive.get(k).copied().unwrap_or(false);
        let coordinates: Vec<Coordinate> = states
            .map(|k| match is_positive(k) {
                true => Coordinate::Log,
                false => Coordinate::Linear,
            })
            .collect();
        if !coordinates.contains(&Coordinate::Log) {
            return None;
        }
        // One graph of both functions, as conditions in it are averaged together.
        let mut graph = Graph::default();
        let outputs = rewrite(&mut graph, &self.function, &coordinates);
        let rates = outputs.iter().zip(&coordinates).enumerate();
        let rates = rates.map(|(k, (&output, &coordinate))| match coordinate {
            Coordinate::Log => match self.kind {
                ModelKind::Flow => Quotient::by_state(&mut graph, k).of(&mut graph, output),
                ModelKind::Map => logarithm(&mut graph, output),
            },
            _ => output,
        });
        let rates: Vec<NodeId> = rates.collect();
        let mut observed = match &self.observation {
            Some(observation) => rewrite(&mut graph, observation, &coordinates),
            None => Vec::new(),
        };
        let mut observables = self.observables.clone();
        let first_natural = observables.len();
        for k in (0..self.states.len()).filter(|&k| is_positive(k)) {
            observables.push(self.states[k].clone());
            observed.push(natural_state(&mut graph, k));
        }
        let leaves = self.function.leaves;
        let named = self.states.iter().zip(&coordinates);
        let initial = self.initial_state.iter().zip(&coordinates);
        Some(EquationModel {
            states: named.map(|(name, one)| one.name(name)).collect(),
            initial_state: initial.map(|(&x, one)| one.of(x)).collect(),
            observables,
            observation: Some(Function::new(graph.clone(), observed, leaves)),
            function: Function::new(graph, rates, leaves),
            events: self.events.as_ref().map(|events| {
                events.rewritten(|function| {
                    let mut graph = Graph::default();
                    let outputs = rewrite(&mut graph, function, &coordinates);
                    let outputs = outputs
                        .iter()
                        .enumerate()
                        .map(|(k, &output)| match coordinates[k % coordinates.len()] {
                            Coordinate::Log => logarithm(&mut graph, output),
                            _ => output,
                        });
                    let outputs = outputs.collect();
                    Function::new(graph, outputs, function.leaves)
                })
            }),
            definition: None,
            unaveraged: None,
            positive: Vec::new(),
            state_coordinates: coordinates,
            first_natural,
            ..self.clone()
        })
    }
}

impl Function {
    /// The function with the natural logarithms of some outputs in their place.
    pub(crate) fn with_logarithms(&self, which: &[bool]) -> Function {
        let mut graph = self.graph.clone();
        let outputs = self.outputs.iter().zip(which);
        let outputs = outputs.map(|(&output, &is_logarithm)| match is_logarithm {
            true => logarithm(&mut graph, output),
            false => output,
        });
        let outputs = outputs.collect();
        Function::new(graph, outputs, self.leaves)
    }
}

/// Node of the value of a state whose logarithm is number `k` of the states.
fn natural_state(graph: &mut Graph, k: usize) -> NodeId {
    let leaf = graph.intern(Node::State(k as u32));
    graph.unary(Unary::Exp, leaf)
}

/// Adds a function with the coordinates of the states in their place, and returns its outputs.
/// Logarithms of products with such states become sums.
fn rewrite(graph: &mut Graph, function: &Function, coordinates: &[Coordinate]) -> Vec<NodeId> {
    let mut places: Vec<NodeId> = Vec::with_capacity(function.graph.len());
    for index in 0..function.graph.len() {
        let place = |id: NodeId| places[id.index()];
        let id = match function.graph.node(NodeId(index as u32)) {
            Node::State(k) => match coordinates.get(k as usize) {
                Some(Coordinate::Log) => natural_state(graph, k as usize),
                _ => graph.intern(Node::State(k)),
            },
            Node::Constant(bits) => graph.constant(f64::from_bits(bits)),
            Node::Unary(Unary::Log, a) => logarithm(graph, place(a)),
            Node::Unary(Unary::Sqrt, a) => root(graph, place(a)),
            Node::Unary(function, a) => graph.unary(function, place(a)),
            Node::Binary(Binary::Power, a, b) => power(graph, place(a), place(b)),
            Node::Binary(function, a, b) => graph.binary(function, place(a), place(b)),
            Node::Select(c, a, b) => graph.select(place(c), place(a), place(b)),
            leaf => graph.intern(leaf),
        };
        places.push(id);
    }
    let outputs = function.outputs.iter().map(|id| places[id.index()]);
    outputs.collect()
}

/// Exponent of a node that is an exponential.
fn exponent(graph: &Graph, id: NodeId) -> Option<NodeId> {
    match graph.node(id) {
        Node::Unary(Unary::Exp, exponent) => Some(exponent),
        _ => None,
    }
}

/// Adds the square root of a node: that of an exponential is one with half the exponent.
fn root(graph: &mut Graph, a: NodeId) -> NodeId {
    let Some(exponent) = exponent(graph, a) else {
        return graph.unary(Unary::Sqrt, a);
    };
    let half = graph.constant(0.5);
    let exponent = graph.multiply(half, exponent);
    graph.unary(Unary::Exp, exponent)
}

/// Adds a power: that of an exponential is one with a multiple of the exponent.
fn power(graph: &mut Graph, a: NodeId, b: NodeId) -> NodeId {
    let Some(exponent) = exponent(graph, a) else {
        return graph.binary(Binary::Power, a, b);
    };
    let exponent = graph.multiply(b, exponent);
    graph.unary(Unary::Exp, exponent)
}

/// Adds the logarithm of a node; exponentials among the factors of a product become terms of a sum.
fn logarithm(graph: &mut Graph, id: NodeId) -> NodeId {
    if let Some(exponent) = exponent(graph, id) {
        return exponent;
    }
    if let Node::Binary(function @ (Binary::Multiply | Binary::Divide), a, b) = graph.node(id) {
        // The other factor has the sign of the product.
        if has_positive_factor(graph, a) || has_positive_factor(graph, b) {
            let (a, b) = (logarithm(graph, a), logarithm(graph, b));
            let function = match function {
                Binary::Multiply => Binary::Add,
                _ => Binary::Subtract,
            };
            return graph.binary(function, a, b);
        }
    }
    graph.unary(Unary::Log, id)
}

/// True for an exponential.
fn has_positive_factor(graph: &Graph, id: NodeId) -> bool {
    exponent(graph, id).is_some()
}

/// Division by a state, whose coordinate is its logarithm.
struct Quotient {
    /// Node of the state.
    state: NodeId,
    /// Node of one over the state.
    inverse: NodeId,
    /// Quotients of nodes that contain the state as a factor; `None` for those that do not.
    exact: HashMap<NodeId, Option<NodeId>>,
    /// Quotients of all nodes that were asked for.
    all: HashMap<NodeId, NodeId>,
}

impl Quotient {
    fn by_state(graph: &mut Graph, k: usize) -> Self {
        let state = natural_state(graph, k);
        let leaf = graph.intern(Node::State(k as u32));
        let minus = graph.negate(leaf);
        Quotient {
            state,
            inverse: graph.unary(Unary::Exp, minus),
            exact: HashMap::new(),
            all: HashMap::new(),
        }
    }

    /// Quotient of a node: sums are divided term by term.
    fn of(&mut self, graph: &mut Graph, id: NodeId) -> NodeId {
        if let Some(&known) = self.all.get(&id) {
            return known;
        }
        let quotient = match (self.exactly(graph, id), graph.node(id)) {
            (Some(quotient), _) => quotient,
            (None, Node::Unary(Unary::Negate, a)) => {
                let a = self.of(graph, a);
                graph.negate(a)
            }
            (None, Node::Binary(function @ (Binary::Add | Binary::Subtract), a, b)) => {
                let (a, b) = (self.of(graph, a), self.of(graph, b));
                graph.binary(function, a, b)
            }
            (None, Node::Select(c, a, b)) => {
                let (a, b) = (self.of(graph, a), self.of(graph, b));
                graph.select(c, a, b)
            }
            (None, _) => graph.multiply(id, self.inverse),
        };
        self.all.insert(id, quotient);
        quotient
    }

    /// Quotient of a node that contains the state as a factor.
    fn exactly(&mut self, graph: &mut Graph, id: NodeId) -> Option<NodeId> {
        if id == self.state {
            return Some(graph.constant(1.0));
        }
        if graph.value(id) == Some(0.0) {
            return Some(id);
        }
        if let Some(&known) = self.exact.get(&id) {
            return known;
        }
        let quotient = match graph.node(id) {
            Node::Unary(Unary::Negate, a) => {
                let a = self.exactly(graph, a);
                a.map(|a| graph.negate(a))
            }
            Node::Binary(function @ (Binary::Add | Binary::Subtract), a, b) => {
                let both = (self.exactly(graph, a), self.exactly(graph, b));
                let both = both.0.zip(both.1);
                both.map(|(a, b)| graph.binary(function, a, b))
            }
            Node::Binary(Binary::Multiply, a, b) => match self.exactly(graph, a) {
                Some(a) => Some(graph.multiply(a, b)),
                None => {
                    let b = self.exactly(graph, b);
                    b.map(|b| graph.multiply(a, b))
                }
            },
            Node::Binary(Binary::Divide, a, b) => {
                let a = self.exactly(graph, a);
                a.map(|a| graph.binary(Binary::Divide, a, b))
            }
            Node::Select(c, a, b) => {
                let both = (self.exactly(graph, a), self.exactly(graph, b));
                let both = both.0.zip(both.1);
                both.map(|(a, b)| graph.select(c, a, b))
            }
            _ => None,
        };
        self.exact.insert(id, quotient);
        quotient
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Expression, Model, ModelBuilder, Points, Scratch};

    /// Values of a model's right side and observables at a state.
    fn at(model: &EquationModel, states: &[f64], parameters: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let point = Points {
            states,
            parameters,
            ..Points::default()
        };
        let mut rates = vec![0.0; states.len()];
        model.evaluate(&mut Scratch::default(), point, &mut rates);
        let mut seen = vec![0.0; model.observables().len()];
        if let Some(function) = model.observation() {
            function.evaluate(&mut Scratch::default(), point, &mut seen);
        }
        (rates, seen)
    }

    /// Equations with every form of a quotient, and observables.
    fn equations<'g>(x: &[Expression<'g>], p: &[Expression<'g>]) -> Vec<Expression<'g>> {
        let uptake = p[0] * x[0] * x[1] / (x[0] + 2.0);
        vec![
            -(x[0] * (p[1] - x[1])) - uptake + 0.3,
            uptake - x[1] * x[1] * x[2] + x[1].sqrt() + x[0],
            x[0] - x[2],
            (x[1] * 3.0).ln() + x[0].sqrt() * x[2],
        ]
    }

    fn model(kind: ModelKind) -> EquationModel {
        ModelBuilder::new("forms")
            .states(["x", "y", "z"])
            .positive(["x", "y"])
            .observables(["h"])
            .initial_state([2.0, 0.0, -1.0])
            .parameter("a", 0.4, "")
            .parameter("b", 0.7, "")
            .build(kind, |s| Ok(equations(&s.states, &s.parameters)))
            .unwrap()
    }

    fn is_close(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-12 * (1.0 + b.abs())
    }

    #[test]
    fn rates_of_logarithms_are_those_of_the_states_over_them() {
        let (model, parameters) = (model(ModelKind::Flow), [0.4, 0.7]);
        let changed = model.in_logarithms().unwrap();
        assert_eq!(changed.states(), ["ln x", "ln y", "z"]);
        assert_eq!(changed.observables(), ["h", "x", "y"]);
        let begin = [libm::log(2.0), f64::NEG_INFINITY, -1.0];
        assert_eq!(changed.initial_state(), begin);
        assert!(changed.in_logarithms().is_none());
        for state in [[0.3, 1.7, -0.4], [1e-8, 4.0, 2.0]] {
            let (rates, seen) = at(&model, &state, &parameters);
            let logarithms = [libm::log(state[0]), libm::log(state[1]), state[2]];
            let (changed_rates, changed_seen) = at(&changed, &logarithms, &parameters);
            let expected = [rates[0] / state[0], rates[1] / state[1], rates[2]];
            let pairs = changed_rates.iter().zip(expected);
            assert!(pairs.clone().all(|(&a, b)| is_close(a, b)), "{pairs:?}");
            let expected = [seen[0], state[0], state[1]];
            let mut pairs = changed_seen.iter().zip(expected);
            assert!(pairs.all(|(&a, b)| is_close(a, b)));
        }
    }

    #[test]
    fn maps_give_the_logarithm_of_the_next_state() {
        let build = |m: ModelBuilder| {
            m.states(["x"])
                .parameter("r", 0.5, "")
                .map(|x, p| vec![x[0] * (p[0] * (1.0 - x[0])).exp()])
                .unwrap()
        };
        let changed = build(ModelBuilder::new("ricker").positive(["x"]));
        let changed = changed.in_logarithms().unwrap();
        // A state beyond what its value can be written as.
        let (next, _) = at(&changed, &[-800.0], &[0.5]);
        assert_eq!(next, [-799.5]);
    }

    #[test]
    fn factors_cancel_however_small_the_state_is() {
        let model = ModelBuilder::new("predators")
            .states(["u", "v"])
            .positive(["u", "v"])
            .flow(|x, _| vec![x[0] * (2.0 - x[1]), x[1] * x[0] - 3.0 * x[1]])
            .unwrap();
        let changed = model.in_logarithms().unwrap();
        let (rates, _) = at(&changed, &[-2000.0, -3000.0], &[]);
        assert_eq!(rates, [2.0, -3.0]);
        let mut entries = vec![0.0; changed.jacobian_sparsity().entries()];
        let at = Points {
            states: &[0.0, libm::log(3.0)],
            ..Points::default()
        };
        changed.jacobian(&mut Scratch::default(), at, &mut entries);
        // d(2 - v)/d ln v and d(u - 3)/d ln u.
        assert!(entries
            .iter()
            .zip([-3.0, 1.0])
            .all(|(&a, b)| is_close(a, b)));
        assert_eq!(entries.len(), 2);
    }

    #[test]
    fn names_and_values_of_positive_states_are_checked() {
        let begin = || ModelBuilder::new("m").states(["x"]);
        let flow = |m: ModelBuilder| m.flow(|x, _| vec![-x[0]]);
        let error = flow(begin().positive(["y"])).unwrap_err().to_string();
        assert!(error.contains("positive"), "{error}");
        let negative = begin().positive(["x"]).initial_state([-1.0]);
        let error = flow(negative).unwrap_err().to_string();
        assert!(error.contains("initialState[0]"), "{error}");
    }
}
