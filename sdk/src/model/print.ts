// Printing of nodes as text of the model language, with parentheses only where the text would mean
// something else without them.
import { outOfRange } from "../errors.js";
import { type ComponentNode, type Node, onRing } from "./node.js";

/** Binding strength of a text, given by its loosest operator outside of parentheses. */
const Level = { comparison: 0, sum: 1, product: 2, negation: 3, power: 4, atom: 5 } as const;
/** Binding strength, from 0 for a comparison to 5 for a text without operators. */
type Level = (typeof Level)[keyof typeof Level];

/** Text of a node with its binding strength. */
interface Printed {
  /** Text of the node. */
  text: string;
  /** Binding strength of the text. */
  level: Level;
}

/** Settings of the printer. */
export interface Printing {
  /** Field of the formula, for errors. */
  path: string;
  /** Nodes that are printed as a name, because they are defined under it. */
  names: ReadonlyMap<Node, string>;
  /** Function that writes a component of a vector. */
  component: (node: ComponentNode) => string;
}

/** Prints a node as text; a node that has a name is printed as its name. */
export function print(node: Node, printing: Printing): string {
  return printed(node, printing).text;
}

/** Prints the formula of a node that has a name itself, to define that name. */
export function printDefinition(node: Node, printing: Printing): string {
  return spelled(node, printing).text;
}

/**
 * Placeholder for a component that is written later; the character occurs in no formula of a user.
 */
export const PLACEHOLDER = "\uE000";

/** Writes a component with its own number: `x[3]`. */
export function absolute({ vector, size, index }: ComponentNode): string {
  return `${vector}[${onRing(index, size)}]`;
}

/** Gives the shortest text that is read back as the same double. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value).replace("e+", "e");
}

/** Prints a node by its name if it has one, or else by its own form. */
function printed(node: Node, printing: Printing): Printed {
  const name = printing.names.get(node);
  return name === undefined ? spelled(node, printing) : { text: name, level: Level.atom };
}

/** Prints a node by its own form, whether it has a name or not. */
function spelled(node: Node, printing: Printing): Printed {
  switch (node.kind) {
    case "number":
      return number(node.value, printing);
    case "name":
      return { text: node.name, level: Level.atom };
    case "component":
      return { text: printing.component(node), level: Level.atom };
    case "negation":
      return { text: `-${within(Level.power, node.of, printing)}`, level: Level.negation };
    case "binary":
      return binary(node, printing);
    case "comparison": {
      const [left, right] = [node.left, node.right].map((side) =>
        within(Level.sum, side, printing),
      );
      return { text: `${left} ${node.operator} ${right}`, level: Level.comparison };
    }
    case "call": {
      const given = node.given.map((one) => printed(one, printing).text);
      return { text: `${node.name}(${given.join(", ")})`, level: Level.atom };
    }
    case "text": {
      const text = template(node.pieces, printing);
      return { text, level: levelOf(text) };
    }
  }
}

/** Prints a number, which has to be finite. */
function number(value: number, { path }: Printing): Printed {
  if (!Number.isFinite(value)) throw outOfRange(path, value, "made of finite numbers");
  const text = numberText(value);
  return { text, level: text.startsWith("-") ? Level.negation : Level.atom };
}

// Sums and products associate to the left, powers to the right.
const operators = {
  "+": { level: Level.sum, left: Level.sum, right: Level.product, between: " + " },
  "-": { level: Level.sum, left: Level.sum, right: Level.product, between: " - " },
  "*": { level: Level.product, left: Level.product, right: Level.negation, between: "*" },
  "/": { level: Level.product, left: Level.product, right: Level.negation, between: "/" },
  "^": { level: Level.power, left: Level.atom, right: Level.power, between: "^" },
} as const;

/** Prints an arithmetic operator with its operands. */
function binary({ operator, left, right }: Node & { kind: "binary" }, printing: Printing): Printed {
  const form = operators[operator];
  const text =
    within(form.left, left, printing) + form.between + afterOperator(form.right, right, printing);
  return { text, level: form.level };
}

/** Prints an operand, in parentheses if it binds less strongly than `least`. */
function within(least: Level, node: Node, printing: Printing): string {
  const { text, level } = printed(node, printing);
  return level < least ? `(${text})` : text;
}

