//! Models: what a dynamical system is to the rest of the crate, and how one is written down.

mod compile;
mod derivative;
mod evaluate;
mod expression;
mod graph;
mod tape;

use std::cell::RefCell;

pub use evaluate::Scratch;
pub use expression::Expression;

use crate::error::{Error, Result};
use evaluate::{run, Gradients, Rows};
use graph::{Graph, Node};
use tape::Tape;

/// The longest path, in values: 512 MiB, of which 32-bit WebAssembly can hold several.
pub(crate) const MOST_VALUES: usize = 1 << 26;

/// A parameter of a model: its name, its usual value, and what it means.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Parameter {
    pub name: String,
    /// The value that is used where none is given; for named systems the published one.
    pub default: f64,
    pub description: String,
}

/// A dynamical system `dx/dt = F(x, parameters)`, evaluated over a whole path at once.
///
/// Paths are `points x states`, row-major, time outermost. Implementations take no memory per call: what they need is in the [`Scratch`] that they made.
pub trait Model: Send + Sync {
    /// The system's name, in lower camel case: `lorenz96`.
    fn name(&self) -> &str;

    /// One name per state component.
    fn states(&self) -> &[String];

    fn parameters(&self) -> &[Parameter];

    /// An initial state from which a forward integration soon reaches typical behaviour.
    fn initial_state(&self) -> &[f64];

    /// Time that a forward integration needs to forget [`Model::initial_state`]; 0 if it should not.
    fn spin_up(&self) -> f64;

    fn scratch(&self) -> Scratch;

    /// `derivative = F(path)` at every point.
    fn evaluate(
        &self,
        scratch: &mut Scratch,
        path: &[f64],
        parameters: &[f64],
        derivative: &mut [f64],
    );

    /// The vector-Jacobian product: adds `DF(x_n)^T adjoint_n` to `path_gradient` at every point, and its counterpart in
    /// the parameters, summed over the points, to `parameter_gradient`.
    fn pull_back(
        &self,
        scratch: &mut Scratch,
        path: &[f64],
        parameters: &[f64],
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    );

    /// The number of state components, D.
    fn dimension(&self) -> usize {
        self.states().len()
    }
}

/// A model made of expressions; see [`ModelBuilder`].
#[derive(Debug, Clone)]
pub struct EquationModel {
    name: String,
    states: Vec<String>,
    parameters: Vec<Parameter>,
    initial_state: Vec<f64>,
    spin_up: f64,
    value: Tape,
    adjoint: Tape,
}

/// Writes a model down: names first, then the equations.
///
/// ```
/// use least_action::model::{Model, ModelBuilder};
///
/// let pendulum = ModelBuilder::new("pendulum")
///     .states(["angle", "velocity"])
///     .parameter("damping", 0.1, "per unit of time")
///     .initial_state([1.0, 0.0])
///     .flow(|x, p| vec![x[1], -x[0].sin() - p[0] * x[1]])?;
/// let mut derivative = [0.0; 2];
/// pendulum.evaluate(&mut pendulum.scratch(), &[0.0, 2.0], &[0.1], &mut derivative);
/// assert_eq!(derivative, [2.0, -0.2]);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ModelBuilder {
    name: String,
    states: Vec<String>,
    parameters: Vec<Parameter>,
    initial_state: Vec<f64>,
    spin_up: f64,
}

impl ModelBuilder {
    pub fn new(name: &str) -> Self {
        ModelBuilder {
            name: name.into(),
            states: Vec::new(),
            parameters: Vec::new(),
            initial_state: Vec::new(),
            spin_up: 0.0,
        }
    }

    /// Names of the state components, in order.
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

    /// Where forward integrations start unless told otherwise. Default: the origin.
    pub fn initial_state(mut self, state: impl Into<Vec<f64>>) -> Self {
        self.initial_state = state.into();
        self
    }

    /// Time to integrate before a state is typical. Default: 0.
    pub fn spin_up(mut self, time: f64) -> Self {
        self.spin_up = time;
        self
    }

    /// The equations `dx/dt = F(x, p)`: `equations` is called once with the states and parameters as expressions, and gives one expression per state.
    ///
    /// # Errors
    /// Names used twice, no states, or a number of equations or initial values that is not the number of states.
    pub fn flow<F>(self, equations: F) -> Result<EquationModel>
    where
        F: for<'g> FnOnce(&[Expression<'g>], &[Expression<'g>]) -> Vec<Expression<'g>>,
    {
        let dimension = self.states.len();
        crate::error::check::at_least("states", dimension, 1)?;
        let names = self.parameters.iter().map(|p| p.name.as_str());
        let mut seen = std::collections::HashSet::new();
        for name in self.states.iter().map(String::as_str).chain(names) {
            if !seen.insert(name) {
                return Err(Error::Duplicate {
                    path: "names of states and parameters".into(),
                    value: name.into(),
                });
            }
        }
        let initial_state = if self.initial_state.is_empty() {
            vec![0.0; dimension]
        } else {
            self.initial_state
        };
        let because = format!("one per state of {}", self.name);
        let check = |path, length| crate::error::check::length(path, length, dimension, &because);
        check("initialState", initial_state.len())?;

        let graph = RefCell::new(Graph::default());
        let leaves = |leaf: fn(u32) -> Node, count: usize| -> Vec<Expression<'_>> {
            (0..count as u32)
                .map(|i| Expression {
                    graph: &graph,
                    id: graph.borrow_mut().intern(leaf(i)),
                })
                .collect()
        };
        let outputs: Vec<_> = equations(
            &leaves(Node::State, dimension),
            &leaves(Node::Parameter, self.parameters.len()),
        )
        .iter()
        .map(|e| e.id)
        .collect();
        check("equations", outputs.len())?;

        let mut graph = graph.into_inner();
        let parameters = self.parameters.len();
        let value = compile::compile(&graph, &outputs, dimension, 0, parameters);
        let gradient = derivative::vector_jacobian(&mut graph, &outputs, dimension, parameters);
        let gradients: Vec<_> = [gradient.states, gradient.parameters].concat();
        let adjoint = compile::compile(&graph, &gradients, dimension, dimension, parameters);
        Ok(EquationModel {
            name: self.name,
            states: self.states,
            parameters: self.parameters,
            initial_state,
            spin_up: self.spin_up,
            value,
            adjoint,
        })
    }
}

impl Model for EquationModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn states(&self) -> &[String] {
        &self.states
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn initial_state(&self) -> &[f64] {
        &self.initial_state
    }

    fn spin_up(&self) -> f64 {
        self.spin_up
    }

    fn scratch(&self) -> Scratch {
        Scratch::for_tapes([&self.value, &self.adjoint].into_iter())
    }

    fn evaluate(
        &self,
        scratch: &mut Scratch,
        path: &[f64],
        parameters: &[f64],
        derivative: &mut [f64],
    ) {
        let points = path.len() / self.states.len();
        let sink = &mut Rows(derivative);
        run(&self.value, scratch, points, parameters, path, &[], sink);
    }

    fn pull_back(
        &self,
        scratch: &mut Scratch,
        path: &[f64],
        parameters: &[f64],
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let width = self.states.len();
        let points = path.len() / width;
        let sink = &mut Gradients {
            states: path_gradient,
            parameters: parameter_gradient,
            width,
        };
        run(
            &self.adjoint,
            scratch,
            points,
            parameters,
            path,
            adjoint,
            sink,
        );
    }
}
