//! Dynamical systems as the rest of the crate sees them, and the ways to write one down.

mod build;
mod builder;
mod compile;
mod coordinates;
mod definition;
mod derivative;
pub(crate) mod elementary;
mod evaluate;
mod event;
mod explain;
mod expression;
mod fault;
pub(crate) mod formulas;
mod function;
mod graph;
mod guard;
mod jacobian_gradient;
mod law;
mod lower;
mod noise;
mod parse;
mod positive;
mod print;
pub(crate) mod propagator;
mod scope;
mod state_jump;
mod switching;
mod tape;
mod token;
mod varying;

use std::sync::Arc;

use crate::error::Result;

pub use builder::{ModelBuilder, Symbols};
pub use coordinates::Coordinate;
pub(crate) use coordinates::{state_coordinate, state_name};
pub use definition::{
    EquationDefinition, EventChange, EventDefinition, Initial, ModelDefinition, NamedExpression,
    ParameterDefinition, StateDefinition,
};
pub use evaluate::{Points, Scratch};
pub use event::{EventKind, Events};
pub use explain::{Cost, Explanation};
pub use expression::{Expression, Operand};
pub use function::{Function, Sparsity};
pub(crate) use law::{law, LawNames};
pub use noise::{LawArgument, LogScale, NoiseScale};
pub(crate) use state_jump::{JumpDerivative, JumpMemory, StateJump};
pub use switching::Switching;

/// Maximum number of values in a path: 512 MiB of them, of which 32-bit WebAssembly can hold
/// several.
pub(crate) const MOST_VALUES: usize = 1 << 26;

/// A parameter of a model: its name, its usual value and its meaning.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Parameter {
    /// Name of the parameter, unique in the model.
    pub name: String,
    /// Value that is used where none is given; for named systems the published one.
    pub default: f64,
    /// Meaning and unit of the parameter in one line; may be empty.
    pub description: String,
}

/// Kind of a model's equations: they give the rate of change or the next state.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum ModelKind {
    /// Flow: the equations give the rate of change, `dx/dt = F(x, p, u, t)`.
    #[default]
    Flow,
    /// Map: the equations give the next state, `x_(n+1) = F(x_n, p, u_n, t_n)`.
    Map,
}

/// A dynamical system with the right side `F(x, parameters, inputs, t)`, evaluated over a whole
/// path at once.
///
/// Paths are `points x states`, row-major, time outermost. Implementations take no memory per call:
/// their working memory is in the [`Scratch`] that the caller keeps.
pub trait Model: Send + Sync {
    /// Name of the system, in lower camel case: `lorenz96`.
    fn name(&self) -> &str;

    /// Kind of the equations, flow or map. Default: flow.
    fn kind(&self) -> ModelKind {
        ModelKind::Flow
    }

    /// Names of the state components, one each.
    fn states(&self) -> &[String];

    /// Parameters of the model, in the order in which values are given.
    fn parameters(&self) -> &[Parameter];

    /// Names of the known inputs u(t), one each. Default: none.
    fn inputs(&self) -> &[String] {
        &[]
    }

    /// Names of the functions h(x) that can be measured like states. Default: none.
    fn observables(&self) -> &[String] {
        &[]
    }

    /// The observables as a function of states, parameters, inputs and time; `None` where there are
    /// no observables.
    fn observation(&self) -> Option<&Function> {
        None
    }

    /// Events that change the state at times which the data give; `None` where there are none.
    fn events(&self) -> Option<&Events> {
        None
    }

    /// An initial state from which a forward integration soon reaches typical behaviour.
    fn initial_state(&self) -> &[f64];

    /// Time that a forward integration needs to forget [`Model::initial_state`]; 0 if it should not
    /// forget it.
    fn spin_up(&self) -> f64;

