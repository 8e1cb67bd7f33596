// Draws of a posterior run on past the window of the data, and how well they foretell.
import { type PathTask, withAnnealer } from "../anneal/task.js";
import { predictedGrid } from "../anneal/window.js";
import { LeastActionError, outOfRange, renamed, wrongLength, wrongShape } from "../errors.js";
import { type Inputs, inputsOf, namesOf } from "../inputs.js";
import { call } from "../instance.js";
import type { FailedMember } from "../raw.js";
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

/** How far draws are run on. `I` are the model's inputs. */
export interface EnsembleOptions<I extends string = string> {
  /** A time past the window. */
  until: number;
  /**
   * The model's inputs at the predicted points, the first of them one step past the window: for
   * each a value per point or a function of time, or all in one array.
   */
  inputs?: Inputs<I> | ArrayLike<number>;
  /** The data set to go on from, if there are several. Default: the first. */
  dataSet?: number;
  /** Draws that are run on. Default: 500. */
  count?: number;
  /** Whether the model goes on making errors of the size that R_f allows. Default: true. */
  modelNoise?: boolean;
  /** Of draws and noise. Default: 0. */
  seed?: number;
}

/** How an ensemble compares with what happened. */
export interface EnsembleScore extends RawScores {
  /** Root mean square error of the mean, by time; NaN where the truth is not known. */
  errorByTime: Float64Array;
  /**
   * Mean standard deviation of the members, by time: as large as the error, if the ensemble is
   * honest.
   */
  spreadByTime: Float64Array;
}

/** Predictions of many draws. */
export class EnsembleForecast {
  /** The first is the last point of the window. */
  readonly times: Float64Array;
  readonly members: number;
  readonly dimension: number;
  /** members x times x dimension; NaN from where a member failed. */
  readonly paths: Float64Array;
  /** Members whose solutions stopped being finite. */
  readonly failed: readonly FailedMember[];

  /** @internal */
  constructor(
    times: Float64Array,
    members: number,
    paths: Float64Array,
    failed: readonly FailedMember[],
  ) {
    this.times = times;
    this.members = members;
    this.dimension = paths.length / times.length / members;
    this.paths = paths;
    this.failed = failed;
  }

  /** The mean of the members, times x dimension; of those that have not failed. */
  get mean(): Float64Array {
    return this.#moments().mean;
  }

  /** Standard deviations of the same form. */
  get deviation(): Float64Array {
    return this.#moments().deviation;
  }

  /**
   * Intervals that hold a `share` of the members, the same number of them on either side: times x
   * dimension.
   *
   * @param share between 0 and 1. Default: 0.9.
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
   * Compares with what happened.
   *
   * @param truth times x dimension, as `paths` of one member; NaN where it is not known.
   * @param options `bins` of the rank histogram (default 10); `shares` of bands whose coverage is
   *   counted (default 0.5 and 0.9).
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

/** More bins than members are of no use. */
const MOST_BINS = 1_000_000;

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

const KNOWN = ["until", "inputs", "dataSet", "count", "modelNoise", "seed"];

/**
 * What of the options is the same for all kinds of draws; `more` are names of options of one kind.
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
 * Runs draws on; `values` are count x unknowns, as Rust has them, and `varying` is the number of
 * their columns that are parameters.
 */
export function predictEnsemble(
  { task, model, varying }: { task: PathTask; model: unknown; varying: number },
  { values, count }: { values: Float64Array; count: number },
  modelPrecision: number,
  { seed, rest }: { seed: number; rest: Record<string, unknown> },
): EnsembleForecast {
  const { inputs, modelNoise = true, ...horizon } = rest;
  const grid = predictedGrid(task.sets[(horizon.dataSet ?? 0) as number], horizon.until);
  if (inputs !== undefined && grid !== undefined) {
    horizon.inputs = Array.from(inputsOf(inputs, namesOf(model)?.inputs, grid));
  }
  const noise = trueOrFalse("modelNoise", modelNoise) ? { modelPrecision, seed } : null;
  const found = runOn(() =>
    withAnnealer(task, (annealer) =>
      annealer.predictEnsemble(values, count, plain("options", horizon), noise),
    ),
  );
  const { times, members, dimension, failed } = found;
  return new EnsembleForecast(
    times,
    members,
    withoutLast(found.values, dimension, varying),
    failed,
  );
}

/** How many members there are is what users call `count`. */
function runOn<T>(what: () => T): T {
  try {
    return what();
  } catch (error) {
    throw renamed(error, "members.length", "count");
  }
}

/** Rows without their last columns. */
function withoutLast(rows: Float64Array, width: number, last: number): Float64Array {
  if (last === 0) return rows;
  const own = width - last;
  return Float64Array.from({ length: (rows.length / width) * own }, (_, k) => {
    return rows[Math.floor(k / own) * width + (k % own)] as number;
  });
}
