// Networks of continuous depth: layers as time, training as a boundary-value problem of mechanics.
import { wrongShape } from "../errors.js";
import { call, Held } from "../instance.js";
import { type Rows, rowsOf } from "../network/pairs.js";
import type { CoreContinuousNetworkOptions, Raw } from "../raw.js";
import { float64Array, only, plain, record } from "../shape.js";
import { Mechanics } from "./mechanics.js";
import type { NetworkWidths, RawContinuousNetwork, RawMechanics } from "./raw.js";
import { ownSource } from "./source.js";

/** What a network of continuous depth is, and what it is trained on. */
export interface ContinuousNetworkOptions extends CoreContinuousNetworkOptions {
  /** pairs x `inputWidth`. */
  inputs: Rows;
  /** pairs x `outputWidth`; NaN where nothing was measured. */
  outputs: Rows;
}

/** What an initial path is made of: given weights, or random ones. */
export interface InitialPathOptions {
  /**
   * Layers after the first; the path has one point more. With `piecewise` weights a multiple of the
   * number of pieces.
   */
  layers: number;
  /**
   * W (width x width, row-major), then b: of one piece, for all, or of every piece, one after the
   * other. Default: random ones.
   */
  weights?: ArrayLike<number>;
  /** Of random weights; the same gives the same bits. Default: 0. */
  seed?: number;
  /**
   * Of random weights, which are normal around 0; biases are 0. Default: one over the root of
   * `width`.
   */
  deviation?: number;
}

/** Names of {@link InitialPathOptions}. */
const pathFields = [
  "layers",
  "weights",
  "seed",
  "deviation",
] satisfies (keyof InitialPathOptions)[];

/** A network of continuous depth with its training pairs; see {@link continuousNetwork}. */
export class ContinuousNetwork {
  /**
   * Number of coordinates of its mechanics: the activations of all pairs (pairs x width), then W
   * and b of every piece.
   */
  readonly dimension: number;
  /** Number of training pairs. */
  readonly pairs: number;
  /** l of the last layer; the time of its mechanics goes from 0 to here. */
  readonly depth: number;
  /** @internal How Rust makes its mechanics. */
  readonly source: (raw: Raw) => RawMechanics;
  readonly #held: Held<RawContinuousNetwork>;
  readonly #widths: NetworkWidths;

  /** @internal */
  constructor(options: unknown) {
    const { inputs, outputs, ...rest } = record("options", options);
    const own = plain("options", rest);
    // Rows can be read once it is known how long they have to be.
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
   * The network and its data as a mechanical system. The path of least action between free ends is
   * the trained network. Its boundary-value problem needs a `timeStep`, `depth` over the number of
   * layers.
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
   * The path (points x `dimension`) that weights make of the inputs, for a boundary-value problem
   * to begin with: `layers` steps of `layerStep`. The weights do not change along it, but from
   * piece to piece if they are given so.
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
   * The activations of a pair along a path (points x `dimension`): points x `width`.
   *
   * @throws LeastActionError by field.
   */
  activations(path: ArrayLike<number>, pair: number): Float64Array {
    const points = float64Array("path", path);
    return this.#held.use((raw) => raw.activations(points, pair));
  }

  /**
   * The weights along a path (points x `dimension`): points x (W, row-major, then b). Where pieces
   * meet they are those of the later one.
   *
   * @throws LeastActionError by field.
   */
  weights(path: ArrayLike<number>): Float64Array {
    const points = float64Array("path", path);
    return this.#held.use((raw) => raw.weights(points));
  }

  /**
   * The outputs (rows x `outputWidth`) that the weights of a path (points x `dimension`) make of
   * inputs (rows x `inputWidth`), by steps of `layerStep` from each of its points to the next.
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
   * Gives WebAssembly's memory back at once instead of some day. Mechanics that were made of the
   * network stay.
   */
  free(): void {
    this.#held.free();
  }
}

/**
 * A network whose activations follow `x' = f(W(l) x + b(l))` in the layer number l, trained on
 * pairs of inputs and outputs: the limit of residual layers `x + h f(W x + b)` for many thin ones.
 * Inputs, outputs and the prior of the weights are measurements at its ends, so that the trained
 * network is a path of least action of mechanics, whose momenta are the errors that backpropagation
 * carries, with their signs turned.
 *
 * @throws LeastActionError by field.
 *
 * @example
 * const network = continuousNetwork({ width: 2, outputWidth: 1, inputs: [[0, 1], [1, 0]], outputs: [[0.5], [-0.5]], outputPrecision: 100 });
 * const { path } = await network.mechanics().solveBoundaryValueProblem({ initialPath: network.initialPath({ layers: 20 }), timeStep: network.depth / 20 });
 * network.predict(path, [[0.2, 0.8]]);
 */
export function continuousNetwork(options: ContinuousNetworkOptions): ContinuousNetwork {
  return new ContinuousNetwork(options);
}
