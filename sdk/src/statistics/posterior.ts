// What sampling a posterior gives.
import { LeastActionError, outOfRange, wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { SamplingFinding, SamplingVerdict, SummaryRow } from "../raw.js";
import { describe, finiteNumber, only, wholeNumber } from "../shape.js";
import type { RunParts } from "../anneal/run.js";
import type { EnsembleOptions } from "./ensemble.js";
import { type Ensemble, ensembleOptionsOf, predictEnsemble } from "./ensemble.js";
import { arvizJson, type NamedDraws } from "./arviz.js";
import { type ChainDivergence, type ChainResult, type Figure, FIGURES } from "./chains.js";
import { byParameter, partsOf, type UnknownsParts } from "./unknowns.js";

/** A trajectory whose energy was not kept: the posterior is not sampled well near there. */
export interface SampledDivergence<E extends string> extends Omit<ChainDivergence, "position"> {
  chain: number;
  /** The path there, points x dimension. */
  path: Float64Array;
  parameters: Record<E, number>;
}

/** A chain that was sampled. */
export interface SampledChain {
  /** Its number. */
  chain: number;
  /** Draws made, kept or not. */
  draws: number;
  /** Why it could not go on; null if it could. */
  failure: LeastActionError | null;
}

/** An expected value by Monte Carlo. */
export interface SampledExpectation {
  value: number;
  /** Its Monte Carlo standard error. */
  error: number;
  /** Standard deviation of the quantity over the posterior. */
  deviation: number;
  /** As many independent draws would be as good. */
  effectiveSize: number;
  rHat: number;
}

/** @internal */
export interface SampledParts {
  run: RunParts;
  modelPrecision: number;
  /** For Rust. */
  options: unknown;
  thin: number;
  results: readonly ChainResult[];
  cancelled: boolean;
}

/** Times at which states are looked at for whether the chains agree. */
const LOOKED_AT = 5;
/** Unknowns whose quantiles are computed at once. */
const COLUMNS = 256;

/** Draws from exp(-A), by several Markov chains. `E` are the estimated parameters, `I` the model's inputs. */
export class SampledPosterior<E extends string = string, I extends string = string> {
  /** R_f of the action. */
  readonly modelPrecision: number;
  /** Of the path's points, of all data sets one after the other. */
  readonly times: Float64Array;
  /** Every chain that was begun. */
  readonly chains: readonly SampledChain[];
  /** Chains that have draws: the first index of all arrays of draws. */
  readonly chainCount: number;
  /** Draws kept of each of these: the second. */
  readonly draws: number;
  /** Every estimated parameter, chains x draws; of one that changes in time, its mean over the path. */
  readonly parameters: Record<E, Float64Array>;
  /** What the sampler knows of each draw, chains x draws: log density, energy, mean acceptance, step size, tree depth, evaluations of the gradient. */
  readonly statistics: Record<Figure, Float64Array>;
  /** Trajectories that diverged, of all draws. */
  readonly divergences: readonly SampledDivergence<E>[];
  /** Evaluations of the action with its gradient for all draws, without the warm-up. */
  readonly evaluations: number;
  /** Seconds of work, the warm-up included, summed over the chains. */
  readonly seconds: number;
  /** Whether a signal stopped it; `resume` goes on. */
  readonly cancelled: boolean;
  readonly #parts: SampledParts;
  /** By chain: draws x unknowns. */
  readonly #values: readonly Float64Array[];
  readonly #unknowns: number;
  #moments: { mean: Float64Array; deviation: Float64Array } | undefined;
  #rows: readonly SummaryRow[] | undefined;
  #table = "";
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
    // Chains are compared over as many draws as all of them have: those that failed have none, and interrupted ones differ.
    const drawn = results.filter(({ draws }) => draws >= thin);
    this.chainCount = drawn.length;
    this.draws = drawn.length === 0 ? 0 : Math.min(...drawn.map(({ draws }) => Math.floor(draws / thin)));
    const [chains, draws] = [this.chainCount, this.draws];
    this.#values = drawn.map(({ values }) => values);
    this.#unknowns = unknownsOf(run);
    this.parameters = byParameter(shape, () => new Float64Array(chains * draws));
    for (let chain = 0; chain < chains; chain += 1) {
      for (let k = 0; k < draws; k += 1) {
        const { parameters } = this.#draw(chain, k);
        for (const name of Object.keys(parameters) as E[]) this.parameters[name][chain * draws + k] = parameters[name];
      }
    }
    const figure = (name: Figure): Float64Array =>
      Float64Array.from({ length: chains * draws }, (_, i) => {
        const one = drawn[Math.floor(i / draws)] as ChainResult;
        return one.figures[name][((i % draws) + 1) * thin - 1] as number;
      });
    this.statistics = Object.fromEntries(FIGURES.map((name) => [name, figure(name)])) as Record<Figure, Float64Array>;
    this.divergences = results.flatMap(({ start, divergences }) =>
      divergences.map(({ position, ...rest }) => {
        const { path, parameters } = partsOf<E>(position, shape);
        return { ...rest, chain: start, path, parameters };
      }),
    );
    this.evaluations = results.reduce((sum, { figures }) => figures.steps.reduce((all, steps) => all + steps, sum), 0);
    this.seconds = results.reduce((sum, { duration }) => sum + duration / 1000, 0);
  }

  /** The mean path, points x dimension, row-major. */
  get path(): Float64Array {
    return partsOf(this.#meanAndDeviation().mean, this.#shape).path;
  }

  /** Standard deviations of the same form. */
  get deviation(): Float64Array {
    return partsOf(this.#meanAndDeviation().deviation, this.#shape).path;
  }

  /**
   * One draw.
   *
   * @param chain of those that have draws, from 0.
   * @param draw from 0.
   */
  draw(chain: number, draw: number): UnknownsParts<E> {
    const within = (path: string, value: number, count: number): number => {
      if (wholeNumber(path, value, 0) < count) return value;
      throw outOfRange(path, value, `a whole number below ${count}`);
    };
    return this.#draw(within("chain", chain, this.chainCount), within("draw", draw, this.draws));
  }

  /**
   * Intervals that hold a `share` of the draws of each value by itself: points x dimension.
   *
   * @param share between 0 and 1. Default: 0.9.
   */
  band(share = 0.9): {
    share: number;
    lower: Float64Array;
    upper: Float64Array;
    parameters: Record<E, readonly [number, number]>;
  } {
    this.#needDraws();
    if (!(finiteNumber("share", share) > 0 && share < 1)) throw outOfRange("share", share, "between 0 and 1");
    const ends = [new Float64Array(this.#unknowns), new Float64Array(this.#unknowns)] as const;
    for (let first = 0; first < this.#unknowns; first += COLUMNS) {
      const width = Math.min(COLUMNS, this.#unknowns - first);
      const columns = this.#columns(Array.from({ length: width }, (_, i) => first + i));
      ends.forEach((end, i) => {
        const probability = (1 + (i === 0 ? -share : share)) / 2;
        end.set(
          call((raw) => raw.ensembleQuantile(columns, this.chainCount * this.draws, probability)),
          first,
        );
      });
    }
    const [lower, upper] = [partsOf<E>(ends[0], this.#shape), partsOf<E>(ends[1], this.#shape)];
    const parameters = byParameter(this.#shape, (name: E) => [lower.parameters[name], upper.parameters[name]] as const);
    return { share, lower: lower.path, upper: upper.path, parameters };
  }

  /**
   * The expected value of a quantity, with its Monte Carlo error.
   *
   * @param quantity of the path (points x dimension) and the parameters; a finite number.
   */
  expected(quantity: (path: Float64Array, parameters: Record<E, number>) => number): SampledExpectation {
    this.#needDraws();
    if (typeof quantity !== "function") throw wrongShape("quantity", `must be a function, got ${describe(quantity)}`);
    const values = new Float64Array(this.chainCount * this.draws);
    for (let i = 0; i < values.length; i += 1) {
      const { path, parameters } = this.#draw(Math.floor(i / this.draws), i % this.draws);
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

  /** What the draws say of parameters, of the log density and of the states at the end of the window, and how well. */
  get rows(): readonly SummaryRow[] {
    this.#summarize();
    return this.#rows ?? [];
  }

  /** The same as a table. */
  summary(): string {
    if (this.draws === 0) return "There are no draws yet: all chains are in their warm-up.";
    this.#summarize();
    return this.#table;
  }

  /** What the numbers say, with advice: can the draws be used, and what to do if not. */
  get findings(): readonly SamplingFinding[] {
    return this.#diagnose().findings;
  }

  /** The findings in a word. */
  get verdict(): SamplingVerdict {
    return this.#diagnose().verdict;
  }

  /** The findings as prose. */
  diagnose(): string {
    return this.findings.map(({ message }) => message).join("\n");
  }

  /** Runs draws on past the window: a prediction with its uncertainty. */
  predict(options: EnsembleOptions<I>): Ensemble {
    this.#needDraws();
    const given = ensembleOptionsOf(options);
    const all = this.chainCount * this.draws;
    const count = Math.min(given.count, all);
    const values = new Float64Array(count * this.#unknowns);
    for (let k = 0; k < count; k += 1) {
      // Spread over all of them, as neighbours are alike.
      const i = Math.floor((k * all) / count);
      values.set(this.#raw(Math.floor(i / this.draws), i % this.draws), k * this.#unknowns);
    }
    const { run } = this.#parts;
    const source = { task: run.task, model: run.model, varying: this.#shape.varying.length };
    return predictEnsemble(source, { values, count }, this.modelPrecision, given);
  }

  /**
   * The draws as the text of a JSON file that ArviZ opens: parameters, what the sampler knows of each draw, and the path.
   *
   * @param options `path`: whether the path is in it (default: false, as it is long).
   */
  toArviz(options: { path?: boolean } = {}): string {
    this.#needDraws();
    const { path = false } = only("options", options, ["path"]);
    const [chains, draws] = [this.chainCount, this.draws];
    const posterior: NamedDraws[] = Object.entries<Float64Array>(this.parameters).map(([name, values]) => ({
      name,
      values,
    }));
    const { states } = this.#parts.run;
    if (path === true) {
      const size = this.times.length * states.length;
      const values = new Float64Array(chains * draws * size);
      for (let i = 0; i < chains * draws; i += 1) {
        values.set(this.#draw(Math.floor(i / draws), i % draws).path, i * size);
      }
      posterior.push({ name: "path", shape: [this.times.length, states.length], dims: ["time", "state"], values });
    }
    const diverging = new Uint8Array(chains * draws);
    const numbers = this.#parts.results.filter((one) => one.draws >= this.#parts.thin).map(({ start }) => start);
    for (const { chain, draw } of this.divergences) {
      const [row, column] = [numbers.indexOf(chain), Math.floor(draw / this.#parts.thin)];
      if (row >= 0 && column < draws) diverging[row * draws + column] = 1;
    }
    const coords = path === true ? { coords: { time: this.times, state: states } } : {};
    return arvizJson({ chains, draws, posterior, sampleStats: { ...this.statistics, diverging }, ...coords });
  }

  /** Everything as plain data, for `JSON.stringify`; what is parsed again can be resumed. NaN becomes null, as JSON has it. */
  toJSON(): Record<string, unknown> {
    const chains = this.#parts.results.map(({ values, figures, divergences, ...rest }) => ({
      ...rest,
      values: Array.from(values),
      figures: Object.fromEntries(Object.entries(figures).map(([name, list]) => [name, Array.from(list)])),
      divergences: divergences.map((one) => ({ ...one, position: Array.from(one.position) })),
    }));
    return { modelPrecision: this.modelPrecision, thin: this.#parts.thin, chains };
  }

  /** @internal */
  static resultsOf(given: unknown): readonly ChainResult[] | undefined {
    return typeof given === "object" && given !== null && #parts in given ? given.#parts.results : undefined;
  }

  get #shape(): RunParts["shape"] {
    return this.#parts.run.shape;
  }

  #needDraws(): void {
    if (this.draws > 0) return;
    throw outOfRange("draws", 0, "at least 1: the chains have not come to their draws; resume the sampling to go on");
  }

  #raw(chain: number, draw: number): Float64Array {
    return (this.#values[chain] as Float64Array).subarray(draw * this.#unknowns, (draw + 1) * this.#unknowns);
  }

  #draw(chain: number, draw: number): UnknownsParts<E> {
    return partsOf<E>(this.#raw(chain, draw), this.#shape);
  }

  /** chains x draws x those unknowns. */
  #columns(unknowns: readonly number[]): Float64Array {
    const all = new Float64Array(this.chainCount * this.draws * unknowns.length);
    for (let i = 0; i < this.chainCount * this.draws; i += 1) {
      const draw = this.#raw(Math.floor(i / this.draws), i % this.draws);
      unknowns.forEach((unknown, k) => (all[i * unknowns.length + k] = draw[unknown] as number));
    }
    return all;
  }

  #meanAndDeviation(): { mean: Float64Array; deviation: Float64Array } {
    if (this.#moments !== undefined) return this.#moments;
    const mean = new Float64Array(this.#unknowns);
    const squares = new Float64Array(this.#unknowns);
    const all = this.chainCount * this.draws;
    for (let i = 0; i < all; i += 1) {
      const draw = this.#raw(Math.floor(i / this.draws), i % this.draws);
      for (let k = 0; k < draw.length; k += 1) {
        const before = (draw[k] as number) - (mean[k] as number);
        mean[k] = (mean[k] as number) + before / (i + 1);
        squares[k] = (squares[k] as number) + before * ((draw[k] as number) - (mean[k] as number));
      }
    }
    const deviation = squares.map((sum) => (all < 2 ? Number.NaN : Math.sqrt(sum / (all - 1))));
    this.#moments = { mean: all === 0 ? mean.fill(Number.NaN) : mean, deviation };
    return this.#moments;
  }

  /** Parameters, the log density and states at points, with names: chains x draws x quantities. */
  #quantities(points: readonly number[]): { names: string[]; values: Float64Array; unknowns: number[] } {
    const { states } = this.#parts.run;
    const { estimated, varying } = this.#shape;
    const columns = states.length + varying.length;
    const path = this.#unknowns - estimated.length;
    const named = points.flatMap((point) =>
      [...states, ...varying].map((name, i) => {
        return {
          name: `${name} at ${Number((this.times[point] as number).toPrecision(6))}`,
          unknown: point * columns + i,
        };
      }),
    );
    const all = [...estimated.map((name, p) => ({ name, unknown: path + p })), ...named];
    const unknowns = all.map(({ unknown }) => unknown);
    const chosen = this.#columns(unknowns);
    const width = unknowns.length + 1;
    const values = new Float64Array(this.chainCount * this.draws * width);
    for (let i = 0; i < this.chainCount * this.draws; i += 1) {
      values.set(chosen.subarray(i * (width - 1), (i + 1) * (width - 1)), i * width);
      values[(i + 1) * width - 1] = this.statistics.logDensity[i] as number;
    }
    return { names: [...all.map(({ name }) => name), "log density"], values, unknowns };
  }

  #summarize(): void {
    if (this.#rows !== undefined || this.draws === 0) return;
    const { names, values } = this.#quantities([this.times.length - 1]);
    const { rows, table } = call((raw) => raw.summarizeDraws(names, values, this.chainCount));
    this.#rows = rows;
    this.#table = table;
  }

  #diagnose(): { findings: SamplingFinding[]; verdict: SamplingVerdict } {
    if (this.#diagnosis !== undefined) return this.#diagnosis;
    const failed = this.chains.flatMap(({ chain, failure, draws }): SamplingFinding[] => {
      if (failure === null) return [];
      const message = `Chain ${chain} ended after ${draws} draws: ${failure.message}.`;
      return [{ code: "chainFailed", severity: "problem", message }];
    });
    if (this.draws === 0) {
      const message = "There are no draws yet: all chains are in their warm-up. Resume the sampling to go on.";
      const none: SamplingFinding = { code: "noDraws", severity: "problem", message };
      this.#diagnosis = { findings: failed.length > 0 ? failed : [none], verdict: "notConverged" };
      return this.#diagnosis;
    }
    const last = this.times.length - 1;
    const points = Array.from({ length: LOOKED_AT }, (_, k) => Math.round((k * last) / (LOOKED_AT - 1)));
    const { names, values, unknowns } = this.#quantities([...new Set(points)]);
    const drawn = this.#parts.results.filter((one) => one.draws >= this.#parts.thin);
    const divergent = drawn.flatMap(({ divergences }) =>
      divergences.map(({ position }) => unknowns.map((unknown) => position[unknown] as number)),
    );
    const statistics = {
      ...this.statistics,
      stepSize: Float64Array.from(drawn, ({ figures }) => figures.stepSize.at(-1) as number),
      divergences: Float64Array.from(drawn, ({ divergences }) => divergences.length / this.#parts.thin),
    };
    const found = call((raw) =>
      raw.diagnoseDraws(
        names,
        values,
        this.chainCount,
        statistics,
        Float64Array.from(divergent.flat()),
        unknowns.length,
        this.#parts.options,
      ),
    );
    const verdict = failed.length > 0 && found.verdict === "converged" ? "doubtful" : found.verdict;
    this.#diagnosis = { findings: [...failed, ...found.findings], verdict };
    return this.#diagnosis;
  }
}

function unknownsOf({ shape, states }: RunParts): number {
  return shape.times.length * (states.length + shape.varying.length) + shape.estimated.length;
}
