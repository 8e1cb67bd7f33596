//! The named systems, one file each, written in the language of [`ModelDefinition`].

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

/// A named system as data: what crosses to other languages and into files.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "name", rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum ModelSpec {
    /// See [`lorenz63()`].
    Lorenz63 {},
    /// See [`lorenz96()`].
    Lorenz96 {
        /// Number of sites on the ring, at least 4.
        dimension: usize,
    },
    /// See [`lotka_volterra()`].
    LotkaVolterra {},
    /// See [`log_lotka_volterra()`].
    LogLotkaVolterra {},
    /// See [`nakl_neuron()`].
    NaklNeuron {},
    /// See [`colpitts()`].
    Colpitts {},
    /// See [`pendulum()`].
    Pendulum {},
    /// See [`double_well()`].
    DoubleWell {},
}

impl ModelSpec {
    /// The system's equations as texts.
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
    /// As [`ModelSpec::definition`].
    pub fn build(&self) -> Result<EquationModel> {
        self.definition()?.build()
    }

    /// One of each, at the smallest size: the list that tests and type declarations go through.
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
pub enum ModelSource {
    Defined(Defined),
    Named(ModelSpec),
}

/// A model with its own equations.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Defined {
    pub definition: ModelDefinition,
}

impl ModelSource {
    /// Builds the model.
    ///
    /// # Errors
    /// As [`ModelSpec::build`] and [`ModelDefinition::build`].
    pub fn build(&self) -> Result<EquationModel> {
        match self {
            ModelSource::Defined(defined) => defined.definition.build(),
            ModelSource::Named(spec) => spec.build(),
        }
    }
}

/// A definition as the files of this folder write it down.
#[derive(Default)]
struct Written<'a> {
    name: &'a str,
    /// Name, initial value, unit.
    states: &'a [(&'a str, f64, &'a str)],
    inputs: &'a [&'a str],
    /// Name, default, unit, meaning.
    parameters: &'a [(&'a str, f64, &'a str, &'a str)],
    definitions: &'a [(&'a str, &'a str)],
    equations: &'a [(&'a str, &'a str)],
    spin_up: f64,
}

impl Written<'_> {
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
