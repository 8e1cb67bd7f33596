//! Functions of D coordinates, D further variables and the time that are given as text: what
//! Lagrangians and Hamiltonians written by hand have in common.

use std::collections::BTreeMap;

use super::Workspace;
use crate::action::resolve_parameters;
use crate::error::{check, Error, Result};
use crate::model::{
    EquationDefinition, Function, Model, ModelDefinition, NamedExpression, ParameterDefinition,
    Points, StateDefinition,
};

/// What a formula is made of; `names` are what error paths call its parts.
pub(super) struct Written<'a> {
    pub coordinates: &'a [String],
    pub others: &'a [String],
    pub parameters: &'a [ParameterDefinition],
    pub definitions: &'a [NamedExpression],
    pub text: &'a str,
    /// Of the second variables: `velocities` or `momenta`.
    pub second: &'static str,
    /// Of the text: `lagrangian` or `hamiltonian`.
    pub whole: &'static str,
}

/// A function f(t, x, w) with its exact derivatives.
#[derive(Debug, Clone)]
pub(super) struct Formula {
    /// One output; its states are x, w, t.
    function: Function,
    dimension: usize,
}

impl Written<'_> {
    /// The formula at given parameters.
    pub fn build(&self, given: &BTreeMap<String, f64>) -> Result<Formula> {
        let dimension = self.coordinates.len();
        check::at_least("coordinates", dimension, 1)?;
        let because = "one per coordinate";
        check::length(self.second, self.others.len(), dimension, because)?;
        let names = self.coordinates.iter().chain(self.others);
        let definition = ModelDefinition {
            name: self.whole.into(),
            states: names
                .clone()
                .map(|n| StateDefinition::new(n, 0.0))
                .collect(),
            parameters: self.parameters.to_vec(),
            definitions: self.definitions.to_vec(),
            equations: names.map(|n| EquationDefinition::new(n, "0")).collect(),
            observables: vec![NamedExpression::new(self.whole, self.text)],
            ..ModelDefinition::default()
        };
        let model = definition.build().map_err(|error| self.located(error))?;
        let parameters = resolve_parameters(&model, given)?;
        // There is one, as an observable was asked for.
        let function = model.observation().ok_or_else(|| Error::WrongShape {
            path: self.whole.into(),
            message: "must be an expression".into(),
        })?;
        Ok(Formula {
            function: function.autonomous(&parameters),
            dimension,
        })
    }

    /// Errors of the model that the formula is an observable of, in the words of the caller.
    fn located(&self, error: Error) -> Error {
        let dimension = self.coordinates.len();
        let rename = |path: String| -> String {
            if path == format!("observables.{}", self.whole) || path == "observables[0].name" {
                return self.whole.into();
            }
            let place = path
                .strip_prefix("states[")
                .and_then(|rest| rest.strip_suffix("].name"))
                .and_then(|k| k.parse::<usize>().ok());
            match place {
                Some(k) if k < dimension => format!("coordinates[{k}]"),
                Some(k) => format!("{}[{}]", self.second, k - dimension),
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
}

impl Formula {
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    pub fn value(&self, work: &mut Workspace, time: f64, x: &[f64], w: &[f64]) -> f64 {
        let point = self.point(work, time, x, w);
        let mut value = [0.0];
        let at = at(&point);
        self.function.evaluate(&mut work.scratch, at, &mut value);
        work.give(point);
        value[0]
    }

    /// `(f_x, f_w)`.
    pub fn gradient(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        w: &[f64],
        gradient: &mut [f64],
    ) {
        let sparsity = self.function.jacobian_sparsity();
        let point = self.point(work, time, x, w);
        let mut entries = work.take(sparsity.entries());
        self.function
            .jacobian(&mut work.scratch, at(&point), &mut entries);
        gradient.fill(0.0);
        for (e, column) in sparsity.row(0) {
            // The last one is the time.
            if let Some(g) = gradient.get_mut(column) {
                *g = entries[e];
            }
        }
        work.give(entries);
        work.give(point);
    }

    /// Second derivatives in (x, w).
    pub fn hessian(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        w: &[f64],
        hessian: &mut [f64],
    ) {
        let n = 2 * self.dimension;
        hessian.fill(0.0);
        self.second(work, time, x, w, |i, j, value| {
            if i < n {
                hessian[j * n + i] = value;
                hessian[i * n + j] = value;
            }
        });
    }

    /// `f_wt`.
    pub fn mixed_rate(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        w: &[f64],
        rate: &mut [f64],
    ) {
        let d = self.dimension;
        rate.fill(0.0);
        self.second(work, time, x, w, |i, j, value| {
            if i == 2 * d && (d..2 * d).contains(&j) {
                rate[j - d] = value;
            }
        });
    }

    /// Whether no product of an x with a w is in it.
    pub fn is_separable(&self) -> bool {
        let d = self.dimension;
        let sparsity = self.function.curvature_sparsity();
        (d..2 * d).all(|i| sparsity.row(i).all(|(_, j)| j >= d))
    }

    /// Calls `take(row, column, value)` for the entries of the lower triangle.
    fn second(
        &self,
        work: &mut Workspace,
        time: f64,
        x: &[f64],
        w: &[f64],
        mut take: impl FnMut(usize, usize, f64),
    ) {
        let sparsity = self.function.curvature_sparsity();
        let point = self.point(work, time, x, w);
        let mut entries = work.take(sparsity.entries());
        self.function
            .curvature(&mut work.scratch, at(&point), &[1.0], &mut entries);
        for i in 0..sparsity.rows() {
            for (e, j) in sparsity.row(i) {
                take(i, j, entries[e]);
            }
        }
        work.give(entries);
        work.give(point);
    }

    fn point(&self, work: &mut Workspace, time: f64, x: &[f64], w: &[f64]) -> Vec<f64> {
        let d = self.dimension;
        let mut point = work.take(2 * d + 1);
        point[..d].copy_from_slice(x);
        point[d..2 * d].copy_from_slice(w);
        point[2 * d] = time;
        point
    }
}

fn at(point: &[f64]) -> Points<'_> {
    Points {
        states: point,
        ..Points::default()
    }
}
