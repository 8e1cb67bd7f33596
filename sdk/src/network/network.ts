// What a network is to those who use it.
import { wrongLength, wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { PredictionError } from "../raw.js";
import type { NetworkDescription, RawPairs } from "./raw.js";
import { copied, describe, float64Array, only, plain } from "../shape.js";
import { followLayers, type LayerOrbit, type LayerOrbitOptions } from "./orbit.js";
import { crossing, type LayerRows, type Pairs, pairsOf, type Rows, rowsOf } from "./pairs.js";
import { isByLayer, layerOf, type LayerWeights, put, type Weights } from "./weights.js";

/**
 * Layers one after the other; see {@link feedforward} and {@link recurrent}. Layer 0 are the
 * inputs.
 */
export class Network {
  /** What Rust makes the network from. */
  readonly spec: object;
  /** Neurons of each layer, the inputs first. */
  readonly widths: readonly number[];
  /** Layers after the inputs. */
  readonly depth: number;
  /** Weights in all, biases included; those of tied layers count once. */
  readonly weightCount: number;
  readonly #description: NetworkDescription;

  /** @internal */
  constructor(spec: object) {
    this.spec = spec;
    this.#description = call((raw) => raw.describeNetwork(spec));
    this.widths = this.#description.widths;
    this.depth = this.widths.length - 1;
    this.weightCount = this.#description.weightCount;
    // Rust makes it anew from the specification each time, so that must not change.
    deepFreeze(spec);
    Object.freeze(this.widths);
    Object.freeze(this);
  }

  /**
   * The outputs at `inputs`: pairs x neurons of the last layer, row-major.
   *
   * @param options `forcing`: what comes in from outside, for layers that have it, as in {@link
   *   Pairs}.
   */
  predict(
    weights: Weights,
    inputs: Rows,
    options: { forcing?: readonly LayerRows[] } = {},
  ): Float64Array {
    return this.activations(weights, inputs, options).at(-1) as Float64Array;
  }

  /**
   * The activations of every layer at `inputs`, the inputs first: each pairs x neurons, row-major.
   */
  activations(
    weights: Weights,
    inputs: Rows,
    options: { forcing?: readonly LayerRows[] } = {},
  ): Float64Array[] {
    const { forcing } = only("options", options, ["forcing"]);
    const [all, rows] = [
      this.joinWeights(weights),
      rowsOf("inputs", inputs, this.widths[0] as number),
    ];
    const outside = crossing("forcing", forcing, this.#description.forcing);
    return this.splitActivations(
      call((raw) => raw.networkActivations(this.spec, all, rows, outside)),
    );
  }

  /**
   * Follows one pair through the layers from activations `x0` and momenta `p0` of the inputs on:
   * the map that makes the action stationary, `p_(l+1) = (Df_l^T)^-1 p_l` and
   * `x_(l+1) = f_l(x_l) + p_(l+1) / R_f`. It is symplectic; p is the costate, of
   * `modelPrecision: Infinity` that of backpropagation.
   *
   * @throws LeastActionError by field. That there is no map through a layer (of another width than
   *   the one before, or with saturated neurons) is no error, but the orbit's `failure`, of code
   *   `singular`.
   *
   * @example
   * const network = feedforward({ layers: [3, 3, 3], activation: "tanh" });
   * const weights = network.randomWeights();
   * const { activations, momenta } = network.orbit({ weights, x0: [0.1, 0.2, 0.3], p0: [1, 0, 0], modelPrecision: 100 });
   */
  orbit(options: LayerOrbitOptions): LayerOrbit {
    return followLayers(this, options);
  }

  /**
   * Compares predictions with pairs that the weights were not found from.
   *
   * @param trained the pairs that they were found from, for the best constants. Default: the fresh
   *   ones.
   */
  predictionError(weights: Weights, fresh: Pairs, trained: Pairs = fresh): PredictionError {
    return this.errorBeside(weights, fresh, pairsOf(trained, this, "trained"));
  }

  /** @internal The same, where the other pairs have been read already. */
  errorBeside(weights: Weights, fresh: Pairs, trained: RawPairs): PredictionError {
    const [all, one] = [this.joinWeights(weights), pairsOf(fresh, this, "fresh")];
    return call((raw) => raw.predictionError(this.spec, all, one, trained));
  }

  /**
   * All weights at random, uniform in `range`, biases in `biases`.
   *
   * @param options `range`: default from -r to r, r being one over the root of the number of
   *   neurons before; `biases`: default as the range; `seed`: the same gives the same bits, default
   *   0.
   */
  randomWeights(
    options: {
      range?: readonly [number, number];
      biases?: readonly [number, number];
      seed?: number;
    } = {},
  ): Float64Array {
    return call((raw) => raw.randomWeights(this.spec, plain("options", options)));
  }

  /** One list of all weights, layer by layer. */
  splitWeights(all: ArrayLike<number>): LayerWeights[] {
    const list = float64Array("weights", all);
    this.#check("weights", list);
    return this.#description.places.map((places) => layerOf(places, list));
  }

  /**
   * The other way round, in memory of its own; `path` is what errors call them. Layers that are
   * tied must have the same weights.
   */
  joinWeights(weights: Weights, path = "weights"): Float64Array {
    if (!isByLayer(weights)) {
      const list = copied(path, float64Array(path, weights));
      this.#check(path, list);
      return list;
    }
    const { places } = this.#description;
    if (weights.length !== places.length) {
      throw wrongLength(path, weights.length, places.length, "one per layer after the inputs");
    }
    const all = new Float64Array(this.weightCount);
    const filled = new Uint8Array(this.weightCount);
    places.forEach((at, l) => put(`${path}[${l}]`, weights[l], at, all, filled));
    return all;
  }

  /** @internal Activations of all layers, one after the other, as arrays of their own. */
  splitActivations(all: Float64Array): Float64Array[] {
    const pairs = all.length / this.widths.reduce((sum, width) => sum + width, 0);
    let start = 0;
    return this.widths.map((width) => all.slice(start, (start += pairs * width)));
  }

  /** @internal Known numbers that come in from outside, at each layer after the inputs. */
  get forcing(): readonly number[] {
    return this.#description.forcing;
  }

  /** The layers as a table. */
  toString(): string {
    return this.#description.text;
  }

  #check(path: string, list: Float64Array): void {
    if (list.length === this.weightCount) return;
    throw wrongLength(path, list.length, this.weightCount, "one per weight of the network");
  }
}

/** Whether something is a network, of this copy of the library or another. */
export function isNetwork(given: unknown): given is Network {
  if (given instanceof Network) return true;
  if (typeof given !== "object" || given === null) return false;
  const { spec, widths, joinWeights } = given as Record<string, unknown>;
  const isSpec = typeof spec === "object" && spec !== null && ("layers" in spec || "cell" in spec);
  return isSpec && Array.isArray(widths) && typeof joinWeights === "function";
}

/** The network that an option `model` has to be. */
export function networkOf(given: unknown, path = "model"): Network {
  if (isNetwork(given)) return given;
  throw wrongShape(path, `must be a network, such as feedforward() gives, got ${describe(given)}`);
}

function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}
