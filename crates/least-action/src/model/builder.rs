//! Builder of models that are written in Rust.

use std::cell::RefCell;
use std::collections::HashSet;

use super::compile::Leaves;
use super::graph::{Graph, Node, NodeId};
use super::{EquationModel, Expression, Function, ModelKind, Parameter};
use crate::error::{check, Error, Result};

/// Builder of a model: names first, then the equations.
///
/// ```
/// use least_action::model::{Model, ModelBuilder, Points, Scratch};
///
/// let pendulum = ModelBuilder::new("pendulum")
///     .states(["angle", "velocity"])
///     .parameter("damping", 0.1, "per unit of time")
///     .initial_state([1.0, 0.0])
///     .flow(|x, p| vec![x[1], -x[0].sin() - p[0] * x[1]])?;
/// let mut derivative = [0.0; 2];
/// let at = Points { states: &[0.0, 2.0], parameters: &[0.1], ..Points::default() };
/// pendulum.evaluate(&mut Scratch::default(), at, &mut derivative);
/// assert_eq!(derivative, [2.0, -0.2]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelBuilder {
    name: String,
    states: Vec<String>,
    parameters: Vec<Parameter>,
    inputs: Vec<String>,
    observables: Vec<String>,
    initial_state: Vec<f64>,
    spin_up: f64,
    positive: Vec<String>,
}

/// Variables of the equations as expressions: the states, parameters, inputs and the time of a
/// model.
pub struct Symbols<'g> {
    /// State components, in order.
    pub states: Vec<Expression<'g>>,
    /// Parameters, in the order in which they were added.
    pub parameters: Vec<Expression<'g>>,
    /// Known inputs u(t), in order.
    pub inputs: Vec<Expression<'g>>,
    /// Time t.
    pub time: Expression<'g>,
}

impl ModelBuilder {
    /// Begins a model that has a name, and nothing else yet.
    pub fn new(name: &str) -> Self {
        ModelBuilder {
            name: name.into(),
            states: Vec::new(),
            parameters: Vec::new(),
            inputs: Vec::new(),
            observables: Vec::new(),
            initial_state: Vec::new(),
            spin_up: 0.0,
            positive: Vec::new(),
        }
    }

    /// Sets the names of the state components, in order.
    pub fn states<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.states = names.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a parameter; the equations see them in the order in which they were added.
    pub fn parameter(mut self, name: &str, default: f64, description: &str) -> Self {
        self.parameters.push(Parameter {
            name: name.into(),
            default,
            description: description.into(),
        });
        self
    }

