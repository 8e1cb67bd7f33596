// Noise in words of the data, and noise that is estimated.
import { beforeAll, describe, expect, it } from "vitest";
import { anneal, defineModel, init, type LeastActionError, observations } from "../src/index.js";

await init();

const line = defineModel({
  states: { x: { initial: 0 }, y: { initial: 0 } },
  parameters: { v: 1, w: 2 },
  equations: { x: "v", y: "w" },
});

/** A number that looks random, about normal: the sum of twelve uniform ones less six. */
function noise(k: number): number {
  let sum = -6;
  for (let j = 0; j < 12; j += 1) {
    const wave = Math.sin(12.9898 * (k * 12 + j + 1)) * 43758.5453;
    sum += wave - Math.floor(wave);
  }
  return sum;
}

const times = Array.from({ length: 41 }, (_, n) => 0.25 * n);
const x = times.map((t, n) => 1 + 1.2 * t + 0.3 * noise(n));
const y = times.map((t, n) => 2 - 0.7 * t + 2 * noise(n + 100));
const data = observations({ model: line, times, values: { x, y } });
const estimate = { v: { initial: [0, 3] }, w: { initial: [-3, 3] } } as const;

/** Residual deviation of the least-squares line. */
function residual(values: readonly number[]): number {
  const n = values.length;
  const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / n;
  const [t, m] = [mean(times), mean(values)];
  const slope =
    mean(times.map((s, k) => (s - t) * ((values[k] as number) - m))) /
    mean(times.map((s) => (s - t) ** 2));
  const squares = values.map((v, k) => (v - m - slope * ((times[k] as number) - t)) ** 2);
  return Math.sqrt(squares.reduce((a, b) => a + b, 0) / (n - 2));
}

async function errorOf(options: object): Promise<LeastActionError> {
  try {
    await anneal({ model: line, data, estimate, workers: 0, ...options } as never);
  } catch (error) {
    return error as LeastActionError;
  }
  throw new Error("no error");
}

describe("noise that nobody states", () => {
  let run: Awaited<ReturnType<typeof anneal<"v" | "w", "v" | "w">>>;
  beforeAll(async () => {
    run = await anneal({ model: line, data, estimate, workers: 0 });
  });

  it("is estimated for every channel", () => {
    expect(Object.keys(run.noise)).toEqual(["x", "y"]);
    for (const [name, values] of Object.entries({ x, y })) {
      const { deviation } = run.noise[name] as NonNullable<(typeof run.noise)[string]>;
      expect(deviation?.value).toBeCloseTo(residual(values), 3);
      expect(deviation?.degreesOfFreedom).toBeCloseTo(39, 1);
      const [low, high] = deviation?.interval as [number, number];
      expect(low).toBeLessThan(residual(values));
      expect(high).toBeGreaterThan(residual(values));
    }
  });

  it("is said in the findings, with what the verdict rests on", () => {
    expect(run.verdict).toBe("consistent");
    const said = run.findings.find(({ code }) => code === "noiseEstimated");
    expect(said?.message).toMatch(/The noise was estimated: x .* y .*the verdict rests on/);
  });

  it("is no parameter of the model, and widens intervals", async () => {
    expect(Object.keys(run.best.parameters)).toEqual(["v", "w"]);
    expect(Object.keys(run.best.noise)).toEqual(["noise.x", "noise.y"]);
    const uncertainty = run.uncertainty();
    expect(uncertainty.parameters.v.deviation).toBeGreaterThan(0);
    expect((await run.profile("v")).interval[0]).toBeLessThan(run.best.parameters.v);
  });

  it("survives JSON, from which a run is resumed to the same bits", async () => {
    const earlier = JSON.parse(JSON.stringify(run)) as never;
    const again = await anneal({ model: line, data, estimate, workers: 0, resume: earlier });
    expect(again.noise).toEqual(run.noise);
    expect(again.best).toEqual(run.best);
  });
});

