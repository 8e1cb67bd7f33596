// Tests of sampling the posterior of a run.
import { expect, test } from "vitest";
import {
  anneal,
  type AnnealOptions,
  init,
  type LeastActionError,
  lorenz96,
  samplePosterior,
  type SampledPosterior,
  twinExperiment,
} from "../src/index.node.js";
import { samplePosteriorBy } from "../src/statistics/sample.js";
import { inThreads, rejection, thrown } from "./problem.js";

await init();
const model = lorenz96({ dimension: 5 });
const twin = twinExperiment({
  model,
  timeStep: 0.05,
  points: 41,
  observed: [0, 2, 3],
  noise: 0.3,
  seed: 4,
  further: 20,
});
const annealed = (extra: Partial<AnnealOptions<"forcing", "forcing">> = {}) =>
  anneal<"forcing", "forcing">({
    model,
    data: twin.data,
    measurementPrecision: 1 / 0.3 ** 2,
    discretization: "rk4",
    estimate: { forcing: { initial: [6, 10] } },
    startingPaths: { seed: 1 },
    workers: 0,
    ...extra,
  });
const run = await annealed();
const options = {
  run,
  modelPrecision: 1e3,
  chains: 4,
  draws: 400,
  warmup: 300,
  seed: 2,
  workers: 0,
} as const;
const posterior = await samplePosterior(options);

test("draws agree with the Gaussian about the minimum, within what both leave out", () => {
  expect(posterior).toMatchObject({
    chainCount: 4,
    draws: 400,
    verdict: "converged",
    cancelled: false,
  });
  const certain = run.uncertainty({ modelPrecision: 1e3 });
  const { mean, deviation } = certain.parameters.forcing;
  const forcing = posterior.expected((_, { forcing }) => forcing);
  const corrected = mean + certain.meanShift().parameters.forcing;
  expect(forcing.rHat).toBeLessThan(1.02);
  expect(Math.abs(forcing.value - corrected)).toBeLessThan(4.5 * forcing.error + 0.1 * deviation);
  expect(forcing.deviation / deviation).toBeGreaterThan(0.8);
  expect(forcing.deviation / deviation).toBeLessThan(1.25);
  expect(posterior.path).toHaveLength(41 * 5);
  const [sampled, gaussian] = [posterior.deviation, certain.deviation];
  const ratios = Array.from(sampled, (s, k) => s / (gaussian[k] as number));
  expect(ratios.reduce((sum, one) => sum + one, 0) / ratios.length).toBeCloseTo(1, 1);
  const band = posterior.band(0.9);
  const inside = [...twin.truth].filter(
    (x, k) => x > (band.lower[k] ?? NaN) && x < (band.upper[k] ?? NaN),
  ).length;
  expect(inside / twin.truth.length).toBeGreaterThan(0.7);
  expect(band.parameters.forcing[0]).toBeLessThan(forcing.value);
});

test("what there is of every draw", () => {
  expect(posterior.parameters.forcing).toHaveLength(1600);
  const one = posterior.draw(3, 399);
  expect(one.parameters.forcing).toBe(posterior.parameters.forcing[1599]);
  expect(one.path).toHaveLength(41 * 5);
  expect(posterior.statistics.energy).toHaveLength(1600);
  expect(posterior.statistics.treeDepth.every((depth) => depth >= 1 && depth <= 10)).toBe(true);
  expect(posterior.evaluations).toBeGreaterThan(1600);
  expect(posterior.summary()).toContain("forcing");
  expect(posterior.rows.map(({ name }) => name)).toContain("log density");
  expect(posterior.diagnose()).not.toBe("");
  const arviz = JSON.parse(posterior.toArviz({ path: true })) as {
    posterior: Record<string, number[][][][]>;
  };
  expect(arviz.posterior.path?.[3]?.[399]?.[40]?.[4]).toBe(one.path[40 * 5 + 4]);
});

test("predictions spread as far as they err", () => {
  const until = (twin.futureTimes.at(-1) as number) - 1e-9;
  for (const ensemble of [
    posterior.predict({ until, count: 200 }),
    run.uncertainty({ modelPrecision: 1e3 }).predict({ until, count: 200 }),
  ]) {
    expect(ensemble).toMatchObject({ members: 200, dimension: 5, failed: [] });
    expect(ensemble.times).toHaveLength(21);
    const happened = Float64Array.from([...twin.truth.slice(-5), ...twin.future]);
    const score = ensemble.score(happened, { shares: [0.5, 0.9] });
    expect(score.coverage[0]).toBeGreaterThan(0.15);
    expect(score.coverage[1]).toBeGreaterThan(0.5);
    expect(score.crps).toBeGreaterThan(0);
    expect(score.fairCrps).toBeLessThanOrEqual(score.crps);
    expect(score.rankHistogram.reduce((sum, one) => sum + one, 0)).toBeCloseTo(105, 9);
    expect(ensemble.deviation[20 * 5] as number).toBeGreaterThan(0);
    const { lower, upper } = ensemble.band(0.5);
    expect(lower[7] as number).toBeLessThan(upper[7] as number);
  }
});

