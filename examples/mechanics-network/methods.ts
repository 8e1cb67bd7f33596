/**
 * Backpropagation as one of the methods for a boundary-value problem. All methods train the same
 * network.
 */
import type { BoundaryValueOptions, BoundaryValueSolution } from "least-action";
import { apart, type Outcome } from "../outcome.js";
import { drawCurves } from "../pictures/curves.js";
import { heading, table } from "../terminal.js";
import { dimension, largest, networkOf, pairs, points, short, train, trained } from "./network.js";
import { backpropagate } from "./residual.js";

const integrator = "symplectic-euler";
const sweeps = "forward-backward";
const newton = "multiple-shooting, 1 layer";
/**
 * Methods with their options. An iteration of multigrid solves the problem of long steps anew, so
 * its work is in factorisations.
 */
const ways: Record<string, Partial<BoundaryValueOptions>> = {
  [sweeps]: { method: "forward-backward" },
  [newton]: { method: "multiple-shooting", pointsPerSegment: 1 },
  "multiple-shooting, 8 layers": { method: "multiple-shooting", pointsPerSegment: 8 },
  "single-shooting": { method: "single-shooting" },
  "multigrid, 4 layers": { method: "multigrid", pointsPerSegment: 4 },
};
/** Minimisation needs a Lagrangian, so its layers cannot hold exactly. */
const minimisation = { minimisation: { method: "minimisation" as const } };

interface Row {
  name: string;
  layers: number;
  ms: number;
  solution: BoundaryValueSolution;
}

export async function methods(depths: readonly number[], signal?: AbortSignal) {
  // A first solution is not timed, as it pays for the compiler's warming up.
  await trained(networkOf(), { layers: 16, integrator, signal, ...ways[newton] });
  const exact = await compare(Infinity, depths, signal);
  const weak = await compare(100, depths, signal);
  const both = [exact, weak];
  const backpropagation = asBackpropagation(exact.rows);
  const drawn = await progress(32, signal);
  const counts = (name: string): number[] =>
    both.flatMap(({ rows }) =>
      rows.filter((row) => row.name === name).map(({ solution }) => solution.iterations),
    );
  const [many, few] = [counts(sweeps), counts(newton)];
  const [least, most] = [Math.min(...many), Math.max(...few)];
  return {
    pictures: {
      "mechanics-network-methods.svg": await drawCurves({
        title: "Training a residual network of 32 layers",
        subtitle:
          "Forward-backward is backpropagation; multiple shooting by single layers is " +
          "Newton's method",
        panels: [
          {
            label: "layers hold exactly",
            xTitle: "iterations",
            yTitle: "cost above the lowest, relative",
            log: "both",
            curves: drawn.curves,
          },
        ],
      }),
      "mechanics-network-layers.svg": await drawCurves({
        title: "A circle through 32 layers",
        subtitle: `Trained on ${pairs} of its points`,
        broken: ["wanted"],
        panels: [
          {
            label: "activations",
            xTitle: "x₁",
            yTitle: "x₂",
            plane: true,
            curves: circles(drawn.path),
          },
        ],
      }),
    },
    checks: [
      {
        claim:
          "all methods train the network to the same action (to " +
          `${short(worst(both, "action"))}) and the same weights (to ` +
          `${short(worst(both, "weights"))})`,
        holds:
          both.every(({ solved }) => solved) &&
          worst(both, "action") < 1e-8 &&
          worst(both, "weights") < 1e-6,
      },
      {
        claim:
          `sweeps take ${range(many)} iterations, Newton's method ${range(few)}, both ` +
          "hardly more with more layers",
        holds: least > 50 * most && Math.max(...many) < 1.5 * least && most - Math.min(...few) <= 2,
      },
      {
        claim:
          "momenta are the errors of backpropagation done by hand (to " +
          `${short(backpropagation.errors)}), the action is its cost (to ` +
          `${short(backpropagation.cost)})`,
        holds: backpropagation.errors < 1e-8 && backpropagation.cost < 1e-8,
      },
    ] satisfies Outcome["checks"],
  };
}

