// Types of networks at the boundary to WebAssembly.
import type { ErrorFacts, StopReason } from "../../generated/types.js";

/** Action of a network in WebAssembly's memory. */
export interface RawNetworkAction {
  /** Number of activations and weights. */
  unknowns(): number;
  /** Writes the action and its parts to `result`. */
  evaluate(modelPrecision: number, unknowns: Float64Array, result: Float64Array): void;
  /**
   * Writes the action and its parts to `result`, and the gradient in all unknowns to `gradient`.
   */
  gradient(
    modelPrecision: number,
    unknowns: Float64Array,
    gradient: Float64Array,
    result: Float64Array,
  ): void;
  /** Frees the memory of the object. */
  free(): void;
}

/** Plain training of a network in WebAssembly's memory. */
export interface RawTrainer {
  /**
   * Trains for at most `iterations` iterations. The stop reason is `"interrupted"` if there is more
   * to do.
   */
  advance(iterations: number): {
    loss: number;
    stop: StopReason;
    iterations: number;
    evaluations: number;
  };
  /** All weights in one list. */
  weights(): Float64Array;
  /** Frees the memory of the object. */
  free(): void;
}

/** Pairs in the form that Rust takes. */
export interface RawPairs {
  /** Number of pairs, and the meaning of NaN among the inputs. */
  head: unknown;
  /** Inputs: pairs x neurons of layer 0, row-major; undefined if none were measured. */
  inputs: Float64Array | undefined;
  /** Outputs: pairs x neurons of the last layer, row-major; undefined if none were measured. */
  outputs: Float64Array | undefined;
  /** Measurements at layers in between: pairs x neurons, row-major. */
  measurements: readonly { layer: unknown; values: Float64Array }[];
  /** Known numbers that come in from outside, by layer: pairs x numbers, row-major. */
  forcing: readonly { layer: unknown; values: Float64Array }[];
}

/**
 * Positions of the weights of one layer in the list of all weights, as pairs of first index and
 * end.
 */
export interface Places {
  /** Number of neurons of the layer. */
  outputs: number;
  /** Number of neurons of the layer before. */
  inputs: number;
  /** Number of known numbers that come in from outside. */
  forcing: number;
  /** Position of W, outputs x inputs, row-major. */
  matrix: [number, number];
  /** Position of U, outputs x forcing, row-major. */
  forcingMatrix: [number, number];
  /** Position of the free biases b. */
  biases: [number, number];
  /** Position of the parameters of a layer that is a model. */
  parameters: [number, number];
  /** Biases that are known; null if they are free or there are none. */
  fixed: number[] | null;
  /** Names of the parameters of a layer that is a model. */
  names: string[];
}

/** Description of a network by Rust. */
export interface NetworkDescription {
  /** Number of neurons of each layer, the inputs first. */
  widths: number[];
  /** Number of all weights; those of tied layers count once. */
  weightCount: number;
  /** Number of known numbers that come in from outside, for each layer after the inputs. */
  forcing: number[];
  /** Positions of the weights, for each layer after the inputs. */
  places: Places[];
  /** Layers of the network as a table in plain text. */
  text: string;
}

/**
 * Orbit through layers as WebAssembly gives it. Its lists hold all layers that were reached, one
 * after the other.
 */
export interface RawLayerOrbit {
  /** Activations of the layers, the inputs first. */
  activations: Float64Array;
  /** Momenta of the layers, the inputs first. */
  momenta: Float64Array;
  /** Sum over the layers of R_f/2 |x_(l+1) - f_l(x_l)|^2. */
  modelError: number;
  /**
   * Derivative of (x, p) at the last layer reached with respect to that at layer 0, column-major;
   * null if it was not asked for.
   */
  tangent: Float64Array | null;
  /** Largest entry of M^T J M - J, where M is the tangent; null without the tangent. */
  symplecticDefect: number | null;
  /** Error that kept the orbit from reaching all layers; null if there was none. */
  failure: { message: string; facts: ErrorFacts } | null;
}

/** Pairs that Rust has made. */
export interface MadePairs {
  /** Number of pairs. */
  count: number;
  /** Inputs: pairs x neurons of layer 0, row-major. */
  inputs: Float64Array;
  /** Outputs: pairs x neurons of the last layer, row-major. */
  outputs: Float64Array;
  /** Known numbers that come in from outside, by layer. */
  forcing: { layer: number; values: Float64Array }[];
}
