//! Expressions with the usual operators: models written as mathematics in Rust.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};

use super::graph::{Binary, Graph, NodeId, Unary};

/// An expression in states, parameters, inputs and time. Copies are free; equal expressions are
/// stored once.
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

    pub(super) fn unary(self, function: Unary) -> Self {
        let id = self.graph.borrow_mut().unary(function, self.id);
        self.of(id)
    }

    pub(super) fn binary(self, function: Binary, other: Self) -> Self {
        let id = self.graph.borrow_mut().binary(function, self.id, other.id);
        self.of(id)
    }

    /// The value of a constant expression; `None` if it depends on states, parameters, inputs or
    /// time.
    pub(super) fn value(self) -> Option<f64> {
        self.graph.borrow().value(self.id)
    }

    /// A constant in the graph of this expression.
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

    /// The tangent, of an angle in radians.
    pub fn tan(self) -> Self {
        self.unary(Unary::Tan)
    }

    /// The arc sine: the angle in [-pi/2, pi/2] whose sine this is.
    pub fn asin(self) -> Self {
        self.unary(Unary::Asin)
    }

    /// The arc cosine: the angle in [0, pi] whose cosine this is.
    pub fn acos(self) -> Self {
        self.unary(Unary::Acos)
    }

    /// The arc tangent: the angle in (-pi/2, pi/2) whose tangent this is.
    pub fn atan(self) -> Self {
        self.unary(Unary::Atan)
    }

    /// The angle in [-pi, pi] of the point with this ordinate and the abscissa `x`.
    pub fn atan2(self, x: impl Operand<'g>) -> Self {
        self.binary(Binary::Atan2, x.within(self))
    }

    /// The hyperbolic sine.
    pub fn sinh(self) -> Self {
        self.unary(Unary::Sinh)
    }

    /// The hyperbolic cosine.
    pub fn cosh(self) -> Self {
        self.unary(Unary::Cosh)
    }

    /// The hyperbolic tangent.
    pub fn tanh(self) -> Self {
        self.unary(Unary::Tanh)
    }

    /// The absolute value. Its derivative at 0 is taken as 0.
    pub fn abs(self) -> Self {
        self.unary(Unary::Abs)
    }

    /// The natural logarithm of the gamma function. Its derivatives are those of positive
    /// arguments.
    pub fn ln_gamma(self) -> Self {
        self.unary(Unary::LogGamma)
    }

    /// The sign: -1, 0 or 1. Its derivative is 0 everywhere.
    pub fn signum(self) -> Self {
        self.unary(Unary::Sign)
    }

    /// The largest whole number that is not above this expression. Its derivative is 0 everywhere.
    pub fn floor(self) -> Self {
        self.unary(Unary::Floor)
    }

    /// The smaller of this and `other`. Where they are equal, the derivative is that of `self`.
    pub fn min(self, other: impl Operand<'g>) -> Self {
        self.binary(Binary::Min, other.within(self))
    }

    /// The larger of this and `other`. Where they are equal, the derivative is that of `self`.
    pub fn max(self, other: impl Operand<'g>) -> Self {
        self.binary(Binary::Max, other.within(self))
    }

    /// A power with a real exponent. Constant exponents that are whole become multiplications, 0.5
    /// the square root. The derivative in an exponent that is not constant is taken as 0 where the
    /// base is not positive.
    pub fn pow(self, exponent: impl Operand<'g>) -> Self {
        self.binary(Binary::Power, exponent.within(self))
    }

    /// A power with a whole exponent, by repeated multiplication.
    pub fn powi(self, power: i32) -> Self {
        let whole = self
            .graph
            .borrow_mut()
            .whole_power(self.id, power.unsigned_abs());
        if power < 0 {
            self.constant(1.0) / self.of(whole)
        } else {
            self.of(whole)
        }
    }

    /// Comparison: 1 where this is less than `other`, else 0; a condition for
    /// [`Expression::select`]. Its derivative is 0 everywhere.
    pub fn lt(self, other: impl Operand<'g>) -> Self {
        self.binary(Binary::Less, other.within(self))
    }

    /// Comparison: 1 where this is at most `other`, else 0. Its derivative is 0 everywhere.
    pub fn le(self, other: impl Operand<'g>) -> Self {
        self.binary(Binary::LessOrEqual, other.within(self))
    }

    /// Comparison: 1 where this is greater than `other`, else 0. Its derivative is 0 everywhere.
    pub fn gt(self, other: impl Operand<'g>) -> Self {
        other.within(self).binary(Binary::Less, self)
    }

    /// Comparison: 1 where this is at least `other`, else 0. Its derivative is 0 everywhere.
    pub fn ge(self, other: impl Operand<'g>) -> Self {
        other.within(self).binary(Binary::LessOrEqual, self)
    }

    /// Comparison: 1 where this equals `other`, else 0. Its derivative is 0 everywhere.
    pub fn equals(self, other: impl Operand<'g>) -> Self {
        self.binary(Binary::Equal, other.within(self))
    }

    /// Chooses `a` where `condition` is not 0, else `b`. The branch that is not taken has no part
    /// in value or derivatives, even where it is not finite.
    ///
    /// ```
    /// # use least_action::model::{Expression, ModelBuilder};
    /// let model = ModelBuilder::new("leak")
    ///     .states(["x"])
    ///     .flow(|x, _| vec![Expression::select(x[0].gt(0.0), -x[0].sqrt(), 0.0)])?;
    /// # Ok::<(), least_action::Error>(())
    /// ```
    pub fn select(condition: Self, a: impl Operand<'g>, b: impl Operand<'g>) -> Self {
        let (a, b) = (a.within(condition), b.within(condition));
        let id = condition
            .graph
            .borrow_mut()
            .select(condition.id, a.id, b.id);
        condition.of(id)
    }
}

/// Second operand of a function of two arguments: an expression or a number.
pub trait Operand<'g> {
    /// Converts the operand to an expression in the graph of `other`.
    fn within(self, other: Expression<'g>) -> Expression<'g>;
}

impl<'g> Operand<'g> for Expression<'g> {
    fn within(self, _: Expression<'g>) -> Expression<'g> {
        self
    }
}

impl<'g> Operand<'g> for f64 {
    fn within(self, other: Expression<'g>) -> Expression<'g> {
        other.constant(self)
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
