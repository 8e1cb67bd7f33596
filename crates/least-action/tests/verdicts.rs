//! Verdicts on twins whose statements are right, or wrong in one known way. Truths come from
//! closed forms and from an integrator that is written here.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::Prior;
use least_action::anneal::{Estimate, FindingCode, Ladder, Run, StartingPaths, Verdict};
use least_action::model::{Model, ModelBuilder};
use least_action::{AnnealOptions, Annealer, Discretization, Normalization, Observations};

/// Normal numbers: Box and Muller over a linear congruential generator.
struct Normal(u64);

impl Normal {
    fn new(seed: u64) -> Self {
        let mut random = Normal(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D);
        (0..5).for_each(|_| {
            random.unit();
        });
        random
    }

    fn unit(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn next(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }
}

/// Values on a grid of `points` steps of `step`, by fifty steps of Runge and Kutta in each.
fn integrate<const D: usize>(
    mut x: [f64; D],
    points: usize,
    step: f64,
    f: impl Fn(&[f64; D]) -> [f64; D],
) -> Vec<[f64; D]> {
    let h = step / 50.0;
    let along = |x: &[f64; D], k: &[f64; D], h: f64| -> [f64; D] {
        std::array::from_fn(|i| x[i] + h * k[i])
    };
    let mut all = vec![x];
    for _ in 1..points {
        for _ in 0..50 {
            let a = f(&x);
            let b = f(&along(&x, &a, h / 2.0));
            let c = f(&along(&x, &b, h / 2.0));
            let d = f(&along(&x, &c, h));
            x = std::array::from_fn(|i| x[i] + h / 6.0 * (a[i] + 2.0 * b[i] + 2.0 * c[i] + d[i]));
        }
        all.push(x);
    }
    all
}

/// Kinds of twins: right, or wrong in one way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kind {
    Right,
    Understated,
    Overstated,
    Correlated,
    Unequal,
    Offset,
    Outlier,
    HeavyTails,
    Changing,
    WrongModel,
    WrongPrior,
}

/// Noise of a kind, points x columns, of standard deviation 1 on average.
fn noise(kind: Kind, points: usize, columns: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Normal::new(seed);
    let mut before = vec![0.0; columns];
    let mut all: Vec<Vec<f64>> = (0..points)
        .map(|n| {
            let row = (0..columns).map(|l| {
                let z = random.next();
                match kind {
                    Kind::Correlated if n == 0 => z,
                    Kind::Correlated => 0.5 * before[l] + 0.75f64.sqrt() * z,
                    Kind::Unequal => z * [1.38, 0.2][l % 2],
                    Kind::Changing => z * if 2 * n < points { 0.3 } else { 1.38 },
                    // Student's law with three degrees of freedom, variance 1.
                    Kind::HeavyTails => {
                        let square: f64 = (0..3).map(|_| random.next().powi(2)).sum();
                        z / square.sqrt()
                    }
                    _ => z,
                }
            });
            let row: Vec<f64> = row.collect();
            before.clone_from(&row);
            row
        })
        .collect();
    match kind {
        Kind::Offset => all.iter_mut().for_each(|row| row[0] += 1.5),
        Kind::Outlier => all[points / 3][0] += 10.0,
        _ => {}
    }
    all
}

/// Annealer of one twin.
fn annealer(
    model: Arc<dyn Model>,
    observed: &[usize],
    truth: &[Vec<f64>],
    noise: &[Vec<f64>],
    (step, deviation): (f64, f64),
    options: AnnealOptions,
) -> Annealer {
    let rows = truth.iter().zip(noise);
    let rows = rows.flat_map(|(x, z)| {
        let columns = observed.iter().zip(z);
        columns.map(|(&l, z)| x[l] + deviation * z)
    });
    let data = Observations {
        time_step: step,
        points: truth.len(),
        observed: observed.to_vec(),
        values: rows.collect(),
        ..Observations::default()
    };
    Annealer::new(model, data, options).unwrap()
}

fn run(annealer: &Annealer) -> Run {
    annealer.run(|_| ControlFlow::Continue(())).unwrap()
}

fn estimates(each: &[(&str, [f64; 2])]) -> BTreeMap<String, Estimate> {
    let estimate = |&(name, initial): &(&str, [f64; 2])| {
        let estimate = Estimate {
            initial: Some(initial),
            ..Estimate::default()
        };
        (name.to_string(), estimate)
    };
    each.iter().map(estimate).collect()
}

