//! Networks: reading them and their pairs, predictions, and twin experiments.

use std::sync::Arc;

use js_sys::{Array, Float64Array, Reflect};
use least_action::model::Model;
use least_action::network::{Bias, Layer, LayerValues, Network, Pairs, WeightSet};
use least_action::twin::NetworkTwin;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::convert::{float64_array, object, plain, read, thrown, Result};
use crate::model::build;

fn field(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// Reads numbers from a `Float64Array`; empty if there is nothing.
fn numbers(value: &JsValue) -> Vec<f64> {
    let array = value.dyn_ref::<Float64Array>();
    array.map(Float64Array::to_vec).unwrap_or_default()
}

/// Options of a layer that is a model.
#[derive(Serialize, Deserialize)]
struct OfModel {
    #[serde(default)]
    residual: Option<f64>,
    #[serde(default)]
    share: Option<String>,
}

/// Reads a layer. `map` is the number of its model, if it is one.
fn read_layer(
    root: &str,
    layer: &JsValue,
    map: &JsValue,
    models: &[Arc<dyn Model>],
) -> Result<Layer> {
    let number = map.as_f64().map(|number| number as usize);
    let Some(model) = number.and_then(|number| models.get(number)) else {
        return read(root, layer);
    };
    let given: OfModel = read(root, layer)?;
    let layer = Layer::of_model(model.clone(), given.residual);
    Ok(Layer {
        share: given.share,
        ..layer
    })
}

#[derive(Serialize, Deserialize)]
struct Size {
    inputs: usize,
}

#[derive(Serialize, Deserialize)]
struct Steps {
    steps: usize,
}

/// Reads a network from `{ inputs, layers, maps }`, where layers are numbered from 1 in errors
/// because `layers[0]` is that of the inputs; or from `{ cell, map, steps }`. Maps are numbers of
/// the specifications in `models` beside them; tied layers have equal ones.
pub fn read_network(spec: &JsValue) -> Result<Network> {
    let models = Array::from(&field(spec, "models"));
    let models = models.iter().map(|model| build(&model));
    let models = models.collect::<Result<Vec<Arc<dyn Model>>>>()?;
    let cell = field(spec, "cell");
    if !cell.is_undefined() {
        let steps = object([("steps", field(spec, "steps"))]);
        let steps: Steps = read("", &steps)?;
        let cell = read_layer("cell", &cell, &field(spec, "map"), &models)?;
        return Network::recurrent(cell, steps.steps).map_err(thrown);
    }
    let size: Size = read("", &object([("inputs", field(spec, "inputs"))]))?;
    let (layers, maps) = (field(spec, "layers"), field(spec, "maps"));
    let (layers, maps) = (Array::from(&layers), Array::from(&maps));
    let name = |l: usize| format!("layers[{l}]");
    let layers = layers.iter().zip(maps.iter()).enumerate();
    let layers = layers.map(|(l, (layer, map))| read_layer(&name(l + 1), &layer, &map, &models));
    let layers = layers.collect::<Result<Vec<Layer>>>()?;
    Network::named(size.inputs, layers, &name).map_err(thrown)
}

/// Pairs without their numbers, as plain data.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PairsHead {
    count: usize,
    #[serde(default)]
    missing_inputs: bool,
}

#[derive(Serialize, Deserialize)]
struct LayerNumber {
    layer: usize,
}

/// Reads pairs from `{ head: { count, missingInputs }, inputs, outputs, measurements, forcing }`,
/// the numbers as `Float64Array`s.
pub fn read_pairs(root: &str, pairs: &JsValue) -> Result<Pairs> {
    let head: PairsHead = read(root, &field(pairs, "head"))?;
    Ok(Pairs {
        count: head.count,
        missing_inputs: head.missing_inputs,
        inputs: numbers(&field(pairs, "inputs")),
        outputs: numbers(&field(pairs, "outputs")),
        measurements: read_layers(root, "measurements", &field(pairs, "measurements"))?,
        forcing: read_layers(root, "forcing", &field(pairs, "forcing"))?,
    })
}

/// Reads the values at layers, each `{ layer, values }`.
pub fn read_layers(root: &str, name: &str, given: &JsValue) -> Result<Vec<LayerValues>> {
    let given = Array::from(given);
    let one = |(i, given): (usize, JsValue)| {
        let path = match root {
            "" => format!("{name}[{i}]"),
            root => format!("{root}.{name}[{i}]"),
        };
        let number: LayerNumber = read(&path, &object([("layer", field(&given, "layer"))]))?;
        Ok(LayerValues {
            layer: number.layer,
            values: numbers(&field(&given, "values")),
        })
    };
    given.iter().enumerate().map(one).collect()
}

