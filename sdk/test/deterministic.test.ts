// Tests of the deterministic limit: uncertainty, profiles and sampling where the model is exact.
import { expect, test } from "vitest";
import {
  anneal,
  defineModel,
  init,
  type LeastActionError,
  observations,
  type ProfileProgress,
  samplePosterior,
} from "../src/index.js";
import { thrown } from "./problem.js";

await init();

const times = Array.from({ length: 21 }, (_, k) => 0.6 * k);
const sick = (() => {
  const f = ([s, i]: [number, number]): [number, number] => [-2 * s * i, 2 * s * i - 0.5 * i];
  let y: [number, number] = [0.99, 0.01];
  return times.map((_, k) => {
    const value = y[1] + 0.007 * Math.sin(12.9898 * (k + 1));
    for (let q = 0; q < 200; q += 1) {
      const [a, b] = f(y);
      const [c, d] = f([y[0] + 0.0015 * a, y[1] + 0.0015 * b]);
      y = [y[0] + 0.003 * c, y[1] + 0.003 * d];
    }
    return value;
  });
})();
const model = defineModel({
  states: ["s", "i"],
  parameters: { b: 1, g: 0.3 },
  equations: { s: "-b*s*i", i: "b*s*i - g*i" },
});
const epidemic = () =>
  anneal({
    model,
    data: observations({ model, times, values: { i: sick } }),
    measurementPrecision: 1 / 0.005 ** 2,
    estimate: { b: { initial: [0.5, 4] }, g: { initial: [0.1, 1] } },
    discretization: "rk4",
    workers: 0,
  });
const run = await epidemic();

test("by default the model is exact, and draws agree with least squares", async () => {
  const certain = run.uncertainty();
  expect(certain.modelPrecision).toBe(Infinity);
  // 2.067 +- 0.086 by a random walk in b, g and the first states, with this scheme and step.
  expect(certain.parameters.b.mean).toBeCloseTo(2.067, 1);
  expect(certain.parameters.b.deviation).toBeCloseTo(0.0862, 2);
  const posterior = await samplePosterior({ run, seed: 2, draws: 1000, workers: 0 });
  expect(posterior.modelPrecision).toBe(Infinity);
  expect(posterior.divergences.length).toBeLessThan(20);
  const { b } = posterior.parameters;
  const mean = b.reduce((sum, x) => sum + x, 0) / b.length;
  const variance = b.reduce((sum, x) => sum + (x - mean) ** 2, 0) / b.length;
  expect(mean).toBeCloseTo(2.067, 1);
  expect(Math.abs(Math.sqrt(variance) / 0.0862 - 1)).toBeLessThan(0.12);
  // Draws are whole paths, and every one obeys the model: a step of the scheme from the first
  // state is the second one.
  const draw = posterior.draw(1, 10);
  expect(draw.path).toHaveLength(2 * 21);
  const [s = NaN, i = NaN, next = NaN] = draw.path;
  const rate = (x: number, y: number) => -draw.parameters.b * x * y;
  const slope = (x: number, y: number): [number, number] => [
    rate(x, y),
    -rate(x, y) - draw.parameters.g * y,
  ];
  const [a, a2] = slope(s, i);
  const [c, c2] = slope(s + 0.3 * a, i + 0.3 * a2);
  const [d, d2] = slope(s + 0.3 * c, i + 0.3 * c2);
  const [e] = slope(s + 0.6 * d, i + 0.6 * d2);
  expect(next).toBeCloseTo(s + 0.1 * (a + 2 * c + 2 * d + e), 12);
  const band = posterior.band(0.9);
  const gaussian = certain.band(0.9);
  expect(Math.abs((band.upper[21] as number) / (gaussian.upper[21] as number) - 1)).toBeLessThan(
    0.05,
  );
  expect(certain.predict({ until: 15, count: 20 }).members).toBe(20);
  expect(JSON.parse(JSON.stringify(certain)).modelPrecision).toBeNull();
});

test("chains in the deterministic limit are resumed with the same bits", async () => {
  const options = { run, chains: 2, warmup: 20, draws: 10, workers: 0 } as const;
  const whole = await samplePosterior({ ...options, draws: 15 });
  const part = await samplePosterior(options);
  const resume = JSON.parse(JSON.stringify(part)) as object;
  const more = await samplePosterior({ ...options, draws: 15, resume });
  expect(more.parameters).toEqual(whole.parameters);
});

