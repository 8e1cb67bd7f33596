/**
 * The annealed paths of Lorenz63 and Lorenz96 as solutions of a boundary-value problem: the canonical equations in states and costates, p = 0 at both ends, a jump of p at each
 * measurement. The same path by minimising the discrete action, by collocation and by multiple shooting, for R_f / R_m from 1 to 1e6; and where each of them fails.
 */
import {
  anneal,
  init,
  lorenz63,
  lorenz96,
  mechanics,
  twinExperiment,
  type BoundaryMethod,
  type BoundaryValueSolution,
  type Model,
} from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";

const methods = ["collocation", "multiple-shooting", "minimisation", "single-shooting"] as const satisfies BoundaryMethod[];
type Method = (typeof methods)[number];

interface Case {
  name: string;
  model: () => Model;
  observed: number[];
  noise: number;
  timeStep: number;
  points: number;
}

const sites = (dimension: number, observed: number[]): Case => ({
  name: `Lorenz96, D = ${dimension}`,
  model: () => lorenz96({ dimension }),
  observed,
  noise: 0.5,
  timeStep: 0.025,
  points: 121,
});

const cases: Case[] = [
  { name: "Lorenz63", model: lorenz63, observed: [0], noise: 1, timeStep: 0.02, points: 151 },
  sites(5, [0, 1, 3]),
  sites(10, [0, 1, 3, 5, 6, 8]),
  sites(20, [0, 1, 3, 5, 6, 8, 10, 11, 13, 15, 16, 18]),
];

interface Solved {
  solution: BoundaryValueSolution;
  ms: number;
}

export async function mechanicsLorenz({ size, signal }: Settings = {}): Promise<Outcome> {
  const { starts = cases.length, rungs = 7 } = size ?? {};
  await init();
  const ratios = Array.from({ length: rungs }, (_, k) => 10 ** ((6 * k) / Math.max(1, rungs - 1)));
  const results = [];
  for (const which of cases.slice(0, starts)) {
    if (signal?.aborted) break;
    results.push({ which, ...(await solveAll(which, ratios, signal)) });
  }
  const all = results.flatMap(({ rows }) => rows);
  const every = (method: Method, holds: (solved: Solved) => boolean): boolean =>
    all.every((row) => holds(row.solved[method]));
  const worst = Math.max(...all.map(({ apart }) => apart));
  return {
    pictures: {},
    checks: [
      {
        claim: "collocation, multiple shooting and minimisation find a stationary path for every R_f",
        holds: (["collocation", "multiple-shooting", "minimisation"] as const).every((method) =>
          every(method, ({ solution }) => solution.failure === null),
        ),
      },
      { claim: `their paths are the same to ${worst.toExponential(1)}`, holds: worst < 1e-4 },
    ],
  };
}

async function solveAll(which: Case, ratios: readonly number[], signal: AbortSignal | undefined) {
  const { observed, noise, timeStep, points } = which;
  const model = which.model();
  heading(`${which.name}: ${observed.length} components observed, ${points} points ${timeStep} apart, noise ${noise}`);
  const { data, truth } = twinExperiment({ model, timeStep, points, observed, noise, seed: 1 });
  const measurementPrecision = 1 / noise ** 2;
  const run = await anneal({ model, data, measurementPrecision, ...(signal && { signal }) });
  void truth;
  const rows = [];
  for (const ratio of ratios) {
    const system = mechanics({ model, data, measurementPrecision, modelPrecision: ratio * measurementPrecision });
    const solved = {} as Record<Method, Solved>;
    for (const method of methods) {
      const began = performance.now();
      const solution = await system.solveBoundaryValueProblem({
        initialPath: run.best.path,
        method,
        refine: false,
        maxIterations: 60,
        ...(signal && { signal }),
      });
      solved[method] = { solution, ms: performance.now() - began };
    }
    system.free();
    const paths = (["collocation", "multiple-shooting", "minimisation"] as const).map((m) => solved[m].solution.path);
    const apart = Math.max(...paths.map((path) => difference(path, paths[0] as Float64Array)));
    rows.push({ ratio, solved, apart });
  }
  table(
    ["R_f / R_m", "action", "kind", ...methods, "paths apart"],
    rows.map(({ ratio, solved, apart }) => [
      ratio.toExponential(0),
      solved.collocation.solution.action.toPrecision(7),
      solved.collocation.solution.kind ?? "",
      ...methods.map((method) => told(solved[method])),
      apart.toExponential(1),
    ]),
  );
  return { rows };
}

function told({ solution, ms }: Solved): string {
  const { status, iterations, failure } = solution;
  if (failure === null) return `${iterations} in ${ms.toFixed(0)} ms`;
  return `${status}: ${failure.code} after ${iterations}`;
}

function difference(a: Float64Array, b: Float64Array): number {
  return a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - (b[i] ?? NaN))), 0);
}

void drawCurves;
