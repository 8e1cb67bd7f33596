// The network as users see it.
import { wrongLength, wrongShape } from "../errors.js";
import { call } from "../instance.js";
import type { PredictionError } from "../raw.js";
import type { NetworkDescription, RawPairs } from "./raw.js";
import { copied, describe, float64Array, only, plain } from "../shape.js";
import { followLayers, type LayerOrbit, type LayerOrbitOptions } from "./orbit.js";
import { crossing, type LayerRows, type Pairs, pairsOf, type Rows, rowsOf } from "./pairs.js";
import { isByLayer, layerOf, type LayerWeights, put, type Weights } from "./weights.js";

/**
 * Network of layers one after the other, made by {@link feedforward} or {@link recurrent}. Layer 0
 * are the inputs.
 */
export class Network {
  /** Specification from which Rust makes the network. It is frozen. */
  readonly spec: object;
  /** Number of neurons of each layer, the inputs first. */
  readonly widths: readonly number[];
  /** Number of layers after the inputs. */
  readonly depth: number;
  /** Number of all weights, biases included. Weights of tied layers count once. */
  readonly weightCount: number;
  readonly #description: NetworkDescription;

  /** @internal */
  constructor(spec: object) {
    this.spec = spec;
    this.#description = call((raw) => raw.describeNetwork(spec));
    this.widths = this.#description.widths;
    this.depth = this.widths.length - 1;
    this.weightCount = this.#description.weightCount;
    // Rust makes the network from the specification for each call, so the latter must not change.
    deepFreeze(spec);
    Object.freeze(this.widths);
    Object.freeze(this);
  }

  /**
   * Predicts the outputs at `inputs`: pairs x neurons of the last layer, row-major.
   *
   * @param options `forcing`: known numbers from outside, for layers that have them, as in {@link
   *   Pairs}.
   * @throws LeastActionError by field.
   */
  predict(
    weights: Weights,
    inputs: Rows,
    options: { forcing?: readonly LayerRows[] } = {},
  ): Float64Array {
    return this.activations(weights, inputs, options).at(-1) as Float64Array;
  }

  /**
   * Computes the activations of every layer at `inputs`, the inputs first: each pairs x neurons,
   * row-major.
   *
   * @param options `forcing`: known numbers from outside, for layers that have them, as in {@link
   *   Pairs}.
   * @throws LeastActionError by field.
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
   * Follows one pair through the layers, from activations `x0` and momenta `p0` of the inputs on,
   * by the map that makes the action stationary: `p_(l+1) = (Df_l^T)^-1 p_l` and `x_(l+1) =
   * f_l(x_l) + p_(l+1) / R_f`. It is symplectic. The momentum p is the costate; with
   * `modelPrecision: Infinity` it is that of backpropagation.
   *
   * @throws LeastActionError by field. A layer through which there is no map (of another width than
   *   the one before, or with saturated neurons) is no error: the orbit has a `failure` of code
   *   `singular`.
   *
   * @example
   * const network = feedforward({ layers: [3, 3, 3], activation: "tanh" });
   * const weights = network.randomWeights();
   * const { activations, momenta } = network.orbit({
   *   weights,
   *   x0: [0.1, 0.2, 0.3],
   *   p0: [1, 0, 0],
   *   modelPrecision: 100,
   * });
   */
  orbit(options: LayerOrbitOptions): LayerOrbit {
    return followLayers(this, options);
  }

  /**
   * Compares predictions with pairs that the weights were not found from.
   *
   * @param trained pairs that the weights were found from; their means are the best constants.
   *   Default: the fresh ones.
   * @throws LeastActionError by field.
   */
  predictionError(weights: Weights, fresh: Pairs, trained: Pairs = fresh): PredictionError {
    return this.errorBeside(weights, fresh, pairsOf(trained, this, "trained"));
  }

  /**
   * @internal Compares predictions with fresh pairs, where the pairs of the training have been read
   *   already.
   */
  errorBeside(weights: Weights, fresh: Pairs, trained: RawPairs): PredictionError {
    const [all, one] = [this.joinWeights(weights), pairsOf(fresh, this, "fresh")];
    return call((raw) => raw.predictionError(this.spec, all, one, trained));
  }

  /**
   * Draws all weights at random, uniformly in `range`, and biases in `biases`.
   *
   * @param options `range`: interval of the weights; default: from -r to r, where r is one over the
   *   root of the number of neurons of the layer before; `biases`: interval of the biases; default:
   *   as `range`; `seed`: a whole number, the same seed gives the same bits; default: 0.
   * @throws LeastActionError by field.
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

  /**
   * Splits one list of all weights into weights layer by layer.
   *
   * @throws LeastActionError of code `wrongLength` for a list of another length.
   */
  splitWeights(all: ArrayLike<number>): LayerWeights[] {
    const list = float64Array("weights", all);
    this.#check("weights", list);
    return this.#description.places.map((places) => layerOf(places, list));
  }

  /**
   * Joins weights, layer by layer or in one list, to a new list. It is the inverse of {@link
   * Network.splitWeights}. Layers that are tied must have the same weights.
   *
   * @param path name of the weights in errors. Default: `"weights"`.
   * @throws LeastActionError by field, as `weights[2].matrix`.
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

  /** @internal Splits activations of all layers in one list into an array for each layer. */
  splitActivations(all: Float64Array): Float64Array[] {
    const pairs = all.length / this.widths.reduce((sum, width) => sum + width, 0);
    let start = 0;
    return this.widths.map((width) => all.slice(start, (start += pairs * width)));
  }

  /**
   * @internal Number of known numbers that come in from outside, for each layer after the inputs.
   */
  get forcing(): readonly number[] {
    return this.#description.forcing;
  }

  /** Layers of the network as a table in plain text. */
  toString(): string {
    return this.#description.text;
  }

  /** Checks that a list has a number for every weight. */
  #check(path: string, list: Float64Array): void {
    if (list.length === this.weightCount) return;
    throw wrongLength(path, list.length, this.weightCount, "one per weight of the network");
  }
}

/** True if a value is a network, of this copy of the library or of another. */
export function isNetwork(given: unknown): given is Network {
  if (given instanceof Network) return true;
  if (typeof given !== "object" || given === null) return false;
  const { spec, widths, joinWeights } = given as Record<string, unknown>;
  const isSpec = typeof spec === "object" && spec !== null && ("layers" in spec || "cell" in spec);
  return isSpec && Array.isArray(widths) && typeof joinWeights === "function";
}

/**
 * Gives the network of an option `model`.
 *
 * @throws LeastActionError of code `wrongShape` for a value that is not a network.
 */
export function networkOf(given: unknown, path = "model"): Network {
  if (isNetwork(given)) return given;
  throw wrongShape(path, `must be a network, such as feedforward() gives, got ${describe(given)}`);
}

/** Freezes a value and all that it contains; typed arrays cannot be frozen. */
function deepFreeze(value: unknown): void {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  Object.values(value).forEach(deepFreeze);
}
