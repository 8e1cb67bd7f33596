//! Models as data: names, texts of equations, numbers. A model that is written in another language
//! arrives here.

use super::ModelKind;

/// A model as mathematics.
///
/// The language of expressions: numbers, names, `+ - * / ^`, parentheses, comparisons
/// `< <= > >= ==` (1 or 0), `if(condition, a, b)`, the functions
/// `min max abs exp log (= ln) log10 sqrt sin cos tan asin acos atan atan2` and
/// `sinh cosh tanh sign floor lgamma`, the constant `pi`, and the time `t`. `^` is
/// right-associative and binds tighter than the minus sign; whole powers are multiplications.
///
/// A vector `x` of n states has the components `x0`, `x1`, ..., also written `x[0]`, `x[1]`, ....
/// In the equation of a vector `i` is the index, and indices made of it are cyclic: `x[i-1]` of
/// component 0 is the last one.
///
/// ```
/// use least_action::model::{
///     EquationDefinition, Model, ModelDefinition, ParameterDefinition, StateDefinition,
/// };
///
/// let ring = ModelDefinition {
///     name: "ring".into(),
///     states: vec![StateDefinition::vector("x", 20)],
///     parameters: vec![ParameterDefinition::new("k", 8.17)],
///     equations: vec![EquationDefinition::new("x", "x[i-1]*(x[i+1] - x[i-2]) - x[i] + k")],
///     ..ModelDefinition::default()
/// };
/// assert_eq!(ring.build()?.dimension(), 20);
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct ModelDefinition {
    /// Name of the model. Default: `model`.
    #[serde(default = "unnamed")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<String>"))]
    pub name: String,
    /// Kind of the equations: the rate of change (`flow`, the default) or the next state (`map`).
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<ModelKind>"))]
    pub kind: ModelKind,
    /// States of the model, components and vectors, in order.
    pub states: Vec<StateDefinition>,
    /// Names of the known inputs u(t), whose values come with the data. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>"))]
    pub inputs: Vec<String>,
    /// Parameters of the equations, in order. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ParameterDefinition>>"))]
    pub parameters: Vec<ParameterDefinition>,
    /// Named parts of the equations, in any order; they may contain each other, but not themselves.
    /// Default: none.
    #[serde(rename = "where", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub definitions: Vec<NamedExpression>,
    /// Equations in any order: one for each state, or one for a whole vector.
    pub equations: Vec<EquationDefinition>,
    /// Functions of the state that can be measured like states. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub observables: Vec<NamedExpression>,
    /// Events that change the state at times which the data give. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<EventDefinition>>"))]
    pub events: Vec<EventDefinition>,
    /// Time to integrate before a state is typical. Default: 0.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub spin_up: f64,
}

fn unnamed() -> String {
    "model".into()
}

/// A state component, or a vector of them.
///
/// ```
/// use least_action::model::{Initial, StateDefinition};
///
/// let voltage = StateDefinition { unit: Some("mV".into()), ..StateDefinition::new("V", -65.0) };
/// assert_eq!(voltage.initial, Some(Initial::Number(-65.0)));
/// let ring = StateDefinition::vector("x", 3);
/// assert_eq!(ring.components().collect::<Vec<_>>(), ["x0", "x1", "x2"]);
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StateDefinition {
    /// Name of the state, as it stands in the equations.
    pub name: String,
    /// Number of components of a vector; absent for a single state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub size: Option<usize>,
    /// Initial value of forward integrations that are given none. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub initial: Option<Initial>,
    /// Unit of the state, for people to read. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub unit: Option<String>,
    /// Meaning of the state in one line, for people to read. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub description: Option<String>,
    /// True for a state that is positive at all times, such as a population or a concentration. Its
    /// path is then estimated by its logarithm, so that it stays positive. An initial value of 0
    /// says that its size is not known. Default: false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "typescript", ts(optional, as = "Option<bool>"))]
    pub positive: bool,
}

/// An initial value: one number, or for a vector one for each of its components.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum Initial {
    /// One number, for a vector in all of its components.
    Number(f64),
    /// One number for each component of a vector.
    Each(Vec<f64>),
}

/// A parameter of a model that is written as data.
///
/// ```
/// use least_action::model::ParameterDefinition;
///
/// let rate = ParameterDefinition::described("k", 0.5, "1/s", "rate of decay");
/// assert_eq!(rate.unit.as_deref(), Some("1/s"));
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ParameterDefinition {
    /// Name of the parameter, as it stands in the equations.
    pub name: String,
    /// Value that is used where none is given.
    pub default: f64,
    /// Unit of the parameter, for people to read. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub unit: Option<String>,
    /// Meaning of the parameter in one line, for people to read. Default: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub description: Option<String>,
}

