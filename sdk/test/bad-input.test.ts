// Tests of wrong input: the error names the field and the remedy. Never a crash, another error, or
// silence.
import { beforeAll, describe, expect, test } from "vitest";
import {
  action,
  anneal,
  init,
  integrate,
  LeastActionError,
  lorenz63,
  lorenz96,
  observations,
  type Run,
  twinExperiment,
} from "../src/index.js";
import { plainOptions, rejection, replaced, smallTwin, thrown } from "./problem.js";

beforeAll(() => init());

const run = (given: unknown): Promise<Run> => anneal(given as Parameters<typeof anneal>[0]);
const runWith = (path: string, by: unknown) => run(replaced(plainOptions(), path.split("."), by));

describe("annealing options", () => {
  test.each([
    [
      "data.values",
      Float64Array.of(1, 2, 3),
      "wrongLength",
      "data.values",
      /expected 20 values \(5 points x 4/,
    ],
    [
      "data.values",
      new Float64Array(20).fill(NaN),
      "noObservations",
      "data.values",
      /at least one finite/,
    ],
    [
      "data.values",
      Float64Array.from({ length: 20 }, (_, i) => (i % 4 === 1 ? NaN : 1)),
      "noObservations",
      "data.observed[1]",
      /finite/,
    ],
    [
      "data.values",
      new Float64Array(20).fill(Infinity),
      "outOfRange",
      "data.values[0]",
      /NaN where nothing was measured, got Infinity/,
    ],
    [
      "data.values",
      Array(20).fill("1"),
      "wrongShape",
      "data.values[0]",
      /must be a number, got "1"/,
    ],
    ["data.values", "none", "wrongShape", "data.values", /array of numbers/],
    ["data.points", 4, "wrongLength", "data.values", /16/],
    ["data.timeStep", 0, "outOfRange", "data.timeStep", /greater than zero, got 0/],
    ["data.timeStep", undefined, "wrongShape", "data.timeStep", /is missing/],
    ["data.observed", [0, 1, 2, 5], "indexOutOfRange", "data.observed[3]", /use 0 to 4/],
    ["data.observed", [0, 1, 2, -1], "wrongShape", "data.observed[3]", /-1/],
    ["data.observed", [], "outOfRange", "data.observed.length", /at least 1/],
    ["data.colour", "red", "unknownName", "data.colour", /colour/],
    ["measurementPrecision", -4, "outOfRange", "measurementPrecision", /greater than zero, got -4/],
    ["measurementPrecision", 0, "outOfRange", "measurementPrecision", /greater than zero, got 0/],
    ["measurementPrecision", NaN, "outOfRange", "measurementPrecision", /got NaN/],
    [
      "measurementPrecision",
      "4",
      "wrongShape",
      "measurementPrecision",
      /must be a number, a list.*got "4"/,
    ],
    ["modelPrecision.rungs", 0, "outOfRange", "modelPrecision.rungs", /at least 1, got 0/],
    [
      "modelPrecision.rungs",
      1.5,
      "wrongShape",
      "modelPrecision.rungs",
      /a whole number from 0 to 4294967295, got 1\.5/,
    ],
    [
      "modelPrecision.rungs",
      2 ** 32,
      "wrongShape",
      "modelPrecision.rungs",
      /from 0 to 4294967295, got 4294967296/,
    ],
    ["modelPrecision.initial", 1e300, "outOfRange", "modelPrecision.initial", /got 1e300/],
    ["modelPrecision", true, "wrongShape", "modelPrecision", /must be an object, got true/],
    [
      "startingPaths.seed",
      2 ** 53,
      "wrongShape",
      "startingPaths.seed",
      /from 0 to 9007199254740991, got 9007199254740992/,
    ],
    [
      "startingPaths.prune",
      "no",
      "wrongShape",
      "startingPaths.prune",
      /must be true or false, got "no"/,
    ],
    ["parameters", 5, "wrongShape", "parameters", /must be an array or an object/],
    ["discretization", 5, "wrongShape", "discretization", /must be a name in quotes, got 5/],
    ["discretization", {}, "wrongShape", "discretization", /must be a name in quotes/],
    ["modelPrecision.rungs", 1e9, "outOfRange", "modelPrecision.rungs", /at most/],
    ["modelPrecision.rungs", 1000, "outOfRange", "modelPrecision.rungs", /R_f stays below 1e100/],
    [
      "modelPrecision.initial",
      "4",
      "wrongShape",
      "modelPrecision.initial",
      /must be a number, got "4"/,
    ],
    ["modelPrecision.initial", -1, "outOfRange", "modelPrecision.initial", /greater than zero/],
    ["modelPrecision.factor", 1, "outOfRange", "modelPrecision.factor", /greater than one/],
    [
      "modelPrecision.alpha",
      1,
      "unknownName",
      "modelPrecision.alpha",
      /known: initial, factor, rungs/,
    ],
    [
      "startingPaths.range",
      [-Infinity, 10],
      "outOfRange",
      "startingPaths.range[0]",
      /finite, got -Infinity/,
    ],
    [
      "startingPaths.range",
      [10, -10],
      "outOfRange",
      "startingPaths.range[1]",
      /at least the lower end, 10/,
    ],
    ["startingPaths.range", [1], "wrongShape", "startingPaths.range", /expected an interval/],
    ["startingPaths.count", 0, "outOfRange", "startingPaths.count", /at least 1/],
    ["startingPaths.count", 1e9, "outOfRange", "startingPaths.count", /at most/],
    ["startingPaths.seed", 0.5, "wrongShape", "startingPaths.seed", /0\.5/],
    [
      "startingPaths.observed",
      "dta",
      "unknownName",
      "startingPaths.observed",
      /did you mean "data"\? \(known: data, random\)/,
    ],
    [
      "discretization",
      "simpson",
      "unknownName",
      "discretization",
      /did you mean "simpson-hermite"/,
    ],
    ["parameters.forsing", 8, "unknownName", "parameters.forsing", /did you mean "forcing"/],
    ["parameters.forcing", 8, "duplicate", "parameters.forcing", /is to be estimated/],
    [
      "parameters",
      new Map([["forcing", 8]]),
      "wrongShape",
      "parameters",
      /plain object, not a Map/,
    ],
    ["estimate", ["forcing"], "wrongShape", "estimate", /field per parameter, got an array/],
    [
      "estimate.forcing.initial",
      [6, 8, 10],
      "wrongLength",
      "estimate.forcing.initial",
      /expected 2 values/,
    ],
    [
      "onprogress",
      1,
      "unknownName",
      "onprogress",
      /did you mean "onProgress".*known: model, data.*minimizer/,
    ],
    [
      "minimizer",
      [10, 1000],
      "wrongShape",
      "minimizer",
      /must be a name or an object, got an array/,
    ],
    ["minimizer", "lbgfs", "unknownName", "minimizer", /did you mean "lbfgs"/],
    ["minimizer", "trust-region", "unknownName", "minimizer", /known: lbfgs, structured/],
    [
      "estimate",
      { forsing: { initial: [6, 10] } },
      "unknownName",
      "estimate.forsing",
      /did you mean "forcing"/,
    ],
    ["estimate.forcing", {}, "wrongShape", "estimate.forcing.initial", /is missing/],
    [
      "estimate.forcing.initial",
      [6, NaN],
      "outOfRange",
      "estimate.forcing.initial[1]",
      /finite, got NaN/,
    ],
    ["minimizer.memory", 0, "outOfRange", "minimizer.memory", /at least 1/],
    ["minimizer.tolerance", 0, "outOfRange", "minimizer.tolerance", /between 0 and 1/],
    [
      "minimizer.maxIteration",
      9,
      "unknownName",
      "minimizer.maxIteration",
      /did you mean "maxIterations"/,
    ],
    ["estimat", {}, "unknownName", "estimat", /did you mean "estimate"/],
    ["model", "lorenz63", "wrongShape", "model", /lorenz63\(\)/],
    [
      "model",
      { spec: { name: "lorentz63" } },
      "unknownName",
      "model.name",
      /did you mean "lorenz63"/,
    ],
    ["data", undefined, "wrongShape", "data", /object/],
    ["onProgress", 7, "wrongShape", "onProgress", /function/],
    ["signal", {}, "wrongShape", "signal", /AbortSignal/],
    ["workers", -1, "outOfRange", "workers", /at least 0/],
    ["workers", "2", "wrongShape", "workers", /number/],
    ["resume", {}, "wrongShape", "resume.starts", /array/],
  ])("%s = %j", async (path, value, code, field, message) => {
    const error = await rejection(runWith(path, value));
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error).toMatchObject({ code, path: field, facts: { code, path: field } });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.startsWith(`${field}: `)).toBe(true);
    expect((error as Error).message).not.toMatch(
      /invalid (type|value)|variant|enum |struct |usize|[uf]64|JsValue|Error:/,
    );
  });

  test("an even number of points with simpson-hermite", async () => {
    const data = {
      ...smallTwin().twin.data,
      points: 4,
      values: smallTwin().twin.data.values.slice(0, 16),
    };
    // Runs make a grid of the scheme; the path of an action is that of its caller.
    expect((await run({ ...plainOptions(), data })).best.path).toHaveLength(25);
    const error = thrown(() =>
      action({ model: lorenz96({ dimension: 5 }), data, measurementPrecision: 1 }),
    );
    expect(error).toMatchObject({ code: "wrongPointCount", path: "data.points" });
    expect((error as Error).message).toMatch(
      /odd number of points.*got 4; use 5 points or another discretization/,
    );
    expect(
      (await run({ ...plainOptions(), data, discretization: "trapezoid" })).best.path,
    ).toHaveLength(20);
  });

  test("undefined is the same as not given", async () => {
    const whole = await run(plainOptions());
    const given = {
      ...plainOptions(),
      workers: undefined,
      parameters: undefined,
      normalization: undefined,
      signal: undefined,
    };
    expect((await run(given)).toJSON()).toEqual(whole.toJSON());
  });

  test.each([undefined, null, 7, "options"])("options = %j", async (given) => {
    expect(await rejection(run(given))).toMatchObject({ code: "wrongShape", path: "options" });
  });

  test("a BigInt", async () => {
    await expect(runWith("modelPrecision.rungs", 10n)).rejects.toMatchObject({
      code: "wrongShape",
      path: "modelPrecision.rungs",
    });
  });

  test("resuming with other data", async () => {
    const options = plainOptions() as { data: { values: number[] } };
    const done = await run(options);
    const values = Float64Array.from(options.data.values, (value) => value + 1);
    await expect(
      run({ ...options, data: { ...options.data, values }, resume: done }),
    ).rejects.toMatchObject({
      code: "outOfRange",
      message: expect.stringContaining("data and options of the first run") as string,
    });
  });

  test("a getter that throws", async () => {
    const modelPrecision = {
      get initial() {
        throw new Error("not now");
      },
    };
    expect(await rejection(runWith("modelPrecision", modelPrecision))).toMatchObject({
      code: "wrongShape",
    });
  });
});

