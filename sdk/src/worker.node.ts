// The script of a worker thread in Node.
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { kinds } from "./kinds.js";
import type { Request, WorkerData } from "./work/protocol.js";
import { serve } from "./work/serve.js";

function listen(port: MessagePort): void {
  const answer = serve(kinds, workerData as WorkerData, (reply) => port.postMessage(reply));
  // A rejection ends the thread, and Node tells of it as the worker's own `error`.
  port.on("message", (request: Request) => void answer(request));
}

if (parentPort !== null) listen(parentPort);
