//! A comparison of strategies: the share of runs that find the lowest level, and their times, in
//! one table over several systems.
//!
//! cargo run --release -p least-action --example strategies            a few minutes
//! cargo run --release -p least-action --example strategies -- --full  ten truths x ten seeds each
//!
//! Words select rows: `strategies -- l96 ensemble-filter` runs what contains one of the systems and
//! one of the strategies named. `--verbose` prints every run. The lowest level is that of a climb
//! from the truth itself. Times are of one thread.
//!
//! `plain-ladder` is one random path up a ladder of small steps, `restarts` the same until one path
//! passes; `costate` and `costate-window` are no annealing: their paths obey the model exactly, and
//! the first state and the parameters are minimised over, over all data or over a window that
//! grows.

mod cases;
mod costate;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use cases::Case;
use costate::StrongConstraint;
use least_action::anneal::{Climb, Estimate, Ladder, StartingPaths, StartingStrategy, Verdict};
use least_action::twin::Twin;
use least_action::{AnnealOptions, Annealer, Result};

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
    let cases = cases::all()?;
    for case in &cases {
        // These systems take minutes each, and run only if they are named.
        let asked = full || names.iter().any(|name| case.name.contains(name.as_str()));
        if case.name.starts_with("all-free") && !asked {
            continue;
        }
        if !selected(&names, &case.name, |word| {
            cases.iter().any(|case| case.name.contains(word))
        }) {
            continue;
        }
        for strategy in strategies() {
            if selected(&names, strategy.name, |word| {
                strategies().iter().any(|s| s.name.contains(word))
            }) {
                measure(case, strategy, truths, seeds)?;
            }
        }
    }
    Ok(())
}

/// True if the name contains one of the words that mean names of its kind, or if there are no such
/// words.
fn selected(words: &[String], name: &str, is_of_kind: impl Fn(&str) -> bool) -> bool {
    let mut kind = words.iter().filter(|word| is_of_kind(word)).peekable();
    kind.peek().is_none() || kind.any(|word| name.contains(word.as_str()))
}

fn number(words: &[String], name: &str) -> Option<u64> {
    let place = words.iter().position(|word| word == name)?;
    words.get(place + 1)?.parse().ok()
}

/// Objective of a strategy.
#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// The action of a path, up a ladder of R_f.
    Ladder,
    /// The misfit of a path that obeys the model, over all data or a growing window.
    Costate { growing: bool },
}

/// A strategy with its settings.
#[derive(Clone, Copy)]
struct Strategy {
    name: &'static str,
    form: Form,
    start: StartingStrategy,
    /// Ladder; the automatic one if none is given.
    ladder: Option<Ladder>,
    /// Largest number of starting paths.
    count: usize,
    /// Number of successes that end a run; the library decides if none is given.
    enough: Option<usize>,
}

fn strategies() -> Vec<Strategy> {
    let of = |&start: &StartingStrategy| Strategy {
        name: start.name(),
        form: Form::Ladder,
        start,
        ladder: None,
        // Strategies that often fail would take minutes, and are left out.
        count: match start {
            StartingStrategy::Automatic
            | StartingStrategy::EnsembleFilter
            | StartingStrategy::GrowingWindow => 20,
            _ => 5,
        },
        enough: None,
    };
    let mut all: Vec<Strategy> = StartingStrategy::ALL.iter().map(of).collect();
    all.push(Strategy {
        name: "best-of-three",
        enough: Some(3),
        ..all[0]
    });
    // The usual way in the literature: one random path, a small step, a tight tolerance, no second
    // try.
    let plain = Strategy {
        name: "plain-ladder",
        start: StartingStrategy::Random,
        ladder: Some(Ladder::fixed(4e-6, 1.5, 101)),
        count: 1,
        ..all[0]
    };
    let restarts = Strategy {
        name: "restarts",
        count: 20,
        ..plain
    };
    let costate = |name, growing| Strategy {
        name,
        form: Form::Costate { growing },
        ladder: None,
        // Strategies that often fail are left out here too.
        count: if growing { 20 } else { 5 },
        ..restarts
    };
    all.extend([
        plain,
        restarts,
        costate("costate", false),
        costate("costate-window", true),
    ]);
    all
}

fn measure(case: &Case, strategy: Strategy, truths: u64, seeds: u64) -> Result<()> {
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
                model_precision: strategy.ladder.unwrap_or_default(),
                estimate: estimates(case),
                bounds: case
                    .bounds
                    .iter()
                    .map(|(name, range)| (name.to_string(), *range))
                    .collect(),
                starting_paths: StartingPaths {
                    count: strategy.count,
                    enough: strategy.enough,
                    seed: 1000 * truth + seed,
                    start: strategy.start,
                    ..StartingPaths::default()
                },
                ..AnnealOptions::default()
            };
            let begin = Instant::now();
            let annealer = Annealer::new(case.model.clone(), twin.data.clone(), options)?;
            let outcome = match strategy.form {
                Form::Ladder => climb(&annealer)?,
                Form::Costate { growing } => descend(case, &annealer, growing)?,
            };
            times.push(begin.elapsed().as_secs_f64());
            let reference = from_truth(&annealer, &twin)?;
            if is_verbose() {
                println!("from the truth: {reference:.6}");
            }
            let found = outcome.level <= 1.01 * reference;
            lowest += usize::from(found);
            consistent += usize::from(outcome.passes);
            wrong += usize::from(outcome.passes && !found);
            starts += outcome.starts;
        }
    }
    let all = times.len();
    let total: f64 = times.iter().sum();
    times.sort_by(f64::total_cmp);
    println!(
        "{:<16} {:<16} {:>4}/{all:<3} {consistent:>10} {wrong:>8} {:>9.4} {:>9.4} {:>9.4} {:>9.2}",
        case.name,
        strategy.name,
        lowest,
        times[all / 2],
        total / all as f64,
        total / lowest as f64,
        starts as f64 / all as f64
    );
    Ok(())
}

