// Tests of the parts that need no browser: models as text, settings in links, data files, and the
// exported program.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { init, readCsv, readNpy, writeNpy } from "least-action/slim";
import { outcomeOf, prepareNetwork, runNetwork } from "../src/engine/networks.js";
import {
  certaintyOf,
  outcomeOf as outcomeOfPath,
  preparePath,
  runPath,
} from "../src/engine/paths.js";
import type { Certainty } from "../src/engine/protocol.js";
import { type OpenTable, tableOf } from "../src/engine/tables.js";
import { snippetOf } from "../src/export.js";
import { FRESH, precisionsOf } from "../src/library-options.js";
import { MODELS } from "../src/models.js";
import { modelOf, ModelTextError, outlineOf, readModel } from "../src/model-text.js";
import {
  fromLink,
  type NetworkSettings,
  type PathSettings,
  type Settings,
  toLink,
} from "../src/settings.js";
import { SPRING } from "./spring.js";
import { STARTS, TWIN } from "../src/starts.js";
import { MOST_ROWS, rowsOf } from "../src/views/long-series.js";

beforeAll(() => init(readFileSync(new URL("../../../dist/least_action.wasm", import.meta.url))));

const weather = (STARTS[0] as (typeof STARTS)[0]).settings as PathSettings;

test("text becomes a model", () => {
  const { states, parameters, where, initial } = readModel(
    "# free fall\nx' = v\nv' = drag - g # down\ng = 9.81\ndrag = -k*v\nk=1/4\nx( 0 ) = 100",
  );
  expect(states.map(({ name, expression, line }) => [name, expression, line])).toEqual([
    ["x", "v", 2],
    ["v", "drag - g", 3],
  ]);
  expect(parameters.map(({ name, value }) => [name, value])).toEqual([
    ["g", 9.81],
    ["k", 0.25],
  ]);
  expect(where).toMatchObject([{ name: "drag", expression: "-k*v" }]);
  expect(initial).toMatchObject([{ name: "x", value: 100 }]);
});

test.each([
  ["x' = y", 1, /y/],
  ["x' = -x\n\ny = sin(", 3, /./],
  ["x' = -x\nwhat is this", 2, /is no equation/],
  ["x' = -x\nx' = x", 2, /already in line 1/],
  ["a = 1", 1, /no state yet/],
  ["x' = -x\ny(0) = 1", 2, /y is no state/],
  ["x' = -x\nx(0) = a", 2, /must be a number/],
  ["x' =", 1, /nothing follows/],
  ["x' = -x*forcng\nforcing = 1", 1, /forcing/],
])("what is wrong with %j is said of its line", (text, line, message) => {
  try {
    preparePath({ ...weather, model: text, observed: ["x"], estimate: {} }, undefined);
  } catch (error) {
    expect(error).toBeInstanceOf(ModelTextError);
    expect(error).toMatchObject({ line });
    expect((error as Error).message).toMatch(message);
    return;
  }
  throw new Error("nothing was found wrong");
});

test("of a text that is not right yet, what can be understood is", () => {
  const { states, parameters } = outlineOf(
    "x' = \ny' = -k*y\nk = 8/4\nwhat is this\nk = 3\ny(0) = k",
  );
  expect(states.map(({ name }) => name)).toEqual(["y"]);
  expect(parameters.map(({ name, value }) => [name, value])).toEqual([["k", 2]]);
  expect(outlineOf("").states).toEqual([]);
});

