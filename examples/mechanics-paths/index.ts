/**
 * Paths of stationary action between two ends, where their actions are known: the harmonic
 * oscillator, whose path is a minimum until half a period has passed and a saddle with one
 * conjugate point more after every further half; a pendulum that is to be back in time, with many
 * stationary paths at different levels; and the double well, whose state climbs out of one well
 * along the reversed flow, at twice the height of the barrier times R_f, and falls into the other
 * for nothing.
 */
import { doubleWell, init, mechanics, type BoundaryValueSolution } from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";

interface Curve {
  name: string;
  x: Float64Array;
  y: Float64Array;
}

export async function mechanicsPaths({ size, signal }: Settings = {}): Promise<Outcome> {
  const { starts = 41 } = size ?? {};
  await init();
  const oscillator = await harmonicOscillator(signal);
  const levels = await pendulumLevels(starts, signal);
  const wells = await acrossTheBarrier(signal);
  return {
    pictures: {
      "mechanics-paths.svg": await drawCurves({
        title: "Stationary paths between two ends",
        subtitle:
          "Left: a pendulum that hangs down at both ends. Right: from one well of a " +
          "potential to the other.",
        broken: ["reversed flow", "flow"],
        panels: [
          {
            label: "pendulum, one path of each of the lowest levels",
            xTitle: "time",
            yTitle: "angle",
            curves: levels.curves,
          },
          { label: "double well", xTitle: "time", yTitle: "x", curves: wells.curves },
        ],
      }),
    },
    checks: [
      {
        claim:
          "the oscillator's action is that of the textbook to " +
          `${oscillator.error.toExponential(1)}`,
        holds: oscillator.error < 1e-8,
      },
      {
        claim:
          "it is a minimum for half a period; after that, conjugate points come at every " +
          "half period",
        holds: oscillator.counted,
      },
      {
        claim:
          "its conjugate points are at multiples of half the period, to " +
          `${oscillator.apart.toExponential(1)}`,
        holds: oscillator.apart < 1e-6,
      },
      {
        claim:
          `the pendulum has ${levels.count} levels; at the lowest is a minimum, at others ` +
          "there are saddles",
        holds: levels.count > 2 && levels.lowest === "minimum" && levels.saddles > 0,
      },
      {
        claim:
          "crossing the barrier costs 2 R_f times its height " +
          `(${wells.costs.map((c) => c.toFixed(6)).join(", ")} for longer and longer times)`,
        holds: Math.abs((wells.costs.at(-1) ?? NaN) - 1) < 1e-6,
      },
      {
        claim: `the path up is the flow reversed, to ${wells.apart.toExponential(1)}`,
        holds: wells.apart < 1e-4,
      },
    ],
  };
}

/** Path of a harmonic oscillator with mass and stiffness 1, from 1 to 0.5. */
async function harmonicOscillator(signal: AbortSignal | undefined) {
  heading("Harmonic oscillator, from 1 to 0.5");
  const system = mechanics({ system: "harmonic-oscillator" });
  const rows = [];
  for (const duration of [1, 3, 4, 6, 7, 10]) {
    const points = 20 * duration + 1;
    const { action, kind, conjugatePoints } = await system.solveBoundaryValueProblem({
      initialPath: Float64Array.from({ length: points }, (_, n) => 1 - (0.5 * n) / (points - 1)),
      boundary: "fixed",
      integrator: "gauss-legendre-6",
      timeStep: 1 / 20,
      signal,
    });
    const expected = (1.25 * Math.cos(duration) - 1) / (2 * Math.sin(duration));
    rows.push({ duration, action, expected, kind, conjugate: Array.from(conjugatePoints ?? []) });
  }
  system.free();
  table(
    ["time / pi", "action", "of the textbook", "kind", "conjugate points / pi"],
    rows.map(({ duration, action, expected, kind, conjugate }) => [
      (duration / Math.PI).toFixed(3),
      action.toFixed(10),
      expected.toFixed(10),
      kind ?? "",
      conjugate.map((t) => (t / Math.PI).toFixed(6)).join(" "),
    ]),
  );
  const apart = rows.flatMap(({ conjugate }) =>
    conjugate.map((t, k) => Math.abs(t - (k + 1) * Math.PI)),
  );
  return {
    error: Math.max(...rows.map(({ action, expected }) => Math.abs(action / expected - 1))),
    apart: Math.max(...apart),
    counted: rows.every(({ duration, kind, conjugate }) => {
      const expected = Math.floor(duration / Math.PI);
      return conjugate.length === expected && kind === (expected === 0 ? "minimum" : "saddle");
    }),
  };
}

/**
 * Paths of a pendulum that hangs down at both ends of 10 units of time. The number of turns is
 * free: starting paths swing and turn at different rates.
 */
