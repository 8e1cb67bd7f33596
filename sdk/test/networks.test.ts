// Tests of networks: definitions, results, and messages about wrong input.
import { annealBy } from "../src/anneal/anneal.js";
import { beforeAll, describe, expect, test } from "vitest";
import {
  action,
  anneal,
  defineModel,
  design,
  feedforward,
  init,
  LeastActionError,
  lorenz63,
  type NetworkAnnealOptions,
  networkTwin,
  oneHot,
  recurrent,
  train,
} from "../src/index.js";
import { expectError, inThreads, rejection, thrown } from "./problem.js";

beforeAll(() => init());

function ours(error: unknown): LeastActionError {
  expect(error).toBeInstanceOf(LeastActionError);
  return error as LeastActionError;
}

/**
 * A small network with known weights, its pairs, and options that find the weights again in a
 * moment.
 */
function small() {
  const network = feedforward({ layers: [2, 3, 1] });
  const weights = network.randomWeights({ range: [-3, 3], seed: 1 });
  const noise = { inputNoise: 0.02, outputNoise: 0.02 };
  const { pairs, fresh } = networkTwin({
    model: network,
    weights,
    pairs: 30,
    fresh: 50,
    ...noise,
    seed: 2,
  });
  const options = {
    model: network,
    pairs,
    measurementPrecision: 2500,
    weightBounds: [-5, 5],
    biasBounds: [-5, 5],
    startingPaths: { count: 3, seed: 1, weights: [-2, 2] },
  } as const satisfies NetworkAnnealOptions;
  return { network, weights, pairs, fresh, options };
}

describe("a network", () => {
  test("has layers of any width, numbers as short for plain ones", () => {
    const network = feedforward({
      layers: [
        4,
        3,
        { width: 3, activation: "tanh", residual: 0.5 },
        { width: 2, activation: "softmax", bias: "none" },
      ],
      activation: "relu",
    });
    expect(network.widths).toEqual([4, 3, 3, 2]);
    expect(network.weightCount).toBe(4 * 3 + 3 + 3 * 3 + 3 + 3 * 2);
    expect(String(network)).toMatch(/1\s+3\s+relu\s+free\s+15/);
    expect(String(network)).toMatch(/2\s+3\s+tanh\s+free\s+12\s+residual, step 0.5/);
  });

  test("computes what its formula says, and gives weights back layer by layer", () => {
    const network = feedforward({
      layers: [2, { width: 2, bias: [0.5, -0.5], activation: "linear" }, 1],
      activation: "tanh",
    });
    const weights = Float64Array.of(1, 2, 3, 4, 0.1, 0.2, 0.3);
    const [first, second] = network.splitWeights(weights);
    expect(first).toMatchObject({ inputs: 2, outputs: 2, matrix: Float64Array.of(1, 2, 3, 4) });
    expect(first?.bias).toEqual(Float64Array.of(0.5, -0.5));
    expect(second?.bias).toEqual(Float64Array.of(0.3));
    const hidden = [1 * 5 + 2 * 6 + 0.5, 3 * 5 + 4 * 6 - 0.5];
    const expected = Math.tanh(0.1 * (hidden[0] as number) + 0.2 * (hidden[1] as number) + 0.3);
    const layers = network.activations(weights, [[5, 6]]);
    expect(Array.from(layers[1] as Float64Array)).toEqual(hidden);
    expect(network.predict([first, second] as never, [5, 6])[0]).toBeCloseTo(expected, 14);
    expect(network.joinWeights(network.splitWeights(weights))).toEqual(weights);
  });

  test("of one cell has the same weights at every step, and numbers from outside at each", () => {
    const network = recurrent({
      width: 1,
      steps: 3,
      activation: "linear",
      bias: "none",
      forcing: 1,
    });
    expect(network.weightCount).toBe(2);
    const forcing = [0, 1, 2].map((layer) => ({ layer, values: [10 ** layer] }));
    // x -> 2 x + 3 u
    const layers = network.activations([2, 3], [1], { forcing });
    expect(layers.map((layer) => layer[0])).toEqual([1, 5, 40, 380]);
  });

  test("may be made of models", () => {
    const map = defineModel({
      name: "logisticMap",
      kind: "map",
      states: ["x"],
      parameters: { r: 3.7 },
      equations: { x: "r * x * (1 - x)" },
    });
    const network = feedforward({ layers: [1, { map, share: "same" }, { map, share: "same" }] });
    expect(network.weightCount).toBe(1);
    const next = (x: number) => 3.5 * x * (1 - x);
    expect(network.predict([3.5], [0.3])[0]).toBeCloseTo(next(next(0.3)), 14);
    const flow = feedforward({ layers: [3, { map: lorenz63(), residual: 0.01 }] });
    expect(flow.predict([10, 28, 8 / 3], [1, 2, 3])[0]).toBeCloseTo(1 + 0.01 * 10 * (2 - 1), 14);
    expect(flow.splitWeights([10, 28, 8 / 3])[0]?.parameters).toEqual({
      sigma: 10,
      rho: 28,
      beta: 8 / 3,
    });
  });
});

