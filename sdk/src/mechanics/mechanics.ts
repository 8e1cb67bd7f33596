// Mechanical systems, by Lagrangian and Hamiltonian.
import { LeastActionError, outOfRange, wrongLength, wrongShape } from "../errors.js";
import { Held } from "../instance.js";
import type { CoreLyapunovOptions, IntegrationOptions, VariationalMethod } from "../raw.js";
import { describe, fields, float64Array, plain } from "../shape.js";
import {
  actionLevels,
  type ActionLevels,
  type ActionLevelsOptions,
  type BoundaryValueOptions,
  type BoundaryValueSolution,
  type Points,
  solveBoundaryValueProblem,
} from "./boundary.js";
import type { LyapunovExponents, RawMechanics, RawOrbit } from "./raw.js";
import { pointsOf, sourceOf } from "./source.js";

/** Initial point of an orbit: coordinates, and momenta or velocities. */
export interface OrbitStart {
  /** Initial coordinates, one number each. */
  x0: ArrayLike<number>;
  /** Initial momenta, one per coordinate. Either these or `v0` must be given. */
  p0?: ArrayLike<number>;
  /**
   * Initial velocities, one per coordinate, whose momenta are L_v. Either these or `p0` must be
   * given.
   */
  v0?: ArrayLike<number>;
}

/** Options of {@link Mechanics.integrate}: the initial point, the time grid and the method. */
export interface OrbitOptions extends OrbitStart, Omit<IntegrationOptions, "method" | "tolerance"> {
  /**
   * One-step map of the phase space that integrates the canonical equations. Default:
   * `"implicit-midpoint"`.
   */
  method?: IntegrationOptions["method"];
  /**
   * Discrete Lagrangian that is used instead of `method`; its orbit makes the discrete action
   * stationary. Default: none.
   */
  variational?: VariationalMethod;
  /**
   * Error of one step of `"dormand-prince"`, relative to the largest coordinate and the largest
   * momentum. Default: 1e-9.
   */
  tolerance?: number;
}

/**
 * Options of {@link Mechanics.lyapunovExponents}: the initial point of the orbit, the time grid and
 * the method.
 */
export interface LyapunovOptions extends OrbitStart, CoreLyapunovOptions {}

/** Orbit in coordinates and momenta, the result of {@link Mechanics.integrate}. */
export interface Orbit extends Omit<RawOrbit, "failure"> {
  /**
   * Error that kept the orbit from reaching all points; null if all were reached. If it is of code
   * `notConverged`, the last point is the best iterate of Newton's method.
   */
  failure: LeastActionError | null;
}

/**
 * Mechanical system with its Lagrangian L(x, v, t) and its Hamiltonian H(x, p, t), made by {@link
 * mechanics}.
 */
export class Mechanics {
  /** Number of coordinates. */
  readonly dimension: number;
  readonly #held: Held<RawMechanics>;
  readonly #points: Points | undefined;

  /** @internal */
  constructor(options: unknown) {
    this.#held = new Held("mechanics", sourceOf(options));
    this.#points = pointsOf(options);
    this.dimension = this.#held.use((raw) => raw.dimension());
  }

  /**
   * Evaluates the Lagrangian L at coordinates, velocities and a time (default: 0).
   *
   * @throws LeastActionError by field.
   */
  lagrangian(x: ArrayLike<number>, v: ArrayLike<number>, t = 0): number {
    return this.#at(x, "v", v, t, (raw, x, v, t) => raw.lagrangian(x, v, t));
  }

  /**
   * Evaluates the Hamiltonian H at coordinates, momenta and a time (default: 0).
   *
   * @throws LeastActionError by field.
   */
  hamiltonian(x: ArrayLike<number>, p: ArrayLike<number>, t = 0): number {
    return this.#at(x, "p", p, t, (raw, x, p, t) => raw.hamiltonian(x, p, t));
  }

  /**
   * Computes the acceleration that makes the action stationary, from the Euler-Lagrange equation
   * `d/dt L_v = L_x`, one number per coordinate. The time is 0 by default.
   *
   * @throws LeastActionError of code `singular` where L_vv is singular, so that the equation gives
   *   no acceleration.
   */
  eulerLagrange(x: ArrayLike<number>, v: ArrayLike<number>, t = 0): Float64Array {
    return this.#at(x, "v", v, t, (raw, x, v, t) => raw.eulerLagrange(x, v, t));
  }

  /**
   * Computes the momentum `L_v` of a velocity, one number per coordinate. For the action of a model
   * it is the costate, `R_f (v - F)`. The time is 0 by default.
   *
   * @throws LeastActionError by field.
   */
  momentum(x: ArrayLike<number>, v: ArrayLike<number>, t = 0): Float64Array {
    return this.#at(x, "v", v, t, (raw, x, v, t) => raw.momentum(x, v, t));
  }

  /**
   * Computes the velocity `H_p` of a momentum, one number per coordinate. The time is 0 by default.
   *
   * @throws LeastActionError by field.
   */
  velocity(x: ArrayLike<number>, p: ArrayLike<number>, t = 0): Float64Array {
    return this.#at(x, "p", p, t, (raw, x, p, t) => raw.velocity(x, p, t));
  }

