//! Conversion of values between Rust and JavaScript.

use std::collections::BTreeMap;

use js_sys::{Array, Float64Array, Object, Reflect};
use least_action::action::{Interpolation, Jump};
use least_action::{Error, Observations};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};

use crate::words::{in_javascript, unknown_variant};

/// Result of exported functions. Errors are thrown as `{ message, facts }`.
pub type Result<T> = std::result::Result<T, JsValue>;

/// Length at which a value in an error message is cut.
const LONGEST_MESSAGE: usize = 300;

/// Error in the form that is thrown.
pub fn thrown(error: Error) -> JsValue {
    object([
        ("message", error.to_string().into()),
        ("facts", plain(&error)),
    ])
}

/// Value as plain JavaScript: maps as objects, `None` as null.
pub fn plain<T: Serialize + ?Sized>(value: &T) -> JsValue {
    let serializer = serde_wasm_bindgen::Serializer::new()
        .serialize_maps_as_objects(true)
        .serialize_missing_as_null(true);
    // Only a Serialize implementation that fails by itself gets here, and none of ours does.
    value.serialize(&serializer).unwrap_or(JsValue::UNDEFINED)
}

/// Object with the given entries.
pub fn object<const N: usize>(entries: [(&str, JsValue); N]) -> JsValue {
    let object = Object::new();
    for (key, value) in entries {
        set(&object, key, &value);
    }
    object.into()
}

/// View of a value as an object. It does not use `instanceof`, because objects without prototype
/// and those of another window are objects as well.
pub fn as_object(value: &JsValue) -> Option<&Object> {
    value.is_object().then(|| value.unchecked_ref())
}

/// Adds an entry to an object that was made here, which cannot fail.
pub fn set(object: &JsValue, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &key.into(), value);
}

/// Copy of numbers that does not change when WebAssembly's memory does.
pub fn float64_array(values: &[f64]) -> JsValue {
    Float64Array::from(values).into()
}

/// Reads a JavaScript value. Paths in errors begin with `root`, which is empty for an options
/// object itself.
///
/// # Errors
/// [`Error::WrongShape`] with the path of the field for a wrong type or a missing field,
/// [`Error::UnknownName`] for a field that does not exist.
pub fn read<T: DeserializeOwned + Serialize>(root: &str, value: &JsValue) -> Result<T> {
    let deserializer = serde_wasm_bindgen::Deserializer::from(value.clone());
    let read: T = serde_path_to_error::deserialize(deserializer)
        .map_err(|error| thrown(wrong_shape(root, &error)))?;
    // serde-wasm-bindgen asks for the fields that it knows and never sees the others, so
    // `deny_unknown_fields` has no effect on objects. Every known field is written, so what is in
    // `value` and not in this is unknown.
    match unknown_field(root, value, &plain(&read)) {
        Some(error) => Err(thrown(error)),
        None => Ok(read),
    }
}

fn wrong_shape(root: &str, error: &serde_path_to_error::Error<serde_wasm_bindgen::Error>) -> Error {
    let inner = match error.path().to_string() {
        path if path == "." => String::new(),
        path => path,
    };
    let text = error.inner().to_string();
    let text = text.strip_prefix("Error: ").unwrap_or(&text);
    let missing = text
        .strip_prefix("missing field `")
        .and_then(|rest| rest.split('`').next());
    if let Some(error) = unknown_name(&join(root, &inner), text) {
        return error;
    }
    let (path, message) = match missing {
        Some(field) => (join(&inner, field), "is missing".into()),
        None => (inner, shortened(&in_javascript(text))),
    };
    Error::WrongShape {
        path: named(&join(root, &path)),
        message,
    }
}

/// Error of a reader of the core that found an unknown name. Its facts are taken from the text, as
/// serde's errors carry nothing else.
fn unknown_name(path: &str, text: &str) -> Option<Error> {
    if let Some((name, known)) = unknown_variant(text) {
        return Some(Error::unknown_name(path, name, known.into_iter()));
    }
    let (name, rest) = text.strip_prefix("unknown name \"")?.split_once('"')?;
    let (_, known) = rest.split_once("(known: ")?;
    let known = known.split(')').next()?;
    Some(Error::unknown_name(path, name, known.split(", ")))
}

fn named(path: &str) -> String {
    if path.is_empty() { "options" } else { path }.into()
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => format!("{} ...", &text[..end]),
        None => text.into(),
    }
}

fn join(path: &str, field: &str) -> String {
    match (path, field) {
        ("", only) | (only, "") => only.into(),
        (path, field) if field.starts_with('[') => format!("{path}{field}"),
        (path, field) => format!("{path}.{field}"),
    }
}

fn unknown_field(path: &str, given: &JsValue, known: &JsValue) -> Option<Error> {
    let (given, known) = (as_object(given)?, as_object(known)?);
    if Array::is_array(known) {
        return wrong_list(path, given, known);
    }
    if Array::is_array(given) {
        return Some(Error::WrongShape {
            path: named(path),
            message: "must be an object, got an array".into(),
        });
    }
    let names: Vec<String> = Object::keys(known)
        .iter()
        .filter_map(|key| key.as_string())
        .collect();
    for key in Object::keys(given).iter() {
        let name = key.as_string()?;
        let inner = join(path, &name);
        if !names.contains(&name) {
            return Some(Error::unknown_name(
                &inner,
                &name,
                names.iter().map(String::as_str),
            ));
        }
        let (given, known) = (
            Reflect::get(given, &key).ok()?,
            Reflect::get(known, &key).ok()?,
        );
        if let Some(error) = unknown_field(&inner, &given, &known) {
            return Some(error);
        }
    }
    None
}

/// Error of a list of the wrong length. Without it, a pair that was given as three numbers would
/// lose the third in silence.
fn wrong_list(path: &str, given: &Object, known: &Object) -> Option<Error> {
    let length = |list: &Object| Some(list.dyn_ref::<Array>()?.length() as usize);
    let (given, expected) = (length(given)?, length(known)?);
    (given != expected).then(|| Error::WrongLength {
        path: named(path),
        length: given,
        expected,
        because: "no more and no fewer".into(),
    })
}

/// Observations without their numbers, which cross as `Float64Array`s.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grid {
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
    #[serde(default)]
    start: f64,
    time_step: f64,
    points: usize,
    observed: Vec<usize>,
    #[serde(default)]
    interpolation: Vec<Interpolation>,
    #[serde(default)]
    jumps: Vec<Jump>,
}

/// Reads data sets, each `{ grid, times, values, inputs }` with `grid` a [`Grid`].
pub fn read_data(sets: &Array) -> Result<Vec<Observations>> {
    let single = sets.length() == 1;
    let set = |(index, set): (usize, JsValue)| {
        let root = match single {
            true => "data".to_string(),
            false => format!("data[{index}]"),
        };
        let field = |name: &str| Reflect::get(&set, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let grid: Grid = read(&root, &field("grid"))?;
        Ok(Observations {
            start: grid.start,
            time_step: grid.time_step,
            points: grid.points,
            observed: grid.observed,
            values: numbers(&field("values")),
            inputs: numbers(&field("inputs")),
            times: numbers(&field("times")),
            interpolation: grid.interpolation,
            jumps: grid.jumps,
            parameters: grid.parameters,
        })
    };
    sets.iter().enumerate().map(set).collect()
}

/// Reads numbers that the SDK passes as a `Float64Array`; empty if there is nothing.
fn numbers(value: &JsValue) -> Vec<f64> {
    let array = value.dyn_ref::<Float64Array>();
    array.map(Float64Array::to_vec).unwrap_or_default()
}
