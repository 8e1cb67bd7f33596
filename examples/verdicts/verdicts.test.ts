// The twins' own tools against closed forms and known laws, and a few twins of each kind.
import { beforeAll, describe, expect, test } from "vitest";
import { init } from "least-action";
import { random } from "../random.js";
import {
  chiSquareDeviations,
  largestDeviations,
  strongest,
  tail,
  tailDeviations,
  testsOf,
} from "./evidence.js";
import { ratesOf, replaced } from "./equations.js";
import { integrate } from "./integrator.js";
import { judge, type Judged, toldTo, twinOf } from "./judge.js";
import { MODELS, type TwinModel } from "./models.js";
import { fitTold, type Fit, solved } from "./oracle.js";
import { SITUATIONS, type Situation } from "./situations.js";
import { cellsOf, COLUMNS, isDemanded, isOff, isRight, markdownOf, rowsOf } from "./table.js";
import { verdicts } from "./index.js";

beforeAll(() => init());

const situation = (kind: string): Situation =>
  SITUATIONS.find((one) => one.kind === kind) as Situation;
const model = (name: string): TwinModel => MODELS.find((one) => one.name === name) as TwinModel;

describe("the truth's integrator", () => {
  test("has the closed form of a chain, and Kepler's orbit after ten revolutions", () => {
    const [k1, k2] = [0.9, 0.3];
    const chain = ratesOf(["A", "B"], model("chain").equations, { k1, k2 });
    const path = integrate(chain, [10, 1], [0, 2.5, 10]);
    [2.5, 10].forEach((t, n) => {
      const a = 10 * Math.exp(-k1 * t);
      const b =
        Math.exp(-k2 * t) + ((10 * k1) / (k1 - k2)) * (Math.exp(-k2 * t) - Math.exp(-k1 * t));
      expect(path[2 * n + 2]).toBeCloseTo(a, 9);
      expect(path[2 * n + 3]).toBeCloseTo(b, 9);
    });
    // Eccentricity 0.6, period 2 pi.
    const kepler = ratesOf(
      ["x", "y", "u", "v"],
      { x: "u", y: "v", u: "-x/sqrt(x^2 + y^2)^3", v: "-y/sqrt(x^2 + y^2)^3" },
      {},
    );
    const first = [0.4, 0, 0, 2];
    const end = integrate(kepler, first, [0, 20 * Math.PI]).subarray(4);
    first.forEach((one, k) => expect(end[k]).toBeCloseTo(one, 7));
  });

  test("ends where a solution ends, and says so", () => {
    const path = integrate(ratesOf(["x"], { x: "x^2" }, {}), [1], [0, 0.5, 2]);
    expect(path[1]).toBeCloseTo(2, 9);
    expect(path[2]).toBeNaN();
  });

  test("names are replaced where they are names", () => {
    expect(replaced("k*x - k1*kx + exp(k)", "k", "f*g")).toBe("(f*g)*x - k1*kx + exp((f*g))");
  });
});

