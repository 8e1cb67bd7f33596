//! The ladder, climbed rung by rung so that JavaScript can report, pause and stop in between.

use js_sys::{Array, Atomics, Float64Array, Int32Array, Reflect};
use least_action::anneal::{Climb, Rung, Stopped};
use least_action::{AnnealOptions, Error, Run};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::convert::{float64_array, object, plain, read, read_data, set, thrown, Result};
use crate::model::build;

/// A model, data and options, checked.
#[wasm_bindgen]
pub struct Annealer(least_action::Annealer);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Horizon {
    until: f64,
    #[serde(default)]
    inputs: Vec<f64>,
    #[serde(default)]
    data_set: usize,
}

/// A climb without its path, which crosses as a `Float64Array`.
#[derive(Serialize, Deserialize)]
struct Progress {
    start: usize,
    rungs: Vec<Rung>,
    parameters: Vec<f64>,
    #[serde(default)]
    failure: Option<Error>,
    #[serde(default)]
    stopped: Option<Stopped>,
}

#[wasm_bindgen]
impl Annealer {
    /// `data` are the data sets, each `{ grid: { start, timeStep, points, observed }, values, inputs }`.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &JsValue, data: &Array, options: &JsValue) -> Result<Annealer> {
        let model = build(spec)?;
        let data = read_data(data)?;
        let options: AnnealOptions = read("", options)?;
        least_action::Annealer::new(model, data, options)
            .map(Annealer)
            .map_err(thrown)
    }

    /// Names of the estimated parameters, in the order of their values in rungs.
    pub fn estimated(&self) -> Vec<String> {
        self.0.problem().estimated().map(str::to_string).collect()
    }

    /// Names of the parameters that change in time: they are the last columns of paths.
    pub fn varying(&self) -> Vec<String> {
        self.0.problem().varying().map(str::to_string).collect()
    }

    /// How many starting paths are tried at most.
    pub fn starts(&self) -> usize {
        self.0.options().starting_paths.count
    }

    /// Rungs of every climb; undefined where they are found on the way.
    pub fn rungs(&self) -> Option<usize> {
        let ladder = &self.0.options().model_precision;
        ladder.factor.and(ladder.rungs)
    }

    /// What is to be done after `climbs`, whose paths are not needed: `{ enough, over, reprieved }`. `enough` is how many starts count, null if there are not enough
    /// yet; `over` are those that there is nothing to go on with; `reprieved` those that were stopped but must go on.
    pub fn state(&self, climbs: Vec<JsValue>) -> Result<JsValue> {
        let climbs = climbs.iter().map(read_progress);
        let climbs = climbs.collect::<Result<Vec<Climb>>>()?;
        Ok(object([
            ("enough", plain(&self.0.enough(&climbs))),
            ("over", plain(&self.0.over(&climbs))),
            ("reprieved", plain(&self.0.reprieved(&climbs))),
        ]))
    }

    /// Begins the climb from a starting path.
    pub fn climber(&self, start: usize) -> Result<Climber> {
        self.0.climber(start).map(Climber).map_err(thrown)
    }

    /// Goes on with a climb: `{ start, rungs, parameters, path }`.
    pub fn resume(&self, climb: &JsValue) -> Result<Climber> {
        self.0
            .resume(read_climb(climb)?)
            .map(Climber)
            .map_err(thrown)
    }

    /// What climbs say together: `{ levels, gap, expectedLevel, drops, findings, verdict, best, modelPrecision, summary, diagnosis }`; `best` is a
    /// position in the climbs sorted by starting path.
    pub fn finish(&self, climbs: Vec<JsValue>) -> Result<JsValue> {
        let climbs = climbs
            .iter()
            .map(read_climb)
            .collect::<Result<Vec<Climb>>>()?;
        let run = Run::new(&self.0, climbs).map_err(thrown)?;
        // Of a ladder that is found from the data, every climb has rungs of its own: those of the longest are given.
        let longest = run.climbs.iter().max_by_key(|climb| climb.rungs.len());
        let rungs = longest.map_or(&[][..], |climb| &climb.rungs);
        let precisions: Vec<f64> = rungs.iter().map(|rung| rung.model_precision).collect();
        Ok(object([
            ("levels", plain(&run.levels)),
            ("gap", plain(&run.gap())),
            ("expectedLevel", run.expected_level.into()),
            ("drops", plain(&run.drops)),
            ("findings", plain(&run.findings)),
            ("verdict", plain(&run.verdict)),
            ("best", (run.best as f64).into()),
            ("modelPrecision", float64_array(&precisions)),
            ("summary", run.summary().into()),
            ("diagnosis", run.diagnose().into()),
        ]))
    }

    /// `{ times, path }` from the end of a climb's path on, `horizon` being `{ until, inputs, dataSet }`.
    pub fn predict(&self, climb: &JsValue, horizon: &JsValue) -> Result<JsValue> {
        let climb = read_climb(climb)?;
        let given: Horizon = read("", horizon)?;
        let horizon = least_action::twin::Horizon {
            until: given.until,
            inputs: &given.inputs,
            data_set: given.data_set,
        };
        let prediction =
            least_action::twin::predict(self.0.problem(), &climb, horizon).map_err(thrown)?;
        Ok(object([
            ("times", float64_array(&prediction.times)),
            ("path", float64_array(&prediction.path)),
        ]))
    }
}

