// Problems whose numbers must be the same bits in Node and in browsers. This file also runs in the
// page, so it imports nothing but types.
import type * as LeastAction from "../../sdk/src/index.js";

/** All numbers of a result, in order. */
export type Numbers = Record<string, number[]>;

/** Lorenz 96 with a twin experiment of it. */
export function lorenzTwin(
  { lorenz96, twinExperiment }: Pick<typeof LeastAction, "lorenz96" | "twinExperiment">,
  dimension: number,
  points: number,
  observed: readonly number[],
) {
  const model = lorenz96({ dimension });
  const setup = { model, timeStep: 0.025, points, observed, noise: 0.5, seed: 1, further: 10 };
  return { model, ...twinExperiment(setup) };
}

function lorenzProblem(sdk: typeof LeastAction) {
  const { model, ...twin } = lorenzTwin(sdk, 5, 41, [0, 1, 2, 4]);
  return {
    twin,
    options: {
      model,
      data: twin.data,
      measurementPrecision: 4,
      modelPrecision: { initial: 4e-4, factor: 3, rungs: 14 },
      estimate: { forcing: { initial: [6, 10] as [number, number] } },
      startingPaths: {
        start: "random",
        count: 4,
        enough: 4,
        prune: false,
        range: [-10, 10],
        seed: 2,
      },
    },
  } as const;
}

/**
 * Solves problems with starting paths, filters, text equations, networks, chains and mechanics,
 * with this number of workers.
 */
export async function solveAll(
  sdk: typeof LeastAction,
  workers: "auto" | number,
): Promise<Numbers> {
  await sdk.init();
  const { twin, options } = lorenzProblem(sdk);
  const run = await sdk.anneal({ ...options, workers });
  const filtered = await sdk.anneal({ ...options, startingPaths: { count: 2, seed: 3 }, workers });
  const certain = filtered.uncertainty({ modelPrecision: 1e3 });
  const sampled = await sdk.samplePosterior({
    run: filtered,
    modelPrecision: 1e3,
    chains: 2,
    draws: 20,
    warmup: 30,
    seed: 5,
    workers,
  });

  // FitzHugh and Nagumo's neuron.
  const neuron = sdk.defineModel({
    states: { v: 1, w: 1 },
    parameters: { a: 0.7, b: 0.8, tau: 12.5, current: 0.5 },
    equations: { v: "v - v^3/3 - w + current", w: "(v + a - b*w)/tau" },
  });
  const spikes = sdk.twinExperiment({
    model: neuron,

    timeStep: 0.5,
    points: 61,
    observed: ["v"],
    noise: 0.1,
    seed: 4,
  });
  const fitted = await sdk.anneal({
    model: neuron,
    data: spikes.data,
    measurementPrecision: 100,
    modelPrecision: { initial: 1e-2, factor: 10, rungs: 6 },
    estimate: { current: { initial: [0, 1] } },
    startingPaths: { count: 2, seed: 1 },
    workers,
  });

  const network = sdk.feedforward({ layers: [3, 4, 4, 2] });
  const weights = network.randomWeights({ range: [-1, 1], seed: 1 });
  const { pairs } = sdk.networkTwin({
    model: network,
    weights,
    pairs: 6,
    inputNoise: 0.01,
    outputNoise: 0.01,
    seed: 2,
  });
  const trained = await sdk.anneal({
    model: network,
    pairs,
    measurementPrecision: 1e4,
    modelPrecision: { initial: 1, factor: 10, rungs: 5 },
    startingPaths: { count: 2, seed: 1 },
    workers,
  });
  const orbit = sdk
    .mechanics({ system: "double-pendulum" })
    .integrate({ x0: [1, 2], p0: [0, 0], timeStep: 0.1, points: 51 });
  return {
    twin: [...twin.data.values],
    levels: [...run.rungTable.action],
    paths: run.starts.flatMap(({ path }) => [...path]),
    filtered: [...filtered.best.path, filtered.best.parameters.forcing],
    deviations: [...certain.deviation],
    draws: [...sampled.parameters.forcing],
    fitted: [...fitted.best.path, fitted.best.parameters.current],
    weights: trained.best.weights.flatMap(({ matrix, bias }) => [...matrix, ...bias]),
    orbit: [...orbit.x],
  };
}
