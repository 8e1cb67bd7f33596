//! Bad input gets an error that names the field, the value and the remedy.

use std::collections::BTreeMap;
use std::sync::Arc;

use least_action::action::Prior;
use least_action::anneal::{Estimate, Ladder, ObservedStart, StartingPaths, StartingStrategy};
use least_action::solve::Lbfgs;
use least_action::{
    models, Action, ActionOptions, AnnealOptions, Annealer, Discretization, Error, Observations,
    Problem, TwinExperiment,
};

/// The wrong field, words of the message, and a function that makes the field wrong.
type Case<T> = (&'static str, &'static str, fn(&mut T));

fn data() -> Observations {
    Observations {
        start: 0.0,
        time_step: 0.1,
        points: 5,
        observed: vec![0],
        values: vec![1.0; 5],
        ..Observations::default()
    }
}

fn options() -> AnnealOptions {
    AnnealOptions {
        discretization: Some(Discretization::SimpsonHermite),
        measurement_precision: 1.0.into(),
        model_precision: Ladder::fixed(1.0, 2.0, 2),
        estimate: BTreeMap::from([(
            "rho".into(),
            Estimate {
                initial: Some([20.0, 30.0]),
                ..Estimate::default()
            },
        )]),
        starting_paths: StartingPaths {
            count: 1,
            enough: Some(1),
            prune: false,
            start: StartingStrategy::Random,
            range: Some([-1.0, 1.0].into()),
            seed: 1,
            observed: ObservedStart::Data,
        },
        minimizer: Lbfgs::default().into(),
        ..AnnealOptions::default()
    }
}

/// The error of annealing with options and data changed by `spoil`.
fn error(spoil: impl FnOnce(&mut AnnealOptions, &mut Observations)) -> Error {
    let (mut options, mut data) = (options(), data());
    spoil(&mut options, &mut data);
    let model = Arc::new(models::lorenz63().unwrap());
    match Annealer::new(model, data, options) {
        Ok(_) => panic!("accepted"),
        Err(error) => error,
    }
}

#[track_caller]
fn assert_says(error: Error, path: &str, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.path(), path, "{text}");
    for word in words {
        assert!(text.contains(word), "no \"{word}\" in: {text}");
    }
}

#[test]
fn options_out_of_range_are_named() {
    let cases: [Case<AnnealOptions>; 17] = [
        ("measurementPrecision", "greater than zero, got -1", |o| {
            o.measurement_precision = (-1.0).into()
        }),
        ("measurementPrecision", "got 0", |o| {
            o.measurement_precision = (0.0).into()
        }),
        ("measurementPrecision", "got NaN", |o| {
            o.measurement_precision = (f64::NAN).into()
        }),
        ("modelPrecision.initial", "got Infinity", |o| {
            o.model_precision.initial = Some(f64::INFINITY)
        }),
        ("modelPrecision.factor", "greater than one, got 1", |o| {
            o.model_precision.factor = Some(1.0)
        }),
        ("modelPrecision.rungs", "at least 1, got 0", |o| {
            o.model_precision.rungs = Some(0)
        }),
        ("modelPrecision.rungs", "R_f stays below 1e100", |o| {
            o.model_precision.rungs = Some(5000)
        }),
        ("startingPaths.count", "at least 1, got 0", |o| {
            o.starting_paths.count = 0
        }),
        ("startingPaths.range[0]", "finite, got -Infinity", |o| {
            o.starting_paths.range = Some([f64::NEG_INFINITY, 1.0].into())
        }),
        ("startingPaths.range[1]", "at least the lower end", |o| {
            o.starting_paths.range = Some([2.0, 1.0].into())
        }),
        ("estimate.rho.initial[0]", "finite, got NaN", |o| {
            o.estimate.insert(
                "rho".into(),
                Estimate {
                    initial: Some([f64::NAN, 1.0]),
                    ..Estimate::default()
                },
            );
        }),
        (
            "estimate.rho.bounds[1]",
            "greater than the lower end, 5",
            |o| {
                let rho = o.estimate.entry("rho".into()).or_default();
                rho.bounds = Some([5.0, 5.0]);
            },
        ),
        ("estimate.rho.prior.deviation", "greater than zero", |o| {
            let rho = o.estimate.entry("rho".into()).or_default();
            let prior = Prior {
                mean: 28.0,
                deviation: 0.0,
            };
            rho.prior = Some(prior.into());
        }),
        (
            "estimate.rho.smoothness",
            "greater than zero, got NaN",
            |o| {
                let rho = o.estimate.entry("rho".into()).or_default();
                rho.smoothness = Some(f64::NAN);
            },
        ),
        ("minimizer.memory", "at least 1", |o| {
            o.minimizer = Lbfgs {
                memory: 0,
                ..Lbfgs::default()
            }
            .into()
        }),
        ("minimizer.tolerance", "between 0 and 1", |o| {
            o.minimizer = Lbfgs {
                tolerance: 1.0,
                ..Lbfgs::default()
            }
            .into()
        }),
        ("parameters.sigma", "finite, got NaN", |o| {
            o.parameters.insert("sigma".into(), f64::NAN);
        }),
    ];
    for (path, words, spoil) in cases {
        assert_says(error(|o, _| spoil(o)), path, &[words]);
    }
}

