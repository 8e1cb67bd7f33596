//! Noise that is estimated along with path and parameters, against closed forms and known truths.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{AnnealOptions, Annealer, Estimate, Run, Verdict};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::statistics::{
    Chain, Profile, ProfileOptions, SamplingOptions, StrongPosterior, Uncertainty,
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
            initial,
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
    let slope = dot(&|k| times[k] - t, &|k| values[k] - y)
        / dot(&|k| times[k] - t, &|k| times[k] - t);
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
        assert!((found.value / expected - 1.0).abs() < 1e-4, "{found:?} {expected}");
        let degrees = points as f64 - 2.0;
        assert!((found.degrees_of_freedom / degrees - 1.0).abs() < 1e-3, "{found:?}");
        assert_eq!(run.verdict, Verdict::Consistent);
    }
}

/// Slope of the least-squares line, its standard error, and the degrees of freedom.
fn regression(values: &[f64], step: f64) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let t = step * (n - 1.0) / 2.0;
    let squares: f64 = (0..values.len()).map(|k| (step * k as f64 - t).powi(2)).sum();
    let products: f64 = (0..values.len()).map(|k| (step * k as f64 - t) * values[k]).sum();
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
        assert!((found.degrees() / degrees - 1.0).abs() < 1e-3, "{}", found.degrees());
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
    let posterior = StrongPosterior::new(&annealer.problem_at(run.best())).unwrap();
    let start = [&run.best().path[..], &run.best().parameters].concat();
    let profile = Profile::new(&posterior, "v", &start, &ProfileOptions::default()).unwrap();
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
    assert!((spread(&slopes) / expected - 1.0).abs() < 0.05, "{}", spread(&slopes) / expected);
    // Twice the logarithm of the noise is that of its sum of squares less that of chi-square with 7
    // degrees of freedom, whose mean is digamma(3.5) + log 2 and whose variance is trigamma(3.5).
    let [mean_log, variance_log] = [1.103_156_640_645_243 + 2.0f64.ln(), 0.330_357_753_617_963];
    let expected = 0.5 * ((degrees * variance).ln() - mean_log);
    assert!((mean(&logs) - expected).abs() < 0.02, "{} {expected}", mean(&logs));
    assert!((spread(&logs) / (0.5 * variance_log.sqrt()) - 1.0).abs() < 0.05);
}
