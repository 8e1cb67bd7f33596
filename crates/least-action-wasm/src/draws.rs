//! Draws of a posterior: summary, sampling report and forecast.

use js_sys::{Float64Array, Reflect};
use least_action::statistics::{
    diagnose, predict_measurements, summarize, ChainStatistics, Coverage, Flatness, Member,
    Members, ModelNoise, Quantity, RankHistogram, Sampled, SamplingMethod, SamplingOptions,
    Summary,
};
use least_action::Error;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use crate::anneal::{read_horizon, Annealer};
use crate::convert::{float64_array, object, plain, read, thrown, Result};

/// Draws of several quantities, sorted by quantity and chain.
struct Columns {
    names: Vec<String>,
    /// Values, quantities x chains x draws.
    values: Vec<f64>,
    chains: usize,
    draws: usize,
}

impl Columns {
    /// Columns from chains x draws x quantities.
    fn new(names: Vec<String>, values: &Float64Array, chains: usize) -> Self {
        let given = values.to_vec();
        let count = names.len();
        let draws = given.len() / (count * chains).max(1);
        let places = (0..count).flat_map(|q| (0..chains * draws).map(move |i| i * count + q));
        Columns {
            values: places.map(|place| given[place]).collect(),
            names,
            chains,
            draws,
        }
    }

    fn quantities(&self) -> Vec<Quantity<'_>> {
        let each = self.values.chunks_exact((self.chains * self.draws).max(1));
        let named = self.names.iter().zip(each);
        named
            .map(|(name, values)| Quantity {
                name,
                chains: values.chunks_exact(self.draws.max(1)).collect(),
            })
            .collect()
    }
}

/// Summary `{ rows, table }` of named quantities, from chains x draws x quantities.
#[wasm_bindgen(js_name = summarizeDraws)]
pub fn summarize_draws(
    names: Vec<String>,
    values: &Float64Array,
    chains: usize,
) -> Result<JsValue> {
    let columns = Columns::new(names, values, chains);
    let summary = summarize(&columns.quantities()).map_err(thrown)?;
    Ok(written(&summary))
}

fn written(summary: &Summary) -> JsValue {
    object([
        ("rows", plain(&summary.rows)),
        ("table", summary.table().into()),
    ])
}

/// Sampling report `{ findings, verdict }`. `statistics` are arrays of chains x draws, except
/// `stepSize` and `divergences`, which have a number per chain. `divergent` holds the values of the
/// first quantities where trajectories diverged, one row per divergence.
#[wasm_bindgen(js_name = diagnoseDraws)]
pub fn diagnose_draws(
    names: Vec<String>,
    values: &Float64Array,
    chains: usize,
    statistics: &JsValue,
    divergent: &Float64Array,
    known: usize,
    options: &JsValue,
) -> Result<JsValue> {
    let options: SamplingOptions = read("", options)?;
    let columns = Columns::new(names, values, chains);
    let quantities = columns.quantities();
    let of = |name: &str| -> Vec<f64> {
        let given = Reflect::get(statistics, &name.into()).unwrap_or(JsValue::UNDEFINED);
        given
            .dyn_ref::<Float64Array>()
            .map(Float64Array::to_vec)
            .unwrap_or_default()
    };
    let (log_density, energies, acceptance) = (of("logDensity"), of("energy"), of("acceptance"));
    let depths: Vec<u32> = of("treeDepth").iter().map(|&depth| depth as u32).collect();
    let (step_size, divergences) = (of("stepSize"), of("divergences"));
    let is_nuts = options.method == SamplingMethod::Nuts;
    let has_momenta = options.method != SamplingMethod::Metropolis;
    let draws = columns.draws;
    let chains: Vec<ChainStatistics> = (0..chains)
        .map(|chain| {
            let own = chain * draws..(chain + 1) * draws;
            ChainStatistics {
                log_density: &log_density[own.clone()],
                energies: if has_momenta {
                    &energies[own.clone()]
                } else {
                    &[]
                },
                acceptance: &acceptance[own.clone()],
                tree_depths: if is_nuts { &depths[own] } else { &[] },
                step_size: step_size[chain],
                divergences: (divergences[chain].round() as usize).min(draws),
            }
        })
        .collect();
    let places = divergent.to_vec();
    let divergent: Vec<Vec<f64>> = (0..quantities.len())
        .map(|q| match q < known {
            true => places.iter().skip(q).step_by(known).copied().collect(),
            false => Vec::new(),
        })
        .collect();
    let summary = summarize(&quantities).map_err(thrown)?;
    let sampled = Sampled {
        quantities: &quantities,
        chains: &chains,
        divergent: &divergent,
        max_tree_depth: is_nuts.then_some(options.max_tree_depth),
    };
    Ok(plain(&diagnose(&sampled, &summary).map_err(thrown)?))
}

/// Errors of the model past the window.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Noise {
    model_precision: f64,
    seed: u64,
}

