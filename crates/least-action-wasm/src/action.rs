//! The action of a path and its gradient: what a minimiser in JavaScript calls ten thousand times, so that crossing must cost little beside it.

use std::collections::BTreeMap;

use js_sys::{Float64Array, Object, Reflect};
use least_action::{ActionOptions, ActionValue, Error, Problem};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{as_object, read, read_observations, thrown, Result};
use crate::model::build;

/// An action, with the memory that evaluating it needs.
#[wasm_bindgen]
pub struct Action {
    action: least_action::Action,
    /// Names of the estimated parameters, as JavaScript has them.
    names: Vec<JsValue>,
    /// What they are where none is given.
    defaults: Vec<f64>,
    path: Vec<f64>,
    parameters: Vec<f64>,
    path_gradient: Vec<f64>,
    parameter_gradient: Vec<f64>,
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
        let given = |name| options.parameters.get(name).copied();
        let defaults: Vec<f64> = problem
            .estimated()
            .map(|name| given(name).unwrap_or_else(|| default(name)))
            .collect();
        Ok(Action {
            names: problem.estimated().map(JsValue::from_str).collect(),
            path: Vec::new(),
            parameters: defaults.clone(),
            path_gradient: vec![0.0; problem.path_length()],
            parameter_gradient: vec![0.0; defaults.len()],
            defaults,
            action: least_action::Action::new(&problem),
        })
    }

    /// Names of the estimated parameters, in the order of the gradient in them.
    pub fn estimated(&self) -> Vec<JsValue> {
        self.names.clone()
    }

    /// `[action, measurementError, modelError]`; `at` is `{ modelPrecision, parameters }`.
    pub fn evaluate(&mut self, path: &Float64Array, at: &JsValue) -> Result<Vec<f64>> {
        let model_precision = self.point(path, at)?;
        let value = self
            .action
            .evaluate(model_precision, &self.path, &self.parameters);
        Ok(parts(value.map_err(thrown)?).to_vec())
    }

    /// The same, and after it the gradient in the estimated parameters; the gradient in the path is written to `gradient`, as long as it.
    pub fn gradient(
        &mut self,
        path: &Float64Array,
        at: &JsValue,
        gradient: &Float64Array,
    ) -> Result<Vec<f64>> {
        let model_precision = self.point(path, at)?;
        let value = self.action.gradient(
            model_precision,
            &self.path,
            &self.parameters,
            &mut self.path_gradient,
            &mut self.parameter_gradient,
        );
        let value = value.map_err(thrown)?;
        gradient.copy_from(&self.path_gradient);
        Ok([&parts(value)[..], &self.parameter_gradient].concat())
    }
}

impl Action {
    /// Takes the path and the parameters over, and gives R_f.
    fn point(&mut self, path: &Float64Array, at: &JsValue) -> Result<f64> {
        self.path.resize(path.length() as usize, 0.0);
        path.copy_to(&mut self.path);
        if let Some(model_precision) = self.usual_point(at) {
            return Ok(model_precision);
        }
        let at: At = read("", at)?;
        self.parameters.copy_from_slice(&self.defaults);
        let names = self.action.problem().estimated();
        for (name, &value) in &at.parameters {
            match names.clone().position(|known| known == name) {
                Some(index) => self.parameters[index] = value,
                None => {
                    let path = format!("parameters.{name}");
                    return Err(thrown(Error::unknown_name(&path, name, names)));
                }
            }
        }
        Ok(at.model_precision)
    }

    /// The usual case by hand, `{ modelPrecision }` alone or with all parameters: serde would take half as long as the action itself. Nothing if anything is
    /// unusual: then serde finds out what.
    fn usual_point(&mut self, at: &JsValue) -> Option<f64> {
        let fields = Object::keys(as_object(at)?).length();
        let field = |name: &str| Reflect::get(at, &name.into()).ok();
        let model_precision = field("modelPrecision")?.as_f64()?;
        if fields == 1 {
            self.parameters.copy_from_slice(&self.defaults);
            return Some(model_precision);
        }
        let given = field("parameters")?;
        if fields != 2 || Object::keys(as_object(&given)?).length() as usize != self.names.len() {
            return None;
        }
        for (value, name) in self.parameters.iter_mut().zip(&self.names) {
            *value = Reflect::get(&given, name).ok()?.as_f64()?;
        }
        Some(model_precision)
    }
}

fn parts(value: ActionValue) -> [f64; 3] {
    [value.action, value.measurement_error, value.model_error]
}
