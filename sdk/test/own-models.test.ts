// Tests of user-defined models in the core: the same systems as the named ones, to the bit, and
// errors that point at the character.
import { annealBy } from "../src/anneal/anneal.js";
import { inThreads } from "./problem.js";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import {
  action,
  anneal,
  colpitts,
  defineModel,
  doubleWell,
  expr,
  init,
  integrate,
  LeastActionError,
  lorenz63,
  lorenz96,
  type Model,
  modelFromJSON,
  naklNeuron,
  observations,
  pendulum,
  twinExperiment,
  vector,
} from "../src/index.js";
import { replaced, thrown } from "./problem.js";

// Defined before the core is loaded.
const early = defineModel({ states: ["x"], parameters: { k: 1 }, equations: { x: "-k*y" } });

beforeAll(() => init());

const ring = (equations: "text" | "template" | "function") => {
  const declared = { name: "ring", states: vector("x", 6), parameters: { forcing: 8.17 } };
  if (equations === "text")
    return defineModel({ ...declared, equations: "x[i-1]*(x[i+1] - x[i-2]) - x[i] + forcing" });
  if (equations === "template") {
    return defineModel({
      ...declared,
      equations: ({ x, forcing }, i) =>
        expr`${x.at(i - 1)} * (${x.at(i + 1)} - ${x.at(i - 2)}) - ${x.at(i)} + ${forcing}`,
    });
  }
  return defineModel({
    ...declared,
    equations: ({ x, forcing }, i) =>
      x
        .at(i - 1)
        .times(x.at(i + 1).minus(x.at(i - 2)))
        .minus(x.at(i))
        .plus(forcing),
  });
};

describe("Lorenz96 in one's own words", () => {
  const named = () => lorenz96({ dimension: 6 });
  const twinOf = (model: Model<"forcing">) =>
    twinExperiment({
      model,
      timeStep: 0.025,
      points: 21,
      observed: [0, 2, 4],
      noise: 0.5,
      seed: 1,
      initialState: [1, 2, 3, 4, 5, 6],
    });

  test.each(["text", "template", "function"] as const)(
    "as a %s gives the bits of the named one",
    (how) => {
      const model = ring(how);
      const twin = twinOf(named());
      expect(twinOf(model)).toEqual(twin);
      const evaluate = (model: Model<"forcing">) => {
        const a = action({
          model,
          data: twin.data,
          measurementPrecision: 4,
          estimate: ["forcing"],
        });
        const at = {
          path: twin.truth.map((x) => 1.1 * x),
          modelPrecision: 10,
          parameters: { forcing: 8 },
        };
        const result = a.gradient(at);
        a.free();
        return result;
      };
      expect(evaluate(model)).toEqual(evaluate(named()));
    },
  );

  test("anneals, in workers too", async () => {
    const model = ring("function");
    const options = {
      model,
      data: twinOf(model).data,
      measurementPrecision: 4,
      modelPrecision: { initial: 1e-2, factor: 10, rungs: 3 },
      estimate: { forcing: { initial: [6, 10] as [number, number] } },
      startingPaths: { count: 2, range: [-10, 10] as [number, number], seed: 2 },
    };
    const here = await anneal({ ...options, workers: 0 });
    expect(here.best.parameters.forcing).toBeGreaterThan(0);
    expect((await annealBy(inThreads, { ...options, workers: 2 })).toJSON()).toEqual(here.toJSON());
  });
});

