//! Lagrangians and Hamiltonians of classical mechanics, given by text.

use std::collections::BTreeMap;

use super::formula::{Formula, FormulaText};
use super::{Momentum, Velocity};
use crate::error::Result;
use crate::model::{NamedExpression, ParameterDefinition};

/// A Lagrangian as mathematics, in the language of [`crate::model::ModelDefinition`]; the time is
/// `t`. See [`LagrangianDefinition::build`] for an example.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct LagrangianDefinition {
    /// Names of the coordinates.
    pub coordinates: Vec<String>,
    /// Names of their velocities, in the same order.
    pub velocities: Vec<String>,
    /// Parameters of the text. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ParameterDefinition>>"))]
    pub parameters: Vec<ParameterDefinition>,
    /// Named parts of the text. Default: none.
    #[serde(rename = "where", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub definitions: Vec<NamedExpression>,
    /// Text of the expression for L.
    pub lagrangian: String,
}

impl LagrangianDefinition {
    /// Parses the text; parameters that are not given have their defaults.
    ///
    /// ```
    /// use least_action::mechanics::{acceleration, LagrangianDefinition, PhaseSpaceWorkspace};
    ///
    /// let bead = LagrangianDefinition {
    ///     coordinates: vec!["r".into()],
    ///     velocities: vec!["v".into()],
    ///     lagrangian: "v^2/2 + 2^2*r^2/2".into(),
    ///     ..LagrangianDefinition::default()
    /// };
    /// // A bead on a wire that turns at the rate 2 is driven outward.
    /// let bead = bead.build(&Default::default())?;
    /// let a = acceleration(&bead, &mut PhaseSpaceWorkspace::default(), 0.0, &[1.5], &[0.0])?;
    /// assert_eq!(a, [6.0]);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of a text ([`crate::Error::Equation`]) and of names, and parameters that there are
    /// not.
    pub fn build(&self, parameters: &BTreeMap<String, f64>) -> Result<ClassicalLagrangian> {
        let text = FormulaText {
            coordinates: &self.coordinates,
            others: &self.velocities,
            parameters: &self.parameters,
            definitions: &self.definitions,
            text: &self.lagrangian,
        };
        text.build(parameters)
    }
}

/// A Lagrangian L(t, q, v) built from a text; its derivatives are exact.
pub type ClassicalLagrangian = Formula<Velocity>;

/// A Hamiltonian as mathematics, in the language of [`crate::model::ModelDefinition`]; the time is
/// `t`.
///
/// ```
/// use least_action::mechanics::HamiltonianDefinition;
///
/// let pendulum = HamiltonianDefinition {
///     coordinates: vec!["q".into()],
///     momenta: vec!["p".into()],
///     hamiltonian: "p^2/2 - cos(q)".into(),
///     ..HamiltonianDefinition::default()
/// };
/// pendulum.build(&Default::default())?;
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct HamiltonianDefinition {
    /// Names of the coordinates.
    pub coordinates: Vec<String>,
    /// Names of their momenta, in the same order.
    pub momenta: Vec<String>,
    /// Parameters of the text. Default: none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ParameterDefinition>>"))]
    pub parameters: Vec<ParameterDefinition>,
    /// Named parts of the text. Default: none.
    #[serde(rename = "where", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub definitions: Vec<NamedExpression>,
    /// Text of the expression for H.
    pub hamiltonian: String,
}

impl HamiltonianDefinition {
    /// Parses the text; parameters that are not given have their defaults.
    ///
    /// # Errors
    /// Those of [`LagrangianDefinition::build`].
    pub fn build(&self, parameters: &BTreeMap<String, f64>) -> Result<ClassicalHamiltonian> {
        let text = FormulaText {
            coordinates: &self.coordinates,
            others: &self.momenta,
            parameters: &self.parameters,
            definitions: &self.definitions,
            text: &self.hamiltonian,
        };
        text.build(parameters)
    }
}

/// A Hamiltonian H(t, q, p) built from a text; its derivatives are exact, and tell if it is
/// separable.
pub type ClassicalHamiltonian = Formula<Momentum>;
