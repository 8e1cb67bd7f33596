// Tests of mechanics: the same numbers as formulas by hand, and messages about wrong input.
import { beforeAll, describe, expect, test } from "vitest";
import {
  init,
  LeastActionError,
  lorenz63,
  lorenz96,
  mechanics,
  type MechanicsOptions,
  twinExperiment,
} from "../src/index.js";
import { thrown } from "./problem.js";

beforeAll(() => init());

describe("the mechanics of an action", () => {
  const x = [1, 2, 20];
  const flow = [10 * (2 - 1), 1 * (28 - 20) - 2, 1 * 2 - (8 / 3) * 20];

  test("has L, H and their derivatives as written down", () => {
    const system = mechanics({ model: lorenz63(), measurementPrecision: 1, modelPrecision: 50 });
    const v = [3, -1, 2];
    const squares = v.reduce((sum, v, k) => sum + (v - (flow[k] as number)) ** 2, 0);
    expect(system.lagrangian(x, v)).toBeCloseTo(25 * squares, 9);
    const p = system.momentum(x, v);
    v.forEach((v, k) => expect(p[k]).toBeCloseTo(50 * (v - (flow[k] as number)), 9));
    expect(Array.from(system.velocity(x, p))).toEqual(v.map((v) => expect.closeTo(v, 9) as number));
    const h = p.reduce((sum, p, k) => sum + (p * p) / 100 + p * (flow[k] as number), 0);
    expect(system.hamiltonian(x, p)).toBeCloseTo(h, 6);
    // At p = 0 the orbit is that of the flow itself, and its action is 0: the acceleration is DF F.
    const a = system.eulerLagrange(x, flow);
    expect(a[0]).toBeCloseTo(10 * ((flow[1] as number) - (flow[0] as number)), 9);
  });

  test("jumps at measurements by R_m (x - y), and keeps H in between", () => {
    const model = lorenz96({ dimension: 4 });
    const { data } = twinExperiment({
      model,
      timeStep: 0.05,
      points: 5,
      observed: [0, 2],
      noise: 0.1,
      seed: 1,
    });
    const system = mechanics({ model, data, measurementPrecision: 100, modelPrecision: 1000 });
    const x0 = [1, 2, 3, 4];
    const orbit = system.integrate({
      x0,
      p0: [0, 0, 0, 0],
      timeStep: 0.05,
      points: 5,
      stepsPerPoint: 10,
      method: "gauss-legendre-6",
      start: data.start,
    });
    expect(orbit.failure).toBeNull();
    expect(orbit.jumps[0]).toBeCloseTo(100 * (1 - (data.values[0] as number)), 9);
    expect(orbit.jumps[1]).toBe(0);
    expect(orbit.energyError).toBeLessThan(1e-6 * Math.max(...orbit.energy.map(Math.abs)));
  });
});

describe("classical mechanics", () => {
  test("a planet keeps its angular momentum to rounding, by a variational integrator", () => {
    const kepler = mechanics({ system: "kepler" });
    const orbit = kepler.integrate({
      x0: [1, 0],
      v0: [0, 1.2],
      timeStep: 0.05,
      points: 400,
      variational: "gauss-4",
      tangent: true,
    });
    const angular = Array.from({ length: 400 }, (_, k) => {
      const [x, y, px, py] = [
        orbit.x[2 * k],
        orbit.x[2 * k + 1],
        orbit.p[2 * k],
        orbit.p[2 * k + 1],
      ] as [number, number, number, number];
      return x * py - y * px;
    });
    expect(Math.max(...angular) - Math.min(...angular)).toBeLessThan(1e-12);
    expect(orbit.symplecticDefect).toBeLessThan(1e-8);
    expect(orbit.tangent).toHaveLength(16);
  });

  test("a Lagrangian and a Hamiltonian by text are the same pendulum", () => {
    const common = { coordinates: ["q"], parameters: { g: 2 }, where: { height: "1 - cos(q)" } };
    const one = mechanics({ ...common, lagrangian: "v^2/2 - g*height", velocities: ["v"] });
    const other = mechanics({ ...common, hamiltonian: "p^2/2 + g*height", momenta: ["p"] });
    const options = {
      x0: [1],
      p0: [0.5],
      timeStep: 0.1,
      points: 101,
      method: "stormer-verlet",
    } as const;
    const [a, b] = [one.integrate(options), other.integrate(options)];
    expect(a.x.every((x, k) => Math.abs(x - (b.x[k] as number)) < 1e-12)).toBe(true);
    expect(one.eulerLagrange([1], [0.5])[0]).toBeCloseTo(-2 * Math.sin(1), 13);
    // The energy of a symplectic method stays where it is, that of rk4 at a large step does not.
    const large = { x0: [2], p0: [0], timeStep: 0.4, points: 5001 } as const;
    const [symplectic, rk4] = [
      one.integrate({ ...large, method: "stormer-verlet" }),
      one.integrate({ ...large, method: "rk4" }),
    ];
    expect(Math.abs(rk4.energyErrorAtEnd)).toBeGreaterThan(3 * symplectic.energyError);
    one.free();
    expect((thrown(() => one.lagrangian([1], [1])) as LeastActionError).code).toBe("freed");
  });
});

