//! Annealing, rung by rung, so that JavaScript can report, pause and stop in between.

use js_sys::{Array, Atomics, Float64Array, Int32Array, Reflect};
use least_action::action::Precision;
use least_action::action::{Interpolation, Jump};
use least_action::anneal::{
    Annealable, Climb, FinerGrid, GivenStart, NetworkAnnealOptions, Networks, Paths, Rung,
    StepCheck, Stopped,
};
use least_action::model::Coordinate;
use least_action::network::NetworkOptions;
use least_action::{AnnealOptions, Error, Observations, Run};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::convert::{float64_array, object, plain, read, read_data, set, thrown, Result};
use crate::model::build;
use crate::network::{read_network, read_pairs};

/// Annealer of a model or a network, with checked data and options.
#[wasm_bindgen]
pub struct Annealer(Kind);

enum Kind {
    Paths(Box<least_action::Annealer<Paths>>),
    Networks(Box<least_action::Annealer<Networks>>),
}

/// Evaluates an expression for annealers of both kinds.
macro_rules! either {
    ($which:expr, $one:ident => $what:expr) => {
        match $which {
            Kind::Paths($one) => $what,
            Kind::Networks($one) => $what,
        }
    };
}

/// Horizon of a prediction, as it crosses.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Horizon {
    until: f64,
    #[serde(default)]
    times: Vec<f64>,
    #[serde(default)]
    inputs: Vec<f64>,
    #[serde(default)]
    interpolation: Vec<Interpolation>,
    #[serde(default)]
    jumps: Vec<Jump>,
    #[serde(default)]
    data_set: usize,
}

impl Horizon {
    pub fn horizon(&self) -> least_action::twin::Horizon<'_> {
        least_action::twin::Horizon {
            until: self.until,
            times: &self.times,
            inputs: &self.inputs,
            interpolation: &self.interpolation,
            jumps: &self.jumps,
            data_set: self.data_set,
        }
    }
}

pub(crate) fn read_horizon(given: &JsValue) -> Result<Horizon> {
    read("", given)
}

/// Finer grid without its starting paths, which cross as `Float64Array`s.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GridWords {
    parts: usize,
    model_precision: f64,
    #[serde(default)]
    model_weights: Option<Precision>,
}

/// Climb without its path and parameters, which cross as `Float64Array`s.
#[derive(Serialize, Deserialize)]
struct Progress {
    start: usize,
    rungs: Vec<Rung>,
    #[serde(default)]
    failure: Option<Error>,
    #[serde(default)]
    stopped: Option<Stopped>,
}

impl Annealer {
    /// Data sets on the grid before it was refined, or on this one; none for networks.
    fn grid(&self, before: bool) -> impl Iterator<Item = &Observations> {
        let sets = match (&self.0, before) {
            (Kind::Paths(annealer), true) => annealer.annealable().data_before(),
            (Kind::Paths(annealer), false) => annealer.problem().data(),
            (Kind::Networks(_), _) => &[],
        };
        sets.iter()
    }
}

/// Times of the points of a data set.
fn times_of(set: &Observations) -> impl Iterator<Item = f64> + '_ {
    (0..set.points).map(|n| set.time(n))
}

#[wasm_bindgen]
impl Annealer {
    /// Annealer of a model with data sets, each `{ grid: { start, timeStep, points, observed },
    /// times, values, inputs }`.
    #[wasm_bindgen(constructor)]
    pub fn new(spec: &JsValue, data: &Array, options: &JsValue) -> Result<Annealer> {
        let model = build(spec)?;
        let data = read_data(data)?;
        let options: AnnealOptions = read("", options)?;
        least_action::Annealer::new(model, data, options)
            .map(|annealer| Annealer(Kind::Paths(Box::new(annealer))))
            .map_err(thrown)
    }

    /// Annealer of a network with pairs as [`read_pairs`] takes them. `action` and `options`
    /// together are the user's options.
    #[wasm_bindgen(js_name = ofNetwork)]
    pub fn of_network(
        spec: &JsValue,
        pairs: &JsValue,
        action: &JsValue,
        options: &JsValue,
    ) -> Result<Annealer> {
        let network = read_network(spec)?;
        let pairs = read_pairs("pairs", pairs)?;
        let action: NetworkOptions = read("", action)?;
        let options: NetworkAnnealOptions = read("", options)?;
        let options = NetworkAnnealOptions { action, ..options };
        let networks = Networks::new(network, pairs, options).map_err(thrown)?;
        let annealer = Box::new(least_action::Annealer::on(networks));
        Ok(Annealer(Kind::Networks(annealer)))
    }

