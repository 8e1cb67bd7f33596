//! Times one ladder from one starting path and prints seconds, evaluations and the last action as
//! JSON. `npm run bench` runs this beside WebAssembly, on the problem in the file that it names,
//! with the minimiser in the second argument, as options say it, and changes to the problem in the
//! third. Where `RUNGS` is set, a line per rung comes first.
//!
//! cargo bench --bench ladder -- test/fixtures/ladder.json '"lbfgs"'
//! RUNGS=1 cargo bench --bench ladder -- test/fixtures/ladder.json '"lbfgs"' '{"twin":{"seed":2}}'

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Instant;

use least_action::models::ModelSpec;
use least_action::{AnnealOptions, Annealer, TwinExperiment};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Problem {
    model: ModelSpec,
    twin: TwinExperiment,
    anneal: AnnealOptions,
}

/// Objects are merged, everything else is replaced; null takes a field away.
fn change(value: &mut Value, changes: Value) {
    match (value, changes) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, changed) in changes {
                if changed.is_null() {
                    fields.remove(&name);
                } else {
                    change(fields.entry(name).or_insert(Value::Null), changed);
                }
            }
        }
        (value, changes) => *value = changes,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).filter(|a| !a.starts_with("--"));
    let file = arguments.next().ok_or("name the file with the problem")?;
    // Cargo runs benchmarks in the crate's folder; the file is named from the workspace's.
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let text = std::fs::read_to_string(std::path::Path::new(root).join(file))?;
    let mut problem: Value = serde_json::from_str(&text)?;
    if let Some(minimizer) = arguments.next() {
        problem["anneal"]["minimizer"] = serde_json::from_str(&minimizer)?;
    }
    if let Some(changes) = arguments.next() {
        change(&mut problem, serde_json::from_str(&changes)?);
    }
    let problem: Problem = serde_json::from_value(problem)?;
    let model = problem.model.build()?;
    let data = problem.twin.run(&model)?.data;
    let annealer = Annealer::new(Arc::new(model), data, problem.anneal)?;
    let start = Instant::now();
    let run = annealer.run(|_| ControlFlow::Continue(()))?;
    let seconds = start.elapsed().as_secs_f64();
    if std::env::var_os("RUNGS").is_some() {
        for rung in run.climbs.iter().flat_map(|climb| &climb.rungs) {
            println!(
                "R_f {:.2e}: action {:.6e}, {:?}, {} iterations, {} evaluations, {} factorisations",
                rung.model_precision,
                rung.action,
                rung.stop,
                rung.iterations,
                rung.evaluations,
                rung.factorizations
            );
        }
    }
    let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
    let evaluations: usize = rungs.map(|rung| rung.evaluations).sum();
    let action = run.best_rung().action;
    println!("{{\"seconds\":{seconds:.4},\"evaluations\":{evaluations},\"action\":{action:.17e}}}");
    Ok(())
}
