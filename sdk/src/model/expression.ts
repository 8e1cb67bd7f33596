// Formulas in TypeScript: expressions with methods, and the template tag `expr`.
import { LeastActionError, wrongShape } from "../errors.js";
import { describe } from "../shape.js";
import { type ArithmeticOperator, childrenOf, type Comparison, type Node } from "./node.js";
import { absolute, levelOf, print } from "./print.js";

/** Operand of a formula: an expression or a number. */
export type Operand = Expression | number;

/** Maximum number of nodes of a formula that is printed as text, repetitions counted. */
const LONGEST_TEXT = 100_000;

/** Base class of expressions and conditions: a node of a formula with its text. */
abstract class Formula {
  /** @internal */
  readonly node: Node;

  /** @internal */
  constructor(node: Node) {
    this.node = node;
  }

  /**
   * Formula as text of the model language.
   *
   * @throws LeastActionError of code `wrongShape` for a formula that is too long to be written out.
   */
  toString(): string {
    const size = writtenOut(this.node);
    if (size > LONGEST_TEXT)
      throw wrongShape("expression", "is too long to be written out: put it in an expr`...`");
    return print(this.node, { path: "expression", names: new Map(), component: absolute });
  }

  /**
   * Text of the formula in an untagged template; JavaScript's own operators would silently give NaN
   * and are refused.
   *
   * @throws LeastActionError of code `wrongShape` where an operator such as `+` or `<` is used on
   *   an expression.
   */
  [Symbol.toPrimitive](hint: string): string {
    const text = this.toString();
    if (hint === "string") return levelOf(text) === 5 ? text : `(${text})`;
    const message =
      "JavaScript's operators do not work on expressions: " +
      "write a.plus(b), a.times(b), a.lessThan(b) ..., or expr`${a} + ${b}`";
    throw wrongShape(`expression ${text.slice(0, 50)}`, message);
  }
}

/** Number of nodes of a formula whose repetitions are written out. */
function writtenOut(root: Node): number {
  let count = 0;
  const left: Node[] = [root];
  for (let node = left.pop(); node !== undefined && count <= LONGEST_TEXT; node = left.pop()) {
    count += 1;
    left.push(...childrenOf(node));
  }
  return count;
}

/** Comparison of two operands, the condition of {@link ifElse}. */
export class Condition extends Formula {}

/**
 * Formula in the states, parameters and inputs of a model. Methods give new expressions; an
 * expression that is used twice is computed once.
 *
 * @example
 * defineModel({
 *   states: ["x", "v"], parameters: { k: 1 },
 *   equations: ({ x, v, k, sin }) => ({ x: v, v: sin(x).times(k).negated() }),
 * });
 */
export class Expression extends Formula {
  /** Sum, `this + other`. */
  plus(other: Operand): Expression {
    return binary("+", this, other);
  }
  /** Difference, `this - other`. */
  minus(other: Operand): Expression {
    return binary("-", this, other);
  }
  /** Product, `this * other`. */
  times(other: Operand): Expression {
    return binary("*", this, other);
  }
  /** Quotient, `this / other`. */
  dividedBy(other: Operand): Expression {
    return binary("/", this, other);
  }
  /** Power, `this ^ exponent`. Whole exponents are computed by multiplication. */
  pow(exponent: Operand): Expression {
    return binary("^", this, exponent);
  }
  /** Negative, `-this`. */
  negated(): Expression {
    return new Expression({ kind: "negation", of: this.node });
  }

