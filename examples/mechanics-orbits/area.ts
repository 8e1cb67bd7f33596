/**
 * Poincaré's integral invariant: the integral of p dq around a loop of initial conditions, which
 * the flow and symplectic maps keep.
 */
import { type Orbit } from "least-action";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import {
  complete,
  isSymplectic,
  largest,
  nameOf,
  pendulums,
  short,
  type Method,
} from "./orbits.js";

const timeStep = 0.5;
const loop = { orbits: 64, q: 1, radius: 0.3 };
const methods: Method[] = [
  { method: "symplectic-euler" },
  { method: "stormer-verlet" },
  { method: "implicit-midpoint" },
  { variational: "gauss-4" },
  { method: "rk4" },
];
/** Indices of the methods whose loops are drawn. */
const drawn = [2, 4];

export async function area(steps: number) {
  const pendulum = pendulums();
  const angles = Array.from({ length: loop.orbits }, (_, k) => (2 * Math.PI * k) / loop.orbits);
  const all = methods.map((method) => {
    const orbits = angles.map((angle) =>
      complete(
        pendulum.of(method).integrate({
          x0: [loop.q + loop.radius * Math.cos(angle)],
          p0: [loop.radius * Math.sin(angle)],
          timeStep,
          points: steps + 1,
          ...method,
        }),
      ),
    );
    const areas = Float64Array.from({ length: steps + 1 }, (_, n) =>
      integral(at(orbits, "x", n), at(orbits, "p", n)),
    );
    const errors = areas.map((value) => Math.abs(value / (areas[0] ?? NaN) - 1));
    return { method, orbits, areas, errors };
  });
  pendulum.free();
  heading(
    `Poincaré's invariant: a loop of ${loop.orbits} orbits of the pendulum, ${steps} ` +
      `steps of ${timeStep}`,
  );
  table(
    ["method", "integral at first", "at the end", "largest relative change"],
    all.map(({ method, areas, errors }) => [
      nameOf(method),
      Math.abs(areas[0] ?? NaN).toFixed(12),
      Math.abs(areas.at(-1) ?? NaN).toFixed(12),
      short(largest({ errors })),
    ]),
  );
  const kept = Math.max(
    ...all.filter(({ method }) => isSymplectic(method)).map(({ errors }) => largest({ errors })),
  );
  const rk4 = largest(all.at(-1) as (typeof all)[number]);
  const times = Float64Array.from({ length: steps + 1 }, (_, n) => (n * timeStep) / (2 * Math.PI));
  return {
    picture: await drawCurves({
      title: "Poincaré's integral invariant",
      subtitle: `A loop of ${loop.orbits} orbits of the pendulum, step ${timeStep}`,
      panels: [
        ...drawn.map((k) => {
          const { method, orbits } = all[k] as (typeof all)[number];
          return {
            label: nameOf(method),
            xTitle: "q",
            yTitle: "p",
            plane: true,
            curves: [
              { name: "at the beginning", ...loopAt(orbits, 0) },
              { name: "at the end", ...loopAt(orbits, steps) },
            ],
          };
        }),
        {
          label: "integral of p dq",
          xTitle: "time (periods of small swings)",
          yTitle: "relative change",
          log: "y",
          curves: all.map(({ method, errors }) => {
            const every = Math.ceil(steps / 30);
            const keep = (_: number, n: number): boolean => n % every === 0;
            return { name: nameOf(method), x: times.filter(keep), y: errors.filter(keep) };
          }),
        },
      ],
    }),
    checks: [
      {
        claim:
          `symplectic methods keep the integral of p dq around a loop (to ${short(kept)}), ` +
          `rk4 loses it (${short(rk4)})`,
        holds: kept < 1e-11 && rk4 > 1e-3,
      },
    ],
  };
}

const at = (orbits: readonly Orbit[], which: "x" | "p", n: number): number[] =>
  orbits.map((orbit) => orbit[which][n] ?? NaN);

/** The loop at a point in time, as a closed curve. */
function loopAt(orbits: readonly Orbit[], n: number): { x: number[]; y: number[] } {
  const closed = [...orbits, orbits[0] as Orbit];
  return { x: at(closed, "x", n), y: at(closed, "p", n) };
}

/**
 * Integral of p dq around the loop by the periodic trapezoid rule, with dq by the derivative of the
 * trigonometric interpolant. Both are exact to rounding once the loop is resolved, while the
 * polygon's area is off by its corners.
 */
export function integral(p: readonly number[], q: readonly number[]): number {
  const count = q.length;
  let sum = 0;
  for (let j = 0; j < count; j++) {
    for (let k = 0; k < count; k++) {
      if (j === k) continue;
      const weight = ((j - k) % 2 === 0 ? 0.5 : -0.5) / Math.tan((Math.PI * (j - k)) / count);
      sum += (p[j] ?? NaN) * weight * (q[k] ?? NaN);
    }
  }
  return (2 * Math.PI * sum) / count;
}
