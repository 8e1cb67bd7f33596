//! Program that prints, as JSON, every bit of the runs that test/fixtures/fingerprint.json
//! describes, under all discretizations, and of the networks of test/fixtures/networks.json. The
//! SDK's tests compare them with the results of WebAssembly.
//!
//! ```text
//! cargo run --release --bin fingerprint -- \
//!   test/fixtures/fingerprint.json test/fixtures/networks.json
//! ```

use std::error::Error;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{Climb, NetworkAnnealOptions, Networks, Run};
use least_action::models::ModelSpec;
use least_action::network::{Layer, Network, TrainOptions, Trainer};
use least_action::statistics::{
    Chain, Posterior, SamplingOptions, Uncertainty, UncertaintyOptions,
};
use least_action::twin::{conditional_lyapunov, ConditionalLyapunovOptions, Coupling, NetworkTwin};
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

#[derive(Deserialize)]
struct NetworkCase {
    name: String,
    inputs: usize,
    layers: Vec<Layer>,
    twin: NetworkTwin,
    anneal: NetworkAnnealOptions,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = std::env::args().skip(1);
    let mut file = || files.next().ok_or("give the two files with the cases");
    let (paths, networks) = (file()?, file()?);
    let cases: Vec<Case> = serde_json::from_str(&std::fs::read_to_string(paths)?)?;
    let mut paths = Vec::new();
    for case in &cases {
        for discretization in Discretization::FLOWS {
            paths.push(fingerprint(case, discretization)?);
        }
    }
    let cases: Vec<NetworkCase> = serde_json::from_str(&std::fs::read_to_string(networks)?)?;
    let networks = cases.iter().map(of_network);
    let networks = networks.collect::<Result<Vec<_>, _>>()?;
    println!("{}", json!({ "paths": paths, "networks": networks }));
    Ok(())
}

fn of_network(case: &NetworkCase) -> Result<Value, Box<dyn Error>> {
    let network = Network::feedforward(case.inputs, case.layers.clone())?;
    let weights = network.random_weights(None, None, case.twin.seed)?;
    let twin = NetworkTwin {
        weights: weights.clone(),
        ..case.twin.clone()
    };
    let twin = twin.run(&network)?;
    let training = TrainOptions {
        action: case.anneal.action.clone(),
        ..TrainOptions::default()
    };
    let mut trainer = Trainer::new(&network, &twin.pairs, &training)?;
    trainer.advance(50)?;
    let networks = Networks::new(network.clone(), twin.pairs.clone(), case.anneal.clone())?;
    let run = Annealer::on(networks).run(|_| ControlFlow::Continue(()))?;
    let fresh = &twin.fresh;
    let best = &run.best().parameters;
    let prediction = network.predict(best, &fresh.inputs, &fresh.forcing)?;
    let error = network.prediction_error(best, fresh, &twin.pairs)?;
    Ok(json!({
        "name": case.name,
        "weights": bits(&weights),
        "pairs": bits(&[&twin.pairs.inputs[..], &twin.pairs.outputs].concat()),
        "truth": bits(&twin.truth),
        "levels": bits(&levels(&run)),
        "parameters": bits(&of_climbs(&run, |climb| &climb.parameters)),
        "paths": bits(&of_climbs(&run, |climb| &climb.path)),
        "prediction": bits(&prediction),
        "error": bits(&[error.mean_square, error.constant]),
        "trained": bits(trainer.weights()),
        "summary": run.summary(),
        "diagnosis": run.diagnose(),
    }))
}

/// Numbers of all climbs, one climb after the other.
fn of_climbs(run: &Run, numbers: impl Fn(&Climb) -> &[f64]) -> Vec<f64> {
    run.climbs.iter().flat_map(numbers).copied().collect()
}

/// Numbers of all rungs: R_f, the action and its parts.
fn levels(run: &Run) -> Vec<f64> {
    let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
    let numbers = rungs.flat_map(|rung| {
        [
            rung.model_precision,
            rung.action,
            rung.measurement_error,
            rung.model_error,
        ]
    });
    numbers.collect()
}

fn fingerprint(case: &Case, discretization: Discretization) -> Result<Value, Box<dyn Error>> {
    let model = Arc::new(case.model.build()?);
    let twin = case.twin.run(&*model)?;
    let options = AnnealOptions {
        discretization: Some(discretization),
        ..case.anneal.clone()
    };
    let annealer = Annealer::new(model, twin.data.clone(), options)?;
    let done = annealer.run_refined(|_| ControlFlow::Continue(()))?;
    let (annealer, run) = (done.annealer, done.run);
    let end = case.twin.time_step * (case.twin.points + 20) as f64;
    let prediction = least_action::twin::predict(
        annealer.problem(),
        run.best(),
        least_action::twin::Horizon {
            until: end,
            ..least_action::twin::Horizon::default()
        },
    )?;
    let exponent = conditional_lyapunov(
        &**annealer.problem().model(),
        &ConditionalLyapunovOptions {
            observed: case.twin.observed[..1].to_vec(),
            coupling: Coupling::Finite(10.0),
            time_step: case.twin.time_step,
            points: 101,
            ..ConditionalLyapunovOptions::default()
        },
    )?;
    Ok(json!({
        "name": case.name,
        "discretization": discretization,
        "exponent": bits(&[exponent.value, exponent.standard_error]),
        "data": bits(&twin.data.values),
        "truth": bits(&twin.truth),
        "future": bits(&twin.future),
        "levels": bits(&levels(&run)),
        "parameters": bits(&of_climbs(&run, |climb| &climb.parameters)),
        "paths": bits(&of_climbs(&run, |climb| &climb.path)),
        "prediction": bits(&prediction.path),
        "times": bits(&prediction.times),
        "summary": run.summary(),
        "diagnosis": run.diagnose(),
        "uncertainty": uncertainty(&annealer, &run),
        "draws": draws(&annealer, &run),
    }))
}

/// Means, deviations and the mean's shift as bits; the error where the lowest level is no minimum.
fn uncertainty(annealer: &Annealer, run: &Run) -> String {
    let found = Uncertainty::of_run(annealer, run, &UncertaintyOptions::default());
    let numbers = found.and_then(|found| {
        let (means, deviations) = found.moments();
        let shift = found.lowest().mean_shift()?;
        Ok([means, deviations, shift].concat())
    });
    numbers.map_or_else(|error| error.to_string(), |numbers| bits(&numbers))
}

/// Log densities and energies of the first draws of a chain, as bits.
fn draws(annealer: &Annealer, run: &Run) -> String {
    let options = SamplingOptions {
        chains: 1,
        warmup: 30,
        draws: 5,
        seed: 3,
        ..SamplingOptions::default()
    };
    let best = run.best();
    let chain = Posterior::new(annealer.problem(), run.best_rung().model_precision).and_then(
        |mut posterior| {
            let mode = posterior.mode_near(&[&best.path[..], &best.parameters].concat())?;
            let mut chain = Chain::new(posterior, &options, 0, &mode, None)?;
            let mut figures = Vec::new();
            while let Some(advance) = chain.advance()? {
                if advance.is_draw() {
                    figures.extend([advance.transition.log_density, advance.transition.energy]);
                }
            }
            Ok(figures)
        },
    );
    chain.map_or_else(|error| error.to_string(), |figures| bits(&figures))
}

/// Bits of numbers, sixteen hexadecimal digits each, most significant first.
fn bits(values: &[f64]) -> String {
    values
        .iter()
        .map(|v| format!("{:016x}", v.to_bits()))
        .collect()
}