const bits = (one: SampledPosterior<"forcing">) => [
  ...one.parameters.forcing,
  ...one.statistics.logDensity,
];

test("threads, interruptions and files change no bit", async () => {
  const short = { ...options, draws: 30, warmup: 40, chains: 3 };
  const whole = await samplePosterior(short);
  expect(
    bits(await samplePosteriorBy<"forcing", never>(inThreads, { ...short, workers: 2 })),
  ).toEqual(bits(whole));
  const stop = new AbortController();
  let steps = 0;
  const onProgress = () => void (++steps === 4 && stop.abort());
  const part = await samplePosterior({ ...short, signal: stop.signal, onProgress });
  expect(part.cancelled).toBe(true);
  expect(bits(await samplePosterior({ ...short, resume: part }))).toEqual(bits(whole));
  const parsed = JSON.parse(JSON.stringify(part)) as object;
  expect(bits(await samplePosterior({ ...short, resume: parsed }))).toEqual(bits(whole));
  // Resumed, for more draws.
  const longer = await samplePosterior({ ...short, draws: 50, resume: whole });
  expect(longer.draws).toBe(50);
  expect(longer.parameters.forcing.slice(0, 30)).toEqual(whole.parameters.forcing.slice(0, 30));
});

test("every method and metric draws from the same posterior", async () => {
  const { value, error, deviation } = posterior.expected((_, { forcing }) => forcing);
  for (const extra of [
    { method: "hmc" },
    { integrator: "implicit-midpoint", draws: 150 },
    { annealing: { rungs: 3, from: 0.01, transitions: 10 } },
    { thin: 3 },
  ] as const) {
    const other = await samplePosterior({ ...options, ...extra });
    const found = other.expected((_, { forcing }) => forcing);
    expect(Math.abs(found.value - value)).toBeLessThan(5 * Math.hypot(error, found.error));
    expect(found.deviation / deviation).toBeCloseTo(1, 0);
  }
  const walk = await samplePosterior({ ...options, method: "metropolis", draws: 2000 });
  expect(walk.expected((_, { forcing }) => forcing).effectiveSize / 8000).toBeLessThan(
    posterior.expected((_, { forcing }) => forcing).effectiveSize / 1600,
  );
}, 60_000);

test("trouble is told", async () => {
  // Steps that are much too long: nothing moves.
  const stuck = await samplePosterior({ ...options, draws: 1000, stepSize: 1e4, warmup: 0 });
  expect(stuck.chains[0]?.failure).toMatchObject({ code: "chainFailed" });
  expect(stuck.verdict).toBe("notConverged");
  expect(stuck.diagnose()).toContain("went nowhere");
  expect(stuck.findings.map(({ code }) => code)).toContain("allDivergent");
  expect(stuck.divergences[0]).toMatchObject({ chain: 0, draw: 0 });
  const none = new AbortController();
  none.abort();
  await expect(samplePosterior({ ...options, signal: none.signal })).rejects.toThrow();
  const wrong = async (extra: object) =>
    (await rejection(samplePosterior({ ...options, ...extra }))) as LeastActionError;
  expect(await wrong({ draws: 0 })).toMatchObject({ code: "outOfRange", path: "draws" });
  expect(await wrong({ run: {} })).toMatchObject({ path: "run" });
  expect(await wrong({ chainz: 3 })).toMatchObject({ code: "unknownName", path: "chainz" });
  expect(await wrong({ modelPrecision: 0 })).toMatchObject({ path: "modelPrecision" });
  expect(await wrong({ from: "top" })).toMatchObject({ path: "from" });
  expect(await wrong({ thin: 1.5 })).toMatchObject({ path: "thin" });
  expect(await wrong({ draws: 1e9 })).toMatchObject({ path: "thin" });
  expect(thrown(() => posterior.draw(4, 0))).toMatchObject({ path: "chain" });
  expect(thrown(() => posterior.band(2))).toMatchObject({ path: "share" });
  expect(thrown(() => posterior.expected(() => NaN))).toMatchObject({ path: "quantity" });
  expect(thrown(() => posterior.predict({ until: 0 }))).toMatchObject({ path: "until" });
});

