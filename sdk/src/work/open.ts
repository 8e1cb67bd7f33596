// From what is to be done to what does it.
import { openClimbs } from "../anneal/climbs.js";
import { openChains } from "../statistics/chains.js";
import type { Job, OpenTask, Task } from "./work.js";

/** Whoever makes a task knows what its jobs, steps and results are. */
export function openTask<J extends Job, S, R>(task: Task): OpenTask<J, S, R> {
  const open: unknown = task.kind === "chains" ? openChains(task) : openClimbs(task);
  return open as OpenTask<J, S, R>;
}
