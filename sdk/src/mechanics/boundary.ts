// The two-point boundary-value problem.
import { lifeNow } from "../work/disposal.js";
import { watchOf } from "../anneal/options.js";
import { LeastActionError, wrongLength, wrongShape } from "../errors.js";
import { type Held, release } from "../instance.js";
import type { BoundaryProgress, CoreBoundaryOptions, Level } from "../raw.js";
import type { RawBoundarySolution, RawBoundarySolver } from "./raw.js";
import { copied, describe, float64Array, plain, record } from "../shape.js";
import type { RawMechanics } from "./raw.js";

/** Where a path of stationary action is looked for, and how. */
export interface BoundaryValueOptions extends Omit<CoreBoundaryOptions, "timeStep"> {
  /**
   * x: points x coordinates, row-major, for instance `run.best.path`. With fixed ends its first and
   * last state are kept.
   */
  initialPath: ArrayLike<number>;
  /**
   * p before impulses, of the same form. Default: 0 for actions of models with a free end; L_v
   * along the path otherwise.
   */
  initialMomentum?: ArrayLike<number>;
  /** Between points of the path. Default: that of the data. */
  timeStep?: number;
  /** Time of the first point. Default: that of the data; 0 without data. */
  start?: number;
  /**
   * Told after iterations, some times a second. What it throws stops the solver and rejects its
   * promise.
   */
  onProgress?: (progress: BoundaryProgress) => void;
  /**
   * Stops the solver after the present iteration; the promise then gives the last iterate with the
   * status `"interrupted"`. It rejects if the signal was aborted before. An iteration of a large
   * problem, its beginning and the statement of its result are not interrupted.
   */
  signal?: AbortSignal | undefined;
}

/** A path of stationary action, or the best iterate on the way to it. */
export interface BoundaryValueSolution extends Omit<RawBoundarySolution, "failure"> {
  /** Why the path is not a solution, and what to do; null if it is one. */
  failure: LeastActionError | null;
}

/** Options for many starts. */
export interface ActionLevelsOptions extends Omit<
  BoundaryValueOptions,
  "initialPath" | "initialMomentum"
> {
  /** One for each start. */
  initialPaths: readonly ArrayLike<number>[];
}

/** Solutions from many starts, by action. */
export interface ActionLevels {
  /**
   * Lowest first: the first level is the best candidate for the global minimum. `starts` are places
   * in `solutions`.
   */
  levels: Level[];
  /** One per initial path, in their order, but for those that a signal left out. */
  solutions: BoundaryValueSolution[];
}

/** What data say of the points. */
export interface Points {
  start: number;
  timeStep: number;
}

/** A turn of work before the thread is let go, in ms. */
const TURN = 16;

export async function solveBoundaryValueProblem(
  system: Held<RawMechanics>,
  points: Points | undefined,
  options: unknown,
): Promise<BoundaryValueSolution> {
  const { initialPath, initialMomentum, onProgress, signal, ...rest } = record("options", options);
  const watch = watchOf({ workers: undefined, onProgress, signal });
  const core = onPoints(points, plain("options", rest) as Record<string, unknown>);
  const path = numbers("initialPath", initialPath);
  const p = initialMomentum === undefined ? undefined : numbers("initialMomentum", initialMomentum);
  watch.signal?.throwIfAborted();
  // All calls are through `system`, whose instance the solver lives in.
  let solver: RawBoundarySolver | undefined;
  const life = lifeNow();
  try {
    const begun = system.use((mechanics, raw) => new raw.BoundarySolver(mechanics, path, p, core));
    solver = begun;
    let turn = now();
    while (system.use(() => begun.advance())) {
      if (now() - turn < TURN) continue;
      (onProgress as BoundaryValueOptions["onProgress"])?.(system.use(() => begun.progress()));
      await life.breathe();
      if (watch.signal?.aborted) break;
      turn = now();
    }
    (onProgress as BoundaryValueOptions["onProgress"])?.(system.use(() => begun.progress()));
    life.check();
    const { failure, ...solution } = system.use(() => begun.finish());
    return {
      ...solution,
      failure: failure === null ? null : new LeastActionError(failure.message, failure.facts),
    };
  } finally {
    if (solver !== undefined) release(solver);
  }
}

export async function actionLevels(
  system: Held<RawMechanics>,
  points: Points | undefined,
  options: unknown,
): Promise<ActionLevels> {
  const { initialPaths, ...rest } = record("options", options);
  if (!Array.isArray(initialPaths) || initialPaths.length === 0) {
    throw wrongShape(
      "initialPaths",
      `must be a list of at least one path, got ${describe(initialPaths)}`,
    );
  }
  if (rest.initialPath !== undefined)
    throw wrongShape("initialPath", "and initialPaths are both given; give one of them");
  if (rest.initialMomentum !== undefined)
    throw wrongShape("initialMomentum", "is not for many starts; leave it out");
  const signal = rest.signal as AbortSignal | undefined;
  const solutions: BoundaryValueSolution[] = [];
  // All are read before the first is solved, so that nothing is lost by a wrong one.
  const paths = (initialPaths as unknown[]).map((path, k) => numbers(`initialPaths[${k}]`, path));
  const odd = paths.findIndex(({ length }) => length !== paths[0]?.length);
  if (odd > 0)
    throw wrongLength(
      `initialPaths[${odd}]`,
      paths[odd]?.length ?? 0,
      paths[0]?.length ?? 0,
      "as many as the first",
    );
  for (const initialPath of paths) {
    if (solutions.length > 0 && signal?.aborted) break;
    solutions.push(await solveBoundaryValueProblem(system, points, { ...rest, initialPath }));
  }
  const actions = solutions.map(({ status, action }) =>
    status === "converged" || status === "mesh-too-coarse" ? action : NaN,
  );
  return {
    levels: system.use((_, raw) => raw.actionLevels(Float64Array.from(actions))),
    solutions,
  };
}

function onPoints(
  points: Points | undefined,
  given: Record<string, unknown>,
): Record<string, unknown> {
  if (points === undefined && given.timeStep === undefined) {
    throw wrongShape("timeStep", "is missing: without data it must be said");
  }
  return { ...points, ...given };
}

const numbers = (path: string, given: unknown): Float64Array =>
  copied(path, float64Array(path, given));

const now = (): number => performance.now();
