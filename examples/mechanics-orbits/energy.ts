/**
 * Energy along orbits of a hundred thousand steps of the pendulum, and along one of the double
 * pendulum.
 */
import { mechanics } from "least-action";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import {
  complete,
  energyErrors,
  growth,
  largest,
  pendulums,
  short,
  thinned,
  type Errors,
  type Method,
} from "./orbits.js";

const timeStep = 0.25;
/**
 * Dormand-Prince with a tolerance at which it is less accurate than rk4, as a user who does not
 * know the method might choose it.
 */
const loose = { method: "dormand-prince", tolerance: 1e-5 } as const;
const onPendulum: Method[] = [
  { method: "stormer-verlet" },
  { method: "implicit-midpoint" },
  { method: "gauss-legendre-4" },
  { variational: "gauss-6" },
  { method: "rk4" },
  loose,
];
const onDoublePendulum: Method[] = [
  { method: "implicit-midpoint" },
  { variational: "gauss-6" },
  { method: "rk4" },
];

export async function energy(steps: number) {
  const pendulum = pendulums();
  const single = onPendulum.map((method) => {
    // The adaptive method stops at every point, so it gets fewer of them.
    const apart = method === loose ? 10 : 1;
    const grid = { timeStep: apart * timeStep, points: steps / apart + 1 };
    return energyErrors(
      method,
      complete(pendulum.of(method).integrate({ x0: [2], p0: [0], ...grid, ...method })),
    );
  });
  pendulum.free();
  heading(`Energy of the pendulum over ${steps} steps of ${timeStep}, from 2 rad at rest`);
  tell(single);

  const system = mechanics({ system: "double-pendulum" });
  const few = 5000;
  const double = onDoublePendulum.map((method) =>
    energyErrors(
      method,
      complete(
        system.integrate({ x0: [1, -1], v0: [0, 0], timeStep: 0.1, points: few + 1, ...method }),
      ),
    ),
  );
  system.free();
  heading(`Energy of the double pendulum over ${few} steps of 0.1, from 1 and -1 rad at rest`);
  tell(double);

  const panel = (label: string, all: readonly Errors[]) => ({
    label,
    xTitle: "time",
    yTitle: "energy error",
    log: "both" as const,
    curves: all.map((errors) => thinned(errors, 20)),
  });
  const bounded = [...single, ...double].filter(({ symplectic }) => symplectic).map(growth);
  const lost = [...single, ...double].filter(({ symplectic }) => !symplectic).map(growth);
  const most = Math.max(...bounded);
  const least = Math.min(...lost);
  return {
    picture: await drawCurves({
      title: "Energy errors of symplectic methods are bounded; the others drift",
      subtitle:
        `${steps} steps of the pendulum, ${few} of the double pendulum; each dot is the ` +
        "largest error since the one before",
      panels: [
        panel(`pendulum, step ${timeStep}`, single),
        panel("double pendulum, step 0.1", double),
      ],
    }),
    checks: [
      {
        claim:
          "energy errors of symplectic methods do not grow (from the first to the last " +
          `tenth ${most.toFixed(2)} times at most)`,
        holds: most < 1.5,
      },
      {
        claim: `those of rk4 and dormand-prince do (${least.toFixed(1)} times at least)`,
        holds: least > 5,
      },
    ],
  };
}

function tell(all: readonly Errors[]): void {
  table(
    ["method", "largest error", "in the first tenth", "in the last tenth", "ratio"],
    all.map((errors) => [
      errors.name,
      short(largest(errors)),
      largest(errors, 0, 0.1).toExponential(3),
      largest(errors, 0.9, 1).toExponential(3),
      growth(errors).toFixed(3),
    ]),
  );
}