    /// Sets the names of the known inputs u(t), whose values come with the data.
    pub fn inputs<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.inputs = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the names of functions h(x) that can be measured like states. Their expressions follow
    /// the states' equations.
    pub fn observables<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.observables = names.into_iter().map(Into::into).collect();
        self
    }

    /// Names states that are positive at all times, such as populations and concentrations. Paths
    /// are then estimated by their logarithms, so that they stay positive. Default: none.
    pub fn positive<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.positive = names.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the initial state of forward integrations that are given none. Default: the origin.
    pub fn initial_state(mut self, state: impl Into<Vec<f64>>) -> Self {
        self.initial_state = state.into();
        self
    }

    /// Sets the time to integrate before a state is typical. Default: 0.
    pub fn spin_up(mut self, time: f64) -> Self {
        self.spin_up = time;
        self
    }

    /// Builds a flow from its equations `dx/dt = F(x, p)`: `equations` is called once with the
    /// states and parameters as expressions, and gives one expression per state.
    ///
    /// # Errors
    /// Names used twice, no states, a number of equations or initial values that is not the number
    /// of states, and positive states that are not states or have negative initial values.
    pub fn flow<F>(self, equations: F) -> Result<EquationModel>
    where
        F: for<'g> FnOnce(&[Expression<'g>], &[Expression<'g>]) -> Vec<Expression<'g>>,
    {
        self.build(ModelKind::Flow, |s| Ok(equations(&s.states, &s.parameters)))
    }

    /// Builds a map from its equations `x_(n+1) = F(x_n, p)`.
    ///
    /// # Errors
    /// Those of [`ModelBuilder::flow`].
    pub fn map<F>(self, equations: F) -> Result<EquationModel>
    where
        F: for<'g> FnOnce(&[Expression<'g>], &[Expression<'g>]) -> Vec<Expression<'g>>,
    {
        self.build(ModelKind::Map, |s| Ok(equations(&s.states, &s.parameters)))
    }

    /// Builds a model of either kind, with inputs and the time within reach.
    ///
    /// ```
    /// use least_action::model::{ModelBuilder, ModelKind};
    ///
    /// let driven = ModelBuilder::new("driven")
    ///     .states(["x"])
    ///     .parameter("rate", 1.0, "per unit of time")
    ///     .inputs(["u"])
    ///     .build(ModelKind::Flow, |s| {
    ///         Ok(vec![s.inputs[0] * s.time.sin() - s.parameters[0] * s.states[0]])
    ///     })?;
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`ModelBuilder::flow`], and any error of `equations`.
    pub fn build<F>(self, kind: ModelKind, equations: F) -> Result<EquationModel>
    where
        F: for<'g> FnOnce(&Symbols<'g>) -> Result<Vec<Expression<'g>>>,
    {
        let dimension = self.states.len();
        check::at_least("states", dimension, 1)?;
        self.check_names()?;
        let initial_state = if self.initial_state.is_empty() {
            vec![0.0; dimension]
        } else {
            self.initial_state
        };
        let because = format!("one per state of {}", self.name);
        check::length("initialState", initial_state.len(), dimension, &because)?;
        let mut positive = vec![false; dimension];
        for name in &self.positive {
            let known = self.states.iter().map(String::as_str);
            let k = check::position("positive", name, known)?;
            positive[k] = true;
            check::require(
                initial_state[k] >= 0.0,
                &format!("initialState[{k}]"),
                initial_state[k],
                &format!("positive, as {name} is; or 0 where its size is not known"),
            )?;
        }

        let leaves = Leaves {
            states: dimension,
            parameters: self.parameters.len(),
            inputs: self.inputs.len(),
        };
        let graph = RefCell::new(Graph::default());
        let leaf = |node: Node| Expression {
            graph: &graph,
            id: graph.borrow_mut().intern(node),
        };
        let all = |node: fn(u32) -> Node, count: usize| -> Vec<Expression<'_>> {
            (0..count as u32).map(|i| leaf(node(i))).collect()
        };
        let equations = equations(&Symbols {
            states: all(Node::State, leaves.states),
            parameters: all(Node::Parameter, leaves.parameters),
            inputs: all(Node::Input, leaves.inputs),
            time: leaf(Node::Time),
        })?;
        let observables = self.observables.len();
        let because = match observables {
            0 => because,
            _ => format!("{because}, and one per observable"),
        };
        check::length(
            "equations",
            equations.len(),
            dimension + observables,
            &because,
        )?;
        let outputs: Vec<NodeId> = equations.iter().map(|e| e.id).collect();
        let graph = graph.into_inner();
        let function = |outputs: &[NodeId]| Function::new(graph.clone(), outputs.to_vec(), leaves);
        Ok(EquationModel {
            name: self.name,
            kind,
            states: self.states,
            parameters: self.parameters,
            inputs: self.inputs,
            initial_state,
            spin_up: self.spin_up,
            definition: None,
            unaveraged: None,
            coordinates: Vec::new(),
            positive: match self.positive.is_empty() {
                true => Vec::new(),
                false => positive,
            },
            state_coordinates: Vec::new(),
            first_natural: 0,
            events: None,
            observation: (observables > 0).then(|| function(&outputs[dimension..])),
            function: function(&outputs[..dimension]),
            observables: self.observables,
        })
    }

    fn check_names(&self) -> Result<()> {
        let parameters = self.parameters.iter().map(|p| &p.name);
        let names = self
            .states
            .iter()
            .chain(parameters)
            .chain(&self.inputs)
            .chain(&self.observables);
        let mut seen = HashSet::new();
        for name in names {
            if !seen.insert(name) {
                return Err(Error::Duplicate {
                    path: "names of states, parameters, inputs and observables".into(),
                    value: name.clone(),
                });
            }
        }
        Ok(())
    }
}
