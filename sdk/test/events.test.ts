// Events and inputs that jump: doses in every scheme, inputs of every curve, and bad input.
import { beforeAll, describe, expect, test } from "vitest";
import {
  anneal,
  defineModel,
  infusions,
  init,
  integrate,
  modelFromJSON,
  observations,
  twinExperiment,
  type Discretization,
} from "../src/index.js";
import { normals } from "./normals.js";

beforeAll(() => init());

const SCHEMES: readonly Discretization[] = ["simpson-hermite", "trapezoid", "midpoint", "rk4"];

/** One compartment that doses and infusions go into. */
const compartment = defineModel({
  states: { x: "mg/L" },
  inputs: ["rate"],
  parameters: { k: 0.5, V: 5 },
  equations: { x: "rate/V - k*x" },
});
const dosed = defineModel({
  states: { x: "mg/L" },
  parameters: { k: 0.5, V: 5 },
  equations: { x: "-k*x" },
  events: [
    { at: "dose.time", state: "x", add: "dose.amount/V" },
    { at: "dialysis.time", state: "x", multiply: 0.5 },
  ],
});
const [K, V, NOISE] = [0.3, 2, 0.02];
const estimate = { k: { initial: [0.05, 2] }, V: { initial: [0.3, 15] } } as const;

/** Times of measurements, none at a dose. */
const TIMES = Array.from({ length: 41 }, (_, n) => 0.613 * n + 0.05 * Math.sin(9 * n));

/** Checks that rate and volume are right to within their deviations, which are small. */
async function expectRight(
  options: Omit<Parameters<typeof anneal>[0], "estimate"> & object,
): Promise<void> {
  for (const discretization of SCHEMES) {
    const run = (await anneal({
      noise: NOISE,
      firstState: { x: 0 },
      ...(options as object),
      estimate,
      discretization,
      workers: 0,
    } as never)) as unknown as {
      verdict: string;
      uncertainty(): { parameters: Record<string, { mean: number; deviation: number }> };
    };
    expect(run.verdict, discretization).toBe("consistent");
    const { parameters } = run.uncertainty();
    for (const [name, truth] of [
      ["k", K],
      ["V", V],
    ] as const) {
      const { mean, deviation } = parameters[name] as { mean: number; deviation: number };
      expect(Math.abs(mean - truth) / deviation, `${discretization} ${name}`).toBeLessThan(3);
      expect(deviation / truth).toBeLessThan(0.03);
    }
  }
}

describe("doses", () => {
  const doses = [
    [0, 2],
    [5.3, 1],
    [10.1, 2.5],
    [20, 1.5],
  ] as const;
  const after = (t: number): number =>
    doses.reduce((sum, [s, a]) => sum + (t > s ? (a / V) * Math.exp(-K * (t - s)) : 0), 0);

  test("are doses at any place, in every scheme", async () => {
    const normal = normals(3);
    const data = observations({
      model: dosed,
      times: TIMES,
      values: { x: TIMES.map((t) => after(t) + NOISE * normal()) },
      events: { dose: { time: doses.map(([t]) => t), amount: doses.map(([, a]) => a) } },
    });
    expect(data.jumps?.map(({ events }) => events?.length)).toEqual([1, 1, 1, 1]);
    await expectRight({ model: dosed, data });
  });

  test("may be rows, repeated, and follow others", async () => {
    const repeated = Array.from({ length: 4 }, (_, n) => 1 + 6 * n);
    const truth = (t: number): number => {
      let [x, last] = [0, 0];
      const all = [
        ...repeated.map((s) => [s, 1.2] as const),
        [9.5, -1] as const, // Dialysis
      ].sort((a, b) => a[0] - b[0]);
      for (const [s, amount] of all.filter(([s]) => s < t)) {
        x *= Math.exp(-K * (s - last));
        x = amount < 0 ? 0.5 * x : x + amount / V;
        last = s;
      }
      return x * Math.exp(-K * (t - last));
    };
    const normal = normals(5);
    const data = observations({
      model: modelFromJSON(JSON.stringify(dosed.definition)),
      times: [0, ...TIMES.slice(1)],
      values: { x: [0, ...TIMES.slice(1)].map((t) => truth(t) + NOISE * normal()) },
      events: {
        dose: [{ time: 1, amount: 1.2, every: 6, count: 4 }],
        dialysis: { time: 9.5 },
      },
    });
    await expectRight({ model: dosed, data });
  });

  test("are numbers of a linear pulse, of a rectangle and of an infusion too", async () => {
    const normal = normals(11);
    // A rectangle of the length 0.4 and the area 1, by its closed form.
    const of = (t: number, from: number): number => {
      const end = Math.min(t, from + 0.4);
      if (t <= from) return 0;
      return (2.5 / V / K) * (Math.exp(-K * (t - end)) - Math.exp(-K * (t - from)));
    };
    const begins = [0.3, 7.77, 14.2];
    const values = TIMES.map((t) => begins.reduce((s, b) => s + of(t, b), 0) + NOISE * normal());
    const inputs = {
      function: (t: number) => (begins.some((b) => t >= b && t < b + 0.4) ? 2.5 : 0),
      infusion: infusions(begins.map((time) => ({ time, amount: 1, duration: 0.4 }))),
      // Lines that are nearly as steep.
      lines: {
        times: begins.flatMap((b) => [b - 1e-4, b, b + 0.4 - 1e-4, b + 0.4]),
        values: begins.flatMap(() => [0, 2.5, 2.5, 0]),
      },
    };
    for (const [name, rate] of Object.entries(inputs)) {
      const data = observations({
        model: compartment,
        times: TIMES,
        values: { x: values },
        inputs: { rate },
      });
      const jumps = data.jumps?.map(({ point }) => (data.times as Float64Array)[point]);
      for (const b of begins) expect(jumps, name).toContain(b);
      await expectRight({ model: compartment, data });
    }
  });
});

