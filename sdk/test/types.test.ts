// What TypeScript knows: checked by `tsc`, so most of this only has to compile.
import { expect, expectTypeOf, test } from "vitest";
import {
  action,
  anneal,
  defineModel,
  design,
  expr,
  feedforward,
  LeastActionError,
  lorenz63,
  lorenz96,
  logLotkaVolterra,
  modelFromJSON,
  observations,
  recurrent,
  train,
  twinExperiment,
  vector,
} from "../src/index.js";
import type {
  Design,
  ErrorFacts,
  Expression,
  LayerWeights,
  Model,
  Network,
  NetworkAction,
  NetworkRun,
  Observations,
  Run,
  TrainedNetwork,
  Twin,
  VectorExpression,
} from "../src/index.js";

declare const data: Observations;
declare const anyModel: Model;

// Never called: init has not been, and data does not exist.
export function compiles() {
  const common = {
    data,
    measurementPrecision: 4,
    modelPrecision: { initial: 1, factor: 2, rungs: 3 },
    startingPaths: { count: 1, range: [0, 1], seed: 1 },
  } as const;

  expectTypeOf(lorenz96({ dimension: 20 })).toEqualTypeOf<
    Model<"forcing", `x${number}`, never, never>
  >();
  expectTypeOf(lorenz63()).toEqualTypeOf<
    Model<"sigma" | "rho" | "beta", "x" | "y" | "z", never, never>
  >();
  expectTypeOf(logLotkaVolterra().parameters[0]?.name).toEqualTypeOf<
    "alpha" | "beta" | "gamma" | "delta" | undefined
  >();

  const model = lorenz63();
  const one = anneal({ model, ...common, estimate: { rho: { initial: [20, 30] } } });
  expectTypeOf(one).resolves.toEqualTypeOf<Run<"rho", never>>();
  const two = anneal({
    model,
    ...common,
    estimate: { rho: { initial: [20, 30] }, beta: { initial: [1, 3] } },
  });
  expectTypeOf(two).resolves.toEqualTypeOf<Run<"rho" | "beta", never>>();
  expectTypeOf(anneal({ model, ...common })).resolves.toEqualTypeOf<Run<never, never>>();
  const loose = anneal({ model: anyModel, ...common, estimate: { anything: { initial: [0, 1] } } });
  expectTypeOf(loose).resolves.toEqualTypeOf<Run<"anything">>();

  // @ts-expect-error: no such parameter
  void anneal({ model, ...common, estimate: { roh: { initial: [20, 30] } } });
  // @ts-expect-error: no such parameter
  void anneal({ model, ...common, parameters: { roh: 28 } });
  // @ts-expect-error: a range has two ends
  void anneal({ model, ...common, estimate: { rho: { initial: [20] } } });
  // @ts-expect-error: no such discretization
  void anneal({ model, ...common, discretization: "simpson" });
  // @ts-expect-error: no such option
  void anneal({ model, ...common, estimat: {} });
  // @ts-expect-error: startingPaths is missing
  void anneal({ model, ...common, startingPaths: undefined });

  void one.then((run) => {
    expectTypeOf(run.best.parameters).toEqualTypeOf<Record<"rho", number>>();
    expectTypeOf(run.best.parameters.rho).toEqualTypeOf<number>();
    expectTypeOf(run.best.path).toEqualTypeOf<Float64Array>();
    expectTypeOf(run.starts[0]?.parameters.rho).toEqualTypeOf<number | undefined>();
    expectTypeOf(run.verdict).toEqualTypeOf<
      "consistent" | "inconsistent" | "undetermined" | "unfinished"
    >();
    // @ts-expect-error: not estimated
    void run.best.parameters.sigma;
    void anneal({ model, ...common, estimate: { rho: { initial: [20, 30] } }, resume: run });
  });

  const a = action({ model, data, measurementPrecision: 1, estimate: ["rho"] });
  const { parameters } = a.gradient({ path: [], modelPrecision: 1, parameters: { rho: 28 } });
  expectTypeOf(parameters).toEqualTypeOf<Record<"rho", number>>();
  // @ts-expect-error: not estimated
  a.evaluate({ path: [], modelPrecision: 1, parameters: { beta: 28 } });

  const twin = twinExperiment({
    model,
    timeStep: 0.1,
    points: 3,
    observed: [0],
    noise: 0,
    seed: 1,
  });
  expectTypeOf(twin).toEqualTypeOf<Twin<"sigma" | "rho" | "beta">>();
  twinExperiment({
    model,
    // @ts-expect-error: no such parameter
    parameters: { forcing: 8 },
    timeStep: 0.1,
    points: 3,
    observed: [0],
    noise: 0,
    seed: 1,
  });
}

