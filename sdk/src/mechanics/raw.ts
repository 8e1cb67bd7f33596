// Mechanics as they cross.
import type { CoreFacts, CoreLyapunovExponents } from "../raw.js";

/** An orbit as it crosses. */
export interface RawOrbit {
  /** One per point. */
  times: Float64Array;
  /** points x coordinates, row-major. */
  x: Float64Array;
  /** Of the same form: before the impulse, at points that have one. */
  p: Float64Array;
  /** Of the same form: what impulses add to p; empty where there are none. */
  jumps: Float64Array;
  /** H at each point, before the impulse. */
  energy: Float64Array;
  /**
   * The largest change of H since the first point, less what impulses changed: the method's error
   * where H does not depend on time.
   */
  energyError: number;
  /** The same at the last point, with its sign. */
  energyErrorAtEnd: number;
  /** Of the method. */
  steps: number;
  newtonIterations: number;
  /**
   * The derivative M of (x, p) at the last point in that at the first, 2 D x 2 D, column-major, if
   * it was asked for.
   */
  tangent: Float64Array | null;
  /** The largest entry of M^T J M - J: 0 of a symplectic map. */
  symplecticDefect: number | null;
  failure: { message: string; facts: CoreFacts } | null;
}

/** Fields of a Rust type, its lists of numbers as they cross. */
type Arrays<T> = { [K in keyof T]: T[K] extends number[] ? Float64Array : T[K] };

/** By which rates neighbouring orbits part. */
export type LyapunovExponents = Arrays<CoreLyapunovExponents>;

export interface RawMechanics {
  dimension(): number;
  lagrangian(x: Float64Array, v: Float64Array, time: number): number;
  hamiltonian(x: Float64Array, p: Float64Array, time: number): number;
  /** The acceleration. */
  eulerLagrange(x: Float64Array, v: Float64Array, time: number): Float64Array;
  momentum(x: Float64Array, v: Float64Array, time: number): Float64Array;
  velocity(x: Float64Array, p: Float64Array, time: number): Float64Array;
  integrate(x0: Float64Array, p0: Float64Array, options: unknown): RawOrbit;
  integrateVariational(x0: Float64Array, p0: Float64Array, options: unknown): RawOrbit;
  lyapunovExponents(x0: Float64Array, p0: Float64Array, options: unknown): LyapunovExponents;
  free(): void;
}

/** Neurons of a layer of a continuous network, and how many of them hold inputs and outputs. */
export interface NetworkWidths {
  width: number;
  inputs: number;
  outputs: number;
}

export interface RawContinuousNetwork {
  dimension(): number;
  pairs(): number;
  depth(): number;
  mechanics(): RawMechanics;
  /** Of one piece, from `{ seed, deviation }`. */
  startingWeights(options: unknown): Float64Array;
  initialPath(weights: Float64Array, layers: unknown): Float64Array;
  activations(path: Float64Array, pair: unknown): Float64Array;
  weights(path: Float64Array): Float64Array;
  predict(path: Float64Array, inputs: Float64Array): Float64Array;
  free(): void;
}
