//! The linearised action against its own gradient, and its Hessian against differences of the
//! gradient, for every scheme and with every kind of term.

use std::sync::Arc;

use least_action::action::{
    ChannelNoise, EstimatedScale, EventOccurrence, FirstDistribution, FirstMean, FirstState,
    FirstValue, Interpolation, Jump, NoisePart, Precision, Prior,
};

use least_action::model::{
    EquationDefinition, EquationModel, EventChange, EventDefinition, Model, ModelBuilder,
    ModelDefinition, ModelKind, NamedExpression, ParameterDefinition, StateDefinition,
};
use least_action::solve::Linearization;
use least_action::{Action, ActionOptions, Discretization, Normalization, Observations, Problem};

const MODEL_PRECISION: f64 = 3.0;

/// Two states with every kind of term: products, a parameter in two places, an input, the time.
/// They are observed directly and through functions.
fn model(kind: ModelKind) -> EquationModel {
    ModelBuilder::new("everything")
        .states(["x", "y"])
        .parameter("a", 0.7, "")
        .parameter("unused", 0.0, "")
        .parameter("b", -0.4, "")
        .inputs(["u"])
        .observables(["square", "mixed"])
        .build(kind, |s| {
            let (x, y, u, t) = (s.states[0], s.states[1], s.inputs[0], s.time);
            let (a, b) = (s.parameters[0], s.parameters[2]);
            Ok(vec![
                a * x * y - b * b * x + u * y,
                (a * t).sin() - x * x + b * y * u,
                x * x * a,
                x * y + y,
            ])
        })
        .unwrap()
}

fn wave(k: usize) -> f64 {
    (1.3 * k as f64 + 0.2).sin()
}

fn data(points: usize, observed: &[usize], shift: usize) -> Observations {
    let mut values: Vec<f64> = (0..points * observed.len())
        .map(|k| wave(k + shift))
        .collect();
    // Gaps, also of all columns at one point.
    values[1] = f64::NAN;
    let row = 2 * observed.len();
    values[row..row + observed.len()].fill(f64::NAN);
    Observations {
        start: 0.3,
        time_step: 0.1 + 0.02 * shift as f64,
        points,
        observed: observed.to_vec(),
        values,
        inputs: (0..points).map(|k| wave(3 * k + shift)).collect(),
        ..Observations::default()
    }
}

fn dense(lin: &Linearization, d: usize, path_length: usize, size: usize) -> (Vec<f64>, Vec<f64>) {
    let (mut gradient, mut hessian) = (vec![0.0; size], vec![0.0; size * size]);
    for group in &lin.groups {
        for block in 0..group.blocks() {
            let values = &group.values[block * group.entries()..];
            for r in 0..group.rows {
                let row = group.row_start[r] as usize..group.row_start[r + 1] as usize;
                let unknown =
                    |e: usize| match (group.columns[e] as usize).checked_sub(group.span * d) {
                        None => group.first[block] as usize * d + group.columns[e] as usize,
                        Some(p) => path_length + p,
                    };
                let at = block * group.rows + r;
                let (w, residual) = (group.weights[at], group.residuals[at]);
                for e in row.clone() {
                    gradient[unknown(e)] += w * residual * values[e];
                    for f in row.clone() {
                        hessian[unknown(e) * size + unknown(f)] += w * values[e] * values[f];
                    }
                }
            }
        }
    }
    (gradient, hessian)
}

fn check(kind: ModelKind, sets: Vec<Observations>, options: ActionOptions) {
    check_model(model(kind), sets, options);
}

