//! Random expressions: the values and first two derivatives of a model, against dual numbers that
//! evaluate the same expression independently.

use least_action::model::{Expression, Model, ModelBuilder, Points, Scratch, Sparsity};
use num_dual::{Dual64, DualNum, HyperDual64};
use proptest::prelude::*;

mod random;
use random::{build, tree, Tree, PARAMETERS, STATES};

const VARIABLES: usize = STATES + PARAMETERS;

fn evaluate<T: DualNum<Primitive = f64> + Copy>(tree: &Tree, x: &[T], p: &[T]) -> T {
    match tree {
        Tree::State(i) => x[*i],
        Tree::Parameter(i) => p[*i],
        Tree::Constant(c) => T::from(*c),
        Tree::One(f, a) => {
            let a = evaluate(a, x, p);
            match f {
                0 => -a,
                1 => (a * a + 1.0).sqrt(),
                2 => a.tanh().exp(),
                3 => (a * a + 1.0).ln(),
                4 => a.sin(),
                5 => a.cos(),
                6 => a.tanh(),
                7 => a.tanh() * a.tanh() * a.tanh(),
                8 => (a.tanh() * 0.9).tan(),
                9 => (a.tanh() * 0.9).asin(),
                10 => (a.tanh() * 0.9).acos(),
                11 => a.atan(),
                12 => a.tanh().sinh(),
                13 => a.tanh().cosh(),
                14 | 15 => {
                    if a.re() == 0.0 {
                        T::from(0.0)
                    } else if a.re() > 0.0 {
                        a
                    } else {
                        -a
                    }
                }
                16 => a - (a.re() * 0.37 + 0.123).floor(),
                17 if a.re() > 0.1 => a.ln(),
                17 | 18 => a,
                19 if a.re().abs() < 0.1 => T::from(10.0),
                19 => T::from(1.0) / a,
                20 => (a * a + 0.5).powf(1.7),
                _ if a.re() > 0.0 => a.powf(2.5),
                _ => T::from(0.0),
            }
        }
        Tree::Two(f, a, b) => {
            let (a, b) = (evaluate(a, x, p), evaluate(b, x, p));
            match f {
                0 => a + b,
                1 => a - b,
                2 => a.tanh() * b,
                3 => a / (b * b + 1.0),
                4 if a.re() <= b.re() => a,
                4 => b,
                5 if a.re() >= b.re() => a,
                5 => b,
                6 => (a.sin() + 1.5).powd(b.tanh()),
                7 => a.atan2(b * b + 1.0),
                _ if a.re() > b.re() => (a - b).sqrt() * (a - b),
                _ => (b - a) * (b - a),
            }
        }
        Tree::Select(c, a, b) => {
            let taken = if evaluate(c, x, p).re() < 0.3 { a } else { b };
            evaluate(taken, x, p)
        }
    }
}

fn close(ours: f64, theirs: f64, size: f64) -> bool {
    // Dual numbers divide by cosh for tanh, and where that is infinite they say nothing.
    theirs.is_nan() || (ours - theirs).abs() <= 1e-9 * (1.0 + size)
}

