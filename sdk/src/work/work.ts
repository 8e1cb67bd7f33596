// Long work as its ways of doing it see it: in this thread, or in others. What is done, its kind
// knows.

/** Plain data that say what is to be done, fit for a worker. Only their kind looks into them. */
export interface Task {
  /** The kind's name among {@link Kinds}. */
  readonly kind: string;
}

/**
 * A kind of work: tasks `T`, whose jobs are `J`. `S` is what a step tells, `R` the result of a job.
 */
export interface Kind<T extends Task, J extends Job, S, R> {
  /** A job in words, for errors. */
  readonly job: string;
  /**
   * True if jobs can tell at any step what they have come to: a climb is a path, but a chain is all
   * of its draws. Then a thread that is cancelled and does not answer need not be waited for. A
   * chain's steps are short.
   */
  readonly tellsOnTheWay: boolean;
  /** Makes a task ready for its jobs. */
  open(task: T): OpenTask<J, S, R>;
}

/** Kinds of work by the names that tasks have for them: worker threads find them here. */
export type Kinds = Readonly<Record<string, Kind<Task, Job, unknown, unknown>>>;

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
}

/** A task, and where to tell of its jobs. */
export interface Work<T extends Task, J extends Job, S, R> {
  kind: Kind<T, J, S, R>;
  task: T;
  workers: number | undefined;
  /** Ends all jobs, those of later calls as well. */
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

/** Workers for the jobs of one task. */
export interface Crew<J extends Job> {
  /** Does these jobs, or as much of them as the signal allows; one call after the other. */
  do(jobs: readonly J[]): Promise<void>;
  /** Ends all threads. To be called at last, also if the work has failed. */
  end(): Promise<void>;
}

/** A way of working: finds a crew for a task. */
export type Working = <T extends Task, J extends Job, S, R>(work: Work<T, J, S, R>) => Crew<J>;
