//! Annealing from end to end, on data whose truth is known.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{
    Climb, Estimate, FindingCode, Ladder, ObservedStart, StartingPaths, StartingStrategy, Verdict,
};
use least_action::model::{Model, ModelBuilder};
use least_action::models::{self, ModelSpec};
use least_action::solve::{Lbfgs, StopReason};
use least_action::twin::{predict, Twin};
use least_action::{AnnealOptions, Annealer, Discretization, TwinExperiment};

fn lorenz96_twin(observed: &[usize]) -> Twin {
    let experiment = TwinExperiment {
        parameters: BTreeMap::from([("forcing".into(), 8.17)]),
        time_step: 0.025,
        points: 161,
        observed: observed.to_vec(),
        noise: 0.5,
        seed: 1,
        further: 40,
        ..Default::default()
    };
    experiment.run(&models::lorenz96(20).unwrap()).unwrap()
}

fn options(ladder: Ladder, estimate: &[(&str, [f64; 2])], starts: usize) -> AnnealOptions {
    AnnealOptions {
        measurement_precision: 4.0.into(),
        model_precision: ladder,
        estimate: estimate
            .iter()
            .map(|&(name, initial)| {
                (
                    name.to_string(),
                    Estimate {
                        initial: Some(initial),
                        ..Estimate::default()
                    },
                )
            })
            .collect(),
        starting_paths: StartingPaths {
            count: starts,
            enough: Some(starts),
            prune: false,
            start: StartingStrategy::Random,
            range: Some([-10.0, 10.0].into()),
            seed: 2,
            observed: ObservedStart::Data,
        },
        minimizer: Lbfgs::default().into(),
        ..AnnealOptions::default()
    }
}

/// Ladder of R_f from 4e-6 to 2e6.
const LADDER: Ladder = Ladder::fixed(4e-6, 2.0, 40);

/// Ladder so short that a test can climb it many times.
const SHORT: Ladder = Ladder::fixed(1e-2, 4.0, 4);

const TWELVE: [usize; 12] = [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18];

fn lorenz96(twin: &Twin, ladder: Ladder, starts: usize) -> Annealer {
    let model = Arc::new(models::lorenz96(20).unwrap());
    let options = options(ladder, &[("forcing", [6.0, 10.0])], starts);
    Annealer::new(model, twin.data.clone(), options).unwrap()
}

