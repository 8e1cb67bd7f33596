// The weights of networks: in one list, and layer by layer.
import { wrongLength, wrongShape } from "../errors.js";
import { describe, fields, float64Array, only } from "../shape.js";
import type { Places } from "./raw.js";

/**
 * The weights of one layer, which gets activations x from the layer before it and makes f(W x + U u + b) of them.
 */
export interface LayerWeights {
  /** Neurons of the layer: rows of W and U. */
  outputs: number;
  /** Neurons of the layer before: columns of W. */
  inputs: number;
  /** W: outputs x inputs, row-major. Empty where the layer is a model. */
  matrix: Float64Array;
  /** U, for what comes in from outside: outputs x forcing, row-major. */
  forcing: Float64Array;
  /** b, free or fixed; empty where there is none. */
  bias: Float64Array;
  /** The parameters of a layer that is a model. */
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

/** All weights in one list, or layer by layer. */
export type Weights = ArrayLike<number> | readonly LayerWeights[];

/** True if weights are said layer by layer. */
export function isByLayer(weights: Weights): weights is readonly LayerWeights[] {
  return Array.isArray(weights) && typeof weights[0] === "object" && weights[0] !== null;
}

/** The weights of one layer, of the list of all. */
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

/** Writes one layer's weights into the list of all; `filled` marks weights that a layer before has said: where layers are tied. */
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
