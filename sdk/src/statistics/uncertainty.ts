// Uncertainty of a path by Laplace's method: a Gaussian about each of the lowest minima of the
// action.
import { atData } from "../anneal/columns.js";
import type { RunParts } from "../anneal/run-parts.js";
import { withAnnealer } from "../anneal/task.js";
import { byParameter, differencesOf, partsOf, type UnknownsShape } from "../anneal/unknowns.js";
import { wrongShape } from "../errors.js";
import { Held } from "../instance.js";
import type { CoreUncertaintyOptions, Identifiability, LaplaceFinding } from "../raw.js";
import type { RawLevelUncertainty, RawUncertainty } from "./raw.js";
import { describe, MOST_VALUES, only, plain, properShare, record, wholeNumber } from "../shape.js";
import {
  type EnsembleForecast,
  type EnsembleOptions,
  ensembleOptionsOf,
  predictEnsemble,
} from "./forecast.js";
import {
  type MeasurementEnsemble,
  type MeasurementOptions,
  measurementOptionsOf,
  measurementsOf,
} from "./measured.js";
import { type GaussianNoise, noiseByChannel, type NoiseOfPosterior } from "./noise-posterior.js";

/** Finding that repeats a verdict on the run which is not good. */
function warningsOf({ warning }: RunParts): LaplaceFinding[] {
  return warning === undefined
    ? []
    : [{ code: "runVerdict", severity: "problem", message: warning }];
}

/** Options of `run.uncertainty()`. */
export type UncertaintyOptions = CoreUncertaintyOptions;

/** @internal Directions about the lowest minimum of a run, whether or not some are free. */
export const identifiabilityOf = ({ task, climbs }: RunParts, options: unknown): Identifiability =>
  withAnnealer(
    task,
    // The annealer is one of paths, for which Rust always gives these.
    (annealer, raw) =>
      raw.Uncertainty.identifiabilityOf(
        annealer,
        climbs,
        plain("options", record("options", options)),
      ) as Identifiability,
  );

/** Estimate of a parameter over all levels, in the parameter's unit. */
export interface Estimated {
  /** Posterior mean. */
  mean: number;
  /** Posterior standard deviation. */
  deviation: number;
}

/** Gaussian about the minimum of one action level. `E` are the estimated parameters. */
export interface LevelUncertainty<E extends string> {
  /** Number of the starting path from which the minimum was reached. */
  start: number;
  /** Probability that the path is near this minimum, by the evidence of all levels. */
  weight: number;
  /** Negative log posterior at the minimum, up to a constant that all levels share. */
  value: number;
  /**
   * Natural logarithm of the integral of the posterior about this minimum, with measurements, model
   * errors and priors as normalised Gaussians, and with the determinants of implicit steps.
   */
  logEvidence: number;
  /** Natural logarithm of the determinant of the Hessian at the minimum. */
  logDeterminant: number;
  /** Most probable path, points x dimension, row-major. */
  path: Float64Array;
  /** Standard deviations of the path, points x dimension, those of the part within bounds. */
  deviation: Float64Array;
  /**
   * Most probable values of the parameters and their standard deviations, where bounds cut off the
   * Gaussian those of the part within; for one that changes in time, the means of both over the
   * path.
   */
  parameters: Record<E, { value: number; deviation: number }>;
  /** Parameters that change in time: a value and a standard deviation per point. */
  varying: Partial<Record<E, { values: Float64Array; deviation: Float64Array }>>;
  /** Parameters that differ by data set: a value and a standard deviation per data set. */
  own: Record<string, { values: Float64Array; deviation: Float64Array }>;
  /** Covariance of the parameters named in `covarianceNames`, row-major. */
  parameterCovariance: Float64Array;
}

/**
 * Central intervals that contain a given share of the probability of each value. `E` are the
 * estimated parameters.
 */
export interface Band<E extends string> {
  /** Share of the probability within each interval, between 0 and 1. */
  share: number;
  /** Lower ends for the path, points x dimension, row-major. */
  lower: Float64Array;
  /** Upper ends for the path, points x dimension, row-major. */
  upper: Float64Array;
  /** Lower and upper end for each estimated parameter. */
  parameters: Record<E, readonly [number, number]>;
}

/** Independent draws of path and parameters from the Gaussians. `E` are the parameters. */
export interface GaussianDraws<E extends string> {
  /** Number of draws. */
  count: number;
  /** Paths, draws x points x dimension, row-major. */
  paths: Float64Array;
  /** Estimated parameters, one value per draw. */
  parameters: Record<E, Float64Array>;
  /** Level from which each draw was made, by its place in `levels`. */
  levels: Int32Array;
  /** Number of draws that violated bounds in every attempt, and were moved inside. */
  moved: number;
}

