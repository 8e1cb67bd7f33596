// How certain a path is, by the Gaussian about each of the lowest minima of the action.
import type { RunParts } from "../anneal/run-parts.js";
import { withAnnealer } from "../anneal/task.js";
import { byParameter, partsOf, type UnknownsShape } from "../anneal/unknowns.js";
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

/** How uncertainty is found. */
export type UncertaintyOptions = CoreUncertaintyOptions;

/** A number with its standard deviation, over all levels. */
export interface Estimated {
  mean: number;
  deviation: number;
}

/** The Gaussian about one minimum. */
export interface LevelUncertainty<E extends string> {
  /** Number of the starting path that it was reached from. */
  start: number;
  /** The probability that the path is near this minimum, by the evidence of all levels. */
  weight: number;
  /** The negative log posterior at the minimum, up to a constant that all levels share. */
  value: number;
  /**
   * The logarithm of the integral of exp(-A) about this minimum, measurements, model errors and
   * priors being normalised Gaussians.
   */
  logEvidence: number;
  /** Of the determinant of the Hessian, the natural logarithm. */
  logDeterminant: number;
  /** The most probable path, points x dimension, row-major. */
  path: Float64Array;
  /** Standard deviations of the same form; 0 where a bound holds the state. */
  deviation: Float64Array;
  /**
   * The most probable parameters and their standard deviations; of one that changes in time, the
   * means of both over the path.
   */
  parameters: Record<E, { value: number; deviation: number }>;
  /** Parameters that change in time: a value and a deviation per point. */
  varying: Partial<Record<E, { values: Float64Array; deviation: Float64Array }>>;
  /** Of the parameters named in `covarianceNames`, row by row. */
  parameterCovariance: Float64Array;
}

/** Intervals that hold a given share of the probability, with the same on either side. */
export interface Band<E extends string> {
  share: number;
  /** points x dimension, row-major. */
  lower: Float64Array;
  /** Of the same form. */
  upper: Float64Array;
  parameters: Record<E, readonly [number, number]>;
}

/** Draws of path and parameters. */
export interface GaussianDraws<E extends string> {
  count: number;
  /** count x points x dimension. */
  paths: Float64Array;
  /** One value per draw. */
  parameters: Record<E, Float64Array>;
  /** The level that each draw is of. */
  levels: Int32Array;
  /** Draws that lay outside of the bounds however often they were drawn, and were moved inside. */
  moved: number;
}

/** An expected value. */
export interface Expectation {
  /** With the first correction beyond the quadratic. */
  value: number;
  /** Its standard error, by the number of draws. */
  error: number;
  /** By the Gaussians alone. */
  gaussian: number;
}

/**
 * What is known of a path and its parameters: a mixture of Gaussians, one about each of the lowest
 * minima of the action.
 */
export class Uncertainty<E extends string = string, I extends string = string> {
  /** R_f at which exp(-A) was looked at. */
  readonly modelPrecision: number;
  /** Of the path's points, of all data sets one after the other. */
  readonly times: Float64Array;
  /** The mean path over all levels, points x dimension, row-major. */
  readonly path: Float64Array;
  /** Standard deviations of the same form, over all levels. */
  readonly deviation: Float64Array;
  /** Of one that changes in time, the means of both over the path. */
  readonly parameters: Record<E, Estimated>;
  /** Minima, lowest first. */
  readonly levels: readonly LevelUncertainty<E>[];
  /** Names of the rows of covariances of parameters: those that do not change in time. */
  readonly covarianceNames: readonly E[];
  readonly #held: Held<RawUncertainty>;
  readonly #shape: UnknownsShape;
  readonly #run: RunParts;
  #findings: LaplaceFinding[] | undefined;