fn written_pairs(pairs: &Pairs) -> JsValue {
    let layers = |given: &[LayerValues]| -> JsValue {
        let layers = given.iter().map(|given| {
            object([
                ("layer", (given.layer as f64).into()),
                ("values", float64_array(&given.values)),
            ])
        });
        layers.collect::<Array>().into()
    };
    object([
        ("count", (pairs.count as f64).into()),
        ("inputs", float64_array(&pairs.inputs)),
        ("outputs", float64_array(&pairs.outputs)),
        ("forcing", layers(&pairs.forcing)),
    ])
}

/// Positions of the weights of one layer among all: `[start, end]` of W, U, b and a model's
/// parameters.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Places {
    outputs: usize,
    inputs: usize,
    forcing: usize,
    matrix: [usize; 2],
    forcing_matrix: [usize; 2],
    biases: [usize; 2],
    parameters: [usize; 2],
    /// Biases that are known.
    fixed: Option<Vec<f64>>,
    /// Names of a model's parameters.
    names: Vec<String>,
}

fn places(layer: &Layer, set: &WeightSet) -> Places {
    let ends = |range: std::ops::Range<usize>| [range.start, range.end];
    let model = layer.map.as_ref().map(|map| map.0.parameters());
    let names = model.unwrap_or(&[]).iter();
    Places {
        outputs: set.outputs,
        inputs: set.inputs,
        forcing: set.forcing,
        matrix: ends(set.matrix()),
        forcing_matrix: ends(set.forcing_matrix()),
        biases: ends(set.biases()),
        parameters: [set.range().end - set.parameters, set.range().end],
        fixed: match &layer.bias {
            Bias::Fixed(values) => Some(values.clone()),
            _ => None,
        },
        names: names.map(|parameter| parameter.name.clone()).collect(),
    }
}

/// Description `{ widths, weightCount, forcing, places, text }` of a network. `forcing` holds the
/// number of outside inputs of each map.
#[wasm_bindgen(js_name = describeNetwork)]
pub fn describe_network(spec: &JsValue) -> Result<JsValue> {
    let network = read_network(spec)?;
    let layers = network.layers().iter().zip(network.weight_sets());
    let places: Vec<Places> = layers.map(|(layer, set)| places(layer, set)).collect();
    let forcing: Vec<usize> = network.layers().iter().map(|layer| layer.forcing).collect();
    Ok(object([
        ("widths", plain(network.widths())),
        ("weightCount", (network.weight_count() as f64).into()),
        ("forcing", plain(&forcing)),
        ("places", plain(&places)),
        ("text", network.describe().into()),
    ]))
}

#[derive(Serialize, Deserialize)]
struct Drawn {
    #[serde(default)]
    range: Option<[f64; 2]>,
    #[serde(default)]
    biases: Option<[f64; 2]>,
    #[serde(default)]
    seed: u64,
}

/// Random weights of all layers, from `{ range, biases, seed }`.
#[wasm_bindgen(js_name = randomWeights)]
pub fn random_weights(spec: &JsValue, options: &JsValue) -> Result<JsValue> {
    let network = read_network(spec)?;
    let drawn: Drawn = read("", options)?;
    let weights = network.random_weights(drawn.range, drawn.biases, drawn.seed);
    Ok(float64_array(&weights.map_err(thrown)?))
}

/// Activations `[X_0, ..., X_F]`. `forcing` has the form that pairs have.
#[wasm_bindgen(js_name = networkActivations)]
pub fn network_activations(
    spec: &JsValue,
    weights: &Float64Array,
    inputs: &Float64Array,
    forcing: &JsValue,
) -> Result<JsValue> {
    let network = read_network(spec)?;
    let forcing = read_layers("", "forcing", forcing)?;
    let activations = network.activations(&weights.to_vec(), &inputs.to_vec(), &forcing);
    Ok(float64_array(&activations.map_err(thrown)?))
}

/// Prediction errors of `fresh` pairs, beside those of the best constants of the `trained` ones.
#[wasm_bindgen(js_name = predictionError)]
pub fn prediction_error(
    spec: &JsValue,
    weights: &Float64Array,
    fresh: &JsValue,
    trained: &JsValue,
) -> Result<JsValue> {
    let network = read_network(spec)?;
    let (fresh, trained) = (read_pairs("fresh", fresh)?, read_pairs("trained", trained)?);
    let error = network.prediction_error(&weights.to_vec(), &fresh, &trained);
    Ok(plain(&error.map_err(thrown)?))
}

/// Network twin experiment `{ pairs, fresh, truth }`.
#[wasm_bindgen(js_name = networkTwin)]
pub fn network_twin(spec: &JsValue, weights: &Float64Array, options: &JsValue) -> Result<JsValue> {
    let network = read_network(spec)?;
    let options: NetworkTwin = read("", options)?;
    let twin = NetworkTwin {
        weights: weights.to_vec(),
        ..options
    };
    let made = twin.run(&network).map_err(thrown)?;
    Ok(object([
        ("pairs", written_pairs(&made.pairs)),
        ("fresh", written_pairs(&made.fresh)),
        ("truth", float64_array(&made.truth)),
    ]))
}
