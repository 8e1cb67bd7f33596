// Measurements at any times: uneven, repeated, in no order, an even number of them.
import { beforeAll, describe, expect, test } from "vitest";
import { anneal, defineModel, init, observations } from "../src/index.js";

/** Times in h and concentrations in mg/L after 4.02 mg/kg of theophylline by mouth. */
const TIMES = [0, 0.25, 0.57, 1.12, 2.02, 3.82, 5.1, 7.03, 9.05, 12.12, 24.37];
const CONCENTRATIONS = [0.74, 2.84, 6.57, 10.5, 9.66, 8.58, 8.36, 7.47, 6.89, 5.94, 3.28];

const dose = defineModel({
  states: { gut: 1, C: 1 },
  parameters: { ka: 1.5, ke: 0.05, V: 0.4 },
  equations: { gut: "-ka*gut", C: "ka*gut/V - ke*C" },
});
const estimate = {
  ka: { initial: [0.3, 5] },
  ke: { initial: [0.01, 0.5] },
  V: { initial: [0.1, 2] },
} as const;
const settings = {
  model: dose,
  noise: 0.7,
  firstState: { gut: 4.02, C: 0 },
  estimate,
  workers: 0,
} as const;

beforeAll(() => init());

/** Concentration by the closed form. */
function closed(t: number, ka: number, ke: number, V: number): number {
  return ((4.02 * ka) / (V * (ka - ke))) * (Math.exp(-ke * t) - Math.exp(-ka * t));
}

describe("times as data bring them", () => {
  test("a patient's concentrations are fitted as by the closed form, at any order", async () => {
    const values = CONCENTRATIONS.slice(1);
    const shuffled = TIMES.slice(1).map((t, i) => [t, values[i] as number] as const);
    shuffled.sort((a, b) => Math.sin(9 * a[0]) - Math.sin(9 * b[0]));
    const data = observations({
      model: dose,
      times: [0, ...shuffled.map(([t]) => t)],
      values: { C: [NaN, ...shuffled.map(([, y]) => y)] },
    });
    const run = await anneal({ ...settings, data });
    const { ka, ke, V } = run.best.parameters;
    // No small change of a parameter brings the closed form nearer to the data.
    const misfit = (...at: [number, number, number]): number =>
      TIMES.slice(1).reduce(
        (sum, t, i) => sum + (closed(t, ...at) - (values[i] as number)) ** 2,
        0,
      );
    const least = misfit(ka, ke, V);
    for (const factor of [0.97, 1.03]) {
      expect(misfit(ka * factor, ke, V)).toBeGreaterThan(least);
      expect(misfit(ka, ke * factor, V)).toBeGreaterThan(least);
      expect(misfit(ka, ke, V * factor)).toBeGreaterThan(least);
    }
    for (const time of TIMES) expect(run.times).toContain(time);
    expect(run.best.path).toHaveLength(2 * run.times.length);
    const { times } = run.predict({ until: 30 });
    expect(times[0]).toBe(24.37);
    expect(times.at(-1)).toBeGreaterThanOrEqual(30);
  });

  test("two measurements at one time count as two", async () => {
    const flat = defineModel({ states: ["x"], equations: { x: "0" } });
    const run = async (times: number[], x: number[]) => {
      const data = observations({ model: flat, times, values: { x } });
      const found = await anneal({ model: flat, data, noise: 0.5, workers: 0 });
      return found.uncertainty({ modelPrecision: Infinity });
    };
    const repeated = await run([0, 1, 1, 1, 2, 3], [1, 2, 2.5, 1.5, 0.8, 1.3]);
    // Mean of six data, and its standard error.
    const mean = (1 + 2 + 2.5 + 1.5 + 0.8 + 1.3) / 6;
    expect(repeated.path[0]).toBeCloseTo(mean, 3);
    expect(repeated.deviation[0]).toBeCloseTo(0.5 / Math.sqrt(6), 4);
  });

  test("an even number of points, as in 14 days", async () => {
    const decay = defineModel({
      states: ["x"],
      parameters: { k: 0.2 },
      equations: { x: "-k*x" },
    });
    const times = Array.from({ length: 14 }, (_, n) => n);
    const x = times.map((t) => 10 * Math.exp(-0.3 * t) + 0.1 * Math.sin(50 * t));
    const data = observations({ model: decay, times, values: { x } });
    expect(data.points).toBe(14);
    const options = { model: decay, data, estimate: { k: { initial: [0.05, 1] } } } as const;
    const run = await anneal({ ...options, noise: 0.1, workers: 0 });
    expect(run.best.parameters.k).toBeCloseTo(0.3, 1);
    expect(run.times).toHaveLength(15);
    // It goes on to the same bits.
    const again = await anneal({
      ...options,
      noise: 0.1,
      workers: 0,
      resume: JSON.parse(JSON.stringify(run)) as typeof run,
    });
    expect(again.best.parameters).toEqual(run.best.parameters);
  });
});
