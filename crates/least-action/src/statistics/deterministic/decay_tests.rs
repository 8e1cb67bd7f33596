//! Tests with exponential decay, whose posterior is known up to one integral.

use std::sync::Arc;

use super::*;
use crate::action::{ActionOptions, Discretization, Observations, Problem};
use crate::model::ModelBuilder;
use crate::random::Random;
use crate::statistics::{
    Chain, LaplaceFindingCode, LaplaceOptions, Profile, ProfileOptions, ProfileSearch,
    SamplingOptions,
};

const POINTS: usize = 11;
const STEP: f64 = 0.2;
const PRECISION: f64 = 25.0;

/// Profile of k about the minimum that a start leads to.
fn profile_of(posterior: &StrongPosterior, start: &[f64]) -> Profile {
    let options = ProfileOptions::default();
    let search = ProfileSearch::new(Box::new(posterior.clone()), "k", start, &options).unwrap();
    search.run().unwrap_or_else(|error| panic!("{error}"))
}

/// Values of `3 exp(-0.8 t)` with noise.
fn values() -> Vec<f64> {
    let mut random = Random::new(8, 0);
    let value = |n: usize| 3.0 * libm::exp(-0.8 * STEP * n as f64) + 0.2 * random.normal();
    (0..POINTS).map(value).collect()
}

fn problem(bounds: Option<[f64; 2]>) -> Problem {
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
        measurement_precision: PRECISION.into(),
        discretization: Some(Discretization::Rk4),
        estimate: vec!["k".into()],
        bounds: bounds.map(|b| ("k".to_string(), b)).into_iter().collect(),
        ..ActionOptions::default()
    };
    Problem::new(Arc::new(model), data, &options).unwrap()
}

fn start(k: f64) -> Vec<f64> {
    vec![1.0; POINTS].into_iter().chain([k]).collect()
}

/// Least chi-square over the first state at a rate, and the information about the first state
/// there.
fn by_hand(k: f64) -> (f64, f64) {
    let z = k * STEP;
    let factor = 1.0 - z + z * z / 2.0 - z * z * z / 6.0 + z * z * z * z / 24.0;
    let (mut yy, mut xy, mut xx, mut power) = (0.0, 0.0, 0.0, 1.0);
    for y in values() {
        yy += y * y;
        xy += y * power;
        xx += power * power;
        power *= factor;
    }
    (PRECISION * (yy - xy * xy / xx), PRECISION * xx)
}

/// Value at which a function that rises or falls between two ends has a value.
fn bisected(target: f64, mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let rises = f(high) > f(low);
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        match (f(middle) < target) == rises {
            true => low = middle,
            false => high = middle,
        }
    }
    0.5 * (low + high)
}

#[test]
fn profiles_are_those_of_a_scan() {
    let posterior = StrongPosterior::new(&problem(None)).unwrap();
    let profile = profile_of(&posterior, &start(1.0));
    let scan = (0..400_000).map(|i| i as f64 * 5e-6);
    let best = scan
        .min_by(|a, b| by_hand(*a).0.total_cmp(&by_hand(*b).0))
        .unwrap();
    let least = by_hand(best).0;
    assert!(
        (profile.estimate - best).abs() < 1e-5,
        "{} {best}",
        profile.estimate
    );
    for (k, rise) in profile.values.iter().zip(&profile.chi_square) {
        assert!((by_hand(*k).0 - least - rise).abs() < 1e-6, "{k} {rise}");
    }
    // The 95 % quantile of chi-square with one degree of freedom, from tables.
    let target = least + 3.841_458_820_694_124;
    let ends = [
        bisected(target, 0.0, best, |k| by_hand(k).0),
        bisected(target, best, 4.0, |k| by_hand(k).0),
    ];
    for side in 0..2 {
        let close = (profile.interval[side] - ends[side]).abs() < 2e-5 * (ends[1] - ends[0]);
        assert!(
            close && !profile.open[side],
            "{:?} {ends:?}",
            profile.interval
        );
    }
    assert!(
        (7..14).contains(&profile.values.len()),
        "{}",
        profile.values.len()
    );
}