async function compare(
  modelPrecision: number,
  depths: readonly number[],
  signal: AbortSignal | undefined,
) {
  heading(
    Number.isFinite(modelPrecision)
      ? `The same with R_f = ${modelPrecision}: layers need not hold`
      : "One residual network, trained by five methods: layers hold exactly",
  );
  const network = networkOf({ modelPrecision });
  const rows: Row[] = [];
  for (const layers of depths) {
    for (const [name, way] of Object.entries(
      Number.isFinite(modelPrecision) ? { ...ways, ...minimisation } : ways,
    )) {
      const began = performance.now();
      const solution = await train(network, { layers, integrator, signal, ...way });
      rows.push({ name, layers, ms: performance.now() - began, solution });
    }
  }
  const measured = rows.map((row) => {
    // The other methods are compared with Newton's method to the last digits.
    const reference =
      rows.find(({ name, layers }) => name === "single-shooting" && layers === row.layers) ?? row;
    return {
      ...row,
      action: Math.abs(row.solution.action / reference.solution.action - 1),
      weights: apart(network.weights(row.solution.path), network.weights(reference.solution.path)),
    };
  });
  network.free();
  table(
    [
      "method",
      "layers",
      "status",
      "iterations",
      "factorisations",
      "steps of layers",
      "ms",
      "action",
      "off by",
      "weights off by",
    ],
    measured.map(({ name, layers, ms, solution, action, weights }) => [
      name,
      String(layers),
      solution.status,
      String(solution.iterations),
      String(solution.factorizations),
      String(solution.steps),
      ms.toFixed(0),
      solution.action.toFixed(9),
      short(action),
      short(weights),
    ]),
  );
  for (const layers of depths) {
    const these = measured.filter((row) => row.layers === layers);
    const fastest = these.reduce((a, b) => (b.ms < a.ms ? b : a));
    const fewest = Math.min(...these.map(({ solution }) => solution.iterations));
    const names = these
      .filter(({ solution }) => solution.iterations === fewest)
      .map(({ name }) => name);
    console.log(
      `${layers} layers: fastest was ${fastest.name}; fewest iterations (${fewest}): ` +
        `${names.join(" / ")}`,
    );
  }
  return {
    rows: measured,
    solved: measured.every(({ solution }) => solution.status === "converged"),
  };
}

type Compared = Awaited<ReturnType<typeof compare>>;

const worst = (compared: readonly Compared[], what: "action" | "weights"): number =>
  Math.max(...compared.flatMap(({ rows }) => rows.map((row) => row[what])));

function range(counts: readonly number[]): string {
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? String(least) : `${least} to ${most}`;
}

/** Largest differences between the momenta of the solutions and errors carried backward by hand. */
function asBackpropagation(rows: readonly Row[]) {
  const compared = rows.map(({ solution: { path, momentum, jumps, action } }) => {
    const { errors, cost } = backpropagate(path);
    // Impulses of the inputs and of the prior come before the first layer.
    const p = momentum.map((value, i) => (i < dimension ? value + (jumps[i] ?? NaN) : value));
    return { errors: apart(p, errors) / largest(errors), cost: Math.abs(cost / action - 1) };
  });
  return {
    errors: Math.max(...compared.map(({ errors }) => errors)),
    cost: Math.max(...compared.map(({ cost }) => cost)),
  };
}

/**
 * Curves of the cost above its minimum after 1, 2, 4, ... iterations from the same start. The cost
 * is that of the residual network with the weights and the first activations of the iterate, as the
 * layers of Newton's iterates do not hold yet.
 */
async function progress(layers: number, signal: AbortSignal | undefined) {
  const network = networkOf();
  const cost = async (name: string, maxIterations?: number) => {
    const limit = maxIterations === undefined ? {} : { maxIterations };
    const solution = await train(network, { layers, integrator, signal, ...ways[name], ...limit });
    const { path, status } = solution;
    return { cost: backpropagate(path).cost, done: status === "converged", path };
  };
  const { cost: lowest, path } = await cost("single-shooting");
  const curves = [];
  for (const name of [sweeps, newton, "single-shooting", "multigrid, 4 layers"]) {
    const [x, y]: [number[], number[]] = [[], []];
    for (let iterations = 1; ; iterations = name === sweeps ? 2 * iterations : iterations + 1) {
      const { cost: reached, done } = await cost(name, iterations);
      x.push(iterations);
      y.push(Math.abs(reached / lowest - 1));
      if (done || signal?.aborted || iterations > 5000) break;
    }
    curves.push({ name, x, y });
  }
  network.free();
  heading(`Cost above the lowest, relative, after iterations: ${layers} layers that hold exactly`);
  const shown = [1, 2, 3, 4, 5, 6, 8, 16, 64, 256, 512];
  table(
    ["method", ...shown.map(String)],
    curves.map(({ name, x, y }) => [
      name,
      ...shown.map((iterations) => {
        const value = y[x.indexOf(iterations)];
        return value === undefined ? "" : short(value);
      }),
    ]),
  );
  return { curves, path };
}

/** Images of the circle after some of the layers, by networks that end there. */
function circles(path: Float64Array) {
  const layers = path.length / dimension - 1;
  const { inputs, outputs } = points(64);
  const closed = (name: string, rows: readonly (number | undefined)[][]) => {
    const all = [...rows, rows[0] ?? []];
    return { name, x: all.map(([x = NaN]) => x), y: all.map(([, y = NaN]) => y) };
  };
  const shown = [1, 2, 3, 4].map((k) => Math.round((k * layers) / 4));
  return [
    closed("inputs", inputs),
    ...shown.map((n) => {
      const network = networkOf({ depth: n / layers });
      const carried = network.predict(path.slice(0, (n + 1) * dimension), inputs);
      network.free();
      const rows = inputs.map((_, i) => [carried[2 * i], carried[2 * i + 1]]);
      return closed(`layer ${n}`, rows);
    }),
    closed("wanted", outputs),
  ];
}
