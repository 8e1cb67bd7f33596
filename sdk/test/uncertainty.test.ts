// Tests of the uncertainty of a run: Gaussians about the lowest minima.
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
import { expectError, thrown } from "./problem.js";

await init();
const errorOf = (what: () => unknown): LeastActionError => thrown(what) as LeastActionError;
const model = lorenz96({ dimension: 5 });
const twin = twinExperiment({
  model,
  timeStep: 0.05,
  points: 61,
  observed: [0, 2, 3],
  noise: 0.3,
  seed: 4,
});
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

const decay = defineModel({
  states: { x: 1 },
  parameters: { rate: 1, idle: 1 },
  equations: { x: "-rate * x + 0 * idle" },
});

test("bands, draws and expected values agree with each other and with the truth", async () => {
  const run = await annealed();
  expect(run.verdict).toBe("consistent");
  const certain = run.uncertainty({ modelPrecision: 1e4 });
  expect(certain.levels).toHaveLength(1);
  expect(certain.levels[0]).toMatchObject({ weight: 1, start: run.best.start });
  expect(certain.path).toHaveLength(61 * 5);
  // Measured states are known better than from the noise alone, and hidden states have finite
  // deviations.
  const { mean, deviation } = certain.parameters.forcing;
  expect(Math.abs(mean - (twin.parameters.forcing ?? NaN))).toBeLessThan(4 * deviation);
  expect(deviation).toBeGreaterThan(0.001);
  const hidden = (k: number) => k % 5 === 1 || k % 5 === 4;
  const deviations = [...certain.deviation.entries()];
  expect(Math.max(...deviations.filter(([k]) => !hidden(k)).map(([, s]) => s))).toBeLessThan(0.3);
  expect(deviations.every(([, s]) => s > 0 && s < 2)).toBe(true);

  const band = certain.band(0.9);
  const inside = [...twin.truth].filter(
    (x, k) => x > (band.lower[k] ?? NaN) && x < (band.upper[k] ?? NaN),
  ).length;
  expect(inside / twin.truth.length).toBeGreaterThan(0.7);
  expect((band.upper[7] ?? NaN) - (certain.path[7] ?? NaN)).toBeCloseTo(
    1.6448536 * (certain.deviation[7] ?? NaN),
    6,
  );
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
  expect(Math.abs(square.gaussian - (mean * mean + deviation * deviation))).toBeLessThan(
    4.5 * square.error,
  );

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
  const refinement = { most: 1 };
  const run = await annealed({ refinement });
  const mean = run.uncertainty({ modelPrecision: 1e4 });
  const other = await annealed({ normalization: "posterior", refinement });
  const posterior = other.uncertainty({
    modelPrecision: (1e4 * counts.measured) / counts.residuals,
  });
  expect(posterior.parameters.forcing.mean).toBeCloseTo(mean.parameters.forcing.mean, 6);
  expect(posterior.parameters.forcing.deviation).toBeCloseTo(mean.parameters.forcing.deviation, 8);
  expect(posterior.levels[0]?.logEvidence).toBeCloseTo(mean.levels[0]?.logEvidence as number, 4);
});

test("parameters that change in time have bands of their own", async () => {
  const run = await annealed({ estimate: { forcing: { initial: [6, 10], smoothness: 100 } } });
  const certain = run.uncertainty({ modelPrecision: 1e4 });
  expect(certain.covarianceNames).toEqual([]);
  expect(certain.path).toHaveLength(61 * 5);
  const varying = certain.levels[0]?.varying as Record<
    string,
    { values: Float64Array; deviation: Float64Array }
  >;
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
  // One action value, two minima.
  expect(run.levels).toHaveLength(1);
  const certain = run.uncertainty();
  expect(certain.levels.map(({ path }) => Math.abs(path[5] as number))).toEqual([
    expect.closeTo(2, 3),
    expect.closeTo(2, 3),
  ]);
  expect(certain.levels.map(({ weight }) => weight)).toEqual([
    expect.closeTo(0.5, 6),
    expect.closeTo(0.5, 6),
  ]);
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
  expect(second.paths.filter((_, i) => i % 11 === 5).every((x) => Math.sign(x) === sign)).toBe(
    true,
  );
  expect(Math.sign(certain.predict({ until: 2, level: 0, count: 20 }).mean.at(-1) as number)).toBe(
    -sign,
  );
  expect(errorOf(() => certain.draws({ level: 2 })).path).toBe("level");
  expect(certain.diagnose()).toContain("The lowest level has 50.0 %");
  expect(certain.expected((path) => Math.abs(path[5] as number), { pairs: 200 }).value).toBeCloseTo(
    2,
    1,
  );
  expect(run.uncertainty({ levels: 1 }).levels).toHaveLength(1);
});

