// Messages between the main thread and its workers.
import type { ErrorFacts } from "../errors.js";
import type { Job, Task } from "./work.js";

/** Data that a worker is started with. */
export interface WorkerData {
  /** Compiled WebAssembly module. */
  module: WebAssembly.Module;
  /** Task whose jobs the worker does. */
  task: Task;
  /** True if partial results of jobs are to be reported. */
  withPartialResults: boolean;
  /**
   * Shared number of 32 bits, which is not zero once the work is cancelled. Undefined where threads
   * share no memory, as on pages without the headers that isolate them.
   */
  cancel: SharedArrayBuffer | undefined;
}

/** Message to a worker. */
export type Request =
  /** Order to do a job. The next one is sent after its result has come. */
  | { type: "job"; job: Job }
  /** Order to end the job early, with its partial result. */
  | { type: "cancel" };

/** Message from a worker. */
export type Reply =
  /** Report of a step, with the partial result of the job if it is due. */
  | { type: "step"; start: number; step: unknown; partialResult: unknown }
  /** Result of a job that is done or was cancelled; the worker is free for the next job. */
  | { type: "result"; result: unknown }
  /** Error that ended the job. */
  | { type: "error"; message: string; facts: ErrorFacts };
