// Results that all annealing runs have, of paths and of networks.
import type { ErrorFacts } from "../errors.js";
import type { ChiSquare, Drop, Finding, Level, Rung, StepCheck, Stopped, Verdict } from "../raw.js";
import type { CoreClimb, Verdicts } from "./raw.js";

/** Table of all rungs: one row per starting path that was begun, one column per rung. */
export interface RungTable {
  /** Number of rows: starting paths up to the last one that was begun. */
  starts: number;
  /** Number of columns: rungs. */
  rungs: number;
  /** R_f at each rung; where the ladder is found on the way, that of the longest climb. */
  modelPrecision: Float64Array;
  /** Action, starts x rungs, row-major; NaN at rungs that a climb did not reach. */
  action: Float64Array;
  /** Measurement error, weighted with R_m; starts x rungs, NaN where `action` is. */
  measurementError: Float64Array;
  /** Model error, weighted with R_f; starts x rungs, NaN where `action` is. */
  modelError: Float64Array;
}

/** Climb of one starting path, without the path itself. */
export interface Climbed {
  /** Number of the starting path, from 0. */
  start: number;
  /** Rungs that were done. */
  rungs: Rung[];
  /**
   * Rung and actions for which the climb was stopped early, as noise cannot explain its action;
   * null if it was not.
   */
  stopped: Stopped | null;
  /** Error that ended the climb early, such as a value that is not finite; null without one. */
  failure: ErrorFacts | null;
}

/** Last rung of the best climb. */
export interface Reached {
  /** Number of the starting path of the climb, from 0. */
  start: number;
  /** Number of the rung, from 0. */
  rung: number;
  /** R_f of the rung. */
  modelPrecision: number;
  /** Action: the sum of the three errors. */
  action: number;
  /** Part of the action that the measurements have, weighted with R_m. */
  measurementError: number;
  /** Part of the action that the model has, weighted with R_f. */
  modelError: number;
  /** Part of the action that priors have; 0 without any. */
  priorError: number;
}

/** @internal Climbs of a run with their levels, findings and verdict. */
export interface Outcome {
  /** Climbs in the order of their starting paths' numbers. */
  climbs: readonly CoreClimb[];
  /** Rows of the table of rungs: one more than the number of the last climb that was begun. */
  starts: number;
  estimated: readonly string[];
  varying: readonly string[];
  own: readonly string[];
  spreads: readonly string[];
  firsts: readonly number[];
  isScaled: boolean;
  hasLogarithms: boolean;
  noise: readonly string[];
  verdicts: Verdicts;
  /** Checks of the time step, from the grid of the data to that of the run. */
  checks: readonly StepCheck[];
  cancelled: boolean;
}

/**
 * Results of an annealing run: climbs, action levels and verdict. `C` is the type of a climb, `B`
 * that of the best one.
 */
export abstract class Results<C extends Climbed, B extends Reached> {
  /** Action, measurement error and model error by starting path and rung. */
  readonly rungTable: RungTable;
  /**
   * Action levels, lowest first: groups of starting paths whose actions at the last rung agree.
   * Empty if none reached the last rung.
   */
  readonly levels: readonly Level[];
  /** Action of the second level less that of the lowest; null if there is no second. */
  readonly gap: number | null;
  /**
   * Action that the stated noise alone explains if the model holds: where the lowest level should
   * be.
   */
  readonly expectedLevel: number;
  /** Rungs at which the action fell: the path moved to a lower minimum. */
  readonly drops: readonly Drop[];
  /** Statements about the run, with severity and advice. */
  readonly findings: readonly Finding[];
  /** Conclusion of the findings, in a word. */
  readonly verdict: Verdict;
  /**
   * Chi-square of the best path, of the whole action and by channel, with its degrees of freedom
   * and the noise that would fit; null if no start has reached the last rung.
   */
  readonly chiSquare: ChiSquare | null;
  /** The climb that is furthest up the ladder, and there has the lowest action. */
  readonly best: B;
  /** Climbs that were begun, in the order of their starting paths' numbers. */
  readonly starts: readonly C[];
  /** True if a signal stopped the run; `resume` goes on with it. */
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
    this.chiSquare = verdicts.chiSquare;
    this.cancelled = cancelled;
    this.starts = climbs.map(climbOf);
    const best = this.starts[verdicts.best] as C;
    const { rung, modelPrecision, action, measurementError, modelError, priorError } =
      best.rungs.at(-1) as Rung;
    this.best = bestOf(best, {
      start: best.start,
      rung,
      modelPrecision,
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

  /** Action levels and parameters as a table, in text. */
  summary(): string {
    return this.#verdicts.summary;
  }

  /** The findings as prose, with advice. */
  diagnose(): string {
    return this.#verdicts.diagnosis;
  }

  /** @internal Everything but climbs as plain data. */
  protected common(): Record<string, unknown> {
    const {
      rungTable,
      levels,
      gap,
      expectedLevel,
      drops,
      findings,
      verdict,
      chiSquare,
      cancelled,
    } = this;
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
      chiSquare,
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
