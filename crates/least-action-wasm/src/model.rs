//! Named systems, forward integration and twin experiments.

use std::collections::BTreeMap;
use std::sync::Arc;

use js_sys::{Object, Reflect};
use least_action::action::{Interpolation, Jump};
use least_action::model::{Model, ModelDefinition};
use least_action::models::ModelSpec;
use least_action::twin::{ConditionalLyapunovOptions, Forward, TwinExperiment};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{as_object, float64_array, object, plain, read, thrown, Result};

/// Model of a specification: a named system, `{ name, ... }`, or one written down, `{ definition
/// }`.
pub fn build(spec: &JsValue) -> Result<Arc<dyn Model>> {
    let model = definition(spec)?.build().map_err(thrown)?;
    Ok(Arc::new(model))
}

fn definition(spec: &JsValue) -> Result<ModelDefinition> {
    let given = Reflect::get(spec, &"definition".into()).unwrap_or(JsValue::UNDEFINED);
    match given.is_undefined() {
        true => named(spec)?.definition().map_err(thrown),
        // Its fields are named as the user wrote them: `equations.V`, not `definition.equations.V`.
        false => read("", &given),
    }
}

fn named(spec: &JsValue) -> Result<ModelSpec> {
    // serde buffers tagged enums and then no longer knows which field it is at; but if there is
    // only one, it is that.
    let fields = as_object(spec).map(Object::keys).unwrap_or_default();
    let names = fields.iter().filter_map(|key| key.as_string());
    let mut others = names.filter(|name| name != "name");
    let root = match (others.next(), others.next()) {
        (Some(only), None) => only,
        _ => "model".into(),
    };
    read(&root, spec)
}

/// Description of a system: `{ name, kind, dimension, states, units, parameters, inputs,
/// observables, definition }`.
#[wasm_bindgen(js_name = describeModel)]
pub fn describe_model(spec: &JsValue) -> Result<JsValue> {
    let definition = definition(spec)?;
    let model = definition.build().map_err(thrown)?;
    let units = definition.states.iter();
    let units: Vec<&Option<String>> = units
        .flat_map(|state| std::iter::repeat_n(&state.unit, state.size.unwrap_or(1)))
        .collect();
    Ok(object([
        ("name", model.name().into()),
        ("dimension", (model.dimension() as f64).into()),
        ("states", plain(model.states())),
        ("units", plain(&units)),
        ("inputs", plain(model.inputs())),
        ("observables", plain(model.observables())),
        ("kind", plain(&model.kind())),
        ("parameters", plain(model.parameters())),
        ("definition", plain(&definition)),
    ]))
}

/// Equations of a system, one line each, and the operations that they take: `{ text, explanation
/// }`.
#[wasm_bindgen(js_name = explainModel)]
pub fn explain_model(spec: &JsValue) -> Result<JsValue> {
    let model = definition(spec)?.build().map_err(thrown)?;
    Ok(object([
        ("text", model.to_string().into()),
        ("explanation", model.explain().to_string().into()),
    ]))
}

/// Twin experiment `{ data: { start, timeStep, points, observed, values }, truth, future,
/// parameters }`, with all parameters by name.
#[wasm_bindgen(js_name = twinExperiment)]
pub fn twin_experiment(spec: &JsValue, options: &JsValue) -> Result<JsValue> {
    let model = build(spec)?;
    let experiment: TwinExperiment = read("", options)?;
    let twin = experiment.run(&*model).map_err(thrown)?;
    let names = model.parameters().iter().map(|p| p.name.as_str());
    let parameters: BTreeMap<&str, f64> = names.zip(twin.parameters.iter().copied()).collect();
    let data = object([
        ("start", twin.data.start.into()),
        ("timeStep", twin.data.time_step.into()),
        ("points", (twin.data.points as f64).into()),
        ("observed", plain(&twin.data.observed)),
        ("values", float64_array(&twin.data.values)),
        ("inputs", float64_array(&twin.data.inputs)),
        ("interpolation", plain(&twin.data.interpolation)),
        ("jumps", plain(&twin.data.jumps)),
    ]);
    Ok(object([
        ("data", data),
        ("truth", float64_array(&twin.truth)),
        ("future", float64_array(&twin.future)),
        ("parameters", plain(&parameters)),
    ]))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Integration {
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
    initial_state: Vec<f64>,
    time_step: f64,
    points: usize,
    #[serde(default)]
    start: f64,
    #[serde(default)]
    times: Vec<f64>,
    #[serde(default)]
    inputs: Vec<f64>,
    #[serde(default)]
    interpolation: Vec<Interpolation>,
    #[serde(default)]
    jumps: Vec<Jump>,
}

/// Path by forward integration, points x dimension, row-major.
#[wasm_bindgen]
pub fn integrate(spec: &JsValue, options: &JsValue) -> Result<JsValue> {
    let model = build(spec)?;
    let given: Integration = read("", options)?;
    let path = least_action::action::resolve_parameters(&*model, &given.parameters)
        .and_then(|parameters| {
            let forward = Forward {
                parameters: &parameters,
                initial: &given.initial_state,
                start: given.start,
                time_step: given.time_step,
                points: given.points,
                times: &given.times,
                inputs: &given.inputs,
                interpolation: &given.interpolation,
                jumps: &given.jumps,
            };
            least_action::twin::integrate(&*model, forward)
        })
        .map_err(thrown)?;
    Ok(float64_array(&path))
}

/// Conditional Lyapunov exponent `{ value, standardError, time }`.
#[wasm_bindgen(js_name = conditionalLyapunov)]
pub fn conditional_lyapunov(spec: &JsValue, options: &JsValue) -> Result<JsValue> {
    let model = build(spec)?;
    let options: ConditionalLyapunovOptions = read("", options)?;
    let found = least_action::twin::conditional_lyapunov(&*model, &options);
    found.map(|found| plain(&found)).map_err(thrown)
}
