// What this thread and its workers say to each other.
import type { ErrorFacts } from "../errors.js";
import type { Job, Task } from "./work.js";

/** What a worker is made with. */
export interface WorkerData {
  module: WebAssembly.Module;
  task: Task;
  /** One 32-bit number; not zero once the work is cancelled. */
  cancel: SharedArrayBuffer;
}

/** To a worker: a job to be done. It asks for no more until its result has come. */
export type Request = Job;

/** From a worker. */
export type Reply =
  | { type: "step"; start: number; step: unknown }
  /** At its end or interrupted; the worker is free for the next job. */
  | { type: "result"; result: unknown }
  | { type: "error"; message: string; facts: ErrorFacts };
