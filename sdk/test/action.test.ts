// The action by itself: values, parts, gradients, and the memory that it takes.
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { action, init, LeastActionError, lorenz63, twinExperiment } from "../src/index.js";
import { thrown } from "./problem.js";

beforeAll(() => init());

function problem() {
  const model = lorenz63();
  const twin = twinExperiment({
    model,
    timeStep: 0.02,
    points: 5,
    observed: [0, 2],
    noise: 1,
    seed: 1,
  });
  return { twin, options: { model, data: twin.data, measurementPrecision: 3 } };
}

test("the truth without noise costs almost nothing; the two parts sum to the action", () => {
  const model = lorenz63();
  const twin = twinExperiment({
    model,
    timeStep: 0.002,
    points: 5,
    observed: [0],
    noise: 0,
    seed: 1,
  });
  const a = action({ model, data: twin.data, measurementPrecision: 4 });
  const value = a.evaluate({ path: twin.truth, modelPrecision: 100 });
  expect(value.measurementError).toBe(0);
  expect(value.modelError).toBeLessThan(1e-10);

  const elsewhere = a.evaluate({ path: twin.truth.map((x) => x + 1), modelPrecision: 100 });
  expect(elsewhere.measurementError).toBeCloseTo(4, 10);
  expect(elsewhere.action).toBe(elsewhere.measurementError + elsewhere.modelError);
  const posterior = action({
    model,
    data: twin.data,
    measurementPrecision: 4,
    normalization: "posterior",
  });
  const value5 = posterior.evaluate({ path: twin.truth.map((x) => x + 1), modelPrecision: 100 });
  expect(value5.measurementError).toBeCloseTo((4 / 2) * 5, 10);
});

test("the gradient is that of the action", () => {
  const { twin, options } = problem();
  const a = action({ ...options, estimate: ["rho", "sigma"] });
  const at = {
    path: twin.truth.map((x) => 1.1 * x),
    modelPrecision: 50,
    parameters: { sigma: 9, rho: 30 },
  };
  const { path, parameters, ...value } = a.gradient(at);
  expect(value).toEqual(a.evaluate(at));
  const h = 1e-5;
  const slope = (shifted: (by: number) => typeof at) =>
    (a.evaluate(shifted(h)).action - a.evaluate(shifted(-h)).action) / (2 * h);
  path.forEach((found, i) => {
    const expected = slope((by) => ({
      ...at,
      path: at.path.map((x, j) => (i === j ? x + by : x)),
    }));
    expect(found).toBeCloseTo(expected, 3);
  });
  for (const name of ["rho", "sigma"] as const) {
    const expected = slope((by) => ({
      ...at,
      parameters: { ...at.parameters, [name]: at.parameters[name] + by },
    }));
    expect(parameters[name]).toBeCloseTo(expected, 3);
  }
});

test("parameters default to those that the action was made with, not to earlier ones", () => {
  const { twin, options } = problem();
  const a = action({ ...options, parameters: { sigma: 8 }, estimate: ["sigma", "rho"] });
  const at = { path: twin.truth, modelPrecision: 50 };
  const expected = a.evaluate({ ...at, parameters: { sigma: 8, rho: 28 } });
  expect(a.evaluate({ ...at, parameters: { sigma: 7, rho: 26 } })).not.toEqual(expected);
  expect(a.evaluate(at)).toEqual(expected);
  expect(a.evaluate({ ...at, parameters: {} })).toEqual(expected);
  expect(a.evaluate({ ...at, parameters: { rho: 28 } })).toEqual(expected);
  expect(a.evaluate({ ...at, parameters: { rho: 28, sigma: 8 } })).toEqual(expected);
});

test("any array of numbers is a path; the gradient may go into an array that is there", () => {
  const { twin, options } = problem();
  const a = action(options);
  const at = { path: twin.truth, modelPrecision: 50 };
  const expected = a.gradient(at);
  expect(a.gradient({ ...at, path: Array.from(twin.truth) })).toEqual(expected);
  const into = new Float64Array(15);
  expect(a.gradient({ ...at, into }).path).toBe(into);
  expect(into).toEqual(expected.path);
  const short = thrown(() => a.gradient({ ...at, into: new Float64Array(3) }));
  expect(short).toMatchObject({ code: "wrongLength", path: "into" });
  const list = thrown(() => a.gradient({ ...at, into: [] as never }));
  expect(list).toMatchObject({ code: "wrongShape", path: "into" });
});

test("data are copied: changing them later changes nothing", () => {
  const { twin, options } = problem();
  const a = action(options);
  const at = { path: twin.truth, modelPrecision: 50 };
  const before = a.evaluate(at);
  twin.data.values.fill(0);
  expect(a.evaluate(at)).toEqual(before);
});

test("whatever the point is: a value or an error of ours", () => {
  const { twin, options } = problem();
  const a = action({ ...options, estimate: ["rho"] });
  const anything = fc.oneof(
    fc.anything(),
    fc.double(),
    fc.constant({ rho: 28 }),
    fc.constant(twin.truth),
  );
  const point = fc.record(
    {
      path: anything,
      modelPrecision: anything,
      parameters: anything,
      into: anything,
      extra: anything,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(point, anything), fc.boolean(), (given, usual) => {
      const at = usual ? { path: twin.truth, modelPrecision: 2, ...(given as object) } : given;
      for (const evaluate of [() => a.evaluate(at as never), () => a.gradient(at as never)]) {
        try {
          evaluate();
        } catch (error) {
          expect(error).toBeInstanceOf(LeastActionError);
          expect((error as LeastActionError).code).not.toBe("panic");
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test("the gradient is compared with differences, and the report says it in words", () => {
  const { twin, options } = problem();
  const a = action({ ...options, estimate: ["rho"] });
  const report = a.checkGradient({
    path: twin.truth.map((x) => 1.3 * x),
    modelPrecision: 5,
    parameters: { rho: 20 },
  });
  expect(report.verdict).toBe("agrees");
  expect(report.compared).toBe(16);
  expect(report.worst).toBeLessThan(1e-6);
  expect(report.text).toMatch(/^The gradient is right: 16 variables compared/);
  expect(
    thrown(() => a.checkGradient({ path: twin.truth, modelPrecision: 5, sample: 0 })),
  ).toMatchObject({
    code: "outOfRange",
    path: "sample",
  });
});
