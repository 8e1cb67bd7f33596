// What the library is asked for, as plain data: the engine runs it, and the program that a person
// takes along is written of it.
import { outlineOf } from "./model-text.js";
import { type NetworkSettings, own, ownsAny, type PathSettings } from "./settings.js";

/** Of the probability, inside what is drawn as a band. */
export const BAND = 0.9;

/** The better scheme has a point in the middle of each of its steps. */
export const [ODD, EVEN] = ["simpson-hermite", "trapezoid"] as const;

export function discretizationOf(points: number) {
  return points % 2 === 1 ? ODD : EVEN;
}

/** Of `anneal`, but for model, data and discretisation. */
export function pathOptionsOf(settings: PathSettings) {
  const { estimate, ladder, starts } = settings;
  const range = ({ low, high }: { low: number; high: number }): [number, number] => [low, high];
  const asked = Object.entries(estimate).map(
    ([name, one]) => [name, { initial: range(one), bounds: range(one) }] as const,
  );
  const { strategy: start, count, seed } = starts;
  return {
    ...precisionsOf(settings),
    modelPrecision: ladder,
    estimate: Object.fromEntries(asked),
    // All of them climb to the end: the lab is there to see them.
    startingPaths: { start, count, enough: count, prune: false, seed },
  };
}

/** R_m, and what R_f is multiplied by: one number, where no state has its own. */
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

/** Centred: layers of logistic neurons with such weights forget their inputs. */
const ACTIVATION = "tanh" as const;

/** New pairs that what is found is tried on. */
export const FRESH = 200;

/** How far beyond the true weights those that are found may go. */
const REACH = 2;

/** Of `feedforward`. */
export function networkOf({ layers: [inputs = 0, ...others] }: NetworkSettings) {
  return { layers: [inputs, ...others.map((width) => ({ width, activation: ACTIVATION }))] };
}

/** Of `randomWeights`, for the true ones. */
export function weightsOf({ weightRange, seed }: NetworkSettings) {
  return { range: [-weightRange, weightRange] as [number, number], seed };
}

/** Of `networkTwin`, but for model and weights. */
export function pairsOf({ pairs, noise, seed }: NetworkSettings) {
  return { pairs, fresh: FRESH, inputNoise: noise, outputNoise: noise, seed };
}

/** Of `anneal`, but for model and pairs. */
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
