//! Noise that is estimated along with path and parameters, against closed forms and known truths.

use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{AnnealOptions, Annealer, Estimate, Run, Verdict};
use least_action::model::{EquationModel, ModelBuilder};
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
