/** Maps of the phase space: their orders, and which of them are symplectic. */
import { mechanics, type IntegrationMethod, type VariationalMethod } from "least-action";
import { drawCurves, type Panel } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import { complete, isSymplectic, nameOf, pendulums, short, type Method } from "./orbits.js";

const orders = {
  "symplectic-euler": 1,
  "implicit-midpoint": 2,
  "gauss-legendre-4": 4,
  "yoshida-4": 4,
  "gauss-legendre-6": 6,
  "kahan-li-6": 6,
  rk4: 4,
} satisfies Partial<Record<IntegrationMethod, number>>;
const drawn = Object.keys(orders) as (keyof typeof orders)[];

export async function maps() {
  const [one, other] = [order(), symplecticity()];
  return {
    picture: await drawCurves({
      title: "Orders, and what is symplectic",
      subtitle:
        "Left: against Gauss' method of order 6 with 4096 steps. Right: exact zeros are left out.",
      panels: [one.panel, other.panel],
    }),
    checks: [one.check, other.check],
  };
}

/** Errors at the end of an orbit of the pendulum against the step. */
function order() {
  const pendulum = pendulums();
  const end = 8;
  const counts = [32, 64, 128, 256];
  const last = (method: IntegrationMethod, steps: number): number[] => {
    const grid = { timeStep: end, points: 2, stepsPerPoint: steps };
    const orbit = complete(
      pendulum.of({ method }).integrate({ x0: [1.5], p0: [0], ...grid, method }),
    );
    return [...orbit.x.subarray(-1), ...orbit.p.subarray(-1)];
  };
  const exact = last("gauss-legendre-6", 4096);
  const step = counts.map((steps) => end / steps);
  const rows = drawn.map((method) => {
    const error = counts.map((steps) =>
      Math.hypot(...last(method, steps).map((v, i) => v - (exact[i] ?? NaN))),
    );
    return { method, error, slope: slopeOf(step, error) };
  });
  pendulum.free();
  heading(`Order: the pendulum's error at time ${end} against the step, from 1.5 rad at rest`);
  table(
    ["method", ...step.map((h) => `h = ${h}`), "slope", "order"],
    rows.map(({ method, error, slope }) => [
      method,
      ...error.map(short),
      slope.toFixed(2),
      String(orders[method]),
    ]),
  );
  const off = Math.max(...rows.map(({ method, slope }) => Math.abs(slope - orders[method])));
  const panel: Panel = {
    label: `pendulum at time ${end}`,
    xTitle: "step h",
    yTitle: "error of (q, p)",
    log: "both",
    curves: rows.map(({ method, error }) => ({ name: method, x: step, y: error })),
  };
  return {
    panel,
    check: {
      claim: `every method has its order (slopes off by ${off.toFixed(2)} at most)`,
      holds: off < 0.25,
    },
  };
}

/** Slope of the line through the points in double-logarithmic coordinates, by least squares. */
export function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [u, v] = [x.map(Math.log), y.map(Math.log)];
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mu, mv] = [mean(u), mean(v)];
  return mean(u.map((a, i) => (a - mu) * ((v[i] ?? NaN) - mv))) / mean(u.map((a) => (a - mu) ** 2));
}

const all: readonly Method[] = [
  ...(
    [
      ...["symplectic-euler", "symplectic-euler-adjoint", "stormer-verlet", "implicit-midpoint"],
      ...[
        "gauss-legendre-4",
        "gauss-legendre-6",
        "yoshida-4",
        "suzuki-4",
        "yoshida-6",
        "kahan-li-6",
        "rk4",
      ],
    ] as IntegrationMethod[]
  ).map((method) => ({ method })),
  // With its default tolerance it would take small steps inside the large one.
  { method: "dormand-prince", tolerance: 1e-3 },
  ...(
    ["midpoint", "trapezoid", "gauss-4", "gauss-6", "lobatto-4", "lobatto-6"] as VariationalMethod[]
  ).map((variational) => ({ variational })),
];

/**
 * Errors M^T J M - J of one step of the double pendulum, by method. With one degree of freedom they
 * would only say that areas are kept.
 */
function symplecticity() {
  const system = mechanics({ system: "double-pendulum" });
  const large = 0.4;
  const one = (method: Method, timeStep: number) =>
    complete(
      system.integrate({
        x0: [1, 0.5],
        v0: [0.5, 1],
        timeStep,
        points: 2,
        tangent: true,
        ...method,
      }),
    );
  const rows = all.map((method) => {
    const { symplecticDefect, energyError } = one(method, large);
    return { method, defect: symplecticDefect ?? NaN, energyError };
  });
  const steps = [0.05, 0.1, 0.2, large];
  const curves = drawn.map((method) => ({
    name: method,
    x: steps,
    y: steps.map((timeStep) => one({ method }, timeStep).symplecticDefect ?? NaN),
  }));
  system.free();
  heading(`Symplecticity: one step of ${large} of the double pendulum`);
  table(
    ["method", "largest entry of MᵀJM - J", "energy error of the step"],
    rows.map(({ method, defect, energyError }) => [
      nameOf(method),
      short(defect),
      short(energyError),
    ]),
  );
  const of = (wanted: boolean): number[] =>
    rows.filter(({ method }) => isSymplectic(method) === wanted).map(({ defect }) => defect);
  const [most, least] = [Math.max(...of(true)), Math.min(...of(false))];
  const panel: Panel = {
    label: "double pendulum, one step",
    xTitle: "step h",
    yTitle: "largest entry of MᵀJM − J",
    log: "both",
    curves,
  };
  return {
    panel,
    check: {
      claim:
        `symplectic methods are so to rounding (${short(most)}), rk4 and dormand-prince are ` +
        `not (${short(least)} at least)`,
      holds: most < 1e-13 && least > 1e-6,
    },
  };
}
