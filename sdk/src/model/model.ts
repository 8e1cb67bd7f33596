// The model as users see it.
import { wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { ModelDescription, ModelKind, ModelSpec, Parameter } from "../raw.js";
import { describe, plain } from "../shape.js";
import type { ModelDefinition } from "./definition.js";

/**
 * Dynamical system: a flow `dx/dt = F(x, parameters, inputs, t)` or a map `x_(n+1) = f(x_n, ...)`.
 * The type parameters are names: `P` of its parameters, `S` of its state components, `I` of its
 * inputs, `O` of its observables.
 */
export interface Model<
  P extends string = string,
  S extends string = string,
  I extends string = string,
  O extends string = string,
> {
  /**
   * Specification from which Rust makes the system: the name of a built-in system with its options,
   * or a definition.
   */
  readonly spec: ModelSpec | { readonly definition: ModelDefinition };
  /** Name of the model in tables and error messages. */
  readonly name: string;
  /** Kind of the system: a `"flow"` gives the rate of change, a `"map"` the next state. */
  readonly kind: ModelKind;
  /** Number of state components. */
  readonly dimension: number;
  /** Names of the state components, in the order of the columns of a path. */
  readonly states: readonly S[];
  /** Units of the state components in their order; null for a component without one. */
  readonly units: readonly (string | null)[];
  /** Parameters in their order, each with its name, default value and description. */
  readonly parameters: readonly (Parameter & { readonly name: P })[];
  /** Names of the inputs u(t), in the order of the columns of `data.inputs`. */
  readonly inputs: readonly I[];
  /**
   * Names of functions of the state that can be measured. Data refer to them by numbers that go on
   * from those of the states.
   */
  readonly observables: readonly O[];
  /** Model as plain data, to be kept in files; see {@link modelFromJSON}. */
  readonly definition: ModelDefinition;
  /** Equations as one writes them down, with parameters and units. */
  toString(): string;
  /**
   * Report on the cost of evaluating the model and its derivatives: numbers of operations, and the
   * derivatives that are known to be zero.
   */
  explain(): string;
}

/** Model made from a description, which comes from Rust or from a definition. */
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

/**
 * Gives the specification of a model as plain data for Rust.
 *
 * @throws LeastActionError of code `wrongShape` for a value that is not a model.
 */
export function specOf(given: unknown, path = "model"): unknown {
  const spec =
    typeof given === "object" && given !== null ? (given as { spec?: unknown }).spec : undefined;
  if (typeof spec === "object" && spec !== null) return plain(path, spec);
  throw wrongShape(path, `must be a model, such as lorenz63() gives, got ${describe(given)}`);
}
