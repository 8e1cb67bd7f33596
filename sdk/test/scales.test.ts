// Tests of parameters that are estimated by their logarithms or logits.
import { expect, test } from "vitest";
import { anneal, defineModel, init, observations, samplePosterior } from "../src/index.js";
import { expectError } from "./problem.js";

await init();
const truth = { k: 0.003, x0: 0.8 };
const model = defineModel({
  states: ["x"],
  parameters: { k: 1, x0: 1 },
  equations: { x: "-k * x" },
});
const times = Array.from({ length: 41 }, (_, n) => 10 * n);
const error = (n: number): number => 0.02 * (1.3 * Math.sin(2.1 * n) + 0.4 * Math.cos(0.7 * n));
const values = times.map((t, n) => truth.x0 * Math.exp(-truth.k * t) + error(n));
const data = observations({
  model,
  times,
  timeStep: 10,
  values: { observed: ["x"], values: [values] },
});
const told = { model, data, measurementPrecision: 2500, workers: 0 } as const;
const scaled = {
  ...told,
  estimate: {
    k: { initial: [1e-4, 0.1], scale: "log" },
    x0: { bounds: [0, 1], scale: "logit" },
  },
  firstState: { x: "x0" },
} as const;

/** Least squares over a fine grid of both parameters, refined about the best point. */
function leastSquares(): { k: number; x0: number } {
  let [k, x0, width] = [0.003, 0.8, 0.5];
  const sum = (rate: number, first: number): number =>
    times.reduce(
      (all, t, n) => all + ((values[n] as number) - first * Math.exp(-rate * t)) ** 2,
      0,
    );
  for (let round = 0; round < 60; round += 1) {
    const steps = [-1, -0.5, 0, 0.5, 1];
    const all = steps.flatMap((a) =>
      steps.map((b) => [k * (1 + width * a), x0 * (1 + width * b)] as const),
    );
    [k, x0] = all.reduce((best, one) => (sum(...one) < sum(...best) ? one : best));
    width *= 0.7;
  }
  return { k, x0 };
}

test("values, deviations, bands, draws and profiles are those of the parameters", async () => {
  const run = await anneal(scaled);
  expect(run.verdict).toBe("consistent");
  const right = leastSquares();
  expect(run.best.parameters.k / right.k).toBeCloseTo(1, 3);
  expect(run.best.parameters.x0 / right.x0).toBeCloseTo(1, 3);
  expect(run.starts[0]?.parameters.k).toBeGreaterThan(0);
  expect(run.starts[0]?.rungs.at(-1)?.parameters[0]).toBe(run.starts[0]?.parameters.k);

  const linear = await anneal({
    ...told,
    estimate: { k: { initial: [1e-4, 0.1] }, x0: { initial: [0.5, 1] } },
    firstState: { x: "x0" },
  });
  const [certain, plain] = [run.uncertainty(), linear.uncertainty()];
  for (const name of ["k", "x0"] as const) {
    expect(certain.parameters[name].mean / plain.parameters[name].mean).toBeCloseTo(1, 2);
    expect(certain.parameters[name].deviation / plain.parameters[name].deviation).toBeCloseTo(1, 1);
  }
  const covariance = certain.levels[0]?.parameterCovariance as Float64Array;
  expect(Math.sqrt(covariance[0] as number) / certain.parameters.k.deviation).toBeCloseTo(1, 9);
  const [low, high] = certain.band(0.9).parameters.k;
  expect(low).toBeGreaterThan(0);
  // The interval is symmetric about the median in the logarithm.
  expect((low * high) / certain.parameters.k.mean ** 2).toBeCloseTo(1, 9);
  const draws = certain.draws({ count: 400, seed: 3 });
  expect(Math.min(...draws.parameters.k)).toBeGreaterThan(0);
  expect(Math.max(...draws.parameters.x0)).toBeLessThan(1);
  const inside = draws.parameters.k.filter((k) => low < k && k < high).length / 400;
  expect(Math.abs(inside - 0.9)).toBeLessThan(0.06);
  const expected = certain.expected((_, { k }) => k).value;
  expect(Math.abs(expected / right.k - 1)).toBeLessThan(0.05);
  const future = certain.predict({ until: 500, count: 20 });
  expect(future.mean.every((x) => x > 0 && x < 1)).toBe(true);

  const sampled = await samplePosterior({ run, chains: 2, draws: 200, warmup: 200, workers: 0 });
  const mean = sampled.parameters.k.reduce((sum, k) => sum + k, 0) / sampled.parameters.k.length;
  expect(Math.abs(mean - certain.parameters.k.mean)).toBeLessThan(certain.parameters.k.deviation);
  expect(sampled.band(0.9).parameters.k[0]).toBeGreaterThan(0);
});

test("a climb goes on from the same bits", async () => {
  const whole = await anneal(scaled);
  const stop = new AbortController();
  let rungs = 0;
  const part = await anneal({
    ...scaled,
    signal: stop.signal,
    onProgress: () => {
      rungs += 1;
      if (rungs === 2) stop.abort();
    },
  });
  expect(part.cancelled).toBe(true);
  const read = JSON.parse(JSON.stringify(part)) as typeof part;
  for (const resume of [part, read]) {
    const rest = await anneal({ ...scaled, resume });
    expect(rest.best.parameters).toEqual(whole.best.parameters);
    expect(rest.best.path).toEqual(whole.best.path);
  }
});

test("priors of other families stand in the place of ranges", async () => {
  const prior = { family: "log-normal", median: 0.004, deviation: 0.01 } as const;
  const run = await anneal({
    ...scaled,
    estimate: { ...scaled.estimate, k: { prior, scale: "log10" } },
  });
  expect(run.best.parameters.k).toBeGreaterThan(0.0035);
  expect(run.best.parameters.k).toBeLessThan(0.004);
});

test("a profile has values of the parameter", async () => {
  const run = await anneal(scaled);
  const { estimate, interval, parameter } = await run.profile("k", { confidence: 0.9 });
  expect(parameter).toBe("k");
  expect(estimate / run.best.parameters.k).toBeCloseTo(1, 3);
  const band = run.uncertainty().band(0.9).parameters.k;
  expect(interval[0] / band[0]).toBeCloseTo(1, 1);
  expect(interval[1] / band[1]).toBeCloseTo(1, 1);
});

test("bad scales and priors are refused by field", async () => {
  const refused = async (k: object, path: string, message: RegExp): Promise<void> => {
    const estimate = { k } as never;
    expectError(await anneal({ ...told, estimate }).catch((e: unknown) => e), path, message);
  };
  await refused({ initial: [0, 1], scale: "log" }, "estimate.k.initial[0]", /greater than zero/);
  await refused({ scale: "log" }, "estimate.k.initial", /is missing/);
  await refused({ initial: [1, 2], scale: "cubic" }, "estimate.k.scale", /cubic/);
  const prior = { family: "gamma", shape: -1, mean: 1 };
  await refused({ prior, scale: "log" }, "estimate.k.prior.shape", /greater than zero/);
  const unknown = { family: "beta", shape: 1, mean: 1 };
  await refused({ prior: unknown, scale: "log" }, "estimate.k.prior.family", /log-normal/);
  const half = { family: "log-normal", median: 1 };
  await refused({ prior: half, scale: "log" }, "estimate.k.prior", /median and deviation/);
  await refused({ initial: [1, 3], bounds: [2, 4] }, "estimate.k.initial[0]", /within the bounds/);
});
