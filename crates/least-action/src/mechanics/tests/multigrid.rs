//! Two levels in time: the path of the fine steps, by problems of long ones.

use super::cases::{assert_same, network, oscillator, BoundaryCase};
use super::*;
use BoundaryMethod as Method;

fn by_multigrid(case: &BoundaryCase, points_per_segment: usize) -> BoundarySolution {
    case.solve_with(|o| {
        o.method = Method::Multigrid;
        o.points_per_segment = points_per_segment;
    })
}

#[test]
fn long_steps_that_are_corrected_give_the_path_of_the_fine_ones() {
    for integrator in [
        IntegrationMethod::SymplecticEuler,
        IntegrationMethod::StormerVerlet,
        IntegrationMethod::ImplicitMidpoint,
        IntegrationMethod::GaussLegendre4,
        IntegrationMethod::Rk4,
    ] {
        for (what, case) in [
            ("oscillator", oscillator(16, integrator)),
            ("network", network(16, 10.0, integrator)),
        ] {
            let shooting = case.solve(Method::MultipleShooting);
            // The last segment may be shorter than the others.
            for segment in [2, 3, 4] {
                let what = format!("{what}, {}, {segment}", integrator.name());
                let solution = by_multigrid(&case, segment);
                assert_same(&shooting, &solution, 1e-8, &what);
                assert!(
                    solution.residual < 1e-9 && solution.boundary_error < 1e-9,
                    "{what}"
                );
            }
        }
    }
}

#[test]
fn steps_between_points_are_fine_steps_too() {
    let mut case = network(8, 1.0, IntegrationMethod::ImplicitMidpoint);
    case.options.steps_per_point = 4;
    let shooting = case.solve(Method::MultipleShooting);
    for segment in [1, 2] {
        let solution = by_multigrid(&case, segment);
        assert_same(&shooting, &solution, 1e-8, "steps between points");
        assert!(solution.iterations > 2);
    }
    // Long steps that are the fine ones need no correction.
    case.options.steps_per_point = 1;
    let solution = by_multigrid(&case, 1);
    assert_same(
        &case.solve(Method::MultipleShooting),
        &solution,
        1e-8,
        "one level",
    );
    assert_eq!(solution.iterations, 2);
}

#[test]
fn measurements_may_lie_inside_of_segments() {
    let twin = super::boundary::lorenz63_twin(61, 100.0);
    let case = BoundaryCase {
        system: System::of_action(twin.action),
        path: twin.truth,
        options: twin.options,
    };
    let shooting = case.solve(Method::MultipleShooting);
    for segment in [3, 5] {
        let solution = by_multigrid(&case, segment);
        println!("{segment}: {} iterations", solution.iterations);
        assert_same(
            &shooting,
            &solution,
            1e-7,
            &format!("segments of {segment}"),
        );
    }
}

#[test]
fn both_ends_of_a_pendulum_may_be_fixed() {
    let line: Vec<f64> = (0..=40).map(|n| n as f64 / 40.0).collect();
    let case = BoundaryCase {
        system: System::of_hamiltonian(pendulum()),
        path: line,
        options: BoundaryOptions {
            boundary: Boundary::Fixed,
            time_step: 0.05,
            ..BoundaryOptions::default()
        },
    };
    let solution = by_multigrid(&case, 5);
    let shooting = case.solve(Method::MultipleShooting);
    assert_same(&shooting, &solution, 1e-8, "pendulum");
    assert_eq!(solution.path[40], 1.0);
}

#[test]
fn layers_may_double() {
    let iterations = |layers: usize, segment: usize| {
        let case = network(layers, 1.0, IntegrationMethod::SymplecticEuler);
        let solution = by_multigrid(&case, segment);
        assert_same(
            &case.solve(Method::MultipleShooting),
            &solution,
            1e-8,
            "layers",
        );
        solution.iterations
    };
    let same_nodes = [16, 32, 64, 128].map(|layers| iterations(layers, layers / 8));
    let same_segments = [16, 32, 64, 128].map(|layers| iterations(layers, 4));
    println!("with 8 segments {same_nodes:?}, with segments of 4 {same_segments:?}");
    // Differences of long steps and fine ones tend to those of a long step and the flow.
    assert!(same_nodes[3] <= same_nodes[1] + 6);
    // With shorter segments in time there is less to correct.
    assert!(same_segments.windows(2).all(|w| w[1] <= w[0]));
}

#[test]
fn segments_that_are_too_long_are_told() {
    let case = network(8, 1.0, IntegrationMethod::SymplecticEuler);
    let solution = by_multigrid(&case, 8);
    assert_eq!(solution.status, BoundaryStatus::NotConverged);
    let failure = solution.failure.unwrap();
    assert_eq!(failure.path(), "method");
    assert!(
        failure.to_string().contains("pointsPerSegment"),
        "{failure}"
    );
    assert!(solution
        .path
        .iter()
        .chain(&solution.momentum)
        .all(|v| v.is_finite()));
    // Few iterations end with a path that is nearer than the first.
    let shooting = case.solve(Method::MultipleShooting);
    let off = |path: &[f64]| {
        let pairs = path.iter().zip(&shooting.path);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    };
    let few = case.solve_with(|o| {
        o.method = Method::Multigrid;
        o.points_per_segment = 2;
        o.max_iterations = Some(6);
    });
    assert_eq!(few.failure.as_ref().unwrap().path(), "maxIterations");
    assert!(off(&few.path) < 0.1 * off(&case.path), "{}", off(&few.path));
}
