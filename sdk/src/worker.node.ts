// What runs in a worker thread: climbs, one after the other, as the main thread asks for them.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { annealerOf, climberOf } from "./anneal/climbs.js";
import type { Reply, Request, WorkerData } from "./anneal/protocol.js";
import { LeastActionError } from "./errors.js";
import { call, load, release } from "./instance.js";

function work(port: MessagePort, { module, task, cancel }: WorkerData): void {
  load(module);
  const annealer = annealerOf(task);
  const cancelled = new Int32Array(cancel);
  const reply = (message: Reply): void => port.postMessage(message);

  function climb(job: Request): void {
    const climber = climberOf(annealer, job);
    while (Atomics.load(cancelled, 0) === 0) {
      const rung = call(() => climber.nextRung(cancelled));
      if (rung === undefined) break;
      reply({ type: "rung", start: job.start, rung });
    }
    reply({ type: "climb", climb: call(() => climber.climb()) });
    release(climber);
  }

  port.on("message", (job: Request) => {
    try {
      climb(job);
    } catch (error) {
      // Anything else is told by Node, as the worker's own `error`.
      if (!(error instanceof LeastActionError)) throw error;
      reply({ type: "error", message: error.message, facts: error.facts });
    }
  });
}

if (parentPort !== null) work(parentPort, workerData as WorkerData);
