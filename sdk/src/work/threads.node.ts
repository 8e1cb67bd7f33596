// Work in the worker threads of Node.
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { textOf } from "../errors.js";
import type { Reply, WorkerData } from "./protocol.js";
import { type Thread, threadsBy } from "./threads.js";
import type { Working } from "./work.js";

/** Function that starts a worker; tests pass one whose workers die. */
export type CreateWorker = (data: WorkerData) => Worker;

/** Gives a way of working in worker threads. */
export function threads(createWorker: CreateWorker): Working {
  return threadsBy((data) => threadOf(createWorker(data)), availableParallelism());
}

/** Wraps a worker as a thread. */
function threadOf(worker: Worker): Thread {
  return {
    post: (request) => worker.postMessage(request),
    listen(onReply, onDeath) {
      worker.on("message", (reply: Reply) => onReply(reply));
      worker.on("error", (error) => onDeath(textOf(error)));
      worker.on("messageerror", (error) => onDeath(textOf(error)));
      // After the end of the work nobody listens, so that only an early exit is an error.
      worker.on("exit", (code) => onDeath(`it ended with exit code ${code}`));
    },
    async end() {
      worker.removeAllListeners("message");
      await worker.terminate();
    },
  };
}
