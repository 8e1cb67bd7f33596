// Profile of a parameter of a run.
import type { RunParts } from "../anneal/run-parts.js";
import { type PathTask, withAnnealer } from "../anneal/task.js";
import type { CoreClimb } from "../anneal/raw.js";
import { watchOf } from "../anneal/watch.js";
import { wrongShape } from "../errors.js";
import { call, release } from "../instance.js";
import type { CoreProfileOptions } from "../raw.js";
import { describe, plain, record } from "../shape.js";
import { workInThisThread } from "../work/here.js";
import type { Job, Kind, Task } from "../work/work.js";
import type { RawProfile, RawProfileSearch } from "./raw.js";

/** Progress of a profile: a fit that was just made. */
export interface ProfileProgress {
  /** Value of the parameter at which all else was refitted. */
  value: number;
  /** Rise of chi-square there over the lowest one so far. */
  chiSquare: number;
  /** Number of fits so far. */
  fits: number;
  /** Share of the way to the ends of the interval, estimated, from 0 to 1. */
  share: number;
}

/** Options of `run.profile()`. */
export interface ProfileOptions extends CoreProfileOptions {
  /** Called after every fit. An error that it throws stops the work and rejects its promise. */
  onProgress?: (progress: ProfileProgress) => void;
  /** Signal that stops the work after the fit that is being made; the promise then rejects. */
  signal?: AbortSignal | undefined;
}

/**
 * Profile of a parameter: the fit at given values of it, with all other parameters and the path
 * refitted. Priors count, as they do in the action. Where the path obeys the model exactly it is
 * the profile likelihood. At a finite R_f path and other parameters are integrated out by Laplace's
 * method, so that it is the marginal density of the parameter.
 */
export interface Profile {
  /** Name of the parameter. */
  parameter: string;
  /** R_f of the density exp(-A); `Infinity` where the path obeys the model exactly. */
  modelPrecision: number;
  /** Value with the lowest chi-square, in the parameter's unit. */
  estimate: number;
  /** Values of the parameter, ascending. */
  values: Float64Array;
  /** Rise of chi-square over its minimum at each value: twice the fall of the log posterior. */
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
   * rises only because the time step is too coarse there, or fits beyond a value have no minimum,
   * which the remarks say.
   */
  open: readonly [boolean, boolean];
  /**
   * Words for the ends that were not found: the last value with a fit, the unknown that runs away
   * there, and what fails beyond. Empty where both ends were found, or are open by chi-square.
   */
  remarks: readonly string[];
  /** Values with their chi-square, one object each, for tables and plots. */
  rows: readonly { value: number; chiSquare: number }[];
}

/** Profile of one parameter of a run. */
interface ProfileTask extends Task {
  readonly kind: "profile";
  paths: PathTask;
  /** Climb about whose end the profile is made. */
  climb: CoreClimb;
  parameter: string;
  /** Options that Rust reads. */
  options: unknown;
}

/** Work that consists of profiles: every step is a fit. */
const profiles: Kind<ProfileTask, Job, ProfileProgress, RawProfile> = {
  job: "profile",
  hasPartialResults: false,
  open: ({ paths, climb, parameter, options }) => ({
    begin() {
      const search = withAnnealer(
        paths,
        // The annealer is one of paths, for which Rust always makes this.
        (annealer, raw) =>
          raw.ProfileSearch.of(annealer, climb, parameter, options) as RawProfileSearch,
      );
      return {
        step: () => call(() => search.advance()),
        result: () => call(() => search.profile()),
        free: () => release(search),
      };
    },
  }),
};

/** Computes the profile of a parameter about the best minimum of a run. */
export async function profileOf(
  run: RunParts,
  parameter: unknown,
  options: unknown,
): Promise<Profile> {
  if (typeof parameter !== "string")
    throw wrongShape("parameter", `must be the name of a parameter, got ${describe(parameter)}`);
  const { onProgress, signal, ...rest } = record("options", options);
  const watch = watchOf({ workers: 0, onProgress, signal });
  const task: ProfileTask = {
    kind: "profile",
    paths: run.task,
    climb: run.climbs[0] as CoreClimb,
    parameter,
    options: plain("options", rest),
  };
  watch.signal?.throwIfAborted();
  let found: RawProfile | undefined;
  const pool = workInThisThread({
    kind: profiles,
    task,
    workers: 0,
    signal: watch.signal,
    onStep: (_, made: ProfileProgress) => (onProgress as ProfileOptions["onProgress"])?.(made),
    onPartialResult: undefined,
    onResult: (result: RawProfile) => void (found = result),
  });
  try {
    await pool.do([{ start: 0 }]);
  } finally {
    await pool.end();
  }
  watch.signal?.throwIfAborted();
  const made = found as RawProfile;
  const rows = Array.from(made.values, (value, k) => ({
    value,
    chiSquare: made.chiSquare[k] as number,
  }));
  return { parameter, ...made, rows };
}
