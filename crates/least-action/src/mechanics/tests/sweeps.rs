//! Sweeps forward and backward: they end at the path that Newton's method finds, and are
//! backpropagation on their way.

use super::cases::{assert_same, at_ends, case, network, oscillator, BoundaryCase, NETWORK};
use super::*;
use crate::error::Error;
use BoundaryMethod as Method;

const SWEPT: [IntegrationMethod; 6] = [
    IntegrationMethod::SymplecticEuler,
    IntegrationMethod::SymplecticEulerAdjoint,
    IntegrationMethod::StormerVerlet,
    IntegrationMethod::ImplicitMidpoint,
    IntegrationMethod::GaussLegendre4,
    IntegrationMethod::GaussLegendre6,
];

/// Newton's method at all points at once.
fn by_newton(case: &BoundaryCase) -> BoundarySolution {
    case.solve_with(|o| {
        o.method = Method::MultipleShooting;
        o.points_per_segment = 1;
    })
}

#[test]
fn sweeps_end_at_the_path_of_newtons_method() {
    for integrator in SWEPT {
        for (what, case) in [
            ("oscillator", oscillator(12, integrator)),
            ("network", network(8, 10.0, integrator)),
        ] {
            let what = format!("{what}, {}", integrator.name());
            let swept = case.solve(Method::ForwardBackward);
            assert_same(&by_newton(&case), &swept, 1e-8, &what);
            assert!(
                swept.residual < 1e-9 && swept.boundary_error < 1e-9,
                "{what}"
            );
            assert!(swept.factorizations == 0 && swept.steps > 0);
        }
        let mut case = oscillator(6, integrator);
        case.options.steps_per_point = 3;
        let swept = case.solve(Method::ForwardBackward);
        assert_same(&by_newton(&case), &swept, 1e-8, integrator.name());
    }
}

#[test]
fn measurements_along_the_path_draw_the_sweeps() {
    let twin = |data_form| {
        let model: Arc<dyn Model> = Arc::new(models::lorenz63().unwrap());
        let points = 11;
        let times = (0..points).map(|n| 0.02 * n as f64);
        let data = Observations {
            time_step: 0.02,
            points,
            observed: vec![0, 2],
            values: times
                .flat_map(|t| [2.0 + 6.0 * t, 20.0 - 30.0 * t])
                .collect(),
            ..Observations::default()
        };
        let options = ContinuousActionOptions {
            measurement_precision: 2.0.into(),
            model_precision: 3.0.into(),
            data_form,
            ..ContinuousActionOptions::default()
        };
        ContinuousAction::new(model, &data, &options).unwrap()
    };
    for data_form in [DataForm::Impulses, DataForm::Linear, DataForm::Cubic] {
        for integrator in SWEPT {
            let case = BoundaryCase {
                system: System::of_action(twin(data_form)),
                path: [2.0, 2.5, 20.0].repeat(11),
                options: BoundaryOptions {
                    boundary: Boundary::FixedStart,
                    integrator,
                    time_step: 0.02,
                    tolerance: 1e-10,
                    mesh_tolerance: 0.99,
                    second_variation: false,
                    ..BoundaryOptions::default()
                },
            };
            let what = format!("{}, {}", data_form.name(), integrator.name());
            let swept = case.solve(Method::ForwardBackward);
            assert_same(&by_newton(&case), &swept, 1e-8, &what);
            assert_eq!(swept.path[..3], [2.0, 2.5, 20.0]);
        }
    }
}

/// The network's slopes, written down once more.
fn slopes(s: &[f64]) -> Vec<f64> {
    let mut slopes = vec![0.0; NETWORK];
    for (k, slope) in slopes[..4].iter_mut().enumerate() {
        let (pair, i) = (k / 2, k % 2);
        let sum = s[4 + 2 * i] * s[2 * pair] + s[5 + 2 * i] * s[2 * pair + 1] + s[8 + i];
        *slope = sum.tanh();
    }
    slopes
}

/// Cost of the outputs that the network computes from its first state, with no error of its layers.
fn loss(case: &BoundaryCase, first: &[f64]) -> f64 {
    let (h, layers) = (case.options.time_step, case.path.len() / NETWORK - 1);
    let mut x = first.to_vec();
    let mut cost = 0.0;
    for layer in 0..=layers {
        let time = layer as f64 * h;
        let data = case.system.impulses().iter();
        for i in data.filter(|i| (i.time - time).abs() < 1e-9) {
            let miss = x[i.component] - i.value;
            cost += 0.5 * i.precision * miss * miss;
        }
        if layer < layers {
            let slopes = slopes(&x);
            x.iter_mut().zip(slopes).for_each(|(x, f)| *x += h * f);
        }
    }
    cost
}

