//! Time and memory of the structured minimiser against the number of points N and of states D, on
//! Lorenz96 with simpson-hermite: milliseconds of one iteration (linearise, assemble, factor,
//! solve) and the most memory in use, and both for the standard deviations of all states. Prints a
//! table, then the figures as JSON with the slopes in double-logarithmic coordinates.
//!
//! cargo bench --bench scaling             D = 20, N = 161 to 160,001; N = 161, D = 5 to 200;
//!                                         D = 1000 by L-BFGS
//! cargo bench --bench scaling -- quick    the same without the largest

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Instant;

use least_action::anneal::{Ladder, StartingPaths, StartingStrategy};
use least_action::model::Model;
use least_action::solve::{Hessian, Lbfgs, MinimizerOptions, Structured};
use least_action::statistics::{Laplace, LaplaceOptions, Posterior};
use least_action::twin::Twin;
use least_action::{
    models, ActionOptions, AnnealOptions, Annealer, Error, Normalization, Problem, TwinExperiment,
};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(now, Ordering::Relaxed);
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        System.dealloc(pointer, layout)
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Time and memory of one size.
struct Figure {
    points: usize,
    dimension: usize,
    /// Milliseconds per iteration.
    time: f64,
    megabytes: f64,
    action: f64,
}

const ITERATIONS: usize = 4;

/// The model, with measurements of every second state.
fn experiment(points: usize, dimension: usize) -> Result<(Arc<dyn Model>, Twin), Error> {
    let model = Arc::new(models::lorenz96(dimension)?);
    let twin = TwinExperiment {
        time_step: 0.025,
        points,
        observed: (0..dimension).step_by(2).collect(),
        noise: 0.5,
        seed: 1,
        ..TwinExperiment::default()
    }
    .run(&*model)?;
    Ok((model, twin))
}

fn measure(points: usize, dimension: usize, minimizer: MinimizerOptions) -> Result<Figure, Error> {
    let (model, twin) = experiment(points, dimension)?;
    let options = AnnealOptions {
        measurement_precision: 4.0.into(),
        model_precision: Ladder::fixed(1.0, 2.0, 1),
        starting_paths: StartingPaths {
            count: 1,
            range: Some([-10.0, 10.0].into()),
            start: StartingStrategy::Random,
            prune: false,
            ..StartingPaths::default()
        },
        minimizer,
        ..AnnealOptions::default()
    };
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let annealer = Annealer::new(model, twin.data, options)?;
    let mut climber = annealer.climber(0)?;
    let start = Instant::now();
    climber.next_rung();
    let seconds = start.elapsed().as_secs_f64();
    let megabytes = (MOST.load(Ordering::Relaxed) - before) as f64 / 1e6;
    let rung = &climber.climb().rungs[0];
    Ok(Figure {
        points,
        dimension,
        time: 1e3 * seconds / rung.iterations as f64,
        megabytes,
        action: rung.action,
    })
}

/// Standard deviations of all states about the truth: Hessian, factor and selected inverse.
fn covariance(points: usize, dimension: usize) -> Result<Figure, Error> {
    let (model, twin) = experiment(points, dimension)?;
    let options = ActionOptions {
        measurement_precision: 4.0.into(),
        normalization: Normalization::Posterior,
        estimate: vec!["forcing".into()],
        ..ActionOptions::default()
    };
    let before = NOW.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let problem = Problem::new(model, twin.data, &options)?;
    let posterior = Posterior::new(&problem, 1e4)?;
    let truth = [&twin.truth[..], &[8.17]].concat();
    let start = Instant::now();
    let options = LaplaceOptions {
        hessian: Hessian::GaussNewton,
        minimize: false,
        ..LaplaceOptions::default()
    };
    let laplace = Laplace::new(&posterior, &truth, options)?;
    Ok(Figure {
        points,
        dimension,
        time: 1e3 * start.elapsed().as_secs_f64(),
        megabytes: (MOST.load(Ordering::Relaxed) - before) as f64 / 1e6,
        // Deviation of a hidden state, which can be compared over all lengths.
        action: laplace.deviations()[(points / 2) * dimension + 1],
    })
}