describe("the action of a network", () => {
  test("has the gradient that differences say, and is zero but for the data on an orbit", () => {
    const { network, weights, pairs, options } = small();
    const { startingPaths: _, ...rest } = options;
    const a = action(rest);
    const orbit = a.join(network.activations(weights, pairs.inputs), weights);
    expect(a.evaluate({ unknowns: orbit, modelPrecision: 100 }).modelError).toBe(0);
    const unknowns = orbit.map((x, i) => x + 0.1 * Math.sin(i));
    const { gradient } = a.gradient({ unknowns, modelPrecision: 100 });
    const h = 1e-6;
    for (const i of [0, 17, a.unknowns - 1, a.unknowns - 9]) {
      const at = (by: number) => {
        const moved = unknowns.slice();
        moved[i] = (moved[i] as number) + by;
        return a.evaluate({ unknowns: moved, modelPrecision: 100 }).action;
      };
      expect(gradient[i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 4);
    }
    const parts = a.split(gradient);
    expect(parts.activations).toHaveLength(3);
    expect(a.join(parts.activations, parts.weights)).toEqual(gradient);
    a.free();
  });
});

describe("annealing a network", () => {
  test("explains the data as noise does, and predicts better than a constant", async () => {
    const { fresh, options } = small();
    const run = await anneal(options);
    // The level that noise explains, within five standard deviations (chi-square of 90 measurements
    // less the fitted numbers).
    expect(run.best.action).toBeLessThan(run.expectedLevel + (5 * Math.sqrt(2 * 17)) / 90);
    expect(run.best.weights.map(({ outputs, inputs }) => [outputs, inputs])).toEqual([
      [3, 2],
      [1, 3],
    ]);
    const error = run.predictionError(fresh);
    expect(error.skill).toBeGreaterThan(0.7);
    expect(error.meanSquare).toBeCloseTo(error.constant * (1 - (error.skill as number)), 12);
    const made = run.predict(fresh.inputs);
    const mean =
      made.reduce((sum, y, i) => sum + (y - (fresh.outputs[i] as number)) ** 2, 0) / made.length;
    expect(error.meanSquare).toBeCloseTo(mean, 12);
    expect(run.summary()).toMatch(
      /network of 2-3-1 neurons, 13 weights, 30 pairs, 90 measurements/,
    );
  });

  test("does not depend on threads, and a cancelled run goes on to the same bits", async () => {
    const { options } = small();
    const whole = await anneal({ ...options, workers: 0 });
    const stop = new AbortController();
    const first = await anneal({
      ...options,
      workers: 0,
      signal: stop.signal,
      onProgress: ({ done }) => (done === 5 ? stop.abort() : undefined),
    });
    expect(first.cancelled).toBe(true);
    const parsed = JSON.parse(JSON.stringify(first)) as typeof first;
    const resumed = await annealBy(inThreads, { ...options, workers: 2, resume: parsed });
    expect(JSON.stringify(resumed)).toBe(JSON.stringify(whole));
  });

  test("takes sequences that are measured at every step", async () => {
    // x -> 0.9 x + 0.1 tanh(...) is found from noisy sequences well enough to go on with them.
    const cell = recurrent({ width: 1, steps: 6, activation: "tanh", residual: 0.5 });
    const truth = [-1.2, 0.3];
    const inputs = Array.from({ length: 12 }, (_, k) => [Math.sin(5 * k)]);
    const layers = cell.activations(truth, inputs);
    const pairs = {
      inputs,
      measurements: layers.slice(1, -1).map((values, l) => ({ layer: l + 1, values })),
      outputs: layers.at(-1) as Float64Array,
    };
    const prior = { mean: 0, deviation: 2 };
    const startingPaths = { count: 2, seed: 1 };
    const options = {
      model: cell,
      pairs,
      measurementPrecision: 1e4,
      weightPrior: prior,
      biasPrior: prior,
    };
    const run = await anneal({ ...options, startingPaths });
    expect(run.best.weights[0]?.matrix[0]).toBeCloseTo(-1.2, 1);
    expect(run.best.weights[0]?.bias[0]).toBeCloseTo(0.3, 1);
    expect(run.predictionError(pairs).layers).toHaveLength(6);
  });
});

describe("plain training", () => {
  test("ends where its gradient is small, tells how far it is, and can be stopped", async () => {
    const { fresh, options } = small();
    const { startingPaths: _, ...rest } = options;
    const losses: number[] = [];
    const trained = await train({ ...rest, onProgress: ({ loss }) => losses.push(loss) });
    expect(trained.stop).not.toBe("interrupted");
    expect(losses.length).toBeGreaterThan(0);
    expect([...losses].sort((a, b) => b - a)).toEqual(losses);
    expect(trained.predictionError(fresh).skill).toBeGreaterThan(0.5);
    const stop = new AbortController();
    const stopped = await train({ ...rest, signal: stop.signal, onProgress: () => stop.abort() });
    expect(stopped.stop).toBe("interrupted");
    expect(stopped.loss).toBeGreaterThanOrEqual(trained.loss);
  });
});

test("a twin of twenty layers climbs 436 rungs, with few steps on each", async () => {
  const ten = (layers: number) => feedforward({ layers: new Array<number>(layers).fill(10) });
  const source = ten(100);
  const weights = source.randomWeights({ range: [-0.1, 0.1], seed: 1 });
  const noise = { inputNoise: 0.005, outputNoise: 0.005 };
  const { pairs } = networkTwin({ model: source, weights, pairs: 2, ...noise, seed: 2 });
  const run = await anneal({
    model: ten(20),
    pairs,
    observedOutputs: [0, 2, 4, 6, 8],
    measurementPrecision: 4e4,
    modelPrecision: { initial: 3.8e-3, factor: 1.1, rungs: 436 },
    startingPaths: { count: 1, seed: 1 },
  });
  const { rungs } = run.starts[0] as (typeof run.starts)[number];
  expect(rungs).toHaveLength(436);
  // With free weights two pairs are met exactly, so the action vanishes in the end; until then
  // every rung has work to do.
  expect(rungs.filter(({ iterations }) => iterations <= 1).length).toBeLessThan(436 / 10);
  expect(rungs.filter(({ stop }) => stop === "iterationLimit").length).toBeLessThan(436 / 20);
  expect(rungs.reduce((sum, { iterations }) => sum + iterations, 0)).toBeLessThan(436 * 30);
  expect(run.best.action).toBeLessThan(1e-4);
});

test("designs are compared in a table", async () => {
  const { options, fresh } = small();
  const { model, ...shared } = options;
  const told: string[] = [];
  const comparison = await design({
    ...shared,
    fresh,
    candidates: { "2-3-1": { model }, "2-1": { model: feedforward({ layers: [2, 1] }) } },
    onProgress: ({ candidate }) => told.push(candidate),
  });
  expect(told).toEqual(["2-3-1", "2-1"]);
  const [right, wrong] = comparison.rows;
  // One logistic neuron is not what made the data, and the action says so.
  expect(right?.verdict).not.toBe("inconsistent");
  expect(wrong?.level).toBeGreaterThan(3 * (right?.level as number));
  expect(wrong?.error.meanSquare).toBeGreaterThan(right?.error.meanSquare as number);
  expect(comparison.summary().split("\n")).toHaveLength(3);
});

describe("input that is wrong", () => {
  const { pairs } = { pairs: { inputs: [0, 1, 2, 3], outputs: [0, 1] } };
  const wrong = (options: unknown) => () => feedforward(options as never);

  test.each([
    [wrong({ layers: [] }), "layers[0]", /number of inputs/],
    [wrong({ layers: [2] }), "layers", /at least 1/],
    [wrong({ layers: [2, 0] }), "layers[1].width", /at least 1, got 0/],
    [wrong({ layers: [2, 1.5] }), "layers[1].width", /whole number/],
    [
      wrong({ layers: [2, { width: 3, residual: 1 }] }),
      "layers[1].width",
      /the residual form adds to it/,
    ],
    [wrong({ layers: [2, { width: 2, bias: [1] }] }), "layers[1].bias", /expected 2 values/],
    [wrong({ layers: [2, { width: 2, activation: "tan" }] }), "layers[1].activation", /tanh/],
    [
      wrong({ layers: [2, { width: 2, activaton: "tanh" }] }),
      "layers[1].activaton",
      /did you mean "activation"/,
    ],
    [wrong({ layers: [2, 2], width: 3 }), "width", /unknown name/],
    [
      () => feedforward({ layers: [3, { map: lorenz63() }] }),
      "layers[1].residual",
      /say the step h/,
    ],
    [
      wrong({
        layers: [2, { width: 3, share: "a" }, { width: 3, share: "a" }],
      }),
      "layers[2].share",
      /at layers\[1\]/,
    ],
    [() => recurrent({ width: 2, steps: 0 }), "steps", /at least 1/],
    [() => recurrent({ width: 0, steps: 2 }), "cell.width", /at least 1/],
    [() => oneHot([0, 10], 10), "labels[1]", /a class, 0 to 9, got 10/],
    [() => oneHot([-1], 10), "labels[0]", /a class/],
    [() => oneHot([0.5], 10), "labels[0]", /a class/],
    [() => feedforward({ layers: [2, 1] }).predict([1, 2], [1, 2]), "weights", /expected 3 values/],
    [() => feedforward({ layers: [2, 1] }).predict([1, 2, 3], [1, 2, 3]), "inputs", /rows of 2/],
    [
      () => feedforward({ layers: [2, 1] }).predict([1, 2, 3], [[1], [2]]),
      "inputs[0]",
      /one per neuron/,
    ],
    [() => feedforward({ layers: [2, 1] }).predict([1, 2, NaN], [1, 2]), "weights", /weights/],
    [
      () => feedforward({ layers: [2, 1] }).predict([1, 2, 3], [1, Infinity]),
      "inputs[0][1]",
      /finite/,
    ],
  ])("%#: %s", (what, path, message) => {
    const error = ours(thrown(what));
    expect(error.path).toContain(path);
    expect(error.message).toMatch(message);
  });

  test.each([
    [{ pairs: { ...pairs, inputs: [0, 1, NaN, 3] } }, "pairs.inputs[1][0]", /missingInputs/],
    [{ pairs: { ...pairs, outputs: [0] } }, "pairs.outputs", /2 pairs x 1/],
    [{ pairs: { inputs: pairs.inputs } }, "pairs.outputs", /no observation/],
    [{ pairs: { ...pairs, output: [1] } }, "pairs.output", /did you mean "outputs"/],
    [
      { pairs: { ...pairs, measurements: [{ layer: 7, values: [1] }] } },
      "pairs.measurements[0].layer",
      /0 to 1/,
    ],
    [{ pairs: {} }, "pairs.count", /at least 1/],
    [{ observedOutputs: [3] }, "observedOutputs[0]", /out of range/],
    [{ measurementPrecision: -1 }, "measurementPrecision", /got -1/],
    [{ weightBounds: [1, -1] }, "weightBounds[1]", /./],
    [{ weightBound: [-1, 1] }, "weightBound", /did you mean "weightBounds".*known: model, pairs/],
    [{ startingPaths: { cout: 3 } }, "startingPaths.cout", /did you mean "count"/],
    [
      { minimizer: { method: "structured", hessian: "exact" } },
      "minimizer.hessian",
      /gauss-newton/,
    ],
    [{ workers: -1 }, "workers", /at least 0/],
    [
      { resume: { starts: [{ start: 0, rungs: [] }] } },
      "resume.starts[0].activations",
      /array with an entry/,
    ],
  ])("%#: %j", async (change, path, message) => {
    const options = {
      model: feedforward({ layers: [2, 1] }),
      pairs,
      startingPaths: { count: 1 },
      ...change,
    };
    const error = ours(await rejection(anneal(options as unknown as NetworkAnnealOptions)));
    expect(error.path).toBe(path);
    expect(error.message).toMatch(message);
  });

  const net = () => feedforward({ layers: [2, 2, 1] });
  const holed = [[1, 2], , [3, 4]] as unknown as number[][]; // eslint-disable-line no-sparse-arrays
  const point = () => ({ a: action({ model: net(), pairs }), w: net().randomWeights() });
  test.each([
    // Lists with holes, getters, and objects that only look like lists.
    [() => net().predict(net().randomWeights(), holed), "inputs[1]", /is missing/],
    [
      () => action({ model: net(), pairs: { inputs: holed, outputs: [1, 1, 1] } }),
      "pairs.inputs[1]",
      /is missing/,
    ],
    [() => oneHot({ length: 1e9 }, 3), "labels", /too long/],
    [() => oneHot(5 as never, 3), "labels", /array of numbers, got 5/],
    [() => oneHot(["0"] as never, 3), "labels[0]", /must be a number, got "0"/],
    [() => oneHot([0], "3" as never), "classes", /must be a number, got "3"/],
    [() => oneHot([0], 1e10), "classes", /whole number from 1/],
    [
      () =>
        action({
          get model() {
            throw new TypeError("no");
          },
        } as never),
      "options",
      /cannot be read \(no\)/,
    ],
    [
      () =>
        feedforward({
          layers: [
            2,
            {
              get width() {
                throw new TypeError("no");
              },
            } as never,
          ],
        }),
      "layers[1]",
      /no/,
    ],
    // Unknown names.
    [
      () => net().predict(net().randomWeights(), [1, 2], { forsing: [] } as never),
      "forsing",
      /did you mean "forcing"/,
    ],
    [
      () => action({ model: net(), pairs: { ...pairs, inputs: [1, 2, 3] } }),
      "pairs.inputs",
      /expected 4 values/,
    ],
    [
      () =>
        action({
          model: net(),
          pairs: { ...pairs, forcing: [{ layer: 0, values: [], weight: 1 }] } as never,
        }),
      "pairs.forcing[0].weight",
      /unknown/,
    ],
    [
      () => feedforward({ layers: [{ width: 2, activation: "tanh" }, 1] }),
      "layers[0].activation",
      /unknown name/,
    ],
    [() => feedforward({ layers: [2, { map: 3 as never }] }), "layers[1].map", /must be a model/],
    // Errors of the action itself.
    [() => point().a.evaluate({ unknowns: [], modelPrecision: 1 }), "unknowns", /expected/],
    [
      () => point().a.evaluate({ unknowns: new Float64Array(19), modelPrecision: "10" as never }),
      "modelPrecision",
      /got "10"/,
    ],
    [
      () => point().a.join([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], point().w),
      "activations",
      /one list per layer/,
    ],
    [
      () =>
        point().a.join(
          [
            [1, 2, 3],
            [1, 2, 3, 4, 5],
            [1, 2],
          ],
          point().w,
        ),
      "activations[0]",
      /2 pairs x 2 neurons/,
    ],
    [() => point().a.join(undefined as never, point().w), "activations", /got undefined/],
  ])("%#: %s", (what, path, message) => {
    expectError(thrown(what), path, message);
  });

  test("what the network says of weights is not changed in silence", () => {
    const fixed = feedforward({ layers: [1, { width: 1, bias: [0.5] }] });
    const one = fixed.splitWeights([1]);
    (one[0]?.bias as Float64Array)[0] = 100;
    expect(ours(thrown(() => fixed.predict(one, [0]))).path).toBe("weights[0].bias[0]");
    const tied = recurrent({ width: 1, steps: 3 });
    const all = tied.splitWeights([1, 1]);
    (all[0]?.matrix as Float64Array)[0] = 50;
    expect(ours(thrown(() => tied.predict(all, [1]))).message).toMatch(/tied/);
    expect(() => (fixed.widths as unknown as number[]).push(3)).toThrow(TypeError);
    expect(
      ours(
        thrown(() =>
          networkTwin({ model: { spec: {}, widths: [1], joinWeights: () => [] } } as never),
        ),
      ).path,
    ).toBe("model");
    const list = fixed.randomWeights();
    expect(fixed.joinWeights(list)).not.toBe(list);
  });

  test("pairs are read once, and what is measured nowhere cannot be learned", async () => {
    const { options, fresh } = small();
    const own = { inputs: options.pairs.inputs.slice(), outputs: options.pairs.outputs.slice() };
    const trained = await train({ ...options, startingPaths: undefined, pairs: own } as never);
    const before = trained.predictionError(fresh);
    own.outputs.fill(5);
    expect(trained.predictionError(fresh)).toEqual(before);
    const empty = { inputs: [1, 2], outputs: [NaN] };
    expect(ours(await rejection(train({ model: net(), pairs: empty }))).path).toBe("pairs.outputs");
    const start = {
      model: net(),
      pairs,
      initialWeights: new Float64Array(9).fill(NaN),
      weightBounds: [-5, 5],
    } as const;
    expect(ours(await rejection(train(start))).path).toBe("initialWeights[0]");
    expect(
      ours(await rejection(train({ model: net(), pairs, activationBounds: [0, 1] }))).path,
    ).toBe("activationBounds");
    const stop = AbortSignal.abort(new Error("before"));
    expect(await rejection(train({ model: net(), pairs, signal: stop }))).toMatchObject({
      message: "before",
    });
  });

  test("a run of another network, or one that was tampered with, is not resumed", async () => {
    const { options } = small();
    const done = await anneal({
      ...options,
      startingPaths: { ...options.startingPaths, count: 1 },
      workers: 0,
    });
    const again = (change: (starts: Record<string, unknown>) => void, model = options.model) => {
      const resume = JSON.parse(JSON.stringify(done)) as typeof done;
      change(resume.starts[0] as unknown as Record<string, unknown>);
      return rejection(
        anneal({
          ...options,
          model,
          startingPaths: { ...options.startingPaths, count: 1 },
          resume,
          workers: 0,
        }),
      );
    };
    const weights = await again((start) => ((start.weights as unknown[])[0] = null));
    expect(ours(weights).path).toBe("resume.starts[0].weights[0]");
    const layers = await again((start) => (start.activations as number[][])[0]?.pop());
    expect(ours(layers).path).toMatch(/^resume.starts\[0\].activations/);
    const other = await again(() => undefined, feedforward({ layers: [2, 2, 1] }));
    expect(ours(other).path).toMatch(/^resume.starts\[0\]/);
    const throwing = { get starts() { throw new TypeError("gone"); } }; // prettier-ignore
    expect(ours(await rejection(anneal({ ...options, resume: throwing as never }))).code).not.toBe(
      "panic",
    );
    (done.best.weights[0]?.matrix as Float64Array).fill(7);
    expect(done.starts[0]?.weights[0]?.matrix[0]).not.toBe(7);
  });

  test("designs are looked at before the first is annealed", async () => {
    const { options, fresh } = small();
    const { model, ...shared } = options;
    const wrong = design({
      ...shared,
      fresh,
      candidates: { a: { model }, b: { model: 3 as never } },
    });
    expect(ours(await rejection(wrong)).path).toBe("candidates.b.model");
    const short = design({
      ...shared,
      fresh: { inputs: [[1]], outputs: [1] },
      candidates: { a: { model } },
    });
    expect(ours(await rejection(short)).path).toBe("fresh.inputs[0]");
  });

  test("a network whose mathematics blows up says where", async () => {
    const model = feedforward({ layers: [1, 1], activation: "linear" });
    const weights = [1e200, 0];
    const error = ours(thrown(() => model.predict(weights, [1e200])));
    expect(error.facts).toMatchObject({ code: "notFiniteInLayer", layer: 1, pair: 0, neuron: 0 });
    const training = train({
      model,
      pairs: { inputs: [1e200], outputs: [1] },
      weights: [1e199, 1e200],
    });
    expect(ours(await rejection(training)).message).toMatch(/layer|finite/);
  });
});
