//! Several data sets whose parameters differ.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use least_action::action::{FirstState, FirstValue, ParameterScale};
use least_action::anneal::{Across, AnnealOptions, Annealer, Estimate, Hierarchy, Run};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::statistics::{Uncertainty, UncertaintyOptions};
use least_action::Observations;

/// Standard normal numbers, the same in every run.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Random(seed)
    }

    fn uniform(&mut self) -> f64 {
        // Generator of D. E. Knuth, MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005);
        self.0 = self.0.wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let (u, v) = (self.uniform(), self.uniform());
        (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
    }
}

/// Decay to a level: `x' = -rate (x - level)`.
fn decay() -> EquationModel {
    ModelBuilder::new("decay")
        .states(["x"])
        .parameter("rate", 1.0, "")
        .parameter("level", 0.0, "")
        .flow(|x, p| vec![-p[0] * (x[0] - p[1])])
        .unwrap()
}

fn run(annealer: &Annealer) -> Run {
    annealer.run(|_| ControlFlow::Continue(())).unwrap()
}

fn set(times: &[f64], values: Vec<f64>) -> Observations {
    Observations {
        start: times[0],
        time_step: times.windows(2).map(|t| t[1] - t[0]).fold(0.0, f64::max),
        points: times.len(),
        times: times.to_vec(),
        observed: vec![0],
        values,
        ..Observations::default()
    }
}

/// Noisy decays of these rates, 11 points each.
fn decays(rates: &[f64], noise: f64) -> Vec<Observations> {
    let mut random = Random::new(5);
    let times: Vec<f64> = (0..11).map(|n| 0.2 * n as f64).collect();
    let each = rates.iter().map(|rate| {
        let values = times.iter().map(|t| 2.0 * (-rate * t).exp() + noise * random.normal());
        set(&times, values.collect())
    });
    each.collect()
}

fn estimate(initial: [f64; 2]) -> Estimate {
    Estimate {
        initial: Some(initial),
        ..Estimate::default()
    }
}

#[test]
fn own_values_without_hierarchy_are_those_of_separate_fits() {
    let data = decays(&[0.5, 1.0, 1.6], 0.05);
    let options = |across: Option<Across>| AnnealOptions {
        measurement_precision: 400.0.into(),
        estimate: [(
            "rate".to_string(),
            Estimate {
                across,
                ..estimate([0.2, 3.0])
            },
        )]
        .into(),
        ..AnnealOptions::default()
    };
    let together =
        Annealer::new(Arc::new(decay()), data.clone(), options(Some(Across::SETS))).unwrap();
    let found = run(&together);
    println!("{}\n{}", found.summary(), found.diagnose());
    let own = together.own_values(found.best());
    for (k, set) in data.into_iter().enumerate() {
        let alone = Annealer::new(Arc::new(decay()), set, options(None)).unwrap();
        let rate = run(&alone).parameter("rate").unwrap();
        println!("{} {rate}", own[0].1[k]);
        assert!((own[0].1[k] - rate).abs() < 1e-4 * rate);
    }
}

fn theophylline() -> Option<(Vec<Observations>, Vec<BTreeMap<String, FirstValue>>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/recordings/theophylline.csv");
    let path = if path.exists() { path } else { "/work/shared/data/recordings/theophylline.csv".into() };
    let text = std::fs::read_to_string(path).ok()?;
    let mut subjects: BTreeMap<u32, (Vec<f64>, Vec<f64>, f64)> = BTreeMap::new();
    for line in text.lines().skip(1) {
        let fields: Vec<f64> = line.split(',').map(|f| f.parse().unwrap()).collect();
        let own = subjects.entry(fields[0] as u32).or_default();
        own.0.push(fields[3]);
        own.1.push(fields[4]);
        own.2 = fields[2];
    }
    let sets = subjects.values().map(|(times, values, _)| Observations {
        observed: vec![1],
        time_step: 0.5,
        ..set(times, values.clone())
    });
    let first = subjects.values().map(|(_, _, dose)| {
        [
            ("gut".to_string(), FirstValue::Number(*dose)),
            ("conc".to_string(), FirstValue::Number(0.0)),
        ]
        .into()
    });
    Some((sets.collect(), first.collect()))
}

