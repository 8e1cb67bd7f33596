//! Models as data: names, texts of equations, numbers. Everything that a user writes in another
//! language becomes this.

use std::collections::HashMap;

use super::lower::{lower, Scope, Symbol};
use super::parse::function;
use super::token::is_name;
use super::{EquationModel, ModelBuilder, ModelKind};
use crate::error::{check, Error, Result};

/// A model as mathematics.
///
/// The language of expressions: numbers, names, `+ - * / ^`, parentheses, comparisons
/// `< <= > >= ==` (1 or 0), `if(condition, a, b)`, the functions
/// `min max abs exp log (= ln) log10 sqrt sin cos tan asin acos atan atan2 sinh cosh tanh sign floor`,
/// the constant `pi`, and the time `t`. `^` is right-associative and binds tighter than the minus
/// sign; whole powers are multiplications.
///
/// A vector `x` of n states has the components `x0`, `x1`, ..., also written `x[0]`, `x[1]`, ....
/// In the equation of a vector `i` is the index, and indices made of it are cyclic: `x[i-1]` of
/// component 0 is the last one.
///
/// ```
/// use least_action::model::{EquationDefinition, Model, ModelDefinition, ParameterDefinition, StateDefinition};
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
    /// `model` unless given.
    #[serde(default = "unnamed")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<String>"))]
    pub name: String,
    /// Whether the equations give the rate of change (default) or the next state.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<ModelKind>"))]
    pub kind: ModelKind,
    pub states: Vec<StateDefinition>,
    /// Names of known forcings u(t), whose values come with the data.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>"))]
    pub inputs: Vec<String>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ParameterDefinition>>"))]
    pub parameters: Vec<ParameterDefinition>,
    /// Named parts of the equations, in any order; they may contain each other, but not themselves.
    #[serde(rename = "where", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub definitions: Vec<NamedExpression>,
    /// One for each state, in any order; or one for a whole vector.
    pub equations: Vec<EquationDefinition>,
    /// Functions of the state that can be measured like states.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub observables: Vec<NamedExpression>,
    /// Time to integrate before a state is typical; 0 unless given.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<f64>"))]
    pub spin_up: f64,
}

fn unnamed() -> String {
    "model".into()
}

/// A state component, or a vector of them.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StateDefinition {
    pub name: String,
    /// For a vector, its number of components.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub size: Option<usize>,
    /// Where forward integrations start unless told otherwise; 0 unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub initial: Option<Initial>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub description: Option<String>,
}

/// An initial value: one number, or for a vector one for each of its components.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum Initial {
    Number(f64),
    Each(Vec<f64>),
}

#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ParameterDefinition {
    pub name: String,
    /// The value that is used where none is given.
    pub default: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub description: Option<String>,
}

/// A name for a part of the equations, or for what is measured.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NamedExpression {
    pub name: String,
    pub expression: String,
}

/// What a state's rate of change, or its next value, is.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EquationDefinition {
    /// The name of a state, of a vector, or of a vector's component.
    pub state: String,
    pub expression: String,
}

impl StateDefinition {
    pub fn new(name: &str, initial: f64) -> Self {
        StateDefinition {
            name: name.into(),
            initial: Some(Initial::Number(initial)),
            ..StateDefinition::default()
        }
    }

    pub fn vector(name: &str, size: usize) -> Self {
        StateDefinition {
            name: name.into(),
            size: Some(size),
            ..StateDefinition::default()
        }
    }

    /// Names of the components: its own, or for a vector `x0`, `x1`, ....
    pub fn components(&self) -> impl Iterator<Item = String> + '_ {
        (0..self.size.unwrap_or(1)).map(|k| match self.size {
            None => self.name.clone(),
            Some(_) => format!("{}{k}", self.name),
        })
    }
}

impl ParameterDefinition {
    pub fn new(name: &str, default: f64) -> Self {
        ParameterDefinition {
            name: name.into(),
            default,
            ..ParameterDefinition::default()
        }
    }

    pub fn described(name: &str, default: f64, unit: &str, description: &str) -> Self {
        ParameterDefinition {
            unit: (!unit.is_empty()).then(|| unit.into()),
            description: (!description.is_empty()).then(|| description.into()),
            ..ParameterDefinition::new(name, default)
        }
    }

    /// Description and unit in one line.
    fn meaning(&self) -> String {
        match (self.description.as_deref(), self.unit.as_deref()) {
            (Some(description), Some(unit)) => format!("{description} ({unit})"),
            (one, other) => one.or(other).unwrap_or_default().into(),
        }
    }
}

impl NamedExpression {
    pub fn new(name: &str, expression: &str) -> Self {
        NamedExpression {
            name: name.into(),
            expression: expression.into(),
        }
    }
}

impl EquationDefinition {
    pub fn new(state: &str, expression: &str) -> Self {
        EquationDefinition {
            state: state.into(),
            expression: expression.into(),
        }
    }
}

