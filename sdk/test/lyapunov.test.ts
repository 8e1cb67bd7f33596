// Lyapunov exponents from TypeScript.
import { beforeAll, describe, expect, test } from "vitest";
import { init, lorenz63, type LyapunovOptions, mechanics } from "../src/index.js";
import { expectError, thrown } from "./problem.js";

beforeAll(() => init());

const lorenz = () => mechanics({ model: lorenz63(), measurementPrecision: 1, modelPrecision: 4 });
const pendulum = () => mechanics({ system: "pendulum" });

describe("Lyapunov exponents", () => {
  test("of an action at p = 0 are those of the flow of Lorenz63 and their negatives", () => {
    const options = { x0: [1, 2, 20], p0: [0, 0, 0], timeStep: 0.01, method: "rk4" } as const;
    const found = lorenz().lyapunovExponents({ ...options, points: 22_001, discard: 2_000 });
    [14.57, 0.906, 0, 0, -0.906, -14.57].forEach((published, k) =>
      expect(Math.abs((found.exponents[k] as number) - published), `${k}`).toBeLessThan(0.1),
    );
    expect(found.exponents).toBeInstanceOf(Float64Array);
    expect(found.uncertainty).toHaveLength(6);
    expect(Math.max(...found.uncertainty)).toBeLessThan(0.1);
    expect(found.pairError).toBeLessThan(0.01);
    expect(found.time).toBeCloseTo(200, 9);
    expect(found.p).toEqual(new Float64Array(3));
    // An orbit of the same steps ends there.
    const orbit = lorenz().integrate({ ...options, points: 11 });
    expect(lorenz().lyapunovExponents({ ...options, points: 11 }).x).toEqual(orbit.x.slice(-3));
  });

  test("of an upright pendulum are the rates of its fall, from velocities or momenta", () => {
    const options = { timeStep: 0.05, points: 1001, stepsPerPoint: 2 };
    const found = pendulum().lyapunovExponents({ ...options, x0: [Math.PI], v0: [0] });
    expect(Math.abs((found.exponents[0] as number) - 1)).toBeLessThan(0.02);
    expect(found.pairError).toBeLessThan(1e-6);
  });
});

describe("input that is wrong", () => {
  const options = { x0: [1], p0: [0], timeStep: 0.1, points: 10 };
  const change = (given: object) => () =>
    pendulum().lyapunovExponents({ ...options, ...given } as LyapunovOptions);
  test.each([
    [change({ x0: [1, 2] }), "x0", /expected 1/],
    [change({ x0: "1" }), "x0", /array of numbers/],
    [change({ p0: [NaN] }), "p0", /finite/],
    [change({ p0: undefined }), "p0", /give p0 or v0/],
    [change({ v0: [1] }), "p0", /both/],
    [change({ p0: undefined, v0: [1, 2] }), "v0", /expected 1/],
    [change({ points: 2 }), "points", /at least 3/],
    [change({ discard: 9 }), "discard", /at most 7/],
    [change({ timeStep: -1 }), "timeStep", /got -1/],
    [change({ stepsPerPoint: 0 }), "stepsPerPoint", /at least 1/],
    [change({ method: "leapfrog" }), "method", /stormer-verlet/],
    [change({ tolerance: 1 }), "tolerance", /unknown name/],
    [() => pendulum().integrate({ ...options, x0: [1, 2] }), "x0", /expected 1/],
  ])("%#: %s", (what, path, message) => {
    expectError(thrown(what), path, message);
  });

  test("orbits that end are stated", () => {
    const system = mechanics({ hamiltonian: "p^2/2 - q^4", coordinates: ["q"], momenta: ["p"] });
    const error = thrown(() =>
      system.lyapunovExponents({ x0: [1], p0: [1], timeStep: 0.5, points: 100, method: "rk4" }),
    );
    expect(error).toMatchObject({ code: "notFinite", path: "orbit" });
  });
});