describe("a run to resume", () => {
  const resume = async (change: (starts: Record<string, unknown>[]) => unknown[]) => {
    const done = JSON.parse(JSON.stringify(await run(plainOptions()))) as {
      starts: Record<string, unknown>[];
    };
    return rejection(run({ ...plainOptions(), resume: { starts: change(done.starts) } }));
  };

  test.each([
    [
      "a path of another length",
      (s) => s.map((one) => ({ ...one, path: [1] })),
      "wrongLength",
      "path",
    ],
    [
      "a path that is not finite",
      (s) => s.map((one) => ({ ...one, path: Array(25).fill(NaN) })),
      "outOfRange",
      "path[0]",
    ],
    [
      "a starting path that there is not",
      (s) => s.map((one) => ({ ...one, start: 5 })),
      "outOfRange",
      "start",
    ],
    ["the same twice", (s) => [...s, ...s], "duplicate", "start"],
    ["no rungs", (s) => s.map((one) => ({ ...one, rungs: 1 })), "wrongShape", "rungs"],
    [
      "no parameters",
      (s) => s.map((one) => ({ ...one, parameters: {} })),
      "wrongShape",
      "parameters",
    ],
    ["nothing", () => [null], "wrongShape", ""],
  ] satisfies [string, (starts: Record<string, unknown>[]) => unknown[], string, string][])(
    "%s",
    async (_name, change, code, field) => {
      const error = await resume(change);
      expect(error).toMatchObject({ name: "LeastActionError", code });
      expect((error as LeastActionError).path).toMatch(/^resume\.starts\[\d\]/);
      expect((error as LeastActionError).path).toContain(field);
    },
  );

  test("another ladder", async () => {
    const done = await run(plainOptions());
    const other = replaced(plainOptions(), ["modelPrecision", "factor"], 7) as object;
    const error = await rejection(run({ ...other, resume: done }));
    expect(error).toMatchObject({
      code: "outOfRange",
      path: "resume.starts[0].rungs[1].modelPrecision",
    });
  });
});

