// The main loop of a worker thread, which does jobs one after the other for the main thread.
import { LeastActionError } from "../errors.js";
import { load } from "../instance.js";
import { yieldThread } from "./yield-thread.js";
import type { Reply, Request, WorkerData } from "./protocol.js";
import { type RunningJob, FRAME, type Job, type Kind, type Kinds, type Task } from "./work.js";

/**
 * Milliseconds after which a thread that shares no memory looks for messages, and reports the
 * partial result of its job.
 */
const REPORT_INTERVAL = 10;

/**
 * Gives a function that answers requests. The task must be one of the `kinds`. Errors that are not
 * of this library reject its promise, and the thread has to end with them.
 */
export function serve(
  kinds: Kinds,
  { module, task, withPartialResults, cancel }: WorkerData,
  reply: (reply: Reply) => void,
): (request: Request) => Promise<void> {
  load(module);
  const kind = kinds[task.kind] as Kind<Task, Job, unknown, unknown>;
  const open = kind.open(task);
  // Without shared memory it changes between steps only, when messages are read.
  const cancelled = new Int32Array(cancel ?? new ArrayBuffer(4));

  /** Runs one job and sends its result. */
  async function runJob(job: Job): Promise<void> {
    const running = open.begin(job);
    try {
      await runSteps(job, running);
      reply({ type: "result", result: running.result() });
    } finally {
      running.free();
    }
  }

  /** Runs the steps of a job and reports them. */
  async function runSteps({ start }: Job, running: RunningJob<unknown, unknown>): Promise<void> {
    let silent = performance.now();
    let seen = -Infinity;
    while (Atomics.load(cancelled, 0) === 0) {
      const step = running.step(cancelled);
      if (step === undefined) return;
      const due = cancel === undefined && performance.now() - silent > REPORT_INTERVAL;
      const isWatched = withPartialResults && performance.now() - seen > FRAME;
      const partialResult =
        isWatched || (due && kind.hasPartialResults) ? running.result() : undefined;
      if (partialResult !== undefined) seen = performance.now();
      reply({ type: "step", start, step, partialResult });
      if (!due) continue;
      await yieldThread();
      silent = performance.now();
    }
  }

  return async (request) => {
    if (request.type === "cancel") {
      Atomics.store(cancelled, 0, 1);
      return;
    }
    try {
      await runJob(request.job);
    } catch (error) {
      if (!(error instanceof LeastActionError)) throw error;
      reply({ type: "error", message: error.message, facts: error.facts });
    }
  };
}
