//! Map through the layers of a network.

use js_sys::Float64Array;
use least_action::mechanics::{self, symplectic_defect, LayerMapOptions};
use least_action::Error;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{float64_array, object, read, thrown, Result};
use crate::mechanics::failure_of;
use crate::network::{read_layers, read_network};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    model_precision: f64,
    #[serde(default)]
    tangent: bool,
}

/// Orbit `{ activations, momenta, modelError, tangent, symplecticDefect, failure }`, with the first
/// two for all layers that were reached, one after the other. Options are `{ modelPrecision,
/// tangent }`; `forcing` has the form that pairs have.
#[wasm_bindgen(js_name = followLayers)]
pub fn follow_layers(
    spec: &JsValue,
    weights: &Float64Array,
    x0: &Float64Array,
    p0: &Float64Array,
    forcing: &JsValue,
    options: &JsValue,
) -> Result<JsValue> {
    let network = read_network(spec)?;
    let head: Head = read("", options)?;
    let options = LayerMapOptions {
        model_precision: head.model_precision,
        forcing: read_layers("", "forcing", forcing)?,
        tangent: head.tangent,
    };
    let (weights, x0, p0) = (weights.to_vec(), x0.to_vec(), p0.to_vec());
    let orbit = mechanics::follow_layers(&network, &weights, &x0, &p0, &options);
    let orbit = orbit.map_err(thrown)?;
    let reached = orbit.activations.len();
    let failure = orbit.failure.map(|failure| renamed(failure, reached));
    let (tangent, defect) = match orbit.tangent.is_empty() {
        true => (JsValue::NULL, JsValue::NULL),
        false => (
            float64_array(&orbit.tangent),
            symplectic_defect(&orbit.tangent).into(),
        ),
    };
    Ok(object([
        ("activations", float64_array(&orbit.activations.concat())),
        ("momenta", float64_array(&orbit.momenta.concat())),
        ("modelError", orbit.model_error.into()),
        ("tangent", tangent),
        ("symplecticDefect", defect),
        ("failure", failure_of(failure.as_ref())),
    ]))
}

/// Failure with the layers numbered from the inputs, `layers[0]`, on.
fn renamed(mut failure: Error, layer: usize) -> Error {
    if let Error::Singular { path, .. } | Error::NotFiniteInLayer { path, .. } = &mut failure {
        *path = format!("layers[{layer}]");
    }
    failure
}
