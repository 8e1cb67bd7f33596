/**
 * The annealed paths of Lorenz63 and Lorenz96 as solutions of a boundary-value problem: the
 * canonical equations in states and costates, p = 0 at both ends, a jump of p at each measurement.
 * Collocation, multiple shooting and minimisation of the discrete action look for the same path at
 * R_f / R_m from 1 to 1e6, with iterations and times. Then the same from random paths, directly and
 * by a climb in R_f (Hamiltonian annealing): which stationary path is the global minimum?
 */
import {
  anneal,
  init,
  lorenz63,
  lorenz96,
  mechanics,
  twinExperiment,
  type ActionLevels,
  type BoundaryMethod,
  type BoundaryValueSolution,
  type Model,
} from "least-action";
import { apart, type Outcome, type Settings } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { random } from "../random.js";
import { heading, table } from "../terminal.js";

const methods = [
  "collocation",
  "multiple-shooting",
  "minimisation",
  "single-shooting",
] as const satisfies BoundaryMethod[];
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

/** Methods that must find the same path. */
const exact = ["collocation", "multiple-shooting", "minimisation"] as const satisfies Method[];

export async function mechanicsLorenz({ size, signal }: Settings = {}): Promise<Outcome> {
  const { starts = 10, rungs = 7 } = size ?? {};
  await init();
  const ratios = Array.from({ length: rungs }, (_, k) => 10 ** ((6 * k) / Math.max(1, rungs - 1)));
  const annealed = [];
  // The tests run the two small systems only.
  for (const which of rungs < 7 ? cases.slice(0, 2) : cases) {
    if (signal?.aborted) break;
    annealed.push(await fromAnnealed(which, ratios, signal));
  }
  const all = annealed.flatMap(({ rows }) => rows);
  const worst = Math.max(...all.map(({ gap }) => gap));
  const iterations = Math.max(
    ...all.flatMap(({ solved }) =>
      ["collocation", "multiple-shooting"].map((m) => solved[m as Method].solution.iterations),
    ),
  );
  const noisy = await fromNoise(starts, signal);
  const h = await energies(signal);
  const [direct, climbs] = [noisy.found("minimisation"), noisy.found("minimisation, climb")];
  return {
    pictures: {
      "mechanics-lorenz.svg": await drawCurves({
        title: "Stationary paths of the action of Lorenz96",
        subtitle: noisy.subtitle,
        panels: [
          {
            label: "actions of the paths found from each start, ascending",
            xTitle: "start",
            yTitle: "action",
            log: "y",
            curves: noisy.ways.map(({ name, actions }) => ({
              name,
              x: actions.map((_, k) => k + 1),
              y: actions,
            })),
          },
          {
            label: "H along a path, D = 5, a measurement at every 15th point",
            xTitle: "time",
            yTitle: "H",
            curves: [
              { name: "gauss-legendre-6", x: h.times, y: h.six },
              { name: "implicit-midpoint", x: h.times, y: h.two },
            ],
          },
        ],
      }),
    },
    checks: [
      {
        claim:
          "collocation, shooting and minimisation find a path for every R_f, the same to " +
          `${worst.toExponential(1)}`,
        holds:
          all.every(({ solved }) => exact.every((m) => solved[m].solution.failure === null)) &&
          worst < 1e-5,
      },
      {
        claim: `from the annealed path Newton's method needs at most ${iterations} iterations`,
        holds: iterations <= 10,
      },
      {
        claim: "the annealed paths are minima: no conjugate points",
        holds: all.every(({ solved }) => solved.collocation.solution.kind === "minimum"),
      },
      {
        claim: `between measurements H is constant to ${h.change.toExponential(1)} of its range`,
        holds: h.change < 1e-4,
      },
      {
        claim:
          `a climb in R_f finds the lowest level from ${climbs} of ${starts} starts, a ` +
          `direct minimisation from ${direct}`,
        holds: climbs > direct,
      },
      {
        claim:
          "collocation climbs from the first rung's minima to it " +
          `${noisy.found("minimisation once, collocation climbs")} times`,
        holds: noisy.found("minimisation once, collocation climbs") > direct,
      },
    ],
  };
}

/** Solves by every method, from the annealed path on. */
async function fromAnnealed(
  which: Case,
  ratios: readonly number[],
  signal: AbortSignal | undefined,
) {
  const { name, observed, noise, timeStep, points } = which;
  const model = which.model();
  heading(
    `${name}: ${observed.length} of ${model.dimension} observed, ${points} points ` +
      `${timeStep} apart, noise ${noise}`,
  );
  const { data } = twinExperiment({ model, timeStep, points, observed, noise, seed: 1 });
  const measurementPrecision = 1 / noise ** 2;
  const run = await anneal({ model, data, measurementPrecision, ...(signal && { signal }) });
  const rows = [];
  for (const ratio of ratios) {
    const system = mechanics({
      model,
      data,
      measurementPrecision,
      modelPrecision: ratio * measurementPrecision,
    });
    const solved = {} as Record<Method, Solved>;
    for (const method of methods) {
      const began = performance.now();
      const solution = await system.solveBoundaryValueProblem({
        initialPath: run.best.path,
        method,
        refine: false,
        maxIterations: 60,
        signal,
      });
      solved[method] = { solution, ms: performance.now() - began };
    }
    system.free();
    const paths = exact.map((method) => solved[method].solution.path);
    const gap = Math.max(...paths.map((path) => apart(path, paths[0] as Float64Array)));
    rows.push({ ratio, solved, gap });
  }
  table(
    ["R_f / R_m", "action", "kind", ...methods, "paths apart"],
    rows.map(({ ratio, solved, gap }) => [
      ratio.toExponential(0),
      solved.collocation.solution.action.toPrecision(7),
      solved.collocation.solution.kind ?? "",
      ...methods.map((method) => told(solved[method])),
      gap.toExponential(1),
    ]),
  );
  return { rows };
}