  /**
   * Integrates an orbit from `x0` and `p0` (or the momenta of `v0`). Implicit equations are solved
   * down to rounding, so that symplectic methods are symplectic. Where the data are impulses, the
   * momentum jumps at the times of measurements.
   *
   * @throws LeastActionError by field. An orbit that ends early is no error: it has a `failure`.
   *
   * @example
   * const orbit = mechanics({ system: "pendulum" }).integrate({
   *   x0: [1],
   *   v0: [0],
   *   timeStep: 0.1,
   *   points: 100,
   * });
   */
  integrate(options: OrbitOptions): Orbit {
    const { x, p, rest: own } = this.#begin(options);
    const { variational, ...rest } = own;
    if (variational !== undefined && rest.method !== undefined) {
      throw wrongShape("method", "and variational are both given; give one of them");
    }
    const { failure, ...orbit } = this.#held.use((raw) =>
      variational === undefined
        ? raw.integrate(x, p, plain("options", rest))
        : raw.integrateVariational(x, p, plain("options", { ...rest, method: variational })),
    );
    return {
      ...orbit,
      failure: failure === null ? null : new LeastActionError(failure.message, failure.facts),
    };
  }

  /**
   * Computes the Lyapunov exponents of the orbit from `x0` and `p0` (or the momenta of `v0`), the
   * mean rates at which neighbouring orbits part. Impulses are left out. For the action of a model,
   * those of an orbit with p = 0 are the exponents of the flow and their negatives. It runs in this
   * thread until it is done.
   *
   * @throws LeastActionError by field; of code `notFinite` where the orbit ends early.
   *
   * @example
   * const system = mechanics({ model: lorenz63(), measurementPrecision: 1, modelPrecision: 1 });
   * const { exponents } = system.lyapunovExponents({
   *   x0: [1, 2, 20],
   *   p0: [0, 0, 0],
   *   timeStep: 0.01,
   *   points: 20_000,
   *   method: "rk4",
   * });
   */
  lyapunovExponents(options: LyapunovOptions): LyapunovExponents {
    const { x, p, rest } = this.#begin(options);
    return this.#held.use((raw) => raw.lyapunovExponents(x, p, plain("options", rest)));
  }

  /**
   * Finds a path of stationary action between two ends, beginning with a given path: the solution
   * of the canonical equations with conditions at both ends. It runs in this thread and lets other
   * events be served several times a second.
   *
   * @throws LeastActionError (the promise rejects) by field. A problem without a solution is no
   *   error: the result has a `status` and a `failure`, and keeps the best iterate.
   *
   * @example
   * const { path, momentum, conjugatePoints } = await system.solveBoundaryValueProblem({
   *   initialPath: run.best.path,
   * });
   */
  solveBoundaryValueProblem(options: BoundaryValueOptions): Promise<BoundaryValueSolution> {
    return solveBoundaryValueProblem(this.#held, this.#points, options);
  }

  /**
   * Solves a boundary-value problem from many initial paths and groups the solutions by action, to
   * find the stationary path that is the global minimum.
   *
   * @throws LeastActionError (the promise rejects) by field.
   *
   * @example
   * const initialPaths = run.starts.map(({ path }) => path);
   * const { levels } = await system.actionLevels({ initialPaths });
   */
  actionLevels(options: ActionLevelsOptions): Promise<ActionLevels> {
    return actionLevels(this.#held, this.#points, options);
  }

  /**
   * Frees the memory of WebAssembly at once, instead of when the garbage collector runs. Any later
   * use throws an error of code `freed`.
   */
  free(): void {
    this.#held.free();
  }

  /** Reads the initial point of an orbit, and gives the other options as they are. */
  #begin(options: unknown): { x: Float64Array; p: Float64Array; rest: Record<string, unknown> } {
    const { x0, p0, v0, ...rest } = fields("options", options);
    if ((p0 === undefined) === (v0 === undefined)) {
      throw wrongShape(
        "p0",
        p0 === undefined ? "is missing: give p0 or v0" : "and v0 are both given; give one of them",
      );
    }
    const of = (name: string, given: unknown): Float64Array => {
      const values = float64Array(name, given);
      if (values.length === this.dimension) return finite(name, values);
      throw wrongLength(name, values.length, this.dimension, "one per coordinate");
    };
    const x = of("x0", x0);
    if (p0 !== undefined) return { x, p: of("p0", p0), rest };
    const start = typeof rest.start === "number" ? rest.start : 0;
    return { x, p: this.momentum(x, of("v0", v0), start), rest };
  }

  /**
   * Evaluates a function at a state, a velocity or momentum, and a time, all of which must be
   * finite.
   */
  #at<T extends number | Float64Array>(
    x: unknown,
    name: string,
    other: unknown,
    t: unknown,
    what: (raw: RawMechanics, x: Float64Array, other: Float64Array, t: number) => T,
  ): T {
    if (typeof t !== "number") throw wrongShape("t", `must be a number, got ${describe(t)}`);
    const [first, second] = [
      finite("x", float64Array("x", x)),
      finite(name, float64Array(name, other)),
    ];
    finite("t", Float64Array.of(t));
    const found = this.#held.use((raw) => what(raw, first, second, t));
    finite(
      "x",
      typeof found === "number" ? Float64Array.of(found) : found,
      "a point where all is finite",
    );
    return found;
  }
}

/** Gives numbers as they are if all of them are finite. */
function finite(path: string, values: Float64Array, expected = "finite"): Float64Array {
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd < 0) return values;
  throw outOfRange(values.length > 1 ? `${path}[${odd}]` : path, values[odd] as number, expected);
}