describe("the evidence", () => {
  test("is that of tables of the chi-square and the normal law", () => {
    // Upper 2.275 % points (two deviations) of 10 and 60 degrees of freedom, and the lower one.
    expect(chiSquareDeviations(20.78, 10)).toBeCloseTo(2, 1);
    expect(chiSquareDeviations(83.6, 60)).toBeCloseTo(2, 1);
    expect(chiSquareDeviations(40.1, 60)).toBeCloseTo(-2, 1);
    expect(tail(1.959964)).toBeCloseTo(0.05, 6);
    expect(tail(4) / 6.334248e-5).toBeCloseTo(1, 5);
    // One of a hundred as improbable as 5 deviations are for one: p = 5.733e-5.
    expect(tail(largestDeviations(5, 100)) / 5.733031e-5).toBeCloseTo(1, 5);
  });

  test("of right residuals it is seldom above three, of others it is what made them", () => {
    const { normal } = random(5);
    const of = (make: () => number): Fit => {
      const residuals = [Float64Array.from({ length: 80 }, make)];
      const chiSquare = (residuals[0] as Float64Array).reduce((sum, one) => sum + one * one, 0);
      return { residuals, chiSquare, degreesOfFreedom: 80, parameters: {}, priorRise: 0 };
    };
    const kindOf = (make: () => number) => strongest(testsOf(of(make)));
    const all = Array.from({ length: 300 }, () => Math.abs(kindOf(normal).deviations));
    expect(all.filter((one) => one > 3.5).length).toBeLessThan(6);
    expect(kindOf(() => 2 * normal())).toMatchObject({ name: "misfit" });
    expect(kindOf(() => normal() / 2).deviations).toBeLessThan(-5);
    expect(kindOf(() => 1.2 + 0.3 * normal())).toMatchObject({ name: "offset" });
    let last = 0;
    const slow = () => (last = 0.8 * last + 0.6 * normal());
    expect(kindOf(slow)).toMatchObject({ name: "correlation" });
    let count = 0;
    expect(kindOf(() => (count++ === 40 ? 12 : 0.8 * normal())).name).toMatch(/outlier|tails/);
    const tails = Array.from({ length: 400 }, () =>
      tailDeviations(Array.from({ length: 60 }, normal)),
    );
    const mean = tails.reduce((sum, one) => sum + one, 0) / 400;
    const variance = tails.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 400;
    expect(Math.abs(mean)).toBeLessThan(0.15);
    expect(variance).toBeGreaterThan(0.8);
    expect(variance).toBeLessThan(1.25);
  });

  test("of a prior is the root of the likelihood ratio", () => {
    // In a linear model that is the distance over the root of both variances.
    const { twin, values } = twinOf(situation("prior in conflict"), model("chain"), 3);
    const [name] = Object.keys(twin.estimate) as [string];
    const start = { parameters: twin.truth.parameters, first: twin.truth.first };
    const fit = fitTold(twin, values, [start]) as Fit;
    const { value, deviation } = fit.parameters[name] as { value: number; deviation: number };
    const prior = twin.estimate[name]?.prior as { mean: number; deviation: number };
    const distance = Math.abs(value - prior.mean) / Math.hypot(deviation, prior.deviation);
    const found = testsOf(fit).find((one) => one.name === "prior")?.deviations as number;
    expect(Math.abs(found / distance - 1)).toBeLessThan(0.15);
  });

  test("comes from a fit of least squares", () => {
    expect(
      solved(
        [
          [4, 2],
          [2, 3],
        ],
        [2, 5],
      ),
    ).toEqual([-0.5, 2]);
    // A chain is linear in its first state: with fixed rates the fit is a linear regression.
    const { twin, values } = twinOf(situation("right"), model("chain"), 3);
    twin.estimate = {};
    const start = { parameters: {}, first: [3, 3] };
    const fit = fitTold(twin, values, [start]) as Fit;
    const [k1, k2] = [0.9, 0.3];
    const rows = Array.from({ length: twin.points }, (_, n) => {
      const t = 0.25 * n;
      const [fast, slow] = [Math.exp(-k1 * t), Math.exp(-k2 * t)];
      return [
        [fast, 0, values[2 * n] as number],
        [(k1 / (k1 - k2)) * (slow - fast), slow, values[2 * n + 1] as number],
      ];
    }).flat() as [number, number, number][];
    const sum = (of: (row: [number, number, number]) => number): number =>
      rows.reduce((total, row) => total + of(row), 0);
    const cross = sum(([a, b]) => a * b);
    const first = solved(
      [
        [sum(([a]) => a * a), cross],
        [cross, sum(([, b]) => b * b)],
      ],
      [sum(([a, , y]) => a * y), sum(([, b, y]) => b * y)],
    ) as [number, number];
    const least = sum(([a, b, y]) => ((a * first[0] + b * first[1] - y) / 0.2) ** 2);
    expect(fit.chiSquare).toBeCloseTo(least, 5);
    expect(fit.degreesOfFreedom).toBe(80);
  });
});

test("the same seed gives the same twin, and each kind is another one", () => {
  for (const one of SITUATIONS) {
    const [a, b] = [twinOf(one, model("chain"), 4), twinOf(one, model("chain"), 4)];
    expect(a.values).toEqual(b.values);
    expect(a.values.some(Number.isFinite)).toBe(true);
  }
  const all = SITUATIONS.map((one) => twinOf(one, model("chain"), 4).values.join());
  expect(new Set(all).size).toBe(SITUATIONS.length);
});