#[test]
fn data_out_of_range_are_named() {
    let cases: [Case<Observations>; 12] = [
        ("data.timeStep", "got 0", |d| d.time_step = 0.0),
        ("data.start", "got NaN", |d| d.start = f64::NAN),
        ("data.points", "at least 2", |d| d.points = 1),
        (
            "data.observed[0]",
            "the model has 3 components, so use 0 to 2",
            |d| d.observed = vec![3],
        ),
        ("data.observed.length", "at least 1", |d| {
            d.observed = vec![]
        }),
        ("data.values", "expected 5 values", |d| {
            d.values = vec![0.0; 4]
        }),
        (
            "data.values[2]",
            "finite, or NaN where nothing was measured, got Infinity",
            |d| d.values[2] = f64::INFINITY,
        ),
        ("data.values", "at least one finite value", |d| {
            d.values = vec![f64::NAN; 5]
        }),
        ("data.times", "one per point", |d| d.times = vec![0.0, 0.1]),
        ("data.times[0]", "the start of the data set", |d| {
            d.times = vec![-1.0, 0.1, 0.2, 0.3, 0.4]
        }),
        ("data.times[2]", "later than the time before it", |d| {
            d.times = vec![0.0, 0.1, 0.1, 0.3, 0.4]
        }),
        ("data.timeStep", "so long that a grid", |d| {
            d.times = vec![0.0, 0.1, 0.2, 0.3, 4e9];
            d.time_step = 0.1;
        }),
    ];
    for (path, words, spoil) in cases {
        assert_says(error(|_, d| spoil(d)), path, &[words]);
    }
    let empty_column = error(|_, d| {
        d.observed = vec![0, 2];
        d.values = (0..10)
            .map(|k| if k % 2 == 0 { 1.0 } else { f64::NAN })
            .collect();
    });
    assert_says(empty_column, "data.observed[1]", &["no observation"]);
}

#[test]
fn unknown_names_come_with_the_nearest() {
    let unknown = error(|o, _| {
        o.estimate = BTreeMap::from([(
            "ro".into(),
            Estimate {
                initial: Some([0.0, 1.0]),
                ..Estimate::default()
            },
        )]);
    });
    assert_says(
        unknown,
        "estimate.ro",
        &["did you mean \"rho\"?", "sigma, rho, beta"],
    );
    let both = error(|o, _| {
        o.parameters.insert("rho".into(), 28.0);
    });
    assert_says(both, "parameters.rho", &["to be estimated"]);
    let unknown = error(|o, _| {
        o.parameters.insert("zzz".into(), 1.0);
    });
    assert_says(
        unknown,
        "parameters.zzz",
        &["unknown name \"zzz\" (known: sigma, rho, beta)"],
    );
}

