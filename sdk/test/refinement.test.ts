// Tests of the refinement of the grid: what a user meets whose data are too coarse for the model.
import { beforeAll, expect, test } from "vitest";
import * as node from "least-action";
import {
  anneal,
  type AnnealOptions,
  defineModel,
  init,
  observations,
  type Progress,
  type Run,
  samplePosterior,
} from "../src/index.js";
import { normals } from "./normals.js";

beforeAll(async () => {
  await init();
  await node.init();
});

const [k1, k2, deviation] = [3, 0.4, 0.01];

/** A first reaction that is over between two samples; the truth in closed form. */
function reactions(): Pick<
  AnnealOptions<"k1" | "k2", "k1" | "k2">,
  "model" | "data" | "measurementPrecision" | "estimate" | "workers"
> {
  const model = defineModel({
    states: { A: 1, B: 1 },
    parameters: { k1: 1, k2: 1 },
    equations: { A: "-k1*A", B: "k1*A - k2*B" },
  });
  const next = normals(5);
  const times = Array.from({ length: 15 }, (_, n) => n);
  const A = times.map((t) => Math.exp(-k1 * t) + deviation * next());
  const B = times.map(
    (t) => (k1 / (k1 - k2)) * (Math.exp(-k2 * t) - Math.exp(-k1 * t)) + deviation * next(),
  );
  return {
    model,
    data: observations({ model, times, values: { A, B } }),
    measurementPrecision: 1 / deviation ** 2,
    estimate: { k1: { initial: [0.3, 8] }, k2: { initial: [0.1, 2] } },
    workers: 0,
  };
}

type Refined = Run<"k1" | "k2">;

test("a grid that is too coarse is refined, and paths stay at the data's times", async () => {
  const progress: Progress[] = [];
  const lengths = new Set<number>();
  const run = await anneal({
    ...reactions(),
    onProgress: (p) => progress.push(p),
    onPath: ({ path }) => lengths.add(path.length),
  });
  expect(run.verdict).toBe("consistent");
  expect(run.findings.map(({ code }) => code)).toContain("gridRefined");
  expect(run.times).toEqual(Float64Array.from({ length: 15 }, (_, n) => n));
  expect(run.best.path).toHaveLength(2 * 15);
  expect(run.starts.map(({ path }) => path.length)).toEqual(run.starts.map(() => 30));
  expect([...lengths]).toEqual([30]);
  expect(run.stepCheck?.error).toBeLessThan(0.25);

  const { refined } = run;
  if (refined === null) throw new Error("the grid was not refined");
  const { parts, timeStep, times, path, before } = refined;
  expect(run.stepCheck?.parts).toBe(parts);
  expect(timeStep).toBe(1 / parts);
  expect(times).toHaveLength(14 * parts + 1);
  expect(path).toHaveLength(2 * times.length);
  expect(path.subarray(2 * parts, 2 * parts + 2)).toEqual(run.best.path.subarray(2, 4));
  expect(before.stepCheck?.error).toBeGreaterThan(4);
  expect(before.refined).toBeNull();
  expect(before.verdict).not.toBe("consistent");
  expect(progress.map((p) => p.done)).toEqual(progress.map((_, i) => i + 1));
  expect(progress[0]?.parts).toBe(1);
  expect(progress.at(-1)?.parts).toBe(parts);

  const found = run.uncertainty();
  const off = (found.parameters.k1.mean - k1) / found.parameters.k1.deviation;
  expect(Math.abs(off)).toBeLessThan(3);
  expect(found.path).toHaveLength(30);
  expect(found.band(0.5).lower).toHaveLength(30);
  expect(found.stateCovariance()).toHaveLength(15 * 4);
  expect(found.levels[0]?.path).toHaveLength(30);
  expect(found.draws({ count: 3 }).paths).toHaveLength(90);
  expect(found.stateCovariance()[4 * 3]).toBeCloseTo((found.deviation[2 * 3] as number) ** 2, 9);

  const prediction = run.predict({ until: 16 });
  expect(prediction.times).toEqual(Float64Array.from([14, 15, 16]));
  expect(prediction.path.subarray(0, 2)).toEqual(run.best.path.subarray(28));
  // B decays by exp(-k2) a unit.
  const [last, next] = [prediction.path[1] as number, prediction.path[3] as number];
  expect(next / last).toBeCloseTo(Math.exp(-run.best.parameters.k2), 3);
  expect(found.predict({ until: 16, count: 4, modelNoise: false }).paths).toHaveLength(4 * 6);
});

