// Twin experiments of networks: pairs made by a network with known weights.
import { call } from "../instance.js";
import type { CoreNetworkTwin } from "../raw.js";
import { plain, record } from "../shape.js";
import { type Network, networkOf } from "./network.js";
import type { Weights } from "./weights.js";
import { type CompletePairs, written } from "./pairs.js";

/** Options of {@link networkTwin}. */
export interface NetworkTwinOptions extends Omit<CoreNetworkTwin, "weights"> {
  /** Network that makes the pairs; see {@link feedforward} and {@link recurrent}. */
  model: Network;
  /** True weights, layer by layer or in one list; see {@link Network.randomWeights}. */
  weights: Weights;
}

/** Pairs of a twin experiment with the truth behind them. */
export interface TwinPairs {
  /** Measured pairs, with noise. Numbers that come in from outside are known exactly. */
  pairs: CompletePairs;
  /** Further pairs without noise, on which predictions are compared. */
  fresh: CompletePairs;
  /**
   * True activations of the measured pairs for every layer, the inputs first: pairs x neurons,
   * row-major.
   */
  truth: Float64Array[];
}

/**
 * Runs a network with known weights on random inputs, and measures inputs and outputs with noise.
 * A seed gives the same bits on every machine.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * const weights = network.randomWeights({ range: [-0.1, 0.1], seed: 1 });
 * const { pairs, fresh } = networkTwin({
 *   model: network,
 *   weights,
 *   pairs: 10,
 *   fresh: 100,
 *   inputNoise: 0.005,
 *   outputNoise: 0.005,
 *   seed: 2,
 * });
 */
export function networkTwin(options: NetworkTwinOptions): TwinPairs {
  const { model, weights, ...rest } = record("options", options);
  const network = networkOf(model);
  const all = network.joinWeights(weights as Weights);
  const made = call((raw) => raw.networkTwin(network.spec, all, plain("options", rest)));
  const truth = network.splitActivations(made.truth);
  return { pairs: written(made.pairs), fresh: written(made.fresh), truth };
}
