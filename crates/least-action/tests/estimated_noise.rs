//! Noise that is estimated along with path and parameters, against closed forms and known truths.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{ChannelNoise, EstimatedScale, NoiseFamily};
use least_action::anneal::{AnnealOptions, Annealer, Estimate, FindingCode, Run, Verdict};
use least_action::model::{EquationModel, Model, ModelBuilder};
use least_action::statistics::{
    Chain, ProfileOptions, ProfileSearch, SamplingOptions, StrongPosterior, Uncertainty,
    UncertaintyOptions,
};
use least_action::{Observations, TwinExperiment};

/// A straight line, `x' = v`, and its slope as a parameter.
fn line() -> EquationModel {
    ModelBuilder::new("line")
        .states(["x"])
        .parameter("v", 1.0, "")
        .flow(|_, p| vec![p[0] * 1.0])
        .unwrap()
}

fn estimate(ranges: &[(&str, [f64; 2])]) -> std::collections::BTreeMap<String, Estimate> {
    let each = ranges.iter().map(|&(name, initial)| {
        let estimate = Estimate {
            initial: Some(initial),
            ..Estimate::default()
        };
        (name.to_string(), estimate)
    });
    each.collect()
}

fn run(model: EquationModel, data: Vec<Observations>, options: AnnealOptions) -> Run {
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    annealer.run(|_| ControlFlow::Continue(())).unwrap()
}

/// Residual variance of a straight line through evenly spaced data: sum of squares over n - 2.
fn residual_variance(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = |list: &[f64]| list.iter().sum::<f64>() / n;
    let times: Vec<f64> = (0..values.len()).map(|k| k as f64).collect();
    let (t, y) = (mean(&times), mean(values));
    let dot = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| -> f64 {
        (0..values.len()).map(|k| a(k) * b(k)).sum()
    };
    let slope =
        dot(&|k| times[k] - t, &|k| values[k] - y) / dot(&|k| times[k] - t, &|k| times[k] - t);
    let residual = |k: usize| values[k] - y - slope * (times[k] - t);
    dot(&residual, &residual) / (n - 2.0)
}

#[test]
fn of_a_straight_line_it_is_the_residual_variance() {
    for (seed, points) in [(1, 9), (2, 21), (3, 101)] {
        let twin = TwinExperiment {
            time_step: 0.1,
            points,
            observed: vec![0],
            noise: 0.3,
            seed,
            ..TwinExperiment::default()
        };
        let data = twin.run(&line()).unwrap().data;
        let expected = residual_variance(&data.values).sqrt();
        let run = run(
            line(),
            vec![data],
            AnnealOptions {
                noise: Some(Default::default()),
                estimate: estimate(&[("v", [0.0, 3.0])]),
                ..AnnealOptions::default()
            },
        );
        println!("{}\n{}", run.diagnose(), run.summary());
        let found = run.noise[0].deviation.unwrap();
        assert!(
            (found.value / expected - 1.0).abs() < 1e-4,
            "{found:?} {expected}"
        );
        let degrees = points as f64 - 2.0;
        assert!(
            (found.degrees_of_freedom / degrees - 1.0).abs() < 1e-3,
            "{found:?}"
        );
        assert_eq!(run.verdict, Verdict::Consistent);
    }
}

/// Slope of the least-squares line, its standard error, and the degrees of freedom.
fn regression(values: &[f64], step: f64) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let t = step * (n - 1.0) / 2.0;
    let squares: f64 = (0..values.len())
        .map(|k| (step * k as f64 - t).powi(2))
        .sum();
    let products: f64 = (0..values.len())
        .map(|k| (step * k as f64 - t) * values[k])
        .sum();
    let error = (residual_variance(values) / squares).sqrt();
    (products / squares, error, n - 2.0)
}

fn line_data(points: usize, seed: u64) -> Observations {
    let twin = TwinExperiment {
        time_step: 0.1,
        points,
        observed: vec![0],
        noise: 0.3,
        seed,
        ..TwinExperiment::default()
    };
    twin.run(&line()).unwrap().data
}

