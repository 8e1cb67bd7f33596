// A problem that is solved in a fraction of a second, for tests.
import { Worker } from "node:worker_threads";
import { expect } from "vitest";
import { threads } from "../src/work/threads.node.js";
import type { Working } from "../src/work/work.js";
import { LeastActionError, lorenz96, twinExperiment } from "../src/index.js";

export function smallTwin() {
  const model = lorenz96({ dimension: 5 });
  const twin = twinExperiment({
    model,
    parameters: { forcing: 8.17 },
    timeStep: 0.025,
    points: 41,
    observed: [0, 1, 2, 4],
    noise: 0.5,
    seed: 1,
    further: 10,
  });
  return { model, twin };
}

export function smallOptions() {
  const { model, twin } = smallTwin();
  return {
    model,
    data: twin.data,
    measurementPrecision: 4,
    modelPrecision: { initial: 4e-4, factor: 3, rungs: 14 },
    estimate: { forcing: { initial: [6, 10] } },
    startingPaths: {
      start: "random",
      count: 3,
      enough: 3,
      prune: false,
      range: [-10, 10],
      seed: 2,
    },
  } as const;
}

/**
 * Options with more and longer rungs than the small ones, which leave time to stop in between, also
 * on a busy machine.
 */
export function longerOptions() {
  const options = smallOptions();
  const model = lorenz96({ dimension: 10 });
  const observed = [0, 1, 3, 4, 6, 8];
  const twin = twinExperiment({
    model,
    timeStep: 0.025,
    points: 101,
    observed,
    noise: 0.5,
    seed: 1,
  });
  return {
    ...options,
    model,
    data: twin.data,
    modelPrecision: { initial: 4e-4, factor: 1.5, rungs: 30 },
  };
}

export function rootMeanSquare(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const squares = Array.from(a, (value, i) => (value - (b[i] as number)) ** 2);
  return Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / squares.length);
}

/** Reason of the promise's rejection; throws if it resolves. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("it did not reject");
}

/** Error thrown by the function; throws if it returns. */
export function thrown(what: () => unknown): unknown {
  try {
    what();
  } catch (error) {
    return error;
  }
  throw new Error("it did not throw");
}

/** Checks that an error is one of the library at this path, and no panic. */
export function expectError(error: unknown, path: string, message: RegExp): void {
  expect(error).toBeInstanceOf(LeastActionError);
  expect(error).toMatchObject({ path, message: expect.stringMatching(message) as string });
  expect(error).not.toHaveProperty("code", "panic");
}

/** A run that takes milliseconds, as plain data whose fields can be replaced by anything. */
export function plainOptions(): Record<string, unknown> {
  const { model, twin } = smallTwin();
  return {
    model,
    data: { ...twin.data, points: 5, values: twin.data.values.slice(0, 20) },
    discretization: "simpson-hermite",
    normalization: "mean",
    measurementPrecision: 4,
    modelPrecision: { initial: 1e-2, factor: 10, rungs: 2 },
    parameters: {},
    estimate: { forcing: { initial: [6, 10] } },
    startingPaths: { count: 1, range: [-10, 10], seed: 2, observed: "data" },
    minimizer: { method: "lbfgs", memory: 3, maxIterations: 5, tolerance: 1e-3 },
  };
}

/**
 * Copy of `value` with the field at `path` replaced. A replacement of undefined leaves the field
 * there, as "not given".
 */
export function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

/**
 * Options for work in the worker threads of the built package, as the entry of the sources is that
 * of browsers.
 */
export const inThreads: Working = threads(
  (workerData) => new Worker(new URL("../../dist/worker.node.js", import.meta.url), { workerData }),
);