test.each(MODELS.map(({ name }) => name))(
  "%s is a model that makes data and is found again",
  async (name) => {
    const listed = MODELS.find((one) => one.name === name) as (typeof MODELS)[0];
    const settings = { ...listed.settings, title: name, model: listed.text };
    expect(modelOf(settings.model).read.states.length).toBeGreaterThan(0);
    const problem = preparePath(settings, undefined);
    const run = await runPath(problem, {} as never);
    expect(run.verdict).toBe("consistent");
    const { canonical, deviation, band, parameters, trouble } = (await certaintyOf(
      problem,
      run,
    )) as Certainty;
    expect(trouble).toBeNull();
    expect(deviation?.every((one) => one > 0)).toBe(true);
    // The band is that of a Gaussian, or of levels next to each other.
    const widths = deviation?.map(
      (one, k) => ((band?.upper[k] as number) - (band?.lower[k] as number)) / one,
    );
    expect(widths?.every((width) => width > 2 && width < 3.5)).toBe(true);
    for (const { deviation, interval } of Object.values(parameters)) {
      expect((interval?.[1] as number) - (interval?.[0] as number)).toBeGreaterThan(2 * deviation);
    }
    expect(canonical?.energy.every(Number.isFinite)).toBe(true);
  },
);

/** A file with these columns, opened. */
function openTable(columns: Record<string, ArrayLike<number>>): OpenTable {
  const names = Object.keys(columns);
  return {
    name: "a.csv",
    columns: names,
    rows: columns[names[0] as string]?.length ?? 0,
    others: [],
    head: [],
    steps: {},
    column: (name) => Float64Array.from(columns[name] as ArrayLike<number>),
  };
}

/** Settings of the spring, with data from a file. */
const ofFile: PathSettings = {
  ...SPRING,
  data: { from: "file", name: "a.csv", time: null, timeStep: 0.05, columns: { x: "x" } },
  estimate: {},
  starts: { ...SPRING.starts, count: 1 },
};

test.each([1, 4])(
  "momenta are those of the path, with gaps in the data and a weight of %d",
  async (weight) => {
    // An even number of points: the trapezoid's momenta are smooth from step to step.
    const [points, h] = [122, 0.05];
    const of = (n: number): number =>
      Math.cos(1.5 * n * h) + 0.05 * Math.SQRT2 * Math.sin(12.9898 * n * n + 78.233 * n);
    const x = Float64Array.from({ length: points }, (_, n) => (n % 4 === 0 ? of(n) : NaN));
    const modelWeights = weight === 1 ? {} : { v: weight };
    const settings = { ...ofFile, modelWeights, ladder: { initial: 1, factor: 2, rungs: 3 } };
    const problem = preparePath(settings, openTable({ x }));
    const run = await runPath(problem, {});
    const { canonical } = (await certaintyOf(problem, run)) as Certainty;
    const { path, rung } = run.best;
    // p = R_f (dx/dt - F), with R_f of an action in continuous time: steps weigh h, and both parts
    // of the action are means.
    const measured = Math.ceil(points / 4);
    const precision = (weight * h * measured * 2 ** rung) / ((points - 1) * 2);
    let [product, square] = [0, 0];
    for (let n = 2; n < points - 2; n += 4) {
      // The middle between measurements, where momenta have no jump.
      const v = (path[2 * n + 1] as number) - (path[2 * n + 1 - 2] as number);
      const force = -2 * (((path[2 * n] as number) + (path[2 * n - 2] as number)) / 2);
      const p = precision * (v / h - force);
      const [before, here] = [n - 1, n].map((at) => canonical?.momentum[2 * at + 1] as number) as [
        number,
        number,
      ];
      product += (p * (before + here)) / 2;
      square += p * p;
    }
    expect(product / square).toBeCloseTo(1, 1);
  },
);

test("a prediction that fails leaves what is known of the path", async () => {
  const model = "x' = x^2\nx(0) = 0.5";
  // The solution is infinite at time 2.
  const x = Float64Array.from(
    { length: 39 },
    (_, n) => 1 / (2 - 0.05 * n) + 0.01 * Math.sin(78 * n * n),
  );
  const problem = preparePath({ ...ofFile, model, measurementPrecision: 1e4 }, openTable({ x }));
  const run = await runPath(problem, {});
  const { deviation, band, prediction, trouble } = (await certaintyOf(problem, run)) as Certainty;
  expect(deviation?.every((one) => one > 0)).toBe(true);
  expect(band?.lower).toHaveLength(39);
  expect(prediction).toBeNull();
  expect(trouble).toMatch(/./);
});