fn line_annealer(data: Observations) -> Annealer {
    let options = AnnealOptions {
        noise: Some(Default::default()),
        estimate: estimate(&[("v", [0.0, 3.0])]),
        ..AnnealOptions::default()
    };
    Annealer::new(Arc::new(line()), data, options).unwrap()
}

#[test]
fn intervals_are_those_of_student_with_few_data() {
    // Tables of t: 97.5 % with 5 degrees of freedom.
    const T: f64 = 2.570_582;
    let data = line_data(7, 5);
    let (slope, error, degrees) = regression(&data.values, 0.1);
    let annealer = line_annealer(data);
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    let path = annealer.problem().path_length();
    for model_precision in [None, Some(run.best_rung().model_precision)] {
        let options = UncertaintyOptions {
            model_precision,
            ..UncertaintyOptions::default()
        };
        let found = Uncertainty::of_run(&annealer, &run, &options).unwrap();
        assert!(
            (found.degrees() / degrees - 1.0).abs() < 1e-3,
            "{}",
            found.degrees()
        );
        let [low, high] = [0.025, 0.975].map(|p| found.quantiles(p).unwrap()[path]);
        for (end, expected) in [(low, slope - T * error), (high, slope + T * error)] {
            assert!((end - expected).abs() < 2e-3 * error, "{end} {expected}");
        }
        // Half of the draws of a t variable with 5 degrees are within 0.727 of its scale.
        let draws = found.draws(4000, 1).unwrap();
        let all = draws.values.chunks_exact(path + 2);
        let inside = all.filter(|draw| (draw[path] - slope).abs() < 0.726_687 * error);
        assert!((inside.count() as f64 - 2000.0).abs() < 4.0 * 1000.0f64.sqrt());
    }
    let options = ProfileOptions::default();
    let search = ProfileSearch::of_climb(&annealer, run.best(), "v", &options).unwrap();
    let profile = search.run().unwrap();
    let expected = [slope - T * error, slope + T * error];
    for (end, expected) in profile.interval.into_iter().zip(expected) {
        assert!((end - expected).abs() < 1e-2 * error, "{end} {expected}");
    }
}

#[test]
fn samples_have_the_law_of_a_regression_with_unknown_noise() {
    let data = line_data(9, 8);
    let (slope, error, degrees) = regression(&data.values, 0.1);
    let variance = residual_variance(&data.values);
    let annealer = line_annealer(data);
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    let posterior = StrongPosterior::new(annealer.problem()).unwrap();
    let start = [&run.best().path[..], &run.best().parameters].concat();
    let start = posterior.unknowns_of(&start).unwrap();
    let options = SamplingOptions {
        draws: 20_000,
        warmup: 1000,
        seed: 3,
        ..SamplingOptions::default()
    };
    let mut chain = Chain::new(posterior, &options, 0, &start, None).unwrap();
    let (mut slopes, mut logs) = (Vec::new(), Vec::new());
    while let Some(advance) = chain.advance().unwrap() {
        if advance.is_draw() {
            slopes.push(advance.position[1]);
            logs.push(advance.position[2]);
        }
    }
    let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len() as f64;
    let spread = |list: &[f64]| {
        let m = mean(list);
        mean(&list.iter().map(|x| (x - m) * (x - m)).collect::<Vec<_>>()).sqrt()
    };
    // Student's law with 7 degrees of freedom.
    let expected = error * (degrees / (degrees - 2.0)).sqrt();
    assert!((mean(&slopes) - slope).abs() < 0.05 * expected);
    assert!(
        (spread(&slopes) / expected - 1.0).abs() < 0.05,
        "{}",
        spread(&slopes) / expected
    );
    // Twice the logarithm of the noise is that of its sum of squares less that of chi-square with 7
    // degrees of freedom, whose mean is digamma(3.5) + log 2 and whose variance is trigamma(3.5).
    let [mean_log, variance_log] = [1.103_156_640_645_243 + 2.0f64.ln(), 0.330_357_753_617_963];
    let expected = 0.5 * ((degrees * variance).ln() - mean_log);
    assert!(
        (mean(&logs) - expected).abs() < 0.02,
        "{} {expected}",
        mean(&logs)
    );
    assert!((spread(&logs) / (0.5 * variance_log.sqrt()) - 1.0).abs() < 0.05);
}

