//! Paths about which there is no Gaussian, or only part of one.

use least_action::model::{EquationModel, ModelBuilder};
use least_action::solve::Hessian;
use least_action::statistics::{level_weights, LaplaceFindingCode};
use least_action::{ActionOptions, Discretization, Error};

use super::*;

const POINTS: usize = 11;

/// A constant state, of which only the square is measured: its sign is open, and only the data
/// determine it.
fn square() -> Posterior {
    let model = ModelBuilder::new("square")
        .states(["x"])
        .observables(["square"])
        .parameter("unseen", 1.0, "")
        .flow(|x, _| vec![x[0] * 0.0, x[0] * x[0]])
        .unwrap();
    posterior(
        model,
        observations(POINTS, 0.1, vec![1], vec![4.0; POINTS]),
        &ActionOptions {
            measurement_precision: 2.0.into(),
            ..ActionOptions::default()
        },
        100.0,
    )
}

#[test]
fn without_parameters_there_are_no_directions() {
    let found = laplace(&square(), &[2.0; POINTS]);
    let known = found.identifiability();
    assert!(known.directions.is_empty() && known.units.is_empty());
    assert!(found.findings(None).is_ok());
}

#[test]
fn a_saddle_is_told_from_a_minimum() {
    let posterior = square();
    let at = |hessian, start: f64| {
        let options = LaplaceOptions {
            hessian,
            ..LaplaceOptions::default()
        };
        Laplace::new(&posterior, &[start; POINTS], options)
    };
    let Err(Error::Saddle {
        direction,
        curvature,
        remedy,
        ..
    }) = at(Hessian::Exact, 0.0)
    else {
        panic!("a saddle passed for a minimum");
    };
    assert!(
        direction.starts_with("x at time") && curvature < -1e-3,
        "{direction} {curvature}"
    );
    assert!(remedy.contains("other starting paths"));
    // In the linearised model the data say nothing at 0.
    assert!(matches!(
        at(Hessian::GaussNewton, 0.0),
        Err(Error::Undetermined { .. })
    ));
    // From a start beside 0, the minimisation leads to either sign.
    let levels: Vec<Laplace> = [0.1, -0.1].map(|x| at(Hessian::Exact, x).unwrap()).into();
    for (level, sign) in levels.iter().zip([1.0, -1.0]) {
        assert!((level.mode()[5] - 2.0 * sign).abs() < 1e-6 && level.decrease() < 1e-9);
        assert!(level.findings(None).unwrap().is_empty());
    }
    let weights = level_weights(&[levels[0].log_evidence(), levels[1].log_evidence()]);
    assert!((weights[0] - 0.5).abs() < 1e-9 && (weights[0] + weights[1] - 1.0).abs() < 1e-15);
    assert_eq!(level_weights(&[-1e5, -1e5 - 800.0]), [1.0, 0.0]);
}

/// `x' = -a x + b`, with the parameters named as to be estimated.
fn decay(values: Vec<f64>, options: ActionOptions) -> Posterior {
    let model: EquationModel = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("a", 1.0, "")
        .parameter("b", 0.0, "")
        .parameter("unseen", 1.0, "")
        .flow(|x, p| vec![p[1] - p[0] * x[0] + p[2] * 0.0])
        .unwrap();
    let options = ActionOptions {
        discretization: Some(Discretization::Rk4),
        measurement_precision: 1e4.into(),
        ..options
    };
    posterior(
        model,
        observations(values.len(), 0.1, vec![0], values),
        &options,
        1e4,
    )
}

fn falling() -> Vec<f64> {
    (0..41).map(|n| 2.0 * (-0.1 * n as f64).exp()).collect()
}

#[test]
fn what_nothing_depends_on_is_named() {
    let estimate = vec!["a".into(), "unseen".into()];
    let posterior = decay(
        falling(),
        ActionOptions {
            estimate,
            ..ActionOptions::default()
        },
    );
    let start = [&[1.0; 41][..], &[1.0, 1.0]].concat();
    for hessian in [Hessian::Exact, Hessian::GaussNewton] {
        let options = LaplaceOptions {
            hessian,
            ..LaplaceOptions::default()
        };
        let Err(error) = Laplace::new(&posterior, &start, options) else {
            panic!("a singular Hessian passed");
        };
        let Error::Undetermined {
            direction, remedy, ..
        } = &error
        else {
            panic!("{error}");
        };
        assert_eq!(direction, "unseen");
        assert!(remedy.contains("prior") && error.to_string().contains("singular"));
    }
}

