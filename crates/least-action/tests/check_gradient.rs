//! The check of a user's derivatives passes for right ones, and names the place of wrong ones.

use std::sync::Arc;

use least_action::action::{GradientVerdict, Variable};
use least_action::model::{
    EquationModel, Model, ModelBuilder, Parameter, Points, Scratch, Sparsity,
};
use least_action::models::{self, ModelSpec};
use least_action::{
    Action, ActionOptions, Discretization, Error, Normalization, Observations, Problem,
};

/// Numbers that follow no pattern, between -1 and 1.
fn noise(k: usize) -> f64 {
    ((k * k + 1) as f64 * 0.7391).sin()
}

fn action(model: Arc<dyn Model>, options: ActionOptions) -> Action {
    let data = Observations {
        start: 2.0,
        time_step: 0.05,
        points: 41,
        observed: vec![0],
        values: (0..41).map(noise).collect(),
        inputs: vec![0.5; 41 * model.inputs().len()],
        ..Observations::default()
    };
    let estimate = model.parameters().iter().map(|p| p.name.clone()).collect();
    let options = ActionOptions {
        estimate,
        ..options
    };
    Action::new(&Problem::new(model, data, &options).unwrap())
}

fn point(model: &dyn Model) -> (Vec<f64>, Vec<f64>) {
    // Gates stay between 0 and 1: beyond, the neuron is too fast for a step of Runge-Kutta's.
    let (width, middle) = match model.name() {
        "naklNeuron" => (0.4, 0.5),
        _ => (1.5, 0.3),
    };
    let path = (0..41 * model.dimension()).map(|k| width * noise(k) + middle);
    let parameters = model.parameters().iter().map(|p| p.default);
    (path.collect(), parameters.collect())
}

#[test]
fn every_named_model_passes_with_every_discretization() {
    for spec in ModelSpec::catalogue() {
        let model: Arc<dyn Model> = Arc::new(spec.build().unwrap());
        let (path, parameters) = point(&*model);
        for discretization in Discretization::FLOWS {
            for (normalization, model_precision) in [
                (Normalization::Mean, 1e-6),
                (Normalization::Mean, 1.0),
                (Normalization::Posterior, 1e8),
            ] {
                let options = ActionOptions {
                    discretization: Some(discretization),
                    normalization,
                    ..ActionOptions::default()
                };
                let report = action(model.clone(), options)
                    .check_gradient(model_precision, &path, &parameters, None)
                    .unwrap();
                let name = format!("{spec:?} {discretization:?} {model_precision}: {report}");
                assert_eq!(report.verdict, GradientVerdict::Agrees, "{name}");
                assert_eq!(report.compared, path.len() + parameters.len(), "{name}");
                // The neuron's data term hides what some parameters do: differences then keep few
                // digits.
                let most = match spec {
                    ModelSpec::NaklNeuron {} => 2e-5,
                    _ => 1e-6,
                };
                assert!(report.worst < most, "{name}");
                assert!(report.uncertain * 4 < report.compared, "{name}");
            }
        }
    }
}

/// Lorenz's system with derivatives that `spoil` makes from the right ones.
struct Wrong {
    right: EquationModel,
    spoil: fn(path: &mut [f64], parameters: &mut [f64]),
}

impl Model for Wrong {
    fn name(&self) -> &str {
        self.right.name()
    }
    fn states(&self) -> &[String] {
        self.right.states()
    }
    fn parameters(&self) -> &[Parameter] {
        self.right.parameters()
    }
    fn initial_state(&self) -> &[f64] {
        self.right.initial_state()
    }
    fn spin_up(&self) -> f64 {
        self.right.spin_up()
    }
    fn evaluate(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        self.right.evaluate(scratch, at, values);
    }
    fn jacobian_sparsity(&self) -> &Sparsity {
        self.right.jacobian_sparsity()
    }
    fn jacobian(&self, scratch: &mut Scratch, at: Points, values: &mut [f64]) {
        self.right.jacobian(scratch, at, values);
    }
    fn curvature_sparsity(&self) -> &Sparsity {
        self.right.curvature_sparsity()
    }
    fn curvature(&self, scratch: &mut Scratch, at: Points, adjoint: &[f64], values: &mut [f64]) {
        self.right.curvature(scratch, at, adjoint, values);
    }
    fn pull_back(
        &self,
        scratch: &mut Scratch,
        at: Points,
        adjoint: &[f64],
        path_gradient: &mut [f64],
        parameter_gradient: &mut [f64],
    ) {
        let mut added = (vec![0.0; at.states.len()], vec![0.0; at.parameters.len()]);
        let (of_path, of_parameters) = (&mut added.0[..], &mut added.1[..]);
        self.right
            .pull_back(scratch, at, adjoint, of_path, of_parameters);
        (self.spoil)(of_path, of_parameters);
        for (to, value) in path_gradient.iter_mut().zip(&added.0) {
            *to += value;
        }
        for (to, value) in parameter_gradient.iter_mut().zip(&added.1) {
            *to += value;
        }
    }
}