fn precision(kind: Kind, deviation: f64) -> f64 {
    let factor = match kind {
        Kind::Understated => 0.5,
        Kind::Overstated => 2.0,
        _ => 1.0,
    };
    1.0 / (factor * deviation * factor * deviation)
}

/// Predators and prey, both measured; in the wrong model, predators do not get their fill.
fn predators(kind: Kind, seed: u64) -> Run {
    let (deviation, points, step) = (0.1, 101, 0.2);
    let truth = integrate([1.5, 1.0], points, step, |&[x, y]| match kind {
        Kind::WrongModel => {
            let eaten = x * y / (1.0 + 0.12 * x);
            [x - eaten, eaten - y]
        }
        _ => [x - x * y, x * y - y],
    });
    let model = ModelBuilder::new("predators")
        .states(["x", "y"])
        .parameter("a", 1.0, "")
        .parameter("b", 1.0, "")
        .parameter("c", 1.0, "")
        .parameter("d", 1.0, "")
        .initial_state([1.5, 1.0])
        .flow(|x, p| {
            let (x, y) = (x[0], x[1]);
            vec![p[0] * x - p[1] * x * y, p[2] * x * y - p[3] * y]
        })
        .unwrap();
    let range = [0.7, 1.3];
    let mut estimate = estimates(&[("a", range), ("b", range), ("c", range), ("d", range)]);
    if kind == Kind::WrongPrior || kind == Kind::Right {
        // In the right ones the prior's own error is drawn too.
        let error = match kind {
            Kind::WrongPrior => 5.0,
            _ => Normal::new(seed ^ 0xABCD).next(),
        };
        let own = estimate.get_mut("a").unwrap();
        let prior = Prior {
            mean: 1.0 + 0.2 * error,
            deviation: 0.2,
        };
        own.prior = Some(prior.into());
    }
    let options = AnnealOptions {
        measurement_precision: precision(kind, deviation).into(),
        estimate,
        starting_paths: StartingPaths {
            count: 5,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    };
    let truth: Vec<Vec<f64>> = truth.iter().map(|x| x.to_vec()).collect();
    let noise = noise(kind, points, 2, seed);
    let model: Arc<dyn Model> = Arc::new(model);
    let one = |precision: f64| {
        let options = AnnealOptions {
            measurement_precision: precision.into(),
            ..options.clone()
        };
        let twin = annealer(
            model.clone(),
            &[0, 1],
            &truth,
            &noise,
            (step, deviation),
            options,
        );
        run(&twin)
    };
    let first = one(precision(kind, deviation));
    match kind {
        // At its own misfit: with the noise that the first run asks for.
        Kind::WrongModel => {
            let factor = first.chi_square.unwrap().noise_factor;
            one(precision(kind, deviation) / (factor * factor))
        }
        _ => first,
    }
}

/// Truth and noise of a random walk.
fn walk_twin(kind: Kind, seed: u64) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let mut random = Normal::new(seed ^ 0x77);
    let mut level = 10.0;
    let truth: Vec<Vec<f64>> = (0..201)
        .map(|_| {
            level += 0.2 * random.next();
            vec![level]
        })
        .collect();
    (truth, noise(kind, 201, 1, seed))
}

