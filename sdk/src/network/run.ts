// Results of annealing a network.
import { type Climbed, type Outcome, type Reached, Results } from "../anneal/results.js";
import { outOfRange, wrongShape } from "../errors.js";
import type { PredictionError } from "../raw.js";
import type { CoreClimb } from "../anneal/raw.js";
import type { RawPairs } from "./raw.js";
import { describe, only } from "../shape.js";
import type { Network } from "./network.js";
import type { LayerWeights } from "./weights.js";
import type { LayerRows, Pairs, Rows } from "./pairs.js";

/** Weights and activations that a climb of a network has found. */
export interface Found {
  /** Weights of each layer after the inputs: `weights[0]` leads from the inputs to layer 1. */
  weights: LayerWeights[];
  /** Activations of every layer, the inputs first: pairs x neurons, row-major. */
  activations: Float64Array[];
}

/**
 * Climb of a network: one starting point with all its rungs, and the weights and activations at the
 * last.
 */
export interface NetworkClimb extends Climbed, Found {}

/** Best network of a run: the one of lowest action at the last rung. */
export interface BestNetwork extends Reached, Found {}

/** All climbs of an annealed network, with levels, verdict and the best network. */
export class NetworkRun extends Results<NetworkClimb, BestNetwork> {
  /** Network that was annealed. */
  readonly network: Network;
  readonly #pairs: RawPairs;

  /** @internal */
  constructor(outcome: Outcome, network: Network, pairs: RawPairs) {
    super(
      outcome,
      (climb) => climbOf(network, climb),
      ({ weights, activations }, reached) => {
        // A copy, so that changes to the best network do not change the climb that is resumed.
        const own = network.splitWeights(network.joinWeights(weights));
        return { ...reached, weights: own, activations: activations.map((layer) => layer.slice()) };
      },
    );
    this.network = network;
    this.#pairs = pairs;
  }

  /**
   * Predicts the outputs at new inputs: pairs x neurons of the last layer, row-major.
   *
   * @param options `forcing`: known numbers from outside, for layers that have them; `start`:
   *   number of the climb whose weights are used; default: the best one.
   * @throws LeastActionError by field.
   */
  predict(
    inputs: Rows,
    options: { forcing?: readonly LayerRows[]; start?: number } = {},
  ): Float64Array {
    const { start, ...rest } = only("options", options, ["forcing", "start"]);
    return this.network.predict(this.#found(start).weights, inputs, rest);
  }

  /**
   * Computes errors of predictions on pairs that were not annealed, beside those of the best
   * constant outputs.
   *
   * @param options `start`: number of the climb whose weights are used; default: the best one.
   * @throws LeastActionError by field.
   */
  predictionError(fresh: Pairs, options: { start?: number } = {}): PredictionError {
    const { start } = only("options", options, ["start"]);
    return this.network.errorBeside(this.#found(start).weights, fresh, this.#pairs);
  }

  /**
   * Run as plain data, for `JSON.stringify`. The parsed text can be passed as `resume`. NaN becomes
   * null, as JSON has no NaN.
   */
  toJSON(): Record<string, unknown> {
    const listed = (one: NetworkClimb | BestNetwork) => ({
      ...one,
      weights: Array.from(this.network.joinWeights(one.weights)),
      activations: one.activations.map((layer) => Array.from(layer)),
    });
    return { ...this.common(), best: listed(this.best), starts: this.starts.map(listed) };
  }

  /** Gives the network that a climb has found, the best one if there is no number. */
  #found(start: unknown): Found {
    if (start === undefined) return this.best;
    const climb = this.starts.find((climb) => climb.start === start);
    if (climb !== undefined) return climb;
    if (typeof start !== "number")
      throw wrongShape("start", `must be a number, got ${describe(start)}`);
    throw outOfRange("start", start, "the number of a starting path that was begun");
  }
}

/** @internal Gives a climb in the form that users see. */
export function climbOf(network: Network, climb: CoreClimb): NetworkClimb {
  const { start, rungs, stopped, failure, parameters, path } = climb;
  const found = {
    weights: network.splitWeights(parameters),
    activations: network.splitActivations(path),
  };
  return { start, rungs, stopped, failure, ...found };
}
