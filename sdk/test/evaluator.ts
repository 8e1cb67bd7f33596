// The model language in a few lines of JavaScript, which printed formulas are compared with.
import type { ModelDefinition } from "../src/index.js";

/** Values of names, and of a vector's components. */
export interface Values {
  [name: string]: number | readonly number[];
}

const FUNCTIONS: Record<string, (...given: number[]) => number> = {
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  log10: Math.log10,
  floor: Math.floor,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  min: Math.min,
  max: Math.max,
  if: (condition, a, b) => (condition !== 0 ? a : b) as number,
};

const COMPARISONS: Record<string, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
};

type Lookup = (name: string) => number | readonly number[];

/** The value of a formula. */
export function evaluate(text: string, lookup: Lookup): number {
  const tokens = [...text.matchAll(/(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|\w+|<=|>=|==|\S/gi)].map(
    ([token]) => token,
  );
  let at = 0;
  const peek = () => tokens[at];
  const next = () => tokens[at++];
  const expect = (token: string) => {
    if (next() !== token) throw new Error(`expected ${token} before token ${at} of ${text}`);
  };
  const comparison = (): number => {
    const left = sum();
    const compare = COMPARISONS[peek() ?? ""];
    if (compare === undefined) return left;
    next();
    return Number(compare(left, sum()));
  };
  const sum = (): number => {
    let value = product();
    while (peek() === "+" || peek() === "-")
      value = next() === "+" ? value + product() : value - product();
    return value;
  };
  const product = (): number => {
    let value = negation();
    while (peek() === "*" || peek() === "/")
      value = next() === "*" ? value * negation() : value / negation();
    return value;
  };
  const negation = (): number => {
    if (peek() !== "-") return power();
    next();
    return -negation();
  };
  const power = (): number => {
    const base = atom();
    if (peek() !== "^") return base;
    next();
    return base ** negation();
  };
  const atom = (): number => {
    const token = next() ?? "nothing";
    if (token === "(") {
      const value = comparison();
      expect(")");
      return value;
    }
    if (/^[\d.]/.test(token)) return Number(token);
    if (!/^\w/.test(token)) throw new Error(`unexpected ${token} at token ${at} of ${text}`);
    if (peek() === "(") {
      const given = [];
      do {
        next();
        given.push(comparison());
      } while (peek() === ",");
      expect(")");
      return (FUNCTIONS[token] as (...given: number[]) => number)(...given);
    }
    const value = lookup(token);
    if (peek() !== "[") return value as number;
    next();
    const index = comparison();
    expect("]");
    return (value as readonly number[]).at(index % (value as readonly number[]).length) as number;
  };
  const value = comparison();
  if (at !== tokens.length) throw new Error(`${tokens[at]} is left over in ${text}`);
  return value;
}

/** Values of all equations of a definition, in the order of the components. */
export function evaluateAll(definition: ModelDefinition, values: Values): number[] {
  const where = new Map(definition.where?.map(({ name, expression }) => [name, expression]));
  const equations = new Map(
    definition.equations.map(({ state, expression }) => [state, expression]),
  );
  const known = new Map<string, number>();
  const lookup = (name: string): number | readonly number[] => {
    const value = values[name] ?? known.get(name);
    if (value !== undefined) return value;
    const text = where.get(name);
    if (text === undefined) throw new Error(`nothing is called ${name}`);
    const found = evaluate(text, lookup);
    known.set(name, found);
    return found;
  };
  return definition.states.flatMap(({ name, size }) => {
    const own = equations.get(name);
    if (size === undefined) return [evaluate(own as string, lookup)];
    return Array.from({ length: size }, (_, i) =>
      own === undefined
        ? evaluate(equations.get(`${name}${i}`) as string, lookup)
        : evaluate(own, (asked) => (asked === "i" ? i : lookup(asked))),
    );
  });
}
