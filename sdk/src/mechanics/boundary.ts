// Solution of two-point boundary-value problems.
import { disposalGuard } from "../work/disposal.js";
import { watchOf } from "../anneal/watch.js";
import { LeastActionError, wrongLength, wrongShape } from "../errors.js";
import { type Held, release } from "../instance.js";
import type { BoundaryProgress, CoreBoundaryOptions, Level } from "../raw.js";
import type { RawBoundarySolution, RawBoundarySolver } from "./raw.js";
import { copied, describe, float64Array, plain, record } from "../shape.js";
import type { RawMechanics } from "./raw.js";

/** Options of {@link Mechanics.solveBoundaryValueProblem}. */
export interface BoundaryValueOptions extends Omit<CoreBoundaryOptions, "timeStep"> {
  /**
   * Path x that the iteration begins with: points x coordinates, row-major, for instance
   * `run.best.path`. With fixed ends its first and last state are kept.
   */
  initialPath: ArrayLike<number>;
  /**
   * Momenta p that the iteration begins with, before impulses: points x coordinates, row-major.
   * Default: 0 for actions of models with a free end; L_v along the path otherwise.
   */
  initialMomentum?: ArrayLike<number>;
  /** Time between points of the path. Default: that of the data; without data it must be given. */
  timeStep?: number;
  /** Time of the first point. Default: that of the data; 0 without data. */
  start?: number;
  /**
   * Callback for the progress, called after iterations, several times a second. If it throws, the
   * solver stops and its promise rejects.
   */
  onProgress?: (progress: BoundaryProgress) => void;
  /**
   * Signal that stops the solver after the present iteration. The promise then gives the last
   * iterate with the status `"interrupted"`; it rejects if the signal was aborted before. An
   * iteration of a large problem, the set-up and the final report are not interrupted.
   */
  signal?: AbortSignal | undefined;
}

/** Path of stationary action, or the best iterate on the way to it. */
export interface BoundaryValueSolution extends Omit<RawBoundarySolution, "failure"> {
  /** Reason why the path is not a solution, and advice; null if it is one. */
  failure: LeastActionError | null;
}

/**
 * Options of {@link Mechanics.actionLevels}: those of one boundary-value problem, with many initial
 * paths.
 */
export interface ActionLevelsOptions extends Omit<
  BoundaryValueOptions,
  "initialPath" | "initialMomentum"
> {
  /**
   * Initial paths, one for each solution: points x coordinates, row-major, all of the same length.
   */
  initialPaths: readonly ArrayLike<number>[];
}

/** Solutions from many initial paths, grouped by action. */
export interface ActionLevels {
  /**
   * Action levels, lowest first: the first is the best candidate for the global minimum. Their
   * `starts` are indices of `solutions`.
   */
  levels: Level[];
  /**
   * Solutions in the order of the initial paths, up to the one at which a signal stopped the
   * search.
   */
  solutions: BoundaryValueSolution[];
}

/** Time grid of the data. */
export interface Points {
  /** Time of the first point. */
  start: number;
  /** Time between points. */
  timeStep: number;
}

/** Milliseconds of work before other events are served. */
const TURN = 16;

/**
 * Solves a boundary-value problem in this thread, which serves other events in between.
 *
 * @throws LeastActionError (the promise rejects) by field.
 */
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
  // All calls go through `system`, because the solver lives in its instance.
  let solver: RawBoundarySolver | undefined;
  const guard = disposalGuard();
  try {
    const begun = system.use((mechanics, raw) => new raw.BoundarySolver(mechanics, path, p, core));
    solver = begun;
    let turn = now();
    while (system.use(() => begun.advance())) {
      if (now() - turn < TURN) continue;
      (onProgress as BoundaryValueOptions["onProgress"])?.(system.use(() => begun.progress()));
      await guard.yieldThread();
      if (watch.signal?.aborted) break;
      turn = now();
    }
    (onProgress as BoundaryValueOptions["onProgress"])?.(system.use(() => begun.progress()));
    guard.check();
    const { failure, ...solution } = system.use(() => begun.finish());
    return {
      ...solution,
      failure: failure === null ? null : new LeastActionError(failure.message, failure.facts),
    };
  } finally {
    if (solver !== undefined) release(solver);
  }
}

/**
 * Solves a boundary-value problem from many initial paths and groups the solutions by action.
 *
 * @throws LeastActionError (the promise rejects) by field.
 */
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
  // All paths are read before the first is solved, so that a wrong one loses no work.
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

/** Adds the time grid of the data to the options that lack one. */
function onPoints(
  points: Points | undefined,
  given: Record<string, unknown>,
): Record<string, unknown> {
  if (points === undefined && given.timeStep === undefined) {
    throw wrongShape("timeStep", "is missing: without data it must be said");
  }
  return { ...points, ...given };
}

/** Gives an array of numbers as a copy. */
const numbers = (path: string, given: unknown): Float64Array =>
  copied(path, float64Array(path, given));

/** Gives the time in milliseconds. */
const now = (): number => performance.now();
