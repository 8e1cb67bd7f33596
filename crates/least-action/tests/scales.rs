//! Parameters that are estimated by their logarithms or logits, and priors of all families.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::Normalization;
use least_action::action::{FirstState, FirstValue, ParameterPrior, ParameterScale, PriorFamily};
use least_action::anneal::{Estimate, Verdict};
use least_action::model::ModelBuilder;
use least_action::statistics::{LaplaceOptions, StrongLaplace, StrongPosterior};
use least_action::{AnnealOptions, Annealer, Observations, Run};

const TRUTH: f64 = 0.03;
const STEP: f64 = 1.0;
const POINTS: usize = 41;
const NOISE: f64 = 0.02;

/// Measurements of `exp(-k t)` with errors that alternate.
fn values() -> Vec<f64> {
    let error = |n: usize| NOISE * (1.3 * (2.1 * n as f64).sin() + 0.4 * (0.7 * n as f64).cos());
    (0..POINTS)
        .map(|n| (-TRUTH * STEP * n as f64).exp() + error(n))
        .collect()
}

fn decay(estimate: Estimate) -> Result<Run, least_action::Error> {
    annealer(estimate)?.run(|_| ControlFlow::Continue(()))
}

fn annealer(estimate: Estimate) -> Result<Annealer, least_action::Error> {
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 1.0, "")
        .flow(|x, p| vec![-p[0] * x[0]])?;
    let data = Observations {
        time_step: STEP,
        points: POINTS,
        observed: vec![0],
        values: values(),
        ..Observations::default()
    };
    let options = AnnealOptions {
        normalization: Normalization::Posterior,
        measurement_precision: (1.0 / (NOISE * NOISE)).into(),
        estimate: BTreeMap::from([("k".to_string(), estimate)]),
        first_state: FirstState::All(BTreeMap::from([("x".to_string(), FirstValue::Number(1.0))])),
        ..AnnealOptions::default()
    };
    Annealer::new(Arc::new(model), data, options)
}

fn on(scale: ParameterScale) -> Estimate {
    Estimate {
        initial: Some([0.001, 0.5]),
        scale,
        ..Estimate::default()
    }
}

/// Chi-square of the exact model at a rate.
fn chi_square(k: f64) -> f64 {
    let errors = values().into_iter().enumerate();
    errors
        .map(|(n, y)| (y - (-k * STEP * n as f64).exp()) / NOISE)
        .map(|z| z * z)
        .sum()
}

/// Place of the minimum of a function, by a search in thirds.
fn lowest(of: impl Fn(f64) -> f64, mut low: f64, mut high: f64) -> f64 {
    for _ in 0..200 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if of(a) < of(b) {
            high = b;
        } else {
            low = a;
        }
    }
    0.5 * (low + high)
}

#[test]
fn the_estimate_does_not_depend_on_the_scale() {
    let right = lowest(chi_square, 0.001, 0.2);
    let logit = Estimate {
        bounds: Some([0.0, 2.0]),
        ..on(ParameterScale::Logit)
    };
    let all = [
        on(ParameterScale::Linear),
        on(ParameterScale::Log),
        on(ParameterScale::Log10),
        logit,
    ];
    for estimate in all {
        let run = decay(estimate.clone()).unwrap();
        assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
        let k = run.parameter("k").unwrap();
        assert!((k / right - 1.0).abs() < 1e-5, "{estimate:?}: {k} {right}");
        assert!(run.summary().contains("  k "), "{}", run.summary());
        assert_eq!(run.best_rung().parameters, [k]);
    }
}

#[test]
fn deviations_belong_to_the_coordinate() {
    let deviation = |scale| {
        let annealer = annealer(on(scale)).unwrap();
        let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
        let posterior = StrongPosterior::new(annealer.problem()).unwrap();
        let start = [&run.best().path[..], &run.best().parameters].concat();
        let options = LaplaceOptions::default();
        let found = StrongLaplace::new(&posterior, &start, options).unwrap();
        *found.deviations().last().unwrap()
    };
    let linear = deviation(ParameterScale::Linear);
    let k = lowest(chi_square, 0.001, 0.2);
    let h = 1e-4 * k;
    let curvature = (chi_square(k + h) - 2.0 * chi_square(k) + chi_square(k - h)) / (h * h);
    let ratio = linear * (0.5 * curvature).sqrt();
    assert!((ratio - 1.0).abs() < 1e-3, "{ratio}");
    let log = deviation(ParameterScale::Log);
    assert!((log * k / linear - 1.0).abs() < 1e-4, "{log} {linear}");
    let log10 = deviation(ParameterScale::Log10);
    assert!((log10 * std::f64::consts::LN_10 / log - 1.0).abs() < 1e-6);
}