test("what is wrong is named", async () => {
  const run = await annealed();
  const error = (options: object) => errorOf(() => run.uncertainty(options as never));
  expect(error({ modelPrecision: -1 })).toMatchObject({
    code: "outOfRange",
    path: "modelPrecision",
  });
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

test("a model without parameters, and a path of two points component", async () => {
  const run = await annealed({ estimate: {} as never, parameters: { forcing: 8 } });
  const certain = run.uncertainty({ modelPrecision: 1e4 });
  expect(certain.parameters).toEqual({});
  expect(certain.identifiability()).toEqual({ units: [], directions: [] });
  expect(certain.diagnose()).toContain("No parameters are estimated");
  expect(certain.summary()).toContain("x0");
  expect(certain.deviation.every((s) => s > 0 && s < 3)).toBe(true);
  const two = observations({ times: [0, 1], model: decay, values: { x: [1, 0.4] }, timeStep: 1 });
  const short = await anneal({
    model: decay,
    data: two,
    measurementPrecision: 1e4,
    discretization: "trapezoid",
    estimate: { rate: { initial: [0.5, 2] } },
    startingPaths: { range: [0, 1], seed: 1 },
    refinement: { most: 1 },
    workers: 0,
  });
  // Two measurements, two states and a rate: (0.4 - 1) / 0.7 by the trapezoid.
  const { rate } = short.uncertainty({ modelPrecision: 1e6 }).parameters;
  expect(rate.mean).toBeCloseTo(6 / 7, 3);
  expect(rate.deviation).toBeGreaterThan(0.005);
});

test("where there is no Gaussian, the text says why and what to do", async () => {
  const square = defineModel({
    states: { x: 1 },
    parameters: { rate: 0 },
    equations: { x: "rate" },
    observables: { square: "x^2" },
  });
  const times = Array.from({ length: 11 }, (_, n) => 0.1 * n);
  const start = { start: "random", range: [0, 0], count: 1, seed: 1 } as const;
  const saddle = await anneal({
    model: square,
    data: observations({
      times,
      model: square,
      values: { square: times.map(() => 4) },
      timeStep: 0.1,
    }),
    measurementPrecision: 2,
    modelPrecision: { initial: 1, factor: 10, rungs: 4 },
    startingPaths: start,
    workers: 0,
  });
  const at = errorOf(() => saddle.uncertainty());
  expect(at).toMatchObject({ code: "saddle", path: "hessian" });
  expect(at.message).toMatch(
    /is a saddle: along x at time .* other starting paths.*hessian: "gauss-newton"/,
  );
  expect(errorOf(() => saddle.uncertainty({ hessian: "gauss-newton" })).code).toBe("undetermined");
  const open = await anneal({
    model: decay,
    data: observations({
      times,
      model: decay,
      values: { x: times.map((t) => Math.exp(-t)) },
      timeStep: 0.1,
    }),
    measurementPrecision: 1e4,
    discretization: "trapezoid",
    estimate: { rate: { initial: [0.5, 2] }, idle: { initial: [0.5, 2] } },
    startingPaths: { range: [0, 1], seed: 1 },
    workers: 0,
  });
  const idle = errorOf(() => open.uncertainty({ modelPrecision: 1e4 }));
  expect(idle.message).toMatch(
    /data and priors leave idle free; any value of idle fits .*give it a prior/,
  );
});

test("free combinations are named in the units of their parameters", async () => {
  const times = Array.from({ length: 21 }, (_, k) => 0.1 * k);
  const model = defineModel({
    states: ["n"],
    parameters: { k1: 0.5, k2: 0.005 },
    equations: { n: "-(k1 + 100*k2)*n" },
  });
  const run = await anneal({
    data: observations({
      times,
      model,
      values: { n: times.map((t, k) => Math.exp(-t) + 0.01 * Math.sin(7 * k)) },
    }),
    model,
    measurementPrecision: 1e4,
    estimate: { k1: { initial: [0.1, 1] }, k2: { initial: [0.001, 0.01] } },
    workers: 0,
  });
  const error = errorOf(() => run.uncertainty({ modelPrecision: 1e6 }));
  const direction = (error.facts as { direction: string }).direction;
  expect(["k1 - 0.01 k2", "k2 - 100 k1"]).toContain(direction);
  expect(error.message).toMatch(/free; k\d up by 1 with k\d down by /);
  const { directions, units } = run.identifiability({ modelPrecision: 1e6 });
  expect(directions).toHaveLength(2);
  expect(directions[0]).toMatchObject({ deviation: Infinity, free: true, words: direction });
  const moved = directions[0]?.parts.map((part, p) => part * (units[p] as number)) as number[];
  expect((moved[0] as number) / (moved[1] as number)).toBeCloseTo(-100, 3);
  expect(directions[1]?.deviation).toBeLessThan(1);
});

test("bad input is refused by field, value and remedy", async () => {
  const run = await annealed();
  const certain = run.uncertainty({ modelPrecision: 1e4 });
  const ensemble = certain.predict({ until: 3.2, count: 20 });
  const size = ensemble.times.length * 5;
  const truth = new Float64Array(size);
  const throwing = new Proxy([], {
    get() {
      throw new Error("not now");
    },
  });
  const of = (options: unknown) => () => run.uncertainty(options as never);
  const draws = (options: unknown) => () => certain.draws(options as never);
  const expected = (quantity: unknown, options?: unknown) => () =>
    certain.expected(quantity as never, options as never);
  const predict = (options: object) => () =>
    certain.predict({ until: 3.2, count: 3, ...options } as never);
  const score = (given: unknown, options?: unknown) => () =>
    ensemble.score(given as never, options as never);
  const wrong: [() => unknown, string, RegExp][] = [
    [of(null), "options", /must be an object, got null/],
    [of(5), "options", /must be an object, got 5/],
    [of({ level: 1 }), "level", /did you mean "levels"/],
    [of({ levels: "1" }), "levels", /whole number.*got "1"/],
    [of({ levels: null }), "levels", /whole number.*got null/],
    [of({ levels: -1 }), "levels", /whole number.*got -1/],
    [of({ hessian: "gauss_newton" }), "hessian", /did you mean "gauss-newton"/],
    [of({ hessian: 3 }), "hessian", /a name in quotes, got 3/],
    [of({ minimize: 1 }), "minimize", /true or false, got 1/],
    [of({ modelPrecision: NaN }), "modelPrecision", /greater than zero, got NaN/],
    [
      of({ modelPrecision: 1e300 }),
      "modelPrecision",
      /between 1e-100 and 1e100; choose other units, got 1e300/,
    ],
    [() => certain.band(1), "share", /between 0 and 1, got 1/],
    [() => certain.band("0.9" as never), "share", /a number, got "0.9"/],
    [draws({ count: null }), "count", /a number, got null/],
    [draws({ count: 0 }), "count", /at least 1, got 0/],
    // There is no memory for so many draws, and in 32 bits the second count would be 1.
    [draws({ count: 1e7 }), "count", /at most \d+, got 10000000/],
    [draws({ count: 2 ** 32 + 1 }), "count", /at most 67108864, got 4294967297/],
    [draws({ seed: -1 }), "seed", /at least 0, got -1/],
    [draws({ seed: 2 ** 53 }), "seed", /at most 9007199254740991/],
    [draws({ level: 2 ** 32 }), "level", /at most 0/],
    [draws({ n: 3 }), "n", /known: count, seed, level/],
    [expected(undefined), "quantity", /function/],
    [expected(() => Promise.resolve(1)), "quantity", /finite number, got a value of type object/],
    [expected(() => 1, { pairs: 2 ** 32 + 2 }), "pairs", /at most/],
    [predict({ cuont: 3 }), "cuont", /did you mean "count"/],
    [predict({ levl: 0 }), "levl", /did you mean "level"/],
    [predict({ until: 1 }), "until", /later than the end of the window/],
    [predict({ until: undefined }), "until", /is missing/],
    [predict({ dataSet: 0.5 }), "dataSet", /whole number/],
    [predict({ modelNoise: "yes" }), "modelNoise", /true or false/],
    [predict({ until: 1000, count: 60_000 }), "count", /at most/],
    [() => ensemble.band(-1), "share", /between 0 and 1, got -1/],
    [() => ensemble.band(2), "share", /between 0 and 1, got 2/],
    [score(throwing), "truth", /cannot be read \(not now\)/],
    [score([1, 2]), "truth", /expected \d+ values/],
    [score(truth.map(() => NaN)), "truth", /nothing of it is known/],
    [score(truth.map(() => Infinity)), "truth[0]", /finite, or NaN where it is not known/],
    [score(truth, { bin: 3 }), "bin", /did you mean "bins"/],
    [score(truth, { bins: 2 ** 32 + 2 }), "bins", /at most/],
    [score(truth, { shares: [0.5, 2] }), "shares[1]", /from 0 to 1, got 2/],
  ];
  for (const [what, path, message] of wrong) expectError(thrown(what), path, message);
  // All levels are returned, however many are asked for: in 32 bits eight times as many would be
  // none.
  expect(run.uncertainty({ modelPrecision: 1e4, levels: 2 ** 29 }).levels.length).toBeGreaterThan(
    0,
  );
  const mine = new Error("mine");
  expect(
    thrown(
      expected(() => {
        throw mine;
      }),
    ),
  ).toBe(mine);
  certain.free();
  certain.free();
  for (const what of [
    () => certain.draws(),
    () => certain.summary(),
    () => certain.predict({ until: 3.2 }),
  ]) {
    expect(errorOf(what)).toMatchObject({ code: "freed", path: "uncertainty" });
  }
  expect(certain.path).toHaveLength(61 * 5);
});
