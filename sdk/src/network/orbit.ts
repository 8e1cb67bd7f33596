// Orbits through the layers of a network.
import { LeastActionError } from "../errors.js";
import { call } from "../instance.js";
import { copied, float64Array, only, plain } from "../shape.js";
import { crossing, type LayerRows } from "./pairs.js";
import type { Weights } from "./weights.js";

/** Initial point of an orbit through the layers of a network, with the settings of the map. */
export interface LayerOrbitOptions {
  /** Weights of the network, layer by layer or in one list. */
  weights: Weights;
  /** Activations of layer 0, one per neuron. */
  x0: ArrayLike<number>;
  /**
   * Momenta of layer 0, one per neuron. On a stationary path of the action they are R_m (x - y) of
   * the inputs.
   */
  p0: ArrayLike<number>;
  /**
   * Model precision R_f of the action in the normalisation `"posterior"`. `Infinity`: the layers
   * hold exactly.
   */
  modelPrecision: number;
  /** Known numbers from outside, one row for each layer that has them. Default: none. */
  forcing?: readonly LayerRows[];
  /** True to compute the derivative of the map too. Default: false. */
  tangent?: boolean;
}

const names = [
  "weights",
  "x0",
  "p0",
  "modelPrecision",
  "forcing",
  "tangent",
] satisfies (keyof LayerOrbitOptions)[];

/** Orbit through the layers of a network: activations and momenta layer by layer. */
export interface LayerOrbit {
  /** Activations of every layer that was reached, the inputs first. */
  activations: Float64Array[];
  /** Momenta of every layer that was reached, the inputs first, one per neuron. */
  momenta: Float64Array[];
  /**
   * Sum over the layers of R_f/2 |x_(l+1) - f_l(x_l)|^2, which equals the sum of |p_(l+1)|^2 / (2
   * R_f).
   */
  modelError: number;
  /**
   * Derivative of (x, p) at the last layer reached with respect to that at layer 0: 2 D x 2 D,
   * column-major. Null if it was not asked for.
   */
  tangent: Float64Array | null;
  /**
   * Largest entry of M^T J M - J, where M is the tangent; 0 for a symplectic map. Null without the
   * tangent.
   */
  symplecticDefect: number | null;
  /**
   * Error that kept the orbit from reaching all layers, of code `singular`; its `path` names the
   * layer without a map, `layers[0]` being the inputs. Null if all layers were reached.
   */
  failure: LeastActionError | null;
}

/** Parts of a network that an orbit needs. */
interface Layers {
  /** Specification from which Rust makes the network. */
  readonly spec: object;
  /** Number of known numbers that come in from outside, for each layer after the inputs. */
  readonly forcing: readonly number[];
  /** Joins weights to one list. */
  joinWeights(weights: Weights): Float64Array;
}

/**
 * Follows the map that makes the action stationary from layer to layer.
 *
 * @throws LeastActionError by field.
 */
export function followLayers(network: Layers, options: unknown): LayerOrbit {
  const { weights, x0, p0, forcing, ...rest } = only("options", options, names);
  const all = network.joinWeights(weights as Weights);
  const [x, p] = [copied("x0", float64Array("x0", x0)), copied("p0", float64Array("p0", p0))];
  const outside = crossing("forcing", forcing, network.forcing);
  const raw = call((raw) =>
    raw.followLayers(network.spec, all, x, p, outside, plain("options", rest)),
  );
  const { activations, momenta, failure, ...found } = raw;
  // Layers of another width than the inputs are not reached.
  const layers = (all: Float64Array): Float64Array[] =>
    Array.from({ length: all.length / x.length }, (_, l) =>
      all.slice(l * x.length, (l + 1) * x.length),
    );
  return {
    ...found,
    activations: layers(activations),
    momenta: layers(momenta),
    failure: failure === null ? null : new LeastActionError(failure.message, failure.facts),
  };
}
