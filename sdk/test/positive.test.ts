// Tests of positive states: everything that is given and seen is in natural units.
import { expect, test } from "vitest";
import { anneal, defineModel, init, observations, samplePosterior, vector } from "../src/index.js";
import { expectError } from "./problem.js";

await init();
const definition = {
  parameters: { k: 1 },
  equations: { x: "-k * x", y: "k * x" },
  observables: { load: "log(x)" },
} as const;
const model = defineModel({
  ...definition,
  states: { x: { unit: "mg", positive: true }, y: { positive: true } },
});
const plain = defineModel({ ...definition, states: { x: "mg", y: 1 } });
const times = Array.from({ length: 31 }, (_, n) => 0.1 * n);
const error = (n: number): number => 0.05 * (1.3 * Math.sin(2.1 * n) + 0.4 * Math.cos(0.7 * n));
const values = times.map((t, n) => 3 * Math.exp(-0.7 * t) + error(n));
const others = times.map((t, n) => 0.5 + 3 * (1 - Math.exp(-0.7 * t)) - error(n + 5));
const told = {
  noise: { x: 0.05, y: 0.05 },
  estimate: { k: { initial: [0.2, 2] } },
  workers: 0,
} as const;
const dataOf = (of: typeof model | typeof plain) =>
  observations({ model: of, times, timeStep: 0.1, values: { x: values, y: others } });

test("paths, bands, draws, covariances and predictions are in natural units", async () => {
  const run = await anneal({ ...told, model, data: dataOf(model) });
  const natural = await anneal({ ...told, model: plain, data: dataOf(plain) });
  expect(run.verdict).toBe("consistent");
  expect(run.chiSquare?.channels.map(({ name }) => name)).toEqual(["x", "y"]);
  expect(run.best.path.every((value) => value > 0)).toBe(true);
  const [own, other] = [run.uncertainty(), natural.uncertainty()];
  const [path, expectedPath] = [own, other].map(({ levels }) => levels[0]?.path as Float64Array);
  own.deviation.forEach((deviation, i) => {
    const distance = (path?.[i] as number) - (expectedPath?.[i] as number);
    // The logarithm of y bends more at first than y, so that the step makes a larger error.
    expect(Math.abs(distance) / deviation).toBeLessThan(0.15);
    expect(deviation / (other.deviation[i] as number)).toBeCloseTo(1, 1);
  });
  const [covariance, expected] = [own.stateCovariance(), other.stateCovariance()];
  covariance.forEach((one, i) => {
    const size = (own.deviation[0] as number) ** 2;
    expect(Math.abs(one - (expected[i] as number)) / size).toBeLessThan(0.1);
  });
  const { lower, upper } = own.band(0.9);
  expect(lower.every((low, i) => low > 0 && low < (upper[i] as number))).toBe(true);
  const draws = own.draws({ count: 200 });
  expect(draws.paths.every((x) => x > 0)).toBe(true);
  const future = run.predict({ until: 4 }).path;
  expect(future[0]).toBe(run.best.path.at(-2));
  expect(future.at(-2)).toBeCloseTo(natural.predict({ until: 4 }).path.at(-2) as number, 2);
  const forecast = own.predict({ until: 4, count: 50 });
  expect(forecast.paths.every((x) => x > 0)).toBe(true);
  expect(forecast.mean[0]).toBeCloseTo(run.best.path.at(-2) as number, 1);
});

test("a run that was written down goes on from the same bits", async () => {
  const options = { ...told, model, data: dataOf(model), startingPaths: { count: 2, enough: 2 } };
  const run = await anneal(options);
  const saved = JSON.parse(JSON.stringify(run)) as typeof run;
  const again = await anneal({ ...options, resume: saved });
  expect(again.best.path).toEqual(run.best.path);
  expect(again.best.parameters).toEqual(run.best.parameters);
});

test("samples are of the states themselves", async () => {
  const run = await anneal({ ...told, model, data: dataOf(model) });
  const posterior = await samplePosterior({ run, chains: 2, draws: 300, seed: 1, workers: 0 });
  expect(posterior.path[0]).toBeCloseTo(3, 1);
  const own = run.uncertainty().deviation[0] as number;
  expect((posterior.deviation[0] as number) / own).toBeGreaterThan(0.75);
  expect((posterior.deviation[0] as number) / own).toBeLessThan(1.3);
});

test("first states, bounds and ranges are in natural units, and wrong ones are refused", async () => {
  const data = dataOf(model);
  const run = await anneal({
    ...told,
    model,
    data,
    firstState: { x: { mean: 3, deviation: 0.01 }, y: "k - k + 0.5" },
    bounds: { x: [0, 10] },
  });
  expect(run.best.path[1]).toBeCloseTo(0.5, 5);
  const wrong = (more: object) => anneal({ ...told, model, data, ...more });
  const caught = (more: object) => wrong(more).catch((thrown: unknown) => thrown);
  expectError(await caught({ firstState: { x: 0 } }), "firstState.x", /positive/);
  expectError(await caught({ bounds: { x: [-3, 0] } }), "bounds.x[1]", /positive/);
  const range = { x: [0, 1] };
  const path = "startingPaths.range.x[0]";
  expectError(await caught({ startingPaths: { range } }), path, /x is positive/);
});

test("positive states are declared singly or as vectors", async () => {
  const ring = defineModel({
    states: vector("x", 3, { positive: true, initial: 1 }),
    equations: "-x[i] + x[i-1]",
  });
  expect(ring.definition.states[0]?.positive).toBe(true);
  const caught = (state: object): unknown => {
    try {
      return defineModel({ states: { x: state as { unit: 1 } }, equations: { x: "-x" } });
    } catch (thrown) {
      return thrown;
    }
  };
  expectError(caught({ positive: true, initial: -1 }), "states[0].initial", /positive/);
  expectError(caught({ positive: "yes" }), "states.x.positive", /true or false/);
});