    /// Names of the estimated parameters, in the order of their values in rungs.
    pub fn estimated(&self) -> Vec<String> {
        either!(&self.0, annealer => annealer.annealable().parameter_names())
    }

    /// Times of the points of paths, of all data sets one after the other: those of the grid
    /// before it was refined, or of this one. Empty for networks.
    pub fn times(&self, before: bool) -> Vec<f64> {
        self.grid(before).flat_map(times_of).collect()
    }

    /// Number of points of each data set on the grid before it was refined; empty for networks.
    pub fn points(&self) -> Vec<u32> {
        self.grid(true).map(|set| set.points as u32).collect()
    }

    /// True if parameters or states are estimated by other coordinates than themselves.
    #[wasm_bindgen(js_name = isScaled)]
    pub fn is_scaled(&self) -> bool {
        match &self.0 {
            Kind::Paths(annealer) => annealer.problem().is_scaled(),
            Kind::Networks(_) => false,
        }
    }

    /// Path of the coordinates of states, whole rows, as one of the states themselves.
    #[wasm_bindgen(js_name = naturalPath)]
    pub fn natural_path(&self, path: Vec<f64>) -> Vec<f64> {
        match &self.0 {
            Kind::Paths(annealer) => annealer.problem().states_at(&path),
            Kind::Networks(_) => path,
        }
    }

    /// True if states are estimated by other coordinates than themselves.
    #[wasm_bindgen(js_name = hasLogarithms)]
    pub fn has_logarithms(&self) -> bool {
        match &self.0 {
            Kind::Paths(annealer) => {
                let model = annealer.problem().model();
                !model.state_coordinates().is_empty()
            }
            Kind::Networks(_) => false,
        }
    }

    /// Unknowns, or estimated parameters alone, with the values of states and parameters in the
    /// place of their coordinates.
    #[wasm_bindgen(js_name = naturalUnknowns)]
    pub fn natural_unknowns(&self, mut unknowns: Vec<f64>) -> Vec<f64> {
        self.each_coordinate(unknowns.len(), |k, coordinate| {
            unknowns[k] = coordinate.parameter(unknowns[k]);
        });
        unknowns
    }

    /// Derivatives of what `naturalUnknowns` gives in the unknowns.
    pub fn slopes(&self, unknowns: Vec<f64>) -> Vec<f64> {
        let mut slopes = vec![1.0; unknowns.len()];
        self.each_coordinate(unknowns.len(), |k, coordinate| {
            slopes[k] = coordinate.slopes(unknowns[k])[0];
        });
        slopes
    }

    /// Names of the parameters that change in time, then of those that differ by data set. They are
    /// the last columns of paths.
    pub fn varying(&self) -> Vec<String> {
        match &self.0 {
            Kind::Paths(annealer) => {
                let problem = annealer.problem();
                let names = problem.varying().chain(problem.own_names());
                names.map(str::to_string).collect()
            }
            Kind::Networks(_) => Vec::new(),
        }
    }

    /// Names of the parameters that differ by data set, the last of [`Annealer::varying`].
    pub fn own(&self) -> Vec<String> {
        match &self.0 {
            Kind::Paths(annealer) => annealer.problem().own_names().map(str::to_string).collect(),
            Kind::Networks(_) => Vec::new(),
        }
    }

    /// Names of the estimated parameters that are deviations between data sets.
    pub fn spreads(&self) -> Vec<String> {
        match &self.0 {
            Kind::Paths(annealer) => annealer.spread_names(),
            Kind::Networks(_) => Vec::new(),
        }
    }

    /// Names of the estimated parameters that are natural logarithms of noise scales. They are the
    /// last of [`Annealer::estimated`].
    pub fn noise(&self) -> Vec<String> {
        match &self.0 {
            Kind::Paths(annealer) => annealer.noise_names(),
            Kind::Networks(_) => Vec::new(),
        }
    }

