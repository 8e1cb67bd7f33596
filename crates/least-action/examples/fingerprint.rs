//! Prints every bit of the runs that test/fixtures/fingerprint.json describes, under all discretizations, as JSON: the SDK's tests compare them with what
//! WebAssembly computes.
//!
//! cargo run --release --example fingerprint --features serde -- test/fixtures/fingerprint.json

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::models::ModelSpec;
use least_action::{AnnealOptions, Annealer, Discretization, TwinExperiment};
use serde::Deserialize;
use serde_json::{json, Value};

#[derive(Deserialize)]
struct Case {
    name: String,
    model: ModelSpec,
    twin: TwinExperiment,
    anneal: AnnealOptions,
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args()
        .nth(1)
        .ok_or("give the file with the cases")?;
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let mut results = Vec::new();
    for case in &cases {
        for discretization in Discretization::FLOWS {
            results.push(fingerprint(case, discretization)?);
        }
    }
    println!("{}", Value::Array(results));
    Ok(())
}

fn fingerprint(case: &Case, discretization: Discretization) -> Result<Value, Box<dyn Error>> {
    let model = Arc::new(case.model.build()?);
    let twin = case.twin.run(&*model)?;
    let options = AnnealOptions {
        discretization: Some(discretization),
        ..case.anneal.clone()
    };
    let annealer = Annealer::new(model, twin.data.clone(), options)?;
    let run = annealer.run(|_| ControlFlow::Continue(()))?;
    let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
    let levels: Vec<f64> = rungs
        .flat_map(|rung| {
            [
                rung.model_precision,
                rung.action,
                rung.measurement_error,
                rung.model_error,
            ]
        })
        .collect();
    let end = case.twin.time_step * (case.twin.points + 20) as f64;
    let prediction = least_action::twin::predict(
        annealer.problem(),
        run.best(),
        least_action::twin::Horizon {
            until: end,
            ..least_action::twin::Horizon::default()
        },
    )?;
    Ok(json!({
        "name": case.name,
        "discretization": discretization,
        "data": bits(&twin.data.values),
        "truth": bits(&twin.truth),
        "future": bits(&twin.future),
        "levels": bits(&levels),
        "parameters": bits(&run.climbs.iter().flat_map(|c| c.parameters.clone()).collect::<Vec<_>>()),
        "paths": bits(&run.climbs.iter().flat_map(|c| c.path.clone()).collect::<Vec<_>>()),
        "prediction": bits(&prediction.path),
        "times": bits(&prediction.times),
        "summary": run.summary(),
        "diagnosis": run.diagnose(),
    }))
}

/// Sixteen hexadecimal digits per number, most significant first.
fn bits(values: &[f64]) -> String {
    values
        .iter()
        .map(|v| format!("{:016x}", v.to_bits()))
        .collect()
}
