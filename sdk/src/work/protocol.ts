// What this thread and its workers say to each other.
import type { ErrorFacts } from "../errors.js";
import type { Job, Task } from "./work.js";

/** What a worker is made with. */
export interface WorkerData {
  module: WebAssembly.Module;
  task: Task;
  /** Whether what jobs have come to is told on the way. */
  follow: boolean;
  /**
   * One 32-bit number; not zero once the work is cancelled. Undefined where threads share no
   * memory, as on pages without the headers that isolate them.
   */
  cancel: SharedArrayBuffer | undefined;
}

/** To a worker. */
export type Request =
  /** To be done. No more is asked for until its result has come. */
  | { type: "job"; job: Job }
  /** The job is to end with what it has come to. */
  | { type: "cancel" };

/** From a worker. */
export type Reply =
  | { type: "step"; start: number; step: unknown; soFar: unknown }
  /** At its end or interrupted; the worker is free for the next job. */
  | { type: "result"; result: unknown }
  | { type: "error"; message: string; facts: ErrorFacts };
