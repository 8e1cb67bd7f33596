// Orbits through the layers of a network.
import { LeastActionError } from "../errors.js";
import { call } from "../instance.js";
import { copied, float64Array, only, plain } from "../shape.js";
import { crossing, type LayerRows } from "./pairs.js";
import type { Weights } from "./weights.js";

/** Where an orbit through layers begins. */
export interface LayerOrbitOptions {
  weights: Weights;
  /** Activations of layer 0, one per neuron. */
  x0: ArrayLike<number>;
  /** Their momenta. Of a stationary path of the action they are R_m (x - y) of the inputs. */
  p0: ArrayLike<number>;
  /** R_f, as in the action normalised as `"posterior"`. `Infinity`: the layers hold exactly. */
  modelPrecision: number;
  /** What comes in from outside, for layers that have it, of one pair. */
  forcing?: readonly LayerRows[];
  /** Whether the derivative of the map is computed too. Default: false. */
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

/** Activations and momenta layer by layer. */
export interface LayerOrbit {
  /** Of every layer that was reached, the inputs first. */
  activations: Float64Array[];
  /** Of the same form. */
  momenta: Float64Array[];
  /** The sum of R_f/2 |x_(l+1) - f_l(x_l)|^2, which is that of |p_(l+1)|^2 / (2 R_f). */
  modelError: number;
  /**
   * The derivative of (x, p) at the last layer reached in that at layer 0, 2 D x 2 D, column-major,
   * if it was asked for.
   */
  tangent: Float64Array | null;
  /** The largest entry of M^T J M - J, M being the tangent: 0 of a symplectic map. */
  symplecticDefect: number | null;
  /**
   * Why not all layers were reached: code `singular` where there is no map through the layer that
   * `path` names, `layers[0]` being the inputs.
   */
  failure: LeastActionError | null;
}

/** Parts of a network that an orbit needs. */
interface Layers {
  readonly spec: object;
  /** Known numbers that come in from outside, at each layer after the inputs. */
  readonly forcing: readonly number[];
  joinWeights(weights: Weights): Float64Array;
}

/** Follows the map that makes the action stationary from layer to layer. */
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