/// A random walk seen with noise.
fn walk(kind: Kind, seed: u64) -> Run {
    let (truth, noise) = walk_twin(kind, seed);
    let model = ModelBuilder::new("walk")
        .states(["x"])
        .initial_state([10.0])
        .flow(|x, _| vec![0.0 * x[0]])
        .unwrap();
    let options = AnnealOptions {
        measurement_precision: precision(kind, 1.0).into(),
        normalization: Normalization::Posterior,
        discretization: Some(Discretization::Euler),
        model_precision: Ladder {
            last: Some(25.0),
            ..Ladder::default()
        },
        starting_paths: StartingPaths {
            count: 3,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    };
    run(&annealer(
        Arc::new(model),
        &[0],
        &truth,
        &noise,
        (1.0, 1.0),
        options,
    ))
}

/// A rate that changes in time, as stated: `x' = b`, `b` a random walk.
fn changing_rate(kind: Kind, seed: u64) -> Run {
    let (points, smoothness) = (121, 1000.0f64);
    let mut random = Normal::new(seed ^ 0x99);
    let (mut x, mut b) = (0.0, 0.3);
    let truth: Vec<Vec<f64>> = (0..points)
        .map(|_| {
            let row = vec![x];
            let next = b + random.next() / smoothness.sqrt();
            x += 0.5 * (b + next);
            b = next;
            row
        })
        .collect();
    let model = ModelBuilder::new("changing rate")
        .states(["x"])
        .parameter("b", 0.0, "")
        .initial_state([0.0])
        .flow(|_, p| vec![p[0]])
        .unwrap();
    let mut estimate = estimates(&[("b", [-1.0, 1.0])]);
    estimate.get_mut("b").unwrap().smoothness = Some(smoothness);
    let options = AnnealOptions {
        measurement_precision: precision(kind, 1.0).into(),
        normalization: Normalization::Posterior,
        discretization: Some(Discretization::Trapezoid),
        estimate,
        starting_paths: StartingPaths {
            count: 3,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    };
    let noise = noise(kind, points, 1, seed);
    run(&annealer(
        Arc::new(model),
        &[0],
        &truth,
        &noise,
        (1.0, 1.0),
        options,
    ))
}

/// Decay to a level, few data.
fn decay(kind: Kind, seed: u64) -> Run {
    let (points, step, deviation) = (15, 0.4, 0.05);
    let truth: Vec<Vec<f64>> = (0..points)
        .map(|n| vec![0.5 + 2.0 * (-0.7 * step * n as f64).exp()])
        .collect();
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("k", 0.7, "")
        .parameter("level", 0.5, "")
        .initial_state([2.5])
        .flow(|x, p| vec![p[0] * (p[1] - x[0])])
        .unwrap();
    let options = AnnealOptions {
        measurement_precision: precision(kind, deviation).into(),
        estimate: estimates(&[("k", [0.2, 2.0]), ("level", [0.0, 1.0])]),
        starting_paths: StartingPaths {
            count: 5,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    };
    let noise = noise(kind, points, 1, seed);
    run(&annealer(
        Arc::new(model),
        &[0],
        &truth,
        &noise,
        (step, deviation),
        options,
    ))
}

/// A damped oscillator of which the speed is hidden.
fn oscillator(kind: Kind, seed: u64) -> Run {
    let (points, step, deviation) = (121, 0.2, 0.2);
    let truth = integrate([1.0, 0.0], points, step, |&[x, v]| [v, -x - 0.1 * v]);
    let model = ModelBuilder::new("oscillator")
        .states(["x", "v"])
        .parameter("stiffness", 1.0, "")
        .parameter("damping", 0.1, "")
        .initial_state([1.0, 0.0])
        .flow(|x, p| vec![x[1], -p[0] * x[0] - p[1] * x[1]])
        .unwrap();
    let options = AnnealOptions {
        measurement_precision: precision(kind, deviation).into(),
        estimate: estimates(&[("stiffness", [0.5, 1.5]), ("damping", [0.0, 0.3])]),
        starting_paths: StartingPaths {
            count: 5,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    };
    let noise = noise(kind, points, 1, seed);
    let truth: Vec<Vec<f64>> = truth.iter().map(|x| x.to_vec()).collect();
    run(&annealer(
        Arc::new(model),
        &[0],
        &truth,
        &noise,
        (step, deviation),
        options,
    ))
}

type Twin = fn(Kind, u64) -> Run;

/// Twins with the codes that a kind must be named by.
const WRONG: [(&str, Twin, Kind, &[FindingCode]); 14] = [
    (
        "predators",
        predators,
        Kind::Understated,
        &[FindingCode::LevelAboveExpected],
    ),
    (
        "predators",
        predators,
        Kind::Overstated,
        &[FindingCode::LevelBelowExpected],
    ),
    (
        "predators",
        predators,
        Kind::Correlated,
        &[FindingCode::CorrelatedResiduals],
    ),
    (
        "predators",
        predators,
        Kind::Unequal,
        &[FindingCode::UnequalNoise],
    ),
    (
        "oscillator",
        oscillator,
        Kind::Offset,
        &[FindingCode::Offset],
    ),
    (
        "predators",
        predators,
        Kind::Outlier,
        &[FindingCode::Outliers],
    ),
    (
        "predators",
        predators,
        Kind::Changing,
        &[FindingCode::ChangingNoise],
    ),
    (
        "predators",
        predators,
        Kind::HeavyTails,
        &[FindingCode::HeavyTails, FindingCode::Outliers],
    ),
    (
        "predators",
        predators,
        Kind::WrongModel,
        &[FindingCode::CorrelatedResiduals],
    ),
    (
        "predators",
        predators,
        Kind::WrongPrior,
        &[FindingCode::PriorConflict],
    ),
    (
        "oscillator",
        oscillator,
        Kind::Outlier,
        &[FindingCode::Outliers],
    ),
    (
        "oscillator",
        oscillator,
        Kind::Overstated,
        &[FindingCode::LevelBelowExpected],
    ),
    (
        "walk",
        walk,
        Kind::Overstated,
        &[FindingCode::LevelBelowExpected],
    ),
    (
        "walk",
        walk,
        Kind::Understated,
        &[FindingCode::LevelAboveExpected],
    ),
];

const RIGHT: [(&str, Twin); 5] = [
    ("predators", predators),
    ("oscillator", oscillator),
    ("decay", decay),
    ("walk", walk),
    ("changing rate", changing_rate),
];

fn names(run: &Run, codes: &[FindingCode]) -> bool {
    run.findings.iter().any(|f| codes.contains(&f.code))
}

/// Numbers of twins that are called consistent, and that are named as they should be.
fn count(twin: Twin, kind: Kind, codes: &[FindingCode], seeds: u64) -> (usize, usize) {
    let mut counts = (0, 0);
    for seed in 0..seeds {
        let run = twin(kind, 1000 + seed);
        counts.0 += usize::from(run.verdict == Verdict::Consistent);
        counts.1 += usize::from(names(&run, codes));
        if kind == Kind::Right && run.verdict != Verdict::Consistent {
            println!("seed {seed}: {}", run.diagnose());
        }
    }
    counts
}

#[test]
fn right_twins_are_consistent() {
    for (name, twin) in RIGHT {
        let (consistent, _) = count(twin, Kind::Right, &[], 12);
        assert_eq!(consistent, 12, "{name}");
    }
}

#[test]
fn twins_with_a_wrong_statement_are_objected_to_by_name() {
    for (name, twin, kind, codes) in WRONG {
        let (consistent, named) = count(twin, kind, codes, 6);
        assert!(
            consistent <= 1 && named >= 4,
            "{name} {kind:?}: {consistent} consistent, {named} named of 6"
        );
    }
}

#[test]
fn chi_square_of_a_random_walk_is_that_of_its_innovations() {
    for seed in 0..5 {
        let run = walk(Kind::Right, 50 + seed);
        // Kalman's filter: squared innovations over their variances, the first value being free.
        let (q, r) = (0.04f64, 1.0);
        let y = walk_data(50 + seed);
        let (mut mean, mut variance, mut sum) = (y[0], r, 0.0);
        for y in &y[1..] {
            variance += q;
            let innovation = y - mean;
            sum += innovation * innovation / (variance + r);
            let gain = variance / (variance + r);
            mean += gain * innovation;
            variance *= 1.0 - gain;
        }
        let found = run.chi_square.unwrap();
        assert!(
            (found.value - sum).abs() < 1e-5 * sum,
            "{} {sum}",
            found.value
        );
        assert!((found.degrees_of_freedom - 200.0).abs() < 1e-6, "{found:?}");
        // The leverages of the measurements are those of the smoother: about (q / (4 r + q))^(1/2)
        // in the middle of a long walk.
        let leverage = 1.0 - found.channels[0].degrees_of_freedom / 201.0;
        let expected: f64 = (q / (4.0 * r + q)).sqrt();
        assert!((leverage - expected).abs() < 0.01, "{leverage} {expected}");
    }
}

fn walk_data(seed: u64) -> Vec<f64> {
    let (truth, noise) = walk_twin(Kind::Right, seed);
    truth.iter().zip(noise).map(|(x, z)| x[0] + z[0]).collect()
}

/// Known first states, of which one is that of an enzyme which is only there: 6 + 4 - 6 degrees of
/// freedom; without a prior of the enzyme, which nothing determines then, 6 + 3 - 6 + 1.
#[test]
fn priors_count_as_rows_and_what_nothing_determines_does_not_count() {
    let (k1, k2) = (1.0f64, 0.3f64);
    let times = [0, 1, 2, 3, 5, 8, 12];
    let model = ModelBuilder::new("chain")
        .states(["A", "B", "P", "E"])
        .parameter("k1", 1.0, "")
        .parameter("k2", 1.0, "")
        .initial_state([1.0, 0.0, 0.0, 1.0])
        .flow(|x, p| {
            vec![
                -p[0] * x[0],
                p[0] * x[0] - p[1] * x[1],
                p[1] * x[1],
                0.0 * x[3],
            ]
        })
        .unwrap();
    let model: Arc<dyn Model> = Arc::new(model);
    for with_enzyme in [true, false] {
        let mut random = Normal::new(11);
        let mut values = vec![f64::NAN; 49];
        for &t in &times[1..] {
            let product =
                1.0 - (k2 * (-k1 * t as f64).exp() - k1 * (-k2 * t as f64).exp()) / (k2 - k1);
            values[4 * t] = product + 0.02 * random.next();
        }
        let data = Observations {
            time_step: 0.25,
            points: 49,
            observed: vec![2],
            values,
            ..Observations::default()
        };
        let known = |mean| Prior {
            mean,
            deviation: 1e-4,
        };
        let mut first_state = BTreeMap::from([
            ("A".into(), known(1.0)),
            ("B".into(), known(0.0)),
            ("P".into(), known(0.0)),
        ]);
        if with_enzyme {
            first_state.insert("E".into(), known(1.0));
        }
        let mut estimate = estimates(&[("k1", [0.1, 3.0]), ("k2", [0.05, 2.0])]);
        for estimate in estimate.values_mut() {
            estimate.bounds = Some([0.0, 20.0]);
        }
        let options = AnnealOptions {
            measurement_precision: 2500.0.into(),
            estimate,
            first_state: first_state.into_iter().collect(),
            ..AnnealOptions::default()
        };
        let run = run(&Annealer::new(model.clone(), data, options).unwrap());
        assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
        let degrees = run.chi_square.as_ref().unwrap().degrees_of_freedom;
        assert!((degrees - 4.0).abs() < 0.01, "{degrees}");
    }
}

#[test]
fn parameters_that_the_data_leave_open_are_named() {
    let truth: Vec<Vec<f64>> = (0..61)
        .map(|n| vec![2.0 * (-0.05 * n as f64).exp()])
        .collect();
    let model = ModelBuilder::new("product")
        .states(["x"])
        .parameter("a", 0.5, "")
        .parameter("b", 1.0, "")
        .initial_state([2.0])
        .flow(|x, p| vec![-p[0] * p[1] * x[0]])
        .unwrap();
    let model: Arc<dyn Model> = Arc::new(model);
    let noise = noise(Kind::Right, 61, 1, 3);
    let of = |names: &[(&str, [f64; 2])]| {
        let options = AnnealOptions {
            measurement_precision: 400.0.into(),
            estimate: estimates(names),
            starting_paths: StartingPaths {
                count: 3,
                enough: Some(3),
                prune: false,
                ..StartingPaths::default()
            },
            ..AnnealOptions::default()
        };
        run(&annealer(
            model.clone(),
            &[0],
            &truth,
            &noise,
            (0.1, 0.05),
            options,
        ))
    };
    let range = [0.1, 3.0];
    let open = of(&[("a", range), ("b", range)]);
    let named = open
        .findings
        .iter()
        .find(|f| f.code == FindingCode::ParametersOpen);
    let message = &named.unwrap().message;
    assert!(
        message.contains("a from") && message.contains("b from"),
        "{message}"
    );
    assert!(message.contains("- "), "a falls as b rises: {message}");
    // 61 measurements, less one first state and one product.
    let degrees = open.chi_square.as_ref().unwrap().degrees_of_freedom;
    assert!((degrees - 59.0).abs() < 0.01, "{degrees}");
    assert_eq!(open.verdict, Verdict::Consistent, "{}", open.diagnose());
    let closed = of(&[("a", range)]);
    assert!(
        !names(&closed, &[FindingCode::ParametersOpen]),
        "{}",
        closed.diagnose()
    );
}
