//! Times one ladder from one starting path and prints seconds, evaluations and the last action as
//! JSON. `npm run bench` runs this beside WebAssembly, on the problem in the file that it names,
//! with the minimiser in the second argument, as options say it.
//!
//! cargo bench --bench ladder -- test/fixtures/ladder.json '"lbfgs"'

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use least_action::models::ModelSpec;
use least_action::{AnnealOptions, Annealer, TwinExperiment};
use serde::Deserialize;

#[derive(Deserialize)]
struct Problem {
    model: ModelSpec,
    twin: TwinExperiment,
    anneal: AnnealOptions,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let file = arguments.next().ok_or("name the file with the problem")?;
    // Cargo runs benchmarks in the crate's folder; the file is named from the workspace's.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let text = std::fs::read_to_string(std::path::Path::new(root).join(file))?;
    let mut problem: Problem = serde_json::from_str(&text)?;
    if let Some(minimizer) = arguments.next() {
        problem.anneal.minimizer = serde_json::from_str(&minimizer)?;
    }
    let model = problem.model.build()?;
    let data = problem.twin.run(&model)?.data;
    let annealer = Annealer::new(Arc::new(model), data, problem.anneal)?;
    let start = Instant::now();
    let run = annealer.run(|_| ControlFlow::Continue(()))?;
    let seconds = start.elapsed().as_secs_f64();
    let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
    let evaluations: usize = rungs.map(|rung| rung.evaluations).sum();
    let action = run.best_rung().action;
    println!("{{\"seconds\":{seconds:.4},\"evaluations\":{evaluations},\"action\":{action:.17e}}}");
    Ok(())
}