fn go_on(_: least_action::anneal::AnnealProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn rms(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    let sum: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
    (sum / a.len() as f64).sqrt()
}

fn hidden(path: &[f64], observed: &[usize]) -> Vec<f64> {
    path.chunks_exact(20)
        .flat_map(|row| (0..20).filter(|i| !observed.contains(i)).map(|i| row[i]))
        .collect()
}

#[test]
fn twelve_of_twenty_sites_recover_forcing_hidden_states_and_a_prediction() {
    let twin = lorenz96_twin(&TWELVE);
    let annealer = lorenz96(&twin, LADDER, 2);
    let run = annealer.run(go_on).unwrap();
    assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
    let level = run.levels[0].action;
    assert!(
        (level / run.expected_level - 1.0).abs() < 0.05,
        "{level}, expected {}",
        run.expected_level
    );
    assert_eq!(
        run.drops,
        [],
        "all starts follow one minimum from beginning to end"
    );
    let forcing = run.parameter("forcing").unwrap();
    assert!((forcing - 8.17).abs() < 0.03, "forcing {forcing}");
    // Noise is 0.5 on each observation; the model averages over all of them.
    let error = rms(
        &hidden(&run.best().path, &TWELVE),
        &hidden(&twin.truth, &TWELVE),
    );
    assert!(error < 0.1, "hidden states are off by {error}");
    let predicted = predict(
        annealer.problem(),
        run.best(),
        least_action::twin::Horizon {
            until: 5.0,
            ..least_action::twin::Horizon::default()
        },
    )
    .unwrap();
    let error = rms(&predicted.path[20..], &twin.future);
    assert!(
        error < 0.3,
        "the prediction over one unit of time is off by {error}"
    );
}

#[test]
fn too_few_observed_sites_are_reported_as_a_failure() {
    let twin = lorenz96_twin(&[0, 5, 10, 15]);
    let run = lorenz96(&twin, LADDER, 1).run(go_on).unwrap();
    assert!(rms(&run.best().path, &twin.truth) > 1.0, "found after all");
    assert_eq!(run.verdict, Verdict::Inconsistent, "{}", run.diagnose());
    assert!(run.diagnose().contains("Do not use"), "{}", run.diagnose());
}

#[test]
fn more_unknowns_than_measurements_are_reported_as_undetermined() {
    let mut twin = lorenz96_twin(&[0]);
    twin.data.points = 15;
    twin.data.values.truncate(15);
    let run = lorenz96(&twin, SHORT, 1).run(go_on).unwrap();
    assert_eq!(run.verdict, Verdict::Undetermined, "{}", run.diagnose());
    assert!(run
        .diagnose()
        .contains("15 measurements cannot determine 21 numbers"));
}

#[test]
fn data_without_noise_are_fitted_exactly_and_found_consistent() {
    // x' = -rate x: the solution of every scheme is exponential too, so the best action is a
    // rounding error.
    let model = ModelBuilder::new("decay")
        .states(["x"])
        .parameter("rate", 0.5, "per unit of time")
        .initial_state([1.0])
        .flow(|x, p| vec![-p[0] * x[0]])
        .unwrap();
    let model: Arc<dyn Model> = Arc::new(model);
    for scheme in Discretization::FLOWS {
        let experiment = TwinExperiment {
            time_step: 0.1,
            points: 21,
            observed: vec![0],
            noise: 0.0,
            seed: 1,
            ..Default::default()
        };
        let data = experiment.run(&*model).unwrap().data;
        let ladder = Ladder {
            rungs: Some(12),
            ..SHORT
        };
        let mut options = options(ladder, &[("rate", [0.1, 1.0])], 3);
        options.discretization = Some(scheme);
        let annealer = Annealer::new(model.clone(), data, options).unwrap();
        let run = annealer.run(go_on).unwrap();
        assert_eq!(
            run.verdict,
            Verdict::Consistent,
            "{}: {}",
            scheme.name(),
            run.diagnose()
        );
        assert_eq!(run.levels.len(), 1, "{}: {}", scheme.name(), run.summary());
    }
}

#[test]
fn climbs_that_no_run_can_have_made_are_not_resumed() {
    let twin = lorenz96_twin(&TWELVE);
    let annealer = lorenz96(&twin, SHORT, 1);
    let mut climber = annealer.climber(0).unwrap();
    climber.next_rung().unwrap();
    let good = climber.into_climb();
    type Spoil = fn(&mut Climb);
    let spoils: [(&str, Spoil); 8] = [
        ("start", |c| c.start = 1),
        ("path", |c| c.path.truncate(7)),
        ("path[3]", |c| c.path[3] = f64::NAN),
        ("parameters[0]", |c| c.parameters[0] = f64::INFINITY),
        ("rungs[0].rung", |c| c.rungs[0].rung = 1),
        ("rungs[0].action", |c| c.rungs[0].action = f64::NEG_INFINITY),
        ("rungs[0].modelPrecision", |c| {
            c.rungs[0].model_precision *= 2.0
        }),
        ("rungs[0].parameters", |c| c.rungs[0].parameters.clear()),
    ];
    for (field, spoil) in spoils {
        let mut climb = good.clone();
        spoil(&mut climb);
        let error = annealer.resume(climb).err().unwrap();
        assert!(
            error.path().ends_with(&format!("].{field}")),
            "{field}: {error}"
        );
    }
    assert!(annealer.resume(good.clone()).is_ok());

    // With other data, or another weight of the data, the stored level no longer fits the path.
    let mut other = annealer.problem().data()[0].clone();
    other.values[5] += 1.0;
    let model = annealer.problem().model().clone();
    let annealer = Annealer::new(model, other, annealer.options().clone()).unwrap();
    let error = annealer.resume(good).err().unwrap();
    assert!(
        error
            .to_string()
            .contains("data and options of the first run"),
        "{error}"
    );
}

#[test]
fn log_lotka_volterra_is_recovered_through_gaps_in_the_data() {
    let model = models::log_lotka_volterra().unwrap();
    let experiment = TwinExperiment {
        time_step: 0.25,
        points: 81,
        observed: vec![0, 1],
        noise: 0.1,
        seed: 5,
        ..Default::default()
    };
    let mut twin = experiment.run(&model).unwrap();
    // Only every second point is measured.
    for (n, row) in twin.data.values.chunks_exact_mut(2).enumerate() {
        if n % 2 == 1 {
            row.fill(f64::NAN);
        }
    }
    let estimate = [
        ("alpha", [0.1, 1.5]),
        ("beta", [0.01, 0.1]),
        ("gamma", [0.1, 1.5]),
        ("delta", [0.01, 0.1]),
    ];
    let ladder = Ladder::fixed(1e-3, 3.0, 20);
    let mut options = options(ladder, &estimate, 2);
    options.measurement_precision = 100.0.into();
    options.starting_paths.range = Some([0.0, 5.0].into());
    let annealer = Annealer::new(Arc::new(model), twin.data.clone(), options).unwrap();
    let run = annealer.run(go_on).unwrap();
    assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
    for (name, truth) in [
        ("alpha", 0.55),
        ("beta", 0.028),
        ("gamma", 0.80),
        ("delta", 0.024),
    ] {
        let value = run.parameter(name).unwrap();
        assert!(
            (value / truth - 1.0).abs() < 0.1,
            "{name}: {value}, truth {truth}"
        );
    }
}

#[test]
fn lorenz63_is_recovered_from_x_alone() {
    let model = models::lorenz63().unwrap();
    let experiment = TwinExperiment {
        time_step: 0.02,
        points: 201,
        observed: vec![0],
        noise: 0.5,
        seed: 4,
        ..Default::default()
    };
    let twin = experiment.run(&model).unwrap();
    let mut options = options(LADDER, &[("rho", [20.0, 40.0])], 2);
    options.starting_paths.range = Some([-20.0, 40.0].into());
    let annealer = Annealer::new(Arc::new(model), twin.data.clone(), options).unwrap();
    let run = annealer.run(go_on).unwrap();
    assert_eq!(run.verdict, Verdict::Consistent, "{}", run.diagnose());
    let rho = run.parameter("rho").unwrap();
    assert!((rho - 28.0).abs() < 0.3, "rho {rho}");
    let error = rms(&run.best().path, &twin.truth);
    assert!(error < 0.5, "the path is off by {error}");
}

fn bits(climbs: &[Climb]) -> Vec<u64> {
    let numbers = climbs.iter().flat_map(|climb| {
        let levels = climb.rungs.iter().map(|rung| rung.action);
        levels
            .chain(climb.path.iter().copied())
            .chain(climb.parameters.iter().copied())
    });
    numbers.map(f64::to_bits).collect()
}

#[test]
fn the_same_seed_gives_the_same_bits_however_often_the_climb_is_interrupted() {
    let twin = lorenz96_twin(&TWELVE);
    let annealer = lorenz96(&twin, SHORT, 2);
    let whole = annealer.run(go_on).unwrap();
    let again = annealer.run(go_on).unwrap();
    assert_eq!(bits(&whole.climbs), bits(&again.climbs));

    let mut climb = annealer.climber(1).unwrap().into_climb();
    while climb.rungs.len() < 4 {
        let mut climber = annealer.resume(climb).unwrap();
        climber.next_rung().unwrap();
        climb = climber.into_climb();
    }
    assert_eq!(bits(&whole.climbs[1..]), bits(&[climb]));
}

#[cfg(feature = "rayon")]
#[test]
fn threads_do_not_change_the_bits() {
    let twin = lorenz96_twin(&TWELVE);
    let annealer = lorenz96(&twin, SHORT, 3);
    let one = annealer.run(go_on).unwrap();
    let many = annealer.run_parallel(go_on).unwrap();
    assert_eq!(bits(&one.climbs), bits(&many.climbs));
}

#[test]
fn breaking_off_keeps_what_was_done() {
    let twin = lorenz96_twin(&TWELVE);
    let annealer = lorenz96(&twin, SHORT, 3);
    let run = annealer
        .run(|progress| match (progress.start, progress.rung.rung) {
            (1, 1) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
        .unwrap();
    let done: Vec<usize> = run.climbs.iter().map(|climb| climb.rungs.len()).collect();
    assert_eq!(done, [4, 2]);
    assert_eq!(run.best().start, 0);
    assert!(
        run.diagnose()
            .contains("2 of 3 starting paths have not climbed"),
        "{}",
        run.diagnose()
    );
}

#[test]
fn a_start_that_fails_does_not_take_the_others_with_it() {
    // The square of exp(355) overflows: with this range some starts meet infinity, and say so.
    let model: Arc<dyn Model> = Arc::new(ModelSpec::LogLotkaVolterra {}.build().unwrap());
    let experiment = TwinExperiment {
        time_step: 0.5,
        points: 5,
        observed: vec![0],
        noise: 0.1,
        seed: 5,
        ..Default::default()
    };
    let data = experiment.run(&*model).unwrap().data;
    let mut options = options(SHORT, &[], 20);
    options.starting_paths.range = Some([0.0, 400.0].into());
    let run = Annealer::new(model, data, options)
        .unwrap()
        .run(go_on)
        .unwrap();
    let failed: Vec<_> = run
        .climbs
        .iter()
        .filter_map(|c| c.failure.as_ref())
        .collect();
    assert!(
        !failed.is_empty() && failed.len() < 20,
        "{} failed",
        failed.len()
    );
    let text = failed[0].to_string();
    assert!(
        text.contains("squared residual of logPrey is Infinity") && text.contains("at time"),
        "{text}"
    );
    assert!(run.findings.iter().any(|f| f.code == FindingCode::Failures));
}

#[test]
fn the_work_of_a_ladder_is_as_it_was() {
    // Pinned, so that a change that costs evaluations shows. The counts are the same on every
    // machine; they change a little, and may be pinned anew, with the order in which numbers are
    // added.
    let twin = lorenz96_twin(&TWELVE);
    let run = lorenz96(&twin, SHORT, 2).run(go_on).unwrap();
    let work: Vec<(usize, usize)> = run
        .climbs
        .iter()
        .flat_map(|climb| climb.rungs.iter().map(|r| (r.iterations, r.evaluations)))
        .collect();
    let pinned = [
        [(436, 480), (40, 44), (40, 45), (40, 43)],
        [(444, 489), (40, 44), (40, 45), (40, 44)],
    ];
    assert_eq!(work, pinned.concat());
    let stops = run.climbs.iter().flat_map(|climb| &climb.rungs);
    assert!(stops
        .map(|r| r.stop)
        .all(|stop| stop == StopReason::ValueSettled));
}