fn check_model(model: EquationModel, sets: Vec<Observations>, options: ActionOptions) {
    let name = format!("{options:?}");
    let problem = Problem::new(Arc::new(model) as Arc<dyn Model>, sets, &options).unwrap();
    let (d, path_length) = (problem.model().dimension(), problem.path_length());
    let estimated = problem.estimated().len();
    let size = path_length + estimated;
    let x: Vec<f64> = (0..size).map(|k| 0.8 * wave(7 * k)).collect();
    let mut action = Action::new(&problem);
    let mut lin = action.linearization();
    lin.validate(&action.layout()).unwrap();
    let (path, parameters) = x.split_at(path_length);
    let value = action
        .linearize(MODEL_PRECISION, path, parameters, &mut lin)
        .unwrap();
    // The logarithms of estimated noise are no squares.
    assert!(
        options.noise.is_some() || (lin.value() - value.action).abs() < 1e-12 * value.action,
        "{name}"
    );

    let (ours, mut hessian) = dense(&lin, d, path_length, size);
    action.curvature(MODEL_PRECISION, path, &mut |row, column, value| {
        assert!(row >= column, "{name}: {row}, {column}");
        hessian[row * size + column] += value;
        if row != column {
            hessian[column * size + row] += value;
        }
    });
    let mut gradient = |x: &[f64]| {
        let mut g = vec![0.0; size];
        let (path, parameters) = x.split_at(path_length);
        let (path_gradient, parameter_gradient) = g.split_at_mut(path_length);
        action
            .gradient(
                MODEL_PRECISION,
                path,
                parameters,
                path_gradient,
                parameter_gradient,
            )
            .unwrap();
        g
    };
    let exact = gradient(&x);
    let largest = exact.iter().fold(0.0f64, |m, g| m.max(g.abs()));
    for (k, (a, b)) in ours.iter().zip(&exact).enumerate() {
        assert!(
            (a - b).abs() < 1e-12 * largest,
            "{name}: gradient {k}: {a} against {b}"
        );
    }
    let largest = hessian.iter().fold(0.0f64, |m, h| m.max(h.abs()));
    for j in 0..size {
        let step = if options.noise.is_some() { 1e-6 } else { 1e-5 };
        let at = |sign: f64| {
            let mut x = x.clone();
            x[j] += sign * step;
            x
        };
        let (ahead, behind) = (gradient(&at(1.0)), gradient(&at(-1.0)));
        for i in 0..size {
            let expected = (ahead[i] - behind[i]) / (2.0 * step);
            let ours = hessian[i * size + j];
            assert!(
                (ours - expected).abs() < 1e-8 * largest,
                "{name}: Hessian {i}, {j}: {ours} against {expected}"
            );
        }
    }
}

fn options(scheme: Option<Discretization>) -> ActionOptions {
    ActionOptions {
        discretization: scheme,
        measurement_precision: 2.5.into(),
        estimate: vec!["b".into(), "a".into()],
        ..ActionOptions::default()
    }
}

#[test]
fn every_scheme_is_linearised_exactly() {
    for scheme in Discretization::FLOWS {
        for normalization in Normalization::ALL {
            let options = ActionOptions {
                normalization,
                ..options(Some(scheme))
            };
            check(ModelKind::Flow, vec![data(7, &[0], 0)], options);
        }
    }
    check(ModelKind::Map, vec![data(6, &[1], 0)], options(None));
}

#[test]
fn data_sets_of_their_own_length_and_step_share_the_parameters() {
    for scheme in Discretization::FLOWS {
        let sets = vec![data(5, &[0], 0), data(7, &[1, 0], 3), data(3, &[0], 5)];
        check(ModelKind::Flow, sets, options(Some(scheme)));
    }
}

#[test]
fn uneven_grids_are_linearised_exactly() {
    for scheme in Discretization::FLOWS {
        // Pairs of equal steps, as simpson-hermite takes them.
        let steps = [0.1, 0.1, 0.03, 0.03, 0.25, 0.25];
        let mut times = vec![0.3];
        times.extend(steps.iter().scan(0.3, |time, step| {
            *time += step;
            Some(*time)
        }));
        let uneven = Observations {
            times,
            ..data(7, &[0], 0)
        };
        let sets = vec![data(5, &[0], 3), uneven];
        for weights in [
            Precision::from(1.0),
            Precision::PerComponent(vec![0.5, 2.0]),
        ] {
            let options = ActionOptions {
                model_weights: weights,
                ..options(Some(scheme))
            };
            check(ModelKind::Flow, sets.clone(), options);
        }
    }
}

