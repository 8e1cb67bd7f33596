/** The task of all parts of this example, its network, and functions that train it. */
import {
  continuousNetwork,
  type BoundaryValueOptions,
  type BoundaryValueSolution,
  type ContinuousNetwork,
  type ContinuousNetworkOptions,
} from "least-action";
import { apart } from "../outcome.js";

export const width = 2;
/** Names of the weights: W, row-major, then b. */
export const weightNames = ["W₁₁", "W₁₂", "W₂₁", "W₂₂", "b₁", "b₂"];

/**
 * Points of a circle, moved along it by `shift` of their spacing, with the points that the network
 * is to carry them to: those of an ellipse, turned and moved.
 */
export function points(count: number, shift = 0): { inputs: number[][]; outputs: number[][] } {
  const angles = Array.from({ length: count }, (_, k) => (2 * Math.PI * (k + shift)) / count);
  const [cos, sin] = [Math.cos(0.6), Math.sin(0.6)];
  return {
    inputs: angles.map((a) => [Math.cos(a), Math.sin(a)]),
    outputs: angles.map((a) => {
      const [x, y] = [1.5 * Math.cos(a), 0.5 * Math.sin(a)];
      return [cos * x - sin * y + 0.2, sin * x + cos * y - 0.1];
    }),
  };
}

export const pairs = 8;
export const training = points(pairs);
/** Dimension of a network with constant weights: activations of all pairs, then W and b. */
export const dimension = pairs * width + weightNames.length;
/** Precisions of all networks in this example. */
export const precisions = { inputPrecision: 100, outputPrecision: 10, weightPrecision: 1 };

export const networkOf = (options: Partial<ContinuousNetworkOptions> = {}): ContinuousNetwork =>
  continuousNetwork({
    width,
    weights: "smooth",
    layerStep: "euler",
    ...training,
    ...precisions,
    ...options,
  });

type Trained = Omit<BoundaryValueOptions, "initialPath" | "timeStep"> & {
  layers: number;
  initialPath?: BoundaryValueOptions["initialPath"];
};

/**
 * Trains a network, from weights of 0 unless a path is given. Errors of the steps are accepted, as
 * their size is what the example is about, and a residual network of few layers has large ones.
 */
export async function train(
  network: ContinuousNetwork,
  { layers, ...options }: Trained,
): Promise<BoundaryValueSolution> {
  const system = network.mechanics();
  try {
    return await system.solveBoundaryValueProblem({
      initialPath: network.initialPath({ layers, deviation: 0 }),
      timeStep: network.depth / layers,
      meshTolerance: 0.9,
      secondVariation: false,
      ...options,
    });
  } finally {
    system.free();
  }
}

/**
 * Trains a network, and throws if there is no solution, which would be a mistake of the example.
 */
export async function trained(
  network: ContinuousNetwork,
  options: Trained,
): Promise<BoundaryValueSolution> {
  const solution = await train(network, options);
  if (solution.failure !== null && options.signal?.aborted !== true) throw solution.failure;
  return solution;
}

export const largest = (values: ArrayLike<number>): number =>
  apart(values, new Float64Array(values.length));

export const short = (value: number): string => value.toExponential(1);