fn is_verbose() -> bool {
    std::env::args().any(|word| word == "--verbose")
}

/// Result of a run: its lowest level, the test whether noise explains it, and the number of starts.
struct Outcome {
    level: f64,
    passes: bool,
    starts: usize,
}

/// A run of annealing.
fn climb(annealer: &Annealer) -> Result<Outcome> {
    let run = annealer.run(|_| ControlFlow::Continue(()))?;
    if is_verbose() {
        println!("{}\n{}", run.summary(), run.diagnose());
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
    Ok(Outcome {
        level: run.best_rung().action,
        passes: run.verdict == Verdict::Consistent,
        starts: run.climbs.len(),
    })
}

/// A run of the strong constraint, from the first states and parameters of the same starting paths,
/// until one passes.
fn descend(case: &Case, annealer: &Annealer, growing: bool) -> Result<Outcome> {
    let (problem, data) = (annealer.problem(), &annealer.problem().data()[0]);
    let dimension = case.model.dimension();
    let all = case.model.parameters();
    let positions = problem.estimated().map(|name| {
        let named = |p: &least_action::model::Parameter| p.name == name;
        all.iter().position(named).unwrap_or_default()
    });
    let positions: Vec<usize> = positions.collect();
    let (measured, fitted) = (problem.measured(), dimension + positions.len());
    let mut outcome = Outcome {
        level: f64::INFINITY,
        passes: false,
        starts: 0,
    };
    while outcome.starts < annealer.options().starting_paths.count && !outcome.passes {
        let climber = annealer.climber(outcome.starts)?;
        outcome.starts += 1;
        let start = climber.climb();
        let spread =
            (0..dimension).map(|i| deviation(start.path.iter().skip(i).step_by(dimension)));
        // The order is that of the problem's parameters, which is the model's.
        let widths = problem.estimated().map(|name| {
            let [low, high] = annealer.options().estimate[name].range();
            0.5 * (high - low)
        });
        let scales = spread.chain(widths).collect();
        let precision = problem.measurement_precision();
        let mut objective =
            StrongConstraint::new(&*case.model, data, precision, &positions, scales);
        let mut unknowns = [&start.path[..dimension], &start.parameters].concat();
        // A start whose path blows up has failed, as a ladder may.
        let end = costate::minimize(&mut objective, growing, &mut unknowns);
        if is_verbose() {
            println!("{} {:.6?}", start.start, end);
        }
        if let Ok(level) = end {
            outcome.level = outcome.level.min(level);
            outcome.passes = is_explained(level * measured as f64, (measured - fitted) as f64);
        }
    }
    Ok(outcome)
}

/// Standard deviation of a column, so that the unknowns are all of the size one.
fn deviation<'a>(column: impl Iterator<Item = &'a f64> + Clone) -> f64 {
    let count = column.clone().count() as f64;
    let mean = column.clone().sum::<f64>() / count;
    (column.map(|x| (x - mean) * (x - mean)).sum::<f64>() / count).sqrt()
}

/// True if a chi-square is within four standard deviations, as the verdict of a run allows.
fn is_explained(chi_square: f64, degrees: f64) -> bool {
    let variance = 2.0 / (9.0 * degrees);
    ((chi_square / degrees).cbrt() - (1.0 - variance)) / variance.sqrt() <= 4.0
}

fn estimates(case: &Case) -> BTreeMap<String, Estimate> {
    let estimate = |(name, initial): &(String, [f64; 2])| {
        let estimate = Estimate {
            initial: Some(*initial),
            bounds: case.bounds.first().map(|_| wider(*initial)),
            ..Estimate::default()
        };
        (name.clone(), estimate)
    };
    case.estimate.iter().map(estimate).collect()
}

/// Level at the end of a climb from the truth, by the automatic ladder. A ladder that begins with a
/// smaller R_f may lose the truth on its way.
fn from_truth(annealer: &Annealer, twin: &Twin) -> Result<f64> {
    let options = AnnealOptions {
        model_precision: Ladder::default(),
        ..annealer.options().clone()
    };
    let model = annealer.problem().model().clone();
    let annealer = Annealer::new(model, twin.data.clone(), options)?;
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

/// Bounds with some room around the range of an estimate's starting values.
fn wider([low, high]: [f64; 2]) -> [f64; 2] {
    let room = 0.5 * (high - low);
    [low - room, high + room]
}
