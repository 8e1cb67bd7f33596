// Vectors of states: sites on a ring, cells of a grid.
import { outOfRange, wrongShape } from "../errors.js";
import { describe, fields } from "../shape.js";
import { Expression } from "./expression.js";

/** Options of a vector of states, which hold for all its components. */
export interface VectorOptions {
  /** Unit of all components, such as `"mV"`; 1 for none. Default: none. */
  readonly unit?: string | 1;
  /** Initial value of the components: one number for all, or one for each. Default: 0. */
  readonly initial?: number | readonly number[];
  /** True for components that are positive at all times. Default: false. */
  readonly positive?: boolean;
}

/** Declaration of a vector of states, made by {@link vector}. `N` is its name. */
export class Vector<N extends string = string> {
  /** Name of the vector; undefined where the key in an object of states is its name. */
  readonly name: N | undefined;
  /** Number of components, at least 1. */
  readonly size: number;
  /** Unit and initial value of the components. */
  readonly options: VectorOptions;

  /** @internal */
  constructor(name: N | undefined, size: number, options: VectorOptions) {
    this.name = name;
    this.size = size;
    this.options = options;
  }
}

/**
 * Declares a vector of `size` states `x0`, `x1`, and so on. Its equation is one formula for all
 * sites, in which `x.at(i - 1)`, or `x[i-1]` in text, is a neighbour; the index is cyclic.
 *
 * @throws LeastActionError for a size that is not a whole number of at least 1.
 *
 * @example
 * defineModel({ states: vector("x", 20), equations: ({ x }, i) => x.at(i - 1).minus(x.at(i)) });
 */
export function vector<const N extends string>(
  name: N,
  size: number,
  options?: VectorOptions,
): Vector<N>;
/**
 * Declares a vector of `size` states within an object of states, whose key is its name.
 *
 * @throws LeastActionError for a size that is not a whole number of at least 1.
 *
 * @example
 * defineModel({
 *   states: { x: vector(20), drive: 1 },
 *   equations: { x: "drive - x[i]", drive: "-drive" },
 * });
 */
export function vector(size: number, options?: VectorOptions): Vector<never>;
/** Declares a vector of states, with its name or within an object of states. */
export function vector(first: string | number, second?: unknown, third?: unknown): Vector {
  const [name, size, options = {}] =
    typeof first === "string" ? [first, second, third] : [undefined, first, second];
  if (typeof size !== "number")
    throw wrongShape("vector.size", `must be a number, got ${describe(size)}`);
  if (!(Number.isInteger(size) && size >= 1))
    throw outOfRange("vector.size", size, "a whole number of at least 1");
  return new Vector(name, size, fields("vector.options", options) as VectorOptions);
}

/** Vector of states as part of a formula. */
export class VectorExpression {
  readonly #name: string;
  /** Number of components. */
  readonly length: number;

  /** @internal */
  constructor(name: string, length: number) {
    this.#name = name;
    this.length = length;
  }

  /**
   * Component of the vector at an index, which is cyclic: -1 is the last one.
   *
   * @throws LeastActionError of code `wrongShape` for an index that is not a whole number.
   */
  at(index: number): Expression {
    if (!Number.isInteger(index)) {
      throw wrongShape(`${this.#name}.at`, `needs a whole number, got ${describe(index)}`);
    }
    return new Expression({ kind: "component", vector: this.#name, size: this.length, index });
  }
}
