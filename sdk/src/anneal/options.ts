// Options of an annealing run, split into those that Rust reads and those that are used here.
import { LeastActionError, wrongLength, wrongShape } from "../errors.js";
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
import { type Noise, noiseOf } from "./noise.js";
import type { CoreClimb } from "./raw.js";
import { copied, describe, fields, float64Array, plain, record } from "../shape.js";
import type { Outcome } from "./results.js";
import { type Climb, climbOf, Run } from "./run.js";
import type { AnnealTask, Names, PathTask } from "./task.js";
import { callback, type Watch, type Watching, watchOf } from "./watch.js";

/**
 * Options of {@link anneal} for a path through data. `P` are the names of the model's parameters,
 * `E` those to be estimated, `I` the names of its inputs.
 */
export interface AnnealOptions<
  P extends string = string,
  E extends P = P,
  I extends string = string,
>
  extends
    Omit<
      CoreAnnealOptions,
      "parameters" | "estimate" | "discretization" | "normalization" | "noise"
    >,
    Watching {
  /** Model of the system, a named one or your own. */
  model: Model<P, string, I>;
  /** Measurements: one data set, or several with the same parameters, each with its own path. */
  data: Observations | readonly Observations[];
  /**
   * Scheme by which the model becomes residuals on the grid. Default: `"simpson-hermite"`, which
   * works on pairs of equal steps; single ones are halved. For maps `"map"`.
   */
  discretization?: Discretization;
  /**
   * Normalisation of the action. Default: `"mean"`, with which the action is about 1 at the truth
   * if R_m is one over the noise variance.
   */
  normalization?: Normalization;
  /**
   * Noise of the measurements, in words of the data: a standard deviation, a covariance, or the
   * noise of each channel by name, a number or `"estimate"`. It excludes `measurementPrecision` and
   * errors of the data. Default, without any of the three: the standard deviation of every channel
   * is estimated along with path and parameters; `run.noise` has it.
   */
  noise?: Noise;
  /** Values of parameters that are known. Default: the model's. */
  parameters?: { readonly [K in NoInfer<P>]?: number };
  /** Parameters to be estimated along with the path, with their starting values. Default: none. */
  estimate?: { readonly [K in E]: Estimate };
  /**
   * Run that was cancelled, to be continued with the same options; the result has the same bits as
   * that of a run that was not cancelled.
   */
  resume?: ResumableRun;
  /**
   * Called after rungs with the path that was found on the rung, at most about thirty times a
   * second, and at the end of each climb. An error that it throws stops the run and rejects its
   * promise.
   */
  onPath?: (climb: Climb<NoInfer<E>>) => void;
}

/** Run that can be resumed: a {@link Run}, or the result of `JSON.parse` for one. */
export interface ResumableRun {
  /** Climbs that were begun. */
  readonly starts: readonly {
    /** Number of the starting path, from 0. */
    readonly start: number;
    /** Rungs that were done. */
    readonly rungs: readonly Rung[];
    /** Estimated parameters at the last rung done. */
    readonly parameters: Readonly<Record<string, number>>;
    /** Numbers by which the parameters are estimated, where some have a `scale`. */
    readonly coordinates?: ArrayLike<number>;
    /** Path in the numbers by which it is estimated, where some states are positive. */
    readonly pathCoordinates?: ArrayLike<number>;
    /** Natural logarithms of the scales of estimated noise, by name. */
    readonly noise?: Readonly<Record<string, number>>;
    /** Estimated parameters that change in time: one value per point. */
    readonly varying?: Readonly<Record<string, ArrayLike<number> | undefined>>;
    /** Rung and actions for which the climb was stopped early; null if it was not. */
    readonly stopped?: Stopped | null;
    /** Path at the last rung done, points x dimension, row-major. */
    readonly path: ArrayLike<number>;
  }[];
}

/** Callback for climbs that are under way. */
export type OnClimb = (climb: CoreClimb, names: Names, task: AnnealTask) => void;

/** Annealing run that is about to begin, with checked options. `R` is the type of its result. */
export interface Plan<R> {
  task: AnnealTask;
  watch: Watch;
  onClimb: OnClimb | undefined;
  /** Reads the climbs of an earlier run, once Rust has named the parameters. */
  earlier: (names: Names) => CoreClimb[];
  /** Makes the result; `before` is that on the data's own grid, where it was refined. */
  result: (outcome: Outcome, task: AnnealTask, before?: R) => R;
}

/** Options that Rust does not read. */
const ownNames = [
  "model",
  "data",
  "workers",
  "resume",
  "onProgress",
  "onPath",
  "signal",
] satisfies (keyof AnnealOptions)[];

