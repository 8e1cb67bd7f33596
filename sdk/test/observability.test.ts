// Tests of observability: conditional Lyapunov exponents, and twins with different components
// observed.
import { beforeAll, describe, expect, test } from "vitest";
import {
  conditionalLyapunov,
  defineModel,
  init,
  LeastActionError,
  lorenz63,
  lorenz96,
  observability,
  type ObservabilityOptions,
} from "../src/index.js";
import { expectError, rejection, thrown } from "./problem.js";

beforeAll(() => init());

describe("conditional Lyapunov exponents", () => {
  test("are those of the response: in closed form where Lorenz63 is driven by y", () => {
    const found = conditionalLyapunov({
      model: lorenz63(),
      observed: ["y"],
      timeStep: 0.02,
      points: 2001,
    });
    // dx' = -sigma dx, dz' = -beta dz + y dx.
    expect(found.value).toBeCloseTo(-8 / 3, 3);
    expect(found.time).toBeCloseTo(0.02 * (2000 - 200), 9);
    expect(
      conditionalLyapunov({ model: lorenz63(), observed: [1], timeStep: 0.02, points: 2001 }),
    ).toEqual(found);
    const weak = conditionalLyapunov({
      model: lorenz63(),
      observed: ["y"],
      coupling: 0,
      timeStep: 0.02,
      points: 5001,
    });
    expect(Math.abs(weak.value - 0.906)).toBeLessThan(4 * weak.standardError);
  });

  test("are -Infinity where nothing is left", () => {
    const found = conditionalLyapunov({
      model: lorenz63(),
      observed: [0, 1, 2],
      timeStep: 0.02,
      points: 101,
    });
    expect(found.value).toBe(-Infinity);
  });

  test.each<[object, string, RegExp]>([
    [{ observed: undefined }, "observed", /must be a list/],
    [{ observed: ["q"] }, "observed[0]", /did you mean/],
    [{ observed: [0, 0] }, "observed[1]", /listed twice/],
    [{ timeStep: undefined }, "timeStep", /is missing/],
    [{ timeStep: "1" }, "timeStep", /must be a number, got "1"/],
    [{ points: 2 ** 32 }, "points", /a whole number/],
    [{ coupling: 1e300 }, "coupling", /"replacement", got 1e300/],
    [{ parameters: "rho" }, "parameters", /an array or an object/],
    [{ dicsard: 3 }, "dicsard", /did you mean "discard"/],
    [{ timeStep: 50 }, "path", /is NaN at time .* check the model/],
  ])("say what is wrong: %o", (extra, path, message) => {
    const options = { model: lorenz63(), observed: ["x"], timeStep: 0.02, points: 500, ...extra };
    const error = thrown(() => conditionalLyapunov(options as never));
    expectError(error, path, message);
    expect((error as Error).message).not.toMatch(
      /invalid|variant|enum |struct |usize|[uf]64|TypeError/,
    );
  });

  test("take inputs as functions of time", () => {
    const grown = defineModel({
      states: ["x"],
      inputs: ["u"],
      parameters: {},
      equations: { x: "u*x" },
      initialState: { x: 1 },
    });
    const options = { model: grown, observed: [], timeStep: 0.1, points: 101, discard: 0 } as const;
    const found = conditionalLyapunov({ ...options, inputs: { u: (t) => t } });
    expect(found.value).toBeCloseTo(5, 5);
  });

  const change = (given: object) => () =>
    conditionalLyapunov({
      model: lorenz63(),
      observed: [0],
      timeStep: 0.02,
      points: 101,
      ...given,
    } as never);
  test.each([
    [change({ model: 1 }), "model", /must be a model/],
    [change({ observed: undefined }), "observed", /must be a list/],
    [change({ observed: [3] }), "observed[0]", /use 0 to 2/],
    [change({ observed: ["w"] }), "observed[0]", /unknown name "w"/],
    [change({ coupling: "replaced" }), "coupling", /a number or "replacement"/],
    [change({ coupling: -1 }), "coupling", /not negative/],
    [change({ coupling: 1e9 }), "coupling", /"replacement"/],
    [change({ points: 20 }), "points", /at least 21/],
    [change({ discard: 100 }), "discard", /at most 80/],
    [change({ timeStep: NaN }), "timeStep", /greater than zero/],
    [change({ parameters: { sigmo: 1 } }), "parameters.sigmo", /did you mean "sigma"/],
    [change({ strength: 1 }), "strength", /unknown name/],
  ])("%#: %s says what is wrong", (what, path, message) => {
    expectError(thrown(what), path, message);
  });
});