test("few draws are told, not averaged", async () => {
  const few = await samplePosterior({ ...options, chains: 2, draws: 2, warmup: 5 });
  expect(few.verdict).toBe("notConverged");
  expect(few.diagnose()).toMatch(/2 draws were kept, too few.*at least 4/);
  expect(few.summary()).toBe(few.diagnose());
  expect(few.rows).toEqual([]);
  const { message } = thrown(() => few.expected(() => 1)) as Error;
  expect(message).toMatch(/^draws: must be at least 4 per chain .*resume the sampling.*got 2$/);
  // A warm-up without draws.
  const stop = new AbortController();
  const onProgress = () => stop.abort();
  const none = await samplePosterior({ ...options, warmup: 1e6, signal: stop.signal, onProgress });
  expect(none.summary()).toMatch(/no draws yet.*Resume/);
  for (const what of [
    () => none.path,
    () => none.deviation,
    () => none.band(),
    () => none.draw(0, 0),
  ]) {
    expect(thrown(what)).toMatchObject({ code: "outOfRange", path: "draws" });
  }
  for (const what of [() => none.toArviz(), () => none.predict({ until: 9 })]) {
    expect(thrown(what)).toMatchObject({ code: "outOfRange", path: "draws" });
  }
});

test("paths without parameters, with gaps, or several at once", async () => {
  const values = twin.data.values.map((value, i) => (i % 4 === 1 ? NaN : value));
  for (const extra of [
    { estimate: {} as never },
    { data: { ...twin.data, values } },
    { data: [twin.data, twin.data] },
    { estimate: { forcing: { initial: [6, 10] as [number, number], smoothness: 100 } } },
  ]) {
    const other = await annealed(extra);
    const short = { ...options, run: other, chains: 2, draws: 10, warmup: 20 };
    const [one, two] = await Promise.all([samplePosterior(short), samplePosterior(short)]);
    expect([...one.path, ...one.deviation, ...one.band().upper].every(Number.isFinite)).toBe(true);
    // Two samplings at the same time do not disturb each other.
    expect(two.path).toEqual(one.path);
    expect(one.summary()).toContain("log density");
  }
});

test("bad input is refused by field, value and remedy", async () => {
  const cases: [object, string, RegExp][] = [
    [{ thin: 401 }, "thin", /at most 400, the number of draws.*got 401/],
    [{ thin: "2" }, "thin", /a number, got "2"/],
    [{ method: "nutz" }, "method", /did you mean "nuts"\? \(known: nuts, hmc, metropolis\)/],
    [{ metric: 3 }, "metric", /a name in quotes, got 3/],
    [{ integrator: "implicitMidpoint" }, "integrator", /did you mean "implicit-midpoint"/],
    [{ bounds: {} }, "bounds", /a name in quotes/],
    [{ annealing: 3 }, "annealing", /an object, got 3/],
    [{ annealing: { rung: 3 } }, "annealing.rung", /did you mean "rungs"/],
    [{ adaptDiagonal: "no" }, "adaptDiagonal", /true or false, got "no"/],
    [{ maxTreeDepth: 2.5 }, "maxTreeDepth", /a whole number.*got 2\.5/],
    [{ warmup: -1 }, "warmup", /a whole number.*got -1/],
    [{ seed: 2 ** 53 }, "seed", /a whole number from 0 to 9007199254740991, got 9007199254740992/],
    [{ chains: 0 }, "chains", /at least 1, got 0/],
    [{ stepSize: Infinity }, "stepSize", /got Infinity/],
    [{ workers: 0.5 }, "workers", /whole number/],
    [{ signal: {} }, "signal", /AbortSignal/],
    [{ onProgress: 1 }, "onProgress", /function/],
    [{ resume: run }, "resume.settings", /is missing: give what an earlier call has returned/],
    [{ resume: null }, "resume", /an object, got null/],
  ];
  for (const [extra, path, message] of cases) {
    const error = (await rejection(
      samplePosterior({ ...options, ...extra } as never),
    )) as LeastActionError;
    expect(error.message).toMatch(message);
    expect(error.path).toBe(path);
    expect(error.message).not.toMatch(/invalid|variant|enum |struct |usize|[uf]64|undefined/);
  }
  const faces: [() => unknown, string, RegExp][] = [
    [() => posterior.draw(undefined as never, 0), "chain", /is missing/],
    [() => posterior.draw(0, 400), "draw", /at most 399, got 400/],
    [() => posterior.toArviz({ path: "yes" as never }), "path", /true or false, got "yes"/],
    [() => posterior.toArviz({ pth: true } as never), "pth", /did you mean "path"/],
    [() => posterior.predict({ until: 9, cuont: 3 } as never), "cuont", /did you mean "count"/],
    [() => posterior.expected(() => "1" as never), "quantity", /finite number, got "1"/],
  ];
  for (const [what, path, message] of faces) {
    const error = thrown(what) as LeastActionError;
    expect(error.message).toMatch(message);
    expect(error.path).toBe(path);
  }
});