describe("a model", () => {
  const kicked = () =>
    defineModel({
      name: "kicked",
      kind: "map",
      states: { angle: "rad", momentum: 1 },
      inputs: ["kick"],
      parameters: { K: { default: 0.5, unit: "1", description: "strength" } },
      where: { next: "momentum + K*kick*sin(angle)" },
      equations: { angle: "angle + next", momentum: "next" },
      observables: { energy: ({ momentum }) => momentum.pow(2).dividedBy(2) },
    });

  test("is printed and explained", () => {
    const text = kicked().toString();
    for (const part of ["kicked", "next", "K*kick*sin(angle)", "rad", "energy"])
      expect(text).toContain(part);
    expect(kicked().explain()).toMatch(/Jacobian/i);
  });

  test("says the same of itself as the core does", () => {
    const { spec, definition: _, ...facts } = kicked();
    const again = modelFromJSON(JSON.stringify(kicked().definition));
    expect(again).toMatchObject(facts);
    expect(again.spec).toEqual(spec);
    expect(kicked()).toMatchObject({ observables: ["energy"], units: ["rad", null], kind: "map" });
  });

  test("has its observables observed by name, as by number", () => {
    const model = kicked();
    const inputs = { kick: (t: number) => 1 + t };
    const twinOf = (observed: (number | "angle" | "momentum" | "energy")[]) =>
      twinExperiment({
        model,
        timeStep: 1,
        points: 5,
        observed,
        noise: 0.1,
        seed: 3,
        inputs,
        initialState: [1, 2],
      });
    const twin = twinOf(["energy", "angle"]);
    expect(twin.data.observed).toEqual([2, 0]);
    expect(twin).toEqual(twinOf([2, 0]));

    const { times, data } = twin;
    const column = (l: number) => data.values.filter((_, k) => k % 2 === l);
    const listed = observations({
      model,
      times,
      values: { observed: ["energy", "angle"], values: data.values },
      inputs,
    });
    expect(listed).toEqual(data);
    const { observed, values } = observations({
      model,
      times,
      values: { energy: column(0), 0: column(1) },
    });
    expect(observed).toEqual([0, 2]);
    expect(values.filter((_, k) => k % 2 === 1)).toEqual(column(0));
  });

  test.each([
    ["twinExperiment", "observed[1]", (name: string) => ({ observed: [0, name] })],
    ["observations", "values.enrgy", (name: string) => ({ values: { [name]: [0, 1] } })],
    [
      "observations",
      "values.observed[0]",
      (name: string) => ({ values: { observed: [name], values: [0, 1] } }),
    ],
  ] as const)(
    "%s tells the nearest name of an observable that there is not",
    (which, path, options) => {
      const common = { model: kicked(), times: [0, 1], ...options("enrgy") };
      const twin = {
        model: kicked(),
        timeStep: 1,
        points: 5,
        noise: 0,
        seed: 1,
        ...options("enrgy"),
      };
      const what = () =>
        which === "observations" ? observations(common as never) : twinExperiment(twin as never);
      const known = ["angle", "momentum", "energy"];
      expect(thrown(what)).toMatchObject({
        code: "unknownName",
        path,
        facts: { nearest: "energy", known },
      });
    },
  );

  test("an observable twice, by name and by number, is an error", () => {
    const values = { energy: [1, 2], 2: [1, 2] };
    const error = thrown(() => observations({ model: kicked(), times: [0, 1], values }));
    expect(error).toMatchObject({ code: "duplicate", path: "values.energy" });
  });

  test("is iterated if it is a map, with its inputs by name", () => {
    const { path } = integrate({
      model: kicked(),
      initialState: [1, 0],
      timeStep: 1,
      points: 3,
      inputs: { kick: (t) => t },
    });
    const first = 0.5 * Math.sin(1) * 0;
    const second = first + 0.5 * Math.sin(1) * 1;
    expect(path[2]).toBeCloseTo(1 + first, 12);
    expect(path[4]).toBeCloseTo(1 + first + second, 12);
  });

  test("named systems come back from their definitions", () => {
    const all = [
      lorenz63(),
      lorenz96({ dimension: 5 }),
      naklNeuron(),
      colpitts(),
      pendulum(),
      doubleWell(),
    ];
    for (const model of all) {
      const again = modelFromJSON(JSON.stringify(model.definition));
      const { spec: _, ...facts } = model;
      expect(again).toMatchObject(facts);
      expect(again.toString()).toBe(model.toString());
    }
  });

  test("the neuron's voltage and stimulus by name", () => {
    const model = naklNeuron();
    expect(model).toMatchObject({ dimension: 4, states: ["V", "m", "h", "n"], inputs: ["I"] });
    expect(model.parameters).toHaveLength(18);
    const inputs = { I: (t: number) => (t > 0.1 ? 20 : 0) };
    const twin = twinExperiment({
      model,
      timeStep: 0.02,
      points: 11,
      observed: ["V"],
      noise: 1,
      seed: 1,
      inputs,
    });
    expect(twin.data.observed).toEqual([0]);
    const data = observations({
      model,
      times: twin.times,
      values: { V: twin.data.values },
      inputs,
    });
    expect(data.inputs).toEqual(twin.data.inputs);
  });
});

