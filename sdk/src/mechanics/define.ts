// Mechanics: the action in continuous time, and Lagrangians and Hamiltonians of one's own.
import type { Model } from "../models.js";
import type { Observations } from "../observations.js";
import type { ClassicalSystem, ContinuousActionOptions } from "../raw.js";
import type { ContinuousNetwork } from "./continuous-network.js";
import { Mechanics } from "./mechanics.js";

/** The action of a flow in continuous time. */
export interface ActionMechanics<P extends string = string> extends Omit<
  ContinuousActionOptions,
  "parameters"
> {
  model: Model<P>;
  /** Default: none, so that L is the model's error alone. */
  data?: Observations;
  /** Values of parameters; the model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
}

/** A named system. */
export interface NamedMechanics {
  system: ClassicalSystem;
  /** Default: 1 each. */
  parameters?: Readonly<Record<string, number>>;
}

/** A Lagrangian by text, in the language of `defineModel`; the time is `t`. */
export interface LagrangianMechanics {
  lagrangian: string;
  coordinates: readonly string[];
  /** Names of the velocities, in the order of the coordinates. */
  velocities: readonly string[];
  parameters?: Readonly<Record<string, number>>;
  /** Named parts of the text. */
  where?: Readonly<Record<string, string>>;
}

/** A Hamiltonian by text. */
export interface HamiltonianMechanics {
  hamiltonian: string;
  coordinates: readonly string[];
  /** Names of the momenta, in the order of the coordinates. */
  momenta: readonly string[];
  parameters?: Readonly<Record<string, number>>;
  where?: Readonly<Record<string, string>>;
}

/** A network of continuous depth with its data. */
export interface NetworkMechanics {
  network: ContinuousNetwork;
}

/** What mechanics are made from. */
export type MechanicsOptions<P extends string = string> =
  | ActionMechanics<P>
  | NamedMechanics
  | LagrangianMechanics
  | HamiltonianMechanics
  | NetworkMechanics;

/**
 * The mechanics of an action: of a flow with data, `L = (R_f/2) |v - F|^2 + (R_m/2) |P (x - y)|^2`,
 * whose stationary paths are orbits of `H = |p|^2 / (2 R_f) + p F - (R_m/2) |P (x - y)|^2`; or of a
 * Lagrangian or Hamiltonian of one's own, by text; or of a named system; or of a network of
 * continuous depth.
 *
 * @throws LeastActionError by field; of a text with the character and the near name.
 *
 * @example
 * const system = mechanics({ model, data, measurementPrecision: 4, modelPrecision: 100 });
 * system.hamiltonian(x, p, t);
 *
 * @example
 * const kepler = mechanics({ system: "kepler" });
 * const orbit = kepler.integrate({ x0: [1, 0], v0: [0, 1.2], timeStep: 0.05, points: 2000, variational: "gauss-4" });
 *
 * @example
 * mechanics({ network: continuousNetwork({ width: 2, inputs, outputs }) }); // the same as network.mechanics()
 *
 * @example
 * mechanics({ lagrangian: "m*v^2/2 - k*q^4/4", coordinates: ["q"], velocities: ["v"], parameters: { m: 1, k: 2 } });
 */
export function mechanics<P extends string>(options: MechanicsOptions<P>): Mechanics {
  return new Mechanics(options);
}