    /// Largest number of starting paths that are tried.
    pub fn starts(&self) -> usize {
        either!(&self.0, annealer => annealer.annealable().attempts().count)
    }

    /// Number of rungs of every climb; undefined where they are found on the way.
    pub fn rungs(&self) -> Option<usize> {
        let ladder = either!(&self.0, annealer => annealer.annealable().ladder());
        ladder.factor.and(ladder.rungs)
    }

    /// Next work after `climbs`, whose paths are not needed: `{ enough, over, reprieved }`.
    /// `enough` is the number of starts that count, null if there are not enough yet; `over` are
    /// those that are finished; `reprieved` those that were stopped but must go on.
    pub fn state(&self, climbs: Vec<JsValue>) -> Result<JsValue> {
        let climbs = climbs.iter().map(read_progress);
        let climbs = climbs.collect::<Result<Vec<Climb>>>()?;
        Ok(either!(&self.0, annealer => object([
            ("enough", plain(&annealer.enough(&climbs))),
            ("over", plain(&annealer.over(&climbs))),
            ("reprieved", plain(&annealer.reprieved(&climbs))),
        ])))
    }

    /// Begins the climb from a starting path.
    pub fn climber(&self, start: usize) -> Result<Climber> {
        let climber = match &self.0 {
            Kind::Paths(annealer) => annealer.climber(start).map(Box::new).map(Climbing::Paths),
            Kind::Networks(annealer) => annealer
                .climber(start)
                .map(Box::new)
                .map(Climbing::Networks),
        };
        climber.map(Climber).map_err(thrown)
    }

    /// Resumes a climb: `{ start, rungs, parameters, path }`.
    pub fn resume(&self, climb: &JsValue) -> Result<Climber> {
        let climb = read_climb(climb)?;
        let climber = match &self.0 {
            Kind::Paths(annealer) => annealer.resume(climb).map(Box::new).map(Climbing::Paths),
            Kind::Networks(annealer) => {
                annealer.resume(climb).map(Box::new).map(Climbing::Networks)
            }
        };
        climber.map(Climber).map_err(thrown)
    }

