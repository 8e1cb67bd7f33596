// Result of an annealing run of paths.
import { outOfRange, wrongShape } from "../errors.js";
import { type Inputs, inputsOf, namesOf } from "../inputs.js";
import type { Identifiability, Rung } from "../raw.js";
import type { CoreClimb } from "./raw.js";
import { describe, fields, plain, timeGrid } from "../shape.js";
import {
  identifiabilityOf,
  Uncertainty,
  type UncertaintyOptions,
} from "../statistics/uncertainty.js";
import { parted } from "./columns.js";
import { gridOf, predictedGrid } from "./window.js";
import { type Climbed, type Outcome, type Reached, Results } from "./results.js";
import type { RunParts } from "./run-parts.js";
import { type Names, type PathTask, withAnnealer } from "./task.js";
import { byName } from "./unknowns.js";

/** Climb of one starting path. `E` are the estimated parameters. */
export interface Climb<E extends string> extends Climbed {
  /** Estimated parameters at the last rung done; for one that changes in time, its mean. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
  /** Path at the last rung done, points x dimension, row-major. */
  path: Float64Array;
}

/** Best path of a run with its parameters, which is the estimate. `E` are their names. */
export interface Best<E extends string> extends Reached {
  /** Estimated parameters; for one that changes in time, its mean. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
  /** Estimated path, points x dimension, row-major. */
  path: Float64Array;
}

/** Prediction: a forward integration past the window of the data. */
export interface Prediction {
  /** Times of the rows, in the model's unit of time; the first is that of the last data point. */
  times: Float64Array;
  /**
   * Predicted path, times x dimension, row-major; its first row is the estimate at the last point
   * of the window.
   */
  path: Float64Array;
}

/**
 * Result of annealing a path: climbs, action levels and verdict, with predictions and
 * uncertainties. `E` are the estimated parameters, `I` the model's inputs.
 */
export class Run<E extends string = string, I extends string = string> extends Results<
  Climb<E>,
  Best<E>
> {
  /** Times of the path's points, those of all data sets one after the other. */
  readonly times: Float64Array;
  readonly #outcome: Outcome;
  readonly #task: PathTask;
  /** Model as the user gave it, for its names. */
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
   * Predicts: integrates the model from the end of the window, in the data's time step, to the
   * first grid time not before `until`. The first row is the estimate at the window's last point.
   *
   * @param options `until`: a time past the window, in the model's unit of time; `start`: number of
   *   the starting path whose estimate is integrated (default: the best one's); `inputs`: the
   *   model's inputs at the predicted points, the first of them one step past the window: for each
   *   input a value per point or a function of time, or all in one array, steps x inputs,
   *   row-major; `dataSet`: number of the data set whose window is left (default: 0, the first).
   * @throws LeastActionError for whatever is wrong with the options, and if the solution does not
   *   stay finite.
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
   * Computes the uncertainty of path and parameters by Laplace's method: a Gaussian about the
   * minimum of each of the lowest action levels, weighted by their evidence. It has standard
   * deviations, bands, covariances, draws, expected values, and the directions that the data leave
   * undetermined.
   *
   * @param options `modelPrecision`: R_f of the density exp(-A) (default: that of the last rung);
   *   `levels`: largest number of levels (default: 4); `hessian`: `"exact"` (default) or
   *   `"gauss-newton"`; `minimize` and `maxIterations`: minimisation before the Hessian is taken.
   * @throws LeastActionError if the lowest level is a saddle, or data and priors leave a direction
   *   undetermined.
   *
   * @example
   * const { parameters, deviation } = run.uncertainty();
   * parameters.forcing; // { mean, deviation }
   */
  uncertainty(options: UncertaintyOptions = {}): Uncertainty<E, I> {
    return new Uncertainty<E, I>(this.#parts(), options);
  }

  /**
   * Directions of the parameters that data and priors determine, and those that they leave free,
   * widest first, about the minimum of the lowest level. It needs no Gaussian: a direction that is
   * entirely free, for which `uncertainty` throws, has an infinite deviation.
   *
   * @param options those of `uncertainty`; `levels` is not used.
   * @throws LeastActionError if the lowest level is a saddle, or if the path is not determined even
   *   at known parameters.
   *
   * @example
   * const [widest] = run.identifiability().directions;
   * widest?.words; // "k1 - 0.01 k2": k1 up by 1 with k2 down by 0.01 fits as well
   */
  identifiability(options: UncertaintyOptions = {}): Identifiability {
    return identifiabilityOf(this.#parts(), options);
  }

  /**
   * Returns everything as plain data, for `JSON.stringify`; the result of `JSON.parse` can be
   * resumed. NaN becomes null, as JSON has no NaN.
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

  /** @internal Parts that statistics need; undefined if `run` is not a run of paths. */
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

/** @internal Number of points of all data sets together. */
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

/** @internal Makes the climb that users see, with named parameters. */
export function climbOf<E extends string>(
  names: Names,
  climb: CoreClimb,
  points: number,
): Climb<E> {
  return { ...climb, ...byName<E>(climb.path, climb.parameters, points, names) };
}

/** Copies a climb with lists in place of typed arrays. */
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
