// Long work as its ways of doing it see it: in this thread, or in others.
import type { Task as ClimbTask } from "../anneal/options.js";
import type { ChainTask } from "../statistics/chains.js";

/** What is to be done, as plain data that can be sent to a worker. */
export type Task = ClimbTask | ChainTask;

/**
 * Whether jobs can tell at any step what they have come to: a climb is a path, but a chain is all
 * of its draws. Then a thread that is cancelled and does not answer need not be waited for. A
 * chain's steps are short.
 */
export function tellsOnTheWay(task: Task): boolean {
  return task.kind !== "chains";
}

/**
 * Milliseconds between two looks at what a job has come to: an eye sees no more, and results have
 * to be copied.
 */
export const FRAME = 30;

/**
 * A part of the work that is done by one thread, from its beginning or from where it was
 * interrupted.
 */
export interface Job {
  /** Its number: of a starting path, or of a chain. */
  start: number;
}

/** A job that is being done. `S` is what a step tells, `R` the result. */
export interface Doing<S, R> {
  /** Undefined at the end, and once the first number of `cancel` is not zero. */
  step(cancel?: Int32Array): S | undefined;
  /** At the end, or of what has been done. */
  result(): R;
  free(): void;
}

/** A task whose jobs can be done, one after the other. */
export interface OpenTask<J extends Job, S, R> {
  begin(job: J): Doing<S, R>;
  free(): void;
}

/** Jobs, and where to tell of them. */
export interface Work<J extends Job, S, R> {
  task: Task;
  jobs: readonly J[];
  workers: number | undefined;
  signal: AbortSignal | undefined;
  /** To be called after every step; if it throws, the work is to stop and fail with that. */
  onStep: (start: number, step: S) => void;
  /**
   * To be called with what a job has come to: after a step, before `onStep`, but not more often
   * than every {@link FRAME}; and at its end.
   */
  onSoFar: ((result: R) => void) | undefined;
  /** To be called with every result, be the job at its end or interrupted. */
  onResult: (result: R) => void;
}

/** Does the work, or as much of it as the signal allows. */
export type Working = <J extends Job, S, R>(work: Work<J, S, R>) => Promise<void>;
