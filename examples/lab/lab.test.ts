// What of the lab needs no browser: models as text, settings in links, files of data, and the code that does the same.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { init, readCsv, readNpy, writeNpy } from "least-action/slim";
import { certaintyOf, preparePath, runPath } from "./src/engine/paths.js";
import { tableOf } from "./src/engine/tables.js";
import { snippetOf } from "./src/export.js";
import { MODELS } from "./src/models.js";
import { modelOf, ModelTextError, outlineOf, readModel } from "./src/model-text.js";
import { fromLink, type PathSettings, toLink } from "./src/settings.js";
import { STARTS } from "./src/starts.js";
import { MOST_ROWS, rowsOf } from "./src/views/rows.js";

beforeAll(() => init(readFileSync(new URL("../../dist/least_action.wasm", import.meta.url))));

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
  const { states, parameters } = outlineOf("x' = \ny' = -k*y\nk = 8/4\nwhat is this\nk = 3\ny(0) = k");
  expect(states.map(({ name }) => name)).toEqual(["y"]);
  expect(parameters.map(({ name, value }) => [name, value])).toEqual([["k", 2]]);
  expect(outlineOf("").states).toEqual([]);
});

test.each(MODELS.map(({ name }) => name))("%s is a model that makes data and is found again", async (name) => {
  const listed = MODELS.find((one) => one.name === name) as (typeof MODELS)[0];
  const settings = { ...listed.settings, title: name, model: listed.text };
  expect(modelOf(settings.model).read.states.length).toBeGreaterThan(0);
  const problem = preparePath(settings, undefined);
  const run = await runPath(problem, {} as never);
  expect(run.verdict).toBe("consistent");
  const { canonical, deviation, trouble } = await certaintyOf(problem, run);
  expect(trouble).toBeNull();
  expect(deviation?.every((one) => one > 0)).toBe(true);
  expect(canonical?.energy.every(Number.isFinite)).toBe(true);
});

test("of a long series few points are drawn, and every spike", () => {
  expect(rowsOf(5, () => 0)).toEqual([0, 1, 2, 3, 4]);
  const series = Float64Array.from({ length: 123_457 }, (_, n) => (n % 50 === 3 ? NaN : Math.sin(n / 500)));
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
    fc.property(fc.string({ unit: "grapheme" }), fc.double({ min: 1e-9, max: 1e9, noNaN: true }), (text, number) => {
      const settings: PathSettings = { ...weather, title: text, model: `# ${text}`, measurementPrecision: number };
      expect(fromLink(`#${toLink(settings)}`)).toEqual(settings);
    }),
  );
  for (const { settings } of STARTS) expect(fromLink(toLink(settings))).toEqual(settings);
  expect(fromLink("")).toBeUndefined();
});

test("a link that is damaged says so", () => {
  const link = toLink(weather);
  for (const part of [link.slice(0, 50), link.slice(0, -7), `9${link.slice(1)}`, "nonsense", "1.%%%"]) {
    expect(() => fromLink(part)).toThrow(/link/);
  }
  expect(() => fromLink(toLink({ ...weather, ladder: { ...weather.ladder, rungs: 1e9 } }))).toThrow(
    /ladder\.rungs: .* from 1 to 200, got 1000000000/,
  );
  expect(() => fromLink(toLink({ ...weather, starts: { ...weather.starts, strategy: "luck" as never } }))).toThrow(
    /one of automatic/,
  );
});

test("files of data: CSV, NPY, and what is neither", () => {
  const read = { readCsv, readNpy };
  const bytes = (text: string): ArrayBuffer => new TextEncoder().encode(text).buffer;
  const table = tableOf("a.csv", bytes("time,x,name\n0,1,a\n1,,b\n"), read);
  expect(table.columns).toEqual(["time", "x"]);
  expect([...table.column("x")]).toEqual([1, Number.NaN]);
  const npy = writeNpy({ shape: [3, 2], values: [1, 2, 3, 4, 5, 6] });
  const array = tableOf("a.npy", npy.slice().buffer, read);
  expect([array.columns, [...array.column("1")]]).toEqual([
    ["0", "1"],
    [2, 4, 6],
  ]);
  expect(() => tableOf("a.png", new Uint8Array([137, 80, 255, 254, 0]).buffer, read)).toThrow(/neither text nor NumPy/);
  expect(() => tableOf("a.txt", bytes("once upon a time\nthere was\nno data\n"), read)).toThrow(
    /no column has numbers/,
  );
  expect(() => tableOf("a.csv", bytes("x\n1\n"), read)).toThrow(/1 rows of data/);
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
