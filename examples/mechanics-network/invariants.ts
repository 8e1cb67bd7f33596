/** Invariants of the canonical equations along the layers, and the integrators that keep them. */
import type {
  BoundaryValueSolution,
  ContinuousNetwork,
  IntegrationMethod,
  Mechanics,
} from "least-action";
import { integral } from "../mechanics-orbits/area.js";
import { complete } from "../mechanics-orbits/orbits.js";
import type { Outcome } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import { dimension, largest, networkOf, short, trained, weightNames } from "./network.js";

const layers = 8;
/** Integrators of the trained networks, with rk4 for contrast. */
const methods = [
  "symplectic-euler",
  "stormer-verlet",
  "implicit-midpoint",
  "gauss-legendre-4",
  "rk4",
] satisfies IntegrationMethod[];
/** Radius of the loop, in every weight and its momentum. */
const radius = 0.25;

/** Rounding error of numbers of size 1: smaller changes cannot be seen. */
const rounding = 1e-16;

interface Kept {
  method: IntegrationMethod;
  /**
   * Change of the energy since the first layer, layer by layer. Those of the other three quantities
   * are relative.
   */
  energy: Float64Array;
  product: Float64Array;
  form: Float64Array;
  loop: Float64Array;
}

export async function invariants(orbits: number, signal?: AbortSignal) {
  const [smooth, constant] = [networkOf(), networkOf({ weights: "constant" })];
  const system = smooth.mechanics();
  const rows: Kept[] = [];
  for (const method of methods) {
    const solution = await solve(smooth, method, signal);
    const energy = solution.energy.slice();
    // H after the impulse of the inputs and of the prior, as p is 0 before it.
    energy[0] = system.hamiltonian(...afterImpulse(solution));
    rows.push({
      method,
      energy: energy.map((value) => Math.abs(value - (energy[0] ?? NaN))),
      product: changes(costateTimesTangent(await solve(constant, method, signal), method)),
      form: changes(twoForm(solution, method)),
      loop: changes(loopIntegrals(system, solution, method, orbits)),
    });
  }
  [smooth, constant, system].forEach((one) => one.free());

  heading(`What is kept through ${layers} layers: the largest change since the first`);
  table(
    [
      "integrator",
      "H",
      "p dx, relative",
      "dp1 dx2 - dp2 dx1, relative",
      `loop of ${orbits} orbits, relative`,
    ],
    rows.map(({ method, energy, product, form, loop }) => [
      method,
      ...[energy, product, form, loop].map((e) => short(largest(e))),
    ]),
  );
  const symplectic = rows.filter(({ method }) => method !== "rk4");
  const rk4 = rows.find(({ method }) => method === "rk4") as Kept;
  const worst = (what: "product" | "form" | "loop"): number =>
    Math.max(...symplectic.map((row) => largest(row[what])));
  const drift = (method: IntegrationMethod): number =>
    largest(rows.find((row) => row.method === method)?.energy ?? [NaN]);
  const layer = Float64Array.from({ length: layers + 1 }, (_, n) => n);
  const panel = (label: string, what: "energy" | "product" | "loop") => ({
    label,
    xTitle: "layer",
    yTitle: "change since the first",
    log: "y" as const,
    curves: rows.map((row) => ({
      name: row.method,
      x: layer.subarray(1),
      y: row[what].subarray(1).map((value) => Math.max(value, rounding)),
    })),
  });
  return {
    pictures: {
      "mechanics-network-invariants.svg": await drawCurves({
        title: "What is kept from layer to layer",
        subtitle: `Trained networks of ${layers} layers; what is below ${rounding} is drawn there`,
        panels: [
          panel("energy H", "energy"),
          panel("costate times tangent, p δx (relative)", "product"),
          panel(`integral of p dx around ${orbits} orbits (relative)`, "loop"),
        ],
      }),
    },
    checks: [
      {
        claim:
          "H is the same in all layers but for the error of the steps: " +
          `${short(drift("symplectic-euler"))} of order 1, ` +
          `${short(drift("implicit-midpoint"))} of order 2, ` +
          `${short(drift("gauss-legendre-4"))} of order 4`,
        holds:
          drift("symplectic-euler") > 10 * drift("implicit-midpoint") &&
          drift("implicit-midpoint") > 10 * drift("gauss-legendre-4"),
      },
      {
        claim:
          "the costate times a tangent is the same in all layers (to " +
          `${short(worst("product"))}), not by rk4 (${short(largest(rk4.product))})`,
        holds: worst("product") < 1e-11 && largest(rk4.product) > 1e-8,
      },
      {
        claim:
          `so are the two-form of two tangents (to ${short(worst("form"))}; rk4 ` +
          `${short(largest(rk4.form))}) and Poincaré's integral (to ` +
          `${short(worst("loop"))}; rk4 ${short(largest(rk4.loop))})`,
        holds:
          worst("form") < 1e-11 &&
          worst("loop") < 1e-11 &&
          largest(rk4.form) > 1e-8 &&
          largest(rk4.loop) > 1e-8,
      },
    ] satisfies Outcome["checks"],
  };
}

