// Working in worker threads of Node.
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { LeastActionError, textOf } from "../errors.js";
import { compiledModule } from "../instance.js";
import { workHere } from "./here.js";
import type { Reply, Request, WorkerData } from "./protocol.js";
import type { Job, Task, Work, Working } from "./work.js";

/** Makes a worker; tests make them die. */
export type CreateWorker = (data: WorkerData) => Worker;

/** As many workers as `work` asks for; each is given the next job when it is done with one. None survives the work. */
export function threads(createWorker: CreateWorker): Working {
  return async (work) => {
    if (work.workers === 0) return workHere(work);
    if (work.signal?.aborted) return;
    const count = Math.min(work.workers ?? availableParallelism(), work.jobs.length);
    const cancel = new SharedArrayBuffer(4);
    const data: WorkerData = { module: compiledModule(), task: work.task, cancel };
    const onAbort = (): void => void Atomics.store(new Int32Array(cancel), 0, 1);
    work.signal?.addEventListener("abort", onAbort, { once: true });

    const jobs = work.jobs.values();
    const crew: Worker[] = [];
    try {
      const served = Array.from({ length: count }, () => {
        const worker = made(createWorker, data);
        crew.push(worker);
        return serve(worker, jobs, work);
      });
      await Promise.all(served);
    } finally {
      work.signal?.removeEventListener("abort", onAbort);
      for (const worker of crew) worker.removeAllListeners("message");
      await Promise.all(crew.map((worker) => worker.terminate()));
    }
  };
}

function made(createWorker: CreateWorker, data: WorkerData): Worker {
  try {
    return createWorker(data);
  } catch (error) {
    throw workerDied(textOf(error), data.task, null);
  }
}

/** Gives a worker jobs until there are none, or the work is cancelled. */
function serve<S, R>(
  worker: Worker,
  jobs: Iterator<Job>,
  { task, signal, onStep, onResult }: Work<Job, S, R>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let job: Job | undefined;
    const next = (): void => {
      job = signal?.aborted ? undefined : jobs.next().value;
      if (job === undefined) resolve();
      else worker.postMessage(job satisfies Request);
    };
    const died = (reason: string): void => reject(workerDied(reason, task, job?.start ?? null));
    worker.on("message", (reply: Reply) => {
      try {
        if (reply.type === "step") onStep(reply.start, reply.step as S);
        else if (reply.type === "error") throw errorOf(reply, task, job?.start ?? null);
        else {
          onResult(reply.result as R);
          next();
        }
      } catch (error) {
        reject(error);
      }
    });
    worker.on("error", (error) => died(textOf(error)));
    worker.on("messageerror", (error) => died(textOf(error)));
    // Whoever has all that it waits for no longer listens: only an early end counts.
    worker.on("exit", (code) => died(`it ended with exit code ${code}`));
    next();
  });
}

function errorOf({ message, facts }: Reply & { type: "error" }, task: Task, start: number | null): LeastActionError {
  return facts.code === "panic" ? workerDied(facts.reason, task, start) : new LeastActionError(message, facts);
}

function workerDied(reason: string, { kind }: Task, start: number | null): LeastActionError {
  const at = start === null ? "" : ` at ${kind === "chains" ? "chain" : "starting path"} ${start}`;
  const message = `workers: a worker thread died${at}: ${reason}. The others were stopped; \`workers: 0\` runs without threads.`;
  return new LeastActionError(message, { code: "workerDied", path: "workers", start, reason });
}
