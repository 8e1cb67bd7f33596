// Tests of resumed sampling: it needs the options of the first run, and possible numbers.
import { beforeAll, describe, expect, test } from "vitest";
import {
  anneal,
  init,
  LeastActionError,
  lorenz96,
  samplePosterior,
  twinExperiment,
} from "../src/index.node.js";
import { rejection } from "./problem.js";

await init();
const model = lorenz96({ dimension: 5 });
const twinOf = (seed: number) =>
  twinExperiment({ model, timeStep: 0.05, points: 21, observed: [0, 2, 3], noise: 0.3, seed });
const annealed = (seed: number) =>
  anneal({
    model,
    data: twinOf(seed).data,
    measurementPrecision: 1 / 0.3 ** 2,
    discretization: "rk4",
    estimate: { forcing: { initial: [6, 10] } },
    startingPaths: { seed: 1 },
    workers: 0,
  });
const run = await annealed(4);
const options = {
  run,
  modelPrecision: 1e3,
  chains: 2,
  draws: 8,
  warmup: 10,
  seed: 2,
  workers: 0,
} as const;
const earlier = await samplePosterior(options);
const more = { ...options, draws: 10 };

interface Chain {
  start: unknown;
  draws: unknown;
  values: unknown[];
  figures: Record<string, unknown[]>;
  divergences: unknown;
  duration: unknown;
  state: Record<string, unknown> & {
    position: unknown[];
    variances: unknown[];
    step: Record<string, unknown>;
  };
}
interface File {
  posterior: unknown;
  settings: Record<string, unknown>;
  chains: Chain[];
}
const parsed = (): File => JSON.parse(JSON.stringify(earlier)) as File;
const refused = async (resume: object, extra: object = {}): Promise<LeastActionError> => {
  const error = await rejection(samplePosterior({ ...more, ...extra, resume }));
  expect(error).toBeInstanceOf(LeastActionError);
  return error as LeastActionError;
};

test("a file is as good as the object", async () => {
  const [file, object] = [
    await samplePosterior({ ...more, resume: parsed() }),
    await samplePosterior({ ...more, resume: earlier }),
  ];
  expect(file.parameters).toEqual(object.parameters);
  expect(file.draws).toBe(10);
  // Stating the defaults of the first run changes nothing.
  const said = { method: "nuts", thin: 1, from: "lowest", maxTreeDepth: 10 } as const;
  expect((await samplePosterior({ ...more, ...said, resume: parsed() })).parameters).toEqual(
    file.parameters,
  );
  expect((await samplePosterior({ ...more, chains: 3, resume: parsed() })).chainCount).toBe(3);
});

describe("other options", () => {
  test.each<[object, string, RegExp]>([
    [{ seed: 3 }, "resume.settings.seed", /was 2 and is 3: go on with the same options/],
    [{ thin: 2 }, "resume.settings.thin", /was 1 and is 2/],
    [{ warmup: 11 }, "resume.settings.warmup", /was 10 and is 11/],
    [{ method: "hmc" }, "resume.settings.method", /was "nuts" and is "hmc"/],
    [{ stepSize: 0.1 }, "resume.settings.stepSize", /was null and is 0.1/],
    [{ modelPrecision: 2e3 }, "resume.settings.modelPrecision", /was 1000 and is 2000/],
    [{ from: "levels" }, "resume.settings.from", /was "lowest" and is "levels"/],
    [{ draws: 7 }, "draws", /at least 8, as many as chain 0 has already/],
    [{ chains: 1 }, "chains", /more than 1, the number of a chain that was begun/],
  ])("%j", async (extra, path, message) => {
    for (const resume of [earlier, parsed()]) {
      const error = await refused(resume, extra);
      expect(error.message).toMatch(message);
      expect(error.path).toBe(path);
    }
  });

  test("other data, another run", async () => {
    const other = await annealed(5);
    for (const resume of [earlier, parsed()]) {
      const error = await refused(resume, { run: other });
      expect(error).toMatchObject({ code: "wrongShape", path: "resume.posterior" });
      expect(error.message).toContain("model, data and options of that run");
    }
    // Resuming twice gives the same draws.
    const again = await annealed(4);
    expect((await samplePosterior({ ...more, run: again, resume: parsed() })).draws).toBe(10);
  });
});

