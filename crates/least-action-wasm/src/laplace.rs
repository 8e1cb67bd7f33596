//! The Gaussian approximation of the posterior about a minimum.

use js_sys::Float64Array;
use least_action::statistics::LaplaceOptions;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::anneal::{read_climb, Annealer};
use crate::convert::{float64_array, object, plain, read, thrown, Result};

/// One minimum, expanded.
#[wasm_bindgen]
pub struct Laplace(least_action::statistics::Laplace);

#[wasm_bindgen]
impl Laplace {
    /// About the minimum that is reached from a climb's path, at an R_f; undefined for networks.
    #[wasm_bindgen(js_name = of)]
    pub fn of(
        annealer: &Annealer,
        climb: &JsValue,
        model_precision: f64,
        options: &JsValue,
    ) -> Result<Option<Laplace>> {
        let options: LaplaceOptions = read("", options)?;
        let climb = read_climb(climb)?;
        let Some(posterior) = annealer.posterior(model_precision) else {
            return Ok(None);
        };
        let start = [climb.path, climb.parameters].concat();
        let laplace = least_action::statistics::Laplace::new(&posterior?, &start, options);
        laplace
            .map(|laplace| Some(Laplace(laplace)))
            .map_err(thrown)
    }

    /// Its numbers; `mode` and `deviations` are the path, points x dimension, and then the estimated parameters.
    pub fn describe(&self) -> JsValue {
        let laplace = &self.0;
        object([
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
            ("held", (laplace.held().count() as f64).into()),
        ])
    }

    /// Of the state at each point: points x dimension x dimension.
    #[wasm_bindgen(js_name = stateCovariances)]
    pub fn state_covariances(&self) -> JsValue {
        float64_array(&self.0.state_covariances())
    }

    /// The mean less the mode, to first order beyond the quadratic.
    #[wasm_bindgen(js_name = meanShift)]
    pub fn mean_shift(&self) -> Result<JsValue> {
        let shift = self.0.mean_shift().map_err(thrown)?;
        Ok(float64_array(&shift))
    }

    pub fn findings(&self, mean_shift: &Float64Array) -> Result<JsValue> {
        let findings = self
            .0
            .findings(Some(&mean_shift.to_vec()))
            .map_err(thrown)?;
        Ok(plain(&findings))
    }

    pub fn identifiability(&self) -> JsValue {
        plain(&self.0.identifiability())
    }

    /// `{ values, moved }`.
    pub fn draws(&self, count: usize, seed: f64) -> JsValue {
        let draws = self.0.draws(count, seed as u64);
        object([
            ("values", float64_array(&draws.values)),
            ("moved", (draws.moved as f64).into()),
        ])
    }
}

/// The probability of each level from the logarithms of their evidence.
#[wasm_bindgen(js_name = levelWeights)]
pub fn level_weights(log_evidence: &Float64Array) -> JsValue {
    float64_array(&least_action::statistics::level_weights(
        &log_evidence.to_vec(),
    ))
}

/// `{ means, deviations }` of a mixture of Gaussians, from levels x quantities.
#[wasm_bindgen(js_name = mixtureMoments)]
pub fn mixture_moments(
    means: &Float64Array,
    deviations: &Float64Array,
    weights: &Float64Array,
) -> Result<JsValue> {
    let (means, deviations) = least_action::statistics::mixture_moments(
        &means.to_vec(),
        &deviations.to_vec(),
        &weights.to_vec(),
    )
    .map_err(thrown)?;
    Ok(object([
        ("means", float64_array(&means)),
        ("deviations", float64_array(&deviations)),
    ]))
}

/// The quantiles of such a mixture.
#[wasm_bindgen(js_name = mixtureQuantiles)]
pub fn mixture_quantiles(
    means: &Float64Array,
    deviations: &Float64Array,
    weights: &Float64Array,
    probability: f64,
) -> Result<JsValue> {
    let quantiles = least_action::statistics::mixture_quantiles(
        &means.to_vec(),
        &deviations.to_vec(),
        &weights.to_vec(),
        probability,
    );
    Ok(float64_array(&quantiles.map_err(thrown)?))
}
