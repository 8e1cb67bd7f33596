//! Lagrangians and Hamiltonians of classical mechanics, given by text.

use std::collections::BTreeMap;

use super::formula::{Formula, Written};
use super::{Hamiltonian, Lagrangian, Workspace};
use crate::error::Result;
use crate::model::{NamedExpression, ParameterDefinition};

/// A Lagrangian as mathematics, in the language of [`crate::model::ModelDefinition`]; the time is
/// `t`.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct LagrangianDefinition {
    /// Names of the coordinates.
    pub coordinates: Vec<String>,
    /// Names of their velocities, in the same order.
    pub velocities: Vec<String>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ParameterDefinition>>"))]
    pub parameters: Vec<ParameterDefinition>,
    /// Named parts of the text.
    #[serde(rename = "where", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub definitions: Vec<NamedExpression>,
    /// L.
    pub lagrangian: String,
}

impl LagrangianDefinition {
    /// Parses the text; parameters that are not given have their defaults.
    ///
    /// ```
    /// use least_action::mechanics::{acceleration, LagrangianDefinition, Workspace};
    ///
    /// let bead = LagrangianDefinition {
    ///     coordinates: vec!["r".into()],
    ///     velocities: vec!["v".into()],
    ///     lagrangian: "v^2/2 + 2^2*r^2/2".into(),
    ///     ..LagrangianDefinition::default()
    /// };
    /// // A bead on a wire that turns at the rate 2 is driven outward.
    /// let a = acceleration(&bead.build(&Default::default())?, &mut Workspace::default(), 0.0, &[1.5], &[0.0])?;
    /// assert_eq!(a, [6.0]);
    /// # Ok::<(), least_action::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of a text ([`crate::Error::Equation`]) and of names, and parameters that there are
    /// not.
    pub fn build(&self, parameters: &BTreeMap<String, f64>) -> Result<ClassicalLagrangian> {
        let written = Written {
            coordinates: &self.coordinates,
            others: &self.velocities,
            parameters: &self.parameters,
            definitions: &self.definitions,
            text: &self.lagrangian,
            second: "velocities",
            whole: "lagrangian",
        };
        written.build(parameters).map(ClassicalLagrangian)
    }
}

/// A Lagrangian L(q, v, t) made of a text; its derivatives are exact.
#[derive(Debug, Clone)]
pub struct ClassicalLagrangian(Formula);

impl Lagrangian for ClassicalLagrangian {
    fn dimension(&self) -> usize {
        self.0.dimension()
    }

    fn value(&self, work: &mut Workspace, time: f64, x: &[f64], v: &[f64]) -> Result<f64> {
        Ok(self.0.value(work, time, x, v))
    }

    fn gradient(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        self.0.gradient(work, time, x, v, gradient);
        Ok(())
    }

    fn hessian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        hessian: &mut [f64],
    ) -> Result<()> {
        self.0.hessian(work, time, x, v, hessian);
        Ok(())
    }

    fn momentum_rate(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        v: &[f64],
        rate: &mut [f64],
    ) -> Result<()> {
        self.0.mixed_rate(work, time, x, v, rate);
        Ok(())
    }
}

/// A Hamiltonian as mathematics, in the language of [`crate::model::ModelDefinition`]; the time is
/// `t`.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS), ts(optional_fields))]
pub struct HamiltonianDefinition {
    /// Names of the coordinates.
    pub coordinates: Vec<String>,
    /// Names of their momenta, in the same order.
    pub momenta: Vec<String>,
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ParameterDefinition>>"))]
    pub parameters: Vec<ParameterDefinition>,
    /// Named parts of the text.
    #[serde(rename = "where", default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<NamedExpression>>"))]
    pub definitions: Vec<NamedExpression>,
    /// H.
    pub hamiltonian: String,
}

impl HamiltonianDefinition {
    /// Parses the text; parameters that are not given have their defaults.
    ///
    /// # Errors
    /// As [`LagrangianDefinition::build`].
    pub fn build(&self, parameters: &BTreeMap<String, f64>) -> Result<ClassicalHamiltonian> {
        let written = Written {
            coordinates: &self.coordinates,
            others: &self.momenta,
            parameters: &self.parameters,
            definitions: &self.definitions,
            text: &self.hamiltonian,
            second: "momenta",
            whole: "hamiltonian",
        };
        let formula = written.build(parameters)?;
        Ok(ClassicalHamiltonian {
            separable: formula.is_separable(),
            formula,
        })
    }
}

/// A Hamiltonian H(q, p, t) made of a text; its derivatives are exact, and whether it is separable
/// follows from them.
#[derive(Debug, Clone)]
pub struct ClassicalHamiltonian {
    formula: Formula,
    separable: bool,
}

impl Hamiltonian for ClassicalHamiltonian {
    fn dimension(&self) -> usize {
        self.formula.dimension()
    }

    fn energy(&self, work: &mut Workspace, time: f64, x: &[f64], p: &[f64]) -> Result<f64> {
        Ok(self.formula.value(work, time, x, p))
    }

    fn gradient(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        gradient: &mut [f64],
    ) -> Result<()> {
        self.formula.gradient(work, time, x, p, gradient);
        Ok(())
    }

    fn hessian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        hessian: &mut [f64],
    ) -> Result<()> {
        self.formula.hessian(work, time, x, p, hessian);
        Ok(())
    }

    fn velocity_rate(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        p: &[f64],
        rate: &mut [f64],
    ) -> Result<()> {
        self.formula.mixed_rate(work, time, x, p, rate);
        Ok(())
    }

    fn is_separable(&self) -> bool {
        self.separable
    }
}
