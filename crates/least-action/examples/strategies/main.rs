//! How often each strategy finds the lowest level, and how long it takes: one table over several systems.
//!
//! cargo run --release -p least-action --example strategies            a few minutes
//! cargo run --release -p least-action --example strategies -- --full  ten truths x ten seeds each
//!
//! Words select rows: `strategies -- l96 ensemble-filter` runs what contains one of the systems and one of the strategies named.
//! `--verbose` prints every run. The lowest level is that of a climb from the truth itself. Times are of one thread.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use least_action::anneal::{Climb, Estimate, Ladder, Start, StartingPaths, Verdict};
use least_action::model::Model;
use least_action::twin::Twin;
use least_action::{models, AnnealOptions, Annealer, Result, TwinExperiment};

/// A system, and how its data are made.
struct Case {
    name: String,
    model: Arc<dyn Model>,
    experiment: TwinExperiment,
    noise: f64,
    estimate: Vec<(String, [f64; 2])>,
    bounds: Vec<(&'static str, [f64; 2])>,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Numbers belong to the flags before them.
    let named = arguments
        .iter()
        .filter(|word| word.parse::<u64>().is_err() && !word.starts_with("--"));
    let names: Vec<String> = named.cloned().collect();
    let words = &arguments;
    let full = words.iter().any(|word| word == "--full");
    let (truths, seeds) = match full {
        true => (10, 10),
        false => (
            number(words, "--truths").unwrap_or(3),
            number(words, "--seeds").unwrap_or(1),
        ),
    };
    println!("{truths} truths x {seeds} seeds");
    println!(
        "{:<16} {:<16} {:>8} {:>10} {:>8} {:>9} {:>9} {:>9} {:>9}",
        "system",
        "strategy",
        "lowest",
        "consistent",
        "wrong",
        "median s",
        "mean s",
        "s/success",
        "starts"
    );
    for case in cases()? {
        // Minutes on its own: only where it is asked for.
        let asked = full || names.iter().any(|name| case.name.contains(name.as_str()));
        if case.name.starts_with("all-free") && !asked {
            continue;
        }
        if !selected(&names, &case.name, |word| {
            case_names().iter().any(|n| n.contains(word))
        }) {
            continue;
        }
        for strategy in strategies() {
            if selected(&names, strategy.name, |word| {
                strategies().iter().any(|s| s.name.contains(word))
            }) {
                measure(&case, strategy, truths, seeds)?;
            }
        }
    }
    Ok(())
}

/// Whether a name contains one of the words that mean names of its kind; all do if there are none.
fn selected(words: &[String], name: &str, is_of_kind: impl Fn(&str) -> bool) -> bool {
    let mut kind = words.iter().filter(|word| is_of_kind(word)).peekable();
    kind.peek().is_none() || kind.any(|word| name.contains(word.as_str()))
}

fn number(words: &[String], name: &str) -> Option<u64> {
    let place = words.iter().position(|word| word == name)?;
    words.get(place + 1)?.parse().ok()
}

/// What is compared.
#[derive(Clone, Copy)]
struct Strategy {
    name: &'static str,
    start: Start,
    /// The automatic one if there is none.
    ladder: Option<Ladder>,
    /// Starts at most, and successes that end a run.
    count: usize,
    enough: usize,
}

fn strategies() -> Vec<Strategy> {
    let of = |&start: &Start| Strategy {
        name: start.name(),
        start,
        ladder: None,
        // What often fails is not tried for minutes.
        count: match start {
            Start::Automatic | Start::EnsembleFilter | Start::GrowingWindow => 20,
            _ => 5,
        },
        enough: 1,
    };
    let mut all: Vec<Strategy> = Start::ALL.iter().map(of).collect();
    all.push(Strategy {
        name: "best-of-three",
        enough: 3,
        ..all[0]
    });
    // What was usual: one random path, a small step, a tight tolerance, no second try.
    all.push(Strategy {
        name: "plain-ladder",
        start: Start::Random,
        ladder: Some(Ladder::fixed(4e-6, 1.5, 101)),
        count: 1,
        enough: 1,
    });
    all
}

fn case_names() -> Vec<String> {
    cases().map_or(Vec::new(), |cases| {
        cases.into_iter().map(|case| case.name).collect()
    })
}

fn cases() -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for observed in [
        &[0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18][..],
        &[0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
        &[0, 2, 4, 6, 8, 10, 14, 16],
        &[0, 3, 6, 9, 12, 15, 18],
        &[0, 3, 6, 10, 13, 16],
        &[0, 4, 8, 12, 16],
    ] {
        cases.push(Case {
            name: format!("l96-{}", observed.len()),
            model: Arc::new(models::lorenz96(20)?),
            experiment: TwinExperiment {
                time_step: 0.025,
                points: 161,
                observed: observed.to_vec(),
                noise: 0.5,
                ..Default::default()
            },
            noise: 0.5,
            estimate: named(&[("forcing", [6.0, 10.0])]),
            bounds: Vec::new(),
        });
    }
    cases.push(Case {
        name: "l63".into(),
        model: Arc::new(models::lorenz63()?),
        experiment: TwinExperiment {
            time_step: 0.02,
            points: 201,
            observed: vec![0],
            noise: 0.5,
            ..Default::default()
        },
        noise: 0.5,
        estimate: named(&[
            ("rho", [20.0, 40.0]),
            ("sigma", [5.0, 20.0]),
            ("beta", [1.0, 5.0]),
        ]),
        bounds: Vec::new(),
    });
    cases.push(Case {
        name: "colpitts".into(),
        model: Arc::new(models::colpitts()?),
        experiment: TwinExperiment {
            time_step: 0.1,
            points: 401,
            observed: vec![0],
            noise: 0.2,
            ..Default::default()
        },
        noise: 0.2,
        estimate: named(&[("alpha", [3.0, 8.0]), ("eta", [3.0, 10.0])]),
        bounds: Vec::new(),
    });
    let stimulus = |n: usize| {
        let t = 0.05 * n as f64;
        15.0 + 12.0 * (0.37 * t).sin() + 10.0 * (0.111 * t + 1.0).sin()
    };
    cases.push(Case {
        name: "neuron".into(),
        model: Arc::new(models::nakl_neuron()?),
        experiment: TwinExperiment {
            time_step: 0.05,
            points: 1001,
            observed: vec![0],
            noise: 1.0,
            inputs: (0..1001).map(stimulus).collect(),
            // Truths differ by the state in which the stimulus finds them.
            spin_up: Some(0.0),
            ..Default::default()
        },
        noise: 1.0,
        estimate: named(&[
            ("gNa", [60.0, 180.0]),
            ("gK", [10.0, 40.0]),
            ("gL", [0.1, 1.0]),
        ]),
        bounds: gates(),
    });
    let stimulus = |n: usize| {
        let t = 0.02 * n as f64;
        15.0 + 12.0 * (0.37 * t).sin() + 10.0 * (0.111 * t + 1.0).sin()
    };
    let all = models::nakl_neuron()?;
    // Every parameter is free, from 0.7 to 1.4 times its true value.
    let free = all.parameters().iter().map(|p| {
        let ends = [0.7 * p.default, 1.4 * p.default];
        let range = [ends[0].min(ends[1]), ends[0].max(ends[1])];
        (p.name.clone(), range)
    });
    cases.push(Case {
        name: "all-free-neuron".into(),
        estimate: free.collect(),
        model: Arc::new(all),
        experiment: TwinExperiment {
            time_step: 0.02,
            points: 6001,
            observed: vec![0],
            noise: 1.0,
            inputs: (0..6001).map(stimulus).collect(),
            spin_up: Some(0.0),
            ..Default::default()
        },
        noise: 1.0,
        bounds: gates(),
    });
    Ok(cases)
}

fn gates() -> Vec<(&'static str, [f64; 2])> {
    ["m", "h", "n"].map(|gate| (gate, [0.0, 1.0])).to_vec()
}

fn named(ranges: &[(&str, [f64; 2])]) -> Vec<(String, [f64; 2])> {
    let named = |&(name, range): &(&str, [f64; 2])| (name.to_string(), range);
    ranges.iter().map(named).collect()
}

fn measure(case: &Case, strategy: Strategy, truths: u64, seeds: u64) -> Result<()> {
    let Strategy {
        name,
        start,
        ladder,
        count,
        enough,
    } = strategy;
    let (mut lowest, mut consistent, mut wrong) = (0, 0, 0);
    let mut starts = 0;
    let mut times = Vec::new();
    for truth in 1..=truths {
        let mut experiment = case.experiment.clone();
        experiment.seed = truth;
        let twin = experiment.run(&*case.model)?;
        for seed in 1..=seeds {
            let options = AnnealOptions {
                measurement_precision: (1.0 / (case.noise * case.noise)).into(),
                model_precision: ladder.unwrap_or_default(),
                estimate: estimates(case),
                bounds: case
                    .bounds
                    .iter()
                    .map(|(name, range)| (name.to_string(), *range))
                    .collect(),
                starting_paths: StartingPaths {
                    count,
                    enough,
                    seed: 1000 * truth + seed,
                    start,
                    ..StartingPaths::default()
                },
                ..AnnealOptions::default()
            };
            let begin = Instant::now();
            let annealer = Annealer::new(case.model.clone(), twin.data.clone(), options)?;
            let run = annealer.run(|_| ControlFlow::Continue(()))?;
            times.push(begin.elapsed().as_secs_f64());
            let reference = from_truth(&annealer, &twin)?;
            if std::env::args().any(|word| word == "--verbose") {
                println!(
                    "{}\n{}\nfrom the truth: {reference:.6}",
                    run.summary(),
                    run.diagnose()
                );
                for climb in &run.climbs {
                    let rung = |r: &least_action::anneal::Rung| {
                        format!(
                            "{:.0e}:{:.4}({})",
                            r.model_precision, r.action, r.iterations
                        )
                    };
                    let rungs: Vec<String> = climb.rungs.iter().map(rung).collect();
                    println!("{} {}", climb.start, rungs.join(" "));
                }
            }
            let found = run.best_rung().action <= 1.01 * reference;
            let passes = run.verdict == Verdict::Consistent;
            lowest += usize::from(found);
            consistent += usize::from(passes);
            wrong += usize::from(passes && !found);
            starts += run.climbs.len();
        }
    }
    let all = times.len();
    let total: f64 = times.iter().sum();
    times.sort_by(f64::total_cmp);
    println!(
        "{:<16} {:<16} {:>4}/{all:<3} {consistent:>10} {wrong:>8} {:>9.4} {:>9.4} {:>9.4} {:>9.2}",
        case.name,
        name,
        lowest,
        times[all / 2],
        total / all as f64,
        total / lowest as f64,
        starts as f64 / all as f64
    );
    Ok(())
}

fn estimates(case: &Case) -> BTreeMap<String, Estimate> {
    let estimate = |(name, initial): &(String, [f64; 2])| {
        let estimate = Estimate {
            initial: *initial,
            bounds: case.bounds.first().map(|_| wider(*initial)),
            ..Estimate::default()
        };
        (name.clone(), estimate)
    };
    case.estimate.iter().map(estimate).collect()
}

/// The level that a climb from the truth ends at.
fn from_truth(annealer: &Annealer, twin: &Twin) -> Result<f64> {
    let names = annealer.problem().estimated();
    let all = annealer.problem().model().parameters();
    let value = |name: &str| {
        all.iter()
            .position(|p| p.name == name)
            .map(|i| twin.parameters[i])
    };
    let mut climber = annealer.resume(Climb {
        start: 0,
        rungs: Vec::new(),
        path: twin.truth.clone(),
        parameters: names.filter_map(value).collect(),
        failure: None,
        stopped: None,
    })?;
    while climber.next_rung().is_some() {}
    let rungs = &climber.climb().rungs;
    Ok(rungs.last().map_or(f64::NAN, |rung| rung.action))
}

/// Bounds that leave some room around where an estimate starts.
fn wider([low, high]: [f64; 2]) -> [f64; 2] {
    let room = 0.5 * (high - low);
    [low - room, high + room]
}
