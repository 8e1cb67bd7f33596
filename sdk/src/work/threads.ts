// Working in other threads, of whatever kind they are.
import { LeastActionError, textOf } from "../errors.js";
import { compiledModule } from "../instance.js";
import { workHere } from "./here.js";
import type { Reply, Request, WorkerData } from "./protocol.js";
import { untilDisposed } from "./disposal.js";
import { type Job, type Task, tellsOnTheWay, type Work, type Working } from "./work.js";

/** A worker thread, as browsers and Node both have it. */
export interface Thread {
  post(request: Request): void;
  /** Before anything is posted. */
  listen(onReply: (reply: Reply) => void, onDeath: (reason: string) => void): void;
  /** At once, whatever it does; it says no more. */
  end(): Promise<void> | void;
}

/**
 * Milliseconds in which a cancelled thread that shares no memory has to answer: what it told of
 * last is taken then, and the rung that it is busy with would not have counted.
 */
const GRACE = 80;

/**
 * As many threads as `work` asks for, at most one per core if it does not; each is given the next
 * job when it is done with one. None survives the work.
 */
export function threadsBy(open: (data: WorkerData) => Thread, cores: number): Working {
  return async (work) => {
    if (work.workers === 0) return workHere(work);
    if (work.signal?.aborted) return;
    const count = Math.min(work.workers ?? cores, work.jobs.length);
    // Pages have it only with the headers that isolate them.
    const cancel = typeof SharedArrayBuffer === "undefined" ? undefined : new SharedArrayBuffer(4);
    const follow = work.onSoFar !== undefined;
    const data: WorkerData = { module: compiledModule(), task: work.task, follow, cancel };
    const crew: Thread[] = [];
    const served: Served[] = [];
    let grace: ReturnType<typeof setTimeout> | undefined;
    const onAbort = (): void => {
      if (cancel !== undefined) {
        Atomics.store(new Int32Array(cancel), 0, 1);
        return;
      }
      for (const thread of crew) thread.post({ type: "cancel" });
      if (!tellsOnTheWay(work.task)) return;
      grace = setTimeout(() => served.forEach((one) => one.giveUp()), GRACE);
    };
    work.signal?.addEventListener("abort", onAbort, { once: true });

    const jobs = work.jobs.values();
    try {
      while (crew.length < count) {
        const thread = made(open, data);
        crew.push(thread);
        served.push(serve(thread, jobs, work));
      }
      await untilDisposed(Promise.all(served.map((one) => one.done)));
    } finally {
      clearTimeout(grace);
      work.signal?.removeEventListener("abort", onAbort);
      await Promise.all(crew.map((thread) => thread.end()));
    }
  };
}

/** What a thread does for the work. */
interface Served {
  done: Promise<void>;
  /** Takes what its job has told of last for its result. */
  giveUp(): void;
}

function made(open: (data: WorkerData) => Thread, data: WorkerData): Thread {
  try {
    return open(data);
  } catch (error) {
    throw workerDied(textOf(error), data.task, null);
  }
}

/** Gives a thread jobs until there are none, or the work is cancelled. */
function serve<J extends Job, S, R>(
  thread: Thread,
  jobs: Iterator<J>,
  { task, signal, onStep, onSoFar, onResult }: Work<J, S, R>,
): Served {
  let job: J | undefined;
  let told: { result: R } | undefined;
  let settled: { resolve: () => void; reject: (error: unknown) => void };
  const done = new Promise<void>((resolve, reject) => (settled = { resolve, reject }));
  // A thread that cannot be made leaves those before it without anybody who waits for them.
  done.catch(() => undefined);
  const guarded = (what: () => void): void => {
    try {
      what();
    } catch (error) {
      settled.reject(error);
    }
  };
  const next = (): void => {
    [job, told] = [signal?.aborted ? undefined : jobs.next().value, undefined];
    if (job === undefined) settled.resolve();
    else thread.post({ type: "job", job });
  };
  const take = (reply: Reply): void => {
    if (reply.type === "error") throw errorOf(reply, task, job?.start ?? null);
    if (reply.type === "result") {
      onSoFar?.(reply.result as R);
      onResult(reply.result as R);
      next();
      return;
    }
    if (reply.soFar !== undefined) {
      told = { result: reply.soFar as R };
      onSoFar?.(told.result);
    }
    onStep(reply.start, reply.step as S);
  };
  thread.listen(
    (reply) => guarded(() => take(reply)),
    (reason) => settled.reject(workerDied(reason, task, job?.start ?? null)),
  );
  guarded(next);
  return {
    done,
    giveUp() {
      if (job === undefined) return;
      const last = told;
      job = undefined;
      guarded(() => {
        if (last !== undefined) onResult(last.result);
        settled.resolve();
      });
    },
  };
}

function errorOf(
  { message, facts }: Reply & { type: "error" },
  task: Task,
  start: number | null,
): LeastActionError {
  return facts.code === "panic"
    ? workerDied(facts.reason, task, start)
    : new LeastActionError(message, facts);
}

function workerDied(reason: string, { kind }: Task, start: number | null): LeastActionError {
  const at = start === null ? "" : ` at ${kind === "chains" ? "chain" : "starting path"} ${start}`;
  const message = `workers: a worker thread died${at}: ${reason}. The others were stopped; \`workers: 0\` runs without threads.`;
  return new LeastActionError(message, { code: "workerDied", path: "workers", start, reason });
}
