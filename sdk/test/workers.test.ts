// Tests of worker threads that die: the run rejects, the others are stopped, nothing hangs, and no
// thread is left.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { beforeAll, expect, test } from "vitest";
import { annealBy } from "../src/anneal/anneal.js";
import { type CreateWorker, threads } from "../src/work/threads.node.js";
import { init, LeastActionError, type Progress } from "../src/index.js";
import type { ClimbJob } from "../src/anneal/climbs.js";
import { planOf } from "../src/anneal/options.js";
import type { Reply, Request, WorkerData } from "../src/work/protocol.js";
import { compiledModule } from "../src/instance.js";
import { longerOptions, rejection, smallOptions } from "./problem.js";

const file = new URL("../../dist/worker.node.js", import.meta.url);

beforeAll(() => init());

/**
 * Runs with two workers of which the second comes from `create`, and expects the run to reject.
 * Returns the error.
 */
async function dies(
  create: CreateWorker,
  onFirstRung?: (crew: Worker[]) => void,
): Promise<LeastActionError> {
  const crew: Worker[] = [];
  const createWorker: CreateWorker = (workerData) => {
    const worker = crew.length === 1 ? create(workerData) : new Worker(file, { workerData });
    crew.push(worker);
    return worker;
  };
  const onProgress = ({ done }: Progress) => (done === 1 ? onFirstRung?.(crew) : undefined);
  const options = { ...smallOptions(), workers: 2, onProgress };
  const error = await rejection(annealBy(threads(createWorker), options));
  expect(crew).toHaveLength(2);
  // A thread that has ended has no number.
  expect(crew.map((worker) => worker.threadId)).toEqual([-1, -1]);
  expect(error).toBeInstanceOf(LeastActionError);
  expect(error).toMatchObject({ code: "workerDied", path: "workers" });
  return error as LeastActionError;
}

const script = (code: string) => new Worker(code, { eval: true });
const whole: CreateWorker = (workerData) => new Worker(file, { workerData });

test("terminated while it climbs", async () => {
  const error = await dies(whole, (crew) => void crew[1]?.terminate());
  expect(error.message).toMatch(/exit code 1/);
  expect(error.facts).toMatchObject({ start: expect.any(Number) as number });
});

test("exits", async () => {
  const error = await dies(() => script("process.exit(3)"));
  expect(error.message).toMatch(/exit code 3/);
});

test("ends in peace before its work is done", async () => {
  await dies(() => script("require('node:worker_threads').parentPort.once('message', () => {})"));
});

test("throws", async () => {
  const error = await dies(() => script("throw new Error('out of luck')"));
  expect(error.message).toMatch(/out of luck/);
});

test("cannot be loaded", async () => {
  const error = await dies(() => new Worker(new URL("file:///no/such/worker.js")));
  expect(error.message).toMatch(/Cannot find module/);
});

test("gets a module that is not ours", async () => {
  const empty = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  await dies((data) => new Worker(file, { workerData: { ...data, module: empty } }));
});

test("panics in WebAssembly", async () => {
  // The worker's own code, except that a rung panics.
  const glue = new URL("../generated/glue.js", import.meta.url).href;
  const code = `
    const { parentPort, workerData } = require("node:worker_threads");
    import(${JSON.stringify(glue)}).then(({ createGlue }) => {
      const glue = createGlue();
      glue.initSync({ module: workerData.module });
      parentPort.on("message", () => glue.__panic("on purpose"));
    });`;
  const error = await dies((workerData) => new Worker(code, { eval: true, workerData }));
  expect(error.message).toMatch(/unreachable/);
});

test("cannot even be made", async () => {
  const error = await rejection(
    annealBy(
      threads((workerData) => {
        if (file.href === "") return new Worker(file, { workerData });
        throw new Error("no threads left");
      }),
      smallOptions(),
    ),
  );
  expect(error).toMatchObject({ code: "workerDied", facts: { reason: "no threads left" } });
});

test("a worker looks at the cancel flag before every rung", async () => {
  const { task } = planOf(longerOptions());
  const cancel = new SharedArrayBuffer(4);
  const worker = new Worker(file, {
    workerData: {
      module: compiledModule(),
      task,
      withPartialResults: false,
      cancel,
    } satisfies WorkerData,
  });
  const replies: Reply[] = [];
  await new Promise<void>((resolve, reject) => {
    worker.on("error", reject);
    worker.on("message", (reply: Reply) => {
      replies.push(reply);
      if (reply.type !== "step") resolve();
    });
    Atomics.store(new Int32Array(cancel), 0, 1);
    const job: ClimbJob = { start: 1, climb: undefined };
    worker.postMessage({ type: "job", job } satisfies Request);
  });
  await worker.terminate();
  expect(replies).toMatchObject([{ type: "result", result: { start: 1, rungs: [] } }]);
});

test("a process ends by itself after a run, a cancelled run and a failed one", async () => {
  const dist = new URL("../../dist/index.node.js", import.meta.url).href;
  const code = `
    import { init, lorenz63, twinExperiment, anneal } from ${JSON.stringify(dist)};
    await init();
    const model = lorenz63();
    const { data } = twinExperiment({
      model, timeStep: 0.02, points: 51, observed: [0], noise: 0.1, seed: 1,
    });
    const options = {
      model, data, measurementPrecision: 100, modelPrecision: { initial: 1, factor: 4, rungs: 4 },
      startingPaths: { count: 3, range: [-20, 20], seed: 1 }, workers: 2,
    };
    await anneal(options);
    const stop = new AbortController();
    await anneal({ ...options, signal: stop.signal, onProgress: () => stop.abort() });
    const onProgress = () => { throw new Error("enough"); };
    await anneal({ ...options, onProgress }).catch((error) => console.log(error.message));`;
  const args = ["--input-type=module", "--eval", code];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, {
    timeout: 30_000,
    cwd: fileURLToPath(new URL(".", import.meta.url)),
  });
  expect({ stdout, stderr }).toEqual({ stdout: "enough\n", stderr: "" });
});
