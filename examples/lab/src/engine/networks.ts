// Networks, whose layers play the part of time: from settings to a run and its results.
import {
  anneal,
  feedforward,
  type Network,
  type NetworkAnnealOptions,
  networkTwin,
  type NetworkRun,
  type TwinPairs,
} from "least-action/slim";
import { networkOf, networkOptionsOf, pairsOf, weightsOf } from "../library-options.js";
import type { NetworkSettings } from "../settings.js";
import type { NetworkOutcome, PreparedNetwork } from "./protocol.js";

export interface NetworkProblem {
  network: Network;
  twin: TwinPairs;
  prepared: PreparedNetwork;
}

export function prepareNetwork(settings: NetworkSettings): NetworkProblem {
  const network = feedforward(networkOf(settings));
  const weights = network.randomWeights(weightsOf(settings));
  const twin = networkTwin({ model: network, weights, ...pairsOf(settings) });
  const prepared: PreparedNetwork = {
    kind: "network",
    settings,
    layers: settings.layers,
    pairs: settings.pairs,
    truth: twin.truth,
  };
  return { network, twin, prepared };
}

export function runNetwork(
  { network, twin, prepared }: NetworkProblem,
  watch: Pick<NetworkAnnealOptions, "onProgress" | "onPath" | "signal" | "resume">,
): Promise<NetworkRun> {
  const options = { ...networkOptionsOf(prepared.settings), ...watch };
  return anneal({ model: network, pairs: twin.pairs, ...options } as NetworkAnnealOptions);
}

export function outcomeOf({ twin }: NetworkProblem, run: NetworkRun): NetworkOutcome {
  const { meanSquare, constant } = run.predictionError(twin.fresh);
  const { activations, weights } = run.best;
  const fresh = { truth: twin.fresh.outputs, found: run.predict(twin.fresh.inputs) };
  return {
    activations,
    weights: weights.map(({ matrix }) => matrix),
    error: meanSquare,
    constant,
    fresh,
  };
}