/** Options of a small study: two truths, two sets, in a second altogether. */
function small() {
  const model = lorenz96({ dimension: 5 });
  return {
    model,
    sets: { one: [0], four: ["x0", "x1", "x2", "x4"] },
    twins: 2,
    timeStep: 0.025,
    points: 61,
    noise: 0.3,
    parameters: { forcing: 8.17 },
    estimate: { forcing: { initial: [6, 10] } },
    modelPrecision: { initial: 1e-3, factor: 4, rungs: 10 },
    startingPaths: { start: "random", count: 2, range: [-10, 10] },
    lyapunov: { points: 501 },
    workers: 0,
  } as const;
}

/** A study without its seconds, which differ from run to run. */
const timeless = (study: { toJSON(): Record<string, unknown> }): unknown =>
  JSON.parse(
    JSON.stringify(study, (name, value: unknown) => (name === "seconds" ? undefined : value)),
  );

describe("a study", () => {
  test("finds the set that is enough, and says so", async () => {
    const told: string[] = [];
    const study = await observability({
      ...small(),
      onProgress: ({ set, outcome, run, done, total }) => {
        told.push(`${set} ${outcome.twin} ${done}/${total}`);
        expect(run.rungTable.starts).toBe(2);
        expect(run.best.action).toBe(outcome.level);
      },
    });
    expect(told).toEqual(["one 0 1/4", "four 0 2/4", "one 1 3/4", "four 1 4/4"]);
    expect(study.cancelled).toBe(false);
    const [one, four] = study.rows;
    expect(study.rows.map(({ set, observed }) => [set, observed])).toEqual([
      ["one", [0]],
      ["four", [0, 1, 2, 4]],
    ]);
    expect(four?.success).toBe(1);
    expect(four?.wrongButConsistent).toBe(0);
    expect(four?.successInterval[0]).toBeCloseTo(0.342, 3);
    expect(four?.successInterval[1]).toBe(1);
    expect(four?.stateError).toBeLessThan(0.1);
    expect(Math.abs(four?.twins[0]?.parameterErrors.forcing as number)).toBeLessThan(0.3);
    expect(four?.skill).toBeGreaterThan(0.5);
    expect(four?.validTime).toBeGreaterThan(0.3);
    expect(four?.conditionalLyapunov?.value).toBeLessThan(0);
    expect(one?.success).toBeLessThan(1);
    expect(study.enough).toBe("four");
    expect(study.lyapunov?.value).toBeGreaterThan(0);

    const lines = study.summary().split("\n");
    expect(lines).toHaveLength(3);
    expect(lines[0]).toMatch(/^set +observed +twins +success.*forcing error.*exponent +seconds$/);
    expect(lines[2]).toMatch(/^four +4 +2 +100 %/);
    expect(study.diagnose()).toContain(
      '"four" (4 components) is enough here: all of its 2 twins succeeded',
    );
    expect(study.diagnose()).toContain('"one"');
    expect(study.diagnose()).not.toMatch(/NaN|undefined|Infinity/);
  });

  test("gives the same twice, and a set's outcomes do not depend on other sets", async () => {
    const { sets, ...rest } = small();
    const both = await observability({ ...rest, sets, twins: 1 });
    const again = await observability({ ...rest, sets, twins: 1 });
    expect(timeless(again)).toEqual(timeless(both));
    const alone = await observability({ ...rest, sets: { four: sets.four }, twins: 1 });
    expect((timeless(alone) as { rows: unknown[] }).rows[0]).toEqual(
      (timeless(both) as { rows: unknown[] }).rows[1],
    );
    const other = await observability({ ...rest, sets: { four: sets.four }, twins: 1, seed: 2 });
    expect(other.rows[0]?.level).not.toBe(alone.rows[0]?.level);
  });

  test("judges windows with an even number of points too", async () => {
    const { sets, ...rest } = small();
    const { four } = sets;
    const study = await observability({ ...rest, sets: { four }, points: 60, twins: 1 });
    expect(study.rows[0]?.stateError).toBeGreaterThan(0);
  });

  test("that was cancelled is resumed, also from a file and with more sets", async () => {
    const whole = await observability(small());
    const controller = new AbortController();
    const cut = await observability({
      ...small(),
      signal: controller.signal,
      onProgress: ({ done }) => done === 3 && controller.abort(),
    });
    expect(cut.cancelled).toBe(true);
    expect(cut.rows.map(({ twins }) => twins.length)).toEqual([2, 1]);
    expect(cut.diagnose()).toContain("cancelled");
    const told: string[] = [];
    const resumed = await observability({
      ...small(),
      resume: JSON.parse(JSON.stringify(cut)),
      onProgress: ({ set, outcome }) => told.push(`${set} ${outcome.twin}`),
    });
    expect(told).toEqual(["four 1"]);
    expect(timeless(resumed)).toEqual(timeless(whole));
    const { sets, ...rest } = small();
    const more = await observability({
      ...rest,
      sets: { ...sets, all: [0, 1, 2, 3, 4] },
      resume: whole,
    });
    expect(more.rows.map(({ set }) => set)).toEqual(["one", "four", "all"]);
    expect(more.rows[0]?.twins).toEqual(whole.rows[0]?.twins);
    // Where every state is observed, all states count for success, and the copy has no free states.
    expect(more.rows[2]?.success).toBe(1);
    expect(more.rows[2]?.conditionalLyapunov?.value).toBe(-Infinity);
  });

  test("that was cancelled before anything was done rejects with the reason", async () => {
    const reason = new Error("no time");
    const study = observability({ ...small(), signal: AbortSignal.abort(reason) });
    expect(await rejection(study)).toBe(reason);
    const controller = new AbortController();
    const soon = observability({ ...small(), signal: controller.signal });
    controller.abort(reason);
    expect(await rejection(soon)).toBe(reason);
  });

  test("ends with what onProgress throws", async () => {
    const error = new Error("mine");
    const onProgress = (): void => {
      throw error;
    };
    expect(await rejection(observability({ ...small(), onProgress }))).toBe(error);
  });

  test("has models with inputs and observables", async () => {
    const model = defineModel({
      states: { x: 1, v: 1 },
      inputs: ["u"],
      parameters: { k: 4, c: 0.3 },
      equations: { x: "v", v: "u - k*x - c*v" },
      observables: { energy: "v^2/2 + k*x^2/2" },
      initialState: { x: 1, v: 0 },
    });
    const study = await observability({
      model,
      sets: { place: ["x"], energy: ["energy"] },
      inputs: { u: (t) => Math.sin(t) },
      twins: 2,
      timeStep: 0.1,
      points: 61,
      noise: 0.05,
      estimate: { k: { initial: [3, 5] } },
      workers: 0,
    });
    const [place, energy] = study.rows;
    expect(place?.success).toBe(1);
    expect(place?.skill).toBeGreaterThan(0.9);
    expect(place?.parameterErrors.k).toBeLessThan(0.3);
    // x is replaced: dv' = -c dv.
    expect(place?.conditionalLyapunov?.value).toBeCloseTo(-0.3, 6);
    expect(energy?.conditionalLyapunov).toBeNull();
    expect(energy?.observed).toEqual([2]);
  });
});

