//! Beyond the quadratic: nonlinear models against importance sampling and differences of gradients.

use least_action::model::ModelBuilder;
use least_action::models::{lorenz63, lorenz96};
use least_action::solve::{BlockMatrix, Hessian};
use least_action::{ActionOptions, Discretization, TwinExperiment};
use proptest::prelude::*;

use super::*;

/// Three states, two parameters, all terms curved; six points.
fn curved(discretization: Discretization) -> (Posterior, Vec<f64>) {
    let twin = TwinExperiment {
        time_step: 0.04,
        points: 7,
        observed: vec![0, 1],
        noise: 0.4,
        seed: 3,
        ..TwinExperiment::default()
    };
    let model = Arc::new(lorenz63().unwrap());
    let made = twin.run(&*model).unwrap();
    let prior = |mean, deviation| least_action::action::Prior { mean, deviation };
    let options = ActionOptions {
        discretization: Some(discretization),
        measurement_precision: 6.0.into(),
        estimate: vec!["sigma".into(), "rho".into()],
        priors: [
            ("sigma".to_string(), prior(10.0, 2.0).into()),
            ("rho".to_string(), prior(28.0, 3.0).into()),
        ]
        .into(),
        ..ActionOptions::default()
    };
    let problem = Problem::new(model, made.data.clone(), &options).unwrap();
    let start = [&made.truth[..], &[10.0, 28.0]].concat();
    (Posterior::new(&problem, 60.0).unwrap(), start)
}

#[test]
fn the_hessian_is_the_derivative_of_the_gradient() {
    for discretization in Discretization::ALL {
        if discretization == Discretization::Map {
            continue;
        }
        let (mut posterior, x) = curved(discretization);
        let unknowns = x.len();
        let mut hessian = BlockMatrix::new(posterior.layout());
        let (mut gradient, mut above, mut below) = (
            vec![0.0; unknowns],
            vec![0.0; unknowns],
            vec![0.0; unknowns],
        );
        posterior
            .hessian(&x, Hessian::Exact, &mut hessian, &mut gradient)
            .unwrap();
        let size = hessian.get(3, 3).abs();
        // The gradient of the action alone: that of the density has the steps' determinants.
        let mut other = BlockMatrix::new(posterior.layout());
        let mut slope = |x: &[f64], into: &mut [f64]| {
            posterior.hessian(x, Hessian::GaussNewton, &mut other, into)
        };
        for k in 0..unknowns {
            let step = 1e-4;
            let mut moved = x.clone();
            moved[k] += step;
            slope(&moved, &mut above).unwrap();
            moved[k] -= 2.0 * step;
            slope(&moved, &mut below).unwrap();
            for i in 0..unknowns {
                let difference = (above[i] - below[i]) / (2.0 * step);
                let error = (hessian.get(i, k) - difference).abs();
                assert!(
                    error < 1e-6 * size,
                    "{} {i} {k}: {error} of {size}",
                    discretization.name()
                );
            }
        }
    }
}

#[test]
fn the_corrected_mean_is_that_of_importance_sampling() {
    for discretization in [Discretization::SimpsonHermite, Discretization::Rk4] {
        let (mut posterior, start) = curved(discretization);
        let found = laplace(&posterior, &start);
        let (mode, deviations) = (found.mode().to_vec(), found.deviations());
        let shift = found.mean_shift().unwrap();
        // Weights are the density over that of the Gaussian, exp(-(A - its quadratic part)) times
        // the determinants of implicit steps; pairs of draws on either side take the noise
        // of the odd part's square.
        let count = 60_000;
        let draws = found.draws(count, 1).values;
        let (mut sum, mut means) = (0.0, vec![0.0; mode.len()]);
        let mut hessian = BlockMatrix::new(posterior.layout());
        let mut gradient = vec![0.0; mode.len()];
        posterior
            .hessian(&mode, Hessian::Exact, &mut hessian, &mut gradient)
            .unwrap();
        let mut product = vec![0.0; mode.len()];
        for draw in draws.chunks_exact(mode.len()) {
            let step: Vec<f64> = draw.iter().zip(&mode).map(|(x, m)| x - m).collect();
            hessian.multiply(&step, &mut product);
            let quadratic: f64 = 0.5 * step.iter().zip(&product).map(|(a, b)| a * b).sum::<f64>();
            for sign in [1.0, -1.0] {
                let x: Vec<f64> = mode.iter().zip(&step).map(|(m, s)| m + sign * s).collect();
                let weight = (quadratic - posterior.value(&x).unwrap() + found.value()).exp();
                sum += weight;
                means
                    .iter_mut()
                    .zip(&step)
                    .for_each(|(to, s)| *to += weight * sign * s);
            }
        }
        means.iter_mut().for_each(|m| *m /= sum);
        // In the metric of the posterior: how much of the way from the mode to the mean is left.
        let far = |difference: &[f64]| norm(&hessian, difference);
        let left: Vec<f64> = means.iter().zip(&shift).map(|(m, s)| m - s).collect();
        let (all, rest) = (far(&means), far(&left));
        assert!(
            all > 0.1 && rest < 0.25 * all,
            "{}: {all} {rest}",
            discretization.name()
        );
        let sigma = mode.len() - 2;
        assert!((means[sigma] - shift[sigma]).abs() < 0.05 * deviations[sigma]);
    }
}

