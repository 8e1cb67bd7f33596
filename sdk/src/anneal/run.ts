// What an annealing run gives.
import { outOfRange, type ErrorFacts, wrongShape } from "../errors.js";
import { type Inputs, inputsOf, namesOf, type TimeGrid } from "../inputs.js";
import type { Climb, Drop, Finding, Level, RawAnnealer, Rung, Stopped, Verdict } from "../raw.js";
import { describe, fields, MOST_VALUES, plain, timeGrid } from "../shape.js";
import { withAnnealer } from "./climbs.js";
import type { DataSet } from "../observations.js";
import type { Task } from "./options.js";

/** Action levels: one row per starting path that was begun, one column per rung. */
export interface Levels {
  starts: number;
  rungs: number;
  /** R_f at each rung; where rungs are found on the way, those of the longest climb. */
  modelPrecision: Float64Array;
  /** starts x rungs, row-major; NaN where a climb did not get to. The two errors' sum. */
  action: Float64Array;
  /** Of the same form; weighted with R_m. */
  measurementError: Float64Array;
  /** Of the same form; weighted with R_f. */
  modelError: Float64Array;
}

/** One starting path, climbed. */
export interface Start<E extends string> {
  /** Its number, from 0. */
  start: number;
  rungs: Rung[];
  /** At the last rung done; of a parameter that changes in time, its mean. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
  /** points x dimension, row-major, at the last rung done. */
  path: Float64Array;
  /** Why it was not climbed to the end, if it was beaten. */
  stopped: Stopped | null;
  /** Why the climb ended early, if the mathematics failed. */
  failure: ErrorFacts | null;
}

/** The best path and its parameters. */
export interface Best<E extends string> {
  /** Number of the starting path that it was found from. */
  start: number;
  /** The last rung that it has done. */
  rung: number;
  action: number;
  measurementError: number;
  modelError: number;
  priorError: number;
  /** Of a parameter that changes in time, its mean. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
  /** points x dimension, row-major. */
  path: Float64Array;
}

/** A forward integration past the window of the data. */
export interface Prediction {
  times: Float64Array;
  /** times x dimension, row-major; its first row is the estimate at the last point of the window. */
  path: Float64Array;
}

/** @internal */
export interface Outcome {
  task: Task;
  /** As the user gave it, for its names. */
  model: unknown;
  /** By number. */
  climbs: readonly Climb[];
  /** Rows of the table of levels: one more than the number of the last starting path that was begun. */
  starts: number;
  estimated: readonly string[];
  varying: readonly string[];
  verdicts: ReturnType<RawAnnealer["finish"]>;
  cancelled: boolean;
}

/** All climbs of a run, and what they say together. `E` are the estimated parameters, `I` the model's inputs. */
export class Run<E extends string = string, I extends string = string> {
  /** Action levels by starting path and rung. */
  readonly levels: Levels;
  /** Starting paths whose levels at the last rung agree, lowest first; empty if none got there. */
  readonly clusters: readonly Level[];
  /** How far the second level is above the lowest; null if there is no second. */
  readonly gap: number | null;
  /** The action level that the stated noise explains if the model holds: where the lowest one should be. */
  readonly expectedLevel: number;
  /** Rungs at which the action fell: the path moved to a lower minimum. */
  readonly drops: readonly Drop[];
  /** What the numbers say, with advice. */
  readonly findings: readonly Finding[];
  /** The findings in a word. */
  readonly verdict: Verdict;
  /** The climb that is furthest up the ladder, and there has the lowest action. */
  readonly best: Best<E>;
  /** Every climb that was begun. */
  readonly starts: readonly Start<E>[];
  /** Whether a signal stopped the run; `resume` goes on with it. */
  readonly cancelled: boolean;
  /** Times of the path's points, of all data sets one after the other. */
  readonly times: Float64Array;
  readonly #outcome: Outcome;

  /** @internal */
  constructor(outcome: Outcome) {
    const { task, climbs, verdicts, cancelled } = outcome;
    this.#outcome = outcome;
    this.levels = levelsOf(outcome);
    this.clusters = verdicts.levels;
    this.gap = verdicts.gap;
    this.expectedLevel = verdicts.expectedLevel;
    this.drops = verdicts.drops;
    this.findings = verdicts.findings;
    this.verdict = verdicts.verdict;
    this.cancelled = cancelled;
    const times = task.sets
      .map(gridOf)
      .flatMap(({ start, timeStep, points }) => [...timeGrid(start, timeStep, 0, points)]);
    this.times = Float64Array.from(times);
    this.starts = climbs.map((climb) => startOf<E>(outcome, climb, times.length));
    this.best = bestOf(this.starts[verdicts.best] as Start<E>);
  }

