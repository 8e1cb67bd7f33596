// Result of sampling a posterior.
import { LeastActionError, outOfRange, wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { SamplingFinding, SamplingVerdict, SummaryRow } from "../raw.js";
import { describe, only, properShare, trueOrFalse, wholeNumber } from "../shape.js";
import type { RunParts } from "../anneal/run-parts.js";
import {
  type EnsembleForecast,
  type EnsembleOptions,
  ensembleOptionsOf,
  predictEnsemble,
} from "./forecast.js";
import { arvizJson, type NamedDraws } from "./arviz.js";
import { type ChainDivergence, type ChainResult, type Figure, FIGURES } from "./chains.js";
import { DrawTable } from "./draw-table.js";
import {
  type MeasurementEnsemble,
  type MeasurementOptions,
  measurementOptionsOf,
  measurementsOf,
} from "./measured.js";
import {
  noiseByChannel,
  type NoiseOfPosterior,
  type SampledNoise,
  sampledNoise,
} from "./noise-posterior.js";
import {
  diagnosisOf,
  type Examined,
  FEWEST_DRAWS,
  summaryOf,
  tooFew,
} from "./posterior-diagnosis.js";
import { byParameter, partsOf, type UnknownsParts } from "../anneal/unknowns.js";

/**
 * Divergent trajectory, one whose energy was not conserved: near its end the posterior is not
 * sampled well. `E` are the estimated parameters.
 */
export interface SampledDivergence<E extends string> extends Omit<ChainDivergence, "position"> {
  /** Number of the chain, from 0. */
  chain: number;
  /** Path at the last point before the step that failed, points x dimension, row-major. */
  path: Float64Array;
  /** Estimated parameters at that point; for one that changes in time, its mean. */
  parameters: Record<E, number>;
}

/** Chain of a sampling. */
export interface SampledChain {
  /** Number of the chain, from 0. */
  chain: number;
  /** Number of draws done, kept or not. */
  draws: number;
  /** Error after which the chain could not go on; null if there was none. */
  failure: LeastActionError | null;
}

/** Expected value of a quantity by Monte Carlo. */
export interface SampledExpectation {
  /** Expected value, in the quantity's unit. */
  value: number;
  /** Monte Carlo standard error of the expected value. */
  error: number;
  /** Standard deviation of the quantity over the posterior. */
  deviation: number;
  /** Effective sample size: the number of independent draws that would be as good. */
  effectiveSize: number;
  /** R-hat, which is near 1 if the chains agree. */
  rHat: number;
}

/** @internal Parts of a sampling, from which its result is made and resumed. */
export interface SampledParts {
  run: RunParts;
  /** R_f of the action that was sampled. */
  modelPrecision: number;
  /** Fingerprint of the action: another model, other data or other options have another one. */
  posterior: string;
  /** Further options on which the draws depend, as JSON. */
  settings: Readonly<Record<string, unknown>>;
  /** Options that Rust reads. */
  options: unknown;
  /** Interval between draws that are kept. */
  thin: number;
  results: readonly ChainResult[];
  cancelled: boolean;
}

/**
 * Draws from the density exp(-A) of path and parameters by several Markov chains. `E` are the
 * estimated parameters, `I` the model's inputs.
 */
export class SampledPosterior<E extends string = string, I extends string = string> {
  /** R_f of the action A; `Infinity` where paths obey the model exactly. */
  readonly modelPrecision: number;
  /** Times of the path's points, those of all data sets one after the other. */
  readonly times: Float64Array;
  /** Chains that were begun. */
  readonly chains: readonly SampledChain[];
  /** Number of chains that have draws: the first index of all arrays of draws. */
  readonly chainCount: number;
  /** Number of draws kept of each of these chains: the second index. */
  readonly draws: number;
  /**
   * Draws of every estimated parameter, chains x draws; for one that changes in time, of its mean
   * over the path.
   */
  readonly parameters: Record<E, Float64Array>;
  /**
   * Estimated noise by the name of the measured channel: draws of every number, with mean and
   * interval; empty where the noise is known.
   */
  readonly noise: Readonly<Record<string, NoiseOfPosterior<SampledNoise>>>;
  /**
   * Statistics of each draw, chains x draws: log density, energy, mean acceptance probability, step
   * size, tree depth, and evaluations of the gradient (`steps`).
   */
  readonly statistics: Record<Figure, Float64Array>;
  /** Divergent trajectories of all draws, kept or not. */
  readonly divergences: readonly SampledDivergence<E>[];
  /** Number of evaluations of the action with its gradient for all draws, without the warm-up. */
  readonly evaluations: number;
  /** Duration of the work in seconds, warm-up included, summed over the chains. */
  readonly seconds: number;
  /** True if a signal stopped the sampling; `resume` goes on with it. */
  readonly cancelled: boolean;
  readonly #parts: SampledParts;
  readonly #table: DrawTable;
  readonly #examined: Examined;
  #summary: { rows: readonly SummaryRow[]; table: string } | undefined;
  #diagnosis: { findings: SamplingFinding[]; verdict: SamplingVerdict } | undefined;

  /** @internal */
  constructor(parts: SampledParts) {
    this.#parts = parts;
    const { results, run, thin } = parts;
    const { shape } = run;
    this.modelPrecision = parts.modelPrecision;
    this.times = shape.times;
    this.cancelled = parts.cancelled;
    this.chains = results.map(({ start, draws, failure }) => ({
      chain: start,
      draws,
      failure: failure === null ? null : new LeastActionError(failure.message, failure.facts),
    }));
    // Chains are compared over as many draws as all of them have: those that failed have none, and
    // interrupted ones differ.
    const drawn = results.filter(({ draws }) => draws >= thin);
    this.chainCount = drawn.length;
    this.draws =
      drawn.length === 0 ? 0 : Math.min(...drawn.map(({ draws }) => Math.floor(draws / thin)));
    const [chains, draws] = [this.chainCount, this.draws];
    const values = drawn.map((one) => one.values);
    this.#table = new DrawTable(values, draws, unknownsOf(run));
    this.parameters = byParameter(shape, () => new Float64Array(chains * draws));
    for (let chain = 0; chain < chains; chain += 1) {
      for (let k = 0; k < draws; k += 1) {
        const { parameters } = this.#draw(chain * draws + k);
        for (const name of Object.keys(parameters) as E[])
          this.parameters[name][chain * draws + k] = parameters[name];
      }
    }
    const last = unknownsOf(run) - shape.noise.length;
    this.noise = noiseByChannel(run, (unknown) =>
      sampledNoise(
        Float64Array.from({ length: chains * draws }, (_, i) =>
          Math.exp(this.#table.at(i)[last + unknown] as number),
        ),
      ),
    );
    const figure = (name: Figure): Float64Array =>
      Float64Array.from({ length: chains * draws }, (_, i) => {
        const one = drawn[Math.floor(i / draws)] as ChainResult;
        return one.figures[name][((i % draws) + 1) * thin - 1] as number;
      });
    this.statistics = Object.fromEntries(FIGURES.map((name) => [name, figure(name)])) as Record<
      Figure,
      Float64Array
    >;
    this.divergences = results.flatMap(({ start, divergences }) =>
      divergences.map(({ position, ...rest }) => {
        const { path, parameters } = partsOf<E>(position, shape);
        return { ...rest, chain: start, path, parameters };
      }),
    );
    this.evaluations = results.reduce(
      (sum, { figures }) => figures.steps.reduce((all, steps) => all + steps, sum),
      0,
    );
    this.seconds = results.reduce((sum, { duration }) => sum + duration / 1000, 0);
    const { statistics } = this;
    this.#examined = {
      table: this.#table,
      run,
      results,
      drawn,
      thin,
      statistics,
      options: parts.options,
    };
  }

  /** Mean path over all draws, points x dimension, row-major. */
  get path(): Float64Array {
    this.#needDraws(1);
    return this.#moment("mean");
  }

  /** Standard deviation of each value of the path, points x dimension, row-major. */
  get deviation(): Float64Array {
    this.#needDraws(this.chainCount > 1 ? 1 : 2);
    return this.#moment("deviation");
  }

  /**
   * Returns one draw of path and parameters.
   *
   * @param chain its place among the chains that have draws, from 0.
   * @param draw its number among the draws that are kept, from 0.
   * @throws LeastActionError if there is no such draw.
   */
  draw(chain: number, draw: number): UnknownsParts<E> {
    this.#needDraws(1);
    const [row, column] = [
      wholeNumber("chain", chain, 0, this.chainCount - 1),
      wholeNumber("draw", draw, 0, this.draws - 1),
    ];
    return this.#draw(row * this.draws + column);
  }

  /**
   * Intervals that contain a `share` of the draws of each value by itself, with as many draws below
   * as above them: points x dimension, row-major.
   *
   * @param share between 0 and 1. Default: 0.9.
   * @throws LeastActionError for a share that is not between 0 and 1, or without draws.
   */
  band(share = 0.9): {
    share: number;
    lower: Float64Array;
    upper: Float64Array;
    parameters: Record<E, readonly [number, number]>;
  } {
    this.#needDraws(1);
    properShare("share", share);
    const [lower, upper] = this.#table
      .quantiles([(1 - share) / 2, (1 + share) / 2])
      .map((end) => partsOf<E>(end, this.#shape)) as [UnknownsParts<E>, UnknownsParts<E>];
    const parameters = byParameter(
      this.#shape,
      (name: E) => [lower.parameters[name], upper.parameters[name]] as const,
    );
    return { share, lower: lower.path, upper: upper.path, parameters };
  }

  /**
   * Computes the expected value of a quantity, with its Monte Carlo error.
   *
   * @param quantity function of the path (points x dimension, row-major) and the parameters that
   *   returns a finite number.
   * @throws LeastActionError for a value that is not a finite number, or with fewer than 4 draws
   *   per chain.
   */
  expected(
    quantity: (path: Float64Array, parameters: Record<E, number>) => number,
  ): SampledExpectation {
    this.#needDraws(FEWEST_DRAWS);
    if (typeof quantity !== "function")
      throw wrongShape("quantity", `must be a function, got ${describe(quantity)}`);
    const values = new Float64Array(this.chainCount * this.draws);
    for (let i = 0; i < values.length; i += 1) {
      const { path, parameters } = this.#draw(i);
      const value: unknown = quantity(path, parameters);
      if (typeof value !== "number" || !Number.isFinite(value)) {
        throw wrongShape("quantity", `must give a finite number, got ${describe(value)}`);
      }
      values[i] = value;
    }
    const { rows } = call((raw) => raw.summarizeDraws(["quantity"], values, this.chainCount));
    const { mean, meanError, deviation, essBulk, rHat } = rows[0] as SummaryRow;
    return { value: mean, error: meanError, deviation, effectiveSize: essBulk, rHat };
  }

  /**
   * Summary of the draws: parameters, log density and the states at the end of the window, with
   * mean, quantiles, effective sample size and R-hat. Empty with fewer than 4 draws per chain.
   */
  get rows(): readonly SummaryRow[] {
    return this.draws < FEWEST_DRAWS ? [] : this.#summarized().rows;
  }

  /** Summary of the draws as a table, in text. */
  summary(): string {
    return this.draws < FEWEST_DRAWS ? tooFew(this.draws) : this.#summarized().table;
  }

  /** Statements about the sampling: can the draws be used, and what to do if not. */
  get findings(): readonly SamplingFinding[] {
    return this.#diagnosed().findings;
  }

  /** Conclusion of the findings, in a word. */
  get verdict(): SamplingVerdict {
    return this.#diagnosed().verdict;
  }

  /** The findings as prose. */
  diagnose(): string {
    return this.findings.map(({ message }) => message).join("\n");
  }

  /**
   * Forecasts: integrates draws past the window, which is a prediction with its uncertainty.
   *
   * @throws LeastActionError for whatever is wrong with the options, or without draws.
   */
  predict(options: EnsembleOptions<I>): EnsembleForecast {
    this.#needDraws(1);
    const given = ensembleOptionsOf(options);
    const { run } = this.#parts;
    const source = { task: run.task, model: run.model, varying: this.#shape.varying.length };
    return predictEnsemble(source, this.#someDraws(given.count), this.modelPrecision, given);
  }

  /**
   * Draws new measurements at the times of the data, one for each of `count` draws, whose bands
   * hold the noise of the measurements with its uncertainty.
   *
   * @throws LeastActionError for options that are out of range, or without draws.
   */
  measurements(options: MeasurementOptions = {}): MeasurementEnsemble {
    this.#needDraws(1);
    const given = measurementOptionsOf(options);
    return measurementsOf(this.#parts.run, this.#someDraws(given.count), given.seed);
  }

  /**
   * Writes the draws as JSON that ArviZ opens: parameters, statistics of each draw, and the path if
   * asked for. See {@link arvizJson}.
   *
   * @param options `path`: true to write the path, which is long (default: false).
   * @throws LeastActionError without draws, or if the text is too long.
   */
  toArviz(options: { path?: boolean } = {}): string {
    this.#needDraws(1);
    const { path = false } = only("options", options, ["path"]);
    const withPath = trueOrFalse("path", path);
    const [chains, draws] = [this.chainCount, this.draws];
    const posterior: NamedDraws[] = Object.entries<Float64Array>(this.parameters).map(
      ([name, values]) => ({
        name,
        values,
      }),
    );
    const { states } = this.#parts.run;
    if (withPath) {
      const size = this.times.length * states.length;
      const values = new Float64Array(chains * draws * size);
      for (let i = 0; i < chains * draws; i += 1) {
        values.set(this.#draw(i).path, i * size);
      }
      posterior.push({
        name: "path",
        shape: [this.times.length, states.length],
        dims: ["time", "state"],
        values,
      });
    }
    const diverging = new Uint8Array(chains * draws);
    const numbers = this.#examined.drawn.map(({ start }) => start);
    for (const { chain, draw } of this.divergences) {
      const [row, column] = [numbers.indexOf(chain), Math.floor(draw / this.#parts.thin)];
      if (row >= 0 && column < draws) diverging[row * draws + column] = 1;
    }
    const coords = withPath ? { coords: { time: this.times, state: states } } : {};
    return arvizJson({
      chains,
      draws,
      posterior,
      sampleStats: { ...this.statistics, diverging },
      ...coords,
    });
  }

  /**
   * Returns everything as plain data, for `JSON.stringify`; the result of `JSON.parse` can be
   * resumed. NaN becomes null, as JSON has no NaN.
   */
  toJSON(): Record<string, unknown> {
    const chains = this.#parts.results.map(({ values, figures, divergences, ...rest }) => ({
      ...rest,
      values: Array.from(values),
      figures: Object.fromEntries(
        Object.entries(figures).map(([name, list]) => [name, Array.from(list)]),
      ),
      divergences: divergences.map((one) => ({ ...one, position: Array.from(one.position) })),
    }));
    const { posterior, settings } = this.#parts;
    return { posterior, settings, chains };
  }

  /** @internal Parts of a sampling; undefined if `given` is not one. */
  static partsOf(given: unknown): SampledParts | undefined {
    return typeof given === "object" && given !== null && #parts in given
      ? given.#parts
      : undefined;
  }

  /** At most `wanted` draws in the layout of Rust. */
  #someDraws(wanted: number): { values: Float64Array; count: number } {
    const { count: all, unknowns } = this.#table;
    const count = Math.min(wanted, all);
    const values = new Float64Array(count * unknowns);
    for (let k = 0; k < count; k += 1) {
      // Draws are taken from all over the chains, as neighbours are alike.
      values.set(this.#table.at(Math.floor((k * all) / count)), k * unknowns);
    }
    return { values, count };
  }

  get #shape(): RunParts["shape"] {
    return this.#parts.run.shape;
  }

  /** Throws if there are fewer than `least` draws per chain. */
  #needDraws(least: number): void {
    if (this.draws >= least) return;
    throw outOfRange(
      "draws",
      this.draws,
      `at least ${least} per chain for that (resume the sampling to get more)`,
    );
  }

  /** Moments of the path itself, which for positive states is not what is drawn. */
  #moment(which: "mean" | "deviation"): Float64Array {
    const { scales, ...shape } = this.#shape;
    return partsOf(this.#table.moments(scales?.natural)[which], shape).path;
  }

  /** Returns draw `i` of all draws, chain after chain. */
  #draw(i: number): UnknownsParts<E> {
    return partsOf<E>(this.#table.at(i), this.#shape);
  }

  #summarized(): { rows: readonly SummaryRow[]; table: string } {
    return (this.#summary ??= summaryOf(this.#examined));
  }

  #diagnosed(): { findings: SamplingFinding[]; verdict: SamplingVerdict } {
    return (this.#diagnosis ??= diagnosisOf(this.#examined));
  }
}

/** Number of unknowns of a run: its path and its estimated parameters. */
function unknownsOf({ shape, states }: RunParts): number {
  const points = shape.kept?.count ?? shape.times.length;
  return points * (states.length + shape.varying.length) + shape.estimated.length;
}
