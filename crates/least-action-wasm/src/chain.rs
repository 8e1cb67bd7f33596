//! Markov chains that sample a posterior, one transition at a time.

use js_sys::Float64Array;
use least_action::statistics::{
    ChainPhase, ChainState, Divergence, Posterior, SamplingOptions, StrongPosterior,
};
use least_action::Error;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::JsValue;

use crate::anneal::{read_climb, Annealer};
use crate::convert::{plain, read, thrown, Result};

/// Markov chain, at a finite R_f or in the deterministic limit, where its unknowns are first states
/// and parameters. Positions are always paths with parameters.
#[wasm_bindgen]
pub struct Chain(Kind);

enum Kind {
    Finite(Box<least_action::statistics::Chain<Posterior>>),
    Strong {
        chain: Box<least_action::statistics::Chain<StrongPosterior>>,
        /// Posterior by which positions are made paths.
        paths: Box<StrongPosterior>,
    },
}

/// Calls a method that chains of both kinds have.
macro_rules! of_both {
    ($chain:expr, $one:ident => $what:expr) => {
        match $chain {
            Kind::Finite($one) => $what,
            Kind::Strong { chain: $one, .. } => $what,
        }
    };
}

#[wasm_bindgen]
impl Chain {
    /// Begins chain `number` about the minimum that a climb leads to at an R_f, which may be
    /// infinite, from `start` or from a random point about it.
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
        let from = [climb.path, climb.parameters].concat();
        let start = start.map(|start| start.to_vec());
        if model_precision == f64::INFINITY {
            let mut posterior = strong_posterior(annealer)?;
            let paths = Box::new(posterior.clone());
            let minimum = posterior.minimize(&from, &[], MOST_STEPS).map_err(thrown)?;
            let centre = posterior.unknowns_of(&minimum.unknowns).map_err(thrown)?;
            let start = start.map(|start| posterior.unknowns_of(&start));
            let start = start.transpose().map_err(thrown)?;
            let start = start.as_deref();
            let chain =
                least_action::statistics::Chain::new(posterior, &options, number, &centre, start);
            let chain = Box::new(chain.map_err(thrown)?);
            return Ok(Chain(Kind::Strong { chain, paths }));
        }
        let mut posterior = posterior(annealer, model_precision)?;
        let centre = posterior.mode_near(&from).map_err(thrown)?;
        least_action::statistics::Chain::new(posterior, &options, number, &centre, start.as_deref())
            .map(|chain| Chain(Kind::Finite(Box::new(chain))))
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
        if model_precision == f64::INFINITY {
            let posterior = strong_posterior(annealer)?;
            let paths = Box::new(posterior.clone());
            let chain = least_action::statistics::Chain::resume(posterior, &options, &state);
            let chain = Box::new(chain.map_err(thrown)?);
            return Ok(Chain(Kind::Strong { chain, paths }));
        }
        let posterior = posterior(annealer, model_precision)?;
        least_action::statistics::Chain::resume(posterior, &options, &state)
            .map(|chain| Chain(Kind::Finite(Box::new(chain))))
            .map_err(thrown)
    }

    /// Does one transition. Its end is written to `position`, and its log density, energy,
    /// acceptance, step size, tree depth, evaluations, and 1 if it diverged to `figures`. Returns
    /// its phase: 0 if all are done, 1 for the annealing, 2 for the warm-up, 3 for a draw.
    pub fn advance(&mut self, position: &Float64Array, figures: &Float64Array) -> Result<u32> {
        let (advance, place) = match &mut self.0 {
            Kind::Finite(chain) => match chain.advance().map_err(thrown)? {
                Some(advance) => (advance, advance.position.to_vec()),
                None => return Ok(0),
            },
            Kind::Strong { chain, paths } => match chain.advance().map_err(thrown)? {
                Some(advance) => (advance, expanded(paths, advance.position)),
                None => return Ok(0),
            },
        };
        let transition = advance.transition;
        position.copy_from(&place);
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
    pub fn divergence(&mut self) -> JsValue {
        let divergence = match &mut self.0 {
            Kind::Finite(chain) => chain.last().divergence.clone(),
            Kind::Strong { chain, paths } => {
                chain.last().divergence.clone().map(|one| Divergence {
                    position: expanded(paths, &one.position),
                    ..one
                })
            }
        };
        divergence.as_ref().map_or(JsValue::NULL, plain)
    }

    /// Number of unknowns: the path, then the estimated parameters.
    pub fn unknowns(&self) -> usize {
        match &self.0 {
            Kind::Finite(chain) => chain.position().len(),
            Kind::Strong { paths, .. } => {
                let problem = paths.problem();
                problem.path_length() + problem.estimated().len()
            }
        }
    }

    /// Number of transitions of all phases.
    pub fn transitions(&self) -> usize {
        of_both!(&self.0, chain => chain.progress().1)
    }

    /// R_f of the next transition.
    #[wasm_bindgen(js_name = modelPrecision)]
    pub fn model_precision(&self) -> f64 {
        match &self.0 {
            Kind::Finite(chain) => chain.model_precision().unwrap_or(f64::NAN),
            Kind::Strong { .. } => f64::INFINITY,
        }
    }

    /// State that a chain can be resumed from.
    pub fn state(&self) -> JsValue {
        of_both!(&self.0, chain => plain(&chain.state()))
    }
}

/// Most steps to the minimum about which chains begin.
const MOST_STEPS: usize = 200;

/// Path and parameters at a position of first states and parameters; NaN where the path does not
/// stay finite.
fn expanded(paths: &mut StrongPosterior, position: &[f64]) -> Vec<f64> {
    let count = paths.problem().estimated().len();
    let parameters = &position[position.len() - count..];
    match paths.path_of(position) {
        Ok(path) => [path, parameters].concat(),
        Err(_) => {
            let length = paths.problem().path_length();
            [&vec![f64::NAN; length], parameters].concat()
        }
    }
}

fn paths_of(annealer: &Annealer) -> Result<&least_action::Annealer> {
    annealer.of_paths().ok_or_else(|| {
        thrown(Error::WrongShape {
            path: "run".into(),
            message: "must be a run of a path through data, not of a network".into(),
        })
    })
}

fn posterior(annealer: &Annealer, model_precision: f64) -> Result<Posterior> {
    Posterior::new(paths_of(annealer)?.problem(), model_precision).map_err(thrown)
}

fn strong_posterior(annealer: &Annealer) -> Result<StrongPosterior> {
    StrongPosterior::new(paths_of(annealer)?.problem()).map_err(thrown)
}

/// R_f at which the posterior of a run is looked at if none is given: infinite, or that of the last
/// rung of a climb.
#[wasm_bindgen(js_name = defaultModelPrecision)]
pub fn default_model_precision(annealer: &Annealer, climb: &JsValue) -> Result<f64> {
    let climb = read_climb(climb)?;
    let annealer = paths_of(annealer)?;
    Ok(least_action::statistics::default_model_precision(
        annealer, &climb,
    ))
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
    if model_precision != f64::INFINITY {
        posterior(annealer, model_precision)?;
    } else if options.annealing.is_some() {
        return Err(thrown(Error::WrongShape {
            path: "annealing".into(),
            message: "is in R_f, and this one is infinite: leave it out".into(),
        }));
    } else {
        strong_posterior(annealer)?;
    }
    Ok(plain(&options))
}
