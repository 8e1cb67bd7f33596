// Work in other threads, those of browsers or of Node.
import { LeastActionError, textOf } from "../errors.js";
import { compiledModule } from "../instance.js";
import { workInThisThread } from "./here.js";
import type { Reply, Request, WorkerData } from "./protocol.js";
import { untilDisposed } from "./disposal.js";
import type { WorkerPool, Job, Task, Work, Working } from "./work.js";

/** Worker thread of a browser or of Node. */
export interface Thread {
  /** Sends a request. */
  post(request: Request): void;
  /**
   * Sets the listeners for replies and for the end of the thread. It must be called before any
   * request is sent.
   */
  listen(onReply: (reply: Reply) => void, onDeath: (reason: string) => void): void;
  /** Ends the thread at once, whatever it is doing. It sends no more replies. */
  end(): Promise<void> | void;
}

/**
 * Milliseconds within which a cancelled thread that shares no memory has to answer. After that its
 * last partial result is taken; the rung that it is busy with would not have counted.
 */
const GRACE = 80;

/**
 * Gives a way of working in as many threads as `work` asks for, one per core by default. Each gets
 * the next job when it is done with one, and keeps the prepared task. All threads end with the
 * work.
 */
export function threadsBy(open: (data: WorkerData) => Thread, cores: number): Working {
  return (work) =>
    work.workers === 0 ? workInThisThread(work) : new ThreadPool(open, cores, work);
}

/** Threads that do the jobs of one task. */
class ThreadPool<T extends Task, J extends Job, S, R> implements WorkerPool<J> {
  /** Function that starts a thread. */
  readonly #open: (data: WorkerData) => Thread;
  /** Maximum number of threads. */
  readonly #most: number;
  /** Task with its callbacks. */
  readonly #work: Work<T, J, S, R>;
  /** Threads that were started. */
  readonly #threads: PoolThread<T, J, S, R>[] = [];
  /**
   * Shared number that cancels all threads. Pages have shared memory only with the headers that
   * isolate them; without it the number is undefined.
   */
  readonly #cancel =
    typeof SharedArrayBuffer === "undefined" ? undefined : new SharedArrayBuffer(4);
  /** Timer after which cancelled threads are no longer waited for. */
  #grace: ReturnType<typeof setTimeout> | undefined;

