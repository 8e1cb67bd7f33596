// Tests of boundary-value problems: the same path by several methods, closed forms, and messages
// about problems that have no solution.
import { beforeAll, describe, expect, test } from "vitest";
import {
  type BoundaryMethod,
  type BoundaryProgress,
  init,
  lorenz63,
  mechanics,
  type Mechanics,
  twinExperiment,
} from "../src/index.js";

beforeAll(() => init());

const largest = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const apart = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  largest(Array.from(a, (value, i) => value - (b[i] as number)));

/** Lorenz63 measured in x, with its true path. */
function lorenz(modelPrecision = 100): { system: Mechanics; truth: Float64Array } {
  const model = lorenz63();
  const { data, truth } = twinExperiment({
    model,
    timeStep: 0.02,
    points: 61,
    observed: [0],
    noise: 0.5,
    seed: 3,
  });
  return { system: mechanics({ model, data, measurementPrecision: 4, modelPrecision }), truth };
}

/** Reason of the promise's rejection. */
const rejected = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.fail("it did not reject"),
    (error: unknown) => error,
  );

describe("solveBoundaryValueProblem", () => {
  test("finds the same path by every method, and an orbit follows it", async () => {
    const { system, truth } = lorenz();
    const methods: BoundaryMethod[] = ["collocation", "multiple-shooting"];
    const paths = [];
    for (const method of methods) {
      const solution = await system.solveBoundaryValueProblem({ initialPath: truth, method });
      expect(solution.failure).toBeNull();
      expect(solution.status).toBe("converged");
      expect(Math.max(solution.residual, solution.boundaryError)).toBeLessThan(1e-9);
      // Free ends: p = 0 before the first measurement and after the last.
      expect(largest(solution.momentum.slice(0, 3))).toBeLessThan(
        1e-9 * largest(solution.momentum),
      );
      const after = solution.momentum
        .slice(-3)
        .map((p, i) => p + (solution.jumps.at(i - 3) as number));
      expect(largest(after)).toBeLessThan(1e-9 * largest(solution.momentum));
      paths.push(solution.path);
    }
    expect(apart(paths[0] as Float64Array, paths[1] as Float64Array)).toBeLessThan(1e-7);
    const { path, momentum, times } = await system.solveBoundaryValueProblem({
      initialPath: truth,
    });
    const orbit = system.integrate({
      x0: path.slice(0, 3),
      p0: momentum.slice(0, 3),
      timeStep: 0.02,
      points: 61,
      method: "gauss-legendre-4",
    });
    expect(apart(orbit.x.slice(0, 33), path.slice(0, 33))).toBeLessThan(1e-7);
    expect(times[60]).toBeCloseTo(1.2, 12);
  });

  test("keeps H between measurements, which is a constant of the motion there", async () => {
    const model = lorenz63();
    const { data, truth } = twinExperiment({
      model,
      timeStep: 0.02,
      points: 51,
      observed: [0, 1],
      noise: 1,
      seed: 3,
    });
    const values = data.values.map((y, i) => (Math.floor(i / 2) % 25 === 0 ? y : NaN));
    const system = mechanics({
      model,
      data: { ...data, values },
      measurementPrecision: 1,
      modelPrecision: 10,
    });
    const { energy, status } = await system.solveBoundaryValueProblem({
      initialPath: truth,
      integrator: "gauss-legendre-6",
    });
    expect(status).toBe("converged");
    const [first, second] = [energy.slice(1, 26), energy.slice(26)];
    for (const part of [first, second]) {
      expect(apart(part, new Float64Array(25).fill(part[0] as number))).toBeLessThan(
        1e-5 * largest(energy),
      );
    }
  });

  test("a harmonic oscillator between fixed ends has the action of the textbook", async () => {
    const system = mechanics({ system: "harmonic-oscillator" });
    const duration = 2;
    const points = 41;
    const initialPath = Float64Array.from(
      { length: points },
      (_, n) => 1 - (0.5 * n) / (points - 1),
    );
    const { action, path, status } = await system.solveBoundaryValueProblem({
      initialPath,
      boundary: "fixed",
      timeStep: duration / (points - 1),
    });
    expect(status).toBe("converged");
    const expected = ((1 + 0.25) * Math.cos(duration) - 2 * 0.5) / (2 * Math.sin(duration));
    expect(action).toBeCloseTo(expected, 7);
    const middle = (Math.sin(duration / 2) + 0.5 * Math.sin(duration / 2)) / Math.sin(duration);
    expect(path[20]).toBeCloseTo(middle, 6);
  });

  test("refines a mesh that is too coarse, or says that it is", async () => {
    const { system, truth } = lorenz();
    const every = truth.filter((_, i) => Math.floor(i / 3) % 6 === 0);
    const model = lorenz63();
    const coarse = mechanics({ model, measurementPrecision: 4, modelPrecision: 100 });
    const options = { initialPath: every, timeStep: 0.12, boundary: "fixed" } as const;
    const fine = await coarse.solveBoundaryValueProblem(options);
    expect(fine.status).toBe("converged");
    expect(fine.mesh.length).toBeGreaterThan(fine.times.length);
    expect(fine.meshError).toBeLessThan(1e-4);
    const asIs = await coarse.solveBoundaryValueProblem({ ...options, refine: false });
    expect(asIs.status).toBe("mesh-too-coarse");
    expect(asIs.failure?.message).toMatch(/timeStep: .*meshTolerance.*stepsPerPoint/);
    expect(asIs.residual).toBeLessThan(1e-9);
    system.free();
  });

  test("single shooting fails on a chaotic path, says so and keeps its best iterate", async () => {
    const model = lorenz63();
    const { data, truth } = twinExperiment({
      model,
      timeStep: 0.02,
      points: 201,
      observed: [0],
      noise: 0.5,
      seed: 3,
    });
    const system = mechanics({ model, data, measurementPrecision: 4, modelPrecision: 100 });
    const solution = await system.solveBoundaryValueProblem({
      initialPath: truth,
      method: "single-shooting",
      maxIterations: 20,
    });
    expect(solution.status).toBe("not-converged");
    expect(solution.failure?.code).toMatch(/notConverged|singular|notFinite/);
    expect(solution.path).toHaveLength(truth.length);
  });

  test("tells its progress and stops when asked", async () => {
    const { system, truth } = lorenz();
    const seen: BoundaryProgress[] = [];
    const done = await system.solveBoundaryValueProblem({
      initialPath: truth,
      continuation: { from: 1e-3, factor: 10 },
      onProgress: (progress) => seen.push(progress),
    });
    expect(done.continuation.map(({ share }) => share)).toEqual(
      [1e-3, 1e-2, 1e-1, 1].map((s) => expect.closeTo(s, 12) as number),
    );
    const actions = done.continuation.map(({ action }) => action);
    expect(actions).toEqual([...actions].sort((a, b) => a - b));
    expect(seen.at(-1)).toMatchObject({ rung: 3, rungs: 4, iterations: done.iterations });
    const controller = new AbortController();
    const stopped = system.solveBoundaryValueProblem({
      initialPath: truth,
      continuation: { from: 1e-3, factor: 1.001 },
      onProgress: () => controller.abort(),
      signal: controller.signal,
    });
    expect((await stopped).status).toBe("interrupted");
    controller.abort();
    await expect(
      system.solveBoundaryValueProblem({ initialPath: truth, signal: controller.signal }),
    ).rejects.toThrow("abort");
  });

  test("errors name the field, the value and the remedy", async () => {
    const { system, truth } = lorenz();
    const solve = (options: object) =>
      rejected(system.solveBoundaryValueProblem({ initialPath: truth, ...options } as never));
    expect(await solve({ initialPath: [1, 2] })).toMatchObject({
      code: "wrongShape",
      path: "initialPath",
    });
    expect(await solve({ initialPath: truth.map((v, i) => (i === 4 ? NaN : v)) })).toMatchObject({
      code: "outOfRange",
      path: "initialPath[4]",
    });
    expect(await solve({ initialMomentum: [1] })).toMatchObject({
      code: "wrongLength",
      path: "initialMomentum",
    });
    expect(await solve({ tolerance: 2 })).toMatchObject({ code: "outOfRange", path: "tolerance" });
    expect(await solve({ continuation: { from: 2 } })).toMatchObject({ path: "continuation.from" });
    expect(await solve({ continuation: { from: 1e-3, factor: 1 + 1e-9 } })).toMatchObject({
      path: "continuation.factor",
    });
    expect(await solve({ integrator: "rk4" })).toMatchObject({ path: "integrator" });
    expect(await solve({ methode: "collocation" })).toMatchObject({
      code: "unknownName",
      path: "methode",
    });
    // Measurements that are not at points.
    expect(await solve({ timeStep: 0.03 })).toMatchObject({
      code: "outOfRange",
      path: "impulses[1].time",
    });
    const kepler = mechanics({ system: "kepler" });
    expect(
      await rejected(kepler.solveBoundaryValueProblem({ initialPath: [1, 0, 0, 1] })),
    ).toMatchObject({
      path: "timeStep",
    });
    const climb = { initialPath: [1, 0, 0, 1], timeStep: 1, continuation: { from: 0.1 } };
    expect(await rejected(kepler.solveBoundaryValueProblem(climb))).toMatchObject({
      path: "continuation",
    });
    expect(await rejected(kepler.actionLevels({ initialPaths: [], timeStep: 1 }))).toMatchObject({
      path: "initialPaths",
    });
    kepler.free();
    await expect(
      kepler.solveBoundaryValueProblem({ initialPath: [1, 0, 0, 1], timeStep: 1 }),
    ).rejects.toThrow("free()");
  });
});