#[test]
fn priors_weigh_against_data_as_densities_on_the_scale() {
    let gamma = PriorFamily::Gamma {
        shape: 900.0,
        mean: 0.04,
    };
    let cauchy = PriorFamily::Cauchy {
        location: 0.04,
        scale: 0.0005,
    };
    let log_normal = PriorFamily::LogNormal {
        median: 0.04,
        deviation: 0.03,
    };
    type Density = fn(f64) -> f64;
    // Minus twice the logarithms of the densities of the parameter.
    let densities: [(ParameterPrior, Density); 3] = [
        (gamma.into(), |k| -2.0 * (899.0 * k.ln() - 900.0 * k / 0.04)),
        (cauchy.into(), |k| {
            2.0 * (1.0 + ((k - 0.04) / 0.0005).powi(2)).ln()
        }),
        (log_normal.into(), |k| {
            ((k / 0.04).ln() / 0.03).powi(2) + 2.0 * k.ln()
        }),
    ];
    for (prior, density) in densities {
        for (scale, is_log) in [(ParameterScale::Linear, 0.0), (ParameterScale::Log, 1.0)] {
            let estimate = Estimate {
                prior: Some(prior),
                initial: None,
                scale,
                ..Estimate::default()
            };
            let k = decay(estimate).unwrap().parameter("k").unwrap();
            // The density of the logarithm is that of the parameter, times the parameter.
            let posterior = |k: f64| chi_square(k) + density(k) - is_log * 2.0 * k.ln();
            let right = lowest(posterior, 0.02, 0.06);
            assert!(
                (k / right - 1.0).abs() < 1e-5,
                "{prior:?} {scale:?}: {k} {right}"
            );
            let without = lowest(chi_square, 0.02, 0.06);
            assert!((k / without - 1.0).abs() > 1e-4, "the prior must matter");
        }
    }
}

#[test]
fn formulas_of_first_states_are_in_the_parameters_themselves() {
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 1.0, "")
        .parameter("x0", 1.0, "")
        .flow(|x, p| vec![-p[0] * x[0]])
        .unwrap();
    let data = Observations {
        time_step: STEP,
        points: POINTS,
        observed: vec![0],
        values: values().iter().map(|y| 50.0 * y).collect(),
        ..Observations::default()
    };
    let first = FirstValue::Formula("2 * x0".into());
    let options = AnnealOptions {
        measurement_precision: (1.0 / (50.0 * NOISE).powi(2)).into(),
        estimate: BTreeMap::from([
            ("k".to_string(), on(ParameterScale::Log)),
            (
                "x0".to_string(),
                Estimate {
                    initial: Some([1.0, 200.0]),
                    scale: ParameterScale::Log10,
                    ..Estimate::default()
                },
            ),
        ]),
        first_state: FirstState::All(BTreeMap::from([("x".to_string(), first)])),
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
    let first = run.parameter("x0").unwrap();
    assert!((first - 25.0).abs() < 1.0, "{first}");
    assert!((2.0 * first / run.best().path[0] - 1.0).abs() < 1e-4);
}

#[test]
fn bad_scales_are_refused_in_words() {
    let refused = |estimate: Estimate| decay(estimate).unwrap_err().to_string();
    let at_zero = refused(Estimate {
        initial: Some([0.0, 1.0]),
        ..on(ParameterScale::Log)
    });
    assert!(at_zero.contains("estimate.k.initial[0]"), "{at_zero}");
    assert!(at_zero.contains("greater than zero"), "{at_zero}");
    let negative = refused(Estimate {
        bounds: Some([-1.0, 1.0]),
        ..on(ParameterScale::Log10)
    });
    assert!(negative.contains("estimate.k.bounds[0]"), "{negative}");
    let open = refused(Estimate {
        bounds: Some([0.0, f64::INFINITY]),
        ..on(ParameterScale::Logit)
    });
    assert!(open.contains("estimate.k.bounds[1]"), "{open}");
    let outside = refused(Estimate {
        bounds: Some([0.01, 1.0]),
        ..on(ParameterScale::Linear)
    });
    assert!(outside.contains("estimate.k.initial[0]"), "{outside}");
    assert!(
        outside.contains("within the bounds, from 0.01 to 1"),
        "{outside}"
    );
    let nothing = refused(Estimate {
        initial: None,
        ..on(ParameterScale::Log)
    });
    assert!(
        nothing.contains("estimate.k.initial: is missing"),
        "{nothing}"
    );
    let walks = refused(Estimate {
        smoothness: Some(1.0),
        ..on(ParameterScale::Log)
    });
    assert!(walks.contains("estimate.k.scale"), "{walks}");
    let singular = refused(Estimate {
        initial: None,
        prior: Some(
            PriorFamily::Gamma {
                shape: 0.5,
                mean: 1.0,
            }
            .into(),
        ),
        ..Estimate::default()
    });
    assert!(singular.contains("infinite at zero"), "{singular}");
}
