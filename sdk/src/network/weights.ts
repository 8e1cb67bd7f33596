// Weights of networks, in one list and layer by layer.
import { wrongLength, wrongShape } from "../errors.js";
import { describe, fields, float64Array, only } from "../shape.js";
import type { Places } from "./raw.js";

/**
 * Weights of one layer, which turns the activations x of the layer before into f(W x + U u + b).
 */
export interface LayerWeights {
  /** Number of neurons of the layer, which are the rows of W and U. */
  outputs: number;
  /** Number of neurons of the layer before, which are the columns of W. */
  inputs: number;
  /** Matrix W: outputs x inputs, row-major. Empty if the layer is a model. */
  matrix: Float64Array;
  /** Matrix U, for numbers that come in from outside: outputs x forcing, row-major. */
  forcing: Float64Array;
  /** Biases b, free or fixed, one per neuron. Empty if there are none. */
  bias: Float64Array;
  /** Parameters by name of a layer that is a model. Empty for neurons. */
  parameters: Record<string, number>;
}

const layerFields = [
  "outputs",
  "inputs",
  "matrix",
  "forcing",
  "bias",
  "parameters",
] satisfies (keyof LayerWeights)[];

/** All weights of a network, in one list or layer by layer. */
export type Weights = ArrayLike<number> | readonly LayerWeights[];

/** True if weights are given layer by layer. */
export function isByLayer(weights: Weights): weights is readonly LayerWeights[] {
  return Array.isArray(weights) && typeof weights[0] === "object" && weights[0] !== null;
}

/** Cuts the weights of one layer out of the list of all. */
export function layerOf(places: Places, all: Float64Array): LayerWeights {
  const cut = ([from, to]: [number, number]): Float64Array => all.slice(from, to);
  const { outputs, inputs, names, fixed } = places;
  const values = cut(places.parameters);
  return {
    outputs,
    inputs,
    matrix: cut(places.matrix),
    forcing: cut(places.forcingMatrix),
    bias: fixed === null ? cut(places.biases) : Float64Array.from(fixed),
    parameters: Object.fromEntries(names.map((name, k) => [name, values[k] as number])),
  };
}

/**
 * Writes the weights of one layer into the list of all. `filled` marks weights that an earlier
 * layer has set, which is one that is tied to this layer.
 *
 * @throws LeastActionError by field, and if tied layers have different weights.
 */
export function put(
  path: string,
  layer: unknown,
  places: Places,
  all: Float64Array,
  filled: Uint8Array,
): void {
  const given = only(path, layer, layerFields);
  const at = (place: number, value: number, name: string): void => {
    if (filled[place] === 1 && all[place] !== value) {
      throw wrongShape(
        `${path}.${name}`,
        "is not what the layer that it is tied to has: change both, or neither",
      );
    }
    filled[place] = 1;
    all[place] = value;
  };
  const set = (name: string, [from, to]: [number, number]): void => {
    if (from === to) return;
    const values = float64Array(`${path}.${name}`, given[name]);
    if (values.length !== to - from) {
      throw wrongLength(`${path}.${name}`, values.length, to - from, "as many as the layer has");
    }
    values.forEach((value, k) => at(from + k, value, `${name}[${k}]`));
  };
  set("matrix", places.matrix);
  set("forcing", places.forcingMatrix);
  set("bias", places.biases);
  if (places.fixed !== null && given.bias !== undefined) {
    const bias = float64Array(`${path}.bias`, given.bias);
    const odd = bias.findIndex((value, k) => value !== places.fixed?.[k]);
    if (odd >= 0)
      throw wrongShape(`${path}.bias[${odd}]`, "is fixed by the network, and cannot be another");
  }
  if (places.names.length === 0) return;
  const parameters = fields(`${path}.parameters`, given.parameters);
  places.names.forEach((name, k) => {
    const value = parameters[name];
    if (typeof value !== "number") {
      throw wrongShape(`${path}.parameters.${name}`, `must be a number, got ${describe(value)}`);
    }
    at(places.parameters[0] + k, value, `parameters.${name}`);
  });
}
