// What annealing a network gives.
import { type Climbed, type Outcome, type Reached, Results } from "../anneal/results.js";
import { outOfRange, wrongShape } from "../errors.js";
import type { PredictionError } from "../raw.js";
import type { CoreClimb } from "../anneal/raw.js";
import type { RawPairs } from "./raw.js";
import { describe, only } from "../shape.js";
import type { Network } from "./network.js";
import type { LayerWeights } from "./weights.js";
import type { LayerRows, Pairs, Rows } from "./pairs.js";

/** What a climb has found. */
export interface Found {
  /** Of each layer after the inputs: what leads to layer 1 is `weights[0]`. */
  weights: LayerWeights[];
  /** Of every layer, the inputs first: pairs x neurons, row-major. */
  activations: Float64Array[];
}

/** One starting point of a network, climbed. */
export interface NetworkClimb extends Climbed, Found {}

/** The best network. */
export interface BestNetwork extends Reached, Found {}

/** All climbs of a run, and what they say together. */
export class NetworkRun extends Results<NetworkClimb, BestNetwork> {
  /** What was annealed. */
  readonly network: Network;
  readonly #pairs: RawPairs;

  /** @internal */
  constructor(outcome: Outcome, network: Network, pairs: RawPairs) {
    super(
      outcome,
      (climb) => climbOf(network, climb),
      ({ weights, activations }, reached) => {
        // In memory of its own: who changes the best network does not change what is resumed.
        const own = network.splitWeights(network.joinWeights(weights));
        return { ...reached, weights: own, activations: activations.map((layer) => layer.slice()) };
      },
    );
    this.network = network;
    this.#pairs = pairs;
  }

  /**
   * The outputs at new inputs: pairs x neurons of the last layer, row-major.
   *
   * @param options `forcing`: what comes in from outside, for layers that have it; `start`: with
   *   another climb's weights than the best one's.
   */
  predict(
    inputs: Rows,
    options: { forcing?: readonly LayerRows[]; start?: number } = {},
  ): Float64Array {
    const { start, ...rest } = only("options", options, ["forcing", "start"]);
    return this.network.predict(this.#found(start).weights, inputs, rest);
  }

  /**
   * Errors of predictions on pairs that were not annealed, beside those of the best constant
   * outputs.
   *
   * @param options `start`: of another climb than the best one.
   */
  predictionError(fresh: Pairs, options: { start?: number } = {}): PredictionError {
    const { start } = only("options", options, ["start"]);
    return this.network.errorBeside(this.#found(start).weights, fresh, this.#pairs);
  }

  /**
   * Everything as plain data, for `JSON.stringify`; what is parsed again can be resumed. NaN
   * becomes null, as JSON has it.
   */
  toJSON(): Record<string, unknown> {
    const listed = (one: NetworkClimb | BestNetwork) => ({
      ...one,
      weights: Array.from(this.network.joinWeights(one.weights)),
      activations: one.activations.map((layer) => Array.from(layer)),
    });
    return { ...this.common(), best: listed(this.best), starts: this.starts.map(listed) };
  }

  #found(start: unknown): Found {
    if (start === undefined) return this.best;
    const climb = this.starts.find((climb) => climb.start === start);
    if (climb !== undefined) return climb;
    if (typeof start !== "number")
      throw wrongShape("start", `must be a number, got ${describe(start)}`);
    throw outOfRange("start", start, "the number of a starting path that was begun");
  }
}

/** @internal A climb as users see it. */
export function climbOf(network: Network, climb: CoreClimb): NetworkClimb {
  const { start, rungs, stopped, failure, parameters, path } = climb;
  const found = {
    weights: network.splitWeights(parameters),
    activations: network.splitActivations(path),
  };
  return { start, rungs, stopped, failure, ...found };
}
