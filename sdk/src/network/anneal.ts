// What a user says about annealing a network.
import { climbsOf, onClimbOf, type Plan, type Watching, watchOf } from "../anneal/options.js";
import type { NetworkTask } from "../anneal/task.js";
import { wrongLength, wrongShape } from "../errors.js";
import type { CoreNetworkAnnealOptions, NetworkOptions, Rung, Stopped } from "../raw.js";
import { describe, fields, float64Array, plain } from "../shape.js";
import type { Network } from "./network.js";
import type { LayerWeights, Weights } from "./weights.js";
import { type Pairs, pairsOf } from "./pairs.js";
import { climbOf, type NetworkClimb, NetworkRun } from "./run.js";

/** Everything about annealing a network. */
export interface NetworkAnnealOptions
  extends NetworkOptions, Omit<CoreNetworkAnnealOptions, "action">, Watching {
  model: Network;
  pairs: Pairs;
  /**
   * A run that was cancelled, to be continued with the same options; the result has the same bits
   * as one that was not.
   */
  resume?: ResumableNetworkRun;
  /**
   * To watch while it is found: told of what a starting path has become, some thirty times a
   * second, and at its end. What it throws stops the run and rejects its promise.
   */
  onPath?: (climb: NetworkClimb) => void;
}

/** As much of a run as is needed to go on with it: a run, or what `JSON.parse` makes of one. */
export interface ResumableNetworkRun {
  readonly starts: readonly {
    readonly start: number;
    readonly rungs: readonly Rung[];
    readonly weights: readonly LayerWeights[] | ArrayLike<number>;
    readonly activations: readonly ArrayLike<number>[];
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

/** Splits options. Those for Rust are checked there. */
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

/** Options of the action, and those around it: in Rust they are two. */
export function parted(
  rest: Record<string, unknown>,
  names: readonly string[],
): { outer: unknown; inner: unknown } {
  const all = Object.entries(rest);
  const of = (isOuter: boolean): unknown =>
    plain("options", Object.fromEntries(all.filter(([name]) => names.includes(name) === isOuter)));
  return { outer: of(true), inner: of(false) };
}

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