fn named(entries: &[(&str, ChannelNoise)]) -> std::collections::BTreeMap<String, ChannelNoise> {
    let owned = entries
        .iter()
        .map(|(name, noise)| (name.to_string(), noise.clone()));
    owned.collect()
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

/// 162 numbers of an oscillator with two parameters, four of them 40 deviations off.
#[test]
fn four_outliers_of_forty_deviations_are_named_and_change_nothing() {
    let twin = TwinExperiment {
        time_step: 0.1,
        points: 81,
        observed: vec![0, 1],
        noise: 0.05,
        seed: 4,
        initial_state: Some(vec![1.0, 0.0]),
        ..TwinExperiment::default()
    };
    let clean = twin.run(&oscillator()).unwrap().data;
    let (mut without, mut with) = (clean.clone(), clean);
    for (k, sign) in [(17, 1.0), (60, -1.0), (101, 1.0), (140, -1.0)] {
        without.values[k] = f64::NAN;
        with.values[k] += sign * 40.0 * 0.05;
    }
    let student = ChannelNoise {
        family: NoiseFamily::StudentT,
        ..ChannelNoise::default()
    };
    let options = |noise| AnnealOptions {
        noise: Some(noise),
        estimate: estimate(&[("w", [0.5, 5.0]), ("c", [0.0, 0.5])]),
        ..AnnealOptions::default()
    };
    let right = run(oscillator(), vec![without], options(Default::default()));
    let noise = named(&[("x", student.clone()), ("v", student)]);
    let found = run(oscillator(), vec![with], options(noise));
    println!(
        "{}\n{}\n{:?}",
        found.diagnose(),
        found.summary(),
        found.noise
    );
    for (name, of_size) in [("w", 2.0), ("c", 0.1)] {
        let (ours, expected) = (
            found.parameter(name).unwrap(),
            right.parameter(name).unwrap(),
        );
        assert!(
            (ours - expected).abs() < 0.03 * of_size,
            "{name} {ours} {expected}"
        );
    }
    let outliers = found
        .findings
        .iter()
        .find(|f| f.code == FindingCode::Outliers)
        .unwrap();
    assert!(
        outliers.message.starts_with("4 of 162"),
        "{}",
        outliers.message
    );
    for time in ["0.8", "3", "5", "7"] {
        assert!(
            outliers.message.contains(&format!("at time {time}")),
            "{}",
            outliers.message
        );
    }
}

/// Maximum likelihood of a constant mean: for Poisson counts it is their mean, and the dispersion
/// of negative binomial ones is where the derivative of the likelihood in it is zero.
#[test]
fn constant_means_of_counts_are_those_of_their_likelihood() {
    let rest = || {
        ModelBuilder::new("rest")
            .states(["n"])
            .parameter("zero", 0.0, "")
            .initial_state([5.0])
            .flow(|_, p| vec![p[0] * 0.0])
            .unwrap()
    };
    let counts = [
        3.0, 0.0, 7.0, 12.0, 1.0, 4.0, 0.0, 9.0, 2.0, 5.0, 15.0, 0.0, 6.0, 3.0, 8.0,
    ];
    let data = Observations {
        time_step: 1.0,
        points: counts.len(),
        observed: vec![0],
        values: counts.to_vec(),
        ..Observations::default()
    };
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let of = |family| {
        let noise = ChannelNoise {
            family,
            ..ChannelNoise::default()
        };
        run(
            rest(),
            vec![data.clone()],
            AnnealOptions {
                noise: Some(named(&[("n", noise)])),
                ..AnnealOptions::default()
            },
        )
    };
    let poisson = of(NoiseFamily::Poisson);
    println!("{}\n{}", poisson.diagnose(), poisson.summary());
    assert!(
        (poisson.best().path[0] - mean).abs() < 1e-3 * mean,
        "{}",
        poisson.best().path[0]
    );
    // The counts vary more than Poisson's.
    assert_eq!(poisson.verdict, Verdict::Inconsistent);
    let negative = of(NoiseFamily::NegativeBinomial);
    println!(
        "{}\n{}\n{:?}",
        negative.diagnose(),
        negative.summary(),
        negative.noise
    );
    assert!((negative.best().path[0] - mean).abs() < 1e-3 * mean);
    let found = negative.noise[0].dispersion.unwrap().value;
    let likelihood = |d: f64| -> f64 {
        let n = 1.0 / d;
        let each = counts.iter().map(|&y| {
            libm::lgamma(y + n) - libm::lgamma(n) - n * (1.0 + d * mean).ln()
                + y * (mean / (n + mean)).ln()
        });
        // The mean is integrated out: half the logarithm of its information.
        each.sum::<f64>() - 0.5 * (n / (mean * (n + mean))).ln()
    };
    let best = (1..4000).map(|k| 0.001 * f64::from(k));
    let best = best
        .max_by(|a, b| likelihood(*a).total_cmp(&likelihood(*b)))
        .unwrap();
    assert!((found / best - 1.0).abs() < 0.01, "{found} {best}");
    assert_eq!(negative.verdict, Verdict::Consistent);
}

/// Lynx and hare with log-normal noise, known or estimated: evaluations of a run, and its
/// deviations.
fn evaluations(seed: u64, deviations: [Option<f64>; 2]) -> (usize, Vec<f64>) {
    let model = least_action::models::lotka_volterra().unwrap();
    let twin = |noise: f64| TwinExperiment {
        time_step: 0.5,
        points: 41,
        observed: vec![0, 1],
        noise,
        seed,
        initial_state: Some(vec![34.0, 5.9]),
        ..TwinExperiment::default()
    };
    let [clean, noisy] = [0.0, 1.0].map(|noise| twin(noise).run(&model).unwrap().data);
    let mut data = clean;
    for (k, (y, other)) in data.values.iter_mut().zip(&noisy.values).enumerate() {
        *y *= ([0.25, 0.2][k % 2] * (other - *y)).exp();
    }
    let of = |deviation: Option<f64>| ChannelNoise {
        family: NoiseFamily::LogNormal,
        deviation: Some(deviation.map_or(EstimatedScale::default().into(), Into::into)),
        ..ChannelNoise::default()
    };
    let each = model.states().iter().zip(deviations);
    let noise = each.map(|(name, deviation)| (name.clone(), of(deviation)));
    let options = AnnealOptions {
        noise: Some(noise.collect()),
        estimate: estimate(&[
            ("alpha", [0.2, 1.0]),
            ("beta", [0.01, 0.06]),
            ("gamma", [0.3, 1.5]),
            ("delta", [0.01, 0.05]),
        ]),
        ..AnnealOptions::default()
    };
    let run = run(model, vec![data], options);
    assert_eq!(run.verdict, Verdict::Consistent);
    let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
    let all = rungs.map(|rung| rung.evaluations).sum();
    let found = run
        .noise
        .iter()
        .filter_map(|noise| noise.deviation.as_ref());
    (all, found.map(|part| part.value).collect())
}

#[test]
fn unknown_noise_costs_about_as_much_as_known_noise() {
    let (mut known, mut unknown) = (0, 0);
    for seed in 0..10 {
        known += evaluations(seed, [Some(0.25), Some(0.2)]).0;
        let (own, found) = evaluations(seed, [None, None]);
        unknown += own;
        for (value, truth) in found.iter().zip([0.25, 0.2]) {
            assert!((value / truth).ln().abs() < 0.5, "seed {seed}: {found:?}");
        }
    }
    assert!(2 * unknown < 5 * known, "{unknown} for {known}");
}
