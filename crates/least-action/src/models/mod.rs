//! Named systems, one file each, written in the language of [`ModelDefinition`].

mod colpitts;
mod double_well;
mod lorenz63;
mod lorenz96;
mod lotka_volterra;
mod neuron;
mod pendulum;

pub use colpitts::colpitts;
pub use double_well::double_well;
pub use lorenz63::lorenz63;
pub use lorenz96::lorenz96;
pub use lotka_volterra::{log_lotka_volterra, lotka_volterra};
pub use neuron::nakl_neuron;
pub use pendulum::pendulum;

use crate::error::Result;
use crate::model::{
    EquationDefinition, EquationModel, ModelDefinition, NamedExpression, ParameterDefinition,
    StateDefinition,
};

/// A named system as data, as it is passed to other languages and written to files.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "name", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum ModelSpec {
    /// The model of [`lorenz63()`].
    Lorenz63 {},
    /// The model of [`lorenz96()`].
    Lorenz96 {
        /// Number of sites on the ring, at least 4.
        dimension: usize,
    },
    /// The model of [`lotka_volterra()`].
    LotkaVolterra {},
    /// The model of [`log_lotka_volterra()`].
    LogLotkaVolterra {},
    /// The model of [`nakl_neuron()`].
    NaklNeuron {},
    /// The model of [`colpitts()`].
    Colpitts {},
    /// The model of [`pendulum()`].
    Pendulum {},
    /// The model of [`double_well()`].
    DoubleWell {},
}

impl ModelSpec {
    /// Equations of the system as text.
    ///
    /// # Errors
    /// A dimension that the system cannot have.
    pub fn definition(&self) -> Result<ModelDefinition> {
        Ok(match self {
            ModelSpec::Lorenz63 {} => lorenz63::definition(),
            ModelSpec::Lorenz96 { dimension } => lorenz96::definition(*dimension)?,
            ModelSpec::LotkaVolterra {} => lotka_volterra::definition(),
            ModelSpec::LogLotkaVolterra {} => lotka_volterra::log_definition(),
            ModelSpec::NaklNeuron {} => neuron::definition(),
            ModelSpec::Colpitts {} => colpitts::definition(),
            ModelSpec::Pendulum {} => pendulum::definition(),
            ModelSpec::DoubleWell {} => double_well::definition(),
        })
    }

    /// Builds the model.
    ///
    /// # Errors
    /// Those of [`ModelSpec::definition`].
    pub fn build(&self) -> Result<EquationModel> {
        self.definition()?.build()
    }

    /// One of each system, at its smallest size. Tests and type declarations go through this list.
    ///
    /// ```
    /// use least_action::model::Model;
    /// use least_action::models::ModelSpec;
    ///
    /// let model = ModelSpec::Lorenz96 { dimension: 5 }.build()?;
    /// assert_eq!(model.states().len(), 5);
    /// assert!(ModelSpec::catalogue().contains(&ModelSpec::Lorenz63 {}));
    /// # Ok::<(), least_action::Error>(())
    /// ```
    pub fn catalogue() -> Vec<ModelSpec> {
        vec![
            ModelSpec::Lorenz63 {},
            ModelSpec::Lorenz96 { dimension: 4 },
            ModelSpec::LotkaVolterra {},
            ModelSpec::LogLotkaVolterra {},
            ModelSpec::NaklNeuron {},
            ModelSpec::Colpitts {},
            ModelSpec::Pendulum {},
            ModelSpec::DoubleWell {},
        ]
    }
}

/// Any model as data: a named system, or one with its own equations as `{ "definition": ... }`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[non_exhaustive]
pub enum ModelSource {
    /// A model with its own equations.
    Defined(Defined),
    /// A named system.
    Named(ModelSpec),
}

/// A model with its own equations.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Defined {
    /// The equations and everything else that defines the model.
    pub definition: ModelDefinition,
}

impl ModelSource {
    /// Builds the model.
    ///
    /// # Errors
    /// Those of [`ModelSpec::build`] and [`ModelDefinition::build`].
    pub fn build(&self) -> Result<EquationModel> {
        match self {
            ModelSource::Defined(defined) => defined.definition.build(),
            ModelSource::Named(spec) => spec.build(),
        }
    }
}

/// A definition in the form in which the files of this folder write it.
#[derive(Default)]
struct CompactDefinition<'a> {
    /// Name of the model.
    name: &'a str,
    /// Name, initial value and unit of each state.
    states: &'a [(&'a str, f64, &'a str)],
    /// Names of the inputs.
    inputs: &'a [&'a str],
    /// Name, default, unit and meaning of each parameter.
    parameters: &'a [(&'a str, f64, &'a str, &'a str)],
    /// Names and expressions that the equations use.
    definitions: &'a [(&'a str, &'a str)],
    /// State and right-hand side of each equation.
    equations: &'a [(&'a str, &'a str)],
    /// Time until the states are on the attractor, in the model's unit; 0 where none is needed.
    spin_up: f64,
}

impl CompactDefinition<'_> {
    fn definition(&self) -> ModelDefinition {
        let state = |&(name, initial, unit): &(&str, f64, &str)| StateDefinition {
            unit: (!unit.is_empty()).then(|| unit.into()),
            ..StateDefinition::new(name, initial)
        };
        let parameters = self.parameters.iter();
        ModelDefinition {
            name: self.name.into(),
            states: self.states.iter().map(state).collect(),
            inputs: self.inputs.iter().map(|&name| name.into()).collect(),
            parameters: parameters
                .map(|p| ParameterDefinition::described(p.0, p.1, p.2, p.3))
                .collect(),
            definitions: self
                .definitions
                .iter()
                .map(|d| NamedExpression::new(d.0, d.1))
                .collect(),
            equations: self
                .equations
                .iter()
                .map(|e| EquationDefinition::new(e.0, e.1))
                .collect(),
            spin_up: self.spin_up,
            ..ModelDefinition::default()
        }
    }
}