export function models() {
  const states = { V: "mV", m: 1, x: vector(5), y: { unit: "K", initial: 1 } } as const;
  const parameters = { gNa: 120, E: { default: 50, unit: "mV" } } as const;
  const neuron = defineModel({
    states,
    inputs: ["I"],
    parameters,
    where: { drive: "gNa*m^3", slow: ({ V, E, exp }) => exp(V.minus(E)) },
    equations: {
      V: "drive*(E - V) + I",
      m: ({ m, slow, t, I, min }) => min(m, slow, t).plus(I),
      x: ({ x, drive }, i) => {
        expectTypeOf(i).toEqualTypeOf<number>();
        expectTypeOf(x).toEqualTypeOf<VectorExpression>();
        expectTypeOf(drive).toEqualTypeOf<Expression>();
        return x.at(i + 1).times(drive);
      },
      y: expr`${2} * y`,
    },
    observables: { current: "gNa*(E - V)", total: ({ V, x, slow }) => V.plus(x.at(0)).plus(slow) },
    initialState: { V: -65, x: [1, 2, 3, 4, 5] },
  });
  expectTypeOf(neuron).toEqualTypeOf<
    Model<"gNa" | "E", "V" | "m" | "y" | `x${number}`, "I", "current" | "total">
  >();
  expectTypeOf(neuron.inputs).toEqualTypeOf<readonly "I"[]>();
  expectTypeOf(neuron.observables).toEqualTypeOf<readonly ("current" | "total")[]>();

  const ring = defineModel({
    states: vector("x", 20),
    parameters: { k: 8.17 },
    equations: ({ x, k }, i) =>
      expr`${x.at(i - 1)} * (${x.at(i + 1)} - ${x.at(i - 2)}) - ${x.at(i)} + ${k}`,
  });
  expectTypeOf(ring).toEqualTypeOf<Model<"k", `x${number}`, never, never>>();

  const listed = defineModel({
    states: ["a", "b", vector("c", 2)],
    where: ({ a, b }) => ({ sum: a.plus(b) }),
    equations: ({ a, sum, c, sin }) => ({ a: sum, b: sin(a), c: (i) => c.at(i - 1).plus(sum) }),
    observables: ({ a, sum }) => ({ product: a.times(sum) }),
  });
  expectTypeOf(listed).toEqualTypeOf<Model<never, "a" | "b" | `c${number}`, never, "product">>();
  // A model of one's own goes wherever a named one does.
  expectTypeOf(listed).toExtend<Model>();
  expectTypeOf(modelFromJSON("")).toEqualTypeOf<Model>();

  const driven = anneal({
    model: neuron,
    data,
    measurementPrecision: 1,
    estimate: { gNa: { initial: [1, 2] } },
  });
  expectTypeOf(driven).resolves.toEqualTypeOf<Run<"gNa", "I">>();
  void driven.then((run) => {
    run.predict({ until: 1, inputs: { I: (t) => t } });
    run.predict({ until: 1, inputs: [1, 2, 3] });
    // @ts-expect-error: no such input
    run.predict({ until: 1, inputs: { J: [1] } });
    // A run goes wherever any run does.
    expectTypeOf(run).toExtend<Run>();
  });

  void anneal({
    model: neuron,
    data,
    measurementPrecision: 1,
    modelPrecision: { initial: 1, factor: 2, rungs: 3 },
    startingPaths: { count: 1, range: [0, 1], seed: 1 },
    // @ts-expect-error: no such parameter
    estimate: { gNq: { initial: [0, 1] } },
  });

  observations({
    model: neuron,
    times: [0, 1],
    values: { V: [0, 1], x3: [1, 2] },
    inputs: { I: (t) => t },
  });
  observations({ times: [0, 1], values: { 0: [0, 1] }, inputs: { any: [0, 1] } });
  observations({ model: neuron, times: [0, 1], values: { current: [0, 1] } });
  observations({
    model: neuron,
    times: [0, 1],
    values: { observed: ["total", "V"], values: [0, 1, 2, 3] },
  });
  observations({ model: anyModel, times: [0, 1], values: { anything: [0, 1] } });
  // @ts-expect-error: no such state
  observations({ model: neuron, times: [0, 1], values: { W: [0, 1] } });
  // @ts-expect-error: no such state or observable
  observations({ model: neuron, times: [0, 1], values: { observed: ["curent"], values: [0, 1] } });
  // @ts-expect-error: no such input
  observations({ model: neuron, times: [0, 1], values: { V: [0, 1] }, inputs: { J: (t) => t } });
  // @ts-expect-error: a name without model
  observations({ times: [0, 1], values: { V: [0, 1] } });
  const twin = { timeStep: 0.1, points: 3, noise: 0, seed: 1 };
  twinExperiment({ model: neuron, ...twin, observed: ["V", 1], inputs: { I: [0, 1, 2] } });
  twinExperiment({ model: neuron, ...twin, observed: ["current", "V"], inputs: { I: [0, 1, 2] } });
  // @ts-expect-error: no such state
  twinExperiment({ model: neuron, ...twin, observed: ["W"] });
  // @ts-expect-error: no such observable
  twinExperiment({ model: neuron, ...twin, observed: ["curent"] });

  // @ts-expect-error: an equation is missing
  defineModel({ states: ["a", "b"], equations: { a: "b" } });
  // @ts-expect-error: an equation is missing
  defineModel({ states: { a: 1, b: 1 }, equations: ({ a }) => ({ a }) });
  // @ts-expect-error: no such state
  defineModel({ states: ["a"], equations: { a: "1", b: "a" } });
  // @ts-expect-error: no such name
  defineModel({ states: ["a"], equations: ({ q }) => ({ a: q }) });
  // @ts-expect-error: JavaScript's operators are not for expressions
  defineModel({ states: ["a"], equations: ({ a }) => ({ a: a * 2 }) });
  // @ts-expect-error: a condition is no number
  defineModel({ states: ["a"], equations: ({ a }) => ({ a: a.lessThan(1) }) });
  // @ts-expect-error: a vector is no number
  defineModel({ states: { a: vector(2) }, equations: ({ a }) => ({ a: () => a }) });
  // @ts-expect-error: a unit is text, or 1 for none
  defineModel({ states: { a: 2 }, equations: { a: "1" } });
  // @ts-expect-error: a parameter needs a default
  defineModel({ states: ["a"], parameters: { k: { unit: "K" } }, equations: { a: "k" } });
  // @ts-expect-error: no such state
  defineModel({ states: ["a"], equations: { a: "1" }, initialState: { b: 1 } });
  // @ts-expect-error: no such option
  defineModel({ states: ["a"], equations: { a: "1" }, input: ["I"] });
}