describe("inputs", () => {
  test("that are functions have their jumps located, and are smooth between them", () => {
    const data = observations({
      model: compartment,
      times: [0, 1, 2, 3, 4, 5],
      values: { x: [0, 0, 0, 0, 0, 0] },
      inputs: {
        rate: (t) => Math.sin(t) + (t >= 3 ? 5 : 0) + (t > 1.2345 && t < 1.6 ? 1 : 0),
      },
    });
    const times = data.times as Float64Array;
    const found = data.jumps?.map(({ point }) => times[point] as number) ?? [];
    [1.2345, 1.6, 3].forEach((time, k) => expect(found[k]).toBeCloseTo(time, 9));
    const at3 = data.jumps?.at(-1);
    expect(data.inputs?.[at3?.point as number]).toBeCloseTo(Math.sin(3), 9);
    expect(at3?.inputs?.[0]).toBeCloseTo(Math.sin(3) + 5, 9);
    expect(data.interpolation).toEqual(["cubic"]);
    const steep = observations({
      times: [0, 1, 2],
      values: { 0: [0, 0, 0] },
      inputs: { u: (t) => Math.tanh(300 * (t - 1.1)) },
    });
    expect(steep.jumps).toBeUndefined();
  });

  test("are held, joined by lines or by cubics, as is said", () => {
    const make = (interpolation: "hold" | "linear" | "cubic") =>
      observations({
        times: [0, 1, 2, 3, 4],
        values: { 0: [0, 0, 0, 0, 0] },
        timeStep: 0.5,
        inputs: { u: { times: [0, 1, 2, 3, 4], values: [0, 1, 8, 27, 64], interpolation } },
      });
    expect(Array.from(make("linear").inputs ?? []).slice(2, 5)).toEqual([1, 4.5, 8]);
    const cubic = make("cubic").inputs ?? [];
    expect(cubic[3]).toBeCloseTo(1.5 ** 3, 12);
    const held = make("hold");
    expect(Array.from(held.inputs ?? []).slice(0, 5)).toEqual([0, 0, 0, 1, 1]);
    expect(held.jumps?.[0]).toEqual({ point: 2, inputs: [1] });
  });
});

describe("channels", () => {
  test("may have times of their own", () => {
    const data = observations({
      model: compartment,
      times: [0, 2, 3],
      values: { x: { times: [0, 0.7123, 0.7123, 3.1], values: [1, 2, 3, 4] } },
      inputs: { rate: () => 1 },
    });
    const times = data.times as Float64Array;
    const at = (time: number): number => times.indexOf(time);
    expect(data.observed).toEqual([0, 0]);
    expect(data.values[2 * at(0.7123)]).toBe(2);
    expect(data.values[2 * at(0.7123) + 1]).toBe(3);
    expect(at(2)).toBeGreaterThan(0);
    const dated = observations({
      model: dosed,
      values: { x: { times: ["2024-03-02", "2024-03-04"], values: [1, 2] } },
      events: { dose: { time: "2024-03-03", amount: 2 } },
      unit: "days",
    });
    expect(dated.points).toBe(3);
    expect(dated.jumps).toEqual([{ point: 1, events: [{ kind: 0, numbers: [2] }] }]);
    expect(() => observations({ values: { 0: [1, 2] } })).toThrow("times");
  });
});

