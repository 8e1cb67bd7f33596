// What formulas are made of in TypeScript: expressions with methods, and the template tag.
import { LeastActionError, wrongShape } from "../errors.js";
import { describe } from "../shape.js";
import { type ArithmeticOperator, childrenOf, type Comparison, type Node } from "./node.js";
import { absolute, levelOf, print } from "./print.js";

/** What can stand in a formula: an expression or a number. */
export type Operand = Expression | number;

/** As much text as a formula may come to where its repetitions are written out. */
const LONGEST_TEXT = 100_000;

/** What a condition and an expression have in common. */
abstract class Formula {
  /** @internal */
  readonly node: Node;

  /** @internal */
  constructor(node: Node) {
    this.node = node;
  }

  /** The formula as text of the model language. */
  toString(): string {
    const size = writtenOut(this.node);
    if (size > LONGEST_TEXT)
      throw wrongShape("expression", "is too long to be written out: put it in an expr`...`");
    return print(this.node, { path: "expression", names: new Map(), component: absolute });
  }

  /**
   * JavaScript's own operators would make NaN of an expression in silence. In an untagged template
   * it becomes its text.
   */
  [Symbol.toPrimitive](hint: string): string {
    const text = this.toString();
    if (hint === "string") return levelOf(text) === 5 ? text : `(${text})`;
    const message =
      "JavaScript's operators do not work on expressions: write a.plus(b), a.times(b), a.lessThan(b) ..., or expr`${a} + ${b}`";
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

/** A comparison, for {@link ifElse}. */
export class Condition extends Formula {}

/**
 * A formula in the states, parameters and inputs of a model. Methods give new expressions; what is
 * used twice is computed once.
 *
 * @example
 * defineModel({
 *   states: ["x", "v"], parameters: { k: 1 },
 *   equations: ({ x, v, k, sin }) => ({ x: v, v: sin(x).times(k).negated() }),
 * });
 */
export class Expression extends Formula {
  /** this + other */
  plus(other: Operand): Expression {
    return binary("+", this, other);
  }
  /** this - other */
  minus(other: Operand): Expression {
    return binary("-", this, other);
  }
  /** this * other */
  times(other: Operand): Expression {
    return binary("*", this, other);
  }
  /** this / other */
  dividedBy(other: Operand): Expression {
    return binary("/", this, other);
  }
  /** this ^ exponent; whole exponents are done by multiplication. */
  pow(exponent: Operand): Expression {
    return binary("^", this, exponent);
  }
  /** -this */
  negated(): Expression {
    return new Expression({ kind: "negation", of: this.node });
  }

  /** |this| */
  abs(): Expression {
    return call("abs", this);
  }
  /** -1, 0 or 1. */
  sign(): Expression {
    return call("sign", this);
  }
  /** e ^ this */
  exp(): Expression {
    return call("exp", this);
  }
  /** The natural logarithm. */
  log(): Expression {
    return call("log", this);
  }
  /** The decimal logarithm. */
  log10(): Expression {
    return call("log10", this);
  }
  /** The largest whole number up to this; its derivative is 0. */
  floor(): Expression {
    return call("floor", this);
  }
  sqrt(): Expression {
    return call("sqrt", this);
  }
  sin(): Expression {
    return call("sin", this);
  }
  cos(): Expression {
    return call("cos", this);
  }
  tan(): Expression {
    return call("tan", this);
  }
  asin(): Expression {
    return call("asin", this);
  }
  acos(): Expression {
    return call("acos", this);
  }
  atan(): Expression {
    return call("atan", this);
  }
  sinh(): Expression {
    return call("sinh", this);
  }
  cosh(): Expression {
    return call("cosh", this);
  }
  tanh(): Expression {
    return call("tanh", this);
  }

  /** this < other */
  lessThan(other: Operand): Condition {
    return comparison("<", this, other);
  }
  /** this <= other */
  lessOrEqual(other: Operand): Condition {
    return comparison("<=", this, other);
  }
  /** this > other */
  greaterThan(other: Operand): Condition {
    return comparison(">", this, other);
  }
  /** this >= other */
  greaterOrEqual(other: Operand): Condition {
    return comparison(">=", this, other);
  }
  /** this == other */
  equalTo(other: Operand): Condition {
    return comparison("==", this, other);
  }
}

/** A name of the model language. */
export function named(name: string): Expression {
  return new Expression({ kind: "name", name });
}

export function binary(operator: ArithmeticOperator, left: Operand, right: Operand): Expression {
  return new Expression({ kind: "binary", operator, left: nodeOf(left), right: nodeOf(right) });
}

export function comparison(operator: Comparison, left: Operand, right: Operand): Condition {
  return new Condition({ kind: "comparison", operator, left: nodeOf(left), right: nodeOf(right) });
}

export function call(name: string, ...given: (Operand | Condition)[]): Expression {
  return new Expression({ kind: "call", name, given: given.map(nodeOf) });
}

/** @throws LeastActionError for what cannot stand in a formula. */
function nodeOf(given: unknown): Node {
  if (typeof given === "number") return { kind: "number", value: given };
  if (given instanceof Formula) return given.node;
  throw new LeastActionError(...notAnOperand(given));
}

function notAnOperand(
  given: unknown,
): [string, { code: "wrongShape"; path: string; message: string }] {
  const remedy = typeof given === "string" ? "; text goes into expr`...`" : "";
  const message = `must be an expression or a number, got ${describe(given)}${remedy}`;
  return [`operand: ${message}`, { code: "wrongShape", path: "operand", message }];
}

/**
 * A formula as a template: text of the model language with expressions, numbers or further text in
 * between. What is put in keeps together, as if it were in parentheses.
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

function pieceOf(given: unknown): Node {
  return typeof given === "string" ? { kind: "text", pieces: [given] } : nodeOf(given);
}

/** Whether this is a formula rather than text or a number. */
export function isFormula(given: unknown): given is Formula {
  return given instanceof Formula;
}
