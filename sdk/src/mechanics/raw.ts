// Types of mechanics at the boundary to WebAssembly.
import type {
  BoundaryProgress,
  BoundaryStatus,
  ContinuationRung,
  ErrorFacts,
  Stationary,
  LyapunovExponents as CoreLyapunovExponents,
} from "../../generated/types.js";

/** Orbit as WebAssembly gives it. */
export interface RawOrbit {
  /** Times of the points. */
  times: Float64Array;
  /** Coordinates x: points x coordinates, row-major. */
  x: Float64Array;
  /** Momenta p: points x coordinates, row-major; before the impulse, at points that have one. */
  p: Float64Array;
  /** Changes of p by impulses: points x coordinates, row-major; empty if there are no impulses. */
  jumps: Float64Array;
  /** Energy H at each point, before the impulse. */
  energy: Float64Array;
  /**
   * Largest change of H since the first point, without the changes by impulses. Where H does not
   * depend on time it is the error of the method.
   */
  energyError: number;
  /**
   * Change of H from the first point to the last, with its sign, without the changes by impulses.
   */
  energyErrorAtEnd: number;
  /** Number of steps of the method. */
  steps: number;
  /** Number of Newton iterations for the implicit equations of all steps. */
  newtonIterations: number;
  /**
   * Derivative M of (x, p) at the last point with respect to that at the first: 2 D x 2 D,
   * column-major. Null if it was not asked for.
   */
  tangent: Float64Array | null;
  /**
   * Largest entry of M^T J M - J, where M is the tangent; 0 for a symplectic map. Null without the
   * tangent.
   */
  symplecticDefect: number | null;
  /** Error that ended the orbit early; null if there was none. */
  failure: { message: string; facts: ErrorFacts } | null;
}

/** Type of Rust whose lists of numbers are passed as Float64Array. */
type Arrays<T> = { [K in keyof T]: T[K] extends number[] ? Float64Array : T[K] };

/** Lyapunov exponents of an orbit: the mean rates at which neighbouring orbits part. */
export type LyapunovExponents = Arrays<CoreLyapunovExponents>;

/** Mechanical system in WebAssembly's memory. */
export interface RawMechanics {
  /** Number of coordinates. */
  dimension(): number;
  /** Evaluates the Lagrangian L. */
  lagrangian(x: Float64Array, v: Float64Array, time: number): number;
  /** Evaluates the Hamiltonian H. */
  hamiltonian(x: Float64Array, p: Float64Array, time: number): number;
  /** Computes the acceleration from the Euler-Lagrange equation. */
  eulerLagrange(x: Float64Array, v: Float64Array, time: number): Float64Array;
  /** Computes the momentum L_v of a velocity. */
  momentum(x: Float64Array, v: Float64Array, time: number): Float64Array;
  /** Computes the velocity H_p of a momentum. */
  velocity(x: Float64Array, p: Float64Array, time: number): Float64Array;
  /** Integrates an orbit by a one-step map of the phase space. */
  integrate(x0: Float64Array, p0: Float64Array, options: unknown): RawOrbit;
  /** Integrates an orbit of a discrete Lagrangian. */
  integrateVariational(x0: Float64Array, p0: Float64Array, options: unknown): RawOrbit;
  /** Computes the Lyapunov exponents of an orbit. */
  lyapunovExponents(x0: Float64Array, p0: Float64Array, options: unknown): LyapunovExponents;
  /** Frees the memory of the object. */
  free(): void;
}

/** Numbers of neurons of a continuous network. */
export interface NetworkWidths {
  /** Number of neurons of every layer. */
  width: number;
  /** Number of neurons that hold an input. */
  inputs: number;
  /** Number of neurons that hold an output. */
  outputs: number;
}

