//! Starting-path strategies, ladders that are found from the data, and runs that end when enough is
//! found.

use std::cell::Cell;
use std::ops::ControlFlow;
use std::sync::Arc;

use least_action::anneal::{
    AnnealProgress, Climb, Estimate, FindingCode, Ladder, Range, StartingPaths, StartingStrategy,
    Verdict,
};
use least_action::model::{Model, ModelBuilder, ModelKind};
use least_action::models;
use least_action::twin::Twin;
use least_action::{AnnealOptions, Annealer, Normalization, Observations, Run, TwinExperiment};

fn go_on(_: AnnealProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn lorenz63() -> Arc<dyn Model> {
    Arc::new(models::lorenz63().unwrap())
}

fn twin(model: &dyn Model, experiment: TwinExperiment) -> Twin {
    experiment.run(model).unwrap()
}

/// Twin of Lorenz63 with x alone observed, with noise.
fn lorenz63_twin(seed: u64) -> Twin {
    let experiment = TwinExperiment {
        time_step: 0.02,
        points: 101,
        observed: vec![0],
        noise: 0.5,
        seed,
        ..TwinExperiment::default()
    };
    twin(&*lorenz63(), experiment)
}

fn options(estimates: &[(&str, [f64; 2])], start: StartingStrategy) -> AnnealOptions {
    let estimate = |&(name, initial): &(&str, [f64; 2])| {
        let estimate = Estimate {
            initial: Some(initial),
            ..Estimate::default()
        };
        (name.to_string(), estimate)
    };
    AnnealOptions {
        measurement_precision: 4.0.into(),
        estimate: estimates.iter().map(estimate).collect(),
        starting_paths: StartingPaths {
            start,
            seed: 3,
            ..StartingPaths::default()
        },
        ..AnnealOptions::default()
    }
}

#[track_caller]
fn assert_consistent(run: &Run, what: &str) {
    let text = run.diagnose();
    assert_eq!(run.verdict, Verdict::Consistent, "{what}: {text}");
}

fn bits(climbs: &[Climb]) -> Vec<u64> {
    let numbers = climbs.iter().flat_map(|climb| {
        let levels = climb
            .rungs
            .iter()
            .flat_map(|rung| [rung.model_precision, rung.action]);
        let stopped = climb.stopped.map(|stopped| stopped.action);
        levels
            .chain(climb.path.iter().copied())
            .chain(climb.parameters.iter().copied())
            .chain(stopped)
    });
    numbers.map(f64::to_bits).collect()
}

#[test]
fn every_strategy_finds_lorenz63_from_x_alone() {
    let data = lorenz63_twin(4).data;
    let mut levels = Vec::new();
    for start in StartingStrategy::ALL {
        let options = options(&[("rho", [20.0, 40.0])], start);
        let annealer = Annealer::new(lorenz63(), data.clone(), options).unwrap();
        let run = annealer.run(go_on).unwrap();
        assert_consistent(&run, start.name());
        let rho = run.parameter("rho").unwrap();
        assert!((rho - 28.0).abs() < 0.5, "{}: rho {rho}", start.name());
        levels.push(run.best_rung().action);
    }
    assert!(
        levels.iter().all(|l| (l / levels[0] - 1.0).abs() < 1e-3),
        "{levels:?}"
    );
}

#[test]
fn a_run_ends_when_enough_is_found_and_the_rest_is_left() {
    let data = lorenz63_twin(4).data;
    for enough in [1, 3] {
        let mut options = options(&[("rho", [20.0, 40.0])], StartingStrategy::EnsembleFilter);
        options.starting_paths.enough = Some(enough);
        let annealer = Annealer::new(lorenz63(), data.clone(), options).unwrap();
        let run = annealer.run(go_on).unwrap();
        assert_eq!(run.climbs.len(), enough);
        assert!(annealer.is_enough(&run.climbs));
        assert!(!annealer.is_enough(&run.climbs[1..]), "start 0 is missing");
        let unfinished = run
            .findings
            .iter()
            .any(|f| f.code == FindingCode::Unfinished);
        assert!(!unfinished, "{}", run.diagnose());
    }
}

#[test]
fn the_same_seed_gives_the_same_bits_and_another_seed_others() {
    let data = lorenz63_twin(5).data;
    for start in StartingStrategy::ALL {
        let path = |seed| {
            let mut options = options(&[("rho", [20.0, 40.0])], start);
            options.starting_paths.seed = seed;
            let annealer = Annealer::new(lorenz63(), data.clone(), options).unwrap();
            annealer.climber(0).unwrap().into_climb()
        };
        assert_eq!(bits(&[path(1)]), bits(&[path(1)]), "{}", start.name());
        assert_ne!(bits(&[path(1)]), bits(&[path(2)]), "{}", start.name());
    }
}

/// Annealer of Lorenz96 with so few sites observed that starting paths fail.
fn hard() -> Annealer {
    let model = models::lorenz96(8).unwrap();
    let experiment = TwinExperiment {
        time_step: 0.05,
        points: 61,
        observed: vec![0, 4],
        noise: 0.5,
        seed: 2,
        ..TwinExperiment::default()
    };
    let data = twin(&model, experiment).data;
    let mut options = options(&[("forcing", [6.0, 10.0])], StartingStrategy::Random);
    options.starting_paths.count = 4;
    Annealer::new(Arc::new(model), data, options).unwrap()
}

#[cfg(feature = "rayon")]
#[test]
fn threads_change_no_bit_of_what_is_stopped_reprieved_or_left_out() {
    let data = lorenz63_twin(4).data;
    let options = options(&[("rho", [20.0, 40.0])], StartingStrategy::Automatic);
    let easy = Annealer::new(lorenz63(), data, options).unwrap();
    for annealer in [easy, hard()] {
        let one = annealer.run(go_on).unwrap();
        let many = annealer.run_parallel(go_on).unwrap();
        assert_eq!(bits(&one.climbs), bits(&many.climbs));
        assert_eq!(one.diagnose(), many.diagnose());
    }
}

#[test]
fn beaten_starts_are_stopped_and_go_on_where_none_gets_through() {
    let annealer = hard();
    let mut climbs: Vec<Climb> = (0..4)
        .map(|start| {
            let mut climber = annealer.climber(start).unwrap();
            while climber.next_rung().is_some() {}
            climber.into_climb()
        })
        .collect();
    let stopped = climbs
        .iter()
        .filter(|climb| climb.stopped.is_some())
        .count();
    assert!(stopped > 0, "none was stopped");
    for climb in &climbs {
        if let Some(stopped) = climb.stopped {
            assert!(stopped.action > stopped.limit);
            assert_eq!(stopped.rung + 1, climb.rungs.len());
        }
    }
    let reprieved = annealer.reprieved(&climbs);
    if !annealer.is_enough(&climbs) {
        assert_eq!(reprieved.len(), stopped);
        assert!(
            annealer.reprieved(&climbs[..3]).is_empty(),
            "one is not over"
        );
    }
    for start in reprieved {
        let rungs = climbs[start].rungs.len();
        let mut climber = annealer.resume(climbs[start].clone()).unwrap();
        while climber.next_rung().is_some() {}
        climbs[start] = climber.into_climb();
        assert!(climbs[start].rungs.len() > rungs && climbs[start].stopped.is_none());
        if annealer.is_enough(&climbs) {
            break;
        }
    }
    assert_eq!(bits(&climbs), bits(&annealer.run(go_on).unwrap().climbs));
}

#[test]
fn a_rung_that_is_interrupted_is_dropped_and_climbed_again_to_the_same_bits() {
    let data = lorenz63_twin(4).data;
    let annealer = Annealer::new(
        lorenz63(),
        data,
        options(&[("rho", [20.0, 40.0])], StartingStrategy::Nudged),
    )
    .unwrap();
    let mut whole = annealer.climber(0).unwrap();
    while whole.next_rung().is_some() {}
    let mut climber = annealer.climber(0).unwrap();
    let mut interruptions = 0;
    loop {
        let asked = Cell::new(0);
        let after_one = || asked.replace(asked.get() + 1) > 0;
        let before = climber.climb().clone();
        if climber.next_rung_unless(&after_one).is_none() {
            assert_eq!(&before, climber.climb());
            interruptions += 1;
            // The climb goes on elsewhere, from the stored rungs.
            climber = annealer.resume(before).unwrap();
            if climber.next_rung().is_none() {
                break;
            }
        }
    }
    assert!(interruptions > 1);
    assert_eq!(bits(&[whole.into_climb()]), bits(&[climber.into_climb()]));
}

#[test]
fn ladders_end_where_they_are_told_to() {
    let data = lorenz63_twin(4).data;
    let climb = |ladder: Ladder| {
        let mut options = options(&[], StartingStrategy::EnsembleFilter);
        options.model_precision = ladder;
        let annealer = Annealer::new(lorenz63(), data.clone(), options).unwrap();
        let mut climber = annealer.climber(0).unwrap();
        while climber.next_rung().is_some() {}
        let rungs = climber.into_climb().rungs.into_iter();
        rungs.map(|rung| rung.model_precision).collect::<Vec<_>>()
    };
    assert_eq!(climb(Ladder::fixed(1.0, 2.0, 4)), [1.0, 2.0, 4.0, 8.0]);
    let said = climb(Ladder {
        initial: Some(1.0),
        last: Some(1e4),
        ..Ladder::default()
    });
    assert_eq!((said[0], said[said.len() - 1]), (1.0, 1e4));
    assert!(said.windows(2).all(|pair| pair[0] < pair[1]), "{said:?}");
    let most = climb(Ladder {
        rungs: Some(3),
        ..Ladder::default()
    });
    assert_eq!(most.len(), 3);
    let by_factor = climb(Ladder {
        initial: Some(1.0),
        factor: Some(10.0),
        last: Some(500.0),
        ..Ladder::default()
    });
    assert_eq!(by_factor, [1.0, 10.0, 100.0, 500.0]);
}

#[test]
fn units_change_nothing_where_the_ladder_is_automatic() {
    // This is the same oscillator with its second state in thousandths, which the weights make up
    // for.
    let oscillator = |unit: f64| -> Arc<dyn Model> {
        let model = ModelBuilder::new("oscillator")
            .states(["x", "v"])
            .parameter("stiffness", 1.0, "per unit of time, squared")
            .initial_state([1.0, 0.0])
            .flow(|x, p| vec![x[1] / unit, x[0] * p[0] * -unit])
            .unwrap();
        Arc::new(model)
    };
    let level = |unit: f64, normalization| {
        let model = oscillator(unit);
        let experiment = TwinExperiment {
            time_step: 0.1,
            points: 81,
            observed: vec![0],
            noise: 0.1,
            seed: 1,
            ..TwinExperiment::default()
        };
        let data = twin(&*model, experiment).data;
        let mut options = options(&[("stiffness", [0.5, 2.0])], StartingStrategy::Automatic);
        options.measurement_precision = 100.0.into();
        options.normalization = normalization;
        let annealer = Annealer::new(model, data, options).unwrap();
        let run = annealer.run(go_on).unwrap();
        assert_consistent(&run, &unit.to_string());
        run.best_rung().action
    };
    let plain = level(1.0, Normalization::Mean);
    let thousands = level(1000.0, Normalization::Mean);
    assert!(
        (thousands / plain - 1.0).abs() < 1e-3,
        "{plain} {thousands}"
    );
    let posterior = level(1.0, Normalization::Posterior);
    assert!(
        (posterior / (40.5 * plain) - 1.0).abs() < 1e-3,
        "{posterior} {plain}"
    );
}

#[test]
fn maps_inputs_observables_gaps_and_several_data_sets_have_every_strategy() {
    // x' = 1 - a x^2 + y + u, y' = b x: Henon's map, seen through x + y.
    let henon = ModelBuilder::new("henon")
        .states(["x", "y"])
        .parameter("a", 1.4, "")
        .parameter("b", 0.3, "")
        .inputs(["u"])
        .observables(["sum"])
        .initial_state([0.1, 0.1])
        .spin_up(100.0)
        .build(ModelKind::Map, |s| {
            let (x, y) = (s.states[0], s.states[1]);
            Ok(vec![
                (x * x * s.parameters[0] - y - s.inputs[0] - 1.0) * -1.0,
                x * s.parameters[1],
                x + y,
            ])
        })
        .unwrap();
    let model: Arc<dyn Model> = Arc::new(henon);
    let set = |seed: u64| {
        let experiment = TwinExperiment {
            time_step: 1.0,
            points: 25,
            observed: vec![0, 2],
            noise: 0.05,
            seed,
            inputs: (0..25).map(|n| 0.01 * f64::from(n % 3)).collect(),
            ..TwinExperiment::default()
        };
        let mut data = twin(&*model, experiment).data;
        data.values[10] = f64::NAN;
        data.values[16] = f64::NAN;
        data.values[17] = f64::NAN;
        data
    };
    let data: Vec<Observations> = vec![set(1), set(2)];
    for start in StartingStrategy::ALL {
        let mut options = options(&[("a", [1.3, 1.5])], start);
        options.measurement_precision = 400.0.into();
        let annealer = Annealer::new(model.clone(), data.clone(), options).unwrap();
        let run = annealer.run(go_on).unwrap();
        assert_consistent(&run, start.name());
        let a = run.parameter("a").unwrap();
        assert!((a - 1.4).abs() < 0.05, "{}: a {a}", start.name());
    }
}

#[test]
fn models_that_blow_up_give_finite_starting_paths() {
    // From a state above 1, x' = x^3 - x reaches infinity in finite time.
    let model = ModelBuilder::new("runaway")
        .states(["x"])
        .initial_state([3.0])
        .spin_up(10.0)
        .flow(|x, _| vec![x[0] * x[0] * x[0] * 50.0 - x[0]])
        .unwrap();
    let model: Arc<dyn Model> = Arc::new(model);
    let data = Observations {
        time_step: 0.5,
        points: 21,
        observed: vec![0],
        values: (0..21).map(|n| 0.5 + 0.1 * f64::from(n)).collect(),
        ..Observations::default()
    };
    for start in StartingStrategy::ALL {
        for n in [0, 3] {
            let options = options(&[], start);
            let annealer = Annealer::new(model.clone(), data.clone(), options).unwrap();
            let climb = annealer.climber(n).unwrap().into_climb();
            let finite = climb.path.iter().all(|x| x.is_finite());
            assert!(finite, "{} start {n}", start.name());
        }
    }
}

#[test]
fn bounds_are_kept_from_the_start_and_reported_where_they_hold() {
    let data = lorenz63_twin(4).data;
    for start in StartingStrategy::ALL {
        let mut options = options(&[("rho", [20.0, 26.0])], start);
        options.bounds.insert("z".into(), [0.0, 60.0]);
        if let Some(rho) = options.estimate.get_mut("rho") {
            rho.bounds = Some([20.0, 26.0]);
        }
        options.starting_paths.count = 1;
        let annealer = Annealer::new(lorenz63(), data.clone(), options).unwrap();
        let climb = annealer.climber(0).unwrap().into_climb();
        let mut z = climb.path.iter().skip(2).step_by(3);
        assert!(z.all(|z| (0.0..=60.0).contains(z)), "{}", start.name());
        assert!((20.0..=26.0).contains(&climb.parameters[0]));
        if start == StartingStrategy::Automatic {
            let run = annealer.run(go_on).unwrap();
            let bounds = &run.best_rung().active_bounds;
            assert!(
                bounds.iter().any(|b| b.name == "rho" && b.points == 1),
                "{bounds:?}"
            );
            assert!(run.diagnose().contains("Bounds hold the best path back: "));
        }
    }
}

#[test]
fn ranges_are_said_for_all_states_for_some_or_not_at_all() {
    let data = lorenz63_twin(4).data;
    let path = |range: Option<Range>| {
        let mut options = options(&[], StartingStrategy::Random);
        options.starting_paths.range = range;
        let annealer = Annealer::new(lorenz63(), data.clone(), options)?;
        Ok::<_, least_action::Error>(annealer.climber(0)?.into_climb().path)
    };
    let within = |path: &[f64], a: usize, low: f64, high: f64| {
        let mut column = path.iter().skip(a).step_by(3);
        column.all(|x| (low..=high).contains(x))
    };
    let all = path(Some([-1.0, 1.0].into())).unwrap();
    assert!(within(&all, 1, -1.0, 1.0) && within(&all, 2, -1.0, 1.0));
    let some = path(Some(Range::PerState([("z".into(), [100.0, 101.0])].into()))).unwrap();
    assert!(within(&some, 2, 100.0, 101.0) && within(&some, 1, -40.0, 40.0));
    let found = path(None).unwrap();
    assert!(within(&found, 2, 0.0, 60.0) && !within(&found, 2, 15.0, 35.0));
    let error = path(Some(Range::PerState([("w".into(), [0.0, 1.0])].into()))).unwrap_err();
    assert_eq!(error.path(), "startingPaths.range.w");
}

#[test]
fn the_work_of_the_default_is_as_it_was() {
    let data = lorenz63_twin(4).data;
    let options = options(&[("rho", [20.0, 40.0])], StartingStrategy::Automatic);
    let run = Annealer::new(lorenz63(), data, options)
        .unwrap()
        .run(go_on)
        .unwrap();
    let rungs = run.climbs.iter().flat_map(|climb| &climb.rungs);
    let work: Vec<usize> = rungs.map(|rung| rung.factorizations).collect();
    assert_eq!(work, PINNED);
}

/// Expected number of factorisations per rung. Counts may be pinned anew where the order of sums
/// changes.
const PINNED: [usize; 7] = [2; 7];
