//! The action of a path and its gradient.

use std::collections::BTreeMap;

use least_action::{ActionOptions, Error, Problem};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{float64_array, plain, read, read_observations, set, thrown, Result};
use crate::model::build;

/// An action, with the memory that evaluating it needs.
#[wasm_bindgen]
pub struct Action {
    action: least_action::Action,
    /// What estimated parameters are where none is given.
    defaults: Vec<f64>,
    path_gradient: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct At {
    model_precision: f64,
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
}

#[wasm_bindgen]
impl Action {
    /// `data` is `{ start, timeStep, points, observed }`, `values` are points x observed.
    #[wasm_bindgen(constructor)]
    pub fn new(
        spec: &JsValue,
        data: &JsValue,
        values: Vec<f64>,
        options: &JsValue,
    ) -> Result<Action> {
        let model = build(spec)?;
        let data = read_observations(data, values)?;
        let options: ActionOptions = read("", options)?;
        let problem = Problem::new(model, data, &options).map_err(thrown)?;
        let all = problem.model().parameters().iter();
        let default = |name| {
            all.clone()
                .find(|p| p.name == name)
                .map_or(f64::NAN, |p| p.default)
        };
        let defaults = problem.estimated().map(|name| {
            options
                .parameters
                .get(name)
                .copied()
                .unwrap_or_else(|| default(name))
        });
        Ok(Action {
            defaults: defaults.collect(),
            path_gradient: vec![0.0; problem.path_length()],
            action: least_action::Action::new(&problem),
        })
    }

    /// Names of the estimated parameters, in the order of the gradient in them.
    pub fn estimated(&self) -> Vec<String> {
        self.action
            .problem()
            .estimated()
            .map(str::to_string)
            .collect()
    }

    /// `{ action, measurementError, modelError }`; `at` is `{ modelPrecision, parameters }`.
    pub fn evaluate(&mut self, path: Vec<f64>, at: &JsValue) -> Result<JsValue> {
        let at: At = read("", at)?;
        let parameters = self.parameters(&at)?;
        let value = self
            .action
            .evaluate(at.model_precision, &path, &parameters)
            .map_err(thrown)?;
        Ok(plain(&value))
    }

    /// The same, and `path`, the gradient in the path, and `parameters`, the gradient in the estimated parameters.
    pub fn gradient(&mut self, path: Vec<f64>, at: &JsValue) -> Result<JsValue> {
        let at: At = read("", at)?;
        let parameters = self.parameters(&at)?;
        let mut gradient = vec![0.0; parameters.len()];
        let value = self
            .action
            .gradient(
                at.model_precision,
                &path,
                &parameters,
                &mut self.path_gradient,
                &mut gradient,
            )
            .map_err(thrown)?;
        let result = plain(&value);
        set(&result, "path", &float64_array(&self.path_gradient));
        set(&result, "parameters", &float64_array(&gradient));
        Ok(result)
    }

    fn parameters(&self, at: &At) -> Result<Vec<f64>> {
        let mut values = self.defaults.clone();
        let names = self.action.problem().estimated();
        for (name, &value) in &at.parameters {
            match names.clone().position(|known| known == name) {
                Some(index) => values[index] = value,
                None => {
                    let path = format!("parameters.{name}");
                    return Err(thrown(Error::unknown_name(&path, name, names)));
                }
            }
        }
        Ok(values)
    }
}
