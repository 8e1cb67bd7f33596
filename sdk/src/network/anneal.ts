// Options of annealing for a network.
import { climbsOf, onClimbOf, type Plan } from "../anneal/options.js";
import { type Watching, watchOf } from "../anneal/watch.js";
import type { NetworkTask } from "../anneal/task.js";
import { wrongLength, wrongShape } from "../errors.js";
import type { CoreNetworkAnnealOptions, NetworkOptions, Rung, Stopped } from "../raw.js";
import { describe, fields, float64Array, plain } from "../shape.js";
import type { Network } from "./network.js";
import type { LayerWeights, Weights } from "./weights.js";
import { type Pairs, pairsOf } from "./pairs.js";
import { climbOf, type NetworkClimb, NetworkRun } from "./run.js";

/** Options of {@link anneal} for a network. */
export interface NetworkAnnealOptions
  extends NetworkOptions, Omit<CoreNetworkAnnealOptions, "action">, Watching {
  /** Network to be annealed; see {@link feedforward} and {@link recurrent}. */
  model: Network;
  /** Pairs of inputs and outputs that were measured. */
  pairs: Pairs;
  /**
   * Run that was cancelled, to be continued with the same options. The result has the same bits as
   * one that was not cancelled. Default: none.
   */
  resume?: ResumableNetworkRun;
  /**
   * Callback for watching the search: gets the activations and weights that were found on a rung,
   * at most about thirty times a second, and at the end of each climb. If it throws, the run stops
   * and its promise rejects.
   */
  onPath?: (climb: NetworkClimb) => void;
}

/**
 * Part of a run that is needed to continue it: a run, or the result of `JSON.parse` of its JSON.
 */
export interface ResumableNetworkRun {
  /** Climbs that were begun, each with its number, its rungs and its last point. */
  readonly starts: readonly {
    /** Number of the starting path, from 0 on. */
    readonly start: number;
    /** Rungs that were reached, lowest R_f first. */
    readonly rungs: readonly Rung[];
    /** Weights at the last rung, layer by layer or in one list. */
    readonly weights: readonly LayerWeights[] | ArrayLike<number>;
    /**
     * Activations at the last rung of every layer, the inputs first: pairs x neurons, row-major.
     */
    readonly activations: readonly ArrayLike<number>[];
    /** Reason why the climb was given up; null or absent if it was not. */
    readonly stopped?: Stopped | null;
  }[];
}

const outer = [
  "modelPrecision",
  "startingPaths",
  "minimizer",
] satisfies (keyof CoreNetworkAnnealOptions)[];
const own = [
  "model",
  "pairs",
  "workers",
  "resume",
  "onProgress",
  "onPath",
  "signal",
] satisfies (keyof NetworkAnnealOptions)[];

/**
 * Splits the options of a network into those of the action, of the annealing and of the SDK.
 * Options for Rust are checked there.
 */
export function planOf(model: Network, options: unknown): Plan<NetworkRun> {
  const {
    model: _,
    pairs,
    workers,
    resume,
    onProgress,
    onPath,
    signal,
    ...rest
  } = fields("options", options);
  const { inner, ...split } = parted(rest, outer);
  const crossed = pairsOf(pairs, model);
  const task: NetworkTask = {
    kind: "networks",
    spec: model.spec,
    pairs: crossed,
    action: inner,
    options: split.outer,
    ownNames: [...own, ...outer],
  };
  return {
    task,
    watch: watchOf({ workers, onProgress, signal }),
    onClimb: onClimbOf(onPath, (climb) => climbOf(model, climb)),
    earlier: () => climbsOf(resume, (path, climb) => pointOf(path, climb, model)),
    result: (outcome) => new NetworkRun(outcome, model, crossed),
  };
}

/**
 * Separates options of the action from the others, which are named in `names`: Rust has two types
 * for them.
 */
export function parted(
  rest: Record<string, unknown>,
  names: readonly string[],
): { outer: unknown; inner: unknown } {
  const all = Object.entries(rest);
  const of = (isOuter: boolean): unknown =>
    plain("options", Object.fromEntries(all.filter(([name]) => names.includes(name) === isOuter)));
  return { outer: of(true), inner: of(false) };
}

/** Reads the last point of an earlier climb: activations as one path, and the weights. */
function pointOf(
  at: string,
  { weights, activations }: Record<string, unknown>,
  model: Network,
): { path: Float64Array; parameters: Float64Array } {
  if (!Array.isArray(activations)) {
    throw wrongShape(
      `${at}.activations`,
      `must be an array with an entry per layer, got ${describe(activations)}`,
    );
  }
  const widths = model.widths;
  if (activations.length !== widths.length) {
    throw wrongLength(
      `${at}.activations`,
      activations.length,
      widths.length,
      "one list per layer, the inputs first",
    );
  }
  const layers = Array.from(activations as unknown[], (layer, l) =>
    float64Array(`${at}.activations[${l}]`, layer),
  );
  const count = (layers[0]?.length ?? 0) / (widths[0] as number);
  layers.forEach((layer, l) => {
    const expected = count * (widths[l] as number);
    if (layer.length === expected) return;
    throw wrongLength(
      `${at}.activations[${l}]`,
      layer.length,
      expected,
      "pairs x neurons of the layer",
    );
  });
  const path = new Float64Array(layers.reduce((sum, layer) => sum + layer.length, 0));
  layers.reduce((start, layer) => (path.set(layer, start), start + layer.length), 0);
  return { path, parameters: model.joinWeights(weights as Weights, `${at}.weights`) };
}
