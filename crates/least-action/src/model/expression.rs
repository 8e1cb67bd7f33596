//! Writing models as mathematics in Rust: expressions with the usual operators.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::graph::{Binary, Graph, NodeId, Unary};

/// An expression in states and parameters. Copies are free; equal expressions are one.
///
/// ```
/// # use least_action::model::ModelBuilder;
/// let model = ModelBuilder::new("decay")
///     .states(["x"])
///     .parameter("rate", 0.5, "rate of decay")
///     .flow(|x, p| vec![-p[0] * x[0]])?;
/// # Ok::<(), least_action::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Expression<'g> {
    pub(super) graph: &'g RefCell<Graph>,
    pub(super) id: NodeId,
}

impl<'g> Expression<'g> {
    fn of(self, id: NodeId) -> Self {
        Expression { id, ..self }
    }

    fn unary(self, function: Unary) -> Self {
        let id = self.graph.borrow_mut().unary(function, self.id);
        self.of(id)
    }

    fn binary(self, function: Binary, other: Self) -> Self {
        let id = self.graph.borrow_mut().binary(function, self.id, other.id);
        self.of(id)
    }

    /// A constant in the same graph.
    pub fn constant(self, value: f64) -> Self {
        let id = self.graph.borrow_mut().constant(value);
        self.of(id)
    }

    /// The exponential function.
    pub fn exp(self) -> Self {
        self.unary(Unary::Exp)
    }

    /// The natural logarithm.
    pub fn ln(self) -> Self {
        self.unary(Unary::Log)
    }

    /// The square root.
    pub fn sqrt(self) -> Self {
        self.unary(Unary::Sqrt)
    }

    /// The sine, of an angle in radians.
    pub fn sin(self) -> Self {
        self.unary(Unary::Sin)
    }

    /// The cosine, of an angle in radians.
    pub fn cos(self) -> Self {
        self.unary(Unary::Cos)
    }

    /// The hyperbolic tangent.
    pub fn tanh(self) -> Self {
        self.unary(Unary::Tanh)
    }

    /// A whole power, by repeated multiplication.
    pub fn powi(self, power: i32) -> Self {
        let positive = self.power(power.unsigned_abs());
        if power < 0 {
            self.constant(1.0) / positive
        } else {
            positive
        }
    }

    fn power(self, power: u32) -> Self {
        match power {
            0 => self.constant(1.0),
            1 => self,
            even if even % 2 == 0 => {
                let half = self.power(even / 2);
                half * half
            }
            odd => self * self.power(odd - 1),
        }
    }
}

impl Neg for Expression<'_> {
    type Output = Self;
    fn neg(self) -> Self {
        self.unary(Unary::Negate)
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident, $binary:ident) => {
        impl<'g> $trait for Expression<'g> {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                self.binary(Binary::$binary, other)
            }
        }
        impl<'g> $trait<f64> for Expression<'g> {
            type Output = Self;
            fn $method(self, other: f64) -> Self {
                self.binary(Binary::$binary, self.constant(other))
            }
        }
        impl<'g> $trait<Expression<'g>> for f64 {
            type Output = Expression<'g>;
            fn $method(self, other: Expression<'g>) -> Expression<'g> {
                other.constant(self).binary(Binary::$binary, other)
            }
        }
    };
}

operator!(Add, add, Add);
operator!(Sub, sub, Subtract);
operator!(Mul, mul, Multiply);
operator!(Div, div, Divide);
