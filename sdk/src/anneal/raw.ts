// Annealing as it crosses.
import type {
  Drop,
  ErrorFacts,
  FailedMember,
  Finding,
  Level,
  Rung,
  Stopped,
  Verdict,
} from "../../generated/types.js";

/** What one starting path has come to. */
export interface CoreClimb {
  start: number;
  rungs: Rung[];
  /** Of the estimated parameters, in the model's order; of a network all weights. */
  parameters: Float64Array;
  failure: ErrorFacts | null;
  /** Why it was not climbed to the end, if it was beaten. */
  stopped: Stopped | null;
  /** points x dimension, row-major; of a network the activations, layer by layer. */
  path: Float64Array;
}

export interface RawClimber {
  /** Undefined at the end, and once the first number of `cancel` is not zero. */
  nextRung(cancel?: Int32Array): Rung | undefined;
  climb(): CoreClimb;
  free(): void;
}

export interface RawAnnealer {
  estimated(): string[];
  /** Parameters that change in time: the last columns of paths. */
  varying(): string[];
  starts(): number;
  /** Undefined where rungs are found on the way. */
  rungs(): number | undefined;
  /** What is to be done after these climbs, whose paths are not needed. */
  state(climbs: CoreClimb[]): { enough: number | null; over: number[]; reprieved: number[] };
  climber(start: number): RawClimber;
  resume(climb: CoreClimb): RawClimber;
  finish(climbs: CoreClimb[]): {
    levels: Level[];
    gap: number | null;
    expectedLevel: number;
    drops: Drop[];
    findings: Finding[];
    verdict: Verdict;
    best: number;
    /** R_f at each rung. */
    modelPrecision: Float64Array;
    summary: string;
    diagnosis: string;
  };
  predict(climb: CoreClimb, horizon: unknown): { times: Float64Array; path: Float64Array };
  /** `draws` are count x unknowns; `values` members x times x dimension. */
  predictEnsemble(
    draws: Float64Array,
    count: number,
    horizon: unknown,
    noise: unknown,
  ): {
    times: Float64Array;
    members: number;
    dimension: number;
    values: Float64Array;
    failed: FailedMember[];
  };
  free(): void;
}