describe("input that is wrong", () => {
  const pendulum = () => mechanics({ system: "pendulum" });
  const orbit = { x0: [1], p0: [0], timeStep: 0.1, points: 3 };
  test.each([
    [
      () => mechanics({} as MechanicsOptions),
      "options",
      /a model, a system, a lagrangian, a hamiltonian or a network/,
    ],
    [() => mechanics({ system: "keppler" } as never), "system", /kepler/],
    [
      () => mechanics({ system: "kepler", parameters: { gravty: 1 } }),
      "parameters.gravty",
      /did you mean "gravity"/,
    ],
    [
      () => mechanics({ lagrangian: "v^2/2 - qq", coordinates: ["q"], velocities: ["v"] }),
      "lagrangian",
      /qq/,
    ],
    [() => mechanics({ lagrangian: "v", coordinates: ["q"], velocities: [] }), "velocities", /./],
    [
      () => mechanics({ lagrangian: "v", coordinates: ["q"], momenta: ["p"] } as never),
      "momenta",
      /unknown name/,
    ],
    [
      () => mechanics({ model: lorenz63(), measurementPrecision: 1, modelPrecision: -1 }),
      "modelPrecision",
      /-1/,
    ],
    [() => pendulum().lagrangian([1, 2], [1]), "x", /expected 1/],
    [() => pendulum().hamiltonian([NaN], [1]), "x", /finite/],
    [
      () => mechanics({ system: "kepler" }).lagrangian([0, 0], [1, 1]),
      "x",
      /where all is finite, got Infinity/,
    ],
    [() => pendulum().integrate({ ...orbit, p0: undefined } as never), "p0", /give p0 or v0/],
    [() => pendulum().integrate({ ...orbit, v0: [1] }), "p0", /both/],
    [
      () => pendulum().integrate({ ...orbit, method: "leapfrog" } as never),
      "method",
      /stormer-verlet/,
    ],
    [() => pendulum().integrate({ ...orbit, points: 0 }), "points", /at least 1/],
    [() => pendulum().integrate({ ...orbit, timeStep: 0 }), "timeStep", /got 0/],
    [() => pendulum().integrate({ ...orbit, variational: "gauss" } as never), "method", /gauss-4/],
    // The Lagrangian is linear in the velocity, so no acceleration follows from it.
    [
      () =>
        mechanics({ lagrangian: "q*v", coordinates: ["q"], velocities: ["v"] }).eulerLagrange(
          [1],
          [1],
        ),
      "lagrangian",
      /L_vv/,
    ],
  ])("%#: %s", (what, path, message) => {
    const error = thrown(what) as LeastActionError;
    expect(error).toBeInstanceOf(LeastActionError);
    expect(error.path).toContain(path);
    expect(error.message).toMatch(message);
    expect(error.code).not.toBe("panic");
  });
});
