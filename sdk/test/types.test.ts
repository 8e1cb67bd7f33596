// What TypeScript knows: checked by `tsc`, so most of this only has to compile.
import { expect, expectTypeOf, test } from "vitest";
import {
  action,
  anneal,
  LeastActionError,
  lorenz63,
  lorenz96,
  logLotkaVolterra,
  twinExperiment,
} from "../src/index.js";
import type { ErrorFacts, Model, Observations, Run, Twin } from "../src/index.js";

declare const data: Observations;
declare const anyModel: Model;

// Never called: init has not been, and data does not exist.
export function compiles() {
  const common = {
    data,
    measurementPrecision: 4,
    modelPrecision: { initial: 1, factor: 2, rungs: 3 },
    startingPaths: { count: 1, range: [0, 1], seed: 1 },
  } as const;

  expectTypeOf(lorenz96({ dimension: 20 })).toEqualTypeOf<Model<"forcing", `x${number}`, never>>();
  expectTypeOf(lorenz63()).toEqualTypeOf<Model<"sigma" | "rho" | "beta", "x" | "y" | "z", never>>();
  expectTypeOf(logLotkaVolterra().parameters[0]?.name).toEqualTypeOf<
    "alpha" | "beta" | "gamma" | "delta" | undefined
  >();

  const model = lorenz63();
  const one = anneal({ model, ...common, estimate: { rho: { initial: [20, 30] } } });
  expectTypeOf(one).resolves.toEqualTypeOf<Run<"rho">>();
  const two = anneal({ model, ...common, estimate: { rho: { initial: [20, 30] }, beta: { initial: [1, 3] } } });
  expectTypeOf(two).resolves.toEqualTypeOf<Run<"rho" | "beta">>();
  expectTypeOf(anneal({ model, ...common })).resolves.toEqualTypeOf<Run<never>>();
  const loose = anneal({ model: anyModel, ...common, estimate: { anything: { initial: [0, 1] } } });
  expectTypeOf(loose).resolves.toEqualTypeOf<Run<"anything">>();

  // @ts-expect-error: no such parameter
  void anneal({ model, ...common, estimate: { roh: { initial: [20, 30] } } });
  // @ts-expect-error: no such parameter
  void anneal({ model, ...common, parameters: { roh: 28 } });
  // @ts-expect-error: a range has two ends
  void anneal({ model, ...common, estimate: { rho: { initial: [20] } } });
  // @ts-expect-error: no such discretization
  void anneal({ model, ...common, discretization: "simpson" });
  // @ts-expect-error: no such option
  void anneal({ model, ...common, estimat: {} });
  // @ts-expect-error: startingPaths is missing
  void anneal({ model, ...common, startingPaths: undefined });

  void one.then((run) => {
    expectTypeOf(run.best.parameters).toEqualTypeOf<Record<"rho", number>>();
    expectTypeOf(run.best.parameters.rho).toEqualTypeOf<number>();
    expectTypeOf(run.best.path).toEqualTypeOf<Float64Array>();
    expectTypeOf(run.starts[0]?.parameters.rho).toEqualTypeOf<number | undefined>();
    expectTypeOf(run.verdict).toEqualTypeOf<"consistent" | "inconsistent" | "undetermined" | "unfinished">();
    // @ts-expect-error: not estimated
    void run.best.parameters.sigma;
    void anneal({ model, ...common, estimate: { rho: { initial: [20, 30] } }, resume: run });
  });

  const a = action({ model, data, measurementPrecision: 1, estimate: ["rho"] });
  const { parameters } = a.gradient({ path: [], modelPrecision: 1, parameters: { rho: 28 } });
  expectTypeOf(parameters).toEqualTypeOf<Record<"rho", number>>();
  // @ts-expect-error: not estimated
  a.evaluate({ path: [], modelPrecision: 1, parameters: { beta: 28 } });

  const twin = twinExperiment({ model, timeStep: 0.1, points: 3, observed: [0], noise: 0, seed: 1 });
  expectTypeOf(twin).toEqualTypeOf<Twin<"sigma" | "rho" | "beta">>();
  // @ts-expect-error: no such parameter
  twinExperiment({ model, parameters: { forcing: 8 }, timeStep: 0.1, points: 3, observed: [0], noise: 0, seed: 1 });
}

test("the code of an error tells its facts", () => {
  const error = new LeastActionError("no", { code: "wrongLength", path: "p", length: 1, expected: 2, because: "so" });
  expect(error).toBeInstanceOf(Error);
  const facts: ErrorFacts = error.facts;
  if (facts.code === "wrongLength") expectTypeOf(facts.expected).toEqualTypeOf<number>();
  // @ts-expect-error: not a code
  expect(error.code === "wrongLenght").toBe(false);
  expectTypeOf<ErrorFacts["code"]>().toEqualTypeOf<typeof error.code>();
});