#[test]
fn a_wrong_derivative_is_named() {
    let wrong = |spoil| {
        let model = Arc::new(Wrong {
            right: models::lorenz63().unwrap(),
            spoil,
        });
        let (path, parameters) = point(&*model);
        // A sample is enough: it has points of every state.
        action(model, ActionOptions::default())
            .check_gradient(10.0, &path, &parameters, Some(12))
            .unwrap()
    };
    // The derivatives in the second state are wrong by one per cent.
    let report = wrong(|path, _| path.iter_mut().skip(1).step_by(3).for_each(|g| *g *= 1.01));
    assert_eq!(report.verdict, GradientVerdict::Differs, "{report}");
    assert_eq!(report.wrong, ["y"], "{report}");
    let Variable::State { state, point, time } = &report.at else {
        panic!("{report}");
    };
    assert_eq!(state, "y");
    assert!((time - 2.0 - 0.05 * *point as f64).abs() < 1e-12);
    assert!(
        report
            .to_string()
            .starts_with("The gradient is wrong in y: "),
        "{report}"
    );
    assert!(report.compared < 20, "{report}");

    let report = wrong(|_, parameters| parameters[2] += 1.0);
    assert_eq!(report.wrong, ["beta"], "{report}");
    assert_eq!(
        report.at,
        Variable::Parameter {
            name: "beta".into()
        }
    );
    assert!((report.exact - report.difference).abs() > 0.1, "{report}");
}

#[test]
fn zero_agrees_with_zero() {
    // A solution without noise: action and gradient are zero.
    let still = ModelBuilder::new("still")
        .states(["x"])
        .initial_state([0.0])
        .flow(|x, _| vec![x[0] * 0.0])
        .unwrap();
    let data = Observations {
        start: 0.0,
        time_step: 1.0,
        points: 3,
        observed: vec![0],
        values: vec![0.0; 3],
        ..Observations::default()
    };
    let problem = Problem::new(Arc::new(still), data, &ActionOptions::default()).unwrap();
    let report = Action::new(&problem)
        .check_gradient(1.0, &[0.0; 3], &[], None)
        .unwrap();
    assert_eq!(report.verdict, GradientVerdict::Agrees, "{report}");
    assert_eq!((report.worst, report.exact), (0.0, 0.0));

    let error = Action::new(&problem).check_gradient(1.0, &[0.0; 3], &[], Some(0));
    assert!(matches!(error, Err(Error::OutOfRange { path, .. }) if path == "sample"));
}

/// The tape of a model made of equations against the default, which is made of its second
/// derivatives.
#[test]
fn gradients_of_weighted_jacobians_are_those_of_second_derivatives() {
    let all = [
        models::lorenz63(),
        models::log_lotka_volterra(),
        models::nakl_neuron(),
    ];
    for right in all {
        let spoil: fn(&mut [f64], &mut [f64]) = |_, _| {};
        let plain = Wrong {
            right: right.unwrap(),
            spoil,
        };
        let (path, parameters) = point(&plain);
        let inputs = vec![0.5; path.len() / plain.dimension() * plain.right.inputs().len()];
        let at = Points {
            states: &path,
            parameters: &parameters,
            inputs: &inputs,
            ..Points::default()
        };
        let (d, p) = (plain.dimension(), parameters.len());
        let entries = plain.jacobian_sparsity().entries();
        let points = path.len() / d;
        let weights: Vec<f64> = (0..points * entries)
            .map(|k| libm::sin(1.3 * k as f64))
            .collect();
        let gradient = |model: &dyn Model| {
            let (mut of_path, mut of_parameters) = (vec![0.0; points * d], vec![0.0; p]);
            let mut scratch = Scratch::default();
            model.pull_back_jacobian(&mut scratch, at, &weights, &mut of_path, &mut of_parameters);
            [of_path, of_parameters].concat()
        };
        let (found, expected) = (gradient(&plain.right), gradient(&plain));
        assert!(expected.iter().any(|g| *g != 0.0));
        for (k, (found, expected)) in found.iter().zip(&expected).enumerate() {
            let error = (found - expected).abs();
            assert!(
                error < 1e-10 * (1.0 + expected.abs()),
                "{} {k}: {found} {expected}",
                plain.name()
            );
        }
    }
}