/// One point's entries of a sparse matrix as a full one.
fn full(sparsity: &Sparsity, values: &[f64]) -> Vec<[f64; VARIABLES]> {
    (0..sparsity.rows())
        .map(|row| {
            let mut full = [0.0; VARIABLES];
            for entry in sparsity.starts[row]..sparsity.starts[row + 1] {
                full[sparsity.columns[entry]] = values[entry];
            }
            full
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn values_and_vector_jacobian_products_match_dual_numbers(
        trees in prop::collection::vec(tree(), STATES),
        points in 1usize..9,
        numbers in prop::collection::vec(-1.5f64..1.5, 80),
    ) {
        let model = build(&trees);
        let path = &numbers[..points * STATES];
        let adjoint = &numbers[30..30 + points * STATES];
        let parameters = &numbers[60..60 + PARAMETERS];
        let mut scratch = Scratch::default();
        let at = Points { states: path, parameters, ..Points::default() };
        let mut derivative = vec![0.0; path.len()];
        model.evaluate(&mut scratch, at, &mut derivative);
        // Not zero, as gradients are added to what is there.
        let mut path_gradient = vec![0.25; path.len()];
        let mut parameter_gradient = vec![0.25; PARAMETERS];
        model.pull_back(&mut scratch, at, adjoint, &mut path_gradient, &mut parameter_gradient);

        let dual = |v: &[f64]| v.iter().map(|&v| Dual64::from(v)).collect::<Vec<_>>();
        let p = dual(parameters);
        let mut expected = [0.25; PARAMETERS];
        let mut size = 0.0;
        for n in 0..points {
            let rows = n * STATES..(n + 1) * STATES;
            let (x, w) = (dual(&path[rows.clone()]), &adjoint[rows.clone()]);
            let product = |x: &[Dual64], p: &[Dual64]| -> f64 {
                trees.iter().zip(w).map(|(t, w)| w * evaluate(t, x, p).eps).sum()
            };
            for i in 0..STATES {
                let value = evaluate(&trees[i], &x, &p).re;
                prop_assert!(close(derivative[n * STATES + i], value, value.abs()));
                let mut x = x.clone();
                x[i] = x[i].derivative();
                let slope = 0.25 + product(&x, &p);
                let ours = path_gradient[n * STATES + i];
                prop_assert!(close(ours, slope, slope.abs()), "{ours} against {slope}");
            }
            for (k, sum) in expected.iter_mut().enumerate() {
                let mut p = p.clone();
                p[k] = p[k].derivative();
                let slope = product(&x, &p);
                *sum += slope;
                size += slope.abs();
            }
        }
        for (ours, theirs) in parameter_gradient.iter().zip(expected) {
            prop_assert!(close(*ours, theirs, size), "{ours} against {theirs}");
        }
    }

    #[test]
    fn jacobians_and_second_derivatives_match_hyperdual_numbers(
        trees in prop::collection::vec(tree(), STATES),
        numbers in prop::collection::vec(-1.5f64..1.5, 2 * STATES + PARAMETERS),
    ) {
        let model = build(&trees);
        let (states, rest) = numbers.split_at(STATES);
        let (adjoint, parameters) = rest.split_at(STATES);
        let at = Points { states, parameters, ..Points::default() };
        let mut scratch = Scratch::default();
        let mut jacobian = vec![0.0; model.jacobian_sparsity().entries()];
        model.jacobian(&mut scratch, at, &mut jacobian);
        let jacobian = full(model.jacobian_sparsity(), &jacobian);
        let mut curvature = vec![0.0; model.curvature_sparsity().entries()];
        model.curvature(&mut scratch, at, adjoint, &mut curvature);
        let curvature = full(model.curvature_sparsity(), &curvature);

        for i in 0..VARIABLES {
            for j in 0..=i {
                let mut v: Vec<HyperDual64> =
                    states.iter().chain(parameters).map(|&v| v.into()).collect();
                v[i] = v[i].derivative1();
                v[j] = v[j].derivative2();
                let values: Vec<HyperDual64> =
                    trees.iter().map(|t| evaluate(t, &v[..STATES], &v[STATES..])).collect();
                for (row, value) in jacobian.iter().zip(&values) {
                    let (found, known) = (row[i], value.eps1);
                    prop_assert!(close(found, known, known.abs()), "{found} against {known}");
                }
                let terms = values.iter().zip(adjoint).map(|(value, w)| w * value.eps1eps2);
                let (sum, size) =
                    terms.fold((0.0, 0.0), |(sum, size), t| (sum + t, size + f64::abs(t)));
                let found = curvature[i][j];
                prop_assert!(close(found, sum, size), "{found} against {sum} at {i}, {j}");
            }
        }
    }
}

/// The value and both derivatives of an expression in one state.
fn at(x: f64, equation: impl for<'g> Fn(Expression<'g>) -> Expression<'g>) -> [f64; 3] {
    let model = ModelBuilder::new("one")
        .states(["x"])
        .flow(|x, _| vec![equation(x[0])])
        .unwrap();
    let (states, mut scratch) = ([x], Scratch::default());
    let at = Points {
        states: &states,
        ..Points::default()
    };
    let (mut value, mut slope, mut second) = ([0.0], [0.0], [0.0]);
    model.evaluate(&mut scratch, at, &mut value);
    model.pull_back(&mut scratch, at, &[1.0], &mut slope, &mut []);
    if model.curvature_sparsity().entries() > 0 {
        model.curvature(&mut scratch, at, &[1.0], &mut second);
    }
    [value[0], slope[0], second[0]]
}

#[test]
fn kinks_have_the_documented_derivatives() {
    assert_eq!(at(0.0, |x| x.abs()), [0.0, 0.0, 0.0]);
    assert_eq!(at(0.0, |x| x.max(0.0)), [0.0, 1.0, 0.0]);
    assert_eq!(at(0.0, |x| x.min(-x)), [0.0, 1.0, 0.0]);
    assert_eq!(at(0.0, |x| x.signum()), [0.0, 0.0, 0.0]);
    assert_eq!(at(2.0, |x| x.floor()), [2.0, 0.0, 0.0]);
    // The derivative of a power at 0 must not be 0 times infinity.
    assert_eq!(at(0.0, |x| x.pow(2.2)), [0.0, 0.0, 0.0]);
    assert_eq!(at(0.0, |x| x.pow(2.5)), [0.0, 0.0, 0.0]);
    assert_eq!(at(1.0, |x| (x - x + 0.0).pow(x)), [0.0, 0.0, 0.0]);
}

#[test]
fn branches_that_are_not_taken_leave_no_trace() {
    fn guarded<'g>(x: Expression<'g>) -> Expression<'g> {
        Expression::select(x.gt(0.0), x.ln(), 0.0)
    }
    assert_eq!(at(0.0, guarded), [0.0; 3]);
    assert_eq!(at(-1.0, guarded), [0.0; 3]);
    // One root appears under two conditions, and one condition within another.
    fn two<'g>(x: Expression<'g>) -> Expression<'g> {
        let root = x.sqrt();
        let first = Expression::select(x.gt(0.0), root, 0.0);
        first
            + Expression::select(
                x.gt(-0.5),
                Expression::select(x.gt(0.5), root * root, 1.0),
                x,
            )
    }
    assert_eq!(at(-1.0, two), [-1.0, 1.0, 0.0]);
    assert_eq!(at(-0.2, two), [1.0, 0.0, 0.0]);
    let [value, slope, second] = at(4.0, two);
    assert_eq!((value, slope), (6.0, 1.25));
    assert!((second + 0.25 * 0.125).abs() < 1e-15);
}
