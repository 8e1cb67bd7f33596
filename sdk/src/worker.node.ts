// What runs in a worker thread: jobs, one after the other, as the main thread asks for them.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { LeastActionError } from "./errors.js";
import { load } from "./instance.js";
import { openTask } from "./work/open.js";
import type { Reply, Request, WorkerData } from "./work/protocol.js";

function work(port: MessagePort, { module, task, cancel }: WorkerData): void {
  load(module);
  const open = openTask<Request, unknown, unknown>(task);
  const cancelled = new Int32Array(cancel);
  const reply = (message: Reply): void => port.postMessage(message);

  function doOne(job: Request): void {
    const doing = open.begin(job);
    while (Atomics.load(cancelled, 0) === 0) {
      const step = doing.step(cancelled);
      if (step === undefined) break;
      reply({ type: "step", start: job.start, step });
    }
    reply({ type: "result", result: doing.result() });
    doing.free();
  }

  port.on("message", (job: Request) => {
    try {
      doOne(job);
    } catch (error) {
      // Anything else is told by Node, as the worker's own `error`.
      if (!(error instanceof LeastActionError)) throw error;
      reply({ type: "error", message: error.message, facts: error.facts });
    }
  });
}

if (parentPort !== null) work(parentPort, workerData as WorkerData);
