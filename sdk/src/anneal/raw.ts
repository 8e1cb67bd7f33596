// Types of annealing at the boundary to WebAssembly.
import type {
  ChiSquare,
  Drop,
  ErrorFacts,
  FailedMember,
  Finding,
  HierarchyEstimate,
  Level,
  ModelNoiseEstimate,
  NoiseEstimate,
  Rung,
  StepCheck,
  Stopped,
  Verdict,
} from "../../generated/types.js";

/** Climb of one starting path, as far as it was done. */
export interface CoreClimb {
  /** Number of the starting path, from 0. */
  start: number;
  /** Rungs that were done. */
  rungs: Rung[];
  /**
   * Coordinates of the estimated parameters in the model's order (values, logarithms or logits), or
   * all weights of a network.
   */
  parameters: Float64Array;
  /** Error that ended the climb; null if there was none. */
  failure: ErrorFacts | null;
  /** Rung and actions for which the climb was stopped early; null if it was not. */
  stopped: Stopped | null;
  /**
   * Path, points x dimension, row-major, with the logarithms of positive states; or the activations
   * of a network, layer by layer.
   */
  path: Float64Array;
}

/** Climb of one starting path that is under way in Rust. */
export interface RawClimber {
  /** Does a rung; undefined at the end, or once the first number of `cancel` is not zero. */
  nextRung(cancel?: Int32Array): Rung | undefined;
  /** The climb so far. */
  climb(): CoreClimb;
  /** Releases WebAssembly's memory. */
  free(): void;
}

/** Grid that is finer than that of the data, with all that annealing on it goes on from. */
export interface FinerGrid {
  /** Number of steps that one step of the data is divided into. */
  parts: number;
  /** R_f at the end of the ladder on the data's grid. */
  modelPrecision: number;
  /** Automatic weights of the states; null where they are equal or given. */
  modelWeights: unknown;
  /** Paths from which climbs begin; empty for a search. */
  starts: readonly { path: Float64Array; parameters: Float64Array }[];
}

/** Levels, findings and verdict of climbs. */
export interface Verdicts {
  levels: Level[];
  gap: number | null;
  expectedLevel: number;
  drops: Drop[];
  findings: Finding[];
  verdict: Verdict;
  chiSquare: ChiSquare | null;
  noise: NoiseEstimate[];
  hierarchies: HierarchyEstimate[];
  /** Place of the best climb in the list. */
  best: number;
  /** R_f at each rung. */
  modelPrecision: Float64Array;
  summary: string;
  diagnosis: string;
}

/** Annealing run in Rust: model, data and options, checked. */
export interface RawAnnealer {
  /** Names of the estimated parameters that are constant in time. */
  estimated(): string[];
  /**
   * True if parameters or states are estimated by other coordinates than themselves: logarithms,
   * logits.
   */
  isScaled(): boolean;
  /** True if positive states are estimated by their logarithms. */
  hasLogarithms(): boolean;
  /** Path, whole rows, with the states in the place of their coordinates. */
  naturalPath(path: Float64Array): Float64Array;
  /** Unknowns with the values of states and parameters in the place of their coordinates. */
  naturalUnknowns(unknowns: Float64Array): Float64Array;
  /** Derivatives of what `naturalUnknowns` gives in the unknowns. */
  slopes(unknowns: Float64Array): Float64Array;
  /**
   * Names of the parameters that change in time, then of those that differ by data set: the last
   * columns of paths.
   */
  varying(): string[];
  /** Names of the parameters that differ by data set, the last of `varying`. */
  own(): string[];
  /** Names of the estimated parameters that are deviations between data sets. */
  spreads(): string[];
  /** Names of the estimated parameters that are natural logarithms of noise scales, the last. */
  noise(): string[];
  /** Largest number of starting paths. */
  starts(): number;
  /** Number of rungs; undefined where the ladder is found on the way. */
  rungs(): number | undefined;
  /**
   * State of the run after these climbs, whose paths are not needed: the number of starting paths
   * that were enough (null if there are not enough yet), those that are over, and those to go on
   * with although they had been stopped.
   */
  state(climbs: CoreClimb[]): { enough: number | null; over: number[]; reprieved: number[] };
  /** Begins the climb of a starting path. */
  climber(start: number): RawClimber;
  /** Goes on with an earlier climb. */
  resume(climb: CoreClimb): RawClimber;
  /**
   * Times of the points of paths, of all data sets one after the other: those of the grid `before`
   * it was refined, or of this one.
   */
  times(before: boolean): Float64Array;
  /** Number of points of each data set on the grid before it was refined. */
  points(): Uint32Array;
  /** Annealer of the same data on a finer grid. */
  refined(grid: FinerGrid): RawAnnealer;
  /**
   * Verdicts on climbs of a path with the check of their time step; `checks` are those of coarser
   * grids. `check` is null where there is none, `grid` where no finer one is needed or allowed.
   */
  conclude(
    climbs: CoreClimb[],
    checks: readonly StepCheck[],
  ): { verdicts: Verdicts; check: StepCheck | null; grid: FinerGrid | null };
  /** Verdicts on climbs without a check of their time step. */
  finish(climbs: CoreClimb[]): Verdicts;
  /** Integrates on past the window; `path` is times x dimension. */
  predict(climb: CoreClimb, horizon: unknown): { times: Float64Array; path: Float64Array };
  /**
   * Integrates draws on past the window; `draws` is count x unknowns, `values` members x times x
   * dimension.
   */
  predictEnsemble(
    draws: Float64Array,
    count: number,
    horizon: unknown,
    noise: unknown,
    measured?: number,
  ): {
    times: Float64Array;
    members: number;
    dimension: number;
    values: Float64Array;
    failed: FailedMember[];
    measurements: Float64Array;
  };
  /** New measurements along the paths of draws: count x points x columns. */
  drawMeasurements(draws: Float64Array, count: number, seed: number): Float64Array;
  /** Names of the measured columns. */
  measuredNames(): string[];
  /** Estimate of the model's noise beside that of the measurements, about the end of a climb. */
  modelNoise(climb: CoreClimb): ModelNoiseEstimate;
  /** Releases WebAssembly's memory. */
  free(): void;
}
