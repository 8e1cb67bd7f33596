//! Networks of continuous depth.

use js_sys::Float64Array;
use least_action::mechanics::ContinuousNetworkOptions;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::convert::{float64_array, object, plain, read, thrown, Result};
use crate::mechanics::Mechanics;

/// Continuous network with its training pairs.
#[wasm_bindgen]
pub struct ContinuousNetwork {
    network: least_action::mechanics::ContinuousNetwork,
}

#[derive(Serialize, Deserialize)]
struct Drawn {
    #[serde(default)]
    seed: u64,
    deviation: f64,
}

#[wasm_bindgen]
impl ContinuousNetwork {
    /// Continuous network from options, inputs (pairs x inputs) and outputs (pairs x outputs).
    #[wasm_bindgen(constructor)]
    pub fn new(
        options: &JsValue,
        inputs: &Float64Array,
        outputs: &Float64Array,
    ) -> Result<ContinuousNetwork> {
        let options: ContinuousNetworkOptions = read("", options)?;
        let (inputs, outputs) = (inputs.to_vec(), outputs.to_vec());
        let network = least_action::mechanics::ContinuousNetwork::new(options, &inputs, &outputs);
        Ok(ContinuousNetwork {
            network: network.map_err(thrown)?,
        })
    }

    /// Widths for reading rows: `{ width, inputs, outputs }`, the neurons of a layer and the
    /// numbers of those that hold inputs and outputs.
    pub fn widths(options: &JsValue) -> Result<JsValue> {
        let options: ContinuousNetworkOptions = read("", options)?;
        options.validate().map_err(thrown)?;
        let width = options.width;
        Ok(object([
            ("width", plain(&width)),
            ("inputs", plain(&options.input_width.unwrap_or(width))),
            ("outputs", plain(&options.output_width.unwrap_or(width))),
        ]))
    }

    /// Number of states: activations of all pairs, then weights and biases.
    pub fn dimension(&self) -> usize {
        self.network.dimension()
    }

    /// Number of pairs of inputs and outputs.
    pub fn pairs(&self) -> usize {
        self.network.pairs()
    }

    /// Depth of the network: the time from inputs to outputs.
    pub fn depth(&self) -> f64 {
        self.network.options().depth
    }

    /// Mechanical system whose orbits are the layers.
    pub fn mechanics(&self) -> Result<Mechanics> {
        Ok(Mechanics::of(self.network.system().map_err(thrown)?))
    }

    /// Random weights of one piece, from `{ seed, deviation }`.
    #[wasm_bindgen(js_name = startingWeights)]
    pub fn starting_weights(&self, options: &JsValue) -> Result<JsValue> {
        let Drawn { seed, deviation } = read("", options)?;
        written(self.network.starting_weights(seed, deviation))
    }

    /// Path that follows from the inputs by weights of one piece or of every piece.
    #[wasm_bindgen(js_name = initialPath)]
    pub fn initial_path(&self, weights: &Float64Array, layers: &JsValue) -> Result<JsValue> {
        let layers: usize = read("layers", layers)?;
        written(self.network.initial_path(&weights.to_vec(), layers))
    }

    /// Activations of a pair, points x width.
    pub fn activations(&self, path: &Float64Array, pair: &JsValue) -> Result<JsValue> {
        let pair: usize = read("pair", pair)?;
        written(self.network.activations(pair, &path.to_vec()))
    }

    /// Weights and biases, points x their number.
    pub fn weights(&self, path: &Float64Array) -> Result<JsValue> {
        written(self.network.weights(&path.to_vec()))
    }

    /// Predicted outputs, rows x outputs, at inputs of rows x inputs.
    pub fn predict(&self, path: &Float64Array, inputs: &Float64Array) -> Result<JsValue> {
        written(self.network.predict(&path.to_vec(), &inputs.to_vec()))
    }
}

fn written(values: least_action::Result<Vec<f64>>) -> Result<JsValue> {
    values.map(|values| float64_array(&values)).map_err(thrown)
}
