// Long computations as jobs that run in this thread or in others. Their content is known only to
// their kind.

/**
 * Plain data of a computation, which can be passed to a worker. Only its kind reads more than its
 * name.
 */
export interface Task {
  /** Name of the kind of the task in {@link Kinds}. */
  readonly kind: string;
}

/** Kind of work: tasks `T` with jobs `J`. `S` is the report of a step, `R` the result of a job. */
export interface Kind<T extends Task, J extends Job, S, R> {
  /** Name of a job in errors. */
  readonly job: string;
  /**
   * True if a job can give a partial result after any step, as a climb can, whose result is one
   * path. A cancelled thread then need not be waited for. A chain cannot, because its result is all
   * of its draws; its steps are short enough to wait for.
   */
  readonly hasPartialResults: boolean;
  /** Prepares a task for its jobs. */
  open(task: T): OpenTask<J, S, R>;
}

/** Kinds of work by the names that tasks have for them, for worker threads. */
export type Kinds = Readonly<Record<string, Kind<Task, Job, unknown, unknown>>>;

/**
 * Milliseconds between two partial results. The eye cannot follow more of them, and each has to be
 * copied.
 */
export const FRAME = 30;

/** Part of the work that one thread does, from its beginning or from an earlier partial result. */
export interface Job {
  /** Number of the job: that of a starting path or of a chain. */
  start: number;
}

/** Job that is under way. `S` is the report of a step, `R` the result. */
export interface RunningJob<S, R> {
  /**
   * Does one step and gives its report; undefined at the end, and once the first number of `cancel`
   * is not zero.
   */
  step(cancel?: Int32Array): S | undefined;
  /** Gives the result at the end, or the partial result before. */
  result(): R;
  /** Frees the memory of the job. */
  free(): void;
}

/** Prepared task whose jobs can be done one after the other. */
export interface OpenTask<J extends Job, S, R> {
  /** Begins a job. */
  begin(job: J): RunningJob<S, R>;
}

/** Task with the callbacks for its jobs. */
export interface Work<T extends Task, J extends Job, S, R> {
  /** Kind of the task. */
  kind: Kind<T, J, S, R>;
  /** Data of the task. */
  task: T;
  /** Number of threads: 0 for this thread; undefined for one per core. */
  workers: number | undefined;
  /** Signal that ends all jobs, those of later calls too. */
  signal: AbortSignal | undefined;
  /**
   * Callback for the report of every step. If it throws, the work stops and fails with that error.
   */
  onStep: (start: number, step: S) => void;
  /**
   * Callback for partial results: after a step, before `onStep`, but not more often than every
   * {@link FRAME}; and at the end of the job.
   */
  onPartialResult: ((result: R) => void) | undefined;
  /** Callback for the result of every job, be it done or cancelled. */
  onResult: (result: R) => void;
}

/** Workers for the jobs of one task. */
export interface WorkerPool<J extends Job> {
  /** Does these jobs, or as many of them as the signal allows. Calls must follow one another. */
  do(jobs: readonly J[]): Promise<void>;
  /** Ends all threads. It must be called at last, also if the work has failed. */
  end(): Promise<void>;
}

/** Way of working, in this thread or in others: makes a pool of workers for a task. */
export type Working = <T extends Task, J extends Job, S, R>(
  work: Work<T, J, S, R>,
) => WorkerPool<J>;