/** Makes a plan of a user's options. Those that are for Rust are checked there. */
export function planOf<E extends string, I extends string>(options: unknown): Plan<Run<E, I>> {
  const { model, data, workers, resume, onProgress, onPath, signal, ...others } = fields(
    "options",
    options,
  );
  const { noise, measurementPrecision, ...rest } = others;
  for (const name of ["parameters", "estimate"]) {
    // Rust would take the entries of a list for parameter names. action() expects a list here, so
    // the two are easily mixed up.
    if (Array.isArray(rest[name]))
      throw wrongShape(name, "must be an object with a field per parameter, got an array");
  }
  const [spec, sets] = [specOf(model), setsOf(data)];
  const stated = noiseOf({ noise, measurementPrecision }, model, sets);
  const given = plain("options", { ...rest, ...stated });
  const task: PathTask = { kind: "paths", spec, sets, options: given, ownNames };
  return {
    task,
    watch: watchOf({ workers, onProgress, signal }),
    onClimb: onClimbOf<Climb<string>>(onPath, (climb, names, of) =>
      climbOf(names, climb, of as PathTask),
    ),
    earlier: (names) => climbsOf(onDataGrid(resume), (path, climb) => pathOf(path, climb, names)),
    result: (outcome, of, before) => new Run<E, I>(outcome, of as PathTask, model, before),
  };
}

/**
 * Gives the run on the grid of the data for one on a refined grid: refining it again leads to the
 * same bits.
 */
function onDataGrid(resume: unknown): unknown {
  if (typeof resume !== "object" || resume === null || !("refined" in resume)) return resume;
  const { refined } = resume;
  return typeof refined === "object" && refined !== null && "before" in refined
    ? refined.before
    : resume;
}

/** Wraps a user's `onPath`, so that it is given what `made` makes of a climb. */
export function onClimbOf<C>(
  onPath: unknown,
  made: (climb: CoreClimb, names: Names, task: AnnealTask) => C,
): OnClimb | undefined {
  const tell = callback<(climb: C) => void>("onPath", onPath);
  return tell && ((climb, names, task) => tell(made(climb, names, task)));
}

/**
 * Reads the climbs of an earlier run; `pointOf` reads a climb's path and parameters. Rust decides
 * whether they fit this run.
 */
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
      // A climb that failed is tried again, and fails again if nothing has changed.
      failure: null,
      stopped: (climb.stopped ?? null) as Stopped | null,
      ...pointOf(path, climb),
    };
  });
}

/** Reads a climb's path and estimated parameters in the layout that Rust uses. */
function pathOf(
  at: string,
  climb: Record<string, unknown>,
  names: Names,
): Pick<CoreClimb, "path" | "parameters"> {
  if (names.isScaled)
    return {
      parameters: float64Array(`${at}.coordinates`, climb.coordinates),
      path: joined(at, climb, names),
    };
  const parameters = fields(`${at}.parameters`, climb.parameters);
  const noise = fields(`${at}.noise`, climb.noise ?? {});
  const values = names.estimated.map((name) =>
    names.noise.includes(name) ? noise[name] : parameters[name],
  );
  return {
    parameters: float64Array(`${at}.parameters`, values),
    path: joined(at, climb, names),
  };
}

/** Appends parameters that change in time to a path as its last columns, as Rust has it. */
function joined(
  at: string,
  climb: Record<string, unknown>,
  { varying, own, hasLogarithms }: Names,
): Float64Array {
  const field = hasLogarithms || own.length > 0 ? "pathCoordinates" : "path";
  const path = copied(`${at}.${field}`, float64Array(`${at}.${field}`, climb[field]));
  if (varying.length === 0 || own.length > 0) return path;
  const given = fields(`${at}.varying`, climb.varying);
  const columns = varying.map((name) => float64Array(`${at}.varying.${name}`, given[name]));
  const points = columns[0]?.length ?? 0;
  const odd = columns.findIndex((column) => column.length !== points);
  if (odd >= 0) {
    const because = "as many as the others have";
    throw wrongLength(`${at}.varying.${varying[odd]}`, columns[odd]?.length ?? 0, points, because);
  }
  const states = path.length / points;
  if (!Number.isInteger(states))
    throw wrongLength(`${at}.${field}`, path.length, points, "a multiple, one row per point");
  const width = states + columns.length;
  return Float64Array.from({ length: points * width }, (_, k) => {
    const [point, column] = [Math.floor(k / width), k % width];
    const isState = column < states;
    return (isState ? path[point * states + column] : columns[column - states]?.[point]) as number;
  });
}
