//! Tests of the structured minimiser on small problems whose minimum is known by other ways.

mod chain;
mod small;

use chain::Chain;
use small::{Line, Logarithm, Stuck, Valleys};

use super::super::blocks::tests::noise;
use super::super::{Assembly, BlockMatrix, Bounds, StopReason};
use super::*;
use crate::solve::Layout;

const EXACT: Structured = Structured {
    hessian: Hessian::Exact,
    max_iterations: 200,
    tolerance: 1e-12,
};

const GAUSS_NEWTON: Structured = Structured {
    hessian: Hessian::GaussNewton,
    ..EXACT
};

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter()
        .zip(b)
        .fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()))
}

fn free_bounds(chain: &Chain) -> Bounds {
    let n = chain.layout.unknowns();
    Bounds::new(vec![f64::NEG_INFINITY; n], vec![f64::INFINITY; n]).unwrap()
}

#[test]
fn a_search_that_is_left_and_taken_up_again_has_the_bits_of_one_that_is_not() {
    for hessian in [Hessian::GaussNewton, Hessian::Exact] {
        let options = Structured { hessian, ..EXACT };
        let mut ends = Vec::new();
        for paused in [false, true] {
            let mut chain = Chain::new([12, 9], 3);
            let mut x = chain.start();
            let mut workspace = Workspace::new(&chain).unwrap();
            let mut model = BlockQuadratic {
                memory: &mut workspace.blocks,
                problem: &mut chain,
                hessian,
            };
            let memory = &mut workspace.vectors;
            let mut search = Search::begin(&options, memory, &mut model, &mut x).unwrap();
            let (value, iterations) = match paused {
                false => {
                    let minimum = search.run();
                    (minimum.value, minimum.iterations)
                }
                true => {
                    while search.advance().is_none() {
                        let at = search.pause();
                        let memory = &mut workspace.vectors;
                        search = Search::resume(&options, memory, &mut model, &mut x, at);
                    }
                    let value = search.value();
                    (value, search.pause().iterations)
                }
            };
            assert!(iterations > 3, "{iterations}");
            ends.push((value.to_bits(), iterations, x));
        }
        assert_eq!(ends[0], ends[1]);
    }
}

#[test]
fn curvature_and_gradient_are_those_of_the_value() {
    let mut chain = Chain::new([4, 3], 1);
    let mut random = noise(7);
    let x: Vec<f64> = chain.start().iter().map(|x| x + random()).collect();
    let n = x.len();
    let mut gradient = vec![0.0; n];
    chain.evaluate(&x, &mut gradient).unwrap();
    let mut linearization = chain.linearization();
    chain.linearize(&x, &mut linearization).unwrap();
    let mut hessian = BlockMatrix::new(&chain.layout);
    let mut same = vec![0.0; n];
    Assembly::new(&chain.layout, &linearization).assemble(&linearization, &mut hessian, &mut same);
    assert!(
        distance(&gradient, &same) < 1e-9 * gradient.iter().fold(0.0, |m: f64, g| m.max(g.abs()))
    );
    chain.add_curvature(&x, &mut hessian).unwrap();
    for i in 0..n {
        let mut at = |h: f64| {
            let mut x = x.clone();
            x[i] += h;
            let mut gradient = vec![0.0; n];
            let value = chain.evaluate(&x, &mut gradient).unwrap();
            (value, gradient)
        };
        let (above, below) = (at(1e-4), at(-1e-4));
        assert!(
            (gradient[i] - (above.0 - below.0) / 2e-4).abs() < 1e-3,
            "{i}"
        );
        for j in 0..n {
            let expected = (above.1[j] - below.1[j]) / 2e-4;
            assert!((hessian.get(i, j) - expected).abs() < 1e-4, "{i} {j}");
        }
    }
}

#[test]
fn the_minimum_is_that_of_a_dense_search() {
    let mut chain = Chain::new([12, 9], 3);
    let (mut x, mut y) = (chain.start(), chain.start());
    let newton = EXACT.minimize(&mut chain, &mut x).unwrap();
    let gauss = GAUSS_NEWTON.minimize(&mut chain, &mut y).unwrap();
    let (dense, value) = chain.dense_minimum(chain.start(), chain.layout.unknowns() - 1);
    assert!(
        (newton.value - value).abs() < 1e-9 * value,
        "{newton:?} {value}"
    );
    assert!(
        (gauss.value - value).abs() < 1e-9 * value,
        "{gauss:?} {value}"
    );
    assert!(distance(&x, &dense) < 1e-4 && distance(&y, &dense) < 1e-4);
    // What nothing depends on stays where it was.
    assert_eq!([x[x.len() - 1], y[y.len() - 1]], [3.0, 3.0]);
    assert!(newton.stop.settled() && gauss.stop.settled());
    assert!(newton.active_bounds.is_empty());
}

