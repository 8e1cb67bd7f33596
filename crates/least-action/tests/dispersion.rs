//! Bias of the dispersion of negative binomial counts, beside that of the likelihood alone.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{ChannelNoise, NoiseFamily};
use least_action::anneal::{AnnealOptions, Annealer, Estimate};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::{ActionOptions, Observations, Problem};

const TWINS: u64 = 300;
const POINTS: usize = 21;
const TRUTH: f64 = 0.3;

fn decay() -> EquationModel {
    ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 0.5, "")
        .flow(|x, p| vec![-p[0] * x[0]])
        .unwrap()
}

fn observations(values: Vec<f64>) -> Observations {
    Observations {
        time_step: 0.1,
        points: POINTS,
        observed: vec![0],
        values,
        ..Observations::default()
    }
}

fn counts(dispersion: Option<f64>) -> BTreeMap<String, ChannelNoise> {
    let noise = ChannelNoise {
        family: NoiseFamily::NegativeBinomial,
        dispersion: dispersion.map(Into::into),
        ..ChannelNoise::default()
    };
    BTreeMap::from([("x".to_string(), noise)])
}

/// Counts about `200 exp(-t / 2)`.
fn drawn(seed: u64) -> Observations {
    let path: Vec<f64> = (0..POINTS)
        .map(|n| 200.0 * (-0.05 * n as f64).exp())
        .collect();
    let options = ActionOptions {
        noise: Some(counts(Some(TRUTH))),
        ..ActionOptions::default()
    };
    let any = observations(vec![1.0; POINTS]);
    let problem = Problem::new(Arc::new(decay()), any, &options).unwrap();
    observations(problem.draw_measurements(&path, &[], seed, 0).unwrap())
}

/// Logarithm of the likelihood of one count.
fn log_likelihood(y: f64, h: f64, d: f64) -> f64 {
    let n = 1.0 / d;
    libm::lgamma(y + n) - libm::lgamma(n) - libm::lgamma(y + 1.0) - n * (d * h).ln_1p()
        + y * (d * h / (1.0 + d * h)).ln()
}

/// Dispersion at the largest likelihood over first state, rate and dispersion, by steps that halve.
fn most_likely(values: &[f64]) -> f64 {
    let value = |at: [f64; 3]| -> f64 {
        let [first, rate, d] = [at[0].exp(), at[1], at[2].exp()];
        let each = values.iter().enumerate();
        each.map(|(n, &y)| log_likelihood(y, first * (-rate * 0.1 * n as f64).exp(), d))
            .sum()
    };
    let (mut at, mut step) = ([200f64.ln(), 0.5, TRUTH.ln()], 0.3);
    let mut best = value(at);
    while step > 1e-4 {
        let mut tries = Vec::new();
        for a in [-1.0, 0.0, 1.0] {
            for b in [-1.0, 0.0, 1.0] {
                for c in [-1.0, 0.0, 1.0] {
                    tries.push([at[0] + a * step, at[1] + b * step, at[2] + c * step]);
                }
            }
        }
        let tries = tries.into_iter().map(|other| (value(other), other));
        let (found, other) = tries.max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        match found > best {
            true => (best, at) = (found, other),
            false => step *= 0.5,
        }
    }
    at[2].exp()
}

#[test]
fn dispersions_of_counts_are_not_too_small_by_the_share_of_the_parameters() {
    let (mut found, mut likelihood) = (0.0, 0.0);
    for seed in 0..TWINS {
        let data = drawn(seed);
        likelihood += most_likely(&data.values) / TRUTH / TWINS as f64;
        let estimate = Estimate {
            initial: Some([0.1, 1.0]),
            ..Estimate::default()
        };
        let options = AnnealOptions {
            noise: Some(counts(None)),
            estimate: BTreeMap::from([("k".to_string(), estimate)]),
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(Arc::new(decay()), vec![data], options).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        found += run.noise[0].dispersion.unwrap().value / TRUTH / TWINS as f64;
    }
    println!("mean over the truth: {found:.3}, by the likelihood {likelihood:.3}");
    assert!(likelihood < 0.93, "{likelihood}");
    assert!((found - 1.0).abs() < 0.05, "{found}");
}