/// Gradient of the loss by finite differences.
fn gradient_of_loss(case: &BoundaryCase, first: &[f64]) -> Vec<f64> {
    let moved = |k: usize, by: f64| {
        let mut first = first.to_vec();
        first[k] += by;
        loss(case, &first)
    };
    let slope = |k| (moved(k, 1e-5) - moved(k, -1e-5)) / 2e-5;
    (0..first.len()).map(slope).collect()
}

#[test]
fn the_first_sweep_back_is_backpropagation() {
    let case = network(8, 0.7, IntegrationMethod::SymplecticEuler);
    let solution = case.solve_with(|o| {
        o.method = Method::ForwardBackward;
        o.max_iterations = Some(1);
        // The path hardly leaves the model's own orbit.
        o.rate = 1e-10;
    });
    let gradient = gradient_of_loss(&case, &solution.path[..NETWORK]);
    for (k, (gradient, costate)) in gradient.iter().zip(&solution.momentum).enumerate() {
        let off = (gradient + costate).abs();
        assert!(
            off < 1e-7 * (1.0 + gradient.abs()),
            "{k}: {gradient} {costate}"
        );
        assert!(gradient.abs() > 1e-3, "{k}");
    }
}

#[test]
fn with_layers_without_errors_it_is_gradient_descent_on_the_first_weights() {
    let (prior, rate) = (0.7, 1e-3);
    let mut case = network(8, prior, IntegrationMethod::SymplecticEuler);
    case.system = case
        .system
        .with_model_precision_times(f64::INFINITY)
        .unwrap();
    let first = case.path[..NETWORK].to_vec();
    let step = case.solve_with(|o| {
        o.method = Method::ForwardBackward;
        o.max_iterations = Some(1);
        o.rate = rate;
    });
    let gradient = gradient_of_loss(&case, &first);
    for k in 4..NETWORK {
        let expected = first[k] - rate / prior * gradient[k];
        assert!((step.path[k] - expected).abs() < 1e-10, "{k}");
        assert!((first[k] - expected).abs() > 1e-5, "{k}");
        // Weights stay what they are from layer to layer.
        let weights = step.path[k..].iter().step_by(NETWORK);
        assert!(weights.clone().all(|w| *w == step.path[k]), "{k}");
    }
    let swept = case.solve(Method::ForwardBackward);
    let newton = case.solve(Method::MultipleShooting);
    assert_same(&newton, &swept, 1e-8, "infinite precision");
    let two_levels = case.solve_with(|o| {
        o.method = Method::Multigrid;
        o.points_per_segment = 2;
    });
    assert_same(&newton, &two_levels, 1e-8, "infinite precision, two levels");
    let size = |v: &[f64]| v.iter().fold(0.0f64, |m, v| m.max(v.abs()));
    assert!(size(&gradient_of_loss(&case, &swept.path[..NETWORK])) < 1e-6);
}

#[test]
fn at_the_end_momenta_are_the_costates_of_the_discrete_path() {
    let case = network(8, 1.0, IntegrationMethod::SymplecticEuler);
    let s = case.solve(Method::ForwardBackward);
    assert_eq!(s.failure, None);
    let h = case.options.time_step;
    for layer in 0..8 {
        let [x0, x1] = [layer, layer + 1].map(|l| &s.path[l * NETWORK..][..NETWORK]);
        let p1 = &s.momentum[(layer + 1) * NETWORK..][..NETWORK];
        for (k, slope) in slopes(x0).iter().enumerate() {
            let precision = if k < 4 { 100.0 } else { 10.0 };
            let costate = precision * ((x1[k] - x0[k]) / h - slope);
            assert!((costate - p1[k]).abs() < 1e-8, "{layer} {k}: {costate}");
        }
    }
}

