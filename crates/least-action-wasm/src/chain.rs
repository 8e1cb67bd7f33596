//! Markov chains that sample a posterior, one transition at a time.

use js_sys::Float64Array;
use least_action::statistics::{ChainPhase, ChainState, Posterior, SamplingOptions};
use least_action::Error;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::anneal::{read_climb, Annealer};
use crate::convert::{plain, read, thrown, Result};

/// Markov chain.
#[wasm_bindgen]
pub struct Chain(least_action::statistics::Chain<Posterior>);

#[wasm_bindgen]
impl Chain {
    /// Begins chain `number` about the minimum that a climb leads to at an R_f, from `start` or
    /// from a random point about it.
    pub fn begin(
        annealer: &Annealer,
        climb: &JsValue,
        model_precision: f64,
        number: usize,
        start: Option<Float64Array>,
        options: &JsValue,
    ) -> Result<Chain> {
        let options: SamplingOptions = read("", options)?;
        let climb = read_climb(climb)?;
        let mut posterior = posterior(annealer, model_precision)?;
        let centre = posterior.mode_near(&[climb.path, climb.parameters].concat());
        let centre = centre.map_err(thrown)?;
        let start = start.map(|start| start.to_vec());
        least_action::statistics::Chain::new(posterior, &options, number, &centre, start.as_deref())
            .map(Chain)
            .map_err(thrown)
    }

    /// Resumes a chain that was interrupted.
    pub fn resume(
        annealer: &Annealer,
        model_precision: f64,
        state: &JsValue,
        options: &JsValue,
    ) -> Result<Chain> {
        let options: SamplingOptions = read("", options)?;
        let state: ChainState = read("resume", state)?;
        let posterior = posterior(annealer, model_precision)?;
        least_action::statistics::Chain::resume(posterior, &options, &state)
            .map(Chain)
            .map_err(thrown)
    }

    /// Does one transition. Its end is written to `position`, and its log density, energy,
    /// acceptance, step size, tree depth, evaluations, and 1 if it diverged to `figures`. Returns
    /// its phase: 0 if all are done, 1 for the annealing, 2 for the warm-up, 3 for a draw.
    pub fn advance(&mut self, position: &Float64Array, figures: &Float64Array) -> Result<u32> {
        let Some(advance) = self.0.advance().map_err(thrown)? else {
            return Ok(0);
        };
        let transition = advance.transition;
        position.copy_from(advance.position);
        figures.copy_from(&[
            transition.log_density,
            transition.energy,
            transition.acceptance,
            transition.step_size,
            f64::from(transition.tree_depth),
            f64::from(transition.steps),
            f64::from(u8::from(transition.divergence.is_some())),
        ]);
        Ok(match advance.phase {
            ChainPhase::Done => 0,
            ChainPhase::Annealing => 1,
            ChainPhase::Warmup => 2,
            ChainPhase::Draws => 3,
        })
    }

    /// Divergence of the last transition, `{ position, energyError, cause }`; null if there was
    /// none.
    pub fn divergence(&self) -> JsValue {
        let divergence = &self.0.last().divergence;
        divergence.as_ref().map_or(JsValue::NULL, plain)
    }

    /// Number of unknowns: the path, then the estimated parameters.
    pub fn unknowns(&self) -> usize {
        self.0.position().len()
    }

    /// Number of transitions of all phases.
    pub fn transitions(&self) -> usize {
        self.0.progress().1
    }

    /// R_f of the next transition.
    #[wasm_bindgen(js_name = modelPrecision)]
    pub fn model_precision(&self) -> f64 {
        self.0.model_precision().unwrap_or(f64::NAN)
    }

    /// State that a chain can be resumed from.
    pub fn state(&self) -> JsValue {
        plain(&self.0.state())
    }
}

fn posterior(annealer: &Annealer, model_precision: f64) -> Result<Posterior> {
    let Some(annealer) = annealer.of_paths() else {
        return Err(thrown(Error::WrongShape {
            path: "run".into(),
            message: "must be a run of a path through data, not of a network".into(),
        }));
    };
    Posterior::new(annealer.problem(), model_precision).map_err(thrown)
}

/// Checks the options and returns all of them, with defaults where none is given.
#[wasm_bindgen(js_name = checkSampling)]
pub fn check_sampling(
    annealer: &Annealer,
    model_precision: f64,
    options: &JsValue,
) -> Result<JsValue> {
    let options: SamplingOptions = read("", options)?;
    options.validate().map_err(thrown)?;
    posterior(annealer, model_precision)?;
    Ok(plain(&options))
}
