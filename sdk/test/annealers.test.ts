// Annealers are made when they are first needed, and once: by a run in its instance, and by each
// worker thread for all that it does.
import { Worker } from "node:worker_threads";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { annealBy } from "../src/anneal/anneal.js";
import { call } from "../src/instance.js";
import { anneal, dispose, init, type Run, samplePosterior } from "../src/index.js";
import { threads } from "../src/work/threads.node.js";
import { smallOptions, smallTwin, thrown } from "./problem.js";

beforeAll(() => init());
afterEach(() => vi.restoreAllMocks());

const until = (run: Run<"forcing">) => (run.times.at(-1) as number) + 0.05;

/** Annealers that Rust is called with from now on, in this thread. */
function annealersSeen(): () => number {
  const methods = ["estimated", "starts", "state", "climber", "finish", "predict"] as const;
  return call(({ Annealer, Uncertainty, Chain }) => {
    const { prototype } = Annealer as unknown as {
      prototype: Record<string, () => unknown>;
    };
    const spies = [...methods, "predictEnsemble"].map((name) => vi.spyOn(prototype, name));
    const given = [vi.spyOn(Uncertainty, "of"), vi.spyOn(Chain, "begin")];
    return () =>
      new Set([
        ...spies.flatMap((spy) => spy.mock.contexts as unknown[]),
        ...given.flatMap((spy) => spy.mock.calls.map(([annealer]) => annealer)),
      ]).size;
  });
}

test("a run has one annealer, whatever it is asked", async () => {
  const seen = annealersSeen();
  const run = await anneal({ ...smallOptions(), workers: 0 });
  run.predict({ until: until(run) });
  run.predict({ until: until(run), start: 1 });
  run.uncertainty().predict({ until: until(run), count: 3 });
  await samplePosterior({ run, chains: 2, draws: 3, warmup: 3, workers: 0 });
  expect(seen()).toBe(1);
  await anneal({ ...smallOptions(), workers: 0 });
  expect(seen()).toBe(2);
});

test("a run outlives the instance that it was made in", async () => {
  const run = await anneal({ ...smallOptions(), workers: 0 });
  const asked = () => [run.predict({ until: until(run) }), run.uncertainty().summary()];
  const before = asked();
  expect(thrown(() => call((raw) => raw.__panic("in between")))).toMatchObject({ code: "panic" });
  expect(asked()).toEqual(before);
  dispose();
  expect(thrown(asked)).toMatchObject({ code: "notInitialized" });
  await init();
  expect(asked()).toEqual(before);
});

test("threads are made once, also where starting paths are climbed again one by one", async () => {
  const file = new URL("../../dist/worker.node.js", import.meta.url);
  const crew: Worker[] = [];
  const working = threads((workerData) => {
    const worker = new Worker(file, { workerData });
    crew.push(worker);
    return worker;
  });
  const { model, twin } = smallTwin();
  const options = {
    model,
    data: twin.data,
    // Far more than the noise allows: all are stopped, and none of them is enough.
    measurementPrecision: 4000,
    startingPaths: { count: 3, seed: 2 },
  };
  const run = (await annealBy(working, { ...options, workers: 2 })) as Run;
  expect(run.starts.map(({ stopped }) => stopped)).toEqual([null, null, null]);
  expect(run.verdict).toBe("inconsistent");
  expect(crew).toHaveLength(2);
  expect(crew.map((worker) => worker.threadId)).toEqual([-1, -1]);
  const here = await anneal({ ...options, workers: 0 });
  expect(here.toJSON()).toEqual(run.toJSON());
});

test("action levels have their former name as well", async () => {
  const run = await anneal({ ...smallOptions(), workers: 0 });
  expect(run.clusters).toBe(run.levels);
  expect(Object.keys(run.toJSON())).not.toContain("clusters");
});