#[wasm_bindgen]
impl Annealer {
    /// Continues draws, count x unknowns, past the window: `{ times, members, dimension, values,
    /// failed, measurements }`. `noise` is `{ modelPrecision, seed }`, or null for none; `measured`
    /// is the seed of new measurements, which are not made without it.
    #[wasm_bindgen(js_name = predictEnsemble)]
    pub fn predict_ensemble(
        &self,
        draws: &Float64Array,
        count: usize,
        horizon: &JsValue,
        noise: &JsValue,
        measured: Option<f64>,
    ) -> Result<JsValue> {
        let Some(annealer) = self.of_paths() else {
            return Ok(JsValue::UNDEFINED);
        };
        let given = read_horizon(horizon)?;
        let noise: Option<Noise> = match noise.is_null() {
            true => None,
            false => Some(read("modelNoise", noise)?),
        };
        let problem = annealer.problem();
        let draws = draws.to_vec();
        let members = draws
            .chunks_exact((draws.len() / count.max(1)).max(1))
            .map(|draw| {
                let (state, parameters) = draw.split_at(problem.path_length());
                Member { state, parameters }
            });
        let members: Vec<Member> = members.collect();
        let noise = noise.map(|noise| ModelNoise {
            model_precision: noise.model_precision,
            seed: noise.seed,
        });
        let measured = measured.map(|seed| seed as u64);
        let ensemble = predict_measurements(problem, &members, given.horizon(), noise, measured)
            .map_err(thrown)?;
        Ok(object([
            ("times", float64_array(&ensemble.times)),
            ("members", (ensemble.members as f64).into()),
            ("dimension", (ensemble.dimension as f64).into()),
            ("values", float64_array(&ensemble.values)),
            ("failed", plain(&ensemble.failed)),
            ("measurements", float64_array(&ensemble.measurements)),
        ]))
    }

    /// New measurements of all measured columns along the paths of draws, count x unknowns: count x
    /// points x columns.
    #[wasm_bindgen(js_name = drawMeasurements)]
    pub fn draw_measurements(
        &self,
        draws: &Float64Array,
        count: usize,
        seed: f64,
    ) -> Result<JsValue> {
        let Some(annealer) = self.of_paths() else {
            return Ok(JsValue::UNDEFINED);
        };
        let problem = annealer.problem();
        let draws = draws.to_vec();
        let width = (draws.len() / count.max(1)).max(1);
        let mut measured = Vec::new();
        for (stream, draw) in draws.chunks_exact(width).enumerate() {
            let (path, parameters) = draw.split_at(problem.path_length().min(width));
            let one = problem.draw_measurements(path, parameters, seed as u64, stream as u64);
            measured.extend(one.map_err(thrown)?);
        }
        Ok(float64_array(&measured))
    }

    /// Names of the measured columns, in the order of new measurements.
    #[wasm_bindgen(js_name = measuredNames)]
    pub fn measured_names(&self) -> Vec<String> {
        self.of_paths()
            .map_or(Vec::new(), |annealer| annealer.problem().measured_names())
    }
}

/// Finite values of one column of members x size.
fn column(values: &[f64], members: usize, place: usize) -> Vec<f64> {
    let size = values.len() / members.max(1);
    let all = values.iter().skip(place).step_by(size.max(1)).copied();
    all.filter(|value| value.is_finite()).collect()
}

/// Quantile of each column of members x size; NaN where no member is left.
#[wasm_bindgen(js_name = ensembleQuantile)]
pub fn ensemble_quantile(
    values: &Float64Array,
    members: usize,
    probability: f64,
) -> Result<JsValue> {
    let values = values.to_vec();
    let size = values.len() / members.max(1);
    let mut quantiles = Vec::with_capacity(size);
    for place in 0..size {
        let own = column(&values, members, place);
        quantiles.push(match own.is_empty() {
            true => f64::NAN,
            false => {
                let own = Members::new(&own, &[]).map_err(thrown)?;
                own.quantile(probability).map_err(thrown)?
            }
        });
    }
    Ok(float64_array(&quantiles))
}

/// Scores `{ crps, fairCrps, coverage, rankHistogram, flatness }` of members x size beside the
/// truth, which is NaN where it is not known.
#[wasm_bindgen(js_name = ensembleScores)]
pub fn ensemble_scores(
    values: &Float64Array,
    members: usize,
    truth: &Float64Array,
    bins: usize,
    shares: &Float64Array,
) -> Result<JsValue> {
    let (values, truth) = (values.to_vec(), truth.to_vec());
    let mut histogram = RankHistogram::new(bins).map_err(thrown)?;
    let coverages = shares.to_vec().into_iter().map(Coverage::new);
    let mut coverages = coverages
        .collect::<std::result::Result<Vec<_>, Error>>()
        .map_err(thrown)?;
    let (mut crps, mut fair, mut count) = (0.0, 0.0, 0);
    for (place, &happened) in truth.iter().enumerate().filter(|(_, y)| y.is_finite()) {
        let own = column(&values, members, place);
        if own.is_empty() {
            continue;
        }
        let own = Members::new(&own, &[]).map_err(thrown)?;
        histogram.add(&own, happened).map_err(thrown)?;
        for coverage in &mut coverages {
            coverage.add(&own, happened).map_err(thrown)?;
        }
        crps += own.crps(happened).map_err(thrown)?;
        // A single member has no spread to be fair about.
        fair += own.fair_crps(happened).unwrap_or(f64::NAN);
        count += 1;
    }
    let flatness: Option<Flatness> = histogram.flatness().ok();
    let mean = |sum: f64| JsValue::from(sum / f64::from(count));
    let shares: Vec<f64> = coverages.iter().map(Coverage::share).collect();
    Ok(object([
        ("crps", mean(crps)),
        ("fairCrps", mean(fair)),
        ("coverage", float64_array(&shares)),
        ("rankHistogram", float64_array(&histogram.counts)),
        ("flatness", plain(&flatness)),
    ]))
}
