//! Random expressions.

use least_action::model::{EquationModel, Expression, ModelBuilder};
use proptest::prelude::*;

pub const STATES: usize = 3;
pub const PARAMETERS: usize = 2;

/// An expression as a tree.
#[derive(Debug, Clone)]
pub enum Tree {
    State(usize),
    Parameter(usize),
    Constant(f64),
    One(u8, Box<Tree>),
    Two(u8, Box<Tree>, Box<Tree>),
    Select(Box<Tree>, Box<Tree>, Box<Tree>),
}

pub fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        (0..STATES).prop_map(Tree::State),
        (0..PARAMETERS).prop_map(Tree::Parameter),
        prop_oneof![Just(0.0), Just(1.0), Just(-1.0), -2.0..2.0].prop_map(Tree::Constant),
    ];
    leaf.prop_recursive(6, 40, 3, |inner| {
        let next = || inner.clone().prop_map(Box::new);
        prop_oneof![
            4 => (0u8..22, next()).prop_map(|(f, a)| Tree::One(f, a)),
            4 => (0u8..9, next(), next()).prop_map(|(f, a, b)| Tree::Two(f, a, b)),
            1 => (next(), next(), next()).prop_map(|(c, a, b)| Tree::Select(c, a, b)),
        ]
    })
}

/// Expression of a tree. Arguments are kept where the functions are smooth and moderate, by the
/// same means on both sides; in a branch that is not taken they may be anywhere.
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
                7 => a.tanh().powi(3),
                8 => (a.tanh() * 0.9).tan(),
                9 => (a.tanh() * 0.9).asin(),
                10 => (a.tanh() * 0.9).acos(),
                11 => a.atan(),
                12 => a.tanh().sinh(),
                13 => a.tanh().cosh(),
                14 => a.abs(),
                15 => a.signum() * a,
                16 => a - (a * 0.37 + 0.123).floor(),
                17 => Expression::select(a.gt(0.1), a.ln(), a),
                18 => Expression::select(a.le(0.1), 0.0, a.sqrt() / (a - 0.1)) * 0.0 + a,
                19 => Expression::select(a.abs().lt(0.1), 10.0, 1.0 / a),
                20 => (a * a + 0.5).pow(1.7),
                _ => a.max(0.0).pow(2.5),
            }
        }
        Tree::Two(f, a, b) => {
            let (a, b) = (trace(a, x, p), trace(b, x, p));
            match f {
                0 => a + b,
                1 => a - b,
                2 => a.tanh() * b,
                3 => a / (b * b + 1.0),
                4 => a.min(b),
                5 => a.max(b),
                6 => (a.sin() + 1.5).pow(b.tanh()),
                7 => a.atan2(b * b + 1.0),
                _ => Expression::select(a.gt(b), (a - b).sqrt() * (a - b), (b - a) * (b - a)),
            }
        }
        Tree::Select(c, a, b) => {
            let (c, a, b) = (trace(c, x, p), trace(a, x, p), trace(b, x, p));
            Expression::select(c.lt(0.3), a, b)
        }
    }
}

pub fn build(trees: &[Tree]) -> EquationModel {
    ModelBuilder::new("random")
        .states((0..STATES).map(|i| format!("x{i}")))
        .parameter("p0", 0.0, "")
        .parameter("p1", 0.0, "")
        .flow(|x, p| trees.iter().map(|t| trace(t, x, p)).collect())
        .unwrap()
}