test("many starts end at levels, the lowest first", async () => {
  // A pendulum from 0 to 0 that may go round: forward, back, or not at all.
  const system = mechanics({ system: "pendulum" });
  const points = 81;
  const line = (end: number) =>
    Float64Array.from({ length: points }, (_, n) => (end * n) / (points - 1));
  const common = { boundary: "fixed", timeStep: 0.05 } as const;
  const { levels, solutions } = await system.actionLevels({
    ...common,
    initialPaths: [line(2 * Math.PI), line(0), line(-2 * Math.PI)],
  });
  expect(solutions.map(({ status }) => status)).toEqual(["converged", "converged", "converged"]);
  expect(levels).toHaveLength(2);
  const ends = levels.map(({ starts }) => starts);
  expect(ends).toContainEqual([0, 2]);
  expect(ends).toContainEqual([1]);
  expect((levels[0] as { action: number }).action).toBeLessThan(
    (levels[1] as { action: number }).action,
  );
});

describe("what a careless caller does", () => {
  const line = Float64Array.from({ length: 11 }, (_, n) => 0.1 * n);
  const common = { timeStep: 0.1, boundary: "fixed" } as const;

  test("is refused by field, and never a bug of the core", async () => {
    const system = mechanics({ system: "harmonic-oscillator" });
    const solve = (options: object) =>
      rejected(system.solveBoundaryValueProblem({ initialPath: line, ...common, ...options }));
    expect(await solve({ stepsPerPoint: 1e9 })).toMatchObject({
      code: "outOfRange",
      path: "stepsPerPoint",
    });
    expect(await solve({ maxMeshPoints: 0 })).toMatchObject({
      code: "outOfRange",
      path: "maxMeshPoints",
    });
    expect(await solve({ timeStep: 1e-300 })).toMatchObject({
      code: "outOfRange",
      path: "timeStep",
    });
    const gone = line.slice();
    structuredClone(gone.buffer, { transfer: [gone.buffer] });
    expect(await solve({ initialPath: gone })).toMatchObject({ path: "initialPath" });
    const other = rejected(system.actionLevels({ initialPaths: [line, line.slice(1)], ...common }));
    expect(await other).toMatchObject({ code: "wrongLength", path: "initialPaths[1]" });
    const both = { initialPaths: [line], initialPath: line, ...common } as never;
    expect(await rejected(system.actionLevels(both))).toMatchObject({ path: "initialPath" });
    const network = { source: () => ({}) } as never;
    expect(() => mechanics({ network })).toThrow("continuousNetwork()");
  });

  test("does not hide that nothing is finite", async () => {
    const system = mechanics({ system: "harmonic-oscillator" });
    const far = line.map((x) => 1e200 * x);
    for (const method of ["collocation", "multiple-shooting", "multigrid"] as const) {
      const solution = await system.solveBoundaryValueProblem({
        initialPath: far,
        method,
        ...common,
      });
      expect(solution.failure).not.toBeNull();
    }
  });
});