    /// Evaluates the right side at every point: `values = F`, points x states.
    fn evaluate(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]);

    /// Evaluates the right side where every point has parameters of its own: `values = F`, points x
    /// states. `at.inputs` is points x (inputs + parameters), and `at.parameters` is not used.
    /// Ensembles are integrated with it.
    fn evaluate_each(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        let (dimension, inputs) = (self.dimension(), self.inputs().len());
        let width = inputs + self.parameters().len();
        for (n, value) in values.chunks_exact_mut(dimension).enumerate() {
            let row = &at.inputs[n * width..(n + 1) * width];
            let point = Points {
                states: &at.states[n * dimension..(n + 1) * dimension],
                parameters: &row[inputs..],
                inputs: &row[..inputs],
                times: at.times.get(n..n + 1).unwrap_or_default(),
            };
            self.evaluate(scratch, point, value);
        }
    }

    /// Computes the vector-Jacobian product: adds `DF(x_n)^T adjoint_n` to `path_gradient` (points
    /// x states) at every point, and its counterpart in the parameters, summed over the points, to
    /// `parameter_gradient`.
    fn pull_back(
        &self,
        scratch: &mut Scratch,
        at: Points,
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    );

    /// Numbers per point that [`Model::evaluate_keeping`] keeps for [`Model::pull_back_kept`]; 0
    /// where nothing is slow to compute.
    fn kept(&self) -> usize {
        0
    }

    /// Evaluates the right side like [`Model::evaluate`], and keeps intermediate values in `kept`
    /// (points x [`Model::kept`]) for [`Model::pull_back_kept`] at the same points.
    fn evaluate_keeping(
        &self,
        scratch: &mut Scratch,
        at: Points,
        values: &mut [f64],
        kept: &mut [f64],
    ) {
        let _ = kept;
        self.evaluate(scratch, at, values);
    }

    /// Computes the vector-Jacobian product like [`Model::pull_back`], to the same bits, from the
    /// intermediate values that [`Model::evaluate_keeping`] wrote to `kept` at these points: slow
    /// functions are not computed again.
    fn pull_back_kept(
        &self,
        scratch: &mut Scratch,
        at: Points,
        kept: &[f64],
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let _ = kept;
        self.pull_back(scratch, at, adjoint, path_gradient, parameter_gradient);
    }

    /// Sparsity of the Jacobian `DF`; the columns are the states, then the parameters.
    fn jacobian_sparsity(&self) -> &Sparsity;

    /// Writes the entries of the Jacobian `DF` at every point, points x entries.
    fn jacobian(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]);

    /// Sparsity of the lower triangle of `sum_a adjoint_a D2 F_a`; rows and columns are the states,
    /// then the parameters.
    fn curvature_sparsity(&self) -> &Sparsity;

    /// Writes the entries of `sum_a adjoint_a D2 F_a` at every point, points x entries; `adjoint`
    /// is points x states.
    fn curvature(&self, scratch: &mut Scratch, at: Points, adjoint: &[f64], values: &mut [f64]);

    /// Adds the gradient of `sum_e weight_e DF_e` over the entries of the Jacobian in the states,
    /// at every point to `path_gradient` (points x states) and, summed over the points, to
    /// `parameter_gradient`. Weights are points x entries; those of entries in parameters are not
    /// read. Default: from the second derivatives, one call of [`Model::curvature`] per state.
    fn pull_back_jacobian(
        &self,
        scratch: &mut Scratch,
        at: Points,
        weights: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let (d, entries) = (self.dimension(), self.jacobian_sparsity().entries());
        let sparsity = self.curvature_sparsity();
        let width = sparsity.entries();
        let points = path_gradient.len() / d;
        let mut curvature = vec![0.0; points * width];
        let mut adjoint = vec![0.0; points * d];
        for state in 0..d {
            adjoint.fill(0.0);
            for a in 0..d {
                let entry = self.jacobian_sparsity().row(a).find(|&(_, c)| c == state);
                for n in 0..points {
                    adjoint[n * d + a] = entry.map_or(0.0, |(e, _)| weights[n * entries + e]);
                }
            }
            self.curvature(scratch, at, &adjoint, &mut curvature);
            for row in 0..sparsity.rows() {
                for (e, column) in sparsity.row(row) {
                    // The matrix is symmetric, and its lower triangle is what is known.
                    let other = match (row == state, column == state) {
                        (true, _) => column,
                        (false, true) => row,
                        (false, false) => continue,
                    };
                    for n in 0..points {
                        let slope = curvature[n * width + e];
                        match other.checked_sub(d) {
                            None => path_gradient[n * d + other] += slope,
                            Some(p) => parameter_gradient[p] += slope,
                        }
                    }
                }
            }
        }
    }

    /// The right side as a function that can be differentiated in time and inputs too; `None` if
    /// the model is not made of expressions.
    fn right_side(&self) -> Option<&Function> {
        None
    }

    /// The model with some parameters (ascending positions) as further states, which its equations
    /// leave as they are; `None` if the model cannot be rewritten so.
    fn with_varying(&self, parameters: &[usize]) -> Option<Arc<dyn Model>> {
        let _ = parameters;
        None
    }

    /// The model with some parameters (ascending positions) as further states, which its equations
    /// leave as they are, in the coordinates of these parameters. Those in `means` stay parameters
    /// as well, and `further` parameters follow the others, named as their coordinates. `None` if
    /// the model cannot be rewritten so.
    fn with_states(
        &self,
        parameters: &[usize],
        means: &[usize],
        further: &[(Parameter, Coordinate)],
    ) -> Option<Arc<dyn Model>> {
        let _ = (parameters, means, further);
        None
    }

    /// Coordinates of the parameters, one each; empty where all are the parameters themselves.
    fn coordinates(&self) -> &[Coordinate] {
        &[]
    }

    /// The model with other coordinates, one per parameter, in the place of its parameters, which
    /// are named after them: `ln k`. `None` if the model cannot be rewritten so.
    fn in_coordinates(&self, coordinates: &[Coordinate]) -> Option<Arc<dyn Model>> {
        let _ = coordinates;
        None
    }

    /// Marks of the states that are positive at all times, one each; empty where none is.
    fn positive(&self) -> &[bool] {
        &[]
    }

    /// The model with the natural logarithms of its positive states in their place, which are named
    /// after them: `ln x`. The states themselves are its last observables. `None` if the model has
    /// no positive states or cannot be rewritten so.
    fn in_logarithms(&self) -> Option<Arc<dyn Model>> {
        None
    }

    /// Coordinates of the states, one each from the first on; those that are missing are the states
    /// themselves.
    fn state_coordinates(&self) -> &[Coordinate] {
        &[]
    }

    /// Number of the state that an observable is the value of, where the state is described by
    /// another coordinate than itself; else `None`.
    fn state_of(&self, observable: usize) -> Option<usize> {
        let _ = observable;
        None
    }

    /// The model with the logarithms of noise scales as further observables, and with further
    /// parameters, which follow its own; `None` if the model cannot be rewritten so.
    ///
    /// # Errors
    /// A formula of a scale that contains names which the model does not have.
    fn with_noise(
        &self,
        scales: &[NoiseScale],
        further: &[Parameter],
    ) -> Result<Option<Arc<dyn Model>>> {
        let _ = (scales, further);
        Ok(None)
    }

    /// The model with conditions that contain unknown parameters averaged over time, so that it has
    /// derivatives in them; `None` if there is nothing to average. Default: none.
    ///
    /// # Errors
    /// Conditions with unknown parameters that cannot be averaged.
    fn with_averaged_conditions(&self, at: &Switching) -> Result<Option<Arc<dyn Model>>> {
        let _ = at;
        Ok(None)
    }

    /// Number of state components, D.
    fn dimension(&self) -> usize {
        self.states().len()
    }
}

