// The named systems.
import { wrongShape } from "./errors.js";
import { call } from "./instance.js";
import type { ModelParameters, ModelSpec, Parameter } from "./raw.js";
import { describe, plain } from "./shape.js";

/** A dynamical system `dx/dt = F(x, parameters)`; `P` are the names of its parameters. */
export interface Model<P extends string = string> {
  /** What names the system in Rust. */
  readonly spec: ModelSpec;
  readonly name: string;
  /** Number of state components. */
  readonly dimension: number;
  /** Names of the state components, in the order of a path's columns. */
  readonly states: readonly string[];
  readonly parameters: readonly (Parameter & { readonly name: P })[];
}

function model<P extends string>(given: ModelSpec): Model<P> {
  const spec = plain("options", given) as ModelSpec;
  const { parameters, ...rest } = call((raw) => raw.describeModel(spec));
  return { spec, ...rest, parameters: parameters as (Parameter & { name: P })[] };
}

/**
 * Lorenz's three-variable convection model (1963): states `x`, `y`, `z`; parameters `sigma` (10), `rho` (28), `beta` (8/3).
 */
export function lorenz63(): Model<ModelParameters["lorenz63"]> {
  return model({ name: "lorenz63" });
}

/**
 * Lorenz's ring of `dimension` sites (1995), at least 4: states `x0`, `x1`, ...; parameter `forcing` (8.17).
 */
export function lorenz96(options: { dimension: number }): Model<ModelParameters["lorenz96"]> {
  return model({ ...options, name: "lorenz96" });
}

/**
 * Prey and predator (Lotka 1925, Volterra 1926): states `prey`, `predator`; parameters `alpha` (growth of the prey), `beta` (loss of prey per
 * predator), `gamma` (decline of the predators), `delta` (growth of predators per prey).
 */
export function lotkaVolterra(): Model<ModelParameters["lotkaVolterra"]> {
  return model({ name: "lotkaVolterra" });
}

/** The same in logarithms, where populations stay positive and errors are relative: states `logPrey`, `logPredator`. */
export function logLotkaVolterra(): Model<ModelParameters["logLotkaVolterra"]> {
  return model({ name: "logLotkaVolterra" });
}

/** What Rust knows a model by. */
export function specOf(given: unknown): unknown {
  const spec = typeof given === "object" && given !== null ? (given as { spec?: unknown }).spec : undefined;
  if (typeof spec === "object" && spec !== null) return plain("model", spec);
  throw wrongShape("model", `must be a model, such as lorenz63() gives, got ${describe(given)}`);
}