/// Checks the number of steps. A lost factor of two in the work would show here.
#[test]
fn work_counts() {
    let counts = |options: Structured| {
        let mut chain = Chain::new([60, 41], 5);
        let mut x = chain.start();
        for (n, x) in x.iter_mut().enumerate() {
            *x += [0.0, 15.0, -30.0, 12.0, 9.0][n % 5];
        }
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert_eq!(minimum.evaluations, chain.calls);
        assert_eq!(minimum.stop, StopReason::ValueSettled);
        [
            minimum.iterations,
            minimum.evaluations,
            minimum.factorizations,
        ]
    };
    let all = [GAUSS_NEWTON, EXACT, Structured::default()].map(counts);
    assert_eq!(all, [[6, 7, 6], [16, 17, 21], [5, 6, 5]]);
}

#[test]
fn the_scale_of_the_value_changes_nothing() {
    for options in [GAUSS_NEWTON, EXACT] {
        let run = |scale: f64| {
            let mut chain = Chain::new([30, 21], 5);
            chain.bounds = Some(free_bounds(&chain));
            if let Some(bounds) = &mut chain.bounds {
                bounds.upper[10] = -1.0;
            }
            chain.scale = scale;
            let mut x = chain.start();
            let mut minimum = options.minimize(&mut chain, &mut x).unwrap();
            minimum.value /= scale;
            (x, minimum)
        };
        let reference = run(1.0);
        assert_eq!(reference.1.active_bounds, [10]);
        for exponent in [-200, -40, 40, 200] {
            assert_eq!(run(2f64.powi(exponent)), reference, "2^{exponent}");
        }
    }
}

#[test]
fn bounds_hold_and_let_go() {
    for options in [GAUSS_NEWTON, EXACT] {
        let mut chain = Chain::new([20, 9], 11);
        let rho = chain.layout.path_length();
        let mut free = chain.start();
        let lowest = options.minimize(&mut chain, &mut free).unwrap();

        // Bounds that the minimum respects change nothing of it, also if the search begins at one
        // or outside.
        let mut bounds = free_bounds(&chain);
        for (i, &x) in free.iter().enumerate() {
            (bounds.lower[i], bounds.upper[i]) = (x - 0.1, x + 0.2);
        }
        chain.bounds = Some(bounds);
        let mut x = chain.start();
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert!(
            (minimum.value - lowest.value).abs() < 1e-9 * lowest.value,
            "{minimum:?} {lowest:?}"
        );
        assert!(distance(&x, &free) < 1e-4);

        // One that it does not respect is kept exactly; the rest is the minimum with rho fixed
        // there.
        let mut bounds = free_bounds(&chain);
        bounds.upper[rho] = free[rho] - 1.0;
        chain.bounds = Some(bounds.clone());
        let mut x = chain.start();
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert_eq!(minimum.active_bounds, [rho]);
        assert_eq!(x[rho], free[rho] - 1.0);
        let (dense, value) = chain.dense_minimum(x.clone(), rho);
        assert!(
            (minimum.value - value).abs() < 1e-8 * value,
            "{minimum:?} {value}"
        );
        assert!(distance(&x, &dense) < 1e-4);

        // Everything fixed: nothing to do.
        bounds.lower.copy_from_slice(&x);
        bounds.upper.copy_from_slice(&x);
        chain.bounds = Some(bounds);
        let before = x.clone();
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert_eq!(
            (minimum.stop, minimum.evaluations),
            (StopReason::GradientSmall, 1)
        );
        assert_eq!(x, before);
        assert_eq!(minimum.active_bounds.len(), x.len());
    }
}