test("the result does not depend on threads, and a written run goes on to the same bits", async () => {
  const options = reactions();
  const run = await anneal(options);
  const inThreads = await (node.anneal as unknown as typeof anneal)({ ...options, workers: 2 });
  expect(inThreads.toJSON()).toEqual(run.toJSON());
  const written = JSON.parse(JSON.stringify(run)) as Refined;
  expect((await anneal({ ...options, resume: written })).toJSON()).toEqual(run.toJSON());
});

test("a run that is cancelled while its grid is refined goes on to the same bits", async () => {
  const options = reactions();
  const whole = await anneal(options);
  const controller = new AbortController();
  const stopped = await anneal({
    ...options,
    signal: controller.signal,
    onProgress({ parts }) {
      if (parts > 1) controller.abort();
    },
  });
  expect([stopped.cancelled, stopped.refined, stopped.stepCheck]).toEqual([true, null, null]);
  expect((await anneal({ ...options, resume: stopped })).toJSON()).toEqual(whole.toJSON());
});

test("a signal stops the work on a finer grid within a second", async () => {
  const model = defineModel({
    states: { x: 1, v: 1 },
    parameters: { mu: 5 },
    equations: { x: "v", v: "mu*(1 - x^2)*v - x" },
  });
  // Euler's method with steps of 1e-4: the truth need not be good, but its step is.
  const next = normals(3);
  const x: number[] = [];
  for (let n = 0, state = [2, 0] as [number, number]; n < 6001; n += 1) {
    x.push(state[0] + 0.1 * next());
    for (let k = 0; k < 1000; k += 1) {
      const [at, slope] = state;
      state = [at + 1e-4 * slope, slope + 1e-4 * (5 * (1 - at * at) * slope - at)];
    }
  }
  const data = observations({
    model,
    timeStep: 0.1,
    times: x.map((_, n) => 0.1 * n),
    values: { x },
  });
  const controller = new AbortController();
  let stoppedAt = Infinity;
  const run = await (node.anneal as unknown as typeof anneal)({
    model,
    data,
    measurementPrecision: 100,
    estimate: { mu: { initial: [2, 8] } },
    signal: controller.signal,
    workers: 1,
    onProgress({ parts }) {
      if (parts === 1 || stoppedAt < Infinity) return;
      stoppedAt = 0;
      // Somewhere within the next rung.
      setTimeout(() => {
        stoppedAt = performance.now();
        controller.abort();
      }, 50);
    },
  });
  expect([run.cancelled, run.refined, run.stepCheck]).toEqual([true, null, null]);
  expect(stoppedAt).toBeGreaterThan(0);
  expect(performance.now() - stoppedAt).toBeLessThan(1000);
}, 60_000);

test("a posterior is sampled on the refined grid, and has paths at the data's times", async () => {
  const run = await anneal({
    ...reactions(),
    modelPrecision: { final: 1e6 },
    refinement: { most: 8 },
  });
  expect(run.refined).not.toBeNull();
  const posterior = await samplePosterior({
    run,
    chains: 2,
    warmup: 100,
    draws: 50,
    seed: 1,
    workers: 0,
  });
  expect(posterior.path).toHaveLength(30);
  expect(posterior.band().lower).toHaveLength(30);
  expect(posterior.summary()).toContain("A at 14");
  expect(posterior.predict({ until: 16, count: 2 }).times).toHaveLength(3);
});

test("the grid stays as it is where the options say so", async () => {
  const kept = await anneal({ ...reactions(), refinement: { most: 1 } });
  expect(kept.refined).toBeNull();
  expect(kept.verdict).not.toBe("consistent");
  expect(kept.findings.map(({ code }) => code)).toContain("stepTooCoarse");
  const unchecked = await anneal({ ...reactions(), refinement: { check: false } });
  expect([unchecked.refined, unchecked.stepCheck]).toEqual([null, null]);
});
