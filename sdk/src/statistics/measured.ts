// New measurements: data as the laws of the noise would give them about draws of a posterior.
import { withAnnealer } from "../anneal/task.js";
import { atData } from "../anneal/columns.js";
import type { RunParts } from "../anneal/run-parts.js";
import { call } from "../instance.js";
import { MOST_VALUES, only, properShare, wholeNumber } from "../shape.js";

/** Options of `measurements()`. */
export interface MeasurementOptions {
  /** Number of draws, each with one new measurement at every time. Default: 1000. */
  count?: number;
  /** Seed of the random numbers. Default: 0. */
  seed?: number;
}

/** Lower and upper ends of the bands of one measured channel, one per time. */
export interface MeasurementBand {
  /** Lower ends, in the unit of the data. */
  lower: Float64Array;
  /** Upper ends, in the unit of the data. */
  upper: Float64Array;
}

/**
 * New measurements about draws of path, parameters and noise. Their bands hold the noise of a
 * measurement, with the uncertainty of its size, beside the uncertainty of the state.
 */
export class MeasurementEnsemble {
  /** Names of the measured channels: the last index of `values`. */
  readonly names: readonly string[];
  /** Times of the measurements. */
  readonly times: Float64Array;
  /** Number of draws. */
  readonly members: number;
  /** Measurements, members x times x channels; NaN from the time at which a member failed. */
  readonly values: Float64Array;

  /** @internal */
  constructor(
    names: readonly string[],
    times: Float64Array,
    members: number,
    values: Float64Array,
  ) {
    this.names = names;
    this.times = times;
    this.members = members;
    this.values = values;
  }

  /**
   * Intervals that contain a `share` of the new measurements of each channel at each time, with as
   * many below as above them.
   *
   * @param share between 0 and 1. Default: 0.9.
   * @throws LeastActionError for a share that is not between 0 and 1.
   */
  band(share = 0.9): Record<string, MeasurementBand> {
    properShare("share", share);
    const [lower, upper] = [(1 - share) / 2, (1 + share) / 2].map((probability) =>
      call((raw) => raw.ensembleQuantile(this.values, this.members, probability)),
    ) as [Float64Array, Float64Array];
    const width = this.names.length;
    const column = (rows: Float64Array, k: number): Float64Array =>
      rows.filter((_, place) => place % width === k);
    return Object.fromEntries(
      this.names.map((name, k) => [name, { lower: column(lower, k), upper: column(upper, k) }]),
    );
  }
}

/** Reads the options of `measurements()`. */
export function measurementOptionsOf(options: unknown): { count: number; seed: number } {
  const { count = 1000, seed = 0 } = only("options", options, ["count", "seed"]);
  return {
    count: wholeNumber("count", count, 1, MOST_VALUES),
    seed: wholeNumber("seed", seed, 0),
  };
}

/** Draws new measurements at the points of the data, for draws in the layout of Rust. */
export function measurementsOf(
  { task, shape }: RunParts,
  { values, count }: { values: Float64Array; count: number },
  seed: number,
): MeasurementEnsemble {
  const { names, measured } = withAnnealer(task, (annealer) => ({
    names: annealer.measuredNames(),
    measured: annealer.drawMeasurements(values, count, seed),
  }));
  const { times, kept } = shape;
  const size = measured.length / count;
  const all = new Float64Array(count * times.length * names.length);
  for (let k = 0; k < count; k += 1) {
    const own = atData(measured.slice(k * size, (k + 1) * size), kept);
    all.set(own, k * own.length);
  }
  return new MeasurementEnsemble(names, times, count, all);
}