test("a number is still a number, and what does not fit is refused", async () => {
  expect(run.uncertainty({ modelPrecision: 1e6 }).modelPrecision).toBe(1e6);
  const at = thrown(() => run.uncertainty({ modelPrecision: -Infinity })) as LeastActionError;
  expect(at).toMatchObject({ code: "outOfRange", path: "modelPrecision" });
  await expect(
    samplePosterior({ run, modelPrecision: Infinity, annealing: {}, workers: 0 }),
  ).rejects.toMatchObject({ path: "annealing" });
  const stated = await anneal({
    model,
    data: observations({ model, times, values: { i: sick } }),
    measurementPrecision: 1 / 0.005 ** 2,
    estimate: { b: { initial: [0.5, 4] }, g: { initial: [0.1, 1] } },
    modelPrecision: { initial: 1, factor: 10, rungs: 8 },
    workers: 0,
  });
  expect(stated.uncertainty().modelPrecision).toBe(1e7);
});

test("a profile is that of least squares where the posterior is nearly normal", async () => {
  const { mean, deviation } = run.uncertainty().parameters.b;
  const seen: ProfileProgress[] = [];
  const profile = await run.profile("b", { onProgress: (one) => void seen.push(one) });
  expect(profile.open).toEqual([false, false]);
  expect(profile.remarks).toEqual([]);
  expect(profile.modelPrecision).toBe(Infinity);
  const [low, high] = profile.interval;
  expect(Math.abs(low - (mean - 1.96 * deviation))).toBeLessThan(0.3 * deviation);
  expect(Math.abs(high - (mean + 1.96 * deviation))).toBeLessThan(0.3 * deviation);
  expect(profile.rows).toHaveLength(profile.values.length);
  expect(profile.values.length).toBeLessThan(14);
  expect(Math.min(...profile.chiSquare)).toBe(0);
  expect(seen.map(({ fits }) => fits)).toEqual(seen.map((_, k) => k + 1));
  expect(seen.at(-1)?.share).toBeGreaterThan(0.8);
  await expect(run.profile("c" as never)).rejects.toMatchObject({
    code: "unknownName",
    path: "parameter",
  });
  await expect(run.profile("b", { confidence: 2 })).rejects.toMatchObject({
    code: "outOfRange",
    path: "confidence",
  });
});

test("a profile likelihood is the same on a logarithmic scale, in the parameter's unit", async () => {
  const scaled = await anneal({
    model,
    data: observations({ model, times, values: { i: sick } }),
    measurementPrecision: 1 / 0.005 ** 2,
    estimate: { b: { initial: [0.5, 4], scale: "log" }, g: { initial: [0.1, 1] } },
    discretization: "rk4",
    workers: 0,
  });
  const [one, other] = [await run.profile("b"), await scaled.profile("b")];
  const width = one.interval[1] - one.interval[0];
  for (const side of [0, 1] as const)
    expect(Math.abs(one.interval[side] - other.interval[side])).toBeLessThan(1e-3 * width);
  expect(Math.abs(one.estimate - other.estimate)).toBeLessThan(1e-3 * width);
});

test("a profile is stopped by its signal, after the fit that is being made", async () => {
  const stop = new AbortController();
  let fits = 0;
  const onProgress = (): void => {
    fits += 1;
    if (fits === 2) stop.abort(new Error("enough"));
  };
  await expect(run.profile("b", { onProgress, signal: stop.signal })).rejects.toThrow("enough");
  expect(fits).toBe(2);
  await expect(run.profile("b", { signal: stop.signal })).rejects.toThrow("enough");
});

test("a profile at a finite R_f has the width of the posterior there", async () => {
  const modelPrecision = 1e5;
  const { mean, deviation } = run.uncertainty({ modelPrecision }).parameters.b;
  const profile = await run.profile("b", { modelPrecision, confidence: 0.5 });
  expect(profile.modelPrecision).toBe(modelPrecision);
  const half = (profile.interval[1] - profile.interval[0]) / 2;
  // The quantile of the normal distribution at 75 %.
  expect(Math.abs(half / (0.6745 * deviation) - 1)).toBeLessThan(0.15);
  expect(Math.abs(profile.estimate - mean)).toBeLessThan(0.5 * deviation);
});

test("a parameter that changes in time has no profile, and others have one beside it", async () => {
  const changing = await anneal({
    model,
    data: observations({ model, times, values: { i: sick } }),
    measurementPrecision: 1 / 0.005 ** 2,
    estimate: { b: { initial: [1, 3], smoothness: 1e3 }, g: { initial: [0.3, 0.8] } },
    firstState: { s: 0.99, i: { mean: 0.01, deviation: 0.002 } },
    discretization: "rk4",
    workers: 0,
  });
  await expect(changing.profile("b")).rejects.toThrow(/b changes in time.*uncertainty\(\)/);
  const { interval, modelPrecision } = await changing.profile("g");
  expect(Number.isFinite(modelPrecision)).toBe(true);
  const { mean, deviation } = changing.uncertainty().parameters.g;
  expect(interval[0]).toBeLessThan(mean);
  expect(interval[1]).toBeGreaterThan(mean);
  expect(interval[1] - interval[0]).toBeGreaterThan(2 * deviation);
});