#[test]
fn ends_at_bounds_are_open() {
    let free = StrongPosterior::new(&problem(None)).unwrap();
    let free = profile_of(&free, &start(1.0));
    // A bound within the interval, above the estimate and below it.
    for share in [0.5, -0.5] {
        let bound = free.estimate + share * (free.interval[1] - free.estimate);
        let posterior = StrongPosterior::new(&problem(Some([0.0, bound]))).unwrap();
        let profile = profile_of(&posterior, &start(0.5));
        assert_eq!(
            (profile.interval[1], profile.open),
            (bound, [false, true]),
            "{profile:?}"
        );
        assert_eq!(profile.estimate == bound, share < 0.0);
    }
}

#[test]
fn what_saturates_is_known_on_one_side() {
    // B = 1 - exp(-k t) at whole times: whatever is fast looks alike. Both states start as known.
    let model = ModelBuilder::new("saturation")
        .states(["a", "b"])
        .parameter("k", 1.0, "")
        .flow(|x, p| {
            let flow = p[0] * x[0];
            vec![-flow, flow]
        })
        .unwrap();
    let mut random = Random::new(2, 0);
    let noisy = |t: f64, random: &mut Random| 1.0 - libm::exp(-5.0 * t) + 0.05 * random.normal();
    let measured: Vec<f64> = (0..21).map(|t| noisy(f64::from(t), &mut random)).collect();
    for (steps, bounded) in [(10, false), (10, true), (40, true)] {
        let points = 20 * steps + 1;
        let mut values = vec![f64::NAN; points];
        (0..21).for_each(|t| values[t * steps] = measured[t]);
        let data = Observations {
            time_step: 1.0 / steps as f64,
            points,
            observed: vec![1],
            values,
            ..Observations::default()
        };
        let prior = |mean| crate::action::Prior {
            mean,
            deviation: 1e-6,
        };
        let mut bounds = vec![("k".to_string(), [0.0, 1000.0])];
        if bounded {
            bounds.extend([
                ("a".to_string(), [0.0, 10.0]),
                ("b".to_string(), [0.0, 10.0]),
            ]);
        }
        let options = ActionOptions {
            measurement_precision: 400.0.into(),
            estimate: vec!["k".into()],
            first_state: [("a".to_string(), prior(1.0)), ("b".to_string(), prior(0.0))].into(),
            bounds: bounds.into_iter().collect(),
            ..ActionOptions::default()
        };
        let problem = Problem::new(Arc::new(model.clone()), data, &options).unwrap();
        let posterior = StrongPosterior::new(&problem).unwrap();
        let path = (0..points).flat_map(|n| if n == 0 { [1.0, 0.0] } else { [0.0, 1.0] });
        let start: Vec<f64> = path.chain([6.0]).collect();
        let profile = profile_of(&posterior, &start);
        // By hand, with the exact solution: only the first second tells.
        let chi = |k: f64| -> f64 {
            let each = measured.iter().enumerate();
            each.map(|(t, y)| 400.0 * (y - 1.0 + libm::exp(-k * t as f64)).powi(2))
                .sum()
        };
        let least = (1..10_000)
            .map(|i| chi(i as f64 * 0.01))
            .fold(f64::INFINITY, f64::min);
        let low = bisected(least + 3.841_458_820_694_124, 0.5, 3.0, chi);
        assert!(chi(1000.0) - least < 3.0);
        assert_eq!((profile.interval[1], profile.open), (1000.0, [false, true]));
        assert!(
            (profile.interval[0] - low).abs() < 0.03,
            "{} {low}",
            profile.interval[0]
        );
        let options = LaplaceOptions::default();
        let laplace = StrongLaplace::new(&posterior, &start, options).unwrap();
        assert!(laplace.deviations()[2 * points] > 1.0);
        let findings = laplace.findings();
        let said = findings
            .iter()
            .find(|f| f.code == LaplaceFindingCode::OneSided)
            .unwrap();
        assert!(said.message.starts_with("k > 2."), "{}", said.message);
    }
}

