// What a model is to those who use it.
import { wrongShape } from "../errors.js";
import type { ModelKind, ModelSpec, Parameter } from "../raw.js";
import { describe, plain } from "../shape.js";
import type { ModelDefinition } from "./definition.js";

/**
 * A dynamical system, `dx/dt = F(x, parameters, inputs, t)` or a map `x_(n+1) = f(x_n, ...)`. `P` are the names of its parameters, `S` of its
 * state components, `I` of its inputs.
 */
export interface Model<P extends string = string, S extends string = string, I extends string = string> {
  /** What Rust makes the system from. */
  readonly spec: ModelSpec | { readonly definition: ModelDefinition };
  readonly name: string;
  readonly kind: ModelKind;
  /** Number of state components. */
  readonly dimension: number;
  /** Names of the state components, in the order of a path's columns. */
  readonly states: readonly S[];
  /** Units of the state components; null where there is none. */
  readonly units: readonly (string | null)[];
  readonly parameters: readonly (Parameter & { readonly name: P })[];
  /** Names of the inputs u(t), in the order of the columns of `data.inputs`. */
  readonly inputs: readonly I[];
  /** The model as plain data, for files; see {@link modelFromJSON}. */
  readonly definition: ModelDefinition;
  /** The equations as they are computed, one line each. */
  toString(): string;
  /** The same with the number of operations for values and derivatives. */
  explain(): string;
}

/** What Rust knows a model by. */
export function specOf(given: unknown): unknown {
  const spec = typeof given === "object" && given !== null ? (given as { spec?: unknown }).spec : undefined;
  if (typeof spec === "object" && spec !== null) return plain("model", spec);
  throw wrongShape("model", `must be a model, such as lorenz63() gives, got ${describe(given)}`);
}
