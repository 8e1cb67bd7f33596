//! Action of a path and its gradient. A minimiser in JavaScript calls these ten thousand times, so
//! crossing must cost little beside them.

use std::collections::BTreeMap;

use js_sys::{Array, Float64Array};
use least_action::{ActionOptions, ActionValue, Error, Problem};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{plain, read, read_data, set, thrown, Result};
use crate::model::build;

/// Number of results before the gradient in the parameters: the action and its parts.
const PARTS: usize = 4;

/// Action, with the memory that evaluating it needs.
#[wasm_bindgen]
pub struct Action {
    action: least_action::Action,
    /// Values of estimated parameters that are not given.
    defaults: Vec<f64>,
    path: Vec<f64>,
    point: Vec<f64>,
    path_gradient: Vec<f64>,
    result: Vec<f64>,
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
    /// Action of a model with data sets, each `{ grid: { start, timeStep, points, observed },
    /// values, inputs }`.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &JsValue, data: &Array, options: &JsValue) -> Result<Action> {
        let model = build(spec)?;
        let data = read_data(data)?;
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
            path: Vec::new(),
            point: Vec::new(),
            path_gradient: vec![0.0; problem.path_length()],
            result: vec![0.0; PARTS + defaults.len()],
            defaults,
            action: least_action::Action::new(&problem),
        })
    }

    /// Names of the estimated parameters, in their order wherever they are numbers.
    pub fn estimated(&self) -> Vec<String> {
        let names = self.action.problem().estimated();
        names.map(str::to_string).collect()
    }

    /// Numbers of `{ modelPrecision, parameters }`: R_f, then the estimated parameters, with
    /// defaults where none is given.
    pub fn point(&self, at: &JsValue) -> Result<Vec<f64>> {
        let at: At = read("", at)?;
        let mut point = [&[at.model_precision], &self.defaults[..]].concat();
        let names = self.action.problem().estimated();
        for (name, &value) in &at.parameters {
            match names.clone().position(|known| known == name) {
                Some(index) => point[1 + index] = value,
                None => {
                    let path = format!("parameters.{name}");
                    return Err(thrown(Error::unknown_name(&path, name, names)));
                }
            }
        }
        Ok(point)
    }

    /// Compares the gradient with differences. The report has a `text` that states it in words.
    /// `sample` is the number of states to compare, all if there is none.
    #[wasm_bindgen(js_name = checkGradient)]
    pub fn check_gradient(
        &mut self,
        path: &Float64Array,
        point: &Float64Array,
        sample: Option<f64>,
    ) -> Result<JsValue> {
        copy(path, &mut self.path);
        copy(point, &mut self.point);
        let (model_precision, parameters) = (self.point[0], &self.point[1..]);
        let sample = sample.map(|sample| sample as usize);
        let checked = self
            .action
            .check_gradient(model_precision, &self.path, parameters, sample)
            .map_err(thrown)?;
        let report = plain(&checked);
        set(&report, "text", &checked.to_string().into());
        Ok(report)
    }

    /// Writes the action and its parts to `result`. `point` is a result of [`Action::point`].
    pub fn evaluate(
        &mut self,
        path: &Float64Array,
        point: &Float64Array,
        result: &Float64Array,
    ) -> Result<()> {
        copy(path, &mut self.path);
        copy(point, &mut self.point);
        let (model_precision, parameters) = (self.point[0], &self.point[1..]);
        let value = self
            .action
            .evaluate(model_precision, &self.path, parameters);
        result.copy_from(&parts(value.map_err(thrown)?));
        Ok(())
    }

    /// Writes the action and its parts to `result`, and after them the gradient in the estimated
    /// parameters. The gradient in the path goes to `gradient`, as long as the path.
    pub fn gradient(
        &mut self,
        path: &Float64Array,
        point: &Float64Array,
        gradient: &Float64Array,
        result: &Float64Array,
    ) -> Result<()> {
        copy(path, &mut self.path);
        copy(point, &mut self.point);
        let (model_precision, parameters) = (self.point[0], &self.point[1..]);
        let value = self.action.gradient(
            model_precision,
            &self.path,
            parameters,
            &mut self.path_gradient,
            &mut self.result[PARTS..],
        );
        self.result[..PARTS].copy_from_slice(&parts(value.map_err(thrown)?));
        gradient.copy_from(&self.path_gradient);
        result.copy_from(&self.result);
        Ok(())
    }
}

/// Copies numbers into memory that is there already, unlike `to_vec`.
pub fn copy(from: &Float64Array, to: &mut Vec<f64>) {
    to.resize(from.length() as usize, 0.0);
    from.copy_to(to);
}

pub fn parts(value: ActionValue) -> [f64; PARTS] {
    [
        value.action,
        value.measurement_error,
        value.model_error,
        value.prior_error,
    ]
}
