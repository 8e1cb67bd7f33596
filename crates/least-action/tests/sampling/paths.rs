//! Posteriors of paths.

use std::sync::Arc;

use least_action::action::Prior;
use least_action::model::{EquationModel, ModelBuilder};
use least_action::solve::{BlockMatrix, Hessian};
use least_action::statistics::{
    BoundsMethod, Chain, ChainAnnealing, ChainPhase, ChainState, Integrator, Metric, Posterior,
    SamplingMethod, SamplingOptions,
};
use least_action::{ActionOptions, Discretization, Normalization, Observations, Problem};
use nalgebra::{DMatrix, DVector};

use crate::densities::sample;

/// A damped rotation that is pushed by an unknown constant: everything is linear.
fn rotation() -> EquationModel {
    ModelBuilder::new("rotation")
        .states(["a", "b"])
        .parameter("push", 0.0, "")
        .map(|x, p| vec![x[0] * 0.9 - x[1] * 0.3 + p[0], x[0] * 0.3 + x[1] * 0.9])
        .unwrap()
}

fn linear(points: usize) -> Posterior {
    let data = Observations {
        time_step: 1.0,
        points,
        observed: vec![0],
        values: (0..points).map(|n| libm::sin(n as f64)).collect(),
        ..Observations::default()
    };
    let options = ActionOptions {
        normalization: Normalization::Posterior,
        measurement_precision: 4.0.into(),
        estimate: vec!["push".into()],
        priors: [(
            "push".into(),
            Prior {
                mean: 0.5,
                deviation: 2.0,
            }
            .into(),
        )]
        .into(),
        first_state: [(
            "b".into(),
            Prior {
                mean: 0.0,
                deviation: 1.0,
            },
        )]
        .into(),
        ..ActionOptions::default()
    };
    let problem = Problem::new(Arc::new(rotation()), data, &options).unwrap();
    Posterior::new(&problem, 30.0).unwrap()
}

/// Mean and covariance by dense algebra.
fn dense(posterior: &mut Posterior) -> (DVector<f64>, DMatrix<f64>) {
    let n = posterior.layout().unknowns();
    let mut matrix = BlockMatrix::new(posterior.layout());
    let mut gradient = vec![0.0; n];
    let zeros = vec![0.0; n];
    posterior
        .hessian(&zeros, Hessian::GaussNewton, &mut matrix, &mut gradient)
        .unwrap();
    let precision = DMatrix::from_fn(n, n, |i, j| matrix.get(i, j));
    let covariance = precision.cholesky().unwrap().inverse();
    let mean = -&covariance * DVector::from_vec(gradient);
    (mean, covariance)
}

#[test]
fn a_linear_path_has_the_mean_and_covariance_of_its_normal_distribution() {
    let (mean, covariance) = dense(&mut linear(15));
    let n = mean.len();
    let centre: Vec<f64> = mean.iter().copied().collect();
    for (method, integrator, draws) in [
        (SamplingMethod::Nuts, Integrator::Leapfrog, 1000),
        (SamplingMethod::Hmc, Integrator::Leapfrog, 1000),
        (SamplingMethod::Nuts, Integrator::ImplicitMidpoint, 1000),
        (SamplingMethod::Metropolis, Integrator::Leapfrog, 100_000),
    ] {
        let options = SamplingOptions {
            method,
            integrator,
            draws,
            warmup: 500,
            seed: 11,
            ..SamplingOptions::default()
        };
        let sampled = sample(|| linear(15), &options, &centre);
        // The statistics of that many draws cost more than the draws.
        let every = if draws > 10_000 { 5 } else { 1 };
        for i in (0..n).step_by(every) {
            let what = format!("{method:?}, {integrator:?}, {i}");
            sampled.mean(|x| x[i]).is(mean[i], &what);
            for j in [i, (i + 2) % n, n - 1] {
                let product = |x: &[f64]| (x[i] - mean[i]) * (x[j] - mean[j]);
                sampled.mean(product).is(covariance[(i, j)], &what);
            }
        }
        assert_eq!(sampled.divergences(), 0);
    }
}

#[test]
fn the_metric_of_the_action_takes_far_fewer_steps_than_variances() {
    let (mean, _) = dense(&mut linear(60));
    let centre: Vec<f64> = mean.iter().copied().collect();
    let steps = |metric| {
        let options = SamplingOptions {
            metric: Some(metric),
            draws: 200,
            warmup: 300,
            chains: 1,
            ..SamplingOptions::default()
        };
        let draws = sample(|| linear(60), &options, &centre);
        draws.all_transitions().map(|t| t.steps).sum::<u32>()
    };
    let (structured, diagonal) = (steps(Metric::Structured), steps(Metric::Diagonal));
    assert!(3 * structured < diagonal, "{structured} {diagonal}");
}

/// Moments of a path of three points within bounds, by quadrature.
fn bounded_moments(posterior: &mut Posterior, [low, high]: [f64; 2]) -> [f64; 4] {
    const CELLS: usize = 60;
    let at = |k: usize| low + (high - low) * (k as f64 + 0.5) / CELLS as f64;
    let (mut norm, mut sums) = (0.0, [0.0; 4]);
    for k in 0..CELLS * CELLS * CELLS {
        let x = [k % CELLS, k / CELLS % CELLS, k / CELLS / CELLS].map(at);
        let weight = libm::exp(-posterior.value(&x).unwrap());
        norm += weight;
        for (sum, value) in sums.iter_mut().zip([x[0], x[2], x[0] * x[1], x[2] * x[2]]) {
            *sum += weight * value;
        }
    }
    sums.map(|sum| sum / norm)
}

