//! Data that say next to nothing: all zero, all equal, a single one. A run of them must say so.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::action::{ChannelNoise, FirstState};
use least_action::anneal::{Estimate, FindingCode, Verdict};
use least_action::model::{EquationModel, ModelBuilder};
use least_action::{AnnealOptions, Annealer, Observations, Run};

/// Decay towards a level, `x' = -k (x - c)`.
fn cooling() -> EquationModel {
    ModelBuilder::new("cooling")
        .states(["x"])
        .parameter("k", 1.0, "")
        .parameter("c", 0.0, "")
        .flow(|x, p| vec![-p[0] * (x[0] - p[1])])
        .unwrap()
}

fn data(values: Vec<f64>) -> Observations {
    Observations {
        time_step: 0.1,
        points: values.len(),
        observed: vec![0],
        values,
        ..Observations::default()
    }
}

/// Run with k unknown and the level known, the noise stated or estimated.
fn run(values: Vec<f64>, level: f64, noise: Option<f64>) -> Run {
    let estimate = Estimate {
        initial: Some([0.2, 5.0]),
        ..Estimate::default()
    };
    let mut options = AnnealOptions {
        estimate: BTreeMap::from([("k".into(), estimate)]),
        parameters: BTreeMap::from([("c".into(), level)]),
        ..AnnealOptions::default()
    };
    match noise {
        Some(noise) => options.measurement_precision = (1.0 / (noise * noise)).into(),
        None => options.noise = Some(BTreeMap::<String, ChannelNoise>::new()),
    }
    let annealer = Annealer::new(Arc::new(cooling()), data(values), options).unwrap();
    annealer.run(|_| ControlFlow::Continue(())).unwrap()
}

fn says(run: &Run, code: FindingCode) -> bool {
    run.findings.iter().any(|finding| finding.code == code)
}

#[test]
fn equal_data_leave_everything_open() {
    for (value, noise) in [(0.0, Some(0.1)), (3.0, Some(0.1)), (0.0, None), (3.0, None)] {
        let run = run(vec![value; 21], value, noise);
        let what = run.diagnose();
        assert_eq!(
            run.verdict,
            Verdict::Undetermined,
            "{value} {noise:?} {what}"
        );
        assert!(says(&run, FindingCode::ConstantData), "{what}");
        assert!(
            what.contains("parameters open: k"),
            "{value} {noise:?} {what}"
        );
    }
}

#[test]
fn one_datum_and_data_with_gaps_determine_nothing() {
    let mut values = vec![f64::NAN; 21];
    values[10] = 2.0;
    for noise in [Some(0.1), None] {
        let run = run(values.clone(), 0.0, noise);
        assert_eq!(run.verdict, Verdict::Undetermined, "{}", run.diagnose());
        assert!(says(&run, FindingCode::TooFewMeasurements));
    }
}

#[test]
fn equal_data_that_the_model_must_leave_are_no_such_case() {
    // From 3 the model cools to 0 at a known rate: equal data contradict it.
    let options = AnnealOptions {
        measurement_precision: 100.0.into(),
        first_state: FirstState::from([("x".to_string(), 3.0)]),
        ..AnnealOptions::default()
    };
    let annealer = Annealer::new(Arc::new(cooling()), data(vec![3.0; 21]), options).unwrap();
    let run = annealer.run(|_| ControlFlow::Continue(())).unwrap();
    assert_eq!(run.verdict, Verdict::Inconsistent, "{}", run.diagnose());
    assert!(!says(&run, FindingCode::ConstantData));
}
