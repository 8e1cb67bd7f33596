// The messages between the page and the engine. The engine is a worker that does all long
// computations, so that the page stays responsive.
import type { NetworkSettings, PathSettings, Settings } from "../settings.js";

/** A message to the engine. Every request but `stop` is answered with its `id`. */
export type Ask =
  | { type: "table"; id: number; name: string; bytes: ArrayBuffer }
  | { type: "prepare"; id: number; settings: Settings }
  | { type: "run"; id: number; settings: Settings; resume: boolean }
  /**
   * Stops the run, which ends with what it has and can be resumed. Once its path has been found,
   * only the computation of its uncertainty is stopped.
   */
  | { type: "stop" };

/** A message from the engine. */
export type Tell =
  /** The engine could not start; no request will be answered. */
  | { type: "dead"; message: string }
  | { type: "table"; id: number; table: FileTable }
  | { type: "prepared"; id: number; prepared: Prepared }
  | { type: "rung"; id: number; rung: RungNews }
  | { type: "path"; id: number; path: PathNews }
  /** The run has ended or was stopped. */
  | { type: "done"; id: number; outcome: Outcome }
  /** The uncertainty of the run, sent after `done` unless the run was stopped. */
  | { type: "certainty"; id: number; certainty: Certainty }
  /** The last message about the run. */
  | { type: "end"; id: number }
  | { type: "failed"; id: number; message: string; line: number | null };

/** Description of an opened file. */
export interface FileTable {
  name: string;
  /** Columns with numbers, in the file's order. */
  columns: string[];
  /** Columns without numbers, which cannot be used. */
  others: string[];
  rows: number;
  /** First rows, with a number for each of `columns`; NaN where a cell holds none. */
  head: number[][];
  /** Smallest step of each column whose values grow from row to row, and which could hold times. */
  steps: Record<string, number>;
}

/** The problem as it will be annealed. */
export type Prepared = PreparedPath | PreparedNetwork;

export interface PreparedPath {
  kind: "path";
  settings: PathSettings;
  states: string[];
  times: Float64Array;
  /** Indices of the measured states among `states`. */
  observed: number[];
  /** Measurements, points x observed; NaN where nothing was measured. */
  values: Float64Array;
  /** The truth, known for a twin experiment only. */
  truth: Truth | null;
}

export interface Truth {
  /** True states, points x states. */
  path: Float64Array;
  futureTimes: Float64Array;
  /** True states after the window, further x states. */
  future: Float64Array;
  parameters: Record<string, number>;
}

export interface PreparedNetwork {
  kind: "network";
  settings: NetworkSettings;
  /** Number of neurons of each layer. */
  layers: number[];
  pairs: number;
  /** True activations of each layer, pairs x neurons. */
  truth: Float64Array[];
}

/** One finished rung of a starting path. */
export interface RungNews {
  start: number;
  rung: number;
  modelPrecision: number;
  action: number;
  measurementError: number;
  modelError: number;
  /** Finished share of all rungs, from 0 to 1. */
  share: number;
}

/**
 * The present path of one climb. For a network `path` holds the activations, layer by layer, pairs
 * x neurons.
 */
export interface PathNews {
  start: number;
  path: Float64Array;
  parameters: Record<string, number>;
}

/** Result of a run. */
export interface Outcome {
  cancelled: boolean;
  seconds: number;
  /** Number of the starting path with the lowest action. */
  best: number;
  action: number;
  expectedLevel: number;
  verdict: string;
  findings: Finding[];
  /** Table of results, as text. */
  summary: string;
  path: PathOutcome | null;
  network: NetworkOutcome | null;
}

export interface PathOutcome {
  /** States, points x states. */
  path: Float64Array;
  parameters: Record<string, number>;
  /** Names of the parameters that are held by one of their bounds. */
  held: string[];
}

/** A statement of the library about a result, with advice. */
export interface Finding {
  code: string;
  severity: "good" | "warning" | "problem";
  message: string;
}

/** The path as an orbit: the solution of the canonical equations next to it. */
export interface Canonical {
  times: Float64Array;
  /** Momenta before the impulses of measurements, times x states. */
  momentum: Float64Array;
  /** H at each time. */
  energy: Float64Array;
}

export interface Certainty {
  /** Standard deviations, points x states; null where they could not be computed. */
  deviation: Float64Array | null;
  /** Ends of the intervals that hold 90 % of each value, over all levels; points x states. */
  band: { lower: Float64Array; upper: Float64Array } | null;
  parameters: Record<string, CertainParameter>;
  findings: Finding[];
  prediction: Prediction | null;
  /** Solution of the canonical equations; null where none was found. */
  canonical: Canonical | null;
  /** Message about results that are null. */
  trouble: string | null;
}

export interface CertainParameter {
  /** Standard deviation of the parameter. */
  deviation: number;
  /** Interval that holds 90 % of the parameter's probability. */
  interval: readonly [number, number] | null;
}

export interface Prediction {
  times: Float64Array;
  /** Mean of the prediction, times x states. */
  middle: Float64Array;
  /** Ends of the band that holds 90 %, times x states. */
  lower: Float64Array;
  upper: Float64Array;
}

export interface NetworkOutcome {
  /** Activations of each layer, pairs x neurons. */
  activations: Float64Array[];
  /** Weights of each layer after the inputs, outputs x inputs. */
  weights: Float64Array[];
  /**
   * Mean squared prediction error on fresh pairs; `constant` is that of the best constant outputs.
   */
  error: number;
  constant: number;
  /** Outputs for the fresh pairs, pairs x outputs. */
  fresh: { truth: Float64Array; found: Float64Array };
}