/**
 * Solves from paths whose observed components are the data and whose other components are noise.
 */
async function fromNoise(starts: number, signal: AbortSignal | undefined) {
  const { observed, noise, timeStep, points } = { ...sites(10, [0, 1, 3, 5, 6]), points: 81 };
  const model = lorenz96({ dimension: 10 });
  const { dimension } = model;
  const ratio = 1000;
  const subtitle =
    `Lorenz96, D = 10, ${observed.length} observed, R_f / R_m = ${ratio}, from ${starts} ` +
    "paths with noise for what is not observed";
  heading(subtitle);
  const { data } = twinExperiment({ model, timeStep, points, observed, noise, seed: 1 });
  const measurementPrecision = 1 / noise ** 2;
  const common = { model, data, measurementPrecision };
  const system = mechanics({ ...common, modelPrecision: ratio * measurementPrecision });
  const climb = { continuation: { from: 1e-5, factor: 4 } };
  const weak = mechanics({
    ...common,
    modelPrecision: ratio * measurementPrecision * climb.continuation.from,
  });
  const { uniform } = random(1);
  const initialPaths = Array.from({ length: starts }, () =>
    Float64Array.from({ length: points * dimension }, (_, i) => {
      const column = observed.indexOf(i % dimension);
      return column < 0
        ? 20 * uniform() - 10
        : (data.values[Math.floor(i / dimension) * observed.length + column] ?? NaN);
    }),
  );
  const minimise = {
    method: "minimisation",
    meshTolerance: 0.5,
    maxIterations: 200,
    signal,
  } as const;
  const newton = { method: "collocation", refine: false, signal } as const;
  const settings: [string, () => Promise<ActionLevels>][] = [
    ["collocation", () => system.actionLevels({ initialPaths, ...newton })],
    ["minimisation", () => system.actionLevels({ initialPaths, ...minimise })],
    ["minimisation, climb", () => system.actionLevels({ initialPaths, ...minimise, ...climb })],
    [
      "minimisation once, collocation climbs",
      async () => {
        const { solutions } = await weak.actionLevels({ initialPaths, ...minimise });
        return system.actionLevels({
          initialPaths: solutions.map(({ path }) => path),
          ...newton,
          ...climb,
        });
      },
    ],
  ];
  const ways: {
    name: string;
    actions: number[];
    failed: number;
    saddles: number;
    seconds: number;
  }[] = [];
  for (const [name, solve] of settings) {
    const began = performance.now();
    const { solutions } = await solve();
    const stationary = solutions.filter(
      ({ status }) => status === "converged" || status === "mesh-too-coarse",
    );
    const actions = stationary.map(({ action }) => action).sort((a, b) => a - b);
    const saddles = stationary.filter(({ kind }) => kind === "saddle").length;
    const seconds = (performance.now() - began) / 1000;
    ways.push({ name, actions, failed: solutions.length - stationary.length, saddles, seconds });
  }
  const lowest = Math.min(...ways.map(({ actions }) => actions[0] ?? Infinity));
  const atLowest = (actions: readonly number[]): number =>
    actions.filter((a) => a < lowest * (1 + 1e-6)).length;
  table(
    ["way", "at the lowest level", "at others", "of these saddles", "not converged", "seconds"],
    ways.map(({ name, actions, failed, saddles, seconds }) => [
      name,
      String(atLowest(actions)),
      String(actions.length - atLowest(actions)),
      String(saddles),
      String(failed),
      seconds.toFixed(1),
    ]),
  );
  system.free();
  weak.free();
  const found = (name: string): number =>
    atLowest(ways.find((way) => way.name === name)?.actions ?? []);
  return { subtitle, ways, found };
}

/**
 * Energies along the path, with measurements at every fifteenth point: H is constant between
 * measurements, and each measurement changes it at once.
 */
async function energies(signal: AbortSignal | undefined) {
  const { model, observed, noise, timeStep, points } = {
    ...sites(5, [0, 1, 3]),
    model: lorenz96({ dimension: 5 }),
  };
  const { data, truth } = twinExperiment({ model, timeStep, points, observed, noise, seed: 1 });
  const every = 15;
  const values = data.values.map((y, i) =>
    Math.floor(i / observed.length) % every === 0 ? y : NaN,
  );
  const system = mechanics({
    model,
    data: { ...data, values },
    measurementPrecision: 1 / noise ** 2,
    modelPrecision: 40,
  });
  const options = { initialPath: truth, refine: false, signal } as const;
  const solved = await system.solveBoundaryValueProblem({
    ...options,
    integrator: "gauss-legendre-6",
  });
  const coarse = await system.solveBoundaryValueProblem({
    ...options,
    integrator: "implicit-midpoint",
    meshTolerance: 0.5,
  });
  system.free();
  const range = Math.max(...solved.energy.map(Math.abs));
  // An energy is that before the impulse of its point, so an interval goes from the point after one
  // measurement to the next measurement.
  const change = (energy: Float64Array): number => {
    let worst = 0;
    for (let from = 1; from + every - 1 < points; from += every) {
      const part = energy.subarray(from, from + every);
      worst = Math.max(worst, (Math.max(...part) - Math.min(...part)) / range);
    }
    return worst;
  };
  return {
    times: solved.times,
    six: solved.energy,
    two: coarse.energy,
    change: change(solved.energy),
  };
}

function told({ solution, ms }: Solved): string {
  const { status, iterations, failure } = solution;
  if (failure === null) return `${iterations} in ${ms.toFixed(0)} ms`;
  return `${status === "not-converged" ? "fails" : status} after ${iterations}`;
}
