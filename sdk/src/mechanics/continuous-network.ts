// Networks of continuous depth: layers as time, training as a boundary-value problem of mechanics.
import { wrongShape } from "../errors.js";
import { call, Held } from "../instance.js";
import { type Rows, rowsOf } from "../network/pairs.js";
import type { CoreContinuousNetworkOptions, Raw } from "../raw.js";
import { float64Array, only, plain, record } from "../shape.js";
import { Mechanics } from "./mechanics.js";
import type { NetworkWidths, RawContinuousNetwork, RawMechanics } from "./raw.js";
import { ownSource } from "./source.js";

/** Options of {@link continuousNetwork}: the network and the pairs that it is trained on. */
export interface ContinuousNetworkOptions extends CoreContinuousNetworkOptions {
  /** Inputs of the training pairs: pairs x `inputWidth`. */
  inputs: Rows;
  /** Outputs of the training pairs: pairs x `outputWidth`; NaN where nothing was measured. */
  outputs: Rows;
}

/** Options of {@link ContinuousNetwork.initialPath}: its length, and given or random weights. */
export interface InitialPathOptions {
  /**
   * Number of layers after the first; the path has one point more. With `piecewise` weights a
   * multiple of the number of pieces.
   */
  layers: number;
  /**
   * Weights: W (width x width, row-major), then b; of one piece, for all pieces, or of every piece,
   * one after the other. Default: random ones.
   */
  weights?: ArrayLike<number>;
  /** Seed of random weights, a whole number. The same seed gives the same bits. Default: 0. */
  seed?: number;
  /**
   * Standard deviation of random weights, which are normal around 0; biases are 0. Default: one
   * over the root of `width`.
   */
  deviation?: number;
}

/** Names of the fields of {@link InitialPathOptions}. */
const pathFields = [
  "layers",
  "weights",
  "seed",
  "deviation",
] satisfies (keyof InitialPathOptions)[];

/** Network of continuous depth with its training pairs; see {@link continuousNetwork}. */
export class ContinuousNetwork {
  /**
   * Number of coordinates of the mechanics: the activations of all pairs (pairs x width), then W
   * and b of every piece.
   */
  readonly dimension: number;
  /** Number of training pairs. */
  readonly pairs: number;
  /** Layer number l of the last layer. The time of the mechanics runs from 0 to this value. */
  readonly depth: number;
  /** @internal Function by which Rust makes the mechanics of the network. */
  readonly source: (raw: Raw) => RawMechanics;
  readonly #held: Held<RawContinuousNetwork>;
  readonly #widths: NetworkWidths;

  /** @internal */
  constructor(options: unknown) {
    const { inputs, outputs, ...rest } = record("options", options);
    const own = plain("options", rest);
    // The widths come first, because they say how long the rows have to be.
    const widths = call((raw) => raw.ContinuousNetwork.widths(own));
    const [first, last] = [
      rowsOf("inputs", inputs, widths.inputs),
      rowsOf("outputs", outputs, widths.outputs),
    ];
    const make = (raw: Raw) => new raw.ContinuousNetwork(own, first, last);
    this.#held = new Held("continuousNetwork", make);
    this.#widths = widths;
    this.dimension = this.#held.use((raw) => raw.dimension());
    this.pairs = this.#held.use((raw) => raw.pairs());
    this.depth = this.#held.use((raw) => raw.depth());
    this.source = ownSource((raw) => {
      const network = make(raw);
      try {
        return network.mechanics();
      } finally {
        network.free();
      }
    });
  }

  /**
   * Gives the network and its data as a mechanical system. The path of least action between free
   * ends is the trained network. Its boundary-value problem needs a `timeStep`: `depth` over the
   * number of layers.
   *
   * @example
   * const { path } = await network.mechanics().solveBoundaryValueProblem({
   *   initialPath: network.initialPath({ layers: 20 }),
   *   timeStep: network.depth / 20,
   * });
   */
  mechanics(): Mechanics {
    return new Mechanics({ network: this });
  }

  /**
   * Makes the path (points x `dimension`) that given or random weights make of the inputs, as the
   * initial path of a boundary-value problem: `layers` steps of `layerStep`. The weights are
   * constant along it, or constant on each piece if they are given so.
   *
   * @throws LeastActionError by field.
   */
  initialPath(options: InitialPathOptions): Float64Array {
    const { layers, weights, ...random } = only("options", options, pathFields);
    const own = plain("options", random) as object;
    if (weights === undefined) {
      const drawn = { deviation: 1 / Math.sqrt(this.#widths.width), ...own };
      return this.#held.use((raw) => raw.initialPath(raw.startingWeights(drawn), layers));
    }
    const [odd] = Object.keys(own);
    if (odd !== undefined)
      throw wrongShape(odd, "is of random weights, and weights are given; leave one out");
    const given = float64Array("weights", weights);
    return this.#held.use((raw) => raw.initialPath(given, layers));
  }

  /**
   * Gives the activations of a pair along a path (points x `dimension`): points x `width`,
   * row-major.
   *
   * @throws LeastActionError by field.
   */
  activations(path: ArrayLike<number>, pair: number): Float64Array {
    const points = float64Array("path", path);
    return this.#held.use((raw) => raw.activations(points, pair));
  }

  /**
   * Gives the weights along a path (points x `dimension`): points x (W, row-major, then b). At a
   * point where two pieces meet they are those of the later one.
   *
   * @throws LeastActionError by field.
   */
  weights(path: ArrayLike<number>): Float64Array {
    const points = float64Array("path", path);
    return this.#held.use((raw) => raw.weights(points));
  }

  /**
   * Predicts the outputs (rows x `outputWidth`) for inputs (rows x `inputWidth`) with the weights
   * of a path (points x `dimension`), by steps of `layerStep` from each of its points to the next.
   *
   * @throws LeastActionError by field.
   */
  predict(path: ArrayLike<number>, inputs: Rows): Float64Array {
    const [points, rows] = [
      float64Array("path", path),
      rowsOf("inputs", inputs, this.#widths.inputs),
    ];
    return this.#held.use((raw) => raw.predict(points, rows));
  }

  /**
   * Frees the memory of WebAssembly at once, instead of when the garbage collector runs. Mechanics
   * that were made of the network stay valid; any later use of the network itself throws an error
   * of code `freed`.
   */
  free(): void {
    this.#held.free();
  }
}

/**
 * Makes a network whose activations follow `x' = f(W(l) x + b(l))` in the layer number l, and which
 * is to be trained on pairs of inputs and outputs. It is the limit of residual layers `x + h f(W x
 * + b)` for many thin layers. Inputs, outputs and the prior of the weights are measurements at its
 * ends, so that the trained network is a path of least action of mechanics. Its momenta are the
 * errors of backpropagation with the opposite sign.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * const network = continuousNetwork({
 *   width: 2,
 *   outputWidth: 1,
 *   inputs: [[0, 1], [1, 0]],
 *   outputs: [[0.5], [-0.5]],
 *   outputPrecision: 100,
 * });
 * const { path } = await network.mechanics().solveBoundaryValueProblem({
 *   initialPath: network.initialPath({ layers: 20 }),
 *   timeStep: network.depth / 20,
 * });
 * network.predict(path, [[0.2, 0.8]]);
 */
export function continuousNetwork(options: ContinuousNetworkOptions): ContinuousNetwork {
  return new ContinuousNetwork(options);
}