/**
 * Prints an operand that follows an operator, with parentheses about a leading minus: `a*(-b)`. Two
 * operators in a row are hard to read.
 */
function afterOperator(least: Level, node: Node, printing: Printing): string {
  const text = within(least, node, printing);
  return text.startsWith("-") ? `(${text})` : text;
}

/**
 * Prints a template; inserted nodes get the parentheses that the text on both sides makes
 * necessary.
 */
function template(pieces: readonly (string | Node)[], printing: Printing): string {
  let text = "";
  pieces.forEach((piece, i) => {
    if (typeof piece === "string") {
      text += piece.replace(/\s+/g, " ");
      return;
    }
    const before = neighbourBefore(text);
    const next = pieces[i + 1];
    const after =
      typeof next === "string"
        ? neighbourAfter(next)
        : next === undefined
          ? Level.comparison
          : undefined;
    // Two operands without an operator are written apart, so that the parser reports the error.
    if (before === undefined && !text.endsWith(" ")) text += " ";
    const least = Math.max(before?.least ?? Level.atom, after ?? Level.atom) as Level;
    text += before?.isOperator
      ? afterOperator(least, piece, printing)
      : within(least, piece, printing);
    if (after === undefined && !(typeof next === "string" && next.startsWith(" "))) text += " ";
  });
  return text.trim();
}

/**
 * Gives the binding strength that an operand after this text must have; undefined if no operand can
 * follow.
 */
function neighbourBefore(text: string): { least: Level; isOperator: boolean } | undefined {
  const trimmed = text.trimEnd();
  const last = trimmed.at(-1);
  if (last === undefined || "([,".includes(last))
    return { least: Level.comparison, isOperator: false };
  if ("<>=".includes(last)) return { least: Level.sum, isOperator: false };
  if (last === "-" && isSign(trimmed)) return { least: Level.power, isOperator: true };
  if (last === "+" || last === "-") return { least: Level.product, isOperator: true };
  if (last === "*" || last === "/") return { least: Level.negation, isOperator: true };
  if (last === "^") return { least: Level.power, isOperator: true };
  return undefined;
}

/** True if the minus at the end of a text is a sign, because there is nothing to subtract from. */
function isSign(text: string): boolean {
  const before = text.slice(0, -1).trimEnd().at(-1);
  return before === undefined || "([,<>=+-*/^".includes(before);
}

/**
 * Gives the binding strength that an operand before this text must have; undefined if no operand
 * can precede it.
 */
function neighbourAfter(text: string): Level | undefined {
  const first = text.trimStart()[0];
  if (first === undefined || ")],".includes(first)) return Level.comparison;
  if ("<>=".includes(first)) return Level.sum;
  if (first === "+" || first === "-") return Level.sum;
  if (first === "*" || first === "/") return Level.product;
  return first === "^" ? Level.atom : undefined;
}

const TOKEN =
  /\s+|(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|[\p{L}_][\p{L}\p{N}_]*|\uE000|<=|>=|==|[^]/giuy;

/**
 * Gives the binding strength of a text by its operators outside of parentheses; the weakest if the
 * text is not a formula.
 */
export function levelOf(text: string): Level {
  let level: Level = Level.atom;
  let depth = 0;
  let afterOperand = false;
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^\s/.test(token)) continue;
    const opens = token === "(" || token === "[";
    const closes = token === ")" || token === "]";
    if (opens) depth += 1;
    else if (closes) depth -= 1;
    else if (depth === 0) {
      const loosest = token === "-" && !afterOperand ? Level.negation : operatorLevel(token);
      if (loosest === undefined && afterOperand) return Level.comparison;
      level = Math.min(level, loosest ?? Level.atom) as Level;
    }
    afterOperand = closes || (!opens && operatorLevel(token) === undefined);
  }
  return level;
}

/** Gives the binding strength of an operator; undefined for any other token. */
function operatorLevel(token: string): Level | undefined {
  if (token === "+" || token === "-" || token === "*" || token === "/" || token === "^")
    return operators[token].level;
  return /^(?:[<>,=!&|?:]|[<>=]=)$/.test(token) ? Level.comparison : undefined;
}