/// One starting path on its way up the ladder.
#[wasm_bindgen]
pub struct Climber(least_action::anneal::Climber);

#[wasm_bindgen]
impl Climber {
    /// Minimises at the next rung and gives it; undefined at the end of the ladder, when the mathematics failed, and when the first number of `cancel` is
    /// no longer zero.
    #[wasm_bindgen(js_name = nextRung)]
    pub fn next_rung(&mut self, cancel: Option<Int32Array>) -> JsValue {
        let interrupted = || {
            let cancel = cancel.as_ref();
            cancel.is_some_and(|cancel| Atomics::load(cancel, 0).is_ok_and(|value| value != 0))
        };
        let rung = self.0.next_rung_unless(&interrupted);
        rung.map_or(JsValue::UNDEFINED, plain)
    }

    /// What has been done so far: `{ start, rungs, parameters, failure, path }`.
    pub fn climb(&self) -> JsValue {
        let climb = self.0.climb();
        let result = object([
            ("start", (climb.start as f64).into()),
            ("rungs", plain(&climb.rungs)),
            ("parameters", plain(&climb.parameters)),
            ("failure", plain(&climb.failure)),
            ("stopped", plain(&climb.stopped)),
        ]);
        set(&result, "path", &float64_array(&climb.path));
        result
    }
}

fn read_climb(climb: &JsValue) -> Result<Climb> {
    let path = Reflect::get(climb, &"path".into())
        .ok()
        .and_then(|path| path.dyn_into::<Float64Array>().ok())
        .ok_or_else(|| {
            thrown(Error::WrongShape {
                path: "resume.starts.path".into(),
                message: "must be a Float64Array".into(),
            })
        })?;
    Ok(Climb {
        path: path.to_vec(),
        ..read_progress(climb)?
    })
}

/// A climb without its path.
fn read_progress(climb: &JsValue) -> Result<Climb> {
    let start = Reflect::get(climb, &"start".into()).unwrap_or(JsValue::UNDEFINED);
    // The SDK passes exactly these fields, so there are no unknown ones to look for.
    let progress: Progress = read_exact(&start, climb)?;
    Ok(Climb {
        start: progress.start,
        rungs: progress.rungs,
        parameters: progress.parameters,
        failure: progress.failure,
        stopped: progress.stopped,
        path: Vec::new(),
    })
}

fn read_exact(start: &JsValue, climb: &JsValue) -> Result<Progress> {
    let fields = object([]);
    for name in ["start", "rungs", "parameters", "failure", "stopped"] {
        set(
            &fields,
            name,
            &Reflect::get(climb, &name.into()).unwrap_or(JsValue::UNDEFINED),
        );
    }
    let root = start.as_f64().map_or("resume.starts".into(), |start| {
        format!("resume.starts[{start}]")
    });
    read(&root, &fields)
}
