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
        let values = times
            .iter()
            .map(|t| 2.0 * (-rate * t).exp() + noise * random.normal());
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

#[test]
fn iterations_hardly_grow_with_the_number_of_series() {
    let work = |count: usize| {
        let mut random = Random::new(9);
        let rates: Vec<f64> = (0..count).map(|_| (0.3 * random.normal()).exp()).collect();
        let own = Estimate {
            across: Some(Across::SETS),
            scale: ParameterScale::Log,
            hierarchy: Some(Hierarchy::ESTIMATED),
            ..estimate([0.2, 3.0])
        };
        let options = AnnealOptions {
            measurement_precision: 400.0.into(),
            estimate: [
                ("rate".to_string(), own),
                ("level".to_string(), estimate([-0.5, 0.5])),
            ]
            .into(),
            ..AnnealOptions::default()
        };
        let annealer = Annealer::new(Arc::new(decay()), decays(&rates, 0.05), options).unwrap();
        let found = run(&annealer);
        assert!(found.parameter("level").unwrap().abs() < 0.1);
        let rungs = found.best().rungs.iter();
        rungs.map(|rung| rung.iterations).sum::<usize>()
    };
    // An iteration costs in proportion to the number of series.
    let [few, many] = [work(20), work(200)];
    println!("{few} {many}");
    assert!(
        many <= 2 * few,
        "{few} iterations for 20 series, {many} for 200"
    );
}

/// Known first values of each data set.
type FirstStates = Vec<BTreeMap<String, FirstValue>>;

fn theophylline() -> Option<(Vec<Observations>, FirstStates)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/recordings/theophylline.csv");
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
        .flow(|x, p| vec![-p[0] * x[0], p[0] * p[1] / p[2] * x[0] - p[1] * x[1]])
        .unwrap();
    let log = |initial: [f64; 2], hierarchy: bool| Estimate {
        scale: ParameterScale::Log,
        across: hierarchy.then_some(Across::SETS),
        hierarchy: hierarchy.then_some(Hierarchy::ESTIMATED),
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
    // Pinheiro and Bates (2000), chapter 8: maximum likelihood by nlme, with standard errors.
    let value = |name: &str| found.parameter(name).unwrap().ln();
    // The last number is the joint minimum of the closed form at these authors' deviations, by
    // SciPy's least squares; it is a third of an error from what nlme's alternation ends at.
    for (name, published, error, minimum) in [
        ("ka", 0.4514, 0.196, 0.46566),
        ("ke", -2.4327, 0.063, -2.45468),
        ("Cl", -3.2145, 0.081, -3.22721),
    ] {
        assert!((value(name) - published).abs() < 0.4 * error, "{name}");
        assert!((value(name) - minimum).abs() < 0.003, "{name}");
    }
    // Ours are of restricted likelihood, larger by the root of 12 / 11.
    for (estimate, published) in found.hierarchies.iter().zip([0.644, 0.167]) {
        let ratio = estimate.deviation / (published * (12.0f64 / 11.0).sqrt());
        assert!((ratio - 1.0).abs() < 0.02, "{estimate:?}");
    }
    let noise = found.noise[0].mean_deviation;
    assert!((noise - 0.709).abs() < 0.02, "{noise}");
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
        .map(|set| {
            times
                .iter()
                .zip(&set.values)
                .map(|(t, y)| t * y)
                .sum::<f64>()
                / squares
        })
        .collect();
    let mean = own.iter().sum::<f64>() / sets as f64;
    let between: f64 = own.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / (sets - 1) as f64;
    let rest = |(set, slope): (&Observations, &f64)| -> f64 {
        let each = times.iter().zip(&set.values);
        each.map(|(t, y)| (y - slope * t) * (y - slope * t)).sum()
    };
    // The first point has the known state, so that its datum tells of the noise too.
    let within: f64 =
        data.iter().zip(&own).map(rest).sum::<f64>() / (sets * (times.len() - 1)) as f64;
    for is_noise_known in [true, false] {
        let variance = if is_noise_known {
            noise * noise
        } else {
            within
        };
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
        assert!((means[place] - mean).abs() < 1e-4);
        // Noise that is estimated makes the law of the mean Student's, which is wider.
        assert!((deviations[place] / of_mean - 1.0).abs() < 0.02);
    }
}

fn decay_options(estimates: Vec<(&str, Estimate)>) -> AnnealOptions {
    let named = estimates.into_iter();
    AnnealOptions {
        measurement_precision: 400.0.into(),
        estimate: named.map(|(name, one)| (name.to_string(), one)).collect(),
        ..AnnealOptions::default()
    }
}

#[test]
fn groups_share_a_value_as_their_data_alone_give_it() {
    let data = decays(&[0.5, 1.6, 0.5, 1.6], 0.05);
    let labels = ["slow", "fast", "slow", "fast"].map(String::from);
    let grouped = Estimate {
        across: Some(Across::Groups(labels.to_vec())),
        scale: ParameterScale::Log,
        ..estimate([0.2, 3.0])
    };
    let options = decay_options(vec![("rate", grouped)]);
    let annealer = Annealer::new(Arc::new(decay()), data.clone(), options).unwrap();
    let found = run(&annealer);
    let own = &annealer.own_values(found.best())[0].1;
    for (label, group) in [("slow", [0, 2]), ("fast", [1, 3])] {
        let alone: Vec<Observations> = group.iter().map(|&k| data[k].clone()).collect();
        let shared = Estimate {
            scale: ParameterScale::Log,
            ..estimate([0.2, 3.0])
        };
        let options = decay_options(vec![("rate", shared)]);
        let separate = Annealer::new(Arc::new(decay()), alone, options).unwrap();
        let rate = run(&separate).parameter("rate").unwrap();
        let value = found.parameter(&format!("rate of {label}")).unwrap();
        assert!((value - rate).abs() < 1e-4 * rate, "{value} {rate}");
        for k in group {
            assert!((own[k] - rate).abs() < 1e-4 * rate, "{} {rate}", own[k]);
        }
    }
}