/** Expected value of a quantity by Laplace's method, in the quantity's unit. */
export interface Expectation {
  /** Expected value with the first correction beyond the quadratic approximation. */
  value: number;
  /** Standard error of the value, due to the finite number of draws. */
  error: number;
  /** Expected value by the Gaussians alone, without the correction. */
  gaussian: number;
}

/**
 * Uncertainty of a path and its parameters: a mixture of Gaussians, one about each of the lowest
 * minima of the action. `E` are the estimated parameters, `I` the model's inputs.
 */
export class Uncertainty<E extends string = string, I extends string = string> {
  /** R_f of the density exp(-A); `Infinity` where the path obeys the model exactly. */
  readonly modelPrecision: number;
  /** Times of the path's points, those of all data sets one after the other. */
  readonly times: Float64Array;
  /**
   * Mean path over all levels, points x dimension, row-major. For positive states it is the value
   * at the mean of their logarithms.
   */
  readonly path: Float64Array;
  /**
   * Standard deviations of the path over all levels, points x dimension, row-major. For positive
   * states they are those of the logarithms times the states.
   */
  readonly deviation: Float64Array;
  /**
   * Mean and standard deviation of each estimated parameter over all levels; for one that changes
   * in time, the means of both over the path.
   */
  readonly parameters: Record<E, Estimated>;
  /**
   * Estimated noise by the name of the measured channel: the median of every number, with an
   * interval; empty where the noise is known.
   */
  readonly noise: Readonly<Record<string, NoiseOfPosterior<GaussianNoise>>>;
  /** Gaussians of the action levels, lowest first. */
  readonly levels: readonly LevelUncertainty<E>[];
  /** Names of the parameters in covariances, in order: those that are constant in time. */
  readonly covarianceNames: readonly E[];
  readonly #held: Held<RawUncertainty>;
  readonly #shape: UnknownsShape;
  readonly #run: RunParts;
  /** Unknowns at the lowest minimum. */
  readonly #mode: Float64Array;
  #findings: LaplaceFinding[] | undefined;

