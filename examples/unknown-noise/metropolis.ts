/**
 * Random walk by Metropolis's rule, with steps that are learned in the first half: a sampler that
 * shares nothing with the library, to compare with.
 */
import type { Random } from "../random.js";

/** Mean and standard deviation of each coordinate over the second half of the walk. */
export function metropolis(
  logDensity: (x: Float64Array) => number,
  start: readonly number[],
  size: readonly number[],
  steps: number,
  { normal, uniform }: Random,
): { mean: number; deviation: number }[] {
  let [x, value] = [Float64Array.from(start), logDensity(Float64Array.from(start))];
  let scale = 1;
  const sums = start.map(() => ({ sum: 0, square: 0 }));
  for (let n = 0; n < steps; n++) {
    const next = x.map((one, k) => one + scale * (size[k] as number) * normal());
    const there = logDensity(next);
    const isTaken = Math.log(uniform()) < there - value;
    if (isTaken) [x, value] = [next, there];
    // A third of the steps should be taken (A. Gelman et al., Bayesian Statistics 5, 1996).
    if (n < steps / 2) scale *= Math.exp(((isTaken ? 1 : 0) - 0.33) / Math.sqrt(n + 1));
    else
      for (const [k, one] of x.entries()) {
        const sum = sums[k] as { sum: number; square: number };
        sum.sum += one;
        sum.square += one * one;
      }
  }
  const count = steps - Math.ceil(steps / 2);
  return sums.map(({ sum, square }) => {
    const mean = sum / count;
    return { mean, deviation: Math.sqrt(square / count - mean * mean) };
  });
}