test("odd units are the same problem in other numbers", () => {
  const { twin, values } = twinOf(situation("odd units"), model("predator and prey"), 1);
  const { data } = toldTo(twin, values);
  expect(data.timeStep).toBe(0.25e6);
  expect((data.values[0] as number) / 1e6).toBeCloseTo(values[0] as number, 9);
  expect((data.values[1] as number) / 1e-3).toBeCloseTo(values[1] as number, 9);
});

test("wide intervals are given as such, and none is called undetermined", async () => {
  const effort = { ways: ["profile"], limit: 60 } as const;
  for (const seed of [1, 2, 5]) {
    const judged = await judge(situation("few data"), model("epidemic"), seed, effort);
    expect(judged.error ?? "").not.toMatch(/laplace|singular/);
    expect(judged.parameters.beta?.found?.deviation).toBeGreaterThan(0.2);
    expect(judged.parameters.beta?.held.profile).toHaveLength(2);
  }
});

test("profiles of models with stated noise count that noise", async () => {
  // Those of the exact model hold the truth in a third of the cases: all twelve never.
  let held = 0;
  for (let seed = 1; seed <= 6; seed += 1) {
    const effort = { ways: ["profile"], limit: 60 } as const;
    const { parameters } = await judge(
      situation("stated process noise"),
      model("chain"),
      seed,
      effort,
    );
    for (const one of Object.values(parameters)) held += one.held.profile?.[1] === true ? 1 : 0;
  }
  expect(held).toBeGreaterThanOrEqual(9);
});

test("the table counts what is right, and demands no more than the data say", () => {
  const one: Judged = {
    kind: "missing term",
    model: "chain",
    seed: 1,
    verdict: "consistent",
    codes: [],
    error: null,
    evidence: { name: "misfit", deviations: 5 },
    parameters: {},
    seconds: 1,
  };
  const weak: Judged = { ...one, evidence: { name: "misfit", deviations: 3 } };
  const objected: Judged = { ...one, verdict: "inconsistent", codes: ["levelAboveExpected"] };
  expect([one, weak, objected].map(isDemanded)).toEqual([true, false, true]);
  expect([one, objected].map(isRight)).toEqual([false, true]);
  const held = { laplace: [false, true] };
  const parameter = { truth: 1, reference: null, held };
  const right: Judged = {
    ...one,
    kind: "right",
    parameters: {
      a: { ...parameter, found: { mean: 1.2, deviation: 0.1 } },
      b: { ...parameter, found: { mean: 1.5, deviation: 0.1 } },
    },
  };
  expect(isOff(right)).toBe(true);
  expect(isOff({ ...right, verdict: "inconsistent" })).toBe(false);
  const rows = rowsOf([one, weak, objected, right]);
  expect(rows.map(({ kind, model }) => [kind, model])).toEqual([
    ["right", "all"],
    ["right", "chain"],
    ["missing term", "all"],
    ["missing term", "chain"],
  ]);
  expect(rows[0]).toMatchObject({ off: 1, held: { laplace: [{ share: 0 }, { share: 1 }] } });
  expect(rows[2]).toMatchObject({ wrong: { share: 0.5, count: 2 }, named: { share: 0.5 } });
  for (const row of rows) expect(cellsOf(row)).toHaveLength(COLUMNS.length);
  expect(markdownOf(rows).split("\n")[1]).toBe(`|${" --- |".repeat(COLUMNS.length)}`);
  const open: Judged = { ...one, kind: "unidentifiable" };
  expect([open, { ...open, codes: ["parametersOpen"] }].map(isRight)).toEqual([false, true]);
});

test("a run that is interrupted keeps what is done; options and names are checked", async () => {
  const stop = new AbortController();
  stop.abort();
  expect(await verdicts({ signal: stop.signal })).toEqual({ pictures: {}, checks: [] });
  await expect(verdicts({ options: { twin: "3" } })).rejects.toThrow(/no option --twin.*--twins/s);
  await expect(verdicts({ options: { kinds: "wrong" } })).rejects.toThrow(
    /"wrong"; there are right/,
  );
});
