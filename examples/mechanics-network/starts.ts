/**
 * Training from random weights. Newton's method may fail or end elsewhere than at the minimum; some
 * sweeps before it prevent that.
 */
import type { BoundaryValueSolution } from "least-action";
import type { Outcome } from "../outcome.js";
import { heading, table } from "../terminal.js";
import { networkOf, train, trained } from "./network.js";

const layers = 16;
const integrator = "symplectic-euler";
const newton = { integrator, method: "multiple-shooting", pointsPerSegment: 1 } as const;
const sweeps = { integrator, method: "forward-backward" } as const;
/**
 * Standard deviation of the first weights and biases; those of the trained network are below 1.5.
 */
const deviation = 2;
const before = 50;

export async function starts(count: number, signal?: AbortSignal) {
  heading(
    `From ${count} random weights of standard deviation ${deviation}: ${layers} layers ` +
      "that hold exactly",
  );
  const network = networkOf();
  const { action: lowest } = await trained(network, { layers, signal, ...newton });
  const all: Record<string, BoundaryValueSolution[]> = { sweeps: [], newton: [], both: [] };
  for (let seed = 0; seed < count && !signal?.aborted; seed++) {
    const initialPath = network.initialPath({ layers, deviation, seed });
    all.sweeps?.push(await train(network, { layers, initialPath, signal, ...sweeps }));
    all.newton?.push(await train(network, { layers, initialPath, signal, ...newton }));
    const { path, momentum } = await train(network, {
      layers,
      initialPath,
      signal,
      ...sweeps,
      maxIterations: before,
    });
    all.both?.push(
      await train(network, {
        layers,
        initialPath: path,
        initialMomentum: momentum,
        signal,
        ...newton,
      }),
    );
  }
  network.free();
  const names = {
    sweeps: "forward-backward",
    newton: "Newton",
    both: `${before} sweeps, then Newton`,
  };
  const reached = (solutions: readonly BoundaryValueSolution[]) =>
    solutions.filter(
      ({ status, action }) => status === "converged" && Math.abs(action / lowest - 1) < 1e-6,
    );
  table(
    ["method", "reached the minimum", "stopped elsewhere", "failed", "iterations where reached"],
    Object.entries(names).map(([key, name]) => {
      const solutions = all[key] ?? [];
      const [right, failed] = [
        reached(solutions),
        solutions.filter(({ status }) => status !== "converged"),
      ];
      const counts = right.map(({ iterations }) => iterations);
      return [
        name,
        `${right.length} of ${solutions.length}`,
        String(solutions.length - right.length - failed.length),
        String(failed.length),
        counts.length === 0 ? "" : `${Math.min(...counts)} to ${Math.max(...counts)}`,
      ];
    }),
  );
  const [first, second, third] = ["sweeps", "newton", "both"].map(
    (key) => reached(all[key] ?? []).length,
  );
  const done = all.both?.length;
  return {
    checks: [
      {
        claim:
          `from ${done} random weights sweeps reach the minimum ${first} times, Newton's ` +
          `method ${second} times, after ${before} sweeps ${third} times`,
        holds: first === done && third === done && (second ?? NaN) <= (done ?? NaN),
      },
    ] satisfies Outcome["checks"],
  };
}