/** Network of continuous depth in WebAssembly's memory. */
export interface RawContinuousNetwork {
  /** Number of coordinates of the mechanics. */
  dimension(): number;
  /** Number of training pairs. */
  pairs(): number;
  /** Layer number of the last layer. */
  depth(): number;
  /** Makes the mechanical system of the network and its data. */
  mechanics(): RawMechanics;
  /** Draws random weights of one piece, with options `{ seed, deviation }`. */
  startingWeights(options: unknown): Float64Array;
  /** Makes the path that weights make of the inputs: points x dimension, row-major. */
  initialPath(weights: Float64Array, layers: unknown): Float64Array;
  /** Gives the activations of a pair along a path: points x width, row-major. */
  activations(path: Float64Array, pair: unknown): Float64Array;
  /** Gives the weights along a path: points x (W, row-major, then b). */
  weights(path: Float64Array): Float64Array;
  /** Predicts outputs with the weights of a path: rows x output width, row-major. */
  predict(path: Float64Array, inputs: Float64Array): Float64Array;
  /** Frees the memory of the object. */
  free(): void;
}

/** Solution of a boundary-value problem as WebAssembly gives it. */
export interface RawBoundarySolution {
  /**
   * End of the solution: `"converged"` if the path is a stationary path of the problem in
   * continuous time, to within `meshTolerance`.
   */
  status: BoundaryStatus;
  /** Times of the points. */
  times: Float64Array;
  /** Coordinates x: points x coordinates, row-major. */
  path: Float64Array;
  /**
   * Momenta p: points x coordinates, row-major; before the impulse, at points that have one, so
   * that at a free first end they are 0. An orbit from the first state and momentum is this path,
   * if its mesh was not refined.
   */
  momentum: Float64Array;
  /** Changes of p by impulses: points x coordinates, row-major; empty if there are no impulses. */
  jumps: Float64Array;
  /**
   * Energy H at each point, before the impulse. Between two impulses it is constant where H does
   * not depend on time.
   */
  energy: Float64Array;
  /** Times of the mesh on which the path was found. */
  mesh: Float64Array;
  /**
   * Discrete action of the steps, which tends to the integral of L, with the cost of the impulses.
   * For a path that is no solution it may be below the minimum.
   */
  action: number;
  /**
   * Largest error of the canonical equations of the steps, relative to the largest state and
   * momentum.
   */
  residual: number;
  /** Largest error of the boundary conditions, relative to the largest state and momentum. */
  boundaryError: number;
  /** Largest error of one step, relative to the largest state and momentum. */
  meshError: number;
  /** Number of iterations. */
  iterations: number;
  /** Number of factorisations of the matrix of the whole problem. */
  factorizations: number;
  /** Number of steps of the integrator. */
  steps: number;
  /** Rungs of the continuation in R_f; empty without one. */
  continuation: ContinuationRung[];
  /** Reason why the path is not a solution; null if it is one. */
  failure: { message: string; facts: ErrorFacts } | null;
  /**
   * Kind of the stationary path by its second variation. Null if that was not asked for, if the
   * path is no solution, if L does not exist because an R_f is infinite, or if its derivatives
   * cannot be evaluated along the path.
   */
  kind: Stationary | null;
  /**
   * Morse index: the number of directions in which the action falls. Null if there is no second
   * variation.
   */
  negativeDirections: number | null;
  /**
   * Times of points conjugate to the first end (focal points, if that end is free), one per
   * multiplicity. A free last end adds its own time for every direction in which only moving it
   * lets the action fall. Null if there is no second variation.
   */
  conjugatePoints: Float64Array | null;
  /**
   * Covariance of each state: points x coordinates x coordinates, row-major. Null unless it was
   * asked for, the action is a negative log posterior, and the path is a minimum.
   */
  covariance: Float64Array | null;
}

/** Solver of a boundary-value problem in WebAssembly's memory. */
export interface RawBoundarySolver {
  /** Does one iteration; false once there is nothing left to do. */
  advance(): boolean;
  /** Progress of the solution. */
  progress(): BoundaryProgress;
  /** Gives the solution. It must be called once at most. */
  finish(): RawBoundarySolution;
  /** Frees the memory of the object. */
  free(): void;
}