  constructor(open: (data: WorkerData) => Thread, cores: number, work: Work<T, J, S, R>) {
    this.#open = open;
    this.#most = work.workers ?? cores;
    this.#work = work;
    work.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Does jobs in as many threads as there are jobs, up to the maximum. */
  async do(jobs: readonly J[]): Promise<void> {
    if (this.#work.signal?.aborted) return;
    const count = Math.min(this.#most, jobs.length);
    const rest = jobs.values();
    const done: Promise<void>[] = [];
    for (let k = 0; k < count; k += 1) done.push(this.#threadAt(k).serve(rest));
    await untilDisposed(Promise.all(done));
  }

  /** Ends all threads and stops listening to the signal. */
  async end(): Promise<void> {
    clearTimeout(this.#grace);
    this.#work.signal?.removeEventListener("abort", this.#onAbort);
    await Promise.all(this.#threads.map((one) => one.end()));
  }

  /** Gives the thread of a number, which is started when it is first needed. */
  #threadAt(k: number): PoolThread<T, J, S, R> {
    return (this.#threads[k] ??= new PoolThread(this.#thread(), this.#work));
  }

  /** Starts a thread. */
  #thread(): Thread {
    const { kind, task, onPartialResult } = this.#work;
    const withPartialResults = onPartialResult !== undefined;
    const data: WorkerData = {
      module: compiledModule(),
      task,
      withPartialResults,
      cancel: this.#cancel,
    };
    try {
      return this.#open(data);
    } catch (error) {
      throw workerDied(textOf(error), kind, null);
    }
  }

  /** Cancels all threads when the signal is aborted. */
  readonly #onAbort = (): void => {
    if (this.#cancel !== undefined) {
      Atomics.store(new Int32Array(this.#cancel), 0, 1);
      return;
    }
    for (const one of this.#threads) one.cancel();
    if (!this.#work.kind.hasPartialResults) return;
    this.#grace = setTimeout(() => this.#threads.forEach((one) => one.settleWithPartial()), GRACE);
  };
}

/** Thread of a pool with its current job. */
class PoolThread<T extends Task, J extends Job, S, R> {
  /** Thread that does the jobs. */
  readonly #thread: Thread;
  /** Task with its callbacks. */
  readonly #work: Work<T, J, S, R>;
  /** Jobs that are left, shared by all threads of the pool. */
  #jobs: Iterator<J> | undefined;
  /** Current job. */
  #job: J | undefined;
  /** Last partial result of the current job. */
  #partial: { result: R } | undefined;
  /** Error of the thread once it has ended early. */
  #dead: LeastActionError | undefined;
  /** Functions that settle the promise of `serve`. */
  #settled: { resolve: () => void; reject: (error: unknown) => void } | undefined;

  constructor(thread: Thread, work: Work<T, J, S, R>) {
    this.#thread = thread;
    this.#work = work;
    thread.listen(
      (reply) => this.#rejectingErrors(() => this.#take(reply)),
      (reason) => {
        this.#dead = workerDied(reason, work.kind, this.#job?.start ?? null);
        this.#settled?.reject(this.#dead);
      },
    );
  }

  /** Gives the thread jobs until there are none left or the work is cancelled. */
  serve(jobs: Iterator<J>): Promise<void> {
    this.#jobs = jobs;
    const done = new Promise<void>((resolve, reject) => (this.#settled = { resolve, reject }));
    // If a later thread cannot be started, nobody waits for this promise.
    done.catch(() => undefined);
    this.#rejectingErrors(() => {
      if (this.#dead !== undefined) throw this.#dead;
      this.#next();
    });
    return done;
  }

  /** Asks the thread to end its job early. */
  cancel(): void {
    this.#thread.post({ type: "cancel" });
  }

  /** Ends the job with its last partial result, without waiting for the thread. */
  settleWithPartial(): void {
    if (this.#job === undefined) return;
    const last = this.#partial;
    this.#job = undefined;
    this.#rejectingErrors(() => {
      if (last !== undefined) this.#work.onResult(last.result);
      this.#settled?.resolve();
    });
  }

  /** Ends the thread. */
  end(): Promise<void> | void {
    return this.#thread.end();
  }

  /** Sends the next job, or settles if there is none. */
  #next(): void {
    this.#job = this.#work.signal?.aborted ? undefined : this.#jobs?.next().value;
    this.#partial = undefined;
    if (this.#job === undefined) this.#settled?.resolve();
    else this.#thread.post({ type: "job", job: this.#job });
  }

  /** Handles a reply of the thread. */
  #take(reply: Reply): void {
    const { kind, onStep, onPartialResult, onResult } = this.#work;
    if (reply.type === "error") throw errorOf(reply, kind, this.#job?.start ?? null);
    if (reply.type === "result") {
      onPartialResult?.(reply.result as R);
      onResult(reply.result as R);
      this.#next();
      return;
    }
    if (reply.partialResult !== undefined) {
      this.#partial = { result: reply.partialResult as R };
      onPartialResult?.(this.#partial.result);
    }
    onStep(reply.start, reply.step as S);
  }

  /** Calls a function; if it throws, the promise of the thread is rejected. */
  #rejectingErrors(what: () => void): void {
    try {
      what();
    } catch (error) {
      this.#settled?.reject(error);
    }
  }
}

/** Kind of work by its name in errors. */
type Named = {
  /** Name of a job, as in `starting path 3`. */
  readonly job: string;
};

/** Makes the error of a reply. A panic counts as the death of the thread. */
function errorOf(
  { message, facts }: Reply & { type: "error" },
  kind: Named,
  start: number | null,
): LeastActionError {
  return facts.code === "panic"
    ? workerDied(facts.reason, kind, start)
    : new LeastActionError(message, facts);
}

/** Makes the error for a thread that ended early. */
function workerDied(reason: string, { job }: Named, start: number | null): LeastActionError {
  const at = start === null ? "" : ` at ${job} ${start}`;
  const message =
    `workers: a worker thread died${at}: ${reason}. The others were stopped; ` +
    "`workers: 0` runs without threads.";
  return new LeastActionError(message, { code: "workerDied", path: "workers", start, reason });
}
