// What all annealing runs give, whatever is annealed.
import type { ErrorFacts } from "../errors.js";
import type { Drop, Finding, Level, Rung, Stopped, Verdict } from "../raw.js";
import type { CoreClimb, RawAnnealer } from "./raw.js";

/** Table of all rungs: one row per starting path that was begun, one column per rung. */
export interface RungTable {
  starts: number;
  rungs: number;
  /** R_f at each rung; where rungs are found on the way, those of the longest climb. */
  modelPrecision: Float64Array;
  /** starts x rungs, row-major; NaN where a climb did not get to. The two errors' sum. */
  action: Float64Array;
  /** Of the same form; weighted with R_m. */
  measurementError: Float64Array;
  /** Of the same form; weighted with R_f. */
  modelError: Float64Array;
}

/** One starting point, climbed. */
export interface Climbed {
  /** Its number, from 0. */
  start: number;
  rungs: Rung[];
  /** Why it was not climbed to the end, if it was beaten. */
  stopped: Stopped | null;
  /** Why the climb ended early, if the mathematics failed. */
  failure: ErrorFacts | null;
}

/** Where the best climb has come to. */
export interface Reached {
  /** Number of the starting point that it was found from. */
  start: number;
  /** The last rung that it has done. */
  rung: number;
  action: number;
  measurementError: number;
  modelError: number;
  priorError: number;
}

/** @internal What climbing has given. */
export interface Outcome {
  /** By number. */
  climbs: readonly CoreClimb[];
  /**
   * Rows of the table of rungs: one more than the number of the last starting path that was begun.
   */
  starts: number;
  estimated: readonly string[];
  varying: readonly string[];
  verdicts: ReturnType<RawAnnealer["finish"]>;
  cancelled: boolean;
}

/**
 * All climbs of a run, and what they say together. `C` is a climbed starting point, `B` the best
 * one.
 */
export abstract class Results<C extends Climbed, B extends Reached> {
  /** The action and its two errors by starting path and rung. */
  readonly rungTable: RungTable;
  /**
   * Action levels: starting paths whose actions at the last rung agree, lowest first; empty if none
   * got there.
   */
  readonly levels: readonly Level[];
  /** How far the second level is above the lowest; null if there is no second. */
  readonly gap: number | null;
  /**
   * The action level that the stated noise explains if the model holds: where the lowest one should
   * be.
   */
  readonly expectedLevel: number;
  /** Rungs at which the action fell: the path moved to a lower minimum. */
  readonly drops: readonly Drop[];
  /** What the numbers say, with advice. */
  readonly findings: readonly Finding[];
  /** The findings in a word. */
  readonly verdict: Verdict;
  /** The climb that is furthest up the ladder, and there has the lowest action. */
  readonly best: B;
  /** Every climb that was begun. */
  readonly starts: readonly C[];
  /** Whether a signal stopped the run; `resume` goes on with it. */
  readonly cancelled: boolean;
  readonly #verdicts: Outcome["verdicts"];

  /** @internal */
  constructor(
    outcome: Outcome,
    climbOf: (climb: CoreClimb) => C,
    bestOf: (climb: C, reached: Reached) => B,
  ) {
    const { climbs, verdicts, cancelled } = outcome;
    this.#verdicts = verdicts;
    this.rungTable = rungTableOf(outcome);
    this.levels = verdicts.levels;
    this.gap = verdicts.gap;
    this.expectedLevel = verdicts.expectedLevel;
    this.drops = verdicts.drops;
    this.findings = verdicts.findings;
    this.verdict = verdicts.verdict;
    this.cancelled = cancelled;
    this.starts = climbs.map(climbOf);
    const best = this.starts[verdicts.best] as C;
    const { rung, action, measurementError, modelError, priorError } = best.rungs.at(-1) as Rung;
    this.best = bestOf(best, {
      start: best.start,
      rung,
      action,
      measurementError,
      modelError,
      priorError,
    });
  }

  /**
   * Action levels under their former name.
   *
   * @deprecated Use `levels`.
   */
  get clusters(): readonly Level[] {
    return this.levels;
  }

  /** Levels and parameters as a table. */
  summary(): string {
    return this.#verdicts.summary;
  }

  /** The findings as prose, with advice. */
  diagnose(): string {
    return this.#verdicts.diagnosis;
  }

  /** @internal Everything but the points themselves as plain data. */
  protected common(): Record<string, unknown> {
    const { rungTable, levels, gap, expectedLevel, drops, findings, verdict, cancelled } = this;
    const { modelPrecision, action, measurementError, modelError } = rungTable;
    return {
      rungTable: {
        ...rungTable,
        modelPrecision: Array.from(modelPrecision),
        action: Array.from(action),
        measurementError: Array.from(measurementError),
        modelError: Array.from(modelError),
      },
      levels,
      gap,
      expectedLevel,
      drops,
      findings,
      verdict,
      cancelled,
    };
  }
}

function rungTableOf({ climbs, starts, verdicts }: Outcome): RungTable {
  const { modelPrecision } = verdicts;
  const rungs = modelPrecision.length;
  const table = (): Float64Array => new Float64Array(starts * rungs).fill(Number.NaN);
  const [action, measurementError, modelError] = [table(), table(), table()] as const;
  for (const climb of climbs) {
    climb.rungs.forEach((done, rung) => {
      const i = climb.start * rungs + rung;
      action[i] = done.action;
      measurementError[i] = done.measurementError;
      modelError[i] = done.modelError;
    });
  }
  return { starts, rungs, modelPrecision, action, measurementError, modelError };
}
