// Construction of networks from their layers.
import { wrongShape } from "../errors.js";
import type { CoreLayer } from "../raw.js";
import { type Model, specOf } from "../models.js";
import { checkFields, describe, only, plain, record } from "../shape.js";
import { Network } from "./network.js";

/** Properties of layers that have not set them themselves. */
export interface LayerDefaults {
  /** Activation function f in `f(W x + U u + b)`. Default: `"logistic"`. */
  activation?: CoreLayer["activation"];
  /**
   * Biases b: `"free"`, one unknown per neuron; known numbers, one per neuron; or `"none"`, zero.
   * Default: `"free"`.
   */
  bias?: "free" | "none" | ArrayLike<number>;
  /**
   * Step h of the residual form `x + h f(W x + U u + b)`, which is an Euler step of a flow. The
   * layer must be as wide as the one before. Default: none, the plain form.
   */
  residual?: number;
  /** Name of a group of layers that have the same weights. Default: none, weights of its own. */
  share?: string;
  /** Number of known numbers u that come into this layer from outside. Default: 0. */
  forcing?: number;
}

/** Layer of neurons, `f(W x + U u + b)`. */
export interface NeuronLayer extends LayerDefaults {
  /** Number of neurons, at least 1. */
  width: number;
}

/**
 * Layer that is a model: its states are the neurons, its parameters the weights, its inputs the
 * numbers that come in from outside.
 */
export interface ModelLayer {
  /**
   * Model of the layer. A map is applied as it is; a flow is followed by one Euler step of length
   * `residual`.
   */
  map: Model;
  /**
   * Length h of the Euler step of a flow, in the model's unit of time. Default: that beside
   * `layers`; none for maps.
   */
  residual?: number;
  /**
   * Name of a group of layers that have the same parameters. Default: none, parameters of its own.
   */
  share?: string;
}

/** Layer of a network: neurons, a model, or a number, which is a layer of that many neurons. */
export type LayerOptions = number | NeuronLayer | ModelLayer;

/**
 * Options of {@link feedforward}: the layers, and properties that hold for all layers unless they
 * set their own.
 */
export interface FeedforwardOptions extends LayerDefaults {
  /** Layers in order. The first are the inputs, given by their number; the last are the outputs. */
  layers: readonly LayerOptions[];
}

/**
 * Options of {@link recurrent}: the cell, a layer of neurons or a model, and the number of its
 * steps.
 */
export type RecurrentOptions = (NeuronLayer | ModelLayer) & {
  /** Number of times that the cell is applied, which is the number of layers after the first. */
  steps: number;
};

const DEFAULTS = [
  "activation",
  "bias",
  "residual",
  "share",
  "forcing",
] satisfies (keyof LayerDefaults)[];

/**
 * Makes a network of layers, each with weights of its own unless they are tied by `share`.
 * Properties given beside `layers` hold for all layers that do not set their own.
 *
 * @throws LeastActionError by field, as `layers[2].width`; `layers[0]` are the inputs.
 *
 * @example
 * const digits = feedforward({ layers: [784, 30, { width: 10, activation: "softmax" }] });
 * const deep = feedforward({ layers: Array(20).fill(10), activation: "tanh" });
 */
export function feedforward(options: FeedforwardOptions): Network {
  const { layers, ...defaults } = only("options", options, ["layers", ...DEFAULTS]);
  if (!Array.isArray(layers))
    throw wrongShape("layers", `must be an array of layers, got ${describe(layers)}`);
  const [first, ...others] = layers as unknown[];
  const models = new Models();
  const given = others.map((layer, l) => layerOf(`layers[${l + 1}]`, layer, defaults, models));
  const inputs =
    typeof first === "object" && first !== null ? only("layers[0]", first, ["width"]).width : first;
  if (typeof inputs !== "number")
    throw wrongShape("layers[0]", `must be the number of inputs, got ${describe(first)}`);
  const [written, maps] = [given.map(({ layer }) => layer), given.map(({ map }) => map)];
  return new Network({ inputs, layers: written, maps, models: models.specs });
}

/**
 * Makes a network that applies one layer, the cell, `steps` times with the same weights. Its
 * neurons may be measured at every step (`pairs.measurements`), and `forcing` known numbers come in
 * at every step.
 *
 * @throws LeastActionError by field, as `width`.
 *
 * @example
 * const network = recurrent({ width: 12, steps: 20, activation: "tanh", residual: 0.1 });
 */
export function recurrent(options: RecurrentOptions): Network {
  const { steps, ...rest } = record("options", options);
  const models = new Models();
  const { layer, map } = layerOf("", rest, {}, models);
  return new Network({ cell: layer, map, steps, models: models.specs });
}

/** Models of layers by number; layers that are tied must have the same one. */
class Models {
  /** Specifications of the models by number. */
  readonly specs: unknown[] = [];
  readonly #known = new Map<unknown, number>();

  /** Gives the number of a model, a new one for a model that has not occurred before. */
  numberOf(path: string, model: unknown): number {
    const known = this.#known.get(model);
    if (known !== undefined) return known;
    this.specs.push(specOf(model, path));
    this.#known.set(model, this.specs.length - 1);
    return this.specs.length - 1;
  }
}

/** Gives a layer in the form that Rust reads, and the number of its model if it is one. */
function layerOf(
  path: string,
  given: unknown,
  defaults: Record<string, unknown>,
  models: Models,
): { layer: unknown; map: number | undefined } {
  const at = path === "" ? "cell" : path;
  if (typeof given === "number") return layerOf(path, { width: given }, defaults, models);
  const own = record(at, given);
  if (own.map !== undefined) {
    checkFields(path, own, ["map", "residual", "share"]);
    const { residual, share } = { ...defaults, ...own };
    return { layer: plain(at, { residual, share }), map: models.numberOf(`${at}.map`, own.map) };
  }
  checkFields(path, own, ["width", "map", ...DEFAULTS]);
  const { bias, ...rest } = { ...defaults, ...own };
  const isKnown = typeof bias === "object" && bias !== null;
  const said = bias === undefined ? {} : { bias: isKnown ? { fixed: bias } : bias };
  return { layer: plain(at, { ...rest, ...said }), map: undefined };
}
