// The functions of all entries that work in other threads, each made from a way of working.
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
   * Anneals a network: every pair's activations and the weights that all pairs share are unknowns of
   * one action, whose layers are the times of a path.
   *
   * @throws LeastActionError (the promise rejects) for whatever is wrong with the options, by field.
   *
   * @example
   * const run = await anneal({
   *   model: feedforward({ layers: Array(20).fill(10) }), pairs: { inputs, outputs }, measurementPrecision: 4e4, weightBounds: [-1, 1],
   * });
   * run.predict(newInputs);
   */
  (options: NetworkAnnealOptions): Promise<NetworkRun>;
  /**
   * Finds the path of least action, and estimates parameters with it, by variational annealing: from
   * many starting paths, the action is minimised at a small R_f and the minimum followed as R_f
   * grows. Starting paths are shared among web workers, in Node worker threads;
   * the result does not depend on how many.
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
  <P extends string, E extends P = never, I extends string = string>(
    options: AnnealOptions<P, E, I>,
  ): Promise<Run<E, I>>;
}

export const annealIn = (working: Working): Anneal =>
  ((options: unknown) => annealBy(working, options)) as Anneal;

/** A comparison of networks. */
export interface DesignNetworks {
  /**
   * Anneals several networks and trains them in the plain way, and puts levels beside prediction
   * errors: how deep, how wide, how many pairs or observed outputs the data ask for. `summary()` of
   * the result is a table.
   *
   * @throws LeastActionError (the promise rejects) for whatever is wrong with the options, by field.
   *
   * @example
   * const { rows } = await design({
   *   candidates: { shallow: { model: feedforward({ layers: [10, 10] }) }, deep: { model: feedforward({ layers: Array(20).fill(10) }) } },
   *   pairs, fresh, measurementPrecision: 4e4, weightBounds: [-1, 1],
   * });
   */
  <C extends string>(options: DesignOptions<C>): Promise<Design<C>>;
}

export const designIn = (working: Working): DesignNetworks => {
  const anneal = annealIn(working);
  return (options) => designBy(anneal, options);
};

/** A study of how many measurements are enough. */
export interface StudyObservability {
  /**
   * How many measurements are enough? Repeats twin experiments, whose truth is known, with each of
   * several sets of observed components, anneals all of them, and says of each set how often the
   * truth is found, how far the second action level is above the lowest, for how long predictions are
   * good, and whether a copy of the system that is shown the set falls into step with it. `summary()`
   * of the result is a table, `diagnose()` prose.
   *
   * @throws LeastActionError (the promise rejects) for whatever is wrong with the options, by field.
   *
   * @example
   * const study = await observability({
   *   model: lorenz96({ dimension: 11 }), timeStep: 0.025, points: 161, noise: 0.2, twins: 10,
   *   sets: { "4 of 11": [0, 3, 6, 9], "5 of 11": [0, 2, 4, 6, 8] }, estimate: { forcing: { initial: [6, 10] } },
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

export const observabilityIn = (working: Working): StudyObservability => {
  const anneal = annealIn(working);
  return ((options: unknown) =>
    observabilityBy((one) => anneal(one), options)) as StudyObservability;
};

/** Sampling of a run's posterior. */
export interface SamplePosterior {
  /**
   * Draws paths and parameters from exp(-A) by Hamiltonian Monte Carlo: several chains about the
   * minima of a run, whose steps are measured by the Hessian of the action. Chains are shared among
   * web workers, in Node worker threads; the result does not depend on how many.
   *
   * @throws LeastActionError (the promise rejects) for whatever is wrong with the options, by field;
   *   and where every chain fails.
   *
   * @example
   * const posterior = await samplePosterior({ run, modelPrecision: 1e4, chains: 4, draws: 1000, seed: 1 });
   * console.log(posterior.summary(), posterior.diagnose());
   * posterior.parameters.forcing; // Float64Array, chains x draws
   */
  <E extends string, I extends string>(
    options: SamplingOptions<E, I>,
  ): Promise<SampledPosterior<E, I>>;
}

export const samplePosteriorIn = (working: Working): SamplePosterior => {
  return (options) => samplePosteriorBy(working, options);
};