/// The model with events that mix states, parameters, the input, the time and numbers of theirs.
fn model_with_events(kind: ModelKind) -> EquationModel {
    let event = |name: &str, columns: &[&str], changes: &[(&str, &str)]| EventDefinition {
        name: name.into(),
        columns: columns.iter().map(|c| c.to_string()).collect(),
        changes: changes
            .iter()
            .map(|(s, e)| EventChange::new(s, e))
            .collect(),
        ..EventDefinition::default()
    };
    let equation = EquationDefinition::new;
    ModelDefinition {
        kind,
        states: vec![
            StateDefinition::new("x", 0.0),
            StateDefinition::new("y", 0.0),
        ],
        parameters: vec![
            ParameterDefinition::new("a", 0.7),
            ParameterDefinition::new("unused", 0.0),
            ParameterDefinition::new("b", -0.4),
        ],
        inputs: vec!["u".into()],
        equations: vec![
            equation("x", "a*x*y - b*b*x + u*y"),
            equation("y", "sin(a*t) - x*x + b*y*u"),
        ],
        observables: vec![
            NamedExpression::new("square", "x*x*a"),
            NamedExpression::new("mixed", "x*y + y"),
        ],
        definitions: vec![NamedExpression::new("both", "x*b")],
        events: vec![
            event(
                "kick",
                &["size"],
                &[("x", "x + a*kick.size*sin(y) + u*both"), ("y", "b*y*t")],
            ),
            event("dose", &[], &[("x", "x + a*a")]),
            event(
                "push",
                &["size", "other"],
                &[("y", "y + push.size*b/(2 + push.other)")],
            ),
        ],
        ..ModelDefinition::default()
    }
    .build()
    .unwrap()
}

#[test]
fn jumps_of_inputs_and_states_are_linearised_exactly() {
    let event = |kind: usize, numbers: &[f64]| EventOccurrence {
        kind,
        numbers: numbers.to_vec(),
    };
    let jump = |point: usize, inputs: &[f64], events: Vec<EventOccurrence>| Jump {
        point,
        inputs: inputs.to_vec(),
        events,
    };
    let all = Discretization::FLOWS.map(Some).into_iter().chain([None]);
    for scheme in all {
        let kind = match scheme {
            None => ModelKind::Map,
            Some(_) => ModelKind::Flow,
        };
        let scheme = scheme.unwrap_or(Discretization::Map);
        let mut first = data(11, &[0, 2], 0);
        first.jumps = vec![
            jump(0, &[], vec![event(0, &[0.8])]),
            jump(4, &[1.7], vec![]),
            jump(
                6,
                &[-0.6],
                vec![event(1, &[]), event(2, &[0.4, -0.3]), event(1, &[])],
            ),
            jump(10, &[0.3], vec![event(0, &[1.0])]),
        ];
        if scheme == Discretization::Rk4 {
            first.interpolation = vec![Interpolation::Cubic];
        }
        let mut second = data(5, &[0, 2], 1);
        if kind == ModelKind::Flow {
            second.times = vec![0.3, 0.4, 0.5, 0.9, 1.3];
        }
        second.jumps = vec![jump(2, &[], vec![event(0, &[0.5])])];
        for estimate in [vec![], vec!["a".to_string(), "b".into()]] {
            let options = ActionOptions {
                estimate,
                ..options(Some(scheme))
            };
            let sets = vec![first.clone(), second.clone()];
            check_model(model_with_events(kind), sets, options.clone());
            let varying = ActionOptions {
                varying: [("b".to_string(), 3.0)].into(),
                estimate: options
                    .estimate
                    .iter()
                    .filter(|n| *n != "b")
                    .cloned()
                    .collect(),
                ..options
            };
            check_model(model_with_events(kind), vec![first.clone()], varying);
        }
    }
}

