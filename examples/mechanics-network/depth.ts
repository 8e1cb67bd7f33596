/**
 * More and thinner layers: the action and the weights tend to those of the network of continuous
 * depth, at the order of the integrator.
 */
import type { IntegrationMethod } from "least-action";
import { slopeOf } from "../mechanics-orbits/maps.js";
import { apart, type Outcome } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import { largest, networkOf, short, trained } from "./network.js";

const orders = {
  "symplectic-euler": 1,
  "implicit-midpoint": 2,
  "gauss-legendre-4": 4,
} satisfies Partial<Record<IntegrationMethod, number>>;
const integrators = Object.keys(orders) as (keyof typeof orders)[];
const quantities = ["action", "weights", "outputs"] as const;
type Quantity = (typeof quantities)[number];
/**
 * Smallest difference that counts for the slopes; smaller ones come from the solver and not from
 * the step.
 */
const floor = 1e-11;

export async function depth(depths: readonly number[], signal?: AbortSignal) {
  const network = networkOf();
  const coarsest = Math.min(...depths);
  // The tolerance is the smallest that rounding allows.
  const newton = { method: "multiple-shooting", tolerance: 1e-12, signal } as const;
  const exact = await trained(network, {
    layers: 4 * coarsest,
    method: "collocation",
    integrator: "gauss-legendre-6",
    tolerance: 1e-12,
    signal,
  });
  /** Weights of the layers that networks of all depths have. */
  const weightsAt = (path: Float64Array): number[] => {
    const rows = network.weights(path);
    const all = path.length / network.dimension - 1;
    const wide = rows.length / (all + 1);
    return Array.from(rows).filter((_, i) => Math.floor(i / wide) % (all / coarsest) === 0);
  };
  const outputsAt = (path: Float64Array): Float64Array =>
    path.slice(-network.dimension).slice(0, 2 * network.pairs);
  const rows: { integrator: keyof typeof orders; errors: Record<Quantity, number>[] }[] = [];
  for (const integrator of integrators) {
    const errors: Record<Quantity, number>[] = [];
    for (const layers of depths) {
      const { action, path } = await trained(network, { layers, integrator, ...newton });
      errors.push({
        action: Math.abs(action / exact.action - 1),
        weights: apart(weightsAt(path), weightsAt(exact.path)) / largest(weightsAt(exact.path)),
        outputs: apart(outputsAt(path), outputsAt(exact.path)),
      });
    }
    rows.push({ integrator, errors });
  }
  network.free();
  const series = quantities.flatMap((quantity) =>
    rows.map(({ integrator, errors }) => {
      const values = errors.map((error) => error[quantity]);
      const used = values.map((_, k) => k).filter((k) => (values[k] ?? 0) > floor);
      const steps = used.map((k) => 1 / (depths[k] ?? NaN));
      const slope = slopeOf(steps, used.map((k) => values[k] ?? NaN)); // prettier-ignore
      return { quantity, integrator, values, slope };
    }),
  );
  heading(
    `Depth refined: differences to a collocation of order 6, action ${exact.action.toFixed(12)}`,
  );
  table(
    [
      "difference of",
      "integrator",
      ...depths.map((layers) => `${layers} layers`),
      "slope",
      "order",
    ],
    series.map(({ quantity, integrator, values, slope }) => [
      quantity,
      integrator.padEnd(17),
      ...values.map(short),
      slope.toFixed(2),
      String(orders[integrator]),
    ]),
  );
  const off = Math.max(
    ...series.map(({ integrator, slope }) => Math.abs(slope - orders[integrator])),
  );
  return {
    pictures: {
      "mechanics-network-depth.svg": await drawCurves({
        title: "Residual networks tend to one of continuous depth",
        subtitle: "Trained networks of 8 and more layers against a fine collocation",
        panels: (["action", "weights"] as const).map((quantity) => ({
          label: `${quantity}, relative difference`,
          xTitle: "thickness of a layer",
          yTitle: "difference",
          log: "both",
          curves: series
            .filter((one) => one.quantity === quantity)
            .map(({ integrator, values }) => ({
              name: integrator,
              x: depths.map((layers) => 1 / layers),
              y: values,
            })),
        })),
      }),
    },
    checks: [
      {
        claim:
          "with more layers action, weights and outputs tend to those of continuous depth, " +
          `at the order of the integrator (slopes off by ${off.toFixed(2)} at most)`,
        holds: off < 0.25,
      },
    ] satisfies Outcome["checks"],
  };
}
