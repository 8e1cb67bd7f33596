/**
 * Kepler's problem over many revolutions: the orbit, its angular momentum, which discrete
 * Lagrangians keep as the continuous one does, and its energy.
 */
import { mechanics, type Orbit } from "least-action";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import {
  complete,
  energyErrors,
  growth,
  isSymplectic,
  largest,
  nameOf,
  short,
  thinned,
  type Method,
} from "./orbits.js";

const eccentricity = 0.6;
/** Number of steps in one revolution. */
const steps = 64;
const midpoint: Method = { variational: "midpoint" };
const rk4: Method = { method: "rk4" };
const methods: Method[] = [midpoint, { variational: "gauss-6" }, { method: "stormer-verlet" }, rk4];
const drawn = [midpoint, rk4];

export async function kepler(revolutions: number) {
  // The semi-major axis is 1, so a revolution takes 2 pi and the energy is -1/2.
  const system = mechanics({ system: "kepler" });
  const start = {
    x0: [1 - eccentricity, 0],
    v0: [0, Math.sqrt((1 + eccentricity) / (1 - eccentricity))],
  };
  const grid = { timeStep: (2 * Math.PI) / steps, points: steps * revolutions + 1 };
  const turns = Float64Array.from({ length: grid.points }, (_, n) => n / steps);
  const all = methods.map((method) => {
    const orbit = complete(system.integrate({ ...start, ...grid, ...method }));
    const energy = energyErrors(method, orbit, turns);
    return { method, orbit, energy, momentum: { ...energy, errors: momentumErrors(orbit) } };
  });
  system.free();
  heading(
    `Kepler's problem, eccentricity ${eccentricity}: ${revolutions} revolutions of ${steps} steps`,
  );
  table(
    [
      "method",
      "largest change of angular momentum",
      "energy error, first tenth",
      "last tenth",
      "turned by (degrees)",
    ],
    all.map(({ method, orbit, energy, momentum }) => [
      nameOf(method),
      short(largest(momentum)),
      largest(energy, 0, 0.1).toExponential(3),
      largest(energy, 0.9, 1).toExponential(3),
      turnedBy(orbit).toFixed(1),
    ]),
  );

  const kept = Math.max(
    ...all.filter(({ method }) => "variational" in method).map((one) => largest(one.momentum)),
  );
  const symplectic = all.filter(({ method }) => isSymplectic(method));
  const most = Math.max(...symplectic.map(({ energy }) => growth(energy)));
  const other = all.at(-1) as (typeof all)[number];
  return {
    picture: await drawCurves({
      title: "Kepler's problem: what is kept",
      subtitle: `${revolutions} revolutions of ${steps} steps, eccentricity ${eccentricity}`,
      columns: 2,
      panels: [
        ...all
          .filter(({ method }) => drawn.includes(method))
          .map(({ method, orbit }) => ({
            label: nameOf(method),
            xTitle: "x",
            yTitle: "y",
            plane: true,
            curves: [
              { name: "first revolution", ...revolution(orbit, 0) },
              { name: "last revolution", ...revolution(orbit, revolutions - 1) },
            ],
          })),
        {
          label: "angular momentum",
          xTitle: "revolutions",
          yTitle: "largest relative change",
          log: "both",
          curves: all.map(({ momentum }) => thinned(momentum, 1)),
        },
        {
          label: "energy",
          xTitle: "revolutions",
          yTitle: "largest change",
          log: "both",
          curves: all.map(({ energy }) => thinned(energy, 1)),
        },
      ],
    }),
    checks: [
      {
        claim:
          `discrete Lagrangians keep the angular momentum to rounding (${short(kept)} ` +
          `relative), rk4 does not (${short(largest(other.momentum))})`,
        holds: kept < 1e-12 && largest(other.momentum) > 1e-3,
      },
      {
        claim:
          "they bound the error of Kepler's energy (last to first tenth " +
          `${most.toFixed(2)}), rk4 does not (${growth(other.energy).toFixed(1)})`,
        holds: most < 1.2 && growth(other.energy) > 5,
      },
    ],
  };
}

/** Relative errors of the angular momentum x p_y - y p_x. */
function momentumErrors({ x, p, times }: Orbit): Float64Array {
  const at = (n: number): number => {
    const [i, j] = [2 * n, 2 * n + 1];
    return (x[i] ?? NaN) * (p[j] ?? NaN) - (x[j] ?? NaN) * (p[i] ?? NaN);
  };
  return times.map((_, n) => Math.abs(at(n) / at(0) - 1));
}

function revolution({ x }: Orbit, which: number): { x: Float64Array; y: Float64Array } {
  const part = x.subarray(2 * which * steps, 2 * ((which + 1) * steps + 1));
  return { x: part.filter((_, i) => i % 2 === 0), y: part.filter((_, i) => i % 2 === 1) };
}

/**
 * Angle in degrees by which the major axis has turned, found from the vector of Laplace, Runge and
 * Lenz once in a revolution.
 */
function turnedBy({ x, p, times }: Orbit): number {
  let [turned, before] = [0, 0];
  for (let n = steps; n < times.length; n += steps) {
    const [x1, x2] = x.subarray(2 * n) as unknown as [number, number];
    const [p1, p2] = p.subarray(2 * n) as unknown as [number, number];
    const [momentum, r] = [x1 * p2 - x2 * p1, Math.hypot(x1, x2)];
    // The vector points to the pericentre, which is on the positive x axis at first.
    const angle = Math.atan2(-p1 * momentum - x2 / r, p2 * momentum - x1 / r);
    turned += Math.atan2(Math.sin(angle - before), Math.cos(angle - before));
    before = angle;
  }
  return (180 / Math.PI) * turned;
}