    /// Annealer of the same data on a finer grid, as [`Annealer::conclude`] gives it.
    pub fn refined(&self, grid: &JsValue) -> Result<Annealer> {
        let Kind::Paths(annealer) = &self.0 else {
            return Err(thrown(no_grid("grid")));
        };
        let field = |name: &str| Reflect::get(grid, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let words = object([]);
        for name in ["parts", "modelPrecision", "modelWeights"] {
            set(&words, name, &field(name));
        }
        let words: GridWords = read("grid", &words)?;
        let starts = Array::from(&field("starts"));
        let starts = starts.iter().map(|start| {
            let Climb {
                path, parameters, ..
            } = read_end(&start)?;
            Ok(GivenStart { path, parameters })
        });
        let grid = FinerGrid {
            parts: words.parts,
            model_precision: words.model_precision,
            model_weights: words.model_weights,
            starts: starts.collect::<Result<Vec<_>>>()?,
        };
        let finer = annealer.on_grid(grid).map_err(thrown)?;
        Ok(Annealer(Kind::Paths(Box::new(finer))))
    }

    /// Results of all climbs together, with the check of their time step: `{ verdicts, check, grid
    /// }`. `check` is null where there is none, and `grid` the finer grid to go on with, null where
    /// the present one is the last. `checks` are those of the coarser grids before.
    pub fn conclude(&self, climbs: Vec<JsValue>, checks: &JsValue) -> Result<JsValue> {
        let climbs = read_climbs(&climbs)?;
        let Kind::Paths(annealer) = &self.0 else {
            return Err(thrown(no_grid("climbs")));
        };
        let mut run = Run::new(annealer.annealable(), climbs).map_err(thrown)?;
        let mut checks: Vec<StepCheck> = read("checks", checks)?;
        let check = annealer.check_step(&run, &checks);
        checks.extend(check.clone());
        let grid = check
            .as_ref()
            .and_then(|_| annealer.finer_grid(&run, &checks));
        annealer.judge_step(&mut run, &checks);
        Ok(object([
            ("verdicts", verdicts_of(&run)),
            ("check", plain(&check)),
            ("grid", grid.map_or(JsValue::NULL, |grid| object_of(&grid))),
        ]))
    }

    /// Results of all climbs together without a check of their time step, as `verdicts` of
    /// [`Annealer::conclude`]: `{ levels, gap, expectedLevel, drops, findings, verdict, chiSquare,
    /// noise, best, modelPrecision, summary, diagnosis }`. `best` is a position in the climbs
    /// sorted by starting path.
    pub fn finish(&self, climbs: Vec<JsValue>) -> Result<JsValue> {
        let climbs = read_climbs(&climbs)?;
        let run = either!(&self.0, annealer => Run::new(annealer.annealable(), climbs));
        Ok(verdicts_of(&run.map_err(thrown)?))
    }

    /// Annealer of paths through data; `None` for networks.
    pub(crate) fn of_paths(&self) -> Option<&least_action::Annealer<Paths>> {
        match &self.0 {
            Kind::Paths(annealer) => Some(annealer),
            Kind::Networks(_) => None,
        }
    }

    /// Estimate of the model's noise beside that of the measurements, about the end of a climb.
    #[wasm_bindgen(js_name = modelNoise)]
    pub fn model_noise(&self, climb: &JsValue) -> Result<JsValue> {
        let climb = read_climb(climb)?;
        let Kind::Paths(annealer) = &self.0 else {
            return Ok(JsValue::UNDEFINED);
        };
        Ok(plain(&annealer.model_noise(&climb).map_err(thrown)?))
    }

    /// Prediction of a path through data: `{ times, path }` from the end of a climb's path on.
    /// `horizon` is `{ until, inputs, dataSet }`.
    pub fn predict(&self, climb: &JsValue, horizon: &JsValue) -> Result<JsValue> {
        let climb = read_end(climb)?;
        let given = read_horizon(horizon)?;
        let Kind::Paths(annealer) = &self.0 else {
            // The SDK predicts by a network's weights.
            return Ok(JsValue::UNDEFINED);
        };
        let prediction = least_action::twin::predict(annealer.problem(), &climb, given.horizon());
        let prediction = prediction.map_err(thrown)?;
        Ok(object([
            ("times", float64_array(&prediction.times)),
            ("path", float64_array(&prediction.path)),
        ]))
    }
}

impl Annealer {
    /// Calls `to` with the place and the coordinate of each of `count` unknowns, or of the
    /// estimated parameters alone. The scales of noise that is estimated come last, and have none.
    fn each_coordinate(&self, count: usize, mut to: impl FnMut(usize, Coordinate)) {
        if let Kind::Paths(annealer) = &self.0 {
            let problem = annealer.problem();
            let (path, parameters) = (problem.path_length(), problem.coordinates());
            let has_path = count >= path + parameters.len();
            let left_out = if has_path { 0 } else { path };
            let coordinates = problem.unknown_coordinates().skip(left_out);
            for (k, coordinate) in coordinates.enumerate() {
                to(k, coordinate);
            }
        }
    }
}

/// Climb of one starting path.
#[wasm_bindgen]
pub struct Climber(Climbing);

enum Climbing {
    Paths(Box<least_action::anneal::Climber<Paths>>),
    Networks(Box<least_action::anneal::Climber<Networks>>),
}

#[wasm_bindgen]
impl Climber {
    /// Minimises at the next rung and returns it. Returns undefined at the end of the ladder, after
    /// a failure, and when the first number of `cancel` is no longer zero.
    #[wasm_bindgen(js_name = nextRung)]
    pub fn next_rung(&mut self, cancel: Option<Int32Array>) -> JsValue {
        let interrupted = || {
            let cancel = cancel.as_ref();
            cancel.is_some_and(|cancel| Atomics::load(cancel, 0).is_ok_and(|value| value != 0))
        };
        let rung = match &mut self.0 {
            Climbing::Paths(climber) => climber.next_rung_unless(&interrupted),
            Climbing::Networks(climber) => climber.next_rung_unless(&interrupted),
        };
        rung.map_or(JsValue::UNDEFINED, plain)
    }

