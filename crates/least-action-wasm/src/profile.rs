//! Profile likelihoods of parameters.

use js_sys::Array;
use least_action::model::Coordinate;
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
    let problem = annealer.problem();
    let place = problem.parameter_names().position(|name| name == parameter);
    // The parameter is known by its coordinate; a name that is not estimated is refused there.
    let name = place.and_then(|p| problem.estimated().nth(p));
    let name = name.unwrap_or(parameter);
    let coordinate = place.and_then(|p| problem.coordinates().nth(p));
    let coordinate = coordinate.unwrap_or_default();
    let natural = |u: f64| match u.is_finite() {
        true => coordinate.parameter(u),
        false if coordinate == Coordinate::Linear => u,
        false => coordinate.parameter(u.clamp(-1e3, 1e3)),
    };
    let found = Profile::new(&posterior, name, &start, &options).map_err(thrown)?;
    let values: Vec<f64> = found.values.iter().map(|&u| natural(u)).collect();
    let list = |values: Vec<JsValue>| JsValue::from(values.into_iter().collect::<Array>());
    Ok(object([
        ("estimate", natural(found.estimate).into()),
        ("values", float64_array(&values)),
        ("chiSquare", float64_array(&found.chi_square)),
        ("confidence", found.confidence.into()),
        (
            "interval",
            list(found.interval.map(|u| natural(u).into()).to_vec()),
        ),
        ("open", list(found.open.map(JsValue::from).to_vec())),
    ]))
}
