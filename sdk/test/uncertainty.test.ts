// How certain a run is: Gaussians about the lowest minima.
import { expect, test } from "vitest";
import {
  anneal,
  type AnnealOptions,
  defineModel,
  init,
  LeastActionError,
  lorenz96,
  observations,
  twinExperiment,
} from "../src/index.js";
import { thrown } from "./problem.js";

await init();
const errorOf = (what: () => unknown): LeastActionError => thrown(what) as LeastActionError;
const model = lorenz96({ dimension: 5 });
const twin = twinExperiment({ model, timeStep: 0.05, points: 61, observed: [0, 2, 3], noise: 0.3, seed: 4 });
const annealed = (extra: Partial<AnnealOptions<"forcing", "forcing">> = {}) =>
  anneal<"forcing", "forcing">({
    model,
    data: twin.data,
    measurementPrecision: 1 / 0.3 ** 2,
    estimate: { forcing: { initial: [6, 10] } },
    startingPaths: { seed: 1 },
    workers: 0,
    ...extra,
  });

test("bands, draws and expected values agree with each other and with the truth", async () => {
  const run = await annealed();
  expect(run.verdict).toBe("consistent");
  const certain = run.uncertainty({ modelPrecision: 1e4 });
  expect(certain.levels).toHaveLength(1);
  expect(certain.levels[0]).toMatchObject({ weight: 1, start: run.best.start });
  expect(certain.path).toHaveLength(61 * 5);
  // What is measured is known better than the noise, and what is not is known at all.
  const { mean, deviation } = certain.parameters.forcing;
  expect(Math.abs(mean - (twin.parameters.forcing ?? NaN))).toBeLessThan(4 * deviation);
  expect(deviation).toBeGreaterThan(0.001);
  const hidden = (k: number) => k % 5 === 1 || k % 5 === 4;
  const deviations = [...certain.deviation.entries()];
  expect(Math.max(...deviations.filter(([k]) => !hidden(k)).map(([, s]) => s))).toBeLessThan(0.3);
  expect(deviations.every(([, s]) => s > 0 && s < 2)).toBe(true);

  const band = certain.band(0.9);
  const inside = [...twin.truth].filter((x, k) => x > (band.lower[k] ?? NaN) && x < (band.upper[k] ?? NaN)).length;
  expect(inside / twin.truth.length).toBeGreaterThan(0.7);
  expect((band.upper[7] ?? NaN) - (certain.path[7] ?? NaN)).toBeCloseTo(1.6448536 * (certain.deviation[7] ?? NaN), 6);
  expect(band.parameters.forcing[0]).toBeCloseTo(mean - 1.6448536 * deviation, 6);

  const draws = certain.draws({ count: 400, seed: 3 });
  expect(draws).toMatchObject({ count: 400, moved: 0 });
  const forcings = [...draws.parameters.forcing];
  const average = forcings.reduce((sum, f) => sum + f, 0) / 400;
  expect(Math.abs(average - mean)).toBeLessThan((4.5 * deviation) / 20);
  expect(certain.draws({ count: 2, seed: 3 }).paths).toEqual(draws.paths.slice(0, 2 * 61 * 5));

  const covariance = certain.stateCovariance();
  expect(covariance).toHaveLength(61 * 25);
  expect(covariance[30 * 25]).toBeCloseTo((certain.deviation[30 * 5] ?? NaN) ** 2, 12);
  const shift = certain.meanShift();
  const linear = certain.expected((path) => path[7] as number, { pairs: 5 });
  expect(linear.gaussian).toBeCloseTo(certain.path[7] as number, 9);
  expect(linear.value).toBeCloseTo((certain.path[7] as number) + (shift.path[7] as number), 9);
  const square = certain.expected((_, { forcing }) => forcing * forcing, { pairs: 2000 });
  expect(Math.abs(square.gaussian - (mean * mean + deviation * deviation))).toBeLessThan(4.5 * square.error);

  expect(certain.identifiability().directions[0]).toMatchObject({ free: false, words: "forcing" });
  expect(certain.summary()).toContain("forcing");
  expect(certain.diagnose()).toContain("determined");
  expect(certain.findings.map(({ code }) => code)).toContain("determined");
  const json = JSON.parse(JSON.stringify(certain)) as { path: number[]; parameters: unknown };
  expect(json.path).toHaveLength(61 * 5);
  expect(json.parameters).toEqual({ forcing: { mean, deviation } });
  certain.free();
  expect(errorOf(() => certain.band()).code).toBe("freed");
});

