use std::sync::Arc;

use super::*;
use crate::action::{ActionOptions, Discretization, Observations};
use crate::model::{ModelBuilder, ModelKind};
use crate::statistics::RankHistogram;
use crate::twin::{integrate, Forward};

fn data(points: usize) -> Observations {
    Observations {
        start: 1.0,
        time_step: 0.5,
        points,
        observed: vec![0],
        values: vec![0.0; points],
        ..Observations::default()
    }
}

/// Model x' = rate x^2, whose solutions become infinite in a finite time.
fn squares() -> Problem {
    let model = ModelBuilder::new("squares")
        .states(["x", "y"])
        .parameter("rate", 1.0, "per unit of time")
        .initial_state([1.0, 1.0])
        .flow(|x, p| vec![p[0] * x[0] * x[0], -x[1]])
        .unwrap();
    let options = ActionOptions {
        measurement_precision: 1.0.into(),
        estimate: vec!["rate".into()],
        ..ActionOptions::default()
    };
    Problem::new(Arc::new(model), data(5), &options).unwrap()
}

fn until(until: f64) -> Horizon<'static> {
    Horizon {
        until,
        ..Horizon::default()
    }
}

#[test]
fn members_go_on_from_their_own_states_and_parameters() -> Result<()> {
    let problem = squares();
    let path = [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 0.1, 0.2];
    let members = [
        Member {
            state: &path,
            parameters: &[1.0],
        },
        Member {
            state: &[0.3, -0.1],
            parameters: &[0.5],
        },
    ];
    let ensemble = predict_ensemble(&problem, &members, until(4.0), None)?;
    assert_eq!(ensemble.times, [3.0, 3.5, 4.0]);
    for (i, (initial, rate)) in [([0.1, 0.2], 1.0), ([0.3, -0.1], 0.5)].iter().enumerate() {
        let forward = Forward {
            parameters: &[*rate],
            initial,
            start: 3.0,
            time_step: 0.5,
            points: 3,
            ..Forward::default()
        };
        let alone = integrate(&**problem.model(), forward)?;
        assert_eq!(ensemble.path(i)?, alone);
    }
    // Straight lines between the i-th of m members at i / (m + 1).
    let band = ensemble.quantiles(&[1.0 / 3.0, 0.5], &[])?;
    assert!((band[0] - 0.1).abs() < 1e-12 && (band[6] - 0.2).abs() < 1e-12);
    Ok(())
}

#[test]
fn inputs_that_are_no_numbers_are_named() {
    let model = ModelBuilder::new("pushed")
        .states(["x"])
        .inputs(["u"])
        .initial_state([1.0])
        .build(ModelKind::Flow, |s| Ok(vec![s.inputs[0] - s.states[0]]))
        .unwrap();
    let pushed = Observations {
        inputs: vec![0.0; 5],
        ..data(5)
    };
    let options = ActionOptions::default();
    let problem = Problem::new(Arc::new(model), pushed, &options).unwrap();
    let horizon = Horizon {
        inputs: &[1.0, f64::NAN],
        ..until(4.0)
    };
    let member = Member {
        state: &[1.0],
        parameters: &[],
    };
    let error = predict_ensemble(&problem, &[member], horizon, None).unwrap_err();
    assert!(error.to_string().starts_with("inputs[1]"), "{error}");
}