test("nothing to predict is no trouble; a stopped computation tells nothing", async () => {
  const data = {
    from: "twin",
    timeStep: 0.1,
    points: 61,
    noise: 0.05,
    seed: 1,
    further: 0,
  } as const;
  const problem = preparePath({ ...ofFile, data }, undefined);
  const run = await runPath(problem, {});
  expect(await certaintyOf(problem, run)).toMatchObject({ prediction: null, trouble: null });
  const stop = new AbortController();
  const stopped = certaintyOf(problem, run, stop.signal);
  stop.abort();
  expect(await stopped).toBeNull();
});

test("a parameter begins in its range, may leave it, and stays within its bounds", async () => {
  const of = async (k: PathSettings["estimate"][string]) => {
    const problem = preparePath({ ...SPRING, estimate: { k } }, undefined);
    return outcomeOfPath(await runPath(problem, {}));
  };
  // The true value is 2.
  const free = await of({ low: 3, high: 4 });
  expect(Math.abs((free.parameters.k as number) - 2)).toBeLessThan(0.1);
  expect(free.held).toEqual([]);
  const [above, below] = [
    await of({ low: 3, high: 4, least: 2.5 }),
    await of({ low: 1, high: 1.2, most: 1.5 }),
  ];
  expect([above.parameters.k, above.held]).toEqual([2.5, ["k"]]);
  expect([below.parameters.k, below.held]).toEqual([1.5, ["k"]]);
  await expect(of({ low: 1, high: 4, least: 2 })).rejects.toThrow(/within the bounds, 2 below/);
  const bounded = { ...SPRING, estimate: { k: { low: 1, high: 4, least: 0 } } };
  expect(snippetOf(bounded)).toContain("k: { initial: [1, 4], bounds: [0, Infinity] }");
  expect(fromLink(toLink(bounded))).toEqual(bounded);
});

test("the data that are fitted are those of the file that the settings name", () => {
  const table = openTable({ x: new Float64Array(10) });
  expect(preparePath(ofFile, table).data.points).toBe(10);
  for (const open of [undefined, { ...table, name: "b.csv" }])
    expect(() => preparePath(ofFile, open)).toThrow(/open the file a\.csv/);
});

test("one column cannot measure two states", () => {
  const data = { ...ofFile.data, columns: { x: "x", v: "x" } } as PathSettings["data"];
  const table = openTable({ x: new Float64Array(10) });
  expect(() => preparePath({ ...ofFile, data, observed: ["x", "v"] }, table)).toThrow(
    /column x of a\.csv.*x and v/,
  );
});

test("the error at new inputs is that of the outputs that are drawn", async () => {
  const worked = STARTS[2]?.settings as NetworkSettings;
  const problem = prepareNetwork({ ...worked, pairs: 20, starts: { count: 1, seed: 1 } });
  const { fresh, error, constant } = outcomeOf(problem, await runNetwork(problem, {}));
  expect(fresh.truth).toHaveLength(FRESH * 2);
  const squares = fresh.found.map((one, k) => (one - (fresh.truth[k] as number)) ** 2);
  expect(squares.reduce((sum, one) => sum + one, 0) / squares.length).toBeCloseTo(error, 12);
  expect(error).toBeLessThan(constant);
});

test("of a long series few points are drawn, and every spike", () => {
  expect(rowsOf(5, () => 0)).toEqual([0, 1, 2, 3, 4]);
  const series = Float64Array.from({ length: 123_457 }, (_, n) =>
    n % 50 === 3 ? NaN : Math.sin(n / 500),
  );
  const spikes = [0, 7777, 50_051, 123_456];
  spikes.forEach((n, k) => (series[n] = k % 2 === 0 ? 40 : -40));
  const rows = rowsOf(series.length, (n) => series[n] as number);
  expect(rows.length).toBeLessThanOrEqual(MOST_ROWS);
  expect(rows).toEqual([...new Set(rows)].sort((a, b) => a - b));
  expect(rows.filter((n) => Math.abs(series[n] as number) === 40)).toEqual(spikes);
  expect(rows.some((n) => Number.isNaN(series[n]))).toBe(false);
});