/// A named expression: a part of the equations, or an observable.
///
/// ```
/// use least_action::model::{EquationDefinition, ModelDefinition};
/// use least_action::model::{NamedExpression, StateDefinition};
///
/// let pendulum = ModelDefinition {
///     states: vec![StateDefinition::new("angle", 1.0), StateDefinition::new("speed", 0.0)],
///     definitions: vec![NamedExpression::new("force", "-sin(angle)")],
///     equations: vec![
///         EquationDefinition::new("angle", "speed"),
///         EquationDefinition::new("speed", "force - 0.1*speed"),
///     ],
///     observables: vec![NamedExpression::new("energy", "speed^2/2 - cos(angle)")],
///     ..ModelDefinition::default()
/// };
/// pendulum.build()?;
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NamedExpression {
    /// Name of the expression.
    pub name: String,
    /// Text of the expression.
    pub expression: String,
}

/// The equation of a state: its rate of change in a flow, or its next value in a map.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EquationDefinition {
    /// Name of a state, of a vector, or of a vector's component.
    pub state: String,
    /// Text of the right side.
    pub expression: String,
}

/// Kind of events that change the state, such as doses. Data give the times of events, and numbers
/// that come with each.
///
/// ```
/// use least_action::model::{
///     EquationDefinition, EventChange, EventDefinition, Model, ModelDefinition, StateDefinition,
/// };
///
/// let patient = ModelDefinition {
///     states: vec![StateDefinition::new("C", 0.0)],
///     equations: vec![EquationDefinition::new("C", "-0.1*C")],
///     events: vec![EventDefinition {
///         name: "dose".into(),
///         columns: vec!["amount".into()],
///         changes: vec![EventChange::new("C", "C + dose.amount/30")],
///         ..EventDefinition::default()
///     }],
///     ..ModelDefinition::default()
/// };
/// assert_eq!(patient.build()?.events().map(|events| events.kinds().len()), Some(1));
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct EventDefinition {
    /// Name of the kind of events, under which data give their times.
    pub name: String,
    /// Names of the numbers that data give with each time, such as `amount`; expressions call them
    /// `dose.amount`, after the name of the kind. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>"))]
    pub columns: Vec<String>,
    /// Times at which the events happen in every data set, in the model's unit of time; events with
    /// columns have none. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<f64>>"))]
    pub times: Vec<f64>,
    /// States that an event changes, with their values right after it.
    pub changes: Vec<EventChange>,
}

/// A state that an event changes.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventChange {
    /// Name of a state, or of a vector's component.
    pub state: String,
    /// Text of the value right after the event, in which states are those right before it.
    pub expression: String,
}

impl EventChange {
    /// A state with the text of its value right after the event.
    pub fn new(state: &str, expression: &str) -> Self {
        EventChange {
            state: state.into(),
            expression: expression.into(),
        }
    }
}

impl StateDefinition {
    /// A state component with an initial value.
    pub fn new(name: &str, initial: f64) -> Self {
        StateDefinition {
            name: name.into(),
            initial: Some(Initial::Number(initial)),
            ..StateDefinition::default()
        }
    }

    /// A vector of `size` state components, which are 0 initially.
    pub fn vector(name: &str, size: usize) -> Self {
        StateDefinition {
            name: name.into(),
            size: Some(size),
            ..StateDefinition::default()
        }
    }

    /// Names of the components: the state's own, or for a vector `x0`, `x1`, ....
    pub fn components(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.size.unwrap_or(1)).map(|k| match self.size {
            None => self.name.clone(),
            Some(_) => format!("{}{k}", self.name),
        })
    }
}

impl ParameterDefinition {
    /// A parameter without unit and description.
    pub fn new(name: &str, default: f64) -> Self {
        ParameterDefinition {
            name: name.into(),
            default,
            ..ParameterDefinition::default()
        }
    }

    /// A parameter with unit and description; empty texts stand for none.
    pub fn described(name: &str, default: f64, unit: &str, description: &str) -> Self {
        ParameterDefinition {
            unit: (!unit.is_empty()).then(|| unit.into()),
            description: (!description.is_empty()).then(|| description.into()),
            ..ParameterDefinition::new(name, default)
        }
    }

    /// Description and unit in one line.
    pub(super) fn meaning(&self) -> String {
        match (self.description.as_deref(), self.unit.as_deref()) {
            (Some(description), Some(unit)) => format!("{description} ({unit})"),
            (one, other) => one.or(other).unwrap_or_default().into(),
        }
    }
}

impl NamedExpression {
    /// A name for the text of an expression.
    pub fn new(name: &str, expression: &str) -> Self {
        NamedExpression {
            name: name.into(),
            expression: expression.into(),
        }
    }
}

impl EquationDefinition {
    /// The equation of a state, of a vector or of a vector's component.
    pub fn new(state: &str, expression: &str) -> Self {
        EquationDefinition {
            state: state.into(),
            expression: expression.into(),
        }
    }
}

/// Maximum number of state components: beyond it a graph with nodes for each is the wrong tool.
pub const MOST_STATES: usize = 100_000;
