// Laws as text, noise at the face of a posterior, new measurements, and noise of the model.
import { beforeAll, describe, expect, it } from "vitest";
import {
  anneal,
  defineModel,
  init,
  LeastActionError,
  observations,
  samplePosterior,
} from "../src/index.node.js";

await init();

const decay = defineModel({
  states: { x: { initial: 20 } },
  parameters: { k: 0.5 },
  equations: { x: "-k*x" },
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

const times = Array.from({ length: 31 }, (_, n) => 0.1 * n);
const x = times.map((t, n) => 20 * Math.exp(-0.5 * t) + 0.5 * noise(n));
const data = observations({ model: decay, times, values: { x } });
const estimate = { k: { initial: [0.1, 1] } } as const;
const law = "log(s) + log(2*pi)/2 + ((y - h)/s)^2/2";
const parameters = { s: { initial: [0.1, 2] } } as const;

describe("a law as text", () => {
  it("gives what the same law gives by name", async () => {
    const common = { model: decay, data, estimate, workers: 0 } as const;
    const own = await anneal({ ...common, noise: { x: { law, parameters } } });
    const named = await anneal({ ...common, noise: { x: "estimate" } });
    expect(own.verdict).toBe(named.verdict);
    expect(own.noise.x?.family).toBe("text");
    const [s, deviation] = [own.noise.x?.parameters.s?.value, named.noise.x?.deviation?.value];
    expect((s as number) / (deviation as number)).toBeCloseTo(1, 2);
    expect(own.best.parameters.k / named.best.parameters.k).toBeCloseTo(1, 3);
    expect(own.uncertainty().noise.x?.parameters.s?.interval[0]).toBeLessThan(s as number);
  });

  it.each([
    [{ law: "((y - h)/s)^2/2", parameters }, "noise.x.law", /add up to 1/],
    [{ law: "log(s) + z", parameters }, "noise.x.law", /unknown name "z"/],
    [{ law, parameters: { s: 0 } }, "noise.x.parameters.s", /must be/],
    [{ law, parameters, support: "counts" }, "noise.x.family", /is no count/],
    [{ family: "text" }, "noise.x.law", /is missing/],
  ])("that is none is refused: %j", async (own, path, message) => {
    const failing = anneal({
      ...{ model: decay, data, estimate, workers: 0 },
      noise: { x: own },
    } as never);
    const error = (await failing.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )) as LeastActionError;
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error.facts).toMatchObject({ path });
    expect(error.message).toMatch(message);
  });
});

describe("estimated noise", () => {
  let run: Awaited<ReturnType<typeof anneal<"k", "k">>>;
  beforeAll(async () => {
    run = await anneal({ model: decay, data, estimate, workers: 0 });
  });

  it("has draws and intervals in posterior and uncertainty", async () => {
    const posterior = await samplePosterior({
      run,
      chains: 2,
      draws: 500,
      warmup: 500,
      workers: 0,
    });
    const drawn = posterior.noise.x?.deviation;
    expect(drawn?.draws).toHaveLength(1000);
    const value = run.noise.x?.deviation?.value as number;
    expect((drawn?.mean as number) / value).toBeCloseTo(1, 0);
    const [low, high] = drawn?.interval as readonly [number, number];
    expect(low).toBeLessThan(value);
    expect(high).toBeGreaterThan(value);
    const gaussian = run.uncertainty().noise.x?.deviation;
    expect((gaussian?.value as number) / value).toBeCloseTo(1, 1);
    const measured = posterior.measurements({ count: 100 });
    expect(measured.names).toEqual(["x"]);
    expect(measured.values).toHaveLength(100 * times.length);
  });

  it("is in bands of a new measurement", () => {
    const uncertainty = run.uncertainty();
    const { lower, upper } = uncertainty.measurements({ count: 400 }).band(0.9).x as {
      lower: Float64Array;
      upper: Float64Array;
    };
    const inside = x.filter((y, n) => y >= (lower[n] as number) && y <= (upper[n] as number));
    expect(inside.length).toBeGreaterThan(24);
    const state = uncertainty.band(0.9);
    expect((upper[15] as number) - (lower[15] as number)).toBeGreaterThan(
      2 * ((state.upper[15] as number) - (state.lower[15] as number)),
    );
    const forecast = uncertainty.predict({ until: 3.5, count: 200, measurement: true });
    expect(forecast.measurement?.values).toHaveLength(200 * forecast.times.length);
    expect(uncertainty.predict({ until: 3.5, count: 20 }).measurement).toBeNull();
  });

  it("of the model is estimated beside it, or said to be unknown", () => {
    const found = run.modelNoise();
    expect(found.interval[1]).toBe(Infinity);
    expect(found.isDetermined).toBe(false);
    expect(found.message).toMatch(/cannot tell/);
  });
});
