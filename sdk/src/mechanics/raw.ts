// Mechanics as they cross.
import type {
  BoundaryProgress,
  BoundaryStatus,
  ContinuationRung,
  ErrorFacts,
  Stationary,
  LyapunovExponents as CoreLyapunovExponents,
} from "../../generated/types.js";

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
  failure: { message: string; facts: ErrorFacts } | null;
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

/** The solution of a boundary-value problem as it crosses. */
export interface RawBoundarySolution {
  /**
   * `"converged"` if it is a stationary path of the problem in continuous time, to `meshTolerance`.
   */
  status: BoundaryStatus;
  /** One per point. */
  times: Float64Array;
  /** x: points x coordinates, row-major. */
  path: Float64Array;
  /**
   * p, of the same form: before the impulse, at points that have one, so that at a free first end
   * it is 0. An orbit from the first state and momentum on is this path, if its mesh was not
   * refined.
   */
  momentum: Float64Array;
  /** What impulses add to p, of the same form; empty where there are none. */
  jumps: Float64Array;
  /**
   * H at each point, before the impulse: from after one impulse to before the next it is constant,
   * where H does not depend on time.
   */
  energy: Float64Array;
  /** Times of the mesh on which the path was found. */
  mesh: Float64Array;
  /**
   * The discrete action of the steps, which tends to the integral of L, and what impulses cost. Of
   * a path that is no solution it may be below the minimum.
   */
  action: number;
  /**
   * By how much the canonical equations of the steps are missed, at most, relative to the largest
   * state and momentum.
   */
  residual: number;
  /** By how much the conditions at the ends are missed, at most, relative to the same. */
  boundaryError: number;
  /** The largest error of one step, relative to the same. */
  meshError: number;
  iterations: number;
  /** Of the matrix of the whole problem. */
  factorizations: number;
  /** Of the integrator. */
  steps: number;
  /** Rungs of the climb in R_f; empty without one. */
  continuation: ContinuationRung[];
  failure: { message: string; facts: ErrorFacts } | null;
  /**
   * What the path is by its second variation; null, as the three that follow, where that was not
   * asked for, the path is no solution, or L does not exist: where an R_f is infinite.
   */
  kind: Stationary | null;
  /** The Morse index: in how many directions the action falls. */
  negativeDirections: number | null;
  /**
   * Times of points conjugate to the first end (focal points, where that end is free), one per
   * multiplicity.
   */
  conjugatePoints: Float64Array | null;
  /**
   * Of each state, points x coordinates x coordinates, where the action is a negative log
   * posterior, the path a minimum, and the covariance was asked for.
   */
  covariance: Float64Array | null;
}

export interface RawBoundarySolver {
  /** One iteration; false once there is nothing left to do. */
  advance(): boolean;
  progress(): BoundaryProgress;
  /** To be called once. */
  finish(): RawBoundarySolution;
  free(): void;
}
