// What the page and the engine say to each other. The engine is a worker: whatever takes long is
// done there, and the page stays free.
import type { NetworkSettings, PathSettings, Settings } from "../settings.js";

/** To the engine. Every request but `stop` is answered, with its `id`. */
export type Ask =
  | { type: "table"; id: number; name: string; bytes: ArrayBuffer }
  | { type: "prepare"; id: number; settings: Settings }
  | { type: "run"; id: number; settings: Settings; resume: boolean }
  /**
   * A run ends with what it has, and can be resumed; how certain a path is that has been found is
   * not told.
   */
  | { type: "stop" };

/** From the engine. */
export type Tell =
  /** It could not begin: nothing works. */
  | { type: "dead"; message: string }
  | { type: "table"; id: number; table: FileTable }
  | { type: "prepared"; id: number; prepared: Prepared }
  | { type: "rung"; id: number; rung: RungNews }
  | { type: "path"; id: number; path: PathNews }
  /** The run is at its end, or stopped. */
  | { type: "done"; id: number; outcome: Outcome }
  /** How certain it is, after `done`, unless it was stopped. */
  | { type: "certainty"; id: number; certainty: Certainty }
  /** Nothing more will be told of the run. */
  | { type: "end"; id: number }
  | { type: "failed"; id: number; message: string; line: number | null };

/** What is told of a file that was opened. */
export interface FileTable {
  name: string;
  columns: string[];
  rows: number;
  /** Of columns that could be times, as they grow from row to row: the smallest step. */
  steps: Record<string, number>;
}

/** What will be annealed. */
export type Prepared = PreparedPath | PreparedNetwork;

export interface PreparedPath {
  kind: "path";
  settings: PathSettings;
  states: string[];
  times: Float64Array;
  /** Places of the measured states among `states`. */
  observed: number[];
  /** points x observed; NaN where nothing was measured. */
  values: Float64Array;
  /** What only a twin knows. */
  truth: Truth | null;
}

export interface Truth {
  /** points x states. */
  path: Float64Array;
  futureTimes: Float64Array;
  /** further x states. */
  future: Float64Array;
  parameters: Record<string, number>;
}

export interface PreparedNetwork {
  kind: "network";
  settings: NetworkSettings;
  /** Neurons of each layer. */
  layers: number[];
  pairs: number;
  /** Of each layer, pairs x neurons. */
  truth: Float64Array[];
}

/** A rung has been done. */
export interface RungNews {
  start: number;
  rung: number;
  modelPrecision: number;
  action: number;
  measurementError: number;
  modelError: number;
  /** Share of all rungs, from 0 to 1. */
  share: number;
}

/**
 * What a starting path has become. Of a network `path` has the activations, layer by layer, pairs x
 * neurons.
 */
export interface PathNews {
  start: number;
  path: Float64Array;
  parameters: Record<string, number>;
}

/** What a run has come to. */
export interface Outcome {
  cancelled: boolean;
  seconds: number;
  /** Number of the best starting path. */
  best: number;
  action: number;
  expectedLevel: number;
  verdict: string;
  /** Prose, with advice. */
  diagnosis: string;
  /** A table, as text. */
  summary: string;
  path: PathOutcome | null;
  network: NetworkOutcome | null;
}

export interface PathOutcome {
  /** points x states. */
  path: Float64Array;
  parameters: Record<string, number>;
}

/** The path as an orbit: the solution of the canonical equations next to it. */
export interface Canonical {
  times: Float64Array;
  /** times x states: momenta, before the impulses of measurements. */
  momentum: Float64Array;
  /** H, one per time. */
  energy: Float64Array;
}

export interface Certainty {
  /** Standard deviations, points x states; null where there are none. */
  deviation: Float64Array | null;
  /** That holds 90 % of each value, over all levels; points x states. */
  band: { lower: Float64Array; upper: Float64Array } | null;
  parameters: Record<string, CertainParameter>;
  prediction: Prediction | null;
  /** Null where it was not found. */
  canonical: Canonical | null;
  /** Why something is null. */
  trouble: string | null;
}

export interface CertainParameter {
  /** Standard deviation. */
  deviation: number;
  /** That holds 90 %. */
  interval: readonly [number, number] | null;
}

export interface Prediction {
  times: Float64Array;
  /** times x states. */
  middle: Float64Array;
  /** The band that holds 90 %. */
  lower: Float64Array;
  upper: Float64Array;
}

export interface NetworkOutcome {
  /** Of each layer, pairs x neurons. */
  activations: Float64Array[];
  /** Of each layer after the inputs, outputs x inputs. */
  weights: Float64Array[];
  /** Mean square of prediction errors of fresh pairs, and of the best constant. */
  error: number;
  constant: number;
  /** Outputs of the fresh pairs, pairs x outputs. */
  fresh: { truth: Float64Array; found: Float64Array };
}
