// Several data sets whose parameters differ: own values, groups, hierarchies, stated values.
import { beforeAll, describe, expect, test } from "vitest";
import { anneal, defineModel, init, observations, type Observations } from "../src/index.js";
import { normals } from "./normals.js";

beforeAll(() => init());

const decay = defineModel({
  states: { x: "mg/L" },
  parameters: { k: 0.5, scale: 1 },
  equations: { x: "-k*scale*x" },
});
const RATES = [0.4, 0.7, 0.55, 0.9, 0.6];
const TIMES = Array.from({ length: 11 }, (_, n) => 0.4 * n);

function dataOf(rates: readonly number[], noise = 0.02): Observations[] {
  const normal = normals(3);
  return rates.map((rate) =>
    observations({
      model: decay,
      times: TIMES,
      values: { x: TIMES.map((t) => 2 * Math.exp(-rate * t) + noise * normal()) },
    }),
  );
}

const range = { initial: [0.1, 2], scale: "log" } as const;

describe("own values", () => {
  test("are those of each data set alone, with deviations", async () => {
    const data = dataOf(RATES);
    const run = await anneal({
      model: decay,
      data,
      noise: 0.02,
      estimate: { k: { ...range, across: "sets" } },
    });
    const { own } = run.uncertainty().levels[0]!;
    for (const [s, set] of data.entries()) {
      const alone = await anneal({ model: decay, data: set, noise: 0.02, estimate: { k: range } });
      const value = run.best.own.k?.[s] as number;
      expect(Math.abs(value / alone.best.parameters.k - 1)).toBeLessThan(1e-4);
      const { deviation } = alone.uncertainty().levels[0]!.parameters.k;
      expect(Math.abs((own.k?.deviation[s] as number) / deviation - 1)).toBeLessThan(1e-2);
    }
    expect(run.best.path.length).toBe(run.times.length);
    expect(run.best.parameters).toEqual({});
  });

  test("go on from plain data to the same bits", async () => {
    const options = {
      model: decay,
      data: dataOf(RATES),
      noise: 0.02,
      startingPaths: { count: 1 },
      estimate: { k: { ...range, across: "sets", hierarchy: true } },
    } as const;
    const run = await anneal(options);
    const again = await anneal({ ...options, resume: JSON.parse(JSON.stringify(run)) });
    expect(again.best.own).toEqual(run.best.own);
    expect(again.hierarchies).toEqual(run.hierarchies);
  });
});

describe("hierarchies", () => {
  test("have a typical value and a deviation between data sets", async () => {
    const run = await anneal({
      model: decay,
      data: dataOf(RATES),
      estimate: { k: { ...range, across: "sets", hierarchy: true } },
    });
    const { typical, mean, deviation, interval, isDetermined } = run.hierarchies.k!;
    const logs = RATES.map(Math.log);
    const center = logs.reduce((sum, one) => sum + one, 0) / logs.length;
    const square = logs.reduce((sum, one) => sum + (one - center) ** 2, 0) / (logs.length - 1);
    expect(isDetermined).toBe(true);
    expect(Math.abs(mean - center)).toBeLessThan(0.05);
    expect(Math.abs(deviation / Math.sqrt(square) - 1)).toBeLessThan(0.15);
    expect(interval[0] < deviation && deviation < interval[1]).toBe(true);
    expect(typical).toBeCloseTo(run.best.parameters.k, 12);
    expect(run.diagnose()).toContain("deviations between data sets");
    const { parameters } = run.uncertainty();
    // The deviation of the mean is about that of the values over the root of their number.
    const expected = (typical * deviation) / Math.sqrt(RATES.length);
    expect(Math.abs(parameters.k.deviation / expected - 1)).toBeLessThan(0.2);
  });

  test("take a deviation that is known", async () => {
    const run = await anneal({
      model: decay,
      data: dataOf(RATES.slice(0, 2)),
      noise: 0.02,
      estimate: { k: { ...range, across: "sets", hierarchy: { deviation: 0.3 } } },
    });
    expect(run.hierarchies.k).toMatchObject({ deviation: 0.3, interval: [0.3, 0.3] });
  });
});

describe("groups and stated values", () => {
  test("each group has its value", async () => {
    const run = await anneal({
      model: decay,
      data: dataOf([0.4, 0.8, 0.4]),
      noise: 0.02,
      estimate: { k: { ...range, across: ["a", "b", "a"] } },
    });
    const [first, second, third] = run.best.own.k as Float64Array;
    expect(first).toBeCloseTo(third as number, 5);
    expect(first).toBeCloseTo(0.4, 1);
    expect(second).toBeCloseTo(0.8, 1);
  });

  test("a data set states a parameter", async () => {
    const [slow, fast] = dataOf([0.4, 0.8]);
    const data = [slow!, { ...fast!, parameters: { scale: 2 } }];
    const run = await anneal({ model: decay, data, noise: 0.02, estimate: { k: range } });
    expect(run.best.parameters.k).toBeCloseTo(0.4, 1);
    expect(Array.from(run.best.own.scale as Float64Array)).toEqual([1, 2]);
    const { path } = run.predict({ until: 5, dataSet: 1 });
    expect(path.at(-1)).toBeCloseTo(2 * Math.exp(-0.8 * 5), 1);
  });
});

test("what cannot be is refused by name", async () => {
  const data = dataOf([0.4, 0.8]);
  const refused = (k: object): Promise<unknown> =>
    anneal({ model: decay, data, noise: 0.02, estimate: { k: { ...range, ...k } } });
  await expect(refused({ across: ["a"] })).rejects.toThrow("estimate.k.across");
  await expect(refused({ hierarchy: true })).rejects.toThrow("estimate.k.hierarchy");
  await expect(refused({ across: "sets", hierarchy: true })).rejects.toThrow("three data sets");
  await expect(refused({ across: "set" })).rejects.toThrow("estimate.k.across");
  const stated = [data[0]!, { ...data[1]!, parameters: { k: 1 } }];
  await expect(
    anneal({ model: decay, data: stated, noise: 0.02, estimate: { k: range } }),
  ).rejects.toThrow("data[1].parameters.k");
  expect(() =>
    observations({
      model: decay,
      times: TIMES,
      values: { x: TIMES },
      parameters: { k: Number.NaN },
    }),
  ).toThrow("parameters.k");
});