#[test]
fn theophylline_has_the_published_effects() {
    let Some((data, first)) = theophylline() else {
        eprintln!("no recordings here");
        return;
    };
    // The gut has an amount per body weight, and the volume is Cl / ke. The concentration is a
    // state: R_f weighs its errors in the unit of the data, whatever the parameters are.
    let model = ModelBuilder::new("absorption")
        .states(["gut", "conc"])
        .parameter("ka", 1.5, "")
        .parameter("ke", 0.1, "")
        .parameter("Cl", 0.04, "")
        .flow(|x, p| {
            vec![
                -p[0] * x[0],
                p[0] * p[1] / p[2] * x[0] - p[1] * x[1],
            ]
        })
        .unwrap();
    let log = |initial: [f64; 2], hierarchy: bool| Estimate {
        scale: ParameterScale::Log,
        across: (hierarchy && std::env::var("NO_OWN").is_err()).then_some(Across::SETS),
        hierarchy: (hierarchy && std::env::var("NO_H").is_err()).then_some(Hierarchy::ESTIMATED),
        ..estimate(initial)
    };
    let options = AnnealOptions {
        noise: Some(BTreeMap::new()),
        estimate: [
            ("ka".to_string(), log([0.5, 4.0], true)),
            ("ke".to_string(), log([0.03, 0.3], false)),
            ("Cl".to_string(), log([0.01, 0.1], true)),
        ]
        .into(),
        first_state: FirstState::PerSet(first),
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    let found = run(&annealer);
    println!("{}\n{}", found.summary(), found.diagnose());
    println!("{:#?} {:?}", found.hierarchies, found.noise);
    // Pinheiro and Bates (2000), chapter 8: maximum likelihood by nlme, with standard errors.
    let value = |name: &str| libm_ln(found.parameter(name).unwrap());
    for (name, published, error) in [
        ("ka", 0.4514, 0.196),
        ("ke", -2.4327, 0.063),
        ("Cl", -3.2145, 0.081),
    ] {
        println!("{name} {} {published} {error}", value(name));
    }
    for (name, published, error) in [
        ("ka", 0.4514, 0.196),
        ("ke", -2.4327, 0.063),
        ("Cl", -3.2145, 0.081),
    ] {
        assert!((value(name) - published).abs() < error / 3.0, "{name}");
    }
}

fn libm_ln(x: f64) -> f64 {
    x.ln()
}

/// Lines through the origin with slopes of their own: `x' = slope`.
fn lines() -> EquationModel {
    ModelBuilder::new("lines")
        .states(["x"])
        .parameter("slope", 1.0, "")
        .flow(|_, p| vec![p[0] * 1.0])
        .unwrap()
}

#[test]
fn a_balanced_linear_hierarchy_is_that_of_restricted_likelihood() {
    let (sets, noise) = (12, 0.3);
    let times: Vec<f64> = (0..9).map(|n| 0.25 * n as f64).collect();
    let mut random = Random::new(3);
    let data: Vec<Observations> = (0..sets)
        .map(|_| {
            let slope = 1.0 + 0.5 * random.normal();
            let values = times.iter().map(|t| slope * t + noise * random.normal());
            set(&times, values.collect())
        })
        .collect();
    // Least squares of each line, and the analysis of variance.
    let squares: f64 = times.iter().map(|t| t * t).sum();
    let own: Vec<f64> = (data.iter())
        .map(|set| times.iter().zip(&set.values).map(|(t, y)| t * y).sum::<f64>() / squares)
        .collect();
    let mean = own.iter().sum::<f64>() / sets as f64;
    let between: f64 = own.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / (sets - 1) as f64;
    let rest = |(set, slope): (&Observations, &f64)| -> f64 {
        let each = times.iter().zip(&set.values);
        each.map(|(t, y)| (y - slope * t) * (y - slope * t)).sum()
    };
    // The first point has the known state, so that its datum tells of the noise too.
    let within: f64 = data.iter().zip(&own).map(rest).sum::<f64>() / (sets * (times.len() - 1)) as f64;
    for is_noise_known in [true, false] {
        let variance = if is_noise_known { noise * noise } else { within };
        let tau = (between - variance / squares).sqrt();
        let options = AnnealOptions {
            measurement_precision: (1.0 / (noise * noise)).into(),
            noise: (!is_noise_known).then(BTreeMap::new),
            estimate: [(
                "slope".to_string(),
                Estimate {
                    across: Some(Across::SETS),
                    hierarchy: Some(Hierarchy::ESTIMATED),
                    ..estimate([-1.0, 3.0])
                },
            )]
            .into(),
            first_state: FirstState::All([("x".to_string(), FirstValue::Number(0.0))].into()),
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(Arc::new(lines()), data.clone(), options).unwrap();
        let found = run(&annealer);
        println!("{}\n{}", found.summary(), found.diagnose());
        let hierarchy = &found.hierarchies[0];
        println!("{hierarchy:?} {tau} {mean}");
        assert!((hierarchy.deviation - tau).abs() < 1e-4 * tau);
        assert!((hierarchy.mean - mean).abs() < 1e-4);
        let kept = tau * tau / (tau * tau + variance / squares);
        let values = &annealer.own_values(found.best())[0].1;
        for (value, own) in values.iter().zip(&own) {
            let shrunk = mean + kept * (own - mean);
            assert!((value - shrunk).abs() < 1e-4, "{value} {shrunk}");
        }
        let uncertainty =
            Uncertainty::of_run(&annealer, &found, &UncertaintyOptions::default()).unwrap();
        let (means, deviations) = uncertainty.moments();
        let d = 2;
        // The deviation of the mean at this spread, and that of an own value.
        let of_mean = ((tau * tau + variance / squares) / sets as f64).sqrt();
        let place = sets * times.len() * d;
        println!("{} {} {of_mean}", means[place], deviations[place]);
    }
}
