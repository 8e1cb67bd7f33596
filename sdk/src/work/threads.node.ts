// Working in worker threads of Node.
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { textOf } from "../errors.js";
import type { Reply, WorkerData } from "./protocol.js";
import { type Thread, threadsBy } from "./threads.js";
import type { Working } from "./work.js";

/** Makes a worker; tests make them die. */
export type CreateWorker = (data: WorkerData) => Worker;

export function threads(createWorker: CreateWorker): Working {
  return threadsBy((data) => threadOf(createWorker(data)), availableParallelism());
}

function threadOf(worker: Worker): Thread {
  return {
    post: (request) => worker.postMessage(request),
    listen(onReply, onDeath) {
      worker.on("message", (reply: Reply) => onReply(reply));
      worker.on("error", (error) => onDeath(textOf(error)));
      worker.on("messageerror", (error) => onDeath(textOf(error)));
      // Whoever has all that it waits for no longer listens: only an early end counts.
      worker.on("exit", (code) => onDeath(`it ended with exit code ${code}`));
    },
    async end() {
      worker.removeAllListeners("message");
      await worker.terminate();
    },
  };
}
