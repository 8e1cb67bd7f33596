//! Gaussians about the lowest minima of the action.

use js_sys::{Array, Function, Int32Array};
use least_action::statistics::{LevelUncertainty, UncertaintyOptions};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::anneal::{read_climb, Annealer};
use crate::convert::{float64_array, object, plain, read, thrown, Result};

/// Expansions about the lowest minima of a run.
#[wasm_bindgen]
pub struct Uncertainty(least_action::statistics::Uncertainty);

#[wasm_bindgen]
impl Uncertainty {
    /// Expansions about the minima that climbs lead to; undefined for networks.
    pub fn of(
        annealer: &Annealer,
        climbs: Vec<JsValue>,
        options: &JsValue,
    ) -> Result<Option<Uncertainty>> {
        let options: UncertaintyOptions = read("", options)?;
        let climbs = climbs.iter().map(read_climb).collect::<Result<Vec<_>>>()?;
        let climbs: Vec<_> = climbs.iter().collect();
        let Some(annealer) = annealer.of_paths() else {
            return Ok(None);
        };
        least_action::statistics::Uncertainty::new(annealer, &climbs, &options)
            .map(|found| Some(Uncertainty(found)))
            .map_err(thrown)
    }

    /// Combinations of parameters about the minimum that the first climb leads to, whether or not
    /// some are entirely free; undefined for networks.
    #[wasm_bindgen(js_name = identifiabilityOf)]
    pub fn identifiability_of(
        annealer: &Annealer,
        climbs: Vec<JsValue>,
        options: &JsValue,
    ) -> Result<JsValue> {
        let options: UncertaintyOptions = read("", options)?;
        let climbs = climbs.iter().map(read_climb).collect::<Result<Vec<_>>>()?;
        let climbs: Vec<_> = climbs.iter().collect();
        let Some(annealer) = annealer.of_paths() else {
            return Ok(JsValue::UNDEFINED);
        };
        let found =
            least_action::statistics::Uncertainty::identifiability(annealer, &climbs, &options);
        Ok(plain(&found.map_err(thrown)?))
    }

    /// Moments and levels `{ modelPrecision, means, deviations, levels }` of the path, points x
    /// dimension, and then of the estimated parameters.
    pub fn describe(&self) -> JsValue {
        let (means, deviations) = self.0.moments();
        let levels: Array = self.0.levels().iter().map(level).collect();
        object([
            ("modelPrecision", self.0.lowest().model_precision().into()),
            ("means", float64_array(&means)),
            ("deviations", float64_array(&deviations)),
            ("levels", levels.into()),
        ])
    }

    /// Quantiles of path and parameters at one probability.
    pub fn quantiles(&self, probability: f64) -> Result<JsValue> {
        let quantiles = self.0.quantiles(probability).map_err(thrown)?;
        Ok(float64_array(&quantiles))
    }

    /// Covariances of the state at each point, points x dimension x dimension, about the lowest
    /// minimum.
    #[wasm_bindgen(js_name = stateCovariances)]
    pub fn state_covariances(&self) -> JsValue {
        float64_array(&self.0.lowest().state_covariances())
    }

    /// Mean less mode, to first order beyond the quadratic, about the lowest minimum.
    #[wasm_bindgen(js_name = meanShift)]
    pub fn mean_shift(&self) -> Result<JsValue> {
        let shift = self.0.lowest().mean_shift().map_err(thrown)?;
        Ok(float64_array(&shift))
    }

    /// Combinations of parameters, from the least to the best determined one.
    pub fn identifiability(&self) -> JsValue {
        plain(&self.0.lowest().identifiability())
    }

    /// Findings about the Gaussian approximation, with advice.
    pub fn findings(&self) -> Result<JsValue> {
        Ok(plain(&self.0.findings().map_err(thrown)?))
    }

    /// Levels, parameters and states as tables in text.
    pub fn summary(&self) -> String {
        self.0.summary()
    }

    /// Draws `{ values, levels, moved }`, of all levels in turn or of one.
    pub fn draws(&self, count: usize, seed: f64, level: Option<usize>) -> Result<JsValue> {
        let draws = match level {
            None => self.0.draws(count, seed as u64),
            Some(level) => self.0.draws_of(level, count, seed as u64),
        };
        let draws = draws.map_err(thrown)?;
        let levels: Vec<i32> = draws.levels.iter().map(|&level| level as i32).collect();
        Ok(object([
            ("values", float64_array(&draws.values)),
            ("levels", Int32Array::from(&levels[..]).into()),
            ("moved", (draws.moved as f64).into()),
        ]))
    }

    /// Expected value `{ value, error }` of a function of the unknowns, which must not throw.
    pub fn expected(
        &self,
        quantity: &Function,
        corrected: bool,
        pairs: usize,
        seed: f64,
    ) -> Result<JsValue> {
        let value = |unknowns: &[f64]| {
            let value = quantity.call1(&JsValue::UNDEFINED, &float64_array(unknowns));
            value
                .ok()
                .and_then(|value| value.as_f64())
                .unwrap_or(f64::NAN)
        };
        let expected = self.0.expected(value, corrected, pairs, seed as u64);
        let expected = expected.map_err(thrown)?;
        Ok(object([
            ("value", expected.value.into()),
            ("error", expected.error.into()),
        ]))
    }
}

fn level(level: &LevelUncertainty) -> JsValue {
    let laplace = &level.gaussian;
    object([
        ("start", (level.start as f64).into()),
        ("weight", level.weight.into()),
        ("mode", float64_array(laplace.mode())),
        ("deviations", float64_array(&laplace.deviations())),
        (
            "parameterCovariance",
            float64_array(laplace.parameter_covariance()),
        ),
        ("value", laplace.value().into()),
        ("logDeterminant", laplace.log_determinant().into()),
        ("logEvidence", laplace.log_evidence().into()),
        ("decrease", laplace.decrease().into()),
    ])
    .unchecked_into()
}
