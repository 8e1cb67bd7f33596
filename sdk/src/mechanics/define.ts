// Construction of mechanics from an action, a Lagrangian, a Hamiltonian or a network.
import type { Model } from "../models.js";
import type { Observations } from "../observations.js";
import type { ClassicalSystem, ContinuousActionOptions } from "../raw.js";
import type { ContinuousNetwork } from "./continuous-network.js";
import { Mechanics } from "./mechanics.js";

/** Mechanics of the action of a flow in continuous time. */
export interface ActionMechanics<P extends string = string> extends Omit<
  ContinuousActionOptions,
  "parameters"
> {
  /** Model of the system, which must be a flow. */
  model: Model<P>;
  /** Measurements, one data set. Default: none, so that L is the model error alone. */
  data?: Observations;
  /** Values of parameters by name. Default: those of the model. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
}

/** Named system of classical mechanics. */
export interface NamedMechanics {
  /** Name of the system. */
  system: ClassicalSystem;
  /** Values of the parameters by name. Default: 1 each. */
  parameters?: Readonly<Record<string, number>>;
}

/**
 * Mechanics of a Lagrangian given as text, in the language of {@link defineModel}. The name of the
 * time is `t`.
 */
export interface LagrangianMechanics {
  /** Lagrangian L as a formula in coordinates, velocities, parameters and `t`. */
  lagrangian: string;
  /** Names of the coordinates. */
  coordinates: readonly string[];
  /** Names of the velocities, in the order of the coordinates. */
  velocities: readonly string[];
  /** Values of the parameters by name. Default: none. */
  parameters?: Readonly<Record<string, number>>;
  /** Named formulas that the Lagrangian uses. Default: none. */
  where?: Readonly<Record<string, string>>;
}

/**
 * Mechanics of a Hamiltonian given as text, in the language of {@link defineModel}. The name of the
 * time is `t`.
 */
export interface HamiltonianMechanics {
  /** Hamiltonian H as a formula in coordinates, momenta, parameters and `t`. */
  hamiltonian: string;
  /** Names of the coordinates. */
  coordinates: readonly string[];
  /** Names of the momenta, in the order of the coordinates. */
  momenta: readonly string[];
  /** Values of the parameters by name. Default: none. */
  parameters?: Readonly<Record<string, number>>;
  /** Named formulas that the Hamiltonian uses. Default: none. */
  where?: Readonly<Record<string, string>>;
}

/** Mechanics of a network of continuous depth with its training pairs. */
export interface NetworkMechanics {
  /** Network made by {@link continuousNetwork}. */
  network: ContinuousNetwork;
}

/**
 * Options of {@link mechanics}: an action, a named system, a Lagrangian, a Hamiltonian or a network
 * of continuous depth.
 */
export type MechanicsOptions<P extends string = string> =
  | ActionMechanics<P>
  | NamedMechanics
  | LagrangianMechanics
  | HamiltonianMechanics
  | NetworkMechanics;

/**
 * Makes the mechanics of an action, of a named system, of a Lagrangian or Hamiltonian given as
 * text, or of a network of continuous depth.
 *
 * The action of a flow has `L = (R_f/2) |v - F|^2`; its stationary paths are orbits of `H = |p|^2 /
 * (2 R_f) + p F`. Measurements are impulses by default: at each of them the momentum jumps, `p+ =
 * p- + R_m P (x - y)`. With the `dataForm` `"linear"` or `"cubic"` they are a curve y(t) instead,
 * and `(R_m/2) |P (x - y)|^2` is added to L and subtracted from H.
 *
 * @throws LeastActionError by field; for a text with the character and the nearest known name.
 *
 * @example
 * const system = mechanics({ model, data, measurementPrecision: 4, modelPrecision: 100 });
 * system.hamiltonian(x, p, t);
 *
 * @example
 * const kepler = mechanics({ system: "kepler" });
 * const orbit = kepler.integrate({
 *   x0: [1, 0],
 *   v0: [0, 1.2],
 *   timeStep: 0.05,
 *   points: 2000,
 *   variational: "gauss-4",
 * });
 *
 * @example
 * // gives the same as network.mechanics()
 * mechanics({ network: continuousNetwork({ width: 2, inputs, outputs }) });
 *
 * @example
 * mechanics({
 *   lagrangian: "m*v^2/2 - k*q^4/4",
 *   coordinates: ["q"],
 *   velocities: ["v"],
 *   parameters: { m: 1, k: 2 },
 * });
 */
export function mechanics<P extends string>(options: MechanicsOptions<P>): Mechanics {
  return new Mechanics(options);
}