async function pendulumLevels(starts: number, signal: AbortSignal | undefined) {
  const [duration, points] = [10, 201];
  heading(
    `Pendulum from 0 to 0 in a time of ${duration}: the stationary paths from ${starts} starts`,
  );
  const system = mechanics({ system: "pendulum" });
  const initialPaths = Array.from({ length: starts }, (_, k) => {
    const halfWaves = 1 + (k % 4);
    const amplitude = (4 * (k + 1)) / starts;
    return Float64Array.from(
      { length: points },
      (_, n) => amplitude * Math.sin((halfWaves * Math.PI * n) / (points - 1)),
    );
  });
  const timeStep = duration / (points - 1);
  const { levels, solutions } = await system.actionLevels({
    initialPaths,
    boundary: "fixed",
    timeStep,
    signal,
  });
  const shown = levels.map(({ action, starts }) => ({
    action,
    count: starts.length,
    solution: solutions[starts[0] ?? 0] as BoundaryValueSolution,
  }));
  table(
    ["action", "starts", "kind", "falls in directions", "largest angle", "conjugate points"],
    shown.map(({ action, count, solution }) => [
      action.toFixed(6),
      String(count),
      solution.kind ?? "",
      String(solution.negativeDirections),
      Math.max(...solution.path.map(Math.abs)).toFixed(3),
      Array.from(solution.conjugatePoints ?? [], (t) => t.toFixed(2)).join(" "),
    ]),
  );
  const failed = solutions.filter(({ failure }) => failure !== null).length;
  console.log(`${failed} of ${solutions.length} starts ended at no stationary path.`);
  system.free();
  return {
    count: levels.length,
    lowest: shown[0]?.solution.kind,
    saddles: shown.filter(({ solution }) => solution.kind === "saddle").length,
    curves: shown.slice(0, 5).map(({ action, solution }): Curve => ({
      name: `action ${action.toFixed(2)}`,
      x: solution.times,
      y: solution.path,
    })),
  };
}

/** Path over the barrier of the double well: `x' = 4 x - 4 x^3` plus the model error. */
async function acrossTheBarrier(signal: AbortSignal | undefined) {
  heading("Double well: from one minimum to the other");
  const modelPrecision = 10;
  const system = mechanics({ model: doubleWell(), measurementPrecision: 1, modelPrecision });
  const rows: { duration: number; cost: number; solution: BoundaryValueSolution }[] = [];
  for (const duration of [1, 2, 3, 4, 6]) {
    const points = 50 * duration + 1;
    const solution = await system.solveBoundaryValueProblem({
      // The ends are exactly at the minima.
      initialPath: Float64Array.from({ length: points }, (_, n) =>
        n === 0 || n === points - 1 ? Math.sign(n - 1) : Math.tanh(4 * (n / 50 - duration / 2)),
      ),
      boundary: "fixed",
      timeStep: 1 / 50,
      integrator: "gauss-legendre-6",
      signal,
    });
    // The barrier is 1 high.
    rows.push({ duration, cost: solution.action / (2 * modelPrecision), solution });
  }
  system.free();
  table(
    ["time", "action / (2 R_f)", "less the barrier", "kind", "iterations", "mesh"],
    rows.map(({ duration, cost, solution }) => [
      String(duration),
      cost.toFixed(8),
      (cost - 1).toExponential(2),
      solution.kind ?? "",
      String(solution.iterations),
      String(solution.mesh.length),
    ]),
  );
  const { solution } = rows.at(-1) as (typeof rows)[number];
  // The flow from x0: x = x0 / sqrt(x0^2 + (1 - x0^2) exp(-8 t)); upwards it runs backward.
  const { times, path } = solution;
  const at = (time: number): number => path[Math.round(50 * time)] ?? NaN;
  const flow = (x0: number, t: number): number =>
    x0 / Math.sqrt(x0 * x0 + (1 - x0 * x0) * Math.exp(-8 * t));
  const [upAt, downAt] = [1.3, 4.7];
  const up = times.filter((t) => t >= 0.4 && t <= upAt);
  const down = times.filter((t) => t >= downAt && t <= 5.6);
  const upward = up.map((t) => flow(at(upAt), upAt - t));
  const downward = down.map((t) => flow(at(downAt), t - downAt));
  return {
    costs: rows.map(({ cost }) => cost),
    apart: Math.max(...Array.from(up, (t, k) => Math.abs(at(t) - (upward[k] as number)))),
    curves: [
      { name: "stationary path", x: times, y: path },
      { name: "reversed flow", x: up, y: upward },
      { name: "flow", x: down, y: downward },
    ] satisfies Curve[],
  };
}
