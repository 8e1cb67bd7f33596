// Tests that the native program and WebAssembly give the same bits, for whole runs under every
// discretisation and for networks.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import {
  anneal,
  conditionalLyapunov,
  feedforward,
  init,
  logLotkaVolterra,
  lorenz63,
  lorenz96,
  networkTwin,
  samplePosterior,
  train,
  twinExperiment,
} from "../src/index.js";
import { toolOf } from "../../test/native.mjs";
import type {
  AnnealOptions,
  LayerOptions,
  Model,
  NetworkAnnealOptions,
  NetworkOptions,
  NetworkTwinOptions,
  Run,
  TwinOptions,
} from "../src/index.js";

interface Case {
  name: string;
  model: { name: "lorenz63" | "lorenz96" | "logLotkaVolterra"; dimension: number };
  twin: Omit<TwinOptions<string>, "model">;
  anneal: Omit<AnnealOptions<string, string>, "model" | "data">;
}

interface NetworkCase {
  name: string;
  inputs: number;
  layers: LayerOptions[];
  twin: Omit<NetworkTwinOptions, "model" | "weights">;
  anneal: Omit<NetworkAnnealOptions, "model" | "pairs"> & { action: NetworkOptions };
}

interface Fingerprint extends Record<string, string> {
  name: string;
  discretization: NonNullable<AnnealOptions<string, string>["discretization"]>;
}

const repository = fileURLToPath(new URL("../..", import.meta.url));
const fixture = `${repository}/test/fixtures/fingerprint.json`;
const networkFixture = `${repository}/test/fixtures/networks.json`;
const networkCases = JSON.parse(readFileSync(networkFixture, "utf8")) as NetworkCase[];
const cases = JSON.parse(readFileSync(fixture, "utf8")) as Case[];

beforeAll(() => init());

function modelOf({ name, dimension }: Case["model"]): Model {
  return { lorenz63, lorenz96: () => lorenz96({ dimension }), logLotkaVolterra }[name]();
}

/** Sixteen hexadecimal digits per number, most significant first. */
function bits(values: ArrayLike<number>): string {
  const view = new DataView(new ArrayBuffer(8));
  return Array.from(values, (value) => {
    view.setFloat64(0, value);
    return view.getBigUint64(0).toString(16).padStart(16, "0");
  }).join("");
}

async function fingerprint(
  given: Case,
  discretization: Fingerprint["discretization"],
): Promise<Fingerprint> {
  const model = modelOf(given.model);
  const twin = twinExperiment({ model, ...given.twin });
  const run = await anneal({ model, data: twin.data, ...given.anneal, discretization });
  const rungs = run.starts.flatMap((start) => start.rungs);
  const prediction = run.predict({ until: given.twin.timeStep * (given.twin.points + 20) });
  const { timeStep, observed } = given.twin;
  const exponent = conditionalLyapunov({
    model,
    timeStep,
    observed: observed.slice(0, 1),
    coupling: 10,
    points: 101,
  });
  return {
    name: given.name,
    discretization,
    exponent: bits([exponent.value, exponent.standardError]),
    data: bits(twin.data.values),
    truth: bits(twin.truth),
    future: bits(twin.future),
    levels: bits(
      rungs.flatMap((r) => [r.modelPrecision, r.action, r.measurementError, r.modelError]),
    ),
    parameters: bits(run.starts.flatMap((start) => Object.values(start.parameters))),
    paths: bits(run.starts.flatMap((start) => Array.from(start.path))),
    prediction: bits(prediction.path),
    times: bits(prediction.times),
    summary: run.summary(),
    diagnosis: run.diagnose(),
    uncertainty: uncertainty(run),
    draws: await draws(run),
  };
}

/**
 * Means, deviations and the mean's shift of a run; where the lowest level is no minimum, its error.
 */
