//! Bias, intervals and cost of estimated noise over many twins, beside runs whose noise is known:
//! `cargo run --release -p least-action --example estimated_noise -- [twins] [word of a name]`.

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

/// R. FitzHugh, Biophys. J. 1, 1961; J. Nagumo, S. Arimoto, S. Yoshizawa, Proc. IRE 50, 1962.
fn fitzhugh_nagumo() -> EquationModel {
    ModelBuilder::new("fitzhughNagumo")
        .states(["v", "w"])
        .parameter("a", 0.2, "")
        .parameter("b", 0.2, "")
        .parameter("c", 3.0, "")
        .initial_state([-1.0, 1.0])
        .flow(|x, p| {
            let cubed = x[0] * x[0] * x[0];
            let fast = (x[0] - cubed / 3.0 + x[1]) * p[2];
            vec![fast, -(x[0] - p[0] + x[1] * p[1]) / p[2]]
        })
        .unwrap()
}

/// Infected and susceptible persons by the hundred.
fn epidemic() -> EquationModel {
    ModelBuilder::new("epidemic")
        .states(["I", "S"])
        .parameter("beta", 1.6, "")
        .parameter("gamma", 0.5, "")
        .initial_state([0.08, 9.5])
        .flow(|x, p| {
            let infected = x[0] * x[1] * p[0] / 10.0;
            vec![infected - x[0] * p[1], -infected]
        })
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
            name: "FitzHugh-Nagumo, v of 101",
            model: fitzhugh_nagumo(),
            experiment: twin(0.2, 101, &[0], Some(vec![-1.0, 1.0])),
            noise: vec![0.2],
            estimate: vec![("a", [0.0, 0.5]), ("b", [0.0, 0.5]), ("c", [2.0, 4.0])],
            ..case()
        },
        Case {
            name: "epidemic, infected of 41",
            model: epidemic(),
            experiment: twin(0.4, 41, &[0], Some(vec![0.08, 9.5])),
            noise: vec![0.1],
            estimate: vec![("beta", [0.5, 3.0]), ("gamma", [0.1, 1.0])],
            ..case()
        },
        Case {
            name: "lynx and hare of 41, log-normal",
            model: models::lotka_volterra().unwrap(),
            experiment: twin(0.5, 41, &[0, 1], Some(vec![34.0, 5.9])),
            noise: vec![0.25, 0.2],
            estimate: vec![
                ("alpha", [0.2, 1.0]),
                ("beta", [0.01, 0.06]),
                ("gamma", [0.3, 1.5]),
                ("delta", [0.01, 0.05]),
            ],
            family: NoiseFamily::LogNormal,
            ..case()
        },
        Case {
            name: "lorenz96, 3 of 5 sites, 81 points",
            model: models::lorenz96(5).unwrap(),
            experiment: twin(0.05, 81, &[0, 1, 2], None),
            noise: vec![0.5, 0.5, 0.5],
            estimate: vec![("forcing", [6.0, 10.0])],
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

/// Ratios of estimated and true variances of one channel, and the number of intervals of 95 % that
/// hold the truth.
#[derive(Clone, Default)]
struct Channel {
    ratios: Vec<f64>,
    inside: usize,
}

impl Channel {
    fn row(&self, name: &str, rest: &str) {
        let n = self.ratios.len() as f64;
        // The variance is what has no bias.
        let mean = self.ratios.iter().sum::<f64>() / n;
        let variance = self.ratios.iter().map(|r| (r - mean).powi(2)).sum::<f64>() / n;
        println!(
            "| {name} | {mean:.3} +- {:.3} | {:.1} +- {:.1} % | {rest} |",
            (variance / n).sqrt(),
            100.0 * self.inside as f64 / n,
            100.0 * (0.95 * 0.05 / n).sqrt(),
        );
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let twins = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(200);
    let word = arguments.next().unwrap_or_default();
    println!(
        "| twins of | variance over the true one | intervals of 95 % | consistent, known and \
         estimated | starts, likewise | evaluations, likewise | time ratio |\n| --- | --- | --- | \
         --- | --- | --- | --- |"
    );
    for case in cases().iter().filter(|case| case.name.contains(&word)) {
        let mut channels = vec![Channel::default(); case.noise.len()];
        let (mut seconds, mut consistent, mut starts) = ([0.0, 0.0], [0, 0], [0, 0]);
        let mut evaluations = [0, 0];
        for seed in 0..twins {
            let data = data(case, seed);
            let runs = [true, false].map(|is_known| run(case, data.clone(), is_known));
            for (k, (one, time)) in runs.iter().enumerate() {
                seconds[k] += time;
                starts[k] += one.climbs.len();
                let rungs = one.climbs.iter().flat_map(|climb| &climb.rungs);
                evaluations[k] += rungs.map(|rung| rung.evaluations).sum::<usize>();
                consistent[k] += usize::from(one.verdict == Verdict::Consistent);
            }
            for ((channel, noise), truth) in
                channels.iter_mut().zip(&runs[1].0.noise).zip(&case.noise)
            {
                let part = noise.deviation.or(noise.proportional).unwrap();
                channel.ratios.push((part.value / truth).powi(2));
                let [low, high] = part.interval;
                channel.inside += usize::from(low <= *truth && *truth <= high);
            }
        }
        let ratio = seconds[1] / seconds[0];
        let mean = |all: usize| all as f64 / twins as f64;
        let of_all = format!(
            "{}, {} | {:.1}, {:.1} | {:.0}, {:.0} | {ratio:.2}",
            consistent[0],
            consistent[1],
            mean(starts[0]),
            mean(starts[1]),
            mean(evaluations[0]),
            mean(evaluations[1])
        );
        channels[0].row(case.name, &of_all);
        channels[1..]
            .iter()
            .for_each(|channel| channel.row("", " | | | "));
    }
}