#[test]
fn repeated_measurements_are_linearised_exactly() {
    let sets = || vec![data(5, &[0, 1, 0], 0), data(7, &[2, 0, 2, 2], 3)];
    check(ModelKind::Flow, sets(), options(None));
    let noise = |name: &str| (name.to_string(), ChannelNoise::default());
    let options = ActionOptions {
        noise: Some(["x", "y", "square"].map(noise).into()),
        ..options(None)
    };
    check(ModelKind::Flow, sets(), options);
}

#[test]
fn precisions_observables_and_priors_are_linearised_exactly() {
    let known = |mean, deviation| Prior { mean, deviation };
    for scheme in Discretization::FLOWS {
        let matrix = vec![
            vec![2.0, 0.5, 0.1],
            vec![0.5, 1.0, -0.2],
            vec![0.1, -0.2, 3.0],
        ];
        let precisions = [
            Precision::PerComponent(vec![1.0, 2.0, 3.0]),
            Precision::PerTime {
                per_time: (0..12).map(|k| 1.0 + 0.1 * k as f64).collect(),
            },
            Precision::Matrix(matrix),
        ];
        let model_weights = [
            Precision::PerComponent(vec![0.3, 2.0]),
            Precision::PerTime {
                per_time: (0..12).map(|k| 2.0 - 0.1 * k as f64).collect(),
            },
            Precision::Matrix(vec![vec![1.0, 0.4], vec![0.4, 2.0]]),
        ];
        for (measurement_precision, model_weights) in precisions.into_iter().zip(model_weights) {
            let options = ActionOptions {
                measurement_precision,
                model_weights,
                priors: [("a".to_string(), known(0.5, 0.3).into())].into(),
                first_state: [
                    ("y".to_string(), known(-0.5, 2.0)),
                    ("x".to_string(), known(0.1, 0.7)),
                ]
                .into(),
                ..options(Some(scheme))
            };
            let sets = vec![data(5, &[3, 0, 2], 0), data(7, &[3, 0, 2], 1)];
            check(ModelKind::Flow, sets, options);
        }
    }
}

#[test]
fn parameters_that_change_in_time_are_linearised_exactly() {
    for scheme in Discretization::FLOWS {
        for model_weights in [
            Precision::default(),
            Precision::PerComponent(vec![0.3, 2.0]),
        ] {
            let options = ActionOptions {
                estimate: vec!["a".into()],
                varying: [("b".to_string(), 40.0)].into(),
                model_weights,
                ..options(Some(scheme))
            };
            let sets = vec![data(5, &[3, 0], 0), data(7, &[3, 0], 1)];
            check(ModelKind::Flow, sets, options);
        }
    }
}

/// Scales that are constant, proportional, both, and formulas, of states and of observables.
#[test]
fn estimated_noise_is_linearised_exactly() {
    let estimated = || Some(EstimatedScale::default().into());
    let shared = || EstimatedScale {
        shared: Some("both".into()),
        prior: Some(Prior {
            mean: 0.1,
            deviation: 0.8,
        }),
        ..EstimatedScale::default()
    };
    let constant = ChannelNoise {
        deviation: Some(shared().into()),
        proportional: None,
        ..ChannelNoise::default()
    };
    let affine = ChannelNoise {
        deviation: Some(shared().into()),
        proportional: estimated(),
        ..ChannelNoise::default()
    };
    let proportional = ChannelNoise {
        deviation: None,
        proportional: estimated(),
        ..ChannelNoise::default()
    };
    let formula = ChannelNoise {
        deviation: Some(NoisePart::Text("exp(a*x/4) + b*b*u*u + 1".into())),
        proportional: None,
        ..ChannelNoise::default()
    };
    let known = ChannelNoise {
        deviation: Some(0.7.into()),
        proportional: Some(0.2.into()),
        ..ChannelNoise::default()
    };
    let noises = [
        vec![
            ("mixed", affine.clone()),
            ("square", proportional),
            ("x", constant),
        ],
        vec![("mixed", formula.clone()), ("square", known), ("x", affine)],
        vec![("mixed", ChannelNoise::default()), ("x", formula)],
    ];
    for scheme in [Discretization::Trapezoid, Discretization::Rk4] {
        for noise in &noises {
            let named = noise
                .iter()
                .map(|(name, noise)| (name.to_string(), noise.clone()));
            let mut options = options(Some(scheme));
            options.noise = Some(named.collect());
            let sets = vec![data(5, &[3, 0, 2], 0), data(7, &[0, 3], 1)];
            check(ModelKind::Flow, sets.clone(), options.clone());
            options.estimate = vec!["a".into()];
            options.varying = [("b".to_string(), 40.0)].into();
            check(ModelKind::Flow, sets, options);
        }
    }
}