test("settings go through a link, whatever letters they have", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "grapheme" }),
      fc.double({ min: 1e-9, max: 1e9, noNaN: true }),
      (text, number) => {
        const settings: PathSettings = {
          ...weather,
          title: text,
          model: `# ${text}`,
          measurementPrecision: number,
        };
        expect(fromLink(`#${toLink(settings)}`)).toEqual(settings);
      },
    ),
  );
  const seed = Number.MAX_SAFE_INTEGER;
  const seeded: PathSettings = {
    ...weather,
    starts: { ...weather.starts, seed },
    data: { ...weather.data, seed } as never,
  };
  expect(fromLink(toLink(seeded))).toEqual(seeded);
  expect(preparePath(seeded, undefined).data.points).toBe(161);
  // The page compares settings by identity to know which of them it shows.
  for (const { settings } of STARTS)
    expect(toLink(fromLink(toLink(settings)) as Settings)).toBe(toLink(settings));
  for (const { settings } of STARTS) expect(fromLink(toLink(settings))).toEqual(settings);
  expect(fromLink("")).toBeUndefined();
});

test("a link that is damaged says so", () => {
  const link = toLink(weather);
  for (const part of [
    link.slice(0, 50),
    link.slice(0, -7),
    `9${link.slice(1)}`,
    "nonsense",
    "1.%%%",
  ]) {
    expect(() => fromLink(part)).toThrow(/link/);
  }
  expect(() => fromLink(toLink({ ...weather, ladder: { ...weather.ladder, rungs: 1e9 } }))).toThrow(
    /ladder\.rungs: .* from 1 to 200, got 1000000000/,
  );
  const network = STARTS[2]?.settings as Settings;
  expect(() => fromLink(toLink({ ...network, layers: [2] } as Settings))).toThrow(
    /layers\.length: .* from 3 to 200/,
  );
  expect(() =>
    fromLink(toLink({ ...weather, starts: { ...weather.starts, strategy: "luck" as never } })),
  ).toThrow(/one of automatic/);
});

test("files of data: CSV, NPY, and what is neither", () => {
  const read = { readCsv, readNpy };
  const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
  const table = tableOf("a.csv", bytes("time,x,name\n0,1,a\n1,,b\n"), read);
  expect(table.columns).toEqual(["time", "x"]);
  expect(table.others).toEqual(["name"]);
  expect(table.head).toEqual([
    [0, 1],
    [1, Number.NaN],
  ]);
  expect([...table.column("x")]).toEqual([1, Number.NaN]);
  expect(table.steps).toEqual({ time: 1 });
  expect(
    tableOf("a.csv", bytes("t,x\n0,1\n0.1,1\n0.2,1\n0.30000000000000004,2\n"), read).steps,
  ).toEqual({ t: 0.1 });
  const npy = writeNpy({ shape: [3, 2], values: [1, 2, 3, 4, 5, 6] });
  const array = tableOf("a.npy", npy.slice().buffer, read);
  expect([array.columns, [...array.column("1")]]).toEqual([
    ["0", "1"],
    [2, 4, 6],
  ]);
  expect(() => tableOf("a.csv", npy.slice().buffer, read)).toThrow(
    /a\.csv: is NumPy's .*rename it/,
  );
  expect(() => tableOf("a.npy", bytes("x\n1\n"), read)).toThrow(/a\.npy: is not NumPy's/);
  const lying = writeNpy({ shape: [2, 3], values: [1, 2, 3, 4, 5, 6] });
  expect(() => tableOf("a.npy", lying.slice().buffer, read)).toThrow(
    /a\.npy: has 2 rows and 3 columns.*transpose/,
  );
  expect(() => tableOf("a.npy", writeNpy({ shape: [], values: [1] }).slice().buffer, read)).toThrow(
    /0 dimensions/,
  );
  expect(() => tableOf("a.npy", npy.slice(0, -8).buffer, read)).toThrow(/a\.npy: /);
  expect(() => tableOf("a.png", new Uint8Array([137, 80, 255, 254, 0]).buffer, read)).toThrow(
    /neither text nor NumPy/,
  );
  expect(() => tableOf("a.txt", bytes("once upon a time\nthere was\nno data\n"), read)).toThrow(
    /no column has numbers/,
  );
  expect(() => tableOf("a.csv", bytes("a,b,c,d,e,f,g,h,i,j\n".repeat(3)), read)).toThrow(
    /f, g, h and 2 more\)/,
  );
  expect(() => tableOf("a.csv", bytes("x\n1\n"), read)).toThrow(/1 rows of data/);
});

