// Functions of the model language, applied to expressions and numbers.
import { call, comparison, type Condition, type Expression, type Operand } from "./expression.js";

/** Absolute value, `|x|`. */
export const abs = (x: Operand): Expression => call("abs", x);
/** Sign of x: -1, 0 or 1. */
export const sign = (x: Operand): Expression => call("sign", x);
/** Exponential function, `e ^ x`. */
export const exp = (x: Operand): Expression => call("exp", x);
/** Natural logarithm of x. */
export const log = (x: Operand): Expression => call("log", x);
/** Decimal logarithm of x. */
export const log10 = (x: Operand): Expression => call("log10", x);
/** Largest whole number that does not exceed x. Its derivative is 0. */
export const floor = (x: Operand): Expression => call("floor", x);
/** Square root of x. */
export const sqrt = (x: Operand): Expression => call("sqrt", x);
/** Sine of x, an angle in radians. */
export const sin = (x: Operand): Expression => call("sin", x);
/** Cosine of x, an angle in radians. */
export const cos = (x: Operand): Expression => call("cos", x);
/** Tangent of x, an angle in radians. */
export const tan = (x: Operand): Expression => call("tan", x);
/** Inverse sine of x in radians, from -pi/2 to pi/2. */
export const asin = (x: Operand): Expression => call("asin", x);
/** Inverse cosine of x in radians, from 0 to pi. */
export const acos = (x: Operand): Expression => call("acos", x);
/** Inverse tangent of x in radians, from -pi/2 to pi/2. */
export const atan = (x: Operand): Expression => call("atan", x);
/** Angle of the point (x, y) in radians, from -pi to pi. */
export const atan2 = (y: Operand, x: Operand): Expression => call("atan2", y, x);
/** Hyperbolic sine of x. */
export const sinh = (x: Operand): Expression => call("sinh", x);
/** Hyperbolic cosine of x. */
export const cosh = (x: Operand): Expression => call("cosh", x);
/** Hyperbolic tangent of x. */
export const tanh = (x: Operand): Expression => call("tanh", x);

/** Natural logarithm of the gamma function of x; its derivatives are those of positive x. */
export const lgamma = (x: Operand): Expression => call("lgamma", x);

/** Smallest of two or more operands. */
export const min = (first: Operand, second: Operand, ...others: Operand[]): Expression =>
  call("min", first, second, ...others);
/** Largest of two or more operands. */
export const max = (first: Operand, second: Operand, ...others: Operand[]): Expression =>
  call("max", first, second, ...others);

/**
 * Value `a` where the condition holds, `b` elsewhere. The derivative is that of the branch taken.
 *
 * @example
 * ifElse(V.lessThan(-40), 0, V.plus(40));
 */
export const ifElse = (condition: Condition | Expression, a: Operand, b: Operand): Expression =>
  call("if", condition, a, b);

/** Condition `a < b`. */
export const lessThan = (a: Operand, b: Operand): Condition => comparison("<", a, b);
/** Condition `a <= b`. */
export const lessOrEqual = (a: Operand, b: Operand): Condition => comparison("<=", a, b);
/** Condition `a > b`. */
export const greaterThan = (a: Operand, b: Operand): Condition => comparison(">", a, b);
/** Condition `a >= b`. */
export const greaterOrEqual = (a: Operand, b: Operand): Condition => comparison(">=", a, b);
/** Condition `a == b`. */
export const equalTo = (a: Operand, b: Operand): Condition => comparison("==", a, b);

/** Functions by name that an equation written as a function gets beside the model's own names. */
export const functions = {
  abs,
  acos,
  asin,
  atan,
  atan2,
  cos,
  cosh,
  equalTo,
  exp,
  floor,
  greaterOrEqual,
  greaterThan,
  ifElse,
  lessOrEqual,
  lessThan,
  lgamma,
  log,
  log10,
  max,
  min,
  sign,
  sin,
  sinh,
  sqrt,
  tan,
  tanh,
} as const;

/** Functions of the model language by name, as part of the {@link Scope} of an equation. */
export type Functions = typeof functions;
