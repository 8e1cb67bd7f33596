//! Bias, intervals and time of estimated noise over many twins, beside runs whose noise is known:
//! `cargo run --release -p least-action --example estimated_noise -- [twins]`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use least_action::action::{ChannelNoise, EstimatedScale, NoiseFamily, Precision};
use least_action::anneal::{AnnealOptions, Annealer, Estimate, Run, Verdict};
use least_action::model::{EquationModel, Model, ModelBuilder};
use least_action::{models, Observations, TwinExperiment};

struct Case {
    name: &'static str,
    model: EquationModel,
    experiment: TwinExperiment,
    /// Deviations of the noise, one per measured column.
    noise: Vec<f64>,
    estimate: Vec<(&'static str, [f64; 2])>,
    family: NoiseFamily,
    /// True for noise that is proportional to the measured value.
    proportional: bool,
}

fn decay() -> EquationModel {
    ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 0.5, "")
        .initial_state([2.0])
        .flow(|x, p| vec![-p[0] * x[0]])
        .unwrap()
}

fn oscillator() -> EquationModel {
    ModelBuilder::new("oscillator")
        .states(["x", "v"])
        .parameter("w", 2.0, "")
        .parameter("c", 0.1, "")
        .initial_state([1.0, 0.0])
        .flow(|x, p| vec![x[1] * 1.0, -p[0] * x[0] - p[1] * x[1]])
        .unwrap()
}

fn cases() -> Vec<Case> {
    let twin = |time_step, points, observed: &[usize], initial: Option<Vec<f64>>| TwinExperiment {
        time_step,
        points,
        observed: observed.to_vec(),
        initial_state: initial,
        ..TwinExperiment::default()
    };
    let case = || Case {
        name: "",
        model: decay(),
        experiment: TwinExperiment::default(),
        noise: Vec::new(),
        estimate: Vec::new(),
        family: NoiseFamily::Normal,
        proportional: false,
    };
    vec![
        Case {
            name: "decay, 15 data",
            model: decay(),
            experiment: twin(0.3, 15, &[0], Some(vec![2.0])),
            noise: vec![0.1],
            estimate: vec![("k", [0.1, 1.5])],
            ..case()
        },
        Case {
            name: "oscillator, x of 41",
            model: oscillator(),
            experiment: twin(0.2, 41, &[0], Some(vec![1.0, 0.0])),
            noise: vec![0.1],
            estimate: vec![("w", [0.5, 5.0]), ("c", [0.0, 0.5])],
            ..case()
        },
        Case {
            name: "oscillator, x and v of 21",
            model: oscillator(),
            experiment: twin(0.2, 21, &[0, 1], Some(vec![1.0, 0.0])),
            noise: vec![0.05, 0.4],
            estimate: vec![("w", [0.5, 5.0]), ("c", [0.0, 0.5])],
            ..case()
        },
        Case {
            name: "lorenz63, x and y of 201",
            model: models::lorenz63().unwrap(),
            experiment: twin(0.02, 201, &[0, 1], None),
            noise: vec![0.5, 1.0],
            estimate: vec![("rho", [20.0, 35.0])],
            ..case()
        },
        Case {
            name: "decay, 41 data, log-normal noise",
            experiment: twin(0.1, 41, &[0], Some(vec![2.0])),
            noise: vec![0.2],
            estimate: vec![("k", [0.1, 1.5])],
            family: NoiseFamily::LogNormal,
            ..case()
        },
        Case {
            name: "decay, 41 data, proportional noise",
            experiment: twin(0.1, 41, &[0], Some(vec![2.0])),
            noise: vec![0.1],
            estimate: vec![("k", [0.1, 1.5])],
            proportional: true,
            ..case()
        },
    ]
}