describe("events beyond data", () => {
  test("happen in twins, integrations and predictions", async () => {
    const model = defineModel({
      states: { fish: 1 },
      parameters: { r: 0.4 },
      equations: { fish: "r*fish" },
      events: [
        { at: [1, 2], state: "fish", multiply: 0.5 },
        { at: "stocking.time", changes: { fish: { add: "stocking.count" } } },
      ],
    });
    expect(model.definition.events?.map(({ name }) => name)).toEqual(["event1", "stocking"]);
    const grow = Math.exp(0.2);
    const { path } = integrate({
      model,
      initialState: [1],
      timeStep: 0.5,
      points: 7,
      events: { stocking: { time: 2.5, count: 3 } },
    });
    const expected = [1, grow, grow ** 2, 0.5 * grow ** 3, 0.5 * grow ** 4];
    expected.push(0.25 * grow ** 5);
    expected.push((0.25 * grow ** 5 + 3) * grow);
    path.forEach((x, n) => expect(x).toBeCloseTo(expected[n] as number, 6));
    const twin = twinExperiment({
      model,
      observed: ["fish"],
      timeStep: 0.25,
      points: 13,
      further: 4,
      noise: 0.01,
      seed: 1,
      initialState: [1],
      events: { stocking: [{ time: 0.5, count: 1 }] },
    });
    expect(twin.data.jumps?.map(({ point }) => point)).toEqual([2, 4, 8]);
    const run = await anneal({
      model,
      data: twin.data,
      noise: 0.01,
      estimate: { r: { initial: [0.1, 1] } },
      workers: 0,
    });
    expect(run.verdict).toBe("consistent");
    expect(run.best.parameters.r).toBeCloseTo(0.4, 1);
    const { times, path: ahead } = run.predict({
      until: 4,
      events: { stocking: { time: 3.6, count: 10 } },
    });
    const at = times.indexOf(3.6);
    expect(at).toBeGreaterThan(0);
    const rate = run.best.parameters.r;
    const jump = (ahead[at] as number) + 10;
    expect(ahead.at(-1)).toBeCloseTo(jump * Math.exp(rate * 0.4), 4);
    const forecast = run.uncertainty().predict({
      until: 4,
      count: 20,
      modelNoise: false,
      events: { stocking: { time: 3.6, count: 10 } },
    });
    expect(forecast.times).toEqual(times);
  });
});

describe("bad events are refused in words", () => {
  const base = { model: dosed, times: [0, 1, 2, 3], values: { x: [0, 1, 2, 3] } };
  const dose =
    (events: unknown, more: object = {}) =>
    () =>
      observations({ ...base, ...more, events } as never);
  test.each([
    [dose({ dose: { time: -1, amount: 3 } }), "got -1", "firstState"],
    [dose({ dose: { time: [0, NaN], amount: 3 } }), "events.dose.time[1]", "finite"],
    [dose({ dose: { time: 1 } }), "events.dose.amount", "missing"],
    [dose({ doze: { time: 1, amount: 3 } }), "events.doze", "dose"],
    [dose({ dose: { time: [0, 1], amount: [3] } }), "events.dose.amount", "one per time"],
    [dose({ dose: [{ time: 0, amount: 3, count: 3 }] }), "events.dose.every", "time between"],
    [
      dose({ dose: { time: 1, amount: 3 } }, { times: [0, 1, 1, 3] }),
      "x is measured more than once at 1",
      "later time",
    ],
    [
      () => observations({ times: [0, 1], values: { 0: [0, 1] }, events: { dose: { time: 0 } } }),
      "events",
      "give the model",
    ],
  ])("%#", (make, field, remedy) => {
    expect(make).toThrow(field);
    expect(make).toThrow(remedy);
  });

  test("two that do not commute, at one time", async () => {
    const data = observations({
      ...base,
      events: { dose: { time: 1, amount: 3 }, dialysis: { time: 1 } },
    });
    await expect(anneal({ model: dosed, data, noise: 1, workers: 0 })).rejects.toThrow(
      /time 1 both "dose" and "dialysis"/,
    );
    const twice = observations({ ...base, events: { dose: { time: [1, 1], amount: [3, 4] } } });
    await expect(
      anneal({ model: dosed, data: twice, noise: 1, workers: 0 }),
    ).resolves.toBeDefined();
  });

  test.each([
    [[{ at: "k", state: "x", add: 1 }], "events[0].at", "if(t > lag"],
    [[{ at: "dose.time", state: "x" }], "events[0]", "one of add"],
    [[{ at: "dose.time", state: "y", add: 1 }], "y", "x"],
    [[{ at: "dose.time", state: "x", add: "dose." }], "events.dose.changes.x", "no meaning"],
    [[{ at: [0, NaN], state: "x", add: 1 }], "events[0].at[1]", "finite"],
    [
      [
        { at: "dose.time", state: "x", add: 1 },
        { at: "dose.time", state: "x", set: 0 },
      ],
      "events[1]",
      "another event",
    ],
  ])("of a model, %#", (events, field, remedy) => {
    const make = () =>
      defineModel({
        states: ["x"],
        parameters: { k: 1 },
        equations: { x: "-k*x" },
        events: events as never,
      });
    expect(make).toThrow(field);
    expect(make).toThrow(remedy);
  });
});
