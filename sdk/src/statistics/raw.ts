// Types of statistics at the boundary to WebAssembly.
import type {
  ChainState,
  ErrorFacts,
  Flatness,
  Identifiability,
  LaplaceFinding,
} from "../../generated/types.js";

/** Gaussian about the minimum of one level. */
export interface RawLevelUncertainty {
  /** Number of the starting path from which the minimum was reached. */
  start: number;
  /** Probability of the level, by the evidence of all levels. */
  weight: number;
  /** Unknowns at the minimum: the path, then the estimated parameters. */
  mode: Float64Array;
  /** Standard deviations of the unknowns. */
  deviations: Float64Array;
  /** Covariance of the parameters that are constant in time, row-major. */
  parameterCovariance: Float64Array;
  /** Negative log posterior at the minimum. */
  value: number;
  /** Natural logarithm of the Hessian's determinant. */
  logDeterminant: number;
  logEvidence: number;
  /** Decrease of the value that a Newton step still predicts: near zero at a minimum. */
  decrease: number;
}

/** Gaussians about minima, in Rust. */
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

/** Profile of a parameter in the making, in Rust. */
export interface RawProfileSearch {
  /** Makes one fit; undefined at the end. */
  advance(): { value: number; chiSquare: number; fits: number; share: number } | undefined;
  /** Profile at the end. */
  profile(): RawProfile;
  free(): void;
}

/** Profile of a parameter as Rust gives it. */
export interface RawProfile {
  modelPrecision: number;
  estimate: number;
  values: Float64Array;
  chiSquare: Float64Array;
  confidence: number;
  interval: readonly [number, number];
  open: readonly [boolean, boolean];
  remarks: readonly string[];
}

/** Scores of an ensemble, compared with the truth. */
export interface RawScores {
  /**
   * Continuous ranked probability score, the mean over all values, in their unit. Lower is better.
   */
  crps: number;
  /** Continuous ranked probability score, corrected for the finite number of members. */
  fairCrps: number;
  /** Share of the true values within the band, for each of the shares asked for. */
  coverage: Float64Array;
  /** Histogram of the ranks of true values among the members: flat if the ensemble is reliable. */
  rankHistogram: Float64Array;
  /** Test of the rank histogram for flatness; null if too few true values are known. */
  flatness: Flatness | null;
}

/** Options of a sampling with all defaults filled in. */
export interface RawSampling {
  chains: number;
  draws: number;
  warmup: number;
  annealing: { rungs: number; transitions: number } | null;
}

/** Markov chain in Rust. */
export interface RawChain {
  /**
   * Makes a transition and writes the new position and its statistics. Returns its phase: 1 for
   * annealing, 2 for the warm-up, 3 for a draw; 0 if no transition is left.
   */
  advance(position: Float64Array, figures: Float64Array): number;
  /** Divergence of the last transition; null if it did not diverge. */
  divergence(): { position: number[]; energyError: number; cause: ErrorFacts | null } | null;
  /** Number of unknowns. */
  unknowns(): number;
  /** Number of transitions of all phases together. */
  transitions(): number;
  /** R_f of the next transition. */
  modelPrecision(): number;
  /** State from which the chain can be resumed. */
  state(): ChainState;
  free(): void;
}
