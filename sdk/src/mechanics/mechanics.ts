// A mechanical system with its two faces, whatever it is made from.
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

/** Where an orbit begins. */
export interface OrbitStart {
  /** One per coordinate. */
  x0: ArrayLike<number>;
  /** One per coordinate; or `v0`. */
  p0?: ArrayLike<number>;
  /** Velocities, whose momenta are L_v; or `p0`. */
  v0?: ArrayLike<number>;
}

/** Where an orbit begins and how it is followed. */
export interface OrbitOptions extends OrbitStart, Omit<IntegrationOptions, "method" | "tolerance"> {
  /** A map of the phase space, by the canonical equations. Default: `"implicit-midpoint"`. */
  method?: IntegrationOptions["method"];
  /** In its place: a discrete Lagrangian, whose orbit makes the discrete action stationary. */
  variational?: VariationalMethod;
  /** Error of one step of `"dormand-prince"`. Default: 1e-9. */
  tolerance?: number;
}

/** Where an orbit begins, and for how long its neighbours are watched. */
export interface LyapunovOptions extends OrbitStart, CoreLyapunovOptions {}

/** An orbit in coordinates and momenta. */
export interface Orbit extends Omit<RawOrbit, "failure"> {
  /**
   * Why not all points were reached; the last point is then the best iterate. Null if they were.
   */
  failure: LeastActionError | null;
}

/** A system with its two faces, L(x, v, t) and H(x, p, t). */
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

  /** L at a state, a velocity and a time (default: 0). */
  lagrangian(x: ArrayLike<number>, v: ArrayLike<number>, t = 0): number {
    return this.#at(x, "v", v, t, (raw, x, v, t) => raw.lagrangian(x, v, t));
  }

  /** H at a state, a momentum and a time (default: 0). */
  hamiltonian(x: ArrayLike<number>, p: ArrayLike<number>, t = 0): number {
    return this.#at(x, "p", p, t, (raw, x, p, t) => raw.hamiltonian(x, p, t));
  }

  /**
   * The acceleration that makes the action stationary, from the Euler-Lagrange equation
   * `d/dt L_v = L_x`.
   *
   * @throws LeastActionError of code `singular` where L_vv is, so that the equation states none.
   */
  eulerLagrange(x: ArrayLike<number>, v: ArrayLike<number>, t = 0): Float64Array {
    return this.#at(x, "v", v, t, (raw, x, v, t) => raw.eulerLagrange(x, v, t));
  }

  /** The momentum of a velocity, `L_v`. Of an action it is the costate, `R_f (v - F)`. */
  momentum(x: ArrayLike<number>, v: ArrayLike<number>, t = 0): Float64Array {
    return this.#at(x, "v", v, t, (raw, x, v, t) => raw.momentum(x, v, t));
  }

  /** The velocity of a momentum, the other way round. */
  velocity(x: ArrayLike<number>, p: ArrayLike<number>, t = 0): Float64Array {
    return this.#at(x, "p", p, t, (raw, x, p, t) => raw.velocity(x, p, t));
  }

  /**
   * An orbit from `x0` and `p0` (or the momenta of `v0`) on. Implicit equations are solved down to
   * rounding, so that methods called symplectic are. At times of measurements the momentum jumps,
   * where the data are impulses.
   *
   * @throws LeastActionError by field. What happens on the way is no error, but the orbit's
   *   `failure`.
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
   * By which rates orbits near the one from `x0` and `p0` (or the momenta of `v0`) on part,
   * impulses left out. Of an action those of p = 0 are the exponents of the flow and their
   * negatives. Runs in this thread until it is done.
   *
   * @throws LeastActionError by field; of code `notFinite` where the orbit comes to an end before
   *   its time.
   *
   * @example
   * const system = mechanics({ model: lorenz63(), measurementPrecision: 1, modelPrecision: 1 });
   * const { exponents } = system.lyapunovExponents({ x0: [1, 2, 20], p0: [0, 0, 0], timeStep: 0.01, points: 20_000, method: "rk4" });
   */
  lyapunovExponents(options: LyapunovOptions): LyapunovExponents {
    const { x, p, rest } = this.#begin(options);
    return this.#held.use((raw) => raw.lyapunovExponents(x, p, plain("options", rest)));
  }

  /**
   * A path of stationary action between two ends, from a given path on: the solution of the
   * canonical equations with conditions at both ends. Runs in this thread, which is let go some
   * times a second.
   *
   * @throws LeastActionError (the promise rejects) by field. That no solution is found is no error,
   *   but the solution's `status` and `failure`; the best iterate is kept.
   *
   * @example
   * const { path, momentum, conjugatePoints } = await system.solveBoundaryValueProblem({ initialPath: run.best.path });
   */
  solveBoundaryValueProblem(options: BoundaryValueOptions): Promise<BoundaryValueSolution> {
    return solveBoundaryValueProblem(this.#held, this.#points, options);
  }

  /**
   * Which stationary path is global? Solves the problem from many paths and groups the solutions by
   * action.
   *
   * @throws LeastActionError (the promise rejects) by field.
   */
  actionLevels(options: ActionLevelsOptions): Promise<ActionLevels> {
    return actionLevels(this.#held, this.#points, options);
  }

  /** Gives WebAssembly's memory back at once instead of some day. */
  free(): void {
    this.#held.free();
  }

  /** Where an orbit begins, and what else the options say. */
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

function finite(path: string, values: Float64Array, expected = "finite"): Float64Array {
  const odd = values.findIndex((value) => !Number.isFinite(value));
  if (odd < 0) return values;
  throw outOfRange(values.length > 1 ? `${path}[${odd}]` : path, values[odd] as number, expected);
}