#[test]
fn a_member_that_fails_is_told_and_the_others_go_on() -> Result<()> {
    let problem = squares();
    let of = |state| Member {
        state,
        parameters: &[1.0],
    };
    let members = [of(&[0.1, 0.0]), of(&[1.6, 0.0]), of(&[0.2, 0.0])];
    let ensemble = predict_ensemble(&problem, &members, until(7.0), None)?;
    let [failed] = &ensemble.failed[..] else {
        panic!("{:?}", ensemble.failed)
    };
    assert_eq!((failed.member, failed.state.as_str()), (1, "x"));
    assert!(failed.time > 3.5 && failed.time < 6.0, "{failed:?}");
    let path = ensemble.path(1)?;
    let finite = path.iter().take_while(|x| x.is_finite()).count();
    assert!(finite >= 4 && finite % 2 == 0, "{path:?}");
    assert!(path[finite..].iter().all(|x| x.is_nan()));
    assert!(ensemble.path(2)?.iter().all(|x| x.is_finite()));
    // Bands are those of the remaining members.
    let last = ensemble.times.len() - 1;
    let left = ensemble.at(last, 0, &[1.0, 5.0, 1.0])?;
    assert_eq!(left.effective_count(), 2.0);
    let quantiles = ensemble.quantiles(&[0.5], &[1.0, 5.0, 1.0])?;
    assert!(quantiles.iter().all(|x| x.is_finite()));
    let none = ensemble.quantiles(&[0.5], &[0.0, 1.0, 0.0])?;
    assert!(none[0].is_finite() && none[2 * last].is_nan());

    let error = predict_ensemble(&problem, &members[1..2], until(7.0), None).unwrap_err();
    let Error::NotFinite { state, term, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!((&state[..], &term[..]), ("x", "prediction"));
    Ok(())
}

/// Model x -> 0.9 x, with noise.
fn decay() -> Problem {
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .initial_state([1.0])
        .map(|x, _| vec![0.9 * x[0]])
        .unwrap();
    let options = ActionOptions {
        discretization: Some(Discretization::Map),
        normalization: crate::Normalization::Posterior,
        measurement_precision: 1.0.into(),
        ..ActionOptions::default()
    };
    Problem::new(Arc::new(model), data(5), &options).unwrap()
}

#[test]
fn noise_of_the_model_spreads_members_as_its_precision_says() -> Result<()> {
    let problem = decay();
    let members = vec![
        Member {
            state: &[2.0],
            parameters: &[],
        };
        4000
    ];
    let noise = |seed| {
        Some(ModelNoise {
            model_precision: 25.0,
            seed,
        })
    };
    let ensemble = predict_ensemble(&problem, &members, until(5.0), noise(3))?;
    let (mut mean, mut variance) = (2.0, 0.0);
    for time in 0..ensemble.times.len() {
        let values: Vec<f64> = (0..4000).map(|m| ensemble.values[m * 5 + time]).collect();
        let found = super::super::diagnostics::mean(&values);
        assert!((found - mean).abs() < 5.0 * libm::sqrt(variance / 4000.0) + 1e-12);
        if time > 0 {
            let found = super::super::diagnostics::variance(&values);
            assert!((found / variance - 1.0).abs() < 0.1, "{found} {variance}");
        }
        (mean, variance) = (0.9 * mean, 0.81 * variance + 0.04);
    }
    // The same seed gives the same bits, and a member does not depend on how many others there are.
    let few = predict_ensemble(&problem, &members[..2], until(5.0), noise(3))?;
    assert_eq!(few.values, ensemble.values[..10]);
    assert_ne!(
        few,
        predict_ensemble(&problem, &members[..2], until(5.0), noise(4))?
    );
    Ok(())
}

#[test]
fn truths_that_obey_the_same_noise_rank_evenly() -> Result<()> {
    let problem = decay();
    let members = vec![
        Member {
            state: &[2.0],
            parameters: &[],
        };
        20
    ];
    let mut ranks = RankHistogram::new(5)?;
    for seed in 0..400 {
        let noise = Some(ModelNoise {
            model_precision: 25.0,
            seed,
        });
        // The last member is the truth.
        let ensemble = predict_ensemble(&problem, &members, until(5.0), noise)?;
        let values: Vec<f64> = (0..20).map(|m| ensemble.values[m * 5 + 4]).collect();
        ranks.add(&Members::new(&values[..19], &[])?, values[19])?;
    }
    let flat = ranks.flatness()?;
    assert!(flat.p_value > 0.01, "{flat:?}");
    Ok(())
}

#[test]
fn what_is_wrong_is_named() {
    let problem = squares();
    let of = |state, parameters| Member { state, parameters };
    let path = |member, time| {
        let error = predict_ensemble(
            &problem,
            &[of(&[0.0; 2], &[1.0]), member],
            until(time),
            None,
        );
        error.unwrap_err().path().to_string()
    };
    assert_eq!(path(of(&[0.0; 3], &[1.0]), 4.0), "members[1].state");
    assert_eq!(
        path(of(&[0.0, f64::NAN], &[1.0]), 4.0),
        "members[1].state[1]"
    );
    assert_eq!(path(of(&[0.0; 2], &[]), 4.0), "members[1].parameters");
    assert_eq!(path(of(&[0.0; 2], &[1.0]), 2.0), "until");
    let none = predict_ensemble(&problem, &[], until(4.0), None).unwrap_err();
    assert_eq!(none.path(), "members.length");
    let noise = Some(ModelNoise {
        model_precision: -1.0,
        seed: 0,
    });
    let good = [of(&[0.0; 2], &[1.0])];
    let error = predict_ensemble(&problem, &good, until(4.0), noise).unwrap_err();
    assert_eq!(error.path(), "modelPrecision");
    let ensemble = predict_ensemble(&problem, &good, until(4.0), None).unwrap();
    assert_eq!(ensemble.path(1).unwrap_err().path(), "member");
    assert_eq!(ensemble.at(3, 0, &[]).unwrap_err().path(), "time");
    assert_eq!(
        ensemble.at(0, 0, &[1.0, 1.0]).unwrap_err().path(),
        "weights"
    );
}
