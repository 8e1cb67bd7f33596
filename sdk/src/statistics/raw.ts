// Statistics as they cross.
import type {
  ChainState,
  ErrorFacts,
  Flatness,
  Identifiability,
  LaplaceFinding,
} from "../../generated/types.js";

/**
 * One minimum as it crosses; `mode` and `deviations` are the path and then the estimated
 * parameters.
 */
export interface RawLevelUncertainty {
  start: number;
  weight: number;
  mode: Float64Array;
  deviations: Float64Array;
  parameterCovariance: Float64Array;
  value: number;
  logDeterminant: number;
  logEvidence: number;
  decrease: number;
}

export interface RawUncertainty {
  describe(): {
    modelPrecision: number;
    means: Float64Array;
    deviations: Float64Array;
    levels: RawLevelUncertainty[];
  };
  quantiles(probability: number): Float64Array;
  stateCovariances(): Float64Array;
  meanShift(): Float64Array;
  identifiability(): Identifiability;
  findings(): LaplaceFinding[];
  summary(): string;
  draws(
    count: number,
    seed: number,
    level: number | undefined,
  ): { values: Float64Array; levels: Int32Array; moved: number };
  expected(
    quantity: (unknowns: Float64Array) => number,
    corrected: boolean,
    pairs: number,
    seed: number,
  ): { value: number; error: number };
  free(): void;
}

/** How an ensemble compares with what happened. */
export interface RawScores {
  /**
   * Continuous ranked probability score, the mean over all values: in their unit, lower is better.
   */
  crps: number;
  /** The same without what is due to the number of members. */
  fairCrps: number;
  /** The share of values that lay within the band of each share. */
  coverage: Float64Array;
  /** Where values ranked among the members: flat, if they could be one of them. */
  rankHistogram: Float64Array;
  /** Whether it is flat; null where too few values are known. */
  flatness: Flatness | null;
}

/** All options of a sampling, those that were not given by their defaults. */
export interface RawSampling {
  chains: number;
  draws: number;
  warmup: number;
  annealing: { rungs: number; transitions: number } | null;
}

export interface RawChain {
  /**
   * Writes where a transition led, and its figures; 0 if there is none left, 1 of the annealing, 2
   * of the warm-up, 3 of a draw.
   */
  advance(position: Float64Array, figures: Float64Array): number;
  /** Of the last transition. */
  divergence(): { position: number[]; energyError: number; cause: ErrorFacts | null } | null;
  unknowns(): number;
  /** Of all phases. */
  transitions(): number;
  /** R_f of the next transition. */
  modelPrecision(): number;
  state(): ChainState;
  free(): void;
}