#[test]
fn bounds_hold_and_are_told() {
    let found = |bound: f64| {
        let options = ActionOptions {
            estimate: vec!["a".into(), "b".into()],
            bounds: [("a".to_string(), [bound, 3.0])].into(),
            ..ActionOptions::default()
        };
        laplace(
            &decay(falling(), options),
            &[&[1.0; 41][..], &[2.0, 0.0]].concat(),
        )
    };
    // With a at its bound, it is known on one side, and b no worse than without the bound and no
    // better than at a known a.
    let held = found(1.2);
    assert_eq!(held.mode()[41], 1.2);
    assert_eq!(held.active_bounds().collect::<Vec<_>>(), [41]);
    let known = ActionOptions {
        parameters: [("a".to_string(), 1.2)].into(),
        estimate: vec!["b".into()],
        ..ActionOptions::default()
    };
    let known = laplace(&decay(falling(), known), &[1.0; 42]);
    let free = found(0.0);
    let (bounded, deviations) = (held.deviations()[41], free.deviations());
    assert!(0.0 < bounded && bounded < 0.7 * deviations[41], "{bounded}");
    let ratio = held.deviations()[42] / known.deviations()[41];
    assert!(
        (1.0..1.0 + deviations[42] / known.deviations()[41]).contains(&ratio),
        "{ratio}"
    );
    // Far beyond its estimate the bound is all that is left, an exponential law: nearly a known a.
    let far = found(2.0);
    assert!(far.means()[41] - 2.0 < 0.3 * deviations[41]);
    let codes = |laplace: &Laplace| -> Vec<LaplaceFindingCode> {
        let shift = laplace.mean_shift().unwrap();
        let findings = laplace.findings(Some(&shift)).unwrap();
        findings.iter().map(|f| f.code).collect()
    };
    let said = codes(&held);
    assert!(said.contains(&LaplaceFindingCode::BeyondBounds), "{said:?}");
    assert!(
        !said.contains(&LaplaceFindingCode::HeldByBounds),
        "{said:?}"
    );
    let findings = held.findings(None).unwrap();
    let one_sided = findings
        .iter()
        .find(|f| f.code == LaplaceFindingCode::OneSided);
    assert!(
        one_sided.unwrap().message.starts_with("a < 1."),
        "{findings:?}"
    );
    let draws = held.draws(500, 1);
    assert_eq!(draws.moved, 0);
    let above = draws.values.chunks_exact(43).map(|draw| draw[41] - 1.2);
    assert!(above.clone().all(|a| a >= 0.0));
    let mean = above.sum::<f64>() / 500.0;
    assert!(
        (mean / (held.means()[41] - 1.2) - 1.0).abs() < 0.2,
        "{mean}"
    );
    // Near the bound the Gaussian reaches beyond it, but draws stay within.
    let deviation = deviations[41];
    let near = found(1.0 - 0.5 * deviation);
    assert!(near.active_bounds().next().is_none());
    assert!(codes(&near).contains(&LaplaceFindingCode::BeyondBounds));
    let draws = near.draws(500, 1);
    assert_eq!(draws.moved, 0);
    assert!(draws
        .values
        .chunks_exact(43)
        .all(|draw| draw[41] >= 1.0 - 0.5 * deviation));
    assert!(!codes(&free).contains(&LaplaceFindingCode::BeyondBounds));
}

#[test]
fn a_path_that_is_no_minimum_is_told() {
    let posterior = decay(falling(), ActionOptions::default());
    let options = LaplaceOptions {
        minimize: false,
        ..LaplaceOptions::default()
    };
    let found = Laplace::new(&posterior, &[1.0; 41], options).unwrap();
    assert!(found.decrease() > 1.0);
    let findings = found.findings(None).unwrap();
    assert_eq!(findings[0].code, LaplaceFindingCode::ModeNotReached);
    // In a linear model, the predicted decrease is exactly the distance to the minimum.
    let lowest = laplace(&posterior, &[1.0; 41]).value();
    assert!((found.value() - found.decrease() - lowest).abs() < 1e-9 * found.value());
}

#[test]
fn what_is_wrong_is_named() {
    let posterior = square();
    let error = |start: &[f64], options| Laplace::new(&posterior, start, options).err().unwrap();
    let short = error(&[1.0; 3], LaplaceOptions::default());
    assert!(
        matches!(short, Error::WrongLength { path, length: 3, expected: POINTS, .. }
            if path == "start")
    );
    assert!(matches!(
        error(&[f64::NAN; POINTS], LaplaceOptions::default()),
        Error::NotFinite { point: 0, .. }
    ));
    let none = LaplaceOptions {
        max_iterations: 0,
        ..LaplaceOptions::default()
    };
    assert_eq!(error(&[1.0; POINTS], none).path(), "maxIterations");
    assert!(Posterior::new(posterior.problem(), 0.0).is_err());
}
