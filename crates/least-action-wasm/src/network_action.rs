//! Action of a network and its gradient, and training.

use js_sys::Float64Array;
use least_action::network::{NetworkOptions, NetworkProblem, TrainOptions};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::action::{copy, parts};
use crate::convert::{float64_array, object, plain, read, thrown, Result};
use crate::network::{read_network, read_pairs};

/// Action of a network, with the memory that evaluating it needs.
#[wasm_bindgen]
pub struct NetworkAction {
    action: least_action::network::NetworkAction,
    unknowns: Vec<f64>,
    gradient: Vec<f64>,
}

#[wasm_bindgen]
impl NetworkAction {
    /// Action of a network with pairs as [`read_pairs`] takes them.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &JsValue, pairs: &JsValue, options: &JsValue) -> Result<NetworkAction> {
        let network = read_network(spec)?;
        let pairs = read_pairs("pairs", pairs)?;
        let options: NetworkOptions = read("", options)?;
        let problem = NetworkProblem::new(&network, &pairs, &options).map_err(thrown)?;
        Ok(NetworkAction {
            unknowns: vec![0.0; problem.unknowns()],
            gradient: vec![0.0; problem.unknowns()],
            action: least_action::network::NetworkAction::new(&problem),
        })
    }

    /// Number of unknowns: activations and weights.
    pub fn unknowns(&self) -> usize {
        self.gradient.len()
    }

    /// Writes the action and its parts to `result`.
    pub fn evaluate(
        &mut self,
        model_precision: f64,
        unknowns: &Float64Array,
        result: &Float64Array,
    ) -> Result<()> {
        copy(unknowns, &mut self.unknowns);
        let value = self.action.evaluate(model_precision, &self.unknowns);
        result.copy_from(&parts(value.map_err(thrown)?));
        Ok(())
    }

    /// Writes the action and its parts to `result` and the gradient to `gradient`.
    pub fn gradient(
        &mut self,
        model_precision: f64,
        unknowns: &Float64Array,
        gradient: &Float64Array,
        result: &Float64Array,
    ) -> Result<()> {
        copy(unknowns, &mut self.unknowns);
        let into = &mut self.gradient;
        let value = self.action.gradient(model_precision, &self.unknowns, into);
        result.copy_from(&parts(value.map_err(thrown)?));
        gradient.copy_from(&self.gradient);
        Ok(())
    }
}

/// Training of a network under way.
#[wasm_bindgen]
pub struct Trainer(least_action::network::Trainer);

#[wasm_bindgen]
impl Trainer {
    /// Trainer of a network. `action` and `options` together are the user's options.
    #[wasm_bindgen(constructor)]
    pub fn new(
        spec: &JsValue,
        pairs: &JsValue,
        action: &JsValue,
        options: &JsValue,
    ) -> Result<Trainer> {
        let network = read_network(spec)?;
        let pairs = read_pairs("pairs", pairs)?;
        let action: NetworkOptions = read("", action)?;
        let options: TrainOptions = read("", options)?;
        let options = TrainOptions { action, ..options };
        let trainer = least_action::network::Trainer::new(&network, &pairs, &options);
        trainer.map(Trainer).map_err(thrown)
    }

    /// Goes on for at most `iterations` iterations. Returns `{ loss, stop, iterations, evaluations
    /// }` of the whole training.
    pub fn advance(&mut self, iterations: usize) -> Result<JsValue> {
        let minimum = self.0.advance(iterations).map_err(thrown)?;
        Ok(object([
            ("loss", minimum.value.into()),
            ("stop", plain(&minimum.stop)),
            ("iterations", (minimum.iterations as f64).into()),
            ("evaluations", (minimum.evaluations as f64).into()),
        ]))
    }

    /// Weights, all in one list.
    pub fn weights(&self) -> JsValue {
        float64_array(self.0.weights())
    }
}
