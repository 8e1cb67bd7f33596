// Tests of the options of a run besides model and data: defaults, bounds, priors, several data
// sets, parameters that change in time.
import { beforeAll, expect, test } from "vitest";
import { anneal, defineModel, init, lorenz63, lorenz96, twinExperiment } from "../src/index.js";
import { rejection, rootMeanSquare, thrown } from "./problem.js";

beforeAll(() => init());

test("with nothing said of ladder and starts a run ends as soon as a path is found", async () => {
  const model = lorenz96({ dimension: 20 });
  const observed = [0, 2, 4, 6, 8, 10, 14, 16];
  const twin = twinExperiment({
    model,
    timeStep: 0.025,
    points: 161,
    observed,
    noise: 0.5,
    seed: 3,
  });
  const totals: (number | null)[] = [];
  const run = await anneal({
    model,
    data: twin.data,
    measurementPrecision: 4,
    estimate: { forcing: { initial: [6, 10] } },
    onProgress: (p) => totals.push(p.total),
  });
  expect(run.verdict).toBe("consistent");
  expect(run.cancelled).toBe(false);
  expect(run.starts.length).toBeLessThan(20);
  expect(run.rungTable.starts).toBe(run.starts.length);
  expect(run.best.parameters.forcing).toBeCloseTo(8.17, 1);
  expect(rootMeanSquare(run.best.path, twin.truth)).toBeLessThan(0.2);
  expect(new Set(totals)).toEqual(new Set([null]));
  expect(run.best.path).toHaveLength(161 * 20);
});

test("bounds are kept, and the ones that hold are reported", async () => {
  const model = lorenz63();
  const twin = twinExperiment({
    model,
    timeStep: 0.02,
    points: 81,
    observed: [0],
    noise: 0.5,
    seed: 2,
  });
  const run = await anneal({
    model,
    data: twin.data,
    measurementPrecision: 4,
    estimate: { rho: { initial: [22, 26], bounds: [20, 27] } },
    bounds: { z: [0, 60] },
    startingPaths: { count: 2 },
  });
  // The truth is 28.
  expect(run.best.parameters.rho).toBe(27);
  expect(run.diagnose()).toContain("rho");
  for (let n = 0; n < 81; n += 1) expect(run.best.path[3 * n + 2]).toBeGreaterThanOrEqual(0);
});

test("several data sets share the parameters and have paths of their own", async () => {
  const model = lorenz63();
  const twins = [1, 2].map((seed) =>
    twinExperiment({
      model,
      timeStep: 0.02,
      points: seed === 1 ? 61 : 41,
      observed: [0],
      noise: 0.3,
      seed,
    }),
  );
  const run = await anneal({
    model,
    data: twins.map((twin) => twin.data),
    measurementPrecision: 1 / 0.09,
    estimate: { rho: { initial: [24, 32] } },
  });
  expect(run.verdict).toBe("consistent");
  expect(run.best.path).toHaveLength(3 * (61 + 41));
  expect(run.times).toHaveLength(61 + 41);
  expect(run.best.parameters.rho).toBeCloseTo(28, 0);
  const truth = Float64Array.from(twins.flatMap((twin) => [...twin.truth]));
  expect(rootMeanSquare(run.best.path, truth)).toBeLessThan(0.6);
  const later = run.predict({ until: 1, dataSet: 1 });
  expect([...later.path.slice(0, 3)]).toEqual([...run.best.path.slice(-3)]);
});

test("bounds of a parameter that is not estimated say what is wrong and what to do", async () => {
  const model = lorenz63();
  const twin = twinExperiment({
    model,
    timeStep: 0.02,
    points: 11,
    observed: ["x"],
    noise: 0.5,
    seed: 1,
  });
  const options = { model, data: twin.data, measurementPrecision: 4 };
  const error = await rejection(anneal({ ...options, bounds: { rho: [20, 30] } }));
  expect(error).toMatchObject({ code: "wrongShape", path: "bounds.rho" });
  expect((error as Error).message).toMatch(
    /rho is a parameter that is not estimated.*estimate\.rho\.bounds/,
  );
});