fn norm(hessian: &BlockMatrix, x: &[f64]) -> f64 {
    let mut product = vec![0.0; x.len()];
    hessian.multiply(x, &mut product);
    x.iter()
        .zip(&product)
        .map(|(a, b)| a * b)
        .sum::<f64>()
        .sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Variances, parameters and all, against the dense inverse.
    #[test]
    fn covariances_are_those_of_the_dense_inverse(seed in any::<u64>(), scheme in 0..4usize) {
        let discretization = [
            Discretization::Euler,
            Discretization::Trapezoid,
            Discretization::Rk4,
            Discretization::SimpsonHermite,
        ][scheme];
        let twin = TwinExperiment {
            time_step: 0.05,
            points: 9,
            observed: vec![0, 2, 3],
            noise: 0.3,
            seed,
            ..TwinExperiment::default()
        };
        let model = Arc::new(lorenz96(5).unwrap());
        let made = twin.run(&*model).unwrap();
        let options = ActionOptions {
            discretization: Some(discretization),
            measurement_precision: 10.0.into(),
            estimate: vec!["forcing".into()],
            ..ActionOptions::default()
        };
        let problem = Problem::new(model, made.data.clone(), &options).unwrap();
        let mut posterior = Posterior::new(&problem, 400.0).unwrap();
        let options = LaplaceOptions { hessian: Hessian::GaussNewton, ..LaplaceOptions::default() };
        let found = Laplace::new(&posterior, &[&made.truth[..], &[8.0]].concat(), options).unwrap();
        let n = found.mode().len();
        let mut hessian = BlockMatrix::new(posterior.layout());
        let mut gradient = vec![0.0; n];
        posterior.hessian(found.mode(), Hessian::GaussNewton, &mut hessian, &mut gradient).unwrap();
        let dense = nalgebra::DMatrix::from_fn(n, n, |i, j| hessian.get(i, j));
        let inverse = nalgebra::Cholesky::new(dense).unwrap().inverse();
        for (k, deviation) in found.deviations().iter().enumerate() {
            prop_assert!((deviation * deviation / inverse[(k, k)] - 1.0).abs() < 1e-8);
        }
        let ratio = found.parameter_covariance()[0] / inverse[(n - 1, n - 1)];
        prop_assert!((ratio - 1.0).abs() < 1e-8);
        prop_assert!(found.decrease() < 1e-6);
    }
}

#[test]
fn a_product_of_parameters_leaves_their_ratio_free() {
    let model = ModelBuilder::new("product")
        .states(["x"])
        .parameter("a", 2.0, "")
        .parameter("b", 0.5, "")
        .parameter("c", 1.0, "")
        .flow(|x, p| vec![p[2] - p[0] * p[1] * x[0]])
        .unwrap();
    let prior = |mean| least_action::action::Prior {
        mean,
        deviation: 3.0,
    };
    let values: Vec<f64> = (0..41)
        .map(|n| 1.0 + 2.0 * (-0.1 * n as f64).exp())
        .collect();
    let options = ActionOptions {
        discretization: Some(Discretization::Rk4),
        measurement_precision: 400.0.into(),
        estimate: vec!["a".into(), "b".into(), "c".into()],
        // The same relative width: the ridge is where both are 1.
        priors: [
            ("a".to_string(), prior(1.0).into()),
            ("b".to_string(), prior(1.0).into()),
        ]
        .into(),
        ..ActionOptions::default()
    };
    let found = laplace(
        &posterior(model, observations(41, 0.1, vec![0], values), &options, 1e5),
        &[&[1.0; 41][..], &[1.0, 1.0, 1.0]].concat(),
    );
    let report = found.identifiability();
    let widest = &report.directions[0];
    assert!(widest.free && widest.deviation > 0.5);
    let [a, b, c] = widest.parts[..] else {
        panic!()
    };
    assert!(
        (a + b).abs() < 0.1 && c.abs() < 0.1 && (a * a + b * b + c * c - 1.0).abs() < 1e-12,
        "{:?}",
        widest.parts
    );
    assert!(!report.directions[1].free && !report.directions[2].free);
    assert!(
        widest.words.contains("a") && widest.words.contains(" - ") && widest.words.contains("b")
    );
    let findings = found.findings(None).unwrap();
    assert!(findings.iter().any(
        |f| f.code == least_action::statistics::LaplaceFindingCode::Free
            && f.message.contains(&widest.words)
    ));
}
