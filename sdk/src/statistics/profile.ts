// Profile likelihood of a parameter of a run.
import type { RunParts } from "../anneal/run-parts.js";
import { withAnnealer } from "../anneal/task.js";
import type { CoreClimb } from "../anneal/raw.js";
import type { CoreProfileOptions } from "../raw.js";
import type { RawProfile } from "./raw.js";
import { describe, plain, record } from "../shape.js";
import { wrongShape } from "../errors.js";

/** Options of `run.profile()`. */
export type ProfileOptions = CoreProfileOptions;

/**
 * Profile likelihood of a parameter: the fit at given values of it, with all other parameters and
 * the first states refitted, where the path obeys the model exactly. Priors count, as they do in
 * the action.
 */
export interface Profile {
  /** Name of the parameter. */
  parameter: string;
  /** Value with the lowest chi-square, in the parameter's unit. */
  estimate: number;
  /** Values of the parameter, ascending. */
  values: Float64Array;
  /**
   * Rise of chi-square over its minimum at each value: twice the fall of the log posterior. The
   * values lie closer where it bends.
   */
  chiSquare: Float64Array;
  /** Confidence of the interval, between 0 and 1. */
  confidence: number;
  /**
   * Lower and upper end of the interval, where chi-square has risen by the quantile of its
   * distribution with one degree of freedom. An open end is the parameter's bound, or infinite
   * without one.
   */
  interval: readonly [number, number];
  /**
   * True for each end that is open: the data do not limit the parameter on that side, or chi-square
   * rises only because the time step is too coarse there.
   */
  open: readonly [boolean, boolean];
  /** Values with their chi-square, one object each, for tables and plots. */
  rows: readonly { value: number; chiSquare: number }[];
}

/** Computes the profile of a parameter about the best minimum of a run. */
export function profileOf(run: RunParts, parameter: unknown, options: unknown): Profile {
  if (typeof parameter !== "string")
    throw wrongShape("parameter", `must be the name of a parameter, got ${describe(parameter)}`);
  const given = plain("options", record("options", options));
  const best = run.climbs[0] as CoreClimb;
  const found = withAnnealer(
    run.task,
    // The annealer is one of paths, for which Rust always makes this.
    (annealer, raw) => raw.profile(annealer, best, parameter, given) as RawProfile,
  );
  const rows = Array.from(found.values, (value, k) => ({
    value,
    chiSquare: found.chiSquare[k] as number,
  }));
  return { parameter, ...found, rows };
}