fn data(case: &Case, seed: u64) -> Observations {
    let mut experiment = case.experiment.clone();
    (experiment.seed, experiment.noise) = (seed, 1.0);
    let noisy = experiment.run(&case.model).unwrap();
    experiment.noise = 0.0;
    let clean = experiment.run(&case.model).unwrap();
    let mut data = noisy.data;
    let width = case.noise.len();
    for (k, y) in data.values.iter_mut().enumerate() {
        let x = clean.data.values[k];
        let z = case.noise[k % width] * (*y - x);
        *y = match (case.family, case.proportional) {
            (NoiseFamily::LogNormal, _) => x * z.exp(),
            (_, true) => x * (1.0 + z),
            _ => x + z,
        };
    }
    data
}

fn run(case: &Case, data: Observations, is_known: bool) -> (Run, f64) {
    let precisions = case.noise.iter().map(|s| 1.0 / (s * s)).collect();
    let estimate = case.estimate.iter().map(|&(name, initial)| {
        let estimate = Estimate {
            initial: Some(initial),
            ..Estimate::default()
        };
        (name.to_string(), estimate)
    });
    let part = |value: f64| match is_known {
        true => Some(value.into()),
        false => Some(EstimatedScale::default().into()),
    };
    let names = case.model.states().iter().zip(&case.noise);
    let noise = names.map(|(name, &value)| {
        let noise = match case.proportional {
            true => ChannelNoise {
                proportional: part(value),
                ..ChannelNoise::default()
            },
            false => ChannelNoise {
                family: case.family,
                deviation: part(value),
                ..ChannelNoise::default()
            },
        };
        (name.clone(), noise)
    });
    let noise: BTreeMap<String, ChannelNoise> = noise.collect();
    let is_plain = case.family == NoiseFamily::Normal && !case.proportional;
    let options = AnnealOptions {
        measurement_precision: Precision::PerComponent(precisions),
        noise: (!is_known || !is_plain).then_some(noise),
        estimate: estimate.collect(),
        ..AnnealOptions::default()
    };
    let model: Arc<dyn Model> = Arc::new(case.model.clone());
    let annealer = Annealer::new(model, data, options).unwrap();
    let begun = Instant::now();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    (run, begun.elapsed().as_secs_f64())
}

fn main() {
    let twins = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(200);
    for case in cases() {
        let channels = case.noise.len();
        let mut ratios = vec![Vec::new(); channels];
        let mut inside = vec![0; channels];
        let (mut known, mut estimated, mut consistent) = (0.0, 0.0, [0, 0]);
        let (mut iterations, mut starts) = ([0, 0], [0, 0]);
        for seed in 0..twins {
            let data = data(&case, seed);
            let (found, time) = run(&case, data.clone(), false);
            let (reference, reference_time) = run(&case, data, true);
            known += reference_time;
            estimated += time;
            for (k, one) in [&reference, &found].into_iter().enumerate() {
                consistent[k] += usize::from(one.verdict == Verdict::Consistent);
                starts[k] += one.climbs.len();
                let rungs = one.climbs.iter().flat_map(|climb| &climb.rungs);
                iterations[k] += rungs.map(|rung| rung.iterations).sum::<usize>();
            }
            for (c, noise) in found.noise.iter().enumerate() {
                let part = noise.deviation.or(noise.proportional).unwrap();
                // The variance is what has no bias.
                ratios[c].push((part.value / case.noise[c]).powi(2));
                let [low, high] = part.interval;
                inside[c] += usize::from(low <= case.noise[c] && case.noise[c] <= high);
            }
        }
        println!(
            "{}: consistent {} known, {} estimated; starts {starts:?}, iterations {iterations:?}, \
             time {:.3} s known, {:.3} s estimated, ratio {:.2}",
            case.name,
            consistent[0],
            consistent[1],
            known,
            estimated,
            estimated / known
        );
        for c in 0..channels {
            let n = ratios[c].len() as f64;
            let mean = ratios[c].iter().sum::<f64>() / n;
            let variance = ratios[c].iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
            println!(
                "  channel {c}: mean variance ratio {mean:.4} +- {:.4}, inside 95 % {:.1} %",
                (variance / n).sqrt(),
                100.0 * inside[c] as f64 / n
            );
        }
    }
}
