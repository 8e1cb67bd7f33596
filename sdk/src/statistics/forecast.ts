// Forecasts by ensembles: draws of a posterior, integrated past the window of the data, and scores
// of such forecasts.
import { type PathTask, withAnnealer } from "../anneal/task.js";
import { driveHorizon } from "../anneal/window.js";
import { LeastActionError, outOfRange, renamed, wrongLength, wrongShape } from "../errors.js";
import type { EventTables } from "../events.js";
import type { Inputs } from "../inputs.js";
import { call } from "../instance.js";
import type { FailedMember } from "../raw.js";
import { MeasurementEnsemble } from "./measured.js";
import type { RawScores } from "./raw.js";
import {
  finiteNumbers,
  float64Array,
  MOST_VALUES,
  only,
  plain,
  properShare,
  trueOrFalse,
  wholeNumber,
} from "../shape.js";

/** Options of a forecast by an ensemble of draws. `I` are the names of the model's inputs. */
export interface EnsembleOptions<I extends string = string> {
  /** Time until which is predicted, past the window, in the model's unit of time. */
  until: number;
  /**
   * Inputs of the model at the predicted points, the first of them one step past the window: for
   * each input a value per point or a function of time, or all in one array, steps x inputs,
   * row-major.
   */
  inputs?: Inputs<I> | ArrayLike<number>;
  /** Events past the window, as those of data, whose times become points too. Default: none. */
  events?: EventTables;
  /** Number of the data set whose window is left, from 0. Default: 0. */
  dataSet?: number;
  /**
   * Number of draws that are integrated, the members of the ensemble; of a sampling at most all its
   * draws. Default: 500.
   */
  count?: number;
  /** True to add random model errors of the size that R_f allows. Default: true. */
  modelNoise?: boolean;
  /** Seed of the random numbers of draws, model errors and measurements. Default: 0. */
  seed?: number;
  /**
   * True to add new measurements of the measured channels at the predicted times, whose bands hold
   * the noise of the measurements with its uncertainty. Default: false.
   */
  measurement?: boolean;
}

/** Scores of a forecast, compared with the truth. */
export interface EnsembleScore extends RawScores {
  /** Root mean square error of the ensemble's mean at each time; NaN where no truth is known. */
  errorByTime: Float64Array;
  /**
   * Standard deviation of the members at each time, root mean square over the states: as large as
   * the error if the ensemble is reliable.
   */
  spreadByTime: Float64Array;
}

/** Forecast by an ensemble: predictions from many draws of path and parameters. */
export class EnsembleForecast {
  /** Times of the predictions; the first is that of the last point of the window. */
  readonly times: Float64Array;
  /** Number of members. */
  readonly members: number;
  /** Number of states. */
  readonly dimension: number;
  /** Predicted paths, members x times x dimension; NaN from the time at which a member failed. */
  readonly paths: Float64Array;
  /** Members whose solutions did not stay finite. */
  readonly failed: readonly FailedMember[];
  /** New measurements at these times; null where they were not asked for. */
  readonly measurement: MeasurementEnsemble | null;

  /** @internal */
  constructor(
    times: Float64Array,
    members: number,
    paths: Float64Array,
    failed: readonly FailedMember[],
    measurement: MeasurementEnsemble | null = null,
  ) {
    this.times = times;
    this.members = members;
    this.dimension = paths.length / times.length / members;
    this.paths = paths;
    this.failed = failed;
    this.measurement = measurement;
  }

  /** Mean of the members that have not failed, times x dimension. */
  get mean(): Float64Array {
    return this.#moments().mean;
  }

  /** Standard deviation of the members that have not failed, times x dimension. */
  get deviation(): Float64Array {
    return this.#moments().deviation;
  }

  /**
   * Intervals that contain a `share` of the members, with as many below as above them: times x
   * dimension.
   *
   * @param share between 0 and 1. Default: 0.9.
   * @throws LeastActionError for a share that is not between 0 and 1.
   */
  band(share = 0.9): { share: number; lower: Float64Array; upper: Float64Array } {
    const of = (side: number): Float64Array =>
      call((raw) =>
        raw.ensembleQuantile(
          this.paths,
          this.members,
          (1 + side * properShare("share", share)) / 2,
        ),
      );
    return { share, lower: of(-1), upper: of(1) };
  }

