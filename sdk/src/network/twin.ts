// Twin experiments of networks: pairs that a network with known weights has made.
import { call } from "../instance.js";
import type { CoreNetworkTwin } from "../raw.js";
import { plain, record } from "../shape.js";
import { type Network, networkOf } from "./network.js";
import type { Weights } from "./weights.js";
import { type CompletePairs, written } from "./pairs.js";

/** What pairs to make. */
export interface NetworkTwinOptions extends Omit<CoreNetworkTwin, "weights"> {
  model: Network;
  /** True weights, in one list or layer by layer; see {@link Network.randomWeights}. */
  weights: Weights;
}

/** Pairs, and the truth behind them. */
export interface TwinPairs {
  /** Measured, with noise. What comes in from outside is known exactly. */
  pairs: CompletePairs;
  /** Further ones without noise, to compare predictions with. */
  fresh: CompletePairs;
  /** True activations of the measured pairs, layer by layer. */
  truth: Float64Array[];
}

/**
 * Runs a network with known weights on inputs at random, and measures inputs and outputs with
 * noise. The same seed gives the same bits on every machine.
 *
 * @example
 * const weights = network.randomWeights({ range: [-0.1, 0.1], seed: 1 });
 * const { pairs, fresh } = networkTwin({ model: network, weights, pairs: 10, fresh: 100, inputNoise: 0.005, outputNoise: 0.005, seed: 2 });
 */
export function networkTwin(options: NetworkTwinOptions): TwinPairs {
  const { model, weights, ...rest } = record("options", options);
  const network = networkOf(model);
  const all = network.joinWeights(weights as Weights);
  const made = call((raw) => raw.networkTwin(network.spec, all, plain("options", rest)));
  const truth = network.splitActivations(made.truth);
  return { pairs: written(made.pairs), fresh: written(made.fresh), truth };
}