test("the posterior does not depend on the normalisation of the action", async () => {
  const counts = { measured: 61 * 3, residuals: 60 * 5 };
  const run = await annealed();
  const mean = run.uncertainty({ modelPrecision: 1e4 });
  const other = await annealed({ normalization: "posterior" });
  const posterior = other.uncertainty({ modelPrecision: (1e4 * counts.measured) / counts.residuals });
  expect(posterior.parameters.forcing.mean).toBeCloseTo(mean.parameters.forcing.mean, 6);
  expect(posterior.parameters.forcing.deviation).toBeCloseTo(mean.parameters.forcing.deviation, 8);
  expect(posterior.levels[0]?.logEvidence).toBeCloseTo(mean.levels[0]?.logEvidence as number, 4);
});

test("parameters that change in time have bands of their own", async () => {
  const run = await annealed({ estimate: { forcing: { initial: [6, 10], smoothness: 100 } } });
  const certain = run.uncertainty({ modelPrecision: 1e4 });
  expect(certain.covarianceNames).toEqual([]);
  expect(certain.path).toHaveLength(61 * 5);
  const varying = certain.levels[0]?.varying as Record<string, { values: Float64Array; deviation: Float64Array }>;
  expect(varying.forcing?.values).toHaveLength(61);
  expect(certain.parameters.forcing.mean).toBeGreaterThan(6);
  expect(certain.draws({ count: 3 }).paths).toHaveLength(3 * 61 * 5);
});

test("two levels share the probability", async () => {
  // Only the square of a constant is measured: both signs are as likely.
  const square = defineModel({
    states: { x: 1 },
    parameters: { rate: 0 },
    equations: { x: "rate" },
    observables: { square: "x^2" },
  });
  const data = observations({
    times: Array.from({ length: 11 }, (_, n) => 0.1 * n),
    model: square,
    values: { square: Array.from({ length: 11 }, () => 4) },
    timeStep: 0.1,
  });
  const run = await anneal({
    model: square,
    data,
    measurementPrecision: 2,
    modelPrecision: { initial: 1, factor: 10, rungs: 4 },
    startingPaths: { start: "random", range: [-3, 3], count: 8, enough: 8, prune: false, seed: 1 },
    workers: 0,
  });
  // One action, two minima.
  expect(run.clusters).toHaveLength(1);
  const certain = run.uncertainty();
  expect(certain.levels.map(({ path }) => Math.abs(path[5] as number))).toEqual([
    expect.closeTo(2, 3),
    expect.closeTo(2, 3),
  ]);
  expect(certain.levels.map(({ weight }) => weight)).toEqual([expect.closeTo(0.5, 6), expect.closeTo(0.5, 6)]);
  expect(certain.path[5]).toBeCloseTo(0, 3);
  expect(certain.deviation[5]).toBeGreaterThan(2);
  const { lower, upper } = certain.band(0.5);
  expect(lower[5]).toBeCloseTo(-2, 1);
  expect(upper[5]).toBeCloseTo(2, 1);
  const draws = certain.draws({ count: 100 });
  expect(draws.levels.reduce((sum, level) => sum + level, 0)).toBe(50);
  const second = certain.draws({ count: 50, level: 1 });
  expect(second.levels.every((level) => level === 1)).toBe(true);
  const sign = Math.sign(certain.levels[1]?.path[5] as number);
  expect(second.paths.filter((_, i) => i % 11 === 5).every((x) => Math.sign(x) === sign)).toBe(true);
  expect(Math.sign(certain.predict({ until: 2, level: 0, count: 20 }).mean.at(-1) as number)).toBe(-sign);
  expect(errorOf(() => certain.draws({ level: 2 })).path).toBe("level");
  expect(certain.diagnose()).toContain("The lowest level has 50.0 %");
  expect(certain.expected((path) => Math.abs(path[5] as number), { pairs: 200 }).value).toBeCloseTo(2, 1);
  expect(run.uncertainty({ levels: 1 }).levels).toHaveLength(1);
});

test("what is wrong is named", async () => {
  const run = await annealed();
  const error = (options: object) => errorOf(() => run.uncertainty(options as never));
  expect(error({ modelPrecision: -1 })).toMatchObject({ code: "outOfRange", path: "modelPrecision" });
  expect(error({ levels: 0 })).toMatchObject({ code: "outOfRange", path: "levels" });
  expect(error({ hesian: "exact" })).toMatchObject({ code: "unknownName", path: "hesian" });
  expect(error({ hessian: "fisher" }).path).toBe("hessian");
  const certain = run.uncertainty({ modelPrecision: 1e4 });
  expect(errorOf(() => certain.band(1))).toMatchObject({ code: "outOfRange", path: "share" });
  expect(errorOf(() => certain.draws({ count: 0 })).path).toBe("count");
  expect(errorOf(() => certain.draws({ seeds: 1 } as never)).code).toBe("unknownName");
  expect(errorOf(() => certain.expected(3 as never)).path).toBe("quantity");
  expect(errorOf(() => certain.expected(() => NaN)).path).toBe("quantity");
  const own = new Error("mine");
  expect(() =>
    certain.expected(() => {
      throw own;
    }),
  ).toThrow(own);
});