  /**
   * Integrates the model on from the end of the window, in the data's time step, to the first grid time not before `until`. The first row is
   * the estimate at the window's last point.
   *
   * @param options `until`: a time past the window; `start`: from another starting path's estimate than the best one's; `inputs`: the model's
   *   inputs at the predicted points, the first of them one step past the window: for each a value per point or a function of time, or all in one
   *   array, steps x inputs, row-major; `dataSet`: the one to go on from, if there are several (default: the first).
   */
  predict(options: {
    until: number;
    start?: number;
    inputs?: Inputs<I> | ArrayLike<number>;
    dataSet?: number;
  }): Prediction {
    const { start = this.best.start, inputs, ...rest } = fields("options", options);
    const horizon: Record<string, unknown> = { ...rest };
    const { task, model, climbs } = this.#outcome;
    const grid = predictedGrid(task.sets[(rest.dataSet ?? 0) as number], rest.until);
    if (inputs !== undefined && grid !== undefined) {
      horizon.inputs = Array.from(inputsOf(inputs, namesOf(model)?.inputs, grid));
    }
    const climb = climbs.find((climb) => climb.start === start);
    if (climb === undefined) {
      if (typeof start !== "number") throw wrongShape("start", `must be a number, got ${describe(start)}`);
      throw outOfRange("start", start, "the number of a starting path that was begun");
    }
    const { times, path } = withAnnealer(task, (annealer) => annealer.predict(climb, plain("options", horizon)));
    return { times, path: parted(path, times.length, this.#outcome.varying.length).path };
  }

  /** Levels and parameters as a table. */
  summary(): string {
    return this.#outcome.verdicts.summary;
  }

  /** The findings as prose, with advice. */
  diagnose(): string {
    return this.#outcome.verdicts.diagnosis;
  }

  /** Everything as plain data, for `JSON.stringify`; what is parsed again can be resumed. NaN becomes null, as JSON has it. */
  toJSON(): Record<string, unknown> {
    const { levels, clusters, gap, expectedLevel, drops, findings, verdict, best, starts, cancelled, times } = this;
    const { modelPrecision, action, measurementError, modelError } = levels;
    return {
      levels: {
        ...levels,
        modelPrecision: Array.from(modelPrecision),
        action: Array.from(action),
        measurementError: Array.from(measurementError),
        modelError: Array.from(modelError),
      },
      clusters,
      gap,
      expectedLevel,
      drops,
      findings,
      verdict,
      best: listed(best),
      starts: starts.map(listed),
      cancelled,
      times: Array.from(times),
    };
  }
}

function gridOf({ grid }: DataSet): Required<Omit<TimeGrid, "first">> {
  return { start: 0, ...(grid as Omit<TimeGrid, "start">) };
}

/** Where a prediction has its points past the window; undefined where there is no such prediction, which is for Rust to say. */
function predictedGrid(set: DataSet | undefined, until: unknown): TimeGrid | undefined {
  if (set === undefined || typeof until !== "number") return undefined;
  const { start, timeStep, points: first } = gridOf(set);
  const ahead = until - (start + (first - 1) * timeStep);
  // The core counts the same way: a hair less, so that rounding in `until` does not add a step.
  const points = Math.max(1, Math.ceil(ahead / timeStep - 1e-9));
  return ahead > 0 && points <= MOST_VALUES ? { start, timeStep, first, points } : undefined;
}

/** The last `further` columns of a path apart from the others. */
function parted(rows: Float64Array, points: number, further: number): { path: Float64Array; columns: Float64Array[] } {
  const width = rows.length / points;
  const own = width - further;
  const value = (point: number, column: number): number => rows[point * width + column] as number;
  const path =
    further === 0 ? rows : Float64Array.from({ length: points * own }, (_, k) => value(Math.floor(k / own), k % own));
  const column = (k: number): Float64Array =>
    Float64Array.from({ length: points }, (_, point) => value(point, own + k));
  return { path, columns: Array.from({ length: further }, (_, k) => column(k)) };
}

function startOf<E extends string>({ estimated, varying }: Outcome, climb: Climb, points: number): Start<E> {
  const { path, columns } = parted(climb.path, points, varying.length);
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const parameters = [
    ...estimated.map((name, i) => [name, climb.parameters[i]]),
    ...varying.map((name, k) => [name, mean(columns[k] as Float64Array)]),
  ];
  return {
    ...climb,
    parameters: Object.fromEntries(parameters) as Record<E, number>,
    varying: Object.fromEntries(varying.map((name, k) => [name, columns[k]])) as Partial<Record<E, Float64Array>>,
    path,
  };
}

/** With lists in the place of typed arrays. */
function listed<T extends { path: Float64Array; varying: object }>(one: T): Record<string, unknown> {
  const varying = Object.entries(one.varying as Record<string, Float64Array>);
  return {
    ...one,
    path: Array.from(one.path),
    varying: Object.fromEntries(varying.map(([name, values]) => [name, Array.from(values)])),
  };
}

function bestOf<E extends string>({ start, rungs, parameters, varying, path }: Start<E>): Best<E> {
  const { rung, action, measurementError, modelError, priorError } = rungs.at(-1) as Rung;
  return { start, rung, action, measurementError, modelError, priorError, parameters, varying, path };
}

function levelsOf({ climbs, starts, verdicts }: Outcome): Levels {
  const { modelPrecision } = verdicts;
  const rungs = modelPrecision.length;
  const table = (): Float64Array => new Float64Array(starts * rungs).fill(Number.NaN);
  const [action, measurementError, modelError] = [table(), table(), table()] as const;
  for (const climb of climbs) {
    climb.rungs.forEach((done, rung) => {
      const i = climb.start * rungs + rung;
      action[i] = done.action;
      measurementError[i] = done.measurementError;
      modelError[i] = done.modelError;
    });
  }
  return { starts, rungs, modelPrecision, action, measurementError, modelError };
}
