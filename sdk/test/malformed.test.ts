// Tests of random input: the outcome is a result or an error of this library; never a crash, a
// hang, or an error of another kind.
import fc from "fast-check";
import { beforeAll, describe, test } from "vitest";
import {
  action,
  anneal,
  feedforward,
  init,
  integrate,
  LeastActionError,
  lorenz63,
  lorenz96,
  observations,
  readCsv,
  readNpy,
  twinExperiment,
} from "../src/index.js";
import { plainOptions, replaced } from "./problem.js";

// The same inputs at every run; FUZZ_SEED and FUZZ_RUNS look for new ones.
const runs = {
  seed: Number(process.env.FUZZ_SEED ?? 20180),
  numRuns: Number(process.env.FUZZ_RUNS ?? 1000),
};

beforeAll(() => init());

describe("a thousand malformed inputs", () => {
  const numbers = fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    -1,
    -0,
    0,
    0.5,
    1,
    2,
    3,
    1e308,
    5e-324,
    2 ** 31,
    2 ** 53,
  );
  const garbage = fc.oneof(
    numbers,
    fc.anything({
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withNullPrototype: true,
      withSparseArray: true,
    }),
    fc.array(numbers, { maxLength: 25 }),
    fc.float64Array({ maxLength: 25 }),
    fc.constantFrom<unknown>(
      Symbol("garbage"),
      () => 1,
      new Proxy({}, {}),
      "simpson-hermite",
      "euler",
      "random",
      "forcing",
    ),
  );
  // Sizes are left small: a million points are no error, but take too long.
  const paths = [
    "",
    "model",
    "model.spec",
    "model.spec.name",
    "data",
    "data.start",
    "data.timeStep",
    "data.points",
    "data.observed",
    "data.observed.0",
    "data.values",
    "data.extra",
    "discretization",
    "normalization",
    "measurementPrecision",
    "modelPrecision",
    "modelPrecision.initial",
    "modelPrecision.factor",
    "modelPrecision.rungs",
    "modelPrecision.extra",
    "parameters",
    "parameters.forcing",
    "parameters.extra",
    "estimate",
    "estimate.forcing",
    "estimate.forcing.initial",
    "estimate.forcing.initial.0",
    "estimate.extra",
    "startingPaths",
    "startingPaths.count",
    "startingPaths.range",
    "startingPaths.range.1",
    "startingPaths.seed",
    "startingPaths.observed",
    "minimizer",
    "minimizer.memory",
    "minimizer.maxIterations",
    "minimizer.tolerance",
    "workers",
    "resume",
    "resume.starts",
    "onProgress",
    "signal",
    "extra",
  ];
  const mutation = fc.tuple(fc.constantFrom(...paths), garbage);

  async function okOrOurs(what: () => unknown): Promise<boolean> {
    try {
      await what();
      return true;
    } catch (error) {
      // A panic is an error of this library too, but it is a bug.
      if (error instanceof LeastActionError && error.code !== "panic") return true;
      throw error;
    }
  }

  test("of anneal", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        const apply = (given: unknown, [path, by]: [string, unknown]) =>
          replaced(given, path === "" ? [] : path.split("."), by);
        const given = mutations.reduce(apply, plainOptions() as unknown);
        return okOrOurs(() => anneal(given as Parameters<typeof anneal>[0]));
      }),
      runs,
    );
  }, 120_000);

  test("of everything else", async () => {
    const layerOrbit = { weights: [1, 0], x0: [0], p0: [1], modelPrecision: 1 };
    const calls = [
      (g: unknown) => lorenz96(g as never),
      (g: unknown) => lorenz96({ dimension: g as never }),
      (g: unknown) =>
        integrate({ model: lorenz63(), initialState: g as never, timeStep: 0.1, points: 2 }),
      (g: unknown) =>
        integrate({ model: g as never, initialState: [1, 1, 1], timeStep: g as never, points: 2 }),
      (g: unknown) =>
        twinExperiment({
          model: lorenz63(),
          timeStep: 0.1,
          points: 3,
          observed: g as never,
          noise: 0,
          seed: 1,
        }),
      (g: unknown) =>
        twinExperiment({
          model: lorenz63(),
          timeStep: 0.1,
          points: 3,
          observed: [0],
          noise: g as never,
          seed: g as never,
          spinUp: 0,
        }),
      (g: unknown) => twinExperiment(g as never),
      (g: unknown) => action(g as never),
      (g: unknown) =>
        action({ ...(plainOptions() as object), estimate: g, startingPaths: undefined } as never),
      (g: unknown) => feedforward({ layers: [1, 1] }).orbit(g as never),
      (g: unknown) =>
        feedforward({ layers: [1, 1] }).orbit({ ...layerOrbit, x0: g, p0: g } as never),
      (g: unknown) =>
        feedforward({ layers: [1, 1] }).orbit({
          ...layerOrbit,
          modelPrecision: g,
          tangent: g,
        } as never),
      (g: unknown) => observations(g as never),
      (g: unknown) => observations({ times: g as never, values: { 0: g as never } }),
      (g: unknown) => observations({ times: [0, 1], values: g as never, timeStep: g as never }),
      (g: unknown) => readCsv(g as never),
      (g: unknown) => readCsv("a,b\n1,2\n").column(g as never),
      (g: unknown) => readNpy(g as never),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...calls), garbage, (call, given) =>
        okOrOurs(() => call(given)),
      ),
      runs,
    );
  }, 120_000);
});
