// What a user says about an annealing run, and its parts: those for Rust, those for here.
import { LeastActionError, outOfRange, wrongLength, wrongShape } from "../errors.js";
import { specOf, type Model } from "../models.js";
import { type Observations, setsOf } from "../observations.js";
import type {
  CoreAnnealOptions,
  Discretization,
  Estimate,
  Normalization,
  Rung,
  Stopped,
} from "../raw.js";
import type { CoreClimb } from "./raw.js";
import { copied, describe, fields, float64Array, plain, record } from "../shape.js";
import type { Outcome } from "./results.js";
import { type Climb, climbOf, pointsOf, Run } from "./run.js";
import type { AnnealTask, Names, PathTask } from "./task.js";

/** A rung has been done. */
export interface Progress {
  /** Number of the starting path. */
  start: number;
  /** The rung, from 0. */
  rung: number;
  /** Rungs of every ladder; null where they are found on the way. */
  rungs: number | null;
  /** Starting paths at most: a run ends when enough of them have succeeded. */
  starts: number;
  /** Starting paths that were climbed to their end, failed, or were stopped. */
  startsDone: number;
  /** Rungs done, over all starting paths. */
  done: number;
  /** Rungs at most, `rungs * starts`; null where they are found on the way. */
  total: number | null;
  /** Action, errors and parameters at the rung, and how its minimum was found. */
  result: Rung;
}

/** Who climbs, and who watches. */
export interface Watching {
  /**
   * Threads that do the work: Node's worker threads, a browser's web workers. `"auto"` (default):
   * as many as there are cores, but not more than there are starting paths or chains. 0: this
   * thread, which is let go in between. The result does not depend on it.
   */
  workers?: "auto" | number;
  /** Told of every rung. What it throws stops the run and rejects its promise. */
  onProgress?: (progress: Progress) => void;
  /**
   * Stops the run within one rung per thread; the promise then gives what was done, or rejects if
   * that is nothing.
   */
  signal?: AbortSignal | undefined;
}

/**
 * Everything about an annealing run. `P` are the model's parameters, `E` those to be estimated, `I`
 * its inputs.
 */
export interface AnnealOptions<
  P extends string = string,
  E extends P = P,
  I extends string = string,
>
  extends
    Omit<CoreAnnealOptions, "parameters" | "estimate" | "discretization" | "normalization">,
    Watching {
  model: Model<P, string, I>;
  /**
   * One data set, or several that share the parameters and have paths of their own, one after the
   * other.
   */
  data: Observations | readonly Observations[];
  /**
   * How the model becomes residuals on the grid. Default: `"simpson-hermite"`, which needs an odd
   * number of points.
   */
  discretization?: Discretization;
  /**
   * What the parts of the action are divided by. Default: `"mean"`: about 1 at the truth when R_m
   * is one over the noise variance.
   */
  normalization?: Normalization;
  /** Values of parameters that are known; the model's defaults where none is given. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** Parameters to be estimated along with the path, and where they start. Default: none. */
  estimate?: { readonly [K in E]: Estimate };
  /**
   * A run that was cancelled, to be continued with the same options; the result has the same bits
   * as one that was not.
   */
  resume?: ResumableRun;
  /**
   * To watch while it is found: told of what a starting path has become, some thirty times a
   * second, and at its end. What it throws stops the run and rejects its promise.
   */
  onPath?: (climb: Climb<NoInfer<E>>) => void;
}

/** As much of a run as is needed to go on with it: a run, or what `JSON.parse` makes of one. */
export interface ResumableRun {
  readonly starts: readonly {
    readonly start: number;
    readonly rungs: readonly Rung[];
    readonly parameters: Readonly<Record<string, number>>;
    readonly varying?: Readonly<Record<string, ArrayLike<number> | undefined>>;
    readonly stopped?: Stopped | null;
    readonly path: ArrayLike<number>;
  }[];
}

/** What is left for here. */
export interface Watch {
  workers: number | undefined;
  onProgress: ((progress: Progress) => void) | undefined;
  signal: AbortSignal | undefined;
}

/** Told of climbs on the way. */
export type OnClimb = (climb: CoreClimb, names: Names) => void;

/** A run before it is made. */
export interface Plan<R> {
  task: AnnealTask;
  watch: Watch;
  onClimb: OnClimb | undefined;
  /** What an earlier run has done. */
  earlier: (names: Names) => CoreClimb[];
  result: (outcome: Outcome) => R;
}

const ownNames = [
  "model",
  "data",
  "workers",
  "resume",
  "onProgress",
  "onPath",
  "signal",
] satisfies (keyof AnnealOptions)[];