/// The most state components: beyond it a graph with nodes for each is the wrong tool.
pub const MOST_STATES: usize = 100_000;

impl ModelDefinition {
    /// Parses the equations and builds the model.
    ///
    /// # Errors
    /// [`Error::Equation`] for what a text does not say well: syntax, unknown names, definitions in
    /// a circle. Others for names that are used twice or mean something else, states without an
    /// equation or with two, and numbers that are not finite.
    pub fn build(&self) -> Result<EquationModel> {
        check::at_least("states", self.states.len(), 1)?;
        let mut dimension = 0usize;
        for (k, state) in self.states.iter().enumerate() {
            let size = state.size.unwrap_or(1);
            check::at_least(&format!("states[{k}].size"), size, 1)?;
            dimension = dimension.saturating_add(size);
            check::at_most("states", dimension, MOST_STATES)?;
        }
        check::finite("spinUp", self.spin_up)?;
        check::require(self.spin_up >= 0.0, "spinUp", self.spin_up, "zero or more")?;
        let scope = self.scope()?;
        let initial = self.initial_state(dimension)?;
        let mut builder = ModelBuilder::new(&self.name)
            .states(self.states.iter().flat_map(StateDefinition::components))
            .inputs(&self.inputs)
            .observables(self.observables.iter().map(|o| &o.name))
            .initial_state(initial)
            .spin_up(self.spin_up);
        for (k, parameter) in self.parameters.iter().enumerate() {
            check::finite(&format!("parameters[{k}].default"), parameter.default)?;
            builder = builder.parameter(&parameter.name, parameter.default, &parameter.meaning());
        }
        let mut model = builder.build(self.kind, |symbols| lower(self, &scope, symbols))?;
        model.definition = Some(Box::new(self.clone()));
        Ok(model)
    }

    /// What every name stands for, each checked.
    fn scope(&self) -> Result<Scope> {
        let mut scope = Scope {
            vectors: self.states.iter().any(|s| s.size.is_some()),
            symbols: HashMap::new(),
        };
        let mut first = 0;
        for (k, state) in self.states.iter().enumerate() {
            let path = || format!("states[{k}].name");
            let size = state.size.unwrap_or(1);
            if state.size.is_some() {
                scope.add(path, &state.name, Symbol::Vector { first, size })?;
            }
            for (c, name) in state.components().enumerate() {
                scope.add(path, &name, Symbol::State(first + c))?;
            }
            first += size;
        }
        for (k, parameter) in self.parameters.iter().enumerate() {
            let path = || format!("parameters[{k}].name");
            scope.add(path, &parameter.name, Symbol::Parameter(k))?;
        }
        for (k, name) in self.inputs.iter().enumerate() {
            scope.add(|| format!("inputs[{k}]"), name, Symbol::Input(k))?;
        }
        for (k, definition) in self.definitions.iter().enumerate() {
            let path = || format!("where[{k}].name");
            scope.add(path, &definition.name, Symbol::Definition(k))?;
        }
        for (k, observable) in self.observables.iter().enumerate() {
            let path = || format!("observables[{k}].name");
            scope.add(path, &observable.name, Symbol::Observable)?;
        }
        Ok(scope)
    }

    fn initial_state(&self, dimension: usize) -> Result<Vec<f64>> {
        let mut initial = Vec::with_capacity(dimension);
        for (k, state) in self.states.iter().enumerate() {
            let size = state.size.unwrap_or(1);
            let path = || format!("states[{k}].initial");
            match &state.initial {
                None => initial.extend(vec![0.0; size]),
                Some(Initial::Number(value)) => initial.extend(vec![*value; size]),
                Some(Initial::Each(values)) => {
                    let because = format!("one per component of {}", state.name);
                    check::length(&path(), values.len(), size, &because)?;
                    initial.extend(values);
                }
            }
            for value in &initial[initial.len() - size..] {
                check::finite(&path(), *value)?;
            }
        }
        Ok(initial)
    }
}

impl Scope {
    fn add(&mut self, path: impl Fn() -> String, name: &str, symbol: Symbol) -> Result<()> {
        if let Some(message) = self.refuse(name) {
            let path = path();
            return Err(Error::WrongShape { path, message });
        }
        match self.symbols.insert(name.into(), symbol) {
            None => Ok(()),
            Some(_) => Err(Error::Duplicate {
                path: path(),
                value: name.into(),
            }),
        }
    }

    fn refuse(&self, name: &str) -> Option<String> {
        let meaning = match name {
            _ if function(name).is_some() => "a function",
            "t" => "the time",
            "pi" => "a constant",
            "i" if self.vectors => "the index in a vector's equation",
            _ if is_name(name) => return None,
            _ => {
                return Some(format!(
                    "\"{name}\" cannot stand in an equation; use letters, digits and _, not a digit first"
                ))
            }
        };
        Some(format!("\"{name}\" is {meaning}; choose another name"))
    }
}