/// Formulas of one data set, of all, and of a parameter that changes in time; the second
/// derivatives of the nonlinear ones count.
#[test]
fn formulas_of_first_states_are_linearised_exactly() {
    let about = |formula: &str, deviation| {
        FirstValue::Distribution(FirstDistribution {
            mean: FirstMean::Formula(formula.into()),
            deviation,
        })
    };
    let per_set = FirstState::PerSet(vec![
        [
            ("x".to_string(), about("sin(a*b) + 2*a*a + t", 0.7)),
            (
                "y".to_string(),
                Prior {
                    mean: 0.3,
                    deviation: 0.4,
                }
                .into(),
            ),
        ]
        .into(),
        [("y".to_string(), about("exp(b)/(1 + unused)", 0.5))].into(),
    ]);
    let of_all: FirstState = [
        ("x".to_string(), about("a*b - b^3", 0.3)),
        ("y".to_string(), "a*a + 1".into()),
    ]
    .into();
    for scheme in Discretization::FLOWS {
        for first_state in [per_set.clone(), of_all.clone()] {
            for varying in [false, true] {
                let mut options = ActionOptions {
                    first_state: first_state.clone(),
                    priors: [(
                        "a".to_string(),
                        Prior {
                            mean: 0.5,
                            deviation: 0.3,
                        }
                        .into(),
                    )]
                    .into(),
                    ..options(Some(scheme))
                };
                if varying {
                    options.estimate = vec!["a".into()];
                    options.varying = [("b".to_string(), 40.0)].into();
                }
                let sets = vec![data(5, &[3, 0], 0), data(7, &[3, 0], 1)];
                check(ModelKind::Flow, sets, options);
            }
        }
    }
}

/// A parameter that may vary but is held constant gives the same action as a constant parameter.
#[test]
fn a_parameter_that_stays_as_it_is_costs_nothing() {
    let still = options(None);
    let varying = ActionOptions {
        estimate: vec!["a".into()],
        varying: [("b".to_string(), 40.0)].into(),
        normalization: Normalization::Posterior,
        ..options(None)
    };
    let still = ActionOptions {
        normalization: Normalization::Posterior,
        ..still
    };
    let action = |options| {
        let model = Arc::new(model(ModelKind::Flow)) as Arc<dyn Model>;
        Action::new(&Problem::new(model, data(7, &[2, 0], 0), &options).unwrap())
    };
    let path: Vec<f64> = (0..14).map(|k| 0.8 * wave(7 * k)).collect();
    let wider: Vec<f64> = path.chunks(2).flat_map(|x| [x[0], x[1], -0.3]).collect();
    let expected = action(still).evaluate(5.0, &path, &[0.6, -0.3]).unwrap();
    let ours = action(varying).evaluate(5.0, &wider, &[0.6]).unwrap();
    assert!((ours.action - expected.action).abs() < 1e-12 * expected.action);
}