export function networks() {
  const network = feedforward({
    layers: [10, ...(Array(18).fill(10) as number[]), 10],
    activation: "logistic",
  });
  expectTypeOf(network).toEqualTypeOf<Network>();
  const pairs = { inputs: new Float64Array(20), outputs: [[1, 2]] };
  const run = anneal({
    model: network,
    pairs,
    observedOutputs: [0, 2, 4, 6, 8],
    measurementPrecision: 4e4,
    modelPrecision: { initial: 3.8e-3, factor: 1.1, rungs: 436 },
    startingPaths: { count: 20, seed: 1 },
  });
  expectTypeOf(run).resolves.toEqualTypeOf<NetworkRun>();
  void run.then((run) => {
    expectTypeOf(run.predict([[1, 2]])).toEqualTypeOf<Float64Array>();
    expectTypeOf(run.best.weights[3]).toEqualTypeOf<LayerWeights | undefined>();
    expectTypeOf(run.predictionError(pairs).accuracy).toEqualTypeOf<number | null>();
    expectTypeOf(run.levels.action).toEqualTypeOf<Float64Array>();
    void anneal({ model: network, pairs, resume: run });
    // @ts-expect-error: networks have no named parameters
    void run.best.parameters;
  });
  expectTypeOf(action({ model: network, pairs })).toEqualTypeOf<NetworkAction>();
  expectTypeOf(
    train({ model: network, pairs, inputs: "free" }),
  ).resolves.toEqualTypeOf<TrainedNetwork>();
  const compared = design({
    candidates: { a: { model: network }, b: { model: network, observedOutputs: [1] } },
    pairs,
    fresh: pairs,
  });
  expectTypeOf(compared).resolves.toEqualTypeOf<Design<"a" | "b">>();
  recurrent({ width: 3, steps: 4, activation: "tanh", residual: 0.1, forcing: 1 });
  recurrent({ map: lorenz63(), steps: 4, residual: 0.1 });

  // @ts-expect-error: no such activation
  feedforward({ layers: [2, 2], activation: "sigmoid" });
  // @ts-expect-error: no such field of a layer
  feedforward({ layers: [2, { width: 2, activaton: "tanh" }] });
  // @ts-expect-error: a cell has a width
  recurrent({ steps: 3 });
  // @ts-expect-error: no such option
  void anneal({ model: network, pairs, weightBound: [0, 1] });
  // @ts-expect-error: data are for models
  void anneal({ model: network, data });
  // @ts-expect-error: pairs are for networks
  void anneal({ model: lorenz63(), pairs, measurementPrecision: 1 });
}

test("the code of an error tells its facts", () => {
  const error = new LeastActionError("no", {
    code: "wrongLength",
    path: "p",
    length: 1,
    expected: 2,
    because: "so",
  });
  expect(error).toBeInstanceOf(Error);
  const facts: ErrorFacts = error.facts;
  if (facts.code === "wrongLength") expectTypeOf(facts.expected).toEqualTypeOf<number>();
  // @ts-expect-error: not a code
  expect(error.code === "wrongLenght").toBe(false);
  expectTypeOf<ErrorFacts["code"]>().toEqualTypeOf<typeof error.code>();
});
