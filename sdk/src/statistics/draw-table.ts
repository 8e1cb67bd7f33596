// Draws of several chains as a table of numbers without names.
import { call } from "../instance.js";

/** Number of columns whose quantiles are computed at once. */
const COLUMNS = 256;

/** Table of the draws that are kept, chain after chain, one column per unknown. */
export class DrawTable {
  /** Number of chains. */
  readonly chains: number;
  /** Number of draws of each chain. */
  readonly draws: number;
  /** Number of draws of all chains together. */
  readonly count: number;
  /** Number of unknowns, the length of a draw. */
  readonly unknowns: number;
  readonly #values: readonly Float64Array[];
  #moments: { mean: Float64Array; deviation: Float64Array } | undefined;

  /**
   * Makes a table of `draws` draws of each chain; `values` are draws x unknowns, and may have more.
   */
  constructor(values: readonly Float64Array[], draws: number, unknowns: number) {
    this.chains = values.length;
    this.draws = draws;
    this.count = values.length * draws;
    this.unknowns = unknowns;
    this.#values = values;
  }

  /** Returns draw `i` of all draws, chain after chain, without copying it. */
  at(i: number): Float64Array {
    const draw = i % this.draws;
    const values = this.#values[Math.floor(i / this.draws)] as Float64Array;
    return values.subarray(draw * this.unknowns, (draw + 1) * this.unknowns);
  }

  /** Copies the columns of some unknowns: chains x draws x these unknowns. */
  columns(unknowns: readonly number[]): Float64Array {
    const all = new Float64Array(this.count * unknowns.length);
    for (let i = 0; i < this.count; i += 1) {
      const draw = this.at(i);
      unknowns.forEach((unknown, k) => (all[i * unknowns.length + k] = draw[unknown] as number));
    }
    return all;
  }

  /**
   * Mean and standard deviation of every unknown; with a single draw the deviation is NaN.
   * `natural` gives the values of a draw, where its numbers are coordinates of them.
   */
  moments(natural = (draw: Float64Array): Float64Array => draw): {
    mean: Float64Array;
    deviation: Float64Array;
  } {
    if (this.#moments !== undefined) return this.#moments;
    const mean = new Float64Array(this.unknowns);
    const squares = new Float64Array(this.unknowns);
    for (let i = 0; i < this.count; i += 1) {
      const draw = natural(this.at(i));
      for (let k = 0; k < draw.length; k += 1) {
        const before = (draw[k] as number) - (mean[k] as number);
        mean[k] = (mean[k] as number) + before / (i + 1);
        squares[k] = (squares[k] as number) + before * ((draw[k] as number) - (mean[k] as number));
      }
    }
    const deviation = squares.map((sum) =>
      this.count < 2 ? Number.NaN : Math.sqrt(sum / (this.count - 1)),
    );
    this.#moments = { mean, deviation };
    return this.#moments;
  }

  /** Quantiles of every unknown, one array for each of the probabilities. */
  quantiles(probabilities: readonly number[]): Float64Array[] {
    const quantiles = probabilities.map(() => new Float64Array(this.unknowns));
    for (let first = 0; first < this.unknowns; first += COLUMNS) {
      const width = Math.min(COLUMNS, this.unknowns - first);
      const columns = this.columns(Array.from({ length: width }, (_, i) => first + i));
      probabilities.forEach((probability, p) => {
        const found = call((raw) => raw.ensembleQuantile(columns, this.count, probability));
        quantiles[p]?.set(found, first);
      });
    }
    return quantiles;
  }
}