#[test]
fn draws_have_the_moments_of_the_integral() {
    for bounds in [None, Some([0.75, 0.95])] {
        let posterior = StrongPosterior::new(&problem(bounds)).unwrap();
        let options = SamplingOptions {
            chains: 1,
            warmup: 500,
            draws: 8000,
            seed: 5,
            ..SamplingOptions::default()
        };
        let mut minimum = posterior.clone();
        let minimum = minimum.minimize(&start(0.8), &[], 50).unwrap();
        let centre = posterior.unknowns_of(&minimum.unknowns).unwrap();
        let mut chain = Chain::new(posterior, &options, 0, &centre, None).unwrap();
        let (mut draws, mut divergences, mut steps) = (Vec::new(), 0, 0);
        while let Some(advance) = chain.advance().unwrap() {
            if advance.is_draw() {
                draws.push(advance.position[1]);
                divergences += usize::from(advance.transition.divergence.is_some());
                steps += advance.transition.steps;
            }
        }
        // The first state is integrated out: exp(-chi/2) / root of its information.
        let [low, high] = bounds.unwrap_or([0.0, 3.0]);
        let (mut mass, mut sum, mut squares) = (0.0, 0.0, 0.0);
        for i in 0..40_000 {
            let k = low + (high - low) * (i as f64 + 0.5) / 40_000.0;
            let (chi, information) = by_hand(k);
            let density = libm::exp(-0.5 * (chi - 8.0)) / information.sqrt();
            mass += density;
            sum += density * k;
            squares += density * k * k;
        }
        let mean = sum / mass;
        let deviation = (squares / mass - mean * mean).sqrt();
        let found = draws.iter().sum::<f64>() / draws.len() as f64;
        let square = draws.iter().map(|k| (k - found).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(
            (found - mean).abs() < 0.06 * deviation,
            "{found} {mean} {deviation}"
        );
        assert!(
            (square.sqrt() / deviation - 1.0).abs() < 0.05,
            "{} {deviation}",
            square.sqrt()
        );
        assert!(
            divergences == 0 && steps < 12 * 8000,
            "{divergences} {steps}"
        );
    }
}

#[test]
fn resumed_chains_have_the_same_bits() {
    let posterior = StrongPosterior::new(&problem(Some([0.1, 2.0]))).unwrap();
    let options = SamplingOptions {
        chains: 1,
        warmup: 40,
        draws: 20,
        ..SamplingOptions::default()
    };
    let mut chain = Chain::new(posterior.clone(), &options, 0, &[3.0, 0.8], None).unwrap();
    for _ in 0..45 {
        chain.advance().unwrap();
    }
    let mut resumed = Chain::resume(posterior, &options, &chain.state()).unwrap();
    while chain.advance().unwrap().is_some() {
        resumed.advance().unwrap();
        assert_eq!(chain.position(), resumed.position());
    }
}

#[test]
fn what_is_wide_is_not_undetermined_at_any_model_precision() {
    // The Hessian over the path has a condition number beyond that of numbers at a large R_f.
    let problem = problem(None);
    let strong = StrongPosterior::new(&problem).unwrap();
    let options = LaplaceOptions::default();
    let right = StrongLaplace::new(&strong, &start(0.8), options).unwrap();
    for precision in [1e8, 1e12, 1e16, 1e20] {
        let posterior = crate::statistics::Posterior::new(&problem, precision).unwrap();
        let found = crate::statistics::Laplace::new(&posterior, right.mode(), options);
        let found = found.unwrap_or_else(|error| panic!("{precision:e}: {error}"));
        let evidence = found.log_evidence() - right.log_evidence();
        assert!(evidence.abs() < 0.05, "{precision:e}: {evidence}");
        let each = found.deviations().into_iter().zip(right.deviations());
        for (k, (found, right)) in each.enumerate() {
            let error = (found / right - 1.0).abs();
            assert!(error < 0.05, "{precision:e} {k}: {found} {right}");
        }
    }
}