    /// Climb so far: `{ start, rungs, parameters, failure, path }`.
    pub fn climb(&self) -> JsValue {
        let climb = match &self.0 {
            Climbing::Paths(climber) => climber.climb(),
            Climbing::Networks(climber) => climber.climb(),
        };
        let result = object([
            ("start", (climb.start as f64).into()),
            ("rungs", plain(&climb.rungs)),
            ("parameters", float64_array(&climb.parameters)),
            ("failure", plain(&climb.failure)),
            ("stopped", plain(&climb.stopped)),
        ]);
        set(&result, "path", &float64_array(&climb.path));
        result
    }
}

/// Error of who asks for the time grid of a network.
fn no_grid(path: &str) -> Error {
    Error::WrongShape {
        path: path.into(),
        message: "networks have no time grid".into(),
    }
}

/// Finer grid as [`Annealer::refined`] takes it.
fn object_of(grid: &FinerGrid) -> JsValue {
    let starts = grid.starts.iter().map(|start| {
        object([
            ("path", float64_array(&start.path)),
            ("parameters", float64_array(&start.parameters)),
        ])
    });
    object([
        ("parts", (grid.parts as f64).into()),
        ("modelPrecision", grid.model_precision.into()),
        ("modelWeights", plain(&grid.model_weights)),
        ("starts", starts.collect::<Array>().into()),
    ])
}

fn verdicts_of(run: &Run) -> JsValue {
    // Of a ladder that is found from the data, every climb has rungs of its own: those of the
    // longest are given.
    let longest = run.climbs.iter().max_by_key(|climb| climb.rungs.len());
    let rungs = longest.map_or(&[][..], |climb| &climb.rungs);
    let precisions: Vec<f64> = rungs.iter().map(|rung| rung.model_precision).collect();
    object([
        ("levels", plain(&run.levels)),
        ("gap", plain(&run.gap())),
        ("expectedLevel", run.expected_level.into()),
        ("drops", plain(&run.drops)),
        ("findings", plain(&run.findings)),
        ("verdict", plain(&run.verdict)),
        ("chiSquare", plain(&run.chi_square)),
        ("noise", plain(&run.noise)),
        ("hierarchies", plain(&run.hierarchies)),
        ("best", (run.best as f64).into()),
        ("modelPrecision", float64_array(&precisions)),
        ("summary", run.summary().into()),
        ("diagnosis", run.diagnose().into()),
    ])
}

fn read_climbs(climbs: &[JsValue]) -> Result<Vec<Climb>> {
    climbs.iter().map(read_climb).collect()
}

pub(crate) fn read_climb(climb: &JsValue) -> Result<Climb> {
    let Climb {
        path, parameters, ..
    } = read_end(climb)?;
    Ok(Climb {
        path,
        parameters,
        ..read_progress(climb)?
    })
}

/// Reads a climb's path and parameters without its rungs, which take longer to read than all the
/// rest.
fn read_end(climb: &JsValue) -> Result<Climb> {
    Ok(Climb {
        start: 0,
        rungs: Vec::new(),
        path: array_of(climb, "path")?,
        parameters: array_of(climb, "parameters")?,
        failure: None,
        stopped: None,
    })
}

/// Reads a field that the SDK passes as a `Float64Array`.
fn array_of(climb: &JsValue, field: &str) -> Result<Vec<f64>> {
    let given = Reflect::get(climb, &field.into()).ok();
    let array = given.and_then(|given| given.dyn_into::<Float64Array>().ok());
    array.map(|array| array.to_vec()).ok_or_else(|| {
        thrown(Error::WrongShape {
            path: format!("resume.starts.{field}"),
            message: "must be a Float64Array".into(),
        })
    })
}

/// Reads a climb without its path and parameters.
fn read_progress(climb: &JsValue) -> Result<Climb> {
    let start = Reflect::get(climb, &"start".into()).unwrap_or(JsValue::UNDEFINED);
    // The SDK passes exactly these fields, so there are no unknown ones to look for.
    let fields = object([]);
    for name in ["start", "rungs", "failure", "stopped"] {
        let value = Reflect::get(climb, &name.into()).unwrap_or(JsValue::UNDEFINED);
        set(&fields, name, &value);
    }
    let root = start.as_f64().map_or("resume.starts".into(), |start| {
        format!("resume.starts[{start}]")
    });
    let progress: Progress = read(&root, &fields)?;
    Ok(Climb {
        start: progress.start,
        rungs: progress.rungs,
        parameters: Vec::new(),
        failure: progress.failure,
        stopped: progress.stopped,
        path: Vec::new(),
    })
}
