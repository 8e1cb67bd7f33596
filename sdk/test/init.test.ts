// Tests of loading the module: where it may come from, and the errors when it does not.
import { readFileSync } from "node:fs";
import { beforeEach, expect, test, vi } from "vitest";
import { rejection, thrown } from "./problem.js";

const bytes = readFileSync(new URL("../generated/least_action_wasm_bg.wasm", import.meta.url));
const response = () => new Response(bytes, { headers: { "content-type": "application/wasm" } });

const emptyModule = () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));

// The library keeps its instance in module variables, so every test loads new modules.
beforeEach(() => vi.resetModules());

const slim = () => import("../src/slim.js");

test("before init everything says what to do", async () => {
  const { lorenz63, anneal } = await import("../src/index.js");
  const expected = { name: "LeastActionError", code: "notInitialized", path: "init" };
  const error = thrown(() => lorenz63());
  expect(error).toMatchObject(expected);
  expect((error as Error).message).toMatch(/await init\(\)/);
  const options = {
    model: { spec: { name: "lorenz63" } },
    data: { values: [] },
  } as unknown as Parameters<typeof anneal>[0];
  expect(await rejection(anneal(options))).toMatchObject(expected);
});

test("init may be called often and at once, and is done once", async () => {
  const compile = vi.spyOn(WebAssembly, "compile");
  const { init, lorenz63 } = await import("../src/index.js");
  await Promise.all([init(), init(), init()]);
  await init();
  expect(lorenz63().dimension).toBe(3);
  expect(compile).toHaveBeenCalledTimes(1);
  compile.mockRestore();
});

test.each([
  ["bytes", () => bytes],
  ["an ArrayBuffer", () => new Uint8Array(bytes).buffer],
  ["a Response", response],
  ["a promise of a Response", () => Promise.resolve(response())],
  ["a URL", () => new URL(`data:application/wasm;base64,${bytes.toString("base64")}`)],
  ["a Module", () => new WebAssembly.Module(bytes)],
])("the slim entry takes %s", async (_name, source) => {
  const { init, lorenz63 } = await slim();
  await init(source());
  expect(lorenz63().name).toBe("lorenz63");
});

test.each([
  ["no source", () => undefined, "wrongShape"],
  ["a number", () => 7, "wrongShape"],
  ["null", () => null, "wrongShape"],
  ["bytes of something else", () => new Uint8Array([1, 2, 3]), "loadFailed"],
  ["a response that failed", () => new Response("", { status: 404 }), "loadFailed"],
  ["a promise that rejects", () => Promise.reject(new Error("offline")), "loadFailed"],
  ["an address without a scheme", () => "nowhere.wasm", "loadFailed"],
  ["a module of something else", () => emptyModule(), "loadFailed"],
])("%s is refused, and the next call may do better", async (_name, source, code) => {
  const { init, lorenz63 } = await slim();
  expect(await rejection(init(source() as never))).toMatchObject({
    name: "LeastActionError",
    code,
    path: "init",
  });
  await init(bytes);
  expect(lorenz63().name).toBe("lorenz63");
});

test("importing does nothing", async () => {
  const compile = vi.spyOn(WebAssembly, "compile");
  const instantiate = vi.spyOn(WebAssembly, "Instance");
  await Promise.all([
    import("../src/index.js"),
    import("../src/index.node.js"),
    import("../src/slim.node.js"),
  ]);
  await import("../src/worker.node.js");
  expect(compile).not.toHaveBeenCalled();
  expect(instantiate).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

test.each(["anneal", "anneal, told of paths", "train", "solveBoundaryValueProblem"] as const)(
  "%s in this thread ends with everything, also where another module takes over at once",
  async (name) => {
    const sdk = await slim();
    const module = new WebAssembly.Module(bytes);
    await sdk.init(module);
    let life = 1;
    const tolds = [0, 0];
    const onProgress = (): void => {
      tolds[life - 1] = (tolds[life - 1] as number) + 1;
      if (tolds[0] !== 2 || life === 2) return;
      sdk.dispose();
      life = 2;
      void sdk.init(module);
    };
    const model = sdk.lorenz96({ dimension: 20 });
    const start = { model, measurementPrecision: 4 };
    const { data, truth } = sdk.twinExperiment({
      model,
      timeStep: 0.025,
      points: 801,
      observed: [0, 1, 2, 4, 5, 7],
      noise: 0.5,
      seed: 1,
    });
    const network = sdk.feedforward({
      layers: [2, { width: 8, activation: "tanh" }, { width: 2, activation: "tanh" }],
    });
    const weights = network.randomWeights({ range: [-2, 2], seed: 1 });
    const { pairs } = sdk.networkTwin({
      model: network,
      weights,
      pairs: 200,
      fresh: 1,
      inputNoise: 0.1,
      outputNoise: 0.1,
      seed: 1,
    });
    const work = {
      "anneal, told of paths": () =>
        sdk.anneal({
          ...start,
          data,
          workers: 0,
          startingPaths: { count: 3, seed: 1 },
          onPath: onProgress,
        }),
      anneal: () =>
        sdk.anneal({
          ...start,
          data,
          workers: 0,
          startingPaths: { count: 3, seed: 1 },
          onProgress,
        }),
      train: () =>
        sdk.train({
          model: network,
          pairs,
          weightPrior: { mean: 0, deviation: 1 },
          seed: 1,
          onProgress,
        }),
      solveBoundaryValueProblem: () =>
        sdk.mechanics({ ...start, data, modelPrecision: 1 }).solveBoundaryValueProblem({
          initialPath: truth.map((x, k) => x + Math.sin(7 * k)),
          onProgress,
        }),
    };
    expect(await rejection(work[name]())).toMatchObject({ code: "freed", path: "dispose" });
    // By now, late messages would have arrived.
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(tolds).toEqual([2, 0]);
    expect(sdk.lorenz63().dimension).toBe(3);
  },
);

test("a boundary-value problem ends with everything from its last report too", async () => {
  const sdk = await slim();
  await sdk.init(new WebAssembly.Module(bytes));
  const model = sdk.lorenz63();
  const { data, truth } = sdk.twinExperiment({
    model,
    timeStep: 0.01,
    points: 11,
    observed: [0],
    noise: 0.1,
    seed: 1,
  });
  const system = sdk.mechanics({ model, data, measurementPrecision: 100, modelPrecision: 1e4 });
  const solving = system.solveBoundaryValueProblem({
    initialPath: truth,
    onProgress: () => sdk.dispose(),
  });
  expect(await rejection(solving)).toMatchObject({ code: "freed", path: "dispose" });
});