describe("an edited file", () => {
  let file: File;
  beforeAll(() => {
    file = parsed();
  });
  const first = "resume.chains[0]";
  test.each<[string, (chain: Chain, file: File) => unknown, string, RegExp]>([
    ["no chains", (_, f) => Reflect.deleteProperty(f, "chains"), "resume.chains", /is missing/],
    [
      "no settings",
      (_, f) => Reflect.deleteProperty(f, "settings"),
      "resume.settings",
      /is missing/,
    ],
    ["a chain that is none", (_, f) => (f.chains[0] = null as never), first, /object, got null/],
    ["no state", (c) => Reflect.deleteProperty(c, "state"), `${first}.state`, /is missing/],
    ["a state that is none", (c) => (c.state = 5 as never), `${first}.state`, /object, got 5/],
    [
      "a gap in the position",
      (c) => (c.state.position[3] = null),
      `${first}.state.position[3]`,
      /number, got null/,
    ],
    [
      "a short position",
      (c) => c.state.position.pop(),
      `${first}.state.centre`,
      /expected 106 values.*got 105/,
    ],
    [
      "NaN in the step",
      (c) => (c.state.step.mean = NaN),
      `${first}.state.step.mean`,
      /finite, got NaN/,
    ],
    [
      "a variance below zero",
      (c) => (c.state.variances[3] = -1),
      `${first}.state.variances[3]`,
      /greater than zero/,
    ],
    [
      "other transitions",
      (c) => (c.state.transitions = 3),
      `${first}.state.transitions`,
      /must be 18, by the warm-up/,
    ],
    [
      "the state of another chain",
      (c) => (c.state.chain = 1),
      `${first}.state.chain`,
      /must be 0, as start is, got 1/,
    ],
    ["another field", (c) => (c.state.foo = 1), `${first}.state.foo`, /unknown name "foo"/],
    [
      "a chain twice",
      (_, f) => (f.chains[1] = f.chains[0] as Chain),
      "resume.chains[1].start",
      /there twice/,
    ],
    ["half a chain", (c) => (c.start = 0.5), `${first}.start`, /whole number/],
    ["fewer draws", (c) => (c.draws = 5), `${first}.values`, /106 unknowns of every draw/],
    ["cut values", (c) => c.values.splice(106), `${first}.values`, /got 106/],
    ["NaN among values", (c) => (c.values[3] = NaN), `${first}.values[3]`, /finite, got NaN/],
    ["null among values", (c) => (c.values[3] = null), `${first}.values[3]`, /number, got null/],
    ["cut figures", (c) => c.figures.energy?.pop(), `${first}.figures.energy`, /one per draw/],
    [
      "no figures",
      (c) => Reflect.deleteProperty(c.figures, "steps"),
      `${first}.figures.steps`,
      /is missing/,
    ],
    [
      "divergences that are none",
      (c) => (c.divergences = [null]),
      `${first}.divergences[0]`,
      /object, got null/,
    ],
    ["no list of divergences", (c) => (c.divergences = 5), `${first}.divergences`, /array, got 5/],
    ["no duration", (c) => (c.duration = "long"), `${first}.duration`, /number, got "long"/],
  ])("%s", async (_name, change, path, message) => {
    const copy = structuredClone(file);
    change(copy.chains[0] as Chain, copy);
    const error = await refused(copy);
    expect(error.message).toMatch(message);
    expect(error.path).toBe(path);
    expect(error.message).not.toMatch(/undefined|invalid|struct /);
  });
});
