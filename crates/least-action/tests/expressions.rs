//! Random expressions: what a model computes, and its derivatives, against dual numbers that evaluate the same expression by itself.

use least_action::model::{Expression, Model, ModelBuilder, Points, Scratch};
use num_dual::{Dual64, DualNum};
use proptest::prelude::*;

const STATES: usize = 3;
const PARAMETERS: usize = 2;

/// An expression as a tree.
#[derive(Debug, Clone)]
enum Tree {
    State(usize),
    Parameter(usize),
    Constant(f64),
    One(u8, Box<Tree>),
    Two(u8, Box<Tree>, Box<Tree>),
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (0..STATES).prop_map(Tree::State),
        (0..PARAMETERS).prop_map(Tree::Parameter),
        prop_oneof![Just(0.0), Just(1.0), Just(-1.0), -2.0..2.0].prop_map(Tree::Constant),
    ];
    leaf.prop_recursive(6, 40, 2, |inner| {
        prop_oneof![
            (0u8..8, inner.clone()).prop_map(|(f, a)| Tree::One(f, Box::new(a))),
            (0u8..4, inner.clone(), inner).prop_map(|(f, a, b)| Tree::Two(
                f,
                Box::new(a),
                Box::new(b)
            )),
        ]
    })
}

/// Arguments are kept where the functions are smooth and tame, by the same means on both sides.
fn trace<'g>(tree: &Tree, x: &[Expression<'g>], p: &[Expression<'g>]) -> Expression<'g> {
    match tree {
        Tree::State(i) => x[*i],
        Tree::Parameter(i) => p[*i],
        Tree::Constant(c) => x[0].constant(*c),
        Tree::One(f, a) => {
            let a = trace(a, x, p);
            match f {
                0 => -a,
                1 => (a * a + 1.0).sqrt(),
                2 => a.tanh().exp(),
                3 => (a * a + 1.0).ln(),
                4 => a.sin(),
                5 => a.cos(),
                6 => a.tanh(),
                _ => a.tanh().powi(3),
            }
        }
        Tree::Two(f, a, b) => {
            let (a, b) = (trace(a, x, p), trace(b, x, p));
            match f {
                0 => a + b,
                1 => a - b,
                2 => a.tanh() * b,
                _ => a / (b * b + 1.0),
            }
        }
    }
}

fn evaluate(tree: &Tree, x: &[Dual64], p: &[Dual64]) -> Dual64 {
    match tree {
        Tree::State(i) => x[*i],
        Tree::Parameter(i) => p[*i],
        Tree::Constant(c) => Dual64::from(*c),
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
                _ => a.tanh().powi(3),
            }
        }
        Tree::Two(f, a, b) => {
            let (a, b) = (evaluate(a, x, p), evaluate(b, x, p));
            match f {
                0 => a + b,
                1 => a - b,
                2 => a.tanh() * b,
                _ => a / (b * b + 1.0),
            }
        }
    }
}

fn close(ours: f64, theirs: f64, size: f64) -> bool {
    (ours - theirs).abs() <= 1e-11 * (1.0 + size)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn values_and_derivatives_match_dual_numbers(
        trees in prop::collection::vec(tree(), STATES),
        points in 1usize..9,
        numbers in prop::collection::vec(-1.5f64..1.5, 80),
    ) {
        let names = (0..STATES).map(|i| format!("x{i}"));
        let model = ModelBuilder::new("random")
            .states(names)
            .parameter("p0", 0.0, "")
            .parameter("p1", 0.0, "")
            .flow(|x, p| trees.iter().map(|t| trace(t, x, p)).collect())
            .unwrap();
        let path = &numbers[..points * STATES];
        let adjoint = &numbers[30..30 + points * STATES];
        let parameters = &numbers[60..60 + PARAMETERS];
        let mut scratch = Scratch::default();
        let at = Points { states: path, parameters, ..Points::default() };
        let mut derivative = vec![0.0; path.len()];
        model.evaluate(&mut scratch, at, &mut derivative);
        // Not zero: gradients are added to what is there.
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
}