function uncertainty(run: Run): string {
  try {
    const found = run.uncertainty();
    const { path, parameters } = found.meanShift();
    const of = (which: "mean" | "deviation"): number[] =>
      Object.values(found.parameters).map((one) => one[which]);
    const parts = [
      found.path,
      of("mean"),
      found.deviation,
      of("deviation"),
      path,
      Object.values(parameters),
    ];
    return bits(parts.flatMap((part) => Array.from(part)));
  } catch (error) {
    return (error as Error).message;
  }
}

/** The first draws of a chain. */
async function draws(run: Run): Promise<string> {
  try {
    const { statistics } = await samplePosterior({ run, chains: 1, warmup: 30, draws: 5, seed: 3 });
    return bits(
      Array.from(statistics.logDensity).flatMap((value, k) => [
        value,
        statistics.energy[k] as number,
      ]),
    );
  } catch (error) {
    return (error as Error).message;
  }
}

async function ofNetwork({
  name,
  inputs,
  layers,
  ...given
}: NetworkCase): Promise<Record<string, string>> {
  const model = feedforward({ layers: [inputs, ...layers] });
  const weights = model.randomWeights({ seed: given.twin.seed });
  const { pairs, fresh, truth } = networkTwin({ model, weights, ...given.twin });
  const { action, ...rest } = given.anneal;
  const run = await anneal({ model, pairs, ...action, ...rest });
  const stop = new AbortController();
  // The first portion of iterations only, as in the native program.
  const trained = await train({
    model,
    pairs,
    ...action,
    signal: stop.signal,
    onProgress: () => stop.abort(),
  });
  const rungs = run.starts.flatMap((start) => start.rungs);
  const error = run.predictionError(fresh);
  return {
    name,
    weights: bits(weights),
    pairs: bits([...pairs.inputs, ...pairs.outputs]),
    truth: truth.map(bits).join(""),
    levels: bits(
      rungs.flatMap((r) => [r.modelPrecision, r.action, r.measurementError, r.modelError]),
    ),
    parameters: run.starts.map((start) => bits(model.joinWeights(start.weights))).join(""),
    paths: run.starts.map((start) => start.activations.map(bits).join("")).join(""),
    prediction: bits(run.predict(fresh.inputs)),
    error: bits([error.meanSquare, error.constant]),
    trained: bits(model.joinWeights(trained.weights)),
    summary: run.summary(),
    diagnosis: run.diagnose(),
  };
}

let native: { paths: Fingerprint[]; networks: Record<string, string>[] };

beforeAll(() => {
  const output = execFileSync(toolOf("fingerprint"), [fixture, networkFixture], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  native = JSON.parse(output) as typeof native;
}, 900_000);

const discretizations = ["euler", "trapezoid", "midpoint", "rk4", "simpson-hermite"] as const;

test.each(discretizations)(
  "%s: native and WebAssembly runs are equal to the last bit",
  async (discretization) => {
    const expected = native.paths.filter((one) => one.discretization === discretization);
    expect(expected.map(({ name }) => name)).toEqual(cases.map(({ name }) => name));
    for (const [i, given] of cases.entries()) {
      const found = await fingerprint(given, discretization);
      const different = Object.keys(found).filter((key) => found[key] !== expected[i]?.[key]);
      expect({ name: given.name, different }).toEqual({ name: given.name, different: [] });
    }
  },
);

test("networks: native and WebAssembly runs are equal to the last bit", async () => {
  expect(native.networks.map(({ name }) => name)).toEqual(networkCases.map(({ name }) => name));
  for (const [i, given] of networkCases.entries()) {
    const found = await ofNetwork(given);
    const different = Object.keys(found).filter((key) => found[key] !== native.networks[i]?.[key]);
    expect({ name: given.name, different }).toEqual({ name: given.name, different: [] });
    expect(Object.keys(found)).toEqual(
      expect.arrayContaining(Object.keys(native.networks[i] as object)),
    );
  }
});
