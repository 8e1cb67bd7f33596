// The action of a network by itself, for users with a minimiser of their own.
import { wrongLength, wrongShape } from "../errors.js";
import { Held } from "../instance.js";
import type { ActionValue, NetworkOptions } from "../raw.js";
import type { RawNetworkAction } from "./raw.js";
import {
  actionValueOf,
  arrayFor,
  describe,
  finiteNumber,
  float64Array,
  only,
  plain,
  record,
} from "../shape.js";
import { type Network, networkOf } from "./network.js";
import type { LayerWeights, Weights } from "./weights.js";
import { type Pairs, pairsOf } from "./pairs.js";

/** Options of {@link action} for a network. */
export interface NetworkActionOptions extends NetworkOptions {
  /** Network whose action is formed; see {@link feedforward} and {@link recurrent}. */
  model: Network;
  /** Pairs of inputs and outputs that were measured. */
  pairs: Pairs;
}

/** Point at which the action of a network is evaluated: R_f and all unknowns. */
export interface NetworkPoint {
  /** Model precision R_f. */
  modelPrecision: number;
  /**
   * Activations layer by layer, each pairs x neurons, row-major, then all weights; see {@link
   * NetworkAction.join}.
   */
  unknowns: ArrayLike<number>;
}

/**
 * Action of a network and its pairs, as a function of activations and weights; see {@link action}.
 */
export class NetworkAction {
  /** Number of unknowns: activations of all layers and pairs, and weights. */
  readonly unknowns: number;
  readonly #network: Network;
  readonly #held: Held<RawNetworkAction>;
  /** Buffer for the action and its parts, made once because evaluations are frequent. */
  readonly #result = new Float64Array(4);

  /** @internal */
  constructor(options: unknown) {
    const { model, pairs, ...rest } = record("options", options);
    const network = networkOf(model);
    const [crossed, given] = [pairsOf(pairs, network), plain("options", rest)];
    this.#network = network;
    this.#held = new Held("action", (raw) => new raw.NetworkAction(network.spec, crossed, given));
    this.unknowns = this.#held.use((raw) => raw.unknowns());
  }

  /**
   * Evaluates the action and its parts, which are weighted and sum to it.
   *
   * @throws LeastActionError by field.
   */
  evaluate(at: NetworkPoint): ActionValue {
    const { unknowns, modelPrecision } = only("options", at, ["unknowns", "modelPrecision"]);
    const [values, precision] = [
      this.#list("unknowns", unknowns),
      finiteNumber("modelPrecision", modelPrecision),
    ];
    this.#held.use((raw) => raw.evaluate(precision, values, this.#result));
    return actionValueOf(this.#result);
  }

  /**
   * Evaluates the action, its parts and its exact gradient in all unknowns.
   *
   * @param at the point; `into`: an array for the gradient, as long as the unknowns. Default: a new
   *   one.
   * @throws LeastActionError by field.
   */
  gradient(at: NetworkPoint & { into?: Float64Array }): ActionValue & { gradient: Float64Array } {
    const { unknowns, modelPrecision, into } = only("options", at, [
      "unknowns",
      "modelPrecision",
      "into",
    ]);
    const [values, precision] = [
      this.#list("unknowns", unknowns),
      finiteNumber("modelPrecision", modelPrecision),
    ];
    const gradient = arrayFor(into, values.length);
    this.#held.use((raw) => raw.gradient(precision, values, gradient, this.#result));
    return { ...actionValueOf(this.#result), gradient };
  }

  /**
   * Joins activations of all layers, each pairs x neurons, row-major, and weights to one list of
   * unknowns.
   *
   * @throws LeastActionError by field, as `activations[2]`.
   */
  join(activations: readonly ArrayLike<number>[], weights: Weights): Float64Array {
    const all = this.#network.joinWeights(weights);
    const unknowns = new Float64Array(this.unknowns);
    const { widths } = this.#network;
    if (!Array.isArray(activations)) {
      throw wrongShape(
        "activations",
        `must be an array with an entry per layer, got ${describe(activations)}`,
      );
    }
    if (activations.length !== widths.length) {
      throw wrongLength(
        "activations",
        activations.length,
        widths.length,
        "one list per layer, the inputs first",
      );
    }
    const pairs = (this.unknowns - all.length) / widths.reduce((sum, width) => sum + width, 0);
    let start = 0;
    widths.forEach((width, l) => {
      const values = float64Array(`activations[${l}]`, activations[l]);
      const because = `${pairs} pairs x ${width} neurons`;
      if (values.length !== pairs * width)
        throw wrongLength(`activations[${l}]`, values.length, pairs * width, because);
      unknowns.set(values, start);
      start += values.length;
    });
    unknowns.set(all, start);
    return unknowns;
  }

  /**
   * Splits a list of unknowns, or a gradient in them, into activations and weights layer by layer.
   * It is the inverse of {@link NetworkAction.join}.
   *
   * @throws LeastActionError of code `wrongLength` for a list of another length.
   */
  split(unknowns: ArrayLike<number>): { activations: Float64Array[]; weights: LayerWeights[] } {
    const all = this.#list("unknowns", unknowns);
    const first = this.unknowns - this.#network.weightCount;
    return {
      activations: this.#network.splitActivations(all.subarray(0, first)),
      weights: this.#network.splitWeights(all.subarray(first)),
    };
  }

  /**
   * Frees the memory of WebAssembly at once, instead of when the garbage collector runs. Any later
   * use throws an error of code `freed`.
   */
  free(): void {
    this.#held.free();
  }

  /** Gives a list of unknowns as a Float64Array and checks its length. */
  #list(path: string, given: unknown): Float64Array {
    const values = float64Array(path, given);
    if (values.length === this.unknowns) return values;
    throw wrongLength(
      path,
      values.length,
      this.unknowns,
      "activations of all layers, then all weights",
    );
  }
}
