// The script of a worker thread in Node.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { kinds } from "./kinds.js";
import type { Request, WorkerData } from "./work/protocol.js";
import { serve } from "./work/serve.js";

/** Answers requests from the main thread. */
function listen(port: MessagePort): void {
  const answer = serve(kinds, workerData as WorkerData, (reply) => port.postMessage(reply));
  // A rejection ends the thread, and Node reports it by the event `error` of the worker.
  port.on("message", (request: Request) => void answer(request));
}

if (parentPort !== null) listen(parentPort);
