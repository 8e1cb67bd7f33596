// States that are many of a kind: sites on a ring, cells of a grid.
import { outOfRange, wrongShape } from "../errors.js";
import { describe, fields } from "../shape.js";
import { Expression } from "./expression.js";

/** What is said of the components of a vector. */
export interface VectorOptions {
  readonly unit?: string | 1;
  /** One for all components, or one for each. */
  readonly initial?: number | readonly number[];
}

/** The declaration of a vector of states; see {@link vector}. `N` is its name. */
export class Vector<N extends string = string> {
  readonly name: N | undefined;
  readonly size: number;
  readonly options: VectorOptions;

  /** @internal */
  constructor(name: N | undefined, size: number, options: VectorOptions) {
    this.name = name;
    this.size = size;
    this.options = options;
  }
}

/**
 * A vector of `size` states `x0`, `x1`, ...; its equation is one formula for all sites, in which
 * `x.at(i - 1)`, or `x[i-1]` in text, goes round. Within an object of states the key is its name.
 *
 * @example
 * states: vector("x", 20)
 * states: { x: vector(20), forcing: 1 }
 */
export function vector<const N extends string>(
  name: N,
  size: number,
  options?: VectorOptions,
): Vector<N>;
export function vector(size: number, options?: VectorOptions): Vector<never>;
export function vector(first: string | number, second?: unknown, third?: unknown): Vector {
  const [name, size, options = {}] =
    typeof first === "string" ? [first, second, third] : [undefined, first, second];
  if (typeof size !== "number")
    throw wrongShape("vector.size", `must be a number, got ${describe(size)}`);
  if (!(Number.isInteger(size) && size >= 1))
    throw outOfRange("vector.size", size, "a whole number of at least 1");
  return new Vector(name, size, fields("vector.options", options) as VectorOptions);
}

/** A vector of states in a formula. */
export class VectorExpression {
  readonly #name: string;
  /** Number of its components. */
  readonly length: number;

  /** @internal */
  constructor(name: string, length: number) {
    this.#name = name;
    this.length = length;
  }

  /** A component; the index is cyclic: -1 is the last one. */
  at(index: number): Expression {
    if (!Number.isInteger(index)) {
      throw wrongShape(`${this.#name}.at`, `needs a whole number, got ${describe(index)}`);
    }
    return new Expression({ kind: "component", vector: this.#name, size: this.length, index });
  }
}
