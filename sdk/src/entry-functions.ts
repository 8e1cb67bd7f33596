// The functions that compute in other threads, for all entries. Each is made from a way of running
// jobs.
import { annealBy } from "./anneal/anneal.js";
import type { AnnealOptions } from "./anneal/options.js";
import type { Run } from "./anneal/run.js";
import type { NetworkAnnealOptions } from "./network/anneal.js";
import { type Design, designBy, type DesignOptions } from "./network/design.js";
import type { NetworkRun } from "./network/run.js";
import { observabilityBy } from "./statistics/observability.js";
import type { ObservabilityOptions } from "./statistics/observability-options.js";
import type { Observability } from "./statistics/observability-result.js";
import type { SampledPosterior } from "./statistics/posterior.js";
import { samplePosteriorBy, type SamplingOptions } from "./statistics/sample.js";
import type { Working } from "./work/work.js";

/** Variational annealing of paths through data, and of networks. */
export interface Anneal {
  /**
   * Anneals a network: the activations of every pair and the weights that all pairs share are the
   * unknowns of one action, in which layers take the place of times. Starting points are shared
   * among web workers, in Node worker threads; the result does not depend on their number.
   *
   * @throws LeastActionError (the promise rejects) by field, if an option is wrong.
   *
   * @example
   * const run = await anneal({
   *   model: feedforward({ layers: Array(20).fill(10) }),
   *   pairs: { inputs, outputs },
   *   measurementPrecision: 4e4,
   *   weightBounds: [-1, 1],
   * });
   * run.predict(newInputs);
   */
  (options: NetworkAnnealOptions): Promise<NetworkRun>;
  /**
   * Finds the path of least action, and estimates parameters with it, by variational annealing:
   * from many starting paths, the action is minimised at a small R_f, and the minimum is followed
   * as R_f grows. Starting paths are shared among web workers, in Node worker threads; the result
   * does not depend on their number.
   *
   * @throws LeastActionError (the promise rejects) by field, if an option is wrong.
   *
   * @example
   * const run = await anneal({
   *   model,
   *   data,
   *   measurementPrecision: 4,
   *   modelPrecision: { initial: 4e-6, factor: 1.5, rungs: 101 },
   *   estimate: { forcing: { initial: [6, 10] } },
   *   startingPaths: { count: 20, range: [-10, 10], seed: 2 },
   * });
   * console.log(run.summary(), run.diagnose(), run.best.parameters.forcing);
   */
  <P extends string, E extends P = never, I extends string = string>(
    options: AnnealOptions<P, E, I>,
  ): Promise<Run<E, I>>;
}

/** Makes `anneal` from a way of running jobs. */
export const annealIn = (working: Working): Anneal =>
  ((options: unknown) => annealBy(working, options)) as Anneal;

/** Comparison of networks by their action levels and prediction errors. */
export interface DesignNetworks {
  /**
   * Compares networks: anneals each of them, trains it in the plain way, and puts action levels
   * beside prediction errors. The comparison shows the depth, the width, and the number of pairs or
   * observed outputs that the data ask for. `summary()` of the result is a table.
   *
   * @throws LeastActionError (the promise rejects) by field, if an option is wrong.
   *
   * @example
   * const { rows } = await design({
   *   candidates: {
   *     shallow: { model: feedforward({ layers: [10, 10] }) },
   *     deep: { model: feedforward({ layers: Array(20).fill(10) }) },
   *   },
   *   pairs,
   *   fresh,
   *   measurementPrecision: 4e4,
   *   weightBounds: [-1, 1],
   * });
   */
  <C extends string>(options: DesignOptions<C>): Promise<Design<C>>;
}

/** Makes `design` from a way of running jobs. */
export const designIn = (working: Working): DesignNetworks => {
  const anneal = annealIn(working);
  return (options) => designBy(anneal, options);
};

/** Study of the number of measurements that are needed to find the truth. */
export interface StudyObservability {
  /**
   * Finds the number of measurements that is enough. It repeats twin experiments, whose truth is
   * known, with each of several sets of observed components, and anneals all of them. For each set
   * it reports how often the truth is found, the gap between the two lowest action levels, the time
   * for which predictions are good, and whether a copy of the system that is shown the set falls
   * into step with it. `summary()` of the result is a table, `diagnose()` prose.
   *
   * @throws LeastActionError (the promise rejects) by field, if an option is wrong.
   *
   * @example
   * const study = await observability({
   *   model: lorenz96({ dimension: 11 }),
   *   timeStep: 0.025,
   *   points: 161,
   *   noise: 0.2,
   *   twins: 10,
   *   sets: { "4 of 11": [0, 3, 6, 9], "5 of 11": [0, 2, 4, 6, 8] },
   *   estimate: { forcing: { initial: [6, 10] } },
   * });
   * console.log(study.summary(), study.diagnose(), study.enough);
   */
  <
    P extends string,
    S extends string,
    I extends string,
    O extends string,
    C extends string,
    E extends P = never,
  >(
    options: ObservabilityOptions<P, E, S, I, O, C>,
  ): Promise<Observability<C, E>>;
}

/** Makes `observability` from a way of running jobs. */
export const observabilityIn = (working: Working): StudyObservability => {
  const anneal = annealIn(working);
  return ((options: unknown) =>
    observabilityBy((one) => anneal(one), options)) as StudyObservability;
};

/** Sampling of the posterior of a run. */
export interface SamplePosterior {
  /**
   * Draws paths and parameters from exp(-A) by Hamiltonian Monte Carlo: several chains about the
   * minima of a run, whose steps are scaled by the Hessian of the action. Chains are shared among
   * web workers, in Node worker threads; the result does not depend on their number.
   *
   * @throws LeastActionError (the promise rejects) by field, if an option is wrong, and if every
   *   chain fails.
   *
   * @example
   * const posterior = await samplePosterior({
   *   run,
   *   modelPrecision: 1e4,
   *   chains: 4,
   *   draws: 1000,
   *   seed: 1,
   * });
   * console.log(posterior.summary(), posterior.diagnose());
   * posterior.parameters.forcing; // Float64Array, chains x draws
   */
  <E extends string, I extends string>(
    options: SamplingOptions<E, I>,
  ): Promise<SampledPosterior<E, I>>;
}

/** Makes `samplePosterior` from a way of running jobs. */
export const samplePosteriorIn = (working: Working): SamplePosterior => {
  return (options) => samplePosteriorBy(working, options);
};
