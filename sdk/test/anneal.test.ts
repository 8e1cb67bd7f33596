// Annealing in this thread and in workers: results, progress, cancelling and going on.
import { beforeAll, describe, expect, test } from "vitest";
import * as node from "least-action";
import * as here from "../src/index.js";
import { LeastActionError, type Progress } from "../src/index.js";
import {
  rejection,
  rootMeanSquare,
  smallOptions,
  smallTwin,
  thrown,
  longerOptions,
} from "./problem.js";

type Anneal = typeof here.anneal;

beforeAll(async () => {
  await here.init();
  await node.init();
});

// Both implementations have the same types, but the classes come from two copies of the module.
const ways: [string, Anneal, number | undefined][] = [
  ["in this thread", here.anneal, undefined],
  ["in two workers", node.anneal as unknown as Anneal, 2],
  ["in Node without workers", node.anneal as unknown as Anneal, 0],
];

const withWorkers = (workers: number | undefined) => (workers === undefined ? {} : { workers });

describe.each(ways)("%s", (_name, anneal, workers) => {
  test("a twin experiment gives back its parameter, its path and its future", async () => {
    const { twin } = smallTwin();
    const progress: Progress[] = [];
    const run = await anneal({
      ...smallOptions(),
      ...withWorkers(workers),
      onProgress: (p) => progress.push(p),
    });

    expect(run.best.parameters.forcing).toBeCloseTo(8.17, 0);
    expect(run.verdict).toBe("consistent");
    expect(run.best.path).toHaveLength(5 * 41);
    expect(rootMeanSquare(run.best.path, twin.truth)).toBeLessThan(0.3);
    expect(run.times).toEqual(twin.times);
    expect(run.cancelled).toBe(false);

    const { rungTable } = run;
    expect([rungTable.starts, rungTable.rungs]).toEqual([3, 14]);
    for (const table of [rungTable.action, rungTable.measurementError, rungTable.modelError]) {
      expect(table).toHaveLength(3 * 14);
      expect(table.every(Number.isFinite)).toBe(true);
    }
    const last = run.best.start * 14 + 13;
    expect(rungTable.action[last]).toBe(run.best.action);
    expect(run.best.action).toBeCloseTo(run.best.measurementError + run.best.modelError, 12);
    expect(rungTable.modelPrecision[0]).toBe(4e-4);
    expect(run.levels[0]?.action).toBe(run.best.action);
    expect(run.levels.flatMap((level) => level.starts).sort()).toEqual([0, 1, 2]);

    expect(progress).toHaveLength(3 * 14);
    expect(progress.map((p) => p.done)).toEqual(progress.map((_, i) => i + 1));
    expect(progress.at(-1)).toMatchObject({
      rungs: 14,
      starts: 3,
      startsDone: 2,
      done: 42,
      total: 42,
    });

    expect(run.summary()).toContain("forcing");
    expect(run.diagnose()).toContain("misfit");
    const prediction = run.predict({ until: twin.futureTimes.at(-1) as number });
    expect(prediction.times).toHaveLength(11);
    expect(prediction.path.slice(0, 5)).toEqual(run.best.path.slice(-5));
    expect(rootMeanSquare(prediction.path.slice(5), twin.future)).toBeLessThan(0.5);
  });

  test("a cancelled run gives what was done, and goes on to the same bits", async () => {
    const options = { ...longerOptions(), ...withWorkers(workers) };
    const whole = await anneal(options);

    const controller = new AbortController();
    let after = 0;
    const stopped = await anneal({
      ...options,
      signal: controller.signal,
      onProgress({ done }) {
        if (controller.signal.aborted) after += 1;
        if (done === 9) controller.abort();
      },
    });
    expect(stopped.cancelled).toBe(true);
    // In threads, rungs go on until the news of the ninth has arrived here, so their number depends
    // on the machine.
    expect(after).toBeLessThan(workers === 2 ? 50 : 1);
    expect(stopped.starts.reduce((sum, start) => sum + start.rungs.length, 0)).toBe(9 + after);
    expect(stopped.verdict).toBe("unfinished");
    expect(stopped.rungTable.action.filter(Number.isFinite)).toHaveLength(9 + after);

    const progress: Progress[] = [];
    const resumed = await anneal({
      ...options,
      resume: stopped,
      onProgress: (p) => progress.push(p),
    });
    expect(progress[0]?.done).toBe(9 + after + 1);
    expect(progress.at(-1)?.done).toBe(90);
    expect(resumed.cancelled).toBe(false);
    expect(resumed.toJSON()).toEqual(whole.toJSON());

    const parsed = JSON.parse(JSON.stringify(stopped)) as typeof stopped;
    expect((await anneal({ ...options, resume: parsed })).toJSON()).toEqual(whole.toJSON());
  });

  test("a run cancelled before its first rung rejects with the signal's reason", async () => {
    const reason = new Error("changed my mind");
    const options = {
      ...smallOptions(),
      ...withWorkers(workers),
      signal: AbortSignal.abort(reason),
    };
    expect(await rejection(anneal(options))).toBe(reason);
  });

  test("what onProgress throws stops the run and rejects", async () => {
    let calls = 0;
    const error = new Error("no more");
    const run = anneal({
      ...smallOptions(),
      ...withWorkers(workers),
      onProgress() {
        calls += 1;
        throw error;
      },
    });
    expect(await rejection(run)).toBe(error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toBe(1);
  });
});

test("the result does not depend on the number of workers", async () => {
  const runs = [];
  for (const workers of [0, 1, 2, 3, 7])
    runs.push(await node.anneal({ ...smallOptions(), workers }));
  runs.push(await node.anneal(smallOptions()));
  runs.push(await here.anneal(smallOptions()));
  const [first, ...others] = runs.map((run) => run.toJSON());
  for (const other of others) expect(other).toEqual(first);
});

test("in this thread, timers go on between rungs", async () => {
  let ticks = 0;
  const timer = setInterval(() => (ticks += 1), 1);
  await here.anneal(smallOptions());
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(3);
});

test("without estimated parameters only the path is sought", async () => {
  const { estimate: _none, ...options } = smallOptions();
  const run = await here.anneal({ ...options, parameters: { forcing: 8.17 } });
  expect(run.best.parameters).toEqual({});
  expect(run.verdict).toBe("consistent");
});

test("too few observed components: the run says that the path was not found", async () => {
  const model = here.lorenz96({ dimension: 10 });
  const twin = here.twinExperiment({
    model,
    timeStep: 0.025,
    points: 81,
    observed: [0, 5],
    noise: 0.1,
    seed: 1,
  });
  const run = await here.anneal({
    model,
    data: twin.data,
    measurementPrecision: 100,
    modelPrecision: { initial: 1e-2, factor: 10, rungs: 9 },
    startingPaths: { start: "random", count: 1, prune: false, range: [-10, 10], seed: 1 },
    minimizer: { maxIterations: 300 },
  });
  expect(run.verdict).toBe("inconsistent");
  expect(run.diagnose()).toContain("not found");
});

test("a failure at every start rejects; prediction from an unknown start throws", async () => {
  const { data } = smallTwin().twin;
  // exp(1000) is infinite at the very first evaluation.
  const run = here.anneal({
    model: here.logLotkaVolterra(),
    data: { ...data, observed: [0], values: data.values.slice(0, 41) },
    measurementPrecision: 1,
    modelPrecision: { initial: 1, factor: 2, rungs: 2 },
    startingPaths: { count: 2, range: [1000, 1001], seed: 1 },
  });
  expect(await rejection(run)).toMatchObject({
    code: "notFinite",
    facts: { term: expect.any(String) as string },
  });

  const done = await here.anneal(smallOptions());
  const error = thrown(() => done.predict({ until: 3, start: 17 }));
  expect(error).toBeInstanceOf(LeastActionError);
  expect(error).toMatchObject({ code: "outOfRange", path: "start" });
});