/// Slope of `ln y` against `ln x`, by least squares.
fn slope(pairs: &[(f64, f64)]) -> f64 {
    let n = pairs.len() as f64;
    let mean = |f: fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(|p| p.0.ln()), mean(|p| p.1.ln()));
    let covariance: f64 = pairs.iter().map(|p| (p.0.ln() - x) * (p.1.ln() - y)).sum();
    covariance / pairs.iter().map(|p| (p.0.ln() - x).powi(2)).sum::<f64>()
}

fn main() -> Result<(), Error> {
    let quick = std::env::args().any(|argument| argument == "quick");
    let structured = MinimizerOptions::Structured(Structured {
        max_iterations: ITERATIONS,
        ..Structured::default()
    });
    let line = |f: &Figure| {
        println!(
            "{:>8} {:>6} {:>14.3} {:>12.1}",
            f.points, f.dimension, f.time, f.megabytes
        );
    };
    println!("{:>8} {:>6} {:>14} {:>12}", "N", "D", "ms/iteration", "MB");
    let lengths = [161, 1601, 16_001, 160_001];
    let mut by_length = Vec::new();
    for points in lengths.into_iter().take(if quick { 3 } else { 4 }) {
        by_length.push(measure(points, 20, structured)?);
        by_length.last().into_iter().for_each(line);
    }
    let widths = [5, 10, 20, 50, 100, 200];
    let mut by_width = Vec::new();
    for dimension in widths.into_iter().take(if quick { 5 } else { 6 }) {
        by_width.push(measure(161, dimension, structured)?);
        by_width.last().into_iter().for_each(line);
    }
    let of = |figures: &[Figure], x: fn(&Figure) -> usize, y: fn(&Figure) -> f64| {
        let pairs: Vec<(f64, f64)> = figures.iter().map(|f| (x(f) as f64, y(f))).collect();
        slope(&pairs)
    };
    println!("standard deviations of all states (ms in all):");
    let mut deviations = Vec::new();
    for points in [161, 1601, 16_001, 100_001]
        .into_iter()
        .take(if quick { 3 } else { 4 })
    {
        deviations.push(covariance(points, 20)?);
        deviations.last().into_iter().for_each(line);
    }
    println!("L-BFGS, no factor:");
    let iterative = MinimizerOptions::Lbfgs(Lbfgs {
        max_iterations: ITERATIONS,
        ..Lbfgs::default()
    });
    let large = measure(161, if quick { 200 } else { 1000 }, iterative)?;
    line(&large);
    println!(
        "{{\"timeAgainstPoints\":{:.3},\"memoryAgainstPoints\":{:.3},\
         \"timeAgainstStates\":{:.3},\"memoryAgainstStates\":{:.3},\
         \"longest\":{:.3},\"widest\":{:.3},\
         \"iterative\":{:.3},\"iterativeAction\":{:.6},\
         \"covarianceTime\":{:.3},\"covarianceTimeAgainstPoints\":{:.3},\
         \"covarianceMemoryAgainstPoints\":{:.3}}}",
        of(&by_length, |f| f.points, |f| f.time),
        of(&by_length, |f| f.points, |f| f.megabytes),
        of(&by_width[1..], |f| f.dimension, |f| f.time),
        of(&by_width[1..], |f| f.dimension, |f| f.megabytes),
        by_length.last().map_or(f64::NAN, |f| f.time),
        by_width.last().map_or(f64::NAN, |f| f.time),
        large.time,
        large.action,
        deviations.last().map_or(f64::NAN, |f| f.time),
        of(&deviations, |f| f.points, |f| f.time),
        of(&deviations, |f| f.points, |f| f.megabytes),
    );
    Ok(())
}
