//! Boundary-value problems: the same path by every method, on the way of which each can fail.

use super::*;
use crate::twin::TwinExperiment;

/// Lorenz63 measured in its first component at every fourth point, and its true path.
pub(super) struct Twin {
    pub action: ContinuousAction,
    pub truth: Vec<f64>,
    pub options: BoundaryOptions,
}

pub(super) fn lorenz63_twin(points: usize, model_precision: f64) -> Twin {
    let model: Arc<dyn Model> = Arc::new(models::lorenz63().unwrap());
    let (time_step, noise) = (0.02, 0.5);
    let experiment = TwinExperiment {
        time_step,
        points,
        observed: vec![0],
        noise,
        seed: 3,
        ..TwinExperiment::default()
    };
    let twin = experiment.run(&*model).unwrap();
    let mut data = twin.data;
    for (n, value) in data.values.iter_mut().enumerate() {
        if n % 4 != 0 {
            *value = f64::NAN;
        }
    }
    let options = ContinuousActionOptions {
        measurement_precision: (1.0 / (noise * noise)).into(),
        model_precision: model_precision.into(),
        ..ContinuousActionOptions::default()
    };
    Twin {
        action: ContinuousAction::new(model, &data, &options).unwrap(),
        truth: twin.truth,
        options: BoundaryOptions {
            time_step,
            ..BoundaryOptions::default()
        },
    }
}

#[test]
fn scratch() {
    let twin = lorenz63_twin(101, 100.0);
    let system = System::of_action(twin.action);
    for method in [
        BoundaryMethod::Collocation,
        BoundaryMethod::MultipleShooting,
        BoundaryMethod::SingleShooting,
    ] {
        let options = BoundaryOptions {
            method,
            ..twin.options.clone()
        };
        let s = solve_boundary_value_problem(&system, &twin.truth, None, &options).unwrap();
        println!(
            "{:?} {:?} action {} residual {:e} boundary {:e} mesh {:e} nodes {} iterations {} steps {}  {:?} {:?}",
            method, s.status, s.action, s.residual, s.boundary_error, s.mesh_error, s.mesh.len(), s.iterations, s.steps, s.failure.map(|f| f.to_string()), &s.path[150..153]
        );
    }
    for (share, factor) in [(1e-4, 10.0)] {
        let options = BoundaryOptions {
            continuation: Some(Continuation {
                from: share,
                factor,
            }),
            ..twin.options.clone()
        };
        let s = solve_boundary_value_problem(&system, &twin.truth, None, &options).unwrap();
        println!("{:?} {} {:?}", s.status, s.action, s.continuation);
    }
}
