//! Tests of the check of the time step and of the refinement of the grid.

mod problems;

use std::ops::ControlFlow;

use least_action::anneal::{Annealer, RefinedRun};
use least_action::{AnnealOptions, Observations};
use problems::*;

fn report(name: &str, done: &RefinedRun) {
    let RefinedRun { run, checks, .. } = done;
    println!("{name}: {:?} {:?}", run.verdict, run.best().parameters);
    for check in checks {
        println!("  {check:?}");
    }
    println!("{}\n{}", run.summary(), run.diagnose());
}

fn refined(
    model: std::sync::Arc<dyn least_action::model::Model>,
    data: Observations,
    options: AnnealOptions,
) -> RefinedRun {
    let annealer = Annealer::new(model, data, options).unwrap();
    annealer.run_refined(|_| ControlFlow::Continue(())).unwrap()
}

#[test]
fn probe() {
    let times = grid(15, 1.0);
    let rows = truth(&|_, x| vec![-6.0 * x[0], 6.0 * x[0] - 0.4 * x[1]], &[1.0, 0.0], &times, 0.01);
    let data = observed(&rows, 1.0, &[0, 1], 0.03, 42);
    let options = estimating(0.03, &[("k1", [0.3, 8.0]), ("k2", [0.1, 2.0])]);
    report("case 01", &refined(chain_of_reactions(), data, options));

    let times = grid(201, 0.1);
    let mu = 5.0;
    let rows = truth(&|_, x| vec![x[1], mu * (1.0 - x[0] * x[0]) * x[1] - x[0]], &[2.0, 0.0], &times, 0.001);
    let data = observed(&rows, 0.1, &[0], 0.05, 1);
    let options = estimating(0.05, &[("mu", [1.0, 8.0])]);
    report("vdp", &refined(van_der_pol(), data, options));

    let times = grid(41, 2.1);
    let rows = truth(&|_, x| vec![x[1], -x[0]], &[1.0, 0.0], &times, 0.01);
    let data = observed(&rows, 2.1, &[0], 0.05, 3);
    let options = estimating(0.05, &[("omega", [0.8, 1.2])]);
    report("oscillator 3 a period", &refined(oscillator(), data, options));

    let times = grid(61, 0.1);
    let rows = truth(&|_, x| vec![x[1], -x[0]], &[1.0, 0.0], &times, 0.01);
    let data = observed(&rows, 0.1, &[0], 0.05, 3);
    let options = estimating(0.05, &[("omega", [0.8, 1.2])]);
    report("oscillator fine", &refined(oscillator(), data, options));
}
