// Draws of several chains as numbers that have no names yet.
import { call } from "../instance.js";

/** Columns whose quantiles are computed at once. */
const COLUMNS = 256;

/** Draws that are kept of each chain, by chain: draws x unknowns. */
export class DrawTable {
  readonly chains: number;
  /** Of each chain. */
  readonly draws: number;
  /** Of all chains. */
  readonly count: number;
  /** Numbers in a draw. */
  readonly unknowns: number;
  readonly #values: readonly Float64Array[];
  #moments: { mean: Float64Array; deviation: Float64Array } | undefined;

  /** Chains may have more draws than `draws`. */
  constructor(values: readonly Float64Array[], draws: number, unknowns: number) {
    this.chains = values.length;
    this.draws = draws;
    this.count = values.length * draws;
    this.unknowns = unknowns;
    this.#values = values;
  }

  /** A draw by its number in all of them, chain after chain; not a copy. */
  at(i: number): Float64Array {
    const draw = i % this.draws;
    const values = this.#values[Math.floor(i / this.draws)] as Float64Array;
    return values.subarray(draw * this.unknowns, (draw + 1) * this.unknowns);
  }

  /** chains x draws x those unknowns. */
  columns(unknowns: readonly number[]): Float64Array {
    const all = new Float64Array(this.count * unknowns.length);
    for (let i = 0; i < this.count; i += 1) {
      const draw = this.at(i);
      unknowns.forEach((unknown, k) => (all[i * unknowns.length + k] = draw[unknown] as number));
    }
    return all;
  }

  /** Of every unknown; of one draw the deviation is NaN. */
  moments(): { mean: Float64Array; deviation: Float64Array } {
    if (this.#moments !== undefined) return this.#moments;
    const mean = new Float64Array(this.unknowns);
    const squares = new Float64Array(this.unknowns);
    for (let i = 0; i < this.count; i += 1) {
      const draw = this.at(i);
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

  /** Of every unknown, at each of the probabilities. */
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