/// A model made of expressions; see [`ModelBuilder`].
#[derive(Debug, Clone)]
pub struct EquationModel {
    name: String,
    kind: ModelKind,
    states: Vec<String>,
    parameters: Vec<Parameter>,
    inputs: Vec<String>,
    observables: Vec<String>,
    observation: Option<Function>,
    events: Option<Events>,
    initial_state: Vec<f64>,
    spin_up: f64,
    function: Function,
    /// The definition that the model was built from; `None` for a model made of Rust expressions.
    definition: Option<Box<ModelDefinition>>,
    /// The model whose conditions were averaged; `None` if none were.
    unaveraged: Option<Arc<EquationModel>>,
    /// Coordinates of the parameters; empty where all are linear.
    coordinates: Vec<Coordinate>,
    /// Marks of the states that are positive; empty where none is.
    positive: Vec<bool>,
    /// Coordinates of the states; empty where all are linear.
    state_coordinates: Vec<Coordinate>,
    /// Number of the first observable that is the value of a state in another coordinate.
    first_natural: usize,
}

impl EquationModel {
    /// The right side of the equations as a function of states, parameters, inputs and time.
    pub fn function(&self) -> &Function {
        &self.function
    }
}

impl Model for EquationModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> ModelKind {
        self.kind
    }

    fn states(&self) -> &[String] {
        &self.states
    }

    fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    fn inputs(&self) -> &[String] {
        &self.inputs
    }

    fn observables(&self) -> &[String] {
        &self.observables
    }

    fn observation(&self) -> Option<&Function> {
        self.observation.as_ref()
    }

    fn events(&self) -> Option<&Events> {
        self.events.as_ref()
    }

    fn right_side(&self) -> Option<&Function> {
        Some(&self.function)
    }

    fn with_varying(&self, parameters: &[usize]) -> Option<Arc<dyn Model>> {
        Some(Arc::new(EquationModel::with_varying(self, parameters)))
    }

    fn with_states(
        &self,
        parameters: &[usize],
        means: &[usize],
        further: &[(Parameter, Coordinate)],
    ) -> Option<Arc<dyn Model>> {
        let changed = EquationModel::with_states(self, parameters, means, further);
        Some(Arc::new(changed))
    }

    fn coordinates(&self) -> &[Coordinate] {
        &self.coordinates
    }

    fn in_coordinates(&self, coordinates: &[Coordinate]) -> Option<Arc<dyn Model>> {
        Some(Arc::new(EquationModel::in_coordinates(self, coordinates)))
    }

    fn positive(&self) -> &[bool] {
        &self.positive
    }

    fn in_logarithms(&self) -> Option<Arc<dyn Model>> {
        EquationModel::in_logarithms(self).map(|model| Arc::new(model) as Arc<dyn Model>)
    }

    fn state_coordinates(&self) -> &[Coordinate] {
        &self.state_coordinates
    }

    fn state_of(&self, observable: usize) -> Option<usize> {
        let place = observable.checked_sub(self.first_natural)?;
        let all = self.state_coordinates.iter().enumerate();
        let mut other = all.filter(|(_, &one)| one != Coordinate::Linear);
        other.nth(place).map(|(state, _)| state)
    }

    fn with_noise(
        &self,
        scales: &[NoiseScale],
        further: &[Parameter],
    ) -> Result<Option<Arc<dyn Model>>> {
        let model = EquationModel::with_noise(self, scales, further)?;
        Ok(Some(Arc::new(model)))
    }

    fn with_averaged_conditions(&self, at: &Switching) -> Result<Option<Arc<dyn Model>>> {
        let model = EquationModel::with_averaged_conditions(self, at)?;
        Ok(model.map(|model| Arc::new(model) as Arc<dyn Model>))
    }

    fn initial_state(&self) -> &[f64] {
        &self.initial_state
    }

    fn spin_up(&self) -> f64 {
        self.spin_up
    }

    fn evaluate(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        self.function.evaluate(scratch, at, values);
    }

    fn evaluate_each(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        self.function.evaluate_each(scratch, at, values);
    }

    fn pull_back(
        &self,
        scratch: &mut Scratch,
        at: Points,
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        self.function
            .pull_back(scratch, at, adjoint, path_gradient, parameter_gradient);
    }

    fn kept(&self) -> usize {
        self.function.kept()
    }

    fn evaluate_keeping(
        &self,
        scratch: &mut Scratch,
        at: Points,
        values: &mut [f64],
        kept: &mut [f64],
    ) {
        self.function.evaluate_keeping(scratch, at, values, kept);
    }

    fn pull_back_kept(
        &self,
        scratch: &mut Scratch,
        at: Points,
        kept: &[f64],
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        self.function.pull_back_kept(
            scratch,
            at,
            kept,
            adjoint,
            path_gradient,
            parameter_gradient,
        );
    }

    fn jacobian_sparsity(&self) -> &Sparsity {
        self.function.jacobian_sparsity()
    }

    fn jacobian(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        self.function.jacobian(scratch, at, values);
    }

    fn curvature_sparsity(&self) -> &Sparsity {
        self.function.curvature_sparsity()
    }

    fn curvature(&self, scratch: &mut Scratch, at: Points, adjoint: &[f64], values: &mut [f64]) {
        self.function.curvature(scratch, at, adjoint, values);
    }
    fn pull_back_jacobian(
        &self,
        scratch: &mut Scratch,
        at: Points,
        weights: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        self.function
            .pull_back_jacobian(scratch, at, weights, path_gradient, parameter_gradient);
    }
}