#[test]
fn a_parameter_has_the_value_that_a_data_set_states() {
    let mut data = decays(&[0.7, 0.7], 0.0);
    // The same decay in twice the time: the clock of the second set runs at half the rate.
    for time in &mut data[1].times {
        *time *= 2.0;
    }
    data[1].time_step *= 2.0;
    data[1].parameters = [("clock".to_string(), 0.5)].into();
    let model = ModelBuilder::new("clocks")
        .states(["x"])
        .parameter("rate", 1.0, "")
        .parameter("clock", 1.0, "")
        .flow(|x, p| vec![-p[0] * p[1] * x[0]])
        .unwrap();
    let options = decay_options(vec![("rate", estimate([0.2, 3.0]))]);
    let annealer = Annealer::new(Arc::new(model), data, options).unwrap();
    let found = run(&annealer);
    assert!((found.parameter("rate").unwrap() - 0.7).abs() < 1e-3);
    let own = annealer.own_values(found.best());
    assert_eq!(own, [("clock".to_string(), vec![1.0, 0.5])]);
}

#[test]
fn equal_data_sets_show_no_deviation_between_them() {
    // All series have one rate and differ by less than their noise says.
    let data = vec![decays(&[1.0], 0.02).remove(0); 6];
    let own = Estimate {
        across: Some(Across::SETS),
        hierarchy: Some(Hierarchy::ESTIMATED),
        ..estimate([0.2, 3.0])
    };
    let annealer =
        Annealer::new(Arc::new(decay()), data, decay_options(vec![("rate", own)])).unwrap();
    let found = run(&annealer);
    let hierarchy = &found.hierarchies[0];
    assert!(
        !hierarchy.is_determined && hierarchy.interval[0] == 0.0,
        "{hierarchy:?}"
    );
    assert!(found
        .diagnose()
        .contains("no difference between data sets in rate"));
}

#[test]
fn what_cannot_be_is_refused_by_name() {
    let refused = |data: Vec<Observations>, own: Estimate| {
        let options = decay_options(vec![("rate", own)]);
        let result = Annealer::new(Arc::new(decay()), data, options);
        result.err().unwrap().to_string()
    };
    let data = || decays(&[0.5, 1.0], 0.05);
    let own = || Estimate {
        across: Some(Across::SETS),
        ..estimate([0.2, 3.0])
    };
    let labels = |list: &[&str]| Estimate {
        across: Some(Across::Groups(list.iter().map(|l| l.to_string()).collect())),
        ..estimate([0.2, 3.0])
    };
    let message = refused(data(), labels(&["a"]));
    assert!(
        message.contains("estimate.rate.across") && message.contains("one label"),
        "{message}"
    );
    let message = refused(data(), labels(&["a", ""]));
    assert!(message.contains("estimate.rate.across[1]"), "{message}");
    let hierarchy = Some(Hierarchy::ESTIMATED);
    let message = refused(data(), Estimate { hierarchy, ..own() });
    assert!(
        message.contains("estimate.rate.hierarchy") && message.contains("three"),
        "{message}"
    );
    let message = refused(
        data(),
        Estimate {
            hierarchy,
            ..estimate([0.2, 3.0])
        },
    );
    assert!(message.contains("across: \"sets\""), "{message}");
    let message = refused(
        data(),
        Estimate {
            smoothness: Some(1.0),
            ..own()
        },
    );
    assert!(message.contains("estimate.rate.across"), "{message}");
    let mut stated = data();
    stated[1].parameters = [("rate".to_string(), 1.0)].into();
    let message = refused(stated.clone(), own());
    assert!(message.contains("data[1].parameters.rate"), "{message}");
    stated[1].parameters = [("rat".to_string(), 1.0)].into();
    let message = refused(stated, own());
    assert!(message.contains("data[1].parameters.rat"), "{message}");
    let mut empty = data();
    empty[1].values.fill(f64::NAN);
    let message = refused(empty, own());
    assert!(message.contains("data[1].values"), "{message}");
}

#[test]
fn a_value_that_all_data_sets_state_is_that_of_the_options() {
    let data = decays(&[0.5, 1.0], 0.05);
    let options = || decay_options(vec![("rate", estimate([0.2, 3.0]))]);
    let plain = run(&Annealer::new(Arc::new(decay()), data.clone(), options()).unwrap());
    let mut stated = data;
    for set in &mut stated {
        set.parameters = [("level".to_string(), 0.0)].into();
    }
    let annealer = Annealer::new(Arc::new(decay()), stated, options()).unwrap();
    let held = run(&annealer);
    let [a, b] = [&plain, &held].map(|run| run.parameter("rate").unwrap());
    assert!((a - b).abs() < 1e-5 * a, "{a} {b}");
}
