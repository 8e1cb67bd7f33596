// Networks as a user writes them down.
import { wrongShape } from "../errors.js";
import type { CoreLayer } from "../raw.js";
import { type Model, specOf } from "../models.js";
import { checkFields, describe, only, plain, record } from "../shape.js";
import { Network } from "./network.js";

/** What all layers of a network have, unless they say otherwise. */
export interface LayerDefaults {
  /** f in `f(W x + U u + b)`. Default: `"logistic"`. */
  activation?: CoreLayer["activation"];
  /**
   * b: one unknown per neuron, `"free"`; known numbers, one per neuron; or `"none"`, zero. Default:
   * `"free"`.
   */
  bias?: "free" | "none" | ArrayLike<number>;
  /**
   * The step h of the residual form, `x + h f(W x + U u + b)`, for layers as wide as the one
   * before: Euler's step of a flow. Default: none.
   */
  residual?: number;
  /** Layers with the same name here have the same weights. Default: none, weights of their own. */
  share?: string;
  /** How many known numbers u come in from outside at this layer. Default: 0. */
  forcing?: number;
}

/** A layer of neurons. */
export interface NeuronLayer extends LayerDefaults {
  /** Neurons, at least 1. */
  width: number;
}

/**
 * A layer that is a model: its states are the neurons, its parameters the weights, its inputs what
 * comes in from outside.
 */
export interface ModelLayer {
  /** A map as it is; of a flow Euler's step, whose length h is `residual`. */
  map: Model;
  residual?: number;
  share?: string;
}

/** A number is a layer of so many neurons. */
export type LayerOptions = number | NeuronLayer | ModelLayer;

/** A feedforward network. */
export interface FeedforwardOptions extends LayerDefaults {
  /** The first are the inputs, a number; the last the outputs. */
  layers: readonly LayerOptions[];
}

/** A recurrent network. */
export type RecurrentOptions = (NeuronLayer | ModelLayer) & {
  /** How often the cell is applied: layers after the first. */
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
 * A network of layers, each with weights of its own unless they are tied by `share`. What is said
 * beside `layers` counts for all that do not say otherwise.
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
 * The same layer, the cell, with the same weights, `steps` times one after the other. Its neurons
 * may be measured at every step (`pairs.measurements`), and `forcing` known numbers come in at
 * every step.
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

/** Models by number: layers that are tied must have the same one. */
class Models {
  readonly specs: unknown[] = [];
  readonly #known = new Map<unknown, number>();

  numberOf(path: string, model: unknown): number {
    const known = this.#known.get(model);
    if (known !== undefined) return known;
    this.specs.push(specOf(model, path));
    this.#known.set(model, this.specs.length - 1);
    return this.specs.length - 1;
  }
}

/** A layer as Rust reads it, and the number of its model if it is one. */
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
