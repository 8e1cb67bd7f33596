// Result of an annealing run of paths.
import { outOfRange, wrongShape } from "../errors.js";
import type { EventTables } from "../events.js";
import { type Inputs, namesOf } from "../inputs.js";
import type {
  HierarchyEstimate,
  Identifiability,
  ModelNoiseEstimate,
  NoiseEstimate,
  Rung,
  StepCheck,
} from "../raw.js";
import type { CoreClimb, FinerGrid } from "./raw.js";
import { describe, fields, plain } from "../shape.js";
import type { DataSet } from "../observations.js";
import { type Profile, profileOf, type ProfileOptions } from "../statistics/profile.js";
import {
  identifiabilityOf,
  Uncertainty,
  type UncertaintyOptions,
} from "../statistics/uncertainty.js";
import { atData, type KeptRows, parted } from "./columns.js";
import { gridOf, driveHorizon } from "./window.js";
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
  /**
   * Parameters that differ by data set, own ones, those of groups and those that data sets state:
   * one value per data set.
   */
  own: Record<string, Float64Array>;
  /** Natural logarithms of the scales of estimated noise, by name; `run.noise` has the numbers. */
  noise: Record<string, number>;
  /** Path at the last rung done, points x dimension, row-major. */
  path: Float64Array;
  /**
   * Numbers by which the parameters are estimated, in the model's order: logarithms and logits of
   * those with a `scale`. Only there if some have one, so that a climb goes on from the same bits.
   */
  coordinates?: Float64Array;
  /**
   * Path in the numbers by which it is estimated: the logarithms of positive states, and own values
   * of data sets as further columns. Only there if some states are positive, or parameters differ
   * by data set, so that a climb goes on from the same bits.
   */
  pathCoordinates?: Float64Array;
}

/** Best path of a run with its parameters, which is the estimate. `E` are their names. */
export interface Best<E extends string> extends Reached {
  /** Estimated parameters; for one that changes in time, its mean. */
  parameters: Record<E, number>;
  /** Parameters that change in time: one value per point. */
  varying: Partial<Record<E, Float64Array>>;
  /**
   * Parameters that differ by data set, own ones, those of groups and those that data sets state:
   * one value per data set.
   */
  own: Record<string, Float64Array>;
  /** Natural logarithms of the scales of estimated noise, by name; `run.noise` has the numbers. */
  noise: Record<string, number>;
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
 * Refined grid of a run, on which the model was solved because the data's own time step is too
 * coarse for it. `E` are the estimated parameters, `I` the model's inputs.
 */
export interface RefinedGrid<E extends string, I extends string> {
  /** Number of steps of the grid for one step of the data. */
  parts: number;
  /** Time step of the grid, of the first data set. */
  timeStep: number;
  /** Times of the grid's points, those of all data sets one after the other. */
  times: Float64Array;
  /** Estimated path at these times, times x dimension, row-major. */
  path: Float64Array;
  /** Run on the grid of the data, whose time step was found too coarse. */
  before: Run<E, I>;
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
  /**
   * Estimated noise of the best path, by the name of the measured channel: its deviation or share
   * of the prediction, with an interval. Empty where the noise is known.
   */
  readonly noise: Readonly<Record<string, NoiseEstimate>>;
  /**
   * Distributions of parameters between data sets, by the name of the parameter: mean and deviation
   * on its scale, the deviation with an interval. Empty without hierarchies.
   */
  readonly hierarchies: Readonly<Record<string, HierarchyEstimate>>;
  /**
   * Check of the time step: the error of the answer that it makes. Null for maps, where the check
   * is turned off, and where the run was not done or the data leave a direction open.
   */
  readonly stepCheck: StepCheck | null;
  /**
   * Refined grid; null where the model was solved on the grid of the data. Paths of the run are
   * given at the points of the data in any case.
   */
  readonly refined: RefinedGrid<E, I> | null;
  readonly #outcome: Outcome;
  readonly #task: PathTask;
  /** Model as the user gave it, for its names. */
  readonly #model: unknown;

  /** @internal */
  constructor(outcome: Outcome, task: PathTask, model: unknown, before?: Run<E, I>) {
    const times = withAnnealer(task, (annealer) => annealer.times(true));
    super(
      outcome,
      (climb) => climbOf<E>(outcome, climb, task),
      ({ parameters, varying, own, noise, path }, reached) => {
        return { ...reached, parameters, varying, own, noise, path };
      },
    );
    this.#outcome = outcome;
    this.#task = task;
    this.#model = model;
    this.times = times;
    this.noise = Object.fromEntries(outcome.verdicts.noise.map((one) => [one.name, one]));
    this.hierarchies = Object.fromEntries(
      outcome.verdicts.hierarchies.map((one) => [one.name, one]),
    );
    this.stepCheck = outcome.checks.at(-1) ?? null;
    this.refined = before === undefined ? null : this.#refinedFrom(before);
  }