#[test]
fn weak_priors_limit_the_rate() {
    let iterations = |prior: f64| {
        let case = network(8, prior, IntegrationMethod::SymplecticEuler);
        let swept = case.solve(Method::ForwardBackward);
        let newton = by_newton(&case);
        assert_same(&newton, &swept, 1e-8, "network");
        (swept.iterations, newton.iterations)
    };
    let (strong, weak) = (iterations(10.0), iterations(1.0));
    println!("sweeps and Newton's iterations: {strong:?} {weak:?}");
    assert!(strong.0 > 10 * strong.1 && weak.0 > 2 * strong.0);
    // Newton's method does not mind.
    assert!(weak.1 < 2 * strong.1);
}

#[test]
fn a_climb_in_the_model_precision_goes_on_from_its_paths() {
    let case = network(8, 10.0, IntegrationMethod::SymplecticEuler);
    let climbed = case.solve_with(|o| {
        o.method = Method::ForwardBackward;
        o.continuation = Some(Continuation {
            from: 0.01,
            factor: 10.0,
        });
    });
    assert_eq!(climbed.continuation.len(), 3);
    assert_same(&by_newton(&case), &climbed, 1e-8, "climb");
}

#[test]
fn what_sweeps_cannot_do_is_said() {
    let wrong = |case: &BoundaryCase, change: fn(&mut BoundaryOptions)| {
        let error = case.try_with(|o| {
            o.method = Method::ForwardBackward;
            change(o);
        });
        error.unwrap_err()
    };
    let case = oscillator(6, IntegrationMethod::SymplecticEuler);
    for integrator in IntegrationMethod::ALL {
        let swept = SWEPT.contains(&integrator);
        let tried = case.try_with(|o| {
            o.method = Method::ForwardBackward;
            o.integrator = integrator;
        });
        assert_eq!(tried.is_ok(), swept, "{}", integrator.name());
        if let Err(error) = tried {
            assert_eq!(error.path(), "integrator");
            assert!(error.to_string().contains(integrator.name()), "{error}");
        }
    }
    let fixed = wrong(&case, |o| o.boundary = Boundary::Fixed);
    assert_eq!(fixed.path(), "boundary");
    let physics = BoundaryCase {
        system: System::of_hamiltonian(pendulum()),
        path: vec![0.0; 5],
        options: case.options.clone(),
    };
    let error = wrong(&physics, |o| o.boundary = Boundary::FixedStart);
    assert_eq!(error.path(), "method");
    // Only the first component is measured.
    let twin = super::boundary::lorenz63_twin(21, 100.0);
    let unmeasured = BoundaryCase {
        system: System::of_action(twin.action),
        path: twin.truth,
        options: twin.options,
    };
    let error = wrong(&unmeasured, |_| {});
    assert_eq!(error.path(), "boundary");
    assert!(error.to_string().contains("state 1"), "{error}");
}

#[test]
fn sweeps_that_do_not_end_keep_their_best_path() {
    let net = network(8, 1.0, IntegrationMethod::SymplecticEuler);
    let solution = by_newton(&net);
    let off = |s: &BoundarySolution| {
        let pairs = s.path.iter().zip(&solution.path);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let mut before = f64::INFINITY;
    for most in [1, 30, 200] {
        let s = net.solve_with(|o| {
            o.method = Method::ForwardBackward;
            o.max_iterations = Some(most);
        });
        assert_eq!(s.status, BoundaryStatus::NotConverged);
        assert_eq!(s.failure.as_ref().unwrap().path(), "maxIterations");
        assert_eq!(s.iterations, most);
        assert!(off(&s) < 0.5 * before, "{most}: {} {before}", off(&s));
        before = off(&s);
    }
    // Where the flow leaves all numbers there is nothing to sweep back.
    let cubic = ModelBuilder::new("cubic").states(["x"]);
    let cubic = cubic.flow(|s, _| vec![s[0] * s[0] * s[0]]).unwrap();
    let data = at_ends(2, 1.0, &[1.0], &[1.0]);
    let precisions = [1.0.into(), 1.0.into()];
    let integrator = IntegrationMethod::SymplecticEuler;
    let mut far = case(
        Arc::new(cubic),
        &data,
        precisions,
        vec![1e70; 3],
        integrator,
    );
    let s = far.solve(Method::ForwardBackward);
    assert!(matches!(s.failure, Some(Error::NotFinite { .. })), "{s:?}");
    assert_eq!(s.path, [1e70; 3]);
    // Here the states stay finite, but not the gradient.
    far.path = vec![2e32; 3];
    let s = far.solve(Method::ForwardBackward);
    let failure = s.failure.unwrap();
    assert_eq!(failure.path(), "rate", "{failure}");
}
