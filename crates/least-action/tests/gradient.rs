//! The gradient of the action, for every model, discretisation and normalisation, against dual
//! numbers through an independent implementation, and against central differences.

mod reference;

use std::sync::Arc;

use least_action::model::Model;
use least_action::models::ModelSpec;
use least_action::{Action, ActionOptions, Discretization, Normalization, Observations, Problem};
use num_dual::Dual64;
use proptest::prelude::*;

const PRECISIONS: (f64, f64) = (3.0, 7.0);

/// Model, data and unknowns of one comparison.
struct Case {
    spec: ModelSpec,
    scheme: Discretization,
    normalization: Normalization,
    data: Observations,
    path: Vec<f64>,
    parameters: Vec<f64>,
}

impl Case {
    /// A path, parameters and data from `noise`, numbers between -1 and 1; every third measurement
    /// is missing.
    fn new(
        spec: &ModelSpec,
        scheme: Discretization,
        normalization: Normalization,
        points: usize,
        noise: &[f64],
    ) -> Case {
        let model = spec.build().unwrap();
        let d = model.dimension();
        let at = |k: usize| noise[k % noise.len()];
        let path = (0..points * d).map(|k| 1.5 * at(k) + 0.3).collect();
        // Gates beyond 0 and 1 make the neuron fast.
        let time_step = match spec {
            ModelSpec::NaklNeuron {} => 0.001,
            _ => 0.07,
        };
        let observed = if d > 1 { vec![1, 0] } else { vec![0] };
        let values = (0..points * observed.len())
            .map(|k| if k % 3 == 2 { f64::NAN } else { at(3 * k + 1) })
            .collect();
        let parameters = model.parameters().iter().enumerate();
        Case {
            spec: spec.clone(),
            scheme,
            normalization,
            data: Observations {
                start: 0.0,
                time_step,
                points,
                observed,
                values,
                inputs: (0..points * model.inputs().len())
                    .map(|k| at(5 * k))
                    .collect(),
                ..Observations::default()
            },
            path,
            parameters: parameters
                .map(|(k, p)| p.default * (1.0 + 0.1 * at(7 * k)))
                .collect(),
        }
    }

    fn action(&self) -> Action {
        let model = self.spec.build().unwrap();
        let options = ActionOptions {
            discretization: Some(self.scheme),
            normalization: self.normalization,
            measurement_precision: PRECISIONS.0.into(),
            estimate: model.parameters().iter().map(|p| p.name.clone()).collect(),
            ..ActionOptions::default()
        };
        Action::new(&Problem::new(Arc::new(model), self.data.clone(), &options).unwrap())
    }

    /// Path and parameters in one list.
    fn variables(&self) -> Vec<f64> {
        [&self.path[..], &self.parameters[..]].concat()
    }

    fn gradient(&self) -> (f64, Vec<f64>) {
        let mut gradient = self.variables();
        let (path, parameters) = gradient.split_at_mut(self.path.len());
        let value =
            self.action()
                .gradient(PRECISIONS.1, &self.path, &self.parameters, path, parameters);
        (value.unwrap().action, gradient)
    }

    /// The action at `variables` by the reference implementation.
    fn reference<T: num_dual::DualNum<Primitive = f64> + Copy>(&self, variables: &[T]) -> T {
        let d = self.path.len() / self.data.points;
        let (path, parameters) = variables.split_at(self.path.len());
        let path: Vec<Vec<T>> = path.chunks_exact(d).map(<[T]>::to_vec).collect();
        reference::action(
            &self.spec,
            self.scheme,
            self.normalization,
            &self.data,
            PRECISIONS,
            &path,
            parameters,
        )
    }

    fn dual_gradient(&self) -> Vec<f64> {
        let mut variables: Vec<Dual64> = self.variables().into_iter().map(Dual64::from).collect();
        let mut derivative = |k: usize| {
            variables[k] = variables[k].derivative();
            let slope = self.reference(&variables).eps;
            variables[k] = Dual64::from(variables[k].re);
            slope
        };
        (0..self.path.len() + self.parameters.len())
            .map(&mut derivative)
            .collect()
    }

    /// Central differences of the crate's own action.
    fn differences(&self) -> Vec<f64> {
        let mut action = self.action();
        let mut variables = self.variables();
        let mut value = |k: usize, x: f64| {
            let kept = std::mem::replace(&mut variables[k], x);
            let (path, parameters) = variables.split_at(self.path.len());
            let value = action
                .evaluate(PRECISIONS.1, path, parameters)
                .unwrap()
                .action;
            variables[k] = kept;
            value
        };
        let centre = self.variables();
        let mut slope = |k: usize| {
            let step = 1e-5 * centre[k].abs().max(0.1);
            let (up, down) = (centre[k] + step, centre[k] - step);
            (value(k, up) - value(k, down)) / (up - down)
        };
        (0..centre.len()).map(&mut slope).collect()
    }
}

fn assert_close(name: &str, ours: &[f64], theirs: &[f64], tolerance: f64) {
    let size = theirs.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    assert!(size > 0.0, "{name}: nothing to compare");
    for (k, (a, b)) in ours.iter().zip(theirs).enumerate() {
        assert!(
            (a - b).abs() <= tolerance * size,
            "{name}, variable {k}: {a} against {b}"
        );
    }
}

fn every_case(mut check: impl FnMut(&str, &ModelSpec, Discretization, Normalization)) {
    for spec in ModelSpec::catalogue() {
        for scheme in Discretization::FLOWS {
            for normalization in Normalization::ALL {
                let name = format!("{spec:?} {} {normalization:?}", scheme.name());
                check(&name, &spec, scheme, normalization);
            }
        }
    }
}

/// Numbers that follow no pattern, the same in every run.
fn noise(seed: u32) -> Vec<f64> {
    (0..97)
        .map(|k| ((k * k + 1) as f64 * 0.7391 + seed as f64).sin())
        .collect()
}

#[test]
fn action_and_gradient_match_dual_numbers() {
    every_case(|name, spec, scheme, normalization| {
        // 71 points: more than one block, and a last group that is not full.
        let case = Case::new(spec, scheme, normalization, 71, &noise(1));
        let (value, gradient) = case.gradient();
        let reference = case.reference(&case.variables());
        assert!(
            (value - reference).abs() <= 1e-13 * reference,
            "{name}: {value} against {reference}"
        );
        assert_close(name, &gradient, &case.dual_gradient(), 1e-13);
    });
}

#[test]
fn gradient_matches_central_differences() {
    every_case(|name, spec, scheme, normalization| {
        let case = Case::new(spec, scheme, normalization, 5, &noise(2));
        assert_close(name, &case.gradient().1, &case.differences(), 1e-7);
    });
}

proptest! {
    // Each of the cases goes through all models, schemes and normalisations.
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Gradients at random paths, with any number of points that the schemes allow.
    #[test]
    fn gradients_match_at_any_size(
        half in 1usize..40,
        noise in prop::collection::vec(-1.0f64..1.0, 30..60)
    ) {
        every_case(|name, spec, scheme, normalization| {
            let case = Case::new(spec, scheme, normalization, 2 * half + 1, &noise);
            assert_close(name, &case.gradient().1, &case.dual_gradient(), 1e-12);
        });
    }
}
