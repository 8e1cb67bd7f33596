// Options for the library as plain data. The engine runs them, and the exported program is written
// from them.
import { outlineOf } from "./model-text.js";
import {
  type Estimated,
  type NetworkSettings,
  own,
  ownsAny,
  type PathSettings,
} from "./settings.js";

/** Probability inside a drawn band. */
export const BAND = 0.9;

/**
 * Discretisations for an odd and an even number of points. The better one has a point in the middle
 * of each step, so it needs an odd number.
 */
export const [ODD, EVEN] = ["simpson-hermite", "trapezoid"] as const;

export function discretizationOf(points: number) {
  return points % 2 === 1 ? ODD : EVEN;
}

/** Options of `anneal` for a path, except model, data and discretisation. */
export function pathOptionsOf(settings: PathSettings) {
  const { estimate, ladder, starts } = settings;
  const asked = Object.entries(estimate).map(([name, one]) => [name, estimateOf(one)] as const);
  const { strategy: start, count, seed } = starts;
  return {
    ...precisionsOf(settings),
    modelPrecision: ladder,
    estimate: Object.fromEntries(asked),
    // Every climb goes to the end, as users of the lab want to see them all.
    startingPaths: { start, count, enough: count, prune: false, seed },
  };
}

/** A parameter's estimate: starts from its range, and bounds where the user has given some. */
function estimateOf({ low, high, least, most }: Estimated): {
  initial: [number, number];
  bounds?: [number, number];
} {
  const initial: [number, number] = [low, high];
  if (least === undefined && most === undefined) return { initial };
  return { initial, bounds: [least ?? -Infinity, most ?? Infinity] };
}

/** The measurement precisions R_m and the model weights: one number where no state has its own. */
export function precisionsOf({
  model,
  observed,
  measurementPrecision,
  ownPrecisions,
  modelWeights,
}: PathSettings): {
  measurementPrecision: number | number[];
  modelWeights?: number[];
} {
  const states = outlineOf(model).states.map(({ name }) => name);
  const of = (record: Record<string, number>, names: string[], otherwise: number): number[] =>
    names.map((name) => own(record, name) ?? otherwise);
  return {
    measurementPrecision: ownsAny(ownPrecisions, observed)
      ? of(ownPrecisions, observed, measurementPrecision)
      : measurementPrecision,
    ...(ownsAny(modelWeights, states) && { modelWeights: of(modelWeights, states, 1) }),
  };
}

/**
 * Activation function of all layers. It is centred: layers of logistic neurons with such weights
 * forget their inputs.
 */
const ACTIVATION = "tanh" as const;

/** Number of fresh pairs that the found weights are tested on. */
export const FRESH = 200;

/** Bounds of the weights, as a multiple of the range of the true ones. */
const REACH = 2;

/** Options of `feedforward`. */
export function networkOf({ layers: [inputs = 0, ...others] }: NetworkSettings) {
  return { layers: [inputs, ...others.map((width) => ({ width, activation: ACTIVATION }))] };
}

/** Options of `randomWeights` for the true weights. */
export function weightsOf({ weightRange, seed }: NetworkSettings) {
  return { range: [-weightRange, weightRange] as [number, number], seed };
}

/** Options of `networkTwin`, except model and weights. */
export function pairsOf({ pairs, noise, seed }: NetworkSettings) {
  return { pairs, fresh: FRESH, inputNoise: noise, outputNoise: noise, seed };
}

/** Options of `anneal` for a network, except model and pairs. */
export function networkOptionsOf({ noise, weightRange, ladder, starts }: NetworkSettings) {
  const most = REACH * weightRange;
  const bounds: [number, number] = [-most, most];
  return {
    measurementPrecision: 1 / noise ** 2,
    modelPrecision: ladder,
    startingPaths: starts,
    weightBounds: bounds,
    biasBounds: bounds,
  };
}