describe("input that is wrong", () => {
  const wrong = (given: object) =>
    observability({ ...small(), ...given } as unknown as ObservabilityOptions);
  const earlier = { settings: {}, rows: [] };
  test.each([
    [{ model: 3 }, "model", /must be a model/],
    [{ sets: {} }, "sets", /at least one/],
    [{ sets: [[0]] }, "sets", /field per name, got an array/],
    [{ sets: { a: 3 } }, "sets.a", /must be a list/],
    [{ sets: { a: [] } }, "sets.a", /at least one component/],
    [{ sets: { a: [0, 5] } }, "sets.a[1]", /use 0 to 4/],
    [{ sets: { a: [0.5] } }, "sets.a[0]", /out of range/],
    [{ sets: { a: ["y"] } }, "sets.a[0]", /unknown name "y"/],
    [{ sets: { a: [0, "x0"] } }, "sets.a[1]", /listed twice/],
    [{ sets: { a: [null] } }, "sets.a[0]", /must be a number or a name/],
    [{ twins: 0 }, "twins", /at least 1, got 0/],
    [{ twins: "2" }, "twins", /must be a number/],
    [{ timeStep: 0 }, "timeStep", /greater than zero/],
    [{ points: 1 }, "points", /at least 2/],
    [{ points: NaN }, "points", /whole number|must be/],
    [{ noise: -1 }, "noise", /not negative/],
    [{ noise: 0 }, "noise", /greater than zero, or measurementPrecision/],
    [{ noise: "small" }, "noise", /must be a number/],
    [{ further: 0 }, "further", /at least 1/],
    [{ seed: -1 }, "seed", /at least 0/],
    [{ near: 0 }, "near", /greater than zero/],
    [{ near: Infinity }, "near", /finite/],
    [{ parameters: { forsing: 8 } }, "parameters.forsing", /did you mean "forcing"/],
    [{ initialState: [1] }, "initialState", /expected 5/],
    [{ estimate: { forsing: { initial: [6, 10] } } }, "estimate.forsing", /forcing/],
    [{ estimate: 3 }, "estimate", /must be an object/],
    [{ measurementPrecision: -4 }, "measurementPrecision", /greater than zero/],
    [{ startingPaths: { cuont: 3 } }, "startingPaths.cuont", /count/],
    [{ startingPaths: { count: 0 } }, "startingPaths.count", /at least 1/],
    [{ startingPaths: { seed: "a" } }, "startingPaths.seed", /number/],
    [{ startingPaths: 3 }, "startingPaths", /object/],
    [
      { modelPrecision: { initial: -1, factor: 2, rungs: 3 } },
      "modelPrecision.initial",
      /greater than zero/,
    ],
    [
      { lyapunov: { points: 3 } },
      "lyapunov.points",
      /^lyapunov.points: must be a whole number of at least 21/,
    ],
    [{ lyapunov: { coupling: "strong" } }, "lyapunov.coupling", /replacement/],
    [{ lyapunov: { pionts: 300 } }, "lyapunov.pionts", /points/],
    [{ lyapunov: 3 }, "lyapunov", /object/],
    [{ twns: 3 }, "twns", /did you mean "twins"/],
    [{ data: {} }, "data", /unknown name/],
    [{ workers: -1 }, "workers", /at least 0/],
    [{ signal: 3 }, "signal", /AbortSignal/],
    [{ onProgress: 3 }, "onProgress", /function/],
    [{ resume: 3 }, "resume", /object/],
    [{ noise: undefined }, "noise", /is missing/],
    [{ twins: null }, "twins", /number, got null/],
    [{ twins: 2 ** 32 }, "twins", /at most 1000000/],
    [{ seed: 2 ** 53 }, "seed", /at most/],
    [{ parameters: 5 }, "parameters", /an array or an object/],
    [{ initialState: "1" }, "initialState", /an array or an object/],
    [{ normalization: "man" }, "normalization", /did you mean "mean"/],
    [{ resume: {} }, "resume.settings", /is missing: give what an earlier call has returned/],
    [{ resume: earlier }, "resume.settings.parameters", /go on with the same options/],
  ])("%#: %o", async (given, path, message) => {
    const error = await rejection(wrong(given));
    expectError(error, path, message);
    expect((error as Error).message).not.toMatch(
      /invalid (type|value)|variant|enum |struct |usize|[uf]64|undefined|TypeError/,
    );
  });

  test("what is to be resumed is looked at", async () => {
    const options = { ...small(), twins: 1 };
    const study = JSON.parse(JSON.stringify(await observability(options)));
    const [first, second] = study.rows;
    const [outcome] = first.twins;
    for (const [resume, path] of [
      [{ ...study, settings: { ...study.settings, noise: 1 } }, "resume.settings.noise"],
      [{ ...study, rows: 3 }, "resume.rows"],
      [{ ...study, rows: [{ ...first, observed: [1] }, second] }, "resume.rows[0].observed"],
      [{ ...study, rows: [{ ...first, twins: {} }] }, "resume.rows[0].twins"],
      [
        { ...study, rows: [{ ...first, twins: [{ ...outcome, twin: 1 }] }] },
        "resume.rows[0].twins[0].twin",
      ],
      [
        { ...study, rows: [{ ...first, twins: [outcome, outcome] }] },
        "resume.rows[0].twins[1].twin",
      ],
      [
        { ...study, rows: [{ ...first, twins: [{ ...outcome, level: null }] }] },
        "resume.rows[0].twins[0].level",
      ],
      [
        { ...study, rows: [{ ...first, twins: [{ ...outcome, success: 1 }] }] },
        "resume.rows[0].twins[0].success",
      ],
      [
        { ...study, rows: [{ ...first, twins: [{ ...outcome, skill: NaN }] }] },
        "resume.rows[0].twins[0].skill",
      ],
      [
        { ...study, rows: [{ ...first, twins: [{ ...outcome, verdict: "good" }] }] },
        "resume.rows[0].twins[0].verdict",
      ],
      [
        {
          ...study,
          rows: [{ ...first, twins: [{ ...outcome, parameterErrors: { forcing: "x" } }] }],
        },
        "resume.rows[0].twins[0].parameterErrors.forcing",
      ],
      [
        { ...study, rows: [{ ...first, twins: [{ ...outcome, parameterErrors: {} }] }] },
        "resume.rows[0].twins[0].parameterErrors.forcing",
      ],
    ] as const) {
      const error = (await rejection(observability({ ...options, resume }))) as LeastActionError;
      expect(error, path).toBeInstanceOf(LeastActionError);
      expect(error.path).toBe(path);
    }
  });

  test("names that a model does not have do not compile", () => {
    const { sets: _, estimate: __, ...rest } = small();
    const never = (): unknown => [
      // @ts-expect-error: no such state
      observability({ ...rest, sets: { a: ["y0"] } }),
      // @ts-expect-error: no such parameter
      observability({ ...rest, sets: { a: ["x0"] }, estimate: { forsing: { initial: [6, 10] } } }),
      // @ts-expect-error: no such option
      observability({ ...rest, sets: { a: ["x0"] }, data: 3 }),
      observability({ ...rest, sets: { a: ["x0"] } }).then((study) => {
        // @ts-expect-error: no such set
        return study.enough === "b";
      }),
    ];
    expect(never).toBeTypeOf("function");
  });
});
