// What an annealing run gives.
import { outOfRange, wrongShape } from "../errors.js";
import { type Inputs, inputsOf, namesOf } from "../inputs.js";
import type { Rung } from "../raw.js";
import type { CoreClimb } from "./raw.js";
import { describe, fields, plain, timeGrid } from "../shape.js";
import { Uncertainty, type UncertaintyOptions } from "../statistics/uncertainty.js";
import { parted } from "./columns.js";
import { gridOf, predictedGrid } from "./window.js";
import { type Climbed, type Outcome, type Reached, Results } from "./results.js";
import type { RunParts } from "./run-parts.js";
import { type Names, type PathTask, withAnnealer } from "./task.js";
import { byName } from "./unknowns.js";

/** One starting path, climbed. */
export interface Climb<E extends string> extends Climbed {
  /** At the last rung done; of a parameter that changes in time, its mean. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
  /** points x dimension, row-major, at the last rung done. */
  path: Float64Array;
}

/** The best path and its parameters. */
export interface Best<E extends string> extends Reached {
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
  /**
   * times x dimension, row-major; its first row is the estimate at the last point of the window.
   */
  path: Float64Array;
}

/**
 * All climbs of a run, and what they say together. `E` are the estimated parameters, `I` the
 * model's inputs.
 */
export class Run<E extends string = string, I extends string = string> extends Results<
  Climb<E>,
  Best<E>
> {
  /** Times of the path's points, of all data sets one after the other. */
  readonly times: Float64Array;
  readonly #outcome: Outcome;
  readonly #task: PathTask;
  /** As the user gave it, for its names. */
  readonly #model: unknown;

  /** @internal */
  constructor(outcome: Outcome, task: PathTask, model: unknown) {
    const times = timesOf(task);
    super(
      outcome,
      (climb) => climbOf<E>(outcome, climb, times.length),
      ({ parameters, varying, path }, reached) => ({ ...reached, parameters, varying, path }),
    );
    this.#outcome = outcome;
    this.#task = task;
    this.#model = model;
    this.times = times;
  }

  /**
   * Integrates the model on from the end of the window, in the data's time step, to the first grid
   * time not before `until`. The first row is the estimate at the window's last point.
   *
   * @param options `until`: a time past the window; `start`: from another starting path's estimate
   *   than the best one's; `inputs`: the model's inputs at the predicted points, the first of them
   *   one step past the window: for each a value per point or a function of time, or all in one
   *   array, steps x inputs, row-major; `dataSet`: the one to go on from, if there are several
   *   (default: the first).
   */
  predict(options: {
    until: number;
    start?: number;
    inputs?: Inputs<I> | ArrayLike<number>;
    dataSet?: number;
  }): Prediction {
    const { start = this.best.start, inputs, ...rest } = fields("options", options);
    const horizon: Record<string, unknown> = { ...rest };
    const [task, model, climbs] = [this.#task, this.#model, this.#outcome.climbs];
    const grid = predictedGrid(task.sets[(rest.dataSet ?? 0) as number], rest.until);
    if (inputs !== undefined && grid !== undefined) {
      horizon.inputs = Array.from(inputsOf(inputs, namesOf(model)?.inputs, grid));
    }
    const climb = climbs.find((climb) => climb.start === start);
    if (climb === undefined) {
      if (typeof start !== "number")
        throw wrongShape("start", `must be a number, got ${describe(start)}`);
      throw outOfRange("start", start, "the number of a starting path that was begun");
    }
    const { times, path } = withAnnealer(task, (annealer) =>
      annealer.predict(climb, plain("options", horizon)),
    );
    return { times, path: parted(path, times.length, this.#outcome.varying.length).path };
  }

  /**
   * How certain path and parameters are: a Gaussian about the minimum of each of the lowest action
   * levels, weighted by their evidence (Laplace's method). Gives standard deviations, bands,
   * covariances, draws, expected values, and what the data leave free.
   *
   * @param options `modelPrecision`: R_f at which exp(-A) is looked at (default: that of the last
   *   rung); `levels`: how many (default 4); `hessian`: `"exact"` (default) or `"gauss-newton"`;
   *   `minimize`, `maxIterations`: of the way down to the minima.
   * @throws LeastActionError where the lowest level is a saddle, or the data and priors leave a
   *   direction open.
   *
   * @example
   * const { parameters, deviation } = run.uncertainty();
   * parameters.forcing; // { mean, deviation }
   */
  uncertainty(options: UncertaintyOptions = {}): Uncertainty<E, I> {
    return new Uncertainty<E, I>(this.#parts(), options);
  }

  /**
   * Everything as plain data, for `JSON.stringify`; what is parsed again can be resumed. NaN
   * becomes null, as JSON has it.
   */
  toJSON(): Record<string, unknown> {
    const { best, starts, times } = this;
    return {
      ...this.common(),
      best: listed(best),
      starts: starts.map(listed),
      times: Array.from(times),
    };
  }

  /** @internal What statistics need; undefined of what is no run of paths. */
  static partsOf(run: unknown): RunParts | undefined {
    return typeof run === "object" && run !== null && #outcome in run
      ? (run as Run).#parts()
      : undefined;
  }

  #parts(): RunParts {
    const { climbs, estimated, varying } = this.#outcome;
    const starts = this.levels.flatMap(({ starts }) => starts);
    const chosen = starts.length === 0 ? [this.best.start] : starts;
    const from = (start: number): CoreClimb =>
      climbs.find((climb) => climb.start === start) as CoreClimb;
    const best = from(this.best.start);
    return {
      task: this.#task,
      model: this.#model,
      states: namesOf(this.#model)?.states ?? [],
      climbs: chosen.map(from),
      levels: this.levels.map(({ starts }) => from(starts[0] as number)),
      modelPrecision: (best.rungs.at(-1) as Rung).modelPrecision,
      shape: { times: this.times, estimated, varying },
    };
  }
}

/** @internal Points of all data sets together. */
export function pointsOf({ sets }: PathTask): number {
  return sets.map(gridOf).reduce((sum, { points }) => sum + points, 0);
}

/** Times of the points of all data sets, one after the other. */
function timesOf({ sets }: PathTask): Float64Array {
  const all = sets.map(gridOf);
  return Float64Array.from(
    all.flatMap(({ start, timeStep, points }) => [...timeGrid(start, timeStep, 0, points)]),
  );
}

/** @internal A climb as users see it. */
export function climbOf<E extends string>(
  names: Names,
  climb: CoreClimb,
  points: number,
): Climb<E> {
  return { ...climb, ...byName<E>(climb.path, climb.parameters, points, names) };
}

/** With lists in the place of typed arrays. */
function listed<T extends { path: Float64Array; varying: object }>(
  one: T,
): Record<string, unknown> {
  const varying = Object.entries(one.varying as Record<string, Float64Array>);
  return {
    ...one,
    path: Array.from(one.path),
    varying: Object.fromEntries(varying.map(([name, values]) => [name, Array.from(values)])),
  };
}
