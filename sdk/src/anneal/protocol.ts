// What this thread and its workers say to each other.
import type { ErrorFacts } from "../errors.js";
import type { Climb, Rung } from "../raw.js";
import type { Job } from "./climbs.js";
import type { Task } from "./options.js";

/** What a worker is made with. */
export interface WorkerData {
  module: WebAssembly.Module;
  task: Task;
  /** One 32-bit number; not zero once the run is cancelled. */
  cancel: SharedArrayBuffer;
}

/** To a worker: a starting path to be climbed from. It asks for no more until its climb has come. */
export type Request = Job;

/** From a worker. */
export type Reply =
  | { type: "rung"; start: number; rung: Rung }
  /** At its end or interrupted; the worker is free for the next job. */
  | { type: "climb"; climb: Climb }
  | { type: "error"; message: string; facts: ErrorFacts };
