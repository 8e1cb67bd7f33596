//! Systems that the strategies are compared on.

use std::sync::Arc;

use least_action::model::Model;
use least_action::{models, Result, TwinExperiment};

/// A system with the settings of its data.
pub struct Case {
    pub name: String,
    pub model: Arc<dyn Model>,
    pub experiment: TwinExperiment,
    pub noise: f64,
    pub estimate: Vec<(String, [f64; 2])>,
    pub bounds: Vec<(&'static str, [f64; 2])>,
}

/// All of them.
pub fn all() -> Result<Vec<Case>> {
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
