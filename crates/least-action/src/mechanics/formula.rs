//! Functions of the phase space that are given as text: Lagrangians and Hamiltonians in the
//! notation of mathematics.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use super::{PhasePoint, PhaseSpaceFunction, PhaseSpaceWorkspace, SecondVariable};
use crate::action::resolve_parameters;
use crate::error::{check, Error, Result};
use crate::model::{
    EquationDefinition, Function, Model, ModelDefinition, NamedExpression, ParameterDefinition,
    Points, StateDefinition,
};

/// Text of a function of the phase space, with the names in it.
pub(super) struct FormulaText<'a> {
    pub coordinates: &'a [String],
    /// Names of the velocities or momenta.
    pub others: &'a [String],
    pub parameters: &'a [ParameterDefinition],
    pub definitions: &'a [NamedExpression],
    pub text: &'a str,
}

/// A function f(t, x, w) built from a text, with its exact derivatives, which tell if it is
/// separable.
#[derive(Debug, Clone)]
pub struct Formula<V> {
    /// Function with one output; its states are x, w, t.
    function: Function,
    dimension: usize,
    separable: bool,
    variable: PhantomData<V>,
}

impl FormulaText<'_> {
    /// Builds the formula at given parameters.
    pub fn build<V: SecondVariable>(&self, given: &BTreeMap<String, f64>) -> Result<Formula<V>> {
        let dimension = self.coordinates.len();
        check::at_least("coordinates", dimension, 1)?;
        let because = "one per coordinate";
        check::length(V::PLURAL, self.others.len(), dimension, because)?;
        let names = self.coordinates.iter().chain(self.others);
        // Its name in errors: `lagrangian` or `hamiltonian`.
        let whole = V::LEGENDRE.path;
        let definition = ModelDefinition {
            name: whole.into(),
            states: names
                .clone()
                .map(|n| StateDefinition::new(n, 0.0))
                .collect(),
            parameters: self.parameters.to_vec(),
            definitions: self.definitions.to_vec(),
            equations: names.map(|n| EquationDefinition::new(n, "0")).collect(),
            observables: vec![NamedExpression::new(whole, self.text)],
            ..ModelDefinition::default()
        };
        let model = definition.build();
        let model = model.map_err(|error| located::<V>(error, dimension))?;
        let parameters = resolve_parameters(&model, given)?;
        // There is one, as an observable was asked for.
        let function = model.observation().ok_or_else(|| Error::WrongShape {
            path: whole.into(),
            message: "must be an expression".into(),
        })?;
        let function = function.autonomous(&parameters);
        // No product of an x with a w is in it.
        let d = dimension;
        let sparsity = function.curvature_sparsity();
        let separable = (d..2 * d).all(|i| sparsity.row(i).all(|(_, j)| j >= d));
        Ok(Formula {
            function,
            dimension,
            separable,
            variable: PhantomData,
        })
    }
}

/// Rewrites errors of the model that the formula is an observable of, in the words of the caller.
fn located<V: SecondVariable>(error: Error, dimension: usize) -> Error {
    let rename = |path: String| -> String {
        let whole = V::LEGENDRE.path;
        if path == format!("observables.{whole}") || path == "observables[0].name" {
            return whole.into();
        }
        let place = path
            .strip_prefix("states[")
            .and_then(|rest| rest.strip_suffix("].name"))
            .and_then(|k| k.parse::<usize>().ok());
        match place {
            Some(k) if k < dimension => format!("coordinates[{k}]"),
            Some(k) => format!("{}[{}]", V::PLURAL, k - dimension),
            None => path,
        }
    };
    match error {
        Error::Equation {
            path,
            text,
            position,
            message,
            nearest,
        } => Error::Equation {
            path: rename(path),
            text,
            position,
            message,
            nearest,
        },
        Error::WrongShape { path, message } => Error::WrongShape {
            path: rename(path),
            message,
        },
        Error::Duplicate { path, value } => Error::Duplicate {
            path: rename(path),
            value,
        },
        other => other,
    }
}

impl<V: SecondVariable> PhaseSpaceFunction for Formula<V> {
    type Variable = V;

    fn dimension(&self) -> usize {
        self.dimension
    }

    fn value(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint) -> Result<f64> {
        let point = self.point(work, at);
        let mut value = [0.0];
        self.function
            .evaluate(&mut work.scratch, states(&point), &mut value);
        work.give(point);
        Ok(value[0])
    }

    fn gradient(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        gradient: &mut [f64],
    ) -> Result<()> {
        let sparsity = self.function.jacobian_sparsity();
        let point = self.point(work, at);
        let mut entries = work.take(sparsity.entries());
        self.function
            .jacobian(&mut work.scratch, states(&point), &mut entries);
        gradient.fill(0.0);
        for (e, column) in sparsity.row(0) {
            // The last one is the time.
            if let Some(g) = gradient.get_mut(column) {
                *g = entries[e];
            }
        }
        work.give(entries);
        work.give(point);
        Ok(())
    }

    fn hessian(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        hessian: &mut [f64],
    ) -> Result<()> {
        let n = 2 * self.dimension;
        hessian.fill(0.0);
        self.second(work, at, |i, j, value| {
            if i < n {
                hessian[j * n + i] = value;
                hessian[i * n + j] = value;
            }
        });
        Ok(())
    }

    fn conjugate_rate(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        rate: &mut [f64],
    ) -> Result<()> {
        let d = self.dimension;
        rate.fill(0.0);
        self.second(work, at, |i, j, value| {
            if i == 2 * d && (d..2 * d).contains(&j) {
                rate[j - d] = value;
            }
        });
        Ok(())
    }

    fn is_separable(&self) -> bool {
        self.separable
    }
}

impl<V> Formula<V> {
    /// Calls `take(row, column, value)` for the entries of the lower triangle of the second
    /// derivatives in (x, w, t).
    fn second(
        &self,
        work: &mut PhaseSpaceWorkspace,
        at: PhasePoint,
        mut take: impl FnMut(usize, usize, f64),
    ) {
        let sparsity = self.function.curvature_sparsity();
        let point = self.point(work, at);
        let mut entries = work.take(sparsity.entries());
        self.function
            .curvature(&mut work.scratch, states(&point), &[1.0], &mut entries);
        for i in 0..sparsity.rows() {
            for (e, j) in sparsity.row(i) {
                take(i, j, entries[e]);
            }
        }
        work.give(entries);
        work.give(point);
    }

    /// States of the function, x, w and t, to be given back to the workspace.
    fn point(&self, work: &mut PhaseSpaceWorkspace, at: PhasePoint) -> Vec<f64> {
        let d = self.dimension;
        let mut point = work.take(2 * d + 1);
        point[..d].copy_from_slice(at.x);
        point[d..2 * d].copy_from_slice(at.w);
        point[2 * d] = at.time;
        point
    }
}

fn states(point: &[f64]) -> Points<'_> {
    Points {
        states: point,
        ..Points::default()
    }
}