  /** Absolute value, `|this|`. */
  abs(): Expression {
    return call("abs", this);
  }
  /** Sign of the value: -1, 0 or 1. */
  sign(): Expression {
    return call("sign", this);
  }
  /** Exponential function, `e ^ this`. */
  exp(): Expression {
    return call("exp", this);
  }
  /** Natural logarithm. */
  log(): Expression {
    return call("log", this);
  }
  /** Decimal logarithm. */
  log10(): Expression {
    return call("log10", this);
  }
  /** Largest whole number that does not exceed the value. Its derivative is 0. */
  floor(): Expression {
    return call("floor", this);
  }
  /** Square root. */
  sqrt(): Expression {
    return call("sqrt", this);
  }
  /** Sine of an angle in radians. */
  sin(): Expression {
    return call("sin", this);
  }
  /** Cosine of an angle in radians. */
  cos(): Expression {
    return call("cos", this);
  }
  /** Tangent of an angle in radians. */
  tan(): Expression {
    return call("tan", this);
  }
  /** Inverse sine in radians, from -pi/2 to pi/2. */
  asin(): Expression {
    return call("asin", this);
  }
  /** Inverse cosine in radians, from 0 to pi. */
  acos(): Expression {
    return call("acos", this);
  }
  /** Inverse tangent in radians, from -pi/2 to pi/2. */
  atan(): Expression {
    return call("atan", this);
  }
  /** Hyperbolic sine. */
  sinh(): Expression {
    return call("sinh", this);
  }
  /** Hyperbolic cosine. */
  cosh(): Expression {
    return call("cosh", this);
  }
  /** Hyperbolic tangent. */
  tanh(): Expression {
    return call("tanh", this);
  }
  /** Natural logarithm of the gamma function. */
  lgamma(): Expression {
    return call("lgamma", this);
  }

  /** Condition `this < other`. */
  lessThan(other: Operand): Condition {
    return comparison("<", this, other);
  }
  /** Condition `this <= other`. */
  lessOrEqual(other: Operand): Condition {
    return comparison("<=", this, other);
  }
  /** Condition `this > other`. */
  greaterThan(other: Operand): Condition {
    return comparison(">", this, other);
  }
  /** Condition `this >= other`. */
  greaterOrEqual(other: Operand): Condition {
    return comparison(">=", this, other);
  }
  /** Condition `this == other`. */
  equalTo(other: Operand): Condition {
    return comparison("==", this, other);
  }
}

/** Makes an expression of a name of the model language. */
export function named(name: string): Expression {
  return new Expression({ kind: "name", name });
}

/** Makes an expression of an arithmetic operator and its two operands. */
export function binary(operator: ArithmeticOperator, left: Operand, right: Operand): Expression {
  return new Expression({ kind: "binary", operator, left: nodeOf(left), right: nodeOf(right) });
}

/** Makes a condition of a comparison operator and its two operands. */
export function comparison(operator: Comparison, left: Operand, right: Operand): Condition {
  return new Condition({ kind: "comparison", operator, left: nodeOf(left), right: nodeOf(right) });
}

/** Makes an expression of a function of the model language and its arguments. */
export function call(name: string, ...given: (Operand | Condition)[]): Expression {
  return new Expression({ kind: "call", name, given: given.map(nodeOf) });
}

/**
 * Gives the node of an operand.
 *
 * @throws LeastActionError of code `wrongShape` for values that cannot stand in a formula.
 */
function nodeOf(given: unknown): Node {
  if (typeof given === "number") return { kind: "number", value: given };
  if (given instanceof Formula) return given.node;
  throw new LeastActionError(...notAnOperand(given));
}

/** Gives message and facts of the error for a value that is not an operand. */
function notAnOperand(
  given: unknown,
): [string, { code: "wrongShape"; path: string; message: string }] {
  const remedy = typeof given === "string" ? "; text goes into expr`...`" : "";
  const message = `must be an expression or a number, got ${describe(given)}${remedy}`;
  return [`operand: ${message}`, { code: "wrongShape", path: "operand", message }];
}

/**
 * Makes a formula from a template: text of the model language with expressions, numbers or further
 * text in between. Inserted parts stay whole, as if they were in parentheses.
 *
 * @example
 * const drive = expr`gNa * m^3 * h`;
 * expr`${drive} * (ENa - V) + ${0.5} * I`;
 */
export function expr(
  texts: TemplateStringsArray,
  ...between: readonly (Operand | Condition | string)[]
): Expression {
  const pieces: (string | Node)[] = [];
  texts.raw.forEach((text, i) => {
    if (text !== "") pieces.push(text);
    if (i < between.length) pieces.push(pieceOf(between[i]));
  });
  return new Expression({ kind: "text", pieces });
}

/** Gives the node of an inserted part of a template. */
function pieceOf(given: unknown): Node {
  return typeof given === "string" ? { kind: "text", pieces: [given] } : nodeOf(given);
}

/** True if a value is an expression or a condition, rather than text or a number. */
export function isFormula(given: unknown): given is Formula {
  return given instanceof Formula;
}
