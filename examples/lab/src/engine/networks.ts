// Networks: layers are the times of a path.
import { anneal, feedforward, type Network, networkTwin, type NetworkRun, type TwinPairs } from "least-action/slim";
import { ACTIVATION, REACH } from "../network-form.js";
import type { NetworkSettings } from "../settings.js";
import type { NetworkOutcome, PreparedNetwork } from "./protocol.js";

export interface NetworkProblem {
  network: Network;
  twin: TwinPairs;
  prepared: PreparedNetwork;
}

export function prepareNetwork(settings: NetworkSettings): NetworkProblem {
  const { layers, pairs, noise, weightRange, seed } = settings;
  const [inputs = 0, ...others] = layers;
  const network = feedforward({ layers: [inputs, ...others.map((width) => ({ width, activation: ACTIVATION }))] });
  const weights = network.randomWeights({ range: [-weightRange, weightRange], seed });
  const twin = networkTwin({ model: network, weights, pairs, fresh: 200, inputNoise: noise, outputNoise: noise, seed });
  const flat = (rows: unknown): Float64Array => Float64Array.from(rows as ArrayLike<number>[] | Float64Array as never);
  const prepared: PreparedNetwork = {
    kind: "network",
    settings,
    layers,
    pairs,
    inputs: flat(twin.pairs.inputs),
    outputs: flat(twin.pairs.outputs),
    truth: twin.truth,
  };
  return { network, twin, prepared };
}

export function runNetwork(
  { network, twin, prepared: { settings } }: NetworkProblem,
  watch: Pick<Parameters<typeof anneal>[0], "onProgress" | "signal"> & { onPath: unknown; resume: unknown },
): Promise<NetworkRun> {
  const most = REACH * settings.weightRange;
  return anneal({
    model: network,
    pairs: twin.pairs,
    measurementPrecision: 1 / settings.noise ** 2,
    modelPrecision: settings.ladder,
    startingPaths: settings.starts,
    weightBounds: [-most, most],
    biasBounds: [-most, most],
    ...watch,
  } as never) as unknown as Promise<NetworkRun>;
}

export function outcomeOf({ twin }: NetworkProblem, run: NetworkRun): NetworkOutcome {
  const { meanSquare, constant } = run.predictionError(twin.fresh);
  const { activations, weights } = run.best;
  return { activations, weights: weights.map(({ matrix }) => matrix), error: meanSquare, constant };
}
