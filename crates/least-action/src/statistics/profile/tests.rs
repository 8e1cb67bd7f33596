//! Tests of profiles at a finite R_f against a Kalman filter: given its rate, decay with errors of
//! its own is a linear model, so that the path can be integrated out exactly.

use std::sync::Arc;

use crate::action::{ActionOptions, Discretization, Normalization, Observations, Problem};
use crate::model::ModelBuilder;
use crate::random::Random;
use crate::statistics::{Posterior, Profile, ProfileOptions, ProfileSearch};

const POINTS: usize = 41;
const STEP: f64 = 0.2;
const NOISE: f64 = 0.2;
const ERROR: f64 = 0.15;

/// Values of a decaying state that errs in every step.
fn values() -> Vec<f64> {
    let mut random = Random::new(12, 0);
    let mut state = 5.0;
    let mut each = Vec::new();
    for _ in 0..POINTS {
        each.push(state + NOISE * random.normal());
        state = state * libm::exp(-0.6 * STEP) + ERROR * random.normal();
    }
    each
}

fn problem(discretization: Discretization, bounds: Option<[f64; 2]>) -> Problem {
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 1.0, "")
        .flow(|x, p| vec![-(p[0] * x[0])])
        .unwrap();
    let data = Observations {
        time_step: STEP,
        points: POINTS,
        observed: vec![0],
        values: values(),
        ..Observations::default()
    };
    let options = ActionOptions {
        measurement_precision: (1.0 / (NOISE * NOISE)).into(),
        discretization: Some(discretization),
        normalization: Normalization::Posterior,
        estimate: vec!["k".into()],
        bounds: bounds.map(|b| ("k".to_string(), b)).into_iter().collect(),
        ..ActionOptions::default()
    };
    Problem::new(Arc::new(model), data, &options).unwrap()
}

/// Minus twice the logarithm of the likelihood of a rate, by a Kalman filter whose first state is
/// known by its measurement alone. A step multiplies the state by a factor that the scheme gives,
/// and adds an error.
fn by_filter(discretization: Discretization, k: f64) -> f64 {
    let z = k * STEP;
    let (factor, error) = match discretization {
        Discretization::Rk4 => {
            let factor = 1.0 - z + z * z / 2.0 - z * z * z / 6.0 + z * z * z * z / 24.0;
            (factor, ERROR)
        }
        // (1 + z/2) x' = (1 - z/2) x + error.
        _ => ((1.0 - 0.5 * z) / (1.0 + 0.5 * z), ERROR / (1.0 + 0.5 * z)),
    };
    let data = values();
    let (mut mean, mut variance, mut sum) = (data[0], NOISE * NOISE, 0.0);
    for y in &data[1..] {
        mean *= factor;
        variance = factor * factor * variance + error * error;
        let total = variance + NOISE * NOISE;
        sum += (y - mean).powi(2) / total + libm::log(total);
        let gain = variance / total;
        mean += gain * (y - mean);
        variance *= 1.0 - gain;
    }
    sum
}

fn profile_of(problem: &Problem, confidence: f64) -> Profile {
    let posterior = Posterior::new(problem, 1.0 / (ERROR * ERROR)).unwrap();
    let options = ProfileOptions {
        confidence,
        ..ProfileOptions::default()
    };
    let start: Vec<f64> = values().into_iter().chain([0.5]).collect();
    let search = ProfileSearch::new(Box::new(posterior), "k", &start, &options).unwrap();
    search.run().unwrap()
}

#[test]
fn profiles_of_models_that_err_are_those_of_a_filter() {
    for discretization in [Discretization::Rk4, Discretization::Trapezoid] {
        let profile = profile_of(&problem(discretization, None), 0.9);
        let filter = |k: f64| by_filter(discretization, k);
        let scan = (1..200_000).map(|i| i as f64 * 1e-5);
        let best = scan
            .min_by(|a, b| filter(*a).total_cmp(&filter(*b)))
            .unwrap();
        for (k, rise) in profile.values.iter().zip(&profile.chi_square) {
            let right = filter(*k) - filter(best);
            assert!((right - rise).abs() < 2e-3, "{k} {rise} {right}");
        }
        // The 90 % quantile of chi-square with one degree of freedom, from tables.
        for (side, away) in [(0, -1.0), (1, 1.0)] {
            let (mut near, mut far) = (best, best + away * 0.4);
            for _ in 0..60 {
                let middle = 0.5 * (near + far);
                match filter(middle) - filter(best) < 2.705_543_454_095_414 {
                    true => near = middle,
                    false => far = middle,
                }
            }
            let width = profile.interval[1] - profile.interval[0];
            let error = (profile.interval[side] - near).abs();
            assert!(error < 1e-3 * width, "{:?} {near}", profile.interval);
        }
        assert_eq!(
            (profile.open, profile.model_precision),
            ([false; 2], 1.0 / (ERROR * ERROR))
        );
        assert!(profile.values.len() < 14, "{}", profile.values.len());
        // The exact model would be far more certain.
        let wide = profile.interval[1] - profile.interval[0];
        assert!(wide > 0.1, "{wide}");
    }
}

#[test]
fn every_step_is_one_fit_and_tells_how_far_it_is() {
    let problem = problem(Discretization::Rk4, Some([0.55, 3.0]));
    let posterior = Posterior::new(&problem, 1.0 / (ERROR * ERROR)).unwrap();
    let start: Vec<f64> = values().into_iter().chain([0.6]).collect();
    let options = ProfileOptions::default();
    let mut search = ProfileSearch::new(Box::new(posterior), "k", &start, &options).unwrap();
    let mut fits = 0;
    let mut share = 0.0;
    while let Some(made) = search.advance().unwrap() {
        fits += 1;
        assert_eq!(made.fits, fits);
        assert!((0.0..=1.0).contains(&made.share) && made.value >= 0.55);
        share = made.share;
    }
    assert!(share > 0.8, "{share}");
    let profile = search.profile();
    assert_eq!(
        (profile.values.len(), profile.open, profile.interval[0]),
        (fits, [true, false], 0.55)
    );
}

#[test]
fn what_is_asked_for_wrongly_is_refused() {
    let posterior = Posterior::new(&problem(Discretization::Rk4, None), 1.0).unwrap();
    let start: Vec<f64> = values().into_iter().chain([0.5]).collect();
    let refused = |name: &str, options: ProfileOptions| {
        let search = ProfileSearch::new(Box::new(posterior.clone()), name, &start, &options);
        search
            .err()
            .map(|error| error.path().to_string())
            .unwrap_or_default()
    };
    let default = ProfileOptions::default;
    assert_eq!(refused("c", default()), "parameter");
    assert_eq!(
        refused(
            "k",
            ProfileOptions {
                confidence: 1.0,
                ..default()
            }
        ),
        "confidence"
    );
    let zero = ProfileOptions {
        model_precision: Some(0.0),
        ..default()
    };
    assert_eq!(refused("k", zero), "modelPrecision");
    // A side that is not followed to its end is open in words.
    let few = ProfileOptions {
        most_values: 1,
        ..default()
    };
    let search = ProfileSearch::new(Box::new(posterior.clone()), "k", &start, &few).unwrap();
    let profile = search.run().unwrap();
    assert_eq!((profile.open, profile.remarks.len()), ([true; 2], 2));
    let words = &profile.remarks[1];
    assert!(
        words.starts_with("The interval of k has no end ") && words.contains("mostValues"),
        "{words}"
    );
}
