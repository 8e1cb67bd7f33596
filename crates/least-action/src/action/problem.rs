//! What an action is formed from, checked once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grid::Grid;
use super::{Discretization, Normalization, Observations};
use crate::error::{check, Error, Result};
use crate::model::{Model, MOST_VALUES};

/// How an action is formed from a model and data.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(rename_all = "camelCase", deny_unknown_fields)
)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ActionOptions {
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    /// Default: `simpson-hermite` for flows, `map` for maps.
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub discretization: Option<Discretization>,
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub normalization: Normalization,
    /// R_m: one over the variance of the measurement noise, in the square of the data's unit.
    pub measurement_precision: f64,
    /// Values of parameters that are known; the model's defaults where none is given.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub parameters: BTreeMap<String, f64>,
    /// Names of the parameters that are variables of the action, beside the path. Default: none.
    #[cfg_attr(
        feature = "serde",
        serde(default, skip_serializing_if = "crate::never")
    )]
    pub estimate: Vec<String>,
}

impl Default for ActionOptions {
    /// R_m = 1, everything else by its own default.
    fn default() -> Self {
        ActionOptions {
            discretization: None,
            normalization: Normalization::default(),
            measurement_precision: 1.0,
            parameters: BTreeMap::new(),
            estimate: Vec::new(),
        }
    }
}

/// A model, data and everything fixed about their action: checked once, shared by all starting paths.
#[derive(Clone)]
pub struct Problem {
    pub(crate) model: Arc<dyn Model>,
    pub(crate) observations: Observations,
    pub(crate) grid: Grid,
    pub(crate) discretization: Discretization,
    pub(crate) normalization: Normalization,
    pub(crate) measurement_precision: f64,
    /// All of the model's parameters, in its order; the estimated ones are placeholders.
    pub(crate) parameters: Vec<f64>,
    /// Which of them are estimated, ascending.
    pub(crate) estimated: Vec<usize>,
    /// What was measured: the position in a path, and the value there. Gaps are not in it.
    pub(crate) measured: Vec<(usize, f64)>,
}

impl Problem {
    /// # Errors
    /// Whatever is wrong with the data or options, by field; see [`Error`].
    pub fn new(
        model: Arc<dyn Model>,
        observations: Observations,
        options: &ActionOptions,
    ) -> Result<Self> {
        observations.validate(&*model)?;
        let most = MOST_VALUES / model.dimension();
        check::at_most("data.points", observations.points, most)?;
        let discretization = options
            .discretization
            .unwrap_or(Discretization::default_for(model.kind()));
        discretization.validate(model.kind(), observations.points)?;
        check::precision("measurementPrecision", options.measurement_precision)?;
        let parameters = resolve_parameters(&*model, &options.parameters)?;
        let names = model.parameters().iter().map(|p| p.name.as_str());
        let mut estimated = Vec::new();
        for name in &options.estimate {
            let path = format!("estimate.{name}");
            let index = check::position(&path, name, names.clone())?;
            if estimated.contains(&index) {
                return Err(Error::Duplicate {
                    path: "estimate".into(),
                    value: name.clone(),
                });
            }
            estimated.push(index);
        }
        estimated.sort_unstable();
        Ok(Problem {
            grid: Grid::new(std::slice::from_ref(&observations), model.inputs().len()),
            measured: measured(&observations, model.dimension()),
            observations,
            discretization,
            normalization: options.normalization,
            measurement_precision: options.measurement_precision,
            parameters,
            estimated,
            model,
        })
    }

    pub fn model(&self) -> &Arc<dyn Model> {
        &self.model
    }

    pub fn observations(&self) -> &Observations {
        &self.observations
    }

    /// Length of a path: points x dimension.
    pub fn path_length(&self) -> usize {
        self.observations.points * self.model.dimension()
    }

    /// Names of the estimated parameters, in the order in which their values are passed.
    pub fn estimated(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.estimated
            .iter()
            .map(|&i| self.model.parameters()[i].name.as_str())
    }
}

fn measured(data: &Observations, dimension: usize) -> Vec<(usize, f64)> {
    let width = data.observed.len();
    let place = |k: usize| (k / width) * dimension + data.observed[k % width];
    let values = data.values.iter().enumerate();
    values
        .filter(|(_, y)| !y.is_nan())
        .map(|(k, &y)| (place(k), y))
        .collect()
}

/// All parameters of a model in its order: the given ones by name, its defaults otherwise.
///
/// # Errors
/// A name that the model does not have, and values that are not finite.
pub fn resolve_parameters(model: &dyn Model, given: &BTreeMap<String, f64>) -> Result<Vec<f64>> {
    let mut values: Vec<f64> = model.parameters().iter().map(|p| p.default).collect();
    let names = model.parameters().iter().map(|p| p.name.as_str());
    for (name, &value) in given {
        let path = format!("parameters.{name}");
        let index = check::position(&path, name, names.clone())?;
        check::finite(&path, value)?;
        values[index] = value;
    }
    Ok(values)
}
