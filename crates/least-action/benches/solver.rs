//! Ladders of Lorenz96 with the structured minimiser alone: work, time and final actions.
//! `cargo bench --bench solver -- [L] [starts] [alpha] [rungs]`

use std::time::Instant;

use least_action::solve::{Hessian, Structured, Workspace};

mod chain;
use chain::Chain;

fn main() {
    let arguments: Vec<f64> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let argument = |k: usize, default: f64| arguments.get(k).copied().unwrap_or(default);
    let measured = argument(0, 12.0) as usize;
    let starts = argument(1, 4.0) as u64;
    let (alpha, rungs) = (argument(2, 1.5), argument(3, 101.0) as i32);
    let tolerance = argument(4, 1e-6);
    let observed: Vec<usize> = match measured {
        8 => vec![0, 2, 4, 6, 8, 10, 14, 16],
        12 => vec![0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18],
        n => (0..n).map(|k| k * 20 / n).collect(),
    };
    for hessian in [Hessian::GaussNewton, Hessian::Exact] {
        let options = Structured {
            hessian,
            tolerance,
            max_iterations: 1000,
        };
        println!(
            "{hessian:?}, L = {measured}: start, action, forcing, iterations, evaluations, \
             factorisations, seconds"
        );
        for seed in 0..starts {
            let mut chain = Chain::new(20, 161, &observed, seed);
            let mut x = chain.start(seed);
            let mut workspace = Workspace::new(&chain).unwrap();
            let (mut work, mut value) = ([0; 3], 0.0);
            let begin = Instant::now();
            for rung in 0..rungs {
                chain.model_precision = 4e-6 * alpha.powi(rung);
                let minimum = options
                    .minimize_in(&mut workspace, &mut chain, &mut x)
                    .unwrap();
                value = minimum.value;
                let counts = [
                    minimum.iterations,
                    minimum.evaluations,
                    minimum.factorizations,
                ];
                if std::env::var_os("RUNGS").is_some() {
                    println!(
                        "  {rung:3} {:.2e} {value:.12} {:?} {counts:?}",
                        chain.model_precision, minimum.stop
                    );
                }
                work.iter_mut().zip(counts).for_each(|(w, c)| *w += c);
            }
            let seconds = begin.elapsed().as_secs_f64();
            println!(
                "  {seed:3} {value:12.6} {:8.4} {:6} {:6} {:6} {seconds:8.3}",
                x[x.len() - 1],
                work[0],
                work[1],
                work[2]
            );
        }
    }
}