describe("the other functions", () => {
  const { NaN: nan } = Number;
  test.each([
    ["lorenz96", () => lorenz96({ dimension: 3 }), "outOfRange", "dimension"],
    ["lorenz96", () => lorenz96({ dimension: "4" as never }), "wrongShape", "dimension"],
    ["lorenz96", () => lorenz96({} as never), "wrongShape", "model.dimension"],
    ["lorenz96", () => lorenz96({ dimension: 1e7 }), "outOfRange", "dimension"],
    [
      "integrate",
      () => integrate({ ...forward(), initialState: [1, 2] }),
      "wrongLength",
      "initialState",
    ],
    [
      "integrate",
      () => integrate({ ...forward(), initialState: [1, 2, nan] }),
      "outOfRange",
      "initialState[2]",
    ],
    ["integrate", () => integrate({ ...forward(), timeStep: -1 }), "outOfRange", "timeStep"],
    ["integrate", () => integrate({ ...forward(), points: 0 }), "outOfRange", "points"],
    ["integrate", () => integrate({ ...forward(), points: 1e9 }), "outOfRange", "points"],
    ["integrate", () => integrate({ ...forward(), timeStep: 10 }), "notFinite", "path"],
    ["twinExperiment", () => twinExperiment({ ...twin(), noise: -1 }), "outOfRange", "noise"],
    [
      "twinExperiment",
      () => twinExperiment({ ...twin(), observed: [3] }),
      "indexOutOfRange",
      "observed[0]",
    ],
    ["twinExperiment", () => twinExperiment({ ...twin(), points: 1 }), "outOfRange", "points"],
    ["twinExperiment", () => twinExperiment({ ...twin(), spinUp: nan }), "outOfRange", "spinUp"],
    [
      "twinExperiment",
      () => twinExperiment({ ...twin(), initialState: [1] }),
      "wrongLength",
      "initialState",
    ],
    [
      "twinExperiment",
      () => twinExperiment({ ...twin(), seeds: 1 } as never),
      "unknownName",
      "seeds",
    ],
    [
      "action.evaluate",
      () => lorenz().evaluate({ path: [1], modelPrecision: 1 }),
      "wrongLength",
      "path",
    ],
    [
      "action.evaluate",
      () => lorenz().evaluate({ path: zeros(), modelPrecision: 0 }),
      "outOfRange",
      "modelPrecision",
    ],
    [
      "action.evaluate",
      () => lorenz().evaluate({ path: zeros() } as never),
      "wrongShape",
      "modelPrecision",
    ],
    [
      "action.evaluate",
      () => lorenz().evaluate({ path: [nan, ...zeros().slice(1)], modelPrecision: 1 }),
      "notFinite",
      "path",
    ],
    [
      "action.gradient",
      () => lorenz().gradient({ ...at(), parameters: { beta: 1 } as never }),
      "unknownName",
      "parameters.beta",
    ],
    [
      "action.gradient",
      () => lorenz().gradient({ ...at(), parameters: { rho: Infinity } }),
      "outOfRange",
      "parameters.rho",
    ],
    [
      "observations",
      () => observations({ times: [0, 1, 1.5, NaN], values: { 0: [1, 2, 3, 4] } }),
      "outOfRange",
      "times[3]",
    ],
    [
      "observations",
      () => observations({ times: [0, 1], values: { 0: [1] } }),
      "wrongLength",
      "values[0]",
    ],
    [
      "observations",
      () => observations({ times: [1, 1], values: { 0: [1, 2] } }),
      "wrongLength",
      "times",
    ],
    [
      "observations",
      () => observations({ times: [0], values: { 0: [1] } }),
      "wrongLength",
      "times",
    ],
    [
      "observations",
      () => observations({ times: [0, 1], values: { x: [1, 2] } as never }),
      "wrongShape",
      "values.x",
    ],
    [
      "observations",
      () => observations({ times: [0, 1], values: { 0: [1, 2] }, timeStep: 1e-12 }),
      "outOfRange",
      "timeStep",
    ],
    [
      "observations",
      () =>
        observations({
          times: [0, 1],
          values: { 0: [1, 2] },
          inputs: { u: { times: [0, 0], values: [1, 2] } },
        }),
      "outOfRange",
      "inputs.u.times[1]",
    ],
  ])("%s: %s", (_name, what, code, path) => {
    const error = thrown(what);
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error).toMatchObject({ code, path });
  });

  const forward = () => ({ model: lorenz63(), initialState: [1, 1, 25], timeStep: 0.1, points: 5 });
  const twin = () => ({
    model: lorenz63(),
    timeStep: 0.1,
    points: 5,
    observed: [0],
    noise: 0,
    seed: 1,
  });
  const lorenz = () =>
    action({
      model: lorenz63(),
      data: twinExperiment(twin()).data,
      measurementPrecision: 1,
      estimate: ["rho"],
    });
  const zeros = () => Array<number>(15).fill(0);
  const at = () => ({ path: zeros(), modelPrecision: 1 });
});