describe("what only the core finds wrong", () => {
  const define =
    (equation: string, others: object = {}) =>
    () =>
      defineModel({
        states: ["V", "m"],
        parameters: { gNa: 120 },
        equations: { V: equation, m: "0" },
        ...others,
      } as Parameters<typeof defineModel>[0]);

  test.each([
    [
      "an unknown name",
      define("gna*m"),
      "equations.V",
      /unknown name "gna"; did you mean "gNa"/,
      0,
    ],
    ["an open parenthesis", define("gNa*(m + 1"), "equations.V", /"\(" is not closed/, 4],
    ["a missing operator", define("2 gNa"), "equations.V", /to multiply, write \*/, 2],
    ["an unknown function", define("tan2(m)"), "equations.V", /"tan2" is no function/, 0],
    [
      "a template without operator",
      define("", { equations: { V: expr`${expr`m`} ${2}`, m: "0" } }),
      "equations.V",
      /operator/,
      2,
    ],
    [
      "a circle",
      define("a", { where: { a: "b", b: "a" } }),
      "where.b",
      /defined by itself: a -> b -> a/,
      0,
    ],
  ])("%s", (_name, what, path, message, position) => {
    const error = thrown(what);
    expect(error).toMatchObject({
      name: "LeastActionError",
      code: "equation",
      path,
      facts: { position },
    });
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message.split("\n").at(-1)).toBe(`  ${" ".repeat(position)}^`);
  });

  test.each([
    [
      "a state called like a function",
      define("0", { states: ["V", "exp"], equations: { V: "0", exp: "0" } }),
      "wrongShape",
      "states[1].name",
    ],
    [
      "a parameter called like a state",
      define("0", { parameters: { V: 1 } }),
      "duplicate",
      "parameters[0].name",
    ],
    [
      "a definition with a misspelt field",
      () => modelFromJSON({ name: "a", states: [{ nam: "x" }], equations: [] } as never),
      "wrongShape",
      "states[0].name",
    ],
  ])("%s", (_name, what, code, path) => {
    expect(thrown(what)).toMatchObject({ name: "LeastActionError", code, path });
  });

  test("any definition is a model or an error of ours", () => {
    const whole = {
      name: "any",
      kind: "flow",
      states: { x: { unit: "m", initial: 1 }, y: vector(3) },
      inputs: ["u"],
      parameters: { k: { default: 1, unit: "s", description: "of x" } },
      where: { w: "k*x" },
      equations: { x: "w", y: "y[i-1]" },
      observables: { o: "x + u" },
      initialState: undefined,
      spinUp: 1,
    };
    const paths = [
      ...Object.keys(whole),
      ...[
        "states.x",
        "states.x.unit",
        "states.x.initial",
        "inputs.0",
        "parameters.k",
        "parameters.k.default",
      ],
      ...["where.w", "equations.x", "equations.y", "observables.o"],
    ];
    const garbage = fc.oneof(
      fc.anything({
        withBigInt: true,
        withMap: true,
        withNullPrototype: true,
        withSparseArray: true,
        withTypedArray: true,
      }),
      fc.string({
        unit: fc.constantFrom(
          "x",
          "y",
          "i",
          "1",
          "e",
          ".",
          "+",
          "-",
          "*",
          "/",
          "^",
          "(",
          ")",
          "[",
          "]",
          ",",
          " ",
          "<",
        ),
      }),
      fc.constantFrom<unknown>(
        Symbol("x"),
        new Proxy({}, {}),
        () => undefined,
        () => vector("z", 2),
        expr`x ${1}`,
        NaN,
        -0,
      ),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), garbage, (path, by) => {
        const given = replaced(whole, path.split("."), by) as Parameters<typeof defineModel>[0];
        try {
          const again = modelFromJSON(JSON.stringify(defineModel(given).definition));
          expect(again.toString()).toBeTypeOf("string");
        } catch (error) {
          expect(error).toBeInstanceOf(LeastActionError);
          expect((error as LeastActionError).code).not.toBe("panic");
        }
      }),
      {
        seed: Number(process.env.FUZZ_SEED ?? 20180),
        numRuns: Number(process.env.FUZZ_RUNS ?? 2000),
      },
    );
  });

  test("is told when a model made before init is first used", () => {
    const error = thrown(() => early.toString());
    expect(error).toMatchObject({ code: "equation", path: "equations.x" });
    const forward = { model: early, initialState: [1], timeStep: 1, points: 2 };
    expect(thrown(() => integrate(forward))).toMatchObject({ path: "equations.x" });
  });
});

describe("parameters in conditions", () => {
  const switched = (equation: string) =>
    defineModel({ states: { f: 1 }, parameters: { p: 2 }, equations: { f: equation } });

  test("the time of a switch is found from every start", async () => {
    const model = switched("if(t < p, 10 - f, -f)");
    const data = observations({
      model,
      times: [0, 0.5, 1.1, 1.5, 2.1, 2.3, 3.1, 3.12],
      values: { f: [NaN, 6.2, 8.1, 8.8, 8.3, 6.8, 2.9, NaN] },
      timeStep: 0.02,
    });
    for (const discretization of ["rk4", "simpson-hermite"] as const) {
      for (const seed of [0, 1]) {
        const run = await anneal({
          model,
          data,
          measurementPrecision: 25,
          estimate: { p: { initial: [1, 3] } },
          discretization,
          startingPaths: { seed },
          workers: 0,
        });
        // By a scan of p and f(0) in the exact solution: p = 1.996 with a deviation of 0.0169.
        expect(run.verdict).toBe("consistent");
        expect(run.best.parameters.p).toBeCloseTo(1.996, 3);
        expect(run.uncertainty().parameters.p.deviation).toBeCloseTo(0.0169, 3);
      }
    }
  });

  test("a threshold of a state is refused, with what to do", async () => {
    const model = switched("if(f > p, -1, 1)");
    const times = [0, 1, 2];
    const run = anneal({
      model,
      data: observations({ model, times, values: { f: [0, 1, 2] } }),
      measurementPrecision: 25,
      estimate: { p: { initial: [1, 3] } },
      workers: 0,
    });
    await expect(run).rejects.toMatchObject({
      path: "estimate.p",
      message: expect.stringMatching(
        /in the condition p < f.* make the condition smooth/,
      ) as string,
    });
  });
});
