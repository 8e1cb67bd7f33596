//! Profile likelihoods of parameters.

use js_sys::Array;
use least_action::statistics::{Profile, ProfileOptions, StrongPosterior};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::anneal::{read_climb, Annealer};
use crate::convert::{float64_array, object, read, thrown, Result};

/// Profile `{ estimate, values, chiSquare, confidence, interval, open }` of a parameter about the
/// minimum that a climb leads to; undefined for networks.
#[wasm_bindgen]
pub fn profile(
    annealer: &Annealer,
    climb: &JsValue,
    parameter: &str,
    options: &JsValue,
) -> Result<JsValue> {
    let options: ProfileOptions = read("", options)?;
    let climb = read_climb(climb)?;
    let Some(annealer) = annealer.of_paths() else {
        return Ok(JsValue::UNDEFINED);
    };
    let posterior = StrongPosterior::new(&annealer.problem_at(&climb)).map_err(thrown)?;
    let start = [climb.path, climb.parameters].concat();
    let found = Profile::new(&posterior, parameter, &start, &options).map_err(thrown)?;
    let list = |values: Vec<JsValue>| JsValue::from(values.into_iter().collect::<Array>());
    Ok(object([
        ("estimate", found.estimate.into()),
        ("values", float64_array(&found.values)),
        ("chiSquare", float64_array(&found.chi_square)),
        ("confidence", found.confidence.into()),
        ("interval", list(found.interval.map(JsValue::from).to_vec())),
        ("open", list(found.open.map(JsValue::from).to_vec())),
    ]))
}
