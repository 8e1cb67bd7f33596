// What a model is to those who use it.
import { wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { ModelDescription, ModelKind, ModelSpec, Parameter } from "../raw.js";
import { describe, plain } from "../shape.js";
import type { ModelDefinition } from "./definition.js";

/**
 * A dynamical system, `dx/dt = F(x, parameters, inputs, t)` or a map `x_(n+1) = f(x_n, ...)`. `P`
 * are the names of its parameters, `S` of its state components, `I` of its inputs, `O` of its
 * observables.
 */
export interface Model<
  P extends string = string,
  S extends string = string,
  I extends string = string,
  O extends string = string,
> {
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
  /**
   * Names of functions of the state that can be measured; in data they are numbered on from the
   * states.
   */
  readonly observables: readonly O[];
  /** The model as plain data, for files; see {@link modelFromJSON}. */
  readonly definition: ModelDefinition;
  /** The equations as one writes them down, with parameters and units. */
  toString(): string;
  /** What values and derivatives take: operations, and what is known to be zero. */
  explain(): string;
}

/** A model, whoever has described it. */
export class DescribedModel implements Model {
  readonly spec: Model["spec"];
  readonly name: string;
  readonly kind: ModelKind;
  readonly dimension: number;
  readonly states: readonly string[];
  readonly units: readonly (string | null)[];
  readonly parameters: readonly Parameter[];
  readonly inputs: readonly string[];
  readonly observables: readonly string[];
  readonly definition: ModelDefinition;

  constructor(
    spec: Model["spec"],
    description: Omit<ModelDescription, "definition"> & { readonly definition: ModelDefinition },
  ) {
    this.spec = spec;
    this.name = description.name;
    this.kind = description.kind;
    this.dimension = description.dimension;
    this.states = description.states;
    this.units = description.units;
    this.parameters = description.parameters;
    this.inputs = description.inputs;
    this.observables = description.observables;
    this.definition = description.definition;
  }

  toString(): string {
    return call((raw) => raw.explainModel(this.spec)).text;
  }

  explain(): string {
    return call((raw) => raw.explainModel(this.spec)).explanation;
  }
}

/** What Rust knows a model by. */
export function specOf(given: unknown, path = "model"): unknown {
  const spec =
    typeof given === "object" && given !== null ? (given as { spec?: unknown }).spec : undefined;
  if (typeof spec === "object" && spec !== null) return plain(path, spec);
  throw wrongShape(path, `must be a model, such as lorenz63() gives, got ${describe(given)}`);
}