const solve = (
  network: ContinuousNetwork,
  integrator: IntegrationMethod,
  signal: AbortSignal | undefined,
) =>
  trained(network, {
    layers,
    integrator,
    method: "multiple-shooting",
    pointsPerSegment: 1,
    signal,
  });

function afterImpulse({
  path,
  momentum,
  jumps,
}: BoundaryValueSolution): [x: Float64Array, p: Float64Array] {
  const first = momentum.slice(0, dimension);
  return [path.slice(0, dimension), first.map((p, i) => p + (jumps[i] ?? NaN))];
}

const changes = (values: ArrayLike<number>): Float64Array =>
  Float64Array.from(values, (value) => Math.abs(value / (values[0] ?? NaN) - 1));

interface Carried {
  /** Momentum p at a layer: before its impulses, but at the first layer after them. */
  p: Float64Array;
  /**
   * Derivative of (x, p) at this layer in (x, p) before the impulses of the first layer,
   * column-major; null at the first layer itself.
   */
  tangent: Float64Array | null;
}

/**
 * Momenta and tangents at all layers. An orbit gives the tangent at its end only, where outputs are
 * measured, so a network that ends there is solved for every layer. It has the same Hamiltonian,
 * and its tangent at the end is that before the measurement.
 */
function carried(
  weights: "smooth" | "constant",
  solution: BoundaryValueSolution,
  method: IntegrationMethod,
): Carried[] {
  const [x0, p0] = [solution.path.slice(0, dimension), solution.momentum.slice(0, dimension)];
  const [, p] = afterImpulse(solution);
  const later = Array.from({ length: layers }, (_, k): Carried => {
    const network = networkOf({ weights, depth: (k + 1) / layers });
    const system = network.mechanics();
    const orbit = complete(
      system.integrate({ x0, p0, method, timeStep: 1 / layers, points: k + 2, tangent: true }),
    );
    network.free();
    system.free();
    return { p: orbit.p.slice(-dimension), tangent: orbit.tangent };
  });
  return [{ p, tangent: null }, ...later];
}

/**
 * A direction of (x, p), fixed by the seed. Inputs stay, as their large R_m would use up all
 * digits.
 */
const direction = (seed: number): Float64Array =>
  Float64Array.from({ length: 2 * dimension }, (_, i) =>
    i < dimension - weightNames.length ? 0 : Math.sin(1 + 2.3 * i + 7.1 * seed),
  );

/**
 * A tangent carried to a layer from before the impulses of the first one. Impulses are symplectic,
 * so these invariants are the same before and after them.
 */
function along({ tangent }: Carried, at: Float64Array): Float64Array {
  if (tangent === null) return at;
  return at.map((_, row) =>
    at.reduce((sum, value, column) => sum + (tangent[column * at.length + row] ?? NaN) * value, 0),
  );
}

const product = (p: Float64Array, x: Float64Array): number =>
  p.reduce((sum, value, i) => sum + value * (x[i] ?? NaN), 0);

/**
 * Product p dx at all layers. With constant weights and layers that hold, the Hamiltonian is linear
 * in p, so tangents of the layers do not depend on p.
 */
function costateTimesTangent(solution: BoundaryValueSolution, method: IntegrationMethod): number[] {
  const start = direction(0);
  return carried("constant", solution, method).map((layer) =>
    product(layer.p, along(layer, start).subarray(0, dimension)),
  );
}

/** Two-form dp1 dx2 - dp2 dx1 of two tangents of the orbit, at all layers. */
function twoForm(solution: BoundaryValueSolution, method: IntegrationMethod): number[] {
  return carried("smooth", solution, method).map((layer) => {
    const [a, b] = [0, 1].map((seed) => along(layer, direction(seed))) as [
      Float64Array,
      Float64Array,
    ];
    return (
      product(a.subarray(dimension), b.subarray(0, dimension)) -
      product(b.subarray(dimension), a.subarray(0, dimension))
    );
  });
}

/**
 * Integrals of p dx around a loop of orbits, at all layers. The orbits begin near the solution,
 * with other weights and momenta of the weights.
 */
function loopIntegrals(
  system: Mechanics,
  solution: BoundaryValueSolution,
  method: IntegrationMethod,
  count: number,
): number[] {
  const orbits = Array.from({ length: count }, (_, k) => {
    const angle = (2 * Math.PI * k) / count;
    const shifted = (values: Float64Array, by: number): Float64Array =>
      values
        .slice(0, dimension)
        .map((value, i) => (i < dimension - weightNames.length ? value : value + radius * by));
    return complete(
      system.integrate({
        x0: shifted(solution.path, Math.cos(angle)),
        p0: shifted(solution.momentum, Math.sin(angle)),
        method,
        timeStep: 1 / layers,
        points: layers + 1,
      }),
    );
  });
  return Array.from({ length: layers + 1 }, (_, n) => {
    const at = (which: "x" | "p", i: number): number[] =>
      orbits.map((orbit) => orbit[which][n * dimension + i] ?? NaN);
    return Array.from({ length: dimension }, (_, i) => integral(at("p", i), at("x", i))).reduce(
      (a, b) => a + b,
      0,
    );
  });
}