fn walk_between_bounds() -> Posterior {
    let model = ModelBuilder::new("walk")
        .states(["x"])
        .map(|x, _| vec![x[0] * 0.95])
        .unwrap();
    let data = Observations {
        time_step: 1.0,
        points: 3,
        observed: vec![0],
        values: vec![1.0, f64::NAN, -0.5],
        ..Observations::default()
    };
    let options = ActionOptions {
        normalization: Normalization::Posterior,
        measurement_precision: 1.0.into(),
        bounds: [("x".into(), [-0.4, 0.8])].into(),
        ..ActionOptions::default()
    };
    Posterior::new(
        &Problem::new(Arc::new(model), data, &options).unwrap(),
        12.0,
    )
    .unwrap()
}

#[test]
fn bounds_that_are_oblique_in_the_coordinates_of_the_metric() {
    let expected = bounded_moments(&mut walk_between_bounds(), [-0.4, 0.8]);
    for method in [
        SamplingMethod::Nuts,
        SamplingMethod::Hmc,
        SamplingMethod::Metropolis,
    ] {
        for bounds in [BoundsMethod::Transform, BoundsMethod::Reflect] {
            let walk = method == SamplingMethod::Metropolis;
            let options = SamplingOptions {
                method,
                bounds,
                draws: if walk { 50_000 } else { 4000 },
                seed: 6,
                ..SamplingOptions::default()
            };
            let draws = sample(walk_between_bounds, &options, &[0.2; 3]);
            let what = format!("{method:?}, {bounds:?}");
            draws.mean(|x| x[0]).is(expected[0], &what);
            draws.mean(|x| x[2]).is(expected[1], &what);
            draws.mean(|x| x[0] * x[1]).is(expected[2], &what);
            draws.mean(|x| x[2] * x[2]).is(expected[3], &what);
            let inside = |x: &f64| (-0.4..=0.8).contains(x);
            assert!(draws.rows().flatten().all(inside), "{what}");
        }
    }
}

fn pendulum() -> Posterior {
    let model = Arc::new(least_action::models::pendulum().unwrap());
    let points = 12;
    let data = Observations {
        time_step: 0.2,
        points,
        observed: vec![0],
        values: (0..points).map(|n| libm::cos(0.2 * n as f64)).collect(),
        ..Observations::default()
    };
    let options = ActionOptions {
        normalization: Normalization::Mean,
        discretization: Some(Discretization::Rk4),
        measurement_precision: 25.0.into(),
        ..ActionOptions::default()
    };
    Posterior::new(&Problem::new(model, data, &options).unwrap(), 100.0).unwrap()
}

#[test]
fn a_chain_that_is_resumed_anywhere_gives_the_bits_of_one_that_was_not_stopped() {
    for (method, metric) in [
        (SamplingMethod::Nuts, None),
        (SamplingMethod::Nuts, Some(Metric::Diagonal)),
        (SamplingMethod::Hmc, None),
        (SamplingMethod::Metropolis, None),
    ] {
        let options = SamplingOptions {
            method,
            metric,
            draws: 10,
            warmup: 30,
            annealing: Some(ChainAnnealing {
                rungs: 3,
                transitions: 4,
                from: 0.01,
            }),
            seed: 8,
            ..SamplingOptions::default()
        };
        let centre = vec![0.0; pendulum().layout().unknowns()];
        let make = || Chain::new(pendulum(), &options, 1, &centre, None).unwrap();
        let (mut whole, mut pieces) = (make(), make());
        let mut phases = Vec::new();
        while let Some(advance) = whole.advance().unwrap() {
            // The state is stored as text, and a new chain goes on from it.
            let text = serde_json::to_string(&pieces.state()).unwrap();
            let state: ChainState = serde_json::from_str(&text).unwrap();
            pieces = Chain::resume(pendulum(), &options, &state).unwrap();
            let same = pieces.advance().unwrap().unwrap();
            assert_eq!(same, advance);
            if phases.last() != Some(&advance.phase) {
                phases.push(advance.phase);
            }
        }
        assert!(pieces.is_done());
        let all = [ChainPhase::Annealing, ChainPhase::Warmup, ChainPhase::Draws];
        assert_eq!(phases, all);
        assert_eq!(whole.progress(), (52, 52));
    }
}

#[test]
fn draws_are_at_the_precision_of_the_posterior_whatever_it_was_led_up_from() {
    let (mean, covariance) = dense(&mut linear(8));
    let centre: Vec<f64> = mean.iter().copied().collect();
    let options = SamplingOptions {
        annealing: Some(ChainAnnealing::default()),
        seed: 9,
        ..SamplingOptions::default()
    };
    let mut chain = Chain::new(linear(8), &options, 0, &centre, None).unwrap();
    let mut precisions = Vec::new();
    while chain.phase() != ChainPhase::Done {
        let precision = chain.model_precision().unwrap();
        let phase = chain.advance().unwrap().unwrap().phase;
        assert_eq!(precision == 30.0, phase != ChainPhase::Annealing);
        if precisions.last() != Some(&precision) {
            precisions.push(precision);
        }
    }
    assert_eq!(precisions.len(), 11);
    assert!((precisions[0] - 0.03).abs() < 1e-12);
    assert!(precisions.windows(2).all(|w| w[0] < w[1]));

    let draws = sample(|| linear(8), &options, &centre);
    for i in 0..mean.len() {
        draws.mean(|x| x[i]).is(mean[i], "mean");
        let square = |x: &[f64]| (x[i] - mean[i]) * (x[i] - mean[i]);
        draws.mean(square).is(covariance[(i, i)], "variance");
    }
}