#[test]
fn every_reason_to_stop_is_told() {
    let mut chain = Chain::new([20, 9], 2);
    let run = |chain: &mut Chain, options: Structured| {
        let mut x = chain.start();
        (options.minimize(chain, &mut x), x)
    };
    let few = Structured {
        max_iterations: 2,
        ..GAUSS_NEWTON
    };
    let (minimum, _) = run(&mut chain, few);
    let minimum = minimum.unwrap();
    assert_eq!(
        (minimum.stop, minimum.iterations),
        (StopReason::IterationLimit, 2)
    );

    chain.calls = 0;
    chain.interrupt_after = 3;
    let (minimum, x) = run(&mut chain, GAUSS_NEWTON);
    let minimum = minimum.unwrap();
    assert_eq!(
        (minimum.stop, minimum.evaluations),
        (StopReason::Interrupted, 3)
    );
    assert_eq!(
        minimum.value,
        chain.evaluate(&x, &mut vec![0.0; x.len()]).unwrap()
    );
    chain.interrupt_after = usize::MAX;

    // No step at all is finite.
    let start = chain.start();
    let mut stuck = Stuck {
        chain,
        start: start.clone(),
    };
    let mut x = start.clone();
    let minimum = GAUSS_NEWTON.minimize(&mut stuck, &mut x).unwrap();
    assert_eq!((minimum.stop, x), (StopReason::NotFinite, start.clone()));

    let mut x = start;
    x[0] = f64::NAN;
    assert!(GAUSS_NEWTON.minimize(&mut stuck, &mut x).is_err());
    assert!(GAUSS_NEWTON.minimize(&mut stuck, &mut x[1..]).is_err());
}

#[test]
fn steps_into_nonsense_are_shortened() {
    // At the start the exact Hessian is negative, too.
    for options in [GAUSS_NEWTON, EXACT] {
        let mut x = [std::f64::consts::E];
        let mut problem = Logarithm(Layout::new(1, 1, 0, vec![0]).unwrap());
        let minimum = options.minimize(&mut problem, &mut x).unwrap();
        assert!((x[0] - (-3f64).exp()).abs() < 1e-6, "{x:?} {minimum:?}");
        assert!(minimum.stop.settled(), "{minimum:?}");
    }
}

/// Checks ratios up to where normal equations keep no digit, as on a ladder.
#[test]
fn large_ratios_of_weights() {
    for options in [GAUSS_NEWTON, EXACT] {
        let mut chain = Chain::new([12, 9], 3);
        let mut x = chain.start();
        let mut factorizations = Vec::new();
        for exponent in (2..=20).step_by(2) {
            chain.precision = 10f64.powi(exponent);
            let minimum = options.minimize(&mut chain, &mut x).unwrap();
            factorizations.push(minimum.factorizations);
            assert!(minimum.stop.settled(), "1e{exponent}: {minimum:?}");
            if exponent == 14 || exponent == 20 {
                let (dense, value) = chain.dense_minimum(x.clone(), x.len() - 1);
                assert!(
                    (minimum.value - value).abs() < 1e-7 * value,
                    "1e{exponent}: {minimum:?} {value}"
                );
                assert!(
                    distance(&x, &dense) < 1e-3,
                    "1e{exponent}: {}",
                    distance(&x, &dense)
                );
            }
        }
        assert!(factorizations.iter().all(|&f| f < 20), "{factorizations:?}");
    }
}

/// Checks columns that depend on each other, and weights that leave nothing of the data in normal
/// equations.
#[test]
fn the_square_root_form_steps_in() {
    for precision in [1e4, 1e12, 1e16, 1e20] {
        let points = 16;
        let mut line = Line::new(points, precision);
        let mut workspace = Workspace::new(&line).unwrap();
        let mut x = vec![0.0; points + 2];
        let minimum = GAUSS_NEWTON
            .minimize_in(&mut workspace, &mut line, &mut x)
            .unwrap();
        assert!(minimum.stop.settled(), "{minimum:?}");
        let slope = x[points] + x[points + 1];
        assert!(
            (slope - 2.0).abs() < 1e-5,
            "{precision:e}: {slope} {minimum:?}"
        );
        assert!(
            (minimum.value - 8.0).abs() < 1e-6 + 10.0 / precision,
            "{precision:e}: {minimum:?}"
        );
        assert!(minimum.factorizations < 20, "{minimum:?}");
        let used = workspace.blocks.square_root.is_some();
        assert!(
            used == (precision > 1e15) || precision == 1e16,
            "{precision:e}"
        );
    }
}

