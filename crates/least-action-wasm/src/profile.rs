//! Profiles of parameters.

use js_sys::Array;
use least_action::statistics::ProfileOptions;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::anneal::{read_climb, Annealer};
use crate::convert::{float64_array, object, read, thrown, Result};

/// Profile of a parameter in the making.
#[wasm_bindgen]
pub struct ProfileSearch(least_action::statistics::ProfileSearch);

#[wasm_bindgen]
impl ProfileSearch {
    /// Begins the profile of a parameter about the minimum that a climb leads to; undefined for
    /// networks.
    pub fn of(
        annealer: &Annealer,
        climb: &JsValue,
        parameter: &str,
        options: &JsValue,
    ) -> Result<Option<ProfileSearch>> {
        let options: ProfileOptions = read("", options)?;
        let climb = read_climb(climb)?;
        let Some(annealer) = annealer.of_paths() else {
            return Ok(None);
        };
        least_action::statistics::ProfileSearch::of_climb(annealer, &climb, parameter, &options)
            .map(|search| Some(ProfileSearch(search)))
            .map_err(thrown)
    }

    /// Makes one fit and gives `{ value, chiSquare, fits, share }`; undefined at the end.
    pub fn advance(&mut self) -> Result<JsValue> {
        let Some(made) = self.0.advance().map_err(thrown)? else {
            return Ok(JsValue::UNDEFINED);
        };
        Ok(object([
            ("value", made.value.into()),
            ("chiSquare", made.chi_square.into()),
            ("fits", (made.fits as f64).into()),
            ("share", made.share.into()),
        ]))
    }

    /// Profile `{ modelPrecision, estimate, values, chiSquare, confidence, interval, open, remarks
    /// }` at the end.
    pub fn profile(&self) -> JsValue {
        let found = self.0.profile();
        let list = |values: Vec<JsValue>| JsValue::from(values.into_iter().collect::<Array>());
        object([
            ("modelPrecision", found.model_precision.into()),
            ("estimate", found.estimate.into()),
            ("values", float64_array(&found.values)),
            ("chiSquare", float64_array(&found.chi_square)),
            ("confidence", found.confidence.into()),
            ("interval", list(found.interval.map(JsValue::from).to_vec())),
            ("open", list(found.open.map(JsValue::from).to_vec())),
            (
                "remarks",
                list(found.remarks.iter().map(JsValue::from).collect()),
            ),
        ])
    }
}