  /**
   * Scores the forecast, compared with the truth.
   *
   * @param truth times x dimension, as `paths` of one member; NaN where it is not known.
   * @param options `bins`: number of bins of the rank histogram (default: 10); `shares`: bands
   *   whose coverage is counted, from 0 to 1 (default: 0.5 and 0.9).
   * @throws LeastActionError for options that are out of range, and for a truth of another length
   *   or without a value that can be compared.
   */
  score(
    truth: ArrayLike<number>,
    options: { bins?: number; shares?: readonly number[] } = {},
  ): EnsembleScore {
    const happened = truthOf(truth, this.times.length * this.dimension);
    const { bins = 10, shares = [0.5, 0.9] } = only("options", options, ["bins", "shares"]);
    const count = wholeNumber("bins", bins, 2, MOST_BINS);
    const given = finiteNumbers("shares", shares);
    const odd = given.findIndex((share) => share < 0 || share > 1);
    if (odd >= 0) throw outOfRange(`shares[${odd}]`, given[odd] as number, "from 0 to 1");
    const scores = call((raw) =>
      raw.ensembleScores(this.paths, this.members, happened, count, given),
    );
    if (Number.isNaN(scores.crps))
      throw wrongShape("truth", "is known only where no member is left: give more of it");
    const { mean, deviation } = this.#moments();
    const byTime = (of: (k: number) => number): Float64Array =>
      Float64Array.from(this.times, (_, n) => {
        const row = Array.from({ length: this.dimension }, (_, i) =>
          of(n * this.dimension + i),
        ).filter(Number.isFinite);
        return Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) / row.length);
      });
    return {
      ...scores,
      errorByTime: byTime((k) => (mean[k] as number) - (happened[k] as number)),
      spreadByTime: byTime((k) => deviation[k] as number),
    };
  }

  #moments(): { mean: Float64Array; deviation: Float64Array } {
    const size = this.times.length * this.dimension;
    const mean = new Float64Array(size);
    const deviation = new Float64Array(size);
    for (let k = 0; k < size; k += 1) {
      let [count, sum, squares] = [0, 0, 0];
      for (let member = 0; member < this.members; member += 1) {
        const value = this.paths[member * size + k] as number;
        if (Number.isNaN(value)) continue;
        count += 1;
        const before = value - sum;
        sum += before / count;
        squares += before * (value - sum);
      }
      mean[k] = count === 0 ? Number.NaN : sum;
      deviation[k] = count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1));
    }
    return { mean, deviation };
  }
}

/** Largest number of bins of a rank histogram; more bins than members are useless. */
const MOST_BINS = 1_000_000;

/** Checks a truth: `size` values, finite or NaN, at least one of them finite. */
function truthOf(given: unknown, size: number): Float64Array {
  const truth = float64Array("truth", given);
  if (truth.length !== size) throw wrongLength("truth", truth.length, size, "times x dimension");
  const odd = truth.findIndex((value) => Math.abs(value) === Infinity);
  if (odd >= 0)
    throw outOfRange(`truth[${odd}]`, truth[odd] as number, "finite, or NaN where it is not known");
  if (truth.every(Number.isNaN)) {
    const message = "truth: nothing of it is known; give at least one finite value";
    throw new LeastActionError(message, { code: "noObservations", path: "truth" });
  }
  return truth;
}

/** Options of a forecast for all kinds of draws. */
const KNOWN = [
  "until",
  "inputs",
  "events",
  "dataSet",
  "count",
  "modelNoise",
  "seed",
  "measurement",
];

/**
 * Reads the options that forecasts by all kinds of draws have; `more` are names of further ones.
 */
export function ensembleOptionsOf(
  options: unknown,
  more: readonly string[] = [],
): { count: number; seed: number; rest: Record<string, unknown> } {
  const { count = 500, seed = 0, ...all } = only("options", options, [...KNOWN, ...more]);
  const rest = Object.fromEntries(Object.entries(all).filter(([name]) => !more.includes(name)));
  return {
    count: wholeNumber("count", count, 1, MOST_VALUES),
    seed: wholeNumber("seed", seed, 0),
    rest,
  };
}

/**
 * Integrates draws past the window. `values` are count x unknowns in Rust's layout; the last
 * `varying` columns of their paths are parameters.
 */
export function predictEnsemble(
  { task, model, varying }: { task: PathTask; model: unknown; varying: number },
  { values, count }: { values: Float64Array; count: number },
  modelPrecision: number,
  { seed, rest }: { seed: number; rest: Record<string, unknown> },
): EnsembleForecast {
  const { inputs, events, modelNoise = true, measurement = false, ...horizon } = rest;
  const measured = trueOrFalse("measurement", measurement) ? seed : undefined;
  driveHorizon(horizon, task.sets[(horizon.dataSet ?? 0) as number], model, { inputs, events });
  const noise = trueOrFalse("modelNoise", modelNoise) ? { modelPrecision, seed } : null;
  const { found, names } = runOn(() =>
    withAnnealer(task, (annealer) => ({
      found: annealer.predictEnsemble(values, count, plain("options", horizon), noise, measured),
      names: measured === undefined ? [] : annealer.measuredNames(),
    })),
  );
  const { times, members, dimension, failed, measurements } = found;
  return new EnsembleForecast(
    times,
    members,
    withoutLast(found.values, dimension, varying),
    failed,
    measured === undefined ? null : new MeasurementEnsemble(names, times, members, measurements),
  );
}

/** Calls Rust; the number of members is `count` in its errors, as users know it. */
function runOn<T>(what: () => T): T {
  try {
    return what();
  } catch (error) {
    throw renamed(error, "members.length", "count");
  }
}

/** Copies rows of a given width without their last columns. */
function withoutLast(rows: Float64Array, width: number, last: number): Float64Array {
  if (last === 0) return rows;
  const own = width - last;
  return Float64Array.from({ length: (rows.length / width) * own }, (_, k) => {
    return rows[Math.floor(k / own) * width + (k % own)] as number;
  });
}