  /** @internal */
  constructor(run: RunParts, options: unknown) {
    const { task, climbs, shape } = run;
    this.#run = run;
    const given = plain("options", record("options", options));
    this.#held = new Held("uncertainty", () =>
      withAnnealer(
        task,
        // A run of paths is one of paths.
        (annealer, raw) => raw.Uncertainty.of(annealer, climbs, given) as RawUncertainty,
      ),
    );
    this.#shape = shape;
    const { modelPrecision, means, deviations, levels } = this.#held.use((found) =>
      found.describe(),
    );
    const [mean, deviation] = [partsOf<E>(means, shape), partsOf<E>(deviations, shape)];
    this.modelPrecision = modelPrecision;
    this.times = shape.times;
    this.path = mean.path;
    this.deviation = deviation.path;
    this.parameters = byParameter(shape, (name: E) => ({
      mean: mean.parameters[name],
      deviation: deviation.parameters[name],
    }));
    this.levels = levels.map((level) => levelOf<E>(level, shape));
    this.covarianceNames = shape.estimated as E[];
  }

  /**
   * Intervals that hold a `share` of the probability of each value by itself, over all levels.
   *
   * @param share between 0 and 1. Default: 0.9.
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
   * The covariance of the state at each point about the lowest minimum: points x dimension x
   * dimension. Parameters that change in time are its last components.
   */
  stateCovariance(): Float64Array {
    return this.#held.use((found) => found.stateCovariances());
  }

  /**
   * Which combinations of parameters the data determine and which they leave free, widest first,
   * about the lowest minimum.
   */
  identifiability(): Identifiability {
    return this.#held.use((found) => found.identifiability());
  }

  /**
   * The mean less the mode about the lowest minimum, to first order beyond the quadratic; takes 4
   * (5 D + 2 P) Hessians, 4 (3 D + 2 P) for one-step schemes.
   */
  meanShift(): { path: Float64Array; parameters: Record<E, number> } {
    const { path, parameters } = partsOf<E>(
      this.#held.use((found) => found.meanShift()),
      this.#shape,
    );
    return { path, parameters };
  }

  /**
   * Independent draws of path and parameters, each of the Gaussian of one level; levels take turns
   * by their weights.
   *
   * @param options `count` (default 1000); `seed` (default 0); `level`: of one alone, by its place
   *   in `levels`.
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
   * The expected value of a quantity over all levels, with the first correction beyond the
   * quadratic. Draws come in pairs on either side of the mean, so that linear quantities are exact.
   *
   * @param quantity of the path (points x dimension) and the parameters; a number.
   * @param options `pairs` of draws (default 500); `seed` (default 0).
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
    // What it throws must not be thrown through WebAssembly, which would take it for a failure of
    // its own.
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
   * Runs draws on past the window: a prediction with its uncertainty. `level`: of one level alone,
   * by its place in `levels`; the default mixes them by their weights.
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
   * What the numbers say, with advice: of the lowest level, and of the levels beside each other.
   */
  get findings(): readonly LaplaceFinding[] {
    this.#findings ??= this.#held.use((found) => found.findings());
    return this.#findings;
  }

  /** The findings as prose. */
  diagnose(): string {
    const said = this.findings.map(({ message }) => message).join("\n");
    return said === ""
      ? "No parameters are estimated, and nothing speaks against a Gaussian path."
      : said;
  }

  /** Levels, parameters and states as tables. */
  summary(): string {
    return this.#held.use((found) => found.summary());
  }

  /** Everything but draws as plain data, for `JSON.stringify`. */
  toJSON(): Record<string, unknown> {
    const {
      modelPrecision,
      times,
      path,
      deviation,
      parameters,
      levels,
      covarianceNames,
      findings,
    } = this;
    return listed({
      modelPrecision,
      times,
      path,
      deviation,
      parameters,
      levels,
      covarianceNames,
      findings,
    }) as Record<string, unknown>;
  }

  /** Gives WebAssembly's memory back at once instead of some day. */
  free(): void {
    this.#held.free();
  }

  #levelIn(given: unknown): number | undefined {
    return given === undefined ? undefined : wholeNumber("level", given, 0, this.levels.length - 1);
  }
}

function levelOf<E extends string>(
  level: RawLevelUncertainty,
  shape: UnknownsShape,
): LevelUncertainty<E> {
  const { start, weight, value, logEvidence, logDeterminant, parameterCovariance } = level;
  const [mode, deviation] = [partsOf<E>(level.mode, shape), partsOf<E>(level.deviations, shape)];
  const varying = (shape.varying as readonly E[]).map((name) => {
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
    parameterCovariance,
  };
}

/** With lists in the place of typed arrays. */
function listed(value: unknown): unknown {
  if (value instanceof Float64Array) return Array.from(value);
  if (Array.isArray(value)) return value.map(listed);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, listed(field)]));
}