describe("noise in words of the data", () => {
  const levelOf = async (options: object): Promise<number> => {
    const run = await anneal({ model: line, data, estimate, workers: 0, ...options } as never);
    return run.best.action;
  };

  it("is a standard deviation, of all channels, each, or each datum, or a covariance", async () => {
    const one = await levelOf({ measurementPrecision: 4 });
    expect(await levelOf({ noise: 0.5 })).toBe(one);
    const each = await levelOf({ measurementPrecision: [4, 0.25] });
    expect(await levelOf({ noise: { x: 0.5, y: 2 } })).toBeCloseTo(each, 10);
    expect(await levelOf({ noise: { x: times.map(() => 0.5), y: 2 } })).toBeCloseTo(each, 10);
    const covariance = [
      [0.25, 0],
      [0, 4],
    ];
    expect(await levelOf({ noise: covariance })).toBeCloseTo(each, 10);
    const bars = observations({ model: line, times, values: { x, y }, errors: { x: 0.5, y: 2 } });
    expect(await levelOf({ data: bars })).toBeCloseTo(each, 10);
  });

  it("is known for one channel and estimated for the other", async () => {
    const run = await anneal({ model: line, data, estimate, workers: 0, noise: { x: 0.3 } });
    expect(run.noise.x?.deviation ?? null).toBeNull();
    expect(run.noise.y?.deviation?.value).toBeCloseTo(residual(y), 3);
  });

  it("is shared, if channels say so", async () => {
    const shared = { deviation: { shared: "both" } };
    const run = await anneal({
      ...{ model: line, data, estimate, workers: 0 },
      noise: { x: shared, y: shared },
    });
    const expected = Math.sqrt((residual(x) ** 2 + residual(y) ** 2) / 2);
    expect(run.noise.x?.deviation?.value).toBeCloseTo(expected, 3);
    expect(run.noise.y?.deviation?.value).toBe(run.noise.x?.deviation?.value);
    expect(run.findings.map(({ code }) => code)).toContain("unequalNoise");
  });
});

describe("noise that makes no sense", () => {
  it.each([
    [{ noise: 0 }, "noise", /standard deviation: finite and greater than zero.*estimate/],
    [{ noise: -1 }, "noise", /greater than zero/],
    [{ noise: { z: 1 } }, "noise.z", /x, y/],
    [{ noise: { x: 0 } }, "noise.x", /greater than zero/],
    [{ noise: { x: { deviation: 0 } } }, "noise.x.deviation", /greater than zero/],
    [{ noise: { x: { deviation: { initial: [0, 1] } } } }, "noise.x.deviation.initial[0]", /zero/],
    [{ noise: { x: { deviation: { bounds: [2, 1] } } } }, "noise.x.deviation.bounds[1]", /greater/],
    [{ noise: { x: { deviation: "a + q" } } }, "noise.x.deviation", /unknown name/],
    [{ noise: { x: { deviatoin: 1 } } }, "noise.x.deviatoin", /deviation/],
    [{ noise: { x: [1, 2], y: 1 } }, "noise.x", /41/],
    [{ noise: { x: times, y: "estimate" } }, "noise.x[0]", /greater than zero/],
    [{ noise: true }, "noise", /standard deviation/],
    [{ noise: 1, measurementPrecision: 1 }, "measurementPrecision", /leave one of them out/],
    [
      {
        noise: [
          [1, 2],
          [2, 1],
        ],
      },
      "measurementPrecision",
      /positive-definite/,
    ],
  ])("is refused with field and remedy: %j", async (options, path, message) => {
    const error = await errorOf(options);
    expect(error.path).toBe(path);
    expect(error.message).toMatch(message);
  });

  it("refuses error bars of nothing, none for some, and of zero", () => {
    const of =
      (errors: object): (() => unknown) =>
      () =>
        observations({ model: line, times, values: { x, y }, errors } as never);
    expect(of({ x: 0.1 })).toThrow(/lacks y/);
    expect(of({ x: 0, y: 1 })).toThrow(/errors\.x\[0\]/);
  });
});