/** Splits options. Those for Rust are checked there. */
export function planOf<E extends string, I extends string>(options: unknown): Plan<Run<E, I>> {
  const { model, data, workers, resume, onProgress, onPath, signal, ...rest } = fields(
    "options",
    options,
  );
  for (const name of ["parameters", "estimate"]) {
    // Rust would take a list's text for parameter names. action() has a list here, so this is
    // easily mixed up.
    if (Array.isArray(rest[name]))
      throw wrongShape(name, "must be an object with a field per parameter, got an array");
  }
  const [spec, sets, given] = [specOf(model), setsOf(data), plain("options", rest)];
  const task: PathTask = { kind: "paths", spec, sets, options: given, ownNames };
  return {
    task,
    watch: watchOf({ workers, onProgress, signal }),
    onClimb: onClimbOf<Climb<string>>(onPath, (climb, names) =>
      climbOf(names, climb, pointsOf(task)),
    ),
    earlier: (names) => climbsOf(resume, (path, climb) => pathOf(path, climb, names)),
    result: (outcome) => new Run<E, I>(outcome, task, model),
  };
}

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

function callback<C>(path: string, value: unknown): C | undefined {
  if (value === undefined || typeof value === "function") return value as C | undefined;
  throw wrongShape(path, `must be a function, got ${describe(value)}`);
}

/** From climbs to what a user's `onPath` is told. */
export function onClimbOf<C>(
  onPath: unknown,
  made: (climb: CoreClimb, names: Names) => C,
): OnClimb | undefined {
  const tell = callback<(climb: C) => void>("onPath", onPath);
  return tell && ((climb, names) => tell(made(climb, names)));
}

function signalOf(value: unknown): AbortSignal | undefined {
  if (value === undefined || value instanceof AbortSignal) return value;
  throw wrongShape("signal", `must be an AbortSignal, got ${describe(value)}`);
}

/** The climbs of an earlier run; whether they fit this one is decided in Rust. */
export function climbsOf(
  resume: unknown,
  pointOf: (path: string, climb: Record<string, unknown>) => Pick<CoreClimb, "path" | "parameters">,
): CoreClimb[] {
  if (resume === undefined) return [];
  const { starts } = record("resume", resume);
  if (!Array.isArray(starts))
    throw wrongShape("resume.starts", `must be an array, got ${describe(starts)}`);
  const seen = new Set<unknown>();
  return Array.from(starts as unknown[], (given, i) => {
    const path = `resume.starts[${i}]`;
    const climb = record(path, given);
    if (seen.has(climb.start)) {
      const value = String(climb.start);
      const facts = { code: "duplicate", path: `${path}.start`, value } as const;
      throw new LeastActionError(`${path}.start: ${value} is there twice`, facts);
    }
    seen.add(climb.start);
    return {
      start: climb.start as number,
      rungs: plain(`${path}.rungs`, climb.rungs) as Rung[],
      // What failed is tried again, and fails again if nothing has changed.
      failure: null,
      stopped: (climb.stopped ?? null) as Stopped | null,
      ...pointOf(path, climb),
    };
  });
}

/** A path and the estimated parameters as Rust has them. */
function pathOf(
  at: string,
  climb: Record<string, unknown>,
  names: Names,
): Pick<CoreClimb, "path" | "parameters"> {
  const parameters = fields(`${at}.parameters`, climb.parameters);
  const values = names.estimated.map((name) => parameters[name]);
  return {
    parameters: float64Array(`${at}.parameters`, values),
    path: joined(at, climb, names.varying),
  };
}

/** A path with the parameters that change in time as its last columns, as Rust has it. */
function joined(
  at: string,
  climb: Record<string, unknown>,
  varying: readonly string[],
): Float64Array {
  const path = copied(`${at}.path`, float64Array(`${at}.path`, climb.path));
  if (varying.length === 0) return path;
  const given = fields(`${at}.varying`, climb.varying);
  const columns = varying.map((name) => float64Array(`${at}.varying.${name}`, given[name]));
  const points = columns[0]?.length ?? 0;
  const odd = columns.findIndex((column) => column.length !== points);
  if (odd >= 0) {
    const because = "as many as the others have";
    throw wrongLength(`${at}.varying.${varying[odd]}`, columns[odd]?.length ?? 0, points, because);
  }
  const own = path.length / points;
  if (!Number.isInteger(own))
    throw wrongLength(`${at}.path`, path.length, points, "a multiple, one row per point");
  const width = own + columns.length;
  return Float64Array.from({ length: points * width }, (_, k) => {
    const [point, column] = [Math.floor(k / width), k % width];
    return (column < own ? path[point * own + column] : columns[column - own]?.[point]) as number;
  });
}
