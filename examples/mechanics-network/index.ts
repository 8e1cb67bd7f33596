/**
 * A residual network as a mechanical system whose time is the layer: training is a boundary-value
 * problem, its momenta are the errors that backpropagation carries, and what mechanics keeps is
 * kept from layer to layer.
 *
 * Q. Li, L. Chen, C. Tai, W. E, "Maximum principle based algorithms for deep learning", J. Mach.
 * Learn. Res. 18, 2018. E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", second
 * edition, Springer 2006.
 */
import { init } from "least-action";
import type { Outcome, Settings } from "../outcome.js";
import { depth } from "./depth.js";
import { invariants } from "./invariants.js";
import { methods } from "./methods.js";
import { starts } from "./starts.js";
import { weights } from "./weights.js";

interface Part {
  pictures?: Outcome["pictures"];
  checks: Outcome["checks"];
}

/**
 * Runs the example. Fewer than 13 `rungs` make it small; `starts` is the number of random weights
 * that methods begin with.
 */
export async function mechanicsNetwork({ size, signal }: Settings = {}): Promise<Outcome> {
  const small = (size?.rungs ?? 13) < 13;
  await init();
  const parts: ((signal: AbortSignal | undefined) => Promise<Part>)[] = [
    (signal) => methods(small ? [16] : [16, 32, 64], signal),
    (signal) => starts(size?.starts ?? 10, signal),
    (signal) => depth(small ? [8, 16, 32] : [8, 16, 32, 64, 128], signal),
    (signal) => weights(small ? [1e4, 1] : [1e4, 1e3, 100, 10, 1, 0.1], signal),
    (signal) => invariants(64, signal),
  ];
  const outcome: Outcome = { pictures: {}, checks: [] };
  for (const part of parts) {
    if (signal?.aborted) break;
    const { pictures, checks } = await part(signal);
    Object.assign(outcome.pictures, pictures);
    outcome.checks.push(...checks);
  }
  return outcome;
}
