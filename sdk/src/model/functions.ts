// The functions of the model language for expressions and numbers.
import { call, comparison, type Condition, type Expression, type Operand } from "./expression.js";

/** |x| */
export const abs = (x: Operand): Expression => call("abs", x);
/** -1, 0 or 1. */
export const sign = (x: Operand): Expression => call("sign", x);
/** e ^ x */
export const exp = (x: Operand): Expression => call("exp", x);
/** The natural logarithm. */
export const log = (x: Operand): Expression => call("log", x);
/** The decimal logarithm. */
export const log10 = (x: Operand): Expression => call("log10", x);
/** The largest whole number up to x; its derivative is 0. */
export const floor = (x: Operand): Expression => call("floor", x);
export const sqrt = (x: Operand): Expression => call("sqrt", x);
export const sin = (x: Operand): Expression => call("sin", x);
export const cos = (x: Operand): Expression => call("cos", x);
export const tan = (x: Operand): Expression => call("tan", x);
export const asin = (x: Operand): Expression => call("asin", x);
export const acos = (x: Operand): Expression => call("acos", x);
export const atan = (x: Operand): Expression => call("atan", x);
/** The angle of the point (x, y), from -pi to pi. */
export const atan2 = (y: Operand, x: Operand): Expression => call("atan2", y, x);
export const sinh = (x: Operand): Expression => call("sinh", x);
export const cosh = (x: Operand): Expression => call("cosh", x);
export const tanh = (x: Operand): Expression => call("tanh", x);

/** The smallest of two or more. */
export const min = (first: Operand, second: Operand, ...others: Operand[]): Expression =>
  call("min", first, second, ...others);
/** The largest of two or more. */
export const max = (first: Operand, second: Operand, ...others: Operand[]): Expression =>
  call("max", first, second, ...others);

/**
 * `a` where the condition holds, else `b`. The derivative is that of the branch.
 *
 * @example
 * ifElse(V.lessThan(-40), 0, V.plus(40));
 */
export const ifElse = (condition: Condition | Expression, a: Operand, b: Operand): Expression =>
  call("if", condition, a, b);

/** a < b */
export const lessThan = (a: Operand, b: Operand): Condition => comparison("<", a, b);
/** a <= b */
export const lessOrEqual = (a: Operand, b: Operand): Condition => comparison("<=", a, b);
/** a > b */
export const greaterThan = (a: Operand, b: Operand): Condition => comparison(">", a, b);
/** a >= b */
export const greaterOrEqual = (a: Operand, b: Operand): Condition => comparison(">=", a, b);
/** a == b */
export const equalTo = (a: Operand, b: Operand): Condition => comparison("==", a, b);

/** What an equation written as a function finds beside the model's own names. */
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

export type Functions = typeof functions;