/// Checks that a linear problem takes one step, also where bounds are in its way. The active ones
/// are found in the quadratic model.
#[test]
fn bounds_in_the_way_of_a_step_cost_no_other() {
    let points = 16;
    let mut random = noise(4);
    for round in 0..40 {
        let mut line = Line::new(points, 1e6);
        let n = line.layout.unknowns();
        let mut x: Vec<f64> = (0..n).map(|_| 3.0 * random()).collect();
        let mut bounds = Bounds::new(vec![f64::NEG_INFINITY; n], vec![f64::INFINITY; n]).unwrap();
        // The free slope is 2, the sum of the two.
        for p in [points, points + 1] {
            bounds.upper[p] = 0.5 + 0.4 * random().abs();
            x[p] = x[p].min(bounds.upper[p]);
        }
        for i in 0..round % 8 {
            bounds.upper[2 * i] = x[2 * i].max(3.0 + random());
        }
        line.bounds = Some(bounds.clone());
        let minimum = GAUSS_NEWTON.minimize(&mut line, &mut x).unwrap();
        assert!(minimum.iterations <= 6, "{round}: {minimum:?}");
        assert!(minimum.stop.settled(), "{minimum:?}");
        assert!(!minimum.active_bounds.is_empty());

        // What is at a bound is pushed outwards, and the rest is at rest.
        let mut now = line.linearization();
        line.linearize(&x, &mut now).unwrap();
        let mut gradient = vec![0.0; n];
        let mut hessian = BlockMatrix::new(&line.layout);
        Assembly::new(&line.layout, &now).assemble(&now, &mut hessian, &mut gradient);
        for (i, gradient) in gradient.into_iter().enumerate() {
            let active = minimum.active_bounds.contains(&i);
            assert_eq!(x[i] >= bounds.upper[i], active, "{i}");
            assert!(
                gradient < 1e-4 && (active || gradient > -1e-4),
                "{i} {gradient}"
            );
        }
    }
}

/// Checks that steps follow the floor of a curved valley instead of being shortened until they do
/// not leave it.
#[test]
fn curved_valleys_are_followed() {
    let points = 20;
    let mut couples = vec![1; points];
    couples[points - 1] = 0;
    let mut valleys = Valleys(Layout::new(2, points, 0, couples).unwrap());
    let mut x = [-1.2, 1.0].repeat(points);
    let minimum = GAUSS_NEWTON.minimize(&mut valleys, &mut x).unwrap();
    assert!(distance(&x, &vec![1.0; 2 * points]) < 1e-9, "{minimum:?}");
    let work = [minimum.iterations, minimum.evaluations];
    assert_eq!(work, [4, 5], "{minimum:?}");
}

#[test]
fn exact_fits_are_found_and_left_alone() {
    // Each data set is a single point: the data can be met.
    let mut chain = Chain::new([1, 1], 2);
    let mut x = chain.start();
    x[0] += 1.0;
    for options in [GAUSS_NEWTON, EXACT] {
        let minimum = options.minimize(&mut chain, &mut x).unwrap();
        assert!(
            minimum.value < 1e-12 && minimum.stop.settled(),
            "{minimum:?}"
        );
    }
}

#[test]
fn options_are_checked() {
    let path = |options: Structured| {
        options
            .validate("minimizer")
            .unwrap_err()
            .path()
            .to_string()
    };
    let none = Structured {
        max_iterations: 0,
        ..EXACT
    };
    assert_eq!(path(none), "minimizer.maxIterations");
    for tolerance in [0.0, 1.0, f64::NAN] {
        assert_eq!(
            path(Structured { tolerance, ..EXACT }),
            "minimizer.tolerance"
        );
    }
    assert!(Structured::default().validate("minimizer").is_ok());
    assert!(Bounds::new(vec![0.0], vec![f64::NAN]).is_err());
    assert!(Bounds::new(vec![1.0], vec![0.0]).is_err());
    assert!(Bounds::new(vec![f64::INFINITY], vec![f64::INFINITY]).is_err());
    assert!(Bounds::new(vec![1.0], vec![]).is_err());

    struct Plain;
    impl Objective for Plain {
        fn evaluate(&mut self, _: &[f64], _: &mut [f64]) -> Result<f64> {
            Ok(0.0)
        }
    }
    assert!(EXACT.minimize(&mut Plain, &mut [0.0]).is_err());
}
