// Networks as they cross.
import type { ErrorFacts, StopReason } from "../../generated/types.js";

export interface RawNetworkAction {
  /** How many activations and weights there are. */
  unknowns(): number;
  /** Writes the action and its parts to `result`. */
  evaluate(modelPrecision: number, unknowns: Float64Array, result: Float64Array): void;
  /** The same with the gradient. */
  gradient(
    modelPrecision: number,
    unknowns: Float64Array,
    gradient: Float64Array,
    result: Float64Array,
  ): void;
  free(): void;
}

export interface RawTrainer {
  /** Goes on for at most so many iterations; "interrupted" where there is more to do. */
  advance(iterations: number): {
    loss: number;
    stop: StopReason;
    iterations: number;
    evaluations: number;
  };
  weights(): Float64Array;
  free(): void;
}

/** Pairs as they cross. */
export interface RawPairs {
  head: unknown;
  inputs: Float64Array | undefined;
  outputs: Float64Array | undefined;
  measurements: readonly { layer: unknown; values: Float64Array }[];
  forcing: readonly { layer: unknown; values: Float64Array }[];
}

/** Where the weights of one layer lie among all: from, to. */
export interface Places {
  outputs: number;
  inputs: number;
  forcing: number;
  matrix: [number, number];
  forcingMatrix: [number, number];
  biases: [number, number];
  parameters: [number, number];
  /** Biases that are known. */
  fixed: number[] | null;
  /** Of a model's parameters. */
  names: string[];
}

/** What Rust says of a network. */
export interface NetworkDescription {
  widths: number[];
  weightCount: number;
  /** Known numbers that come in from outside, at each layer after the inputs. */
  forcing: number[];
  places: Places[];
  text: string;
}

/** An orbit through layers as it crosses: those that were reached, one after the other. */
export interface RawLayerOrbit {
  activations: Float64Array;
  momenta: Float64Array;
  modelError: number;
  tangent: Float64Array | null;
  symplecticDefect: number | null;
  failure: { message: string; facts: ErrorFacts } | null;
}

/** Pairs that Rust has made. */
export interface MadePairs {
  count: number;
  inputs: Float64Array;
  outputs: Float64Array;
  forcing: { layer: number; values: Float64Array }[];
}
