// Options of every long computation: threads, progress and cancellation.
import { outOfRange, wrongShape } from "../errors.js";
import type { Rung } from "../raw.js";
import { describe } from "../shape.js";

/** Progress of an annealing run: the rung that was just done, and how much there is to do. */
export interface Progress {
  /** Number of the starting path, from 0. */
  start: number;
  /** Number of the rung, from 0. */
  rung: number;
  /** Number of rungs of every ladder; null where the ladder is found on the way. */
  rungs: number | null;
  /** Largest number of starting paths: a run ends earlier when enough of them have succeeded. */
  starts: number;
  /** Number of starting paths that were climbed to their end, failed, or were stopped. */
  startsDone: number;
  /** Number of rungs done, over all starting paths. */
  done: number;
  /** Largest number of rungs, `rungs * starts`; null where the ladder is found on the way. */
  total: number | null;
  /**
   * Number of steps of the grid for one step of the data: 1 in the first search, more where the
   * data's time step was found too coarse for the model and the grid was refined.
   */
  parts: number;
  /** Result of the rung: action, errors and parameters, and how the minimum was found. */
  result: Rung;
}

/** Options of every long computation: threads, progress and cancellation. */
export interface Watching {
  /**
   * Number of threads that do the work: Node's worker threads, a browser's web workers. `"auto"`:
   * as many as there are cores, but not more than there are starting paths or chains. 0: the
   * calling thread, which can do other things between two steps. The result does not depend on it.
   * Default: `"auto"`.
   */
  workers?: "auto" | number;
  /** Called after every rung. An error that it throws stops the run and rejects its promise. */
  onProgress?: (progress: Progress) => void;
  /**
   * Signal that stops the run within one rung per thread. The promise then resolves to what was
   * done, or rejects with the signal's reason if no rung was.
   */
  signal?: AbortSignal | undefined;
}

/** Checked options of threads, progress and cancellation. */
export interface Watch {
  /** Number of threads; undefined for `"auto"`. */
  workers: number | undefined;
  onProgress: ((progress: Progress) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** Checks the options of threads, progress and cancellation. */
export function watchOf({ workers, onProgress, signal }: Record<keyof Watch, unknown>): Watch {
  return {
    workers: workersOf(workers),
    onProgress: callback("onProgress", onProgress),
    signal: signalOf(signal),
  };
}

function workersOf(value: unknown): number | undefined {
  if (value === undefined || value === "auto") return undefined;
  if (typeof value !== "number")
    throw wrongShape("workers", `must be "auto" or a number, got ${describe(value)}`);
  if (Number.isInteger(value) && value >= 0) return value;
  throw outOfRange("workers", value, "a whole number of at least 0");
}

/** Checks a callback of the options. */
export function callback<C>(path: string, value: unknown): C | undefined {
  if (value === undefined || typeof value === "function") return value as C | undefined;
  throw wrongShape(path, `must be a function, got ${describe(value)}`);
}

function signalOf(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw wrongShape("signal", `must be an AbortSignal, got ${describe(value)}`);
}