test("a prediction takes inputs by name, as functions or values, or all in one array", async () => {
  const model = defineModel({
    states: ["x"],
    inputs: ["u", "w"],
    equations: { x: "u - w*x" },
    initialState: [1],
  });
  const inputs = { u: (t: number) => Math.sin(t), w: (t: number) => 1 + 0.1 * t };
  const twin = twinExperiment({
    model,
    timeStep: 0.1,
    points: 21,
    observed: ["x"],
    noise: 0.01,
    seed: 1,
    inputs,
  });
  const run = await anneal({
    model,
    data: { ...twin.data, start: 0.5 },
    measurementPrecision: 1e4,
  });
  const asked: number[] = [];
  const until = 0.5 + 30 * 0.1;
  const byFunctions = run.predict({
    until,
    inputs: { w: inputs.w, u: (t) => (asked.push(t), inputs.u(t)) },
  });
  // The inputs of the window's last point come from the data.
  const points = [...byFunctions.times.slice(1)];
  expect(asked).toEqual(expect.arrayContaining(points));
  const [u, w] = [points.map(inputs.u), points.map(inputs.w)] as const;
  const byValues = run.predict({ until, inputs: { u, w } });
  expect(byValues.times).toEqual(byFunctions.times);
  // Functions are smooth between points, values are joined by straight lines.
  byValues.path.forEach((x, n) => expect(x).toBeCloseTo(byFunctions.path[n] as number, 2));
  expect(byValues.path).not.toEqual(byFunctions.path);
  const all = points.flatMap((_, i) => [u[i] as number, w[i] as number]);
  expect(run.predict({ until, inputs: all })).toEqual(byValues);

  const failing = (options: object) => thrown(() => run.predict({ until, ...options } as never));
  expect(failing({ inputs: { u, v: w } })).toMatchObject({ code: "unknownName", path: "inputs.v" });
  expect(failing({ inputs: { u } })).toMatchObject({ path: "inputs.w" });
  expect(failing({ inputs: { u: [1], w } })).toMatchObject({
    code: "wrongLength",
    path: "inputs.u",
  });
  expect(failing({ inputs: [1] })).toMatchObject({ code: "wrongLength", path: "inputs" });
  expect(failing({})).toMatchObject({ code: "wrongLength", path: "inputs" });
  // An invalid horizon is the first error that is reported.
  for (const bad of [1, Number.NaN, Infinity, "later"]) {
    expect(failing({ until: bad, inputs: { u, w } })).toMatchObject({ path: "until" });
  }
  expect(failing({ dataSet: 7, inputs: { u, w } })).toMatchObject({ path: "dataSet" });
});

test("a parameter may change in time, and a run with one is resumed to the same bits", async () => {
  // x' = -k (x - 1) with k going from 1 to 3: the decay quickens.
  const model = defineModel({
    states: ["x"],
    parameters: { k: 1 },
    equations: { x: "-k*(x - cos(t))" },
  });
  const timeStep = 0.05;
  const k = (t: number): number => 1 + Math.tanh(t - 3) + 1;
  const values: number[] = [];
  for (let n = 0, x = 2; n < 121; n += 1) {
    values.push(x);
    for (let m = 0; m < 100; m += 1) {
      const t = (n + m / 100) * timeStep;
      x += (timeStep / 100) * -k(t) * (x - Math.cos(t));
    }
  }
  const data = {
    start: 0,
    timeStep,
    points: 121,
    observed: [0],
    values: Float64Array.from(values),
  };
  const options = {
    model,
    data,
    measurementPrecision: 1e4,
    modelPrecision: { initial: 1, factor: 10, rungs: 7 },
    estimate: { k: { initial: [0.5, 4], smoothness: 1e2 } },
    startingPaths: { start: "data", count: 1, prune: false },
  } as const;
  const run = await anneal(options);
  const found = run.best.varying.k as Float64Array;
  expect(found).toHaveLength(121);
  expect(run.best.path).toHaveLength(121);
  for (const n of [30, 60, 90])
    expect(Math.abs((found[n] as number) - k(n * timeStep))).toBeLessThan(0.3);
  expect(run.best.parameters.k).toBeCloseTo(found.reduce((sum, value) => sum + value, 0) / 121, 12);

  const controller = new AbortController();
  const part = await anneal({
    ...options,
    signal: controller.signal,
    onProgress: (p) => p.done === 3 && controller.abort(),
  });
  expect(part.cancelled).toBe(true);
  const whole = await anneal({
    ...options,
    resume: JSON.parse(JSON.stringify(part)) as typeof part,
  });
  expect([...whole.best.path]).toEqual([...run.best.path]);
  expect([...(whole.best.varying.k as Float64Array)]).toEqual([...found]);
});

test("starts that noise does not explain are stopped, and resume if all others fail", async () => {
  const model = lorenz63();
  const twin = twinExperiment({
    model,
    timeStep: 0.02,
    points: 61,
    observed: [0],
    noise: 1,
    seed: 5,
  });
  // The stated noise is a hundredth of the true one, so no path can be that near.
  const run = await anneal({
    model,
    data: twin.data,
    measurementPrecision: 1e4,
    startingPaths: { count: 2 },
    refinement: { most: 1 },
  });
  expect(run.verdict).toBe("inconsistent");
  expect(run.cancelled).toBe(false);
  expect(run.starts.map(({ stopped }) => stopped)).toEqual([null, null]);
  expect(run.levels.flatMap(({ starts }) => starts).sort()).toEqual([0, 1]);
});