  /** @internal */
  constructor(run: RunParts, options: unknown) {
    const { task, climbs, shape } = run;
    this.#run = run;
    const given = plain("options", record("options", options));
    this.#held = new Held("uncertainty", () =>
      withAnnealer(
        task,
        // The annealer is one of paths, for which Rust always makes this.
        (annealer, raw) => raw.Uncertainty.of(annealer, climbs, given) as RawUncertainty,
      ),
    );
    this.#shape = shape;
    const { modelPrecision, means, deviations, levels } = this.#held.use((found) =>
      found.describe(),
    );
    const [mean, deviation] = [
      partsOf<E>(means, shape),
      differencesOf<E>(deviations, means, shape),
    ];
    this.#mode = (levels[0] as RawLevelUncertainty).mode;
    this.modelPrecision = modelPrecision;
    this.times = shape.times;
    this.path = mean.path;
    this.deviation = deviation.path;
    this.parameters = byParameter(shape, (name: E) => ({
      mean: mean.parameters[name],
      deviation: deviation.parameters[name],
    }));
    const [low, middle, high] = [0.025, 0.5, 0.975].map((probability) =>
      run.noise.length === 0
        ? new Float64Array()
        : this.#held.use((found) => found.quantiles(probability)),
    ) as [Float64Array, Float64Array, Float64Array];
    const last = means.length - shape.noise.length;
    const number = (logs: Float64Array, unknown: number): number =>
      Math.exp(logs[last + unknown] as number);
    this.noise = noiseByChannel(run, (unknown) => ({
      value: number(middle, unknown),
      logDeviation: deviations[last + unknown] as number,
      interval: [number(low, unknown), number(high, unknown)],
    }));
    this.levels = levels.map((level) => levelOf<E>(level, shape));
    this.covarianceNames = shape.estimated as E[];
  }

  /**
   * Intervals that contain a `share` of the probability of each value by itself, over all levels.
   *
   * @param share between 0 and 1. Default: 0.9.
   * @throws LeastActionError for a share that is not between 0 and 1.
   */
  band(share = 0.9): Band<E> {
    properShare("share", share);
    const [lower, upper] = [-share, share].map((side) =>
      partsOf<E>(
        this.#held.use((found) => found.quantiles((1 + side) / 2)),
        this.#shape,
      ),
    ) as [ReturnType<typeof partsOf<E>>, ReturnType<typeof partsOf<E>>];
    const parameters = byParameter(
      this.#shape,
      (name: E) => [lower.parameters[name], upper.parameters[name]] as const,
    );
    return { share, lower: lower.path, upper: upper.path, parameters };
  }

  /**
   * Covariance of the state at each point about the lowest minimum: points x dimension x dimension,
   * row-major. Parameters that change in time are its last components.
   */
  stateCovariance(): Float64Array {
    const found = this.#held.use((one) => one.stateCovariances());
    const { scales, kept, hasLogarithms, estimated } = this.#shape;
    if (scales === undefined || !hasLogarithms) return atData(found, kept);
    const slopes = scales.slopes(this.#mode);
    const width = found.length / (slopes.length - estimated.length);
    const natural = found.map((one, k) => {
      const [row, column] = [Math.floor(k / width), k % width];
      const of = row - (row % width) + column;
      return one * (slopes[row] as number) * (slopes[of] as number);
    });
    return atData(natural, kept);
  }

  /**
   * Directions of the parameters that the data determine, and those that they leave undetermined,
   * widest first, about the lowest minimum. Where some are entirely free there is no Gaussian, but
   * `run.identifiability()` still has them.
   */
  identifiability(): Identifiability {
    return this.#held.use((found) => found.identifiability());
  }

  /**
   * Mean of the posterior less that of the Gaussian about the lowest minimum, which is the mode but
   * for what bounds cut off, to first order beyond the quadratic approximation, with the
   * determinants of implicit steps, so that it does not depend on the discretisation. With D states
   * and P parameters it takes 4 (5 D + 2 P) Hessians, 4 (3 D + 2 P) for one-step schemes.
   */
  meanShift(): { path: Float64Array; parameters: Record<E, number> } {
    const shift = this.#held.use((found) => found.meanShift());
    const { path, parameters } = differencesOf<E>(shift, this.#mode, this.#shape);
    return { path, parameters };
  }

  /**
   * Makes independent draws of path and parameters, each from the Gaussian of one level, which is
   * chosen by the weights.
   *
   * @param options `count`: number of draws (default: 1000); `seed` (default: 0); `level`: place in
   *   `levels` of the only level to draw from (default: all levels).
   * @throws LeastActionError for options that are out of range.
   */
  draws(options: { count?: number; seed?: number; level?: number } = {}): GaussianDraws<E> {
    const given = only("options", options, ["count", "seed", "level"]);
    const { count: asked = 1000, seed: first = 0 } = given;
    const count = wholeNumber("count", asked, 1, MOST_VALUES);
    const seed = wholeNumber("seed", first, 0);
    const level = this.#levelIn(given.level);
    const { values, levels, moved } = this.#held.use((found) => found.draws(count, seed, level));
    const unknowns = values.length / count;
    const paths = new Float64Array(count * this.path.length);
    const columns = byParameter(this.#shape, (_: E) => new Float64Array(count));
    for (let k = 0; k < count; k += 1) {
      const { path, parameters } = partsOf<E>(
        values.subarray(k * unknowns, (k + 1) * unknowns),
        this.#shape,
      );
      paths.set(path, k * path.length);
      for (const name of Object.keys(parameters) as E[]) columns[name][k] = parameters[name];
    }
    return { count, paths, parameters: columns, levels, moved };
  }

  /**
   * Computes the expected value of a quantity over all levels, with the first correction beyond the
   * quadratic approximation. Draws are pairs that are symmetric about the mean, so that linear
   * quantities are exact.
   *
   * @param quantity function of the path (points x dimension, row-major) and the parameters that
   *   returns a finite number. An error that it throws is thrown again.
   * @param options `pairs`: number of pairs of draws (default: 500); `seed` (default: 0).
   * @throws LeastActionError for a value that is not a finite number, or options out of range.
   */
  expected(
    quantity: (path: Float64Array, parameters: Record<E, number>) => number,
    options: { pairs?: number; seed?: number } = {},
  ): Expectation {
    if (typeof quantity !== "function")
      throw wrongShape("quantity", `must be a function, got ${describe(quantity)}`);
    const given = only("options", options, ["pairs", "seed"]);
    const { pairs: asked = 500, seed: first = 0 } = given;
    const pairs = wholeNumber("pairs", asked, 2, MOST_VALUES);
    const seed = wholeNumber("seed", first, 0);
    // An error of `quantity` must not pass through WebAssembly, which would take it for a failure
    // of its own.
    let failure: { error: unknown } | undefined;
    const guarded = (unknowns: Float64Array): number => {
      if (failure !== undefined) return Number.NaN;
      try {
        const { path, parameters } = partsOf<E>(unknowns, this.#shape);
        const value: unknown = quantity(path, parameters);
        if (typeof value === "number" && Number.isFinite(value)) return value;
        throw wrongShape("quantity", `must give a finite number, got ${describe(value)}`);
      } catch (error) {
        failure = { error };
        return Number.NaN;
      }
    };
    const by = (corrected: boolean): { value: number; error: number } => {
      const found = this.#held.use((one) => one.expected(guarded, corrected, pairs, seed));
      if (failure !== undefined) throw failure.error;
      return found;
    };
    return { ...by(true), gaussian: by(false).value };
  }

  /**
   * Forecasts: integrates draws past the window, which is a prediction with its uncertainty.
   *
   * @param options those of a forecast, and `level`: place in `levels` of the only level to draw
   *   from (default: all levels, by their weights).
   * @throws LeastActionError for whatever is wrong with the options.
   */
  predict(options: EnsembleOptions<I> & { level?: number }): EnsembleForecast {
    const given = ensembleOptionsOf(options, ["level"]);
    const level = this.#levelIn(options.level);
    const draws = this.#held.use((found) => found.draws(given.count, given.seed, level));
    const { task, model } = this.#run;
    const source = { task, model, varying: this.#shape.varying.length };
    return predictEnsemble(
      source,
      { values: draws.values, count: given.count },
      this.modelPrecision,
      given,
    );
  }

  /**
   * Draws new measurements at the times of the data, whose bands hold the noise of the measurements
   * with its uncertainty.
   *
   * @throws LeastActionError for options that are out of range.
   */
  measurements(options: MeasurementOptions = {}): MeasurementEnsemble {
    const { count, seed } = measurementOptionsOf(options);
    const { values } = this.#held.use((found) => found.draws(count, seed, undefined));
    return measurementsOf(this.#run, { values, count }, seed);
  }

  /** Statements about the lowest level and about the levels together, with advice. */
  get findings(): readonly LaplaceFinding[] {
    this.#findings ??= [...warningsOf(this.#run), ...this.#held.use((found) => found.findings())];
    return this.#findings;
  }

  /** The findings as prose. */
  diagnose(): string {
    const said = this.findings.map(({ message }) => message).join("\n");
    return said === ""
      ? "No parameters are estimated, and nothing speaks against a Gaussian path."
      : said;
  }

  /** Levels, parameters and states as tables, in text. */
  summary(): string {
    return this.#held.use((found) => found.summary());
  }

  /**
   * Returns everything but draws as plain data, for `JSON.stringify`, which writes an infinite
   * `modelPrecision` as null.
   */
  toJSON(): Record<string, unknown> {
    return listed({
      modelPrecision: this.modelPrecision,
      times: this.times,
      path: this.path,
      deviation: this.deviation,
      parameters: this.parameters,
      noise: this.noise,
      levels: this.levels,
      covarianceNames: this.covarianceNames,
      findings: this.findings,
    }) as Record<string, unknown>;
  }

  /** Releases WebAssembly's memory at once instead of when this is garbage-collected. */
  free(): void {
    this.#held.free();
  }

  /** Checks the place of a level; undefined for all levels. */
  #levelIn(given: unknown): number | undefined {
    return given === undefined ? undefined : wholeNumber("level", given, 0, this.levels.length - 1);
  }
}

/** Makes the Gaussian of a level with named parts. */
function levelOf<E extends string>(
  level: RawLevelUncertainty,
  shape: UnknownsShape,
): LevelUncertainty<E> {
  const { start, weight, value, logEvidence, logDeterminant } = level;
  const [mode, deviation] = [
    partsOf<E>(level.mode, shape),
    differencesOf<E>(level.deviations, level.mode, shape),
  ];
  const changing = shape.varying.slice(0, shape.varying.length - shape.own.length) as E[];
  const varying = changing.map((name) => {
    return [name, { values: mode.varying[name], deviation: deviation.varying[name] }];
  });
  return {
    start,
    weight,
    value,
    logEvidence,
    logDeterminant,
    path: mode.path,
    deviation: deviation.path,
    parameters: byParameter(shape, (name: E) => ({
      value: mode.parameters[name],
      deviation: deviation.parameters[name],
    })),
    varying: Object.fromEntries(varying) as LevelUncertainty<E>["varying"],
    own: Object.fromEntries(
      shape.own.map((name) => [
        name,
        {
          values: mode.own[name] as Float64Array,
          deviation: deviation.own[name] as Float64Array,
        },
      ]),
    ),
    parameterCovariance: covarianceOf(level, shape),
  };
}

/** Covariance of the parameters themselves, from that of their coordinates. */
function covarianceOf(level: RawLevelUncertainty, { scales, estimated }: UnknownsShape) {
  const slopes = scales?.slopes(level.mode).slice(-estimated.length);
  if (slopes === undefined) return level.parameterCovariance;
  const [count, slope] = [estimated.length, (k: number) => slopes[k] as number];
  return level.parameterCovariance.map(
    (one, k) => one * slope(Math.floor(k / count)) * slope(k % count),
  );
}

/** Copies a value with lists in place of typed arrays. */
function listed(value: unknown): unknown {
  if (value instanceof Float64Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(listed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, listed(field)]));
}
