// Annealing where there are no worker threads of Node.
import { annealBy } from "./anneal/anneal.js";
import { climbHere } from "./anneal/here.js";
import type { AnnealOptions } from "./anneal/options.js";
import type { Run } from "./anneal/run.js";

/**
 * Finds the path of least action, and estimates parameters with it, by variational annealing: from many starting paths, the action is minimised at a small
 * R_f and the minimum followed as R_f grows. Runs in this thread, which is let go between rungs.
 *
 * @throws LeastActionError (the promise rejects) for whatever is wrong with the options, by field.
 *
 * @example
 * const run = await anneal({
 *   model, data, measurementPrecision: 4, modelPrecision: { initial: 4e-6, factor: 1.5, rungs: 101 },
 *   estimate: { forcing: { initial: [6, 10] } }, startingPaths: { count: 20, range: [-10, 10], seed: 2 },
 * });
 * console.log(run.summary(), run.diagnose(), run.best.parameters.forcing);
 */
export function anneal<P extends string, E extends P = never, I extends string = string>(
  options: AnnealOptions<P, E, I>,
): Promise<Run<E, I>> {
  return annealBy(climbHere, options);
}
