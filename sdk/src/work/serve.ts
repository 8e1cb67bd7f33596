// What runs in a worker thread: jobs, one after the other, as the main thread asks for them.
import { LeastActionError } from "../errors.js";
import { load } from "../instance.js";
import { breathe } from "./breathe.js";
import type { Reply, Request, WorkerData } from "./protocol.js";
import { type Doing, FRAME, type Job, type Kind, type Kinds, type Task } from "./work.js";

/**
 * Milliseconds after which a thread that shares no memory looks for messages, and tells what its
 * job has come to.
 */
const SILENCE = 10;

/**
 * Answers the requests that the returned function is given. What is not an error of ours is thrown
 * by its promise, and the thread is to die of it. The task is one of the `kinds`.
 */
export function serve(
  kinds: Kinds,
  { module, task, follow, cancel }: WorkerData,
  reply: (reply: Reply) => void,
): (request: Request) => Promise<void> {
  load(module);
  const kind = kinds[task.kind] as Kind<Task, Job, unknown, unknown>;
  const open = kind.open(task);
  // Without shared memory it changes between steps only, as messages come.
  const cancelled = new Int32Array(cancel ?? new ArrayBuffer(4));

  async function doOne(job: Job): Promise<void> {
    const doing = open.begin(job);
    try {
      await goThrough(job, doing);
      reply({ type: "result", result: doing.result() });
    } finally {
      doing.free();
    }
  }

  async function goThrough({ start }: Job, doing: Doing<unknown, unknown>): Promise<void> {
    let silent = performance.now();
    let seen = -Infinity;
    while (Atomics.load(cancelled, 0) === 0) {
      const step = doing.step(cancelled);
      if (step === undefined) return;
      const due = cancel === undefined && performance.now() - silent > SILENCE;
      const isLooked = follow && performance.now() - seen > FRAME;
      const soFar = isLooked || (due && kind.tellsOnTheWay) ? doing.result() : undefined;
      if (soFar !== undefined) seen = performance.now();
      reply({ type: "step", start, step, soFar });
      if (!due) continue;
      await breathe();
      silent = performance.now();
    }
  }

  return async (request) => {
    if (request.type === "cancel") {
      Atomics.store(cancelled, 0, 1);
      return;
    }
    try {
      await doOne(request.job);
    } catch (error) {
      if (!(error instanceof LeastActionError)) throw error;
      reply({ type: "error", message: error.message, facts: error.facts });
    }
  };
}