  /** Makes the description of the refined grid. */
  #refinedFrom(before: Run<E, I>): RefinedGrid<E, I> {
    const { parts } = this.#task.grid as FinerGrid;
    const times = withAnnealer(this.#task, (annealer) => annealer.times(false));
    const best = this.#climb(this.best.start);
    const whole = withAnnealer(this.#task, (annealer) => annealer.naturalPath(best.path));
    const { path } = parted(whole, times.length, this.#outcome.varying.length);
    const timeStep = gridOf(this.#task.sets[0] as DataSet).timeStep / parts;
    return { parts, timeStep, times, path, before };
  }

  /** Climb of a starting path, as Rust has it. */
  #climb(start: number): CoreClimb {
    return this.#outcome.climbs.find((climb) => climb.start === start) as CoreClimb;
  }

  /**
   * Predicts: integrates the model from the end of the window, in the data's time step, to the
   * first grid time not before `until`. The first row is the estimate at the window's last point.
   *
   * @param options `until`: a time past the window, in the model's unit of time; `start`: number of
   *   the starting path whose estimate is integrated (default: the best one's); `inputs`: the
   *   model's inputs at the predicted points, the first of them one step past the window: for each
   *   input a value per point or a function of time, or all in one array, steps x inputs,
   *   row-major; `events`: events past the window, as of data, whose times become points too;
   *   `dataSet`: number of the data set whose window is left (default: 0, the first).
   * @throws LeastActionError for whatever is wrong with the options, and if the solution does not
   *   stay finite.
   */
  predict(options: {
    until: number;
    start?: number;
    inputs?: Inputs<I> | ArrayLike<number>;
    events?: EventTables;
    dataSet?: number;
  }): Prediction {
    const { start = this.best.start, inputs, events, ...rest } = fields("options", options);
    const horizon: Record<string, unknown> = { ...rest };
    const [task, model, climbs] = [this.#task, this.#model, this.#outcome.climbs];
    const set = task.sets[(rest.dataSet ?? 0) as number];
    driveHorizon(horizon, set, model, { inputs, events });
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
   * @param options `modelPrecision`: R_f of the density exp(-A); `Infinity` for a model without
   *   errors, whose only unknowns are first states and parameters (default: `Infinity` where the
   *   model's error at the end of an automatic ladder is negligible, else that of the last rung);
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
   * Estimates the noise of the model, R_f, together with noise of the measurements that is
   * estimated, by the evidence of the data: the integral of the posterior over path and parameters
   * by Laplace's method, which for a linear model is the likelihood of a Kalman filter. Where the
   * data cannot tell one noise from the other the answer says so: an end of the interval is open.
   *
   * To go on with the result, anneal with `modelPrecision: { final: modelPrecision }`.
   *
   * @throws LeastActionError if a direction is left undetermined at every R_f.
   *
   * @example
   * const { modelPrecision, interval, isDetermined, message } = run.modelNoise();
   */
  modelNoise(): ModelNoiseEstimate {
    const climb = this.#climb(this.best.start);
    return withAnnealer(this.#task, (annealer) => annealer.modelNoise(climb));
  }

  /**
   * Computes the profile of a parameter: the fit at given values of it, with the path and all other
   * parameters refitted. Its interval holds where a Gaussian does not, and it is open on the sides
   * that the data leave open. A run whose path obeys the model exactly has the profile likelihood;
   * at a finite R_f path and other parameters are integrated out by Laplace's method.
   *
   * @param parameter name of an estimated parameter that is constant in time.
   * @param options `confidence` of the interval (default: 0.95); `modelPrecision`: R_f of the
   *   density exp(-A) (default: that of `uncertainty()`); `mostValues` on either side (default:
   *   60); `maxIterations` of each fit (default: 100); `onProgress` and `signal`.
   * @throws LeastActionError (the promise rejects) for a name that is not estimated or changes in
   *   time, options that are out of range, fits that do not reach their minimum, and sides on which
   *   the most values do not reach an end; the signal's reason if it is aborted.
   *
   * @example
   * const { interval, open } = await run.profile("k"); // [2.9, 1000], [false, true]: k > 2.9
   */
  profile(parameter: E, options: ProfileOptions = {}): Promise<Profile> {
    return profileOf(this.#parts(), parameter, options);
  }

  /**
   * Returns everything as plain data, for `JSON.stringify`; the result of `JSON.parse` can be
   * resumed. NaN becomes null, as JSON has no NaN.
   */
  toJSON(): Record<string, unknown> {
    const { best, starts, times } = this;
    const { noise, hierarchies, stepCheck, refined } = this;
    return {
      ...this.common(),
      noise,
      hierarchies,
      stepCheck,
      refined: refined && {
        ...refined,
        times: Array.from(refined.times),
        path: Array.from(refined.path),
        before: refined.before.toJSON(),
      },
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

  /** Warning that statistics of a run repeat: a verdict that is not good, with its reasons. */
  #warning(): string | undefined {
    if (this.verdict === "consistent") return undefined;
    const problems = this.findings.filter(({ severity }) => severity === "problem");
    const reasons = problems.map(({ message }) => message).join(" ");
    return `The verdict on the run is "${this.verdict}", and these results are no better. ${reasons}`;
  }

  #parts(): RunParts {
    const { estimated, varying, own, spreads, firsts, noise, isScaled, hasLogarithms } =
      this.#outcome;
    const task = this.#task;
    const starts = this.levels.flatMap(({ starts }) => starts);
    const chosen = starts.length === 0 ? [this.best.start] : starts;
    const from = (start: number): CoreClimb => this.#climb(start);
    const best = from(this.best.start);
    return {
      task: this.#task,
      model: this.#model,
      states: namesOf(this.#model)?.states ?? [],
      climbs: chosen.map(from),
      levels: this.levels.map(({ starts }) => from(starts[0] as number)),
      modelPrecision: (best.rungs.at(-1) as Rung).modelPrecision,
      warning: this.#warning(),
      noise: this.#outcome.verdicts.noise,
      shape: {
        times: this.times,
        kept: keptOf(task),
        estimated,
        varying,
        own,
        spreads,
        firsts,
        noise,
        isScaled,
        hasLogarithms,
        ...(isScaled && {
          scales: {
            natural: (unknowns) => withAnnealer(task, (one) => one.naturalUnknowns(unknowns)),
            slopes: (unknowns) => withAnnealer(task, (one) => one.slopes(unknowns)),
          },
        }),
      },
    };
  }
}

/** Rows of a path that are at the points before the grid was refined; undefined if it was not. */
function keptOf(task: PathTask): KeptRows | undefined {
  if (task.grid === undefined) return undefined;
  const { parts } = task.grid;
  let first = 0;
  const points = withAnnealer(task, (annealer) => annealer.points());
  const rows = Array.from(points).flatMap((points) => {
    const own = Array.from({ length: points }, (_, n) => first + n * parts);
    first += (points - 1) * parts + 1;
    return own;
  });
  return { count: first, rows: Int32Array.from(rows) };
}

/** Number of points of paths that users see. */
function pointsOf(task: PathTask): number {
  const points = withAnnealer(task, (annealer) => annealer.points());
  return points.reduce((sum, one) => sum + one, 0);
}

/** @internal Makes the climb that users see, with named parameters, at the points of the data. */
export function climbOf<E extends string>(
  names: Names,
  climb: CoreClimb,
  task: PathTask,
): Climb<E> {
  const points = pointsOf(task);
  const path = atData(climb.path, keptOf(task));
  // Own values are columns of the path, from which a climb goes on to the same bits.
  const whole = names.own.length > 0 && { pathCoordinates: path };
  if (!names.isScaled)
    return { ...climb, ...byName<E>(path, climb.parameters, points, names), ...whole };
  const coordinates = climb.parameters;
  const [rows, values] = withAnnealer(task, (annealer) => [
    annealer.naturalPath(path),
    annealer.naturalUnknowns(coordinates),
  ]);
  const given = parted(path, points, names.varying.length).path;
  return {
    ...climb,
    ...byName<E>(rows, values, points, names),
    coordinates,
    ...(names.hasLogarithms && { pathCoordinates: given }),
    ...whole,
  };
}

/** Copies a climb with lists in place of typed arrays. */
function listed<T extends { path: Float64Array; varying: object; own: object }>(
  one: T,
): Record<string, unknown> {
  const varying = Object.entries(one.varying as Record<string, Float64Array>);
  const own = Object.entries(one.own as Record<string, Float64Array>);
  const { coordinates, pathCoordinates } = one as Partial<Climb<string>>;
  return {
    ...one,
    ...(coordinates && { coordinates: Array.from(coordinates) }),
    ...(pathCoordinates && { pathCoordinates: Array.from(pathCoordinates) }),
    path: Array.from(one.path),
    varying: Object.fromEntries(varying.map(([name, values]) => [name, Array.from(values)])),
    own: Object.fromEntries(own.map(([name, values]) => [name, Array.from(values)])),
  };
}