test("states have precisions of their own, in the order of the model and of the data", () => {
  expect(precisionsOf(ofFile)).toEqual({ measurementPrecision: 400 });
  const settings = {
    ...ofFile,
    observed: ["v", "x"],
    ownPrecisions: { x: 9, other: 1 },
    modelWeights: { v: 3 },
  };
  expect(precisionsOf(settings)).toEqual({ measurementPrecision: [400, 9], modelWeights: [1, 3] });
  expect(snippetOf({ ...settings, data: TWIN })).toContain(
    "measurementPrecision: [400, 9],\n  modelWeights: [1, 3],",
  );
  expect(fromLink(toLink(settings))).toEqual(settings);
  const { ownPrecisions: _, modelWeights: __, ...older } = settings;
  expect(fromLink(toLink(older as PathSettings))).toMatchObject({
    ownPrecisions: {},
    modelWeights: {},
  });
  expect(() => fromLink(toLink({ ...settings, ownPrecisions: { x: -1 } }))).toThrow(
    /ownPrecisions\.x: .*greater than/,
  );
});

test("names that a link brings along are names in the program, and nothing else", () => {
  const name = "x: 0 }); steal(); ({ y";
  const of = (settings: Partial<PathSettings>): string => snippetOf({ ...ofFile, ...settings });
  const columns = { [name]: "'); steal()" };
  const data = { ...ofFile.data, name: '"); steal(); ("', columns } as PathSettings["data"];
  // A state called "observed" rules out the short form of values, where that name has a meaning.
  expect(
    of({ observed: ["observed"], data: { ...ofFile.data, columns: { observed: "x" } } as never }),
  ).toContain('{ observed: ["observed"], values: [table.column("x")] }');
  expect(of({ data: { ...ofFile.data, columns: {} } as never })).toMatch(
    /^\/\/ It is not said yet/,
  );
  for (const code of [
    of({ estimate: { [name]: { low: 0, high: 1 }, __proto__: { low: 0, high: 1 } } }),
    of({ observed: [name], data }),
    of({ observed: [name], data: { ...data, name: "`); steal(); .npy" } as PathSettings["data"] }),
  ]) {
    const source = ts.createSourceFile("a.ts", code, ts.ScriptTarget.ES2022, true);
    const calls: string[] = [];
    const visit = (node: ts.Node): void => {
      if (ts.isCallExpression(node)) calls.push(node.expression.getText());
      ts.forEachChild(node, visit);
    };
    visit(source);
    expect((source as unknown as { parseDiagnostics: unknown[] }).parseDiagnostics).toEqual([]);
    expect(calls).toContain("anneal");
    expect(calls).not.toContain("steal");
  }
});

test("the code does what the lab does", async () => {
  const code = snippetOf({ ...weather, starts: { ...weather.starts, count: 1 } });
  expect(code).toContain('from "least-action"');
  const problem = preparePath({ ...weather, starts: { ...weather.starts, count: 1 } }, undefined);
  const run = await runPath(problem, {} as never);
  const sdk = await import("least-action/slim");
  const body = code
    .replace(/^import .*$/gm, "")
    .replace("await init();", "")
    .replace(/^console.*$/gm, "");
  // eslint-disable-next-line @typescript-eslint/no-unsafe-function-type
  const AsyncFunction = (async () => undefined).constructor as new (...args: string[]) => Function;
  const again = (await new AsyncFunction(
    "sdk",
    `const { anneal, defineModel, twinExperiment } = sdk; ${body}; return run.best.action;`,
  )(sdk)) as number;
  expect(again).toBe(run.best.action);
});
