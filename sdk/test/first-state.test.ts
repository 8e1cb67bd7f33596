// Tests of what is known of first states: as a user writes it, and what follows from it.
import { beforeAll, expect, test } from "vitest";
import { action, anneal, defineModel, init, observations } from "../src/index.js";
import type { FirstState } from "../src/index.js";

beforeAll(() => init());

const model = defineModel({
  states: { A: 1, B: 1 },
  parameters: { k: 0.5, A0: 2 },
  equations: { A: "-k*A", B: "k*A" },
});

/** Amounts of B after `A0` has reacted at a rate of 0.5, with fixed errors of about 0.01. */
function amounts(first: number): ReturnType<typeof observations> {
  const times = Array.from({ length: 11 }, (_, i) => i);
  const of = (t: number): number => first * (1 - Math.exp(-0.5 * t)) + 0.014 * Math.sin(7 * t + 1);
  const B = times.map((t) => (t === 0 ? NaN : of(t)));
  return observations({ model, times, values: { B }, timeStep: 0.1 });
}

const common = { model, measurementPrecision: 1e4, workers: 0 } as const;
const k = { initial: [0.1, 2] } as const;
const A0 = { initial: [0.5, 5] } as const;

test("numbers, formulas and distributions, for every data set", async () => {
  const firstState: FirstState = [
    { A: "A0", B: 0 },
    { A: { mean: "A0/2", deviation: 0.1 }, B: { mean: 0, deviation: 0 } },
  ];
  const sets = [amounts(2), amounts(1)] as const;
  const run = await anneal({ ...common, data: sets, estimate: { k, A0 }, firstState });
  expect(run.verdict).toBe("consistent");
  expect(run.levels[0]?.starts).toContain(0);
  expect(run.best.parameters.A0).toBeCloseTo(2, 1);
  expect(run.best.parameters.k).toBeCloseTo(0.5, 1);
  // Points x dimension of both sets, one after the other.
  const second = sets[0].points * 2;
  expect([run.best.path[1], run.best.path[second + 1]]).toEqual([0, 0]);
  expect(run.best.path[0]).toBeCloseTo(run.best.parameters.A0, 4);
  const { parameters } = run.uncertainty();
  expect(parameters.A0.deviation).toBeGreaterThan(1e-3);
});

test("one object holds for all data sets, as before", async () => {
  const firstState = { A: { mean: 2, deviation: 0.01 }, B: { mean: 0, deviation: 0.001 } };
  const run = await anneal({ ...common, data: amounts(2), estimate: { k }, firstState });
  expect(run.verdict).toBe("consistent");
});

test("an action has a first state too", () => {
  const data = amounts(2);
  const options = { model, data, measurementPrecision: 1e4, estimate: ["A0"] } as const;
  const own = action({ ...options, firstState: { A: "A0" } });
  const path = new Float64Array(data.points * 2).fill(1);
  const at = (value: number): number =>
    own.evaluate({ path, parameters: { A0: value }, modelPrecision: 1 }).priorError;
  expect(at(1)).toBe(0);
  expect(at(1.1)).toBeGreaterThan(1e6);
});

test("mistakes are named by field, with what to do", async () => {
  const options = { ...common, data: [amounts(2), amounts(1)], estimate: { k } };
  const wrong: [FirstState, RegExp][] = [
    [[{ A: 1 }], /^firstState: .*one object per data set/s],
    [[{ A: 1 }, { C: 1 }], /^firstState\[1\]\.C: unknown name "C"/],
    [{ A: "2*A1" }, /^firstState\.A: unknown name "A1"; did you mean "A0"\?/],
    [{ A: "B" }, /^firstState\.A: B is a state/],
    [{ A: { mean: 1, deviation: -1 } }, /^firstState\.A\.deviation: /],
    // @ts-expect-error A first value is no boolean.
    [{ A: true }, /^firstState\.A: .*a number, a formula of parameters, or { mean, deviation }/],
    // @ts-expect-error A deviation belongs to a mean.
    [{ A: { mean: 1 } }, /^firstState\.A/],
  ];
  for (const [firstState, message] of wrong)
    await expect(anneal({ ...options, firstState })).rejects.toThrow(message);
  const bounds = { A: [0, 1] } as const;
  await expect(anneal({ ...options, firstState: { A: 2 }, bounds })).rejects.toThrow(
    /^firstState\.A: .*bounds\.A, from 0 to 1/,
  );
});

/** Prey and predators, of which the logarithm of the latter is measured. */
function predators(first?: readonly [number, number]) {
  return defineModel({
    states: { P: 1, D: 1 },
    parameters: { b: 0.002, d: 0.5 },
    equations: { P: "-0.05*P - b*P*D", D: "0.9*b*P*D - d*D" },
    observables: { load: "log10(D)" },
    ...(first && { initialState: first }),
  });
}

test("logarithms of states are observables", async () => {
  // The solution by Runge-Kutta steps of 0.005, and errors of about 0.1.
  let [P, D] = [1000, 1];
  const load: number[] = [];
  for (let i = 0; i <= 12; i += 1) {
    load.push(Math.log10(D) + 0.14 * Math.sin(5 * i + 1));
    for (let step = 0; step < 400; step += 1) {
      const slope = ([p, d]: [number, number]): [number, number] => [
        -0.05 * p - 0.002 * p * d,
        0.0018 * p * d - 0.5 * d,
      ];
      const by = (s: [number, number], h: number): [number, number] => [P + h * s[0], D + h * s[1]];
      const h = 0.005;
      const a = slope([P, D]);
      const b = slope(by(a, h / 2));
      const c = slope(by(b, h / 2));
      const e = slope(by(c, h));
      P += (h / 6) * (a[0] + 2 * b[0] + 2 * c[0] + e[0]);
      D += (h / 6) * (a[1] + 2 * b[1] + 2 * c[1] + e[1]);
    }
  }
  const options = (first?: readonly [number, number]) => {
    const own = predators(first);
    const times = Array.from({ length: 13 }, (_, i) => 2 * i);
    return {
      model: own,
      data: observations({ model: own, times, values: { load }, timeStep: 0.25 }),
      measurementPrecision: 100,
      estimate: {
        b: { initial: [5e-4, 1e-2], bounds: [0, 1] },
        d: { initial: [0.1, 2], bounds: [0, 10] },
      },
      workers: 0,
    } as const;
  };
  const known = { P: { mean: 1000, deviation: 1 }, D: { mean: 1, deviation: 0.01 } };
  const bounded = { P: [0, Infinity], D: [0, Infinity] } as const;
  const exactly = { P: 1000, D: 1 };
  for (const further of [
    { firstState: known },
    { firstState: known, bounds: bounded },
    { firstState: exactly, bounds: bounded },
  ]) {
    const run = await anneal({ ...options(), ...further });
    expect(run.verdict).toBe("consistent");
    const { b, d } = run.uncertainty().parameters;
    expect(Math.abs(b.mean - 0.002)).toBeLessThan(4 * b.deviation);
    expect(Math.abs(d.mean - 0.5)).toBeLessThan(4 * d.deviation);
    expect(b.deviation).toBeLessThan(1e-4);
  }
  // Without first states the observable tells where to begin.
  const open = await anneal(options());
  expect(["consistent", "undetermined"]).toContain(open.verdict);
  load.forEach((value, i) => {
    const row = open.times.indexOf(2 * i);
    expect(Math.abs(Math.log10(open.best.path[2 * row + 1] as number) - value)).toBeLessThan(0.5);
  });
});