#[test]
fn paths_are_checked_where_the_action_is_evaluated() {
    let model = Arc::new(models::lorenz63().unwrap());
    let problem = Problem::new(model, data(), &ActionOptions::default()).unwrap();
    let mut action = Action::new(&problem);
    let short = action.evaluate(1.0, &[0.0; 14], &[]).unwrap_err();
    assert_says(
        short,
        "path",
        &["expected 15 values (5 points x 3 states), got 14"],
    );
    let negative = action.evaluate(-1.0, &[0.0; 15], &[]).unwrap_err();
    assert_says(negative, "modelPrecision", &["got -1"]);
    let surplus = action.evaluate(1.0, &[0.0; 15], &[1.0]).unwrap_err();
    assert_says(surplus, "parameters", &["expected 0 values"]);

    let mut path = [0.0; 15];
    path[7] = f64::NAN;
    let bad = action.evaluate(1.0, &path, &[]).unwrap_err();
    assert_says(bad, "path", &["x of y is NaN at time 0.2 (point 2)"]);
    // Finite states whose derivative is not.
    path[7] = 1e200;
    path[6] = 1e200;
    let bad = action.evaluate(1.0, &path, &[]).unwrap_err();
    assert_says(bad, "path", &["dx/dt of z is Infinity at time 0.2"]);
    path = [0.0; 15];
    path[0] = 1e170;
    let bad = action.evaluate(1.0, &path, &[]).unwrap_err();
    assert_says(bad, "path", &["Infinity at time 0"]);
}

#[test]
fn twins_are_checked() {
    let twin = TwinExperiment {
        time_step: 0.01,
        points: 3,
        observed: vec![0],
        noise: 0.1,
        seed: 1,
        ..Default::default()
    };
    let model = models::lorenz63().unwrap();
    let error = |spoil: fn(&mut TwinExperiment)| {
        let mut twin = twin.clone();
        spoil(&mut twin);
        twin.run(&model).unwrap_err()
    };
    assert_says(
        error(|t| t.noise = -0.1),
        "noise",
        &["not negative, got -0.1"],
    );
    assert_says(
        error(|t| t.observed = vec![7]),
        "observed[0]",
        &["out of range"],
    );
    assert_says(error(|t| t.points = usize::MAX), "points", &["at most"]);
    assert_says(
        error(|t| t.initial_state = Some(vec![1.0])),
        "initialState",
        &["expected 3"],
    );
    assert_says(
        error(|t| t.spin_up = Some(f64::INFINITY)),
        "spinUp",
        &["got Infinity"],
    );
    assert_says(
        error(|t| t.time_step = 10.0),
        "path",
        &["spin-up of", "at time"],
    );
    assert!(models::lorenz96(3).is_err_and(|e| e.path() == "dimension"));
}

#[test]
fn bounds_and_priors_of_a_parameter_that_is_not_estimated_say_so() {
    let words = ["not estimated", "estimate.rho.bounds", "leave this out"];
    // No parameter is estimated, or only another one.
    for estimated in [None, Some("beta")] {
        let error = error(|options, _| {
            options.estimate.clear();
            let estimates = estimated.map(|name| {
                let estimate = Estimate {
                    initial: Some([1.0, 2.0]),
                    ..Estimate::default()
                };
                (name.to_string(), estimate)
            });
            options.estimate.extend(estimates);
            options.bounds.insert("rho".into(), [20.0, 30.0]);
        });
        assert_says(error, "bounds.rho", &words);
    }
    // The message about a misspelt name suggests similar ones, including parameters.
    let error = error(|options, _| {
        options.bounds.insert("rhoo".into(), [20.0, 30.0]);
    });
    let words = ["did you mean \"rho\"", "known: x, y, z, rho"];
    assert_says(error, "bounds.rhoo", &words);

    let prior = Prior {
        mean: 28.0,
        deviation: 1.0,
    };
    let options = ActionOptions {
        measurement_precision: 1.0.into(),
        priors: BTreeMap::from([("rho".into(), prior.into())]),
        ..ActionOptions::default()
    };
    let model = Arc::new(models::lorenz63().unwrap());
    let error = Problem::new(model, data(), &options).err().unwrap();
    assert_says(
        error,
        "priors.rho",
        &["not estimated", "estimate.rho.prior"],
    );
}
